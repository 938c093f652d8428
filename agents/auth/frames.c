/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "frames.h"

#include "clock.h"
#include "decider.h"
#include "eapol.h"
#include "peer.h"

/* A ClientHello costs as much as a hundred other frames. So they wait here, until what has come beside them has been looked at:
 * conversations under way go on, and the socket, which holds little, is read in time. When it is full the next one is as
 * lost on the wire: it is repeated. */
#define BACKLOG 256u
#define BEGIN_AT_ONCE 4u

struct ost_frames {
	struct ost_authd *a;
	struct event *begin;
	uint32_t waiting, first;
	struct ost_msg_eapol backlog[BACKLOG];
	struct ost_peer_handlers handlers;
	struct ost_peer *peer;
	uint64_t to_ask; /* ports that came up while nobody could decide */
};

static void send_eap(struct ost_frames *f, const struct ost_place *place, const uint8_t *eap, size_t length)
{
	struct ost_msg_eapol m = {.place = *place};
	size_t header = ost_eapol_header(m.frame, length);

	memcpy(m.frame + header, eap, length);
	m.length = (uint16_t)(header + length);
	/* Not sent is as lost on the wire: it is repeated. */
	if (ost_peer_send(f->peer, OST_MSG_EAPOL, &m, ost_msg_eapol_bytes(&m)) < 0)
		f->a->discarded_frames++;
}

void ost_frames_ask(struct ost_frames *f, const struct ost_place *place)
{
	uint8_t packet[8];
	size_t n = ost_eap_identity_request(ost_eapol_identifier(&f->a->hash, place, ost_clock_mono_ns()), packet);

	send_eap(f, place, packet, n);
}

static void on_start(struct ost_frames *f, const struct ost_place *place)
{
	struct ost_conversation *c = ost_conversations_find(f->a->conversations, OST_AUTH_WAY_EAPOL, place, sizeof(*place));

	/* It begins anew: its supplicant has forgotten what was before. */
	if (c != NULL && !c->asked)
		ost_conversations_end(f->a->conversations, c, OST_AUTH_REASON_TIMEOUT, false);
	ost_frames_ask(f, place);
}

static void on_logoff(struct ost_frames *f, const struct ost_place *place)
{
	struct ost_conversation *c = ost_conversations_find(f->a->conversations, OST_AUTH_WAY_EAPOL, place, sizeof(*place));
	struct ost_msg_auth_outcome m = {.place = *place, .way = OST_AUTH_WAY_EAPOL, .reason = OST_AUTH_REASON_LOGOFF};

	if (c != NULL)
		ost_conversations_end(f->a->conversations, c, OST_AUTH_REASON_LOGOFF, false);
	ost_decider_outcome(f->a->decider, &m);
}

/* An answer to our Identity request begins a conversation. The name in it is not looked at. */
static void on_identity(struct ost_frames *f, const struct ost_place *place, const struct ost_eap_packet *p, uint64_t now)
{
	struct ost_place everybody = {.port = place->port};
	struct ost_conversation *c;
	size_t length;
	const uint8_t *bytes;

	memcpy(everybody.mac, OST_EAPOL_GROUP, sizeof(everybody.mac));
	if (!ost_eapol_identifier_is_ours(&f->a->hash, place, p->identifier, now) &&
		!ost_eapol_identifier_is_ours(&f->a->hash, &everybody, p->identifier, now)) {
		f->a->discarded_frames++;
		return;
	}
	c = ost_conversations_find(f->a->conversations, OST_AUTH_WAY_EAPOL, place, sizeof(*place));
	/* It was asked twice, and answers twice before it hears of the conversation that began with the first answer: a second
	 * beginning would reach it in the midst of the first. */
	if (c != NULL && (c->asked || !c->spoken))
		return;
	if (!ost_throttle_open(f->a->throttle, place, now)) {
		f->a->limited_frames++;
		ost_frames_ask(f, place); /* so that it says it again: it would wait for half a minute */
		return;
	}
	c = ost_authd_open(f->a, OST_AUTH_WAY_EAPOL, place, sizeof(*place), place, p->identifier, now);
	if (c == NULL)
		return;
	bytes = ost_eap_output(c->eap, &length);
	send_eap(f, place, bytes, length);
}

static void wait_to_begin(struct ost_frames *f, const struct ost_place *place, const uint8_t *eap, size_t length)
{
	static const struct timeval now = {0};
	struct ost_msg_eapol *m = &f->backlog[(f->first + f->waiting) % BACKLOG];

	if (f->waiting == BACKLOG || length > sizeof(m->frame)) {
		f->a->limited_frames++;
		return;
	}
	m->place = *place;
	m->length = (uint16_t)length;
	memcpy(m->frame, eap, length);
	if (f->waiting++ == 0)
		(void)evtimer_add(f->begin, &now);
}

static void begin_first(struct ost_frames *f)
{
	const struct ost_msg_eapol *m = &f->backlog[f->first];
	struct ost_conversation *c = ost_conversations_find(f->a->conversations, OST_AUTH_WAY_EAPOL, &m->place, sizeof(m->place));

	/* Another one may be there by now, or none: its identifier says so, as with every packet. */
	if (c != NULL)
		(void)ost_conversations_input(f->a->conversations, c, m->frame, m->length, ost_clock_mono_ns());
	else
		f->a->discarded_frames++;
	f->first = (f->first + 1) % BACKLOG;
	f->waiting--;
}

static void on_begin(evutil_socket_t fd, short what, void *user)
{
	static const struct timeval now = {0};
	struct ost_frames *f = user;

	(void)fd;
	(void)what;
	for (unsigned i = 0; i < BEGIN_AT_ONCE && f->waiting > 0; i++)
		begin_first(f);
	if (f->waiting > 0)
		(void)evtimer_add(f->begin, &now);
	ost_authd_rewind(f->a);
}

static void on_eap(struct ost_frames *f, const struct ost_place *place, const uint8_t *eap, size_t length, uint64_t now)
{
	struct ost_conversation *c;
	struct ost_eap_packet p;

	if (!ost_eap_parse(eap, length, &p) || p.code != OST_EAP_RESPONSE) {
		f->a->discarded_frames++;
		return;
	}
	c = ost_conversations_find(f->a->conversations, OST_AUTH_WAY_EAPOL, place, sizeof(*place));
	if (p.type != OST_EAP_IDENTITY) {
		if (c != NULL)
			c->spoken = true;
		if (c == NULL)
			f->a->discarded_frames++;
		else if (!ost_eap_is_costly(c->eap))
			wait_to_begin(f, place, eap, length);
		else
			(void)ost_conversations_input(f->a->conversations, c, eap, length, now);
	} else if (!ost_eap_is_identity(&p)) {
		f->a->discarded_frames++;
	} else if (!ost_throttle_take(f->a->throttle, place, now)) {
		f->a->limited_frames++;
	} else {
		on_identity(f, place, &p, now);
	}
}

static void on_frame(struct ost_frames *f, const struct ost_msg_eapol *m)
{
	uint64_t now = ost_clock_mono_ns();
	struct ost_eapol e;

	if (m->place.mac[0] & 1 || !ost_eapol_parse(m->frame, m->length, &e)) {
		f->a->discarded_frames++;
		return;
	}
	if (ost_throttle_is_shut(f->a->throttle, &m->place, now)) {
		f->a->limited_frames++;
		return;
	}
	switch (e.type) {
	case OST_EAPOL_EAP:
		on_eap(f, &m->place, e.body, e.body_length, now);
		break;
	case OST_EAPOL_START:
	case OST_EAPOL_LOGOFF:
		if (!ost_throttle_take(f->a->throttle, &m->place, now))
			f->a->limited_frames++;
		else if (e.type == OST_EAPOL_START)
			on_start(f, &m->place);
		else
			on_logoff(f, &m->place);
		break;
	default: /* keys, announcements, alerts: not for an authenticator without MACsec */
		f->a->discarded_frames++;
	}
	ost_authd_rewind(f->a);
}

void ost_frames_ask_everybody(struct ost_frames *f)
{
	struct ost_place everybody = {0};

	memcpy(everybody.mac, OST_EAPOL_GROUP, sizeof(everybody.mac));
	for (; f->to_ask != 0; f->to_ask &= f->to_ask - 1) {
		everybody.port = (uint32_t)__builtin_ctzll(f->to_ask);
		ost_frames_ask(f, &everybody);
	}
}

/* A supplicant that has just been plugged in waits before it speaks: it is asked at once, whoever it is. But not when ostiaryd is
 * not there: it would prove itself, be told no, and be silent for a minute. */
static void on_port_link(struct ost_frames *f, const struct ost_msg_port_link *m)
{
	if (m->up) {
		f->to_ask |= 1ull << m->port;
	} else {
		f->to_ask &= ~(1ull << m->port);
		/* Who was half in is not who will stand there next, for all we know. */
		ost_conversations_port_down(f->a->conversations, m->port);
	}
	if (ost_decider_is_there(f->a->decider))
		ost_frames_ask_everybody(f);
}

static bool on_message(void *user, const struct ost_msg_header *h, const void *payload)
{
	struct ost_frames *f = user;
	struct ost_msg_eapol m = {0};

	if (h->type == OST_MSG_PORT_LINK) {
		on_port_link(f, payload);
		return true;
	}
	if (h->type != OST_MSG_EAPOL)
		return false;
	memcpy(&m, payload, OST_MIN((size_t)h->length, sizeof(m)));
	on_frame(f, &m);
	return true;
}

static void on_change(void *user)
{
	(void)user; /* conversations live on: their repeats go over the next connection */
}

static void on_send(void *user, struct ost_conversation *c, enum ost_eap_verdict verdict)
{
	struct ost_frames *f = user;
	size_t length;
	const uint8_t *bytes = ost_eap_output(c->eap, &length);

	(void)verdict;
	send_eap(f, &c->place, bytes, length);
}

int ost_frames_new(struct ost_authd *a, struct ost_frames **ret_frames)
{
	struct ost_frames *f = calloc(1, sizeof(*f));
	int r;

	if (f == NULL)
		return -ENOMEM;
	f->a = a;
	f->begin = evtimer_new(a->base, on_begin, f);
	if (f->begin == NULL) {
		free(f);
		return -ENOMEM;
	}
	f->handlers = (struct ost_peer_handlers){.self = OST_PROGRAM_AUTHD, .name = "the data plane", .program = OST_PROGRAM_DATAPLANE, .up = on_change,
		.down = on_change, .message = on_message, .user = f};
	r = ost_peer_new(a->base, a->paths.eapol_socket, &f->handlers, &f->peer);
	if (r < 0) {
		event_free(f->begin);
		free(f);
		return r;
	}
	ost_conversations_front(a->conversations, OST_AUTH_WAY_EAPOL, &(struct ost_front){.send = on_send, .user = f});
	*ret_frames = f;
	return 0;
}

void ost_frames_free(struct ost_frames **frames)
{
	struct ost_frames *f = *frames;

	*frames = NULL;
	if (f == NULL)
		return;
	ost_peer_free(&f->peer);
	event_free(f->begin);
	free(f);
}
