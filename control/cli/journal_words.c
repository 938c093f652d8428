/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "journal_words.h"

#include <inttypes.h>
#include <stdio.h>

#include "clock.h"
#include "jsonw.h"
#include "show.h"

static void hex(const uint8_t *bytes, size_t n, char *buf)
{
	for (size_t i = 0; i < n; i++)
		(void)snprintf(buf + 2 * i, 3, "%02x", bytes[i]);
}

static void json_end(struct ost_jsonw *w)
{
	ost_jsonw_end(w, '}');
	ost_jsonw_newline(w);
	if (w->failed)
		(void)ost_cli_fail("out of memory");
	else
		ost_cli_json_tell(w->text);
	ost_jsonw_free(w);
}

/* ---- a verdict ---- */

static void verdict_json(const struct ost_journal_verdict *v, uint64_t took_ns)
{
	struct ost_jsonw w = {0};
	char root[65];

	hex(v->root, sizeof(v->root), root);
	ost_jsonw_object(&w, NULL);
	ost_jsonw_string(&w, "verdict", ost_journal_fault_name(v->fault));
	ost_jsonw_string(&w, "why", v->why);
	ost_jsonw_string(&w, "origin", v->origin);
	ost_jsonw_u64(&w, "size", v->size);
	ost_jsonw_string(&w, "root", root);
	ost_jsonw_u64(&w, "covered", v->covered);
	ost_jsonw_u64(&w, "uncovered", v->uncovered);
	ost_jsonw_u64(&w, "records", v->records);
	ost_jsonw_u64(&w, "minimum_index", v->minimum);
	if (v->fault == OST_JOURNAL_BAD_RECORD || v->fault == OST_JOURNAL_MISSING) {
		ost_jsonw_u64(&w, "first_bad", v->first_bad);
		ost_jsonw_u64(&w, "last_bad", v->last_bad);
		ost_jsonw_string(&w, "segment", v->segment[0] != '\0' ? v->segment : NULL);
		ost_jsonw_u64(&w, "offset_bytes", v->offset_bytes);
	}
	ost_jsonw_u64(&w, "bytes", v->bytes);
	ost_jsonw_u64(&w, "checkpoints", v->checkpoints);
	ost_jsonw_u64(&w, "keys", v->keys);
	ost_jsonw_string(&w, "signer", v->signer);
	ost_jsonw_bool(&w, "key_pinned", v->pinned);
	ost_jsonw_double(&w, "seconds", (double)took_ns / 1e9);
	json_end(&w);
}

void ost_journal_verdict_tell(const struct ost_cli *cli, const char *path, const struct ost_journal_verdict *v, bool from, uint64_t took_ns)
{
	bool whole = v->fault == OST_JOURNAL_WHOLE;

	if (cli->json) {
		verdict_json(v, took_ns);
		return;
	}
	(void)printf("%s%s%s: %s\n", ost_show_colour(cli, whole ? OST_COLOUR_GOOD : OST_COLOUR_BAD), whole ? "whole" : "NOT WHOLE", ost_show_plain(cli),
		v->why);
	if (v->origin[0] != '\0')
		(void)printf("journal   %s in %s\n", v->origin, path);
	if (v->signer[0] != '\0')
		(void)printf("signed by %s%s\n", v->signer, v->keys > 1 ? " (the newest of several keys)" : "");
	if (v->minimum > 0)
		(void)printf("pruned    records up to %" PRIu64 ", their hashes are kept\n", v->minimum - 1);
	(void)printf("read      %" PRIu64 " records, %" PRIu64 " bytes, %" PRIu64 " checkpoints in %.2f s\n", v->records, v->bytes, v->checkpoints,
		(double)took_ns / 1e9);
	if (!v->pinned)
		(void)printf("note      the key was taken from the journal's own folder: give the one that you noted at install with --key\n");
	if (!from)
		(void)printf("note      nothing here shows whether all was put back to an earlier state: give a checkpoint that left this machine with --from\n");
}

/* ---- a proof ---- */

void ost_journal_proof_tell(const struct ost_cli *cli, bool holds, uint64_t seq, uint64_t size, const char *line, const char *why)
{
	struct ost_jsonw w = {0};

	if (!cli->json) {
		(void)printf("%s%s%s: %s\n", ost_show_colour(cli, holds ? OST_COLOUR_GOOD : OST_COLOUR_BAD), holds ? "proved" : "NOT PROVED", ost_show_plain(cli),
			why);
		if (holds)
			(void)printf("%s\n", line);
		return;
	}
	ost_jsonw_object(&w, NULL);
	ost_jsonw_bool(&w, "proved", holds);
	ost_jsonw_string(&w, "why", why);
	if (holds) {
		ost_jsonw_u64(&w, "seq", seq);
		ost_jsonw_u64(&w, "size", size);
		ost_jsonw_string(&w, "record", line);
	}
	json_end(&w);
}

/* ---- a checkpoint ---- */

void ost_journal_checkpoint_tell(const struct ost_cli *cli, const struct ost_journal_checkpoint *k)
{
	struct ost_jsonw w = {0};
	char root[65];

	if (!cli->json) {
		(void)fputs(k->note, stdout);
		(void)fflush(stdout);
		if (k->first_vkey[0] != '\0')
			(void)fprintf(stderr, "first key: %s\n", k->first_vkey);
		if (k->vkey[0] != '\0' && strcmp(k->vkey, k->first_vkey) != 0)
			(void)fprintf(stderr, "signed by: %s\n", k->vkey);
		return;
	}
	hex(k->root, sizeof(k->root), root);
	ost_jsonw_object(&w, NULL);
	ost_jsonw_string(&w, "origin", k->origin);
	ost_jsonw_u64(&w, "size", k->size);
	ost_jsonw_string(&w, "root", root);
	ost_jsonw_string(&w, "checkpoint", k->note);
	ost_jsonw_string(&w, "first_vkey", k->first_vkey[0] != '\0' ? k->first_vkey : NULL);
	ost_jsonw_string(&w, "vkey", k->vkey[0] != '\0' ? k->vkey : NULL);
	json_end(&w);
}
