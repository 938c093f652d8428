/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses by name: how many there are, and who gives way. */
#include "rig_names.h"

#define NEWER "      - to: { name: .example.com, service: tcp/443 }\n"
#define OTHER "      - to: { name: .other.example, service: tcp/443 }\n"

/* Of all roles: the image lies in memory that is the rig's. */
static void limit_set(struct rig *r, uint32_t names)
{
	for (uint32_t i = 0; i < r->image.role_count; i++)
		((struct ost_image_role *)(uintptr_t)&r->image.roles[i])->names = names;
}

static void a_device_holds_as_many_as_its_role_says(void **state)
{
	struct rig *r = *state;

	limit_set(r, 2);
	resolve(r, "video.example.com", 100, "192.0.2.1");
	resolve(r, "video.example.com", 300, "192.0.2.2");
	resolve(r, "video.example.com", 300, "192.0.2.3");
	assert_refused(connect_to(r, "192.0.2.3", 443), NAME_LIMIT);
	assert_refused(connect_to(r, "192.0.2.4", 443), NAME_UNRESOLVED);
	assert_passes(connect_to(r, "192.0.2.1", 443));
	assert_int_equal(names(r).unbound, 1);
	/* What ran out gives way. */
	rig_wait_ms(r, 131 * 1000);
	rig_sweep(r);
	resolve(r, "video.example.com", 300, "192.0.2.3");
	assert_passes(connect_to(r, "192.0.2.3", 443));
	assert_passes(connect_to(r, "192.0.2.2", 443));
	assert_refused(connect_to(r, "192.0.2.1", 443), NAME_UNRESOLVED);
	assert_int_equal(names(r).held, 2);
}

static void one_address_has_sixteen_chains(void **state)
{
	struct rig *r = *state;
	char name[32];

	for (int i = 0; i < 40; i++) {
		(void)snprintf(name, sizeof(name), "n%d.cloud.example", i);
		resolve(r, name, 300 + (uint32_t)i, "192.0.2.1");
	}
	assert_int_equal(names(r).held, 16);
	assert_int_equal(names(r).evicted, 24);
	assert_passes(connect_to(r, "192.0.2.1", 8883));
}

/* ---- what no rule wants ---- */

static void what_no_rule_wants_gives_way(void **state)
{
	struct rig *r = *state;

	limit_set(r, 2);
	resolve(r, "tracker.example.net", 86400, "198.51.100.1");
	resolve(r, "tracker.example.net", 86400, "198.51.100.2");
	assert_int_equal(names(r).held, 2);
	resolve(r, "video.example.com", 100, "192.0.2.1");
	assert_passes(connect_to(r, "192.0.2.1", 443));
	/* And takes no room again, whatever its time. */
	for (int i = 3; i < 20; i++) {
		char ip[24];

		(void)snprintf(ip, sizeof(ip), "198.51.100.%d", i);
		resolve(r, "tracker.example.net", 86400, ip);
	}
	assert_passes(connect_to(r, "192.0.2.1", 443));
	resolve(r, "video.example.com", 100, "192.0.2.2");
	assert_passes(connect_to(r, "192.0.2.1", 443));
	assert_passes(connect_to(r, "192.0.2.2", 443));
	assert_int_equal(names(r).held, 2);
	assert_int_equal(names(r).unbound, 0);
	/* Nor from what ran out: a flow that is there may need it. */
	rig_wait_ms(r, 131 * 1000);
	rig_sweep(r);
	resolve(r, "tracker.example.net", 86400, "198.51.100.1");
	assert_refused(connect_to(r, "198.51.100.1", 443), NAME_UNRESOLVED);
	assert_int_equal(names(r).unbound, 0);
	resolve(r, "video.example.com", 100, "192.0.2.3");
	resolve(r, "video.example.com", 100, "192.0.2.4");
	assert_passes(connect_to(r, "192.0.2.3", 443));
	assert_passes(connect_to(r, "192.0.2.4", 443));
	/* What rules want still has its limit. */
	resolve(r, "video.example.com", 100, "192.0.2.5");
	assert_refused(connect_to(r, "192.0.2.5", 443), NAME_LIMIT);
}

/* Seen by what a policy that wants all of them finds. */
static void the_one_told_the_longest_ago_gives_way_first(void **state)
{
	struct rig *r = *state;

	limit_set(r, 3);
	resolve(r, "a.example.com", 86400, "192.0.2.1");
	resolve(r, "b.example.com", 86400, "192.0.2.2");
	resolve(r, "c.example.com", 60, "192.0.2.3");
	resolve(r, "a.example.com", 86400, "192.0.2.1");
	resolve(r, "video.example.com", 300, "192.0.2.4"); /* for b */
	rig_wait_ms(r, 91 * 1000);
	rig_sweep(r);
	resolve(r, "video.example.com", 300, "192.0.2.5"); /* for c, which ran out */
	assert_int_equal(rig_swap(r, POLICY_(NEWER, "", "")), 0);
	assert_passes(connect_to(r, "192.0.2.1", 443));
	assert_refused(connect_to(r, "192.0.2.2", 443), NAME_UNRESOLVED);
	assert_refused(connect_to(r, "192.0.2.3", 443), NAME_UNRESOLVED);
	assert_passes(connect_to(r, "192.0.2.4", 443));
	assert_passes(connect_to(r, "192.0.2.5", 443));
}

static void other_names_of_an_address_give_way(void **state)
{
	struct rig *r = *state;
	char name[32];

	resolve(r, "video.example.com", 60, "192.0.2.1");
	for (int i = 0; i < 40; i++) {
		(void)snprintf(name, sizeof(name), "n%d.cdn.example", i);
		resolve(r, name, 3000, "192.0.2.1");
	}
	assert_passes(connect_to(r, "192.0.2.1", 443));
	assert_int_equal(names(r).held, 16);
	resolve(r, "www.cloud.example", 60, "192.0.2.1");
	assert_passes(connect_to(r, "192.0.2.1", 443));
	assert_passes(connect_to(r, "192.0.2.1", 8883));
	for (int i = 0; i < 40; i++) {
		(void)snprintf(name, sizeof(name), "n%d.cloud.example", i);
		resolve(r, name, 3000, "192.0.2.1");
	}
	resolve(r, "n41.cdn.example", 3000, "192.0.2.1"); /* for nothing that a rule wants */
	assert_int_equal(names(r).held, 16);
	assert_passes(connect_to(r, "192.0.2.1", 8883));
}

static void a_policy_says_anew_what_gives_way(void **state)
{
	struct rig *r = *state;

	limit_set(r, 2);
	resolve(r, "video.example.com", 86400, "192.0.2.1");
	resolve(r, "a.other.example", 86400, "192.0.2.2");
	assert_int_equal(rig_swap(r, POLICY_(OTHER, "    limits: { names: 2 }\n", "")), 0);
	rig_sweep(r);
	resolve(r, "b.other.example", 300, "192.0.2.3");
	assert_passes(connect_to(r, "192.0.2.2", 443));
	assert_passes(connect_to(r, "192.0.2.3", 443));
	resolve(r, "c.other.example", 300, "192.0.2.4");
	assert_refused(connect_to(r, "192.0.2.4", 443), NAME_LIMIT);
	/* Before the sweep has passed, what became wanted is looked at again, and stays. */
	resolve(r, "b.other.example", 300, "192.0.2.3");
	assert_int_equal(rig_swap(r, POLICY_(NEWER, "    limits: { names: 2 }\n", "")), 0);
	rig_sweep(r);
	assert_int_equal(rig_swap(r, POLICY_(OTHER, "    limits: { names: 2 }\n", "")), 0);
	resolve(r, "d.other.example", 300, "192.0.2.5");
	assert_refused(connect_to(r, "192.0.2.5", 443), NAME_LIMIT);
	assert_passes(connect_to(r, "192.0.2.2", 443));
	assert_passes(connect_to(r, "192.0.2.3", 443));
}

static void a_lower_limit_takes_what_no_rule_wants(void **state)
{
	struct rig *r = *state;
	char ip[24];

	for (int i = 1; i < 6; i++) {
		(void)snprintf(ip, sizeof(ip), "198.51.100.%d", i);
		resolve(r, "tracker.example.net", 86400, ip);
	}
	limit_set(r, 2);
	resolve(r, "video.example.com", 100, "192.0.2.1");
	assert_passes(connect_to(r, "192.0.2.1", 443));
	assert_int_equal(names(r).held, 2);
}

/* Of the table that all share: one device's other names keep no other device from its own. */
static void a_crowded_table_keeps_what_rules_want(void **state)
{
	static const struct way other_dns = {DEV2, ROUTER, 2, "10.0.0.2", "10.0.0.53", 40000, 53};
	struct rig r;
	struct dns d;
	char ip[24];

	(void)state;
	rig_new(&r, policy, &(struct rig_options){.names_max = 32});
	for (int i = 1; i < 200; i++) {
		(void)snprintf(ip, sizeof(ip), "198.51.100.%d", i);
		resolve(&r, "tracker.example.net", 86400, ip);
	}
	assert_in_range(names(&r).held, 1, 30);
	for (int i = 1; i < 20; i++) {
		(void)snprintf(ip, sizeof(ip), "192.0.2.%d", i);
		ask(&r, &other_dns, 7, "video.example.com", T_A);
		dns_answer(&d, 7, "video.example.com", T_A);
		dns_address(&d, "video.example.com", 300, ip);
		assert_passes(tell(&r, &other_dns, &d));
		rig_sweep(&r);
		assert_passes(connect_from(&r, 2, "10.0.0.2", ip, 443));
	}
	assert_int_equal(names(&r).unbound, 0);
	rig_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, rig_stop)
		T(a_device_holds_as_many_as_its_role_says),
		T(one_address_has_sixteen_chains),
		T(what_no_rule_wants_gives_way),
		T(the_one_told_the_longest_ago_gives_way_first),
		T(other_names_of_an_address_give_way),
		T(a_policy_says_anew_what_gives_way),
		T(a_lower_limit_takes_what_no_rule_wants),
		cmocka_unit_test(a_crowded_table_keeps_what_rules_want),
	};

	(void)to_dns6;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
