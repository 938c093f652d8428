/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "planner.h"

#include <stdarg.h>
#include <stdio.h>

#include "maker.h"

enum phase {
	PHASE_IDLE,
	PHASE_MAKING, /* in the maker's thread, to which making belongs meanwhile */
	PHASE_SENT,   /* the data plane is to answer */
};

struct ost_planner {
	struct ost_daemon *d;
	struct ost_maker *maker;
	enum phase phase;
	struct ost_making making;
	ost_plan_done_fn done; /* NULL: nobody waits */
	void *user;
};

static void say(struct ost_plan_result *result, enum ost_apply_kind kind, const char *hint, const char *fmt, ...) OST_PRINTF(4, 5);

static void say(struct ost_plan_result *result, enum ost_apply_kind kind, const char *hint, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(result->text, sizeof(result->text), fmt, ap);
	va_end(ap);
	(void)snprintf(result->hint, sizeof(result->hint), "%s", hint);
	result->kind = kind;
}

static void making_free(struct ost_planner *p)
{
	ost_diag_free(&p->making.diag);
	ost_candidate_free(&p->making.candidate); /* findings borrow from it */
	p->making = (struct ost_making){0};
}

static void finish(struct ost_planner *p, struct ost_plan_result *result)
{
	ost_plan_done_fn done = p->done;

	p->phase = PHASE_IDLE;
	p->done = NULL;
	result->diag = p->making.diag;
	p->making.diag = (struct ost_diag){0};
	if (done != NULL)
		done(p->user, result);
	ost_diag_free(&result->diag);
	making_free(p);
}

static void unreachable(struct ost_plan_result *result, const char *why)
{
	say(result, OST_APPLY_UNREACHABLE, "look at ostiary status", "the data plane is not reachable: %s", why);
}

static void made(void *user)
{
	struct ost_planner *p = user;
	const struct ost_making *m = &p->making;
	struct ost_plan_result result = {0};
	int r;

	p->phase = PHASE_SENT;
	if (m->made == -EINVAL) {
		say(&result, OST_APPLY_INPUT, "mend what the findings name", "the policy has %u errors", m->diag.errors);
	} else if (m->made < 0) {
		say(&result, OST_APPLY_INPUT, "give the machine more memory, or make the policy smaller",
			"the policy cannot be compiled: %s", strerror(-m->made));
	} else {
		r = ost_link_rehearse(p->d->link, p->d->in_force.number, m->candidate.bytes, m->candidate.length);
		if (r == 0)
			return;
		unreachable(&result, r == -ENOTCONN ? ost_link_counts(p->d->link)->why : strerror(-r));
	}
	finish(p, &result);
}

int ost_planner_new(struct ost_daemon *daemon, struct ost_planner **ret_planner)
{
	struct ost_planner *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return -ENOMEM;
	p->d = daemon;
	if (ost_maker_new(daemon->base, made, p, &p->maker) < 0) {
		free(p);
		return -ENOMEM;
	}
	*ret_planner = p;
	return 0;
}

void ost_planner_free(struct ost_planner **planner)
{
	struct ost_planner *p = *planner;

	if (p == NULL)
		return;
	ost_maker_free(&p->maker);
	making_free(p);
	free(p);
	*planner = NULL;
}

/* What keeps it from being asked at all. */
static bool refused(const struct ost_planner *p, struct ost_plan_result *result)
{
	if (p->phase != PHASE_IDLE)
		say(result, OST_APPLY_BUSY, "try again in a moment", "another policy is being rehearsed");
	else if (!ost_link_is_up(p->d->link))
		unreachable(result, ost_link_counts(p->d->link)->why);
	else if (p->d->in_force.number == 0)
		say(result, OST_APPLY_MISSING, "ostiary policy apply FILE", "no policy is in force, so no flow is there");
	else
		return false;
	return true;
}

void ost_plan(struct ost_planner *p, const struct ost_policy_source *sources, uint32_t count, ost_plan_done_fn done, void *user)
{
	struct ost_plan_result result = {0};
	int r;

	if (refused(p, &result)) {
		done(user, &result);
		return;
	}
	p->making = (struct ost_making){.paths = &p->d->paths, .sources = sources, .count = count, .rehearsal = true};
	p->making.generation.number = p->d->in_force.number;
	p->done = done;
	p->user = user;
	p->phase = PHASE_MAKING;
	r = ost_maker_start(p->maker, &p->making);
	if (r == 0)
		return;
	say(&result, OST_APPLY_INPUT, "give the machine more memory or tasks", "the policy cannot be compiled: %s", strerror(-r));
	finish(p, &result);
}

void ost_planner_forget(struct ost_planner *p, void *user)
{
	if (p->phase == PHASE_IDLE || p->user != user)
		return;
	p->done = NULL;
	if (p->phase != PHASE_MAKING)
		return;
	ost_maker_stop(p->maker);
	making_free(p);
	p->phase = PHASE_IDLE;
}

void ost_planner_rehearsed(struct ost_planner *p, const struct ost_msg_rehearsed *m)
{
	struct ost_plan_result result = {.rehearsed = m};

	if (p->phase != PHASE_SENT)
		return;
	if (m->result == -ESTALE || m->result == -EBUSY)
		say(&result, OST_APPLY_BUSY, "plan again", "%s", m->text);
	else if (m->result < 0)
		say(&result, OST_APPLY_REFUSED, "it would not be applied either", "the data plane does not take the policy: %s",
			m->text[0] != '\0' ? m->text : strerror(-m->result));
	finish(p, &result);
}

void ost_planner_down(struct ost_planner *p, const char *why)
{
	struct ost_plan_result result = {0};

	if (p->phase != PHASE_SENT)
		return;
	unreachable(&result, why);
	finish(p, &result);
}
