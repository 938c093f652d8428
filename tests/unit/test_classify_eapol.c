/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 802.1X frames: who may speak to the authenticator, and what never gets there. */
#include "classify_rig.h"

static const char policy[] =
	"ostiary: 1\nnetworks:\n  plant: [10.20.0.0/24]\nroles:\n"
	"  camera:\n    authenticate: mac\n    include: [arp]\n    allow:\n      - to: { network: plant, service: tcp/443 }\n"
	"devices:\n  cam: { role: camera, mac: \"02:00:00:00:00:01\", port: dev1, address: 10.0.0.1 }\n"
	"  tag: { role: camera, mac: \"02:00:00:00:00:03\", vlan: 7, port: dev2 }\n";

static int setup(void **state)
{
	struct rig_options o = {.refusal_records = 64};
	int r = rig_start(state, policy, &o);

	ost_site_authenticator_set(rig.site, true);
	return r;
}

static enum ost_reason eapol(struct rig *r, uint8_t port, unsigned src, uint16_t vid)
{
	static const uint8_t group[6] = {0x01, 0x80, 0xc2, 0, 0, 3};
	struct wire w;

	wire_eth(&w, ROUTER, src);
	memcpy(w.b, group, sizeof(group));
	if (vid != 0)
		wire_tag(&w, 0x8100, vid);
	wire_u16(&w, 0x888e);
	wire_u32(&w, 0x02010000); /* start */
	wire_zeros(&w, 42);
	return rig_send(r, port, &w);
}

#define assert_asked(r, port, src, vid)                                     \
	do {                                                                \
		assert_int_equal(eapol(r, port, src, vid), OST_REASON_NONE); \
		assert_int_equal((r)->v.action, OST_AUTHENTICATE);           \
	} while (0)

static void from_anybody_on_the_device_side(void **state)
{
	struct rig *r = *state;

	assert_asked(r, DEV1, 1, 0);
	assert_int_equal(rig_counts(r, "cam").out_pkts, 1);
	assert_asked(r, DEV2, 3, 7);
	assert_asked(r, DEV3, 0x99, 0); /* nobody yet */
	assert_asked(r, DEV2, 1, 0);	/* a device's MAC elsewhere: the claim will be judged, not the question */
	assert_int_equal(eapol(r, NET, 0x99, 0), OST_REASON_EAPOL);
	assert_int_equal(eapol(r, NET, 1, 0), OST_REASON_EAPOL);
	assert_int_equal(ost_classifier_port_counts(r->c, DEV1)->forwarded_pkts, 1);
}

static void without_an_authenticator(void **state)
{
	struct rig *r = *state;

	ost_site_authenticator_set(r->site, false);
	assert_int_equal(eapol(r, DEV1, 1, 0), OST_REASON_EAPOL);
	ost_site_authenticator_set(r->site, true);
	assert_asked(r, DEV1, 1, 0);
}

static void states_that_may_not_ask(void **state)
{
	static const enum ost_state shut[] = {OST_STATE_LOCKED_OUT, OST_STATE_RETIRED};
	struct rig *r = *state;

	for (size_t i = 0; i < OST_ARRAY_SIZE(shut); i++) {
		rig_state(r, "cam", shut[i], OST_ASSURANCE_NONE);
		assert_int_equal(eapol(r, DEV1, 1, 0), OST_REASON_STATE);
		assert_asked(r, DEV2, 1, 0); /* the same MAC elsewhere is somebody else */
	}
	rig_state(r, "cam", OST_STATE_REVOKED, OST_ASSURANCE_NONE); /* with a new certificate it may */
	assert_asked(r, DEV1, 1, 0);
}

static void a_flood_on_one_port(void **state)
{
	struct rig *r = *state;
	unsigned refused = 0;

	for (unsigned i = 0; i < 4000; i++)
		refused += eapol(r, DEV1, 0x40 + i % 64, 0) == OST_REASON_EAPOL;
	assert_in_range(refused, 3000, 3990);
	assert_asked(r, DEV2, 0x99, 0); /* the others have theirs */
	rig_wait_ms(r, 100);
	assert_asked(r, DEV1, 1, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(from_anybody_on_the_device_side, setup, rig_stop),
		cmocka_unit_test_setup_teardown(without_an_authenticator, setup, rig_stop),
		cmocka_unit_test_setup_teardown(states_that_may_not_ask, setup, rig_stop),
		cmocka_unit_test_setup_teardown(a_flood_on_one_port, setup, rig_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
