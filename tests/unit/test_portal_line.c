/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines between the portal and an agent: each comes back as it was written; what is not exactly one is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "messages.h"
#include "portal_line.h"

static void each_comes_back(void **state)
{
	static const struct {
		struct ost_portal_line line;
		const char *text;
	} rows[] = {
		{{.word = OST_PORTAL_ADMITTED, .seconds = 300, .session_s = 3600, .device = "cam-01"},
			"OSTIARY 1 ADMITTED lease=300 session=3600 device=cam-01\n"},
		{{.word = OST_PORTAL_REFUSED, .reason = OST_AUTH_REASON_WRONG_PLACE}, "OSTIARY 1 REFUSED reason=wrong-place\n"},
		{{.word = OST_PORTAL_ENDED, .reason = OST_AUTH_REASON_REVOKED}, "OSTIARY 1 ENDED reason=revoked\n"},
		{{.word = OST_PORTAL_KEPT, .seconds = 1}, "OSTIARY 1 KEPT lease=1\n"},
		{{.word = OST_PORTAL_PROVE, .seconds = 20}, "OSTIARY 1 PROVE within=20\n"},
		{{.word = OST_PORTAL_KEEP}, "OSTIARY 1 KEEP\n"},
		{{.word = OST_PORTAL_END}, "OSTIARY 1 END\n"},
	};

	(void)state;
	for (size_t i = 0; i < OST_ARRAY_SIZE(rows); i++) {
		char text[OST_PORTAL_LINE + 1];
		struct ost_portal_line back;
		size_t n = ost_portal_line_write(&rows[i].line, text);

		assert_string_equal(text, rows[i].text);
		assert_int_equal(n, strlen(text));
		assert_int_equal(ost_portal_line_read(text, n - 1, &back), 0);
		assert_memory_equal(&back, &rows[i].line, sizeof(back));
	}
}

static void the_longest_fits(void **state)
{
	struct ost_portal_line line = {.word = OST_PORTAL_ADMITTED, .seconds = UINT32_MAX, .session_s = UINT32_MAX}, back;
	char text[OST_PORTAL_LINE + 1];
	size_t n;

	(void)state;
	memset(line.device, 'x', OST_NAME_MAX);
	n = ost_portal_line_write(&line, text);
	assert_int_equal(text[n - 1], '\n');
	assert_int_equal(ost_portal_line_read(text, n - 1, &back), 0);
	assert_int_equal(back.seconds, OST_PORTAL_LEASE_S);
	assert_int_equal(back.session_s, OST_PORTAL_SESSION_S);
	assert_string_equal(back.device, line.device);
}

static void others_are_refused(void **state)
{
	static const char *const texts[] = {"", "OSTIARY", "OSTIARY 1", "OSTIARY 1 ", "OSTIARY 2 KEEP", "ostiary 1 KEEP", "OSTIARY 1 keep",
		"OSTIARY 1 KEEP ", " OSTIARY 1 KEEP", "OSTIARY 1  KEEP", "OSTIARY 1 KEEPER", "OSTIARY 1 KEEP\r", "OSTIARY 1 KEPT",
		"OSTIARY 1 KEPT lease=", "OSTIARY 1 KEPT lease=0", "OSTIARY 1 KEPT lease=301", "OSTIARY 1 KEPT lease=-1", "OSTIARY 1 KEPT lease=+1",
		"OSTIARY 1 KEPT lease=1x", "OSTIARY 1 KEPT lease=99999999999999999999", "OSTIARY 1 KEPT lease=1 ", "OSTIARY 1 PROVE lease=1",
		"OSTIARY 1 REFUSED reason=", "OSTIARY 1 REFUSED reason=none", "OSTIARY 1 REFUSED reason=nothing", "OSTIARY 1 REFUSED reason=state x",
		"OSTIARY 1 ADMITTED session=1 lease=1 device=x", "OSTIARY 1 ADMITTED lease=1 session=0 device=x",
		"OSTIARY 1 ADMITTED lease=1 session=1 device=", "OSTIARY 1 ADMITTED lease=1 session=1",
		"OSTIARY 1 ADMITTED lease=1 session=1 device=a\033b",
		"OSTIARY 1 ADMITTED lease=1 session=1 device=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"};
	struct ost_portal_line line = {.seconds = 77};

	(void)state;
	for (size_t i = 0; i < OST_ARRAY_SIZE(texts); i++)
		assert_int_equal(ost_portal_line_read(texts[i], strlen(texts[i]), &line), -EINVAL);
	assert_int_equal(ost_portal_line_read("OSTIARY 1 ADMITTED lease=1 session=1 device=a\0b", 46, &line), -EINVAL);
	assert_int_equal(line.seconds, 77);
}

static void a_stream_in_any_pieces(void **state)
{
	static const char stream[] = "OSTIARY 1 KEPT lease=3\nOSTIARY 1 KEEP\nOSTIARY 1 PROVE within=9\n";

	(void)state;
	for (size_t piece = 1; piece < sizeof(stream); piece++) {
		struct ost_portal_lines lines = {0};
		struct ost_portal_line line;
		unsigned words = 0, seconds = 0;

		for (size_t at = 0; at < sizeof(stream) - 1; at += piece) {
			const char *bytes = stream + at;
			size_t left = OST_MIN(piece, sizeof(stream) - 1 - at);

			while (left > 0) {
				int r = ost_portal_lines_take(&lines, &bytes, &left, &line);

				assert_true(r >= 0);
				words += r > 0 ? 1 : 0;
				seconds += r > 0 ? line.seconds : 0;
			}
		}
		assert_int_equal(words, 3);
		assert_int_equal(seconds, 12);
	}
}

static void a_line_without_end_is_cut(void **state)
{
	struct ost_portal_lines lines = {0};
	struct ost_portal_line line;
	unsigned taken = 0;
	int r = 0;

	(void)state;
	while (r == 0) {
		const char *bytes = "x";
		size_t left = 1;

		r = ost_portal_lines_take(&lines, &bytes, &left, &line);
		taken++;
	}
	assert_int_equal(r, -EINVAL);
	assert_int_equal(taken, OST_PORTAL_LINE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_comes_back),
		cmocka_unit_test(the_longest_fits),
		cmocka_unit_test(others_are_refused),
		cmocka_unit_test(a_stream_in_any_pieces),
		cmocka_unit_test(a_line_without_end_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
