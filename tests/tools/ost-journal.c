/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Journals for tests and benches.
 *   ost-journal make COUNT SEED SEGMENT_BYTES DIR...   journals of so many records each, without syncs
 *   ost-journal hammer DIR                            appends as fast as it goes until it is killed; prints "N SEQ" of each that is acknowledged
 *   ost-journal bench DIR COUNT                       what a record costs, alone and many together; prints JSON
 */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>

#include "clock.h"
#include "recover.h"
#include "text.h"

/* ---- make ---- */

static int no_sync(struct ost_journal_io *io, int fd)
{
	(void)io;
	(void)fd;
	return 0;
}

static int no_sync_dir(struct ost_journal_io *io, const char *name)
{
	(void)io;
	(void)name;
	return 0;
}

static uint32_t pick(uint32_t *seed, uint32_t n)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 8) % n;
}

static int group_add(struct ost_commit *c, uint32_t *seed, unsigned count)
{
	struct ost_pending *group[OST_JOURNAL_BATCH];
	bool written;
	int r = 0;

	for (unsigned i = 0; i < count; i++) {
		char members[512];

		(void)snprintf(members, sizeof(members), "\"n\":%u,\"text\":\"%.*s\"", pick(seed, 1000000), (int)pick(seed, 400),
			"................................................................................................................................"
			"................................................................................................................................"
			"................................................................................................................................"
			"................");
		if (ost_pending_new("test.made", members, 0, &group[i]) < 0)
			abort();
	}
	r = ost_commit_group(c, group, count, &written);
	for (unsigned i = 0; i < count; i++)
		ost_pending_free(group[i]);
	return r;
}

/* Of no records: a key, and the checkpoint of an empty tree. */
static int make(const char *dir, uint64_t count, uint32_t *seed, uint64_t segment_bytes)
{
	struct ost_journal_io_ops ops;
	struct ost_journal_io *io;
	struct ost_commit_config config = {.origin = "made.example/journal", .segment_bytes = segment_bytes};
	struct ost_commit c;
	int r;

	if (mkdir(dir, 0750) < 0 && errno != EEXIST)
		return -errno;
	r = ost_journal_io_new(dir, &io);
	if (r < 0)
		return r;
	ops = *io->ops;
	ops.sync = no_sync;
	ops.sync_dir = no_sync_dir;
	io->ops = &ops;
	config.io = io;
	r = ost_recover(&config, &c);
	if (r == 0 && count == 0) {
		ost_signer_wipe(&c.next);
		memset(&c.range, 0, sizeof(c.range));
		r = io->ops->unlink(io, "checkpoints.log");
		if (r == 0)
			r = io->ops->unlink(io, "seg-00000001.ndjson");
		c.log_bytes = 0;
		if (r == 0)
			r = ost_commit_cover(&c);
	}
	while (r == 0 && c.range.size < count) {
		unsigned group = 1 + pick(seed, OST_JOURNAL_BATCH);

		r = group_add(&c, seed, (unsigned)OST_MIN(count - c.range.size, (uint64_t)group));
	}
	ost_commit_free(&c);
	ost_journal_io_free(&io);
	return r;
}

/* ---- hammer and bench ---- */

struct told {
	uint64_t acknowledged, failed;
	uint64_t from_ns, most_ns, sum_ns; /* latency of single records */
	bool print;
};

static void acknowledged(void *user, const struct ost_journal_ack *ack)
{
	struct told *t = user;
	uint64_t took = ost_clock_mono_ns() - t->from_ns;

	if (ack->result < 0) {
		t->failed++;
		return;
	}
	t->acknowledged++;
	t->sum_ns += took;
	t->most_ns = OST_MAX(t->most_ns, took);
	if (t->print) {
		(void)printf("%" PRIu64 " %" PRIu64 "\n", ack->cookie, ack->seq);
		(void)fflush(stdout);
	}
}

static void wait_told(struct ost_journal *j, int timeout_ms)
{
	struct pollfd p = {.fd = ost_journal_fd(j), .events = POLLIN};

	(void)poll(&p, 1, timeout_ms);
	ost_journal_drain(j);
}

static int append(struct ost_journal *j, uint64_t n, bool at_once)
{
	char members[320];
	struct ost_journal_record record = {.kind = "test.load", .members = members, .cookie = n, .at_once = at_once};

	(void)snprintf(members, sizeof(members), "\"n\":%" PRIu64 ",\"text\":\"%.100s\"", n,
		"....................................................................................................");
	return ost_journal_append(j, &record);
}

static int hammer(const char *dir)
{
	struct told told = {.print = true};
	const struct ost_journal_config config = {.path = dir, .origin = "hammer.example/journal", .acknowledged = acknowledged, .user = &told};
	struct ost_journal *j;

	if (ost_journal_open(&config, &j) < 0)
		return EXIT_FAILURE;
	for (uint64_t n = 1;; n++) {
		while (append(j, n, n % 7 == 0) < 0)
			wait_told(j, 1000);
		if (n % 16 == 0)
			wait_told(j, 0);
	}
}

static int bench(const char *dir, uint64_t count)
{
	struct told told = {0};
	const struct ost_journal_config config = {.path = dir, .origin = "bench.example/journal", .acknowledged = acknowledged, .user = &told};
	uint64_t began, alone = OST_MIN(count / 10, (uint64_t)500), alone_ns, alone_most, together_ns;
	struct ost_journal *j;

	if (ost_journal_open(&config, &j) < 0)
		return EXIT_FAILURE;
	for (uint64_t n = 1; n <= alone; n++) {
		told.from_ns = ost_clock_mono_ns();
		if (append(j, n, true) < 0)
			return EXIT_FAILURE;
		while (told.acknowledged < n)
			wait_told(j, 1000);
	}
	alone_ns = alone > 0 ? told.sum_ns / alone : 0;
	alone_most = told.most_ns;
	began = ost_clock_mono_ns();
	for (uint64_t n = alone + 1; n <= count; n++) {
		while (append(j, n, false) < 0)
			wait_told(j, 1000);
	}
	while (told.acknowledged < count)
		wait_told(j, 1000);
	together_ns = ost_clock_mono_ns() - began;
	ost_journal_close(&j);
	(void)printf("{\"alone_us\":%.1f,\"alone_most_us\":%.1f,\"records_per_s\":%.0f}\n", (double)alone_ns / 1e3, (double)alone_most / 1e3,
		(double)(count - alone) * 1e9 / (double)together_ns);
	return EXIT_SUCCESS;
}

static uint64_t number(const char *text)
{
	uint64_t n = 0;

	if (ost_number_parse(text, strlen(text), &n) < 0)
		abort();
	return n;
}

int main(int argc, char **argv)
{
	if (argc > 5 && strcmp(argv[1], "make") == 0) {
		uint32_t seed = (uint32_t)number(argv[3]);

		for (int i = 5; i < argc; i++) {
			if (make(argv[i], number(argv[2]), &seed, number(argv[4])) < 0)
				return EXIT_FAILURE;
		}
		return EXIT_SUCCESS;
	}
	if (argc == 3 && strcmp(argv[1], "hammer") == 0)
		return hammer(argv[2]);
	if (argc == 4 && strcmp(argv[1], "bench") == 0)
		return bench(argv[2], number(argv[3]));
	(void)fprintf(stderr, "ost-journal make COUNT SEED SEGMENT_BYTES DIR... | hammer DIR | bench DIR COUNT\n");
	return EXIT_FAILURE;
}
