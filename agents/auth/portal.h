/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The portal: devices with an IP stack and no supplicant prove themselves by mutual TLS, and are in as long as they hold
 * the connection (common/portal_line.h has the lines). The gateway shows its certificate first. What is bound is the
 * address that the connection came from: ostiaryd knows which device holds it.
 *
 *   accept -> ClientHello whole -> conversation opened, handshake -> claim -> decision -> held, or refused and closed
 *
 * A connection that is held is kept by a line of the device within each lease; when the line does not come, or the
 * connection ends, ostiaryd hears of it at once (AUTH_OUTCOME: TIMEOUT or LOGOFF, with the conversation's number).
 * When ostiaryd has been away, each held connection is claimed anew. When the keys, certificates or the CRL change, a
 * revoked or expired certificate ends its connection, and the others are asked to prove themselves anew.
 *
 * Bounds: OST_PORTAL_MAX connections; OST_PORTAL_HALF of them not admitted, OST_PORTAL_HALF_ADDRESS of one address; when
 * these are full the oldest gives way that comes from an address where nobody succeeded yet. One connection a
 * device is held: a later one ends it. 10 s for the ClientHello, 30 s for all until the decision, 64 kB of handshake;
 * beginnings by throttle.h, an address counts like a MAC.
 * One thread.
 */
#pragma once

#include "authd.h"

#define OST_PORTAL_MAX		4096u
#define OST_PORTAL_HALF		256u
#define OST_PORTAL_HALF_ADDRESS 4u

struct ost_portal;

/* listen: "ADDRESS:PORT"; the address need not be there yet. lease_s: 1 to OST_PORTAL_LEASE_S. Call before the sandbox.
 * why: one sentence when it fails. */
int ost_portal_new(struct ost_authd *a, const char *listen, uint32_t lease_s, char why[static OST_TRUST_WHY], struct ost_portal **ret_portal)
	OST_MUST_CHECK;
void ost_portal_free(struct ost_portal **portal);

/* A conversation of the portal has its proof: asks ostiaryd. False: nobody is there. */
bool ost_portal_claim(struct ost_portal *portal, const struct ost_conversation *c);

/* The address that a conversation of the portal came from, as text. */
void ost_portal_from(const struct ost_conversation *c, char to[static OST_IP_TEXT]);

/* The certificate that a device showed, as ost_tls_shown(). */
enum ost_auth_shown ost_portal_shown(const struct ost_conversation *c, struct ost_auth_proof *ret_proof);

/* ostiaryd's answer, before the table of conversations has it: keeps what the answer line will say, and ends a held
 * connection whose rights are gone. False: it is about no connection here. */
bool ost_portal_decision(struct ost_portal *portal, const struct ost_msg_auth_decision *m);

/* ostiaryd is back: what is held is claimed anew. */
void ost_portal_claim_again(struct ost_portal *portal);

/* Other keys, certificates or CRL are in force. */
void ost_portal_trust_changed(struct ost_portal *portal);
