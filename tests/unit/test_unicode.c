/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Characters of hostile text: RFC 3629 to the letter, and what does something to a reader. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unicode.h"

/* By another way than the code's: every code point has one encoding. */
static size_t encode(uint32_t c, char out[static 5])
{
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2
			  : c < 0x10000	    ? 3
					    : 4;

	memset(out, 0, 5);
	if (n == 1) {
		out[0] = (char)c;
		return n;
	}
	for (size_t i = n; i-- > 1; c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)((0xf00u >> n & 0xff) | c);
	return n;
}

static void every_code_point(void **state)
{
	char text[5];

	(void)state;
	for (uint32_t c = 1; c <= 0x10ffff; c++) {
		uint32_t got = 0;
		size_t n = encode(c, text);
		bool surrogate = c >= 0xd800 && c <= 0xdfff;

		if (ost_unicode_decode(text, &got) != (surrogate ? 0 : n) || (!surrogate && got != c))
			fail_msg("U+%04X", c);
	}
}

static void no_characters(void **state)
{
	static const char *const texts[] = {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2x", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xe2\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
		"\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xf0\x9f\x92"};

	(void)state;
	for (size_t i = 0; i < OST_ARRAY_SIZE(texts); i++) {
		uint32_t code = 77;

		assert_int_equal(ost_unicode_decode(texts[i], &code), 0);
		assert_int_equal(code, 77);
	}
}

static void what_does_something(void **state)
{
	static const uint32_t hostile[] = {1, 7, '\n', 0x1b, 0x7f, 0x85, 0x9b, 0xad, 0x61c, 0x200b, 0x200e, 0x2028, 0x202a, 0x202e, 0x2060, 0x2066, 0x2069, 0xfeff, 0xfff9, 0xe0001, 0xe007f};
	static const uint32_t harmless[] = {' ', 'a', '~', 0xa0, 0xe9, 0x3a9, 0x5d0, 0x627, 0x2019, 0x202f, 0x20ac, 0x4e2d, 0x1f4a5};

	(void)state;
	for (size_t i = 0; i < OST_ARRAY_SIZE(hostile); i++)
		assert_true(ost_unicode_is_hostile(hostile[i]));
	for (size_t i = 0; i < OST_ARRAY_SIZE(harmless); i++)
		assert_false(ost_unicode_is_hostile(harmless[i]));
}

static void mended(void **state)
{
	char cut[] = "M\xc3\xbcller \xc3", middle[] = "\xf0\x9f\x92x\xff", whole[] = "\xf0\x9f\x92\xa5", empty[] = "";

	(void)state;
	ost_unicode_mend(cut);
	assert_string_equal(cut, "M\xc3\xbcller ?");
	ost_unicode_mend(middle);
	assert_string_equal(middle, "???x?");
	ost_unicode_mend(whole);
	assert_string_equal(whole, "\xf0\x9f\x92\xa5");
	ost_unicode_mend(empty);
	assert_string_equal(empty, "");
}

static void made_plain(void **state)
{
	char text[] = "a\x1b[31m\n\xe2\x80\xae" "exe\xc3\xbc\xff.gpj\xc2\x9b", empty[] = "";

	(void)state;
	ost_unicode_make_plain(text);
	assert_string_equal(text, "a?[31m??exe\xc3\xbc?.gpj?");
	ost_unicode_make_plain(empty);
	assert_string_equal(empty, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_point),
		cmocka_unit_test(no_characters),
		cmocka_unit_test(what_does_something),
		cmocka_unit_test(mended),
		cmocka_unit_test(made_plain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
