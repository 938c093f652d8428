/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The signature of a MUD file (RFC 8520 section 13): detached CMS in DER over the file's bytes as they came. Pure but for the
 * library's clock, which it sets: one at a time, one thread.
 */
#pragma once

#include "mud_wire.h"

/* Fills verdict, why, signer, spki_sha256 and not_after_s of an answer from the signature, signer_cas, device and at_s of a
 * request. The steps: the CMS over these bytes with one of its certificates; that certificate's chain, as of the time, over CA
 * certificates of the CMS to one of signer_cas; its key usage; its subject when the device's certificate names one. */
void ost_mud_signature_check(
	const struct ost_mud_request *request, struct ost_mud_bytes body, struct ost_mud_bytes signature, struct ost_mud_answer *answer);
