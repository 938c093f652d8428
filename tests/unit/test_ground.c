/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ground floor: cursor, findings, JSON writer, files, messages between processes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "clock.h"
#include "cursor.h"
#include "denied.h"
#include "diag.h"
#include "file.h"
#include "jsonw.h"
#include "messages.h"
#include "msg.h"

static char folder[] = "/tmp/ost-ground.XXXXXX";

static const char *path_in_folder(const char *name)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void test_cursor_stops_at_the_end(void **state)
{
	static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7};
	struct ost_cursor c = ost_cursor_of(bytes, sizeof(bytes));

	(void)state;
	assert_int_equal(ost_cursor_u8(&c), 1);
	assert_int_equal(ost_cursor_be16(&c), 0x0203);
	assert_int_equal(ost_cursor_be32(&c), 0x04050607);
	assert_false(c.failed);
	assert_int_equal(ost_cursor_left(&c), 0);
	assert_int_equal(ost_cursor_u8(&c), 0);
	assert_true(c.failed);
}

static void test_cursor_stays_failed(void **state)
{
	static const uint8_t bytes[] = {1, 2, 3};
	struct ost_cursor c = ost_cursor_of(bytes, sizeof(bytes));
	uint32_t out = 7;

	(void)state;
	assert_int_equal(ost_cursor_be32(&c), 0);
	assert_true(c.failed);
	assert_int_equal(ost_cursor_u8(&c), 0); /* although a byte is there */
	assert_false(ost_cursor_copy(&c, &out, 1));
	assert_int_equal(out, 7);
	assert_false(ost_cursor_limit(&c, 0));
}

static void test_cursor_limit_only_shrinks(void **state)
{
	static const uint8_t bytes[] = {1, 2, 3, 4};
	struct ost_cursor c = ost_cursor_of(bytes, sizeof(bytes));

	(void)state;
	assert_true(ost_cursor_limit(&c, 2));
	assert_true(ost_cursor_skip(&c, 2));
	assert_false(ost_cursor_skip(&c, 1));
	c = ost_cursor_of(bytes, sizeof(bytes));
	assert_false(ost_cursor_limit(&c, 5));
	assert_false(ost_cursor_skip(&c, SIZE_MAX));
}

static void test_findings_are_sorted_and_bounded(void **state)
{
	struct ost_diag diag = {0};
	char text[128];

	(void)state;
	ost_diag_warning(&diag, ((struct ost_pos){"b.yaml", 1, 1}), NULL, "late");
	ost_diag_error(&diag, ((struct ost_pos){"a.yaml", 9, 2}), "write it so", "wrong %d", 7);
	ost_diag_error(&diag, ((struct ost_pos){"a.yaml", 3, 5}), NULL, "first");
	ost_diag_sort(&diag);
	(void)ost_finding_format(&diag.findings[0], text, sizeof(text));
	assert_string_equal(text, "a.yaml:3:5: error: first");
	(void)ost_finding_format(&diag.findings[1], text, sizeof(text));
	assert_string_equal(text, "a.yaml:9:2: error: wrong 7; write it so");
	(void)ost_finding_format(&diag.findings[2], text, sizeof(text));
	assert_string_equal(text, "b.yaml:1:1: warning: late");
	for (uint32_t i = 0; i < 2 * OST_FINDINGS_MAX; i++)
		ost_diag_error(&diag, ((struct ost_pos){0}), NULL, "again");
	assert_int_equal(diag.count, OST_FINDINGS_MAX);
	assert_int_equal(diag.errors, 2 + 2 * OST_FINDINGS_MAX);
	ost_diag_free(&diag);
	assert_null(diag.findings);
}

static void test_json_of_hostile_text(void **state)
{
	struct ost_jsonw w = {0};

	(void)state;
	ost_jsonw_object(&w, NULL);
	ost_jsonw_string(&w, "name", "a\"b\\c\n\033[31m\xff\xc0\xaf\xe2\x82");
	ost_jsonw_array(&w, "list");
	ost_jsonw_u64(&w, NULL, UINT64_MAX);
	ost_jsonw_double(&w, NULL, 0.5);
	ost_jsonw_bool(&w, NULL, true);
	ost_jsonw_string(&w, NULL, NULL);
	ost_jsonw_end(&w, ']');
	ost_jsonw_end(&w, '}');
	ost_jsonw_newline(&w);
	assert_false(w.failed);
	assert_string_equal(w.text,
		"{\"name\":\"a\\\"b\\\\c\\u000a\\u001b[31m\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\","
		"\"list\":[18446744073709551615,0.5,true,null]}\n");
	ost_jsonw_free(&w);
}

static void test_json_of_text_for_logs(void **state)
{
	struct ost_jsonw w = {0};

	(void)state;
	ost_jsonw_object(&w, NULL);
	ost_jsonw_text(&w, "a", "x\"\\\n\xff\xe2\x80\xae\xc2\x85\xf3\xa0\x80\x81\xc3\xa9", 100);
	ost_jsonw_text(&w, "b", NULL, 100);
	ost_jsonw_text(&w, "c", "\xc3\xa9\xc3\xa9\xc3\xa9", 5);
	ost_jsonw_text(&w, "d", "12345", 5);
	ost_jsonw_end(&w, '}');
	assert_false(w.failed);
	assert_string_equal(w.text, "{\"a\":\"x\\\"\\\\\\u000a\xef\xbf\xbd\\u202e\\u0085\\udb40\\udc01\xc3\xa9\",\"b\":null,\"c\":\"\xc3\xa9\xc3\xa9\xe2\x80\xa6\",\"d\":\"12345\"}");
	ost_jsonw_free(&w);
}

static void test_json_too_deep_fails(void **state)
{
	struct ost_jsonw w = {0};

	(void)state;
	for (int i = 0; i < 2 * OST_JSONW_DEPTH; i++)
		ost_jsonw_array(&w, NULL);
	assert_true(w.failed);
	ost_jsonw_free(&w);
}

static void test_file_write_and_read_back(void **state)
{
	const char *path = path_in_folder("file");
	char *bytes = NULL;
	size_t length = 0;
	struct stat st;

	(void)state;
	assert_int_equal(ost_file_write(path, "old", 3, 0600), 0);
	assert_int_equal(ost_file_write(path, "newer", 5, 0640), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(ost_file_read(path, 5, &bytes, &length), 0);
	assert_int_equal(length, 5);
	assert_string_equal(bytes, "newer");
	free(bytes);
	bytes = NULL;
	assert_int_equal(ost_file_read(path, 4, &bytes, &length), -EFBIG);
	assert_int_equal(ost_file_read(folder, 4, &bytes, &length), -EISDIR);
	assert_int_equal(ost_file_read("/dev/null", 4, &bytes, &length), -EINVAL);
	assert_int_equal(ost_file_read(path_in_folder("absent"), 4, &bytes, &length), -ENOENT);
	assert_null(bytes);
	assert_int_equal(ost_file_write(path_in_folder("absent/file"), "x", 1, 0600), -ENOENT);
}

static void touched(const char *name)
{
	FILE *f = fopen(path_in_folder(name), "w");

	assert_non_null(f);
	assert_int_equal(fclose(f), 0);
}

/* Whose writer was killed goes; what somebody may be writing, and what only looks alike, stays. */
static void test_leftovers(void **state)
{
	static const char *const stay[] = {"file", "x.tmp", "1.tmp", "x.0.tmp", "x.a1.tmp", "x.99999999999.tmp"};
	char gone[64], own[64], living[64];
	pid_t child = fork();

	(void)state;
	if (child == 0)
		_exit(0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	(void)snprintf(gone, sizeof(gone), "unconfirmed.json.%d.tmp", (int)child);
	(void)snprintf(own, sizeof(own), "x.%d.tmp", (int)getpid());
	(void)snprintf(living, sizeof(living), "x.%d.tmp", (int)getppid());
	touched(gone);
	touched(own);
	touched(living);
	for (size_t i = 0; i < OST_ARRAY_SIZE(stay); i++)
		touched(stay[i]);
	ost_file_leftovers_remove(folder);
	ost_file_leftovers_remove(path_in_folder("absent"));
	assert_int_equal(access(path_in_folder(gone), F_OK), -1);
	assert_int_equal(access(path_in_folder(own), F_OK), -1);
	assert_int_equal(unlink(path_in_folder(living)), 0);
	for (size_t i = 0; i < OST_ARRAY_SIZE(stay); i++)
		assert_int_equal(unlink(path_in_folder(stay[i])), 0);
}

static void test_files_that_are_believed(void **state)
{
	const char *path = path_in_folder("believed");
	char *bytes = NULL;
	size_t length = 0;

	(void)state;
	assert_int_equal(ost_file_write(path, "image", 5, 0640), 0);
	assert_int_equal(ost_file_read_own(path, 5, &bytes, &length), 0);
	free(bytes);
	bytes = NULL;
	assert_int_equal(chmod(path, 0660), 0);
	assert_int_equal(ost_file_read_own(path, 5, &bytes, &length), -EPERM);
	assert_int_equal(chmod(path, 0602), 0);
	assert_int_equal(ost_file_read_own(path, 5, &bytes, &length), -EPERM);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(ost_file_read_own(path, 4, &bytes, &length), -EFBIG);
	assert_int_equal(ost_file_read_own(path_in_folder("absent"), 4, &bytes, &length), -ENOENT);
	path = path_in_folder("believed");
	assert_null(bytes);
	if (geteuid() != 0) {
		print_message("owners are not tried: not root\n");
		assert_int_equal(unlink(path), 0);
		return;
	}
	assert_int_equal(chown(path, 4711, 0), 0);
	assert_int_equal(ost_file_read_own(path, 5, &bytes, &length), -EPERM);
	assert_null(bytes);
	assert_int_equal(chown(folder, 4711, 0), 0); /* who could replace it may own it */
	assert_int_equal(ost_file_read_own(path, 5, &bytes, &length), 0);
	free(bytes);
	assert_int_equal(chown(folder, 0, 0), 0);
	assert_int_equal(unlink(path), 0);
}

static void test_memfd_must_be_sealed(void **state)
{
	const void *bytes = NULL;
	size_t length = 0;
	int fd = -1;

	(void)state;
	assert_int_equal(ost_memfd_sealed("test", "image", 5, &fd), 0);
	assert_int_equal(write(fd, "x", 1), -1);
	assert_int_equal(ost_memfd_map(fd, 4, &bytes, &length), -EFBIG);
	assert_int_equal(ost_memfd_map(fd, 5, &bytes, &length), 0);
	assert_int_equal(length, 5);
	assert_memory_equal(bytes, "image", 5);
	munmap((void *)(uintptr_t)bytes, length);
	close(fd);
	fd = memfd_create("test", MFD_ALLOW_SEALING);
	assert_int_equal(write(fd, "image", 5), 5);
	assert_int_equal(ost_memfd_map(fd, 5, &bytes, &length), -EPERM);
	close(fd);
	fd = open("/dev/null", O_RDONLY);
	assert_true(ost_memfd_map(fd, 5, &bytes, &length) < 0);
	close(fd);
}

static void test_a_clock_that_was_never_set(void **state)
{
	(void)state;
	assert_false(ost_clock_is_set(0));
	assert_false(ost_clock_is_set(1577836799ull * OST_NS_PER_S + 999999999));
	assert_true(ost_clock_is_set(1577836800ull * OST_NS_PER_S));
	assert_true(ost_clock_is_set(ost_clock_wall_ns()));
}

static void test_message_with_a_descriptor(void **state)
{
	const char *path = path_in_folder("socket");
	static uint8_t payload[OST_MSG_PAYLOAD_MAX];
	const struct ost_msg_image image = {.generation = 3, .length_bytes = 5};
	struct ost_msg_header h;
	int listener = -1, again = -1, client = -1, server, passed = -1, came = -1;

	(void)state;
	assert_int_equal(ost_msg_listen(path, 0600, &listener), 0);
	assert_int_equal(ost_msg_listen(path, 0600, &again), -EADDRINUSE);
	assert_int_equal(ost_msg_connect(path, &client), 0);
	server = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
	assert_true(server >= 0);
	while ((again = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
		close(server); /* the second listener's probe was queued before the client */
		server = again;
	}
	assert_int_equal(ost_msg_receive(server, &h, payload, &came), -EAGAIN);
	assert_int_equal(ost_memfd_sealed("test", "image", 5, &passed), 0);
	assert_int_equal(ost_msg_send(client, OST_MSG_IMAGE, 9, &image, sizeof(image), passed), 0);
	assert_int_equal(ost_msg_receive(server, &h, payload, &came), 0);
	assert_int_equal(h.type, OST_MSG_IMAGE);
	assert_int_equal(h.sequence, 9);
	assert_memory_equal(payload, &image, sizeof(image));
	assert_true(came >= 0);
	assert_int_equal(send(client, "no message of ours", 18, 0), 18);
	assert_int_equal(ost_msg_receive(server, &h, payload, &came), -EPROTO);
	close(client);
	assert_int_equal(ost_msg_receive(server, &h, payload, &came), -EPIPE);
	assert_int_equal(ost_msg_send(server, OST_MSG_ACK, 0, &image, OST_MSG_PAYLOAD_MAX + 1, -1), -EMSGSIZE);
	close(server);
	close(listener);
	close(passed);
	assert_int_equal(ost_msg_listen(path, 0600, &listener), 0); /* what a dead instance left is taken over */
	close(listener);
}

static int folder_make(void **state)
{
	(void)state;
	return mkdtemp(folder) == NULL ? -1 : 0;
}

static int folder_remove(void **state)
{
	(void)state;
	(void)unlink(path_in_folder("file"));
	(void)unlink(path_in_folder("socket"));
	return rmdir(folder);
}

static void on_denied(void *user, const char *device, enum ost_state state)
{
	char *text = user;
	size_t n = strlen(text);

	(void)snprintf(text + n, 256 - n, "%s=%s;", device, ost_state_name(state));
}

static int denied(const char *bytes, size_t length, char ret_text[static 256])
{
	ret_text[0] = '\0';
	return ost_denied_each(bytes, length, on_denied, ret_text);
}

static void test_denied_list_is_whole_or_wrong(void **state)
{
	static const char good[] = "revoked plc-1\nquarantined plc 2\nend\n";
	static const char *const bad[] = {"", "end", "revoked plc-1\n", "revoked plc-1\nend\n\n", "end\nend\n", "revoked\nend\n", "revoked \nend\n",
		" plc\nend\n", "gone plc\nend\n", "authenticated plc\nend\n", "identified plc\nend\n",
		"revoked 0123456789012345678901234567890123456789012345678901234567890123\nend\n"};
	char text[256];

	(void)state;
	assert_int_equal(denied(good, sizeof(good) - 1, text), 0);
	assert_string_equal(text, "plc-1=revoked;plc 2=quarantined;");
	for (size_t n = 0; n < sizeof(good) - 1; n++)
		assert_int_equal(denied(good, n, text), -EINVAL);
	for (size_t i = 0; i < OST_ARRAY_SIZE(bad); i++)
		assert_int_equal(denied(bad[i], strlen(bad[i]), text), -EINVAL);
	assert_int_equal(denied("revoked a\0b\nend\n", 16, text), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cursor_stops_at_the_end),
		cmocka_unit_test(test_cursor_stays_failed),
		cmocka_unit_test(test_cursor_limit_only_shrinks),
		cmocka_unit_test(test_findings_are_sorted_and_bounded),
		cmocka_unit_test(test_json_of_hostile_text),
		cmocka_unit_test(test_json_of_text_for_logs),
		cmocka_unit_test(test_json_too_deep_fails),
		cmocka_unit_test(test_file_write_and_read_back),
		cmocka_unit_test(test_leftovers),
		cmocka_unit_test(test_files_that_are_believed),
		cmocka_unit_test(test_memfd_must_be_sealed),
		cmocka_unit_test(test_a_clock_that_was_never_set),
		cmocka_unit_test(test_message_with_a_descriptor),
		cmocka_unit_test(test_denied_list_is_whole_or_wrong),
	};

	return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
