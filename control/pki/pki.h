/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The site's identity: its CA, the gateway's key and certificate, the devices' certificates, and
 * the list of those that are revoked. `ostiary init`, `device enroll` and `device revoke` are thin
 * words around these functions; no daemon links them, because no daemon may hold the CA's key.
 *
 * Files (paths.h), all in the folder etc/ostiary/pki:
 *   ca.crt 0644         what devices are checked against: our own CA, or the enterprise's
 *   ca.key 0600         our own CA's key; absent when the CA is the enterprise's
 *   gateway.crt 0644    gateway.key 0400 (of the user ostiary-auth, when there is one)
 *   gateway.csr 0644    for the enterprise to sign
 *   crl.pem 0644        issued.ndjson 0644: a line per certificate issued or revoked
 *
 * Guarantees:
 *  - Files come into being all together or not at all, and none that exists is overwritten, but for
 *    crl.pem and a gateway certificate that is renewed: these are replaced in one step.
 *  - A certificate is in issued.ndjson, on disk, before anybody gets it, so that each can be
 * revoked by its device's name. A revocation is on disk before its CRL is: a CRL that could not be
 *    written comes with the next one.
 *  - Two commands at one time take turns (a lock on the folder).
 *  - Private keys are zeroed in memory after use.
 *
 * Certificates and CRLs follow RFC 5280. wolfSSL makes keys, signs and reads; the bodies are
 * written by tbs.c and crl.c, because wolfSSL 5.5 has no writer for CRLs and marks basicConstraints
 * as not critical, which RFC 5280 section 4.2.1.9 forbids for a CA.
 *
 * All functions: one thread at a time; 0 or a negative errno, and then pki->why is one sentence
 * that names the file and what to do. Times are seconds since 1970, UTC.
 */
#pragma once

#include "common.h"
#include "paths.h"

#define OST_PKI_WHY	     1024u
#define OST_PKI_SERIAL	     16u /* bytes of our serial numbers, random */
#define OST_PKI_DNS_MAX	     253u
#define OST_PKI_URN_MAX	     255u /* as `certificate:` of a policy */
#define OST_PKI_CA_DAYS	     3652u
#define OST_PKI_GATEWAY_DAYS 730u
#define OST_PKI_DEVICE_DAYS  365u
#define OST_PKI_DAYS_MAX     3652u
#define OST_PKI_CRL_DAYS     180u
#define OST_PKI_FILES_MAX    8u

struct ost_pki {
	const struct ost_paths *paths; /* borrowed */
	int64_t now_s;
	char why[OST_PKI_WHY];
};

/* What is told of a certificate. */
struct ost_pki_certificate {
	char serial[2 * 20 + 1]; /* hex; RFC 5280: at most 20 bytes */
	char sha256[65];	 /* of the DER, hex */
	int64_t not_before_s;
	int64_t not_after_s;
};

/* -ENOSYS: the library does not start. Close in any case. */
int ost_pki_open(struct ost_pki *pki, const struct ost_paths *paths, int64_t now_s) OST_MUST_CHECK;
void ost_pki_close(struct ost_pki *pki);

/* ---- the site ---- */

struct ost_pki_site {
	const char *name;	    /* DNS name of the gateway */
	const char *organization;   /* NULL: none */
	const char *ca_certificate; /* PEM file of an enterprise's CA; NULL: make our own */
};

struct ost_pki_made {
	bool enterprise;	       /* no ca.key, gateway.csr in place of gateway.crt, no CRL */
	struct ost_pki_certificate ca; /* the first one of ca.crt */
	uint32_t ca_count;
	struct ost_pki_certificate gateway; /* unless enterprise */
	bool key_given;			    /* gateway.key belongs to ostiary-auth */
	bool key_not_given; /* there is such a user, but we may not give files away */
};

/* -EEXIST: a file of the site exists. Otherwise -EINVAL (name, CA file) or the system's error. */
int ost_pki_init(struct ost_pki *pki, const struct ost_pki_site *site,
	struct ost_pki_made *ret_made) OST_MUST_CHECK;

/* The gateway certificate that the enterprise signed: must match gateway.key, chain to ca.crt
 * (further certificates in the file may help), and be for a TLS server. Replaces one that ends
 * earlier. */
int ost_pki_gateway_install(struct ost_pki *pki, const char *file,
	struct ost_pki_certificate *ret_certificate) OST_MUST_CHECK;

/* With our own CA: the gateway's certificate anew, same key and names, from now on. */
int ost_pki_gateway_renew(
	struct ost_pki *pki, struct ost_pki_certificate *ret_certificate) OST_MUST_CHECK;

/* ---- devices ---- */

struct ost_pki_device {
	const char *id;	     /* its name in the policy, or a urn:dev: */
	const char *urn;     /* urn:dev:..., RFC 9039 */
	const char *csr;     /* PEM file; NULL: make a key */
	const char *out_dir; /* where the files go; made when it is not there */
	uint32_t days;	     /* 1 to OST_PKI_DAYS_MAX */
};

struct ost_pki_enrolled {
	struct ost_pki_certificate certificate;
	bool shortened;		 /* ends with the CA, earlier than days says */
	char key_file[PATH_MAX]; /* "" with a CSR */
	char certificate_file[PATH_MAX];
	char ca_file[PATH_MAX];
};

/* -EEXIST: an output exists, or the URN is another device's. -ENOKEY: the CA is the enterprise's.
 */
int ost_pki_enroll(struct ost_pki *pki, const struct ost_pki_device *device,
	struct ost_pki_enrolled *ret_enrolled) OST_MUST_CHECK;

/* A device's name as policies write it (OST_NAME_MAX bytes), or a urn:dev: of as many. */
bool ost_pki_id_valid(const char *id);
/* "urn:dev:" with the characters of RFC 9039. */
bool ost_pki_urn_valid(const char *urn);
/* A host name of RFC 1123: no address, no wildcard. */
bool ost_pki_dns_valid(const char *name);

/* ---- revocation ---- */

enum ost_pki_reason { /* RFC 5280 section 5.3.1; the values go on the wire */
	OST_PKI_UNSPECIFIED = 0,
	OST_PKI_KEY_COMPROMISE = 1,
	OST_PKI_AFFILIATION_CHANGED = 3,
	OST_PKI_SUPERSEDED = 4,
	OST_PKI_CESSATION_OF_OPERATION = 5,
	OST_PKI_PRIVILEGE_WITHDRAWN = 9,
};

/* "key-compromise" and so on. -EINVAL. */
int ost_pki_reason_parse(const char *text, enum ost_pki_reason *ret_reason) OST_MUST_CHECK;
const char *ost_pki_reason_name(enum ost_pki_reason reason); /* NULL: no reason of ours */
#define OST_PKI_REASONS                                                                            \
	"unspecified, key-compromise, affiliation-changed, superseded, cessation-of-operation, "   \
	"privilege-withdrawn"

struct ost_pki_crl {
	uint64_t number; /* 0: not known */
	uint32_t entries;
	int64_t this_update_s;
	int64_t next_update_s;
};

struct ost_pki_revoked {
	uint32_t count;	  /* certificates revoked now */
	uint32_t already; /* that were so before */
	struct ost_pki_crl crl;
};

/* Revokes every unexpired certificate of a device (by ID or URN), or the one of a serial number,
 * and signs a new CRL; also when all were revoked before, so that it may be said again after a
 * failure. -ENOENT: no such certificate. -ENOKEY: the CA is the enterprise's. On another failure
 * why says whether the revocation is recorded. */
int ost_pki_revoke(struct ost_pki *pki, const char *id_or_serial, enum ost_pki_reason reason,
	struct ost_pki_revoked *ret_revoked) OST_MUST_CHECK;

/* A fresh CRL of our own CA. */
int ost_pki_crl_renew(struct ost_pki *pki, struct ost_pki_crl *ret_crl) OST_MUST_CHECK;

/* The enterprise's CRL, PEM or DER: signed by a CA of ca.crt and not past its next update. */
int ost_pki_crl_install(
	struct ost_pki *pki, const char *file, struct ost_pki_crl *ret_crl) OST_MUST_CHECK;
