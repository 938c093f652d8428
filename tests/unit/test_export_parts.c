/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pure parts of ostiary-exportd: frames, messages, lines that wait, and how far a destination is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "checkpoint_parts.h"
#include "mark.h"
#include "queue.h"
#include "relp.h"
#include "syslog.h"

/* ---- RELP ---- */

/* In memory of just its size, so that reading behind it is seen. */
static int frame(const char *text, struct ost_relp_frame *f)
{
	static char *copy;
	size_t n = strlen(text);

	free(copy);
	copy = malloc(n + 1);
	assert_non_null(copy);
	memcpy(copy, text, n);
	return ost_relp_frame_read(copy, n, f);
}

static void relp_frames(void **state)
{
	static const char whole[] = "1 rsp 93 200 OK\nrelp_version=0\nrelp_software=librelp,1.11.0,http://librelp.adiscon.com\ncommands=syslog\n";
	static const char *const bad[] = {" 1 rsp 0\n", "x rsp 0\n", "1234567890 rsp 0\n", "1  rsp 0\n", "1 r-p 0\n", "1 rsp x\n", "1 rsp 65537 x", "1 rsp 3 200x",
		"1 rsp 3\n200\n", "1 abcdefghijklmnopqrstuvwxyzabcdefgh 0\n", "1 rsp -1\n", "1 rsp 0x\n"};
	struct ost_relp_frame f;
	struct ost_buffer b = {0};

	(void)state;
	assert_int_equal(frame(whole, &f), (int)strlen(whole));
	assert_int_equal(f.txnr, 1);
	assert_string_equal(f.command, "rsp");
	assert_int_equal(f.length, 93);
	assert_int_equal(ost_relp_code(&f), 200);
	for (size_t n = 0; n < strlen(whole); n++) {
		char part[sizeof(whole)];

		memcpy(part, whole, n);
		part[n] = '\0';
		assert_int_equal(frame(part, &f), 0);
	}
	for (size_t i = 0; i < OST_ARRAY_SIZE(bad); i++)
		assert_int_equal(frame(bad[i], &f), -EPROTO);
	assert_int_equal(frame("0 serverclose 0\n", &f), 16);
	assert_string_equal(f.command, "serverclose");
	assert_int_equal(ost_relp_code(&f), 0);
	assert_int_equal(frame("7 rsp 6 500 no\n", &f), 15);
	assert_int_equal(ost_relp_code(&f), 500);
	assert_int_equal(frame("7 rsp 5 2000x\n", &f), 14);
	assert_int_equal(ost_relp_code(&f), 0);
	ost_relp_frame_write(&b, 12, "syslog", "<1>x", 4);
	assert_int_equal(b.length, 17);
	assert_memory_equal(b.bytes, "12 syslog 4 <1>x\n", 17);
	ost_buffer_free(&b);
}

/* ---- syslog ---- */

static void note_set(struct ost_msg_export_checkpoint *c, const char *note)
{
	memset(c, 0, sizeof(*c));
	c->size = 42;
	c->length = (uint32_t)strlen(note);
	memcpy(c->note, note, c->length);
}

static void syslog_messages(void **state)
{
	const struct ost_format_about about = {.seq = 7, .time_ns = 1795342272123456789ull, .severity = 5, .kind = "incident.open", .id = "r7-0123"};
	struct ost_msg_export_checkpoint c;
	struct ost_buffer b = {0};

	(void)state;
	ost_syslog_message(&b, "gw 1", &about, "text", 4, NULL);
	ost_buffer_add(&b, "", 1);
	assert_string_equal(b.bytes, "<106>1 2026-11-22T10:11:12.123456Z gw ostiary - incident.open [ostiary@32473 id=\"r7-0123\" seq=\"7\"] text");
	ost_buffer_reset(&b);
	note_set(&c, "a\"b\\c]d\n42\nroot=\n\n\xe2\x80\x94 a sig1\n\xe2\x80\x94 b sig2\n");
	ost_syslog_message(&b, "", &about, "", 0, &c);
	ost_buffer_add(&b, "", 1);
	assert_non_null(strstr(b.bytes, "Z - ostiary"));
	assert_non_null(strstr(b.bytes, "[ostiarycp@32473 origin=\"a\\\"b\\\\c\\]d\" size=\"42\" root=\"root=\" sig=\"sig1\" sig=\"sig2\"] "));
	ost_buffer_reset(&b);
	note_set(&c, "no note");
	ost_syslog_message(&b, "gw", NULL, "x", 1, &c);
	ost_buffer_add(&b, "", 1);
	assert_non_null(strstr(b.bytes, " gw ostiary - heartbeat - x"));
	ost_buffer_free(&b);
}

static void checkpoint_parts(void **state)
{
	static const char *const bad[] = {"", "a", "a\n", "a\n1\n", "a\n1\nr\n", "a\n1\nr\n\n", "a\n1\nr\n\nno signature\n", "a\n1\nr\n\n\xe2\x80\x94 \n"};
	struct ost_msg_export_checkpoint c;
	struct ost_checkpoint_parts p;

	(void)state;
	for (size_t i = 0; i < OST_ARRAY_SIZE(bad) - 1; i++) {
		note_set(&c, bad[i]);
		assert_int_equal(ost_checkpoint_parts(&c, &p), -EINVAL);
	}
	note_set(&c, "a\n1\nr\n\n\xe2\x80\x94 a s\n\xe2\x80\x94 a cut off");
	assert_int_equal(ost_checkpoint_parts(&c, &p), 0);
	assert_int_equal(p.sig_count, 1);
	assert_string_equal(p.sigs[0], "s");
}

/* ---- lines that wait ---- */

static struct ost_msg_export_line piece(uint64_t seq, uint32_t line, uint32_t offset, uint32_t length)
{
	struct ost_msg_export_line m = {.seq = seq, .line_bytes = line, .offset = offset, .length = length};

	memset(m.text, 'a' + (int)(seq % 26), length);
	return m;
}

static void queue_of_pieces(void **state)
{
	static struct ost_queue q;
	struct ost_msg_export_line m = piece(3, 10, 0, 6);

	(void)state;
	assert_null(ost_queue_head(&q));
	assert_int_equal(ost_queue_piece(&q, &m), 0);
	m = piece(4, 10, 0, 6);
	assert_int_equal(ost_queue_piece(&q, &m), -EPROTO);
	m = piece(3, 10, 5, 5);
	assert_int_equal(ost_queue_piece(&q, &m), -EPROTO);
	m = piece(4, 10, 6, 4);
	assert_int_equal(ost_queue_piece(&q, &m), -EPROTO);
	m = piece(3, 10, 6, 4);
	assert_int_equal(ost_queue_piece(&q, &m), 1);
	assert_int_equal(q.bytes, 10);
	assert_string_equal(ost_queue_head(&q)->text, "dddddddddd");
	assert_int_equal(ost_queue_head(&q)->next, 4);
	m = piece(4, 1, 1, 1);
	assert_int_equal(ost_queue_piece(&q, &m), -EPROTO);
	for (uint64_t seq = 4; q.count < OST_QUEUE_LINES; seq++) {
		m = piece(seq, 1, 0, 1);
		assert_int_equal(ost_queue_piece(&q, &m), 1);
	}
	m = piece(9999, 1, 0, 1);
	assert_int_equal(ost_queue_piece(&q, &m), -ENOBUFS);
	ost_queue_pop(&q);
	assert_int_equal(ost_queue_piece(&q, &m), 1);
	ost_queue_clear(&q);
	assert_int_equal(q.bytes, 0);
}

static void times_of_lines(void **state)
{
	struct ost_queued line = {.text = (char *)(uintptr_t) "{\"v\":1,\"@timestamp\":\"2026-11-22T10:11:12.123456Z\",\"x\":1}"};

	(void)state;
	line.length = strlen(line.text);
	assert_true(ost_queued_time(&line) == 1795342272ull * 1000000000ull);
	line.text = (char *)(uintptr_t) "{\"@timestamp\":\"when\"}";
	line.length = strlen(line.text);
	assert_true(ost_queued_time(&line) == 0);
}

/* ---- how far it is ---- */

static void file_put(const char *folder, const char *text)
{
	char path[300];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/one.mark", folder);
	f = fopen(path, "w");
	assert_non_null(f);
	(void)fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void marks(void **state)
{
	static const char *const bad[] = {"", "ostiary-export 1\n", "ostiary-export 1\norigin a\nseq \n", "ostiary-export 1\norigin \nseq 1\n",
		"ostiary-export 1\norigin a\nseq 1", "ostiary-export 1\norigin a\nseq 1x\n", "ostiary-export 1\norigin a\nseq 1\nseq 2\n",
		"ostiary-export 2\norigin a\nseq 1\n", "ostiary-export 1\norigin a\nseq 9007199254740992\n", "ostiary-export 1\norigin a\x01\nseq 1\n"};
	struct ost_mark m = {.origin = "gw/ostiary/journal", .seq = 4711}, back = {.seq = 1};
	char folder[] = "/tmp/ost-mark-XXXXXX", path[300];

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(ost_mark_load(folder, "one", &back), -ENOENT);
	assert_int_equal(ost_mark_save(folder, "one", &m), 0);
	assert_int_equal(ost_mark_load(folder, "one", &back), 0);
	assert_string_equal(back.origin, m.origin);
	assert_true(back.seq == m.seq);
	for (size_t i = 0; i < OST_ARRAY_SIZE(bad); i++) {
		file_put(folder, bad[i]);
		assert_int_equal(ost_mark_load(folder, "one", &back), -EINVAL);
		assert_true(back.seq == m.seq);
	}
	(void)snprintf(path, sizeof(path), "%s/one.mark", folder);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(relp_frames),
		cmocka_unit_test(syslog_messages),
		cmocka_unit_test(checkpoint_parts),
		cmocka_unit_test(queue_of_pieces),
		cmocka_unit_test(times_of_lines),
		cmocka_unit_test(marks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
