/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of conversations under a flood: who gives way, who does not, and when a conversation is over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "clock.h"
#include "conversations.h"

static struct {
	unsigned outcomes[OST_AUTH_REASON_COUNT], ends, sends;
	uint64_t last_number;
} seen;

static bool claim(void *user, const struct ost_conversation *c)
{
	(void)user;
	(void)c;
	return true;
}

static void outcome(void *user, const struct ost_conversation *c, enum ost_auth_reason reason, int tls_error)
{
	(void)user;
	(void)tls_error;
	seen.outcomes[reason]++;
	seen.last_number = c->number;
}

static void front_end(void *user, struct ost_conversation *c)
{
	(void)user;
	(void)c;
	seen.ends++;
}

static void front_send(void *user, struct ost_conversation *c, enum ost_eap_verdict verdict)
{
	(void)user;
	(void)c;
	(void)verdict;
	seen.sends++;
}

static int setup(void **state)
{
	const struct ost_hash_key key = {{1, 3, 5, 7}};
	const struct ost_conversation_events events = {.claim = claim, .outcome = outcome};
	const struct ost_front front = {.send = front_send, .end = front_end};
	struct ost_conversations *t;

	memset(&seen, 0, sizeof(seen));
	if (ost_conversations_new(&key, &events, &t) < 0)
		return -1;
	for (enum ost_auth_way way = 0; way < OST_AUTH_WAY_COUNT; way++)
		ost_conversations_front(t, way, &front);
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	struct ost_conversations *t = *state;

	ost_conversations_free(&t);
	return 0;
}

static struct ost_place place(uint32_t port, uint32_t n)
{
	return (struct ost_place){.port = port, .mac = {2, 0, (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n}};
}

static struct ost_conversation *open_at(struct ost_conversations *t, struct ost_place p, uint64_t now_ns)
{
	return ost_conversations_open(t, OST_AUTH_WAY_EAPOL, &p, sizeof(p), &p, now_ns);
}

static struct ost_conversation *find_at(struct ost_conversations *t, struct ost_place p)
{
	return ost_conversations_find(t, OST_AUTH_WAY_EAPOL, &p, sizeof(p));
}

static void found_by_key_and_by_number(void **state)
{
	struct ost_conversations *t = *state;
	struct ost_conversation *a = open_at(t, place(1, 1), 0), *b = open_at(t, place(1, 2), 0);
	struct ost_place p = place(1, 1);
	uint64_t number = a->number;

	assert_ptr_equal(find_at(t, p), a);
	assert_ptr_equal(ost_conversations_by_number(t, b->number), b);
	assert_null(ost_conversations_find(t, OST_AUTH_WAY_RADIUS, &p, sizeof(p)));
	assert_null(ost_conversations_by_number(t, 0));
	/* It begins anew: the same place, another conversation, and the old number leads nowhere. */
	assert_int_not_equal(open_at(t, p, 0)->number, number);
	assert_null(ost_conversations_by_number(t, number));
	assert_int_equal(ost_conversations_counts(t)->used, 2);
	assert_int_equal(seen.ends, 1);
}

static void a_port_goes_down(void **state)
{
	struct ost_conversations *t = *state;
	struct ost_place p = {.port = OST_PLACE_NO_PORT};

	(void)open_at(t, place(1, 1), 0);
	(void)open_at(t, place(2, 1), 0);
	(void)open_at(t, place(1, 2), 0);
	(void)ost_conversations_open(t, OST_AUTH_WAY_RADIUS, &p, sizeof(p), &p, 0);
	assert_true(ost_conversations_any_at(t, 1));
	assert_false(ost_conversations_any_at(t, 3));
	ost_conversations_port_down(t, 1);
	assert_false(ost_conversations_any_at(t, 1));
	assert_true(ost_conversations_any_at(t, 2));
	assert_int_equal(ost_conversations_counts(t)->used, 2);
	assert_int_equal(seen.ends, 2);
	assert_int_equal(seen.sends, 0);
}

/* One port may take half of the table; its oldest gives way to its newest, and nobody else's does. */
static void a_flood_on_one_port(void **state)
{
	struct ost_conversations *t = *state;
	struct ost_place honest = place(2, 7);

	(void)open_at(t, honest, 0);
	for (uint32_t i = 0; i < 10 * OST_CONVERSATIONS_MAX; i++)
		assert_non_null(open_at(t, place(1, i), i));
	assert_non_null(find_at(t, honest));
	assert_int_equal(ost_conversations_counts(t)->used, OST_CONVERSATIONS_MAX / 2 + 1);
	assert_int_equal(seen.outcomes[OST_AUTH_REASON_FLOOD], 10 * OST_CONVERSATIONS_MAX - OST_CONVERSATIONS_MAX / 2);
	assert_int_equal(ost_conversations_counts(t)->evicted, seen.outcomes[OST_AUTH_REASON_FLOOD]);
	assert_non_null(find_at(t, place(1, 10 * OST_CONVERSATIONS_MAX - 1)));
	assert_null(find_at(t, place(1, 0)));
}

/* Who goes on is young again: what a flood crowds out of its own port is what never answered. */
static void who_goes_on_does_not_give_way(void **state)
{
	struct ost_conversations *t = *state;
	struct ost_place slow = place(1, 9);

	(void)open_at(t, slow, 0);
	for (uint32_t i = 0; i < 4 * OST_CONVERSATIONS_MAX; i++) {
		(void)open_at(t, place(1, 100 + i), i);
		if (i % 400 == 399)
			ost_conversations_sent(t, find_at(t, slow), i);
	}
	assert_non_null(find_at(t, slow));
	for (uint32_t i = 0; i < OST_CONVERSATIONS_MAX / 2; i++)
		(void)open_at(t, place(1, 100000 + i), i);
	assert_null(find_at(t, slow));
}

/* From many ports the table fills: who succeeded here before is out of the flood's reach. */
static void a_flood_on_all_ports(void **state)
{
	struct ost_conversations *t = *state;
	struct ost_place known = place(3, 42);

	ost_conversations_know(t, &known);
	assert_true(open_at(t, known, 0)->known);
	for (uint32_t i = 0; i < 4 * OST_CONVERSATIONS_MAX; i++)
		assert_non_null(open_at(t, place(i % 8, 100 + i), i));
	assert_int_equal(ost_conversations_counts(t)->used, OST_CONVERSATIONS_MAX);
	assert_non_null(find_at(t, known));
	/* When all are known, the oldest goes: the table never stands still. */
	for (uint32_t i = 0; i < 2 * OST_CONVERSATIONS_MAX; i++) {
		struct ost_place p = place(4, 100000 + i);

		ost_conversations_know(t, &p);
		assert_non_null(open_at(t, p, i));
	}
	assert_null(find_at(t, known));
	assert_int_equal(ost_conversations_counts(t)->used, OST_CONVERSATIONS_MAX);
}

/* What conversations hold is bounded too: the port that holds most gives way, its oldest first. */
static void a_flood_that_takes_memory(void **state)
{
	struct ost_conversations *t = *state;
	struct ost_place honest = place(2, 7), known = place(1, 8), asks = place(1, 9);
	size_t each = OST_CONVERSATIONS_BYTES / 100;

	ost_conversations_know(t, &known);
	ost_conversations_weigh(t, open_at(t, honest, 0), each);
	ost_conversations_weigh(t, open_at(t, known, 0), each);
	ost_conversations_weigh(t, open_at(t, asks, 0), each);
	assert_true(ost_conversations_claim(t, find_at(t, asks), 0));
	for (uint32_t i = 0; i < 500; i++) {
		uint32_t port = i % 3 == 0 ? 3 : 1;
		struct ost_conversation *c = open_at(t, place(port, 100 + i), i);

		ost_conversations_weigh(t, c, each);
		assert_true(ost_conversations_counts(t)->bytes <= OST_CONVERSATIONS_BYTES);
		assert_ptr_equal(find_at(t, place(port, 100 + i)), c); /* it is itself not pushed out */
	}
	assert_non_null(find_at(t, honest));
	assert_non_null(find_at(t, known));
	assert_non_null(find_at(t, asks));
	assert_int_equal(ost_conversations_counts(t)->used, 100);
	/* 48 or 49 of each of the two ports that flood, though one of them is twice as busy */
	assert_non_null(find_at(t, place(3, 100 + 357)));
	assert_non_null(find_at(t, place(1, 100 + 428)));
	assert_null(find_at(t, place(1, 100 + 424)));
	/* One of them alone may hold all of it, but only all of it. */
	ost_conversations_weigh(t, find_at(t, honest), 2 * (size_t)OST_CONVERSATIONS_BYTES);
	assert_int_equal(ost_conversations_counts(t)->used, 1);
	ost_conversations_end(t, find_at(t, honest), OST_AUTH_REASON_TIMEOUT, false);
	assert_int_equal(ost_conversations_counts(t)->bytes, 0);
}

/* A tick for every frame that comes: it must not look at every conversation each time. */
static void a_tick_looks_when_something_is_due(void **state)
{
	struct ost_conversations *t = *state;

	for (uint32_t i = 0; i < 400; i++)
		ost_conversations_sent(t, open_at(t, place(1, i), i), i);
	for (uint32_t i = 0; i < 10000; i++)
		(void)ost_conversations_tick(t, i);
	assert_int_equal(ost_conversations_counts(t)->looked_at, 0);
	assert_int_equal(seen.sends, 0);
	assert_int_equal(ost_conversations_tick(t, OST_NS_PER_S + 500), 3 * OST_NS_PER_S + 500);
	assert_int_equal(seen.sends, 400);
	assert_int_equal(ost_conversations_counts(t)->looked_at, 400);
}

static void over_after_30_s_however_busy(void **state)
{
	struct ost_conversations *t = *state;
	struct ost_conversation *c = open_at(t, place(1, 1), 1000);
	uint64_t until = 1000 + OST_CONVERSATION_NS, next;

	next = ost_conversations_tick(t, 1000);
	assert_int_equal(next, until);
	for (uint64_t now = 1000; now < until - OST_NS_PER_S; now += OST_NS_PER_S) { /* it answers all the time */
		ost_conversations_sent(t, c, now);
		assert_in_range(ost_conversations_tick(t, now), now + 1, until);
	}
	assert_in_range(ost_conversations_tick(t, until - 1), until - 1, until);
	assert_int_equal(seen.outcomes[OST_AUTH_REASON_TIMEOUT], 0);
	assert_int_equal(ost_conversations_tick(t, until), UINT64_MAX);
	assert_int_equal(seen.outcomes[OST_AUTH_REASON_TIMEOUT], 1);
	assert_int_equal(ost_conversations_counts(t)->used, 0);
}

static void repeated_three_times(void **state)
{
	static const uint64_t at_s[] = {1, 3, 7};
	struct ost_conversations *t = *state;
	struct ost_conversation *c = open_at(t, place(1, 1), 0);
	uint64_t now = 0;

	ost_conversations_sent(t, c, now);
	for (unsigned i = 1; i <= 3; i++) {
		now = ost_conversations_tick(t, now);
		assert_int_equal(now, at_s[i - 1] * OST_NS_PER_S);
		(void)ost_conversations_tick(t, now);
		assert_int_equal(seen.sends, i);
	}
	now = ost_conversations_tick(t, now);
	(void)ost_conversations_tick(t, now);
	assert_int_equal(seen.outcomes[OST_AUTH_REASON_TIMEOUT], 1);
	assert_int_equal(now, 12 * OST_NS_PER_S);
}

static void decided(void **state)
{
	struct ost_conversations *t = *state;
	struct ost_conversation *c = open_at(t, place(1, 1), 0);
	uint64_t number = c->number;

	assert_false(ost_conversations_decide(t, number, OST_AUTH_REASON_NONE, 3600, 0)); /* it has claimed nothing */
	c->asked = true;
	assert_false(ost_conversations_decide(t, number + OST_CONVERSATIONS_MAX, OST_AUTH_REASON_NONE, 3600, 0));
	assert_true(ost_conversations_decide(t, number, OST_AUTH_REASON_NONE, 3600, 0));
	assert_int_equal(seen.outcomes[OST_AUTH_REASON_NONE], 1);
	assert_false(ost_conversations_decide(t, number, OST_AUTH_REASON_NONE, 3600, 0));
	/* Who succeeded is known now. */
	assert_true(open_at(t, place(1, 1), 0)->known);
	assert_false(open_at(t, place(2, 1), 0)->known);
}

static void a_claim_that_nobody_answers(void **state)
{
	struct ost_conversations *t = *state;
	struct ost_conversation *c = open_at(t, place(1, 1), 0);

	assert_true(ost_conversations_claim(t, c, 0));
	(void)ost_conversations_tick(t, OST_CONVERSATION_CLAIM_NS);
	assert_int_equal(seen.outcomes[OST_AUTH_REASON_UNAVAILABLE], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(found_by_key_and_by_number, setup, teardown),
		cmocka_unit_test_setup_teardown(a_port_goes_down, setup, teardown),
		cmocka_unit_test_setup_teardown(a_flood_on_one_port, setup, teardown),
		cmocka_unit_test_setup_teardown(who_goes_on_does_not_give_way, setup, teardown),
		cmocka_unit_test_setup_teardown(a_flood_on_all_ports, setup, teardown),
		cmocka_unit_test_setup_teardown(a_flood_that_takes_memory, setup, teardown),
		cmocka_unit_test_setup_teardown(a_tick_looks_when_something_is_due, setup, teardown),
		cmocka_unit_test_setup_teardown(over_after_30_s_however_busy, setup, teardown),
		cmocka_unit_test_setup_teardown(repeated_three_times, setup, teardown),
		cmocka_unit_test_setup_teardown(decided, setup, teardown),
		cmocka_unit_test_setup_teardown(a_claim_that_nobody_answers, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
