/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices that the policy knows by their certificate alone: nobody until they have proved to be somewhere. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "classify_rig.h"
#include "site.h"

#define POLICY(devices)                                                                                      \
	"ostiary: 1\nnetworks:\n  plant: [10.20.0.0/24]\nroles:\n"                                           \
	"  lock:\n    authenticate: eap-tls\n    assurance: software\n    include: [arp]\n    allow:\n"           \
	"      - to: { network: plant, service: udp/5000 }\n      - to: { network: plant, service: tcp/443 }\n" \
	"  camera:\n    authenticate: mac\n    allow:\n      - to: { network: plant, service: udp/5000 }\n"        \
	"devices:\n" devices
#define LOCK   "  lock: { role: lock, certificate: \"urn:dev:ser:1\", address: 10.0.0.1 }\n"
#define FIXED  "  fixed: { role: lock, certificate: \"urn:dev:ser:2\", port: dev2, address: 10.0.0.2 }\n"
#define AGAIN  "  again: { role: lock, certificate: \"urn:dev:ser:3\", address: 10.0.0.3 }\n"
#define CAM    "  cam: { role: camera, mac: \"02:00:00:00:00:07\", port: dev1, address: 10.0.0.7 }\n"

static int setup(void **state)
{
	struct rig_options o = {.devices_max = 4};

	return rig_start(state, POLICY(LOCK FIXED CAM), &o);
}

static int place(struct rig *r, const char *device, unsigned mac, uint32_t vlan, uint8_t port)
{
	struct ost_site_place p = {.vlan = vlan, .port = port};

	wire_mac(mac, p.mac.b);
	return ost_site_place_set(r->site, rig_device(r, device), &p);
}

static void admit(struct rig *r, const char *device, unsigned mac, uint8_t port)
{
	assert_int_equal(place(r, device, mac, 0, port), 0);
	rig_state(r, device, OST_STATE_AUTHENTICATED, OST_ASSURANCE_SOFTWARE);
}

/* As the data plane does it: tries again when there is no room, and every worker has seen it before there are rights. */
static int admit_at(struct rig *r, const char *device, unsigned mac, uint32_t vlan, uint8_t port)
{
	int result = place(r, device, mac, vlan, port);

	for (int i = 0; i < 3 && result == -ENOSPC; i++) {
		ost_site_places_seen(r->site);
		result = place(r, device, mac, vlan, port);
	}
	if (result < 0)
		return result;
	ost_site_places_seen(r->site);
	rig_state(r, device, OST_STATE_AUTHENTICATED, OST_ASSURANCE_SOFTWARE);
	return 0;
}

static enum ost_reason says(struct rig *r, unsigned mac, uint8_t port, const char *from)
{
	const struct way w = {port, ROUTER, mac, from, "10.20.0.9", 4000, 5000};

	return rig_udp(r, &w);
}

static void nobody_until_it_has_proved_itself(void **state)
{
	struct rig *r = *state;

	assert_refused(says(r, 1, DEV1, "10.0.0.1"), UNKNOWN_DEVICE);
	assert_int_equal(place(r, "lock", 1, 0, DEV1), 0);
	assert_refused(says(r, 1, DEV1, "10.0.0.1"), STATE); /* a place alone is no right */
	rig_state(r, "lock", OST_STATE_AUTHENTICATED, OST_ASSURANCE_SOFTWARE);
	assert_passes(says(r, 1, DEV1, "10.0.0.1"));
	assert_refused(says(r, 1, DEV1, "10.0.0.9"), SOURCE_ADDRESS);
	assert_refused(says(r, 1, DEV2, "10.0.0.1"), MAC_WRONG_PORT);
	assert_refused(says(r, 2, DEV1, "10.0.0.1"), UNKNOWN_DEVICE);
	rig_sweep(r);
	assert_int_equal(rig_counts(r, "lock").out_pkts, 1);
}

static void what_the_policy_says_holds(void **state)
{
	struct rig *r = *state;

	assert_int_equal(place(r, "fixed", 2, 0, DEV1), -EINVAL); /* its port is dev2 */
	assert_int_equal(place(r, "cam", 9, 0, DEV1), -EINVAL); /* its MAC is another */
	assert_int_equal(place(r, "cam", 7, 5, DEV1), -EINVAL); /* its VLAN, too */
	assert_int_equal(place(r, "lock", 1, 0, NET), -EINVAL);
	assert_int_equal(place(r, "lock", 1, 0, 60), -EINVAL);
	assert_int_equal(place(r, "lock", 7, 0, DEV1), -EADDRINUSE); /* the camera's MAC */
	admit(r, "lock", 1, DEV1);
	assert_int_equal(place(r, "fixed", 1, 0, DEV2), -EADDRINUSE); /* somebody else has just proved to be there */
	assert_int_equal(place(r, "cam", 7, 0, DEV1), 0);
	assert_passes(says(r, 7, DEV1, "10.0.0.7"));
}

static void elsewhere_it_begins_anew(void **state)
{
	struct rig *r = *state;

	admit(r, "lock", 1, DEV1);
	assert_passes(says(r, 1, DEV1, "10.0.0.1"));
	admit(r, "lock", 3, DEV3); /* another network card, at another port */
	assert_passes(says(r, 3, DEV3, "10.0.0.1"));
	assert_refused(says(r, 1, DEV1, "10.0.0.1"), POLICY_CHANGED); /* the flow that it had */
	assert_refused(says(r, 1, DEV1, "10.0.0.1"), STATE);
	assert_refused(says(r, 1, DEV3, "10.0.0.1"), MAC_WRONG_PORT);
	/* And back, which takes no further slot. */
	for (unsigned i = 0; i < 10; i++) {
		admit(r, "lock", i % 2 ? 3 : 1, i % 2 ? DEV3 : DEV1);
		assert_passes(says(r, i % 2 ? 3 : 1, i % 2 ? DEV3 : DEV1, "10.0.0.1"));
	}
}

static void flows_outlive_the_next_policy(void **state)
{
	const struct way w = {DEV1, ROUTER, 1, "10.0.0.1", "10.20.0.9", 4000, 443};
	struct rig *r = *state;

	admit(r, "lock", 1, DEV1);
	rig_connect(r, &w, NET);
	assert_int_equal(rig_swap(r, POLICY(CAM LOCK)), 0);
	assert_passes(rig_tcp(r, &w, ACK | PSH, 1001, 5001, 10));
	assert_passes(says(r, 1, DEV1, "10.0.0.1"));
	/* The next policy knows its MAC, or says another port, or has no such device. */
	assert_int_equal(rig_swap(r, POLICY(LOCK "  other: { role: camera, mac: \"02:00:00:00:00:01\", address: 10.0.0.3 }\n")), 0);
	assert_refused(rig_tcp(r, &w, ACK | PSH, 1011, 5001, 10), POLICY_CHANGED);
	assert_refused(rig_tcp(r, &w, ACK | PSH, 1011, 5001, 10), SOURCE_ADDRESS);
	assert_passes(says(r, 1, DEV1, "10.0.0.3"));
}

static void the_next_policy_says_where(void **state)
{
	struct rig *r = *state;

	admit(r, "lock", 1, DEV1);
	assert_int_equal(rig_swap(r, POLICY("  lock: { role: lock, certificate: \"urn:dev:ser:1\", port: dev2, address: 10.0.0.1 }\n")), 0);
	assert_refused(says(r, 1, DEV1, "10.0.0.1"), UNKNOWN_DEVICE);
	assert_refused(says(r, 1, DEV2, "10.0.0.1"), UNKNOWN_DEVICE);
	admit(r, "lock", 1, DEV2);
	assert_passes(says(r, 1, DEV2, "10.0.0.1"));
	assert_int_equal(rig_swap(r, POLICY(CAM)), 0);
	assert_refused(says(r, 1, DEV2, "10.0.0.1"), UNKNOWN_DEVICE);
}

/* Its link goes down, and somebody at another port has its MAC and address. */
static void a_link_that_goes_down_ends_its_rights(void **state)
{
	struct rig *r = *state;

	admit(r, "lock", 1, DEV1);
	assert_passes(says(r, 1, DEV1, "10.0.0.1"));
	ost_site_port_down(r->site, DEV2); /* another's */
	assert_passes(says(r, 1, DEV1, "10.0.0.1"));
	ost_site_port_down(r->site, DEV1);
	assert_refused(says(r, 1, DEV2, "10.0.0.1"), STATE);
	admit(r, "lock", 1, DEV1); /* it proves itself again, whoever came first meanwhile */
	assert_refused(says(r, 1, DEV2, "10.0.0.1"), MAC_WRONG_PORT);
	assert_passes(says(r, 1, DEV1, "10.0.0.1"));
	rig_state(r, "lock", OST_STATE_EXPIRED, OST_ASSURANCE_SOFTWARE);
	ost_site_port_down(r->site, DEV1);
	assert_refused(says(r, 1, DEV1, "10.0.0.1"), STATE);
}

/* Room for four: those who are there keep their places when there is none for a fifth. */
static void no_room(void **state)
{
	struct rig *r = *state;

	for (unsigned mac = 1; mac < 4; mac++) {
		admit(r, "lock", mac, DEV1);
		assert_passes(says(r, mac, DEV1, "10.0.0.1"));
	}
	assert_int_equal(admit_at(r, "lock", 4, 0, DEV1), -ENOSPC);
	assert_passes(says(r, 3, DEV1, "10.0.0.1"));
	/* The places where it was are free when the next policy has come and nothing of them is left. */
	assert_int_equal(rig_swap(r, POLICY(LOCK CAM)), 0);
	rig_sweep(r);
	rig_sweep(r);
	admit(r, "lock", 4, DEV1);
	assert_passes(says(r, 4, DEV1, "10.0.0.1"));
}

/* A device may change its MAC as often as it likes: what it leaves behind is free when its flows and addresses have ended. */
static void a_mac_for_each_day(void **state)
{
	struct rig *r = *state;

	for (unsigned mac = 16; mac < 116; mac++) {
		assert_int_equal(admit_at(r, "lock", mac, 0, DEV1), 0);
		assert_passes(says(r, mac, DEV1, "10.0.0.1"));
		rig_bind(r, "lock", "10.0.0.50"); /* the lease comes along, too */
		assert_passes(says(r, mac, DEV1, "10.0.0.50"));
		if (mac > 16)
			assert_true(says(r, mac - 1, DEV1, "10.0.0.1") != OST_REASON_NONE);
		ost_binding_sweep(r->site, 1000, (uint32_t)(r->now_ns >> OST_TICK_SHIFT));
		rig_sweep(r);
	}
	assert_int_equal(ost_site_slots(r->site), 4);
	assert_int_equal(held(r), 1);
	assert_int_equal(admit_at(r, "fixed", 2, 0, DEV2), 0);
	assert_passes(says(r, 2, DEV2, "10.0.0.2"));
}

/* Faster than what it had elsewhere ends: it waits, and takes nobody's room. */
static void a_mac_for_each_packet(void **state)
{
	struct rig *r = *state;
	unsigned mac = 16;

	for (; mac < 16 + OST_SLOTS_LEFT_MAX + 1; mac++) {
		assert_int_equal(admit_at(r, "lock", mac, 0, DEV1), 0);
		assert_passes(says(r, mac, DEV1, "10.0.0.1"));
	}
	assert_int_equal(admit_at(r, "lock", mac, 0, DEV1), -ENOSPC);
	assert_passes(says(r, mac - 1, DEV1, "10.0.0.1")); /* it stays where it is */
	assert_int_equal(admit_at(r, "fixed", 2, 0, DEV2), 0);
	assert_int_equal(admit_at(r, "lock", mac - 3, 0, DEV1), 0); /* where it was takes no room */
	assert_passes(says(r, mac - 3, DEV1, "10.0.0.1"));
	rig_sweep(r);
	assert_int_equal(admit_at(r, "lock", mac, 0, DEV1), 0);
	assert_passes(says(r, mac, DEV1, "10.0.0.1"));
}

static enum ost_reason says_in(struct rig *r, unsigned mac, uint32_t vlan, uint8_t port, const char *from)
{
	struct wire w;

	wire_eth(&w, ROUTER, mac);
	wire_tag(&w, 0x8100, (uint16_t)vlan);
	wire_ip(&w, from, "10.20.0.9", 17);
	wire_udp(&w, 4000, 5000, 10);
	wire_end(&w);
	return rig_send(r, port, &w);
}

/* Its static addresses go with it, whatever VLAN it is put in, and stay in none where it was. */
static void a_vlan_for_each_day(void **state)
{
	struct rig *r = *state;

	for (uint32_t vlan = 1; vlan < 40; vlan++) {
		assert_int_equal(admit_at(r, "lock", 1, vlan, DEV1), 0);
		assert_passes(says_in(r, 1, vlan, DEV1, "10.0.0.1"));
		assert_refused(says_in(r, 1, vlan, DEV1, "10.0.0.9"), SOURCE_ADDRESS);
		rig_sweep(r);
		assert_int_equal(admit_at(r, "fixed", 2, vlan, DEV2), 0);
		assert_passes(says_in(r, 2, vlan, DEV2, "10.0.0.2"));
		rig_sweep(r);
	}
}

/* A device gets another name: who proves itself with the MAC, at the same port, takes its place at once. */
static void another_name_for_the_same_mac(void **state)
{
	struct rig *r = *state;

	assert_int_equal(rig_swap(r, POLICY(LOCK AGAIN CAM)), 0);
	assert_int_equal(admit_at(r, "lock", 1, 0, DEV1), 0);
	assert_passes(says(r, 1, DEV1, "10.0.0.1"));
	assert_int_equal(admit_at(r, "again", 1, 0, DEV3), -EADDRINUSE); /* elsewhere it is somebody else */
	assert_int_equal(admit_at(r, "again", 7, 0, DEV1), -EADDRINUSE); /* the policy says whose MAC that is */
	assert_passes(says(r, 1, DEV1, "10.0.0.1"));
	assert_int_equal(place(r, "again", 1, 0, DEV1), 0);
	assert_refused(says(r, 1, DEV1, "10.0.0.3"), STATE); /* a place is no right */
	ost_site_places_seen(r->site);
	rig_state(r, "again", OST_STATE_AUTHENTICATED, OST_ASSURANCE_SOFTWARE);
	assert_refused(says(r, 1, DEV1, "10.0.0.1"), POLICY_CHANGED); /* the flow of the one before */
	assert_refused(says(r, 1, DEV1, "10.0.0.1"), SOURCE_ADDRESS);
	assert_passes(says(r, 1, DEV1, "10.0.0.3"));
	rig_sweep(r);
	assert_int_equal(rig_counts(r, "again").out_pkts, 1); /* it begins with nothing of the other's */
	assert_int_equal(ost_site_slot(r->site, rig_device(r, "lock")), OST_DEVICE_NONE);
	rig_state(r, "again", OST_STATE_REVOKED, OST_ASSURANCE_NONE);
	assert_int_equal(admit_at(r, "lock", 1, 0, DEV3), 0); /* it has no right there any more */
	assert_refused(says(r, 1, DEV1, "10.0.0.3"), MAC_WRONG_PORT);
	assert_passes(says(r, 1, DEV3, "10.0.0.1"));
}

#define AT_1(name, certificate) \
	"  " name ": { role: lock, certificate: \"urn:dev:ser:" certificate "\", mac: \"02:00:00:00:00:01\", port: dev1, address: 10.0.0.1 }\n"

/* Who stands there under the next policy has proved nothing, though the one before had. */
static void a_proof_is_its_devices(void **state)
{
	static const char *const next[] = {POLICY(AT_1("door", "1")), POLICY(AT_1("lock", "9"))};
	struct rig *r = *state;

	for (size_t i = 0; i < OST_ARRAY_SIZE(next); i++) {
		assert_int_equal(rig_swap(r, POLICY(AT_1("lock", "1"))), 0);
		assert_refused(says(r, 1, DEV1, "10.0.0.1"), STATE);
		rig_state(r, "lock", OST_STATE_AUTHENTICATED, OST_ASSURANCE_SOFTWARE);
		assert_passes(says(r, 1, DEV1, "10.0.0.1"));
		assert_int_equal(rig_swap(r, POLICY(CAM AT_1("lock", "1"))), 0);
		assert_passes(says(r, 1, DEV1, "10.0.0.1"));
		assert_int_equal(rig_swap(r, next[i]), 0);
		(void)says(r, 1, DEV1, "10.0.0.1"); /* ends the flow */
		assert_refused(says(r, 1, DEV1, "10.0.0.1"), STATE);
	}
}

/* A policy without the device ends its proof, though its slot is still there when it comes back. */
static void a_proof_ends_with_the_device(void **state)
{
	struct rig *r = *state;

	assert_int_equal(rig_swap(r, POLICY(AT_1("lock", "1"))), 0);
	rig_state(r, "lock", OST_STATE_AUTHENTICATED, OST_ASSURANCE_SOFTWARE);
	assert_passes(says(r, 1, DEV1, "10.0.0.1"));
	assert_int_equal(rig_swap(r, POLICY(CAM)), 0);
	assert_int_equal(rig_swap(r, POLICY(AT_1("lock", "1"))), 0);
	(void)says(r, 1, DEV1, "10.0.0.1");
	assert_refused(says(r, 1, DEV1, "10.0.0.1"), STATE);
}

/* ---- while a worker runs ---- */

#define PLACES	     20000u
#define PLACES_LEAST 64u

struct worker {
	struct rig *rig;
	atomic_uint mac; /* of the network side's sender */
	atomic_ulong asked, seen; /* quiescent() */
	atomic_int last; /* why the last one was refused */
	atomic_bool stop;
};

static struct wire from_network(unsigned mac)
{
	struct wire f = {0};

	wire_eth(&f, 7, ROUTER);
	wire_ip(&f, "10.20.0.9", "10.0.0.7", 17);
	wire_udp(&f, 5000, 4000, 10);
	wire_end(&f);
	f.b[9] = (uint8_t)(mac >> 8);
	f.b[10] = (uint8_t)mac;
	return f;
}

static void *work(void *worker)
{
	struct worker *w = worker;

	for (unsigned i = 0; !atomic_load(&w->stop); i++) {
		unsigned long asked = atomic_load(&w->asked);
		struct wire f = from_network(atomic_load(&w->mac));

		atomic_store(&w->last, (int)rig_send(w->rig, NET, &f));
		atomic_store(&w->seen, asked);
		if (i % 64 == 0) /* the two may have one processor */
			(void)sched_yield();
	}
	return NULL;
}

/* Until the worker has judged a packet that it began after it had seen that we ask. To count its packets would not do: what
 * we wrote before may still be on its way when we read the count. */
static void quiescent(struct worker *w)
{
	unsigned long asked = atomic_fetch_add(&w->asked, 1) + 1;

	while (atomic_load(&w->seen) < asked)
		(void)sched_yield();
}

/* Somebody on the network side has its MAC and speaks at the very moment when the device proves itself. */
static void a_stolen_mac_is_noticed_at_once(void **state)
{
	const struct way answered = {DEV1, ROUTER, 7, "10.0.0.7", "10.20.0.9", 4000, 5000};
	struct worker w = {.rig = *state};
	uint32_t lock = rig_device(*state, "lock");
	const uint64_t until = ost_clock_mono_ns() + 5 * OST_NS_PER_S; /* fewer of them on a machine that is busy otherwise */
	unsigned missed = 0;
	pthread_t thread;

	assert_passes(rig_udp(*state, &answered));
	assert_int_equal(pthread_create(&thread, NULL, work, &w), 0);
	for (unsigned mac = 1; mac < PLACES && (mac < PLACES_LEAST || ost_clock_mono_ns() < until); mac++) {
		struct wire f = from_network(mac);
		struct ost_site_place p = {.port = DEV2};

		memcpy(p.mac.b, f.b + 6, sizeof(p.mac.b));
		atomic_store(&w.mac, mac);
		for (volatile unsigned wait = mac * 7919 % 400; wait > 0; wait--)
			;
		assert_int_equal(ost_site_place_set(w.rig->site, lock, &p), 0);
		quiescent(&w);
		ost_site_places_seen(w.rig->site);
		quiescent(&w);
		missed += atomic_load(&w.last) != OST_REASON_MAC_ON_NETWORK;
	}
	atomic_store(&w.stop, true);
	(void)pthread_join(thread, NULL);
	assert_int_equal(missed, 0);
}

static int setup_many(void **state)
{
	struct rig_options o = {.devices_max = PLACES + 4};

	return rig_start(state, POLICY(LOCK FIXED CAM), &o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nobody_until_it_has_proved_itself, setup, rig_stop),
		cmocka_unit_test_setup_teardown(what_the_policy_says_holds, setup, rig_stop),
		cmocka_unit_test_setup_teardown(elsewhere_it_begins_anew, setup, rig_stop),
		cmocka_unit_test_setup_teardown(flows_outlive_the_next_policy, setup, rig_stop),
		cmocka_unit_test_setup_teardown(the_next_policy_says_where, setup, rig_stop),
		cmocka_unit_test_setup_teardown(a_link_that_goes_down_ends_its_rights, setup, rig_stop),
		cmocka_unit_test_setup_teardown(no_room, setup, rig_stop),
		cmocka_unit_test_setup_teardown(a_mac_for_each_day, setup, rig_stop),
		cmocka_unit_test_setup_teardown(a_mac_for_each_packet, setup_many, rig_stop),
		cmocka_unit_test_setup_teardown(a_vlan_for_each_day, setup, rig_stop),
		cmocka_unit_test_setup_teardown(another_name_for_the_same_mac, setup, rig_stop),
		cmocka_unit_test_setup_teardown(a_proof_is_its_devices, setup, rig_stop),
		cmocka_unit_test_setup_teardown(a_proof_ends_with_the_device, setup, rig_stop),
		cmocka_unit_test_setup_teardown(a_stolen_mac_is_noticed_at_once, setup_many, rig_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
