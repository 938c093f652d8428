/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy_told.h"

#include <inttypes.h>
#include <stdio.h>

#include "file.h"
#include "text.h"

#define FILE_MAX  (8u << 20)
#define FILE_MODE 0640u
#define FIRST	  "ostiary-told 1 "
#define KEYS_MAX  65536u

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool key_read(const char *text, uint8_t key[static OST_EXCEPTION_KEY])
{
	for (uint32_t i = 0; i < OST_EXCEPTION_KEY; i++) {
		int high = hex_digit(text[2 * i]), low = high >= 0 ? hex_digit(text[2 * i + 1]) : -1;

		if (low < 0)
			return false;
		key[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* A number that ends where the character is; behind it, or NULL. */
static const char *number_read(const char *at, char end, uint64_t *ret_number)
{
	const char *stop = strchr(at, end);

	return stop != NULL && ost_number_parse(at, (size_t)(stop - at), ret_number) == 0 ? stop + 1 : NULL;
}

static int compare(const void *a, const void *b)
{
	const struct ost_policy_brought *x = a, *y = b;

	return memcmp(x->key, y->key, sizeof(x->key));
}

static int lines_read(const char *at, struct ost_policy_told *t)
{
	uint32_t lines = 0;

	for (const char *c = strchr(at, '\n'); c != NULL; c = strchr(c + 1, '\n'))
		lines++;
	if (lines > KEYS_MAX)
		return -EINVAL;
	t->brought = calloc((size_t)lines + 1, sizeof(*t->brought));
	if (t->brought == NULL)
		return -ENOMEM;
	while (*at != '\0') {
		struct ost_policy_brought *b = &t->brought[t->brought_count];
		const char *number = at + 2 * OST_EXCEPTION_KEY + 1;

		if (t->brought_count == lines || !key_read(at, b->key) || number[-1] != ' ')
			return -EINVAL;
		at = number_read(number, '\n', &b->generation);
		if (at == NULL)
			return -EINVAL;
		t->brought_count++;
	}
	qsort(t->brought, t->brought_count, sizeof(*t->brought), compare);
	return 0;
}

static int parse(const char *text, struct ost_policy_told *t)
{
	uint64_t until_s = 0;
	const char *at = strncmp(text, FIRST, sizeof(FIRST) - 1) == 0 ? text + sizeof(FIRST) - 1 : NULL;

	if (at != NULL)
		at = number_read(at, ' ', &t->generation);
	if (at != NULL)
		at = number_read(at, '\n', &until_s);
	if (at == NULL || until_s > INT64_MAX)
		return -EINVAL;
	t->until_s = (int64_t)until_s;
	return lines_read(at, t);
}

int ost_policy_told_read(const char *path, struct ost_policy_told *ret_told)
{
	OST_AUTO_FREE char *text = NULL;
	size_t length;
	int r = ost_file_read(path, FILE_MAX, &text, &length);

	*ret_told = (struct ost_policy_told){0};
	if (r == -ENOENT)
		return 0;
	if (r == 0)
		r = strlen(text) == length ? parse(text, ret_told) : -EINVAL;
	if (r < 0) {
		ost_policy_told_free(ret_told);
		return r == -ENOMEM ? r : -EINVAL;
	}
	return 0;
}

int ost_policy_told_write(const char *path, const struct ost_policy_told *told, const struct ost_exceptions *list)
{
	const size_t size = 64 + (size_t)list->count * (2 * OST_EXCEPTION_KEY + 24);
	OST_AUTO_FREE char *text = malloc(size);
	size_t used;

	if (text == NULL)
		return -ENOMEM;
	used = (size_t)snprintf(text, size, FIRST "%" PRIu64 " %" PRId64 "\n", told->generation, OST_MAX(told->until_s, 0));
	for (uint32_t i = 0; i < list->count; i++) {
		for (uint32_t k = 0; k < OST_EXCEPTION_KEY; k++)
			used += (size_t)snprintf(text + used, size - used, "%02x", list->items[i].key[k]);
		used += (size_t)snprintf(text + used, size - used, " %" PRIu64 "\n", list->items[i].generation);
	}
	return ost_file_write(path, text, used, FILE_MODE);
}

void ost_policy_told_free(struct ost_policy_told *told)
{
	free(told->brought);
	*told = (struct ost_policy_told){0};
}

uint64_t ost_policy_told_generation(const struct ost_policy_told *told, const uint8_t key[static OST_EXCEPTION_KEY])
{
	struct ost_policy_brought wanted = {0};
	const struct ost_policy_brought *found;

	memcpy(wanted.key, key, sizeof(wanted.key));
	found = told->brought_count > 0 ? bsearch(&wanted, told->brought, told->brought_count, sizeof(wanted), compare) : NULL;
	return found != NULL ? found->generation : 0;
}
