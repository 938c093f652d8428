/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "radius_replies.h"

#include "clock.h"

#define WAYS	4u
#define BUCKETS 256u
#define KEEP_NS (30 * OST_NS_PER_S)

struct entry {
	struct ost_radius_key key;
	bool used;
	uint64_t since_ns;
	uint8_t *bytes; /* NULL: it waits */
	size_t length;
};

struct ost_radius_replies {
	struct ost_hash_key hash;
	struct entry entries[BUCKETS][WAYS];
};

int ost_radius_replies_new(const struct ost_hash_key *hash, struct ost_radius_replies **ret_replies)
{
	struct ost_radius_replies *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return -ENOMEM;
	r->hash = *hash;
	*ret_replies = r;
	return 0;
}

static void clear(struct entry *e)
{
	if (e->bytes != NULL)
		explicit_bzero(e->bytes, e->length);
	free(e->bytes);
	*e = (struct entry){0};
}

void ost_radius_replies_free(struct ost_radius_replies **replies)
{
	struct ost_radius_replies *r = *replies;

	*replies = NULL;
	if (r == NULL)
		return;
	for (size_t i = 0; i < (size_t)BUCKETS * WAYS; i++)
		clear(&r->entries[i / WAYS][i % WAYS]);
	free(r);
}

static struct entry *bucket_of(struct ost_radius_replies *r, const struct ost_radius_key *key)
{
	uint64_t h = ost_hash_bytes(&r->hash, key->ip.b, sizeof(key->ip.b));

	return r->entries[ost_hash_2(&r->hash, h, (uint64_t)key->port << 8 | key->identifier) %
			  BUCKETS];
}

/* The same place of a client's numbering: a client reuses it for its next request. */
static bool is_place(const struct entry *e, const struct ost_radius_key *key)
{
	return e->used && e->key.identifier == key->identifier && e->key.port == key->port &&
	       ost_ip_equal(&e->key.ip, &key->ip);
}

static bool is_same(const struct entry *e, const struct ost_radius_key *key)
{
	return is_place(e, key) &&
	       memcmp(e->key.authenticator, key->authenticator, sizeof(key->authenticator)) == 0;
}

static struct entry *find(struct ost_radius_replies *r, const struct ost_radius_key *key)
{
	struct entry *ways = bucket_of(r, key);

	for (size_t i = 0; i < WAYS; i++) {
		if (is_same(&ways[i], key))
			return &ways[i];
	}
	return NULL;
}

enum ost_radius_seen ost_radius_replies_take(struct ost_radius_replies *r,
	const struct ost_radius_key *key, uint64_t now_ns, const uint8_t **ret_bytes,
	size_t *ret_length)
{
	struct entry *ways = bucket_of(r, key), *e = find(r, key), *at = &ways[0];

	if (e != NULL && now_ns - e->since_ns < KEEP_NS) {
		if (e->bytes == NULL)
			return OST_RADIUS_WAITING;
		*ret_bytes = e->bytes;
		*ret_length = e->length;
		return OST_RADIUS_ANSWERED;
	}
	for (size_t i = 0; i < WAYS; i++) {
		if (is_place(&ways[i], key)) {
			at = &ways[i];
			break;
		}
		if (!ways[i].used || (at->used && ways[i].since_ns < at->since_ns))
			at = &ways[i];
	}
	clear(at);
	*at = (struct entry){.key = *key, .used = true, .since_ns = now_ns};
	return OST_RADIUS_NEW;
}

void ost_radius_replies_put(struct ost_radius_replies *r, const struct ost_radius_key *key,
	const uint8_t *bytes, size_t length)
{
	struct entry *e = find(r, key);

	if (e == NULL || e->bytes != NULL)
		return;
	e->bytes = malloc(length);
	if (e->bytes == NULL) {
		clear(e);
		return;
	}
	memcpy(e->bytes, bytes, length);
	e->length = length;
}

void ost_radius_replies_forget(struct ost_radius_replies *r, const struct ost_radius_key *key)
{
	struct entry *e = find(r, key);

	if (e != NULL)
		clear(e);
}

void ost_radius_replies_expire(struct ost_radius_replies *r, uint64_t now_ns)
{
	for (size_t i = 0; i < (size_t)BUCKETS * WAYS; i++) {
		struct entry *e = &r->entries[i / WAYS][i % WAYS];

		if (e->used && now_ns - e->since_ns >= KEEP_NS)
			clear(e);
	}
}
