/* SPDX-License-Identifier: GPL-2.0-or-later */
/* schedules: of the policy file, and those that audits and exceptions make. */
#include "array.h"
#include "policy_reader.h"
#include "times.h"

#define WINDOWS_MAX 64u /* of one schedule */

static const char *const day_words[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

/* One item, before its parts are checked together. */
struct draft {
	const struct ost_yaml_node *days, *from, *until, *zone, *since;
};

OST_YAML_KEEP(struct draft, days)
OST_YAML_KEEP(struct draft, from)
OST_YAML_KEEP(struct draft, until)
OST_YAML_KEEP(struct draft, zone)
OST_YAML_KEEP(struct draft, since)

bool policy_time_read(struct policy_reader *r, const struct ost_yaml_node *node, const char *what, int64_t *ret_utc_s)
{
	char why[256];

	if (!ost_yaml_is_scalar(&r->y, node, what))
		return false;
	if (ost_time_parse(node->text, ret_utc_s, why) == 0)
		return true;
	policy_why_error(r, node, why);
	return false;
}

/* since and until of something that happens once. */
bool policy_span_read(struct policy_reader *r, const struct ost_yaml_node *since, const struct ost_yaml_node *until, struct ost_window *ret_window)
{
	struct ost_window w = {.kind = OST_WINDOW_ABSOLUTE, .since_s = INT64_MIN, .until_s = INT64_MAX};
	bool sound = since == NULL || policy_time_read(r, since, "since", &w.since_s);

	sound &= until == NULL || policy_time_read(r, until, "until", &w.until_s);
	if (!sound)
		return false;
	if (w.since_s >= w.until_s) {
		ost_yaml_error(&r->y, until, "put the earlier one behind since:", "it ends before it begins");
		return false;
	}
	*ret_window = w;
	return true;
}

static bool minute_read(struct policy_reader *r, const struct ost_yaml_node *node, const char *what, uint16_t most, uint16_t *ret_minute)
{
	uint16_t minute;

	if (!ost_yaml_is_scalar(&r->y, node, what))
		return false;
	if (!ost_minute_parse(node->text, &minute) || minute > most) {
		ost_yaml_error(&r->y, node, "write \"02:00\": two digits each, quoted, from 00:00 to 23:59; until: may be \"24:00\"",
			"%s cannot be '%.63s'", what, node->text);
		return false;
	}
	*ret_minute = minute;
	return true;
}

/* "mon", or "mon-fri": from the first to the last, over the end of the week when it must. */
static uint8_t days_of(const char *text)
{
	char first[4] = "", last[4] = "";
	uint8_t bits = 0;
	unsigned a = 7, b = 7;

	if (strlen(text) == 7 && text[3] == '-') {
		memcpy(first, text, 3);
		memcpy(last, text + 4, 3);
	}
	for (unsigned i = 0; i < 7; i++) {
		a = strcmp(day_words[i], first) == 0 ? i : a;
		b = strcmp(day_words[i], last) == 0 ? i : b;
	}
	if (a == 7 || b == 7)
		return 0;
	for (; a != b; a = (a + 1) % 7)
		bits |= (uint8_t)(1u << a);
	return bits | (uint8_t)(1u << b);
}

static bool days_read(struct policy_reader *r, const struct ost_yaml_node *list, uint8_t *ret_days)
{
	uint8_t bits = 0;

	if (!ost_yaml_is_list(&r->y, list, "days"))
		return false;
	for (const struct ost_yaml_node *item = ost_yaml_item_first(list); item != NULL; item = ost_yaml_item_next(list, item)) {
		uint8_t more = item->kind == OST_YAML_SCALAR ? days_of(item->text) : 0;
		uint32_t day;

		if (more == 0) {
			if (!ost_yaml_word(&r->y, item, "days", day_words, 7, &day))
				return false;
			more = (uint8_t)(1u << day);
		}
		if (bits & more) {
			ost_yaml_error(&r->y, item, "name each day once", "'%s' names a day that stands there already", item->text);
			return false;
		}
		bits |= more;
	}
	*ret_days = bits;
	return true;
}

static bool weekly_read(struct policy_reader *r, const struct ost_yaml_node *node, const struct draft *draft, struct ost_window *ret_window)
{
	static const char *const zones[] = {"utc", "local"};
	struct ost_window w = {.kind = OST_WINDOW_WEEKLY, .days = 0x7f};
	uint32_t zone = 0;

	if (draft->since != NULL) {
		ost_yaml_error(&r->y, draft->since, "write since: and until: with dates, or days:, from: and until: with times of the day",
			"a window is either once or every week");
		return false;
	}
	if (draft->from == NULL || draft->until == NULL) {
		ost_yaml_error(&r->y, node, "write from: \"02:00\" and until: \"04:00\"", "the window does not say from when until when");
		return false;
	}
	if (!minute_read(r, draft->from, "from", 1439, &w.from_min) || !minute_read(r, draft->until, "until", 1440, &w.until_min) ||
		(draft->days != NULL && !days_read(r, draft->days, &w.days)) ||
		(draft->zone != NULL && !ost_yaml_word(&r->y, draft->zone, "zone", zones, 2, &zone)))
		return false;
	w.local = zone == 1;
	*ret_window = w;
	return true;
}

static bool window_read(struct policy_reader *r, const struct ost_yaml_node *node, struct ost_window *ret_window)
{
	static const struct ost_yaml_field fields[] = {
		{"days", days_field},
		{"from", from_field},
		{"until", until_field},
		{"zone", zone_field},
		{"since", since_field},
	};
	struct draft draft = {0};
	uint32_t errors = r->y.diag->errors;

	if (!ost_yaml_is_mapping(&r->y, node, "a window of the schedule"))
		return false;
	ost_yaml_fields(&r->y, node, "a window of the schedule", fields, OST_ARRAY_SIZE(fields), r, &draft);
	if (r->y.diag->errors != errors)
		return false;
	if (draft.days != NULL || draft.from != NULL || draft.zone != NULL)
		return weekly_read(r, node, &draft, ret_window);
	if (draft.since == NULL && draft.until == NULL) {
		ost_yaml_error(&r->y, node, "write days:, from: and until:, or since: and until:", "the window says no time");
		return false;
	}
	return policy_span_read(r, draft.since, draft.until, ret_window);
}

static void windows_read(struct policy_reader *r, const struct ost_yaml_node *node, struct ost_schedule *schedule)
{
	bool list = node->kind == OST_YAML_SEQUENCE;
	uint32_t n = list ? node->count : 1;

	if (list && (n == 0 || n > WINDOWS_MAX)) {
		ost_yaml_error(&r->y, node, "write at least one window, and join those that touch", "a schedule has 1 to %u windows, and this one %u",
			WINDOWS_MAX, n);
		return;
	}
	schedule->windows = ost_yaml_alloc(&r->y, n, sizeof(*schedule->windows));
	for (const struct ost_yaml_node *item = list ? node->first : node; item != NULL && schedule->windows != NULL;
		item = list ? item->next : NULL)
		if (window_read(r, item, &schedule->windows[schedule->window_count]))
			schedule->window_count++;
}

/* A further schedule, or NULL: there are too many, which is told at the place in hand, or no memory. */
static struct ost_schedule *schedule_new(struct policy_reader *r, const struct ost_yaml_node *node)
{
	struct ost_policy *p = r->policy;
	struct ost_schedule *schedules;

	if (p->schedule_count == OST_SCHEDULES_MAX) {
		if (!r->too_many_schedules)
			ost_yaml_error(&r->y, node, "remove exceptions that have run out, or let several end at one time",
				"the policy has more than %u schedules, exceptions and audits", OST_SCHEDULES_MAX);
		r->too_many_schedules = true;
		return NULL;
	}
	schedules = ost_array_room(p->schedules, p->schedule_count, &r->schedule_capacity, sizeof(*schedules));
	if (schedules == NULL) {
		r->y.no_memory = true;
		return NULL;
	}
	p->schedules = schedules;
	p->schedules[p->schedule_count] = (struct ost_schedule){.pos = policy_pos(r, node)};
	return &p->schedules[p->schedule_count++];
}

static void schedules_section(struct policy_reader *r, const struct ost_yaml_node *section)
{
	OST_YAML_EACH(section, key)
	{
		struct ost_schedule *schedule;

		(void)ost_yaml_is_name(&r->y, key, "the schedule");
		schedule = schedule_new(r, key);
		if (schedule == NULL)
			return;
		schedule->name = ost_yaml_strdup(&r->y, key->text);
		ost_names_add(&r->schedule_names, key->text, ost_yaml_pos(&r->y, key), r->policy->schedule_count - 1);
		if (key->next->kind != OST_YAML_BROKEN)
			windows_read(r, key->next, schedule);
	}
}

void policy_schedules_read(struct policy_reader *r)
{
	uint32_t n = policy_section_pairs(r, OST_TOP_SCHEDULES);

	ost_names_reserve(&r->y, &r->schedule_names, n);
	r->schedule_used = ost_yaml_alloc(&r->y, OST_SCHEDULES_MAX, sizeof(*r->schedule_used));
	policy_sections(r, OST_TOP_SCHEDULES, schedules_section);
	r->schedules_named = r->policy->schedule_count;
	ost_names_seal(&r->y, &r->schedule_names, "schedule");
}

uint16_t policy_when_read(struct policy_reader *r, const struct ost_yaml_node *node)
{
	const struct ost_name *name;

	if (!ost_yaml_is_scalar(&r->y, node, "when"))
		return OST_SCHEDULE_ALWAYS;
	name = policy_resolve(r, &r->schedule_names, node, "schedule");
	if (name == NULL || r->schedule_used == NULL)
		return OST_SCHEDULE_ALWAYS;
	r->schedule_used[name->index] = true;
	return (uint16_t)(name->index + 1);
}

uint16_t policy_schedule_span(struct policy_reader *r, const struct ost_yaml_node *node, const struct ost_window *span)
{
	char text[96], since[OST_TIME_MINUTES], until[OST_TIME_MINUTES];
	struct ost_schedule *s;

	for (uint32_t i = r->schedules_named; i < r->policy->schedule_count; i++) {
		const struct ost_window *w = r->policy->schedules[i].windows;

		if (w != NULL && w->since_s == span->since_s && w->until_s == span->until_s)
			return (uint16_t)(i + 1);
	}
	s = schedule_new(r, node);
	if (s == NULL)
		return OST_SCHEDULE_ALWAYS;
	ost_hint(text, sizeof(text), "%s%s%suntil %s", span->since_s != INT64_MIN ? "since " : "",
		span->since_s != INT64_MIN ? ost_time_format(span->since_s, since) : "", span->since_s != INT64_MIN ? " " : "",
		ost_time_format(span->until_s, until));
	s->name = ost_yaml_strdup(&r->y, text);
	s->windows = ost_yaml_alloc(&r->y, 1, sizeof(*s->windows));
	if (s->windows != NULL) {
		s->windows[0] = *span;
		s->window_count = 1;
	}
	return (uint16_t)(s - r->policy->schedules + 1);
}
