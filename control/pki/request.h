/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Certificate requests of devices. Include after wolfssl/options.h. */
#pragma once

#include "pki_private.h"

#define OST_REQUEST_SPKI_MAX 640u /* RSA of 4096 bits */

/* The public key of a request in a PEM file, as SubjectPublicKeyInfo, when its signature is right
 * and the key is EC P-256, P-384, or RSA of 2048 to 4096 bits. -EINVAL otherwise. */
int ost_request_read(struct ost_pki *pki, const char *path,
	uint8_t ret_spki[static OST_REQUEST_SPKI_MAX], size_t *ret_length) OST_MUST_CHECK;
