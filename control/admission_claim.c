/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Claims decided, conversations that ended, lock-outs. */
#include <stdio.h>

#include "admission_table.h"

/* ---- decisions ---- */

void admission_decide(struct ost_admission *a, const struct ost_msg_auth_claim *m, int64_t device, enum ost_auth_reason reason,
	uint32_t session_s)
{
	struct ost_msg_auth_decision d = {.conversation = m->conversation, .reason = (uint8_t)reason, .session_s = session_s};
	struct ost_ip ip = {.family = m->ip_family};
	char from[OST_IP_TEXT];
	struct ost_admission_note n = {.kind = reason == OST_AUTH_REASON_NONE ? OST_NOTE_ADMITTED : OST_NOTE_DENIED,
		.device = device,
		.place = &m->place,
		.proof = &m->proof,
		.way = m->way,
		.reason = (uint8_t)reason,
		.seconds = session_s};

	memcpy(ip.b, m->ip, sizeof(ip.b));
	if (m->ip_family != 0)
		n.detail = ost_ip_format(&ip, from);
	if (device >= 0 && a->image != NULL && device < a->image->device_count)
		(void)snprintf(d.device, sizeof(d.device), "%s", ost_image_device_name(a->image, (uint32_t)device));
	if (reason == OST_AUTH_REASON_NONE)
		a->counts.admitted++;
	else
		a->counts.denied[reason]++;
	a->ops.decide(a->ops.user, &d);
	a->ops.note(a->ops.user, &n);
}

static bool way_fits(const struct ost_image_role *role, uint8_t way)
{
	if (role->authenticate == OST_AUTH_EAP_TLS)
		return way == OST_AUTH_WAY_EAPOL || way == OST_AUTH_WAY_RADIUS;
	return role->authenticate == OST_AUTH_TLS && way == OST_AUTH_WAY_PORTAL;
}

/* A session elsewhere that still holds: the same key in two places. */
static bool is_elsewhere(const struct ost_admission *a, uint32_t device, const struct ost_place *place)
{
	const struct ost_session *s = &a->records[device].s;

	if (s->standing != OST_STATE_AUTHENTICATED || !s->placed || ost_place_equal(&s->place, place))
		return false;
	/* Behind a RADIUS client nobody says which port of ours that is: by its MAC it is the same one. */
	if (place->client != 0 && s->way == OST_AUTH_WAY_RADIUS && memcmp(s->place.mac, place->mac, sizeof(place->mac)) == 0)
		return false;
	return !a->ports[s->place.port].known || a->ports[s->place.port].up;
}

static enum ost_auth_reason judge_state(const struct ost_session *s)
{
	if (!(ost_states_cell(s->standing, OST_EVENT_CLAIM_OK).acts & OST_ACT_REFUSE))
		return OST_AUTH_REASON_NONE;
	if (s->standing == OST_STATE_REVOKED)
		return OST_AUTH_REASON_REVOKED;
	return s->standing == OST_STATE_LOCKED_OUT ? OST_AUTH_REASON_LOCKED_OUT : OST_AUTH_REASON_STATE;
}

static enum ost_auth_reason judge_dates(const struct ost_auth_proof *p, uint64_t wall_ns)
{
	uint64_t now_s = wall_ns / OST_NS_PER_S;

	return now_s < p->not_before_wall_s || (p->not_after_wall_s != 0 && now_s >= p->not_after_wall_s) ? OST_AUTH_REASON_EXPIRED : OST_AUTH_REASON_NONE;
}

static enum ost_auth_reason judge(struct ost_admission *a, const struct ost_msg_auth_claim *m, uint32_t device,
	struct ost_moment now)
{
	static const uint8_t nobody[6];
	const struct ost_image_role *role = admission_role(a, device);
	enum ost_auth_reason reason = judge_state(&a->records[device].s);

	if (reason != OST_AUTH_REASON_NONE)
		return reason;
	if (!way_fits(role, m->way))
		return OST_AUTH_REASON_METHOD;
	if (m->place.port < OST_PORTS_MAX && !(a->ports[m->place.port].known && a->ports[m->place.port].up))
		return OST_AUTH_REASON_UNAVAILABLE;
	/* Whoever holds the address of the connection stands at a port of ours; somebody who holds none stands nowhere.
	 * The port of one that was seen just now is told within a second. */
	if (m->way == OST_AUTH_WAY_PORTAL && m->place.port >= OST_PORTS_MAX)
		return memcmp(m->place.mac, nobody, sizeof(nobody)) == 0 ? OST_AUTH_REASON_WRONG_PLACE : OST_AUTH_REASON_UNAVAILABLE;
	if (!admission_place_fits(a, device, &m->place, m->way) || is_elsewhere(a, device, &m->place))
		return OST_AUTH_REASON_WRONG_PLACE;
	if (m->proof.assurance < role->assurance)
		return OST_AUTH_REASON_WEAK_KEY;
	return judge_dates(&m->proof, now.wall_ns);
}

static uint32_t session_of(struct ost_admission *a, const struct ost_auth_proof *p, struct ost_moment now)
{
	uint64_t s = OST_REAUTH_S * 9 / 10 + admission_random(a, OST_REAUTH_S / 5 + 1);

	if (p->not_after_wall_s != 0)
		s = OST_MIN(s, p->not_after_wall_s - now.wall_ns / OST_NS_PER_S);
	return (uint32_t)OST_MAX(s, (uint64_t)1);
}

static int fly_claim(struct ost_admission *a, const struct ost_msg_auth_claim *m, uint32_t device, struct ost_moment now)
{
	struct ost_msg_auth_claim *copy = malloc(sizeof(*copy));
	struct ost_msg_admit admit = {.generation = a->image->generation, .device = device, .state = OST_STATE_AUTHENTICATED, .assurance = m->proof.assurance, .placed = m->place.port < OST_PORTS_MAX, .place.port = OST_PLACE_NO_PORT};
	int r;

	if (copy == NULL)
		return -ENOMEM;
	if (admit.placed)
		admit.place = m->place;
	*copy = *m;
	r = admission_fly(a, device, &admit, copy, session_of(a, &m->proof, now), now.mono_ns);
	if (r < 0)
		free(copy);
	return r;
}

static void failure_keep(struct ost_admission *a, int64_t device, uint8_t reason, struct ost_moment now)
{
	struct ost_session *s;

	if (device < 0)
		return;
	s = &a->records[device].s;
	s->failure = reason;
	s->failure_wall_ns = now.wall_ns;
	s->failures++;
	admission_queue(a, QUEUE_UNKEPT, (uint32_t)device);
}

void ost_admission_claim(struct ost_admission *a, const struct ost_msg_auth_claim *m, struct ost_moment now)
{
	enum ost_auth_reason reason = OST_AUTH_REASON_WRONG_NAME;
	int64_t device = -ENOENT;

	a->counts.claims++;
	if (a->image == NULL || !a->link_up) {
		admission_decide(a, m, device, OST_AUTH_REASON_UNAVAILABLE, 0);
		return;
	}
	device = ost_finder_certificate(a->finder, m->proof.identity);
	if (device >= 0)
		reason = judge(a, m, (uint32_t)device, now);
	if (ost_places_locked_s(a->locks, &m->place, now.mono_ns) > 0)
		reason = OST_AUTH_REASON_LOCKED_OUT;
	if (reason == OST_AUTH_REASON_NONE && fly_claim(a, m, (uint32_t)device, now) < 0)
		reason = OST_AUTH_REASON_UNAVAILABLE;
	if (reason == OST_AUTH_REASON_NONE)
		return;
	failure_keep(a, device, (uint8_t)reason, now);
	admission_decide(a, m, device, reason, 0);
}

/* ---- sessions ---- */

static bool proof_keep(struct record *r, const struct ost_auth_proof *from)
{
	struct ost_session_proof *p = r->s.proof != NULL ? r->s.proof : malloc(sizeof(*p));

	if (p == NULL)
		return false;
	memcpy(p->identity, from->identity, sizeof(p->identity));
	memcpy(p->issuer, from->issuer, sizeof(p->issuer));
	memcpy(p->certificate_sha256, from->certificate_sha256, sizeof(p->certificate_sha256));
	memcpy(p->issuer_sha256, from->issuer_sha256, sizeof(p->issuer_sha256));
	memcpy(p->serial, from->serial, sizeof(p->serial));
	p->serial_length = from->serial_length;
	p->not_after_wall_s = from->not_after_wall_s;
	r->s.proof = p;
	return true;
}

/* Another device of the policy had a session just there: the later proof is the true one. */
static void displace(struct ost_admission *a, const struct ost_place *place, uint32_t device, struct ost_moment now)
{
	int64_t other = admission_at(a, place);

	if (other >= 0 && other != device)
		(void)admission_event(a, (uint32_t)other, OST_EVENT_LOGOFF, NULL, now);
}

static void session_open(struct ost_admission *a, const struct flight *f, struct ost_moment now)
{
	const struct ost_msg_auth_claim *m = f->claim;
	struct record *r = &a->records[f->device];
	struct ost_msg_admit is;

	displace(a, &m->place, f->device, now);
	r->s.assurance = m->proof.assurance;
	r->s.way = m->way;
	r->s.conversation = m->conversation;
	r->s.confirmed = false;
	r->s.asks = 0;
	r->s.proved_wall_ns = now.wall_ns;
	r->s.proved_ns = f->claimed_ns;
	r->spoke_ns = now.mono_ns;
	r->s.prove_ns = now.mono_ns + f->session_s * OST_NS_PER_S;
	/* One that is not asked by us has a little longer to come by itself. */
	if (m->way != OST_AUTH_WAY_EAPOL)
		r->s.prove_ns += OST_GRACE_S * OST_NS_PER_S;
	admission_place_set(a, f->device, &m->place);
	(void)admission_event(a, f->device, OST_EVENT_CLAIM_OK, NULL, now);
	admission_queue(a, QUEUE_UNKEPT, f->device);
	is = admission_admit(a, f->device);
	/* Something else was told between the claim and its answer. */
	if (memcmp(&is, &r->sent, sizeof(is)) != 0)
		admission_queue(a, QUEUE_URGENT, f->device);
}

/* The data plane has answered. What happened to the device meanwhile has the last word. */
void admission_landed(struct ost_admission *a, const struct flight *f, int result, struct ost_moment now)
{
	enum ost_auth_reason reason = OST_AUTH_REASON_UNAVAILABLE;
	bool known = f->generation == a->image->generation;

	if (known && result < 0)
		a->records[f->device].sent = (struct ost_msg_admit){0};
	if (f->claim == NULL)
		return;
	if (result == -EADDRINUSE || result == -EINVAL)
		reason = OST_AUTH_REASON_WRONG_PLACE; /* the MAC is another device's, or the policy says another place */
	/* Behind a RADIUS client there may be devices that never send a packet through here: nothing is to be opened for them. */
	if (known && (result == 0 || (result == -ENOENT && f->claim->way == OST_AUTH_WAY_RADIUS)))
		reason = judge(a, f->claim, f->device, now);
	/* The link went away while it waited: it is not who proved himself that stands there now, for all we know. */
	if (reason == OST_AUTH_REASON_NONE && f->claim->place.port < OST_PORTS_MAX && f->claimed_ns <= a->ports[f->claim->place.port].down_ns)
		reason = OST_AUTH_REASON_UNAVAILABLE;
	if (reason == OST_AUTH_REASON_NONE && ost_places_locked_s(a->locks, &f->claim->place, now.mono_ns) > 0)
		reason = OST_AUTH_REASON_LOCKED_OUT;
	if (reason == OST_AUTH_REASON_NONE && !proof_keep(&a->records[f->device], &f->claim->proof))
		reason = OST_AUTH_REASON_UNAVAILABLE;
	if (reason == OST_AUTH_REASON_NONE)
		session_open(a, f, now);
	else if (known)
		admission_queue(a, QUEUE_URGENT, f->device); /* back to what it was */
	if (reason != OST_AUTH_REASON_NONE && known)
		failure_keep(a, f->device, (uint8_t)reason, now);
	admission_decide(a, f->claim, known ? (int64_t)f->device : -ENOENT, reason, f->session_s);
}

/* ---- ends ---- */

/* Does it say something about who stands there? What is our own trouble, or silence, does not. */
static bool counts_as_failure(enum ost_auth_reason reason)
{
	switch (reason) {
	case OST_AUTH_REASON_NONE:
	case OST_AUTH_REASON_TIMEOUT:
	case OST_AUTH_REASON_FLOOD:
	case OST_AUTH_REASON_LOCKED_OUT:
	case OST_AUTH_REASON_CRL:
	case OST_AUTH_REASON_UNAVAILABLE:
	case OST_AUTH_REASON_LOGOFF:
		return false;
	default:
		return true;
	}
}

static void lock_out(struct ost_admission *a, const struct ost_place *place, int64_t device, uint32_t seconds, struct ost_moment now)
{
	const struct ost_admission_note n = {.kind = OST_NOTE_LOCKED, .device = device, .place = place, .way = OST_AUTH_WAY_COUNT, .reason = OST_AUTH_REASON_LOCKED_OUT, .seconds = seconds};
	const struct ost_image_device *d = device >= 0 ? &a->image->devices[device] : NULL;

	a->counts.lock_outs++;
	a->urgent = true;
	a->ops.note(a->ops.user, &n);
	admission_forget(a, place, seconds);
	if (d == NULL)
		return;
	/* A device that could be elsewhere is not touched for what is done in its name here; the place is. */
	if (!a->records[device].s.placed && d->has_mac && d->port != OST_PORT_ANY &&
		admission_place_fits(a, (uint32_t)device, place, OST_AUTH_WAY_EAPOL) &&
		ost_states_cell(a->records[device].s.standing, OST_EVENT_LOCK_OUT).next == OST_STATE_LOCKED_OUT)
		admission_place_set(a, (uint32_t)device, place);
	if (a->records[device].s.placed && ost_place_equal(&a->records[device].s.place, place))
		(void)admission_event(a, (uint32_t)device, OST_EVENT_LOCK_OUT, NULL, now);
}

/* The device that a place belongs to: by its session, else by its MAC in the policy. */
static int64_t owner(const struct ost_admission *a, const struct ost_place *place)
{
	int64_t device = admission_at(a, place);

	if (device >= 0 || a->image == NULL)
		return device;
	device = ost_finder_mac(a->finder, place->mac, place->vlan);
	if (device >= 0 && place->port < OST_PORTS_MAX && a->ports[place->port].known &&
		!admission_place_fits(a, (uint32_t)device, place, OST_AUTH_WAY_EAPOL))
		return -ENOENT;
	return device;
}

enum ost_tls_max ost_admission_tls_max(const struct ost_admission *a, const struct ost_place *place)
{
	int64_t device = a->image != NULL ? owner(a, place) : -ENOENT;

	return device >= 0 ? (enum ost_tls_max)admission_role(a, (uint32_t)device)->tls_max : OST_TLS_MAX_1_3;
}

/* The success was sent, and the conversation failed all the same: it did not take it. */
static void session_undone(struct ost_admission *a, uint32_t device, struct ost_moment now)
{
	(void)admission_event(a, device, OST_EVENT_LOGOFF, NULL, now);
}

static void conversation_failed(struct ost_admission *a, const struct ost_msg_auth_outcome *m, int64_t device, struct ost_moment now)
{
	struct ost_session *s = device >= 0 ? &a->records[device].s : NULL;
	uint32_t seconds = 0;

	/* That of a claim is kept with whom it names, when the answer is given. */
	if (!m->claimed || m->reason == OST_AUTH_REASON_WRONG_NAME)
		failure_keep(a, device, m->reason, now);
	if (!counts_as_failure((enum ost_auth_reason)m->reason))
		return;
	if (ost_place_is_somewhere(&m->place))
		seconds = ost_places_fail(a->locks, &m->place, now.mono_ns);
	if (seconds > 0)
		lock_out(a, &m->place, device, seconds, now);
	else if (s != NULL && s->placed && ost_place_equal(&s->place, &m->place))
		(void)admission_event(a, (uint32_t)device, s->asks > 0 ? OST_EVENT_REAUTH_FAILED : OST_EVENT_CLAIM_FAILED, NULL, now);
}

static void conversation_right(struct ost_admission *a, const struct ost_msg_auth_outcome *m, int64_t device)
{
	ost_places_clear(a->locks, &m->place);
	ost_places_clear(a->knocks, &m->place);
	if (device >= 0 && a->records[device].s.conversation == m->conversation) {
		a->records[device].s.confirmed = true;
		admission_queue(a, QUEUE_UNKEPT, (uint32_t)device);
	}
}

/* RADIUS and the portal have no place of ours: the session is found by its conversation. One without a claim opened none,
 * and strangers fail as often as they like: for them nobody is looked for. */
static int64_t device_of(const struct ost_admission *a, const struct ost_msg_auth_outcome *m)
{
	if (a->image == NULL)
		return -ENOENT;
	if (m->place.port < OST_PORTS_MAX)
		return owner(a, &m->place);
	for (uint32_t i = 0; m->claimed && m->conversation != 0 && i < a->image->device_count; i++) {
		if (a->records[i].s.conversation == m->conversation)
			return i;
	}
	return -ENOENT;
}

static void outcome_note(struct ost_admission *a, const struct ost_msg_auth_outcome *m, int64_t device)
{
	struct ost_admission_note n = {.kind = OST_NOTE_FAILED, .device = device, .place = &m->place, .detail = m->detail, .way = m->way, .reason = m->reason, .tls_error = m->tls_error};

	if (m->shown == OST_AUTH_SHOWN_PROVED)
		n.proof = &m->proof;
	else if (m->shown == OST_AUTH_SHOWN_UNPROVED)
		n.shown = &m->proof;
	if (m->reason == OST_AUTH_REASON_NONE)
		n.kind = OST_NOTE_CONFIRMED;
	else if (m->reason == OST_AUTH_REASON_LOGOFF)
		n.kind = OST_NOTE_LOGOFF;
	a->ops.note(a->ops.user, &n);
}

void ost_admission_outcome(struct ost_admission *a, const struct ost_msg_auth_outcome *m, struct ost_moment now)
{
	int64_t device = device_of(a, m);
	bool own = device >= 0 && m->conversation != 0 && a->records[device].s.conversation == m->conversation;
	bool here = own || (device >= 0 && a->records[device].s.placed && ost_place_equal(&a->records[device].s.place, &m->place));

	if (m->reason != OST_AUTH_REASON_NONE)
		a->counts.failed[m->reason]++;
	/* A logoff of nobody's session is a frame that anybody can send: it says nothing, and must not push evidence out. */
	if ((m->reason != OST_AUTH_REASON_LOGOFF || here) && !m->denied) /* what was denied has its line */
		outcome_note(a, m, device);
	if (m->reason == OST_AUTH_REASON_NONE)
		conversation_right(a, m, device);
	else if (m->reason == OST_AUTH_REASON_LOGOFF) {
		if (here)
			(void)admission_event(a, (uint32_t)device, OST_EVENT_LOGOFF, NULL, now);
	} else {
		if (own && m->claimed)
			session_undone(a, (uint32_t)device, now);
		conversation_failed(a, m, device, now);
	}
}
