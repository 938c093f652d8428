/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decider.h"

#include "clock.h"
#include "eapol.h"
#include "frames.h"
#include "log.h"
#include "peer.h"
#include "portal.h"

struct ost_decider {
	struct ost_authd *a;
	struct ost_peer_handlers handlers;
	struct ost_peer *peer;
	uint64_t denied; /* while a no is carried out: its conversation */
};

/* Its conversation ended while ostiaryd decided: the device was told no, and must not be thought to be in. */
static void too_late(struct ost_decider *d, uint64_t number)
{
	const struct ost_msg_auth_outcome m = {.conversation = number, .place.port = OST_PLACE_NO_PORT,
		.reason = OST_AUTH_REASON_UNAVAILABLE, .claimed = 1, .detail = "the yes came after the end of the conversation"};

	ost_decider_outcome(d, &m);
}

static void on_decision(struct ost_decider *d, const struct ost_msg_auth_decision *m)
{
	bool held, decided;

	d->denied = m->reason != OST_AUTH_REASON_NONE ? m->conversation : 0;
	held = d->a->portal != NULL && ost_portal_decision(d->a->portal, m);
	decided = ost_conversations_decide(d->a->conversations, m->conversation, (enum ost_auth_reason)m->reason, m->session_s,
		ost_clock_mono_ns());
	d->denied = 0;
	if (!held && !decided && m->reason == OST_AUTH_REASON_NONE)
		too_late(d, m->conversation);
	ost_authd_rewind(d->a);
}

static void on_ask(struct ost_decider *d, const struct ost_msg_auth_ask *m)
{
	struct ost_conversation *c = ost_conversations_find(d->a->conversations, OST_AUTH_WAY_EAPOL, &m->place, sizeof(m->place));

	if (m->what == OST_AUTH_ASK_FORGET) {
		ost_throttle_shut(d->a->throttle, &m->place, m->locked_s, ost_clock_mono_ns());
		if (c != NULL)
			ost_conversations_end(d->a->conversations, c, OST_AUTH_REASON_STATE, false);
		return;
	}
	/* A question to everybody would make those begin anew who are in the midst of it. */
	if (memcmp(m->place.mac, OST_EAPOL_GROUP, sizeof(m->place.mac)) == 0 && ost_conversations_any_at(d->a->conversations, m->place.port))
		return;
	if (c == NULL)
		ost_frames_ask(d->a->frames, &m->place);
}

static void on_limit(struct ost_decider *d, const struct ost_msg_auth_limit *m)
{
	struct ost_conversation *c = ost_conversations_by_number(d->a->conversations, m->conversation);

	if (c != NULL && c->eap != NULL && m->tls_max == OST_TLS_MAX_1_2)
		ost_eap_limit(c->eap);
}

static bool on_message(void *user, const struct ost_msg_header *h, const void *payload)
{
	struct ost_decider *d = user;

	switch (h->type) {
	case OST_MSG_AUTH_DECISION:
		on_decision(d, payload);
		return true;
	case OST_MSG_AUTH_ASK:
		on_ask(d, payload);
		return true;
	case OST_MSG_AUTH_LIMIT:
		on_limit(d, payload);
		return true;
	case OST_MSG_AUTH_RELOAD:
		ost_authd_reload(d->a);
		return true;
	default:
		return false;
	}
}

static void on_up(void *user)
{
	struct ost_decider *d = user;

	ost_decider_counts(d);
	ost_frames_ask_everybody(d->a->frames);
	if (d->a->portal != NULL)
		ost_portal_claim_again(d->a->portal);
}

/* Claims that wait are over by their own deadline. */
static void on_down(void *user)
{
	(void)user;
}

bool ost_decider_is_there(const struct ost_decider *d)
{
	return ost_peer_is_up(d->peer);
}

bool ost_decider_claim(struct ost_decider *d, const struct ost_conversation *c, const struct ost_auth_proof *proof, const struct ost_ip *ip)
{
	struct ost_msg_auth_claim m = {.conversation = c->number, .place = c->place, .way = (uint8_t)c->way, .proof = *proof};

	if (ip != NULL) {
		m.ip_family = ip->family;
		memcpy(m.ip, ip->b, sizeof(m.ip));
	}
	return ost_peer_send(d->peer, OST_MSG_AUTH_CLAIM, &m, sizeof(m)) == 0;
}

void ost_decider_opened(struct ost_decider *d, const struct ost_conversation *c)
{
	const struct ost_msg_auth_opened m = {.conversation = c->number, .place = c->place};

	/* Not sent: it is offered what all are. */
	(void)!ost_peer_send(d->peer, OST_MSG_AUTH_OPENED, &m, sizeof(m));
}

void ost_decider_outcome(struct ost_decider *d, const struct ost_msg_auth_outcome *outcome)
{
	struct ost_msg_auth_outcome m = *outcome;

	m.denied = m.claimed != 0 && m.conversation != 0 && m.conversation == d->denied;
	if (ost_peer_send(d->peer, OST_MSG_AUTH_OUTCOME, &m, sizeof(m)) < 0)
		ost_log_debug("ostiaryd was not told of an end (%s)", ost_auth_reason_name(outcome->reason));
}

void ost_decider_counts(struct ost_decider *d)
{
	const struct ost_authd *a = d->a;
	const struct ost_conversation_counts *n = ost_conversations_counts(a->conversations);
	struct ost_msg_auth_counts m = {
		.started = n->started,
		.succeeded = n->succeeded,
		.discarded_frames = n->discarded + a->discarded_frames,
		.limited_frames = a->limited_frames,
		.evicted = n->evicted,
		.conversations = n->used,
		.conversations_max = OST_CONVERSATIONS_MAX,
		.radius_requests = a->radius_requests,
		.radius_rejected = a->radius_rejected,
		.portal_connections = a->portal_connections,
	};

	memcpy(m.failed, n->failed, sizeof(n->failed));
	if (a->trust != NULL) {
		m.crl_this_update_wall_s = ost_trust_crl_this_update_s(a->trust);
		m.crl_next_update_wall_s = ost_trust_crl_next_update_s(a->trust);
		m.gateway_not_after_wall_s = ost_trust_gateway_not_after_s(a->trust);
	}
	if (ost_peer_is_up(d->peer) && ost_peer_send(d->peer, OST_MSG_AUTH_COUNTS, &m, sizeof(m)) < 0)
		ost_log_debug("ostiaryd is slow: counters come later");
}

int ost_decider_new(struct ost_authd *a, struct ost_decider **ret_decider)
{
	struct ost_decider *d = calloc(1, sizeof(*d));
	int r;

	if (d == NULL)
		return -ENOMEM;
	d->a = a;
	d->handlers = (struct ost_peer_handlers){
		.self = OST_PROGRAM_AUTHD, .name = "ostiaryd", .program = OST_PROGRAM_OSTIARYD, .up = on_up, .down = on_down, .message = on_message, .user = d};
	r = ost_peer_new(a->base, a->paths.auth_socket, &d->handlers, &d->peer);
	if (r < 0) {
		free(d);
		return r;
	}
	*ret_decider = d;
	return 0;
}

void ost_decider_free(struct ost_decider **decider)
{
	struct ost_decider *d = *decider;

	*decider = NULL;
	if (d == NULL)
		return;
	ost_peer_free(&d->peer);
	free(d);
}
