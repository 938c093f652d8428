/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "apply.h"

#include <inttypes.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>

#include "authority.h"
#include "clock.h"
#include "generations.h"
#include "journaling.h"
#include "log.h"
#include "maker.h"
#include "trial.h"

enum phase {
	PHASE_IDLE,
	PHASE_MAKING, /* in the maker's thread, to which making belongs meanwhile */
	PHASE_MADE,   /* stored; sent as soon as the data plane has answered to the image that was sent again */
	PHASE_SENT,   /* the data plane is to answer */
};

struct ost_applier {
	struct ost_daemon *d;
	struct ost_maker *maker;
	enum phase phase;
	struct ost_making making;
	struct ost_apply_result result;
	ost_apply_done_fn done;
	void *user;
	uint64_t resent;     /* generation that was sent again by ourselves, 0 none */
	bool resend_due;     /* another one is in force since, or it could not be sent */
	ost_apply_done_fn back_done; /* who waits until the generation before is back */
	void *back_user;
	uint32_t confirm_s;	   /* of the apply under way */
	struct ost_confirm record; /* of it */
	bool trial_failed;	   /* it was told that going back does not succeed */
	uint32_t keep;		   /* generations on disk, as the site file said last */
	uint64_t last_number; /* largest generation number ever met */
	/* The last failure in the log: the next like it is not told again. */
	char said[sizeof(((struct ost_apply_result *)NULL)->text)];
};

const char *ost_apply_kind_name(unsigned kind)
{
	static const char *const names[OST_APPLY_KIND_COUNT] = {
		"done", "input", "tests", "unreachable", "busy", "storage", "refused", "waits", "missing"};

	return kind < OST_APPLY_KIND_COUNT ? names[kind] : "invalid";
}

/* The image in force is the roster's, whose header knows its length. */
static const void *image_now(const struct ost_applier *a, size_t *ret_length)
{
	const struct ost_image *image = ost_roster_image(a->d->roster);

	if (image == NULL)
		return NULL;
	*ret_length = (size_t)image->header->length_bytes;
	return image->header;
}

#define PENDING_MAX                                                                                \
	16u /* more are left by a disk that took nothing for long: the next starts find them */

struct pending {
	uint64_t numbers[PENDING_MAX];
	uint32_t count;
	uint64_t in_force;
};

static void pending_gather(void *user, const struct ost_generation *g)
{
	struct pending *p = user;

	if (g->state == OST_GENERATION_PENDING && g->number != p->in_force &&
		p->count < PENDING_MAX)
		p->numbers[p->count++] = g->number;
}

/* What a crash between the sending of an image and its answer left behind never came in force. */
static void pending_clear(const struct ost_daemon *d)
{
	struct pending p = {.in_force = d->in_force.number};
	struct ost_generation g;

	if (ost_registry_generations_each(d->registry, UINT32_MAX, pending_gather, &p) < 0)
		return;
	for (uint32_t i = 0; i < p.count; i++) {
		if (ost_registry_generation_get(d->registry, p.numbers[i], &g) < 0)
			continue;
		g.state = OST_GENERATION_REFUSED;
		(void)snprintf(g.result, sizeof(g.result),
			"ostiaryd ended before the data plane answered");
		if (ost_registry_generation_put(d->registry, &g) < 0)
			continue;
		ost_generations_drop(&d->paths, g.number);
		ost_log_warning(
			"policy generation %" PRIu64
			" had not come in force when ostiaryd ended: dropped; apply it again",
			g.number);
	}
}

static void say(struct ost_apply_result *result, enum ost_apply_kind kind, const char *hint, const char *fmt, ...)
	OST_PRINTF(4, 5);

static void say(struct ost_apply_result *result, enum ost_apply_kind kind, const char *hint, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(result->text, sizeof(result->text), fmt, ap);
	va_end(ap);
	(void)snprintf(result->hint, sizeof(result->hint), "%s", hint);
	result->kind = kind;
}

static void report(
	struct ost_applier *a, struct ost_apply_result *result, ost_apply_done_fn done, void *user)
{
	bool again = strcmp(a->said, result->text) == 0;

	(void)snprintf(a->said, sizeof(a->said), "%s", result->text);
	if (result->kind == OST_APPLY_DONE)
		ost_log_info("policy generation %" PRIu64 " is in force: %u devices, %u rules, applied by %s",
			result->generation.number, result->generation.devices, result->generation.rules,
			result->generation.by);
	else if (!again) /* who asks every second is told each time; the log is told what is new */
		ost_log_warning("policy not applied: %s", result->text);
	if (done != NULL)
		done(user, result);
	ost_diag_free(&result->diag);
}

static void making_free(struct ost_applier *a)
{
	ost_diag_free(&a->making.diag);
	ost_candidate_free(&a->making.candidate); /* findings borrow from it */
	a->making = (struct ost_making){0};
}

/* The end of an apply, however it went. */
static void finish(struct ost_applier *a)
{
	ost_apply_done_fn done = a->done;

	a->phase = PHASE_IDLE;
	a->done = NULL;
	a->result.diag = a->making.diag;
	a->making.diag = (struct ost_diag){0};
	report(a, &a->result, done, a->user);
	making_free(a);
	a->result = (struct ost_apply_result){0};
}

static void storage_failed(struct ost_apply_result *result, const struct ost_daemon *d, int r)
{
	const char *hint = "look at the file system of the state folder; then apply again";

	if (r == -ENOSPC || r == -EDQUOT)
		hint = "make room on its disk, then apply again";
	else if (r == -EROFS)
		hint = "its disk is read-only; remount it writable, then apply again";
	else if (r == -EACCES)
		hint = "ostiaryd must own this folder";
	say(result, OST_APPLY_STORAGE, hint, "%s: cannot be written: %s; the policy in force stays in force",
		d->paths.generations, strerror(-r));
}

static void user_name(uint32_t uid, char *buf, size_t size)
{
	const struct passwd *p = getpwuid(uid);

	if (p != NULL)
		(void)snprintf(buf, size, "%s", p->pw_name);
	else
		(void)snprintf(buf, size, "uid %u", uid);
}

/* Written at once: a crash must not leave it pending. */
static void generation_refused(struct ost_applier *a, const char *why)
{
	struct ost_generation *g = &a->result.generation;

	if (a->confirm_s != 0)
		ost_trial_abandon(a->d);
	g->state = OST_GENERATION_REFUSED;
	(void)snprintf(g->result, sizeof(g->result), "%.250s", why);
	ost_generations_drop(&a->d->paths, g->number);
	ost_ledger_generation(a->d->ledger, g);
	ost_ledger_flush(a->d->ledger, ost_clock_mono_ns(), false);
}

static void making_failed(struct ost_applier *a)
{
	struct ost_apply_result *result = &a->result;
	const struct ost_making *m = &a->making;

	if (m->made == -EBADMSG)
		say(result, OST_APPLY_TESTS, "mend the policy or its tests: block", "%u of %u tests of the policy fail",
			m->candidate.tests_failed, m->candidate.tests);
	else if (m->made == -EINVAL)
		say(result, OST_APPLY_INPUT, "mend what the findings name", "the policy has %u errors", m->diag.errors);
	else if (m->made < 0)
		say(result, OST_APPLY_INPUT, "give the machine more memory, or make the policy smaller",
			"the policy cannot be compiled: %s", strerror(-m->made));
	else
		storage_failed(result, a->d, m->stored);
	finish(a);
}

/* What is on the disk has not come in the registry: nothing of it stays. */
static void made_in_vain(struct ost_applier *a)
{
	ost_generations_drop(&a->d->paths, a->making.generation.number);
	finish(a);
}

/* Step 3. */
static void image_send(struct ost_applier *a)
{
	struct ost_daemon *d = a->d;
	struct ost_generation *g = &a->result.generation;
	int r;

	if (a->resent != 0)
		return; /* ost_applier_result() calls again */
	if (!ost_link_is_up(d->link)) {
		say(&a->result, OST_APPLY_UNREACHABLE, "look at its log, start it, then apply again",
			"the data plane went away (%s); the policy before stays in force", ost_link_counts(d->link)->why);
		made_in_vain(a);
		return;
	}
	if (g->number <= a->last_number) {
		say(&a->result, OST_APPLY_BUSY, "apply again", "the data plane came back with a later generation meanwhile");
		made_in_vain(a);
		return;
	}
	r = ost_registry_generation_put(d->registry, g);
	if (r == 0 && a->confirm_s != 0) {
		r = ost_trial_prepare(d, g->number, a->confirm_s, &a->record);
		if (r < 0) {
			storage_failed(&a->result, d, r);
			generation_refused(a, a->result.text);
			finish(a);
			return;
		}
	}
	if (r < 0) {
		storage_failed(&a->result, d, r);
		made_in_vain(a);
		return;
	}
	a->last_number = g->number;
	r = ost_link_image(d->link, g->number, a->making.candidate.bytes, a->making.candidate.length);
	a->phase = PHASE_SENT;
	if (r == 0)
		return;
	say(&a->result, OST_APPLY_UNREACHABLE, "look at ostiary status", "the data plane cannot be sent the policy: %s",
		strerror(-r));
	generation_refused(a, a->result.text);
	finish(a);
}

/* The maker is at its end. */
static void made(void *user)
{
	struct ost_applier *a = user;

	if (a->making.made < 0 || a->making.stored < 0) {
		making_failed(a);
		return;
	}
	a->result.generation = a->making.generation;
	a->keep = a->making.keep;
	a->phase = PHASE_MADE;
	image_send(a);
}

static int begin(struct ost_applier *a, const struct ost_apply_request *q)
{
	struct ost_making *m = &a->making;
	struct ost_generation *g = &m->generation;
	int r;

	if (q->confirm_s != 0 && a->d->in_force.number == 0) {
		say(&a->result, OST_APPLY_INPUT, "apply it without --confirm", "no policy is in force that could come back");
		return -EINVAL;
	}
	a->confirm_s = q->confirm_s;
	if (!ost_link_is_up(a->d->link)) {
		say(&a->result, OST_APPLY_UNREACHABLE, "start ostiary-dataplane, then apply again",
			"the data plane is not reachable (%s): nothing changed", ost_link_counts(a->d->link)->why);
		return -ENOTCONN;
	}
	*m = (struct ost_making){.paths = &a->d->paths, .sources = q->sources, .count = q->count};
	*g = (struct ost_generation){.number = a->last_number + 1, .state = OST_GENERATION_PENDING,
		.applied_wall_ns = ost_clock_wall_ns(), .uid = q->uid};
	user_name(q->uid, g->by, sizeof(g->by));
	(void)snprintf(g->message, sizeof(g->message), "%s", q->message);
	a->phase = PHASE_MAKING;
	r = ost_maker_start(a->maker, m);
	if (r < 0)
		say(&a->result, OST_APPLY_INPUT, "give the machine more memory or tasks", "the policy cannot be compiled: %s",
			strerror(-r));
	return r;
}

int ost_applier_new(struct ost_daemon *daemon, struct ost_applier **ret_applier)
{
	struct ost_applier *a = calloc(1, sizeof(*a));
	uint64_t disk = 0, noted = 0;

	if (a == NULL)
		return -ENOMEM;
	a->d = daemon;
	a->keep = OST_GENERATIONS_KEPT;
	if (ost_maker_new(daemon->base, made, a, &a->maker) < 0) {
		free(a);
		return -ENOMEM;
	}
	/* A folder that cannot be read shows again, and is reported, when a generation is stored. */
	if (ost_generations_last(&daemon->paths, &disk) < 0)
		disk = 0;
	if (ost_registry_generation_last(daemon->registry, &noted) < 0)
		noted = 0;
	a->last_number = OST_MAX(OST_MAX(disk, noted), daemon->in_force.number);
	pending_clear(daemon);
	*ret_applier = a;
	return 0;
}

/* What the maker is at is left, and nothing of it stays. */
static void making_stop(struct ost_applier *a)
{
	if (a->phase != PHASE_MAKING)
		return;
	ost_maker_stop(a->maker);
	if (a->making.made == 0 && a->making.stored == 0)
		ost_generations_drop(&a->d->paths, a->making.generation.number);
	a->phase = PHASE_IDLE;
}

void ost_applier_free(struct ost_applier **applier)
{
	struct ost_applier *a = *applier;

	if (a == NULL)
		return;
	making_stop(a);
	ost_maker_free(&a->maker);
	making_free(a);
	free(a);
	*applier = NULL;
}

bool ost_apply_waits(const struct ost_applier *a, struct ost_apply_result *result)
{
	if (a->d->trial.generation == 0)
		return false;
	say(result, OST_APPLY_WAITS, "ostiary policy confirm, or ostiary policy rollback",
		"generation %" PRIu64 " waits to be confirmed, and goes back to %" PRIu64 " in %" PRIu64 " s", a->d->trial.generation,
		a->d->trial.former, ost_trial_rest_s(a->d));
	return true;
}

void ost_apply(struct ost_applier *a, const struct ost_apply_request *request, ost_apply_done_fn done, void *user)
{
	struct ost_apply_result waits = {0};

	if (ost_apply_waits(a, &waits)) {
		report(a, &waits, done, user);
		return;
	}
	if (a->phase != PHASE_IDLE || a->resent != 0) {
		struct ost_apply_result busy = {0};

		say(&busy, OST_APPLY_BUSY, "try again in a moment", "another policy is being put in force");
		report(a, &busy, done, user);
		return;
	}
	a->done = done;
	a->user = user;
	if (begin(a, request) < 0)
		finish(a);
}

/* Sends the image in force again. */
static void resend(struct ost_applier *a, const char *why)
{
	struct ost_daemon *d = a->d;
	size_t length = 0;
	const void *bytes = image_now(a, &length);
	int r;

	a->resend_due = false;
	if (bytes == NULL)
		return;
	r = ost_link_image(d->link, d->in_force.number, bytes, length);
	if (r < 0) {
		ost_log_error("generation %" PRIu64 " cannot be sent to the data plane: %s", d->in_force.number,
			strerror(-r));
		a->resend_due = true; /* the next tick, or the next connection */
		return;
	}
	a->resent = d->in_force.number;
	ost_log_info("generation %" PRIu64 " sent to the data plane: %s", d->in_force.number, why);
}

void ost_applier_up(struct ost_applier *a, const struct ost_msg_hello *hello)
{
	struct ost_daemon *d = a->d;

	a->resent = 0;
	a->last_number = OST_MAX(a->last_number, hello->generation);
	d->trouble[0] = '\0';
	if (hello->generation == d->in_force.number)
		return;
	if (ost_roster_image(d->roster) != NULL)
		resend(a, "it had another one");
	else
		(void)snprintf(d->trouble, sizeof(d->trouble), "the data plane enforces generation %" PRIu64
			", which ostiaryd does not know; apply the policy again", hello->generation);
}

/* Who asked for the generation before is told how that went. */
static void back_tell(struct ost_applier *a, const char *fault)
{
	struct ost_apply_result result = {.kind = OST_APPLY_DONE, .generation = a->d->in_force};
	ost_apply_done_fn done = a->back_done;

	if (done == NULL)
		return;
	a->back_done = NULL;
	if (fault != NULL)
		ost_diag_warning(&result.diag, (struct ost_pos){0}, "look at ostiary status", "the data plane has not taken it yet: %s", fault);
	report(a, &result, done, a->back_user);
}

void ost_applier_down(struct ost_applier *a, const char *why)
{
	a->resent = 0;
	back_tell(a, why);
	if (a->phase == PHASE_MADE)
		image_send(a); /* it has waited for this connection, and hears that it is gone */
	if (a->phase != PHASE_SENT)
		return;
	say(&a->result, OST_APPLY_UNREACHABLE, "look at its log, start it, then apply again",
		"the data plane went away before it answered (%s); the policy before stays in force", why);
	generation_refused(a, a->result.text);
	finish(a);
}

static void refused(struct ost_applier *a, const struct ost_msg_image_result *m)
{
	say(&a->result, OST_APPLY_REFUSED, "the policy before stays in force", "the data plane does not take the policy: %s",
		m->text[0] != '\0' ? m->text : strerror(-m->result));
	generation_refused(a, m->text);
	finish(a);
}

/* Older generations give way. A disk that takes nothing is told elsewhere. */
static void prune(const struct ost_applier *a)
{
	const struct ost_daemon *d = a->d;
	const uint64_t former = d->trial.former;

	ost_generations_prune(&d->paths, a->keep, d->in_force.number, former);
	if (a->last_number > OST_GENERATIONS_NOTED &&
		ost_registry_generations_forget(d->registry, a->last_number - OST_GENERATIONS_NOTED, d->in_force.number, former) < 0)
		ost_log_warning("the history cannot be cut: %s", ost_registry_error(d->registry));
}

/* Step 4. */
static void accepted(struct ost_applier *a, const struct ost_msg_image_result *m)
{
	struct ost_daemon *d = a->d;
	struct ost_generation *g = &a->result.generation;
	char why[256];
	int r = a->confirm_s != 0 ? ost_trial_begin(d, &a->record) : ost_generations_switch(&d->paths);

	if (r < 0) {
		storage_failed(&a->result, d, r);
		generation_refused(a, a->result.text);
		finish(a);
		resend(a, "the new one could not be kept");
		return;
	}
	d->trouble[0] = '\0';
	r = ost_roster_image_set(d->roster, a->making.candidate.bytes, a->making.candidate.length, why);
	if (r < 0) {
		/* It was opened before: only memory can be missing. The next start takes it from the disk. */
		(void)snprintf(d->trouble, sizeof(d->trouble), "generation in force cannot be shown: %.200s", why);
		ost_log_error("%s", d->trouble);
	} else {
		a->making.candidate.bytes = NULL;
		ost_daemon_rules(d);
		ost_authority_policy(d);
	}
	g->state = d->trial.generation != 0 ? OST_GENERATION_UNCONFIRMED : OST_GENERATION_APPLIED;
	a->result.trial = d->trial;
	d->in_force = *g;
	ost_daemon_record(d);
	d->gauges.totals.generation = g->number; /* it just said so; its next totals will too */
	ost_ledger_generation(d->ledger, g);
	ost_ledger_policy(d->ledger);
	ost_journaling_policy(d, d->trial.generation != 0 ? "trial" : "apply", g);
	ost_ledger_flush(d->ledger, ost_clock_mono_ns(), false);
	if (m->devices < g->devices)
		ost_diag_warning(&a->making.diag, (struct ost_pos){0}, "look at their port: in the policy",
			"%u of %u devices are bound to ports that this gateway does not have", g->devices - m->devices,
			g->devices);
	finish(a);
	prune(a);
}

/* The answer to an image that was sent again. */
static void resent_answered(struct ost_applier *a, const struct ost_msg_image_result *m)
{
	a->resent = 0;
	if (m->result != 0) {
		(void)snprintf(a->d->trouble, sizeof(a->d->trouble), "the data plane does not take generation %" PRIu64
			": %.180s", m->generation, m->text);
		ost_log_error("%s", a->d->trouble);
	} else {
		a->d->gauges.totals.generation = m->generation;
	}
	if (a->resend_due && m->generation != a->d->in_force.number) {
		resend(a, "it came in force meanwhile");
		if (a->resent != 0)
			return;
	}
	back_tell(a, m->result != 0 ? a->d->trouble : NULL);
	if (a->phase == PHASE_MADE)
		image_send(a);
}

void ost_applier_result(struct ost_applier *a, const struct ost_msg_image_result *m)
{
	if (a->resent != 0)
		resent_answered(a, m);
	else if (a->phase != PHASE_SENT)
		return;
	else if (m->result < 0)
		refused(a, m);
	else
		accepted(a, m);
}

/* ---- on trial ---- */

void ost_apply_confirm(struct ost_applier *a, uint64_t generation, uint32_t uid, struct ost_apply_result *result)
{
	const struct ost_daemon *d = a->d;
	char by[64];
	int r;

	if (d->trial.generation == 0) {
		say(result, OST_APPLY_WAITS, "ostiary policy history tells what became of it", "nothing waits to be confirmed");
		return;
	}
	if (generation != 0 && generation != d->trial.generation && ost_apply_waits(a, result))
		return;
	user_name(uid, by, sizeof(by));
	r = ost_trial_confirm(a->d, by);
	if (r < 0) {
		say(result, OST_APPLY_STORAGE, "mend it and confirm again before its time is over",
			"%s: cannot be written: %s; generation %" PRIu64 " still waits to be confirmed", d->paths.generations,
			strerror(-r), d->trial.generation);
		return;
	}
	prune(a);
	result->kind = OST_APPLY_DONE;
	result->generation = d->in_force;
}

/* -ENOENT, or what keeps the generation before from coming back. */
static int go_back(struct ost_applier *a, const char *why)
{
	struct ost_daemon *d = a->d;
	int r = ost_trial_end(d, why);

	if (r < 0) {
		(void)snprintf(d->trouble, sizeof(d->trouble), "generation %" PRIu64 " should be back, and cannot be read: %s",
			d->trial.former, strerror(-r));
		if (!a->trial_failed)
			ost_log_error("%s", d->trouble);
		a->trial_failed = true;
		return r;
	}
	a->trial_failed = false;
	d->trouble[0] = '\0';
	a->resend_due = true;
	if (a->resent == 0 && ost_link_is_up(d->link))
		resend(a, "the one after it was not confirmed");
	return 0;
}

void ost_apply_back(struct ost_applier *a, uint32_t uid, ost_apply_done_fn done, void *user)
{
	struct ost_apply_result result = {0};
	char why[128], by[64];
	int r;

	user_name(uid, by, sizeof(by));
	(void)snprintf(why, sizeof(why), "rolled back by %s", by);
	r = a->phase != PHASE_IDLE || a->back_done != NULL ? -EBUSY : go_back(a, why);
	if (r == 0) {
		a->back_done = done;
		a->back_user = user;
		if (a->resent == 0)
			back_tell(a, ost_link_counts(a->d->link)->why);
		return;
	}
	if (r == -EBUSY)
		say(&result, OST_APPLY_BUSY, "try again in a moment", "another policy is being put in force");
	else
		say(&result, OST_APPLY_STORAGE, "look at the file system of the state folder", "%s", a->d->trouble);
	report(a, &result, done, user);
}

void ost_applier_tick(struct ost_applier *a)
{
	if (ost_trial_is_due(a->d) && a->phase == PHASE_IDLE)
		(void)go_back(a, "not confirmed in time"); /* told; tried again */
	else if (a->resend_due && a->resent == 0 && a->phase == PHASE_IDLE && ost_link_is_up(a->d->link))
		resend(a, "it could not be sent before");
}

void ost_applier_forget(struct ost_applier *a, void *user)
{
	if (a->back_user == user)
		a->back_done = NULL;
	if (a->phase == PHASE_IDLE || a->user != user)
		return;
	a->done = NULL;
	if (a->phase != PHASE_MAKING)
		return;
	making_stop(a); /* the sources go with their owner */
	making_free(a);
}

uint64_t ost_applier_under_way(const struct ost_applier *a, const char **ret_step)
{
	static const char *const steps[] = {
		[PHASE_IDLE] = "", [PHASE_MAKING] = "compile", [PHASE_MADE] = "data plane", [PHASE_SENT] = "data plane"};

	*ret_step = steps[a->phase];
	if (a->phase == PHASE_IDLE)
		return 0;
	return a->phase == PHASE_MAKING ? a->last_number + 1 : a->result.generation.number;
}
