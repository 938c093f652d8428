/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A site with fresh keys and what its devices hold, in memory. Nothing of it stays on disk, and no
 * key lies in the tree. */
#pragma once

#include "trust.h"

enum eap_certificate {
	EAP_CERTIFICATE_GOOD,
	EAP_CERTIFICATE_REVOKED,
	EAP_CERTIFICATE_WRONG_CA, /* of another site that has the same names */
	EAP_CERTIFICATE_NONE,
	EAP_CERTIFICATE_COUNT,
};

#define EAP_SITE_IDENTITY "urn:dev:ser:4711" /* of the good one */

struct eap_site {
	struct ost_trust *trust;
	void *contexts[EAP_CERTIFICATE_COUNT]
		      [2];   /* WOLFSSL_CTX of a client: TLS 1.2, TLS 1.3; it trusts our CA */
	void *suspicious[2]; /* a client with the good certificate that trusts the other site's CA
			      */
};

/* Prints why on standard error when it fails. ost_trust_library_init() comes before. */
int eap_site_new(struct eap_site **ret_site) OST_MUST_CHECK;
void eap_site_free(struct eap_site **site);
