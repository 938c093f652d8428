/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Nobody changes a journal unnoticed: T1, T2, T3, T7, T8; pruning, a loss that is accepted, and the thread with its queue. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "clock.h"
#include "journal_disk.h"
#include "lasting.h"
#include "proof.h"
#include "recover.h"
#include "retention.h"

#define SEGMENT "seg-00000001.ndjson"

static struct ost_record_clock test_clock;

static void clock_get(void *user, struct ost_record_clock *ret)
{
	(void)user;
	test_clock.mono_ns += OST_NS_PER_MS;
	test_clock.wall_ns += OST_NS_PER_MS;
	*ret = test_clock;
}

static void open_on(struct disk *d, struct ost_commit *c, uint64_t segment_bytes)
{
	const struct ost_commit_config config = {.io = &d->io, .origin = "test.example/journal", .segment_bytes = segment_bytes, .clock = clock_get};

	test_clock = (struct ost_record_clock){.wall_ns = 1800000000ull * OST_NS_PER_S, .mono_ns = 1000 * OST_NS_PER_S, .synced = true};
	assert_int_equal(ost_recover(&config, c), 0);
}

static void add(struct ost_commit *c, const char *kind, const char *members)
{
	struct ost_pending *p;
	bool written;

	assert_int_equal(ost_pending_new(kind, members, 0, &p), 0);
	assert_int_equal(ost_commit_group(c, &p, 1, &written), 0);
	ost_pending_free(p);
}

/* Records 0 (journal.begin) to n - 1, each with a checkpoint of its own. */
static struct disk *journal_of(unsigned n, uint64_t segment_bytes)
{
	struct disk *d = disk_new();
	struct ost_commit c;

	open_on(d, &c, segment_bytes);
	for (unsigned i = 1; i < n; i++) {
		char members[64];

		(void)snprintf(members, sizeof(members), "\"n\":%u", i);
		add(&c, "test", members);
	}
	ost_commit_free(&c);
	return d;
}

static struct ost_journal_verdict verdict_of(struct disk *d, const char *from, const char *vkey)
{
	const struct ost_journal_verify v = {.io = &d->io, .from = from, .vkey = vkey};
	struct ost_journal_verdict verdict;

	assert_int_equal(ost_journal_verify(&v, &verdict), 0);
	return verdict;
}

static char *text_of(struct disk *d, const char *name)
{
	size_t n;
	char *bytes = disk_bytes(d, name, &n), *text;

	assert_non_null(bytes);
	text = malloc(n + 1);
	memcpy(text, bytes, n);
	text[n] = '\0';
	return text;
}

/* ---- T1: any single byte ---- */

static void any_byte_of_the_journal(void **state)
{
	struct disk *d = journal_of(12, 1 << 20);
	char *text = text_of(d, SEGMENT);
	size_t n = strlen(text);
	uint64_t line = 0;

	(void)state;
	assert_int_equal(verdict_of(d, NULL, NULL).fault, OST_JOURNAL_WHOLE);
	for (size_t i = 0; i < n; i++) {
		static const char flips[] = {1, 0x20, (char)0x80, '\n', 0};
		char was = text[i];

		for (size_t f = 0; f < sizeof(flips); f++) {
			struct ost_journal_verdict v;

			text[i] = f < 3 ? (char)(was ^ flips[f]) : flips[f];
			if (text[i] == was)
				continue;
			disk_put(d, SEGMENT, text, n);
			v = verdict_of(d, NULL, NULL);
			if (v.fault != OST_JOURNAL_BAD_RECORD && v.fault != OST_JOURNAL_MISSING)
				fail_msg("byte %zu to %02x: %s", i, (unsigned char)text[i], v.why);
			if (v.first_bad != line || v.last_bad != line)
				fail_msg("byte %zu of record %u to %02x: said %u to %u: %s", i, (unsigned)line, (unsigned char)text[i],
					(unsigned)v.first_bad, (unsigned)v.last_bad, v.why);
		}
		text[i] = was;
		line += was == '\n';
	}
	free(text);
	disk_free(d);
}

static void any_byte_of_the_checkpoint(void **state)
{
	struct disk *d = journal_of(5, 1 << 20);
	char *text = text_of(d, "checkpoint");
	size_t n = strlen(text);

	(void)state;
	for (size_t i = 0; i < 8 * n; i++) {
		text[i / 8] = (char)(text[i / 8] ^ (1 << i % 8));
		disk_put(d, "checkpoint", text, n);
		assert_int_equal(verdict_of(d, NULL, NULL).fault, OST_JOURNAL_BAD_CHECKPOINT);
		text[i / 8] = (char)(text[i / 8] ^ (1 << i % 8));
	}
	for (size_t i = 0; i < n; i++) {
		disk_put(d, "checkpoint", text, i);
		assert_int_equal(verdict_of(d, NULL, NULL).fault, OST_JOURNAL_BAD_CHECKPOINT);
	}
	free(text);
	disk_free(d);
}

/* The proof of record 3 of 4 in the tree of 4: of the newest line, which needs no reading. */
static char *proof_of_newest(struct disk *d, char vkey[static OST_JOURNAL_VKEY_MAX])
{
	struct ost_commit c;
	char *text = NULL, *line, *note, *all = text_of(d, SEGMENT);
	struct ost_merkle_range range = {0};
	struct ost_merkle_proof path;
	struct ost_merkle_hash h;

	open_on(d, &c, 1 << 20);
	ost_vkey_format(&c.signer.vkey, vkey);
	note = text_of(d, "checkpoint");
	line = strtok(all, "\n");
	for (uint64_t i = 0; i + 1 < c.covered; i++) {
		ost_merkle_leaf(line, strlen(line), &h);
		ost_merkle_push(&range, &h);
		line = strtok(NULL, "\n");
	}
	ost_merkle_next_proof(&range, &path);
	assert_int_equal(ost_proof_format(line, strlen(line), range.size, &path, note, &text), 0);
	free(note);
	free(all);
	ost_commit_free(&c);
	return text;
}

static void any_byte_of_a_proof(void **state)
{
	struct disk *d = journal_of(4, 1 << 20);
	char vkey[OST_JOURNAL_VKEY_MAX], why[160], *line = NULL;
	char *text = proof_of_newest(d, vkey);
	size_t n = strlen(text);
	uint64_t seq = 0, size = 0;

	(void)state;
	assert_int_equal(ost_journal_proof_check(text, n, vkey, &line, &seq, &size, why), 0);
	assert_int_equal(seq, 3);
	assert_int_equal(size, 4);
	assert_non_null(strstr(line, "\"n\":3"));
	free(line);
	for (size_t i = 0; i < 8 * n; i++) {
		text[i / 8] = (char)(text[i / 8] ^ (1 << i % 8));
		assert_true(ost_journal_proof_check(text, n, vkey, &line, &seq, &size, why) < 0);
		text[i / 8] = (char)(text[i / 8] ^ (1 << i % 8));
	}
	free(text);
	disk_free(d);
}

/* ---- T2: dropped, duplicated, swapped, inserted ---- */

#define LINES_MOST 64u

static void lines_put(struct disk *d, char *const *lines, unsigned count)
{
	char text[65536];
	size_t n = 0;

	for (unsigned i = 0; i < count; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s\n", lines[i]);
	disk_put(d, SEGMENT, text, n);
}

static void expect_bad(struct disk *d, char *const *lines, unsigned count, uint64_t least, uint64_t most)
{
	struct ost_journal_verdict v;

	lines_put(d, lines, count);
	v = verdict_of(d, NULL, NULL);
	if (v.fault == OST_JOURNAL_UNCOVERED) { /* behind the end: told as such */
		assert_true(least >= v.covered);
		return;
	}
	assert_true(v.fault == OST_JOURNAL_BAD_RECORD || v.fault == OST_JOURNAL_MISSING);
	assert_in_range(v.first_bad, least, most);
}

static void lines_moved_about(void **state)
{
	struct disk *d = journal_of(20, 1 << 20);
	char *text = text_of(d, SEGMENT), *lines[LINES_MOST], *at = text;
	unsigned n = 0;

	(void)state;
	for (char *lf; (lf = strchr(at, '\n')) != NULL; at = lf + 1) {
		*lf = '\0';
		lines[n++] = at;
	}
	assert_int_equal(n, 20);
	for (unsigned i = 0; i < n; i++) {
		char *other[LINES_MOST];

		memcpy(other, lines, sizeof(lines)); /* dropped */
		memmove(other + i, other + i + 1, (n - i - 1) * sizeof(*other));
		expect_bad(d, other, n - 1, i, i);
		for (unsigned k = 0; k <= n; k++) { /* inserted anywhere; where k is i or i + 1, duplicated */
			memcpy(other, lines, n * sizeof(*other));
			memmove(other + k + 1, other + k, (n - k) * sizeof(*other));
			other[k] = lines[i];
			expect_bad(d, other, n + 1, k == i ? k + 1 : k, k == i ? k + 1 : k);
		}
		for (unsigned k = i + 1; k < n; k++) { /* swapped */
			memcpy(other, lines, n * sizeof(*other));
			other[i] = lines[k];
			other[k] = lines[i];
			expect_bad(d, other, n, i, i);
		}
	}
	free(text);
	disk_free(d);
}

/* ---- T3: cut off behind a checkpoint that is held ---- */

static void any_truncation(void **state)
{
	struct disk *d = journal_of(6, 1 << 20);
	char *text = text_of(d, SEGMENT), *held = text_of(d, "checkpoint");
	struct disk *small = journal_of(3, 1 << 20);
	size_t n = strlen(text);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		struct ost_journal_verdict v;

		disk_put(d, SEGMENT, text, i);
		v = verdict_of(d, NULL, NULL);
		assert_int_equal(v.fault, OST_JOURNAL_MISSING);
		assert_non_null(strstr(v.why, ", the checkpoint says 6"));
	}
	/* Records and checkpoints put back together to what they were before: only who holds a later one sees it. */
	disk_free(d);
	d = journal_of(1, 1 << 20);
	free(held);
	{
		struct ost_commit c;
		char *segment, *note, *log;
		struct ost_journal_verdict v;

		open_on(d, &c, 1 << 20);
		add(&c, "test", "\"n\":1");
		segment = text_of(d, SEGMENT);
		note = text_of(d, "checkpoint");
		log = text_of(d, "checkpoints.log");
		add(&c, "test", "\"n\":2");
		held = text_of(d, "checkpoint");
		ost_commit_free(&c);
		assert_int_equal(verdict_of(d, note, NULL).fault, OST_JOURNAL_WHOLE);
		disk_put(d, "checkpoint", note, strlen(note));
		v = verdict_of(d, NULL, NULL); /* the line and the log know better */
		assert_int_equal(v.fault, OST_JOURNAL_UNCOVERED);
		disk_put(d, SEGMENT, segment, strlen(segment));
		v = verdict_of(d, NULL, NULL);
		assert_int_equal(v.fault, OST_JOURNAL_MISSING);
		disk_put(d, "checkpoints.log", log, strlen(log));
		assert_int_equal(verdict_of(d, NULL, NULL).fault, OST_JOURNAL_WHOLE);
		v = verdict_of(d, held, NULL);
		assert_int_equal(v.fault, OST_JOURNAL_MISSING);
		assert_string_equal(v.why, "have 2 records, the checkpoint that was held says 3");
		/* And another record in its place, signed by whoever has the key: the held checkpoint does not agree. */
		open_on(d, &c, 1 << 20);
		add(&c, "test", "\"n\":3");
		ost_commit_free(&c);
		assert_int_equal(verdict_of(d, NULL, NULL).fault, OST_JOURNAL_WHOLE);
		assert_int_equal(verdict_of(d, held, NULL).fault, OST_JOURNAL_INCONSISTENT);
		free(segment);
		free(note);
		free(log);
	}
	free(text);
	free(held);
	disk_free(d);
	disk_free(small);
}

/* What recovery does about it: nothing is written until a person accepts the loss. */
static void a_loss_is_accepted(void **state)
{
	struct disk *d = journal_of(6, 1 << 20);
	char *text = text_of(d, SEGMENT), *kept;
	struct ost_pending *p;
	struct ost_commit c;
	bool written;

	(void)state;
	disk_put(d, SEGMENT, text, strlen(text) - 5);
	open_on(d, &c, 1 << 20);
	assert_true(c.read_only);
	assert_non_null(strstr(c.why, "there are 5 records, the checkpoint says 6"));
	assert_int_equal(ost_pending_new("test", "", 0, &p), 0);
	assert_int_equal(ost_commit_group(&c, &p, 1, &written), -EROFS);
	ost_pending_free(p);
	assert_int_equal(ost_recover_accept_loss(&c, "alice (1000)", "disk was replaced"), 0);
	assert_false(c.read_only);
	assert_string_equal(c.origin, "test.example/journal/2");
	add(&c, "test", "\"n\":1");
	ost_commit_free(&c);
	assert_int_equal(verdict_of(d, NULL, NULL).fault, OST_JOURNAL_WHOLE);
	free(text);
	text = text_of(d, SEGMENT);
	assert_non_null(strstr(text, "\"kind\":\"journal.accept_loss\""));
	assert_non_null(strstr(text, "alice (1000)"));
	kept = text_of(d, "lost-1/" SEGMENT);
	assert_non_null(strstr(kept, "\"n\":4"));
	free(kept);
	free(text);
	disk_free(d);
}

/* ---- T7: the clock ---- */

static void clock_steps(void **state)
{
	struct disk *d = disk_new();
	struct ost_commit c;
	char *text;

	(void)state;
	open_on(d, &c, 1 << 20);
	add(&c, "test", "\"n\":1");
	assert_int_equal(c.clock_steps, 0);
	test_clock.wall_ns -= 3600 * OST_NS_PER_S;
	add(&c, "test", "\"n\":2");
	assert_int_equal(c.clock_steps, 1);
	add(&c, "test", "\"n\":3");
	assert_int_equal(c.clock_steps, 1);
	test_clock.wall_ns += 366ull * 86400 * OST_NS_PER_S;
	add(&c, "test", "\"n\":4");
	assert_int_equal(c.clock_steps, 2);
	test_clock.wall_ns += OST_NS_PER_S / 4; /* steered, not jumped */
	add(&c, "test", "\"n\":5");
	assert_int_equal(c.clock_steps, 2);
	ost_commit_free(&c);
	text = text_of(d, SEGMENT);
	assert_non_null(strstr(text, "\"kind\":\"clock.step\""));
	assert_non_null(strstr(text, "\"step_us\":-3600000000"));
	assert_non_null(strstr(text, "\"step_us\":31622400000000"));
	assert_int_equal(verdict_of(d, NULL, NULL).fault, OST_JOURNAL_WHOLE);
	free(text);
	disk_free(d);
}

/* ---- T8: keys ---- */

static void three_keys(void **state)
{
	struct disk *d = disk_new();
	char first[OST_JOURNAL_VKEY_MAX], last[OST_JOURNAL_VKEY_MAX], forged_text[OST_NOTE_TEXT_MAX], note[4096], *held[3], *rotation;
	struct ost_signer retired;
	const struct ost_signer *const signers[] = {&retired};
	struct ost_checkpoint forged;
	struct ost_journal_verdict v;
	struct ost_commit c;
	char name[64] = "";
	size_t n;

	(void)state;
	open_on(d, &c, 1 << 20);
	ost_vkey_format(&c.signer.vkey, first);
	add(&c, "test", "\"n\":1");
	held[0] = text_of(d, "checkpoint");
	retired = c.signer;
	assert_int_equal(ost_commit_rotate_key(&c, "bob", "yearly", false, 0), 0);
	(void)snprintf(name, sizeof(name), "keys/rotate-%016u.tlog-proof", 2u);
	add(&c, "test", "\"n\":2");
	held[1] = text_of(d, "checkpoint");
	assert_int_equal(ost_commit_rotate_key(&c, "bob", "yearly", false, 0), 0);
	add(&c, "test", "\"n\":3");
	held[2] = text_of(d, "checkpoint");
	ost_vkey_format(&c.signer.vkey, last);
	forged = (struct ost_checkpoint){.size = c.covered};
	memcpy(forged.origin, c.origin, sizeof(forged.origin));
	ost_merkle_root(&c.range, &forged.root);
	ost_commit_free(&c);
	for (unsigned i = 0; i < 3; i++) {
		v = verdict_of(d, held[i], first);
		assert_int_equal(v.fault, OST_JOURNAL_WHOLE);
		assert_int_equal(v.keys, 3);
		assert_string_equal(v.signer, last);
		assert_true(v.pinned);
	}
	assert_int_equal(verdict_of(d, NULL, last).fault, OST_JOURNAL_WHOLE);
	/* The right size and root, signed by the first key: it is retired. */
	ost_checkpoint_format(&forged, forged_text);
	assert_int_equal(ost_note_sign(forged_text, strlen(forged_text), signers, 1, note, sizeof(note), &n), 0);
	disk_put(d, "checkpoint", note, n);
	v = verdict_of(d, NULL, first);
	assert_int_equal(v.fault, OST_JOURNAL_BAD_CHECKPOINT);
	assert_non_null(strstr(v.why, "retired"));
	disk_put(d, "checkpoint", held[2], strlen(held[2]));
	/* Another key from nowhere; a rotation that is not proved. */
	assert_int_equal(ost_signer_make("test.example/journal", &retired), 0);
	ost_vkey_format(&retired.vkey, last);
	assert_int_equal(verdict_of(d, NULL, last).fault, OST_JOURNAL_BAD_KEYS);
	rotation = text_of(d, name);
	disk_remove(d, name);
	assert_int_equal(verdict_of(d, NULL, first).fault, OST_JOURNAL_BAD_KEYS);
	rotation[100] ^= 1;
	disk_put(d, name, rotation, strlen(rotation));
	assert_int_equal(verdict_of(d, NULL, first).fault, OST_JOURNAL_BAD_KEYS);
	free(rotation);
	for (unsigned i = 0; i < 3; i++)
		free(held[i]);
	disk_free(d);
}

static void a_compromised_key(void **state)
{
	struct disk *d = disk_new();
	char first[OST_JOURNAL_VKEY_MAX], *trusted, *doubtful;
	struct ost_journal_verdict v;
	struct ost_commit c;

	(void)state;
	open_on(d, &c, 1 << 20);
	ost_vkey_format(&c.signer.vkey, first);
	add(&c, "test", "\"n\":1");
	trusted = text_of(d, "checkpoint");
	add(&c, "test", "\"n\":2");
	doubtful = text_of(d, "checkpoint");
	assert_int_equal(ost_commit_rotate_key(&c, "bob", "stolen", true, 2), 0);
	add(&c, "test", "\"n\":3");
	ost_commit_free(&c);
	assert_int_equal(verdict_of(d, trusted, first).fault, OST_JOURNAL_WHOLE);
	v = verdict_of(d, doubtful, first);
	assert_int_equal(v.fault, OST_JOURNAL_INCONSISTENT);
	assert_non_null(strstr(v.why, "compromised"));
	free(trusted);
	free(doubtful);
	disk_free(d);
}

/* ---- retention ---- */

static void pruned(void **state)
{
	struct disk *d = disk_new();
	struct ost_journal_verdict v;
	struct ost_commit c;
	char *held, *leaves;
	uint64_t minimum;
	size_t n;

	(void)state;
	open_on(d, &c, 2000);
	for (unsigned i = 1; i < 40; i++)
		add(&c, "test", "\"n\":1");
	held = text_of(d, "checkpoint");
	assert_int_equal(ost_commit_prune(&c, 10, "carol"), 0);
	minimum = c.minimum;
	assert_in_range(minimum, 1, 10);
	assert_int_equal(ost_commit_prune(&c, 30, "carol"), 0);
	assert_in_range(c.minimum, minimum + 1, 30);
	minimum = c.minimum;
	add(&c, "test", "\"n\":2");
	ost_commit_free(&c);
	v = verdict_of(d, held, NULL);
	assert_int_equal(v.fault, OST_JOURNAL_WHOLE);
	assert_int_equal(v.minimum, minimum);
	open_on(d, &c, 2000);
	assert_false(c.read_only);
	assert_int_equal(c.minimum, minimum);
	ost_commit_free(&c);
	/* A hash that is kept is changed. */
	leaves = disk_bytes(d, "tiles/leaves.bin", &n);
	assert_int_equal(n, 32 * minimum);
	leaves[33] ^= 1;
	v = verdict_of(d, NULL, NULL);
	assert_int_equal(v.fault, OST_JOURNAL_BAD_RECORD);
	free(held);
	disk_free(d);
}

static bool before(const char *line, const char *time)
{
	return ost_record_is_before(line, strlen(line), time);
}

static void times_order_as_text(void **state)
{
	static const char line[] = "{\"v\":1,\"seq\":3,\"@timestamp\":\"2027-01-15T08:00:00.000000Z\",\"boot_id\":\"\"}";

	(void)state;
	assert_true(before(line, "2027-01-15T08:00:00.000001Z"));
	assert_false(before(line, "2027-01-15T08:00:00.000000Z"));
	assert_false(before("{\"v\":1,\"@timestamp\":\"2026\"}", "2027-01-15T08:00:00.000001Z"));
	assert_false(before("{}", "2027-01-15T08:00:00.000001Z"));
}

/* Which segments age and size take; somebody who is still to read holds up age, not size. */
static void what_is_too_old_or_too_much(void **state)
{
	struct disk *d = journal_of(40, 2000);
	struct ost_retention old = {.before = "2027-01-15T08:00:01.000000Z", .held = UINT64_MAX};
	uint64_t seq = 1, all;

	(void)state;
	assert_int_equal(ost_retention_seq(&d->io, &old, &all), 0);
	assert_in_range(all, 30, 39);
	old.held = 12;
	assert_int_equal(ost_retention_seq(&d->io, &old, &seq), 0);
	assert_in_range(seq, 6, 12);
	old.bytes_most = 6000;
	assert_int_equal(ost_retention_seq(&d->io, &old, &seq), 0);
	assert_in_range(seq, 20, all - 1);
	old = (struct ost_retention){.before = "2027-01-15T08:00:00.000000Z", .held = UINT64_MAX};
	assert_int_equal(ost_retention_seq(&d->io, &old, &seq), 0);
	assert_int_equal(seq, 0);
	disk_free(d);
}

/* Decisions outlive their segment: the journal is whole with them, they are proved as before, and a changed one is found. */
static void lasting(void **state)
{
	struct disk *d = disk_new();
	struct ost_journal_verdict v;
	struct ost_lasting k;
	struct ost_commit c;
	char *bytes;
	size_t n;

	(void)state;
	open_on(d, &c, 2000);
	for (unsigned i = 1; i < 40; i++)
		add(&c, i % 10 == 5 ? "decision" : "test", "\"n\":1");
	assert_int_equal(ost_commit_prune(&c, 10, "carol"), 0);
	assert_int_equal(ost_commit_prune(&c, 36, "carol"), 0);
	assert_in_range(c.minimum, 26, 36);
	ost_commit_free(&c);
	assert_int_equal(ost_lasting_read(&d->io, &k), 0);
	assert_int_equal(k.count, 4); /* journal.begin, 5, 15, 25 */
	assert_int_equal(k.lines[1].seq, 5);
	assert_int_equal(k.lines[3].seq, 25);
	ost_lasting_free(&k);
	v = verdict_of(d, NULL, NULL);
	assert_int_equal(v.fault, OST_JOURNAL_WHOLE);
	open_on(d, &c, 2000);
	assert_false(c.read_only);
	ost_commit_free(&c);
	bytes = disk_bytes(d, "lasting.ndjson", &n);
	*strstr(strstr(bytes, "\"seq\":15"), "\"n\":1}") = ' ';
	v = verdict_of(d, NULL, NULL);
	assert_int_equal(v.fault, OST_JOURNAL_BAD_RECORD);
	assert_int_equal(v.first_bad, 15);
	bytes[0] = 'x';
	v = verdict_of(d, NULL, NULL);
	assert_int_equal(v.fault, OST_JOURNAL_BAD_RECORD);
	disk_free(d);
}

/* ---- lines that nobody signed ---- */

static void a_forged_line_is_cut(void **state)
{
	struct disk *d = journal_of(3, 1 << 20);
	char *text = text_of(d, SEGMENT), *last, *forged;
	struct ost_journal_verdict v;
	struct ost_commit c;
	struct ost_merkle_hash h;
	char hex[65];

	(void)state;
	for (last = text + strlen(text) - 1; last > text && last[-1] != '\n'; last--)
		;
	ost_merkle_leaf(last, strlen(last) - 1, &h);
	ost_hex_format(h.b, 32, hex);
	assert_true(asprintf(&forged, "%s{\"v\":1,\"seq\":3,\"prev\":\"%s\",\"kind\":\"test\",\"@timestamp\":\"2026\"}\n", text, hex) > 0);
	disk_put(d, SEGMENT, forged, strlen(forged));
	v = verdict_of(d, NULL, NULL);
	assert_int_equal(v.fault, OST_JOURNAL_UNCOVERED);
	assert_int_equal(v.covered, 3);
	assert_int_equal(v.uncovered, 1);
	open_on(d, &c, 1 << 20);
	assert_int_equal(c.recoveries, 1);
	ost_commit_free(&c);
	assert_int_equal(verdict_of(d, NULL, NULL).fault, OST_JOURNAL_WHOLE);
	assert_int_equal(disk_count(d, "torn-1.bin"), 1);
	free(text);
	text = text_of(d, SEGMENT);
	assert_non_null(strstr(text, "\"seq\":3"));
	assert_non_null(strstr(text, "journal.recovery"));
	assert_non_null(strstr(text, "\"torn_file\":\"torn-1.bin\""));
	free(text);
	free(forged);
	disk_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_byte_of_the_journal),
		cmocka_unit_test(any_byte_of_the_checkpoint),
		cmocka_unit_test(any_byte_of_a_proof),
		cmocka_unit_test(lines_moved_about),
		cmocka_unit_test(any_truncation),
		cmocka_unit_test(a_loss_is_accepted),
		cmocka_unit_test(clock_steps),
		cmocka_unit_test(three_keys),
		cmocka_unit_test(a_compromised_key),
		cmocka_unit_test(pruned),
		cmocka_unit_test(times_order_as_text),
		cmocka_unit_test(what_is_too_old_or_too_much),
		cmocka_unit_test(lasting),
		cmocka_unit_test(a_forged_line_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
