/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "places.h"

#include "clock.h"

#define NONE	      UINT32_MAX
#define WITHIN_NS     (600 * OST_NS_PER_S)
#define LOCK_FIRST_S  60u
#define LOCK_MOST_S   900u
#define FORGIVEN_NS   (3600 * OST_NS_PER_S)
#define LOOK_FOR_FREE 64u /* of the oldest, for one that is not locked out */

struct ost_places {
	struct ost_hash_key key;
	uint32_t most, count, mask;
	uint32_t newest, oldest;
	uint64_t changes, evicted;
	uint32_t *buckets;
	struct ost_place_entry *entries;
};

int ost_places_new(uint32_t most, const struct ost_hash_key *key, struct ost_places **ret_places)
{
	struct ost_places *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return -ENOMEM;
	p->key = *key;
	p->most = most;
	p->newest = p->oldest = NONE;
	for (p->mask = 63; p->mask < most; p->mask = p->mask * 2 + 1)
		;
	p->buckets = malloc(((size_t)p->mask + 1) * sizeof(*p->buckets));
	p->entries = calloc(most, sizeof(*p->entries));
	if (p->buckets == NULL || p->entries == NULL) {
		ost_places_free(&p);
		return -ENOMEM;
	}
	memset(p->buckets, 0xff, ((size_t)p->mask + 1) * sizeof(*p->buckets));
	*ret_places = p;
	return 0;
}

void ost_places_free(struct ost_places **places)
{
	struct ost_places *p = *places;

	*places = NULL;
	if (p == NULL)
		return;
	free(p->buckets);
	free(p->entries);
	free(p);
}

bool ost_place_equal(const struct ost_place *a, const struct ost_place *b)
{
	return a->port == b->port && a->vlan == b->vlan && a->client == b->client && memcmp(a->mac, b->mac, sizeof(a->mac)) == 0;
}

bool ost_place_is_somewhere(const struct ost_place *p)
{
	static const uint8_t nobody[6];

	return p->port < OST_PORTS_MAX || (p->client != 0 && (p->vlan != 0 || memcmp(p->mac, nobody, sizeof(nobody)) != 0));
}

static uint32_t *bucket_of(const struct ost_places *p, const struct ost_place *place)
{
	return &p->buckets[ost_hash_bytes(&p->key, place, sizeof(*place)) & p->mask];
}

static void order_remove(struct ost_places *p, const struct ost_place_entry *e)
{
	if (e->newer != NONE)
		p->entries[e->newer].older = e->older;
	else
		p->newest = e->older;
	if (e->older != NONE)
		p->entries[e->older].newer = e->newer;
	else
		p->oldest = e->newer;
}

static void order_newest(struct ost_places *p, struct ost_place_entry *e)
{
	uint32_t i = (uint32_t)(e - p->entries);

	e->newer = NONE;
	e->older = p->newest;
	if (p->newest != NONE)
		p->entries[p->newest].newer = i;
	else
		p->oldest = i;
	p->newest = i;
}

static struct ost_place_entry *find(const struct ost_places *p, const struct ost_place *place)
{
	for (uint32_t i = *bucket_of(p, place); i != NONE; i = p->entries[i].chain) {
		if (ost_place_equal(&p->entries[i].place, place))
			return &p->entries[i];
	}
	return NULL;
}

struct ost_place_entry *ost_places_find(struct ost_places *p, const struct ost_place *place)
{
	return find(p, place);
}

static uint32_t victim(const struct ost_places *p, uint64_t now_ns)
{
	uint32_t i = p->oldest;

	for (uint32_t n = 0; n < LOOK_FOR_FREE && i != NONE; n++, i = p->entries[i].newer) {
		if (p->entries[i].locked_until_ns <= now_ns)
			return i;
	}
	return p->oldest;
}

static struct ost_place_entry *slot_take(struct ost_places *p, uint64_t now_ns)
{
	uint32_t i, *at;

	if (p->count < p->most)
		return &p->entries[p->count++];
	i = victim(p, now_ns);
	at = bucket_of(p, &p->entries[i].place);
	while (*at != i)
		at = &p->entries[*at].chain;
	*at = p->entries[i].chain;
	order_remove(p, &p->entries[i]);
	p->evicted++;
	return &p->entries[i];
}

struct ost_place_entry *ost_places_get(struct ost_places *p, const struct ost_place *place, uint64_t now_ns)
{
	struct ost_place_entry *e = find(p, place);
	uint32_t *bucket;

	if (e != NULL) {
		order_remove(p, e);
	} else {
		e = slot_take(p, now_ns);
		bucket = bucket_of(p, place);
		*e = (struct ost_place_entry){.place = *place, .chain = *bucket};
		*bucket = (uint32_t)(e - p->entries);
	}
	order_newest(p, e);
	return e;
}

static bool often(const struct ost_place_entry *e, uint64_t now_ns)
{
	for (unsigned i = 0; i < OST_PLACES_FAILURES; i++) {
		if (e->failed_ns[i] == 0 || now_ns - e->failed_ns[i] >= WITHIN_NS)
			return false;
	}
	return true;
}

static uint64_t latest(const struct ost_place_entry *e)
{
	return e->failed_ns[(e->failed_at + OST_PLACES_FAILURES - 1) % OST_PLACES_FAILURES];
}

uint32_t ost_places_fail(struct ost_places *p, const struct ost_place *place, uint64_t now_ns)
{
	struct ost_place_entry *e = ost_places_get(p, place, now_ns);
	uint32_t lock_s = LOCK_FIRST_S;

	if (e->locked_until_ns > now_ns)
		return 0;
	if (e->locks > 0 && now_ns - OST_MAX(e->locked_until_ns, latest(e)) >= FORGIVEN_NS)
		e->locks = 0;
	e->failed_ns[e->failed_at] = OST_MAX(now_ns, (uint64_t)1);
	e->failed_at = (e->failed_at + 1) % OST_PLACES_FAILURES;
	if (!often(e, now_ns))
		return 0;
	for (uint32_t i = 0; i < e->locks && lock_s < LOCK_MOST_S; i++)
		lock_s *= 2;
	lock_s = OST_MIN(lock_s, LOCK_MOST_S);
	e->locks++;
	e->locked_until_ns = now_ns + lock_s * OST_NS_PER_S;
	/* Behind the lock-out one more failure is not enough for the next: it begins with none. */
	memset(e->failed_ns, 0, sizeof(e->failed_ns));
	p->changes++;
	return lock_s;
}

void ost_places_clear(struct ost_places *p, const struct ost_place *place)
{
	struct ost_place_entry *e = find(p, place);

	if (e == NULL)
		return;
	if (e->locked_until_ns != 0)
		p->changes++;
	memset(e->failed_ns, 0, sizeof(e->failed_ns));
	e->failed_at = e->locks = e->asks = 0;
	e->locked_until_ns = e->ask_ns = 0;
}

uint32_t ost_places_locked_s(struct ost_places *p, const struct ost_place *place, uint64_t now_ns)
{
	const struct ost_place_entry *e = find(p, place);

	if (e == NULL || e->locked_until_ns <= now_ns)
		return 0;
	return (uint32_t)((e->locked_until_ns - now_ns + OST_NS_PER_S - 1) / OST_NS_PER_S);
}

void ost_places_restore(struct ost_places *p, const struct ost_place *place, uint64_t until_ns, uint32_t locks, uint64_t now_ns)
{
	struct ost_place_entry *e = ost_places_get(p, place, now_ns);

	e->locked_until_ns = until_ns;
	e->locks = OST_MIN(locks, 16u);
}

void ost_places_each(const struct ost_places *p, void (*fn)(void *user, const struct ost_place_entry *e), void *user)
{
	for (uint32_t i = p->oldest; i != NONE; i = p->entries[i].newer)
		fn(user, &p->entries[i]);
}

uint64_t ost_places_changes(const struct ost_places *p)
{
	return p->changes;
}

uint64_t ost_places_evicted(const struct ost_places *p)
{
	return p->evicted;
}
