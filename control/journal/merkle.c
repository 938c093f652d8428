/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "merkle.h"

#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/sha256.h>

_Static_assert(sizeof(struct ost_merkle_hash) == WC_SHA256_DIGEST_SIZE, "SHA-256");

/* In software it cannot fail; if it ever does, nothing that is signed or verified may rest on it. */
static void hash(int prefix, const void *a, size_t a_length, const void *b, size_t b_length, struct ost_merkle_hash *ret)
{
	const byte first = (byte)prefix;
	wc_Sha256 sha;
	int r = wc_InitSha256(&sha);

	if (r == 0 && prefix >= 0)
		r = wc_Sha256Update(&sha, &first, 1);
	if (r == 0 && a_length > 0)
		r = wc_Sha256Update(&sha, a, (word32)a_length);
	if (r == 0 && b_length > 0)
		r = wc_Sha256Update(&sha, b, (word32)b_length);
	if (r == 0)
		r = wc_Sha256Final(&sha, ret->b);
	wc_Sha256Free(&sha);
	if (r != 0 || a_length > UINT32_MAX)
		abort();
}

void ost_merkle_leaf(const void *bytes, size_t length, struct ost_merkle_hash *ret_hash)
{
	hash(0, bytes, length, NULL, 0, ret_hash);
}

void ost_merkle_sha256(const void *bytes, size_t length, struct ost_merkle_hash *ret_hash)
{
	hash(-1, bytes, length, NULL, 0, ret_hash);
}

static void node(const struct ost_merkle_hash *left, const struct ost_merkle_hash *right, struct ost_merkle_hash *ret)
{
	const struct ost_merkle_hash l = *left, r = *right;

	hash(1, l.b, sizeof(l.b), r.b, sizeof(r.b), ret);
}

bool ost_merkle_same(const struct ost_merkle_hash *a, const struct ost_merkle_hash *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

/* ---- a range ---- */

static unsigned peak_count(uint64_t size)
{
	return (unsigned)__builtin_popcountll(size);
}

void ost_merkle_push(struct ost_merkle_range *range, const struct ost_merkle_hash *leaf)
{
	struct ost_merkle_hash h = *leaf;
	unsigned n = peak_count(range->size);

	/* As in counting: every one at the end carries. */
	for (uint64_t bits = range->size; (bits & 1) != 0; bits >>= 1)
		node(&range->peaks[--n], &h, &h);
	range->peaks[n] = h;
	range->size++;
}

void ost_merkle_root(const struct ost_merkle_range *range, struct ost_merkle_hash *ret_root)
{
	unsigned n = peak_count(range->size);
	struct ost_merkle_hash h;

	if (n == 0) {
		ost_merkle_sha256("", 0, ret_root);
		return;
	}
	h = range->peaks[--n];
	while (n > 0)
		node(&range->peaks[--n], &h, &h);
	*ret_root = h;
}

void ost_merkle_next_proof(const struct ost_merkle_range *range, struct ost_merkle_proof *ret_proof)
{
	unsigned n = peak_count(range->size);

	ret_proof->count = n;
	for (unsigned i = 0; i < n; i++)
		ret_proof->path[i] = range->peaks[n - 1 - i];
}

/* ---- proofs made ---- */

struct maker {
	ost_merkle_leaf_fn leaf;
	void *user;
	int r;
};

static struct ost_merkle_hash subtree(struct maker *m, uint64_t from, uint64_t to)
{
	struct ost_merkle_range range = {0};
	struct ost_merkle_hash h = {{0}};

	for (uint64_t i = from; i < to && m->r == 0; i++) {
		m->r = m->leaf(m->user, i, &h);
		if (m->r == 0)
			ost_merkle_push(&range, &h);
	}
	ost_merkle_root(&range, &h);
	return h;
}

/* The largest power of two below n; n is 2 or more. */
static uint64_t split(uint64_t n)
{
	return 1ull << (63 - __builtin_clzll(n - 1));
}

int ost_merkle_prove_inclusion(ost_merkle_leaf_fn leaf, void *user, uint64_t index, uint64_t size, struct ost_merkle_proof *ret_proof)
{
	struct maker m = {leaf, user, 0};
	struct ost_merkle_proof p = {0};
	struct {
		uint64_t from, to;
	} siblings[OST_MERKLE_HEIGHT], t;
	uint64_t from = 0, to = size;
	unsigned n = 0;

	if (index >= size)
		return -ERANGE;
	for (uint64_t k; to - from > 1; n++) {
		k = from + split(to - from);
		if (index < k) {
			siblings[n].from = k;
			siblings[n].to = to;
			to = k;
		} else {
			siblings[n].from = from;
			siblings[n].to = k;
			from = k;
		}
	}
	p.count = n;
	/* Asked for in the order of the leaves: those on the left from the top, then those on the right from the bottom. */
	for (unsigned i = 0; i < n; i++) {
		t = siblings[i];
		if (t.to <= index)
			p.path[n - 1 - i] = subtree(&m, t.from, t.to);
	}
	for (unsigned i = n; i-- > 0;) {
		t = siblings[i];
		if (t.from > index)
			p.path[n - 1 - i] = subtree(&m, t.from, t.to);
	}
	if (m.r == 0)
		*ret_proof = p;
	return m.r;
}

/* SUBPROOF of RFC 6962 section 2.1.2, the recursion unrolled: the path from the root down to the border of the old tree. */
int ost_merkle_prove_consistency(ost_merkle_leaf_fn leaf, void *user, uint64_t old_size, uint64_t size, struct ost_merkle_proof *ret_proof)
{
	struct maker m = {leaf, user, 0};
	struct ost_merkle_proof p = {0};
	struct {
		uint64_t from, to;
	} siblings[OST_MERKLE_HEIGHT];
	uint64_t from = 0, to = size;
	unsigned n = 0, at = 0;
	bool whole = true; /* the rest is the old tree as it was: its root is known to who asks */

	if (old_size > size)
		return -ERANGE;
	if (old_size == 0 || old_size == size) {
		*ret_proof = p;
		return 0;
	}
	for (uint64_t k; old_size != to; n++) {
		k = from + split(to - from);
		if (old_size <= k) {
			siblings[n].from = k;
			siblings[n].to = to;
			to = k;
		} else {
			siblings[n].from = from;
			siblings[n].to = k;
			from = k;
			whole = false;
		}
	}
	if (!whole)
		p.path[at++] = subtree(&m, from, to);
	for (unsigned i = n; i-- > 0;)
		p.path[at++] = subtree(&m, siblings[i].from, siblings[i].to);
	p.count = at;
	if (m.r == 0)
		*ret_proof = p;
	return m.r;
}

/* ---- proofs checked ---- */

bool ost_merkle_check_inclusion(const struct ost_merkle_hash *leaf, uint64_t index, uint64_t size,
	const struct ost_merkle_proof *proof, const struct ost_merkle_hash *root)
{
	struct ost_merkle_hash h = *leaf;
	uint64_t fn = index, sn;

	if (index >= size)
		return false;
	sn = size - 1;
	for (uint32_t i = 0; i < proof->count; i++) {
		if (sn == 0)
			return false;
		if ((fn & 1) != 0 || fn == sn) {
			node(&proof->path[i], &h, &h);
			while ((fn & 1) == 0 && fn != 0) {
				fn >>= 1;
				sn >>= 1;
			}
		} else {
			node(&h, &proof->path[i], &h);
		}
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0 && ost_merkle_same(&h, root);
}

bool ost_merkle_check_consistency(uint64_t old_size, const struct ost_merkle_hash *old_root, uint64_t size,
	const struct ost_merkle_hash *root, const struct ost_merkle_proof *proof)
{
	struct ost_merkle_hash old_hash, hash_now;
	uint64_t fn = old_size - 1, sn = size - 1;
	uint32_t at = 0;

	if (old_size > size || (old_size == size && !ost_merkle_same(old_root, root)))
		return false;
	if (old_size == 0 || old_size == size)
		return proof->count == 0;
	while ((fn & 1) != 0) {
		fn >>= 1;
		sn >>= 1;
	}
	/* A full old tree is the first hash itself. */
	if (fn != 0 && proof->count == 0)
		return false;
	old_hash = fn != 0 ? proof->path[at++] : *old_root;
	hash_now = old_hash;
	for (; at < proof->count; at++) {
		const struct ost_merkle_hash *c = &proof->path[at];

		if (sn == 0)
			return false;
		if ((fn & 1) != 0 || fn == sn) {
			node(c, &old_hash, &old_hash);
			node(c, &hash_now, &hash_now);
			while ((fn & 1) == 0 && fn != 0) {
				fn >>= 1;
				sn >>= 1;
			}
		} else {
			node(&hash_now, c, &hash_now);
		}
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0 && ost_merkle_same(&old_hash, old_root) && ost_merkle_same(&hash_now, root);
}
