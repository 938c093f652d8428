/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "radius.h"

#include <stdio.h>
#include <sys/random.h>

#include "clock.h"
#include "log.h"
#include "radius_clients.h"
#include "radius_exchange.h"
#include "radius_packet.h"
#include "radius_replies.h"
#include "radius_socket.h"

#define AT_ONCE	       64 /* datagrams; then the loop serves the others */
#define COMPLAIN_NS    (60 * OST_NS_PER_S)
#define HOUSEKEEPING_S 10

struct ost_radius {
	struct ost_authd *a;
	int fd;
	gid_t group;
	struct event *readable, *housekeeping;
	struct ost_radius_clients *clients;
	struct ost_radius_replies *replies;
	struct ost_radius_exchanges *exchanges;
	uint64_t complained_ns; /* of those who are no clients */
	uint64_t complained_client_ns[OST_RADIUS_CLIENTS_MAX];
	uint8_t datagram[OST_RADIUS_MAX];
};

/* The request that is being looked at. */
struct incoming {
	const struct ost_radius_client *client;
	uint32_t place;
	struct ost_radius_ends ends;
	struct ost_radius_key key;
	struct ost_radius_request q;
	uint64_t now_ns;
};

static struct ost_radius_secret secret_of(const struct ost_radius_client *client)
{
	return (struct ost_radius_secret){client->secret, client->secret_length};
}

/* ---- replies ---- */

static void reply_send(struct ost_radius *r, const struct ost_radius_reply *reply,
	const struct ost_radius_client *client, const struct ost_radius_key *key,
	const struct ost_radius_ends *ends)
{
	const struct ost_radius_secret secret = secret_of(client);
	uint8_t bytes[OST_RADIUS_MAX];
	size_t length;
	int e = ost_radius_encode(reply, &secret, bytes, &length);

	if (e < 0) {
		ost_log_error("a RADIUS reply cannot be made: %s", strerror(-e));
		return;
	}
	ost_radius_replies_put(r->replies, key, bytes, length);
	/* What is lost here is asked for again, and answered out of the cache. */
	if (ost_radius_socket_send(r->fd, bytes, length, ends) < 0)
		r->a->discarded_frames++;
	explicit_bzero(bytes, length);
}

static void answer(struct ost_radius *r, const struct incoming *in, uint8_t code,
	const uint8_t *eap, size_t eap_length)
{
	const struct ost_radius_reply reply = {.code = code,
		.identifier = in->q.identifier,
		.request_authenticator = in->q.authenticator,
		.proxy = in->q.proxy,
		.proxy_length = in->q.proxy_length,
		.eap = eap,
		.eap_length = eap_length};

	reply_send(r, &reply, in->client, &in->key, &in->ends);
}

/* No conversation: it is told so, and its device too. */
static void reject(struct ost_radius *r, const struct incoming *in)
{
	const uint8_t failure[OST_EAP_HEADER] = {
		OST_EAP_FAILURE_CODE, in->q.eap_length > 1 ? in->q.eap[1] : 0, 0, OST_EAP_HEADER};

	r->a->radius_rejected++;
	answer(r, in, OST_RADIUS_ACCESS_REJECT, in->q.has_eap ? failure : NULL, sizeof(failure));
}

/* The table of conversations has something to send: as the answer to the request that waits. */
static void on_send(void *user, struct ost_conversation *c, enum ost_eap_verdict verdict)
{
	struct ost_radius *r = user;
	struct ost_radius_exchange *x = c->front;
	const struct ost_radius_client *client =
		x != NULL && x->waiting ? ost_radius_clients_find(r->clients, &x->ends.ip) : NULL;
	struct ost_radius_reply reply = {0};

	if (client == NULL)
		return; /* nobody waits: it gave way, or its time is over */
	x->waiting = false;
	reply = (struct ost_radius_reply){.code = OST_RADIUS_ACCESS_REJECT,
		.identifier = x->key.identifier,
		.request_authenticator = x->key.authenticator,
		.proxy = x->proxy,
		.proxy_length = x->proxy_length};
	reply.eap = ost_eap_output(c->eap, &reply.eap_length);
	if (verdict == OST_EAP_SEND) {
		reply.code = OST_RADIUS_ACCESS_CHALLENGE;
		reply.state = x->state;
	} else if (verdict == OST_EAP_SUCCESS) {
		reply.code = OST_RADIUS_ACCESS_ACCEPT;
		reply.keys = ost_eap_keys(c->eap);
		reply.session_s = c->session_s;
		if (reply.keys == NULL || getrandom(&reply.salt, sizeof(reply.salt), 0) !=
						  (ssize_t)sizeof(reply.salt))
			return; /* never a success without keys */
	}
	reply_send(r, &reply, client, &x->key, &x->ends);
}

/* ---- conversations ---- */

static void on_end(void *user, struct ost_conversation *c)
{
	struct ost_radius *r = user;
	struct ost_radius_exchange *x = c->front;

	c->front = NULL;
	if (x != NULL)
		ost_radius_exchanges_remove(r->exchanges, x);
}

/* Its request is the one to be answered now. */
static void exchange_take(struct ost_radius *r, struct ost_radius_exchange *x, const struct incoming *in)
{
	x->ends = in->ends;
	x->key = in->key;
	x->proxy_length = in->q.proxy_length;
	memcpy(x->proxy, in->q.proxy, in->q.proxy_length);
	x->waiting = true;
	ost_radius_exchanges_touch(r->exchanges, x, in->now_ns);
}

#define KEY_BYTES (sizeof(struct ost_ip) + OST_RADIUS_STATE)

static void conversation_key(
	const struct ost_ip *client, const uint8_t *state, uint8_t to[static KEY_BYTES])
{
	memcpy(to, client, sizeof(*client));
	memcpy(to + sizeof(*client), state, OST_RADIUS_STATE);
}

static struct ost_conversation *conversation_open(
	struct ost_radius *r, const struct incoming *in, const struct ost_place *place)
{
	struct ost_radius_exchange *x = calloc(1, sizeof(*x));
	struct ost_conversation *c = NULL;
	uint8_t key[KEY_BYTES];

	if (x == NULL)
		return NULL;
	if (getrandom(x->state, sizeof(x->state), 0) == (ssize_t)sizeof(x->state)) {
		conversation_key(&in->ends.ip, x->state, key);
		c = ost_authd_open(r->a, OST_AUTH_WAY_RADIUS, key, sizeof(key), place, in->q.eap[1],
			in->now_ns);
	}
	if (c == NULL) {
		free(x);
		return NULL;
	}
	x->conversation = c->number;
	x->client = in->place;
	c->front = x;
	ost_radius_exchanges_add(r->exchanges, x);
	return c;
}

/* An answer to an Identity request, the client's own or ours. The name in it is not looked at. */
static void on_identity(struct ost_radius *r, const struct incoming *in)
{
	struct ost_place place = {.port = OST_PLACE_NO_PORT,
		.vlan = in->q.has_nas_port ? in->q.nas_port & 0xffffff : 0,
		.client = (uint16_t)(in->place + 1)};
	struct ost_conversation *c;

	if (in->q.has_mac)
		memcpy(place.mac, in->q.mac, sizeof(place.mac));
	if (ost_throttle_is_shut(r->a->throttle, &place, in->now_ns)) {
		r->a->limited_frames++;
		reject(r, in);
		return;
	}
	if (!ost_radius_exchanges_allow(r->exchanges, in->place, in->now_ns)) {
		r->a->limited_frames++;
		ost_radius_replies_forget(r->replies, &in->key);
		return;
	}
	c = conversation_open(r, in, &place);
	if (c == NULL) {
		reject(r, in);
		return;
	}
	exchange_take(r, c->front, in);
	on_send(r, c, OST_EAP_SEND);
}

/* A further round of a conversation. */
static void on_round(struct ost_radius *r, const struct incoming *in)
{
	uint8_t key[KEY_BYTES];
	struct ost_conversation *c;
	struct ost_radius_exchange *x;

	conversation_key(&in->ends.ip, in->q.state, key);
	c = in->q.state_is_ours ? ost_conversations_find(r->a->conversations, OST_AUTH_WAY_RADIUS,
					  key, sizeof(key))
				: NULL;
	if (c == NULL) {
		reject(r, in);
		return;
	}
	x = c->front;
	/* One that waits for a decision has a request that will be answered; and no station speaks
	 * in another one's place. */
	if (x->waiting ||
		(in->q.has_mac && memcmp(in->q.mac, c->place.mac, sizeof(c->place.mac)) != 0)) {
		r->a->discarded_frames++;
		return;
	}
	exchange_take(r, x, in);
	if (ost_conversations_input(r->a->conversations, c, in->q.eap, in->q.eap_length,
		    in->now_ns) == OST_EAP_DISCARD)
		x->waiting = false;
}

/* ---- requests ---- */

static void on_eap(struct ost_radius *r, const struct incoming *in)
{
	uint8_t identity[8];
	struct ost_eap_packet p;

	if (in->q.eap_length ==
		0) { /* RFC 3579 2.1: it asks us to begin; nothing is kept for that */
		answer(r, in, OST_RADIUS_ACCESS_CHALLENGE, identity,
			ost_eap_identity_request(in->q.identifier, identity));
		return;
	}
	if (!ost_eap_parse(in->q.eap, in->q.eap_length, &p) || p.code != OST_EAP_RESPONSE) {
		r->a->discarded_frames++;
		return;
	}
	if (in->q.has_state)
		on_round(r, in);
	else if (ost_eap_is_identity(&p))
		on_identity(r, in);
	else
		reject(r, in);
}

static void complain(struct ost_radius *r, uint64_t *complained_ns, uint64_t now,
	const struct ost_ip *ip, const char *what)
{
	char text[OST_IP_TEXT];

	r->a->radius_rejected++;
	if (*complained_ns != 0 && now - *complained_ns < COMPLAIN_NS)
		return;
	*complained_ns = now;
	ost_log_warning("RADIUS: %s: %s", ost_ip_format(ip, text), what);
}

static const char *complaint(int error)
{
	switch (error) {
	case -EKEYREJECTED:
		return "no Message-Authenticator that its secret makes; is the secret the same on "
		       "both sides?";
	case -EMSGSIZE:
		return "more EAP or Proxy-State in a request than is taken";
	case -EOPNOTSUPP:
		return "it sends what is no Access-Request; accounting and change of authorization "
		       "are not served";
	default:
		return "a request that is no RADIUS";
	}
}

static void on_datagram(struct ost_radius *r, const uint8_t *bytes, size_t length,
	const struct ost_radius_ends *ends)
{
	struct incoming in = {.ends = *ends, .now_ns = ost_clock_mono_ns()};
	struct ost_radius_secret secret;
	const uint8_t *before;
	size_t before_length;
	int e;

	r->a->radius_requests++;
	in.client = ost_radius_clients_find(r->clients, &ends->ip);
	if (in.client == NULL) {
		complain(r, &r->complained_ns, in.now_ns, &ends->ip,
			"is no RADIUS client of ours and hears nothing");
		return;
	}
	in.place = ost_radius_clients_place(r->clients, in.client);
	secret = secret_of(in.client);
	e = ost_radius_decode(bytes, length, &secret, &in.q);
	if (e < 0) {
		complain(r, &r->complained_client_ns[in.place], in.now_ns, &ends->ip, complaint(e));
		return;
	}
	in.key = (struct ost_radius_key){
		.ip = ends->ip, .port = ends->port, .identifier = in.q.identifier};
	memcpy(in.key.authenticator, in.q.authenticator, sizeof(in.key.authenticator));
	switch (ost_radius_replies_take(r->replies, &in.key, in.now_ns, &before, &before_length)) {
	case OST_RADIUS_NEW:
		break;
	case OST_RADIUS_WAITING:
		return;
	case OST_RADIUS_ANSWERED:
		(void)!ost_radius_socket_send(r->fd, before, before_length, ends);
		return;
	}
	if (in.q.code == OST_RADIUS_STATUS_SERVER)
		answer(r, &in, OST_RADIUS_ACCESS_ACCEPT, NULL, 0); /* RFC 5997: we are there */
	else if (in.q.has_eap)
		on_eap(r, &in);
	else
		reject(r, &in); /* a password: nothing that we take */
}

static void on_readable(evutil_socket_t fd, short what, void *user)
{
	struct ost_radius *r = user;
	struct ost_radius_ends ends;

	(void)what;
	for (int i = 0; i < AT_ONCE; i++) {
		ssize_t n = ost_radius_socket_receive(fd, r->datagram, sizeof(r->datagram), &ends);

		if (n >= 0)
			on_datagram(r, r->datagram, (size_t)n, &ends);
		else if (n == -EMSGSIZE)
			r->a->radius_rejected++;
		else if (n == -EAGAIN)
			break; /* another error is of one datagram (ICMP): the next one may be there
				*/
	}
	ost_authd_rewind(r->a);
}

static void on_housekeeping(evutil_socket_t fd, short what, void *user)
{
	struct ost_radius *r = user;

	(void)fd;
	(void)what;
	ost_radius_replies_expire(r->replies, ost_clock_mono_ns());
}

/* ---- outside ---- */

int ost_radius_reload(struct ost_radius *r, char why[static OST_TRUST_WHY])
{
	struct ost_radius_clients *fresh = NULL;
	int e = ost_radius_clients_load(r->a->paths.radius_clients, r->group, why, &fresh);

	if (e < 0)
		return e;
	ost_radius_clients_free(&r->clients);
	r->clients = fresh;
	ost_radius_exchanges_recount(r->exchanges, fresh);
	return 0;
}

static int events_make(struct ost_radius *r)
{
	const struct timeval tv = {.tv_sec = HOUSEKEEPING_S};

	r->readable = event_new(r->a->base, r->fd, EV_READ | EV_PERSIST, on_readable, r);
	r->housekeeping = event_new(r->a->base, -1, EV_PERSIST, on_housekeeping, r);
	return r->readable != NULL && r->housekeeping != NULL &&
			       event_add(r->readable, NULL) == 0 &&
			       event_add(r->housekeeping, &tv) == 0
		       ? 0
		       : -ENOMEM;
}

int ost_radius_new(struct ost_authd *a, const char *listen, char why[static OST_TRUST_WHY],
	struct ost_radius **ret_radius)
{
	struct ost_radius *r = calloc(1, sizeof(*r));
	int e;

	if (r == NULL)
		return -ENOMEM;
	r->a = a;
	r->fd = -1;
	r->group = getegid(); /* now: later the filter of system calls does not let us ask */
	e = ost_radius_clients_load(a->paths.radius_clients, r->group, why, &r->clients);
	if (e == 0)
		e = ost_radius_socket_open(listen, why, &r->fd);
	if (e == 0) {
		e = ost_radius_replies_new(&a->hash, &r->replies);
		if (e == 0)
			e = ost_radius_exchanges_new(a->conversations, &r->exchanges);
		if (e == 0)
			e = events_make(r);
		if (e < 0)
			(void)snprintf(why, OST_TRUST_WHY, "--radius: %s", strerror(-e));
	}
	if (e < 0) {
		ost_radius_free(&r);
		return e;
	}
	ost_conversations_front(a->conversations, OST_AUTH_WAY_RADIUS,
		&(struct ost_front){.send = on_send, .end = on_end, .user = r});
	*ret_radius = r;
	return 0;
}

void ost_radius_free(struct ost_radius **radius)
{
	struct ost_radius *r = *radius;

	*radius = NULL;
	if (r == NULL)
		return;
	if (r->readable != NULL)
		event_free(r->readable);
	if (r->housekeeping != NULL)
		event_free(r->housekeeping);
	ost_radius_exchanges_free(&r->exchanges);
	ost_radius_replies_free(&r->replies);
	ost_radius_clients_free(&r->clients);
	ost_cleanup_close(&r->fd);
	free(r);
}
