/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happens to flows between packets: finding, closing, judging anew, and the sweep that goes round the
 * tables so that what timed out makes room and what a new policy forbids is cut even when it is silent. */
#include "kept.h"
#include "name.h"
#include "rehearsal.h"
#include "resolve.h"
#include "stay.h"

uint32_t ost_flow_find(const struct ost_classifier *c, const uint64_t *key, uint64_t hash, bool v4)
{
	const struct ost_table *t = v4 ? &c->table4 : &c->table6;
	struct ost_table_walk w;

	for (uint32_t i = ost_table_walk_first(t, hash, &w); i != OST_TABLE_NONE; i = ost_table_walk_next(t, hash, &w)) {
		if (v4 ? ost_flow4_is(&c->flows4[i], key) : ost_flow6_is(&c->flows6[i], key))
			return i;
	}
	return OST_TABLE_NONE;
}

void ost_flow_close(struct ost_classifier *c, uint32_t place, bool v4)
{
	struct ost_flow f = ost_flow_at(c, place, v4);
	struct ost_slot *s = &c->site->slots[ost_flow_slot(f.meta)];
	uint64_t key[6];

	ost_flow_key(c, place, v4, key);
	if (!(ost_flow_flags(f.meta) & OST_FLOW_ALIAS)) {
		ost_flow_fold(c, &f);
		/* After the counts: without flows the slot may go to another device. */
		atomic_fetch_sub_explicit(&s->flows, 1, memory_order_release);
	}
	ost_table_remove(v4 ? &c->table4 : &c->table6, ost_flow_hash(c->site, key, v4), place);
	/* An alias finds its flow by place: it must not find the old key there. */
	memset(v4 ? (void *)&c->flows4[place] : (void *)&c->flows6[place], 0, v4 ? sizeof(struct ost_flow4) : sizeof(struct ost_flow6));
}

/* Between two devices both stamps count. */
static uint32_t stamp_of(const struct ost_classifier *c, uint32_t slot, uint32_t peer, uint8_t flags)
{
	uint32_t stamp = atomic_load_explicit(&c->view->stamp[slot], memory_order_acquire);

	if ((flags & OST_FLOW_DEVICE_PEER) && peer != OST_SLOT_NONE)
		stamp ^= atomic_load_explicit(&c->view->stamp[peer], memory_order_acquire) * 0x9e3779b1u | 1;
	return stamp;
}

bool ost_flow_rejudge(struct ost_classifier *c, uint32_t place, bool v4, enum ost_reason *ret_reason)
{
	struct ost_flow f = ost_flow_at(c, place, v4);
	uint8_t flags = ost_flow_flags(f.meta);
	struct ost_judgement j;
	uint32_t slot = ost_flow_slot(f.meta), peer = OST_SLOT_NONE, stamp;
	uint64_t key[6];
	struct ost_flow_known k;
	enum ost_reason r;

	if (!(flags & OST_FLOW_DEVICE_PEER) &&
		f.meta->stamp == atomic_load_explicit(&c->view->stamp[slot], memory_order_acquire))
		return true;
	ost_flow_key(c, place, v4, key);
	ost_flow_known(key, v4, flags, c->tick, &k);
	peer = ost_flow_peer(c->view, &k, c->tick);
	/* Read before anything is judged: what changes meanwhile changes it again. */
	stamp = stamp_of(c, slot, peer, flags);
	if (f.meta->stamp == stamp)
		return true;
	r = ost_flow_may_stay(c->view, &f, &k, peer, c->tick, &j);
	if (r != OST_REASON_NONE) {
		*ret_reason = r == OST_REASON_STATE ? r : OST_REASON_POLICY_CHANGED;
		ost_flow_close(c, place, v4);
		return false;
	}
	flags = (uint8_t)((flags & ~(OST_FLOW_LIMITED | OST_FLOW_DNS)) | ost_flow_limited(c, slot) | ost_resolve_flag(c->view, slot, peer, &k.q));
	f.meta->stamp = stamp;
	f.meta->rule = (j.rule & OST_FLOW_RULE_AUDIT) | (uint32_t)flags << 24;
	return true;
}

/* Whether two keys are one flow's, seen from either end. Their MACs are each device's own. */
static bool mirrored(const uint64_t *a, const uint64_t *b, bool v4)
{
	uint64_t tail1 = a[v4 ? 2 : 5];
	uint32_t ports = (uint32_t)b[v4 ? 1 : 4];
	uint8_t protocol = (uint8_t)(tail1 >> 16);

	if (protocol != 1 && protocol != 58)
		ports = ports >> 16 | ports << 16;
	if ((uint32_t)a[v4 ? 1 : 4] != ports || ((tail1 ^ b[v4 ? 2 : 5]) & 0x00ffffff00ff0000ull) != 0)
		return false;
	return v4 ? a[0] == (b[0] >> 32 | b[0] << 32) : memcmp(a, b + 2, 16) == 0 && memcmp(a + 2, b, 16) == 0;
}

/* Another flow may have taken the place of the one that the alias stands for. */
static bool alias_alive(const struct ost_classifier *c, uint32_t alias, const struct ost_flow *f, bool v4)
{
	uint32_t place = ost_flow_rule(f->meta);
	const struct ost_flow_meta *m = v4 ? &c->flows4[place].meta : &c->flows6[place].meta;
	uint64_t key[6], own[6];

	if (!(ost_flow_flags(m) & OST_FLOW_DEVICE_PEER) || ost_flow_egress(m) != ost_flow_port(*f->tail1))
		return false;
	ost_flow_key(c, place, v4, key);
	ost_flow_key(c, alias, v4, own);
	return mirrored(own, key, v4);
}

static void sweep_flow(struct ost_classifier *c, uint32_t place, bool v4)
{
	struct ost_flow f = ost_flow_at(c, place, v4);
	enum ost_reason reason;

	if (ost_flow_flags(f.meta) & OST_FLOW_ALIAS) {
		if (!alias_alive(c, place, &f, v4))
			ost_flow_close(c, place, v4);
		return;
	}
	if (c->tick - f.meta->last_tick > c->timeout_ticks[ost_flow_state(*f.tail1)]) {
		ost_flow_close(c, place, v4);
		return;
	}
	if (!ost_flow_rejudge(c, place, v4, &reason))
		return;
	if (f.counts->pkts[0] | f.counts->pkts[1])
		ost_flow_fold(c, &f);
}

static void sweep_bucket(struct ost_classifier *c, uint32_t bucket, bool v4)
{
	const struct ost_table_bucket *b = v4 ? &c->table4.buckets[bucket] : &c->table6.buckets[bucket];
	uint32_t full = ~ost_table_match(b, 0) & 0x7fffffffu, base = bucket * OST_TABLE_WAYS;

	for (uint32_t m = full; m != 0; m &= m - 1) {
		uint32_t place = base + (uint32_t)__builtin_ctz(m);

		__builtin_prefetch(v4 ? (void *)&c->flows4[place] : (void *)&c->flows6[place], 1);
	}
	for (uint32_t m = full; m != 0; m &= m - 1)
		sweep_flow(c, base + (uint32_t)__builtin_ctz(m), v4);
}

uint32_t ost_classifier_sweep_buckets(const struct ost_classifier *c)
{
	return c->table4.bucket_count + c->table6.bucket_count;
}

/* So many buckets of bindings, or names, that a pass over the flows is one over them, too, whatever their sizes. */
static uint32_t share_of(const struct ost_table *t, uint32_t buckets, uint32_t all)
{
	return (uint32_t)OST_MIN(((uint64_t)buckets * t->bucket_count + all - 1) / all, (uint64_t)t->bucket_count);
}

uint32_t ost_classifier_sweep(struct ost_classifier *c, uint32_t buckets, uint64_t now_ns)
{
	struct ost_rehearsal *rehearsal = atomic_load_explicit(&c->rehearsal, memory_order_acquire);
	uint32_t all = ost_classifier_sweep_buckets(c);

	c->view = atomic_load_explicit(&c->site->view, memory_order_acquire);
	c->now_ns = now_ns;
	c->tick = (uint32_t)(now_ns >> OST_TICK_SHIFT);
	if (c->view == NULL)
		return 0;
	if (c->config.owns_control) {
		ost_binding_wishes(c->site, c->tick);
		ost_kept_wishes(c->site, c->tick);
		ost_binding_sweep(c->site, share_of(&c->site->bindings_table, buckets, all), c->tick);
		ost_name_sweep(c->site, share_of(&c->site->names->table, buckets, all), c->tick);
	}
	for (uint32_t i = 0; i < buckets && c->sweep_at < all; i++, c->sweep_at++) {
		bool v4 = c->sweep_at < c->table4.bucket_count;
		uint32_t bucket = v4 ? c->sweep_at : c->sweep_at - c->table4.bucket_count;

		sweep_bucket(c, bucket, v4);
		if (OST_UNLIKELY(rehearsal != NULL))
			ost_rehearse_bucket(c, rehearsal, bucket, v4);
	}
	if (c->sweep_at < all)
		return all - c->sweep_at;
	c->sweep_at = 0;
	return 0;
}
