/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of a journal for an exporter: what is served, and what cannot be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <ftw.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "export_serve.h"
#include "msg.h"

#define RECORDS 40u
#define ORIGIN	"test/ostiary/journal"

static char folder[] = "/tmp/ost-export-link-XXXXXX";
static struct ost_journal *journal;
static struct ost_export_server server;
static struct ost_export_covered covered;
static int ends[2];
static _Alignas(8) uint8_t payload[OST_MSG_PAYLOAD_MAX];

static void on_covered(void *user, uint64_t size, const char *note)
{
	(void)user;
	assert_int_equal(ost_export_covered_read(&covered, note), 0);
	assert_true(covered.size == size);
}

static void drain_until(uint64_t size)
{
	while (covered.size < size) {
		struct pollfd p = {.fd = ost_journal_fd(journal), .events = POLLIN};

		(void)poll(&p, 1, 20);
		ost_journal_drain(journal);
	}
}

static int begin(void **state)
{
	const struct ost_journal_config config = {.path = folder, .origin = ORIGIN, .covered = on_covered};
	const struct ost_journal_record record = {.kind = "test.made", .members = "\"n\":1"};
	static char large[OST_JOURNAL_MEMBERS_MAX];
	const struct ost_journal_record long_one = {.kind = "test.made", .members = large};

	(void)state;
	(void)snprintf(large, sizeof(large), "\"n\":\"%062000d\"", 1);
	if (mkdtemp(folder) == NULL || ost_journal_open(&config, &journal) < 0)
		return -1;
	for (unsigned i = 0; i < RECORDS; i++)
		assert_int_equal(ost_journal_append(journal, i == 5 ? &long_one : &record), 0);
	drain_until(RECORDS + 1); /* the journal's own first one */
	server.journal_path = folder;
	return socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends);
}

static int file_remove(const char *path, const struct stat *st, int kind, struct FTW *place)
{
	(void)st;
	(void)kind;
	(void)place;
	return remove(path);
}

static int end(void **state)
{
	(void)state;
	ost_export_server_reset(&server);
	ost_journal_close(&journal);
	(void)close(ends[0]);
	(void)close(ends[1]);
	return nftw(folder, file_remove, 16, FTW_PHYS | FTW_DEPTH);
}

static void want(uint32_t stream, uint32_t turn, const char *origin, uint64_t from, uint32_t lines, uint32_t bytes)
{
	struct ost_msg_export_want m = {.from_seq = from, .stream = stream, .turn = turn, .lines = lines, .bytes = bytes};

	(void)snprintf(m.origin, sizeof(m.origin), "%s", origin);
	assert_true(ost_message_valid(OST_MSG_EXPORT_WANT, &m, sizeof(m)));
	ost_export_server_want(&server, &m);
}

static uint16_t got(void)
{
	struct ost_msg_header h;
	int passed = -1;

	if (ost_msg_receive(ends[1], &h, payload, &passed) < 0)
		return 0;
	return h.type;
}

static void run(void)
{
	int r;

	do {
		r = ost_export_server_run(&server, ends[0], &covered);
		assert_true(r >= 0);
	} while (r > 0);
}

static void expect_gap(enum ost_export_gap why, uint64_t wanted, uint64_t next)
{
	const struct ost_msg_export_gap *m = (const void *)payload;

	run();
	assert_int_equal(got(), OST_MSG_EXPORT_GAP);
	assert_int_equal(m->why, why);
	assert_true(m->wanted_seq == wanted && m->next_seq == next);
	assert_string_equal(m->origin, ORIGIN);
	assert_int_equal(got(), 0);
	run();
	assert_int_equal(got(), 0); /* told once: it asks again */
}

static void expect_line(uint32_t stream, uint32_t turn, uint64_t seq)
{
	const struct ost_msg_export_line *m = (const void *)payload;
	uint32_t at = 0;

	do {
		assert_int_equal(got(), OST_MSG_EXPORT_LINE);
		assert_true(m->stream == stream && m->turn == turn && m->seq == seq && m->offset == at);
		at += m->length;
	} while (at < m->line_bytes);
}

static void a_checkpoint_comes_first(void **state)
{
	const struct ost_msg_export_checkpoint *m = (const void *)payload;

	(void)state;
	want(0, 1, ORIGIN, 0, 1, 1);
	run();
	assert_int_equal(got(), OST_MSG_EXPORT_CHECKPOINT);
	assert_true(m->size == covered.size);
	assert_string_equal(m->origin, ORIGIN);
	expect_line(0, 1, 0);
	assert_int_equal(got(), 0);
}

static void no_more_than_was_asked_for(void **state)
{
	(void)state;
	want(0, 2, ORIGIN, 1, 3, 100000);
	run();
	for (uint64_t seq = 1; seq <= 3; seq++)
		expect_line(0, 2, seq);
	assert_int_equal(got(), 0);
	want(3, 9, ORIGIN, 4, 100, 1000); /* the large one, the sixth appended, is number 6 */
	run();
	for (uint64_t seq = 4; seq <= 6; seq++)
		expect_line(3, 9, seq);
	assert_int_equal(got(), 0);
	want(3, 10, ORIGIN, 38, 100, 100000);
	run();
	for (uint64_t seq = 38; seq <= RECORDS; seq++)
		expect_line(3, 10, seq);
	assert_int_equal(got(), 0);
}

static void what_is_not_there(void **state)
{
	(void)state;
	want(1, 1, "", 0, 1, 1);
	expect_gap(OST_EXPORT_GAP_NEW, 0, 0);
	want(1, 2, "other/journal", 17, 1, 1);
	expect_gap(OST_EXPORT_GAP_JOURNAL, 17, 0);
	want(1, 3, ORIGIN, RECORDS + 2, 1, 1);
	expect_gap(OST_EXPORT_GAP_AHEAD, RECORDS + 2, 0);
}

static void what_is_covered_later_comes_later(void **state)
{
	const struct ost_journal_record record = {.kind = "test.made", .members = "", .at_once = true};

	(void)state;
	ost_export_server_reset(&server); /* another exporter */
	want(2, 1, ORIGIN, RECORDS + 1, 10, 1000);
	run();
	assert_int_equal(got(), OST_MSG_EXPORT_CHECKPOINT);
	assert_int_equal(got(), 0);
	assert_int_equal(ost_journal_append(journal, &record), 0);
	drain_until(RECORDS + 2);
	ost_export_server_wake(&server);
	run();
	assert_int_equal(got(), OST_MSG_EXPORT_CHECKPOINT);
	expect_line(2, 1, RECORDS + 1);
	assert_int_equal(got(), 0);
}

/* A socket that is full holds lines back, and loses none; nobody waits for another one's lines. */
static void many_streams(void **state)
{
	const struct ost_msg_export_line *m = (const void *)payload;
	uint64_t next[OST_EXPORTS_MAX] = {0}, most = 0, least = 0;
	uint32_t full = 0;

	(void)state;
	for (uint32_t i = 0; i < OST_EXPORTS_MAX; i++)
		want(i, 100, ORIGIN, 0, OST_EXPORT_LINES, OST_EXPORT_BYTES);
	while (least < RECORDS) {
		int r = ost_export_server_run(&server, ends[0], &covered);

		assert_true(r >= 0 || r == -EAGAIN);
		full += r == -EAGAIN;
		while (got() == OST_MSG_EXPORT_LINE) {
			assert_true(m->seq == next[m->stream] && m->turn == 100);
			next[m->stream] += m->offset + m->length == m->line_bytes;
		}
		least = most = next[0];
		for (uint32_t i = 1; i < OST_EXPORTS_MAX; i++) {
			least = OST_MIN(least, next[i]);
			most = OST_MAX(most, next[i]);
		}
	}
	assert_true(full > 0);
	assert_true(most <= RECORDS + 2);
}

static void notes_are_distrusted(void **state)
{
	static const char *const bad[] = {"", "a", "a\n", "a\n1", "\n1\n", "a\nx\n", "a\n-1\n", "a\n9007199254740992\n", "a\x01\n1\n"};
	struct ost_export_covered c = {.size = 3};

	(void)state;
	for (size_t i = 0; i < OST_ARRAY_SIZE(bad); i++) {
		assert_int_equal(ost_export_covered_read(&c, bad[i]), -EINVAL);
		assert_true(c.size == 3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_checkpoint_comes_first),
		cmocka_unit_test(no_more_than_was_asked_for),
		cmocka_unit_test(what_is_not_there),
		cmocka_unit_test(what_is_covered_later_comes_later),
		cmocka_unit_test(many_streams),
		cmocka_unit_test(notes_are_distrusted),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
