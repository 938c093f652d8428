/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hostile bytes: what is no plain YAML ends with one clear finding, at its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "clock.h"
#include "finding_place.h"
#include "text_index.h"
#include "yaml_text.h"
#include "yaml_tree.h"

struct hostile {
	const char *bytes;
	size_t length;
	uint32_t line, column;
	const char *words;
};

#define H(text, line, column, words)                                                               \
	{                                                                                          \
		text, sizeof(text) - 1, line, column, words                                        \
	}

static const struct hostile hostile[] = {
	H("", 1, 1, "empty"),
	H("\n# only a comment\n", 1, 1, "empty"),
	H("---\n", 1, 1, "empty"),
	H("a\n", 1, 1, "no mapping"),
	H("- a\n", 1, 1, "no mapping"),
	H("a: [\n", 2, 1, "not YAML"),
	H("a: 'x\n", 2, 1, "not YAML"),
	H("a:\n\tb: 1\n", 2, 1, "indent with spaces"),
	H("a: 1\n b: 2\n", 2, 3, "not YAML"),
	H("a: 1\n---\nb: 2\n", 2, 1, "second document"),
	H("a: 1\n...\nb: 2\n", 3, 1, "not YAML"),
	H("%YAML 1.1\n---\na: 1\n", 1, 1, "directives"),
	H("%TAG ! x\n---\na: 1\n", 1, 1, "directives"),
	H("a: &x [*x]\n", 1, 4, "anchors"),
	H("a: &x [*x]\n", 1, 8, "aliases"),
	H("a: &x 1\nb: *x\n", 2, 4, "aliases"),
	H("a: !!str 1\n", 1, 4, "tags"),
	H("a: !x {b: 1}\n", 1, 4, "tags"),
	H("a: |\n  text\n", 1, 4, "text block"),
	H("a: >\n  text\n", 1, 4, "text block"),
	H("a: b\n  c\n", 1, 4, "several lines"),
	H("a: \"b\n  c\"\n", 1, 4, "several lines"),
	H("a: \"\\n\"\n", 1, 4, "line end"),
	H("a: \"\\0\"\n", 1, 4, "NUL"),
	H("a: \"\\e[31m\"\n", 1, 4, "control character"),
	H("a: \"\\u202e\"\n", 1, 4, "invisible"),
	H("\"a\\0\": 1\n", 1, 1, "NUL"),
	H("? [a, b]\n: 1\n", 1, 3, "key is a list"),
	H("{a: 1}: 1\n", 1, 1, "key is a list"),
	H("a: 1\na: 2\n", 2, 1, "twice, first on line 1"),
	H("a: 1\n'a': 2\n", 2, 1, "twice"),
	H("x: {b: 1, b: 2}\n", 1, 11, "twice"),
	H("a: 1\0\n", 1, 5, "NUL"),
	H("a: 1\rb: 2\r", 1, 5, "carriage return"),
	H("a: 1\r\r\n", 1, 5, "carriage return"),
	H("a: \x1b[31m\n", 1, 4, "control character"),
	H("a: \x7f\n", 1, 4, "control character"),
	H("a: \xff\n", 1, 4, "not UTF-8"),
	H("\xc3\xa9: \xc3\n", 1, 4, "not UTF-8"),
	H("a: \xc0\xaf\n", 1, 4, "not UTF-8"),	       /* overlong */
	H("a: \xed\xa0\x80\n", 1, 4, "not UTF-8"),     /* a surrogate */
	H("a: \xf4\x90\x80\x80\n", 1, 4, "not UTF-8"), /* above U+10FFFF */
	H("\xff\xfe"
	  "a\0:\0 \0"
	  "1\0",
		1, 1, "not UTF-8"), /* UTF-16 */
	H("a: \xc2\x85x\n", 1, 4, "control character"),
	H("a: \xe2\x80\xa8x\n", 1, 4, "line end"),
	H("a: \xe2\x80\xaex\n", 1, 4, "invisible"),
	H("a: \xef\xbb\xbfx\n", 1, 4, "invisible"),
	H("a: [[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]\n", 1, 19, "nested deeper than 16"),
};

static struct ost_yaml_tree *read_bytes(const char *bytes, size_t length, struct ost_diag *diag)
{
	struct ost_yaml_tree *tree = NULL;
	char *copy =
		malloc(length + 1); /* without a NUL behind: sanitizers see each byte too far */
	int r;

	memcpy(copy, bytes, length);
	*diag = (struct ost_diag){0};
	r = ost_yaml_tree_read("p.yaml", copy, length, diag, &tree);
	assert_true(r == 0 || r == -EINVAL);
	assert_int_equal(r == 0, tree != NULL);
	assert_true(r == 0 || diag->errors > 0);
	free(copy);
	return tree;
}

static void hostile_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < OST_ARRAY_SIZE(hostile); i++) {
		const struct hostile *h = &hostile[i];
		struct ost_diag diag;
		struct ost_yaml_tree *tree = read_bytes(h->bytes, h->length, &diag);

		if (!findings_have(&diag, "p.yaml", h->line, h->column, h->words)) {
			findings_print(&diag);
			fail_msg("%zu: not '%s' at %u:%u", i, h->words, h->line, h->column);
		}
		ost_diag_free(&diag);
		ost_yaml_tree_free(&tree);
	}
}

static void sound_bytes(void **state)
{
	static const char *const texts[] = {"a: 1", "a: 1\r\nb: 2\r\n",
		"\xef\xbb\xbf"
		"a: 1\n",
		"---\na: 1\n...\n", "\"a\": 'b' # c\n", "a: \xc3\xa9\xe2\x82\xac\xf0\x9f\x94\x92\n",
		"a: \"\\u00e9\"\n", "{}"};

	(void)state;
	for (size_t i = 0; i < OST_ARRAY_SIZE(texts); i++) {
		struct ost_diag diag;
		struct ost_yaml_tree *tree = read_bytes(texts[i], strlen(texts[i]), &diag);

		if (tree == NULL || diag.count > 0) {
			findings_print(&diag);
			fail_msg("refused: %s", texts[i]);
		}
		ost_yaml_tree_free(&tree);
	}
}

static void shape(void **state)
{
	static const char text[] = "a: yes\nb: [1, ~]\nc:\n";
	const struct ost_yaml_node *root, *n;
	struct ost_diag diag;
	struct ost_yaml_tree *tree = read_bytes(text, sizeof(text) - 1, &diag);

	(void)state;
	root = ost_yaml_tree_root(tree);
	assert_int_equal(root->kind, OST_YAML_MAPPING);
	assert_int_equal(root->count, 3);
	n = root->first;
	assert_string_equal(n->text, "a");
	n = n->next;
	assert_string_equal(n->text, "yes"); /* a word, not a truth value */
	assert_int_equal(n->line, 1);
	assert_int_equal(n->column, 4);
	n = n->next->next;
	assert_int_equal(n->kind, OST_YAML_SEQUENCE);
	assert_int_equal(n->count, 2);
	assert_string_equal(n->first->next->text, "~");
	n = n->next->next;
	assert_int_equal(n->count, 0);
	assert_null(n->next);
	ost_yaml_tree_free(&tree);
	assert_null(tree);
}

static void expect_long(size_t length, bool fine)
{
	char *text = malloc(length + 4);
	struct ost_diag diag;
	struct ost_yaml_tree *tree;

	memcpy(text, "a: ", 3);
	memset(text + 3, 'x', length);
	tree = read_bytes(text, length + 3, &diag);
	assert_int_equal(diag.errors == 0, fine);
	assert_true(fine || findings_have(&diag, "p.yaml", 1, 4, "more than 4096 bytes"));
	ost_diag_free(&diag);
	ost_yaml_tree_free(&tree);
	free(text);
}

static void long_scalars(void **state)
{
	(void)state;
	expect_long(4096, true);
	expect_long(4097, false);
	expect_long(8 << 20, false);
}

/* Each of these is megabytes of one thing; the slow way through any of them takes minutes. */
static void floods(void **state)
{
	static const char *const units[] = {"[", "{a: ", "- ", "? ", "a: ", "# ", "a,",
		"%TAG !a! b\n", "\"\\x41", "&a ", "!a ", "*a ", "|\n", "'", "]", "\n", " ",
		"---\n"};
	const size_t size = 1 << 20;
	char *text = malloc(size);
	uint64_t start = ost_clock_mono_ns();

	(void)state;
	for (size_t i = 0; i < OST_ARRAY_SIZE(units); i++) {
		size_t n = strlen(units[i]);
		struct ost_yaml_tree *tree;
		struct ost_diag diag;

		for (size_t at = 0; at < size; at++)
			text[at] = units[i][at % n];
		tree = read_bytes(text, size, &diag);
		assert_null(tree);
		ost_diag_free(&diag);
	}
	assert_true(ost_clock_mono_ns() - start < 40 * OST_NS_PER_S);
	free(text);
}

static void many_values(void **state)
{
	size_t size = 2 * (size_t)OST_YAML_NODES_MAX + 64, n = 4;
	char *text = malloc(size);
	struct ost_yaml_tree *tree;
	struct ost_diag diag;

	(void)state;
	memcpy(text, "a: [", 4);
	while (n + 2 < size) {
		text[n++] = 'b';
		text[n++] = ',';
	}
	text[n++] = ']';
	tree = read_bytes(text, n, &diag);
	assert_null(tree);
	assert_int_equal(diag.errors, 1);
	assert_non_null(strstr(diag.findings[0].what, "more than 8388608 values"));
	ost_diag_free(&diag);
	free(text);
}

static void duplicates_among_many(void **state)
{
	char text[4096] = "", *p = text;
	struct ost_yaml_tree *tree;
	struct ost_diag diag;

	(void)state;
	for (int i = 0; i < 100; i++)
		p += snprintf(p, (size_t)(text + sizeof(text) - p), "k%d: 1\n", i % 97);
	tree = read_bytes(text, strlen(text), &diag);
	assert_int_equal(diag.errors, 3);
	assert_true(
		findings_have(&diag, "p.yaml", 98, 1, "'k0' stands here twice, first on line 1"));
	assert_true(findings_have(&diag, "p.yaml", 100, 1, "first on line 3"));
	ost_diag_free(&diag);
	ost_yaml_tree_free(&tree);
}

/* Bytes are looked at in eights: each one at each place among plain ones. */
static void a_flaw_anywhere(void **state)
{
	char text[40];
	size_t offset;

	(void)state;
	for (size_t at = 0; at < sizeof(text); at++) {
		for (unsigned byte = 0; byte < 256; byte++) {
			bool flaw = byte < 0x20 || byte >= 0x7f;

			memset(text, 0x20 + (int)(at + byte) % 0x5f, sizeof(text));
			text[at] = (char)byte;
			offset = SIZE_MAX;
			assert_int_equal(ost_yaml_text_flaw(text, sizeof(text), false, &offset) != NULL, flaw);
			assert_true(!flaw || offset == at);
			flaw = flaw && byte != '\n' && byte != '\t';
			assert_int_equal(ost_yaml_text_flaw(text, sizeof(text), true, &offset) != NULL, flaw);
		}
	}
}

#define TEXTS 20000u

static const char *number_text(const void *items, uint32_t number)
{
	const char(*texts)[16] = items;

	return texts[number];
}

static void texts_are_found(void **state)
{
	char(*texts)[16] = calloc(TEXTS, sizeof(*texts));
	struct ost_text_index index;

	(void)state;
	assert_non_null(texts);
	assert_int_equal(ost_text_index_open(&index, texts, number_text, TEXTS), 0);
	for (uint32_t i = 0; i < TEXTS; i++) {
		(void)snprintf(texts[i], sizeof(texts[i]), "%.*s%u", (int)(i / 2 % 9), "prefixes", i / 2);
		assert_int_equal(ost_text_index_find(&index, texts[i]), i % 2 == 0 ? UINT32_MAX : i - 1);
		assert_int_equal(ost_text_index_put(&index, i), i / 2 * 2);
	}
	for (uint32_t i = 0; i < TEXTS; i++)
		assert_int_equal(ost_text_index_find(&index, texts[i]), i / 2 * 2);
	assert_int_equal(ost_text_index_find(&index, "prefixes"), UINT32_MAX);
	assert_int_equal(ost_text_index_find(&index, ""), UINT32_MAX);
	ost_text_index_close(&index);
	free(texts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flaw_anywhere),
		cmocka_unit_test(texts_are_found),
		cmocka_unit_test(hostile_bytes),
		cmocka_unit_test(sound_bytes),
		cmocka_unit_test(shape),
		cmocka_unit_test(long_scalars),
		cmocka_unit_test(floods),
		cmocka_unit_test(many_values),
		cmocka_unit_test(duplicates_among_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
