/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay.h"

#include <stdio.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "clock.h"
#include "judge.h"
#include "replay_ports.h"

#define FRAMES_BYTES	 (4u << 20) /* of one burst; more than one largest frame */
#define BURST_SPAN_NS	 OST_NS_PER_MS
#define DISORDER_NS	 (60 * OST_NS_PER_S)
#define JUMP_MAX_NS	 (86400 * OST_NS_PER_S)
#define CLOCK_START_NS	 (3600 * OST_NS_PER_S)
#define CLOCK_MAX_NS	 ((uint64_t)INT64_MAX / 2)
#define SWEEP_PASS_NS	 (2 * OST_NS_PER_S)
#define SWEEP_PER_PKT	 16u
#define DRAIN_PKTS	 (RECORDS / 8) /* far fewer refused packets than records: hardly one is lost */
#define FLOWS_DEFAULT	 1000000u
#define FLOWS6_DEFAULT	 200000u
#define BINDINGS_DEFAULT 200000u
#ifndef RECORDS /* the fuzzer's are fewer: tests/fuzz/clang.ini */
#define RECORDS 8192u
#endif

_Static_assert(
	FRAMES_BYTES >= OST_CAPTURE_FRAME_MAX + OST_CACHE_LINE, "the largest frame must fit");

struct steady_clock {
	uint64_t now_ns;
	uint64_t newest_wall_ns; /* of this stretch */
	bool started;
};

struct burst {
	struct ost_frame frames[OST_BURST];
	struct ost_capture_packet packets[OST_BURST];
	uint32_t count;
	uint64_t first_ns;
	uint32_t used_bytes;
	uint8_t *bytes;
};

struct ost_replay {
	struct ost_replay_config config;
	const struct ost_image *image;
	struct ost_site *site;
	struct ost_view *view;
	struct ost_classifier *classifier;
	struct ost_replay_ports ports;
	struct steady_clock clock;
	uint64_t swept_ns;
	struct burst burst;
	uint32_t undrained; /* packets refused since the last drain */
	uint64_t drained_ns;
	struct ost_replay_totals totals;
	struct {
		struct ost_replay_counts forwarded, refused;
	} * slots; /* of the site */
	uint32_t slot_count;
	struct ost_topflows *topflows;
};

/* ---- making ---- */

/* Tables of the design size, of which a capture touches little: pages come when they are first
 * written. */
static void *table_alloc(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p != MAP_FAILED ? p : NULL;
}

static void table_release(void *memory, size_t bytes)
{
	(void)munmap(memory, bytes);
}

static int make_site(struct ost_replay *r)
{
	struct ost_site_config config = {
		.devices_max = OST_MAX(r->image->device_count, 1u),
		.bindings_max = r->config.bindings > 0 ? r->config.bindings : BINDINGS_DEFAULT,
		.alloc = table_alloc,
		.release = table_release,
	};
	int rc;

	config.bindings_max = OST_MAX(config.bindings_max, r->image->address_count + 1);
	if (getrandom(config.secret, sizeof(config.secret), 0) != (ssize_t)sizeof(config.secret))
		return -EIO;
	rc = ost_replay_ports_make(&r->ports, r->image, &config);
	if (rc == 0)
		rc = ost_site_new(&config, &r->site);
	if (rc == 0)
		rc = ost_site_policy_set(r->site, r->image, r->clock.now_ns, &r->view);
	return rc;
}

static int make_classifier(struct ost_replay *r)
{
	struct ost_classifier_config config = {
		.flows4_max = r->config.flows > 0 ? r->config.flows : FLOWS_DEFAULT,
		.flows6_max = r->config.flows6 > 0 ? r->config.flows6 : FLOWS6_DEFAULT,
		.refusal_records = RECORDS,
		.owns_control = true,
	};

	return ost_classifier_new(r->site, &config, &r->classifier);
}

static int set_states(struct ost_replay *r)
{
	for (uint32_t i = 0; i < r->image->device_count; i++) {
		enum ost_assurance assurance;
		enum ost_state state;
		int rc;

		(void)ost_judge_state(
			&r->image->roles[r->image->devices[i].role], &state, &assurance);
		rc = ost_site_device_state_set(r->site, i, state, assurance);
		if (rc < 0 &&
			rc != -ENOENT) /* known by its certificate only: no frame can be its */
			return rc;
	}
	return 0;
}

static int make_slots(struct ost_replay *r)
{
	r->slot_count = ost_site_slots(r->site);
	r->slots = calloc(r->slot_count + (size_t)1, sizeof(*r->slots));
	return r->slots != NULL ? 0 : -ENOMEM;
}

static int make(struct ost_replay *r)
{
	int rc;

	r->burst.bytes = table_alloc(FRAMES_BYTES);
	if (r->burst.bytes == NULL)
		return -ENOMEM;
	rc = make_site(r);
	if (rc == 0)
		rc = make_classifier(r);
	if (rc == 0)
		rc = set_states(r);
	if (rc == 0)
		rc = make_slots(r);
	return rc == 0 ? ost_topflows_new(&r->topflows) : rc;
}

int ost_replay_new(const struct ost_replay_config *config, struct ost_replay **ret_replay)
{
	struct ost_replay *r = calloc(1, sizeof(*r));
	int rc;

	if (r == NULL)
		return -ENOMEM;
	r->config = *config;
	r->image = config->image;
	r->clock.now_ns = r->swept_ns = CLOCK_START_NS;
	rc = make(r);
	if (rc < 0) {
		ost_replay_free(&r);
		return rc;
	}
	*ret_replay = r;
	return 0;
}

void ost_replay_free(struct ost_replay **replay)
{
	struct ost_replay *r = *replay;

	if (r == NULL)
		return;
	ost_classifier_free(&r->classifier);
	ost_site_free(&r->site);
	ost_topflows_free(&r->topflows);
	if (r->burst.bytes != NULL)
		table_release(r->burst.bytes, FRAMES_BYTES);
	free(r->slots);
	ost_replay_ports_close(&r->ports);
	free(r);
	*replay = NULL;
}

/* ---- time ---- */

/* Moves the clock to a packet's own time where that is forwards. */
static void clock_follow(struct ost_replay *r, uint64_t wall_ns)
{
	struct steady_clock *c = &r->clock;

	if (!c->started) {
		c->started = true;
		r->totals.first_wall_ns = r->totals.last_wall_ns = wall_ns;
		r->totals.stretches = 1;
	} else if (wall_ns >= c->newest_wall_ns) {
		c->now_ns += OST_MIN(wall_ns - c->newest_wall_ns, JUMP_MAX_NS);
		c->now_ns = OST_MIN(c->now_ns, CLOCK_MAX_NS);
	} else if (c->newest_wall_ns - wall_ns <= DISORDER_NS) {
		r->totals.older_pkts++;
		return;
	} else {
		r->totals.stretches++;
	}
	c->newest_wall_ns = wall_ns;
	r->totals.first_wall_ns = OST_MIN(r->totals.first_wall_ns, wall_ns);
	r->totals.last_wall_ns = OST_MAX(r->totals.last_wall_ns, wall_ns);
}

/* As the worker does between bursts: one pass over the flow tables in about two seconds of the
 * capture's time, but no more work than the packets themselves: a flow that timed out is known as
 * such when its next packet comes, the sweep only makes room, and packets fill it no faster. */
static void sweep(struct ost_replay *r, uint32_t pkts)
{
	uint64_t passed = OST_MIN(r->clock.now_ns - r->swept_ns, SWEEP_PASS_NS);
	uint64_t buckets = ost_classifier_sweep_buckets(r->classifier) * passed / SWEEP_PASS_NS;

	if (buckets == 0)
		return;
	buckets = OST_MIN(buckets, (uint64_t)pkts * SWEEP_PER_PKT);
	(void)ost_classifier_sweep(r->classifier, (uint32_t)buckets, r->clock.now_ns);
	r->swept_ns = r->clock.now_ns;
}

/* ---- judging ---- */

static void count(struct ost_replay_counts *c, uint32_t bytes)
{
	c->pkts++;
	c->bytes += bytes;
}

static void account(struct ost_replay *r, uint32_t bytes, const struct ost_verdict *v)
{
	bool refused = v->action == OST_REFUSE;
	bool known = v->device < r->slot_count;

	count(&r->totals.received, bytes);
	count(refused ? &r->totals.refused : &r->totals.forwarded, bytes);
	if (v->audit != OST_REASON_NONE)
		count(&r->totals.audited, bytes);
	if (known)
		count(refused ? &r->slots[v->device].refused : &r->slots[v->device].forwarded,
			bytes);
	if (!refused)
		return;
	r->undrained++;
	r->totals.refused_pkts[v->reason]++;
	if (!known)
		r->totals.unattributed_pkts[v->reason]++;
}

static void on_refusal(void *user, const struct ost_refusal *refusal)
{
	struct ost_replay *r = user;

	if (!refusal->audit)
		ost_topflows_add(r->topflows, refusal);
	if (r->config.refused != NULL)
		r->config.refused(r->config.user, refusal, refusal->port == r->ports.network ? OST_SIDE_NETWORK : OST_SIDE_DEVICE);
}

static void drain(struct ost_replay *r)
{
	int64_t offset = (int64_t)(r->clock.newest_wall_ns - r->clock.now_ns);

	ost_classifier_refusals_flip(r->classifier);
	r->totals.unrecorded_pkts +=
		ost_classifier_refusals_drain(r->classifier, offset, on_refusal, r);
	r->undrained = 0;
	r->drained_ns = r->clock.now_ns;
}

/* Whoever looks at refusals in time wants them told in time. */
static void second_look(struct ost_replay *r)
{
	if (r->config.second == NULL || r->clock.now_ns - r->drained_ns < OST_NS_PER_S)
		return;
	drain(r);
	r->config.second(r->config.user, (struct ost_moment){r->clock.now_ns, r->clock.newest_wall_ns});
}

static int judge_burst(struct ost_replay *r)
{
	struct burst *b = &r->burst;
	struct ost_verdict verdicts[OST_BURST];
	uint32_t n = b->count;
	int rc = 0;

	if (n == 0)
		return 0;
	ost_site_wall_set(r->site, (int64_t)(r->clock.newest_wall_ns / OST_NS_PER_S)); /* schedules follow the capture's time */
	ost_classify(r->classifier, b->frames, n, r->clock.now_ns, verdicts);
	for (uint32_t i = 0; i < n; i++) {
		account(r, b->frames[i].length, &verdicts[i]);
		if (rc == 0 && r->config.judged != NULL)
			rc = r->config.judged(r->config.user, &b->packets[i], &verdicts[i]);
	}
	b->count = 0;
	b->used_bytes = 0;
	if (r->undrained >= DRAIN_PKTS)
		drain(r);
	second_look(r);
	sweep(r, n);
	return rc;
}

static bool burst_full(const struct ost_replay *r, uint32_t length)
{
	const struct burst *b = &r->burst;

	return b->count == OST_BURST || b->used_bytes + length + OST_CACHE_LINE > FRAMES_BYTES;
}

static void burst_add(struct ost_replay *r, const struct ost_capture_packet *packet)
{
	struct burst *b = &r->burst;
	uint8_t *to = b->bytes + b->used_bytes;
	uint32_t i = b->count++;

	memcpy(to, packet->bytes, packet->length);
	b->used_bytes += (packet->length + OST_CACHE_LINE - 1) / OST_CACHE_LINE * OST_CACHE_LINE;
	b->packets[i] = *packet;
	b->packets[i].bytes = to;
	b->frames[i] = (struct ost_frame){
		.bytes = to,
		.length = packet->length,
		.port = ost_replay_port(&r->ports, to, packet->length),
	};
}

int ost_replay_packet(struct ost_replay *r, const struct ost_capture_packet *packet)
{
	uint64_t before_ns = r->clock.now_ns;
	int rc = 0;

	if (packet->length > OST_CAPTURE_FRAME_MAX)
		return -EMSGSIZE;
	/* A burst is one moment: what comes later than a millisecond begins a new one. */
	if (burst_full(r, packet->length))
		rc = judge_burst(r);
	clock_follow(r, packet->wall_ns);
	if (rc == 0 && r->burst.count > 0 && r->clock.now_ns - r->burst.first_ns > BURST_SPAN_NS) {
		uint64_t after_ns = r->clock.now_ns;

		r->clock.now_ns = before_ns; /* what waits is judged in its own time */
		rc = judge_burst(r);
		r->clock.now_ns = after_ns;
	}
	if (rc < 0)
		return rc;
	if (r->burst.count == 0)
		r->burst.first_ns = r->clock.now_ns;
	if (packet->wire_length > packet->length)
		r->totals.cut_pkts++;
	burst_add(r, packet);
	return 0;
}

int ost_replay_flush(struct ost_replay *r)
{
	int rc = judge_burst(r);

	drain(r);
	(void)ost_classifier_sweep(
		r->classifier, ost_classifier_sweep_buckets(r->classifier), r->clock.now_ns);
	return rc;
}

/* ---- results ---- */

const struct ost_replay_totals *ost_replay_totals(const struct ost_replay *r)
{
	return &r->totals;
}

const struct ost_topflows *ost_replay_topflows(const struct ost_replay *r)
{
	return r->topflows;
}

uint64_t ost_replay_rule_hits(const struct ost_replay *r, uint32_t rule)
{
	return rule < r->image->rule_count ? ost_classifier_rule_hits(r->classifier, rule) : 0;
}

bool ost_replay_device(
	const struct ost_replay *r, uint32_t device, struct ost_replay_device *ret_device)
{
	uint32_t slot = ost_site_slot(r->site, device);
	struct ost_device_counts counts;

	*ret_device = (struct ost_replay_device){0};
	if (slot >= r->slot_count)
		return false;
	ret_device->forwarded = r->slots[slot].forwarded;
	ret_device->refused = r->slots[slot].refused;
	if (ret_device->refused.pkts > 0) {
		ost_site_device_counts(r->site, slot, &counts);
		memcpy(ret_device->refused_pkts, counts.refused_pkts,
			sizeof(ret_device->refused_pkts));
	}
	return ret_device->forwarded.pkts + ret_device->refused.pkts > 0;
}

int64_t ost_replay_device_at(const struct ost_replay *r, uint32_t slot)
{
	if (slot >= r->slot_count)
		return -ENOENT;
	for (uint32_t i = 0; i < r->image->device_count; i++) {
		if (ost_site_slot(r->site, i) == slot)
			return i;
	}
	return -ENOENT;
}

void ost_replay_flows(const struct ost_replay *r, uint64_t *ret_flows, uint64_t *ret_max)
{
	ost_classifier_flows(r->classifier, ret_flows, ret_max);
}
