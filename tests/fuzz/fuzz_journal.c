/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a reader of the journal distrusts: lines, notes with checkpoints, keys, proof files. What is taken apart and written again is the same. */
#include "note.h"
#include "proof.h"
#include "record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void note_take(const char *bytes, size_t size)
{
	struct ost_checkpoint checkpoint;
	char text[OST_NOTE_TEXT_MAX];
	struct ost_note note;

	if (ost_note_parse(bytes, size, &note) < 0 || ost_checkpoint_parse(&note, &checkpoint) < 0)
		return;
	ost_checkpoint_format(&checkpoint, text);
	if (strlen(text) != note.text_length || memcmp(text, note.text, note.text_length) != 0)
		abort();
}

static void key_take(const char *bytes, size_t size)
{
	char text[OST_JOURNAL_VKEY_MAX];
	struct ost_vkey v;

	if (ost_vkey_parse(bytes, size, &v) < 0)
		return;
	ost_vkey_format(&v, text);
	if (strlen(text) != size || memcmp(text, bytes, size) != 0)
		abort();
}

static void proof_take(const char *bytes, size_t size)
{
	struct ost_proof p;

	if (ost_proof_parse(bytes, size, &p) < 0)
		return;
	if (p.extra != NULL)
		(void)ost_proof_holds(&p, p.extra, p.extra_length);
	ost_proof_free(&p);
}

static void line_take(const char *bytes, size_t size)
{
	struct ost_jsonw w = {0};
	struct ost_envelope e;

	if (size > 0 && ost_envelope_parse(bytes, size, &e) == 0 && !ost_record_kind_is_valid(e.kind))
		abort();
	ost_journal_string(&w, "k", bytes, size, 4096);
	if (!w.failed && ost_record_members_check(w.text) < 0)
		abort();
	ost_jsonw_free(&w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *bytes = malloc(size + 1);

	if (bytes == NULL)
		abort();
	memcpy(bytes, data, size);
	bytes[size] = '\0';
	line_take(bytes, size);
	note_take(bytes, size);
	key_take(bytes, size);
	proof_take(bytes, size);
	free(bytes);
	return 0;
}
