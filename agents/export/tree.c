/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tree.h"

#include "clock.h"
#include "plain.h"
#include "unicode.h"

#define STEP 64 /* bytes of one name of a path */

/* The first name of a path, and what follows it ("" nothing). */
static const char *step(const char *path, char name[static STEP])
{
	size_t n = strcspn(path, ".");

	n = OST_MIN(n, (size_t)STEP - 1);
	memcpy(name, path, n);
	name[n] = '\0';
	return path[n] == '.' ? path + n + 1 : path + n;
}

json_t *ost_tree_at(const json_t *root, const char *path)
{
	json_t *at = (json_t *)(uintptr_t)root;

	while (*path != '\0' && at != NULL) {
		char name[STEP];

		path = step(path, name);
		at = json_object_get(at, name);
	}
	return at;
}

const char *ost_tree_text(const json_t *root, const char *path)
{
	const char *text = json_string_value(ost_tree_at(root, path));

	return text != NULL && text[0] != '\0' ? text : NULL;
}

uint64_t ost_tree_number(const json_t *root, const char *path)
{
	const json_t *value = ost_tree_at(root, path);

	return json_is_integer(value) && json_integer_value(value) > 0 ? (uint64_t)json_integer_value(value) : 0;
}

uint64_t ost_tree_time(const json_t *root, const char *path)
{
	const char *text = ost_tree_text(root, path);

	return text != NULL ? ost_time_parse(text) : 0;
}

static bool digits(const char **at, unsigned count, int *ret)
{
	*ret = 0;
	for (; count > 0; count--, (*at)++) {
		if (**at < '0' || **at > '9')
			return false;
		*ret = *ret * 10 + (**at - '0');
	}
	return true;
}

static bool letter(const char **at, char wanted)
{
	return *(*at)++ == wanted;
}

static bool fraction(const char **at, uint64_t *ret_ns)
{
	uint64_t unit = OST_NS_PER_S / 10;

	*ret_ns = 0;
	if (**at != '.')
		return true;
	(*at)++;
	if (**at < '0' || **at > '9')
		return false;
	for (; **at >= '0' && **at <= '9'; (*at)++, unit /= 10)
		*ret_ns += unit * (uint64_t)(**at - '0');
	return true;
}

uint64_t ost_time_parse(const char *at)
{
	struct tm tm = {0};
	int year, month;
	uint64_t ns;
	time_t s;

	if (!digits(&at, 4, &year) || !letter(&at, '-') || !digits(&at, 2, &month) || !letter(&at, '-') || !digits(&at, 2, &tm.tm_mday) ||
		!letter(&at, 'T') || !digits(&at, 2, &tm.tm_hour) || !letter(&at, ':') || !digits(&at, 2, &tm.tm_min) || !letter(&at, ':') ||
		!digits(&at, 2, &tm.tm_sec) || !fraction(&at, &ns) || !letter(&at, 'Z') || *at != '\0')
		return 0;
	if (year < 1970 || year > 2200 || month < 1 || month > 12 || tm.tm_mday < 1 || tm.tm_mday > 31 || tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 60)
		return 0;
	tm.tm_year = year - 1900;
	tm.tm_mon = month - 1;
	s = timegm(&tm);
	return s < 0 ? 0 : (uint64_t)s * OST_NS_PER_S + ns;
}

/* ---- made ---- */

/* The object that holds the last name of the path; made where it is not there. NULL: no memory, or something else stands there. */
static json_t *holder(json_t *at, const char *path, char last[static STEP])
{
	for (;;) {
		json_t *next;

		path = step(path, last);
		if (*path == '\0')
			return at;
		next = json_object_get(at, last);
		if (next == NULL) {
			next = json_object();
			if (json_object_set_new(at, last, next) < 0)
				return NULL;
		}
		if (!json_is_object(next))
			return NULL;
		at = next;
	}
}

void ost_tree_put(struct ost_tree *t, const char *path, json_t *value)
{
	char last[STEP];
	json_t *at = holder(t->root, path, last);

	if (at == NULL || value == NULL || json_object_set_new(at, last, value) < 0) {
		if (at == NULL)
			json_decref(value);
		t->failed = true;
	}
}

/* What was cut in the midst of a character, or comes from no JSON, may be no UTF-8. */
static json_t *cleaned(const char *text)
{
	struct ost_format_text clean = {0};
	json_t *value = NULL;
	int r = 0;

	for (size_t used; *text != '\0' && r == 0; text += used) {
		uint32_t c;

		used = ost_unicode_decode(text, &c);
		r = used > 0 ? ost_text_append(&clean, text, used) : ost_text_append(&clean, "\xef\xbf\xbd", 3);
		used = OST_MAX(used, (size_t)1);
	}
	if (r == 0 && clean.bytes != NULL)
		value = json_string(clean.bytes);
	ost_format_text_free(&clean);
	return value;
}

void ost_tree_put_text(struct ost_tree *t, const char *path, const char *text)
{
	json_t *value;

	if (text == NULL || text[0] == '\0')
		return;
	value = json_string(text);
	ost_tree_put(t, path, value != NULL ? value : cleaned(text));
}

void ost_tree_put_integer(struct ost_tree *t, const char *path, uint64_t number)
{
	ost_tree_put(t, path, json_integer((json_int_t)OST_MIN(number, (uint64_t)INT64_MAX)));
}

void ost_tree_put_number(struct ost_tree *t, const char *path, uint64_t number)
{
	if (number != 0)
		ost_tree_put_integer(t, path, number);
}

void ost_tree_put_ms(struct ost_tree *t, const char *path, uint64_t time_ns)
{
	ost_tree_put_number(t, path, time_ns / OST_NS_PER_MS);
}

void ost_tree_put_same(struct ost_tree *t, const char *path, json_t *value)
{
	if (value != NULL)
		ost_tree_put(t, path, json_incref(value));
}

void ost_tree_add(struct ost_tree *t, const char *path, json_t *value)
{
	char last[STEP];
	json_t *at = holder(t->root, path, last), *array = at != NULL ? json_object_get(at, last) : NULL;

	if (at != NULL && array == NULL) {
		array = json_array();
		if (json_object_set_new(at, last, array) < 0)
			array = NULL;
	}
	if (!json_is_array(array)) {
		json_decref(value);
		t->failed = true;
	} else if (value == NULL || json_array_append_new(array, value) < 0) {
		t->failed = true;
	}
}

char *ost_tree_json(const json_t *value, bool sorted)
{
	size_t flags = JSON_COMPACT | (sorted ? JSON_SORT_KEYS : 0), n = value != NULL ? json_dumpb(value, NULL, 0, flags) : 0;
	char *text = n > 0 ? malloc(n + 1) : NULL;

	if (text != NULL && json_dumpb(value, text, n, flags) != n) {
		free(text);
		return NULL;
	}
	if (text != NULL)
		text[n] = '\0';
	return text;
}

static bool is_in(const char *const *names, const char *name)
{
	while (*names != NULL && strcmp(*names, name) != 0)
		names++;
	return *names != NULL;
}

json_t *ost_tree_copy(json_t *object, const char *const *without)
{
	json_t *copy = json_object(), *value;
	bool failed = copy == NULL;
	const char *key;

	json_object_foreach(object, key, value) {
		if (!is_in(without, key))
			failed |= json_object_set(copy, key, value) < 0;
	}
	if (failed)
		json_decref(copy);
	return failed ? NULL : copy;
}

int ost_tree_end(struct ost_tree *t, struct ost_format_text *out)
{
	char *json = t->failed ? NULL : ost_tree_json(t->root, false);
	int r = json == NULL ? -ENOMEM : ost_text_json(out, json, strlen(json));

	if (r == 0)
		r = ost_text_append(out, "\n", 1);
	free(json);
	json_decref(t->root);
	t->root = NULL;
	return r;
}
