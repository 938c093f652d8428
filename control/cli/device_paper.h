/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is done to the certificates and keys of a device that is revoked or retired: of the site's own CA, if there is one. */
#pragma once

#include "cli.h"
#include "pki.h"

struct ost_paper {
	uint32_t keys;	       /* files with a key of the device that were destroyed */
	uint32_t certificates; /* revoked now */
	bool no_authority;     /* the CA is the enterprise's, or there is none */
	uint64_t crl;	       /* number of the new CRL, 0 none */
	char why[OST_PKI_WHY]; /* what could not be done, "": nothing */
};

/* A device without certificates is no failure. Both may be asked of one record. */
void ost_paper_revoke(const struct ost_cli *cli, const char *device, enum ost_pki_reason reason, struct ost_paper *d);
/* A key that enroll wrote (--out) into the site's folder belongs to the device, and is of no more use to anybody. */
void ost_paper_keys_destroy(const struct ost_cli *cli, const char *device, struct ost_paper *d);
/* For the evidence, and for people. */
void ost_paper_text(const struct ost_paper *d, char *buf, size_t size);
