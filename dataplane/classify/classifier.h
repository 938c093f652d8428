/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One worker's own state, as classify's own files see it. */
#pragma once

#include "copies.h"
#include "neighbour.h"
#include "refusal.h"
#include "segment.h"
#include "site.h"

/* A device's counters of one worker: one cache line. Of refusals, those that a flood brings, 32 bits each; the
 * others, and what 32 bits are too few for, are the site's (struct ost_refused). */
struct ost_tally {
	uint64_t pkts[2]; /* 0 from the device, 1 towards it */
	uint64_t bytes[2];
	uint32_t last_tick; /* last packet from the device */
	uint32_t refused[OST_FLOOD_REASONS]; /* by ost_tally_place */
} OST_CACHE_ALIGNED;

_Static_assert(sizeof(struct ost_tally) == 64, "one line a device and worker");

/* Place of a reason among a device's counters: first those of floods. */
extern const uint8_t ost_tally_place[OST_REASON_COUNT];

struct ost_rehearsal;

struct ost_classifier {
	struct ost_site *site;
	struct ost_classifier_config config;
	uint32_t index; /* among the site's classifiers */

	struct ost_table table4, table6;
	struct ost_flow4 *flows4;
	struct ost_flow6 *flows6;
	uint32_t timeout_ticks[OST_FLOW_STATE_COUNT];
	uint32_t sweep_at; /* bucket: first those of table4, then those of table6 */

	struct ost_tally *tallies; /* by slot */
	struct ost_refusal_table refusals[2];
	struct ost_opened_table opened_tables[2];
	_Atomic uint32_t refusals_current; /* of both pairs */
	struct ost_copies copies[2];
	struct ost_segments segments[2];
	_Atomic uint32_t copies_current; /* of both pairs */
	struct ost_segment_cell segment_cells[OST_SEGMENT_CELLS];
	struct ost_explanation *explain; /* not NULL: tell what decided */
	_Atomic(struct ost_rehearsal *) rehearsal; /* a policy that is tried on our flows; written by main */

	/* of the burst under way */
	struct ost_view *view;
	uint64_t now_ns;
	uint32_t tick;
	uint32_t opened; /* flows opened since the start: tells whether a look-up is still right */

	_Atomic uint64_t eapol_ns[OST_PORTS_MAX]; /* rate limits of 802.1X frames; the control owner's */

	struct ost_neighbour neighbours[OST_NEIGHBOURS] OST_CACHE_ALIGNED;
	struct ost_port_counts ports[OST_PORTS_MAX];
};

static inline bool ost_port_is_network(const struct ost_site *site, uint8_t port)
{
	return !(site->device_ports >> port & 1);
}

/* What is not counted in the worker's own line, or was too much for it. */
void ost_tally_refuse_shared(struct ost_classifier *c, uint32_t slot, uint8_t reason);

static inline void ost_tally_refuse(struct ost_classifier *c, uint32_t slot, uint8_t reason)
{
	uint8_t place = ost_tally_place[reason];

	if (OST_UNLIKELY(place >= OST_FLOOD_REASONS || ++c->tallies[slot].refused[place] == 0))
		ost_tally_refuse_shared(c, slot, reason);
}

/* Whether a frame that is accounted to a device goes towards it: between two devices it is accounted to one of them,
 * who need not be its sender. Asked after the burst too, when c->view may be gone. */
static inline bool ost_tally_towards(const struct ost_classifier *c, uint32_t slot, uint8_t ingress)
{
	const struct ost_view *v = atomic_load_explicit(&c->site->view, memory_order_acquire);

	return ost_port_is_network(c->site, ingress) || v == NULL || ost_slot_port(c->site, v, slot) != ingress;
}

/* Forwarded without a flow that counts it. */
static inline void ost_tally_forward(struct ost_tally *t, bool to_device, uint32_t bytes)
{
	t->pkts[to_device]++;
	t->bytes[to_device] += bytes;
}

static inline void ost_tally_take_back(struct ost_tally *t, bool to_device, uint32_t pkts, uint64_t bytes)
{
	t->pkts[to_device] -= pkts;
	t->bytes[to_device] -= bytes;
}

/* An entry of either family. */
static inline struct ost_flow ost_flow4_at(struct ost_classifier *c, uint32_t place)
{
	struct ost_flow4 *f = &c->flows4[place];

	return (struct ost_flow){&f->key[2], &f->meta, &f->counts};
}

static inline struct ost_flow ost_flow6_at(struct ost_classifier *c, uint32_t place)
{
	struct ost_flow6 *f = &c->flows6[place];

	return (struct ost_flow){&f->key[5], &f->meta, &f->counts};
}

static inline uint64_t ost_flow_hash(const struct ost_site *site, const uint64_t *key, bool v4)
{
	return v4 ? ost_hash_3(&site->hash, key[0], key[1], key[2]) : ost_hash_6(&site->hash, key);
}

/* Whoever is in quarantine may speak to infrastructure, and not fill the wire with it. 64 kbit/s. */
#define OST_QUARANTINE_BYTES_PER_S 8000u

static inline bool ost_slot_quarantined(const struct ost_site *site, uint32_t slot)
{
	return atomic_load_explicit(&site->standings[slot].state, memory_order_relaxed) == OST_STATE_QUARANTINED;
}

/* The flag of flows whose device's packets or bytes are limited. A state that changes has its flows judged anew. */
static inline uint8_t ost_flow_limited(const struct ost_classifier *c, uint32_t slot)
{
	const struct ost_image_role *role = &c->view->image->roles[c->view->hot[slot].role];

	return role->packets_per_s | role->bytes_per_s || ost_slot_quarantined(c->site, slot) ? OST_FLOW_LIMITED : 0;
}

/* Adds a flow's counts to its device and clears them. */
static inline void ost_flow_fold(struct ost_classifier *c, struct ost_flow *f)
{
	struct ost_tally *t = &c->tallies[ost_flow_slot(f->meta)];

	for (int d = 0; d < 2; d++) {
		t->pkts[d] += f->counts->pkts[d];
		t->bytes[d] += f->counts->bytes[d];
		f->counts->pkts[d] = 0;
		f->counts->bytes[d] = 0;
	}
}

/* Place of the flow with this key, OST_TABLE_NONE when there is none. */
uint32_t ost_flow_find(const struct ost_classifier *c, const uint64_t *key, uint64_t hash, bool v4);

/* A place for a new flow, making room when its two buckets are full; OST_TABLE_NONE when the table is. */
uint32_t ost_flow_place(struct ost_classifier *c, uint64_t hash, bool v4);

/* Takes a flow out, its counts to its device. */
void ost_flow_close(struct ost_classifier *c, uint32_t place, bool v4);

/* Refuses: counters and record. slot may be OST_SLOT_NONE. Sets the verdict. */
void ost_refuse(struct ost_classifier *c, const struct ost_packet *p, uint32_t slot, enum ost_reason reason,
	struct ost_verdict *v);

/* Judges an existing flow anew under the current view; true: it stays, and bears the view's stamp. */
bool ost_flow_rejudge(struct ost_classifier *c, uint32_t place, bool v4, enum ost_reason *ret_reason);

/* A control protocol's packet (control.c). c owns control. */
void ost_control(struct ost_classifier *c, const struct ost_packet *p, struct ost_verdict *v);
