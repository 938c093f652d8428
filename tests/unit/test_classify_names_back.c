/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses by name over a restart: told, kept outside, brought back. */
#include "rig_names.h"

/* What was told last, by the last byte of its address. */
struct told {
	struct ost_name_event event[256];
	struct ost_chain chain[256];
	uint32_t count, at_most;
};

static bool on_told(void *user, const struct ost_name_event *e)
{
	struct told *t = user;
	uint8_t at = e->ip.b[e->ip.family == OST_IPV4 ? 3 : 15];

	if (t->count == t->at_most)
		return false;
	t->event[at] = *e;
	t->chain[at].length = e->length;
	memcpy(t->chain[at].wire, e->chain, e->length);
	t->event[at].chain = t->chain[at].wire;
	t->count++;
	return true;
}

static uint32_t tells(struct rig *r, struct told *t)
{
	*t = (struct told){.at_most = UINT32_MAX};
	ost_site_name_events(r->site, r->now_ns, on_told, t);
	return t->count;
}

static int back(struct rig *r, const char *device, const struct ost_name_event *e)
{
	int result = ost_site_name_bind_later(r->site, rig_device(r, device), e, r->now_ns);

	rig_sweep(r);
	return result;
}

static void what_is_held_is_told_once(void **state)
{
	struct rig *r = *state;
	static struct told t;

	resolve(r, "video.example.com", 300, "192.0.2.1");
	resolve(r, "other.example.com", 300, "192.0.2.2"); /* nobody asks for it */
	resolve(r, "www.cloud.example", 300, "2001:db8::3");
	assert_int_equal(tells(r, &t), 2);
	assert_int_equal(t.event[1].expires_in_ns / OST_NS_PER_S, 330);
	assert_int_equal(t.event[1].length, 19);
	assert_memory_equal(t.event[1].chain, "\5video\7example\3com", 19);
	assert_int_equal(t.event[1].mac.b[5], 1);
	assert_int_equal(t.event[1].slot, ost_site_slot(r->site, rig_device(r, "a")));
	assert_int_equal(t.event[3].ip.family, OST_IPV6);
	assert_int_equal(tells(r, &t), 0);
	/* What moves its end by little is not told, however often it comes. */
	for (int i = 0; i < 14; i++) {
		rig_wait_ms(r, 1000);
		resolve(r, "video.example.com", 300, "192.0.2.1");
		assert_int_equal(tells(r, &t), 0);
	}
	rig_wait_ms(r, 1002);
	resolve(r, "video.example.com", 300, "192.0.2.1");
	assert_int_equal(tells(r, &t), 1);
	/* All again, but what ended. */
	rig_wait_ms(r, 320 * 1000);
	ost_site_names_due(r->site);
	assert_int_equal(tells(r, &t), 1);
	assert_int_equal(t.event[1].expires_in_ns / OST_NS_PER_S, 9);
}

static void what_is_not_taken_comes_again(void **state)
{
	struct rig *r = *state;
	static struct told t;
	char ip[16];

	for (unsigned i = 1; i <= 200; i++) {
		(void)snprintf(ip, sizeof(ip), "192.0.2.%u", i);
		resolve(r, "video.example.com", 300, ip);
	}
	t = (struct told){.at_most = 70};
	ost_site_name_events(r->site, r->now_ns, on_told, &t);
	assert_int_equal(t.count, 70);
	t.at_most = UINT32_MAX;
	ost_site_name_events(r->site, r->now_ns, on_told, &t);
	assert_int_equal(t.count, 200);
	for (unsigned i = 1; i <= 200; i++)
		assert_int_equal(t.event[i].length, 19);
}

static void what_was_told_can_be_brought_back(void **state)
{
	struct rig *r = *state;
	static struct told t, none;
	struct ost_name_event e;

	resolve(r, "shop.example.com", 300, "192.0.2.9"); /* nobody asks for it */
	resolve(r, "video.example.com", 300, "192.0.2.1");
	resolve(r, "video.example.com", 300, "2001:db8::2");
	assert_int_equal(tells(r, &t), 2);
	assert_int_equal(rig_stop(state), 0);
	assert_int_equal(setup(state), 0); /* another gateway, which knows of nothing */
	assert_refused(connect_to(r, "192.0.2.1", 443), NAME_UNRESOLVED);
	assert_int_equal(back(r, "a", &t.event[1]), 0);
	assert_int_equal(back(r, "a", &t.event[2]), 0);
	assert_passes(connect_to(r, "192.0.2.1", 443));
	assert_passes(connect_to(r, "2001:db8::2", 443));
	assert_refused(connect_from(r, 2, "10.0.0.2", "192.0.2.1", 443), NAME_UNRESOLVED);
	assert_int_equal(tells(r, &none), 2); /* so whoever remembers knows that they are back */
	/* Their time goes on: */
	rig_wait_ms(r, 329 * 1000);
	assert_passes(connect_to(r, "192.0.2.1", 443));
	rig_wait_ms(r, 2000);
	assert_refused(connect_to(r, "192.0.2.1", 443), NAME_UNRESOLVED);
	/* Nothing is good for longer than an answer. */
	e = t.event[1];
	e.expires_in_ns = UINT64_MAX / 2;
	assert_int_equal(back(r, "a", &e), 0);
	rig_wait_ms(r, (OST_NAME_TTL_MAX_S + OST_NAME_GRACE_S - 1) * 1000ull);
	assert_passes(connect_to(r, "192.0.2.1", 443));
	rig_wait_ms(r, 2000);
	assert_refused(connect_to(r, "192.0.2.1", 443), NAME_UNRESOLVED);
}

static void what_is_not_ones_own_is_not_brought_back(void **state)
{
	struct rig *r = *state;
	static struct told t;
	struct ost_name_event e;

	resolve(r, "video.example.com", 300, "192.0.2.1");
	assert_int_equal(tells(r, &t), 1);
	assert_int_equal(rig_stop(state), 0);
	assert_int_equal(setup(state), 0);
	e = t.event[1];
	assert_int_equal(back(r, "b", &e), -ENOENT); /* another MAC */
	e.vlan = 7;
	assert_int_equal(back(r, "a", &e), -ENOENT);
	e.vlan = 0;
	e.expires_in_ns = 0;
	assert_int_equal(back(r, "a", &e), -EINVAL);
	e.expires_in_ns = OST_NS_PER_S;
	e.length = 0;
	assert_int_equal(back(r, "a", &e), -EINVAL);
	assert_int_equal(ost_site_name_bind_later(r->site, 99, &t.event[1], r->now_ns), -ENOENT);
	/* Nobody asks for it: under the policy that is in force when it is bound. */
	assert_int_equal(ost_site_name_bind_later(r->site, rig_device(r, "a"), &t.event[1], r->now_ns), 0);
	assert_int_equal(rig_swap(r, POLICY_("      - to: { name: other.example.com, service: tcp/443 }\n", "", "")), 0);
	rig_sweep(r);
	assert_int_equal(names(r).held, 0);
	assert_int_equal(rig_swap(r, policy), 0);
	assert_refused(connect_to(r, "192.0.2.1", 443), NAME_UNRESOLVED);
	/* It ended while it waited. */
	assert_int_equal(ost_site_name_bind_later(r->site, rig_device(r, "a"), &t.event[1], r->now_ns), 0);
	rig_wait_ms(r, 331 * 1000);
	rig_sweep(r);
	assert_int_equal(names(r).held, 0);
}

static void many_are_brought_back_as_there_is_room(void **state)
{
	struct rig *r = *state;
	struct ost_name_event e = {.mac.b = {2, 0, 0, 0, 0, 1}, .ip = {.family = OST_IPV4, .b = {192, 0, 2}}, .expires_in_ns = 100 * OST_NS_PER_S};
	uint8_t chain[OST_NAME_CHAIN_BYTES_MAX] = {0};
	uint32_t queued = 0, rounds = 0;

	e.chain = chain;
	for (uint32_t done = 0; done < 5000; rounds++) { /* several times round the ring */
		for (; done < 5000; done++, queued++) {
			e.length = 19 + done * 7 % 1000;
			memset(chain, 0, sizeof(chain));
			memcpy(chain, "\5video\7example\3com", 19); /* and the root, some times */
			e.ip.b[3] = (uint8_t)(done % 100);
			if (ost_site_name_bind_later(r->site, rig_device(r, "a"), &e, r->now_ns) == -EAGAIN)
				break;
		}
		for (int i = 0; i < 200; i++)
			rig_sweep(r);
	}
	assert_int_equal(queued, 5000);
	assert_in_range(rounds, 4, 20);
	assert_passes(connect_to(r, "192.0.2.7", 443));
	assert_in_range(names(r).held, 100, 256); /* as its role may, and as long as they are */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, rig_stop)
		T(what_is_held_is_told_once),
		T(what_is_not_taken_comes_again),
		T(what_was_told_can_be_brought_back),
		T(what_is_not_ones_own_is_not_brought_back),
		T(many_are_brought_back_as_there_is_room),
	};

	(void)to_dns6;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
