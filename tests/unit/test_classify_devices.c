/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is kept for each device: its counters. */
#include "classify_rig.h"

#include "classifier.h"

#define POLICY                                                                                  \
	"ostiary: 1\nnetworks:\n  plant: [10.20.0.0/24]\nroles:\n  camera:\n    allow:\n"       \
	"      - to: { network: plant, service: tcp/443 }\ndevices:\n"                          \
	"  cam: { role: camera, mac: \"02:00:00:00:00:01\", port: dev1, address: 10.0.0.1 }\n"

static const struct way out = {DEV1, ROUTER, 1, "10.0.0.1", "10.20.0.9", 40000, 443};
static int setup(void **state)
{
	return rig_start(state, POLICY, &(struct rig_options){.two = true});
}

/* ---- counters ---- */

/* A packet to a service that no rule names, or (rare) one whose TCP flags no stack sends. */
static void send_bad(struct ost_classifier *c, bool rare)
{
	struct wire w;

	wire_eth(&w, ROUTER, 1);
	wire_ip(&w, "10.0.0.1", "10.20.0.9", 6);
	wire_tcp(&w, 40000, 22, rare ? 0 : SYN, 1, 0, 0);
	wire_end(&w);
	assert_reason(rig_send_by(&rig, c, DEV1, &w), rare ? OST_REASON_TCP_FLAGS : OST_REASON_NOT_ALLOWED);
}

static void workers_count_together(void **state)
{
	struct ost_device_counts n;

	for (int i = 0; i < 3; i++) {
		send_bad(rig.c, i == 0);
		send_bad(rig.second, i == 1);
	}
	assert_passes(rig_tcp(*state, &out, SYN, 1, 0, 0));
	rig_sweep(*state);
	n = rig_counts(*state, "cam");
	assert_int_equal(n.refused_pkts[OST_REASON_NOT_ALLOWED], 4);
	assert_int_equal(n.refused_pkts[OST_REASON_TCP_FLAGS], 2);
	assert_int_equal(n.flows, 1); /* not once for each worker */
	assert_int_equal(n.flows_opened, 1);
	assert_int_equal(n.out_pkts, 1);
	assert_int_equal(n.last_seen_ns >> OST_TICK_SHIFT, rig.now_ns >> OST_TICK_SHIFT | 1);
}

static void refusals_count_beyond_32_bits(void **state)
{
	uint32_t slot = ost_site_slot(rig.site, rig_device(*state, "cam"));
	uint8_t place = ost_tally_place[OST_REASON_TCP_FLAGS];
	struct ost_device_counts n;

	rig.c->tallies[slot].refused[ost_tally_place[OST_REASON_NOT_ALLOWED]] = UINT32_MAX - 1;
	atomic_store(&rig.site->refused[slot].rare[place - OST_FLOOD_REASONS], UINT32_MAX - 1);
	for (int i = 0; i < 3; i++) {
		send_bad(rig.c, false);
		send_bad(i == 1 ? rig.c : rig.second, true);
	}
	n = rig_counts(*state, "cam");
	assert_true(n.refused_pkts[OST_REASON_NOT_ALLOWED] == UINT32_MAX + 2ull);
	assert_true(n.refused_pkts[OST_REASON_TCP_FLAGS] == UINT32_MAX + 2ull);
}

/* Every reason has a place of its own. */
static void no_two_reasons_share_a_counter(void **state)
{
	uint64_t places = 0;

	(void)state;
	for (unsigned i = 0; i < OST_REASON_COUNT; i++) {
		assert_in_range(ost_tally_place[i], 0, OST_DEVICE_REASONS - 1);
		places |= 1ull << ost_tally_place[i];
	}
	assert_int_equal(__builtin_popcountll(places), OST_REASON_COUNT);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, rig_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {T(workers_count_together), T(refusals_count_beyond_32_bits),
		T(no_two_reasons_share_a_counter)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
