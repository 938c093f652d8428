/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The canonical layout: what it looks like, that comments stay, that it is stable, and that the meaning never changes. */
#include <dirent.h>
#include <stdlib.h>

#include "file.h"
#include "format.h"
#include "policy_expect.h"

static char *format(const char *text)
{
	struct ost_diag diag = {0};
	char *result = NULL;
	size_t length = 0;
	int r = ost_policy_format("p.yaml", text, strlen(text), &diag, &result, &length);

	if (r != 0) {
		findings_print(&diag);
		fail_msg("%s", text);
	}
	assert_int_equal(strlen(result), length);
	ost_diag_free(&diag);
	return result;
}

static void expect_layout(const char *text, const char *wanted)
{
	char *once = format(text), *twice = format(once);

	assert_string_equal(once, wanted);
	assert_string_equal(twice, wanted);
	free(once);
	free(twice);
}

static void layout(void **state)
{
	(void)state;
	expect_layout("ostiary:    1", "ostiary: 1\n");
	expect_layout("{ostiary: 1, roles: {}}\n", "ostiary: 1\nroles: {}\n");
	expect_layout("\xef\xbb\xbfostiary: 1\r\n\r\n\r\nroles:\r\n    r:   {}\r\n", "ostiary: 1\n\nroles:\n  r: {}\n");
	expect_layout("---\nostiary: 1\n...\n", "ostiary: 1\n");
	expect_layout("a: {x:   [ 1,2 ,3],\n     y: { } ,z: []}\n", "a: { x: [1, 2, 3], y: {}, z: [] }\n");
	expect_layout("a:\n- b\n-   c: 1\n    d: 2\n- - e\n  - f\n-\n  - g\n", "a:\n  - b\n  - c: 1\n    d: 2\n  - - e\n    - f\n  - - g\n");
	expect_layout("a: [x: 1, y: 2]\n", "a: [{ x: 1 }, { y: 2 }]\n");
	expect_layout("? a\n: b\n", "a: b\n");
	expect_layout("a: 1\n?\n", "a: 1\n\"\":\n");
	expect_layout("a:\nb:\n", "a:\nb:\n");
	expect_layout("{ --- a: 1, ... b: 2, ---c: 3 }\n", "\"--- a\": 1\n\"... b\": 2\n---c: 3\n");
	expect_layout("a: {b: , c: d}\n", "a: { b: , c: d }\n");
	expect_layout("'a': 'it''s'\nb: \"x\\\"\\\\\\x41\"\nc: ''\n", "\"a\": \"it's\"\nb: \"x\\\"\\\\A\"\nc: \"\"\n");
	expect_layout("a:\n  b: 1\nc: 2\nd:\n  e: 1\n", "a:\n  b: 1\n\nc: 2\n\nd:\n  e: 1\n");
	expect_layout("a:\n\n  b: 1\n\n\n\n  c: 2\n", "a:\n  b: 1\n\n  c: 2\n");
}

static void long_lines(void **state)
{
	(void)state;
	expect_layout("k: { aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: [b, c], dddddddddddddddddddddddddddddddddddddddddddddd: { e: f }, ggggggggggggggg: h }\n",
		"k:\n  aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: [b, c]\n  dddddddddddddddddddddddddddddddddddddddddddddd: { e: f }\n  ggggggggggggggg: h\n");
	/* 120 columns fit, whatever a character has in bytes; 121 do not. */
	for (size_t n = 57; n <= 58; n++) {
		char word[256] = "", line[512], block[512];

		for (size_t i = 0; i < n; i++)
			memcpy(word + 2 * i, "ä", 3);
		(void)snprintf(line, sizeof(line), "k: [%s, aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]\n", word);
		(void)snprintf(block, sizeof(block), "k:\n  - %s\n  - aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n", word);
		expect_layout(line, n == 57 ? line : block);
	}
}

static void comments(void **state)
{
	(void)state;
	expect_layout("# license\n\n# head\nostiary: 1   # same line\n", "# license\n\n# head\nostiary: 1 # same line\n");
	expect_layout("a: # on a\n    # before b\n    b: 1\n    # foot of a\n# before c\nc: 2\n# end\n",
		"a: # on a\n  # before b\n  b: 1\n  # foot of a\n\n# before c\nc: 2\n# end\n");
	expect_layout("a:\n- b\n# before c\nc: 2\n", "a:\n  - b\n\n# before c\nc: 2\n");
	expect_layout("a: [b, # of b\n  c] # of a\n", "a: # of a\n  - b # of b\n  - c\n");
	expect_layout("a: { # first\n  b: c }\n", "a:\n  # first\n  b: c\n");
	expect_layout("a: [] # none\nb: [ # inside\n]\n", "a: [] # none\nb: []\n# inside\n");
	expect_layout("k:\n  - # of the item\n    a: 1\n  - { # of b\n      b: 2 } # behind\n",
		"k:\n  # of the item\n  - a: 1\n  # behind\n  # of b\n  - b: 2\n");
	expect_layout("k: # of k\n  v # of v\nl:\n  # before w\n  w\n", "k: v # of v\n# of k\n# before w\nl: w\n");
}

static void every_comment_stays(void **state)
{
	static const char text[] = "# c1\na: # c2\n  # c3\n  - # c4\n    x: # c5\n      # c6\n      y # c7\n    # c8\n  # c9\n  - { # c10\n    z: # c11\n     [ # c12\n"
		"      1, # c13\n      # c14\n      2 # c15\n      # c16\n     ] # c17\n    # c18\n    } # c19\n# c20\n";
	char *once = format(text), *twice = format(once), word[8];

	(void)state;
	for (unsigned i = 1; i <= 20; i++) {
		(void)snprintf(word, sizeof(word), "# c%u\n", i);
		if (strstr(once, word) == NULL)
			fail_msg("%sis not in\n%s", word, once);
	}
	assert_string_equal(once, twice);
	free(once);
	free(twice);
}

static void not_read(void **state)
{
	static const char *const texts[] = {"", "a: [\n", "a: &x b\n", "a: *x\n", "a: !!str b\n", "a: |\n  text\n", "a: b\na: c\n", "a: 1\n---\nb: 1\n",
		"%YAML 1.1\n---\na: 1\n", "a: \xff\n", "- a\n", "a\n"};
	char *result = (char *)1;
	size_t length;

	(void)state;
	for (size_t i = 0; i < OST_ARRAY_SIZE(texts); i++) {
		struct ost_diag diag = {0};

		assert_int_equal(ost_policy_format("p.yaml", texts[i], strlen(texts[i]), &diag, &result, &length), -EINVAL);
		assert_true(diag.errors > 0);
		assert_ptr_equal(result, (char *)1);
		ost_diag_free(&diag);
	}
}

/* ---- random files ---- */

struct text {
	char bytes[65536];
	size_t length;
};

static void OST_PRINTF(2, 3) add(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->bytes + t->length, sizeof(t->bytes) - t->length, fmt, ap);
	va_end(ap);
	assert_true(n >= 0 && t->length + (size_t)n < sizeof(t->bytes));
	t->length += (size_t)n;
}

static unsigned any(unsigned n)
{
	return (unsigned)rand() % n;
}

static void scalar(struct text *t, unsigned number)
{
	static const char *const forms[] = {"w%u", "\"w %u\"", "'w''%u'", "10.0.0.%u/8", "\"#%u\"", "a#%u", "\"\\\"%u\\\\\"", "w-%u:x", "ü%u"};

	add(t, forms[any(OST_ARRAY_SIZE(forms))], number);
}

static void noise(struct text *t, unsigned indent, bool lines)
{
	if (any(4) == 0)
		add(t, "%*s# c%u", 1 + (int)any(3), "", any(1000));
	if (!lines)
		return;
	add(t, "\n");
	while (any(5) == 0)
		add(t, any(2) ? "\n" : "%*s# d%u\n", (int)(any(3) == 0 ? any(indent + 3) : indent), "", any(1000));
}

static void flow(struct text *t, unsigned depth, unsigned indent)
{
	unsigned n = any(5);
	bool mapping = any(2);

	add(t, mapping ? "{" : "[");
	for (unsigned i = 0; i < n; i++) {
		if (any(8) == 0)
			add(t, "%s\n%*s", any(2) ? " # f" : "", (int)indent + 1, "");
		add(t, " ");
		if (mapping)
			add(t, "k%u: ", i);
		if (depth > 0 && any(3) == 0)
			flow(t, depth - 1, indent);
		else
			scalar(t, i);
		add(t, i + 1 < n ? "," : any(6) ? "" : ",");
	}
	add(t, mapping ? " }" : "]");
}

static void block(struct text *t, unsigned depth, unsigned indent)
{
	bool mapping = indent == 0 || any(2);
	unsigned n = 1 + any(4);

	for (unsigned i = 0; i < n; i++) {
		unsigned kind = any(depth > 0 ? 4 : 3), deeper = indent + 1 + any(4);

		add(t, "%*s", (int)indent, "");
		add(t, mapping ? (any(5) ? "k%u:" : "'k%u' :") : "-", i);
		if (kind == 3) {
			noise(t, indent, true);
			block(t, depth - 1, deeper);
			continue;
		}
		if (kind > 0)
			add(t, " ");
		if (kind == 1)
			scalar(t, i);
		else if (kind == 2)
			flow(t, 2, indent);
		noise(t, indent, true);
	}
}

/* Comments on one line may change places with those above it: none is lost, and none comes twice. */
static unsigned comments_sum(const char *text)
{
	unsigned sum = 0;

	for (const char *c = strstr(text, "# "); c != NULL; c = strstr(c + 1, "# "))
		sum += 1 + (c[2] != 'f' ? (unsigned)strtoul(c + 3, NULL, 10) : 0);
	return sum;
}

static void random_files(void **state)
{
	unsigned seed = (unsigned)(getenv("OSTIARY_SEED") ? strtoul(getenv("OSTIARY_SEED"), NULL, 10) : 20261122);
	static struct text t;

	(void)state;
	srand(seed);
	for (unsigned i = 0; i < 20000; i++) {
		char *once, *twice;

		t.length = 0;
		noise(&t, 0, true);
		block(&t, 3, 0);
		once = format(t.bytes); /* compares the meanings */
		twice = format(once);
		if (strcmp(once, twice) != 0 || comments_sum(t.bytes) != comments_sum(once))
			fail_msg("seed %u, file %u:\n%s\nonce:\n%s\ntwice:\n%s", seed, i, t.bytes, once, twice);
		free(once);
		free(twice);
	}
}

/* What comes with ostiary is laid out as it says. */
static void examples(void **state)
{
	const char *source = getenv("OSTIARY_SOURCE");
	char folder[512], path[1024];
	struct dirent *e;
	unsigned files = 0;
	DIR *d;

	(void)state;
	(void)snprintf(folder, sizeof(folder), "%s/config/examples", source != NULL ? source : ".");
	d = opendir(folder);
	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		char *bytes, *text;
		size_t length;

		if (strstr(e->d_name, ".yaml") == NULL)
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		assert_int_equal(ost_file_read(path, 1 << 20, &bytes, &length), 0);
		text = format(bytes);
		if (strcmp(bytes, text) != 0)
			fail_msg("%s: write ostiary policy fmt -w", path);
		free(bytes);
		free(text);
		files++;
	}
	(void)closedir(d);
	assert_true(files >= 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layout),
		cmocka_unit_test(long_lines),
		cmocka_unit_test(comments),
		cmocka_unit_test(every_comment_stays),
		cmocka_unit_test(not_read),
		cmocka_unit_test(random_files),
		cmocka_unit_test(examples),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
