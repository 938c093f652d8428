/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy_events.h"

#include <stdio.h>

#include "clock.h"
#include "policy_told.h"
#include "schedule.h"

struct ost_policy_events {
	struct ost_policy_events_config config;
	struct ost_policy_events_counts counts;
	struct ost_jsonw line;
	char path[PATH_MAX]; /* of what was told */
	struct ost_policy_told told;	/* generation and time; read at the start, then kept up */
	struct ost_exceptions list;	/* of the generation in force, with what was told of each */
	struct ost_schedules_open open; /* as told, by number in the image in force */
	char **schedules;		/* names by number, for the next generation's comparison */
	uint32_t schedule_count;
	uint64_t second_ns;
	uint32_t lines; /* of this second */
	uint64_t over;	/* not written since it was told last */
	bool dirty;
};

const char *ost_policy_event_name(unsigned event)
{
	static const char *const names[OST_POLICY_EVENT_COUNT] = {"generation", "exception-held", "exception-began", "exception-ended",
		"exception-expired", "schedule-opened", "schedule-closed", "overflow"};

	return event < OST_POLICY_EVENT_COUNT ? names[event] : "invalid";
}

int ost_policy_events_new(const struct ost_policy_events_config *config, struct ost_policy_events **ret_events)
{
	struct ost_policy_events *ev = calloc(1, sizeof(*ev));
	int r;

	if (ev == NULL)
		return -ENOMEM;
	ev->config = *config;
	if (snprintf(ev->path, sizeof(ev->path), "%s/exceptions", config->paths->state_dir) >= (int)sizeof(ev->path)) {
		free(ev);
		return -ENAMETOOLONG;
	}
	r = ost_policy_told_read(ev->path, &ev->told);
	if (r == -ENOMEM) {
		free(ev);
		return r;
	}
	*ret_events = ev;
	return 0;
}

static void schedules_forget(struct ost_policy_events *ev)
{
	for (uint32_t i = 0; i < ev->schedule_count; i++)
		free(ev->schedules[i]);
	free(ev->schedules);
	ev->schedules = NULL;
	ev->schedule_count = 0;
}

void ost_policy_events_free(struct ost_policy_events **events)
{
	struct ost_policy_events *ev = *events;

	if (ev == NULL)
		return;
	ost_jsonw_free(&ev->line);
	ost_exceptions_free(&ev->list);
	ost_policy_told_free(&ev->told);
	schedules_forget(ev);
	free(ev);
	*events = NULL;
}

/* ---- lines ---- */

static void line_end(struct ost_policy_events *ev)
{
	ost_jsonw_end(&ev->line, '}');
	ost_jsonw_newline(&ev->line);
	if (!ev->line.failed)
		ev->config.write(ev->config.user, ev->line.text, ev->line.length);
}

static struct ost_jsonw *line_begin(struct ost_policy_events *ev, enum ost_policy_event event, struct ost_moment now)
{
	ost_jsonw_reset(&ev->line);
	ost_jsonw_object(&ev->line, NULL);
	ost_jsonw_time(&ev->line, "time", now.wall_ns);
	ost_jsonw_string(&ev->line, "gateway", ev->config.gateway);
	ost_jsonw_string(&ev->line, "event", ost_policy_event_name(event));
	ost_jsonw_u64(&ev->line, "generation", ev->told.generation);
	return &ev->line;
}

static void second_begin(struct ost_policy_events *ev, struct ost_moment now)
{
	if (now.mono_ns - ev->second_ns < OST_NS_PER_S)
		return;
	ev->second_ns = now.mono_ns;
	ev->lines = 0;
	if (ev->over == 0)
		return;
	(void)line_begin(ev, OST_POLICY_EVENT_OVERFLOW, now);
	ost_jsonw_string(&ev->line, "meaning", "more lines than the record takes: these were not written, and are counted");
	ost_jsonw_u64(&ev->line, "lines", ev->over);
	line_end(ev);
	ev->over = 0;
}

static bool line_allowed(struct ost_policy_events *ev)
{
	ev->dirty = true;
	if (ev->lines++ < OST_POLICY_EVENTS_SECOND)
		return true;
	ev->over++;
	ev->counts.suppressed_lines++;
	return false;
}

static void exception_tell(struct ost_policy_events *ev, enum ost_policy_event event, const struct ost_exception *e, struct ost_moment now)
{
	struct ost_jsonw *w;

	if (!line_allowed(ev))
		return;
	w = line_begin(ev, event, now);
	if (event == OST_POLICY_EVENT_EXCEPTION_HELD)
		ost_jsonw_string(w, "state", ost_exception_state_name(ost_exception_state(e, (int64_t)(now.wall_ns / OST_NS_PER_S))));
	ost_exception_json(w, e);
	ost_jsonw_u64(w, "brought_by_generation", e->generation);
	line_end(ev);
}

static void schedule_tell(struct ost_policy_events *ev, bool open, const char *name, struct ost_moment now)
{
	if (strchr(name, ' ') != NULL || !line_allowed(ev)) /* an audit's or an exception's own */
		return;
	(void)line_begin(ev, open ? OST_POLICY_EVENT_SCHEDULE_OPENED : OST_POLICY_EVENT_SCHEDULE_CLOSED, now);
	ost_jsonw_string(&ev->line, "schedule", name);
	line_end(ev);
}

/* From what was told to what is so. */
static void exception_step(struct ost_policy_events *ev, struct ost_exception *e, struct ost_moment now)
{
	const enum ost_exception_state state = ost_exception_state(e, (int64_t)(now.wall_ns / OST_NS_PER_S));

	if (state == e->told)
		return;
	if (state == OST_EXCEPTION_IN_FORCE)
		exception_tell(ev, OST_POLICY_EVENT_EXCEPTION_BEGAN, e, now);
	else if (state == OST_EXCEPTION_OVER)
		exception_tell(ev, OST_POLICY_EVENT_EXCEPTION_EXPIRED, e, now);
	else if (e->told == OST_EXCEPTION_IN_FORCE)
		exception_tell(ev, OST_POLICY_EVENT_EXCEPTION_ENDED, e, now);
	e->told = (uint8_t)state;
	ev->dirty = true;
}

static void steps(struct ost_policy_events *ev, const struct ost_image *image, struct ost_moment now)
{
	const int64_t now_s = (int64_t)(now.wall_ns / OST_NS_PER_S);
	struct ost_schedules_open open;

	ost_schedules_at(image, now_s, &open);
	for (uint32_t i = 0; i < image->schedule_count; i++) {
		const bool is = ost_schedule_is_open(&open, i + 1);

		if (is != ost_schedule_is_open(&ev->open, i + 1))
			schedule_tell(ev, is, ost_image_string(image, image->schedules[i].name), now);
	}
	ev->open = open;
	for (uint32_t i = 0; i < ev->list.count; i++)
		exception_step(ev, &ev->list.items[i], now);
	ev->told.until_s = now_s;
}

/* ---- a generation ---- */

static int schedule_find(const struct ost_policy_events *ev, const char *name)
{
	for (uint32_t i = 0; i < ev->schedule_count; i++)
		if (strcmp(ev->schedules[i], name) == 0)
			return (int)i;
	return -ENOENT;
}

static bool schedule_there(const struct ost_image *image, const char *name)
{
	for (uint32_t i = 0; i < image->schedule_count; i++)
		if (strcmp(ost_image_string(image, image->schedules[i].name), name) == 0)
			return true;
	return false;
}

/* Schedules go by their names from one generation to the next; one that is no more, and was open, has closed. */
static int schedules_take(struct ost_policy_events *ev, const struct ost_image *image, struct ost_moment now)
{
	char **names = calloc((size_t)image->schedule_count + 1, sizeof(*names));
	struct ost_schedules_open open = {{0}};
	uint32_t n = 0;

	for (n = 0; names != NULL && n < image->schedule_count; n++) {
		const char *name = ost_image_string(image, image->schedules[n].name);
		int before = schedule_find(ev, name);

		names[n] = strdup(name);
		if (names[n] == NULL)
			break;
		if (before >= 0 && ost_schedule_is_open(&ev->open, (unsigned)before + 1))
			open.word[n / 64] |= 1ull << n % 64;
	}
	if (names == NULL || n < image->schedule_count) {
		for (uint32_t i = 0; i < n; i++)
			free(names[i]);
		free(names);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < ev->schedule_count; i++)
		if (ost_schedule_is_open(&ev->open, i + 1) && !schedule_there(image, ev->schedules[i]))
			schedule_tell(ev, false, ev->schedules[i], now);
	schedules_forget(ev);
	ev->schedules = names;
	ev->schedule_count = n;
	ev->open = open;
	return 0;
}

static void generation_tell(struct ost_policy_events *ev, const struct ost_generation *g, uint64_t former, const struct ost_exceptions *list,
	struct ost_moment now)
{
	uint64_t states[OST_EXCEPTION_STATE_COUNT] = {0};
	struct ost_jsonw *w = line_begin(ev, OST_POLICY_EVENT_GENERATION, now);

	for (uint32_t i = 0; i < list->count; i++)
		states[ost_exception_state(&list->items[i], (int64_t)(now.wall_ns / OST_NS_PER_S))]++;
	ost_jsonw_u64(w, "former", former);
	ost_jsonw_string(w, "state", ost_generation_state_name(g->state));
	ost_jsonw_string(w, "by", g->by);
	ost_jsonw_u64(w, "uid", g->uid);
	ost_jsonw_string(w, "message", g->message);
	ost_jsonw_string(w, "sources_sha256", g->sources_sha256[0] != '\0' ? g->sources_sha256 : NULL);
	ost_jsonw_u64(w, "exceptions_in_force", states[OST_EXCEPTION_IN_FORCE]);
	ost_jsonw_u64(w, "exceptions_to_come", states[OST_EXCEPTION_TO_COME]);
	ost_jsonw_u64(w, "exceptions_over", states[OST_EXCEPTION_OVER]);
	line_end(ev);
	ev->dirty = true;
}

/* What each brought along from the generation before: who brought it, and what was told of it. */
static void carry(struct ost_policy_events *ev, struct ost_exceptions *fresh, const struct ost_generation *g)
{
	for (uint32_t i = 0; i < fresh->count; i++) {
		struct ost_exception *e = &fresh->items[i];
		const struct ost_exception *before = ost_exceptions_find(&ev->list, e->key);
		const uint64_t kept = ost_policy_told_generation(&ev->told, e->key);

		e->generation = before != NULL ? before->generation : kept != 0 ? kept : g->number;
		e->told = before != NULL ? before->told : OST_EXCEPTION_TO_COME;
	}
}

static void gone_tell(struct ost_policy_events *ev, const struct ost_exceptions *fresh, struct ost_moment now)
{
	for (uint32_t i = 0; i < ev->list.count; i++) {
		const struct ost_exception *e = &ev->list.items[i];

		if (e->told == OST_EXCEPTION_IN_FORCE && ost_exceptions_find(fresh, e->key) == NULL)
			exception_tell(ev, OST_POLICY_EVENT_EXCEPTION_ENDED, e, now);
	}
}

/* One that is over when it comes was never in force: it does not expire. */
static void over_take(struct ost_exceptions *fresh, struct ost_moment now)
{
	for (uint32_t i = 0; i < fresh->count; i++) {
		struct ost_exception *e = &fresh->items[i];

		if (e->told == OST_EXCEPTION_TO_COME && ost_exception_state(e, (int64_t)(now.wall_ns / OST_NS_PER_S)) == OST_EXCEPTION_OVER)
			e->told = OST_EXCEPTION_OVER;
	}
}

/* After a restart: what is told is what was so when it was told last. */
static void resume(struct ost_policy_events *ev, const struct ost_image *image)
{
	for (uint32_t i = 0; i < ev->list.count; i++)
		ev->list.items[i].told = (uint8_t)ost_exception_state(&ev->list.items[i], ev->told.until_s);
	ost_schedules_at(image, ev->told.until_s, &ev->open);
}

int ost_policy_events_policy(struct ost_policy_events *ev, const struct ost_image *image, const struct ost_generation *g, struct ost_moment now)
{
	const uint64_t former = ev->told.generation;
	const bool same = former == g->number, first = ev->schedules == NULL;
	struct ost_exceptions fresh;
	int r = ost_exceptions_of(image, &fresh);

	if (r < 0)
		return r;
	second_begin(ev, now);
	carry(ev, &fresh, g);
	ev->told.generation = g->number;
	if (!same) {
		generation_tell(ev, g, former, &fresh, now);
		gone_tell(ev, &fresh, now);
		for (uint32_t i = 0; i < fresh.count; i++)
			exception_tell(ev, OST_POLICY_EVENT_EXCEPTION_HELD, &fresh.items[i], now);
		over_take(&fresh, now);
	}
	ost_exceptions_free(&ev->list);
	ev->list = fresh;
	r = schedules_take(ev, image, now);
	if (r == 0 && same && first)
		resume(ev, image);
	/* From now on the list itself knows who brought what: an exception that goes and comes again is another one. */
	free(ev->told.brought);
	ev->told.brought = NULL;
	ev->told.brought_count = 0;
	if (r == 0)
		steps(ev, image, now);
	return r;
}

void ost_policy_events_tick(struct ost_policy_events *ev, const struct ost_image *image, struct ost_moment now)
{
	second_begin(ev, now);
	if (image != NULL && image->generation == ev->told.generation && ev->schedules != NULL)
		steps(ev, image, now);
}

int ost_policy_events_keep(struct ost_policy_events *ev)
{
	int r;

	if (!ev->dirty)
		return 0;
	r = ost_policy_told_write(ev->path, &ev->told, &ev->list);
	ev->dirty = r < 0;
	return r;
}

const struct ost_exceptions *ost_policy_events_exceptions(const struct ost_policy_events *ev)
{
	return &ev->list;
}

const struct ost_policy_events_counts *ost_policy_events_counts(const struct ost_policy_events *ev)
{
	return &ev->counts;
}
