/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The burst: parse, one look-up, verdict. Compiled once for each instruction set that we choose from at
 * start (OST_VARIANT). What is no plain packet of an established flow goes to ost_first(). */
#include "burst.h"
#include "rate.h"
#include "parse.h"

/* Received and forwarded packets of one ingress port, added to its counters when another port's come. */
struct run {
	struct ost_port_counts *counts;
	uint64_t pkts, bytes;
	uint32_t port;
};

static inline void run_flush(struct ost_classifier *c, struct run *r, bool received)
{
	struct ost_port_counts *n = &c->ports[r->port];

	if (r->pkts == 0)
		return;
	if (received) {
		n->received_pkts += r->pkts;
		n->received_bytes += r->bytes;
	} else {
		n->forwarded_pkts += r->pkts;
		n->forwarded_bytes += r->bytes;
	}
	r->pkts = 0;
	r->bytes = 0;
}

static inline void run_add(struct ost_classifier *c, struct run *r, uint32_t port, uint32_t bytes, bool received)
{
	if (OST_UNLIKELY(port != r->port)) {
		run_flush(c, r, received);
		r->port = port;
	}
	r->pkts++;
	r->bytes += bytes;
}

/* A packet that moves the flow's state on. False: ost_first() decides. */
static bool state_step(struct ost_flow *f, const struct ost_packet *p, uint8_t state, unsigned from, unsigned opener)
{
	if (p->protocol == 6)
		return ost_flow_tcp(f, p, from) == OST_TCP_PASS;
	if (state == OST_FLOW_UDP && from != opener)
		ost_flow_state_set(f->tail1, OST_FLOW_UDP_REPLY);
	/* Who asked may ask again, and who was asked may answer: nothing else. */
	return state != OST_FLOW_ICMP || ((p->flags & OST_PACKET_REPLY) != 0) == (from != opener);
}

/* A packet of a flow that was found by its whole key. True: forwarded. False: not plain, ost_first() decides. */
static inline bool hit(struct ost_classifier *c, const struct ost_packet *p, struct ost_flow *f, struct ost_verdict *v)
{
	/* Packets that leave a flow's state as it is, by state, as bits of [flags of TCP set][from the other side]. */
	static const uint8_t quiet[OST_FLOW_STATE_COUNT] = {[OST_FLOW_UDP] = 1, [OST_FLOW_UDP_REPLY] = 3,
		[OST_FLOW_OTHER] = 3, [OST_FLOW_TCP_ESTABLISHED] = 3};
	uint64_t tail1 = *f->tail1;
	uint8_t state = ost_flow_state(tail1), flags = ost_flow_flags(f->meta);
	unsigned from = p->flags & OST_PACKET_TO_DEVICE ? 1 : 0, opener = flags & OST_FLOW_OPENED_IN;
	unsigned event = (unsigned)((p->tcp_flags & (OST_TCP_SYN | OST_TCP_FIN | OST_TCP_RST)) != 0) << 1 | (from ^ opener);
	uint32_t slot = ost_flow_slot(f->meta);

	if (OST_UNLIKELY(f->meta->stamp != atomic_load_explicit(&c->view->stamp[slot], memory_order_acquire) ||
		    c->tick - f->meta->last_tick > c->timeout_ticks[state] ||
		    (flags & (OST_FLOW_ALIAS | OST_FLOW_DEVICE_PEER | OST_FLOW_DNS | OST_FLOW_OBSERVED)) ||
		    (from == 0 ? ost_flow_port(tail1) != p->port : !ost_neighbour_known(c->neighbours, c->view, p))))
		return false;
	if (OST_LIKELY(quiet[state] >> event & 1))
		f->counts->ack[from] = p->tcp_ack; /* for all but TCP nobody reads it */
	else if (!state_step(f, p, state, from, opener))
		return false;
	if (OST_UNLIKELY((flags & OST_FLOW_LIMITED) && from == 0) && ost_limits_take(c, slot, p->length) != OST_REASON_NONE)
		return false;
	f->meta->last_tick = c->tick;
	f->counts->pkts[from]++;
	f->counts->bytes[from] += p->length;
	if (OST_UNLIKELY(f->counts->bytes[from] >> 31))
		ost_flow_fold(c, f);
	*v = (struct ost_verdict){.action = OST_FORWARD,
		.egress = from == 0 ? ost_flow_egress(f->meta) : ost_flow_port(tail1), .device = slot};
	return true;
}

/* Parses one frame and asks for the line of its bucket. */
static inline void parse_one(struct ost_classifier *c, const struct ost_frame *frame, struct ost_packet *p)
{
	const struct ost_site *site = c->site;
	bool to_device = ost_port_is_network(site, frame->port);

	if (OST_LIKELY(ost_parse_fast(frame, to_device, p))) {
		p->hash = ost_hash_3(&site->hash, p->key[0], p->key[1], p->key[2]);
		ost_table_prefetch(&c->table4, p->hash);
		return;
	}
	ost_parse(frame, to_device, p);
	if (p->kind == OST_KIND_REFUSED || p->kind >= OST_KIND_CONTROL_FIRST)
		return;
	p->hash = ost_flow_hash(site, p->key, ost_packet_is4(p));
	ost_table_prefetch(ost_packet_is4(p) ? &c->table4 : &c->table6, p->hash);
}

/* Candidate by tag: the first bucket's first one. Asks for the lines of its entry, or for the second bucket. */
static inline uint32_t candidate(struct ost_classifier *c, const struct ost_packet *p)
{
	uint32_t place = OST_TABLE_NONE;

	if (OST_LIKELY(p->kind == OST_KIND_FLOW4)) {
		place = ost_table_candidate(&c->table4, p->hash);
		if (place != OST_TABLE_NONE)
			__builtin_prefetch(&c->flows4[place], 1);
		else
			__builtin_prefetch(ost_table_beyond(&c->table4, p->hash));
	} else if (p->kind == OST_KIND_FLOW6) {
		place = ost_table_candidate(&c->table6, p->hash);
		if (place != OST_TABLE_NONE) {
			__builtin_prefetch(&c->flows6[place], 1);
			__builtin_prefetch(&c->flows6[place].counts, 1);
		} else {
			__builtin_prefetch(ost_table_beyond(&c->table6, p->hash));
		}
	}
	return place;
}

/* Compares the whole key; asks for the device's stamp. */
static inline uint32_t confirm(struct ost_classifier *c, const struct ost_packet *p, uint32_t place)
{
	bool v4 = p->kind == OST_KIND_FLOW4;

	if (place != OST_TABLE_NONE &&
		OST_UNLIKELY(!(v4 ? ost_flow4_is(&c->flows4[place], p->key) : ost_flow6_is(&c->flows6[place], p->key))))
		place = ost_flow_find(c, p->key, p->hash, v4);
	else if (place == OST_TABLE_NONE && (v4 || p->kind == OST_KIND_FLOW6) &&
		OST_UNLIKELY(ost_table_match(ost_table_beyond(v4 ? &c->table4 : &c->table6, p->hash), ost_table_tag(p->hash)) != 0))
		place = ost_flow_find(c, p->key, p->hash, v4);
	if (place == OST_TABLE_NONE)
		return place;
	const struct ost_flow_meta *m = v4 ? &c->flows4[place].meta : &c->flows6[place].meta;

	__builtin_prefetch(&c->view->stamp[ost_flow_slot(m)]);
	if (OST_UNLIKELY(ost_flow_flags(m) & OST_FLOW_LIMITED))
		__builtin_prefetch(&c->site->slots[ost_flow_slot(m)], 1);
	return place;
}

void OST_VARIANT_NAME(ost_burst)(struct ost_classifier *c, const struct ost_frame *frames, uint32_t n,
	struct ost_verdict *verdicts)
{
	struct ost_packet packets[OST_BURST];
	struct ost_packet *slow[OST_BURST];
	struct ost_verdict *slow_verdicts[OST_BURST];
	uint32_t places[OST_BURST], slow_count = 0;
	bool one_port;
	struct run received = {.port = frames[0].port}, forwarded = {.port = frames[0].port};

	for (uint32_t i = 0; i < n; i++)
		__builtin_prefetch(frames[i].bytes);
	for (uint32_t i = 0; i < n; i++) {
		run_add(c, &received, frames[i].port, frames[i].length, true);
		parse_one(c, &frames[i], &packets[i]);
	}
	one_port = received.pkts == n;
	run_flush(c, &received, true);
	for (uint32_t i = 0; i < n; i++)
		places[i] = candidate(c, &packets[i]);
	for (uint32_t i = 0; i < n; i++)
		places[i] = confirm(c, &packets[i], places[i]);
	for (uint32_t i = 0; i < n; i++) {
		struct ost_packet *p = &packets[i];
		struct ost_flow f;

		if (OST_LIKELY(places[i] != OST_TABLE_NONE)) {
			f = p->kind == OST_KIND_FLOW4 ? ost_flow4_at(c, places[i]) : ost_flow6_at(c, places[i]);
			if (OST_LIKELY(hit(c, p, &f, &verdicts[i]))) {
				run_add(c, &forwarded, p->port, p->length, false);
				continue;
			}
		} else {
			p->flags |= OST_PACKET_MISSED;
		}
		slow[slow_count] = p;
		slow_verdicts[slow_count++] = &verdicts[i];
	}
	run_flush(c, &forwarded, false);
	if (slow_count > 0)
		OST_VARIANT_NAME(ost_first)(c, slow, slow_verdicts, slow_count, one_port);
}
