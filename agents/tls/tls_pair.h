/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Does a private key belong to a certificate? The library's own check (wolfSSL_CTX_check_private_key) says yes to any two EC keys, so
 * the public keys themselves are compared: the one in the certificate, and the one that the private key makes (RSA: that it holds).
 */
#pragma once

#include "common.h"

/* certificate: DER; key: PEM, PKCS #8 or the older forms. RSA, EC, Ed25519, Ed448. -EKEYREJECTED: they are no pair. -EINVAL: one of
 * them cannot be read, or is of another kind. Any thread. */
int ost_tls_pair_check(const uint8_t *certificate, size_t certificate_length, const char *key, size_t key_length) OST_MUST_CHECK;
