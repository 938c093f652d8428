/* SPDX-License-Identifier: GPL-2.0-or-later */
/* First packets, refused packets, and whatever is no plain packet of an established flow. Staged like the burst:
 * all packets ask for their lines before the first one is judged, because this is the edge that a flood hits. */
#include "burst.h"
#include "decide.h"
#include "rate.h"
#include "refuse.h"
#include "resolve.h"
#include "stage.h"

static inline void question(const struct first *f, enum ost_direction direction, uint32_t tick, struct ost_question *q)
{
	ost_question_address(q, f->rem_ip);
	q->tick = tick;
	q->protocol = f->p->protocol;
	q->value = f->p->value;
	q->direction = (uint8_t)direction;
}

/* Who are you, and is it really you? OST_REASON_NONE when the frame is that device's, or is for it. */
static inline enum ost_reason identify(struct ost_classifier *c, const struct first *f)
{
	const struct ost_packet *p = f->p;
	uint8_t port;

	if (f->to_device) {
		if (f->other != OST_SLOT_NONE)
			return OST_REASON_MAC_ON_NETWORK;
		if (p->flags & OST_PACKET_GROUP_MAC)
			return OST_REASON_GROUP_DESTINATION;
		return f->own == OST_SLOT_NONE ? OST_REASON_UNKNOWN_DESTINATION : OST_REASON_NONE;
	}
	if (f->own == OST_SLOT_NONE)
		return OST_REASON_UNKNOWN_DEVICE;
	port = ost_slot_port(c->site, c->view, f->own);
	if (port == OST_PORTS_MAX)
		port = ost_slot_pin(c->site, f->own, p->port);
	return port == p->port ? OST_REASON_NONE : OST_REASON_MAC_WRONG_PORT;
}

/* Whose counters the refusal goes to: the device that sent it or was to get it; a stolen MAC's owner. */
static inline uint32_t account_slot(const struct ost_classifier *c, const struct first *f, enum ost_reason reason)
{
	/* A frame that was refused before anyone looked at who sent it: only the right port makes it the device's. */
	if (f->p->kind == OST_KIND_REFUSED && !f->to_device && f->own != OST_SLOT_NONE &&
		ost_slot_port(c->site, c->view, f->own) != f->p->port)
		return OST_SLOT_NONE;
	return reason == OST_REASON_MAC_ON_NETWORK ? f->other : f->own;
}

static inline void refuse(struct ost_classifier *c, const struct first *f, enum ost_reason reason)
{
	ost_refuse_hashed(c, f->p, f->refusal_hash, account_slot(c, f, reason), reason, f->v);
}

static inline void forward(struct ost_classifier *c, const struct ost_packet *p, uint32_t slot, uint8_t egress,
	struct ost_verdict *v)
{
	c->ports[p->port].forwarded_pkts++;
	c->ports[p->port].forwarded_bytes += p->length;
	*v = (struct ost_verdict){.action = OST_FORWARD, .egress = egress, .device = slot};
}

/* Forwards what may pass; of a DNS flow, the control owner does, who reads it. from: 0 the device sent it. */
static inline void pass_on(struct ost_classifier *c, const struct ost_packet *p, uint32_t slot, uint8_t egress, uint8_t dns, unsigned from,
	struct ost_verdict *v)
{
	if (OST_LIKELY(dns == 0) || c->config.owns_control) {
		forward(c, p, slot, egress, v);
		return;
	}
	c->ports[p->port].handed_over_pkts++;
	*v = (struct ost_verdict){.action = from ? OST_HANDOVER_ANSWER : OST_HANDOVER_QUERY, .egress = egress, .device = slot};
}

static inline uint8_t opening_state(const struct ost_packet *p)
{
	switch (p->protocol) {
	case 6:
		return OST_FLOW_TCP_OPENING;
	case 17:
		return OST_FLOW_UDP;
	case 1:
	case 58:
		return OST_FLOW_ICMP;
	default:
		return OST_FLOW_OTHER;
	}
}

static uint32_t insert(struct ost_classifier *c, const uint64_t *key, uint64_t hash, bool v4, uint8_t port, uint8_t state,
	struct ost_flow *ret_flow)
{
	uint32_t place = ost_flow_place(c, hash, v4);

	if (place == OST_TABLE_NONE)
		return place;
	if (v4) {
		memset(&c->flows4[place], 0, sizeof(c->flows4[place]));
		memcpy(c->flows4[place].key, key, 24);
		*ret_flow = ost_flow4_at(c, place);
	} else {
		memset(&c->flows6[place], 0, sizeof(c->flows6[place]));
		memcpy(c->flows6[place].key, key, 48);
		*ret_flow = ost_flow6_at(c, place);
	}
	*ret_flow->tail1 = ost_flow_tail1(*ret_flow->tail1, port, state);
	return place;
}

/* The key of the same flow as the other device's: seen from it, the remote's half is its own. */
static inline void mirror_key(const struct first *f, uint64_t other_mac, uint64_t *key)
{
	const uint64_t *k = f->p->key;
	uint64_t tail0 = k[f->v4 ? 1 : 4];
	uint16_t dev_port = (uint16_t)tail0, rem_port = (uint16_t)(tail0 >> 16);
	bool icmp = f->p->protocol == 1 || f->p->protocol == 58;

	if (f->v4) {
		key[0] = k[0] >> 32 | k[0] << 32;
		key += 1;
	} else {
		memcpy(key, &k[2], 16);
		memcpy(key + 2, &k[0], 16);
		key += 4;
	}
	key[0] = icmp ? ost_key_tail0(dev_port, rem_port, other_mac) : ost_key_tail0(rem_port, dev_port, other_mac);
	key[1] = ost_key_tail1(other_mac, f->p->protocol, f->p->vlan);
}

static inline void flow_start(struct ost_classifier *c, struct ost_flow *flow, const struct first *f, uint32_t rule, uint8_t egress,
	uint8_t flags)
{
	unsigned from = f->to_device;

	flow->meta->stamp = atomic_load_explicit(&c->view->stamp[f->own], memory_order_acquire);
	flow->meta->slot = f->own | (uint32_t)egress << 24;
	flow->meta->rule = (rule & OST_FLOW_RULE_AUDIT) | (uint32_t)(flags | (from ? OST_FLOW_OPENED_IN : 0)) << 24;
	flow->meta->last_tick = c->tick;
	flow->counts->pkts[from] = 1;
	flow->counts->bytes[from] = f->p->length;
	if (f->p->protocol == 6)
		flow->counts->ack[!from] = f->p->tcp_seq + 1;
}

static inline struct ost_flow flow_at(struct ost_classifier *c, uint32_t place, bool v4)
{
	return v4 ? ost_flow4_at(c, place) : ost_flow6_at(c, place);
}

static inline bool timed_out(const struct ost_classifier *c, const struct ost_flow *flow)
{
	return c->tick - flow->meta->last_tick > c->timeout_ticks[ost_flow_state(*flow->tail1)];
}

/* The peer's name for a flow between two devices. */
static bool alias_insert(struct ost_classifier *c, const struct first *f, uint32_t primary, uint8_t port)
{
	uint64_t key[6], hash;
	struct ost_flow alias;
	uint32_t place;

	mirror_key(f, f->other_mac, key);
	hash = ost_flow_hash(c->site, key, f->v4);
	place = ost_flow_find(c, key, hash, f->v4);
	if (place != OST_TABLE_NONE) {
		/* An alias there names what was at our key before; a flow there may have timed out unswept. */
		struct ost_flow old = flow_at(c, place, f->v4);

		if (!(ost_flow_flags(old.meta) & OST_FLOW_ALIAS) && !timed_out(c, &old))
			return false;
		ost_flow_close(c, place, f->v4);
	}
	if (insert(c, key, hash, f->v4, port, OST_FLOW_OTHER, &alias) == OST_TABLE_NONE)
		return false;
	alias.meta->stamp = 0;
	alias.meta->slot = f->other;
	alias.meta->rule = primary | (uint32_t)OST_FLOW_ALIAS << 24;
	alias.meta->last_tick = c->tick;
	return true;
}

/* Where packets from the device go: to the other device's port, or up. */
static inline enum ost_reason egress_of(struct ost_classifier *c, const struct first *f, uint8_t *ret_egress)
{
	uint8_t port;

	if (f->to_device) {
		port = ost_slot_port(c->site, c->view, f->own);
		*ret_egress = port != OST_PORTS_MAX ? c->site->config.ports[port].uplink : 0;
		return port != OST_PORTS_MAX ? OST_REASON_NONE : OST_REASON_UNKNOWN_DESTINATION;
	}
	*ret_egress = c->site->config.ports[f->p->port].uplink;
	if (f->other == OST_SLOT_NONE)
		return OST_REASON_NONE;
	/* To another device directly: the address must be that device's, and it must be on another port. */
	port = ost_slot_port(c->site, c->view, f->other);
	*ret_egress = port;
	if (port == OST_PORTS_MAX || port == f->p->port || f->peer != f->other)
		return OST_REASON_UNKNOWN_DESTINATION;
	return OST_REASON_NONE;
}

/* Opens the flow and forwards, or says why not. The allow-list has been asked. */
static enum ost_reason open_flow(struct ost_classifier *c, struct first *f, const struct ost_judgement *j, uint8_t egress, uint8_t dns)
{
	const struct ost_image_role *role = &c->view->image->roles[c->view->hot[f->own].role];
	struct ost_slot *s = &c->site->slots[f->own];
	bool direct = !f->to_device && f->other != OST_SLOT_NONE;
	uint8_t flags = (uint8_t)(ost_flow_limited(c, f->own) | (direct ? OST_FLOW_DEVICE_PEER : 0) | dns);
	struct ost_flow flow;
	uint8_t port = ost_slot_port(c->site, c->view, f->own);
	uint32_t place;

	if (atomic_load_explicit(&s->flows, memory_order_relaxed) >= role->flows)
		return OST_REASON_FLOW_LIMIT;
	if (!f->to_device) {
		enum ost_reason r;

		if (role->new_flows_per_s && !ost_limit_take(&s->new_flows_ns, role->new_flows_per_s, 1, OST_LIMIT_BURST_UNITS,
						      c->now_ns, c->config.shared_limits))
			return OST_REASON_NEW_FLOW_RATE;
		r = ost_limits_take(c, f->own, f->p->length);
		if (r != OST_REASON_NONE)
			return r;
	}
	if (OST_UNLIKELY(dns != 0) && c->config.owns_control) {
		enum ost_reason r = ost_resolve(c, f->p, f->own, false);

		if (r != OST_REASON_NONE)
			return r;
	}
	place = insert(c, f->p->key, f->p->hash, f->v4, port, opening_state(f->p), &flow);
	if (place == OST_TABLE_NONE)
		return OST_REASON_FLOW_TABLE_FULL;
	flow_start(c, &flow, f, j->rule, egress, (uint8_t)(flags | ost_segment_wanted(c, f->p)));
	if (direct && !alias_insert(c, f, place, egress)) {
		ost_table_remove(f->v4 ? &c->table4 : &c->table6, f->p->hash, place);
		flow.meta->rule = 0; /* no alias may take it for its flow */
		return OST_REASON_FLOW_TABLE_FULL;
	}
	if (c->config.shared_limits) {
		atomic_fetch_add_explicit(&s->flows, 1, memory_order_relaxed);
		atomic_fetch_add_explicit(&s->opened, 1, memory_order_relaxed);
	} else {
		atomic_store_explicit(&s->flows, atomic_load_explicit(&s->flows, memory_order_relaxed) + 1, memory_order_relaxed);
		atomic_store_explicit(&s->opened, atomic_load_explicit(&s->opened, memory_order_relaxed) + 1, memory_order_relaxed);
	}
	c->opened++;
	if (OST_LIKELY(j->rule != OST_RULE_NONE))
		c->view->hits[c->index][j->rule]++;
	ost_opened_note(c, f->p, f->refusal_hash, f->own, f->peer, f->rem_ip, j->audit != OST_REASON_NONE);
	pass_on(c, f->p, f->own, f->to_device ? port : egress, dns, 0, f->v);
	if (OST_UNLIKELY(j->audit != OST_REASON_NONE)) {
		f->v->audit = (uint8_t)j->audit;
		ost_audit_note(c, f->p, f->refusal_hash, f->own, j->audit);
	}
	return OST_REASON_NONE;
}

/* The binding of the device's half of the key. */
static inline enum ost_reason bound(struct ost_classifier *c, const struct first *f)
{
	if (f->v4 && address_known(&c->view->hot[f->own], &c->site->standings[f->own], c->view->statics.used > 0,
				 (uint32_t)f->dev_ip[0]))
		return OST_REASON_NONE;
	if (ost_binding_owner(c->site, c->view, ost_binding_hash(c->site, f->dev_ip, f->p->vlan), f->dev_ip, f->p->vlan, c->tick) == f->own)
		return OST_REASON_NONE;
	return f->to_device ? OST_REASON_UNKNOWN_DESTINATION : OST_REASON_SOURCE_ADDRESS;
}

static inline void explain_judged(struct ost_classifier *c, const struct first *f, const struct ost_judgement *j)
{
	if (OST_LIKELY(c->explain == NULL))
		return;
	c->explain->rule = j->rule;
	c->explain->peer_rule = j->peer_rule;
	c->explain->peer_device = f->peer != OST_SLOT_NONE ? c->view->device[f->peer] : OST_DEVICE_NONE;
}

/* No lane of its role matches, and lanes alone decide. */
static inline enum ost_reason not_listed(const struct ost_classifier *c, const struct first *f)
{
	struct ost_question q = {0};

	if (f->to_device)
		return OST_REASON_NOT_ALLOWED_IN;
	question(f, OST_TO, c->tick, &q);
	return ost_question_foreign_dns(c->view, &q) ? OST_REASON_FOREIGN_DNS : OST_REASON_NOT_ALLOWED;
}

/* A packet without a flow: the whole order of meaning. */
static enum ost_reason first_packet(struct ost_classifier *c, struct first *f)
{
	struct ost_judgement j = {OST_RULE_NONE, OST_RULE_NONE, OST_REASON_NONE};
	struct ost_question q = {0};
	enum ost_reason r = bound(c, f);
	uint8_t egress;

	if (r != OST_REASON_NONE)
		return r;
	if (!f->listed && can_open(f->p))
		return not_listed(c, f);
	f->peer = ost_binding_owner(c->site, c->view, ost_binding_hash(c->site, f->rem_ip, f->p->vlan), f->rem_ip, f->p->vlan, c->tick);
	if (!can_open(f->p)) {
		const struct ost_image_role *role = &c->view->image->roles[c->view->hot[f->own].role];

		return ost_slot_rights(c->site, f->own, role) != 0 ? OST_REASON_NO_FLOW : OST_REASON_STATE;
	}
	question(f, f->to_device ? OST_FROM : OST_TO, c->tick, &q);
	r = ost_judge(c->view, f->own, f->peer, &q, f->dev_ip, false, &j);
	explain_judged(c, f, &j);
	if (r != OST_REASON_NONE)
		return r;
	r = egress_of(c, f, &egress);
	if (r != OST_REASON_NONE)
		return r;
	return open_flow(c, f, &j, egress, ost_resolve_flag(c->view, f->own, f->peer, &q));
}

/* Between devices a frame is for the MAC of the device that has the address, as when the flow was opened: others
 * may be on its port, and the flow's key does not hold the destination's MAC. */
static inline bool for_peer(const struct ost_classifier *c, const struct first *f)
{
	return f->other != OST_SLOT_NONE &&
		ost_binding_owner(c->site, c->view, ost_binding_hash(c->site, f->rem_ip, f->p->vlan), f->rem_ip, f->p->vlan,
			c->tick) == f->other;
}

/* One packet of a flow that exists and is in force. from: 0 from the flow's device. */
static enum ost_reason pass(struct ost_classifier *c, struct first *f, struct ost_flow *flow, unsigned from)
{
	uint8_t state = ost_flow_state(*flow->tail1), flags = ost_flow_flags(flow->meta);
	unsigned opener = flags & OST_FLOW_OPENED_IN;
	uint32_t slot = ost_flow_slot(flow->meta);

	if ((flags & OST_FLOW_DEVICE_PEER) && !for_peer(c, f))
		return OST_REASON_UNKNOWN_DESTINATION;
	if (f->to_device) /* identify() saw that no device sent it */
		ost_neighbour_learn(c->neighbours, c->view, f->p);
	if (f->p->protocol == 6) {
		switch (ost_flow_tcp(flow, f->p, from)) {
		case OST_TCP_LATE:
			return OST_REASON_TCP_CLOSED;
		case OST_TCP_FORGED:
			return OST_REASON_NO_FLOW;
		default:
			break;
		}
	} else if (state == OST_FLOW_UDP && from != opener) {
		ost_flow_state_set(flow->tail1, OST_FLOW_UDP_REPLY);
	} else if (state == OST_FLOW_ICMP && ((f->p->flags & OST_PACKET_REPLY) != 0) != (from != opener)) {
		return OST_REASON_NO_FLOW;
	}
	/* The limits are those of the sender, which between devices may be the flow's other end. */
	if (!f->to_device) {
		enum ost_reason r = ost_limits_take(c, f->own, f->p->length);

		if (r != OST_REASON_NONE)
			return r;
	}
	if (OST_UNLIKELY(flags & OST_FLOW_DNS) && c->config.owns_control) {
		enum ost_reason r = ost_resolve(c, f->p, slot, from != 0);

		if (r != OST_REASON_NONE)
			return r;
	}
	flow->meta->last_tick = c->tick;
	flow->counts->pkts[from]++;
	flow->counts->bytes[from] += f->p->length;
	if (OST_UNLIKELY(flow->counts->bytes[from] >> 31))
		ost_flow_fold(c, flow);
	if (OST_UNLIKELY(flags & OST_FLOW_OBSERVED))
		ost_segment_take(c, f->p, flow, f->v4, from);
	pass_on(c, f->p, slot, from == 0 ? ost_flow_egress(flow->meta) : ost_flow_port(*flow->tail1), flags & OST_FLOW_DNS, from, f->v);
	return OST_REASON_NONE;
}

/* The flow that an alias stands for, if it is still that flow: its key is this packet's, mirrored, and its MAC its
 * own. What the packet's other MAC is must not matter here: a stranger's packet takes no alias away. */
static uint32_t alias_primary(struct ost_classifier *c, const struct first *f, const struct ost_flow *alias)
{
	const uint32_t place = ost_flow_rule(alias->meta);
	const uint64_t *tail;
	uint64_t key[6];
	bool same;

	if (place >= ost_table_places(f->v4 ? &c->table4 : &c->table6) ||
		!(ost_flow_flags(flow_at(c, place, f->v4).meta) & OST_FLOW_DEVICE_PEER))
		return OST_TABLE_NONE;
	tail = f->v4 ? &c->flows4[place].key[1] : &c->flows6[place].key[4];
	mirror_key(f, ost_key_mac(tail[0], tail[1]), key);
	same = f->v4 ? ost_flow4_is(&c->flows4[place], key) : ost_flow6_is(&c->flows6[place], key);
	return same ? place : OST_TABLE_NONE;
}

/* A packet whose key is in the table. OST_TABLE_NONE in *ret_place: it is no more, judge it as a first packet. */
static enum ost_reason existing(struct ost_classifier *c, struct first *f, uint32_t place, bool *ret_gone)
{
	struct ost_flow flow = flow_at(c, place, f->v4);
	unsigned from = f->to_device;
	const uint32_t met = place;
	const bool alias = ost_flow_flags(flow.meta) & OST_FLOW_ALIAS;
	const uint64_t alias_tail1 = *flow.tail1;
	bool moved, reopen;
	enum ost_reason r;

	*ret_gone = false;
	if (alias) {
		place = alias_primary(c, f, &flow);
		if (place == OST_TABLE_NONE) {
			ost_flow_close(c, met, f->v4);
			*ret_gone = true;
			return OST_REASON_NONE;
		}
		flow = flow_at(c, place, f->v4);
		from = 1;
	}
	/* What timed out stands in nobody's way, whoever asks. */
	if (!timed_out(c, &flow)) {
		/* Between devices: from the network side, or the other device moved: not this flow. */
		if (alias && (f->to_device || ost_flow_port(alias_tail1) != f->p->port))
			return OST_REASON_NO_FLOW;
		if (!alias && (ost_flow_flags(flow.meta) & OST_FLOW_DEVICE_PEER) && f->to_device)
			return OST_REASON_NO_FLOW;
		/* identify() saw the right port: the device's port changed with the policy. */
		moved = !alias && !f->to_device && ost_flow_port(*flow.tail1) != f->p->port;
		reopen = f->p->protocol == 6 && can_open(f->p) &&
			ost_flow_reopens(ost_flow_state(*flow.tail1),
				from == (ost_flow_flags(flow.meta) & OST_FLOW_OPENED_IN));
		if (!moved && !reopen)
			return ost_flow_rejudge(c, place, f->v4, &r) ? pass(c, f, &flow, from) : r;
	}
	ost_flow_close(c, place, f->v4);
	if (alias) /* it has our key */
		ost_flow_close(c, met, f->v4);
	*ret_gone = true;
	return OST_REASON_NONE;
}

/* ICMP errors pass with the flow that they speak about, towards the end that sent its packet. */
static enum ost_reason icmp_error(struct ost_classifier *c, struct first *f)
{
	uint32_t place = ost_flow_find(c, f->p->key, f->p->hash, f->v4);
	struct ost_flow flow;
	enum ost_reason r;

	if (f->p->length > f->p->l4 && f->p->protocol == 1 && f->p->bytes[f->p->l4] == 5)
		return f->to_device ? OST_REASON_ICMP_UNRELATED : OST_REASON_RA_GUARD;
	if (place == OST_TABLE_NONE)
		return OST_REASON_ICMP_UNRELATED;
	flow = flow_at(c, place, f->v4);
	if (timed_out(c, &flow) || (ost_flow_flags(flow.meta) & (OST_FLOW_ALIAS | OST_FLOW_DEVICE_PEER)) ||
		(!f->to_device && ost_flow_port(*flow.tail1) != f->p->port))
		return OST_REASON_ICMP_UNRELATED;
	if (!ost_flow_rejudge(c, place, f->v4, &r))
		return r;
	r = f->to_device ? OST_REASON_NONE : ost_limits_take(c, f->own, f->p->length);
	if (r != OST_REASON_NONE)
		return r;
	ost_tally_forward(&c->tallies[f->own], f->to_device, f->p->length);
	forward(c, f->p, f->own, f->to_device ? ost_flow_port(*flow.tail1) : ost_flow_egress(flow.meta), f->v);
	return OST_REASON_NONE;
}

static void decide(struct ost_classifier *c, struct first *f, uint32_t opened_before)
{
	enum ost_reason r = f->p->kind == OST_KIND_REFUSED ? (enum ost_reason)f->p->reason : identify(c, f);
	uint32_t place;
	bool gone;

	if (r == OST_REASON_NONE) {
		if (f->own != OST_SLOT_NONE && !f->to_device)
			c->tallies[f->own].last_tick = c->tick | 1;
		if (f->p->kind == OST_KIND_ICMP_ERROR4 || f->p->kind == OST_KIND_ICMP_ERROR6) {
			r = icmp_error(c, f);
		} else {
			/* Looked up again if an earlier packet of this burst may have opened it, or may have closed it. */
			place = OST_TABLE_NONE;
			if (!(f->p->flags & OST_PACKET_MISSED) || c->opened != opened_before)
				place = ost_flow_find(c, f->p->key, f->p->hash, f->v4);
			gone = place == OST_TABLE_NONE;
			if (!gone)
				r = existing(c, f, place, &gone);
			if (gone)
				r = first_packet(c, f);
		}
	}
	if (r != OST_REASON_NONE)
		refuse(c, f, r);
}

/* What the sieve left, all at once so that their misses overlap. */
static inline void stages(struct ost_classifier *c, const struct sieve *t, struct first *f, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		stage_slots(c, t, &f[i]);
	for (uint32_t i = 0; i < n; i++)
		stage_addresses(c, &f[i]);
	for (uint32_t i = 0; i < n; i++)
		stage_lanes(c, &f[i]);
}

/* What the sieve decided, but a packet before it in the burst may have changed. */
static void decide_again(struct ost_classifier *c, const struct sieve *t, const struct ost_packet *p, const struct sieved *s,
	struct ost_verdict *v, uint32_t opened_before)
{
	struct first f;

	stage_start(c, &f, NULL, p, v, s);
	stages(c, t, &f, 1);
	decide(c, &f, opened_before);
}

static void control(struct ost_classifier *c, const struct ost_packet *p, struct ost_verdict *v)
{
	if (c->config.owns_control) {
		ost_control(c, p, v);
		return;
	}
	c->ports[p->port].handed_over_pkts++;
	*v = (struct ost_verdict){.action = OST_HANDOVER, .device = OST_DEVICE_NONE};
}

static inline void sieved_refuse(const struct sieve *t, const struct ost_packet *p, const struct sieved *s, struct ost_verdict *v)
{
	if (s->seen)
		t->tallies[s->own].last_tick = t->c->tick | 1;
	ost_refuse_count(t->c, p, s->account, (enum ost_reason)s->reason, v);
	if (OST_LIKELY(t->records->capacity != 0))
		ost_refusal_record(t->c, t->records, p, s->refusal_hash, s->record, s->account, s->reason);
}

/* What packets of the burst before this one may have done since its flow was looked up. */
struct so_far {
	uint32_t opened_before; /* flows, before the burst */
	bool control; /* control packets were among them, which bind and pin */
};

static inline bool unchanged(const struct ost_classifier *c, const struct so_far *so_far)
{
	return !so_far->control && c->opened == so_far->opened_before;
}

/* Packets of one port, in their order: what the sieve decided is refused, the rest is judged. */
static __attribute__((noinline)) void in_order(struct ost_classifier *c, const struct sieve *t, struct ost_packet **packets,
	struct ost_verdict **verdicts, const struct sieved *sieved, uint32_t n, struct so_far *so_far)
{
	const uint32_t opened_before = so_far->opened_before;
	struct first firsts[OST_BURST], *f = firsts;

	for (uint32_t i = 0; i < n; i++) {
		if (sieved[i].reason != OST_REASON_NONE || packets[i]->kind >= OST_KIND_CONTROL_FIRST)
			continue;
		stage_start(c, f, f > firsts ? f - 1 : NULL, packets[i], verdicts[i], &sieved[i]);
		f++;
	}
	stages(c, t, firsts, (uint32_t)(f - firsts));
	f = firsts;
	for (uint32_t i = 0; i < n; i++) {
		if (sieved[i].lasting || (sieved[i].reason != OST_REASON_NONE && unchanged(c, so_far))) {
			sieved_refuse(t, packets[i], &sieved[i], verdicts[i]);
		} else if (sieved[i].reason != OST_REASON_NONE) {
			decide_again(c, t, packets[i], &sieved[i], verdicts[i], opened_before);
		} else if (packets[i]->kind < OST_KIND_CONTROL_FIRST) {
			decide(c, f++, opened_before);
		} else {
			so_far->control = true;
			control(c, packets[i], verdicts[i]);
		}
	}
}

static inline __attribute__((always_inline)) void sift(struct ost_classifier *c, struct ost_packet **packets,
	struct ost_verdict **verdicts, uint32_t n, bool to_device, struct so_far *so_far)
{
	struct sieved sieved[OST_BURST];
	struct sieve t;
	uint32_t left = 0; /* undecided */

	sieve_open(&t, c, packets[0]->port, to_device);
	for (uint32_t i = 0; i < n; i++)
		sieve_start(&t, &sieved[i], packets[i]);
	for (uint32_t i = 0; i < n; i++)
		sieve_slots(&t, &sieved[i]);
	for (uint32_t i = 0; i < n; i++)
		sieve_judge(&t, &sieved[i], packets[i]);
	for (uint32_t i = 0; i < n; i++)
		left += !sieve_settle(&t, &sieved[i]);
	if (left > 0 || !unchanged(c, so_far)) {
		in_order(c, &t, packets, verdicts, sieved, n, so_far);
		return;
	}
	for (uint32_t i = 0; i < n; i++)
		sieved_refuse(&t, packets[i], &sieved[i], verdicts[i]);
}

void OST_VARIANT_NAME(ost_first)(struct ost_classifier *c, struct ost_packet **packets, struct ost_verdict **verdicts,
	uint32_t n, bool one_port)
{
	struct so_far so_far = {.opened_before = c->opened};

	for (uint32_t i = 0, m; i < n; i += m) {
		m = one_port ? n : 1;
		while (i + m < n && packets[i + m]->port == packets[i]->port)
			m++;
		if (packets[i]->flags & OST_PACKET_TO_DEVICE)
			sift(c, packets + i, verdicts + i, m, true, &so_far);
		else
			sift(c, packets + i, verdicts + i, m, false, &so_far);
	}
}
