/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "exceptions.h"

#include <inttypes.h>
#include <stdio.h>

#include "clock.h"
#include "digest.h"
#include "schedule.h"

#define TAGS_TEXT (OST_TAGS_MAX * (OST_NAME_MAX + 1) + 1)
#define ENDING	  ", exception until " /* of an exception's rule text, before its end and its reason */

const char *ost_exception_state_name(unsigned state)
{
	static const char *const names[OST_EXCEPTION_STATE_COUNT] = {"in-force", "to-come", "over"};

	return state < OST_EXCEPTION_STATE_COUNT ? names[state] : "invalid";
}

static void tags_text(const struct ost_image *image, uint64_t bits, char buf[static TAGS_TEXT])
{
	size_t used = 0;

	buf[0] = '\0';
	for (uint32_t i = 0; i < image->tag_count; i++) {
		if (bits >> i & 1)
			used += (size_t)snprintf(buf + used, TAGS_TEXT - used, "%s%s", used > 0 ? "," : "",
				ost_image_string(image, image->tags[i].name));
	}
}

static void whom_fill(const struct ost_image *image, const struct ost_image_rule *rule, struct ost_exception *e)
{
	char tags[TAGS_TEXT];

	if (rule->flags & OST_RULE_ONE) {
		e->device = strdup(ost_image_device_name(image, rule->only_device));
	} else if (rule->only_tags != 0) {
		tags_text(image, rule->only_tags, tags);
		e->tags = strdup(tags);
	} else {
		e->role = strdup(ost_image_role_name(image, rule->role));
	}
}

static void span_fill(const struct ost_image *image, const struct ost_image_rule *rule, struct ost_exception *e)
{
	const struct ost_image_schedule *s = rule->schedule != OST_SCHEDULE_ALWAYS ? &image->schedules[rule->schedule - 1] : NULL;

	e->since_s = INT64_MIN;
	e->until_s = INT64_MAX;
	if (s == NULL || s->window_count != 1 || image->windows[s->window_first].kind != OST_WINDOW_ABSOLUTE)
		return;
	e->since_s = image->windows[s->window_first].since_s;
	e->until_s = image->windows[s->window_first].until_s;
}

/* Everything that it says: for whom, its rule with end and reason, and its beginning. */
static int key_make(const char *text, struct ost_exception *e)
{
	OST_AUTO_FREE char *said = NULL;
	uint8_t digest[OST_DIGEST_BYTES];
	int n = asprintf(&said, "%s|%s|%s|%s|%" PRId64, e->device != NULL ? e->device : "", e->role != NULL ? e->role : "",
		e->tags != NULL ? e->tags : "", text, e->since_s);
	int r = n < 0 ? -ENOMEM : ost_digest_bytes(said, (size_t)n, digest);

	if (r == 0)
		memcpy(e->key, digest, sizeof(e->key));
	return r;
}

static int fill(const struct ost_image *image, const struct ost_image_exception *x, struct ost_exception *e)
{
	const struct ost_image_rule *rule = &image->rules[x->rule];
	const char *text = ost_image_string(image, rule->text), *ending = strstr(text, ENDING);

	whom_fill(image, rule, e);
	span_fill(image, rule, e);
	e->rule = strndup(text, ending != NULL ? (size_t)(ending - text) : strlen(text));
	e->reason = strdup(ost_image_string(image, x->reason));
	e->file = strdup(ost_image_string(image, rule->file));
	e->line = rule->line;
	e->column = rule->column;
	if ((e->device == NULL && e->role == NULL && e->tags == NULL) || e->rule == NULL || e->reason == NULL || e->file == NULL)
		return -ENOMEM;
	return key_make(text, e);
}

static void close_one(struct ost_exception *e)
{
	free(e->device);
	free(e->role);
	free(e->tags);
	free(e->rule);
	free(e->reason);
	free(e->file);
}

void ost_exceptions_free(struct ost_exceptions *list)
{
	for (uint32_t i = 0; i < list->count; i++)
		close_one(&list->items[i]);
	free(list->items);
	*list = (struct ost_exceptions){0};
}

static int key_compare(const void *a, const void *b)
{
	const struct ost_exception *x = a, *y = b;

	return memcmp(x->key, y->key, sizeof(x->key));
}

/* Copies of one exception in several roles have one key. */
static void copies_drop(struct ost_exceptions *list)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < list->count; i++) {
		if (kept > 0 && key_compare(&list->items[i], &list->items[kept - 1]) == 0)
			close_one(&list->items[i]);
		else
			list->items[kept++] = list->items[i];
	}
	list->count = kept;
}

int ost_exceptions_of(const struct ost_image *image, struct ost_exceptions *ret_list)
{
	struct ost_exceptions list = {.items = calloc((size_t)image->exception_count + 1, sizeof(*list.items))};
	int r = list.items == NULL ? -ENOMEM : 0;

	for (uint32_t i = 0; i < image->exception_count && r == 0; i++)
		r = fill(image, &image->exceptions[i], &list.items[list.count++]);
	if (r < 0) {
		ost_exceptions_free(&list);
		return r;
	}
	qsort(list.items, list.count, sizeof(*list.items), key_compare);
	copies_drop(&list);
	*ret_list = list;
	return 0;
}

struct ost_exception *ost_exceptions_find(const struct ost_exceptions *list, const uint8_t key[static OST_EXCEPTION_KEY])
{
	struct ost_exception wanted = {0};

	memcpy(wanted.key, key, sizeof(wanted.key));
	return list->count > 0 ? bsearch(&wanted, list->items, list->count, sizeof(wanted), key_compare) : NULL;
}

enum ost_exception_state ost_exception_state(const struct ost_exception *e, int64_t now_s)
{
	if (now_s < OST_SCHEDULE_CLOCK_MIN_S || now_s < e->since_s)
		return OST_EXCEPTION_TO_COME;
	return now_s < e->until_s ? OST_EXCEPTION_IN_FORCE : OST_EXCEPTION_OVER;
}

static void tags_json(struct ost_jsonw *w, const char *tags)
{
	char name[OST_NAME_MAX + 1];

	ost_jsonw_array(w, "tags");
	for (const char *at = tags; at != NULL && *at != '\0';) {
		size_t n = strcspn(at, ",");

		(void)snprintf(name, sizeof(name), "%.*s", (int)OST_MIN(n, sizeof(name) - 1), at);
		ost_jsonw_string(w, NULL, name);
		at += n + (at[n] == ',');
	}
	ost_jsonw_end(w, ']');
}

static void time_json(struct ost_jsonw *w, const char *key, int64_t s)
{
	/* 0 is null: it has none on that side, or one that no clock shows */
	ost_jsonw_time(w, key, s > 0 && s < INT64_MAX / (int64_t)OST_NS_PER_S ? (uint64_t)s * OST_NS_PER_S : 0);
}

void ost_exception_json(struct ost_jsonw *w, const struct ost_exception *e)
{
	ost_jsonw_string(w, "device", e->device);
	ost_jsonw_string(w, "role", e->role);
	tags_json(w, e->tags);
	ost_jsonw_string(w, "rule", e->rule);
	time_json(w, "since", e->since_s);
	time_json(w, "until", e->until_s);
	ost_jsonw_string(w, "reason", e->reason);
	ost_jsonw_string(w, "file", e->file);
	ost_jsonw_u64(w, "line", e->line);
	ost_jsonw_u64(w, "column", e->column);
}
