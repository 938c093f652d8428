/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the signature of a MUD file asks of certificates. */
#pragma once

#include "common.h"

struct ost_mud_certificate {
	const uint8_t *der; /* the rest borrows from it */
	size_t length;
	const uint8_t *subject, *spki, *mudsigner; /* Names and SubjectPublicKeyInfo, DER; mudsigner NULL: names none */
	size_t subject_length, spki_length, mudsigner_length;
	uint8_t spki_sha256[32];
	char subject_text[1025]; /* for people */
	int64_t not_before_s, not_after_s;
	bool is_ca;   /* basicConstraints, and keyCertSign where there is a keyUsage */
	bool may_sign; /* keyUsage has digitalSignature */
	bool strong;  /* RSA of 2048 bits, EC of 256, Ed25519, Ed448, or more */
};

/* -EINVAL: not sound. Verifies nothing. */
int ost_mud_certificate_read(const uint8_t *der, size_t length, struct ost_mud_certificate *ret) OST_MUST_CHECK;

/* The next certificate of PEM text, from *at on. 1 and its DER, owned by the caller; 0: no more; -EINVAL, -ENOMEM. */
int ost_mud_pem_next(const char **at, const char *end, uint8_t **ret_der, size_t *ret_length) OST_MUST_CHECK;

/* What somebody else wrote, for a person to read: ASCII alone, as other letters can be moved, hidden and mistaken. */
void ost_mud_text_show(char *text);
