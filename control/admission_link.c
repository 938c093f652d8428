/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The data plane: ADMITs on their way, in order, and what it tells of ports and places. */
#include <stdio.h>

#include "admission_table.h"

/* ---- ADMITs ---- */

static uint8_t admit_assurance(const struct ost_session *s)
{
	if (s->standing == OST_STATE_IDENTIFIED)
		return OST_ASSURANCE_IDENTIFIED;
	return admission_is_in(s) ? s->assurance : OST_ASSURANCE_NONE;
}

struct ost_msg_admit admission_admit(const struct ost_admission *a, uint32_t device)
{
	const struct ost_session *s = &a->records[device].s;
	/* Where nothing is permitted the place says nothing, and the order goes the short way. */
	bool somewhere = s->standing != OST_STATE_IDENTIFIED && ost_state_rights(ost_standing_state(s->standing)) != 0;
	struct ost_msg_admit m = {
		.generation = a->image->generation,
		.device = device,
		.state = (uint8_t)ost_standing_state(s->standing),
		.assurance = admit_assurance(s),
		.placed = s->placed && somewhere,
	};

	if (m.placed)
		m.place = s->place;
	else
		m.place.port = OST_PLACE_NO_PORT;
	return m;
}

int admission_fly(struct ost_admission *a, uint32_t device, const struct ost_msg_admit *m, struct ost_msg_auth_claim *claim,
	uint32_t session_s, uint64_t now_ns)
{
	struct flight *f = &a->flights[(a->flight_first + a->flight_count) % OST_ADMISSION_FLIGHTS];
	uint32_t sequence = 0;
	int r;

	if (!a->link_up)
		return -ENOTCONN;
	if (a->flight_count == OST_ADMISSION_FLIGHTS)
		return -EAGAIN;
	r = a->ops.admit(a->ops.user, m, &sequence);
	if (r < 0)
		return r;
	a->counts.admits++;
	a->records[device].sent = *m;
	a->records[device].flying++;
	*f = (struct flight){.sequence = sequence, .device = device, .generation = m->generation, .claim = claim, .claimed_ns = now_ns, .session_s = session_s};
	a->flight_count++;
	return 0;
}

/* Its port has not been told yet: what became of its link in the meantime decides whether it still has a session. */
static bool waits_for_port(const struct ost_admission *a, uint32_t device)
{
	const struct ost_session *s = &a->records[device].s;

	return admission_is_in(s) && s->placed && !a->ports[s->place.port].known;
}

static bool push(struct ost_admission *a, enum queue queue)
{
	uint32_t device = a->lists[queue].head;
	struct ost_msg_admit m;

	if (device == NOBODY)
		return false;
	if (waits_for_port(a, device)) {
		(void)admission_dequeue(a, queue);
		return true;
	}
	m = admission_admit(a, device);
	/* Queued twice, or back to what it was: there is nothing to tell. */
	if (memcmp(&m, &a->records[device].sent, sizeof(m)) != 0 && admission_fly(a, device, &m, NULL, 0, 0) < 0)
		return false;
	(void)admission_dequeue(a, queue);
	return true;
}

void admission_pump(struct ost_admission *a)
{
	if (a->held > 0 || a->image == NULL || !a->link_up)
		return;
	if (a->lists[QUEUE_URGENT].head != NOBODY && a->lists[QUEUE_UNKEPT].head != NOBODY)
		a->ops.keep(a->ops.user);
	/* Half of the window is left to claims. */
	while (a->flight_count < OST_ADMISSION_FLIGHTS / 2 &&
		(push(a, QUEUE_URGENT) || push(a, QUEUE_USUAL)))
		;
}

void admission_hold(struct ost_admission *a)
{
	a->held++;
}

void admission_release(struct ost_admission *a)
{
	a->held--;
	admission_pump(a);
}

int ost_admission_ack(struct ost_admission *a, uint32_t sequence, int result, struct ost_moment now)
{
	struct flight f = a->flights[a->flight_first];

	if (a->flight_count == 0 || f.sequence != sequence)
		return -EPROTO;
	a->flight_first = (a->flight_first + 1) % OST_ADMISSION_FLIGHTS;
	a->flight_count--;
	/* A device that was never seen has no right to take away. */
	if (result < 0 && (f.claim != NULL || result != -ENOENT))
		a->counts.admits_refused++;
	if (f.generation == a->image->generation)
		a->records[f.device].flying--;
	admission_landed(a, &f, result, now);
	free(f.claim);
	admission_pump(a);
	return 0;
}

void ost_admission_link_up(struct ost_admission *a, struct ost_moment now)
{
	(void)now;
	a->link_up = true;
	ost_admission_resend(a);
}

void ost_admission_link_down(struct ost_admission *a)
{
	a->link_up = false;
	while (a->flight_count > 0) {
		struct flight *f = &a->flights[a->flight_first];

		if (f->claim != NULL)
			admission_decide(a, f->claim, f->device, OST_AUTH_REASON_UNAVAILABLE, 0);
		free(f->claim);
		a->flight_first = (a->flight_first + 1) % OST_ADMISSION_FLIGHTS;
		a->flight_count--;
	}
	for (uint32_t i = 0; a->image != NULL && i < a->image->device_count; i++)
		a->records[i].flying = 0;
	for (unsigned i = 0; i < OST_PORTS_MAX; i++)
		a->ports[i].known = false;
}

/* Devices that stand where the policy puts them by their MAC need no word. For those that must prove themselves "unknown" is
 * told too: the data plane may remember a proof that we do not. */
void ost_admission_resend(struct ost_admission *a)
{
	for (uint32_t i = 0; a->image != NULL && i < a->image->device_count; i++) {
		struct record *r = &a->records[i];

		r->sent = (struct ost_msg_admit){0};
		if (r->s.standing != OST_STATE_IDENTIFIED)
			admission_queue(a, ost_state_rights(ost_standing_state(r->s.standing)) == 0 ? QUEUE_URGENT : QUEUE_USUAL, i);
	}
	admission_pump(a);
}

/* A session that a RADIUS client brought has no place: the data plane lets the device in where its MAC is seen first. From then on it is
 * there, like any other, and over when that port loses its link: else whoever speaks first at the next port would have it. */
static void seen_at(struct ost_admission *a, uint32_t device, uint8_t state, uint32_t port, struct ost_moment now)
{
	const struct ost_image_device *d = &a->image->devices[device];
	struct ost_place place = {.port = port, .vlan = d->vlan};

	if (state != OST_STATE_AUTHENTICATED) {
		(void)admission_event(a, device, OST_EVENT_LOGOFF, NULL, now);
		return;
	}
	if (!d->has_mac || port >= OST_PORTS_MAX || !a->ports[port].known || !a->ports[port].up)
		return;
	memcpy(place.mac, d->mac, sizeof(place.mac));
	if (admission_at(a, &place) >= 0)
		return;
	admission_place_set(a, device, &place);
	admission_queue(a, QUEUE_UNKEPT, device);
	admission_queue(a, QUEUE_USUAL, device);
	admission_pump(a);
}

void ost_admission_enforced(struct ost_admission *a, uint32_t device, uint8_t state, uint32_t port, struct ost_moment now)
{
	struct record *r;

	if (a->image == NULL || device >= a->image->device_count)
		return;
	r = &a->records[device];
	if (r->flying > 0 || r->queued & (1u << QUEUE_URGENT | 1u << QUEUE_USUAL))
		return;
	if (r->s.standing == OST_STATE_AUTHENTICATED && r->s.way == OST_AUTH_WAY_RADIUS && !r->s.placed) {
		seen_at(a, device, state, port, now);
		return;
	}
	if (state == ost_standing_state(r->s.standing))
		return;
	r->sent = (struct ost_msg_admit){0};
	admission_queue(a, QUEUE_URGENT, device);
	admission_pump(a);
}

/* ---- ports and places ---- */

const char *ost_admission_port_name(const struct ost_admission *a, uint32_t port)
{
	return port < OST_PORTS_MAX ? a->ports[port].name : "";
}

/* Those that were proved before. */
static void port_ends(struct ost_admission *a, uint32_t port, uint64_t before_ns, struct ost_moment now)
{
	for (uint32_t i = 0; a->image != NULL && i < a->image->device_count; i++) {
		const struct ost_session *s = &a->records[i].s;

		if (s->placed && s->place.port == port && s->proved_ns < before_ns)
			(void)admission_event(a, i, OST_EVENT_PORT_DOWN, NULL, now);
	}
}

/* Its name is known now, and what was waiting for that can be judged, and told. */
static void port_begins(struct ost_admission *a, uint32_t port, struct ost_moment now)
{
	for (uint32_t i = 0; a->image != NULL && i < a->image->device_count; i++) {
		const struct ost_session *s = &a->records[i].s;

		if (!s->placed || s->place.port != port)
			continue;
		if (!admission_fits(a, i))
			(void)admission_event(a, i, OST_EVENT_POLICY_CHANGED, NULL, now);
		else
			admission_queue(a, QUEUE_USUAL, i);
	}
}

void ost_admission_port(struct ost_admission *a, uint32_t port, const struct ost_admission_link *link, struct ost_moment now)
{
	struct port *p = &a->ports[port];
	bool first = !p->known, was_up = p->up, other = p->kept[0] != '\0' && strcmp(p->kept, link->name) != 0;

	p->known = true;
	p->up = link->up;
	p->down_ns = OST_MIN(link->down_ns, now.mono_ns);
	(void)snprintf(p->name, sizeof(p->name), "%s", link->name);
	(void)snprintf(p->kept, sizeof(p->kept), "%s", link->name);
	admission_hold(a);
	/* The number stands for another port than it did when the sessions were noted. */
	if (other || !link->up)
		port_ends(a, port, UINT64_MAX, now);
	else if (p->down_ns > 0)
		port_ends(a, port, p->down_ns, now);
	if (first)
		port_begins(a, port, now);
	if (link->up && (first || !was_up))
		admission_port_round(a, port, now);
	admission_release(a);
}

void ost_admission_began(struct ost_admission *a, uint64_t wall_ns, struct ost_moment now)
{
	for (uint32_t i = 0; a->image != NULL && i < a->image->device_count; i++) {
		struct record *r = &a->records[i];

		/* It stood there, and may be silent since. */
		if (r->s.placed && r->s.standing != OST_STATE_AUTHENTICATED && admission_role(a, i)->authenticate == OST_AUTH_EAP_TLS &&
			ost_states_cell(r->s.standing, OST_EVENT_SEEN).acts & OST_ACT_ASK)
			admission_knock(a, &r->s.place, now);
		if (r->s.standing != OST_STATE_AUTHENTICATED || r->s.proved_wall_ns >= wall_ns || r->s.asks > 0 ||
			r->s.way != OST_AUTH_WAY_EAPOL)
			continue;
		r->s.prove_ns = OST_MIN(r->s.prove_ns, now.mono_ns + admission_random(a, OST_SPREAD_S * OST_NS_PER_S));
		admission_timer(a, i, now);
	}
}

void ost_admission_seen(struct ost_admission *a, const struct ost_place *place, int64_t device, struct ost_moment now)
{
	if (a->image == NULL || place->port >= OST_PORTS_MAX)
		return;
	if (device < 0)
		device = admission_at(a, place);
	if (device < 0) {
		if (a->asks_eap)
			admission_knock(a, place, now);
		return;
	}
	switch (admission_role(a, (uint32_t)device)->authenticate) {
	case OST_AUTH_EAP_TLS:
		/* Its MAC is known and its place is not: it is asked where it was seen. */
		if (ost_states_cell(a->records[device].s.standing, OST_EVENT_SEEN).acts & OST_ACT_ASK)
			admission_knock(a, place, now);
		break;
	case OST_AUTH_TLS:
		(void)admission_event(a, (uint32_t)device, OST_EVENT_TIMEOUT, NULL, now);
		break;
	default:
		break;
	}
	if (ost_states_cell(a->records[device].s.standing, OST_EVENT_SEEN).acts & OST_ACT_TELL)
		admission_note_simple(a, OST_NOTE_SIGHTED, device, place);
}
