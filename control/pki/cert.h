/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Certificates that exist: read, and looked into. Include after wolfssl/options.h. */
#pragma once

#include <wolfssl/ssl.h>

#include "keys.h"
#include "pki.h"

#define OST_CERT_MAX 32u /* certificates of one file */

struct ost_cert {
	uint8_t *der;
	uint32_t length;
	uint8_t *subject; /* the whole Name, DER */
	uint32_t subject_length;
	uint8_t key_id[20]; /* subjectKeyIdentifier, or zeros */
	bool has_key_id;
	uint8_t *public_key; /* as wolfSSL has it: SubjectPublicKeyInfo for EC, RSAPublicKey for RSA
			      */
	uint32_t public_key_length;
	bool is_ca; /* basicConstraints says so, and keyUsage, when there is one, keyCertSign */
	bool tls_server; /* serverAuth, or no extended key usage */
	bool strong;	 /* RSA of 2048 bits or more, EC of 256 or more, Ed25519, Ed448 */
	char dns[OST_PKI_DNS_MAX + 1]; /* the first dNSName, or "" */
	char organization[65];	       /* of the subject, or "" */
	int64_t not_before_s;
	int64_t not_after_s;
	struct ost_pki_certificate told;
};

/* All certificates of a PEM file, in its order, at most OST_CERT_MAX. -EINVAL: none, damaged, or
 * more than OST_CERT_MAX. */
int ost_cert_read(struct ost_pki *pki, const char *path, struct ost_cert *ret_certificates,
	uint32_t *ret_count) OST_MUST_CHECK;

/* The first certificate of a PEM file. */
int ost_cert_read_one(
	struct ost_pki *pki, const char *path, struct ost_cert *ret_certificate) OST_MUST_CHECK;

/* A certificate in DER. name stands in the error. */
int ost_cert_decode(struct ost_pki *pki, const char *name, const uint8_t *der, size_t length,
	struct ost_cert *ret_certificate) OST_MUST_CHECK;

bool ost_cert_has_key(const struct ost_cert *certificate, const struct ost_key *key);

/* A verifier that trusts the CAs of ca.crt. Free with wolfSSL_CertManagerFree(). */
int ost_cert_trust(struct ost_pki *pki, WOLFSSL_CERT_MANAGER **ret_manager) OST_MUST_CHECK;

void ost_cert_free(struct ost_cert *certificate);
void ost_cert_free_all(struct ost_cert *certificates, uint32_t count);
