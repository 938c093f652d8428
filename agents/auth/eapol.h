/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The frames of IEEE 802.1X-2020 clause 11, as far as an authenticator needs them. Pure. */
#pragma once

#include "hash.h"
#include "messages.h"

#define OST_EAPOL_HEADER 4u
#define OST_EAPOL_GROUP	 "\x01\x80\xc2\x00\x00\x03" /* the PAE group address */

enum ost_eapol_type { OST_EAPOL_EAP = 0, OST_EAPOL_START = 1, OST_EAPOL_LOGOFF = 2 };

struct ost_eapol {
	uint8_t version, type;
	const uint8_t *body; /* what lies behind it is padding */
	size_t body_length;
};

/* bytes: behind the Ethernet header. False: cut short, or says more than is there. Every version and type is taken here. */
bool ost_eapol_parse(const uint8_t *bytes, size_t length, struct ost_eapol *ret_eapol);

/* Puts the header of a frame with an EAP packet of this length before it; returns OST_EAPOL_HEADER. */
size_t ost_eapol_header(uint8_t *to, size_t eap_length);

/* The identifier of the Identity request to a place: a keyed hash of it and of the 16 s that now lies in, so that
 * nothing is kept for who only asks. An answer is one of ours when its identifier is that of this or the last epoch. */
uint8_t ost_eapol_identifier(const struct ost_hash_key *key, const struct ost_place *place, uint64_t now_ns);
bool ost_eapol_identifier_is_ours(const struct ost_hash_key *key, const struct ost_place *place, uint8_t identifier, uint64_t now_ns);
