/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private keys: ECDSA P-256, in memory as short as can be. Include after wolfssl/options.h. */
#pragma once

#include <wolfssl/wolfcrypt/ecc.h>

#include "common.h"

struct ost_pki;

#define OST_KEY_SPKI_MAX 256u
#define OST_KEY_PEM_MAX	 512u

struct ost_key {
	ecc_key ecc;
	bool set;
	uint8_t spki[OST_KEY_SPKI_MAX]; /* SubjectPublicKeyInfo */
	uint32_t spki_length;
};

int ost_key_make(struct ost_pki *pki, struct ost_key *ret_key) OST_MUST_CHECK;

/* An EC P-256 key from a PEM file. -EINVAL: another kind of key, damaged, or encrypted. */
int ost_key_read(struct ost_pki *pki, const char *path, struct ost_key *ret_key) OST_MUST_CHECK;

/* PEM, into a buffer that the caller zeroes. */
int ost_key_pem(struct ost_pki *pki, struct ost_key *key, char ret_pem[static OST_KEY_PEM_MAX],
	size_t *ret_length) OST_MUST_CHECK;

/* Null-safe for a key that was never made; zeroes. */
void ost_key_free(struct ost_key *key);
