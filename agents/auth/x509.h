/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A certificate as the words of the admission log. Include <wolfssl/options.h> before this header. */
#pragma once

#include <wolfssl/ssl.h>

#include "messages.h"

/* Seconds since the epoch, 0 when it cannot be read. */
uint64_t ost_x509_time_s(const WOLFSSL_ASN1_TIME *time);

/* Fills what a certificate (DER) says: identity, subject, issuer, serial, hashes, dates, key; of one that cannot be read whole,
 * verified or not, as much as can be. Its identity is the first URI among the alternative names, else a hardwareModuleName there
 * (altname.h), else the subject's serialNumber (IEEE 802.1AR); a name with control characters is none. Subject and issuer are
 * for people: shortened, control characters replaced. -EINVAL: it has no name, or cannot be read whole. */
int ost_x509_describe(const uint8_t *der, size_t length, struct ost_auth_proof *proof) OST_MUST_CHECK;

/* By its basicConstraints, and keyUsage when there is one. */
bool ost_x509_is_ca(const uint8_t *der, size_t length);

/* Its key is RSA of fewer bits, EC of fewer bits, of another kind, or cannot be read. */
bool ost_x509_is_weak(const uint8_t *der, size_t length, unsigned rsa_bits_min, unsigned ec_bits_min);
