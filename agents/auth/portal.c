/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "portal.h"

#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/queue.h>
#include <sys/resource.h>

#include "clock.h"
#include "decider.h"
#include "log.h"
#include "portal_line.h"
#include "portal_locks.h"
#include "portal_socket.h"
#include "portal_wire.h"

#define HELLO_MS	10000
#define CLOSING_MS	2000
#define ACCEPTS_AT_ONCE 16
#define ACCEPT_AGAIN_MS 200
#define RECORDS_AT_ONCE 16
#define HANDSHAKE_BYTES 65536u
#define RECORDS_A_LEASE 256u /* of a held connection */
#define KNOWN		4096u
#define FILES_BESIDE	64u /* descriptors of the program beside connections */
#define PROVE_WITHIN_S	20u

enum phase {
	HELLO,	   /* no ClientHello yet: nothing was made for it */
	HANDSHAKE, /* it has a conversation */
	CLAIMED,   /* and its proof lies with ostiaryd: not read from meanwhile */
	HELD,	   /* admitted; its conversation is over */
	CLOSING,   /* what is to be sent goes out yet */
};

struct connection {
	TAILQ_ENTRY(connection)
	in_list;
	struct ost_portal *portal;
	struct ost_portal_wire wire;
	struct event *timer;
	struct ost_ip ip;
	uint64_t key;	 /* in the table of conversations */
	uint64_t number; /* of its conversation, 0 none yet */
	enum phase phase;
	bool broken;	  /* found in a place where it could not be ended: its timer does */
	size_t bytes;	  /* of the handshake */
	uint32_t records; /* since window_ns */
	uint64_t window_ns;
	uint32_t session_s;
	uint64_t certificate_end_s;
	struct ost_portal_lines lines;
	char device[OST_MSG_NAME];
};

TAILQ_HEAD(connections, connection);

struct list {
	struct connections head;
	uint32_t count;
};

struct ost_portal {
	struct ost_authd *a;
	struct event *acceptable, *accept_again;
	int fd;
	uint32_t lease_s, max;
	uint64_t last_key;
	struct list halves, helds, closings; /* oldest first */
	struct ost_portal_locks *locks;
	uint64_t known[KNOWN];		     /* hashes of addresses where somebody succeeded: forgetting one costs its privilege only */
};

static void on_readable(evutil_socket_t fd, short what, void *user);
static void on_writable(evutil_socket_t fd, short what, void *user);
static void on_timer(evutil_socket_t fd, short what, void *user);

/* ---- connections ---- */

static uint64_t address_hash(const struct ost_portal *p, const struct ost_ip *ip)
{
	return ost_hash_bytes(&p->a->hash, ip->b, sizeof(ip->b)) | 1;
}

static void timer_set(struct connection *c, uint64_t ms)
{
	const struct timeval tv = {.tv_sec = (time_t)(ms / 1000), .tv_usec = (suseconds_t)(ms % 1000 * 1000)};

	(void)evtimer_add(c->timer, &tv);
}

static struct list *list_of(struct connection *c)
{
	return c->phase == HELD ? &c->portal->helds : c->phase == CLOSING ? &c->portal->closings
									  : &c->portal->halves;
}

static void list_take(struct connection *c)
{
	struct list *l = list_of(c);

	TAILQ_REMOVE(&l->head, c, in_list);
	l->count--;
}

static void list_add(struct connection *c)
{
	struct list *l = list_of(c);

	TAILQ_INSERT_TAIL(&l->head, c, in_list);
	l->count++;
}

static void phase_set(struct connection *c, enum phase phase)
{
	list_take(c);
	c->phase = phase;
	list_add(c);
}

static void connection_free(struct connection *c)
{
	list_take(c);
	c->portal->a->portal_connections--;
	ost_portal_wire_close(&c->wire);
	if (c->timer != NULL)
		event_free(c->timer);
	free(c);
}

static void write_line(struct connection *c, const struct ost_portal_line *line)
{
	char text[OST_PORTAL_LINE + 1];
	size_t n = ost_portal_line_write(line, text);

	if (ost_tls_write(c->wire.tls, text, n) < 0 || ost_portal_wire_flush(&c->wire) < 0) {
		c->broken = true;
		timer_set(c, 0);
	}
}

/* All is sent: TLS has nothing more to do, and the connection costs next to nothing until the peer has read it. */
static void flushed(struct connection *c)
{
	(void)shutdown(c->wire.fd, SHUT_WR);
	ost_tls_free(&c->wire.tls);
	ost_portal_wire_taken(&c->wire);
}

/* It says no more; what it has yet to send goes out, and what comes is not looked at. */
static void closing(struct connection *c)
{
	struct list *l = &c->portal->closings;

	if (l->count >= OST_PORTAL_HALF)
		connection_free(TAILQ_FIRST(&l->head));
	phase_set(c, CLOSING);
	(void)event_add(c->wire.readable, NULL);
	c->broken |= ost_portal_wire_flush(&c->wire) < 0;
	timer_set(c, c->broken ? 0 : CLOSING_MS);
	if (ost_portal_wire_is_flushed(&c->wire))
		flushed(c);
}

/* One that was admitted is over: ostiaryd takes its rights back. */
static void held_end(struct connection *c, enum ost_auth_reason reason, const char *detail, bool tell_device)
{
	struct ost_msg_auth_outcome m = {.conversation = c->number, .place.port = OST_PLACE_NO_PORT, .way = OST_AUTH_WAY_PORTAL, .reason = (uint8_t)reason, .claimed = 1};
	char ip[OST_IP_TEXT];

	if (reason != OST_AUTH_REASON_LOGOFF)
		m.shown = (uint8_t)ost_tls_shown(c->wire.tls, &m.proof);
	(void)snprintf(m.detail, sizeof(m.detail), "%s at %s: %s", c->device, ost_ip_format(&c->ip, ip), detail);
	ost_decider_outcome(c->portal->a->decider, &m);
	ost_log_info("%s", m.detail);
	if (!tell_device || c->broken) {
		connection_free(c);
		return;
	}
	write_line(c, &(struct ost_portal_line){.word = OST_PORTAL_ENDED, .reason = (uint8_t)reason});
	ost_tls_close(c->wire.tls);
	closing(c);
}

/* Not usable afterwards. */
static void end(struct connection *c, enum ost_auth_reason reason, const char *detail)
{
	struct ost_conversation *v = ost_conversations_by_number(c->portal->a->conversations, c->number);

	if (c->phase == HELD)
		held_end(c, reason, detail, reason != OST_AUTH_REASON_LOGOFF);
	else if (c->phase != CLOSING && v != NULL)
		ost_conversations_end(c->portal->a->conversations, v, reason, true); /* on_end() has the rest */
	else
		connection_free(c);
}

/* ---- what a device sends ---- */

static void lease_begin(struct connection *c)
{
	uint64_t now_s = ost_clock_wall_ns() / OST_NS_PER_S;
	uint64_t s = c->portal->lease_s;

	/* The proof ends with the certificate. */
	if (c->certificate_end_s != 0)
		s = OST_MIN(s, c->certificate_end_s > now_s ? c->certificate_end_s - now_s : 0);
	timer_set(c, s * 1000);
}

/* False: the connection is gone. */
static bool line_take(struct connection *c, const struct ost_portal_line *line)
{
	switch (line->word) {
	case OST_PORTAL_KEEP:
		lease_begin(c);
		write_line(c, &(struct ost_portal_line){.word = OST_PORTAL_KEPT, .seconds = c->portal->lease_s});
		return true;
	case OST_PORTAL_END:
		end(c, OST_AUTH_REASON_LOGOFF, "it took leave");
		return false;
	default:
		end(c, OST_AUTH_REASON_MALFORMED, "it sent a line that is the gateway's");
		return false;
	}
}

static bool data_take(struct connection *c)
{
	char bytes[512];
	ssize_t n;

	uint64_t now = ost_clock_mono_ns();

	if (now - c->window_ns > c->portal->lease_s * OST_NS_PER_S) {
		c->window_ns = now;
		c->records = 0;
	}
	if (++c->records > RECORDS_A_LEASE) {
		end(c, OST_AUTH_REASON_FLOOD, "it sent too much");
		return false;
	}
	ost_tls_feed(c->wire.tls, c->wire.record, c->wire.wanted);
	while ((n = ost_tls_read(c->wire.tls, bytes, sizeof(bytes))) > 0) {
		const char *at = bytes;
		size_t left = (size_t)n;

		while (left > 0) {
			struct ost_portal_line line;
			int r = ost_portal_lines_take(&c->lines, &at, &left, &line);

			if (r < 0) {
				end(c, OST_AUTH_REASON_MALFORMED, "it sent what is no line");
				return false;
			}
			if (r > 0 && !line_take(c, &line))
				return false;
		}
	}
	ost_portal_wire_taken(&c->wire);
	if (n == -EAGAIN && ost_portal_wire_flush(&c->wire) == 0)
		return true;
	end(c, OST_AUTH_REASON_LOGOFF, "it closed the connection");
	return false;
}

static void proved(struct connection *c, struct ost_conversation *v)
{
	struct ost_auth_proof proof;

	c->phase = CLAIMED;
	(void)event_del(c->wire.readable);
	if (ost_tls_proof(c->wire.tls, &proof) < 0)
		end(c, OST_AUTH_REASON_WRONG_NAME, "its certificate names nobody");
	else
		(void)ost_conversations_claim(c->portal->a->conversations, v, ost_clock_mono_ns());
}

static bool handshake_take(struct connection *c)
{
	struct ost_conversation *v = ost_conversations_by_number(c->portal->a->conversations, c->number);
	enum ost_tls_status status;

	if (v == NULL || (c->bytes += c->wire.wanted) > HANDSHAKE_BYTES) {
		end(c, OST_AUTH_REASON_MALFORMED, "its handshake has no end");
		return false;
	}
	status = ost_tls_advance(c->wire.tls, c->wire.record, c->wire.wanted);
	ost_portal_wire_taken(&c->wire);
	ost_conversations_weigh(c->portal->a->conversations, v, sizeof(*c) + ost_tls_bytes(c->wire.tls) + OST_PORTAL_RECORD_MAX);
	if (status == OST_TLS_FAILED) {
		end(c, ost_tls_reason(c->wire.tls, &v->tls_error), "its handshake failed");
		return false;
	}
	if (ost_portal_wire_flush(&c->wire) < 0) {
		end(c, OST_AUTH_REASON_TIMEOUT, "it went away");
		return false;
	}
	if (status == OST_TLS_DONE)
		proved(c, v);
	return status != OST_TLS_DONE;
}

static bool hello_take(struct connection *c)
{
	struct ost_portal *p = c->portal;
	const struct ost_place place = {.port = OST_PLACE_NO_PORT};
	struct ost_place throttled = place;
	uint64_t h = address_hash(p, &c->ip), now = ost_clock_mono_ns();
	struct ost_conversation *v;

	memcpy(throttled.mac, &h, sizeof(throttled.mac));
	if (!ost_portal_wire_is_hello(&c->wire)) {
		p->a->discarded_frames++;
		connection_free(c);
		return false;
	}
	if (!ost_throttle_take(p->a->throttle, &throttled, now) || !ost_throttle_open(p->a->throttle, &place, now)) {
		p->a->limited_frames++;
		connection_free(c);
		return false;
	}
	v = ost_authd_is_ready(p->a)
		    ? ost_conversations_open(p->a->conversations, OST_AUTH_WAY_PORTAL, &c->key, sizeof(c->key), &place, now)
		    : NULL;
	if (v == NULL || ost_tls_new(p->a->trust, &c->wire.tls) < 0) {
		if (v != NULL)
			ost_conversations_end(p->a->conversations, v, OST_AUTH_REASON_UNAVAILABLE, false);
		connection_free(c);
		return false;
	}
	v->front = c;
	c->number = v->number;
	c->phase = HANDSHAKE;
	(void)evtimer_del(c->timer);
	ost_authd_rewind(p->a);
	return handshake_take(c);
}

/* False: the connection is not to be read from any more, or is gone. */
static bool record_take(struct connection *c)
{
	switch (c->phase) {
	case HELLO:
		return hello_take(c);
	case HANDSHAKE:
		return handshake_take(c);
	case HELD:
		return data_take(c);
	case CLAIMED:
	case CLOSING:
	default:
		return false;
	}
}

/* What comes while we close is thrown away, so that what we said is not lost by a reset. */
static void drain(struct connection *c)
{
	char bytes[4096];
	ssize_t n = recv(c->wire.fd, bytes, sizeof(bytes), 0);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		connection_free(c);
}

static void on_readable(evutil_socket_t fd, short what, void *user)
{
	struct connection *c = user;

	(void)fd;
	(void)what;
	if (c->phase == CLOSING) {
		drain(c);
		return;
	}
	for (int i = 0; i < RECORDS_AT_ONCE; i++) {
		int r = ost_portal_wire_receive(&c->wire);

		if (r == 0)
			return;
		if (r < 0 && c->phase == HELD)
			end(c, OST_AUTH_REASON_LOGOFF, "the connection is gone");
		else if (r < 0)
			end(c, r == -EPROTO ? OST_AUTH_REASON_MALFORMED : OST_AUTH_REASON_TIMEOUT, "the connection is gone");
		if (r < 0 || !record_take(c))
			return;
	}
}

static void on_writable(evutil_socket_t fd, short what, void *user)
{
	struct connection *c = user;

	(void)fd;
	(void)what;
	if (ost_portal_wire_flush(&c->wire) < 0)
		end(c, OST_AUTH_REASON_LOGOFF, "the connection is gone");
	else if (c->phase == CLOSING && ost_portal_wire_is_flushed(&c->wire))
		flushed(c);
}

static void on_timer(evutil_socket_t fd, short what, void *user)
{
	struct connection *c = user;

	(void)fd;
	(void)what;
	if (c->phase == HELD && c->broken)
		end(c, OST_AUTH_REASON_LOGOFF, "the connection is gone");
	else if (c->phase == HELD)
		end(c, OST_AUTH_REASON_TIMEOUT, "it was silent for a lease, or its certificate ended");
	else
		end(c, OST_AUTH_REASON_TIMEOUT, "it was silent");
}

/* ---- conversations: the table's side ---- */

static void superseded(struct ost_portal *p, const struct connection *by)
{
	for (struct connection *c = TAILQ_FIRST(&p->helds.head), *next; c != NULL; c = next) {
		next = TAILQ_NEXT(c, in_list);
		if (c != by && strcmp(c->device, by->device) == 0)
			held_end(c, OST_AUTH_REASON_LOGOFF, "it proved itself anew", true);
	}
}

static void admit(struct connection *c)
{
	struct ost_portal *p = c->portal;
	struct ost_portal_line line = {.word = OST_PORTAL_ADMITTED};
	struct ost_auth_proof proof;
	uint64_t h = address_hash(p, &c->ip);

	phase_set(c, HELD);
	p->known[h % KNOWN] = h;
	if (ost_tls_proof(c->wire.tls, &proof) == 0)
		c->certificate_end_s = proof.not_after_wall_s;
	lease_begin(c);
	(void)event_add(c->wire.readable, NULL);
	line.seconds = p->lease_s;
	line.session_s = c->session_s;
	(void)snprintf(line.device, sizeof(line.device), "%s", c->device);
	write_line(c, &line);
}

/* The answer to the device; for a handshake that failed, what TLS has to say is all. */
static void on_send(void *user, struct ost_conversation *v, enum ost_eap_verdict verdict)
{
	struct connection *c = v->front;

	(void)user;
	if (verdict == OST_EAP_SUCCESS) {
		ost_portal_locks_clear(c->portal->locks, &c->ip);
		admit(c);
		return;
	}
	if (verdict == OST_EAP_FAILURE && c->phase == CLAIMED) {
		write_line(c, &(struct ost_portal_line){.word = OST_PORTAL_REFUSED, .reason = (uint8_t)v->reason});
		ost_tls_close(c->wire.tls);
	}
}

/* It did not get in: ostiaryd knows no place of it unless it was claimed, so its address is what is counted. */
static void failed(struct connection *c, enum ost_auth_reason reason)
{
	struct ost_msg_auth_outcome m = {.place.port = OST_PLACE_NO_PORT, .way = OST_AUTH_WAY_PORTAL, .reason = OST_AUTH_REASON_LOCKED_OUT};
	uint32_t seconds = ost_portal_locks_fail(c->portal->locks, &c->ip, reason, ost_clock_mono_ns());
	char ip[OST_IP_TEXT];

	if (seconds == 0)
		return;
	(void)snprintf(m.detail, sizeof(m.detail), "%s for %u s", ost_ip_format(&c->ip, ip), seconds);
	ost_decider_outcome(c->portal->a->decider, &m);
	ost_log_warning("portal: %s failed %u times within ten minutes and is not heard for %u s", ip, OST_PORTAL_FAILURES, seconds);
}

/* The conversation goes; the connection goes with it, but for one that was admitted. */
static void on_end(void *user, struct ost_conversation *v)
{
	struct connection *c = v->front;

	(void)user;
	if (c == NULL)
		return;
	v->front = NULL;
	if (c->phase == HELD) {
		superseded(c->portal, c);
		return;
	}
	failed(c, v->reason);
	closing(c);
}

void ost_portal_from(const struct ost_conversation *v, char to[static OST_IP_TEXT])
{
	const struct connection *c = v->front;

	to[0] = '\0';
	if (c != NULL)
		(void)ost_ip_format(&c->ip, to);
}

enum ost_auth_shown ost_portal_shown(const struct ost_conversation *v, struct ost_auth_proof *ret_proof)
{
	const struct connection *c = v->front;

	return c != NULL && c->wire.tls != NULL ? ost_tls_shown(c->wire.tls, ret_proof) : OST_AUTH_SHOWN_NOTHING;
}

bool ost_portal_claim(struct ost_portal *portal, const struct ost_conversation *v)
{
	const struct connection *c = v->front;
	struct ost_auth_proof proof;

	(void)portal;
	return ost_tls_proof(c->wire.tls, &proof) == 0 && ost_decider_claim(c->portal->a->decider, v, &proof, &c->ip);
}

static struct connection *held_by_number(struct ost_portal *p, uint64_t number)
{
	struct connection *c;

	TAILQ_FOREACH(c, &p->helds.head, in_list)
	{
		if (c->number == number)
			return c;
	}
	return NULL;
}

bool ost_portal_decision(struct ost_portal *portal, const struct ost_msg_auth_decision *m)
{
	const struct ost_conversation *v = ost_conversations_by_number(portal->a->conversations, m->conversation);
	struct connection *c = v != NULL && v->way == OST_AUTH_WAY_PORTAL ? v->front : held_by_number(portal, m->conversation);

	if (c == NULL)
		return false;
	if (c->phase == HELD && m->reason != OST_AUTH_REASON_NONE) {
		held_end(c, (enum ost_auth_reason)m->reason, ost_auth_reason_name(m->reason), true);
		return true;
	}
	(void)snprintf(c->device, sizeof(c->device), "%s", m->device);
	c->session_s = m->session_s;
	return true;
}

void ost_portal_claim_again(struct ost_portal *portal)
{
	struct connection *c;

	TAILQ_FOREACH(c, &portal->helds.head, in_list)
	{
		const struct ost_conversation v = {.number = c->number, .place.port = OST_PLACE_NO_PORT, .way = OST_AUTH_WAY_PORTAL};
		struct ost_auth_proof proof;

		if (ost_tls_proof(c->wire.tls, &proof) == 0 && !ost_decider_claim(portal->a->decider, &v, &proof, &c->ip))
			ost_log_debug("%s is not claimed anew: ostiaryd is slow", c->device);
	}
}

void ost_portal_trust_changed(struct ost_portal *portal)
{
	for (struct connection *c = TAILQ_FIRST(&portal->helds.head), *next; c != NULL; c = next) {
		enum ost_auth_reason reason = ost_tls_still_trusted(c->wire.tls, portal->a->trust);

		next = TAILQ_NEXT(c, in_list);
		if (reason != OST_AUTH_REASON_NONE)
			held_end(c, reason, ost_auth_reason_name(reason), true);
		else
			write_line(c, &(struct ost_portal_line){.word = OST_PORTAL_PROVE, .seconds = PROVE_WITHIN_S});
	}
}

/* ---- new connections ---- */

/* Of those not admitted: the oldest from an address where nobody succeeded, else the oldest. */
static void give_way(struct ost_portal *p)
{
	struct connection *c, *victim = TAILQ_FIRST(&p->halves.head);

	TAILQ_FOREACH(c, &p->halves.head, in_list)
	{
		uint64_t h = address_hash(p, &c->ip);

		if (p->known[h % KNOWN] != h) {
			victim = c;
			break;
		}
	}
	p->a->limited_frames++;
	end(victim, OST_AUTH_REASON_FLOOD, "it gave way to others");
}

static bool address_is_full(const struct ost_portal *p, const struct ost_ip *ip)
{
	const struct connection *c;
	uint32_t n = 0;

	TAILQ_FOREACH(c, &p->halves.head, in_list)
	n += ost_ip_equal(&c->ip, ip) ? 1 : 0;
	return n >= OST_PORTAL_HALF_ADDRESS;
}

static void connection_new(struct ost_portal *p, int fd, const struct ost_ip *ip)
{
	bool locked = ost_portal_locks_is_locked(p->locks, ip, ost_clock_mono_ns());
	struct connection *c;
	int one = 1, timeout_ms = 30000;

	if (!locked && !address_is_full(p, ip) && p->halves.count >= OST_PORTAL_HALF)
		give_way(p);
	c = !locked && p->a->portal_connections < p->max && !address_is_full(p, ip) ? calloc(1, sizeof(*c)) : NULL;
	if (c == NULL) {
		p->a->limited_frames++;
		(void)close(fd);
		return;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof(timeout_ms));
	c->portal = p;
	c->ip = *ip;
	c->key = ++p->last_key;
	list_add(c);
	p->a->portal_connections++;
	c->timer = evtimer_new(p->a->base, on_timer, c);
	if (ost_portal_wire_open(&c->wire, p->a->base, fd, on_readable, on_writable, c) < 0 || c->timer == NULL) {
		connection_free(c);
		return;
	}
	timer_set(c, HELLO_MS);
}

static void on_acceptable(evutil_socket_t fd, short what, void *user)
{
	struct ost_portal *p = user;

	(void)what;
	for (int i = 0; i < ACCEPTS_AT_ONCE; i++) {
		static const struct timeval again = {.tv_usec = ACCEPT_AGAIN_MS * 1000L};
		struct ost_ip ip;
		int peer, r = ost_portal_accept(fd, &ip, &peer);

		if (r == 0) {
			connection_new(p, peer, &ip);
			continue;
		}
		if (r != -EAGAIN) { /* out of descriptors or memory: turning in circles does not help */
			(void)event_del(p->acceptable);
			(void)evtimer_add(p->accept_again, &again);
		}
		return;
	}
}

static void on_accept_again(evutil_socket_t fd, short what, void *user)
{
	struct ost_portal *p = user;

	(void)fd;
	(void)what;
	(void)event_add(p->acceptable, NULL);
}

/* ---- begin and end ---- */

static uint32_t connections_max(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return OST_PORTAL_HALF;
	files.rlim_cur = OST_MIN(files.rlim_max, (rlim_t)OST_PORTAL_MAX + FILES_BESIDE);
	if (setrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_cur < (rlim_t)2 * FILES_BESIDE)
		return OST_PORTAL_HALF;
	return (uint32_t)files.rlim_cur - FILES_BESIDE;
}

int ost_portal_new(struct ost_authd *a, const char *listen, uint32_t lease_s, char why[static OST_TRUST_WHY], struct ost_portal **ret_portal)
{
	const struct ost_front front = {.send = on_send, .end = on_end};
	struct ost_portal *p = calloc(1, sizeof(*p));
	int r;

	if (p == NULL)
		return -ENOMEM;
	*p = (struct ost_portal){.a = a, .fd = -1, .lease_s = lease_s, .max = connections_max()};
	TAILQ_INIT(&p->halves.head);
	TAILQ_INIT(&p->helds.head);
	TAILQ_INIT(&p->closings.head);
	r = ost_portal_listen(listen, why, &p->fd);
	if (r == 0 && ost_portal_locks_new(&a->hash, &p->locks) < 0)
		r = -ENOMEM;
	if (r == 0) {
		p->acceptable = event_new(a->base, p->fd, EV_READ | EV_PERSIST, on_acceptable, p);
		p->accept_again = evtimer_new(a->base, on_accept_again, p);
		if (p->acceptable == NULL || p->accept_again == NULL || event_add(p->acceptable, NULL) < 0) {
			(void)snprintf(why, OST_TRUST_WHY, "--portal: no memory");
			r = -ENOMEM;
		}
	}
	if (r < 0) {
		ost_portal_free(&p);
		return r;
	}
	ost_conversations_front(a->conversations, OST_AUTH_WAY_PORTAL, &front);
	*ret_portal = p;
	return 0;
}

void ost_portal_free(struct ost_portal **portal)
{
	struct ost_portal *p = *portal;

	*portal = NULL;
	if (p == NULL)
		return;
	while (!TAILQ_EMPTY(&p->halves.head))
		connection_free(TAILQ_FIRST(&p->halves.head));
	while (!TAILQ_EMPTY(&p->helds.head))
		connection_free(TAILQ_FIRST(&p->helds.head));
	while (!TAILQ_EMPTY(&p->closings.head))
		connection_free(TAILQ_FIRST(&p->closings.head));
	if (p->acceptable != NULL)
		event_free(p->acceptable);
	if (p->accept_again != NULL)
		event_free(p->accept_again);
	ost_cleanup_close(&p->fd);
	ost_portal_locks_free(&p->locks);
	free(p);
}
