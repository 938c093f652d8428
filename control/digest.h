/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SHA-256 as text. Any thread. */
#pragma once

#include "common.h"

struct ost_policy_source;

#define OST_DIGEST_TEXT 65 /* hexadecimal and the NUL */

/* Of the bytes of all sources, one behind the other, so that `cat FILE... | sha256sum` says the same. */
int ost_digest_sources(const struct ost_policy_source *sources, uint32_t count, char ret_text[static OST_DIGEST_TEXT]) OST_MUST_CHECK;

#define OST_DIGEST_BYTES 32
int ost_digest_bytes(const void *bytes, size_t length, uint8_t ret_digest[static OST_DIGEST_BYTES]) OST_MUST_CHECK;
