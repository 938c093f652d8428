/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The EAP core: the authenticator's end of one EAP-TLS conversation (RFC 3748, RFC 5216, RFC 9190), from the answer to
 * the Identity request on. Pure: EAP packets in, EAP packets out. It knows no wire, no clock and no policy; whoever
 * has it sends what it says, again when nothing comes, and ends it when its time is over.
 *
 *   response -> ost_eap_input() -> SEND     send ost_eap_output() and wait
 *                                  CLAIM    both have proved themselves: ask, then ost_eap_decide()
 *                                  SUCCESS, FAILURE   send ost_eap_output(); it is over
 *                                  DISCARD  not for this turn: as if it had not come (RFC 3748 4.2)
 *
 * The name that the peer claims in EAP-Identity is never looked at. Bounds: 40 rounds, 16 kB a flight from the peer.
 */
#pragma once

#include "tls.h"

#define OST_EAP_ROUNDS_MAX   40u
#define OST_EAP_IDENTITY_MAX 253u
#define OST_EAP_HEADER	     4u
#define OST_EAP_FRAGMENT     1000u /* bytes of TLS data in a request: what comes out fits 1020 bytes, as RADIUS and small devices like it */
#define OST_EAP_PACKET_MAX   1500u

enum ost_eap_code { OST_EAP_REQUEST = 1, OST_EAP_RESPONSE = 2, OST_EAP_SUCCESS_CODE = 3, OST_EAP_FAILURE_CODE = 4 };
enum ost_eap_type { OST_EAP_IDENTITY = 1, OST_EAP_NAK = 3, OST_EAP_TLS = 13 };

enum ost_eap_verdict {
	OST_EAP_DISCARD,
	OST_EAP_SEND,
	OST_EAP_CLAIM,
	OST_EAP_SUCCESS,
	OST_EAP_FAILURE,
};

struct ost_eap;

/* A packet's own length field checked against its bytes: what lies behind it is padding (RFC 3748 4). */
struct ost_eap_packet {
	uint8_t code, identifier;
	uint8_t type; /* of a request or response, else 0 */
	const uint8_t *data; /* behind the type */
	size_t data_length;
};
bool ost_eap_parse(const uint8_t *bytes, size_t length, struct ost_eap_packet *ret_packet);

/* A sound Identity response with this identifier: what a conversation begins with. */
bool ost_eap_is_identity(const struct ost_eap_packet *packet);

/* Writes an Identity request; returns its bytes. size is at least 5. */
size_t ost_eap_identity_request(uint8_t identifier, uint8_t *to);

/* Begins after an Identity response with this identifier; the output is the EAP-TLS start. Holds the trust. */
int ost_eap_new(struct ost_trust *trust, uint8_t identifier, struct ost_eap **ret_eap) OST_MUST_CHECK;
void ost_eap_free(struct ost_eap **eap);

/* It is not offered TLS 1.3; too late, when its first flight has been taken. */
void ost_eap_limit(struct ost_eap *eap);

enum ost_eap_verdict ost_eap_input(struct ost_eap *eap, const uint8_t *bytes, size_t length);

/* The packet to be sent now, or to be sent again. */
const uint8_t *ost_eap_output(const struct ost_eap *eap, size_t *ret_length);

/* After CLAIM: what was proved, and the answer. reason NONE: SEND, our last flight, whose acknowledgement brings SUCCESS. */
const struct ost_auth_proof *ost_eap_proof(const struct ost_eap *eap);
enum ost_eap_verdict ost_eap_decide(struct ost_eap *eap, enum ost_auth_reason reason);

/* Ends it from outside (its time is over, it gives way): the output is EAP-Failure. Returns the reason that stands: the
 * first one, when it had failed already and only waited for the peer to hear why. */
enum ost_auth_reason ost_eap_end(struct ost_eap *eap, enum ost_auth_reason reason);

/* After FAILURE: why. After SUCCESS: NONE. */
enum ost_auth_reason ost_eap_reason(const struct ost_eap *eap, int *ret_tls_error);

/* Bytes of memory that it holds. */
size_t ost_eap_bytes(const struct ost_eap *eap);

/* After FAILURE: the certificate that the peer showed, as ost_tls_shown(). */
enum ost_auth_shown ost_eap_shown(const struct ost_eap *eap, struct ost_auth_proof *ret_proof);

/* The peer has sent a whole ClientHello: the costly part has begun. */
bool ost_eap_is_costly(const struct ost_eap *eap);

/* After SUCCESS: the keys of RFC 5216 2.3; OST_TLS_KEYS bytes. NULL before. */
const uint8_t *ost_eap_keys(const struct ost_eap *eap);
