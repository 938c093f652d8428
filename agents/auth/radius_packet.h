/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RADIUS packets as an EAP server meets them (RFC 2865, 2869, 3579, 5997; keys: RFC 2548). Pure: no
 * socket, no clock, no randomness of its own.
 *
 * Nothing of a request is looked at before its Message-Authenticator has been found right, apart
 * from the lengths that lead to it; a request without one is refused, and in a reply it stands
 * first: a forger who can make MD5 collisions has nothing to work with (CVE-2024-3596). Who the
 * user says he is (User-Name) is not read at all.
 */
#pragma once

#include "common.h"

#define OST_RADIUS_HEADER	 20u
#define OST_RADIUS_MAX		 4096u /* bytes of a packet, RFC 2865 3 */
#define OST_RADIUS_AUTHENTICATOR 16u
#define OST_RADIUS_STATE	 16u   /* bytes of a State of ours */
#define OST_RADIUS_EAP_MAX	 1500u /* bytes of the EAP packet that is put together */
#define OST_RADIUS_PROXY_MAX                                                                       \
	1024u /* bytes of Proxy-State attributes with their headers; they come back as they are */
#define OST_RADIUS_KEYS 64u /* the MSK, RFC 5216 2.3 */

enum ost_radius_code {
	OST_RADIUS_ACCESS_REQUEST = 1,
	OST_RADIUS_ACCESS_ACCEPT = 2,
	OST_RADIUS_ACCESS_REJECT = 3,
	OST_RADIUS_ACCESS_CHALLENGE = 11,
	OST_RADIUS_STATUS_SERVER = 12,
};

struct ost_radius_secret {
	const uint8_t *bytes;
	size_t length;
};

struct ost_radius_request {
	uint8_t code; /* ACCESS_REQUEST or STATUS_SERVER */
	uint8_t identifier;
	uint8_t authenticator[OST_RADIUS_AUTHENTICATOR];
	bool has_eap; /* an EAP-Message was there; an empty one asks us to begin (RFC 3579 2.1) */
	uint16_t eap_length;
	uint8_t eap[OST_RADIUS_EAP_MAX];
	bool has_state;
	bool state_is_ours; /* it has the length of ours; else it is none, and state is zero */
	uint8_t state[OST_RADIUS_STATE];
	bool has_mac; /* Calling-Station-Id was a single station's MAC */
	uint8_t mac[6];
	bool has_nas_port;
	uint32_t nas_port;
	uint16_t proxy_length;
	uint8_t proxy[OST_RADIUS_PROXY_MAX];
};

/* -EBADMSG: no RADIUS packet, or an attribute is not what it must be; -EKEYREJECTED: no
 * Message-Authenticator, or not one of this secret; -EMSGSIZE: more EAP or Proxy-State than we
 * take; -EOPNOTSUPP: another code. What lies behind the packet's own length is padding. */
int ost_radius_decode(const uint8_t *bytes, size_t length, const struct ost_radius_secret *secret,
	struct ost_radius_request *ret_request) OST_MUST_CHECK;

/* "00-11-22-33-44-55" (RFC 3580 3.21), with ':', with dots in fours, or without anything. */
bool ost_radius_mac_parse(const uint8_t *text, size_t length, uint8_t ret_mac[static 6]);

/* What a reply answers: of the request, its identifier, authenticator and Proxy-State. */
struct ost_radius_reply {
	uint8_t code;
	uint8_t identifier;
	const uint8_t *request_authenticator;
	const uint8_t *proxy;
	size_t proxy_length;
	const uint8_t *eap; /* NULL: none */
	size_t eap_length;
	const uint8_t *state; /* OST_RADIUS_STATE bytes; NULL: none */
	const uint8_t *keys;  /* OST_RADIUS_KEYS bytes; NULL: none */
	uint16_t salt;	      /* random, fresh for each reply with keys */
	uint32_t session_s;   /* 0: not said */
};

/* to holds OST_RADIUS_MAX bytes. -EMSGSIZE: it does not fit. */
int ost_radius_encode(const struct ost_radius_reply *reply, const struct ost_radius_secret *secret,
	uint8_t *to, size_t *ret_length) OST_MUST_CHECK;
