/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case_read.h"

#include <jansson.h>
#include <stdio.h>

#include "array.h"
#include "incident_read.h"
#include "regime.h"

/* ---- the envelope, and places in the text: a million lines are looked at, few are parsed ---- */

/* What stands behind this mark in a line that the journal made, up to the next quote. */
static bool quoted(const char *line, const char *mark, char *to, size_t size)
{
	const char *at = strstr(line, mark);
	size_t n;

	if (at == NULL)
		return false;
	at += strlen(mark);
	n = strcspn(at, "\"");
	if (n >= size)
		return false;
	memcpy(to, at, n);
	to[n] = '\0';
	return true;
}

static uint64_t numbered(const char *line, const char *mark)
{
	const char *at = strstr(line, mark);

	return at != NULL ? strtoull(at + strlen(mark), NULL, 10) : 0;
}

static uint64_t time_in(const char *line)
{
	char text[OST_TIME_TEXT];
	uint64_t ns;

	return quoted(line, "\"@timestamp\":\"", text, sizeof(text)) && ost_clock_parse(text, &ns) == 0 ? ns : 0;
}

/* ---- slots ---- */

static uint32_t bucket_of(const uint8_t id[static 16])
{
	uint32_t h;

	memcpy(&h, id + 12, sizeof(h));
	return h % OST_CASE_BUCKETS;
}

static struct case_slot *slot_find(const struct case_reading *r, const uint8_t id[static 16])
{
	struct case_slot *s = r->buckets[bucket_of(id)];

	while (s != NULL && memcmp(s->id, id, sizeof(s->id)) != 0)
		s = s->next;
	return s;
}

static void age_out(struct case_reading *r, struct case_slot *s)
{
	*(s->newer != NULL ? &s->newer->older : &r->newest) = s->older;
	*(s->older != NULL ? &s->older->newer : &r->oldest) = s->newer;
}

static void age_in(struct case_reading *r, struct case_slot *s)
{
	s->newer = NULL;
	s->older = r->newest;
	*(r->newest != NULL ? &r->newest->newer : &r->oldest) = s;
	r->newest = s;
}

static void slot_drop(struct case_reading *r, struct case_slot *s)
{
	struct case_slot **at = &r->buckets[bucket_of(s->id)];

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	age_out(r, s);
	free(s->line);
	free(s);
	r->slots--;
}

static struct case_slot *slot_take(struct case_reading *r, const uint8_t id[static 16])
{
	struct case_slot *s = slot_find(r, id);

	if (s != NULL) {
		age_out(r, s);
		age_in(r, s);
		return s;
	}
	if (r->slots >= OST_CASES_MAX)
		slot_drop(r, r->oldest);
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return NULL;
	memcpy(s->id, id, sizeof(s->id));
	s->next = r->buckets[bucket_of(id)];
	r->buckets[bucket_of(id)] = s;
	age_in(r, s);
	r->slots++;
	return s;
}

/* The same bound and order as in the casebook; here of a slot. */
static void history_add(struct case_slot *s, const struct ost_case_change *change)
{
	if (s->history_count == OST_CASE_HISTORY) {
		memmove(&s->history[1], &s->history[2], (OST_CASE_HISTORY - 2) * sizeof(s->history[0]));
		s->history_count--;
		s->history_skipped++;
	}
	s->history[s->history_count++] = *change;
}

/* ---- lines ---- */

static int incident_take(struct case_reading *r, uint64_t seq, const char *kind, const char *line, size_t length)
{
	struct ost_case_change change = {.seq = seq, .wall_ns = time_in(line), .count = numbered(line, "\"count\":")};
	char id_text[OST_INCIDENT_ID_TEXT];
	struct case_slot *s;
	uint8_t id[16];

	if (!quoted(line, "\"incident\":{\"id\":\"", id_text, sizeof(id_text)) || ost_incident_id_parse(id_text, id) < 0)
		return 0;
	s = slot_take(r, id);
	if (s == NULL)
		return -ENOMEM;
	free(s->line);
	s->line = strndup(line, length);
	s->seq = seq;
	s->count_since = s->last_since_ns = 0;
	(void)snprintf(change.kind, sizeof(change.kind), "%.23s", kind);
	if (!quoted(line, "\"why_told\":\"", change.why, sizeof(change.why)))
		change.why[0] = '\0';
	history_add(s, &change);
	return s->line != NULL ? 0 : -ENOMEM;
}

static int said_take(struct case_reading *r, uint64_t seq, const char *kind, const char *line, size_t length)
{
	struct case_said *grown;

	if (r->said_count >= OST_CASE_SAID_MOST || r->said_bytes + length > OST_CASE_SAID_BYTES) {
		r->said_lost++;
		return 0;
	}
	grown = ost_array_room(r->said, r->said_count, &r->said_capacity, sizeof(*grown));
	if (grown == NULL)
		return -ENOMEM;
	r->said = grown;
	grown[r->said_count] = (struct case_said){.seq = seq, .line = strndup(line, length)};
	if (grown[r->said_count].line == NULL)
		return -ENOMEM;
	(void)snprintf(grown[r->said_count].kind, sizeof(grown[0].kind), "%.23s", kind);
	r->said_count++;
	r->said_bytes += length;
	return 0;
}

/* Counts that grew behind the newest record of an incident. */
static void summary_take(struct case_reading *r, const char *line, size_t length)
{
	json_t *o = json_loadb(line, length, 0, NULL);
	const json_t *list = json_object_get(json_object_get(json_object_get(o, "ostiary"), "suppress"), "incidents"), *entry;
	size_t k;

	json_array_foreach(list, k, entry) {
		const char *id_text = json_string_value(json_object_get(entry, "id")), *last = json_string_value(json_object_get(entry, "last"));
		json_int_t count = json_integer_value(json_object_get(entry, "count"));
		struct case_slot *s;
		uint8_t id[16];

		if (id_text == NULL || count <= 0 || ost_incident_id_parse(id_text, id) < 0 || (s = slot_find(r, id)) == NULL)
			continue;
		s->count_since = (uint64_t)count;
		if (last != NULL && ost_clock_parse(last, &s->last_since_ns) < 0)
			s->last_since_ns = 0;
	}
	json_decref(o);
}

int case_reading_line(struct case_reading *r, uint64_t seq, const char *line, size_t length)
{
	static const char *const said[] = {"decision", "submission", "incident.note", "deadline.warning", "entity.change", "evidence"};
	static const char *const told[] = {"incident.open", "incident.update", "incident.close", "incident.reopen"};
	char kind[OST_JOURNAL_KIND_MAX + 1];

	r->lines++;
	r->last_seq = seq;
	if (!quoted(line, "\",\"kind\":\"", kind, sizeof(kind)))
		return 0;
	for (size_t i = 0; i < OST_ARRAY_SIZE(told); i++) {
		if (strcmp(kind, told[i]) == 0)
			return incident_take(r, seq, kind, line, length);
	}
	for (size_t i = 0; i < OST_ARRAY_SIZE(said); i++) {
		if (strcmp(kind, said[i]) == 0)
			return said_take(r, seq, kind, line, length);
	}
	if (strcmp(kind, "suppress") == 0)
		summary_take(r, line, length);
	return 0;
}

/* ---- cases ---- */

/* The members that were given to the journal: behind its envelope. */
static char *members_of(const char *line)
{
	const char *at = strstr(line, "\"clock\":{");
	char *members;
	size_t n;

	at = at != NULL ? strchr(at, '}') : NULL;
	if (at == NULL || at[1] != ',')
		return NULL;
	members = strdup(at + 2);
	n = members != NULL ? strlen(members) : 0;
	if (n > 0)
		members[n - 1] = '\0'; /* the envelope's brace */
	return members;
}

static void verdict_read(const json_t *o, struct ost_case *c)
{
	const char *is = json_string_value(json_object_get(o, "is")), *by = json_string_value(json_object_get(o, "by"));
	const char *reason = json_string_value(json_object_get(o, "reason")), *of = json_string_value(json_object_get(o, "duplicate_of"));
	const char *at = json_string_value(json_object_get(o, "at"));

	for (unsigned v = 1; is != NULL && v < OST_VERDICT_COUNT; v++) {
		if (strcmp(is, ost_verdict_name(v)) == 0)
			c->verdict = (uint8_t)v;
	}
	if (c->verdict == OST_VERDICT_NONE)
		return;
	(void)snprintf(c->verdict_by, sizeof(c->verdict_by), "%s", by != NULL ? by : "");
	(void)snprintf(c->duplicate_of, sizeof(c->duplicate_of), "%s", of != NULL ? of : "");
	c->verdict_why = strdup(reason != NULL ? reason : "");
	if (at == NULL || ost_clock_parse(at, &c->verdict_ns) < 0)
		c->verdict_ns = 0;
}

static void regimes_read(const json_t *list, const struct ost_regime_set *regimes, uint64_t now_wall_ns, struct ost_case *c)
{
	const json_t *entry;
	size_t k;

	json_array_foreach(list, k, entry) {
		const char *id = json_string_value(json_object_get(entry, "regime")), *result = json_string_value(json_object_get(entry, "result"));
		const struct ost_regime *g = id != NULL ? ost_regime_set_find(regimes, id, now_wall_ns) : NULL;
		struct ost_case_regime *grown;

		if (g == NULL || result == NULL || strcmp(result, ost_proposal_name(OST_NOT_PROPOSED)) == 0 || c->regime_count == OST_CASE_REGIMES)
			continue;
		grown = reallocarray(c->regimes, c->regime_count + 1, sizeof(*grown));
		if (grown == NULL)
			return;
		c->regimes = grown;
		grown[c->regime_count++] = (struct ost_case_regime){.regime = g,
			.result = strcmp(result, ost_proposal_name(OST_PROPOSE)) == 0 ? OST_PROPOSE : OST_REVIEW};
	}
}

static struct ost_case *case_make(const struct case_slot *s, const struct ost_regime_set *regimes, uint64_t now_wall_ns)
{
	struct ost_case *c = calloc(1, sizeof(*c));
	json_t *o = json_loads(s->line, 0, NULL);
	const json_t *ostiary = json_object_get(o, "ostiary");

	if (c == NULL || ost_incident_read(o, &c->i) < 0) {
		json_decref(o);
		free(c);
		return NULL;
	}
	c->i.count = OST_MAX(c->i.count, s->count_since);
	c->i.last_wall_ns = OST_MAX(c->i.last_wall_ns, s->last_since_ns);
	c->summed = c->i.count;
	c->changed = s->seq;
	memcpy(c->history, s->history, sizeof(c->history));
	c->history_count = s->history_count;
	c->history_skipped = s->history_skipped;
	c->touched_ns = s->history[s->history_count - 1].wall_ns;
	c->record = members_of(s->line);
	verdict_read(json_object_get(ostiary, "verdict"), c);
	regimes_read(json_object_get(ostiary, "proposal"), regimes, now_wall_ns, c);
	json_decref(o);
	return c;
}

void case_reading_finish(struct case_reading *r, const struct ost_regime_set *regimes, uint64_t now_wall_ns)
{
	for (struct case_slot *s = r->newest; s != NULL; s = s->older)
		s->restored = case_make(s, regimes, now_wall_ns);
}

void case_reading_free(struct case_reading *r)
{
	while (r->newest != NULL)
		slot_drop(r, r->newest);
	for (uint32_t i = 0; i < r->said_count; i++)
		free(r->said[i].line);
	free(r->said);
	*r = (struct case_reading){0};
}
