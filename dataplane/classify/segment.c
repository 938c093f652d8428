/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "segment.h"

#include "classifier.h"
#include "cursor.h"

/* Services, and how much of a connection tells who logs in: a terminal sends each key alone. */
static const struct {
	uint16_t port, packets;
} services[] = {{21, 24}, {23, 128}, {80, 6}, {1883, 3}, {2323, 128}, {8080, 6}};

int ost_segments_make(const struct ost_site *site, struct ost_segments *t, uint32_t capacity)
{
	t->capacity = capacity;
	if (capacity == 0)
		return 0;
	t->entries = ost_site_alloc(site, capacity * sizeof(*t->entries));
	t->spent = ost_site_alloc(site, site->config.devices_max);
	return t->entries != NULL && t->spent != NULL ? 0 : -ENOMEM;
}

void ost_segments_free(const struct ost_site *site, struct ost_segments *t)
{
	if (t->entries != NULL)
		ost_site_release(site, t->entries, t->capacity * sizeof(*t->entries));
	if (t->spent != NULL)
		ost_site_release(site, t->spent, site->config.devices_max);
}

static struct ost_segment_cell *cell_of(struct ost_classifier *c, uint64_t hash)
{
	return &c->segment_cells[hash % OST_SEGMENT_CELLS];
}

uint8_t ost_segment_wanted(struct ost_classifier *c, const struct ost_packet *p)
{
	uint16_t packets = 0;

	if (OST_LIKELY(!atomic_load_explicit(&c->site->observer, memory_order_relaxed)) || p->protocol != 6 || c->segments[0].capacity == 0)
		return 0;
	for (size_t i = 0; i < OST_ARRAY_SIZE(services); i++)
		packets = services[i].port == p->value ? services[i].packets : packets;
	if (packets == 0)
		return 0;
	*cell_of(c, p->hash) = (struct ost_segment_cell){p->hash, packets, 0};
	return OST_FLOW_OBSERVED;
}

/* The flow's, whichever of its two ends the packet's key is seen from. */
static uint64_t hash_of(const struct ost_classifier *c, const struct ost_flow *flow, bool v4)
{
	uint64_t key[6];

	if (v4)
		memcpy(key, flow->tail1 - 2, 24);
	else
		memcpy(key, flow->tail1 - 5, 48);
	key[v4 ? 2 : 5] &= OST_KEY_TAIL1_MASK;
	return ost_flow_hash(c->site, key, v4);
}

static void fill(const struct ost_classifier *c, const struct ost_packet *p, const struct ost_flow *flow, const struct ost_segment_cell *cell, bool v4,
	bool reply, struct ost_segment *s)
{
	const uint64_t *key = flow->tail1 - (v4 ? 2 : 5);
	const uint64_t tail0 = key[v4 ? 1 : 4];
	const bool in = ost_flow_flags(flow->meta) & OST_FLOW_OPENED_IN;
	const uint32_t at = (uint32_t)p->l4 + p->l4_bytes - p->payload_bytes;

	*s = (struct ost_segment){.flow = cell->hash, .wall_ns = c->now_ns, .tcp_seq = p->tcp_seq, .family = v4 ? OST_IPV4 : OST_IPV6,
		.direction = in ? OST_FROM : OST_TO, .reply = reply, .ordinal = cell->ordinal,
		.service = ost_be16(in ? (uint16_t)tail0 : (uint16_t)(tail0 >> 16)), .length = (uint16_t)OST_MIN((uint32_t)p->payload_bytes, OST_SEGMENT_BYTES),
		.whole_bytes = p->payload_bytes};
	if (v4) {
		const uint32_t remote = (uint32_t)(key[0] >> 32);

		memcpy(s->peer_ip, &remote, 4);
	} else {
		memcpy(s->peer_ip, &key[2], 16);
	}
	memcpy(s->bytes, p->bytes + at, s->length);
}

void ost_segment_take(struct ost_classifier *c, const struct ost_packet *p, struct ost_flow *flow, bool v4, unsigned from)
{
	struct ost_segments *t = &c->segments[atomic_load_explicit(&c->copies_current, memory_order_relaxed)];
	const uint64_t hash = hash_of(c, flow, v4);
	struct ost_segment_cell *cell = cell_of(c, hash);
	const uint32_t slot = ost_flow_slot(flow->meta);
	const bool reply = from != (ost_flow_flags(flow->meta) & OST_FLOW_OPENED_IN ? 1u : 0u);

	if (p->payload_bytes == 0)
		return;
	if (cell->hash == hash && cell->left > 0) {
		if (t->used < t->capacity && t->spent[slot] < OST_SEGMENT_SHARE) {
			struct ost_segment_entry *e = &t->entries[t->used++];

			t->spent[slot]++;
			e->slot = slot;
			fill(c, p, flow, cell, v4, reply, &e->segment);
		} else {
			t->lost++;
		}
		cell->ordinal++;
		cell->left--;
		if (cell->left > 0)
			return;
		cell->hash = 0;
	}
	flow->meta->rule &= ~((uint32_t)OST_FLOW_OBSERVED << 24);
}

uint64_t ost_classifier_segments_drain(struct ost_classifier *c, int64_t wall_offset_ns,
	void (*fn)(void *user, uint32_t slot, struct ost_segment *segment), void *user)
{
	struct ost_segments *t = &c->segments[!atomic_load(&c->copies_current)];
	uint64_t lost = t->lost;

	for (uint32_t i = 0; i < t->used; i++) {
		struct ost_segment_entry *e = &t->entries[i];

		e->segment.wall_ns += (uint64_t)wall_offset_ns;
		t->spent[e->slot] = 0;
		fn(user, e->slot, &e->segment);
		explicit_bzero(&e->segment, sizeof(e->segment)); /* there may be a password in it */
	}
	t->used = 0;
	t->lost = 0;
	return lost;
}
