/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "proof.h"

#include <inttypes.h>
#include <stdio.h>

#include "text.h"

static const char header[] = "c2sp.org/tlog-proof@v1\n";

int ost_proof_format(const char *line, size_t line_length, uint64_t index, const struct ost_merkle_proof *path, const char *note,
	char **ret_text)
{
	char *base64 OST_AUTO_FREE = malloc(4 * ((line_length + 2) / 3) + 1);
	char hash[48], *text = NULL;
	size_t length = 0;
	FILE *f = base64 != NULL ? open_memstream(&text, &length) : NULL;
	bool failed;

	if (f == NULL)
		/* cppcheck-suppress memleak ; it is freed when it leaves its scope */
		return -ENOMEM;
	ost_base64_encode(line, line_length, base64);
	(void)fprintf(f, "%sextra %s\nindex %" PRIu64 "\n", header, base64, index);
	for (uint32_t i = 0; i < path->count; i++) {
		ost_base64_encode(path->path[i].b, sizeof(path->path[i].b), hash);
		(void)fprintf(f, "%s\n", hash);
	}
	(void)fprintf(f, "\n%s", note);
	failed = ferror(f) != 0;
	if (fclose(f) != 0 || failed) {
		free(text);
		return -ENOMEM;
	}
	*ret_text = text;
	return 0;
}

static bool line_take(const char **at, const char *end, const char **line, size_t *length)
{
	const char *lf = memchr(*at, '\n', (size_t)(end - *at));

	if (lf == NULL)
		return false;
	*line = *at;
	*length = (size_t)(lf - *at);
	*at = lf + 1;
	return true;
}

static bool begins(const char *line, size_t length, const char *word)
{
	return length > strlen(word) && memcmp(line, word, strlen(word)) == 0;
}

static int extra_read(struct ost_proof *p, const char *base64, size_t length)
{
	p->extra = malloc(OST_JOURNAL_LINE_MAX + 1);
	if (p->extra == NULL)
		return -ENOMEM;
	if (ost_base64_decode(base64, length, p->extra, OST_JOURNAL_LINE_MAX, &p->extra_length) < 0)
		return -EINVAL;
	p->extra[p->extra_length] = '\0';
	return 0;
}

static int parse(const char *bytes, size_t length, struct ost_proof *p)
{
	const char *at = bytes, *end = bytes + length, *line;
	size_t n, got;
	int r;

	if (length < sizeof(header) - 1 || length > OST_JOURNAL_PROOF_MAX || memcmp(bytes, header, sizeof(header) - 1) != 0)
		return -EINVAL;
	at += sizeof(header) - 1;
	if (!line_take(&at, end, &line, &n))
		return -EINVAL;
	if (begins(line, n, "extra ")) {
		r = extra_read(p, line + 6, n - 6);
		if (r < 0)
			return r;
		if (!line_take(&at, end, &line, &n))
			return -EINVAL;
	}
	if (!begins(line, n, "index ") || (n > 7 && line[6] == '0') || ost_number_parse(line + 6, n - 6, &p->index) < 0)
		return -EINVAL;
	for (;;) {
		if (!line_take(&at, end, &line, &n))
			return -EINVAL;
		if (n == 0)
			break;
		if (p->path.count == OST_MERKLE_HEIGHT ||
			ost_base64_decode(line, n, p->path.path[p->path.count].b, sizeof(p->path.path[0].b), &got) < 0 ||
			got != sizeof(p->path.path[0].b))
			return -EINVAL;
		p->path.count++;
	}
	r = ost_note_parse(at, (size_t)(end - at), &p->note);
	return r == 0 ? ost_checkpoint_parse(&p->note, &p->checkpoint) : r;
}

int ost_proof_parse(const char *bytes, size_t length, struct ost_proof *ret_proof)
{
	struct ost_proof p = {0};
	int r = parse(bytes, length, &p);

	if (r < 0)
		ost_proof_free(&p);
	else
		*ret_proof = p;
	return r;
}

void ost_proof_free(struct ost_proof *proof)
{
	free(proof->extra);
	proof->extra = NULL;
}

bool ost_proof_holds(const struct ost_proof *proof, const char *line, size_t length)
{
	struct ost_merkle_hash leaf;

	ost_merkle_leaf(line, length, &leaf);
	return ost_merkle_check_inclusion(&leaf, proof->index, proof->checkpoint.size, &proof->path, &proof->checkpoint.root);
}

int ost_journal_proof_check(const char *proof, size_t length, const char *vkey, char **ret_line, uint64_t *ret_seq, uint64_t *ret_size,
	char ret_why[static 160])
{
	struct ost_proof p;
	struct ost_vkey v;
	int r = ost_vkey_parse(vkey, strlen(vkey), &v);

#define WHY(...) (void)snprintf(ret_why, 160, __VA_ARGS__)
	if (r < 0) {
		WHY("the key is no public key of a journal");
		return r;
	}
	r = ost_proof_parse(proof, length, &p);
	if (r < 0) {
		WHY("it is no whole proof file");
		return r;
	}
	r = ost_note_verify(&p.note, &v);
	if (r < 0)
		WHY(r == -ENOKEY ? "this key did not sign its checkpoint" : "the signature of its checkpoint is false");
	else if (p.extra == NULL || !ost_proof_holds(&p, p.extra, p.extra_length)) {
		WHY("the record is not the one that the checkpoint covers");
		r = -EBADMSG;
	} else {
		WHY("record %" PRIu64 " is covered by the checkpoint of %" PRIu64 " records", p.index, p.checkpoint.size);
		*ret_line = p.extra;
		*ret_seq = p.index;
		*ret_size = p.checkpoint.size;
		p.extra = NULL;
	}
#undef WHY
	ost_proof_free(&p);
	return r;
}
