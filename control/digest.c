/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "digest.h"

#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/sha256.h>

#include "policy_yaml.h"

_Static_assert(OST_DIGEST_BYTES == WC_SHA256_DIGEST_SIZE, "SHA-256");

/* The library counts bytes in 32 bits. */
static int update(wc_Sha256 *sha, const char *bytes, size_t length)
{
	int r = 0;

	for (size_t part; length > 0 && r == 0; bytes += part, length -= part) {
		part = OST_MIN(length, (size_t)1 << 30);
		r = wc_Sha256Update(sha, (const byte *)bytes, (word32)part);
	}
	return r;
}

static void text_make(const uint8_t digest[static OST_DIGEST_BYTES], char text[static OST_DIGEST_TEXT])
{
	static const char digits[] = "0123456789abcdef";

	for (unsigned i = 0; i < OST_DIGEST_BYTES; i++) {
		text[2 * i] = digits[digest[i] >> 4];
		text[2 * i + 1] = digits[digest[i] & 15];
	}
	text[2 * OST_DIGEST_BYTES] = '\0';
}

int ost_digest_sources(const struct ost_policy_source *sources, uint32_t count, char ret_text[static OST_DIGEST_TEXT])
{
	uint8_t digest[OST_DIGEST_BYTES];
	wc_Sha256 sha;
	int r = wc_InitSha256(&sha);

	for (uint32_t i = 0; i < count && r == 0; i++)
		r = update(&sha, sources[i].bytes, sources[i].length);
	if (r == 0)
		r = wc_Sha256Final(&sha, digest);
	wc_Sha256Free(&sha);
	if (r != 0)
		return -EIO;
	text_make(digest, ret_text);
	return 0;
}

int ost_digest_bytes(const void *bytes, size_t length, uint8_t ret_digest[static OST_DIGEST_BYTES])
{
	uint8_t digest[OST_DIGEST_BYTES];
	wc_Sha256 sha;
	int r = wc_InitSha256(&sha);

	if (r == 0)
		r = update(&sha, bytes, length);
	if (r == 0)
		r = wc_Sha256Final(&sha, digest);
	wc_Sha256Free(&sha);
	if (r == 0)
		memcpy(ret_digest, digest, sizeof(digest));
	return r == 0 ? 0 : -EIO;
}
