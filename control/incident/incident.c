/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "incident.h"

#include <math.h>
#include <stdio.h>

#define NONE	     UINT32_MAX
#define OPEN_DEFAULT 4096u
#define HOUR_DEFAULT 1000u
#define HOUR_NS	     (3600 * OST_NS_PER_S)
#define WHO_PLACES   1024u /* shares of the hour, by keyed hash: two that meet share one */
#define LOW_RISK     3u

struct entry {
	struct ost_incident i;
	uint64_t hash, who_hash;
	uint64_t touched_ns, recorded_ns; /* monotonic: the last event; the last record */
	uint64_t closed_ns, opened_ns;
	uint64_t next_count; /* the power of ten to be told next */
	const char *due;     /* why a held back update is due, NULL: none is */
	uint32_t next_same, next_who; /* chains */
	uint32_t peers_told; /* at the last record */
};

struct ost_incidents {
	struct ost_incidents_config config;
	struct entry *entries;
	uint32_t *same, *who; /* heads of chains */
	uint32_t mask, size, unused;
	uint64_t hour_ns;
	uint32_t hour_opened;
	uint16_t hour_of_who[WHO_PLACES];
	uint32_t overflow; /* entry of the overflow incident, NONE: not yet */
	struct ost_incidents_counts counts;
};

/* ---- the table ---- */

int ost_incidents_new(const struct ost_incidents_config *config, struct ost_incidents **ret_incidents)
{
	struct ost_incidents *s = calloc(1, sizeof(*s));
	uint32_t buckets = 16;

	if (s == NULL)
		return -ENOMEM;
	s->config = *config;
	s->config.open_max = config->open_max != 0 ? config->open_max : OPEN_DEFAULT;
	s->config.hour_max = config->hour_max != 0 ? config->hour_max : HOUR_DEFAULT;
	s->size = 2 * s->config.open_max + 1; /* as many that are closed, and the overflow's own */
	while (buckets < s->size)
		buckets *= 2;
	s->mask = buckets - 1;
	s->overflow = NONE;
	s->counts.max = s->config.open_max;
	s->entries = calloc(s->size, sizeof(*s->entries));
	s->same = malloc(buckets * sizeof(*s->same));
	s->who = malloc(buckets * sizeof(*s->who));
	if (s->entries == NULL || s->same == NULL || s->who == NULL) {
		ost_incidents_free(&s);
		return -ENOMEM;
	}
	memset(s->same, 0xff, buckets * sizeof(*s->same));
	memset(s->who, 0xff, buckets * sizeof(*s->who));
	for (uint32_t i = 0; i < s->size; i++)
		s->entries[i].next_same = i + 1 < s->size ? i + 1 : NONE;
	*ret_incidents = s;
	return 0;
}

void ost_incidents_free(struct ost_incidents **incidents)
{
	struct ost_incidents *s = *incidents;

	*incidents = NULL;
	if (s == NULL)
		return;
	free(s->entries);
	free(s->same);
	free(s->who);
	free(s);
}

static uint64_t text_hash(const struct ost_incidents *s, uint64_t way, const char *text, size_t max)
{
	return ost_hash_2(&s->config.key, ost_hash_bytes(&s->config.key, text, strnlen(text, max - 1)), way);
}

/* Whose share it takes: the device's, or its place's when it is nobody's. */
static uint64_t who_of(const struct ost_incidents *s, const char *who, const char *place)
{
	return who[0] != '\0' ? text_hash(s, 1, who, OST_INCIDENT_WHO) : text_hash(s, 2, place, OST_INCIDENT_WHO);
}

static uint64_t hash_of(const struct ost_incidents *s, uint64_t who, enum ost_cause cause, const char *scope)
{
	return ost_hash_3(&s->config.key, who, (uint64_t)cause, text_hash(s, 3, scope, OST_INCIDENT_SCOPE));
}

static bool text_same(const char *kept, const char *text, size_t max)
{
	return strncmp(kept, text, max - 1) == 0;
}

static struct entry *find(const struct ost_incidents *s, uint64_t hash, const struct ost_incident_event *e)
{
	for (uint32_t i = s->same[hash & s->mask]; i != NONE; i = s->entries[i].next_same) {
		struct entry *at = &s->entries[i];

		if (at->hash == hash && at->i.cause == e->cause && text_same(at->i.who, e->who, OST_INCIDENT_WHO) &&
			(e->who[0] != '\0' || text_same(at->i.place, e->place, OST_INCIDENT_WHO)) &&
			text_same(at->i.scope, e->scope, OST_INCIDENT_SCOPE))
			return at;
	}
	return NULL;
}

static void chain_in(struct ost_incidents *s, struct entry *e)
{
	uint32_t i = (uint32_t)(e - s->entries);

	e->next_same = s->same[e->hash & s->mask];
	s->same[e->hash & s->mask] = i;
	e->next_who = s->who[e->who_hash & s->mask];
	s->who[e->who_hash & s->mask] = i;
}

static void chain_out(struct ost_incidents *s, struct entry *e)
{
	uint32_t i = (uint32_t)(e - s->entries), *at = &s->same[e->hash & s->mask];

	while (*at != i)
		at = &s->entries[*at].next_same;
	*at = e->next_same;
	at = &s->who[e->who_hash & s->mask];
	while (*at != i)
		at = &s->entries[*at].next_who;
	*at = e->next_who;
}

static void forget(struct ost_incidents *s, struct entry *e)
{
	chain_out(s, e);
	s->counts.remembered--;
	*e = (struct entry){.next_same = s->unused};
	s->unused = (uint32_t)(e - s->entries);
}

/* The closed one of this device that was closed for the longest, and how many it has of each. */
static struct entry *oldest_closed_of(struct ost_incidents *s, uint64_t who, enum ost_cause cause, uint32_t *ret_open, uint32_t *ret_closed,
	uint32_t *ret_same)
{
	struct entry *oldest = NULL;

	*ret_open = *ret_closed = *ret_same = 0;
	for (uint32_t i = s->who[who & s->mask]; i != NONE; i = s->entries[i].next_who) {
		struct entry *e = &s->entries[i];

		if (e->who_hash != who)
			continue;
		if (e->i.state == OST_INCIDENT_OPEN) {
			++*ret_open;
			*ret_same += e->i.cause == cause;
			continue;
		}
		++*ret_closed;
		if (oldest == NULL || (int64_t)(e->closed_ns - oldest->closed_ns) < 0)
			oldest = e;
	}
	return oldest;
}

/* Of all; only when the whole table is full: then a second's events look for one, once each. */
static struct entry *oldest_closed(struct ost_incidents *s)
{
	struct entry *oldest = NULL;

	for (uint32_t i = 0; i < s->size; i++) {
		struct entry *e = &s->entries[i];

		if (e->i.state == OST_INCIDENT_CLOSED && (oldest == NULL || (int64_t)(e->closed_ns - oldest->closed_ns) < 0))
			oldest = e;
	}
	return oldest;
}

/* A fresh entry in no chain. NULL: all are open, which their bound keeps from happening. */
static struct entry *entry_take(struct ost_incidents *s)
{
	struct entry *e = s->unused == NONE ? oldest_closed(s) : NULL;

	if (e != NULL)
		forget(s, e);
	if (s->unused == NONE)
		return NULL;
	e = &s->entries[s->unused];
	s->unused = e->next_same;
	return e;
}

/* ---- what goes out ---- */

static void record(struct ost_incidents *s, struct entry *e, enum ost_incident_record what, const char *why, uint64_t now_ns)
{
	e->i.records++;
	s->counts.records++;
	s->config.record(s->config.user, what, &e->i, why);
	e->i.suppressed = 0;
	e->recorded_ns = now_ns;
	e->due = NULL;
	e->peers_told = ost_incident_peers(&e->i);
	while (e->next_count <= e->i.count)
		e->next_count *= 10;
}

/* Something is due: now, or when the time since the last record is over. */
static void due(struct ost_incidents *s, struct entry *e, const char *why, uint64_t now_ns)
{
	if (now_ns - e->recorded_ns >= OST_INCIDENT_UPDATE_NS)
		record(s, e, OST_INCIDENT_RECORD_UPDATE, why, now_ns);
	else if (e->due == NULL || strcmp(why, "count") != 0)
		e->due = why;
}

static void related_note(struct ost_incidents *s, struct entry *fresh)
{
	struct ost_incident *i = &fresh->i;

	for (uint32_t at = s->who[fresh->who_hash & s->mask]; at != NONE && i->related_count < OST_INCIDENT_RELATED; at = s->entries[at].next_who) {
		const struct entry *e = &s->entries[at];

		if (e != fresh && e->who_hash == fresh->who_hash && e->i.state == OST_INCIDENT_OPEN && e->i.cause != i->cause &&
			fresh->opened_ns - e->touched_ns <= OST_INCIDENT_RELATED_NS)
			memcpy(i->related[i->related_count++], e->i.id, sizeof(e->i.id));
	}
	/* Ids begin with the time: the smallest is the earliest, the parent. */
	for (uint32_t at = 1; at < i->related_count; at++) {
		uint8_t id[16];

		if (memcmp(i->related[at], i->related[0], sizeof(id)) < 0) {
			memcpy(id, i->related[0], sizeof(id));
			memcpy(i->related[0], i->related[at], sizeof(id));
			memcpy(i->related[at], id, sizeof(id));
		}
	}
}

/* ---- events ---- */

static void text_take(char *to, size_t size, const char *text)
{
	(void)snprintf(to, size, "%s", text != NULL ? text : "");
}

/* UUID version 7, RFC 9562 5.7: milliseconds, then randomness. */
static void id_make(const struct ost_incidents *s, uint64_t wall_ns, uint8_t id[static 16])
{
	uint64_t ms = wall_ns / OST_NS_PER_MS;

	s->config.random(s->config.user, id, 16);
	for (int i = 5; i >= 0; i--, ms >>= 8)
		id[i] = (uint8_t)ms;
	id[6] = (uint8_t)(0x70 | (id[6] & 0x0f));
	id[8] = (uint8_t)(0x80 | (id[8] & 0x3f));
}

static void peer_note(struct ost_incident *i, uint64_t peer)
{
	if (peer != 0)
		i->peers[peer % OST_INCIDENT_PEER_BITS / 64] |= 1ull << (peer % 64);
}

static void hour_turn(struct ost_incidents *s, uint64_t now_ns)
{
	if (s->hour_ns != 0 && now_ns - s->hour_ns < HOUR_NS)
		return;
	s->hour_ns = now_ns;
	s->hour_opened = 0;
	memset(s->hour_of_who, 0, sizeof(s->hour_of_who));
}

/* May a new one of this be opened? Takes its share of the hour. Half of a device's places, and a quarter of its hour, are for causes of which it has none
 * open: whoever makes many of one kind hides no other kind. */
static bool room_take(struct ost_incidents *s, uint64_t who, enum ost_cause cause, unsigned risk, uint64_t now_ns)
{
	uint16_t *of_who = &s->hour_of_who[(who >> 32) % WHO_PLACES];
	uint32_t hour_max = risk <= LOW_RISK ? s->config.hour_max - s->config.hour_max / 4 : s->config.hour_max;
	uint32_t open_max = risk <= LOW_RISK ? s->config.open_max - s->config.open_max / 4 : s->config.open_max;
	uint32_t open, closed, same;
	struct entry *oldest;

	hour_turn(s, now_ns);
	if (s->counts.open >= open_max || s->hour_opened >= hour_max || *of_who >= OST_INCIDENT_WHO_HOUR)
		return false;
	oldest = oldest_closed_of(s, who, cause, &open, &closed, &same);
	if (open >= OST_INCIDENT_WHO_MAX)
		return false;
	if (same > 0 && (same >= OST_INCIDENT_WHO_MAX / 2 || *of_who >= OST_INCIDENT_WHO_HOUR - OST_INCIDENT_WHO_HOUR / 4))
		return false;
	if (closed >= OST_INCIDENT_WHO_MAX)
		forget(s, oldest);
	s->hour_opened++;
	++*of_who;
	return true;
}

static void fill(struct ost_incident *i, const struct ost_incident_event *e)
{
	i->cause = e->cause;
	text_take(i->who, sizeof(i->who), e->who);
	text_take(i->place, sizeof(i->place), e->place);
	text_take(i->scope, sizeof(i->scope), e->scope);
	text_take(i->rule, sizeof(i->rule), e->rule);
	i->count = i->suppressed = e->count;
	i->first_wall_ns = e->first_wall_ns;
	i->last_wall_ns = e->last_wall_ns;
	i->risk = (uint8_t)ost_cause_risk(e->cause, e->essential);
	i->succeeded = e->succeeded;
	i->malicious = e->malicious;
	i->disposition = e->disposition;
	i->essential = e->essential;
	i->unsynced = e->unsynced;
	i->wire = e->wire;
	peer_note(i, e->peer);
}

static struct entry *open_new(struct ost_incidents *s, const struct ost_incident_event *e, uint64_t who, uint64_t hash, struct ost_moment now)
{
	struct entry *fresh = entry_take(s);

	if (fresh == NULL)
		return NULL;
	*fresh = (struct entry){.hash = hash, .who_hash = who, .touched_ns = now.mono_ns, .opened_ns = now.mono_ns, .next_count = 10};
	fill(&fresh->i, e);
	fresh->i.state = OST_INCIDENT_OPEN;
	fresh->i.detected_wall_ns = now.wall_ns;
	id_make(s, now.wall_ns, fresh->i.id);
	chain_in(s, fresh);
	related_note(s, fresh);
	s->counts.open++;
	s->counts.opened++;
	record(s, fresh, OST_INCIDENT_RECORD_OPEN, "first", now.mono_ns);
	return fresh;
}

/* Its own entry is always there, outside the bounds of the others. */
static void overflow(struct ost_incidents *s, const struct ost_incident_event *e, struct ost_moment now);

static void count_in(struct ost_incidents *s, struct entry *at, const struct ost_incident_event *e, struct ost_moment now)
{
	struct ost_incident *i = &at->i;
	unsigned risk = ost_cause_risk(e->cause, e->essential || i->essential);
	const char *why = NULL;

	i->count += e->count;
	i->suppressed += e->count;
	i->first_wall_ns = OST_MIN(i->first_wall_ns, e->first_wall_ns);
	i->last_wall_ns = OST_MAX(i->last_wall_ns, e->last_wall_ns);
	i->wire = e->wire;
	i->unsynced |= e->unsynced;
	i->essential |= e->essential;
	at->touched_ns = now.mono_ns;
	peer_note(i, e->peer);
	if (i->count >= at->next_count)
		why = "count";
	if (e->peer != 0 && at->peers_told == 1 && ost_incident_peers(i) > 1)
		why = "peers";
	if (e->disposition > i->disposition) {
		i->disposition = e->disposition;
		why = "disposition";
	}
	if (e->malicious > i->malicious) {
		i->malicious = e->malicious;
		why = "malicious";
	}
	if (risk > i->risk) {
		i->risk = (uint8_t)risk;
		why = "risk";
	}
	if (e->succeeded > i->succeeded) {
		i->succeeded = e->succeeded;
		why = "succeeded";
	}
	if (why != NULL)
		due(s, at, why, now.mono_ns);
}

static void reopen(struct ost_incidents *s, struct entry *at, const struct ost_incident_event *e, struct ost_moment now)
{
	at->i.state = OST_INCIDENT_OPEN;
	at->i.closed_wall_ns = 0;
	at->i.reopened++;
	at->i.count += e->count;
	at->i.suppressed = e->count;
	at->i.last_wall_ns = OST_MAX(at->i.last_wall_ns, e->last_wall_ns);
	at->i.wire = e->wire;
	at->i.succeeded = OST_MAX(at->i.succeeded, e->succeeded);
	at->touched_ns = now.mono_ns;
	peer_note(&at->i, e->peer);
	s->counts.open++;
	s->counts.remembered--;
	record(s, at, OST_INCIDENT_RECORD_REOPEN, "again", now.mono_ns);
}

const struct ost_incident *ost_incidents_event(struct ost_incidents *s, const struct ost_incident_event *e, struct ost_moment now)
{
	uint64_t who = who_of(s, e->who, e->place), hash = hash_of(s, who, e->cause, e->scope);
	struct entry *at = find(s, hash, e);

	s->counts.events += e->count;
	if (at != NULL && at->i.state == OST_INCIDENT_CLOSED && now.mono_ns - at->closed_ns > OST_INCIDENT_REOPEN_NS) {
		forget(s, at);
		at = NULL;
	}
	if (at != NULL && at->i.state == OST_INCIDENT_OPEN) {
		count_in(s, at, e, now);
		return &at->i;
	}
	if (!room_take(s, who, e->cause, ost_cause_risk(e->cause, e->essential), now.mono_ns)) {
		overflow(s, e, now);
		return NULL;
	}
	at = find(s, hash, e); /* room was made among the closed ones: it may be gone */
	if (at != NULL)
		reopen(s, at, e, now);
	else
		at = open_new(s, e, who, hash, now);
	return at != NULL ? &at->i : NULL;
}

static void overflow(struct ost_incidents *s, const struct ost_incident_event *e, struct ost_moment now)
{
	struct ost_incident_event o = {.cause = OST_CAUSE_OVERFLOW, .who = "", .place = "gateway", .scope = "incidents", .count = e->count,
		.first_wall_ns = e->first_wall_ns, .last_wall_ns = e->last_wall_ns, .malicious = OST_ANSWER_YES,
		.disposition = OST_DISPOSITION_ALERTED, .peer = who_of(s, e->who, e->place), .wire = e->wire};
	uint64_t who = who_of(s, o.who, o.place);
	struct entry *at = s->overflow != NONE ? &s->entries[s->overflow] : NULL;

	s->counts.overflowed += e->count;
	s->counts.overflow_by_cause[e->cause] += e->count;
	if (at == NULL) {
		at = open_new(s, &o, who, hash_of(s, who, o.cause, o.scope), now);
		s->overflow = at != NULL ? (uint32_t)(at - s->entries) : NONE;
	} else {
		count_in(s, at, &o, now);
	}
}

/* ---- time ---- */

static void close_one(struct ost_incidents *s, struct entry *e, const char *why, struct ost_moment now)
{
	e->i.state = OST_INCIDENT_CLOSED;
	e->i.closed_wall_ns = now.wall_ns;
	e->closed_ns = now.mono_ns;
	s->counts.open--;
	s->counts.remembered++;
	if (s->overflow == (uint32_t)(e - s->entries))
		s->overflow = NONE;
	record(s, e, OST_INCIDENT_RECORD_CLOSE, why, now.mono_ns);
}

void ost_incidents_tick(struct ost_incidents *s, struct ost_moment now)
{
	for (uint32_t i = 0; i < s->size; i++) {
		struct entry *e = &s->entries[i];

		if (e->i.state == OST_INCIDENT_CLOSED && now.mono_ns - e->closed_ns > OST_INCIDENT_REOPEN_NS)
			forget(s, e);
		if (e->i.state != OST_INCIDENT_OPEN)
			continue;
		if (now.mono_ns - e->touched_ns >= ost_cause_info(e->i.cause)->quiet_s * OST_NS_PER_S)
			close_one(s, e, "quiet", now);
		else if (e->due != NULL && now.mono_ns - e->recorded_ns >= OST_INCIDENT_UPDATE_NS)
			record(s, e, OST_INCIDENT_RECORD_UPDATE, e->due, now.mono_ns);
	}
}

static struct entry *entry_of(const struct ost_incidents *s, const uint8_t id[static 16])
{
	for (uint32_t i = 0; i < s->size; i++) {
		if (s->entries[i].i.state != OST_INCIDENT_FREE && memcmp(s->entries[i].i.id, id, 16) == 0)
			return &s->entries[i];
	}
	return NULL;
}

int ost_incidents_close(struct ost_incidents *s, const uint8_t id[static 16], const char *why, struct ost_moment now)
{
	struct entry *e = entry_of(s, id);

	if (e == NULL || e->i.state != OST_INCIDENT_OPEN)
		return -ENOENT;
	close_one(s, e, why, now);
	return 0;
}

int ost_incidents_tell(struct ost_incidents *s, const uint8_t id[static 16], const char *why, struct ost_moment now)
{
	struct entry *e = entry_of(s, id);

	if (e == NULL)
		return -ENOENT;
	record(s, e, OST_INCIDENT_RECORD_UPDATE, why, now.mono_ns);
	return 0;
}

int ost_incidents_restore(struct ost_incidents *s, const struct ost_incident *incident, struct ost_moment now)
{
	bool open = incident->state == OST_INCIDENT_OPEN;
	struct entry *e;

	if ((open && s->counts.open >= s->config.open_max) || (e = entry_take(s)) == NULL)
		return -ENOSPC;
	*e = (struct entry){.i = *incident, .touched_ns = now.mono_ns, .opened_ns = now.mono_ns, .recorded_ns = now.mono_ns,
		.closed_ns = now.mono_ns - (now.wall_ns > incident->closed_wall_ns ? now.wall_ns - incident->closed_wall_ns : 0), .next_count = 10};
	while (e->next_count <= e->i.count)
		e->next_count *= 10;
	e->peers_told = ost_incident_peers(&e->i);
	e->who_hash = who_of(s, e->i.who, e->i.place);
	e->hash = hash_of(s, e->who_hash, e->i.cause, e->i.scope);
	chain_in(s, e);
	s->counts.open += open;
	s->counts.remembered += !open;
	if (open && e->i.cause == OST_CAUSE_OVERFLOW)
		s->overflow = (uint32_t)(e - s->entries);
	return 0;
}

/* ---- questions ---- */

const struct ost_incident *ost_incidents_by_id(const struct ost_incidents *s, const uint8_t id[static 16])
{
	const struct entry *e = entry_of(s, id);

	return e != NULL ? &e->i : NULL;
}

void ost_incidents_each(const struct ost_incidents *s, bool (*fn)(void *user, const struct ost_incident *incident), void *user)
{
	for (uint32_t i = 0; i < s->size; i++) {
		if (s->entries[i].i.state != OST_INCIDENT_FREE && !fn(user, &s->entries[i].i))
			return;
	}
}

const struct ost_incidents_counts *ost_incidents_counts(const struct ost_incidents *s)
{
	return &s->counts;
}

uint32_t ost_incident_peers(const struct ost_incident *incident)
{
	uint32_t set = 0, empty;

	for (unsigned i = 0; i < OST_INCIDENT_PEER_BITS / 64; i++)
		set += (uint32_t)__builtin_popcountll(incident->peers[i]);
	if (set <= 8)
		return set; /* too few to have met */
	empty = OST_INCIDENT_PEER_BITS - set;
	return (uint32_t)lround(OST_INCIDENT_PEER_BITS * log((double)OST_INCIDENT_PEER_BITS / (empty != 0 ? empty : 0.5)));
}

const char *ost_incident_id_text(const uint8_t id[static 16], char buf[static OST_INCIDENT_ID_TEXT])
{
	static const char digits[] = "0123456789abcdef";
	char *at = buf;

	for (unsigned i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*at++ = '-';
		*at++ = digits[id[i] >> 4];
		*at++ = digits[id[i] & 15];
	}
	*at = '\0';
	return buf;
}

static int digit_of(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int ost_incident_id_parse(const char *text, uint8_t ret_id[static 16])
{
	uint8_t id[16];

	for (unsigned i = 0; i < 16; i++) {
		int high, low;

		if ((i == 4 || i == 6 || i == 8 || i == 10) && *text++ != '-')
			return -EINVAL;
		high = digit_of(text[0]);
		low = high >= 0 ? digit_of(text[1]) : -1;
		if (low < 0)
			return -EINVAL;
		id[i] = (uint8_t)(high << 4 | low);
		text += 2;
	}
	if (*text != '\0')
		return -EINVAL;
	memcpy(ret_id, id, sizeof(id));
	return 0;
}

const char *ost_incident_record_name(enum ost_incident_record record)
{
	static const char *const names[] = {"incident.open", "incident.update", "incident.close", "incident.reopen"};

	return names[record < OST_INCIDENT_RECORD_COUNT ? record : 0];
}

const char *ost_answer_name(enum ost_answer answer)
{
	static const char *const names[] = {"unknown", "no", "yes"};

	return names[answer <= OST_ANSWER_YES ? answer : 0];
}

const char *ost_disposition_name(enum ost_disposition disposition)
{
	static const char *const names[] = {"alerted", "refused", "rate-limited", "quarantined"};

	return names[disposition < OST_DISPOSITION_COUNT ? disposition : 0];
}
