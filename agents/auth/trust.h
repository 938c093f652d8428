/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whom this site trusts, and with what the gateway proves itself: the CA, the revocation list, the gateway's key and
 * certificate, as one TLS context. Immutable once it is made, counted by its users: a reload makes a new one
 * beside it, and conversations that run end with theirs.
 *
 * Debian's wolfSSL verifies nobody by default. What is asked of it is set here and asserted: peers are verified and
 * must show a certificate, TLS 1.2 at least, RSA 2048 and EC 256 at least, named suites, no tickets, no cache.
 * One thread.
 */
#pragma once

#include "common.h"

struct ost_trust;

struct ost_trust_files {
	const char *ca;		 /* PEM, CA certificates only */
	const char *crl;	 /* PEM, one list of each CA; NULL: none, the operator said so */
	const char *certificate; /* PEM, the gateway's, then its chain */
	const char *key;	 /* PEM; the one of the certificate: that is checked */
};

#define OST_TRUST_WHY 512 /* bytes of a sentence */
#define OST_TRUST_RSA_BITS_MIN 2048
#define OST_TRUST_EC_BITS_MIN  256

/* Call once, before anything else of this folder. */
int ost_trust_library_init(void) OST_MUST_CHECK;
void ost_trust_library_free(void);

/* why: one sentence that names the file and says what to do, when it fails. */
int ost_trust_load(const struct ost_trust_files *files, char why[static OST_TRUST_WHY], struct ost_trust **ret_trust) OST_MUST_CHECK;
struct ost_trust *ost_trust_hold(struct ost_trust *trust);
void ost_trust_release(struct ost_trust **trust);

/* SHA-256 of the gateway's certificate (DER). 32 bytes, the trust's. */
const uint8_t *ost_trust_gateway_sha256(const struct ost_trust *trust);

/* Wall seconds, of the list that ends first; 0: there is none. */
uint64_t ost_trust_crl_this_update_s(const struct ost_trust *trust);
uint64_t ost_trust_crl_next_update_s(const struct ost_trust *trust);
uint64_t ost_trust_gateway_not_after_s(const struct ost_trust *trust);

/* For tls.c and tests: the WOLFSSL_CTX. */
void *ost_trust_context(const struct ost_trust *trust);
