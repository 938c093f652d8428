/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is kept over a restart, and what is shown. */
#include <stdio.h>

#include "admission_table.h"

bool ost_admission_urgent(const struct ost_admission *a)
{
	return a->urgent;
}

bool ost_admission_unkept(const struct ost_admission *a)
{
	return a->lists[QUEUE_UNKEPT].head != NOBODY;
}

/* A device that stands where the policy puts it, and of whom there is nothing to tell, needs no row. */
static bool says_something(const struct ost_session *s)
{
	return (s->standing != OST_STATE_UNKNOWN && s->standing != OST_STATE_IDENTIFIED) || s->placed || s->failures > 0;
}

int ost_admission_unkept_each(struct ost_admission *a, struct ost_moment now,
	int (*fn)(void *user, const struct ost_admission_row *row, bool keep), void *user)
{
	int r = 0;

	for (uint32_t i = a->lists[QUEUE_UNKEPT].head; i != NOBODY && r == 0; i = a->records[i].next[QUEUE_UNKEPT]) {
		const struct ost_session *s = &a->records[i].s;
		const struct ost_admission_row row = {.device = ost_image_device_name(a->image, i),
			.port = s->placed ? a->ports[s->place.port].kept : "",
			.session = *s,
			.prove_wall_ns = ost_moment_wall(now, s->prove_ns)};

		r = fn(user, &row, says_something(s));
	}
	return r;
}

void ost_admission_kept(struct ost_admission *a, bool synced)
{
	a->urgent &= !synced;
	while (admission_dequeue(a, QUEUE_UNKEPT) != NOBODY)
		;
}

void ost_admission_denied_each(const struct ost_admission *a, void (*fn)(void *user, const char *device, enum ost_state state), void *user)
{
	for (uint32_t i = 0; a->image != NULL && i < a->image->device_count; i++) {
		if (admission_role(a, i)->authenticate == OST_AUTH_MAC && a->records[i].s.standing != OST_STATE_IDENTIFIED)
			fn(user, ost_image_device_name(a->image, i), ost_standing_state(a->records[i].s.standing));
	}
}

uint64_t ost_admission_denied_changes(const struct ost_admission *a)
{
	return a->denied_changes;
}

uint64_t ost_admission_lock_changes(const struct ost_admission *a)
{
	return ost_places_changes(a->locks);
}

void ost_admission_locks_each(const struct ost_admission *a, void (*fn)(void *user, const struct ost_place_entry *e), void *user)
{
	ost_places_each(a->locks, fn, user);
}

static void *copied(const void *from, size_t size)
{
	void *p = from != NULL ? malloc(size) : NULL;

	if (p != NULL)
		memcpy(p, from, size);
	return p;
}

/* Wall time of before to the monotonic time of now; what is long over is due now. */
static uint64_t moment_mono(struct ost_moment now, uint64_t wall_ns)
{
	if (wall_ns >= now.wall_ns)
		return now.mono_ns + (wall_ns - now.wall_ns);
	return now.mono_ns - OST_MIN(now.mono_ns, now.wall_ns - wall_ns);
}

/* A clock that went back must not make a session longer than it was. */
static void times_restore(struct ost_session *s, uint64_t prove_wall_ns, struct ost_moment now)
{
	uint64_t longest = now.mono_ns + 2ull * OST_REAUTH_S * OST_NS_PER_S;

	/* From a clock that stood further on: nobody can tell what happened since. */
	s->proved_ns = s->proved_wall_ns <= now.wall_ns ? moment_mono(now, s->proved_wall_ns) : 0;
	s->prove_ns = OST_MIN(moment_mono(now, prove_wall_ns), longest);
	s->since_ns = moment_mono(now, s->since_wall_ns);
	if (s->since_ns > now.mono_ns)
		s->since_ns = now.mono_ns;
	/* A re-authentication that was under way begins anew. */
	s->asks = 0;
}

/* The number of a port says nothing when another port has it now. */
static void place_restore(struct ost_admission *a, uint32_t device, const struct ost_admission_row *row)
{
	const struct ost_place *place = &row->session.place;
	struct port *p = place->port < OST_PORTS_MAX ? &a->ports[place->port] : NULL;

	if (p == NULL || (p->known && strcmp(p->kept, row->port) != 0))
		return;
	(void)snprintf(p->kept, sizeof(p->kept), "%s", row->port);
	admission_place_set(a, device, place);
}

void ost_admission_restore(struct ost_admission *a, const struct ost_admission_row *row, bool away, struct ost_moment now)
{
	int64_t device = a->image != NULL ? ost_finder_name(a->finder, row->device) : -ENOENT;
	struct record *r;

	if (device < 0 || a->records[device].carried || row->session.standing >= OST_STANDING_COUNT)
		return;
	/* Whoever restores reads the registry: nothing is written meanwhile. */
	a->held++;
	r = &a->records[device];
	a->counts.standings[r->s.standing]--;
	r->s = row->session;
	r->carried = true;
	r->s.proof = copied(row->session.proof, sizeof(*r->s.proof));
	r->s.order = copied(row->session.order, sizeof(*r->s.order));
	r->s.placed = false;
	r->s.place = (struct ost_place){0};
	times_restore(&r->s, row->prove_wall_ns, now);
	admission_lease(&r->s, now);
	a->counts.standings[r->s.standing]++;
	a->denied_changes++;
	if (row->session.placed)
		place_restore(a, (uint32_t)device, row);
	away |= row->session.placed && !r->s.placed;
	admission_timer(a, (uint32_t)device, now);
	if (!admission_fits(a, (uint32_t)device) || (away && admission_is_in(&r->s)))
		(void)admission_event(a, (uint32_t)device, OST_EVENT_POLICY_CHANGED, NULL, now);
	admission_queue(a, QUEUE_USUAL, (uint32_t)device);
	a->held--;
}

void ost_admission_restore_lock(struct ost_admission *a, const struct ost_place *place, uint64_t until_wall_ns, uint32_t locks,
	struct ost_moment now)
{
	uint64_t until_ns = moment_mono(now, until_wall_ns);

	/* No lock-out is longer than that, whatever the clock did. */
	ost_places_restore(a->locks, place, OST_MIN(until_ns, now.mono_ns + 900 * OST_NS_PER_S), locks, now.mono_ns);
}

const struct ost_session *ost_admission_session(const struct ost_admission *a, uint32_t device)
{
	return a->image != NULL && device < a->image->device_count ? &a->records[device].s : NULL;
}

bool ost_admission_wanted(const struct ost_admission *a)
{
	return a->image != NULL && a->asks_proof;
}

const struct ost_admission_counts *ost_admission_counts(const struct ost_admission *a)
{
	return &a->counts;
}
