/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Alternative names of a certificate that can be a device's: a URI, and the one that the TLS library does not hand out, an otherName
 * with a hardwareModuleName (RFC 4108 5, IEEE 802.1AR 8.10.4) as it stands in IDevIDs. Reads the certificate's bytes itself, with the
 * cursor; DER only (X.690 10). Whether to trust it is the TLS library's business.
 */
#pragma once

#include "common.h"

/* The first URI that fits and has no control characters, NUL included. -ENOENT: there is none. -EINVAL: the names cannot be read. */
int ost_altname_uri(const uint8_t *certificate, size_t length, char *to, size_t size) OST_MUST_CHECK;

/* certificate: DER. Writes "hw:", the type as a dotted number, ":" and the serial number in hex digits: the first one of the alternative
 * names. -ENOENT: there is none. -EINVAL: there is one that is not whole, has no serial number, or does not fit: then it names nobody. */
int ost_altname_hardware(const uint8_t *certificate, size_t length, char *to, size_t size) OST_MUST_CHECK;
