/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "topflows.h"

#include <sys/random.h>

#include "hash.h"

#define BUCKETS (OST_TOPFLOWS_MAX * 2)
#define NONE	UINT32_MAX

/* What makes two refusals one flow; free of padding, compared as bytes. */
struct key {
	uint8_t src[16];
	uint8_t dst[16];
	uint32_t device;
	uint32_t vlan;
	uint16_t dst_port;
	uint16_t ethertype;
	uint8_t protocol;
	uint8_t family;
	uint8_t reason;
	uint8_t reserved;
};

_Static_assert(sizeof(struct key) == 48, "key has padding");

struct entry {
	struct key key;
	struct ost_topflow flow;
	uint32_t next; /* in its bucket */
	uint32_t heap; /* place in the heap */
};

struct ost_topflows {
	struct ost_hash_key secret;
	uint32_t count;
	bool lost; /* something was replaced */
	uint32_t buckets[BUCKETS];
	uint32_t heap[OST_TOPFLOWS_MAX]; /* smallest count first */
	struct entry entries[OST_TOPFLOWS_MAX];
};

int ost_topflows_new(struct ost_topflows **ret_topflows)
{
	struct ost_topflows *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return -ENOMEM;
	if (getrandom(&t->secret, sizeof(t->secret), 0) != (ssize_t)sizeof(t->secret)) {
		free(t);
		return -EIO;
	}
	memset(t->buckets, 0xff, sizeof(t->buckets));
	*ret_topflows = t;
	return 0;
}

void ost_topflows_free(struct ost_topflows **topflows)
{
	free(*topflows);
	*topflows = NULL;
}

static void make_key(const struct ost_refusal *r, struct key *k)
{
	*k = (struct key){
		.device = r->device,
		.vlan = r->vlan,
		.ethertype = r->ethertype,
		.family = r->family,
		.reason = r->reason,
	};
	if (r->family == 0) {
		memcpy(k->src, r->src_mac, 6);
		memcpy(k->dst, r->dst_mac, 6);
		return;
	}
	memcpy(k->src, r->src_ip, 16);
	memcpy(k->dst, r->dst_ip, 16);
	k->dst_port = r->dst_port;
	k->protocol = r->protocol;
}

static uint32_t bucket_of(const struct ost_topflows *t, const struct key *k)
{
	uint64_t w[6];

	memcpy(w, k, sizeof(w));
	return (uint32_t)(ost_hash_6(&t->secret, w) % BUCKETS);
}

static uint64_t weight(const struct ost_topflows *t, uint32_t place)
{
	return t->entries[t->heap[place]].flow.refusal.count_pkts;
}

static void heap_swap(struct ost_topflows *t, uint32_t a, uint32_t b)
{
	uint32_t e = t->heap[a];

	t->heap[a] = t->heap[b];
	t->heap[b] = e;
	t->entries[t->heap[a]].heap = a;
	t->entries[t->heap[b]].heap = b;
}

static void heap_up(struct ost_topflows *t, uint32_t place)
{
	while (place > 0) {
		uint32_t parent = (place - 1) / 2;

		if (weight(t, parent) <= weight(t, place))
			return;
		heap_swap(t, place, parent);
		place = parent;
	}
}

static void heap_down(struct ost_topflows *t, uint32_t place)
{
	for (;;) {
		uint32_t least = place, child = 2 * place + 1;

		for (uint32_t c = child; c < t->count && c <= child + 1; c++) {
			if (weight(t, c) < weight(t, least))
				least = c;
		}
		if (least == place)
			return;
		heap_swap(t, place, least);
		place = least;
	}
}

static void unlink_entry(struct ost_topflows *t, uint32_t e)
{
	uint32_t *at = &t->buckets[bucket_of(t, &t->entries[e].key)];

	while (*at != e)
		at = &t->entries[*at].next;
	*at = t->entries[e].next;
}

static void link_entry(struct ost_topflows *t, uint32_t e)
{
	uint32_t *bucket = &t->buckets[bucket_of(t, &t->entries[e].key)];

	t->entries[e].next = *bucket;
	*bucket = e;
}

static void insert(struct ost_topflows *t, const struct key *k, const struct ost_refusal *r)
{
	uint32_t e = t->count++;
	struct entry *entry = &t->entries[e];

	entry->key = *k;
	entry->flow = (struct ost_topflow){.refusal = *r};
	entry->heap = e;
	t->heap[e] = e;
	link_entry(t, e);
	heap_up(t, e);
}

/* The new one takes over the smallest one's count: that is how much it may be too high. */
static void replace(struct ost_topflows *t, const struct key *k, const struct ost_refusal *r)
{
	uint32_t e = t->heap[0];
	struct entry *entry = &t->entries[e];
	uint64_t over = entry->flow.refusal.count_pkts;

	t->lost = true;
	unlink_entry(t, e);
	entry->key = *k;
	entry->flow = (struct ost_topflow){.refusal = *r, .over_pkts = over};
	entry->flow.refusal.count_pkts += over;
	link_entry(t, e);
	heap_down(t, 0);
}

void ost_topflows_add(struct ost_topflows *t, const struct ost_refusal *r)
{
	struct key k;
	uint32_t e;

	make_key(r, &k);
	e = t->buckets[bucket_of(t, &k)];
	while (e != NONE && memcmp(&t->entries[e].key, &k, sizeof(k)) != 0)
		e = t->entries[e].next;
	if (e == NONE && t->count < OST_TOPFLOWS_MAX) {
		insert(t, &k, r);
	} else if (e == NONE) {
		replace(t, &k, r);
	} else {
		struct ost_refusal *sum = &t->entries[e].flow.refusal;

		sum->count_pkts += r->count_pkts;
		sum->count_bytes += r->count_bytes;
		sum->last_wall_ns = OST_MAX(sum->last_wall_ns, r->last_wall_ns);
		heap_down(t, t->entries[e].heap);
	}
}

static int larger_first(const void *a, const void *b)
{
	const struct ost_topflow *x = a, *y = b;

	if (x->refusal.count_pkts != y->refusal.count_pkts)
		return x->refusal.count_pkts > y->refusal.count_pkts ? -1 : 1;
	if (x->refusal.first_wall_ns != y->refusal.first_wall_ns)
		return x->refusal.first_wall_ns < y->refusal.first_wall_ns ? -1 : 1;
	return memcmp(x->refusal.dst_ip, y->refusal.dst_ip, 16);
}

uint32_t ost_topflows_list(const struct ost_topflows *t, struct ost_topflow *ret_flows, uint32_t n)
{
	struct ost_topflow *all OST_AUTO_FREE = calloc(t->count + 1u, sizeof(*all));

	if (all == NULL)
		return 0;
	for (uint32_t i = 0; i < t->count; i++)
		all[i] = t->entries[i].flow;
	qsort(all, t->count, sizeof(*all), larger_first);
	n = OST_MIN(n, t->count);
	memcpy(ret_flows, all, n * sizeof(*all));
	return n;
}

uint32_t ost_topflows_count(const struct ost_topflows *t, bool *ret_exact)
{
	*ret_exact = !t->lost;
	return t->count;
}
