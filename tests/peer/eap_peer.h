/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The device's end of EAP-TLS, in memory: an EAP request goes in, its honest answer comes out. The
 * test changes what it likes. */
#pragma once

#include "eap_site.h"
#include "eap.h"

struct eap_peer;

/* context: of the site. fragment: bytes of TLS data in an answer, at most 1400. */
int eap_peer_new(void *context, size_t fragment, struct eap_peer **ret_peer) OST_MUST_CHECK;
void eap_peer_free(struct eap_peer **peer);

/* Bytes of the answer; 0: it has none (a success or failure, or it is no request). to holds
 * OST_EAP_PACKET_MAX bytes. */
size_t eap_peer_answer(struct eap_peer *peer, const uint8_t *request, size_t length, uint8_t *to);

/* Its own view: the handshake is over; in TLS 1.3, the commitment has come too. */
bool eap_peer_is_done(const struct eap_peer *peer);
