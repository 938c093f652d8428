/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case_restore.h"

#include <event2/event.h>
#include <inttypes.h>
#include <jansson.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/eventfd.h>

#include "case_law.h"
#include "case_persons.h"
#include "case_read.h"
#include "evidence.h"
#include "log.h"

struct ost_case_restore {
	struct ost_casebook *b;
	void (*done)(struct ost_casebook *b);
	int ended_fd; /* eventfd: the thread is at its end */
	struct event *ended;
	pthread_t thread;
	bool running;
	atomic_bool stop;
	struct case_reading reading;
	int result;
	uint64_t began_ns;
};

/* ---- in the thread ---- */

static int lines_read(struct ost_case_restore *r, const char *path)
{
	struct ost_journal_reader *reader = NULL;
	uint64_t minimum = 0, seq;
	const char *line;
	size_t length;
	int s = ost_journal_minimum(path, &minimum);

	if (s == 0)
		s = ost_journal_reader_open(path, minimum, &reader);
	while (s == 0 && !atomic_load(&r->stop)) {
		s = ost_journal_reader_next(reader, &seq, &line, &length);
		if (s <= 0)
			break;
		s = case_reading_line(&r->reading, seq, line, length);
	}
	ost_journal_reader_close(&reader);
	return s == -ENOENT ? 0 : s; /* the first start: there is no journal yet */
}

static void *thread_run(void *user)
{
	struct ost_case_restore *r = user;
	const uint64_t one = 1;

	r->result = lines_read(r, r->b->d->paths.journal_dir);
	if (!atomic_load(&r->stop))
		case_reading_finish(&r->reading, r->b->law->set, ost_clock_wall_ns());
	while (write(r->ended_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
	return NULL;
}

/* ---- behind it, in the event loop ---- */

static void case_add(struct ost_casebook *b, struct case_slot *s)
{
	const struct ost_moment now = {ost_clock_mono_ns(), ost_clock_wall_ns()};
	struct ost_case *fresh = s->restored, *c;
	bool fits = fresh->i.state == OST_INCIDENT_OPEN || now.wall_ns - OST_MIN(now.wall_ns, fresh->i.closed_wall_ns) < OST_INCIDENT_REOPEN_NS;

	s->restored = NULL;
	if (case_find(b, fresh->i.id) != NULL || (c = case_take(b, fresh->i.id)) == NULL) {
		case_free(fresh);
		return;
	}
	fresh->next = c->next;
	fresh->book = b;
	*c = *fresh;
	free(fresh);
	b->counts.restored++;
	if (fits && ost_incidents_restore(b->incidents, &c->i, now) < 0)
		ost_log_warning("there is no room for an incident of before: it is kept, and begins anew when it happens again");
}

static struct ost_case *case_of(const struct ost_casebook *b, const json_t *o)
{
	const char *text = json_string_value(json_object_get(o, "incident"));
	uint8_t id[16];

	return text != NULL && ost_incident_id_parse(text, id) == 0 ? case_find(b, id) : NULL;
}

static uint64_t time_of(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));
	uint64_t ns;

	return text != NULL && ost_clock_parse(text, &ns) == 0 ? ns : 0;
}

static bool decision_of(const json_t *o, bool submission, struct ost_decision *s)
{
	static const char *const kinds[] = {"significance", "moment", "answer", "submission"};
	static const char *const moments[] = {"aware_at", "happened_at", "", "submitted_at"};
	const char *about = json_string_value(json_object_get(o, "about"));
	unsigned k = 0;

	while (about != NULL && k < OST_DECISION_KIND_COUNT && strcmp(about, kinds[k]) != 0)
		k++;
	if (about == NULL || k == OST_DECISION_KIND_COUNT || submission != (k == OST_DECISION_SUBMISSION))
		return false;
	*s = (struct ost_decision){.kind = (enum ost_decision_kind)k,
		.corrects = (uint32_t)json_integer_value(json_object_get(o, "corrects")),
		.significant = json_is_true(json_object_get(o, "significant")),
		.of = json_string_value(json_object_get(o, submission ? "stage" : "of")),
		.stage = submission ? NULL : json_string_value(json_object_get(o, "stage")),
		.moment_ns = time_of(o, moments[k]),
		.value = json_string_value(json_object_get(o, submission ? "authority_ref" : "value")),
		.sha256 = json_string_value(json_object_get(o, "sha256")),
		.by = json_string_value(json_object_get(o, "by")),
		.reason = json_string_value(json_object_get(o, "reason"))};
	return true;
}

static void history_note(struct ost_case *c, const struct case_said *said, const json_t *o, const char *why)
{
	struct ost_case_change change = {.seq = said->seq, .wall_ns = time_of(o, "@timestamp"), .count = c->i.count};

	(void)snprintf(change.kind, sizeof(change.kind), "%s", said->kind);
	(void)snprintf(change.why, sizeof(change.why), "%s", why);
	case_history_add(c, &change);
	c->changed = OST_MAX(c->changed, said->seq);
	c->touched_ns = OST_MAX(c->touched_ns, change.wall_ns);
}

static void decision_replay(struct ost_casebook *b, const struct case_said *said, const json_t *o)
{
	const char *id = json_string_value(json_object_get(o, "regime"));
	const struct ost_regime *g = id != NULL ? ost_regime_set_find(b->law->set, id, ost_clock_wall_ns()) : NULL;
	struct ost_case *c = case_of(b, o);
	char why[OST_DECISION_WHY] = "its regime is known no more", about[64];
	struct ost_decision s;

	if (c == NULL || !decision_of(o, strcmp(said->kind, "submission") == 0, &s))
		return;
	if (g == NULL || case_decisions_begin(c) < 0 || ost_decisions_add(c->decisions, g, &s, time_of(o, "at"), true, why) < 0) {
		ost_log_warning("journal record %" PRIu64 " cannot be taken over as it stands: %s", said->seq, why);
		return;
	}
	case_law_follow(c, g);
	(void)snprintf(about, sizeof(about), "%.16s %s", g->id, json_string_value(json_object_get(o, "about")));
	history_note(c, said, o, about);
}

static void note_replay(struct ost_casebook *b, const struct case_said *said, const json_t *o)
{
	const json_t *note = json_object_get(json_object_get(o, "ostiary"), "note");
	const char *text = json_string_value(json_object_get(note, "text")), *by = json_string_value(json_object_get(note, "by"));
	struct ost_case *c = case_of(b, note);

	if (c == NULL || text == NULL)
		return;
	ost_case_note_replay(c, text, by != NULL ? by : "", time_of(o, "@timestamp"));
	history_note(c, said, o, "note");
}

/* It was told: not again. */
static void warning_replay(struct ost_casebook *b, const struct case_said *said, const json_t *o)
{
	const json_t *deadline = json_object_get(json_object_get(o, "ostiary"), "deadline");
	const char *regime = json_string_value(json_object_get(deadline, "regime")), *stage = json_string_value(json_object_get(deadline, "stage"));
	json_int_t percent = json_integer_value(json_object_get(deadline, "percent"));
	struct ost_case *c = case_of(b, deadline);
	char why[32];

	if (c == NULL || regime == NULL || stage == NULL)
		return;
	for (uint32_t i = 0; i < c->regime_count; i++) {
		struct ost_case_regime *own = &c->regimes[i];
		uint32_t place;

		if (strcmp(own->regime->id, regime) != 0 || ost_regime_stage_find(own->regime, stage, &place) < 0)
			continue;
		own->warnings.stages[place].start_ns = time_of(deadline, "start");
		own->warnings.stages[place].due_ns = time_of(deadline, "due");
		own->warnings.stages[place].told = percent >= 100 ? 4 : percent >= 90 ? 3 : percent >= 75 ? 2 : 1;
	}
	(void)snprintf(why, sizeof(why), "%.16s %u%%", regime, (unsigned)percent);
	history_note(c, said, o, why);
}

static void said_replay(struct ost_casebook *b, const struct case_said *said)
{
	json_t *o = json_loads(said->line, 0, NULL);

	if (strcmp(said->kind, "decision") == 0 || strcmp(said->kind, "submission") == 0)
		decision_replay(b, said, o);
	else if (strcmp(said->kind, "incident.note") == 0)
		note_replay(b, said, o);
	else if (strcmp(said->kind, "deadline.warning") == 0)
		warning_replay(b, said, o);
	else if (strcmp(said->kind, "entity.change") == 0)
		case_entity_replay(&b->law->entity, said->line);
	else if (strcmp(said->kind, "evidence") == 0)
		ost_evidence_restore(b->d, json_object_get(o, "ostiary"));
	json_decref(o);
}

static void take_over(struct ost_case_restore *r)
{
	struct ost_casebook *b = r->b;

	for (struct case_slot *s = r->reading.oldest; s != NULL; s = s->newer) {
		if (s->restored != NULL)
			case_add(b, s);
	}
	for (uint32_t i = 0; i < r->reading.said_count; i++)
		said_replay(b, &r->reading.said[i]);
	b->last = OST_MAX(b->last, r->reading.last_seq);
	if (r->result < 0)
		ost_log_warning("incidents of before are known up to journal record %" PRIu64 " only: %s", r->reading.last_seq, strerror(-r->result));
	else if (b->counts.restored > 0)
		ost_log_info("%" PRIu64 " incidents of before, from %" PRIu64 " journal records in %.1f s", b->counts.restored, r->reading.lines,
			(double)(ost_clock_mono_ns() - r->began_ns) / (double)OST_NS_PER_S);
	if (r->reading.said_lost > 0)
		ost_log_warning("%" PRIu64 " records of what persons said have no room here; they are in the journal", r->reading.said_lost);
}

static void leave(struct ost_case_restore *r)
{
	if (r->running)
		(void)pthread_join(r->thread, NULL);
	for (struct case_slot *s = r->reading.newest; s != NULL; s = s->older)
		case_free(s->restored);
	case_reading_free(&r->reading);
	if (r->ended != NULL)
		event_free(r->ended);
	if (r->ended_fd >= 0)
		(void)close(r->ended_fd);
	r->b->restore = NULL;
	free(r);
}

static void on_ended(evutil_socket_t fd, short what, void *user)
{
	struct ost_case_restore *r = user;
	void (*done)(struct ost_casebook *b) = r->done;
	struct ost_casebook *b = r->b;

	(void)fd;
	(void)what;
	(void)pthread_join(r->thread, NULL);
	r->running = false;
	take_over(r);
	leave(r);
	done(b);
}

int case_restore_begin(struct ost_casebook *b, void (*done)(struct ost_casebook *b))
{
	struct ost_case_restore *r = calloc(1, sizeof(*r));
	sigset_t all, before;
	int s;

	if (r == NULL)
		return -ENOMEM;
	b->restore = r;
	r->b = b;
	r->done = done;
	r->began_ns = ost_clock_mono_ns();
	r->ended_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r->ended = r->ended_fd >= 0 ? event_new(b->d->base, r->ended_fd, EV_READ, on_ended, r) : NULL;
	if (r->ended == NULL || event_add(r->ended, NULL) < 0)
		return -ENOMEM;
	(void)sigfillset(&all); /* signals are the event loop's */
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	s = pthread_create(&r->thread, NULL, thread_run, r);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	r->running = s == 0;
	return -s;
}

void case_restore_end(struct ost_casebook *b)
{
	if (b->restore == NULL)
		return;
	atomic_store(&b->restore->stop, true);
	leave(b->restore);
}
