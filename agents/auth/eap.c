/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "eap.h"

#include "cursor.h"

#define FLAG_LENGTH    0x80u
#define FLAG_MORE      0x40u
#define FLAG_START     0x20u
#define TLS_HEADER     6u /* code, identifier, length, type, flags */
#define RECORD_MIN     11u /* a TLS record with a handshake header and a byte more */
#define RECORD_HANDSHAKE 0x16u

enum phase {
	HELLO,	   /* the start is sent: its ClientHello, whole or in fragments */
	HANDSHAKE, /* its next flight */
	SENDING,   /* ours, in fragments: an acknowledgement each */
	CLAIMING,  /* both have proved themselves; our last flight waits for the answer */
	ENDING,	   /* our last flight is sent: its acknowledgement */
	ALERTING,  /* our alert is sent: any answer, then failure */
	OVER,
};

struct ost_eap {
	struct ost_trust *trust;
	struct ost_tls *tls; /* from the first whole flight on */
	enum phase phase, after_sending;
	uint8_t identifier;
	bool limited; /* no TLS 1.3 */
	uint32_t rounds;
	uint8_t *flight; /* the peer's, as far as it has come; NULL: none is under way */
	uint32_t flight_length, flight_total;
	uint32_t sent; /* of the TLS output */
	uint8_t packet[TLS_HEADER + 4 + OST_EAP_FRAGMENT];
	size_t packet_length;
	enum ost_auth_reason reason;
	int tls_error;
	enum ost_auth_shown shown; /* what proof holds, once it is over */
	struct ost_auth_proof proof;
	bool has_keys;
	uint8_t keys[OST_TLS_KEYS];
};

bool ost_eap_parse(const uint8_t *bytes, size_t length, struct ost_eap_packet *ret_packet)
{
	struct ost_cursor c = ost_cursor_of(bytes, length);
	struct ost_eap_packet p = {0};
	uint16_t stated;

	p.code = ost_cursor_u8(&c);
	p.identifier = ost_cursor_u8(&c);
	stated = ost_cursor_be16(&c);
	if (c.failed || stated < OST_EAP_HEADER || stated > OST_EAP_PACKET_MAX || !ost_cursor_limit(&c, stated - OST_EAP_HEADER))
		return false;
	if (p.code == OST_EAP_REQUEST || p.code == OST_EAP_RESPONSE) {
		p.type = ost_cursor_u8(&c);
		if (c.failed || p.type == 0)
			return false;
	}
	p.data_length = ost_cursor_left(&c);
	p.data = ost_cursor_take(&c, p.data_length);
	*ret_packet = p;
	return true;
}

bool ost_eap_is_identity(const struct ost_eap_packet *packet)
{
	return packet->code == OST_EAP_RESPONSE && packet->type == OST_EAP_IDENTITY && packet->data_length <= OST_EAP_IDENTITY_MAX;
}

/* ---- what goes out ---- */

static void header(uint8_t *to, uint8_t code, uint8_t identifier, size_t length)
{
	to[0] = code;
	to[1] = identifier;
	to[2] = (uint8_t)(length >> 8);
	to[3] = (uint8_t)length;
}

size_t ost_eap_identity_request(uint8_t identifier, uint8_t *to)
{
	header(to, OST_EAP_REQUEST, identifier, 5);
	to[4] = OST_EAP_IDENTITY;
	return 5;
}

/* A request with no TLS data: the start, or the acknowledgement of a fragment. */
static void request_empty(struct ost_eap *e, uint8_t flags)
{
	header(e->packet, OST_EAP_REQUEST, ++e->identifier, TLS_HEADER);
	e->packet[4] = OST_EAP_TLS;
	e->packet[5] = flags;
	e->packet_length = TLS_HEADER;
}

/* The next fragment of the TLS output. The length stands in the first one (RFC 5216 2.1.5). */
static void request_fragment(struct ost_eap *e)
{
	size_t total, part, at = TLS_HEADER;
	const uint8_t *out = ost_tls_output(e->tls, &total);
	uint8_t flags = 0;

	part = OST_MIN(total - e->sent, (size_t)OST_EAP_FRAGMENT);
	if (e->sent + part < total)
		flags |= FLAG_MORE;
	if (e->sent == 0 && (flags & FLAG_MORE)) {
		flags |= FLAG_LENGTH;
		e->packet[at++] = (uint8_t)(total >> 24);
		e->packet[at++] = (uint8_t)(total >> 16);
		e->packet[at++] = (uint8_t)(total >> 8);
		e->packet[at++] = (uint8_t)total;
	}
	memcpy(e->packet + at, out + e->sent, part);
	e->packet_length = at + part;
	header(e->packet, OST_EAP_REQUEST, ++e->identifier, e->packet_length);
	e->packet[4] = OST_EAP_TLS;
	e->packet[5] = flags;
	e->sent += (uint32_t)part;
	if (e->sent == total)
		ost_tls_sent(e->tls);
	e->phase = flags & FLAG_MORE ? SENDING : e->after_sending;
}

static enum ost_eap_verdict send_output(struct ost_eap *e, enum phase after)
{
	e->after_sending = after;
	e->sent = 0;
	request_fragment(e);
	return OST_EAP_SEND;
}

static enum ost_eap_verdict over(struct ost_eap *e, enum ost_auth_reason reason)
{
	/* RFC 3748 4.2: success and failure bear the identifier of the last response. */
	header(e->packet, reason == OST_AUTH_REASON_NONE ? OST_EAP_SUCCESS_CODE : OST_EAP_FAILURE_CODE, e->identifier, OST_EAP_HEADER);
	e->packet_length = OST_EAP_HEADER;
	e->phase = OVER;
	e->reason = reason;
	if (reason != OST_AUTH_REASON_NONE && e->tls != NULL)
		e->shown = ost_tls_shown(e->tls, &e->proof);
	return reason == OST_AUTH_REASON_NONE ? OST_EAP_SUCCESS : OST_EAP_FAILURE;
}

/* ---- the TLS part ---- */

static enum ost_eap_verdict tls_failed(struct ost_eap *e)
{
	size_t waiting;

	e->reason = ost_tls_reason(e->tls, &e->tls_error);
	(void)ost_tls_output(e->tls, &waiting);
	/* The device shall learn why, if it still listens. */
	return waiting > 0 ? send_output(e, ALERTING) : over(e, e->reason);
}

/* The peer's Finished says that it accepts us, and ours has not gone out yet: in TLS 1.2 it lies in the output, in 1.3 the
 * commitment is still to be made. Without it a peer takes EAP-Failure as what it is; with it, it would think that it is in. */
static enum ost_eap_verdict tls_done(struct ost_eap *e)
{
	if (ost_tls_proof(e->tls, &e->proof) < 0)
		return over(e, OST_AUTH_REASON_WRONG_NAME);
	if (ost_tls_keys(e->tls, e->keys) < 0)
		return over(e, OST_AUTH_REASON_UNAVAILABLE);
	e->has_keys = true;
	e->phase = CLAIMING;
	return OST_EAP_CLAIM;
}

static enum ost_eap_verdict claim_granted(struct ost_eap *e)
{
	size_t waiting;

	if (ost_tls_is_1_3(e->tls) && ost_tls_commit(e->tls) < 0)
		return over(e, OST_AUTH_REASON_UNAVAILABLE);
	(void)ost_tls_output(e->tls, &waiting);
	return waiting > 0 ? send_output(e, ENDING) : over(e, OST_AUTH_REASON_MALFORMED);
}

static enum ost_eap_verdict tls_more(struct ost_eap *e)
{
	size_t waiting;

	(void)ost_tls_output(e->tls, &waiting);
	/* A flight that leads to nothing is not one: no peer of ours sends half a message and waits. */
	return waiting > 0 ? send_output(e, HANDSHAKE) : over(e, OST_AUTH_REASON_MALFORMED);
}

/* A whole flight of the peer. */
static enum ost_eap_verdict flight_take(struct ost_eap *e, const uint8_t *bytes, size_t length)
{
	enum ost_tls_status status;

	if (e->tls == NULL) {
		if (length < RECORD_MIN || bytes[0] != RECORD_HANDSHAKE || bytes[5] != 1)
			return over(e, OST_AUTH_REASON_MALFORMED); /* no ClientHello: nothing is made for it */
		if (ost_tls_new(e->trust, &e->tls) < 0)
			return over(e, OST_AUTH_REASON_UNAVAILABLE);
		if (e->limited)
			ost_tls_limit(e->tls);
	}
	status = ost_tls_advance(e->tls, bytes, length);
	if (status == OST_TLS_FAILED)
		return tls_failed(e);
	return status == OST_TLS_DONE ? tls_done(e) : tls_more(e);
}

static void flight_free(struct ost_eap *e)
{
	free(e->flight);
	e->flight = NULL;
	e->flight_length = e->flight_total = 0;
}

static enum ost_eap_verdict flight_end(struct ost_eap *e)
{
	enum ost_eap_verdict v = e->flight_length == e->flight_total
		? flight_take(e, e->flight, e->flight_length)
		: over(e, OST_AUTH_REASON_MALFORMED);

	flight_free(e);
	return v;
}

/* One fragment, of a flight whose length was stated with its first one. */
static enum ost_eap_verdict fragment_take(struct ost_eap *e, bool stated, uint32_t total, bool more, const uint8_t *bytes, size_t length)
{
	if (e->flight == NULL) {
		if (!stated)
			return over(e, OST_AUTH_REASON_MALFORMED);
		e->flight = malloc(total);
		if (e->flight == NULL)
			return over(e, OST_AUTH_REASON_UNAVAILABLE);
		e->flight_total = total;
	}
	if ((stated && total != e->flight_total) || length == 0 || length > e->flight_total - e->flight_length)
		return over(e, OST_AUTH_REASON_MALFORMED);
	memcpy(e->flight + e->flight_length, bytes, length);
	e->flight_length += (uint32_t)length;
	if (!more)
		return flight_end(e);
	if (e->flight_length == e->flight_total)
		return over(e, OST_AUTH_REASON_MALFORMED); /* it says that more comes than it said */
	request_empty(e, 0);
	return OST_EAP_SEND;
}

static enum ost_eap_verdict data_take(struct ost_eap *e, const struct ost_eap_packet *p)
{
	struct ost_cursor c = ost_cursor_of(p->data, p->data_length);
	uint8_t flags = ost_cursor_u8(&c);
	bool stated = flags & FLAG_LENGTH, more = flags & FLAG_MORE;
	uint32_t total = stated ? ost_cursor_be32(&c) : 0;
	size_t length = ost_cursor_left(&c);

	if (c.failed || flags & FLAG_START)
		return over(e, OST_AUTH_REASON_MALFORMED);
	if (length == 0) { /* an acknowledgement */
		if (stated || more || e->flight != NULL)
			return over(e, OST_AUTH_REASON_MALFORMED);
		if (e->phase == SENDING) {
			request_fragment(e);
			return OST_EAP_SEND;
		}
		if (e->phase == ALERTING)
			return over(e, e->reason);
		return over(e, e->phase == ENDING ? OST_AUTH_REASON_NONE : OST_AUTH_REASON_MALFORMED);
	}
	if (e->phase == ALERTING)
		return over(e, e->reason);
	if (e->phase != HELLO && e->phase != HANDSHAKE && e->phase != ENDING)
		return over(e, OST_AUTH_REASON_MALFORMED); /* it talks while we do */
	if (stated && (total == 0 || total > OST_TLS_FLIGHT_MAX || total < length))
		return over(e, OST_AUTH_REASON_MALFORMED);
	if (e->phase == ENDING) { /* it refuses us at the very end: an alert of its own */
		e->has_keys = false;
		return over(e, OST_AUTH_REASON_PEER_REFUSED);
	}
	if (e->flight == NULL && !more)
		return !stated || total == length ? flight_take(e, ost_cursor_take(&c, length), length) : over(e, OST_AUTH_REASON_MALFORMED);
	return fragment_take(e, stated, total, more, ost_cursor_take(&c, length), length);
}

/* ---- outside ---- */

int ost_eap_new(struct ost_trust *trust, uint8_t identifier, struct ost_eap **ret_eap)
{
	struct ost_eap *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return -ENOMEM;
	e->trust = ost_trust_hold(trust);
	e->identifier = identifier;
	request_empty(e, FLAG_START);
	*ret_eap = e;
	return 0;
}

void ost_eap_free(struct ost_eap **eap)
{
	struct ost_eap *e = *eap;

	*eap = NULL;
	if (e == NULL)
		return;
	flight_free(e);
	ost_tls_free(&e->tls);
	ost_trust_release(&e->trust);
	explicit_bzero(e->keys, sizeof(e->keys));
	free(e);
}

void ost_eap_limit(struct ost_eap *eap)
{
	eap->limited = true;
}

enum ost_eap_verdict ost_eap_input(struct ost_eap *eap, const uint8_t *bytes, size_t length)
{
	struct ost_eap_packet p;

	if (eap->phase == OVER || eap->phase == CLAIMING || !ost_eap_parse(bytes, length, &p) || p.code != OST_EAP_RESPONSE ||
		p.identifier != eap->identifier)
		return OST_EAP_DISCARD;
	if (++eap->rounds > OST_EAP_ROUNDS_MAX)
		return over(eap, OST_AUTH_REASON_MALFORMED);
	if (p.type == OST_EAP_TLS)
		return data_take(eap, &p);
	/* RFC 3748 5.3.1: a NAK stands only as the answer to the first request of a method. */
	if (p.type == OST_EAP_NAK && eap->phase == HELLO && eap->flight == NULL)
		return over(eap, OST_AUTH_REASON_METHOD);
	return OST_EAP_DISCARD;
}

const uint8_t *ost_eap_output(const struct ost_eap *eap, size_t *ret_length)
{
	*ret_length = eap->packet_length;
	return eap->packet;
}

const struct ost_auth_proof *ost_eap_proof(const struct ost_eap *eap)
{
	return &eap->proof;
}

enum ost_auth_shown ost_eap_shown(const struct ost_eap *eap, struct ost_auth_proof *ret_proof)
{
	if (eap->shown != OST_AUTH_SHOWN_NOTHING)
		*ret_proof = eap->proof;
	return eap->shown;
}

enum ost_eap_verdict ost_eap_decide(struct ost_eap *eap, enum ost_auth_reason reason)
{
	if (eap->phase != CLAIMING)
		return OST_EAP_DISCARD;
	return reason == OST_AUTH_REASON_NONE ? claim_granted(eap) : over(eap, reason);
}

enum ost_auth_reason ost_eap_end(struct ost_eap *eap, enum ost_auth_reason reason)
{
	if (eap->phase != OVER)
		(void)over(eap, eap->reason != OST_AUTH_REASON_NONE ? eap->reason : reason);
	return eap->reason;
}

enum ost_auth_reason ost_eap_reason(const struct ost_eap *eap, int *ret_tls_error)
{
	*ret_tls_error = eap->tls_error;
	return eap->reason;
}

size_t ost_eap_bytes(const struct ost_eap *eap)
{
	return sizeof(*eap) + eap->flight_total + (eap->tls != NULL ? ost_tls_bytes(eap->tls) : 0);
}

bool ost_eap_is_costly(const struct ost_eap *eap)
{
	return eap->tls != NULL;
}

const uint8_t *ost_eap_keys(const struct ost_eap *eap)
{
	return eap->phase == OVER && eap->reason == OST_AUTH_REASON_NONE && eap->has_keys ? eap->keys : NULL;
}
