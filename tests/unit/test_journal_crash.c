/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The journal over every crash that a disk may have (T4), and over failures at every call (T6). A disk in memory knows what was synced;
 * before each call that changes something it becomes each of many states that a crash at that moment may leave, in each of which the
 * journal must come back with every record that was acknowledged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "journal_disk.h"
#include "recover.h"
#include "retain.h"
#include "segment.h"

#define STATES_LEAST 10000u
#define RECORDS	     400u
#define STYLES	     8u

static uint32_t random_state;

static uint32_t pick(void *user, uint32_t n)
{
	uint32_t *s = user;

	*s = *s * 1664525u + 1013904223u;
	return n > 0 ? (*s >> 8) % n : 0;
}

/* What has been acknowledged, by the numbers of the records. */
struct acked {
	uint64_t seq[RECORDS];
	bool yes[RECORDS];
	char note[OST_JOURNAL_NOTE_MAX]; /* the newest checkpoint that anybody may have seen */
	bool any;
};

struct world {
	struct disk *disk;
	struct ost_commit commit;
	struct acked acked;
	unsigned next;
	unsigned states, cuts, again;
	unsigned depth; /* crashes within recovery */
};

static void config_of(struct disk *d, struct ost_commit_config *c)
{
	*c = (struct ost_commit_config){.io = &d->io, .origin = "crash.example/journal", .segment_bytes = 6000};
}

/* ---- what must hold after a crash ---- */

struct found {
	bool yes[RECORDS];
	uint64_t seq[RECORDS];
	unsigned recoveries;
};

static void found_read(struct disk *d, struct found *f)
{
	uint64_t *numbers = NULL;
	uint32_t count = 0;
	struct ost_walk walk;
	struct ost_line line;

	assert_int_equal(ost_segments_list(&d->io, &numbers, &count), 0);
	assert_int_equal(ost_walk_begin(&walk, &d->io, numbers, count), 0);
	while (ost_walk_next(&walk, &line) > 0) {
		char text[OST_JOURNAL_LINE_MAX];
		struct ost_envelope e;
		const char *n;

		(void)snprintf(text, sizeof(text), "%.*s", (int)line.length, line.text);
		assert_int_equal(ost_envelope_parse(line.text, line.length, &e), 0);
		f->recoveries += strcmp(e.kind, "journal.recovery") == 0;
		n = strstr(text, "\"n\":");
		if (strcmp(e.kind, "test") != 0 || n == NULL)
			continue;
		assert_false(f->yes[strtoul(n + 4, NULL, 10)]); /* never twice */
		f->yes[strtoul(n + 4, NULL, 10)] = true;
		f->seq[strtoul(n + 4, NULL, 10)] = e.seq;
	}
	ost_walk_end(&walk);
	free(numbers);
}

static void verify_whole(struct disk *d, const struct acked *acked)
{
	struct ost_journal_verify v = {.io = &d->io, .from = acked->any ? acked->note : NULL,
		.every_signature = pick(&random_state, 8) == 0};
	struct ost_journal_verdict verdict;

	assert_int_equal(ost_journal_verify(&v, &verdict), 0);
	if (verdict.fault != OST_JOURNAL_WHOLE)
		fail_msg("%s: %s", ost_journal_fault_name(verdict.fault), verdict.why);
}

static void holds(struct world *w, struct disk *d)
{
	struct found f = {0};
	unsigned torn = disk_count(d, "torn-");
	uint64_t minimum;

	assert_int_equal(ost_retained_minimum(&d->io, &minimum), 0);
	verify_whole(d, &w->acked);
	found_read(d, &f);
	for (unsigned i = 0; i < RECORDS; i++) {
		if (!w->acked.yes[i] || (w->acked.seq[i] < minimum && !f.yes[i]))
			continue;
		assert_true(f.yes[i]);
		assert_int_equal(f.seq[i], w->acked.seq[i]);
	}
	/* A recovery that was interrupted behind its record may say the same again: never less. */
	assert_true((torn > 0) == (f.recoveries > 0));
	assert_true(f.recoveries >= torn);
	w->cuts += torn > 0;
}

static void crash_again(void *user, struct disk *d);

/* A crash; the journal comes back, perhaps in spite of another crash on its way. */
static void crash_and_recover(struct world *w, struct disk *from, unsigned style)
{
	struct disk *d = disk_crash(from, style, pick, &random_state);
	struct ost_commit_config config;
	struct ost_commit c;

	w->states++;
	config_of(d, &config);
	if (w->depth == 0 && pick(&random_state, 40) == 0) {
		d->changed = crash_again;
		d->user = w;
	}
	w->depth++;
	assert_int_equal(ost_recover(&config, &c), 0);
	w->depth--;
	if (c.read_only)
		fail_msg("read-only after crash %u of style %u: %s", w->states, style, c.why);
	assert_false(ost_commit_waits(&c));
	ost_commit_free(&c);
	holds(w, d);
	disk_free(d);
}

static void crash_again(void *user, struct disk *d)
{
	struct world *w = user;

	if (w->depth > 1)
		return;
	w->again++;
	crash_and_recover(w, d, 0);
	crash_and_recover(w, d, 1);
	crash_and_recover(w, d, 2);
}

static void crash_here(void *user, struct disk *d)
{
	struct world *w = user;

	for (unsigned style = 0; style < STYLES; style++)
		crash_and_recover(w, d, style);
}

/* ---- the life of a journal ---- */

static void acknowledge(struct world *w, struct ost_pending *const *group, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		w->acked.yes[group[i]->cookie] = true;
		w->acked.seq[group[i]->cookie] = group[i]->seq;
	}
	(void)snprintf(w->acked.note, sizeof(w->acked.note), "%s", w->commit.note);
	w->acked.any = true;
}

static struct ost_pending *record_new(unsigned n)
{
	struct ost_pending *p = NULL;
	char members[1024];

	(void)snprintf(members, sizeof(members), "\"n\":%u,\"pad\":\"%.*s\"", n, (int)(n * 37 % 600),
		"................................................................................................................................"
		"................................................................................................................................"
		"................................................................................................................................"
		"................................................................................................................................"
		"................................................................................................................................");
	assert_int_equal(ost_pending_new("test", members, 0, &p), 0);
	p->cookie = n;
	return p;
}

/* Until it is acknowledged, as the journal's thread does it; tries bounds how often the disk may refuse. Returns how often it did. */
static unsigned commit_some(struct world *w, unsigned count, unsigned tries)
{
	struct ost_pending *group[8];
	bool written = false, given = false;
	unsigned refused = 0;
	int r;

	for (unsigned i = 0; i < count; i++)
		group[i] = record_new(w->next++);
	do {
		r = ost_commit_group(&w->commit, given ? NULL : group, given ? 0 : count, &written);
		given |= written;
		if (r < 0)
			refused++;
	} while ((r < 0 || !given) && refused < tries);
	if (r == 0)
		acknowledge(w, group, count);
	for (unsigned i = 0; i < count; i++)
		ost_pending_free(group[i]);
	return refused;
}

static void live(struct world *w, unsigned groups)
{
	for (unsigned i = 0; i < groups; i++) {
		assert_int_equal(commit_some(w, 1 + i % 5, 1), 0);
		if (i == groups / 3)
			assert_int_equal(ost_commit_rotate_key(&w->commit, "test", "time", false, 0), 0);
	}
}

static void open_journal(struct world *w)
{
	struct ost_commit_config config;

	config_of(w->disk, &config);
	assert_int_equal(ost_recover(&config, &w->commit), 0);
	assert_false(w->commit.read_only);
}

static void every_crash(void **state)
{
	struct world w = {.disk = disk_new()};

	(void)state;
	random_state = 1;
	w.disk->changed = crash_here;
	w.disk->user = &w;
	open_journal(&w);
	live(&w, 64);
	assert_int_equal(ost_commit_prune(&w.commit, 60, "test"), 0);
	assert_true(w.commit.minimum > 20);
	live(&w, 10);
	ost_commit_free(&w.commit);
	open_journal(&w);
	live(&w, 3);
	ost_commit_free(&w.commit);
	holds(&w, w.disk);
	print_message("# %u crash states, bytes were cut in %u, %u times a crash in recovery\n", w.states, w.cuts, w.again);
	assert_true(w.states >= STATES_LEAST);
	assert_true(w.cuts > 100 && w.again > 100);
	disk_free(w.disk);
}

/* ---- a disk that fails ---- */

/* The records of the journal that failed: pruned ones are none here. */
static unsigned io_errors_told(struct disk *d)
{
	uint64_t *numbers = NULL;
	uint32_t count = 0;
	struct ost_walk walk;
	struct ost_line line;
	struct ost_envelope e;
	unsigned n = 0;

	assert_int_equal(ost_segments_list(&d->io, &numbers, &count), 0);
	assert_int_equal(ost_walk_begin(&walk, &d->io, numbers, count), 0);
	while (ost_walk_next(&walk, &line) > 0)
		n += ost_envelope_parse(line.text, line.length, &e) == 0 && strcmp(e.kind, "journal.io_error") == 0;
	ost_walk_end(&walk);
	free(numbers);
	return n;
}

/* Fails at call k, for one call or for several; then the disk is well again, and at last there is a crash. */
static bool fails_at(uint64_t k, uint64_t calls, int error)
{
	struct world w = {.disk = disk_new()};
	uint64_t before, segment;
	unsigned refused = 0;
	bool failed;

	open_journal(&w);
	assert_int_equal(commit_some(&w, 2, 1), 0);
	before = w.disk->calls;
	segment = w.commit.segment;
	w.disk->fail_at = before + k;
	w.disk->fail_calls = calls;
	w.disk->fail_with = error;
	for (unsigned i = 0; i < 4; i++)
		refused += commit_some(&w, 3, 20);
	failed = w.disk->calls >= w.disk->fail_at && refused > 0;
	if (failed) {
		assert_true(w.commit.io_errors > 0); /* degraded could be seen */
		assert_true(w.commit.segment > segment);
		assert_true(io_errors_told(w.disk) > 0);
		assert_true(ost_commit_waits(&w.commit) == false);
	}
	for (unsigned style = 0; style < 6; style++)
		crash_and_recover(&w, w.disk, style);
	holds(&w, w.disk);
	ost_commit_free(&w.commit);
	disk_free(w.disk);
	return failed;
}

static void every_failure(void **state)
{
	static const int errors[] = {-EIO, -ENOSPC};
	unsigned failures = 0;

	(void)state;
	random_state = 2;
	for (unsigned e = 0; e < 2; e++) {
		for (uint64_t calls = 0; calls < 12; calls += calls < 3 ? 1 : 4) {
			for (uint64_t k = 1; k <= 40; k++)
				failures += fails_at(k, calls, errors[e]);
		}
	}
	print_message("# %u runs with a failure that held a record up\n", failures);
	assert_true(failures > 300);
}

/* While it fails, nothing is acknowledged. */
static void no_acknowledgement_behind_a_failure(void **state)
{
	struct world w = {.disk = disk_new()};

	(void)state;
	open_journal(&w);
	assert_int_equal(commit_some(&w, 1, 1), 0);
	w.disk->fail_at = w.disk->calls + 1;
	w.disk->fail_calls = UINT32_MAX;
	assert_int_equal(commit_some(&w, 1, 5), 5);
	assert_false(w.acked.yes[1]);
	assert_true(ost_commit_waits(&w.commit));
	w.disk->fail_at = 0;
	assert_int_equal(commit_some(&w, 1, 5), 0);
	assert_true(w.acked.yes[2]);
	verify_whole(w.disk, &w.acked);
	ost_commit_free(&w.commit);
	disk_free(w.disk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_crash),
		cmocka_unit_test(every_failure),
		cmocka_unit_test(no_acknowledgement_behind_a_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
