/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Timers of devices, and who is asked when. */
#include "admission_table.h"
#include "crl.h"
#include "portal_line.h"

#define ASKS_OF_A_ROUND 3u
#define REST_S		60u  /* between two rounds of asks at one place */
#define CRL_AGAIN_S	300u /* while nobody can prove himself */
#define ASKS_A_SECOND	100u /* of one port: MACs cost nothing */

uint64_t ost_moment_wall(struct ost_moment now, uint64_t mono_ns)
{
	if (mono_ns == 0)
		return 0;
	return mono_ns >= now.mono_ns ? now.wall_ns + (mono_ns - now.mono_ns) : now.wall_ns - OST_MIN(now.wall_ns, now.mono_ns - mono_ns);
}

/* Spreads timers; nobody gains by guessing it. */
uint64_t admission_random(struct ost_admission *a, uint64_t below)
{
	a->random = ost_hash_2(&a->key, a->random, a->counts.claims + a->counts.asks);
	return below > 0 ? a->random % below : 0;
}

/* ---- asking ---- */

static bool ask_allowed(struct ost_admission *a, uint32_t port, uint64_t now_ns)
{
	struct port *p = &a->ports[port];

	if (now_ns - p->ask_second_ns >= OST_NS_PER_S) {
		p->ask_second_ns = now_ns;
		p->asked = 0;
	}
	if (p->asked >= ASKS_A_SECOND) {
		a->counts.asks_limited++;
		return false;
	}
	p->asked++;
	return true;
}

void admission_ask(struct ost_admission *a, const struct ost_place *place)
{
	const struct ost_msg_auth_ask m = {.place = *place, .what = OST_AUTH_ASK_BEGIN};

	if (place->port >= OST_PORTS_MAX)
		return;
	a->counts.asks++;
	a->ops.ask(a->ops.user, &m);
}

void admission_forget(struct ost_admission *a, const struct ost_place *place, uint32_t locked_s)
{
	const struct ost_msg_auth_ask m = {.place = *place, .what = OST_AUTH_ASK_FORGET, .locked_s = locked_s};

	if (ost_place_is_somewhere(place))
		a->ops.ask(a->ops.user, &m);
}

static const uint32_t until_next_s[ASKS_OF_A_ROUND] = {3, 7, REST_S};

static void round_go(struct ost_admission *a, struct ost_place_entry *e, struct ost_moment now)
{
	if (!ask_allowed(a, e->place.port, now.mono_ns))
		return;
	/* Who is there was asked with everybody just now: two questions at once are one too many. */
	if (a->ports[e->place.port].everybody_ns == 0 || now.mono_ns - a->ports[e->place.port].everybody_ns >= OST_NS_PER_S)
		admission_ask(a, &e->place);
	e->ask_ns = now.mono_ns + until_next_s[e->asks] * OST_NS_PER_S;
	e->asks++;
}

void admission_knock(struct ost_admission *a, const struct ost_place *place, struct ost_moment now)
{
	struct ost_place_entry *e;

	if (place->port >= OST_PORTS_MAX || ost_places_locked_s(a->locks, place, now.mono_ns) > 0)
		return;
	e = ost_places_get(a->knocks, place, now.mono_ns);
	if (e->asks >= ASKS_OF_A_ROUND && now.mono_ns >= e->ask_ns)
		e->asks = 0;
	if (e->asks == 0)
		round_go(a, e, now);
}

struct walk {
	struct ost_admission *a;
	struct ost_moment now;
};

static void knock_go_on(void *user, const struct ost_place_entry *const_entry)
{
	struct walk *w = user;
	struct ost_place_entry *e = ost_places_find(w->a->knocks, &const_entry->place);

	if (e->asks > 0 && e->asks < ASKS_OF_A_ROUND && w->now.mono_ns >= e->ask_ns &&
		ost_places_locked_s(w->a->locks, &e->place, w->now.mono_ns) == 0)
		round_go(w->a, e, w->now);
}

/* The authenticator itself asks everybody at a port as soon as it has a link. */
void admission_port_round(struct ost_admission *a, uint32_t port, struct ost_moment now)
{
	a->ports[port].rounds = 1;
	a->ports[port].round_ns = now.mono_ns + until_next_s[0] * OST_NS_PER_S;
}

/* A device that has to prove itself and has not, and that may be at this port. */
static bool could_be_at(const struct ost_admission *a, uint32_t device, uint32_t port)
{
	const struct ost_image_device *d = &a->image->devices[device];

	return admission_role(a, device)->authenticate == OST_AUTH_EAP_TLS &&
		(ost_states_cell(a->records[device].s.standing, OST_EVENT_SEEN).acts & OST_ACT_ASK) != 0 &&
		(d->port == OST_PORT_ANY || strcmp(ost_image_string(a->image, a->image->ports[d->port].name), a->ports[port].name) == 0);
}

/* Whoever has a session there would have to prove himself again for nothing: such a port is left alone. */
static bool port_waits(const struct ost_admission *a, uint32_t port)
{
	bool waits = false;

	for (uint32_t i = 0; i < a->image->device_count; i++) {
		const struct ost_session *s = &a->records[i].s;

		if (s->standing == OST_STATE_AUTHENTICATED && s->placed && s->place.port == port)
			return false;
		waits |= could_be_at(a, i, port);
	}
	return waits;
}

static void port_asks(struct ost_admission *a, uint32_t port, struct ost_moment now)
{
	struct ost_place everybody = {.port = port, .mac = {0x01, 0x80, 0xc2, 0x00, 0x00, 0x03}}; /* IEEE 802.1X-2020 11.1.1 */
	struct port *p = &a->ports[port];

	if (a->image == NULL || !p->up || p->round_ns == 0 || now.mono_ns < p->round_ns)
		return;
	if (port_waits(a, port) && ask_allowed(a, port, now.mono_ns)) {
		admission_ask(a, &everybody);
		p->everybody_ns = now.mono_ns;
	}
	p->round_ns = ++p->rounds < ASKS_OF_A_ROUND ? now.mono_ns + until_next_s[p->rounds - 1] * OST_NS_PER_S : 0;
}

static void reauth_ask(struct ost_admission *a, uint32_t device, struct ost_moment now)
{
	struct ost_session *s = &a->records[device].s;

	s->asks++;
	s->prove_ns = now.mono_ns + OST_ANSWER_S * OST_NS_PER_S;
	admission_ask(a, &s->place);
}

void admission_reauth_begin(struct ost_admission *a, uint32_t device, struct ost_moment now)
{
	struct ost_session *s = &a->records[device].s;

	if (s->asks > 0 || s->way != OST_AUTH_WAY_EAPOL || !s->placed)
		return;
	a->counts.reauths++;
	reauth_ask(a, device, now);
}

/* A cable can be moved while nobody speaks, behind a switch that keeps the link. By the packets that it sent and not by
 * those that came for it: nobody else can make it look busy, or idle. */
void ost_admission_spoke(struct ost_admission *a, uint32_t device, uint64_t out_pkts, struct ost_moment now)
{
	struct record *r = a->image != NULL && device < a->image->device_count ? &a->records[device] : NULL;
	bool idle;

	if (r == NULL || r->out_pkts == out_pkts)
		return;
	idle = r->spoke_ns != 0 && now.mono_ns - r->spoke_ns >= OST_IDLE_S * OST_NS_PER_S;
	r->out_pkts = out_pkts;
	r->spoke_ns = now.mono_ns;
	if (idle && r->s.standing == OST_STATE_AUTHENTICATED)
		(void)admission_event(a, device, OST_EVENT_REAUTH_DUE, NULL, now);
}

/* ---- timers ---- */

static uint64_t session_due(const struct ost_session *s, struct ost_moment now)
{
	uint64_t due = s->prove_ns, ends_ns;

	if (s->proof == NULL || s->proof->not_after_wall_s == 0)
		return due;
	/* Judged again when it rings: the wall clock may have been set. */
	ends_ns = s->proof->not_after_wall_s > UINT64_MAX / OST_NS_PER_S ? UINT64_MAX : s->proof->not_after_wall_s * OST_NS_PER_S;
	if (ends_ns <= now.wall_ns)
		return now.mono_ns;
	return OST_MIN(due, now.mono_ns + OST_MIN(ends_ns - now.wall_ns, UINT64_MAX / 2));
}

void admission_timer(struct ost_admission *a, uint32_t device, struct ost_moment now)
{
	struct ost_session *s = &a->records[device].s;

	switch (s->standing) {
	case OST_STATE_AUTHENTICATED:
		ost_timers_set(a->timers, device, session_due(s, now));
		return;
	case OST_STATE_EXPIRED:
		ost_timers_set(a->timers, device, s->since_ns + OST_GRACE_S * OST_NS_PER_S);
		return;
	case OST_STATE_LEARNING:
		ost_timers_set(a->timers, device, s->since_ns + OST_LEARNING_S * OST_NS_PER_S);
		return;
	case OST_STATE_LOCKED_OUT:
		ost_timers_set(a->timers, device,
			now.mono_ns + ost_places_locked_s(a->locks, &s->place, now.mono_ns) * OST_NS_PER_S);
		return;
	default:
		ost_timers_clear(a->timers, device);
	}
}

void ost_admission_crl(struct ost_admission *a, uint64_t next_update_wall_s)
{
	a->crl_next_s = next_update_wall_s;
}

/* A proof by the portal stands no longer than its connection, and nobody here knows whether that still does: no grace. */
static bool crl_grace(const struct ost_admission *a, const struct ost_session *s, struct ost_moment now)
{
	return s->way != OST_AUTH_WAY_PORTAL && ost_crl_life(0, a->crl_next_s, now.wall_ns / OST_NS_PER_S) == OST_CRL_GRACE;
}

static void session_rings(struct ost_admission *a, uint32_t device, struct ost_moment now)
{
	struct ost_session *s = &a->records[device].s;

	if (s->proof != NULL && s->proof->not_after_wall_s != 0 && now.wall_ns / OST_NS_PER_S >= s->proof->not_after_wall_s)
		(void)admission_event(a, device, OST_EVENT_CERTIFICATE_EXPIRED, NULL, now);
	else if (now.mono_ns < s->prove_ns)
		admission_timer(a, device, now);
	else if (crl_grace(a, s, now)) {
		s->asks = 0;
		s->prove_ns = now.mono_ns + CRL_AGAIN_S * OST_NS_PER_S;
		admission_timer(a, device, now);
	} else if (s->way != OST_AUTH_WAY_EAPOL || !s->placed)
		(void)admission_event(a, device, OST_EVENT_SESSION_END, NULL, now);
	else if (s->asks == 0)
		(void)admission_event(a, device, OST_EVENT_REAUTH_DUE, NULL, now);
	else if (s->asks >= ASKS_OF_A_ROUND)
		(void)admission_event(a, device, OST_EVENT_REAUTH_FAILED, NULL, now);
	else {
		reauth_ask(a, device, now);
		admission_timer(a, device, now);
	}
}

static void rings(struct ost_admission *a, uint32_t device, struct ost_moment now)
{
	switch (a->records[device].s.standing) {
	case OST_STATE_AUTHENTICATED:
		session_rings(a, device, now);
		return;
	case OST_STATE_EXPIRED:
		(void)admission_event(a, device, OST_EVENT_GRACE_OVER, NULL, now);
		return;
	case OST_STATE_LEARNING:
		(void)admission_event(a, device, OST_EVENT_LEARNING_OVER, NULL, now);
		return;
	case OST_STATE_LOCKED_OUT:
		if (ost_places_locked_s(a->locks, &a->records[device].s.place, now.mono_ns) > 0)
			admission_timer(a, device, now);
		else
			(void)admission_event(a, device, OST_EVENT_LOCK_OVER, NULL, now);
		return;
	default:
		return;
	}
}

void ost_admission_tick(struct ost_admission *a, struct ost_moment now)
{
	struct walk w = {a, now};
	uint32_t device;

	admission_hold(a);
	/* Each at most once: what is due again at once rings a second later. */
	for (uint32_t n = a->timers != NULL ? ost_timers_running(a->timers) : 0; n > 0; n--) {
		if (!ost_timers_take(a->timers, now.mono_ns, &device))
			break;
		rings(a, device, now);
	}
	if (now.mono_ns - a->round_ns >= OST_NS_PER_S) {
		a->round_ns = now.mono_ns;
		for (uint32_t port = 0; port < OST_PORTS_MAX; port++)
			port_asks(a, port, now);
		ost_places_each(a->knocks, knock_go_on, &w);
	}
	admission_release(a);
}

/* ---- many at once ---- */

void ost_admission_reload(struct ost_admission *a, struct ost_moment now)
{
	for (uint32_t i = 0; a->image != NULL && i < a->image->device_count; i++) {
		struct ost_session *s = &a->records[i].s;

		if (s->standing != OST_STATE_AUTHENTICATED || s->asks > 0 || s->way != OST_AUTH_WAY_EAPOL)
			continue;
		s->prove_ns = OST_MIN(s->prove_ns, now.mono_ns + admission_random(a, OST_SPREAD_S * OST_NS_PER_S));
		admission_timer(a, i, now);
	}
}

static void lock_tell(void *user, const struct ost_place_entry *e)
{
	struct walk *w = user;

	if (e->locked_until_ns > w->now.mono_ns)
		admission_forget(w->a, &e->place, (uint32_t)((e->locked_until_ns - w->now.mono_ns) / OST_NS_PER_S + 1));
}

/* A proof by the portal stands as long as its connection, and nobody can tell that just now. Without a word of the
 * authenticator it stands for one lease. */
void admission_lease(struct ost_session *s, struct ost_moment now)
{
	if (s->standing == OST_STATE_AUTHENTICATED && s->way == OST_AUTH_WAY_PORTAL)
		s->prove_ns = OST_MIN(s->prove_ns, now.mono_ns + OST_PORTAL_LEASE_S * OST_NS_PER_S);
}

void ost_admission_auth_down(struct ost_admission *a, struct ost_moment now)
{
	for (uint32_t i = 0; a->image != NULL && i < a->image->device_count; i++) {
		admission_lease(&a->records[i].s, now);
		if (a->records[i].s.way == OST_AUTH_WAY_PORTAL)
			admission_timer(a, i, now);
	}
}

/* Another one, maybe, that knows of no lock-out. */
void ost_admission_auth_up(struct ost_admission *a, struct ost_moment now)
{
	struct walk w = {a, now};

	ost_places_each(a->locks, lock_tell, &w);
	for (uint32_t port = 0; port < OST_PORTS_MAX; port++)
		admission_port_round(a, port, now);
}
