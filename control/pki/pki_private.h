/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of this folder share. */
#pragma once

#include "pki.h"
#include "der.h"
#include "keys.h"
#include "stage.h"
#include "cert.h"

#define OST_PKI_DAY_S 86400
#define OST_PKI_BACKDATE_S                                                                         \
	600 /* clocks of devices, and of this host after NTP, may be a little behind */
#define OST_PKI_FILE_MAX (8u << 20) /* bytes of a certificate or CRL file */

/* Fills why and returns the error. */
int ost_pki_fail(struct ost_pki *pki, int error, const char *fmt, ...) OST_PRINTF(3, 4);

/* The lock of the folder, until fd is closed. */
int ost_pki_lock(struct ost_pki *pki, int *ret_fd) OST_MUST_CHECK;

/* Before 2025 a clock was never set. */
int ost_pki_clock_check(struct ost_pki *pki) OST_MUST_CHECK;

/* Adds a file to a stage, commits a stage; failures are told. */
int ost_pki_stage(struct ost_pki *pki, struct ost_stage *stage, const char *path,
	const struct ost_stage_file *file) OST_MUST_CHECK;
int ost_pki_commit(struct ost_pki *pki, struct ost_stage *stage) OST_MUST_CHECK;

/* Our own CA: certificate and key, which are seen to belong together. -ENOKEY: there is no ca.key.
 */
struct ost_ca {
	struct ost_cert certificate;
	struct ost_key key;
};
int ost_ca_open(struct ost_pki *pki, struct ost_ca *ca) OST_MUST_CHECK; /* close in any case */
void ost_ca_close(struct ost_ca *ca);

/* A body that is written is signed: body, algorithm, signature (RFC 5280 sections 4.1 and 5.1, RFC
 * 2986). */
int ost_pki_sign(struct ost_pki *pki, const struct ost_der *body, struct ost_key *key,
	uint8_t **ret_der, size_t *ret_length) OST_MUST_CHECK;

/* A certificate: t tells kind, subject, names and spki. Serial number, dates and the issuer's part
 * are filled in here. issuer NULL: self-signed. Ends with its issuer at the latest. */
struct ost_tbs;
int ost_pki_issue(struct ost_pki *pki, const struct ost_cert *issuer, struct ost_key *signer,
	struct ost_tbs *t, uint32_t days, struct ost_cert *ret_certificate) OST_MUST_CHECK;

/* DER to PEM, owned by the caller. type: CERT_TYPE, CERTREQ_TYPE, CRL_TYPE. */
int ost_pki_pem(struct ost_pki *pki, const uint8_t *der, size_t length, int type, char **ret_pem,
	size_t *ret_length) OST_MUST_CHECK;

/* Stages a certificate as PEM, 0644. */
int ost_pki_stage_certificates(struct ost_pki *pki, struct ost_stage *stage, const char *path,
	const struct ost_cert *certificates, uint32_t count, bool replace) OST_MUST_CHECK;

void ost_pki_hex(const uint8_t *bytes, size_t length, char *ret_text);
void ost_pki_sha256_hex(const uint8_t *bytes, size_t length, char ret_text[static 65]);
