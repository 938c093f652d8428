/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of a journal in order while it is written, rotated and pruned; never one that no checkpoint covers; files that lie. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "follow.h"
#include "journal_disk.h"
#include "recover.h"

#define SMALL 2048u /* bytes of a segment: a few lines each */

static void open_on(struct disk *d, struct ost_commit *c, uint64_t segment_bytes)
{
	const struct ost_commit_config config = {.io = &d->io, .origin = "test.example/journal", .segment_bytes = segment_bytes};

	assert_int_equal(ost_recover(&config, c), 0);
}

static int try_add(struct ost_commit *c, unsigned n, bool *ret_written)
{
	struct ost_pending *p;
	char members[64];
	int r;

	(void)snprintf(members, sizeof(members), "\"n\":%u", n);
	assert_int_equal(ost_pending_new("test", members, 0, &p), 0);
	r = ost_commit_group(c, &p, 1, ret_written);
	ost_pending_free(p);
	return r;
}

static void add(struct ost_commit *c, unsigned n)
{
	bool written;

	assert_int_equal(try_add(c, n, &written), 0);
}

static struct ost_journal_reader *reader_on(struct disk *d, uint64_t from)
{
	struct ost_journal_reader *f;

	assert_int_equal(ost_journal_reader_new(&d->io, from, &f), 0);
	return f;
}

/* Takes all that is there; each must be the successor of the one before. Returns what ended it. */
static int take(struct ost_journal_reader *f, uint64_t *next)
{
	const char *line;
	uint64_t seq;
	size_t n;
	int r;

	while ((r = ost_journal_reader_next(f, &seq, &line, &n)) > 0) {
		char begins[32];

		(void)snprintf(begins, sizeof(begins), "{\"v\":1,\"seq\":%u,", (unsigned)*next);
		assert_int_equal(seq, *next);
		assert_int_equal(strncmp(line, begins, strlen(begins)), 0);
		assert_int_equal(strlen(line), n);
		assert_int_equal(line[n - 1], '}');
		(*next)++;
	}
	return r;
}

static void while_it_is_written(void **state)
{
	struct disk *d = disk_new();
	struct ost_journal_reader *f, *late;
	uint64_t next = 0, tail = 150;
	struct ost_commit c;

	(void)state;
	f = reader_on(d, 0); /* before there is anything */
	assert_int_equal(take(f, &next), 0);
	assert_int_equal(next, 0);
	open_on(d, &c, SMALL);
	late = reader_on(d, 150);
	for (unsigned i = 1; i < 200; i++) {
		add(&c, i);
		assert_int_equal(take(f, &next), 0);
		assert_int_equal(next, i + 1);
		assert_int_equal(take(late, &tail), 0);
		assert_int_equal(tail, i < 150 ? 150 : i + 1);
	}
	assert_true(disk_count(d, "seg-") > 10);
	for (uint64_t from = 0; from < 200; from++) {
		struct ost_journal_reader *any = reader_on(d, from);
		uint64_t at = from;

		assert_int_equal(take(any, &at), 0);
		assert_int_equal(at, 200);
		ost_journal_reader_close(&any);
		assert_null(any);
	}
	ost_journal_reader_close(&late);
	ost_journal_reader_close(&f);
	ost_commit_free(&c);
	disk_free(d);
}

static void what_no_checkpoint_covers(void **state)
{
	struct disk *d = disk_new();
	struct ost_journal_reader *f;
	uint64_t next = 0, again = 0;
	size_t n, k;
	char *lines, *checkpoint;
	struct ost_commit c;

	(void)state;
	open_on(d, &c, 1 << 20);
	add(&c, 1);
	checkpoint = disk_bytes(d, "checkpoint", &k);
	checkpoint = strndup(checkpoint, k);
	k = strlen(checkpoint);
	f = reader_on(d, 0);
	assert_int_equal(take(f, &next), 0);
	assert_int_equal(next, 2);
	add(&c, 2); /* the line is there, then the old checkpoint again: as if the new one were still to come */
	disk_put(d, "checkpoint", checkpoint, k);
	assert_int_equal(take(f, &next), 0);
	assert_int_equal(next, 2);
	ost_journal_reader_close(&f);
	f = reader_on(d, 0);
	assert_int_equal(take(f, &again), 0);
	assert_int_equal(again, 2);
	/* A line that somebody appended, rightly chained or not, is nobody's. */
	lines = disk_bytes(d, "seg-00000001.ndjson", &n);
	lines = strndup(lines, n);
	disk_put(d, "seg-00000001.ndjson", lines, n - 3);
	assert_int_equal(take(f, &again), 0);
	ost_journal_reader_close(&f);
	free(lines);
	free(checkpoint);
	ost_commit_free(&c);
	disk_free(d);
}

/* The disk fails at every call in turn, and a reader that is there sees each record once. */
static void a_disk_that_fails(void **state)
{
	(void)state;
	for (uint64_t at = 1; at < 60; at++) {
		struct disk *d = disk_new();
		struct ost_journal_reader *f, *behind;
		uint64_t next = 0, all = 0;
		unsigned written = 1;
		struct ost_commit c;

		open_on(d, &c, SMALL);
		f = reader_on(d, 0);
		d->fail_with = -EIO;
		d->fail_at = d->calls + at;
		d->fail_calls = 2;
		for (unsigned tries = 0; written < 20; tries++) {
			bool is = false;

			assert_true(tries < 100);
			if (try_add(&c, written, &is) == 0 || is)
				written++;
			ost_journal_reader_until(f, c.covered); /* the disk may have taken a checkpoint and failed behind it */
			assert_int_equal(take(f, &next), 0);
			assert_int_equal(next, c.covered);
		}
		assert_int_equal(c.covered, c.range.size);
		behind = reader_on(d, 0);
		assert_int_equal(take(behind, &all), 0);
		assert_int_equal(all, c.covered);
		ost_journal_reader_close(&behind);
		ost_journal_reader_close(&f);
		ost_commit_free(&c);
		disk_free(d);
	}
}

static void pruned(void **state)
{
	struct disk *d = disk_new();
	struct ost_journal_reader *f = NULL, *here, *there, *end;
	uint64_t at = 10, low = 3, high = 100;
	struct ost_commit c;

	(void)state;
	open_on(d, &c, SMALL);
	for (unsigned i = 1; i < 100; i++)
		add(&c, i);
	here = reader_on(d, 10);
	there = reader_on(d, 3);
	end = reader_on(d, 100);
	assert_int_equal(take(here, &at), 0); /* stands at the end */
	assert_int_equal(take(end, &high), 0);
	assert_int_equal(ost_commit_prune(&c, 50, "test"), 0);
	assert_true(c.minimum > 30 && c.minimum <= 50);
	assert_int_equal(ost_journal_reader_new(&d->io, c.minimum - 1, &f), -ERANGE);
	assert_null(f);
	assert_int_equal(take(there, &low), -ERANGE);
	assert_int_equal(low, 3);
	add(&c, 100);
	assert_int_equal(take(here, &at), 0);
	assert_int_equal(at, 102); /* journal.prune is one, too */
	assert_int_equal(take(end, &high), 0);
	assert_int_equal(high, 102);
	f = reader_on(d, c.minimum);
	at = c.minimum;
	assert_int_equal(take(f, &at), 0);
	assert_int_equal(at, 102);
	/* In the midst of a segment that goes. */
	low = c.minimum;
	ost_journal_reader_close(&there);
	there = reader_on(d, low);
	assert_int_equal(ost_commit_prune(&c, 80, "test"), 0);
	assert_int_equal(take(there, &low), -ERANGE);
	ost_journal_reader_close(&f);
	ost_journal_reader_close(&here);
	ost_journal_reader_close(&there);
	ost_journal_reader_close(&end);
	ost_commit_free(&c);
	disk_free(d);
}

/* Whatever lies there: an error or lines in order, and no line twice. */
static void hostile(struct disk *d)
{
	struct ost_journal_reader *f = NULL;
	uint64_t next = 0;
	int r = ost_journal_reader_new(&d->io, 0, &f);

	if (r == 0)
		r = take(f, &next);
	assert_true(r <= 0);
	assert_true(next <= 12);
	ost_journal_reader_close(&f);
}

static void any_byte(void **state)
{
	static const char *const names[] = {"seg-00000001.ndjson", "seg-00000002.ndjson", "checkpoint"};
	struct disk *d = disk_new();
	struct ost_commit c;

	(void)state;
	open_on(d, &c, 1024);
	for (unsigned i = 1; i < 12; i++)
		add(&c, i);
	for (unsigned k = 0; k < OST_ARRAY_SIZE(names); k++) {
		size_t n;
		const char *bytes = disk_bytes(d, names[k], &n);
		char *copy = malloc(n + OST_JOURNAL_LINE_MAX);

		memcpy(copy, bytes, n);
		memset(copy + n, 'x', OST_JOURNAL_LINE_MAX);
		for (size_t i = 0; i < n; i++) {
			static const char puts[] = {'\0', '\n', (char)0x80, '9', '"'};
			char was = copy[i];

			for (size_t p = 0; p < sizeof(puts); p++) {
				copy[i] = puts[p];
				disk_put(d, names[k], copy, n);
				hostile(d);
			}
			copy[i] = was;
			disk_put(d, names[k], copy, i); /* torn */
			hostile(d);
		}
		disk_put(d, names[k], copy, n + OST_JOURNAL_LINE_MAX); /* a line without end */
		hostile(d);
		disk_put(d, names[k], copy, n);
		free(copy);
	}
	disk_remove(d, "seg-00000002.ndjson");
	hostile(d);
	ost_commit_free(&c);
	disk_free(d);
}

static void a_changed_line_is_told_as_bad(void **state)
{
	struct disk *d = disk_new();
	struct ost_journal_reader *f;
	uint64_t next = 0;
	struct ost_commit c;
	size_t n;
	char *bytes;

	(void)state;
	open_on(d, &c, 1 << 20);
	for (unsigned i = 1; i < 12; i++)
		add(&c, i);
	bytes = disk_bytes(d, "seg-00000001.ndjson", &n);
	memcpy(strstr(bytes, "\"n\":7"), "\"n\":8", 5);
	f = reader_on(d, 0);
	assert_int_equal(take(f, &next), -EBADMSG); /* its successor does not follow it */
	assert_int_equal(next, 8);
	assert_int_equal(take(f, &next), -EBADMSG);
	memcpy(strstr(bytes, "\"n\":8"), "\"n\":7", 5);
	ost_journal_reader_close(&f);
	ost_commit_free(&c);
	disk_free(d);
}

static void another_journal_in_its_place(void **state)
{
	struct disk *d = disk_new();
	struct ost_journal_reader *f;
	struct ost_commit c;
	uint64_t next = 0;
	size_t n;

	(void)state;
	open_on(d, &c, 1 << 20);
	for (unsigned i = 1; i < 12; i++)
		add(&c, i);
	f = reader_on(d, 0);
	assert_int_equal(take(f, &next), 0);
	ost_commit_free(&c);
	disk_bytes(d, "seg-00000001.ndjson", &n)[300] ^= 1;
	open_on(d, &c, 1 << 20);
	assert_true(c.read_only);
	assert_int_equal(ost_recover_accept_loss(&c, "alice", "seen"), 0);
	assert_int_equal(take(f, &next), -ESTALE);
	ost_journal_reader_close(&f);
	ost_commit_free(&c);
	disk_free(d);
}

/* ---- real files, and a thread that writes them ---- */

static void folder_remove(const char *path)
{
	DIR *dir = opendir(path);

	for (struct dirent *e = dir != NULL ? readdir(dir) : NULL; e != NULL; e = readdir(dir)) {
		char name[512];

		if (e->d_name[0] == '.')
			continue;
		(void)snprintf(name, sizeof(name), "%s/%s", path, e->d_name);
		if (unlink(name) < 0)
			folder_remove(name);
	}
	if (dir != NULL)
		(void)closedir(dir);
	(void)rmdir(path);
}

static void beside_the_writer(void **state)
{
	char dir[] = "/tmp/ost-reader-XXXXXX";
	const struct ost_journal_config config = {.path = dir, .origin = "test.example/journal", .batch_ms = 1, .segment_bytes = 4096};
	struct ost_journal_reader *f = NULL;
	struct ost_journal *j;
	uint64_t next = 0, minimum = 1;
	unsigned given = 0;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(ost_journal_open(&config, &j), 0);
	assert_int_equal(ost_journal_reader_open(dir, 0, &f), 0);
	while (next <= 3000) {
		const struct ost_journal_record r = {.kind = "test", .members = "\"a\":1", .at_once = given % 7 == 0};

		if (given < 3000)
			given += ost_journal_append(j, &r) == 0;
		assert_int_equal(take(f, &next), 0);
	}
	assert_int_equal(next, 3001);
	assert_int_equal(ost_journal_minimum(dir, &minimum), 0);
	assert_int_equal(minimum, 0);
	ost_journal_close(&j);
	ost_journal_reader_close(&f);
	assert_int_equal(ost_journal_reader_open("/nowhere/at/all", 0, &f), -ENOENT);
	folder_remove(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(while_it_is_written),
		cmocka_unit_test(what_no_checkpoint_covers),
		cmocka_unit_test(a_disk_that_fails),
		cmocka_unit_test(pruned),
		cmocka_unit_test(any_byte),
		cmocka_unit_test(a_changed_line_is_told_as_bad),
		cmocka_unit_test(another_journal_in_its_place),
		cmocka_unit_test(beside_the_writer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
