/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sightings.h"

#include <stdio.h>

#define NONE UINT32_MAX

struct sighting {
	struct ost_registry_unknown u;
	uint32_t chain;		/* next of the same bucket */
	uint32_t newer, older;	/* order of last sight */
	bool changed;
};

struct ost_sightings {
	struct ost_hash_key key;
	struct sighting *slots;
	uint32_t *buckets;
	uint32_t capacity, count, bucket_mask;
	uint32_t newest, oldest;
	uint64_t evicted;
	bool any_changed;
};

static uint32_t bucket_of(const struct ost_sightings *s, const struct ost_mac *mac, uint32_t vlan, const char *port)
{
	uint64_t m = 0, p = ost_hash_bytes(&s->key, port, strlen(port));

	memcpy(&m, mac->b, sizeof(mac->b));
	return (uint32_t)ost_hash_3(&s->key, m, vlan, p) & s->bucket_mask;
}

int ost_sightings_new(uint32_t capacity, const struct ost_hash_key *key, struct ost_sightings **ret_sightings)
{
	struct ost_sightings *s = calloc(1, sizeof(*s));
	uint32_t buckets = 16;

	if (s == NULL)
		return -ENOMEM;
	while (buckets < capacity)
		buckets *= 2;
	s->key = *key;
	s->capacity = capacity;
	s->bucket_mask = buckets - 1;
	s->newest = s->oldest = NONE;
	s->slots = calloc(capacity, sizeof(*s->slots));
	s->buckets = malloc(buckets * sizeof(*s->buckets));
	if (s->slots == NULL || s->buckets == NULL) {
		ost_sightings_free(&s);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < buckets; i++)
		s->buckets[i] = NONE;
	*ret_sightings = s;
	return 0;
}

void ost_sightings_free(struct ost_sightings **sightings)
{
	struct ost_sightings *s = *sightings;

	if (s == NULL)
		return;
	free(s->slots);
	free(s->buckets);
	free(s);
	*sightings = NULL;
}

static void order_remove(struct ost_sightings *s, uint32_t i)
{
	struct sighting *x = &s->slots[i];

	if (x->newer != NONE)
		s->slots[x->newer].older = x->older;
	else
		s->newest = x->older;
	if (x->older != NONE)
		s->slots[x->older].newer = x->newer;
	else
		s->oldest = x->newer;
}

static void order_newest(struct ost_sightings *s, uint32_t i)
{
	struct sighting *x = &s->slots[i];

	x->newer = NONE;
	x->older = s->newest;
	if (s->newest != NONE)
		s->slots[s->newest].newer = i;
	else
		s->oldest = i;
	s->newest = i;
}

static void chain_remove(struct ost_sightings *s, uint32_t i)
{
	const struct ost_registry_unknown *u = &s->slots[i].u;
	uint32_t *at = &s->buckets[bucket_of(s, &u->mac, u->vlan, u->port)];

	while (*at != i)
		at = &s->slots[*at].chain;
	*at = s->slots[i].chain;
}

static uint32_t find(const struct ost_sightings *s, uint32_t bucket, const struct ost_mac *mac, uint32_t vlan,
	const char *port)
{
	for (uint32_t i = s->buckets[bucket]; i != NONE; i = s->slots[i].chain) {
		const struct ost_registry_unknown *u = &s->slots[i].u;

		if (memcmp(u->mac.b, mac->b, sizeof(mac->b)) == 0 && u->vlan == vlan && strcmp(u->port, port) == 0)
			return i;
	}
	return NONE;
}

/* An empty slot, or that of the longest unseen. */
static uint32_t slot_take(struct ost_sightings *s)
{
	uint32_t i;

	if (s->count < s->capacity)
		return s->count++;
	i = s->oldest;
	chain_remove(s, i);
	order_remove(s, i);
	s->evicted++;
	return i;
}

void ost_sightings_add(struct ost_sightings *s, const struct ost_mac *mac, uint32_t vlan, const char *port,
	uint64_t first_wall_ns, uint64_t last_wall_ns, uint64_t count_pkts)
{
	struct ost_registry_unknown u = {.mac = *mac, .vlan = vlan, .first_seen_wall_ns = first_wall_ns};
	uint32_t bucket, i;

	(void)snprintf(u.port, sizeof(u.port), "%s", port);
	bucket = bucket_of(s, mac, vlan, u.port);
	i = find(s, bucket, mac, vlan, u.port);
	if (i == NONE) {
		i = slot_take(s);
		u.slot = i;
		s->slots[i] = (struct sighting){.u = u, .chain = s->buckets[bucket]};
		s->buckets[bucket] = i;
	} else {
		order_remove(s, i);
	}
	order_newest(s, i);
	s->slots[i].u.last_seen_wall_ns = OST_MAX(s->slots[i].u.last_seen_wall_ns, last_wall_ns);
	s->slots[i].u.count_pkts += count_pkts;
	s->slots[i].changed = true;
	s->any_changed = true;
}

void ost_sightings_restore(struct ost_sightings *s, const struct ost_registry_unknown *u)
{
	ost_sightings_add(s, &u->mac, u->vlan, u->port, u->first_seen_wall_ns, u->last_seen_wall_ns, u->count_pkts);
}

uint32_t ost_sightings_count(const struct ost_sightings *s)
{
	return s->count;
}

uint64_t ost_sightings_evicted(const struct ost_sightings *s)
{
	return s->evicted;
}

void ost_sightings_each(const struct ost_sightings *s,
	bool (*fn)(void *user, const struct ost_registry_unknown *u), void *user)
{
	for (uint32_t i = s->newest; i != NONE; i = s->slots[i].older) {
		if (!fn(user, &s->slots[i].u))
			return;
	}
}

int ost_sightings_changed(const struct ost_sightings *s,
	int (*fn)(void *user, const struct ost_registry_unknown *u), void *user)
{
	int r = 0;

	for (uint32_t i = 0; i < s->count && r == 0; i++) {
		if (s->slots[i].changed)
			r = fn(user, &s->slots[i].u);
	}
	return r;
}

bool ost_sightings_any_changed(const struct ost_sightings *s)
{
	return s->any_changed;
}

void ost_sightings_written(struct ost_sightings *s)
{
	for (uint32_t i = 0; i < s->count; i++)
		s->slots[i].changed = false;
	s->any_changed = false;
}
