/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all workers of a gateway share, as classify's own files see it: devices by (VLAN, MAC), bindings of
 * addresses to them, and the view: the policy in force as arrays by device slot.
 *
 * Writers: policy and states by the main thread, pins by whoever first sees the device, bindings by the control
 * owner (or main before workers run). Readers take what they find: a slot's key is written before its
 * tag and never changes while the slot is in use; a binding that changes under a reader can only make it
 * refuse (it compares address and VLAN, then slot). Stamps close the rest: whoever takes something away
 * from a device bumps its stamp afterwards, so that its flows are judged again. */
#pragma once

#include <stdatomic.h>

#include "classify.h"
#include "filter.h"
#include "flow.h"
#include "hash.h"
#include "large.h"
#include "schedule.h"
#include "table.h"

#define OST_WORKERS_MAX 16u
#define OST_SLOT_NONE	0xffffffu /* 24 bits, as in a flow */
#define OST_RESOLVER_WORDS 16u
#define OST_BINDING_EVENTS 4096u
#define OST_BINDING_WISHES 65536u
#define OST_WISHES_AT_ONCE 64u /* packets wait meanwhile */

/* How far the end of a slot has come whose device is elsewhere now, under the same policy (slot.c). */
enum ost_left {
	OST_LEFT_NOT,
	OST_LEFT,      /* its device may come back to it */
	OST_LEFT_GONE, /* its MAC leads here no more; flows and addresses end */
	OST_LEFT_IDLE, /* they have ended: free when every worker has passed a quiescent point since */
};

#define OST_SLOTS_IDLE_MAX 64u
#define OST_SLOTS_LEFT_MAX 8u /* of one device; one more waits until the sweep has ended what it had at another */

/* One device: one cache line. */
struct ost_slot {
	uint64_t mac;	 /* as ost_mac_word() */
	uint32_t vlan;
	uint8_t unborn; /* 1: taken for a policy that is not in force yet */
	_Atomic uint8_t left; /* enum ost_left */
	uint16_t spare;
	_Atomic uint32_t life; /* changes when the slot gets another device */
	_Atomic uint64_t packets_ns; /* rate limits: theoretical arrival times (limit.h) */
	_Atomic uint64_t bytes_ns;
	_Atomic uint64_t new_flows_ns;
	_Atomic uint32_t flows;
	_Atomic uint32_t opened; /* flows, ever */
	_Atomic uint32_t addresses; /* bindings held */
	uint32_t dhcp_server_be; /* that gave it its address, 0 none; the control owner's */
} OST_CACHE_ALIGNED;

_Static_assert(sizeof(struct ost_slot) == 64, "a device is one cache line");

/* What changes about a device while a policy is in force, in dense records: the refusal of a packet reads
 * this and not the device's own line. */
struct ost_standing {
	_Atomic uint32_t address4; /* one IPv4 address that is bound to it, 0 none: the short way; its lease may have run out
				      since the last pass of the sweep, as with established flows */
	_Atomic uint8_t state;
	_Atomic uint8_t assurance;
	_Atomic uint8_t pin; /* where a device was first seen whose policy names no port; OST_PORTS_MAX: nowhere yet */
	uint8_t spare;
};

#define OST_FLOOD_REASONS  7u  /* counted by each worker in its own line (struct ost_tally) */
#define OST_DEVICE_REASONS OST_REASON_SLOTS
#define OST_CARRY_CELLS	   6u

/* A device's refusals that no worker counts alone: what is rarer than a flood, 32 bits each, and what those and the floods'
 * carry. Few reasons ever pass 2^32 packets at one device, so a carry has no place of its own: the first that passes takes
 * a free cell (reason in its upper 8 bits, times 2^32 in the lower 24). When a seventh reason comes so far, its counter stays
 * at its end: what is told of it is "at least". */
struct ost_refused {
	_Atomic uint32_t rare[OST_DEVICE_REASONS - OST_FLOOD_REASONS];
	_Atomic uint32_t carry[OST_CARRY_CELLS];
	uint32_t spare;
} OST_CACHE_ALIGNED;

_Static_assert(sizeof(struct ost_refused) == 256, "four lines a device, however many workers");

struct ost_binding {
	uint64_t ip[2]; /* wire bytes; IPv4: ip[0] holds the address, ip[1] is OST_BINDING_IPV4 */
	uint32_t vlan;	/* | source << 24 */
	uint32_t slot;
	uint32_t expires_tick; /* 0: does not lapse */
	uint32_t valid_tick;   /* before it, the address is tentative (duplicate detection is running); 0: valid */
};

/* No IPv6 address ends so: distinguishes the families in one key. */
#define OST_BINDING_IPV4 0xfffefdfcfbfaf9f8ull

/* A binding that is to be made: the slot may have another device by then. */
struct ost_binding_wish {
	struct ost_binding binding;
	uint32_t life;
};

/* A change that is to be told, likewise. */
struct ost_binding_note {
	struct ost_binding_event event;
	uint32_t life;
};

/* What first and refused packets need of a device and its role, without looking at either: one cache line. */
struct ost_view_slot {
	uint64_t mac;	   /* with vlan the key that the device table's tags lead to */
	uint32_t vlan;	   /* OST_VLAN_NONE: not in this policy */
	uint32_t role;	   /* UINT32_MAX: not in this policy */
	uint32_t address4; /* a static address of it, 0 none */
	uint32_t chunk4_first;
	uint16_t chunk4_count;
	uint16_t plain; /* by enum ost_state, as bits: what no lane of its role matches is not allowed, for sure */
	uint8_t port; /* that its policy names; OST_PORTS_MAX: any one, see pin */
	struct ost_filter_grain grain;
	struct ost_filter filter; /* of its role's IPv4 lanes */
} OST_CACHE_ALIGNED;

#define OST_VLAN_NONE UINT32_MAX

_Static_assert(sizeof(struct ost_view_slot) == 64, "a device is one cache line");

/* A name that a rule wants, by its keyed hash (host.c). */
struct ost_host_key {
	uint64_t hash;
	uint32_t host; /* place in HOSTS */
};

/* What a slot is under the policy in force. Immutable but for stamps and hits. Arrays by slot have room for all, and are
 * filled for those below slot_count: nothing leads to another one before ost_slot_take() has filled it. */
struct ost_view {
	struct ost_image image_copy;
	const struct ost_image *image;
	struct ost_site *site;
	struct ost_view_slot *hot; /* by slot */
	uint32_t *device; /* by slot: place in the image */
	uint32_t *slot;	 /* by place in the image; OST_SLOT_NONE: no MAC, or its port is not here, or the table is full */
	_Atomic uint32_t *stamp; /* by slot */
	struct ost_host_key *host_keys; /* of the image's HOSTS, each role's sorted */
	struct ost_host_key *domain_keys; /* of its DOMAINS, sorted; host is the place there */
	uint64_t *hits[OST_WORKERS_MAX]; /* by rule, one array a worker */
	uint8_t ports[OST_PORTS_MAX]; /* image port -> our port, OST_PORTS_MAX when it is not here */
	struct ost_table statics; /* static addresses: bindings that this policy states */
	struct ost_binding *static_bindings;
	/* Copies of what packets read, in the caller's memory (huge pages); NULL when the caller has none of its own. */
	struct ost_image_role *roles;
	struct ost_image_chunk4 *chunks4;
	struct ost_image_chunk6 *chunks6;
	uint32_t reachable; /* devices that have a slot */
	uint32_t serial;    /* of this site, from 1 on: no two views have the same */
	struct ost_filter_key filter_key;
	struct ost_role_filter *filters; /* by role, while the view is made */
	struct ost_large_role *large; /* by role; NULL when none is large */
	uint64_t resolver_bits[OST_RESOLVER_WORDS]; /* which addresses are surely none of the image's resolvers */
	_Atomic uint64_t open[OST_SCHEDULE_WORDS]; /* schedules, as struct ost_schedules_open; written by main */
};

struct ost_name_table;

struct ost_site {
	struct ost_site_config config;
	struct ost_hash_key hash;
	struct ost_table devices;
	uint32_t *slot_at; /* by place: the slot that it leads to, which has the key */
	struct ost_slot *slots; /* devices_max of them, as are all arrays by slot */
	struct ost_standing *standings;
	struct ost_refused *refused;
	uint32_t slot_count;	/* ever used */
	uint32_t slot_free;	/* where the search for a free one goes on */
	uint32_t left_count;	/* slots that are left */
	uint32_t left_at;	/* where the look at them goes on */
	uint32_t idle[OST_SLOTS_IDLE_MAX];
	uint32_t idle_count;
	struct ost_table bindings_table;
	struct ost_binding *bindings;
	struct ost_name_table *names; /* name.h */
	_Atomic(struct ost_view *) view;
	_Atomic uint32_t stamp_next;
	uint32_t serial; /* of the last view */
	int64_t wall_s;	 /* seconds since 1970 as main last told, 0: never */
	uint32_t sweep_bucket;
	uint64_t device_ports; /* mask */
	atomic_bool authenticator;
	atomic_bool observer;
	struct ost_classifier *classifiers[OST_WORKERS_MAX];
	uint32_t classifier_count;
	/* ring of binding changes: filled by the control owner, emptied by main */
	struct ost_binding_note *events;
	_Atomic uint32_t events_head, events_tail;
	_Atomic uint64_t events_lost;
	/* ring of bindings to be made: filled by main, emptied by the control owner */
	struct ost_binding_wish *wishes;
	_Atomic uint32_t wishes_head, wishes_tail;
};

void *ost_site_alloc(const struct ost_site *site, size_t bytes);
void *ost_site_alloc_sparse(const struct ost_site *site, size_t bytes);
void ost_site_release(const struct ost_site *site, void *memory, size_t bytes);

static inline bool ost_view_open(const struct ost_view *v, unsigned schedule)
{
	return schedule == OST_SCHEDULE_ALWAYS ||
		(atomic_load_explicit(&v->open[(schedule - 1) / 64], memory_order_relaxed) >> ((schedule - 1) % 64) & 1);
}

void ost_resolver_bits_make(const struct ost_image *image, uint64_t bits[static OST_RESOLVER_WORDS]);

/* The keys of the names that its rules want. */
int ost_host_keys_make(const struct ost_site *site, struct ost_view *v) OST_MUST_CHECK;

/* Sets which of the view's schedules are open now. True: another one than before is. */
bool ost_view_schedules(struct ost_view *v, int64_t wall_s);

/* ---- devices ---- */

static inline uint64_t ost_slot_hash(const struct ost_site *site, uint64_t mac, uint32_t vlan)
{
	return ost_hash_2(&site->hash, mac, vlan);
}

/* Slot of a device, OST_SLOT_NONE when there is none. */
static inline uint32_t ost_slot_find(const struct ost_site *site, uint64_t hash, uint64_t mac, uint32_t vlan)
{
	struct ost_table_walk w;

	for (uint32_t i = ost_table_walk_first(&site->devices, hash, &w); i != OST_TABLE_NONE;
		i = ost_table_walk_next(&site->devices, hash, &w)) {
		const struct ost_slot *s = &site->slots[site->slot_at[i]];

		if (s->mac == mac && s->vlan == vlan)
			return site->slot_at[i];
	}
	return OST_SLOT_NONE;
}

/* Its port under a view: the policy's, or where it was first seen. OST_PORTS_MAX: not seen yet. */
static inline uint8_t ost_slot_port(const struct ost_site *site, const struct ost_view *v, uint32_t slot)
{
	uint8_t port = v->hot[slot].port;

	return port != OST_PORTS_MAX ? port : atomic_load_explicit(&site->standings[slot].pin, memory_order_relaxed);
}

/* A device whose policy names no port belongs to the port where it is first seen, whichever worker sees it first: the
 * flow that its packet opens stays with that worker. Returns its port. */
static inline uint8_t ost_slot_pin(struct ost_site *site, uint32_t slot, uint8_t port)
{
	uint8_t seen = OST_PORTS_MAX;

	return atomic_compare_exchange_strong(&site->standings[slot].pin, &seen, port) ? port : seen;
}

/* Room for so many devices that the next view has beside those that have a slot: frees slots of devices that departed and
 * that it does not have. -ENOSPC: there is none, and nothing changed. */
int ost_slots_reserve(struct ost_site *site, const struct ost_view *next, uint32_t count) OST_MUST_CHECK;

/* No device of this view has the slot. */
static inline void ost_view_slot_blank(struct ost_view *v, uint32_t slot)
{
	v->hot[slot] = (struct ost_view_slot){.vlan = OST_VLAN_NONE, .role = UINT32_MAX, .port = OST_PORTS_MAX};
}

/* One of those, unborn until ost_slots_born(). OST_SLOT_NONE: there is no room, or no place in the table. */
uint32_t ost_slot_take(struct ost_site *site, uint64_t mac, uint32_t vlan);

/* The next view came in force, or it could not be: then what was taken for it is free at once. */
void ost_slots_born(struct ost_site *site);
void ost_slots_give_back(struct ost_site *site);

/* The slot's device is elsewhere. leave: its MAC still leads here, for it alone; retire: no more. Neither may have a right
 * any more. return: it is back. */
void ost_slot_leave(struct ost_site *site, uint32_t slot);
void ost_slot_return(struct ost_site *site, uint32_t slot);
void ost_slot_retire(struct ost_site *site, struct ost_view *v, uint32_t slot);
/* How many slots a device has left that are not free yet. */
uint32_t ost_slots_left_by(const struct ost_site *site, const struct ost_view *v, uint32_t device);
/* Looks at the next so many slots for those that were left and nothing refers to; they are free with the next
 * ost_slots_settle(), or the one after it. That one is called when every worker has passed a quiescent point since. */
void ost_slots_collect(struct ost_site *site, struct ost_view *v, uint32_t look);
void ost_slots_settle(struct ost_site *site, struct ost_view *v);
/* Another view is in force: what was left under the one before is no device's. */
void ost_slots_left_end(struct ost_site *site);

/* What packets need of a device that has this slot; and its static addresses, as far as nobody has them. The view is not in
 * force yet, or the slot's state gives no right. */
void ost_view_slot_fill(const struct ost_view *v, const struct ost_image_device *d, const struct ost_slot *s,
	const struct ost_role_filter *filter, struct ost_view_slot *ret_slot);
void ost_view_statics_add(struct ost_site *site, struct ost_view *v, const struct ost_image_device *d, uint32_t slot);

/* The device's flows are judged again from each worker's next look on. Call after the change. */
void ost_slot_bump(struct ost_site *site, uint32_t slot);

/* ---- bindings ---- */

static inline void ost_binding_key4(uint32_t ip_be, uint64_t key[2])
{
	key[0] = ip_be;
	key[1] = OST_BINDING_IPV4;
}

static inline uint64_t ost_binding_hash(const struct ost_site *site, const uint64_t ip[2], uint32_t vlan)
{
	return ost_hash_3(&site->hash, ip[0], ip[1], vlan);
}

static inline bool ost_binding_live(const struct ost_binding *b, uint32_t tick)
{
	return b->expires_tick == 0 || (int32_t)(b->expires_tick - tick) > 0;
}

/* The sweep clears valid_tick when it has passed, long before ticks wrap. */
static inline bool ost_binding_tentative(const struct ost_binding *b, uint32_t tick)
{
	return b->valid_tick != 0 && (int32_t)(tick - b->valid_tick) < 0;
}

static inline const struct ost_binding *ost_binding_find_in(const struct ost_table *table,
	const struct ost_binding *bindings, uint64_t hash, const uint64_t ip[2], uint32_t vlan)
{
	struct ost_table_walk w;

	for (uint32_t i = ost_table_walk_first(table, hash, &w); i != OST_TABLE_NONE;
		i = ost_table_walk_next(table, hash, &w)) {
		const struct ost_binding *b = &bindings[i];

		if (b->ip[0] == ip[0] && b->ip[1] == ip[1] && (b->vlan & 0xffffff) == vlan)
			return b;
	}
	return NULL;
}

static inline const struct ost_binding *ost_binding_find_static(const struct ost_view *v, uint64_t hash,
	const uint64_t ip[2], uint32_t vlan)
{
	if (v->statics.used == 0)
		return NULL;
	return ost_binding_find_in(&v->statics, v->static_bindings, hash, ip, vlan);
}

/* The place is in the table, and others may look: the address comes last, and goes first. */
static inline void ost_binding_write(struct ost_binding *b, const struct ost_binding *from)
{
	b->vlan = from->vlan;
	b->slot = from->slot;
	b->expires_tick = from->expires_tick;
	b->valid_tick = from->valid_tick;
	atomic_thread_fence(memory_order_release);
	b->ip[0] = from->ip[0];
	b->ip[1] = from->ip[1];
}

static inline void ost_binding_clear(struct ost_binding *b)
{
	b->ip[0] = b->ip[1] = 0;
	atomic_thread_fence(memory_order_release);
	b->valid_tick = 0;
}

/* Taken away meanwhile: what was read behind the address may be another binding's. */
static inline bool ost_binding_still(const struct ost_binding *b, const uint64_t ip[2], uint32_t vlan)
{
	return ((b->ip[0] ^ ip[0]) | (b->ip[1] ^ ip[1]) | ((b->vlan ^ vlan) & 0xffffff)) == 0;
}

/* Slot that holds the address and may use it now, OST_SLOT_NONE when nobody does. hash: ost_binding_hash(). What
 * the policy states wins over what was learned. */
static inline uint32_t ost_binding_owner(const struct ost_site *site, const struct ost_view *v, uint64_t hash,
	const uint64_t ip[2], uint32_t vlan, uint32_t tick)
{
	const struct ost_binding *b = ost_binding_find_static(v, hash, ip, vlan);
	struct ost_binding seen;

	if (b != NULL) {
		seen = *b;
		atomic_thread_fence(memory_order_acquire);
		return ost_binding_still(b, ip, vlan) ? seen.slot : OST_SLOT_NONE;
	}
	b = ost_binding_find_in(&site->bindings_table, site->bindings, hash, ip, vlan);
	if (b == NULL)
		return OST_SLOT_NONE;
	seen = *b;
	atomic_thread_fence(memory_order_acquire);
	if (!ost_binding_still(b, ip, vlan) || !ost_binding_live(&seen, tick) || ost_binding_tentative(&seen, tick) ||
		v->hot[seen.slot].role == UINT32_MAX)
		return OST_SLOT_NONE;
	return seen.slot;
}

/* A binding's end moves, and is told, only by steps: a device that repeats itself floods nobody. A lease may end up to
 * a second early; Neighbour Discovery adds its step to what it asks for. */
#define OST_BINDING_LEASE_GRAIN_S 1u
#define OST_BINDING_ND_GRAIN_S	  1800u

/* Binds or renews; a lease takes over what Neighbour Discovery bound, and is not renewed by it. valid_tick: from
 * when on it may be used, 0: now, which ends a wait. What has lapsed is bound anew. OST_REASON_NONE, or
 * ADDRESS_IN_USE, BINDING_LIMIT, BINDING_TABLE_FULL. Control owner only. */
enum ost_reason ost_binding_set(struct ost_site *site, uint32_t slot, const uint64_t ip[2], uint32_t vlan,
	enum ost_binding_source source, uint32_t tick, uint32_t expires_tick, uint32_t valid_tick);

/* One address of a server's message. */
struct ost_lease {
	uint64_t ip[2];
	uint32_t expires_tick; /* 0: never */
	bool given;	       /* false: taken back */
};

/* Binds all addresses of a message that are given and unbinds those that are taken back, or does nothing and says why
 * not, as ost_binding_set() does. No address is in it twice. Control owner only. */
enum ost_reason ost_binding_set_all(struct ost_site *site, uint32_t slot, uint32_t vlan, const struct ost_lease *leases,
	uint32_t n, uint32_t tick);

/* Takes an address from its device, if that is the slot. Control owner only. */
void ost_binding_remove(struct ost_site *site, uint32_t slot, const uint64_t ip[2], uint32_t vlan);

/* Makes the bindings that main wished for. Control owner only. */
void ost_binding_wishes(struct ost_site *site, uint32_t tick);

/* Removes lapsed bindings of the next buckets. Control owner only. */
void ost_binding_sweep(struct ost_site *site, uint32_t buckets, uint32_t tick);
