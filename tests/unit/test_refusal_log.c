/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The refusal log under a clock of our own: first, more, closed; budgets; eviction; the file behind it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>
#include <jansson.h>

#include "clock.h"
#include "line_file.h"
#include "refusal_log.h"

#define SECOND OST_NS_PER_S

struct lines {
	unsigned first, more, closed, overflow;
	uint64_t count;	    /* of the last refused line */
	uint64_t over_lines, over_packets;
	json_t *last;
};

static void take(void *user, const char *line, size_t length)
{
	struct lines *l = user;
	json_t *json = json_loadb(line, length, JSON_REJECT_DUPLICATES, NULL);
	const char *phase;

	assert_non_null(json);
	assert_int_equal(line[length - 1], '\n');
	phase = json_string_value(json_object_get(json, "phase"));
	if (phase == NULL) {
		assert_string_equal(json_string_value(json_object_get(json, "event")), "overflow");
		l->overflow++;
		l->over_lines += (uint64_t)json_integer_value(json_object_get(json, "lines"));
		l->over_packets += (uint64_t)json_integer_value(json_object_get(json, "packets"));
		json_decref(json);
		return;
	}
	l->first += strcmp(phase, "first") == 0;
	l->more += strcmp(phase, "more") == 0;
	l->closed += strcmp(phase, "closed") == 0;
	l->count = (uint64_t)json_integer_value(json_object_get(json, "count"));
	json_decref(l->last);
	l->last = json;
}

static struct ost_refusal_log *log_new(struct lines *l, uint32_t kinds, uint32_t lines_per_s)
{
	const struct ost_refusal_log_config config = {.kinds_max = kinds, .lines_per_s = lines_per_s,
		.key = {{0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb, 0xd6e8feb86659fd93}}, .gateway = "gw", .write = take, .user = l};
	struct ost_refusal_log *log = NULL;

	memset(l, 0, sizeof(*l));
	assert_int_equal(ost_refusal_log_new(&config, &log), 0);
	return log;
}

static void log_end(struct ost_refusal_log **log, struct lines *l)
{
	ost_refusal_log_free(log);
	json_decref(l->last);
}

static struct ost_refusal refusal(uint16_t dst_port, uint64_t pkts)
{
	return (struct ost_refusal){.generation = 1, .first_wall_ns = SECOND, .last_wall_ns = SECOND, .count_pkts = pkts,
		.count_bytes = pkts * 60, .src_mac = {2, 0, 0, 0, 0, 1}, .src_ip = {10, 0, 0, 1}, .dst_ip = {10, 0, 0, 2},
		.src_port = 4000, .dst_port = dst_port, .ethertype = 0x800, .protocol = 6, .family = 4,
		.reason = OST_REASON_NOT_ALLOWED};
}

static const struct ost_refusal_names cam = {.device = "cam-1", .role = "camera", .port = "dev1"};

static void add(struct ost_refusal_log *log, uint16_t port, uint64_t pkts, uint64_t now)
{
	struct ost_refusal r = refusal(port, pkts);

	ost_refusal_log_add(log, &r, &cam, now);
}

static void phases(void **state)
{
	struct lines l;
	struct ost_refusal_log *log = log_new(&l, 0, 0);
	uint64_t now = 1000 * SECOND;

	(void)state;
	add(log, 80, 1, now);
	assert_int_equal(l.first, 1);
	assert_string_equal(json_string_value(json_object_get(l.last, "device")), "cam-1");
	assert_string_equal(json_string_value(json_object_get(l.last, "reason")), "not-allowed");
	assert_string_equal(json_string_value(json_object_get(l.last, "dst_ip")), "10.0.0.2");
	assert_int_equal(json_integer_value(json_object_get(l.last, "dst_port")), 80);
	for (int i = 0; i < 8; i++)
		add(log, 80, 1, now);
	assert_int_equal(l.more, 0);
	add(log, 80, 1, now); /* ten */
	assert_int_equal(l.more, 1);
	assert_int_equal(l.count, 10);
	add(log, 80, 5000, now); /* passes 100 and 1000: one line */
	assert_int_equal(l.more, 2);
	now += 59 * SECOND;
	add(log, 80, 1, now);
	assert_int_equal(l.more, 2);
	now += SECOND; /* a minute after the last line */
	add(log, 80, 1, now);
	assert_int_equal(l.more, 3);
	now += 299 * SECOND;
	ost_refusal_log_tick(log, now);
	assert_int_equal(l.closed, 0);
	now += SECOND;
	ost_refusal_log_tick(log, now);
	assert_int_equal(l.closed, 1);
	assert_int_equal(l.count, 5012);
	ost_refusal_log_tick(log, now + SECOND);
	assert_int_equal(l.closed, 1);
	add(log, 80, 1, now + 2 * SECOND); /* a new episode */
	assert_int_equal(l.first, 2);
	assert_int_equal(l.count, 1);
	ost_refusal_log_tick(log, now + 600 * SECOND); /* one packet was told in full */
	assert_int_equal(l.closed, 1);
	log_end(&log, &l);
}

static void kinds_are_told_apart(void **state)
{
	struct lines l;
	struct ost_refusal_log *log = log_new(&l, 0, 0);
	struct ost_refusal r = refusal(80, 1);
	struct ost_refusal_names names = cam;

	(void)state;
	ost_refusal_log_add(log, &r, &names, SECOND);
	r.src_port = 4001; /* the same kind */
	ost_refusal_log_add(log, &r, &names, SECOND);
	assert_int_equal(l.first, 1);
	r.dst_ip[3] = 9;
	ost_refusal_log_add(log, &r, &names, SECOND);
	r.reason = OST_REASON_NO_FLOW;
	ost_refusal_log_add(log, &r, &names, SECOND);
	r.dst_port = 81;
	ost_refusal_log_add(log, &r, &names, SECOND);
	r.protocol = 17;
	ost_refusal_log_add(log, &r, &names, SECOND);
	r.port = 1;
	ost_refusal_log_add(log, &r, &names, SECOND);
	assert_int_equal(l.first, 6);
	names.device = NULL; /* nameless: told apart by MAC */
	ost_refusal_log_add(log, &r, &names, SECOND);
	r.src_mac[5] = 9;
	ost_refusal_log_add(log, &r, &names, SECOND);
	assert_int_equal(l.first, 8);
	assert_true(json_is_null(json_object_get(l.last, "device")));
	names = cam;
	names.side = OST_SIDE_NETWORK; /* from the network the peer is the source */
	r.src_ip[3] = 77;
	ost_refusal_log_add(log, &r, &names, SECOND);
	r.dst_ip[3] = 78;
	ost_refusal_log_add(log, &r, &names, SECOND);
	assert_int_equal(l.first, 9);
	log_end(&log, &l);
}

static void budget_is_shared_fairly(void **state)
{
	struct lines l;
	struct ost_refusal_log *log = log_new(&l, 0, 100);
	struct ost_refusal r = refusal(1, 2);
	const struct ost_refusal_names plc = {.device = "plc-7", .role = "plc", .port = "dev1"};

	(void)state;
	ost_refusal_log_tick(log, 10 * SECOND);
	for (uint16_t p = 1; p <= 1000; p++)
		add(log, p, 2, 10 * SECOND);
	assert_int_equal(l.first, 25); /* a quarter of the budget */
	ost_refusal_log_add(log, &r, &plc, 10 * SECOND); /* another device is heard all the same */
	assert_int_equal(l.first, 26);
	ost_refusal_log_tick(log, 11 * SECOND);
	assert_int_equal(l.overflow, 1);
	assert_int_equal(l.over_lines, 975);
	assert_int_equal(l.over_packets, 2 * 975);
	add(log, 500, 2, 11 * SECOND); /* not told yet: told now, with its whole count */
	assert_int_equal(l.first, 27);
	assert_int_equal(l.count, 4);
	log_end(&log, &l);
}

static void nameless_senders_share(void **state)
{
	struct lines l;
	struct ost_refusal_log *log = log_new(&l, 0, 100);
	const struct ost_refusal_names nobody = {.port = "dev1"};

	(void)state;
	for (uint32_t i = 0; i < 1000; i++) {
		struct ost_refusal r = refusal(80, 1);

		r.src_mac[4] = (uint8_t)(i >> 8);
		r.src_mac[5] = (uint8_t)i;
		ost_refusal_log_add(log, &r, &nobody, SECOND);
	}
	assert_int_equal(l.first, 25); /* new MACs buy no new share */
	log_end(&log, &l);
}

static bool count_kinds(void *user, const struct ost_refusal_kind *kind)
{
	(void)kind;
	return ++*(unsigned *)user < 3;
}

static void table_is_bounded(void **state)
{
	struct lines l;
	struct ost_refusal_log *log = log_new(&l, 16, 100000);
	struct ost_refusal_log_counts counts;
	unsigned seen = 0;

	(void)state;
	for (uint32_t p = 1; p <= 10000; p++)
		add(log, (uint16_t)p, 3, SECOND + p);
	ost_refusal_log_counts(log, &counts);
	assert_int_equal(counts.kinds, 16);
	assert_int_equal(counts.evicted, 10000 - 16);
	assert_int_equal(counts.packets, 30000);
	assert_int_equal(l.first, 10000);
	assert_int_equal(l.closed, 10000 - 16);
	ost_refusal_log_each(log, count_kinds, &seen);
	assert_int_equal(seen, 3);
	log_end(&log, &l);
}

/* ---- the file ---- */

static long size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) < 0 ? -1 : (long)st.st_size;
}

static void file_rotates(void **state)
{
	char dir[] = "/tmp/ost-refusals-XXXXXX", path[64], old[80];
	struct ost_line_file *f = NULL;
	char line[100];

	(void)state;
	memset(line, 'x', sizeof(line));
	line[99] = '\n';
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/r.ndjson", dir);
	assert_int_equal(ost_line_file_new(path, 1000, 3, &f), 0);
	for (int i = 0; i < 100; i++) {
		ost_line_file_line(f, line, sizeof(line));
		ost_line_file_flush(f);
	}
	assert_int_equal(ost_line_file_counts(f)->lines, 100);
	assert_int_equal(size_of(path), 1000);
	for (int i = 1; i <= 3; i++) {
		(void)snprintf(old, sizeof(old), "%s.%d", path, i);
		assert_int_equal(size_of(old), i < 3 ? 1000 : -1);
		(void)unlink(old);
	}
	/* Somebody deletes it under us: the next lines go to a new one. */
	(void)unlink(path);
	ost_line_file_line(f, line, sizeof(line));
	ost_line_file_flush(f);
	assert_int_equal(size_of(path), 100);
	ost_line_file_free(&f);
	(void)unlink(path);
	(void)rmdir(dir);
}

static void file_without_disk(void **state)
{
	struct ost_line_file *f = NULL;

	(void)state;
	assert_int_equal(ost_line_file_new("/nowhere/at/all", 1000, 3, &f), 0);
	ost_line_file_line(f, "{}\n", 3);
	ost_line_file_line(f, "{}\n", 3);
	ost_line_file_flush(f);
	assert_int_equal(ost_line_file_counts(f)->lost_lines, 2);
	assert_int_equal(ost_line_file_counts(f)->trouble, -ENOENT);
	ost_line_file_free(&f);
	assert_int_equal(ost_line_file_new("/dev/full", 1u << 30, 3, &f), 0);
	ost_line_file_line(f, "{}\n", 3);
	ost_line_file_flush(f);
	assert_int_equal(ost_line_file_counts(f)->trouble, -ENOSPC);
	assert_int_equal(ost_line_file_counts(f)->lost_lines, 1);
	ost_line_file_free(&f);
}

/* docs/ostiary-refusals.5 has this line and its id. */
static void ids(void **state)
{
	struct ost_refusal_kind k = {.device = "cam-07", .port = "dev1", .side = OST_SIDE_DEVICE,
		.last = {.dst_ip = {8, 8, 8, 8}, .src_ip = {10, 40, 0, 7}, .family = 4, .protocol = 6, .dst_port = 443, .src_port = 40112,
			.ethertype = 0x800, .reason = OST_REASON_NOT_ALLOWED, .src_mac = {2, 0, 0x5e, 0, 0, 7}}};
	char id[OST_REFUSAL_ID], other[OST_REFUSAL_ID];

	(void)state;
	assert_string_equal(ost_refusal_kind_id(&k, id), "6ky7v6ht2ze8");
	k.last.src_port = 1; /* what a kind leaves open changes nothing */
	k.last.src_ip[3] = 8;
	k.last.count_pkts = 77;
	k.last.src_mac[5] = 8;
	assert_string_equal(ost_refusal_kind_id(&k, other), id);
	k.last.dst_port = 444;
	assert_string_not_equal(ost_refusal_kind_id(&k, other), id);
	k.last.dst_port = 443;
	k.last.audit = 1;
	assert_string_not_equal(ost_refusal_kind_id(&k, other), id);
	k.last.audit = 0;
	k.side = OST_SIDE_NETWORK;
	assert_string_not_equal(ost_refusal_kind_id(&k, other), id);
	k.side = OST_SIDE_DEVICE;
	k.device[0] = '\0';
	(void)ost_refusal_kind_id(&k, id);
	k.last.src_mac[5] = 9;
	assert_string_not_equal(ost_refusal_kind_id(&k, other), id);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids),
		cmocka_unit_test(phases),
		cmocka_unit_test(kinds_are_told_apart),
		cmocka_unit_test(budget_is_shared_fairly),
		cmocka_unit_test(nameless_senders_share),
		cmocka_unit_test(table_is_bounded),
		cmocka_unit_test(file_rotates),
		cmocka_unit_test(file_without_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
