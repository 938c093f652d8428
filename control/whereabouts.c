/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "whereabouts.h"

#include <stdio.h>

#include "array.h"

#define NONE	UINT32_MAX
#define BUCKETS 16384u

struct place {
	struct ost_ip ip;
	uint32_t next;
	char device[OST_NAME_MAX + 1]; /* "": free */
};

struct ost_whereabouts {
	struct ost_hash_key key;
	uint32_t buckets[BUCKETS];
	struct place *places;
	uint32_t count, capacity, unused;
	struct ost_prefix *networks;
	uint32_t network_count, network_capacity;
};

int ost_whereabouts_new(const struct ost_hash_key *key, struct ost_whereabouts **ret_whereabouts)
{
	struct ost_whereabouts *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return -ENOMEM;
	w->key = *key;
	w->unused = NONE;
	memset(w->buckets, 0xff, sizeof(w->buckets));
	*ret_whereabouts = w;
	return 0;
}

void ost_whereabouts_free(struct ost_whereabouts **whereabouts)
{
	if (*whereabouts == NULL)
		return;
	free((*whereabouts)->places);
	free((*whereabouts)->networks);
	free(*whereabouts);
	*whereabouts = NULL;
}

/* ---- devices ---- */

static uint32_t bucket_of(const struct ost_whereabouts *w, const struct ost_ip *ip)
{
	return (uint32_t)(ost_hash_2(&w->key, ost_hash_bytes(&w->key, ip->b, sizeof(ip->b)), ip->family) % BUCKETS);
}

static uint32_t find(const struct ost_whereabouts *w, const struct ost_ip *ip)
{
	uint32_t i = w->buckets[bucket_of(w, ip)];

	while (i != NONE && !ost_ip_equal(&w->places[i].ip, ip))
		i = w->places[i].next;
	return i;
}

static uint32_t take(struct ost_whereabouts *w)
{
	uint32_t i = w->unused;
	struct place *grown;

	if (i != NONE) {
		w->unused = w->places[i].next;
		return i;
	}
	if (w->count == OST_WHEREABOUTS_MAX)
		return NONE;
	grown = ost_array_room(w->places, w->count, &w->capacity, sizeof(*grown));
	if (grown == NULL)
		return NONE;
	w->places = grown;
	return w->count++;
}

static void put(struct ost_whereabouts *w, const struct ost_ip *ip, const char *device)
{
	uint32_t i = find(w, ip), *bucket = &w->buckets[bucket_of(w, ip)];

	if (i == NONE) {
		i = take(w);
		if (i == NONE)
			return;
		w->places[i].ip = *ip;
		w->places[i].next = *bucket;
		*bucket = i;
	}
	(void)snprintf(w->places[i].device, sizeof(w->places[i].device), "%s", device);
}

static void drop(struct ost_whereabouts *w, const struct ost_ip *ip, const char *device)
{
	uint32_t *at = &w->buckets[bucket_of(w, ip)], i;

	while (*at != NONE && !ost_ip_equal(&w->places[*at].ip, ip))
		at = &w->places[*at].next;
	i = *at;
	if (i == NONE || strcmp(w->places[i].device, device) != 0)
		return; /* it is somebody else's by now */
	*at = w->places[i].next;
	w->places[i].device[0] = '\0';
	w->places[i].next = w->unused;
	w->unused = i;
}

void ost_whereabouts_bound(struct ost_whereabouts *w, const struct ost_ip *ip, const char *device, bool bound)
{
	if (bound)
		put(w, ip, device);
	else
		drop(w, ip, device);
}

const char *ost_whereabouts_device(const struct ost_whereabouts *w, const struct ost_ip *ip)
{
	uint32_t i = find(w, ip);

	return i != NONE ? w->places[i].device : NULL;
}

/* ---- networks ---- */

static void network_add(struct ost_whereabouts *w, const struct ost_prefix *p)
{
	struct ost_prefix *grown;

	if (p->length == 0 || w->network_count == OST_WHEREABOUTS_NETWORKS)
		return;
	for (uint32_t i = w->network_count; i > 0 && w->network_count - i < 64; i--) { /* neighbours are mostly equal */
		if (w->networks[i - 1].length == p->length && ost_ip_equal(&w->networks[i - 1].ip, &p->ip))
			return;
	}
	grown = ost_array_room(w->networks, w->network_count, &w->network_capacity, sizeof(*grown));
	if (grown == NULL)
		return;
	w->networks = grown;
	w->networks[w->network_count++] = *p;
}

static void word_put(uint8_t *to, uint64_t word, unsigned bytes)
{
	for (unsigned i = bytes; i > 0; i--, word >>= 8)
		to[i - 1] = (uint8_t)word;
}

static void chunk4_add(struct ost_whereabouts *w, const struct ost_image_chunk4 *c)
{
	for (unsigned i = 0; i < OST_LANES4; i++) {
		struct ost_prefix p = {.ip.family = OST_IPV4, .length = (uint8_t)__builtin_popcount(c->mask[i])};

		if (c->selector[i] == OST_LANE_NEVER)
			continue;
		word_put(p.ip.b, c->addr[i], 4);
		network_add(w, &p);
	}
}

static void chunk6_add(struct ost_whereabouts *w, const struct ost_image_chunk6 *c)
{
	for (unsigned i = 0; i < OST_LANES6; i++) {
		struct ost_prefix p = {.ip.family = OST_IPV6,
			.length = (uint8_t)(__builtin_popcountll(c->mask_hi[i]) + __builtin_popcountll(c->mask_lo[i]))};

		if (c->selector[i] == OST_LANE_NEVER)
			continue;
		word_put(p.ip.b, c->addr_hi[i], 8);
		word_put(p.ip.b + 8, c->addr_lo[i], 8);
		network_add(w, &p);
	}
}

int ost_whereabouts_policy(struct ost_whereabouts *w, const struct ost_image *image)
{
	w->network_count = 0;
	for (uint32_t i = 0; i < image->chunk4_count; i++)
		chunk4_add(w, &image->chunks4[i]);
	for (uint32_t i = 0; i < image->chunk6_count; i++)
		chunk6_add(w, &image->chunks6[i]);
	for (uint32_t i = 0; i < image->device_count; i++) {
		const struct ost_image_device *x = &image->devices[i];

		for (uint32_t k = 0; k < x->address_count; k++) {
			const struct ost_image_address *a = &image->addresses[x->address_first + k];
			struct ost_ip ip = {.family = a->family};

			memcpy(ip.b, a->ip, sizeof(ip.b));
			put(w, &ip, ost_image_device_name(image, i));
		}
	}
	return w->network_count == OST_WHEREABOUTS_NETWORKS || w->count == OST_WHEREABOUTS_MAX ? -ENOMEM : 0;
}

bool ost_whereabouts_foreign(const struct ost_whereabouts *w, const struct ost_ip *ip)
{
	/* RFC 1918, 6598, 3927, 1122, 5771; RFC 4193, 4291. */
	static const struct ost_prefix ours[] = {
		{{{10}, OST_IPV4}, 8}, {{{172, 16}, OST_IPV4}, 12}, {{{192, 168}, OST_IPV4}, 16}, {{{100, 64}, OST_IPV4}, 10},
		{{{169, 254}, OST_IPV4}, 16}, {{{127}, OST_IPV4}, 8}, {{{0}, OST_IPV4}, 8}, {{{224}, OST_IPV4}, 3},
		{{{0xfc}, OST_IPV6}, 7}, {{{0xfe, 0x80}, OST_IPV6}, 10}, {{{0xff}, OST_IPV6}, 8}, {{{0}, OST_IPV6}, 8},
	};

	if (ip->family != OST_IPV4 && ip->family != OST_IPV6)
		return false;
	for (size_t i = 0; i < OST_ARRAY_SIZE(ours); i++) {
		if (ost_prefix_contains(&ours[i], ip))
			return false;
	}
	for (uint32_t i = 0; i < w->network_count; i++) {
		if (ost_prefix_contains(&w->networks[i], ip))
			return false;
	}
	return find(w, ip) == NONE;
}
