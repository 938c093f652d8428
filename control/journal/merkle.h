/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tree of RFC 6962 section 2.1 (RFC 9162 section 2.1 says the same): SHA-256, a leaf is hashed behind 0x00, a node behind 0x01.
 * What grows is a compact range: the roots of the full subtrees, at most one of each height. Pure; any thread. */
#pragma once

#include "common.h"

#define OST_MERKLE_HEIGHT 64u /* most hashes of a proof or a range */

struct ost_merkle_hash {
	uint8_t b[32];
};

struct ost_merkle_range {
	uint64_t size; /* leaves */
	struct ost_merkle_hash peaks[OST_MERKLE_HEIGHT]; /* of the largest subtree first */
};

struct ost_merkle_proof {
	uint32_t count;
	struct ost_merkle_hash path[OST_MERKLE_HEIGHT];
};

void ost_merkle_leaf(const void *bytes, size_t length, struct ost_merkle_hash *ret_hash);
void ost_merkle_sha256(const void *bytes, size_t length, struct ost_merkle_hash *ret_hash); /* plain, without a prefix */
bool ost_merkle_same(const struct ost_merkle_hash *a, const struct ost_merkle_hash *b);

void ost_merkle_push(struct ost_merkle_range *range, const struct ost_merkle_hash *leaf);
/* Of an empty tree: the hash of nothing. */
void ost_merkle_root(const struct ost_merkle_range *range, struct ost_merkle_hash *ret_root);
/* The inclusion proof of the leaf that is pushed next, in the tree that it completes. */
void ost_merkle_next_proof(const struct ost_merkle_range *range, struct ost_merkle_proof *ret_proof);

/* Leaf hashes by index, for making proofs. 0 or -errno, which ends the proof. */
typedef int (*ost_merkle_leaf_fn)(void *user, uint64_t index, struct ost_merkle_hash *ret_hash);

/* RFC 6962 section 2.1.1 and 2.1.2. -ERANGE: index or old size is not within size. Every leaf is asked for once at most. */
int ost_merkle_prove_inclusion(ost_merkle_leaf_fn leaf, void *user, uint64_t index, uint64_t size,
	struct ost_merkle_proof *ret_proof) OST_MUST_CHECK;
int ost_merkle_prove_consistency(ost_merkle_leaf_fn leaf, void *user, uint64_t old_size, uint64_t size,
	struct ost_merkle_proof *ret_proof) OST_MUST_CHECK;

/* RFC 9162 sections 2.1.3.2 and 2.1.4.2. False: it proves nothing. */
bool ost_merkle_check_inclusion(const struct ost_merkle_hash *leaf, uint64_t index, uint64_t size,
	const struct ost_merkle_proof *proof, const struct ost_merkle_hash *root);
bool ost_merkle_check_consistency(uint64_t old_size, const struct ost_merkle_hash *old_root, uint64_t size,
	const struct ost_merkle_hash *root, const struct ost_merkle_proof *proof);
