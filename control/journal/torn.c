/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "torn.h"

#include <inttypes.h>
#include <stdio.h>

#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/sha256.h>

#include "segment.h"
#include "text.h"

#define CHUNK	  65536u
#define NEW_MOST  64u /* that are told at once; there is more than one only after crashes in the midst of recovery */
#define NAME_SIZE 32

/* ---- which there are ---- */

struct lister {
	uint64_t most; /* number, of any kind */
	uint64_t fresh[NEW_MOST];
	uint32_t count;
};

static void entry(void *user, const char *name)
{
	struct lister *l = user;
	const char *dot = strchr(name, '.');
	uint64_t n;

	if (strncmp(name, "torn-", 5) != 0 || dot == NULL || ost_number_parse(name + 5, (size_t)(dot - name - 5), &n) < 0)
		return;
	if (strcmp(dot, ".bin") == 0 || strcmp(dot, ".new") == 0)
		l->most = OST_MAX(l->most, n);
	if (strcmp(dot, ".new") == 0 && l->count < NEW_MOST)
		l->fresh[l->count++] = n;
}

static void name_make(uint64_t n, const char *end, char buf[static NAME_SIZE])
{
	(void)snprintf(buf, NAME_SIZE, "torn-%" PRIu64 ".%s", n, end);
}

/* ---- cut ---- */

static int copy(struct ost_journal_io *io, uint64_t segment, uint64_t from, int to)
{
	char name[OST_SEGMENT_NAME];
	char *chunk OST_AUTO_FREE = malloc(CHUNK);
	size_t n = CHUNK;
	int fd, r;

	if (chunk == NULL)
		return -ENOMEM;
	ost_segment_name(segment, name);
	r = io->ops->open(io, name, OST_JOURNAL_OPEN_READ, &fd);
	if (r < 0)
		/* cppcheck-suppress memleak ; it is freed when it leaves its scope */
		return r;
	for (uint64_t at = from; r == 0 && n == CHUNK; at += n) {
		r = io->ops->read(io, fd, chunk, CHUNK, at, &n);
		if (r == 0 && n > 0)
			r = io->ops->write(io, to, chunk, n);
	}
	io->ops->close(io, fd);
	return r;
}

static int keep_aside(struct ost_journal_io *io, const uint64_t *numbers, uint32_t count, uint64_t keep)
{
	struct lister l = {0};
	char tmp[NAME_SIZE], name[NAME_SIZE];
	int fd, r = io->ops->list(io, "", entry, &l);

	if (r < 0)
		return r;
	name_make(l.most + 1, "tmp", tmp);
	name_make(l.most + 1, "new", name);
	r = io->ops->unlink(io, tmp);
	if (r < 0 && r != -ENOENT)
		return r;
	r = io->ops->open(io, tmp, OST_JOURNAL_OPEN_NEW, &fd);
	if (r < 0)
		return r;
	for (uint32_t i = 0; i < count && r == 0; i++)
		r = copy(io, numbers[i], i == 0 ? keep : 0, fd);
	if (r == 0)
		r = io->ops->sync(io, fd);
	io->ops->close(io, fd);
	if (r == 0)
		r = io->ops->rename(io, tmp, name);
	return r == 0 ? io->ops->sync_dir(io, "") : r;
}

static int segment_size(struct ost_journal_io *io, uint64_t segment, uint64_t *ret_size)
{
	char name[OST_SEGMENT_NAME];
	int fd, r;

	ost_segment_name(segment, name);
	r = io->ops->open(io, name, OST_JOURNAL_OPEN_READ, &fd);
	if (r < 0)
		return r;
	r = io->ops->size(io, fd, ret_size);
	io->ops->close(io, fd);
	return r;
}

static int shorten(struct ost_journal_io *io, uint64_t segment, uint64_t keep)
{
	char name[OST_SEGMENT_NAME];
	int fd, r;

	ost_segment_name(segment, name);
	r = io->ops->open(io, name, OST_JOURNAL_OPEN_APPEND, &fd);
	if (r < 0)
		return r;
	r = io->ops->truncate(io, fd, keep);
	if (r == 0)
		r = io->ops->sync(io, fd);
	io->ops->close(io, fd);
	return r;
}

int ost_torn_cut(struct ost_journal_io *io, const uint64_t *numbers, uint32_t count, uint64_t keep)
{
	uint64_t bytes = 0;
	int r = 0;

	for (uint32_t i = 0; i < count && r == 0; i++) {
		uint64_t size = 0;

		r = segment_size(io, numbers[i], &size);
		bytes += i == 0 && size >= keep ? size - keep : i == 0 ? 0 : size;
	}
	if (r == 0 && bytes > 0)
		r = keep_aside(io, numbers, count, keep);
	/* The later ones first: what is left is a shorter tail at any time. */
	for (uint32_t i = count; i-- > 1 && r == 0;) {
		char name[OST_SEGMENT_NAME];

		ost_segment_name(numbers[i], name);
		r = io->ops->unlink(io, name);
		if (r == 0)
			r = io->ops->sync_dir(io, "");
	}
	return r == 0 && bytes > 0 ? shorten(io, numbers[0], keep) : r;
}

/* ---- told ---- */

static int digest(struct ost_journal_io *io, const char *name, uint64_t *ret_bytes, char hex[static 65])
{
	char *chunk OST_AUTO_FREE = malloc(CHUNK);
	uint8_t hash[WC_SHA256_DIGEST_SIZE];
	size_t n = CHUNK;
	wc_Sha256 sha;
	int fd, r;

	if (chunk == NULL || wc_InitSha256(&sha) != 0)
		return -ENOMEM;
	r = io->ops->open(io, name, OST_JOURNAL_OPEN_READ, &fd);
	if (r < 0)
		/* cppcheck-suppress memleak ; it is freed when it leaves its scope */
		return r;
	*ret_bytes = 0;
	while (r == 0 && n == CHUNK) {
		r = io->ops->read(io, fd, chunk, CHUNK, *ret_bytes, &n);
		if (r == 0 && n > 0 && wc_Sha256Update(&sha, (const byte *)chunk, (word32)n) != 0)
			r = -EIO;
		*ret_bytes += r == 0 ? n : 0;
	}
	io->ops->close(io, fd);
	if (r == 0 && wc_Sha256Final(&sha, hash) != 0)
		r = -EIO;
	if (r == 0)
		ost_hex_format(hash, sizeof(hash), hex);
	return r;
}

static int tell(struct ost_commit *c, uint64_t number)
{
	struct ost_pending *p = NULL;
	struct ost_jsonw w = {0};
	char name[NAME_SIZE], hex[65];
	uint64_t bytes = 0;
	int r;

	name_make(number, "new", name);
	r = digest(c->io, name, &bytes, hex);
	if (r < 0)
		return r;
	name_make(number, "bin", name);
	ost_jsonw_string(&w, "message", "what stood behind the last checkpoint was acknowledged to nobody: it is cut");
	ost_jsonw_object(&w, "ostiary");
	ost_jsonw_object(&w, "journal");
	ost_jsonw_object(&w, "recovery");
	ost_jsonw_string(&w, "torn_file", name);
	ost_jsonw_u64(&w, "torn_bytes", bytes);
	ost_jsonw_string(&w, "torn_sha256", hex);
	ost_jsonw_u64(&w, "kept_uncovered", 0);
	ost_jsonw_end(&w, '}');
	ost_jsonw_end(&w, '}');
	ost_jsonw_end(&w, '}');
	r = w.failed ? -ENOMEM : ost_pending_new("journal.recovery", w.text, 0, &p);
	ost_jsonw_free(&w);
	if (r == 0) {
		ost_commit_own(c, p);
		c->recoveries++;
		c->torn = true;
	}
	return r;
}

int ost_torn_tell(struct ost_commit *c)
{
	struct lister l = {0};
	int r = c->io->ops->list(c->io, "", entry, &l);

	for (uint32_t i = 0; i < l.count && r == 0; i++)
		r = tell(c, l.fresh[i]);
	return r;
}

int ost_torn_told(struct ost_journal_io *io)
{
	struct lister l = {0};
	int r = io->ops->list(io, "", entry, &l);

	for (uint32_t i = 0; i < l.count && r == 0; i++) {
		char from[NAME_SIZE], to[NAME_SIZE];

		name_make(l.fresh[i], "new", from);
		name_make(l.fresh[i], "bin", to);
		r = io->ops->rename(io, from, to);
	}
	return r == 0 && l.count > 0 ? io->ops->sync_dir(io, "") : r;
}
