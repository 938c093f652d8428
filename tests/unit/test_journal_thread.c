/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The journal's thread: acknowledgements, a full queue, a disk that fails for a while, orders, a loss; and the vault (T13). */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "clock.h"
#include "file.h"
#include "journal.h"
#include "journal_disk.h"

struct told {
	uint64_t acknowledged, refused, covered;
};

static void acknowledged(void *user, const struct ost_journal_ack *ack)
{
	struct told *t = user;

	t->acknowledged += ack->result == 0;
	t->refused += ack->result < 0;
}

static void covered(void *user, uint64_t size, const char *note)
{
	struct told *t = user;

	assert_non_null(strstr(note, "thread.example/journal"));
	t->covered = size;
}

static struct ost_journal *open_on(struct disk *d, struct told *t)
{
	const struct ost_journal_config c = {.origin = "thread.example/journal", .io = &d->io, .queue = 64, .batch_ms = 5, .retry_ms = 1,
		.acknowledged = acknowledged, .covered = covered, .user = t};
	struct ost_journal *j;

	assert_int_equal(ost_journal_open(&c, &j), 0);
	return j;
}

static void drain(struct ost_journal *j)
{
	struct pollfd p = {.fd = ost_journal_fd(j), .events = POLLIN};

	(void)poll(&p, 1, 10000);
	ost_journal_drain(j);
}

static struct ost_journal_status until(struct ost_journal *j, enum ost_journal_mode mode)
{
	struct ost_journal_status s;

	for (ost_journal_status(j, &s); s.mode != mode; ost_journal_status(j, &s))
		drain(j);
	return s;
}

static int append(struct ost_journal *j, uint64_t cookie, bool vital)
{
	const struct ost_journal_record r = {.kind = "test", .members = "\"a\":1", .cookie = cookie, .vital = vital};

	return ost_journal_append(j, &r);
}

static void whole(struct disk *d)
{
	const struct ost_journal_verify v = {.io = &d->io, .every_signature = true};
	struct ost_journal_verdict verdict;

	assert_int_equal(ost_journal_verify(&v, &verdict), 0);
	assert_int_equal(verdict.fault, OST_JOURNAL_WHOLE);
}

static bool has(struct disk *d, const char *text)
{
	bool found = false;

	for (unsigned i = 1; i < 9; i++) {
		char name[32];
		size_t n;
		const char *bytes;

		(void)snprintf(name, sizeof(name), "seg-%08u.ndjson", i);
		bytes = disk_bytes(d, name, &n);
		found |= bytes != NULL && memmem(bytes, n, text, strlen(text)) != NULL;
	}
	return found;
}

static void records_are_acknowledged(void **state)
{
	struct disk *d = disk_new();
	struct told t = {0};
	struct ost_journal *j = open_on(d, &t);

	(void)state;
	for (uint64_t n = 1; n <= 40; n++)
		assert_int_equal(append(j, n, false), 0);
	while (t.acknowledged < 40)
		drain(j);
	assert_int_equal(t.covered, 41);
	assert_int_equal(ost_journal_rotate_key(j, "test", "time", false, 0), 0);
	while (t.covered < 42)
		drain(j);
	assert_int_equal(append(j, 1, false), 0);
	ost_journal_close(&j);
	assert_int_equal(t.acknowledged, 41);
	assert_true(has(d, "key.rotate"));
	whole(d);
	disk_free(d);
}

static void a_full_queue_and_a_disk_that_fails(void **state)
{
	struct disk *d = disk_new();
	struct told t = {0};
	struct ost_journal *j = open_on(d, &t);
	struct ost_journal_status s = until(j, OST_JOURNAL_SOUND);
	uint64_t taken = 0, dropped = 0;

	(void)state;
	d->fail_calls = UINT32_MAX;
	d->fail_at = d->calls + 1;
	assert_int_equal(append(j, 1, false), 0);
	s = until(j, OST_JOURNAL_DEGRADED);
	assert_true(s.io_errors > 0 || s.trouble[0] != '\0');
	for (uint64_t n = 2; n <= 100; n++) { /* nobody waits: what does not fit is dropped */
		int r = append(j, n, false);

		taken += r == 0;
		dropped += r == -ENOBUFS;
	}
	assert_int_equal(taken, 64 - 8 - 1);
	assert_int_equal(taken + dropped, 99);
	for (uint64_t n = 0; n < 8; n++)
		assert_int_equal(append(j, 200, true), 0); /* the share of vital ones */
	assert_int_equal(append(j, 200, true), -ENOBUFS);
	ost_journal_drain(j);
	assert_int_equal(t.acknowledged, 0);
	d->fail_calls = 0; /* it is well again */
	s = until(j, OST_JOURNAL_SOUND);
	while (t.acknowledged < taken + 9)
		drain(j);
	ost_journal_status(j, &s);
	assert_int_equal(s.dropped, dropped + 1);
	ost_journal_close(&j);
	assert_true(has(d, "journal.overflow"));
	assert_true(has(d, "journal.io_error"));
	whole(d);
	disk_free(d);
}

static void a_loss(void **state)
{
	struct disk *d = disk_new();
	struct told t = {0};
	struct ost_journal *j = open_on(d, &t);
	struct ost_journal_status s;
	size_t n;
	char *bytes;

	(void)state;
	assert_int_equal(append(j, 1, false), 0);
	ost_journal_close(&j);
	bytes = disk_bytes(d, "seg-00000001.ndjson", &n);
	bytes[n / 2] ^= 1;
	j = open_on(d, &t);
	s = until(j, OST_JOURNAL_READ_ONLY);
	assert_non_null(strstr(s.trouble, "record "));
	assert_int_equal(append(j, 2, false), -EROFS);
	assert_int_equal(ost_journal_rotate_key(j, "a", "b", false, 0), -EROFS);
	assert_int_equal(ost_journal_accept_loss(j, "alice", "seen"), 0);
	s = until(j, OST_JOURNAL_SOUND);
	assert_string_equal(s.origin, "thread.example/journal/2");
	assert_int_equal(append(j, 3, false), 0);
	ost_journal_close(&j);
	disk_free(d);
}

struct full {
	bool yes, failed;
};

/* Fails the first write to the reserve, each time that it is made. */
static void no_room_for_the_reserve(void *user, struct disk *d)
{
	struct full *full = user;
	bool there = disk_count(d, "reserve.tmp") > 0;

	if (full->yes && there && !full->failed)
		d->fail_at = d->calls + 1;
	full->failed = there;
}

/* A full disk: what is vital goes into the room of the reserve, the rest waits until there is room. */
static void a_full_disk(void **state)
{
	struct disk *d = disk_new();
	struct told t = {0};
	const struct ost_journal_config c = {.origin = "thread.example/journal", .io = &d->io, .queue = 64, .batch_ms = 5, .retry_ms = 1,
		.reserve_bytes = 100000, .acknowledged = acknowledged, .covered = covered, .user = &t};
	struct ost_journal_status s;
	struct ost_journal *j;
	struct full full = {.yes = true};

	(void)state;
	d->fail_with = -ENOSPC;
	assert_int_equal(ost_journal_open(&c, &j), 0);
	(void)until(j, OST_JOURNAL_SOUND);
	assert_int_equal(disk_count(d, "reserve"), 1);
	d->user = &full;
	d->fail_at = d->calls + 1;
	d->changed = no_room_for_the_reserve;
	assert_int_equal(append(j, 1, false), 0);
	s = until(j, OST_JOURNAL_DEGRADED);
	for (uint64_t n = 2; n <= 20; n++)
		assert_int_equal(append(j, n, n % 2 == 0), 0);
	while (t.acknowledged < 10)
		drain(j);
	ost_journal_status(j, &s);
	assert_int_equal(s.mode, OST_JOURNAL_DEGRADED);
	assert_non_null(strstr(s.trouble, "full"));
	assert_true(s.spare);
	assert_int_equal(disk_count(d, "reserve"), 0);
	assert_int_equal(t.acknowledged, 10);
	full.yes = false;
	while (t.acknowledged < 20)
		drain(j);
	(void)until(j, OST_JOURNAL_SOUND);
	assert_int_equal(disk_count(d, "reserve"), 1);
	ost_journal_close(&j);
	assert_true(has(d, "journal.io_error"));
	whole(d);
	disk_free(d);
}

/* What is too old goes by itself, but not what somebody is still to read; and orders say how they ended. */
static void age_and_orders(void **state)
{
	struct disk *d = disk_new();
	struct told t = {0};
	const struct ost_journal_config c = {.origin = "thread.example/journal", .io = &d->io, .segment_bytes = 1000, .batch_ms = 1, .retry_ms = 1,
		.upkeep_ms = 5, .acknowledged = acknowledged, .covered = covered, .user = &t};
	struct ost_journal_record r = {.kind = "test", .members = "\"a\":1", .at_once = true, .wall_ns = 1000000000ull * OST_NS_PER_S};
	struct ost_journal_status s;
	struct ost_journal *j;

	(void)state;
	assert_int_equal(ost_journal_open(&c, &j), 0);
	for (r.cookie = 1; r.cookie <= 30; r.cookie++) {
		assert_int_equal(ost_journal_append(j, &r), 0);
		while (t.acknowledged < r.cookie)
			drain(j);
	}
	ost_journal_hold(j, 10);
	ost_journal_retain(j, 366, 0);
	assert_int_equal(ost_journal_prune(j, 5, 0, "carol"), 0);
	for (ost_journal_status(j, &s); s.orders_done < 1 || s.minimum < 6; ost_journal_status(j, &s))
		drain(j);
	assert_int_equal(s.orders, 1);
	assert_int_equal(s.order_result, 0);
	assert_in_range(s.minimum, 6, 10);
	ost_journal_hold(j, UINT64_MAX);
	for (ost_journal_status(j, &s); s.minimum < 20; ost_journal_status(j, &s))
		drain(j);
	ost_journal_close(&j);
	whole(d);
	disk_free(d);
}

/* ---- the vault ---- */

static bool file_has(const char *path, const char *text)
{
	char *bytes;
	size_t n;
	bool found;

	assert_int_equal(ost_file_read(path, 1 << 22, &bytes, &n), 0);
	found = memmem(bytes, n, text, strlen(text)) != NULL;
	free(bytes);
	return found;
}

static void erased(void **state)
{
	static const char secret[] = "erika.mustermann@example.org";
	char dir[] = "/tmp/ost-vault-XXXXXX", path[64], a[OST_VAULT_COMMITMENT], b[OST_VAULT_COMMITMENT], *value;
	struct ost_vault *v;
	size_t n;

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/vault.db", dir);
	assert_int_equal(ost_vault_open(path, &v), 0);
	assert_int_equal(ost_vault_put(v, secret, strlen(secret), 0, a), 0);
	assert_int_equal(ost_vault_put(v, secret, strlen(secret), 100, b), 0);
	assert_string_not_equal(a, b); /* salted: equal values cannot be told from one another */
	assert_int_equal(ost_vault_get(v, a, &value, &n), 0);
	assert_string_equal(value, secret);
	free(value);
	assert_int_equal(ost_vault_expire(v, 99), 0);
	assert_int_equal(ost_vault_expire(v, 100), 1);
	assert_true(file_has(path, secret));
	assert_int_equal(ost_vault_erase(v, a), 0);
	assert_int_equal(ost_vault_erase(v, a), -ENOENT);
	assert_int_equal(ost_vault_get(v, a, &value, &n), -ENOENT);
	assert_false(file_has(path, secret));
	ost_vault_close(&v);
	(void)unlink(path);
	(void)rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_are_acknowledged),
		cmocka_unit_test(a_full_queue_and_a_disk_that_fails),
		cmocka_unit_test(a_loss),
		cmocka_unit_test(a_full_disk),
		cmocka_unit_test(age_and_orders),
		cmocka_unit_test(erased),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
