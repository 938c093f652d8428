/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A verified certificate as the words of the admission log. Include <wolfssl/options.h> before this header. */
#pragma once

#include <wolfssl/openssl/ssl.h>
#include <wolfssl/ssl.h>

#include "messages.h"

/* Seconds since the epoch, 0 when it cannot be read. */
uint64_t ost_x509_time_s(const WOLFSSL_ASN1_TIME *time);

/* Fills what the certificate says: identity, issuer, serial, hashes, dates, key. Its name is the first SAN URI; else
 * an otherName; else the DN's serialNumber (IEEE 802.1AR). A name with control characters is none.
 * -EINVAL: it has no name. */
int ost_x509_describe(WOLFSSL_X509 *x, struct ost_auth_proof *proof) OST_MUST_CHECK;
