/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CRLs of our own CA (RFC 5280 section 5). */
#pragma once

#include "issued.h"
#include "pki_private.h"

/* Signs a CRL of what issued says is revoked and unexpired; its number is one more than the last.
 * PEM, owned by the caller. */
int ost_crl_make(struct ost_pki *pki, struct ost_ca *ca, const struct ost_issued *issued,
	struct ost_pki_crl *ret_crl, char **ret_pem, size_t *ret_length) OST_MUST_CHECK;

/* Makes one, records it with the lines before it, and puts it in place of crl.pem. Lock held. */
int ost_crl_publish(struct ost_pki *pki, struct ost_ca *ca, struct ost_issued *issued,
	struct ost_pki_crl *ret_crl) OST_MUST_CHECK;
