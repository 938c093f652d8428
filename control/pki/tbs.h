/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bodies of certificates and requests, as DER (RFC 5280 section 4.1, RFC 2986 section 4.1). Ours
 * are all signed with ECDSA and SHA-256. */
#pragma once

#include "der.h"

enum ost_tbs_kind {
	OST_TBS_CA,	 /* may sign certificates and CRLs, none that may sign further ones */
	OST_TBS_GATEWAY, /* TLS server, with a dNSName */
	OST_TBS_DEVICE,	 /* TLS client, with a URI */
};

struct ost_tbs {
	enum ost_tbs_kind kind;
	const char *organization; /* of the subject; NULL: none */
	const char *common_name;
	const char *alt_name; /* dNSName or URI */
	const uint8_t *spki;  /* of the subject */
	size_t spki_length;
	const uint8_t *issuer; /* Name, DER; NULL: self-signed */
	size_t issuer_length;
	const uint8_t *issuer_key_id; /* 20 bytes; NULL: self-signed */
	const uint8_t *serial;
	size_t serial_length;
	int64_t not_before_s;
	int64_t not_after_s;
};

#define OST_TBS_KEY_ID 20u

void ost_tbs_certificate(struct ost_der *d, const struct ost_tbs *t);
void ost_tbs_request(struct ost_der *d, const struct ost_tbs *t); /* subject, spki and names only */

/* Parts that a CRL has too. */
void ost_tbs_algorithm(struct ost_der *d);
void ost_tbs_key_id(const uint8_t *spki, size_t length, uint8_t ret_key_id[static OST_TBS_KEY_ID]);
void ost_tbs_authority(
	struct ost_der *d, const uint8_t *key_id); /* the extension authorityKeyIdentifier */
void ost_tbs_extension(
	struct ost_der *d, uint8_t id_ce, bool critical, size_t inside); /* 2.5.29.id_ce around */
