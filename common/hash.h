/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keyed hash of every table that an outsider can grow: multiply-and-fold on 64-bit words (the
 * construction of wyhash), keyed with a random secret per process so that nobody outside can aim at one
 * bucket. Not a MAC: never use it to authenticate anything. */
#pragma once

#include "common.h"

struct ost_hash_key {
	uint64_t s[4];
};

static inline uint64_t ost_hash_fold(uint64_t a, uint64_t b)
{
	unsigned __int128 m = (unsigned __int128)a * b;

	return (uint64_t)m ^ (uint64_t)(m >> 64);
}

/* Two words: a device key. */
static inline uint64_t ost_hash_2(const struct ost_hash_key *k, uint64_t a, uint64_t b)
{
	return ost_hash_fold(ost_hash_fold(a ^ k->s[0], b ^ k->s[1]) ^ k->s[2], k->s[3]);
}

/* Three words: an IPv4 flow key, or an address with its VLAN. What may count up alone (addresses, ports) is no third word: see
 * ost_hash_6(). */
static inline uint64_t ost_hash_3(const struct ost_hash_key *k, uint64_t a, uint64_t b, uint64_t c)
{
	return ost_hash_fold(ost_hash_fold(a ^ k->s[0], b ^ k->s[1]) ^ c ^ k->s[2], k->s[3]);
}

/* Any bytes: names, and keys of tables that no packet waits for. */
static inline uint64_t ost_hash_bytes(const struct ost_hash_key *k, const void *bytes, size_t length_bytes)
{
	const uint8_t *at = bytes;
	uint64_t h = length_bytes, w;

	for (; length_bytes >= sizeof(w); at += sizeof(w), length_bytes -= sizeof(w)) {
		memcpy(&w, at, sizeof(w));
		h = ost_hash_2(k, h, w);
	}
	if (length_bytes == 0)
		return h;
	w = 0;
	memcpy(&w, at, length_bytes);
	return ost_hash_2(k, h, w);
}

/* Six words: an IPv6 flow key. Each goes through two multiplications at least: after one alone, words that count up (a scan's
 * ports or addresses) would share buckets under one key in sixty. */
static inline uint64_t ost_hash_6(const struct ost_hash_key *k, const uint64_t w[6])
{
	uint64_t x = ost_hash_fold(w[0] ^ k->s[0], w[1] ^ k->s[1]);
	uint64_t y = ost_hash_fold(w[2] ^ k->s[2], w[3] ^ k->s[3]);
	uint64_t z = ost_hash_fold(w[4] ^ x ^ k->s[1], w[5] ^ y ^ k->s[3]);

	return ost_hash_fold(z ^ k->s[2], x ^ y ^ k->s[0]);
}
