/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records: made, carried from policy to policy, moved by events. */
#include <stdio.h>

#include "admission_table.h"

const char *ost_note_kind_name(unsigned kind)
{
	static const char *const names[OST_NOTE_COUNT] = {
		"admitted", "confirmed", "denied", "failed", "logoff", "state", "locked-out", "sighted",
		"destroyed"};

	return kind < OST_NOTE_COUNT ? names[kind] : "invalid";
}

int ost_admission_new(const struct ost_admission_ops *ops, const struct ost_hash_key *key, struct ost_admission **ret_admission)
{
	struct ost_admission *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return -ENOMEM;
	a->ops = *ops;
	a->key = *key;
	a->random = key->s[0] ^ key->s[3];
	for (unsigned q = 0; q < QUEUE_COUNT; q++)
		a->lists[q] = (struct list){NOBODY, NOBODY};
	if (ost_places_new(OST_ADMISSION_PLACES, key, &a->knocks) < 0 || ost_places_new(OST_ADMISSION_PLACES, key, &a->locks) < 0) {
		ost_admission_free(&a);
		return -ENOMEM;
	}
	*ret_admission = a;
	return 0;
}

static void records_free(struct record *records, uint32_t count)
{
	for (uint32_t i = 0; records != NULL && i < count; i++) {
		free(records[i].s.proof);
		free(records[i].s.order);
	}
	free(records);
}

void ost_admission_free(struct ost_admission **admission)
{
	struct ost_admission *a = *admission;

	*admission = NULL;
	if (a == NULL)
		return;
	for (uint32_t i = 0; i < a->flight_count; i++)
		free(a->flights[(a->flight_first + i) % OST_ADMISSION_FLIGHTS].claim);
	records_free(a->records, a->image != NULL ? a->image->device_count : 0);
	ost_finder_free(&a->finder);
	ost_timers_free(&a->timers);
	ost_places_free(&a->knocks);
	ost_places_free(&a->locks);
	free(a->by_place);
	free(a);
}

/* ---- queues ---- */

void admission_queue(struct ost_admission *a, enum queue queue, uint32_t device)
{
	struct record *r = &a->records[device];
	struct list *l = &a->lists[queue];

	if ((r->queued >> queue & 1) != 0)
		return;
	r->queued = (uint8_t)(r->queued | 1u << queue);
	r->next[queue] = NOBODY;
	if (l->tail != NOBODY)
		a->records[l->tail].next[queue] = device;
	else
		l->head = device;
	l->tail = device;
}

uint32_t admission_dequeue(struct ost_admission *a, enum queue queue)
{
	struct list *l = &a->lists[queue];
	uint32_t device = l->head;

	if (device == NOBODY)
		return NOBODY;
	l->head = a->records[device].next[queue];
	if (l->head == NOBODY)
		l->tail = NOBODY;
	a->records[device].queued = (uint8_t)(a->records[device].queued & ~(1u << queue));
	return device;
}

/* ---- places ---- */

static uint32_t *place_chain(const struct ost_admission *a, const struct ost_place *place)
{
	return &a->by_place[ost_hash_bytes(&a->key, place, sizeof(*place)) & a->place_mask];
}

int64_t admission_at(const struct ost_admission *a, const struct ost_place *place)
{
	if (a->image == NULL || place->port == OST_PLACE_NO_PORT)
		return -ENOENT;
	for (uint32_t i = *place_chain(a, place); i != 0; i = a->records[i - 1].chain) {
		if (ost_place_equal(&a->records[i - 1].s.place, place))
			return i - 1;
	}
	return -ENOENT;
}

void admission_place_clear(struct ost_admission *a, uint32_t device)
{
	struct record *r = &a->records[device];
	uint32_t *at;

	if (!r->s.placed)
		return;
	for (at = place_chain(a, &r->s.place); *at != device + 1; at = &a->records[*at - 1].chain)
		;
	*at = r->chain;
	r->s.placed = false;
	r->s.place = (struct ost_place){0};
}

void admission_place_set(struct ost_admission *a, uint32_t device, const struct ost_place *place)
{
	struct record *r = &a->records[device];
	uint32_t *first;

	admission_place_clear(a, device);
	if (place->port >= OST_PORTS_MAX)
		return;
	first = place_chain(a, place);
	r->s.placed = true;
	r->s.place = *place;
	r->chain = *first;
	*first = device + 1;
}

/* ---- events ---- */

bool admission_is_in(const struct ost_session *s)
{
	return s->standing == OST_STATE_AUTHENTICATED || s->standing == OST_STATE_EXPIRED;
}

static uint8_t home(const struct ost_admission *a, uint32_t device)
{
	return admission_role(a, device)->authenticate == OST_AUTH_MAC ? OST_STATE_IDENTIFIED : OST_STATE_UNKNOWN;
}

void admission_note_simple(struct ost_admission *a, enum ost_note_kind kind, int64_t device, const struct ost_place *place)
{
	const struct ost_admission_note n = {.kind = kind, .device = device, .place = place, .way = OST_AUTH_WAY_COUNT};

	a->ops.note(a->ops.user, &n);
}

static void moved(struct ost_admission *a, uint32_t device, uint8_t to, enum ost_event event,
	const struct ost_session_order *order, struct ost_moment now)
{
	struct record *r = &a->records[device];
	const struct ost_admission_note n = {.kind = OST_NOTE_STATE, .device = device, .place = r->s.placed ? &r->s.place : NULL, .order = order, .way = OST_AUTH_WAY_COUNT, .event = (uint8_t)event, .from = r->s.standing, .to = to};
	bool less = (ost_state_rights(ost_standing_state(r->s.standing)) & ~ost_state_rights(ost_standing_state(to))) != 0;

	a->counts.standings[r->s.standing]--;
	a->counts.standings[to]++;
	a->ops.note(a->ops.user, &n);
	a->denied_changes += home(a, device) == OST_STATE_IDENTIFIED;
	r->s.standing = to;
	r->s.since_ns = now.mono_ns;
	r->s.since_wall_ns = now.wall_ns;
	r->s.asks = 0;
	free(r->s.order);
	r->s.order = NULL;
	if (order != NULL) {
		/* Without memory for the reason the order still holds. */
		r->s.order = malloc(sizeof(*order));
		if (r->s.order != NULL)
			*r->s.order = *order;
	}
	admission_queue(a, QUEUE_UNKEPT, device);
	if (less || order != NULL)
		a->urgent = true;
	admission_queue(a, less ? QUEUE_URGENT : QUEUE_USUAL, device);
}

static void proof_drop(struct record *r)
{
	free(r->s.proof);
	r->s.proof = NULL;
	r->s.assurance = OST_ASSURANCE_NONE;
	r->s.conversation = 0;
	r->s.confirmed = false;
}

/* The portal still holds the connection that the proof came by: it shall not look as if the device were in. */
static void portal_withdraw(struct ost_admission *a, const struct record *r)
{
	const struct ost_msg_auth_decision m = {.conversation = r->s.conversation,
		.reason = r->s.standing == OST_STATE_REVOKED ? OST_AUTH_REASON_REVOKED : OST_AUTH_REASON_STATE};

	if (r->s.proof != NULL && r->s.way == OST_AUTH_WAY_PORTAL && r->s.conversation != 0)
		a->ops.decide(a->ops.user, &m);
}

/* The place is read before it is left: it may be the last that is known of it. */
static void act(struct ost_admission *a, uint32_t device, unsigned acts, struct ost_moment now)
{
	struct record *r = &a->records[device];
	struct ost_place place = r->s.place;
	bool placed = r->s.placed;

	if (acts & OST_ACT_END) {
		portal_withdraw(a, r);
		proof_drop(r);
	}
	if (acts & OST_ACT_LEAVE)
		admission_place_clear(a, device);
	if (placed && acts & OST_ACT_UNLOCK)
		ost_places_clear(a->locks, &place);
	if (placed && acts & (OST_ACT_FORGET | OST_ACT_UNLOCK))
		admission_forget(a, &place, ost_places_locked_s(a->locks, &place, now.mono_ns));
	if (acts & OST_ACT_REAUTH)
		admission_reauth_begin(a, device, now);
	if (placed && acts & OST_ACT_ASK && admission_role(a, device)->authenticate == OST_AUTH_EAP_TLS)
		admission_knock(a, &place, now);
	if (acts & OST_ACT_TELL)
		admission_note_simple(a, OST_NOTE_SIGHTED, device, placed ? &place : NULL);
	if (placed != r->s.placed) {
		admission_queue(a, QUEUE_UNKEPT, device);
		admission_queue(a, QUEUE_URGENT, device);
	}
}

bool admission_event(struct ost_admission *a, uint32_t device, enum ost_event event, const struct ost_session_order *order,
	struct ost_moment now)
{
	struct record *r = &a->records[device];
	struct ost_cell cell = ost_states_cell(r->s.standing, event);
	uint8_t to = cell.next;

	if (!cell.decided || cell.acts & OST_ACT_REFUSE)
		return false;
	if (to == OST_STANDING_HOME)
		to = home(a, device);
	if (to == OST_STANDING_SAME)
		to = r->s.standing;
	if (to != r->s.standing)
		moved(a, device, to, event, order, now);
	act(a, device, cell.acts, now);
	admission_timer(a, device, now);
	admission_pump(a);
	return true;
}

int ost_admission_order(struct ost_admission *a, uint32_t device, enum ost_event order, const struct ost_session_order *who,
	struct ost_moment now, char why[static 256])
{
	const struct ost_session *s = &a->records[device].s;
	const char *state = ost_state_name(ost_standing_state(s->standing));

	if (admission_event(a, device, order, who, now))
		return 0;
	if (s->standing == OST_STATE_RETIRED)
		(void)snprintf(why, 256, "the device is retired, which is for ever: enroll it anew, under another name");
	else if (order == OST_EVENT_APPROVE && s->standing == OST_STATE_UNKNOWN)
		(void)snprintf(why, 256, "the device has to prove itself (authenticate: %s), and no approval replaces that",
			ost_authenticate_name((enum ost_authenticate)admission_role(a, device)->authenticate));
	else if (s->standing == OST_STATE_REVOKED)
		(void)snprintf(why, 256, "the device is revoked: only approve (or retire) leads out of that");
	else if (order == OST_EVENT_APPROVE && (s->standing == OST_STANDING_HELD || s->standing == OST_STATE_LOCKED_OUT))
		(void)snprintf(why, 256, "the device is %s: release leads out of that", state);
	else
		(void)snprintf(why, 256, "the device is %s: there is nothing to %s", state, ost_event_name(order));
	return -EPERM;
}

/* ---- policies ---- */

bool admission_place_fits(const struct ost_admission *a, uint32_t device, const struct ost_place *place, uint8_t way)
{
	const struct ost_image_device *d = &a->image->devices[device];

	if (d->has_mac && memcmp(d->mac, place->mac, sizeof(d->mac)) != 0)
		return false;
	/* A switch or an access point that asks by RADIUS does not say which of our ports it is behind. */
	if (way == OST_AUTH_WAY_RADIUS)
		return true;
	if (d->vlan != place->vlan)
		return false;
	return d->port == OST_PORT_ANY ||
	       strcmp(ost_image_string(a->image, a->image->ports[d->port].name), ost_admission_port_name(a, place->port)) == 0;
}

bool admission_fits(const struct ost_admission *a, uint32_t device)
{
	const struct ost_image_device *d = &a->image->devices[device];
	const struct ost_image_role *role = admission_role(a, device);
	const struct ost_session *s = &a->records[device].s;
	bool by_mac = role->authenticate == OST_AUTH_MAC;

	if (s->standing == OST_STATE_UNKNOWN || s->standing == OST_STATE_IDENTIFIED)
		return s->standing == home(a, device);
	if (s->standing == OST_STATE_LEARNING)
		return role->authenticate == OST_AUTH_TLS;
	if (s->standing == OST_STATE_QUARANTINED)
		return !by_mac;
	if (!admission_is_in(s))
		return true;
	if (by_mac || s->proof == NULL || s->assurance < role->assurance || d->certificate == 0 ||
		strcmp(ost_image_string(a->image, d->certificate), s->proof->identity) != 0)
		return false;
	if ((role->authenticate == OST_AUTH_TLS) != (s->way == OST_AUTH_WAY_PORTAL))
		return false;
	/* A port whose name is not told yet is judged when it is. */
	if (s->placed && !a->ports[s->place.port].known)
		return !d->has_mac || memcmp(d->mac, s->place.mac, sizeof(d->mac)) == 0;
	return !s->placed || admission_place_fits(a, device, &s->place, s->way);
}

struct fresh {
	struct ost_finder *finder;
	struct ost_timers *timers;
	struct record *records;
	uint32_t *by_place;
	uint64_t mask;
};

static int fresh_make(const struct ost_admission *a, const struct ost_image *image, struct fresh *f)
{
	uint32_t n = image->device_count;

	for (f->mask = 63; f->mask < n; f->mask = f->mask * 2 + 1)
		;
	f->records = calloc((size_t)n + 1, sizeof(*f->records));
	f->by_place = calloc((size_t)f->mask + 1, sizeof(*f->by_place));
	if (f->records != NULL && f->by_place != NULL && ost_finder_new(image, &a->key, &f->finder) == 0 &&
		ost_timers_new(n, &f->timers) == 0)
		return 0;
	free(f->records);
	free(f->by_place);
	ost_finder_free(&f->finder);
	return -ENOMEM;
}

/* The records of the policy before, moved to where the new one has the same names. */
static void records_carry(const struct ost_admission *a, const struct ost_image *image, const struct fresh *f)
{
	for (uint32_t i = 0; a->image != NULL && i < a->image->device_count; i++) {
		struct record *from = &a->records[i];
		int64_t place = ost_finder_name(f->finder, ost_image_device_name(a->image, i));

		if (place < 0 || place >= image->device_count)
			continue;
		f->records[place].s = from->s;
		f->records[place].carried = true;
		f->records[place].out_pkts = from->out_pkts;
		f->records[place].spoke_ns = from->spoke_ns;
		f->records[place].unkept = from->queued >> QUEUE_UNKEPT & 1;
		from->s.proof = NULL;
		from->s.order = NULL;
	}
}

static void records_begin(struct ost_admission *a)
{
	memset(a->counts.standings, 0, sizeof(a->counts.standings));
	a->asks_eap = a->asks_proof = false;
	for (uint32_t i = 0; i < a->image->device_count; i++) {
		struct record *r = &a->records[i];
		struct ost_place place = r->s.place;
		bool placed = r->s.placed;

		if (!r->carried)
			r->s.standing = home(a, i);
		r->s.placed = false;
		if (placed)
			admission_place_set(a, i, &place);
		a->counts.standings[r->s.standing]++;
		a->asks_eap |= admission_role(a, i)->authenticate == OST_AUTH_EAP_TLS;
		a->asks_proof |= admission_role(a, i)->authenticate != OST_AUTH_MAC;
	}
}

int ost_admission_policy(struct ost_admission *a, const struct ost_image *image, struct ost_moment now)
{
	uint32_t before = a->image != NULL ? a->image->device_count : 0;
	struct ost_image *own = a->image == &a->images[0] ? &a->images[1] : &a->images[0];
	struct fresh f = {0};

	*own = *image;
	image = own;
	if (fresh_make(a, image, &f) < 0)
		return -ENOMEM;
	records_carry(a, image, &f);
	records_free(a->records, before);
	ost_finder_free(&a->finder);
	ost_timers_free(&a->timers);
	free(a->by_place);
	a->records = f.records;
	a->by_place = f.by_place;
	a->place_mask = f.mask;
	a->finder = f.finder;
	a->timers = f.timers;
	a->image = image;
	a->denied_changes++;
	for (unsigned q = 0; q < QUEUE_COUNT; q++)
		a->lists[q] = (struct list){NOBODY, NOBODY};
	records_begin(a);
	admission_hold(a);
	for (uint32_t i = 0; i < image->device_count; i++) {
		if (a->records[i].carried && !admission_fits(a, i))
			(void)admission_event(a, i, OST_EVENT_POLICY_CHANGED, NULL, now);
		else
			admission_timer(a, i, now);
		if (a->records[i].unkept)
			admission_queue(a, QUEUE_UNKEPT, i);
	}
	ost_admission_resend(a);
	admission_release(a);
	return 0;
}
