/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/hash.h>

#include "tbs.h"

/* id-ce 2.5.29.N, RFC 5280 section 4.2.1 */
enum {
	CE_SUBJECT_KEY_ID = 14,
	CE_KEY_USAGE = 15,
	CE_ALT_NAME = 17,
	CE_BASIC_CONSTRAINTS = 19,
	CE_AUTHORITY_KEY_ID = 35,
	CE_EXTENDED_KEY_USAGE = 37,
};

/* GeneralName, RFC 5280 section 4.2.1.6 */
#define NAME_DNS 2
#define NAME_URI 6

void ost_tbs_algorithm(struct ost_der *d)
{
	static const uint8_t ecdsa_with_sha256[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};
	size_t inside = ost_der_length(d);

	ost_der_put(d, OST_DER_OID, ecdsa_with_sha256, sizeof(ecdsa_with_sha256));
	ost_der_wrap(d, OST_DER_SEQUENCE, inside);
}

/* RFC 7093 section 2, the fourth method, cut to the 20 bytes that all verifiers take. */
void ost_tbs_key_id(const uint8_t *spki, size_t length, uint8_t ret_key_id[static OST_TBS_KEY_ID])
{
	uint8_t digest[32] = {0};

	(void)wc_Sha256Hash(spki, (word32)length, digest);
	memcpy(ret_key_id, digest, OST_TBS_KEY_ID);
}

void ost_tbs_extension(struct ost_der *d, uint8_t id_ce, bool critical, size_t inside)
{
	const uint8_t oid[] = {0x55, 0x1d, id_ce};

	ost_der_wrap(d, OST_DER_OCTET_STRING, inside);
	if (critical)
		ost_der_true(d);
	ost_der_put(d, OST_DER_OID, oid, sizeof(oid));
	ost_der_wrap(d, OST_DER_SEQUENCE, inside);
}

void ost_tbs_authority(struct ost_der *d, const uint8_t *key_id)
{
	size_t inside = ost_der_length(d);

	ost_der_put(d, OST_DER_IMPLICIT(0), key_id, OST_TBS_KEY_ID);
	ost_der_wrap(d, OST_DER_SEQUENCE, inside);
	ost_tbs_extension(d, CE_AUTHORITY_KEY_ID, false, inside);
}

static void subject_key_id(struct ost_der *d, const struct ost_tbs *t)
{
	size_t inside = ost_der_length(d);
	uint8_t id[OST_TBS_KEY_ID];

	ost_tbs_key_id(t->spki, t->spki_length, id);
	ost_der_put(d, OST_DER_OCTET_STRING, id, sizeof(id));
	ost_tbs_extension(d, CE_SUBJECT_KEY_ID, false, inside);
}

static void basic_constraints(struct ost_der *d)
{
	size_t inside = ost_der_length(d);

	ost_der_integer(d, 0); /* pathLenConstraint */
	ost_der_true(d);       /* cA */
	ost_der_wrap(d, OST_DER_SEQUENCE, inside);
	ost_tbs_extension(d, CE_BASIC_CONSTRAINTS, true, inside);
}

/* Bits count from the left; the first byte tells how many at the right are unused. */
static void key_usage(struct ost_der *d, enum ost_tbs_kind kind)
{
	static const uint8_t ca[] = {1, 0x06};	 /* keyCertSign (5), cRLSign (6) */
	static const uint8_t leaf[] = {7, 0x80}; /* digitalSignature (0) */
	size_t inside = ost_der_length(d);

	ost_der_put(d, OST_DER_BIT_STRING, kind == OST_TBS_CA ? ca : leaf, 2);
	ost_tbs_extension(d, CE_KEY_USAGE, true, inside);
}

static void extended_key_usage(struct ost_der *d, enum ost_tbs_kind kind)
{
	/* id-kp 1.3.6.1.5.5.7.3: serverAuth 1, clientAuth 2 */
	const uint8_t oid[] = {0x2b, 6, 1, 5, 5, 7, 3, kind == OST_TBS_GATEWAY ? 1 : 2};
	size_t inside = ost_der_length(d);

	ost_der_put(d, OST_DER_OID, oid, sizeof(oid));
	ost_der_wrap(d, OST_DER_SEQUENCE, inside);
	ost_tbs_extension(d, CE_EXTENDED_KEY_USAGE, false, inside);
}

static void alt_name(struct ost_der *d, const struct ost_tbs *t)
{
	size_t inside = ost_der_length(d);

	ost_der_text(
		d, OST_DER_IMPLICIT(t->kind == OST_TBS_GATEWAY ? NAME_DNS : NAME_URI), t->alt_name);
	ost_der_wrap(d, OST_DER_SEQUENCE, inside);
	ost_tbs_extension(d, CE_ALT_NAME, false, inside);
}

static void attribute(struct ost_der *d, uint8_t id_at, const char *text)
{
	const uint8_t oid[] = {0x55, 0x04, id_at};
	size_t inside = ost_der_length(d);

	ost_der_text(d, OST_DER_UTF8, text);
	ost_der_put(d, OST_DER_OID, oid, sizeof(oid));
	ost_der_wrap(d, OST_DER_SEQUENCE, inside);
	ost_der_wrap(d, OST_DER_SET, inside);
}

static void subject(struct ost_der *d, const struct ost_tbs *t)
{
	size_t inside = ost_der_length(d);

	attribute(d, 3, t->common_name);
	if (t->organization != NULL)
		attribute(d, 10, t->organization);
	ost_der_wrap(d, OST_DER_SEQUENCE, inside);
}

static void validity(struct ost_der *d, const struct ost_tbs *t)
{
	size_t inside = ost_der_length(d);

	ost_der_time(d, t->not_after_s);
	ost_der_time(d, t->not_before_s);
	ost_der_wrap(d, OST_DER_SEQUENCE, inside);
}

static void extensions(struct ost_der *d, const struct ost_tbs *t)
{
	size_t inside = ost_der_length(d);

	if (t->kind != OST_TBS_CA) {
		alt_name(d, t);
		extended_key_usage(d, t->kind);
	}
	key_usage(d, t->kind);
	if (t->kind == OST_TBS_CA)
		basic_constraints(d);
	if (t->issuer_key_id != NULL)
		ost_tbs_authority(d, t->issuer_key_id);
	if (t->serial != NULL)
		subject_key_id(d, t);
	ost_der_wrap(d, OST_DER_SEQUENCE, inside);
}

void ost_tbs_certificate(struct ost_der *d, const struct ost_tbs *t)
{
	size_t whole = ost_der_length(d), inside = whole;

	extensions(d, t);
	ost_der_wrap(d, OST_DER_EXPLICIT(3), inside);
	ost_der_raw(d, t->spki, t->spki_length);
	subject(d, t);
	validity(d, t);
	if (t->issuer != NULL)
		ost_der_raw(d, t->issuer, t->issuer_length);
	else
		subject(d, t);
	ost_tbs_algorithm(d);
	ost_der_unsigned(d, t->serial, t->serial_length);
	inside = ost_der_length(d);
	ost_der_integer(d, 2); /* v3 */
	ost_der_wrap(d, OST_DER_EXPLICIT(0), inside);
	ost_der_wrap(d, OST_DER_SEQUENCE, whole);
}

/* CertificationRequestInfo, with the extensions as an extensionRequest (RFC 2985 section 5.4.2). */
void ost_tbs_request(struct ost_der *d, const struct ost_tbs *t)
{
	static const uint8_t extension_request[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 14};
	size_t whole = ost_der_length(d);

	extensions(d, t);
	ost_der_wrap(d, OST_DER_SET, whole);
	ost_der_put(d, OST_DER_OID, extension_request, sizeof(extension_request));
	ost_der_wrap(d, OST_DER_SEQUENCE, whole);
	ost_der_wrap(d, OST_DER_EXPLICIT(0), whole);
	ost_der_raw(d, t->spki, t->spki_length);
	subject(d, t);
	ost_der_integer(d, 0);
	ost_der_wrap(d, OST_DER_SEQUENCE, whole);
}
