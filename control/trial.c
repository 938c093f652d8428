/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trial.h"

#include <inttypes.h>
#include <stdio.h>

#include "authority.h"
#include "clock.h"
#include "generations.h"
#include "journaling.h"
#include "log.h"

static void noted(struct ost_daemon *d, const struct ost_generation *g)
{
	ost_ledger_generation(d->ledger, g);
	ost_ledger_flush(d->ledger, ost_clock_mono_ns(), false);
}

static uint64_t rest_ns(const struct ost_confirm *c)
{
	struct ost_confirm_now now;

	ost_confirm_now(&now);
	return ost_confirm_rest_ns(c, &now);
}

static void record_drop(struct ost_daemon *d)
{
	int r = ost_confirm_remove(&d->paths);

	if (r < 0)
		ost_log_error("%s: what waited to be confirmed cannot be forgotten: %s", d->paths.generations, strerror(-r));
}

/* What the registry knows of a generation; poorer without it. */
static void generation_get(const struct ost_daemon *d, const struct ost_image *image, struct ost_generation *ret_generation)
{
	if (ost_registry_generation_get(d->registry, image->generation, ret_generation) == 0)
		return;
	*ret_generation = (struct ost_generation){.number = image->generation, .devices = image->device_count,
		.roles = image->role_count, .rules = image->rule_count, .crc = image->header->crc,
		.image_bytes = image->header->length_bytes};
}

/* Takes over bytes when it succeeds. */
static int take(struct ost_daemon *d, void *bytes, size_t length, enum ost_generation_state state)
{
	char why[256];
	int r = ost_roster_image_set(d->roster, bytes, length, why);

	if (r < 0) {
		ost_log_error("a stored generation cannot be put in force: %s", why);
		return r;
	}
	generation_get(d, ost_roster_image(d->roster), &d->in_force);
	d->in_force.state = (uint8_t)state;
	ost_ledger_policy(d->ledger);
	return 0;
}

static void history_end(struct ost_daemon *d, uint64_t generation, const char *why)
{
	struct ost_generation g;

	if (ost_registry_generation_get(d->registry, generation, &g) < 0)
		return;
	g.state = OST_GENERATION_ROLLED_BACK;
	(void)snprintf(g.result, sizeof(g.result), "%s", why);
	noted(d, &g);
}

/* ---- at start ---- */

/* Is this record one of the generation that may go on? The reason why not, or NULL. */
static const char *record_fault(const struct ost_daemon *d, const struct ost_confirm *c)
{
	struct ost_generation g;

	if (c->former != d->in_force.number)
		return "it would go back to a generation that is not the one before it";
	if (!c->taken)
		return "the data plane had not taken it";
	if (ost_registry_generation_get(d->registry, c->generation, &g) == 0 && g.state != OST_GENERATION_UNCONFIRMED &&
		g.state != OST_GENERATION_PENDING)
		return "it was rolled back";
	return NULL;
}

static int resume(struct ost_daemon *d, const struct ost_confirm *c)
{
	void *bytes = NULL;
	size_t length = 0;
	int r = ost_generations_image(&d->paths, c->generation, &bytes, &length);

	if (r == 0)
		r = take(d, bytes, length, OST_GENERATION_UNCONFIRMED);
	if (r < 0) {
		free(bytes);
		return r;
	}
	d->trial = *c;
	ost_log_warning("policy generation %" PRIu64 " is in force for %" PRIu64 " s more, then generation %" PRIu64
		" comes back: ostiary policy confirm", c->generation, ost_trial_rest_s(d), c->former);
	return 0;
}

static void confirmed_before(struct ost_daemon *d)
{
	d->in_force.state = OST_GENERATION_APPLIED;
	noted(d, &d->in_force);
	record_drop(d);
}

void ost_trial_restore(struct ost_daemon *d)
{
	struct ost_confirm c;
	const char *fault;
	int r = ost_confirm_read(&d->paths, &c);

	if (r == -ENOENT)
		return;
	if (r < 0) {
		ost_log_error("%s/unconfirmed.json is no record of ours: the policy that was confirmed last is in force",
			d->paths.generations);
		record_drop(d);
		return;
	}
	if (c.generation == d->in_force.number) {
		confirmed_before(d); /* it ended between the two steps of a confirmation */
		return;
	}
	fault = record_fault(d, &c);
	if (fault == NULL && rest_ns(&c) > 0 && resume(d, &c) == 0)
		return;
	if (fault == NULL)
		history_end(d, c.generation, "not confirmed in time");
	ost_log_warning("policy generation %" PRIu64 " does not stay in force: %s", c.generation,
		fault != NULL ? fault : "it was not confirmed in time");
	record_drop(d);
}

/* ---- while it runs ---- */

int ost_trial_prepare(struct ost_daemon *d, uint64_t generation, uint32_t seconds, struct ost_confirm *ret_record)
{
	struct ost_confirm c = {.generation = generation, .former = d->in_force.number, .asked_s = seconds};
	struct ost_confirm_now now;
	int r;

	ost_confirm_now(&now);
	ost_confirm_begin(&c, &now);
	r = ost_confirm_write(&d->paths, &c);
	if (r == 0)
		*ret_record = c;
	return r;
}

int ost_trial_begin(struct ost_daemon *d, struct ost_confirm *record)
{
	struct ost_confirm_now now;
	int r;

	ost_confirm_now(&now);
	ost_confirm_begin(record, &now);
	record->taken = true;
	r = ost_confirm_write(&d->paths, record);
	if (r < 0)
		return r;
	ost_generations_leave(&d->paths); /* current.image stays */
	d->trial = *record;
	return 0;
}

void ost_trial_abandon(struct ost_daemon *d)
{
	record_drop(d);
}

int ost_trial_confirm(struct ost_daemon *d, const char *by)
{
	int r;

	if (d->trial.generation == 0 || d->trial.generation != d->in_force.number)
		return -ENOENT;
	r = ost_generations_choose(&d->paths, d->trial.generation);
	if (r < 0)
		return r;
	record_drop(d); /* one that stays names the generation of current.image: the next start drops it */
	d->trial = (struct ost_confirm){0};
	d->in_force.state = OST_GENERATION_APPLIED;
	(void)snprintf(d->in_force.result, sizeof(d->in_force.result), "confirmed by %s", by);
	noted(d, &d->in_force);
	ost_journaling_policy(d, "confirm", &d->in_force);
	ost_log_info("policy generation %" PRIu64 " is confirmed by %s", d->in_force.number, by);
	return 0;
}

int ost_trial_end(struct ost_daemon *d, const char *why)
{
	const uint64_t ended = d->trial.generation;
	void *bytes = NULL;
	size_t length = 0;
	int r;

	if (ended == 0)
		return -ENOENT;
	r = ost_generations_current(&d->paths, &bytes, &length);
	if (r < 0)
		return r;
	r = take(d, bytes, length, OST_GENERATION_APPLIED);
	if (r < 0) {
		free(bytes);
		return r;
	}
	/* Both are gone before a data plane hears of it: whatever ends now, nothing resumes the trial. */
	history_end(d, ended, why);
	record_drop(d);
	d->trial = (struct ost_confirm){0};
	ost_daemon_rules(d);
	ost_daemon_record(d);
	ost_authority_policy(d);
	ost_journaling_policy(d, "revert", &d->in_force);
	ost_log_warning("policy generation %" PRIu64 " %s: generation %" PRIu64 " is in force again", ended, why, d->in_force.number);
	return 0;
}

bool ost_trial_is_due(const struct ost_daemon *d)
{
	return d->trial.generation != 0 && rest_ns(&d->trial) == 0;
}

uint64_t ost_trial_rest_s(const struct ost_daemon *d)
{
	return d->trial.generation == 0 ? 0 : (rest_ns(&d->trial) + OST_NS_PER_S - 1) / OST_NS_PER_S;
}
