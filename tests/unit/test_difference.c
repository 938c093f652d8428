/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What two policies allow otherwise: sets of conditions against a plain reading of what they mean, and policies with very many. The
 * whole is compared with the naive reading of policies in tests/oracle. */
#include "policy_expect.h"

#include "difference.h"
#include "difference_claims.h"

static uint64_t seed = 88172645463325252ull;

static uint32_t below(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 32) % n;
}

/* ---- conditions ---- */

#define SCHEDULES 200u
#define HELD_MAX  400u

struct pile {
	struct ost_condition items[HELD_MAX];
	uint32_t count;
};

static bool asks_less(const struct ost_condition *a, const struct ost_condition *b)
{
	return (a->schedule == 0 || a->schedule == b->schedule) && a->kind / 2 <= b->kind / 2 && a->kind % 2 <= b->kind % 2;
}

/* Whenever one of b holds, one of a does. */
static bool covers(const struct pile *a, const struct pile *b)
{
	for (uint32_t i = 0; i < b->count; i++) {
		bool covered = false;

		for (uint32_t k = 0; k < a->count && !covered; k++)
			covered = asks_less(&a->items[k], &b->items[i]);
		if (!covered)
			return false;
	}
	return true;
}

static struct ost_condition condition_random(void)
{
	uint16_t schedule = (uint16_t)(below(10) == 0 ? 0 : 1 + below(below(2) ? 4 : SCHEDULES - 1));

	return (struct ost_condition){schedule, ost_condition_kind((enum ost_assurance)below(OST_ASSURANCE_COUNT), below(4) == 0)};
}

static void conditions_mean_what_they_say(void **state)
{
	static struct pile piles[2];
	uint32_t same = 0, other = 0;
	struct ost_held *h;

	(void)state;
	assert_int_equal(ost_held_new(SCHEDULES, &h), 0);
	for (uint32_t i = 0; i < 200000; i++) {
		unsigned side = below(2);
		struct pile *p = &piles[side];
		uint32_t most = i / 1000 % 3 == 0 ? 6 : i / 1000 % 3 == 1 ? 60 : HELD_MAX;
		bool equal;

		if (below(5000) == 0) {
			ost_held_clear(h);
			piles[0].count = piles[1].count = 0;
		}
		if (p->count < most && below(100) < 55) {
			/* What the other side has, now and then: else they never agree. */
			p->items[p->count] = below(3) > 0 && piles[!side].count > 0 ? piles[!side].items[below(piles[!side].count)] : condition_random();
			ost_held_begin(h, side, p->items[p->count++]);
		} else if (p->count > 0) {
			uint32_t at = below(p->count);

			ost_held_end(h, side, p->items[at]);
			p->items[at] = p->items[--p->count];
		}
		if (i % 7 != 0)
			continue;
		equal = covers(&piles[0], &piles[1]) && covers(&piles[1], &piles[0]);
		assert_int_equal(ost_held_same(h), equal);
		assert_int_equal(ost_held_none(h, 0), piles[0].count == 0);
		assert_int_equal(ost_held_none(h, 1), piles[1].count == 0);
		same += equal;
		other += !equal;
	}
	assert_true(same > 500 && other > 500);
	ost_held_free(&h);
}

static void a_mark_is_of_the_meaning(void **state)
{
	const struct ost_condition always = {0, ost_condition_kind(OST_ASSURANCE_NONE, false)},
				   night = {3, ost_condition_kind(OST_ASSURANCE_NONE, false)},
				   day = {4, ost_condition_kind(OST_ASSURANCE_TEE, true)};
	struct ost_held *h;
	uint64_t mark;

	(void)state;
	assert_int_equal(ost_held_new(5, &h), 0);
	ost_held_begin(h, 0, night);
	ost_held_begin(h, 0, day);
	mark = ost_held_mark(h);
	ost_held_begin(h, 0, always); /* then the night is needless; the day holds in states that always does not */
	assert_true(ost_held_mark(h) != mark);
	ost_held_end(h, 0, night);
	ost_held_begin(h, 1, always);
	ost_held_begin(h, 1, day);
	assert_true(ost_held_same(h));
	ost_held_end(h, 1, always);
	ost_held_end(h, 1, day);
	ost_held_begin(h, 0, night);
	ost_held_end(h, 0, always);
	assert_int_equal(ost_held_mark(h), mark);
	ost_held_clear(h);
	ost_held_begin(h, 0, day);
	ost_held_begin(h, 0, night);
	assert_int_equal(ost_held_mark(h), mark);
	ost_held_clear(h);
	ost_held_begin(h, 1, day);
	ost_held_begin(h, 1, night);
	assert_true(ost_held_mark(h) != mark);
	ost_held_free(&h);
}

static void the_first_that_is_open(void **state)
{
	uint32_t open[50] = {0};
	struct ost_firsts f;

	(void)state;
	assert_int_equal(ost_firsts_make(&f, 50), 0);
	for (uint32_t i = 0; i < 100000; i++) {
		uint32_t at = below(50), first = 0;

		if (below(2) == 0 && open[at] < 3) {
			open[at]++;
			assert_int_equal(ost_firsts_begin(&f, at), 0);
		} else if (open[at] > 0) {
			open[at]--;
			ost_firsts_end(&f, at);
		}
		while (first < 50 && open[first] == 0)
			first++;
		if (below(3) == 0)
			assert_int_equal(ost_firsts_get(&f), first < 50 ? first : OST_FIRST_NONE);
	}
	ost_firsts_free(&f);
}

/* ---- policies ---- */

/* 1000 schedules, 5 assurances, and as many services; the last one's port is given. */
static struct ost_policy *many(uint32_t port)
{
	static const char *const assurances[] = {"none", "identified", "software", "tee", "secure-element"};
	struct ost_policy *p;
	size_t size;
	char *text;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	(void)fprintf(f, "ostiary: 1\ninfrastructure: { resolvers: 10.0.0.53 }\nschedules:\n");
	for (unsigned i = 0; i < 1000; i++)
		(void)fprintf(f, "  s%u: { since: 2030-01-01T00:00Z, until: 2030-02-01T%02u:%02u:%02uZ }\n", i, i / 3600, i / 60 % 60, i % 60);
	(void)fprintf(f, "roles:\n  r:\n    authenticate: eap-tls\n    include: dns\n    allow:\n");
	for (unsigned i = 0; i < 5000; i++)
		(void)fprintf(f, "      - { to: { %s, service: tcp/%u }, when: s%u, assurance: %s }\n",
			i % 2 ? "network: 192.0.2.0/24" : i % 4 ? "name: .example.com" : "role: r", i == 4999 ? port : 1000 + i % 700, i % 1000,
			assurances[i / 1000]);
	(void)fprintf(f, "      - { from: { role: r, service: tcp/1-2000 } }\ndevices:\n  a: { role: r, certificate: a }\n  b: { role: r, certificate: b }\n");
	(void)fclose(f);
	p = policy_expect(text);
	free(text);
	return p;
}

static void thousands_of_conditions_of_one_device(void **state)
{
	struct ost_policy *before = many(4999), *after = many(5999);
	struct ost_difference d;

	(void)state;
	assert_int_equal(ost_difference_make(before, before, &d), 0);
	assert_int_equal(d.change_count, 0);
	ost_difference_free(&d);
	assert_int_equal(ost_difference_make(before, after, &d), 0);
	assert_int_equal(d.change_count, 2);
	assert_int_equal(d.changes[0].kind, OST_CHANGE_LOSS);
	assert_int_equal(d.changes[0].lo, 4999);
	assert_int_equal(d.changes[1].kind, OST_CHANGE_GAIN);
	assert_int_equal(d.changes[1].hi, 5999);
	ost_difference_free(&d);
	ost_policy_free(&before);
	ost_policy_free(&after);
}

static void devices_are_in_the_order_of_their_numbers(void **state)
{
	static const char text[] = "ostiary: 1\nroles: { r: { include: arp, allow: [{ to: { network: 10.0.0.0/8 } }] } }\ndevices:\n"
				   "  d1000: { role: r, mac: \"02:00:00:00:00:01\" }\n  d2: { role: r, mac: \"02:00:00:00:00:02\" }\n"
				   "  d10: { role: r, mac: \"02:00:00:00:00:03\" }\n  d1: { role: r, mac: \"02:00:00:00:00:04\" }\n"
				   "  c99: { role: r, mac: \"02:00:00:00:00:05\" }\n";
	static const char *const order[] = {"c99", "d1", "d2", "d10", "d1000"};
	struct ost_policy *p = policy_expect(text);
	struct ost_difference d;

	(void)state;
	assert_int_equal(ost_difference_make(NULL, p, &d), 0);
	assert_int_equal(d.class_count, 1);
	for (uint32_t i = 0; i < OST_ARRAY_SIZE(order); i++)
		assert_string_equal(p->devices[d.pairs[i].after].name, order[i]);
	ost_difference_free(&d);
	ost_policy_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conditions_mean_what_they_say),
		cmocka_unit_test(a_mark_is_of_the_meaning),
		cmocka_unit_test(the_first_that_is_open),
		cmocka_unit_test(thousands_of_conditions_of_one_device),
		cmocka_unit_test(devices_are_in_the_order_of_their_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
