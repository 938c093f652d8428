/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of the device state machine: no hole in it, and what must hold on every path through it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "states.h"
#include "timers.h"

#define ACTS_ALL                                                                                                       \
	(OST_ACT_ASK | OST_ACT_REAUTH | OST_ACT_END | OST_ACT_LEAVE | OST_ACT_FORGET | OST_ACT_UNLOCK | OST_ACT_TELL | \
		OST_ACT_REFUSE)

static bool is_order(unsigned event)
{
	return event >= OST_EVENT_APPROVE && event <= OST_EVENT_RETIRE;
}

/* Both kinds of devices: those that their MAC makes identified, and those that must prove themselves. */
static const uint8_t homes[] = {OST_STATE_IDENTIFIED, OST_STATE_UNKNOWN};

static uint8_t next_of(uint8_t standing, unsigned event, uint8_t home)
{
	struct ost_cell c = ost_states_cell(standing, event);

	if (c.next == OST_STANDING_SAME)
		return standing;
	return c.next == OST_STANDING_HOME ? home : c.next;
}

static unsigned rights(uint8_t standing)
{
	return ost_state_rights(ost_standing_state(standing));
}

static void every_cell_is_decided(void **state)
{
	(void)state;
	for (unsigned s = 0; s < OST_STANDING_COUNT; s++) {
		for (unsigned e = 0; e < OST_EVENT_COUNT; e++) {
			struct ost_cell c = ost_states_cell(s, e);

			if (!c.decided)
				fail_msg("%s upon %s is not decided", ost_standing_name(s), ost_event_name(e));
			assert_true(c.next < OST_STANDING_COUNT || c.next == OST_STANDING_HOME || c.next == OST_STANDING_SAME);
			assert_int_equal(c.acts & ~ACTS_ALL, 0);
			/* A no changes nothing. */
			if (c.acts & OST_ACT_REFUSE) {
				assert_int_equal(c.next, OST_STANDING_SAME);
				assert_int_equal(c.acts, OST_ACT_REFUSE);
			}
			/* A no is for claims and orders: timers and frames cannot be told one. */
			if (c.acts & OST_ACT_REFUSE)
				assert_true(is_order(e) || e == OST_EVENT_CLAIM_OK);
		}
	}
	assert_int_equal(ost_states_cell(OST_STANDING_COUNT, 0).decided, 0);
	assert_int_equal(ost_states_cell(0, OST_EVENT_COUNT).decided, 0);
}

static void names_are_words(void **state)
{
	uint8_t standing;

	(void)state;
	for (unsigned s = 0; s < OST_STANDING_COUNT; s++) {
		assert_int_equal(ost_standing_parse(ost_standing_name(s), &standing), 0);
		assert_int_equal(standing, s);
		assert_true(ost_standing_state(s) < OST_STATE_COUNT);
	}
	assert_int_equal(ost_standing_parse("home", &standing), -EINVAL);
	assert_int_equal(ost_standing_parse("", &standing), -EINVAL);
	assert_string_equal(ost_event_name(OST_EVENT_COUNT), "invalid");
	for (unsigned e = 0; e < OST_EVENT_COUNT; e++)
		assert_string_not_equal(ost_event_name(e), "invalid");
}

static void a_proof_alone_authenticates(void **state)
{
	(void)state;
	for (unsigned s = 0; s < OST_STANDING_COUNT; s++) {
		for (unsigned e = 0; e < OST_EVENT_COUNT; e++) {
			for (size_t h = 0; h < OST_ARRAY_SIZE(homes); h++) {
				if (s != OST_STATE_AUTHENTICATED && next_of((uint8_t)s, e, homes[h]) == OST_STATE_AUTHENTICATED)
					assert_int_equal(e, OST_EVENT_CLAIM_OK);
			}
		}
	}
}

static void orders_hold(void **state)
{
	static const uint8_t ordered[] = {OST_STANDING_HELD, OST_STATE_REVOKED, OST_STATE_RETIRED};

	(void)state;
	for (size_t i = 0; i < OST_ARRAY_SIZE(ordered); i++) {
		for (unsigned e = 0; e < OST_EVENT_COUNT; e++) {
			if (next_of(ordered[i], e, OST_STATE_UNKNOWN) != ordered[i])
				assert_true(is_order(e));
			if (ordered[i] == OST_STATE_RETIRED)
				assert_int_equal(next_of(OST_STATE_RETIRED, e, OST_STATE_IDENTIFIED), OST_STATE_RETIRED);
		}
	}
	for (unsigned e = 0; e < OST_EVENT_COUNT; e++) {
		if (next_of(OST_STATE_LOCKED_OUT, e, OST_STATE_UNKNOWN) != OST_STATE_LOCKED_OUT)
			assert_true(is_order(e) || e == OST_EVENT_LOCK_OVER);
	}
	/* And every order of revocation and retirement is obeyed, whatever the device is doing. */
	for (unsigned s = 0; s < OST_STANDING_COUNT; s++) {
		if (s != OST_STATE_RETIRED)
			assert_int_equal(next_of((uint8_t)s, OST_EVENT_REVOKE, OST_STATE_UNKNOWN), OST_STATE_REVOKED);
		assert_int_equal(next_of((uint8_t)s, OST_EVENT_RETIRE, OST_STATE_UNKNOWN), OST_STATE_RETIRED);
	}
}

static void rights_grow_by_proof_or_order_only(void **state)
{
	(void)state;
	for (unsigned s = 0; s < OST_STANDING_COUNT; s++) {
		for (unsigned e = 0; e < OST_EVENT_COUNT; e++) {
			uint8_t to = next_of((uint8_t)s, e, OST_STATE_UNKNOWN);

			if ((rights(to) & ~rights((uint8_t)s)) == 0 || e == OST_EVENT_CLAIM_OK || is_order(e))
				continue;
			/* What a device without a supplicant needs to reach the portal, and no more. */
			assert_int_equal(s, OST_STATE_UNKNOWN);
			assert_int_equal(e, OST_EVENT_TIMEOUT);
			assert_int_equal(to, OST_STATE_LEARNING);
			assert_int_equal(rights(to), OST_RIGHT_INFRASTRUCTURE);
		}
	}
}

/* Re-authentication: what is under way takes nothing, what fails takes new flows at once and the rest later. */
static void reauthentication_keeps_rights(void **state)
{
	(void)state;
	assert_int_equal(next_of(OST_STATE_AUTHENTICATED, OST_EVENT_REAUTH_DUE, OST_STATE_UNKNOWN), OST_STATE_AUTHENTICATED);
	assert_int_equal(next_of(OST_STATE_AUTHENTICATED, OST_EVENT_CLAIM_FAILED, OST_STATE_UNKNOWN), OST_STATE_AUTHENTICATED);
	assert_int_equal(next_of(OST_STATE_AUTHENTICATED, OST_EVENT_REAUTH_FAILED, OST_STATE_UNKNOWN), OST_STATE_EXPIRED);
	assert_int_equal(next_of(OST_STATE_EXPIRED, OST_EVENT_GRACE_OVER, OST_STATE_UNKNOWN), OST_STATE_QUARANTINED);
	assert_int_equal(next_of(OST_STATE_EXPIRED, OST_EVENT_CLAIM_OK, OST_STATE_UNKNOWN), OST_STATE_AUTHENTICATED);
	assert_int_equal(rights(OST_STATE_EXPIRED) & OST_RIGHT_NEW_FLOWS, 0);
	assert_int_equal(rights(OST_STATE_EXPIRED) & OST_RIGHT_ESTABLISHED, OST_RIGHT_ESTABLISHED);
}

static uint64_t random_next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* One life of 64 events; what an observer of the events alone must conclude. */
static void one_life(uint64_t *seed, uint8_t home)
{
	uint8_t s = home;
	bool proved = false, barred = false, retired = false, locked = false;

	for (unsigned n = 0; n < 64; n++) {
		unsigned e = (unsigned)(random_next(seed) % OST_EVENT_COUNT);
		struct ost_cell c = ost_states_cell(s, e);
		uint8_t to = next_of(s, e, home);

		if (e == OST_EVENT_CLAIM_OK && !(c.acts & OST_ACT_REFUSE))
			proved = true;
		if (to == OST_STATE_AUTHENTICATED)
			assert_true(proved && !barred && !retired && !locked);
		if (c.acts & (OST_ACT_END | OST_ACT_LEAVE) && to != OST_STATE_AUTHENTICATED)
			proved = false;
		barred = to == OST_STATE_REVOKED || to == OST_STANDING_HELD ||
			 (barred && !is_order(e));
		locked = to == OST_STATE_LOCKED_OUT || (locked && !is_order(e) && e != OST_EVENT_LOCK_OVER);
		retired = retired || (e == OST_EVENT_RETIRE);
		assert_true(!retired || to == OST_STATE_RETIRED);
		assert_true(!retired || rights(to) == 0);
		s = to;
	}
}

static void ten_thousand_lives(void **state)
{
	uint64_t seed = 0x9e3779b97f4a7c15u;

	(void)state;
	for (unsigned i = 0; i < 10000; i++)
		one_life(&seed, homes[i % 2]);
}

/* ---- the heap of timers ---- */

static void timers_ring_in_order(void **state)
{
	enum { THINGS = 500 };
	struct ost_timers *t = NULL;
	uint64_t due[THINGS], seed = 42, last = 0;
	bool set[THINGS] = {false};
	uint32_t thing, rung = 0, want = 0;

	(void)state;
	assert_int_equal(ost_timers_new(THINGS, &t), 0);
	for (unsigned n = 0; n < 20000; n++) {
		uint32_t i = (uint32_t)(random_next(&seed) % THINGS);

		if (random_next(&seed) % 3 == 0) {
			ost_timers_clear(t, i);
			set[i] = false;
		} else {
			due[i] = random_next(&seed) % 100000;
			ost_timers_set(t, i, due[i]);
			set[i] = true;
		}
	}
	for (uint32_t i = 0; i < THINGS; i++)
		want += set[i];
	assert_int_equal(ost_timers_running(t), want);
	while (ost_timers_take(t, 50000, &thing)) {
		assert_true(set[thing] && due[thing] <= 50000 && due[thing] >= last);
		last = due[thing];
		set[thing] = false;
		rung++;
	}
	for (uint32_t i = 0; i < THINGS; i++)
		assert_true(!set[i] || due[i] > 50000);
	assert_int_equal(ost_timers_running(t), want - rung);
	assert_true(rung > 0 && rung < want);
	ost_timers_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cell_is_decided),
		cmocka_unit_test(names_are_words),
		cmocka_unit_test(a_proof_alone_authenticates),
		cmocka_unit_test(orders_hold),
		cmocka_unit_test(rights_grow_by_proof_or_order_only),
		cmocka_unit_test(reauthentication_keeps_rights),
		cmocka_unit_test(ten_thousand_lives),
		cmocka_unit_test(timers_ring_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
