/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Refusing and counting: every frame ends in exactly one counter of its ingress port, a refused one in one
 * of its device as well when there is one, and in a record when there is room. */
#include "classifier.h"
#include "cursor.h"
#include "refuse.h"

#define CARRY_BITS 24 /* of a cell: how often; the rest: whose */
#define CARRY_MAX  ((1u << CARRY_BITS) - 1)

/* 0 to 6 (OST_FLOOD_REASONS): what a flood from or towards a known device is refused with. The others follow in their own order; the
 * seven that those displaced, from NONE to IPV6_EXTENSION, take their places. */
#pragma GCC diagnostic push
#ifdef __clang__
#pragma GCC diagnostic ignored "-Winitializer-overrides"
#else
#pragma GCC diagnostic ignored "-Woverride-init"
#endif
const uint8_t ost_tally_place[OST_REASON_COUNT] = {
#define OST_TALLY_PLACE(id, name, meaning, advice) [OST_REASON_##id] = OST_REASON_##id,
	OST_REASONS(OST_TALLY_PLACE)
#undef OST_TALLY_PLACE
	[OST_REASON_NOT_ALLOWED] = 0, [OST_REASON_NONE] = OST_REASON_NOT_ALLOWED,
	[OST_REASON_NOT_ALLOWED_IN] = 1, [OST_REASON_MALFORMED_ETHERNET] = OST_REASON_NOT_ALLOWED_IN,
	[OST_REASON_SOURCE_ADDRESS] = 2, [OST_REASON_MALFORMED_ARP] = OST_REASON_SOURCE_ADDRESS,
	[OST_REASON_NO_FLOW] = 3, [OST_REASON_MALFORMED_IPV4] = OST_REASON_NO_FLOW,
	[OST_REASON_MAC_WRONG_PORT] = 4, [OST_REASON_MALFORMED_IPV6] = OST_REASON_MAC_WRONG_PORT,
	[OST_REASON_MAC_ON_NETWORK] = 5, [OST_REASON_MALFORMED_L4] = OST_REASON_MAC_ON_NETWORK,
	[OST_REASON_FOREIGN_DNS] = 6, [OST_REASON_IPV6_EXTENSION] = OST_REASON_FOREIGN_DNS,
};
#pragma GCC diagnostic pop

const struct ost_port_counts *ost_classifier_port_counts(const struct ost_classifier *c, uint32_t port)
{
	return port < OST_PORTS_MAX ? &c->ports[port] : NULL;
}

/* A tick of the past on the clock of now_ns, whose 32 bits of ticks may have wrapped since it started. */
static uint64_t tick_ns(uint32_t tick, uint64_t now_ns)
{
	const uint64_t now = now_ns >> OST_TICK_SHIFT;
	const int32_t ahead = (int32_t)(tick - (uint32_t)now);

	if (tick == 0)
		return 0;
	/* Written a moment later than now_ns was read, or with its lowest bit set to be no zero. */
	if (ahead >= 0 && ahead < 1024)
		return (now + (uint32_t)ahead) << OST_TICK_SHIFT;
	return (now - (uint32_t)((uint32_t)now - tick)) << OST_TICK_SHIFT;
}

/* What could not be sent, or was refused by another worker, is subtracted at once, and what the flow counted comes with the next
 * sweep. Of all workers together: one of them may have less than none. */
static uint64_t not_less_than_none(uint64_t count)
{
	return count >> 63 ? 0 : count;
}

static void counts_add(const struct ost_classifier *c, uint32_t slot, struct ost_device_counts *n)
{
	const struct ost_tally *t = &c->tallies[slot];
	uint64_t seen_ns = tick_ns(t->last_tick, c->now_ns);

	n->out_pkts += t->pkts[0];
	n->out_bytes += t->bytes[0];
	n->in_pkts += t->pkts[1];
	n->in_bytes += t->bytes[1];
	n->last_seen_ns = OST_MAX(n->last_seen_ns, seen_ns);
	for (unsigned i = 0; i < OST_REASON_COUNT; i++) {
		if (ost_tally_place[i] < OST_FLOOD_REASONS)
			n->refused_pkts[i] += t->refused[ost_tally_place[i]];
	}
}

static void refused_add(const struct ost_refused *r, struct ost_device_counts *n)
{
	for (unsigned i = 0; i < OST_REASON_COUNT; i++) {
		uint8_t place = ost_tally_place[i];

		if (place >= OST_FLOOD_REASONS)
			n->refused_pkts[i] += atomic_load_explicit(&r->rare[place - OST_FLOOD_REASONS], memory_order_relaxed);
	}
	for (uint32_t i = 0; i < OST_CARRY_CELLS; i++) {
		uint32_t cell = atomic_load_explicit(&r->carry[i], memory_order_relaxed);

		n->refused_pkts[(cell >> CARRY_BITS) % OST_REASON_SLOTS] += (uint64_t)(cell & CARRY_MAX) << 32;
	}
}

void ost_site_device_counts(const struct ost_site *site, uint32_t slot, struct ost_device_counts *ret_counts)
{
	struct ost_device_counts n = {0};

	if (slot >= site->config.devices_max) {
		*ret_counts = n;
		return;
	}
	n.flows = atomic_load_explicit(&site->slots[slot].flows, memory_order_relaxed);
	n.flows_opened = atomic_load_explicit(&site->slots[slot].opened, memory_order_relaxed);
	refused_add(&site->refused[slot], &n);
	for (uint32_t i = 0; i < site->classifier_count; i++)
		counts_add(site->classifiers[i], slot, &n);
	n.out_pkts = not_less_than_none(n.out_pkts);
	n.out_bytes = not_less_than_none(n.out_bytes);
	n.in_pkts = not_less_than_none(n.in_pkts);
	n.in_bytes = not_less_than_none(n.in_bytes);
	*ret_counts = n;
}

/* One more 2^32 of a reason. False: all cells are other reasons'. */
static bool carry_add(struct ost_refused *r, uint8_t reason)
{
	for (uint32_t i = 0; i < OST_CARRY_CELLS; i++) {
		uint32_t cell = atomic_load_explicit(&r->carry[i], memory_order_relaxed);

		while (cell == 0 || cell >> CARRY_BITS == reason) {
			uint32_t more = (cell == 0 ? (uint32_t)reason << CARRY_BITS : cell) + 1;

			if (atomic_compare_exchange_weak_explicit(
				    &r->carry[i], &cell, more, memory_order_relaxed, memory_order_relaxed))
				return true;
		}
	}
	return false;
}

/* A reason's counter has just passed its end. */
static void rare_carry(struct ost_refused *r, _Atomic uint32_t *rare, uint8_t reason)
{
	if (!carry_add(r, reason))
		atomic_store_explicit(rare, UINT32_MAX, memory_order_relaxed);
}

void ost_tally_refuse_shared(struct ost_classifier *c, uint32_t slot, uint8_t reason)
{
	struct ost_refused *r = &c->site->refused[slot];
	uint8_t place = ost_tally_place[reason];
	_Atomic uint32_t *rare;
	uint32_t before;

	if (place < OST_FLOOD_REASONS) {
		if (!carry_add(r, reason))
			c->tallies[slot].refused[place] = UINT32_MAX;
		return;
	}
	rare = &r->rare[place - OST_FLOOD_REASONS];
	if (c->config.shared_limits) {
		before = atomic_fetch_add_explicit(rare, 1, memory_order_relaxed);
	} else {
		before = atomic_load_explicit(rare, memory_order_relaxed);
		atomic_store_explicit(rare, before + 1, memory_order_relaxed);
	}
	if (before == UINT32_MAX)
		rare_carry(r, rare, reason);
}

uint64_t ost_classifier_rule_hits(const struct ost_classifier *c, uint32_t rule)
{
	const struct ost_view *v = atomic_load(&c->site->view);

	return v != NULL && rule < v->image->rule_count && v->hits[c->index] != NULL ? v->hits[c->index][rule] : 0;
}

void ost_classifier_flows(const struct ost_classifier *c, uint64_t *ret_flows, uint64_t *ret_max)
{
	*ret_flows = (uint64_t)c->table4.used + c->table6.used;
	*ret_max = (uint64_t)c->table4.max + c->table6.max;
}

static void unsent_move(struct ost_port_counts *n, uint32_t pkts, uint64_t bytes, enum ost_reason reason)
{
	n->forwarded_pkts -= pkts;
	n->forwarded_bytes -= bytes;
	n->refused_pkts[reason] += pkts;
}

void ost_classifier_unsent(struct ost_classifier *c, uint8_t ingress, uint32_t device, bool to_device, uint32_t pkts,
	uint64_t bytes, enum ost_reason reason)
{
	struct ost_tally *t;

	if (ingress >= OST_PORTS_MAX)
		return;
	unsent_move(&c->ports[ingress], pkts, bytes, reason);
	if (device >= c->site->config.devices_max)
		return;
	t = &c->tallies[device];
	/* The flow counted them already; its counts come here with the next sweep. */
	ost_tally_take_back(t, to_device || ost_tally_towards(c, device, ingress), pkts, bytes);
	for (uint32_t i = 0; i < pkts; i++)
		ost_tally_refuse(c, device, (uint8_t)reason);
}

/* Addresses and ports as far as the frame has them: it may have been refused for having not. */
static void refusal_addresses(const struct ost_packet *p, struct ost_refusal *r)
{
	struct ost_cursor c = ost_cursor_of(p->bytes, p->length);
	const uint8_t *h;

	if (p->l3 == 0 || !ost_cursor_skip(&c, p->l3))
		return;
	if (p->ethertype == 0x0800 && (h = ost_cursor_take(&c, 20)) != NULL) {
		r->family = OST_IPV4;
		r->protocol = h[9];
		memcpy(r->src_ip, h + 12, 4);
		memcpy(r->dst_ip, h + 16, 4);
	} else if (p->ethertype == 0x86dd && (h = ost_cursor_take(&c, 40)) != NULL) {
		r->family = OST_IPV6;
		r->protocol = p->protocol != 0 ? p->protocol : h[6];
		memcpy(r->src_ip, h + 8, 16);
		memcpy(r->dst_ip, h + 24, 16);
	} else if (p->ethertype == 0x0806 && (h = ost_cursor_take(&c, 28)) != NULL) {
		r->family = OST_IPV4;
		r->src_port = (uint16_t)(h[6] << 8 | h[7]);
		memcpy(r->src_ip, h + 14, 4);
		memcpy(r->dst_ip, h + 24, 4);
	}
	if (p->l4 == 0 || p->ethertype == 0x0806)
		return;
	c = ost_cursor_of(p->bytes, p->length);
	(void)ost_cursor_skip(&c, p->l4);
	if (r->protocol == 1 || r->protocol == 58) {
		r->dst_port = ost_cursor_be16(&c);
	} else if (r->protocol == 6 || r->protocol == 17 || r->protocol == 33 || r->protocol == 132 || r->protocol == 136) {
		r->src_port = ost_cursor_be16(&c);
		r->dst_port = ost_cursor_be16(&c);
	}
}

void ost_refusal_fill(struct ost_classifier *c, const struct ost_packet *p, uint32_t slot, uint8_t reason,
	struct ost_refusal *r)
{
	*r = (struct ost_refusal){.first_wall_ns = c->now_ns, .device = OST_DEVICE_NONE, .vlan = p->vlan,
		.ethertype = p->ethertype, .reason = reason & (OST_REFUSAL_AUDIT - 1), .port = p->port, .audit = reason >= OST_REFUSAL_AUDIT};
	if (c->view != NULL) {
		r->generation = c->view->image->generation;
		if (slot != OST_SLOT_NONE && c->view->hot[slot].role != UINT32_MAX)
			r->device = c->view->device[slot];
	}
	ost_copy_take(c, p, slot, r->audit ? OST_COPY_AUDITED : OST_COPY_REFUSED, r->reason);
	if (p->length < 12)
		return;
	memcpy(r->dst_mac, p->bytes, 6);
	memcpy(r->src_mac, p->bytes + 6, 6);
	refusal_addresses(p, r);
}

void ost_refuse(struct ost_classifier *c, const struct ost_packet *p, uint32_t slot, enum ost_reason reason,
	struct ost_verdict *v)
{
	const struct ost_hash_key *k = &c->site->hash;

	ost_refuse_hashed(c, p, ost_refusal_hash(k, p, ost_packet_source(k, p)), slot, reason, v);
}

void ost_refuse_hashed(struct ost_classifier *c, const struct ost_packet *p, uint64_t hash, uint32_t slot, enum ost_reason reason,
	struct ost_verdict *v)
{
	struct ost_refusal_table *t = ost_refusal_table_now(c);

	ost_refuse_count(c, p, slot, reason, v);
	if (t->capacity != 0)
		ost_refusal_record(c, t, p, hash, OST_REFUSAL_FRESH, slot, (uint8_t)reason);
}

void ost_classifier_refusals_flip(struct ost_classifier *c)
{
	atomic_store_explicit(&c->refusals_current, !atomic_load(&c->refusals_current), memory_order_release);
}

uint64_t ost_classifier_refusals_drain(struct ost_classifier *c, int64_t wall_offset_ns,
	void (*fn)(void *user, const struct ost_refusal *refusal), void *user)
{
	struct ost_refusal_table *t = &c->refusals[!atomic_load(&c->refusals_current)];
	uint64_t lost = t->lost_pkts;

	for (uint32_t i = 0; i < t->capacity && t->used > 0; i++) {
		struct ost_refusal *r = &t->records[i];

		if (t->hashes[i] == 0)
			continue;
		r->first_wall_ns += (uint64_t)wall_offset_ns;
		r->last_wall_ns += (uint64_t)wall_offset_ns;
		fn(user, r);
		t->hashes[i] = 0;
		t->used--;
	}
	t->lost_pkts = 0;
	return lost;
}

uint64_t ost_classifier_opened_drain(struct ost_classifier *c, int64_t wall_offset_ns,
	void (*fn)(void *user, const struct ost_opened *opened), void *user)
{
	struct ost_opened_table *t = &c->opened_tables[!atomic_load(&c->refusals_current)];
	uint64_t lost = t->places.lost_pkts;

	for (uint32_t i = 0; i < t->places.capacity && t->places.used > 0; i++) {
		struct ost_opened *r = &t->records[i];

		if (t->places.hashes[i] == 0)
			continue;
		r->first_wall_ns += (uint64_t)wall_offset_ns;
		r->last_wall_ns += (uint64_t)wall_offset_ns;
		fn(user, r);
		t->places.hashes[i] = 0;
		t->places.used--;
	}
	t->places.lost_pkts = 0;
	return lost;
}
