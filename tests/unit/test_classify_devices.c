/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is kept for each device: its counters, its slot, and what both cost. */
#include "classify_rig.h"

#include "classifier.h"

#define HEAD                                                                              \
	"ostiary: 1\nnetworks:\n  plant: [10.20.0.0/24]\nroles:\n  camera:\n    allow:\n" \
	"      - to: { network: plant, service: tcp/443 }\ndevices:\n"
#define CAM    "  cam: { role: camera, mac: \"02:00:00:00:00:01\", port: dev1, address: 10.0.0.1 }\n"
#define DOOR   "  door: { role: camera, mac: \"02:00:00:00:00:02\" }\n"
#define HALL   "  hall: { role: camera, mac: \"02:00:00:00:00:03\" }\n"
#define ROOF   "  roof: { role: camera, mac: \"02:00:00:00:00:04\", port: dev1, address: 10.0.0.4 }\n"
#define POLICY HEAD CAM

static const struct way out = {DEV1, ROUTER, 1, "10.0.0.1", "10.20.0.9", 40000, 443};
static const struct way door = {DEV2, ROUTER, 2, "10.0.0.2", "10.20.0.9", 40000, 443};
static const struct way hall = {DEV2, ROUTER, 3, "10.0.0.3", "10.20.0.9", 40000, 443};
static const struct way roof = {DEV1, ROUTER, 4, "10.0.0.4", "10.20.0.9", 40000, 443};

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

/* Six reasons of a device may pass 32 bits; a seventh stays at its end, and never begins anew. */
static void the_seventh_reason_beyond_32_bits_stays(void **state)
{
	const uint8_t rare[] = {OST_REASON_FRAGMENT, OST_REASON_STATE, OST_REASON_ARP_SPOOF, OST_REASON_NO_FLOW,
		OST_REASON_FLOW_LIMIT, OST_REASON_TCP_CLOSED};
	uint32_t slot = ost_site_slot(rig.site, rig_device(*state, "cam"));
	struct ost_device_counts n;

	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < OST_ARRAY_SIZE(rare); i++) {
			uint8_t place = ost_tally_place[rare[i]];

			if (place < OST_FLOOD_REASONS)
				rig.c->tallies[slot].refused[place] = UINT32_MAX;
			else
				atomic_store(&rig.site->refused[slot].rare[place - OST_FLOOD_REASONS], UINT32_MAX);
			ost_tally_refuse(rig.c, slot, rare[i]);
		}
	}
	rig.c->tallies[slot].refused[ost_tally_place[OST_REASON_NOT_ALLOWED]] = UINT32_MAX - 1;
	atomic_store(&rig.site->refused[slot].rare[ost_tally_place[OST_REASON_TCP_FLAGS] - OST_FLOOD_REASONS], UINT32_MAX - 1);
	for (int i = 0; i < 4; i++) {
		send_bad(rig.c, false);
		send_bad(i & 1 ? rig.c : rig.second, true);
	}
	n = rig_counts(*state, "cam");
	for (unsigned i = 0; i < OST_ARRAY_SIZE(rare); i++)
		assert_true(n.refused_pkts[rare[i]] == 2ull << 32);
	assert_true(n.refused_pkts[OST_REASON_NOT_ALLOWED] == UINT32_MAX);
	assert_true(n.refused_pkts[OST_REASON_TCP_FLAGS] == UINT32_MAX);
}

/* As many as a message has room for: the next reason costs no device a byte. */
static void a_device_counts_as_many_reasons_as_are_told(void **state)
{
	(void)state;
	assert_int_equal(OST_DEVICE_REASONS, OST_REASON_SLOTS);
	assert_in_range(OST_DEVICE_REASONS - 46, 16, 64);
	assert_int_equal(sizeof(struct ost_refused) + sizeof(struct ost_tally), 256 + 64);
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

/* ---- slots ---- */

static int setup_slots(void **state)
{
	return rig_start(state, HEAD CAM DOOR, &(struct rig_options){.devices_max = 2});
}

static struct ost_ip ip_of(const char *text)
{
	struct ost_ip ip;

	assert_int_equal(ost_ip_parse(text, &ip), 0);
	return ip;
}

static void note(void *user, const struct ost_binding_event *e)
{
	struct ost_binding_event *last = user;

	last->slot++; /* how many */
	last->bound = e->bound;
	last->expires_in_ns = e->expires_in_ns;
}

/* All of the two are replaced, and there are slots for two: flows and addresses of those that leave end as with any policy
 * that does not have them, whoever comes begins with nothing of theirs. */
static void others_come_when_those_that_leave_have_left(void **state)
{
	struct ost_device_counts n;

	rig_bind(*state, "door", "10.0.0.2");
	rig_connect(*state, &out, NET);
	rig_connect(*state, &door, NET);
	assert_int_equal(rig_swap(*state, HEAD HALL ROOF), -ENOSPC);
	assert_passes(rig_tcp(*state, &out, PSH | ACK, 1001, 5001, 1));
	assert_passes(rig_tcp(*state, &door, PSH | ACK, 1001, 5001, 1));
	assert_int_equal(rig_swap_in_two(*state, HEAD HALL ROOF), 0);
	assert_refused(rig_tcp(*state, &out, PSH | ACK, 1001, 5001, 1), UNKNOWN_DEVICE);
	assert_refused(rig_tcp(*state, &door, PSH | ACK, 1001, 5001, 1), UNKNOWN_DEVICE);
	assert_int_equal(rig_flows(*state), 0);
	assert_int_equal(ost_site_bindings(rig.site, NULL), 0);
	rig_connect(*state, &roof, NET);
	n = rig_counts(*state, "hall");
	assert_int_equal(n.out_pkts + n.in_pkts + n.flows_opened + n.last_seen_ns, 0);
	n = rig_counts(*state, "roof");
	assert_int_equal(n.flows, 1);
	assert_int_equal(n.flows_opened, 1);
	assert_refused(rig_tcp(*state, &hall, SYN, 1, 0, 0), SOURCE_ADDRESS);
	rig_bind(*state, "hall", "10.0.0.3");
	rig_connect(*state, &hall, NET);
	assert_int_equal(ost_site_slots(rig.site), 2);
}

static void a_slot_is_kept_until_nothing_is_left(void **state)
{
	for (int flow = 0; flow < 2; flow++) {
		rig_bind(*state, "door", "10.0.0.2");
		if (flow)
			rig_connect(*state, &door, NET);
		assert_int_equal(rig_swap(*state, HEAD CAM), 0);
		if (flow) { /* the address alone is gone */
			ost_binding_sweep(rig.site, 1000, (uint32_t)(rig.now_ns >> OST_TICK_SHIFT));
			assert_int_equal(ost_site_bindings(rig.site, NULL), 0);
		}
		assert_int_equal(ost_site_departed(rig.site), 1);
		assert_int_equal(rig_swap(*state, HEAD CAM HALL), -ENOSPC);
		rig_sweep(*state);
		assert_int_equal(rig_swap(*state, HEAD CAM HALL), 0);
		assert_int_equal(rig_counts(*state, "hall").flows_opened, 0);
		assert_int_equal(rig_swap(*state, HEAD CAM), 0);
		assert_int_equal(rig_swap(*state, HEAD CAM DOOR), 0);
	}
}

static void who_stays_notices_nothing(void **state)
{
	struct ost_image image = *ost_site_image(rig.site);
	struct ost_view *old;

	rig_bind(*state, "door", "10.0.0.2");
	rig_connect(*state, &out, NET);
	rig_connect(*state, &door, NET);
	rig_state(*state, "cam", OST_STATE_AUTHENTICATED, OST_ASSURANCE_SOFTWARE);
	image.device_count = 1; /* cam */
	assert_string_equal(ost_image_device_name(&image, 0), "cam");
	assert_int_equal(ost_site_policy_without(rig.site, &image, &old), 0);
	ost_view_free(&old);
	/* In between: a policy without door. */
	assert_passes(rig_tcp(*state, &out, PSH | ACK, 1001, 5001, 1));
	assert_refused(rig_tcp(*state, &door, PSH | ACK, 1001, 5001, 1), UNKNOWN_DEVICE);
	assert_int_equal(ost_site_departed(rig.site), 1);
	rig_sweep(*state);
	assert_int_equal(ost_site_departed(rig.site), 0);
	assert_int_equal(rig_swap(*state, HEAD CAM HALL), 0);
	assert_passes(rig_tcp(*state, &out, PSH | ACK, 1001, 5001, 1));
	assert_int_equal(rig_counts(*state, "cam").flows, 1);
	assert_int_equal(rig_counts(*state, "cam").flows_opened, 1);
}

/* The second step failed: what was in force is put in force again. */
static void those_that_had_to_leave_come_back(void **state)
{
	struct ost_image image = *ost_site_image(rig.site);
	struct ost_view *old;

	rig_bind(*state, "door", "10.0.0.2");
	image.device_count = 0;
	assert_int_equal(ost_site_policy_without(rig.site, &image, &old), 0);
	ost_view_free(&old);
	assert_refused(rig_tcp(*state, &out, SYN, 1, 0, 0), UNKNOWN_DEVICE);
	assert_refused(rig_tcp(*state, &door, SYN, 1, 0, 0), UNKNOWN_DEVICE);
	assert_int_equal(ost_site_policy_set(rig.site, &rig.image, rig.now_ns, &old), 0);
	ost_view_free(&old);
	rig_connect(*state, &out, NET);
	rig_connect(*state, &door, NET);
}

/* A static address of a device that has left is nobody's: its neighbours may not be judged by it. */
static void a_static_address_leaves_with_its_device(void **state)
{
	struct ost_image image;
	struct way to_roof = {NET, 4, ROUTER, "10.20.0.9", "10.0.0.4", 443, 40000};
	struct ost_view *old;

	assert_int_equal(rig_swap_in_two(*state, HEAD CAM ROOF), 0);
	image = *ost_site_image(rig.site);
	image.device_count = 1;
	assert_int_equal(ost_site_policy_without(rig.site, &image, &old), 0);
	ost_view_free(&old);
	assert_refused(rig_tcp(*state, &to_roof, SYN, 1, 0, 0), UNKNOWN_DESTINATION);
	rig_connect(*state, &out, NET);
}

/* Another policy that is refused has no effect, however often it comes: not on who is in force, nor on what is kept of
 * those that left. */
static void a_refused_policy_ages_nothing(void **state)
{
	uint32_t slot = ost_site_slot(rig.site, rig_device(*state, "cam"));
	struct ost_site_device d;

	rig_state(*state, "cam", OST_STATE_QUARANTINED, OST_ASSURANCE_IDENTIFIED);
	assert_int_equal(rig_swap(*state, HEAD DOOR), 0);
	for (int i = 0; i < 10; i++)
		assert_int_equal(rig_swap(*state, HEAD DOOR HALL ROOF), -ENOSPC);
	assert_int_equal(rig_swap(*state, HEAD CAM DOOR), 0);
	assert_int_equal(ost_site_slot(rig.site, rig_device(*state, "cam")), slot);
	assert_int_equal(ost_site_device_get(rig.site, slot, &d), 0);
	assert_int_equal(d.state, OST_STATE_QUARANTINED);
}

/* A binding that main wished for, and that the slot's next device must not get; nor one whose device is not in force. */
static void a_late_binding_is_for_its_own_device(void **state)
{
	struct ost_ip ip = ip_of("10.0.0.2");
	uint32_t slot = ost_site_slot(rig.site, rig_device(*state, "door"));

	assert_int_equal(ost_site_bind_later(rig.site, rig_device(*state, "door"), &ip, OST_BINDING_DHCP, 0), 0);
	assert_int_equal(rig_swap(*state, HEAD CAM), 0);
	assert_int_equal(rig_swap(*state, HEAD CAM HALL), 0);
	assert_int_equal(ost_site_slot(rig.site, rig_device(*state, "hall")), slot);
	rig_sweep(*state);
	assert_int_equal(ost_site_bindings(rig.site, NULL), 0);

	assert_int_equal(ost_site_bind_later(rig.site, rig_device(*state, "hall"), &ip, OST_BINDING_DHCP, 0), 0);
	assert_int_equal(rig_swap(*state, HEAD CAM), 0);
	(void)ost_classifier_sweep(rig.c, 0, rig.now_ns); /* the wishes alone */
	assert_int_equal(ost_site_bindings(rig.site, NULL), 0);
	assert_int_equal(ost_site_departed(rig.site), 0);

	assert_int_equal(rig_swap(*state, HEAD CAM HALL), 0);
	assert_int_equal(ost_site_bind_later(rig.site, rig_device(*state, "hall"), &ip, OST_BINDING_DHCP, 0), 0);
	rig_sweep(*state);
	assert_int_equal(ost_site_bindings(rig.site, NULL), 1);
}

static void a_late_event_is_of_its_own_device(void **state)
{
	struct ost_binding_event last = {.slot = 0};

	rig_bind(*state, "door", "10.0.0.2");
	assert_int_equal(rig_swap(*state, HEAD CAM), 0);
	rig_sweep(*state);
	assert_int_equal(rig_swap(*state, HEAD CAM HALL), 0);
	assert_int_equal(ost_site_binding_events(rig.site, note, &last), 0);
	assert_int_equal(last.slot, 0);
	rig_bind(*state, "hall", "10.0.0.3");
	assert_int_equal(ost_site_binding_events(rig.site, note, &last), 0);
	assert_int_equal(last.slot, 1);
}

static void a_binding_tells_when_it_ends(void **state)
{
	struct ost_binding_event last = {.slot = 0};
	struct ost_ip ip = ip_of("10.0.0.2");

	assert_int_equal(ost_site_bind(rig.site, rig_device(*state, "door"), &ip, OST_BINDING_DHCP, rig.now_ns,
				 rig.now_ns + 3600 * OST_NS_PER_S), 0);
	assert_int_equal(ost_site_binding_events(rig.site, note, &last), 0);
	assert_int_equal(last.slot, 1);
	assert_in_range(last.expires_in_ns, 3599 * OST_NS_PER_S, 3601 * OST_NS_PER_S);
}

/* A lease that ran out may be used until the sweep comes by, once in a pass over the flows, however many bindings there are. */
static void a_lease_ends_within_one_pass(void **state)
{
	struct ost_ip ip = ip_of("10.0.0.2");

	rig_free(&rig);
	rig_new(&rig, HEAD CAM DOOR, &(struct rig_options){.bindings_max = 20000});
	assert_int_equal(ost_site_bind(rig.site, rig_device(*state, "door"), &ip, OST_BINDING_DHCP, rig.now_ns,
				 rig.now_ns + 10 * OST_NS_PER_S), 0);
	rig_connect(*state, &door, NET);
	rig_wait_ms(*state, 11000);
	for (uint32_t left = 1; left > 0;)
		left = ost_classifier_sweep(rig.c, 3, rig.now_ns);
	assert_int_equal(ost_site_bindings(rig.site, NULL), 0);
	assert_refused(rig_tcp(*state, &door, PSH | ACK, 1001, 5001, 1), POLICY_CHANGED);
	assert_refused(rig_tcp(*state, &door, SYN, 1, 0, 0), SOURCE_ADDRESS);
}

/* ---- what a device costs ---- */

static size_t allocated;

static void *count_alloc(size_t bytes)
{
	allocated += bytes;
	return calloc(1, bytes);
}

static void count_release(void *memory, size_t bytes)
{
	allocated -= bytes;
	free(memory);
}

/* Bytes that a gateway for so many devices takes, as the data plane makes it; in_swap: with a second view beside the first. */
static size_t site_bytes(const struct rig *r, uint32_t devices, uint32_t workers, bool in_swap)
{
	struct ost_site_config config = {.devices_max = ost_site_slots_for(devices), .bindings_max = 16, .port_count = 2,
		.ports = {{"net1", OST_SIDE_NETWORK, 0}, {"dev1", OST_SIDE_DEVICE, 0}},
		.alloc = count_alloc, .release = count_release};
	const struct ost_classifier_config worker = {.flows4_max = 16, .flows6_max = 16, .owns_control = true};
	struct ost_classifier *c[OST_WORKERS_MAX] = {0};
	struct ost_view *old[2] = {0};
	struct ost_site *site;
	size_t bytes;

	allocated = 0;
	assert_int_equal(ost_site_new(&config, &site), 0);
	for (uint32_t i = 0; i < workers; i++)
		assert_int_equal(ost_classifier_new(site, &worker, &c[i]), 0);
	for (int i = 0; i <= in_swap; i++)
		assert_int_equal(ost_site_policy_set(site, &r->image, 1, &old[i]), 0);
	/* And what lies elsewhere: the view's slots by place in the image, what the reports keep by slot (dataplane/link.c). */
	bytes = allocated + devices * sizeof(uint32_t) * (in_swap + 1u) + config.devices_max * sizeof(uint64_t);
	ost_view_free(&old[1]);
	for (uint32_t i = 0; i < workers; i++)
		ost_classifier_free(&c[i]);
	ost_site_free(&site);
	assert_int_equal(allocated, 0);
	return bytes;
}

static size_t device_bytes(const struct rig *r, uint32_t workers, bool in_swap)
{
	return (site_bytes(r, 200000, workers, in_swap) - site_bytes(r, 100000, workers, in_swap) + 99999) / 100000;
}

/* The goals of docs/performance.md. What the policy itself takes, its names and rules, comes on top, and so do addresses. */
static void a_device_and_a_flow_keep_to_their_bytes(void **state)
{
	size_t one = device_bytes(*state, 1, false), four = device_bytes(*state, 4, false), swap = device_bytes(*state, 1, true);
	double flow4 = (64 + sizeof(struct ost_table_bucket) / 31.0) * 100 / OST_TABLE_FILL_FLOWS;
	double flow6 = (128 + sizeof(struct ost_table_bucket) / 31.0) * 100 / OST_TABLE_FILL_FLOWS;

	print_message("# a device: %zu bytes with one worker, %zu with four, %zu while a policy is swapped; a flow: %.0f (IPv4), %.0f "
		      "(IPv6)\n", one, four, swap, flow4, flow6);
	assert_in_range(one, 1, 512);
	assert_in_range(four, 1, 768);
	assert_in_range(swap, 1, 600);
	assert_true(flow4 <= 192 && flow6 <= 192);
}

/* ---- what a swap costs ---- */

static uint8_t *sparse;
static size_t sparse_bytes;

static void *sparse_alloc(size_t bytes)
{
	sparse = calloc(1, bytes);
	sparse_bytes = bytes;
	return sparse;
}

/* In a gateway with room for many a small policy comes in force as fast as in a small one: nobody writes the records of
 * devices that never were. */
static void a_swap_writes_what_the_policy_has(void **state)
{
	struct rig *r = *state;
	struct ost_site_config config = {.devices_max = 100000, .bindings_max = 16, .port_count = 2,
		.ports = {{"net1", OST_SIDE_NETWORK, 0}, {"dev1", OST_SIDE_DEVICE, 0}},
		.alloc = count_alloc, .alloc_sparse = sparse_alloc, .release = count_release};
	struct ost_view *old = NULL;
	struct ost_site *site;

	assert_int_equal(ost_site_new(&config, &site), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(ost_site_policy_set(site, &r->image, 1, &old), 0);
		assert_int_equal(sparse_bytes, 100000 * 64);
		assert_true(ost_site_slots(site) == 1);
		for (size_t k = 64; k < sparse_bytes; k++)
			assert_int_equal(sparse[k], 0);
		ost_view_free(&old);
	}
	ost_site_free(&site);
}

#define S(f) cmocka_unit_test_setup_teardown(f, setup_slots, rig_stop)
#define T(f) cmocka_unit_test_setup_teardown(f, setup, rig_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {T(workers_count_together), T(refusals_count_beyond_32_bits),
		T(a_swap_writes_what_the_policy_has), T(the_seventh_reason_beyond_32_bits_stays), T(a_device_counts_as_many_reasons_as_are_told),
		T(no_two_reasons_share_a_counter), S(others_come_when_those_that_leave_have_left), S(a_slot_is_kept_until_nothing_is_left),
		S(who_stays_notices_nothing),
		S(those_that_had_to_leave_come_back),
		S(a_static_address_leaves_with_its_device), S(a_refused_policy_ages_nothing), S(a_late_binding_is_for_its_own_device),
		S(a_late_event_is_of_its_own_device), S(a_binding_tells_when_it_ends), S(a_lease_ends_within_one_pass),
		T(a_device_and_a_flow_keep_to_their_bytes)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
