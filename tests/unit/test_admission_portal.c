/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sessions that stand as long as a connection to the portal does. */
#include "admission_rig.h"
#include "portal_line.h"

static struct ost_msg_auth_claim claim_of(struct rig *r, uint32_t port, uint8_t last)
{
	struct ost_msg_auth_claim m = rig_claim_of(r, "urn:dev:meter", port, last);

	m.way = OST_AUTH_WAY_PORTAL;
	return m;
}

static uint64_t admitted(struct rig *r)
{
	struct ost_msg_auth_claim m = claim_of(r, 1, 0x0d);

	assert_int_equal(rig_claim_go(r, &m), OST_AUTH_REASON_NONE);
	assert_int_equal(rig_session(r, "meter")->standing, OST_STATE_AUTHENTICATED);
	return m.conversation;
}

static void ended(struct rig *r, uint64_t conversation, enum ost_auth_reason reason)
{
	const struct ost_msg_auth_outcome m = {.conversation = conversation, .place.port = OST_PLACE_NO_PORT, .way = OST_AUTH_WAY_PORTAL, .reason = (uint8_t)reason, .claimed = 1};

	ost_admission_outcome(r->a, &m, r->now);
	rig_acks(r, 0);
}

static void whose_address(void **state)
{
	struct rig *r = *state;
	struct ost_msg_auth_claim m = claim_of(r, OST_PLACE_NO_PORT, 0);

	memset(m.place.mac, 0, sizeof(m.place.mac));
	assert_int_equal(rig_claim_go(r, &m), OST_AUTH_REASON_WRONG_PLACE); /* nobody's */
	m = claim_of(r, 1, 0x0e);
	assert_int_equal(rig_claim_go(r, &m), OST_AUTH_REASON_WRONG_PLACE); /* another device's */
	m = claim_of(r, OST_PLACE_NO_PORT, 0x0d);
	assert_int_equal(rig_claim_go(r, &m), OST_AUTH_REASON_UNAVAILABLE); /* its own; where it stands is told soon */
	assert_int_not_equal(rig_session(r, "meter")->standing, OST_STATE_AUTHENTICATED);
	(void)admitted(r);
	assert_int_equal(rig_last_admit(r)->state, OST_STATE_AUTHENTICATED);
}

static void lost_with_the_connection(void **state)
{
	static const enum ost_auth_reason reasons[] = {OST_AUTH_REASON_LOGOFF, OST_AUTH_REASON_TIMEOUT, OST_AUTH_REASON_REVOKED};
	struct rig *r = *state;

	for (size_t i = 0; i < OST_ARRAY_SIZE(reasons); i++) {
		uint64_t conversation = admitted(r);

		ended(r, conversation + 1000, reasons[i]);
		assert_int_equal(rig_session(r, "meter")->standing, OST_STATE_AUTHENTICATED);
		ended(r, conversation, reasons[i]);
		assert_int_equal(rig_session(r, "meter")->standing, OST_STATE_UNKNOWN);
		assert_int_equal(rig_last_admit(r)->state, OST_STATE_UNKNOWN);
	}
}

static void a_new_connection_beside_the_old(void **state)
{
	struct rig *r = *state;
	uint64_t first = admitted(r), second = admitted(r);

	ended(r, first, OST_AUTH_REASON_LOGOFF);
	assert_int_equal(rig_session(r, "meter")->standing, OST_STATE_AUTHENTICATED);
	ended(r, second, OST_AUTH_REASON_LOGOFF);
	assert_int_equal(rig_session(r, "meter")->standing, OST_STATE_UNKNOWN);
}

static void rights_taken_are_told(void **state)
{
	struct rig *r = *state;
	uint64_t conversation = admitted(r);

	rig_order(r, "meter", OST_EVENT_QUARANTINE, 0);
	assert_int_equal(rig_decided(r, conversation), OST_AUTH_REASON_STATE);
	rig_order(r, "meter", OST_EVENT_RELEASE, 0);
	conversation = admitted(r);
	rig_order(r, "meter", OST_EVENT_REVOKE, 0);
	assert_int_equal(rig_decided(r, conversation), OST_AUTH_REASON_REVOKED);
}

static void one_lease_without_the_authenticator(void **state)
{
	struct rig *r = *state;

	(void)admitted(r);
	ost_admission_auth_down(r->a, r->now);
	rig_pass(r, OST_PORTAL_LEASE_S - 1);
	assert_int_equal(rig_session(r, "meter")->standing, OST_STATE_AUTHENTICATED);
	rig_pass(r, 2);
	assert_int_equal(rig_session(r, "meter")->standing, OST_STATE_EXPIRED);
	(void)admitted(r);
	ost_admission_auth_down(r->a, r->now);
	rig_pass(r, 10);
	(void)admitted(r); /* it is back, and the connection was claimed anew */
	rig_pass(r, OST_PORTAL_LEASE_S + 1);
	assert_int_equal(rig_session(r, "meter")->standing, OST_STATE_AUTHENTICATED);
}

#define T(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(whose_address),
		T(lost_with_the_connection),
		T(a_new_connection_beside_the_old),
		T(rights_taken_are_told),
		T(one_lease_without_the_authenticator),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
