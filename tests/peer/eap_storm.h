/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One dialogue with the EAP core, led by bytes: what a real peer answers, changed as the bytes say,
 * or packets of their own. Aborts when the core breaks a promise: above all when somebody gets in
 * who must not.
 *
 *   byte 0: bits 0-2 whose certificate (enum eap_certificate; 4: a peer that does not trust us;
 * 5-7: no peer at all); bit 3 TLS 1.3; bits 4-6 size of its fragments; bit 7: when the bytes are
 * over it ends honestly then steps: a byte, its lower four bits what is done, the others its
 * argument, and further bytes as it needs
 */
#pragma once

#include "eap_site.h"

enum eap_storm_end {
	EAP_STORM_SUCCESS,
	EAP_STORM_FAILURE,
	EAP_STORM_OPEN, /* it stopped in the middle */
};

/* ret_rounds, may be NULL: packets that were fed. */
enum eap_storm_end eap_storm(
	const struct eap_site *site, const uint8_t *bytes, size_t length, unsigned *ret_rounds);
