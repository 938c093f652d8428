/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "casebook.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/random.h>

#include "case_law.h"
#include "case_restore.h"
#include "casebook_private.h"
#include "evidence.h"
#include "incident_json.h"
#include "log.h"

static const char *const verdicts[OST_VERDICT_COUNT] = {"none", "true-positive", "false-positive", "benign", "duplicate"};

const char *ost_verdict_name(unsigned verdict)
{
	return verdicts[verdict < OST_VERDICT_COUNT ? verdict : 0];
}

/* ---- cases ---- */

static uint32_t bucket_of(const uint8_t id[static 16])
{
	uint32_t h;

	memcpy(&h, id + 12, sizeof(h)); /* random, by our own hand */
	return h % OST_CASE_BUCKETS;
}

struct ost_case *case_find(const struct ost_casebook *b, const uint8_t id[static 16])
{
	struct ost_case *c = b->buckets[bucket_of(id)];

	while (c != NULL && memcmp(c->i.id, id, sizeof(c->i.id)) != 0)
		c = c->next;
	return c;
}

void case_free(struct ost_case *c)
{
	if (c == NULL)
		return;
	free(c->record);
	free(c->verdict_why);
	for (uint32_t i = 0; i < c->note_count; i++)
		free(c->notes[i].text);
	free(c->notes);
	ost_decisions_free(&c->decisions);
	free(c->regimes);
	free(c);
}

/* Somebody is to decide, to report or to answer for it. */
static bool is_awaited(const struct ost_case *c)
{
	bool asked = c->decisions != NULL;

	for (uint32_t i = 0; i < c->regime_count && !asked; i++)
		asked = c->regimes[i].result != OST_NOT_PROPOSED;
	return asked;
}

static void evict(struct ost_casebook *b)
{
	struct ost_case **oldest = NULL, *c;

	for (uint32_t i = 0; i < OST_CASE_BUCKETS; i++) {
		for (struct ost_case **at = &b->buckets[i]; *at != NULL; at = &(*at)->next) {
			if ((*at)->i.state == OST_INCIDENT_OPEN)
				continue;
			if (oldest == NULL || is_awaited(*oldest) > is_awaited(*at) ||
				(is_awaited(*oldest) == is_awaited(*at) && (*at)->touched_ns < (*oldest)->touched_ns))
				oldest = at;
		}
	}
	if (oldest == NULL)
		return;
	c = *oldest;
	*oldest = c->next;
	case_free(c);
	b->counts.cases--;
	b->counts.evicted++;
}

struct ost_case *case_take(struct ost_casebook *b, const uint8_t id[static 16])
{
	struct ost_case *c = case_find(b, id);

	if (c != NULL)
		return c;
	if (b->counts.cases >= OST_CASES_MAX)
		evict(b);
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return NULL;
	c->book = b;
	memcpy(c->i.id, id, sizeof(c->i.id));
	c->next = b->buckets[bucket_of(id)];
	b->buckets[bucket_of(id)] = c;
	b->counts.cases++;
	return c;
}

void case_history_add(struct ost_case *c, const struct ost_case_change *change)
{
	if (c->history_count == OST_CASE_HISTORY) { /* the first one stays */
		memmove(&c->history[1], &c->history[2], (OST_CASE_HISTORY - 2) * sizeof(c->history[0]));
		c->history_count--;
		c->history_skipped++;
	}
	c->history[c->history_count++] = *change;
}

/* ---- changes ---- */

/* Those under way are told in their order, each with a number that only grows: its place in the journal, unless it has none. */
static void tell(struct ost_casebook *b, struct ost_case_told *t, uint64_t seq)
{
	struct ost_case *c = case_find(b, t->id);

	t->change.seq = seq;
	t->number = seq != OST_CASE_NO_SEQ ? OST_MAX(seq, b->last + 1) : b->last + 1;
	b->last = t->change.number = t->number;
	if (c == NULL)
		return;
	c->changed = t->number;
	for (uint32_t i = 0; i < c->history_count; i++) {
		if (c->history[i].cookie == t->change.cookie)
			c->history[i].seq = seq;
	}
}

static void trouble_tell(struct ost_casebook *b, int r)
{
	if (r < 0)
		b->counts.unrecorded++;
	if (r < 0 && !b->trouble)
		ost_log_error("journal: incidents are not recorded: %s", strerror(-r));
	else if (r == 0 && b->trouble)
		ost_log_info("journal: incidents are recorded again");
	b->trouble = r < 0;
}

int case_append(struct ost_casebook *b, struct ost_case *c, const struct case_append *a)
{
	struct ost_case_told *t = &b->changes[++b->cookies % OST_CASE_CHANGES];
	const struct ost_journal_record record = {.kind = a->kind, .members = a->members, .wall_ns = a->wall_ns, .at_once = a->at_once, .vital = a->vital,
		.cookie = b->cookies};
	int r;

	*t = (struct ost_case_told){.change = {.seq = OST_CASE_NO_SEQ, .cookie = b->cookies, .wall_ns = a->wall_ns, .count = c->i.count}};
	memcpy(t->id, c->i.id, sizeof(t->id));
	(void)snprintf(t->change.kind, sizeof(t->change.kind), "%s", a->kind);
	(void)snprintf(t->change.why, sizeof(t->change.why), "%s", a->why);
	case_history_add(c, &t->change);
	c->touched_ns = a->wall_ns;
	r = ost_journal_append(b->d->journal, &record);
	trouble_tell(b, r);
	if (r < 0) /* whoever watches is told all the same */
		tell(b, t, OST_CASE_NO_SEQ);
	return r;
}

void ost_casebook_acknowledged(struct ost_daemon *d, const struct ost_journal_ack *ack)
{
	struct ost_casebook *b = d->casebook;
	struct ost_case_told *t;

	if (b == NULL)
		return;
	case_entity_acknowledged(b, ack);
	t = &b->changes[ack->cookie % OST_CASE_CHANGES];
	if (ack->cookie == 0 || t->change.cookie != ack->cookie || t->number != 0)
		return;
	tell(b, t, ack->result == 0 ? ack->seq : OST_CASE_NO_SEQ);
}

uint64_t ost_casebook_last(const struct ost_daemon *d)
{
	return d->casebook->last;
}

uint64_t ost_casebook_given(const struct ost_daemon *d)
{
	return d->casebook->cookies;
}

int ost_casebook_settled(const struct ost_daemon *d, uint64_t given)
{
	const struct ost_case_told *t = &d->casebook->changes[given % OST_CASE_CHANGES];

	if (t->change.cookie != given)
		return 1;
	return t->number == 0 ? 0 : t->change.seq != OST_CASE_NO_SEQ ? 1 : -EIO;
}

void ost_casebook_changes(struct ost_daemon *d, uint64_t after, void (*fn)(void *user, struct ost_case *c, const struct ost_case_change *change),
	void *user)
{
	struct ost_casebook *b = d->casebook;
	uint64_t first = b->cookies >= OST_CASE_CHANGES ? b->cookies - OST_CASE_CHANGES + 1 : 1;

	for (uint64_t k = first; k <= b->cookies; k++) {
		const struct ost_case_told *t = &b->changes[k % OST_CASE_CHANGES];
		struct ost_case *c = t->number > after ? case_find(b, t->id) : NULL;

		if (c != NULL)
			fn(user, c, &t->change);
	}
}

/* ---- the engine ---- */

static void on_random(void *user, void *bytes, size_t length)
{
	struct ost_casebook *b = user;

	if (getrandom(bytes, length, 0) != (ssize_t)length)
		ost_log_error("incidents: no random numbers: %u", (unsigned)b->counts.cases);
}

static void say(const struct ost_incident *i, enum ost_incident_record what)
{
	char id[OST_INCIDENT_ID_TEXT], message[OST_INCIDENT_MESSAGE];

	if (what == OST_INCIDENT_RECORD_UPDATE)
		return;
	(void)ost_incident_id_text(i->id, id);
	(void)ost_incident_message(i, message);
	if (what != OST_INCIDENT_RECORD_CLOSE && ost_risk_severity(i->risk) >= 4)
		ost_log_warning("incident %.13s %s: %s", id, ost_incident_record_name(what) + strlen("incident."), message);
	else
		ost_log_info("incident %.13s %s: %s", id, ost_incident_record_name(what) + strlen("incident."), message);
}

static void on_record(void *user, enum ost_incident_record what, const struct ost_incident *i, const char *why)
{
	struct ost_casebook *b = user;
	struct ost_case *c = case_take(b, i->id);

	say(i, what);
	if (c == NULL) {
		trouble_tell(b, -ENOMEM);
		return;
	}
	c->i = *i;
	c->summed = i->count;
	if (b->fresh_ns == 0 && (what == OST_INCIDENT_RECORD_OPEN || what == OST_INCIDENT_RECORD_REOPEN))
		b->fresh_ns = ost_clock_mono_ns();
	case_record(b, c, what, why);
	c->i.suppressed = 0;
	if (what == OST_INCIDENT_RECORD_OPEN || what == OST_INCIDENT_RECORD_REOPEN)
		ost_evidence_wanted(b->d, i);
}

static void event_take(struct ost_casebook *b, const struct ost_incident_event *event, struct ost_moment now)
{
	uint64_t records = ost_incidents_counts(b->incidents)->records;
	bool taken = ost_incidents_event(b->incidents, event, now) != NULL;

	if (taken && ost_incidents_counts(b->incidents)->records == records)
		b->suppressed[event->cause] += event->count;
}

/* ---- events that wait ---- */

struct ost_case_held {
	struct ost_incident_event e;
	struct ost_moment now;
	char who[OST_INCIDENT_WHO], place[OST_INCIDENT_WHO], scope[OST_INCIDENT_SCOPE], rule[OST_INCIDENT_SCOPE];
};

static bool held_same(const struct ost_case_held *h, const struct ost_incident_event *e)
{
	return h->e.cause == e->cause && h->e.peer == e->peer && strncmp(h->scope, e->scope, sizeof(h->scope) - 1) == 0 &&
		strncmp(h->who, e->who, sizeof(h->who) - 1) == 0 && strncmp(h->place, e->place, sizeof(h->place) - 1) == 0;
}

static void held_join(struct ost_case_held *h, const struct ost_incident_event *e)
{
	h->e.count += e->count;
	h->e.first_wall_ns = OST_MIN(h->e.first_wall_ns, e->first_wall_ns);
	h->e.last_wall_ns = OST_MAX(h->e.last_wall_ns, e->last_wall_ns);
	h->e.wire = e->wire;
	h->e.succeeded = OST_MAX(h->e.succeeded, e->succeeded);
	h->e.malicious = OST_MAX(h->e.malicious, e->malicious);
	h->e.essential |= e->essential;
}

static void hold(struct ost_casebook *b, const struct ost_incident_event *e, struct ost_moment now)
{
	struct ost_case_held *h;

	b->counts.held++;
	for (uint32_t i = b->held_count; i > 0; i--) {
		if (held_same(&b->held[i - 1], e)) {
			held_join(&b->held[i - 1], e);
			return;
		}
	}
	if (b->held_count == OST_CASE_HELD) {
		b->counts.held_lost += e->count;
		b->suppressed[e->cause] += e->count;
		return;
	}
	h = &b->held[b->held_count++];
	h->e = *e;
	h->now = now;
	(void)snprintf(h->who, sizeof(h->who), "%s", e->who);
	(void)snprintf(h->place, sizeof(h->place), "%s", e->place);
	(void)snprintf(h->scope, sizeof(h->scope), "%s", e->scope);
	(void)snprintf(h->rule, sizeof(h->rule), "%s", e->rule != NULL ? e->rule : "");
}

static void held_release(struct ost_casebook *b)
{
	for (uint32_t i = 0; i < b->held_count; i++) {
		struct ost_case_held *h = &b->held[i];

		h->e.who = h->who;
		h->e.place = h->place;
		h->e.scope = h->scope;
		h->e.rule = h->rule[0] != '\0' ? h->rule : NULL;
		event_take(b, &h->e, h->now);
	}
	b->held_count = 0;
	free(b->held);
	b->held = NULL;
}

void ost_casebook_event(struct ost_daemon *d, const struct ost_incident_event *event, struct ost_moment now)
{
	struct ost_casebook *b = d->casebook;

	if (b->held != NULL)
		hold(b, event, now);
	else
		event_take(b, event, now);
}

/* ---- questions ---- */

/* What the engine counted since the last record. */
static bool freshen(void *user, const struct ost_incident *i)
{
	struct ost_casebook *b = user;
	struct ost_case *c = i->state == OST_INCIDENT_OPEN ? case_find(b, i->id) : NULL;

	if (c != NULL && c->i.count != i->count)
		c->i = *i;
	return true;
}

void ost_casebook_each(struct ost_daemon *d, bool (*fn)(void *user, struct ost_case *c), void *user)
{
	struct ost_casebook *b = d->casebook;

	ost_incidents_each(b->incidents, freshen, b);
	for (uint32_t i = 0; i < OST_CASE_BUCKETS; i++) {
		for (struct ost_case *c = b->buckets[i]; c != NULL; c = c->next) {
			if (!fn(user, c))
				return;
		}
	}
}

struct ost_case *ost_casebook_find(struct ost_daemon *d, const uint8_t id[static 16])
{
	const struct ost_incident *i = ost_incidents_by_id(d->casebook->incidents, id);
	struct ost_case *c = case_find(d->casebook, id);

	if (i != NULL && c != NULL)
		(void)freshen(d->casebook, i);
	return c;
}

struct search {
	const char *text;
	size_t length;
	struct ost_case *found;
	uint32_t count;
	char *ids;
};

static bool search_look(void *user, struct ost_case *c)
{
	struct search *s = user;
	char id[OST_INCIDENT_ID_TEXT];
	size_t used = strlen(s->ids);

	(void)ost_incident_id_text(c->i.id, id);
	if (strncasecmp(id, s->text, s->length) != 0)
		return true;
	s->found = c;
	s->count++;
	if (used + sizeof(id) + 2 < OST_CASE_IDS)
		(void)snprintf(s->ids + used, OST_CASE_IDS - used, "%s%s", used > 0 ? ", " : "", id);
	return true;
}

int ost_casebook_by_text(struct ost_daemon *d, const char *text, struct ost_case **ret_case, char ret_ids[static OST_CASE_IDS])
{
	struct search s = {.text = text, .length = strlen(text), .ids = ret_ids};

	ret_ids[0] = '\0';
	if (s.length < 6 || s.length >= OST_INCIDENT_ID_TEXT || strspn(text, "0123456789abcdefABCDEF-") != s.length)
		return -EINVAL;
	ost_casebook_each(d, search_look, &s);
	if (s.count != 1)
		return s.count == 0 ? -ENOENT : -EEXIST;
	*ret_case = s.found;
	return 0;
}

void ost_casebook_incidents(const struct ost_daemon *d, bool (*fn)(void *user, const struct ost_incident *i), void *user)
{
	ost_incidents_each(d->casebook->incidents, fn, user);
}

const struct ost_incidents_counts *ost_casebook_engine(const struct ost_daemon *d)
{
	return ost_incidents_counts(d->casebook->incidents);
}

const struct ost_casebook_counts *ost_casebook_counts(const struct ost_daemon *d)
{
	return &d->casebook->counts;
}

/* ---- start, time, end ---- */

static struct ost_moment moment(void)
{
	return (struct ost_moment){ost_clock_mono_ns(), ost_clock_wall_ns()};
}

static void restored(struct ost_casebook *b)
{
	b->counts.restoring = false;
	held_release(b);
}

int ost_casebook_start(struct ost_daemon *d)
{
	struct ost_casebook *b = calloc(1, sizeof(*b));
	struct ost_incidents_config config = {.random = on_random, .record = on_record, .user = b};
	int r;

	if (b == NULL)
		return -ENOMEM;
	d->casebook = b;
	b->d = d;
	b->summed_ns = ost_clock_mono_ns();
	b->held = calloc(OST_CASE_HELD, sizeof(*b->held));
	if (b->held == NULL)
		return -ENOMEM;
	if (getrandom(&config.key, sizeof(config.key), 0) != (ssize_t)sizeof(config.key))
		return -EIO;
	r = ost_incidents_new(&config, &b->incidents);
	if (r == 0)
		r = case_law_start(b);
	if (r < 0)
		return r;
	b->counts.restoring = true;
	return case_restore_begin(b, restored);
}

void ost_casebook_stop(struct ost_daemon *d)
{
	struct ost_casebook *b = d->casebook;

	if (b == NULL)
		return;
	case_restore_end(b);
	if (b->incidents != NULL && b->held != NULL)
		held_release(b);
	if (b->incidents != NULL)
		case_suppress(b, moment());
	d->casebook = NULL;
	for (uint32_t i = 0; i < OST_CASE_BUCKETS; i++) {
		while (b->buckets[i] != NULL) {
			struct ost_case *c = b->buckets[i];

			b->buckets[i] = c->next;
			case_free(c);
		}
	}
	case_law_stop(b);
	ost_incidents_free(&b->incidents);
	free(b->held);
	free(b);
}

void ost_casebook_tick(struct ost_daemon *d)
{
	struct ost_casebook *b = d->casebook;
	struct ost_moment now = moment();

	if (b->held != NULL)
		return;
	ost_incidents_tick(b->incidents, now);
	case_law_tick(b);
	if (now.mono_ns - b->summed_ns >= OST_SUPPRESS_NS || (b->fresh_ns != 0 && now.mono_ns - b->fresh_ns >= OST_SUPPRESS_FRESH_NS))
		case_suppress(b, now);
}
