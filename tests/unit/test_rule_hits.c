/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules' use over generations, over starts of the data plane and of ourselves, and files that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "clock.h"
#include "compile.h"
#include "file.h"
#include "policy_yaml.h"
#include "rule_hits.h"

#define HEAD "ostiary: 1\nroles:\n  r:\n    include: [arp]\n    allow:\n"
#define RULE(port) "      - { to: { network: 10.0.0.0/8, service: tcp/" port " } }\n"

struct made {
	void *bytes;
	struct ost_image image;
};

static struct made made(const char *yaml, uint64_t generation)
{
	const struct ost_policy_source source = {"t.yaml", yaml, strlen(yaml)};
	struct ost_policy *policy = NULL;
	struct ost_diag diag = {0};
	struct made m = {0};
	size_t length = 0;
	char why[256];

	assert_int_equal(ost_policy_parse(&source, 1, &diag, &policy), 0);
	assert_int_equal(ost_policy_compile(policy, generation, &diag, &m.bytes, &length), 0);
	assert_int_equal(ost_image_open(m.bytes, length, &m.image, why), 0);
	ost_diag_free(&diag);
	ost_policy_free(&policy);
	return m;
}

static int setup(void **state)
{
	struct ost_paths *p = calloc(1, sizeof(*p));
	char dir[] = "/tmp/ost-hits-XXXXXX";

	assert_non_null(p);
	assert_non_null(mkdtemp(dir));
	(void)snprintf(p->state_dir, sizeof(p->state_dir), "%s", dir);
	*state = p;
	return 0;
}

static void file_of(const struct ost_paths *p, char buf[static PATH_MAX])
{
	(void)snprintf(buf, PATH_MAX, "%.4000s/rule-hits", p->state_dir);
}

static int teardown(void **state)
{
	struct ost_paths *p = *state;
	char path[PATH_MAX];

	file_of(p, path);
	(void)unlink(path);
	assert_int_equal(rmdir(p->state_dir), 0);
	free(p);
	return 0;
}

static struct ost_rule_hits *opened(const struct ost_paths *p, bool lost)
{
	struct ost_rule_hits *h = NULL;
	bool was_lost = !lost;

	assert_int_equal(ost_rule_hits_new(p, &h, &was_lost), 0);
	assert_int_equal(was_lost, lost);
	return h;
}

static void told(struct ost_rule_hits *h, uint64_t generation, uint32_t rule, uint64_t flows, uint64_t at)
{
	struct ost_msg_rule_stats *m = calloc(1, sizeof(*m));

	assert_non_null(m);
	m->generation = generation;
	m->count = 1;
	m->rules[0] = (struct ost_rule_count){.flows_opened = flows, .rule = rule};
	ost_rule_hits_count(h, m, at);
	free(m);
}

static void expect(const struct ost_rule_hits *h, uint32_t rule, uint64_t flows, uint64_t since, uint64_t last)
{
	const struct ost_rule_hit hit = ost_rule_hits_get(h, rule);

	assert_int_equal(hit.flows, flows);
	assert_int_equal(hit.since_wall_s, since);
	assert_int_equal(hit.last_wall_s, last);
}

static void over_generations(void **state)
{
	struct ost_rule_hits *h = opened(*state, false);
	struct made a = made(HEAD RULE("80") RULE("443"), 1), b = made(HEAD RULE("22") RULE("80"), 2),
		    c = made(HEAD RULE("443"), 3);

	ost_rule_hits_dataplane(h, 7);
	assert_int_equal(ost_rule_hits_policy(h, &a.image, 100), 0);
	expect(h, 0, 0, 100, 0);
	told(h, 1, 0, 5, 110);
	told(h, 1, 0, 5, 120); /* nothing new */
	told(h, 1, 0, 6, 130);
	told(h, 1, 99, 6, 130); /* no such rule */
	told(h, 2, 0, 6, 130);	/* of another generation */
	expect(h, 0, 6, 100, 130);
	expect(h, 1, 0, 100, 0);
	assert_int_equal(ost_rule_hits_policy(h, &b.image, 200), 0);
	expect(h, 0, 0, 200, 0);
	expect(h, 1, 6, 100, 130);
	told(h, 2, 1, 1, 210); /* counted anew */
	expect(h, 1, 7, 100, 210);
	assert_int_equal(ost_rule_hits_policy(h, &c.image, 300), 0);
	expect(h, 0, 0, 100, 0); /* it was away */
	assert_int_equal(ost_rule_hits_policy(h, &a.image, 400), 0);
	expect(h, 0, 7, 100, 210);
	expect(h, 2, 0, 0, 0);
	ost_rule_hits_free(&h);
	free(a.bytes);
	free(b.bytes);
	free(c.bytes);
}

static void over_restarts(void **state)
{
	struct ost_rule_hits *h = opened(*state, false);
	struct made a = made(HEAD RULE("80") RULE("443"), 1);

	ost_rule_hits_dataplane(h, 7);
	assert_int_equal(ost_rule_hits_policy(h, &a.image, 100), 0);
	told(h, 1, 1, 5, 110);
	assert_int_equal(ost_rule_hits_save(h, 1, true), 0);
	ost_rule_hits_free(&h);

	h = opened(*state, false);
	assert_int_equal(ost_rule_hits_policy(h, &a.image, 200), 0);
	ost_rule_hits_dataplane(h, 7);
	told(h, 1, 1, 5, 210); /* the same data plane tells the same */
	expect(h, 1, 5, 100, 110);
	assert_int_equal(ost_rule_hits_save(h, 1, true), 0);
	ost_rule_hits_free(&h);

	h = opened(*state, false);
	assert_int_equal(ost_rule_hits_policy(h, &a.image, 300), 0);
	ost_rule_hits_dataplane(h, 8);
	told(h, 1, 1, 5, 310); /* another one opened five */
	expect(h, 1, 10, 100, 310);
	told(h, 1, 1, 2, 320); /* it was replaced meanwhile */
	expect(h, 1, 12, 100, 320);
	ost_rule_hits_free(&h);
	free(a.bytes);
}

static void saved_seldom(void **state)
{
	struct ost_rule_hits *h = opened(*state, false);
	struct made a = made(HEAD RULE("80"), 1);
	char path[PATH_MAX];

	file_of(*state, path);
	assert_int_equal(ost_rule_hits_policy(h, &a.image, 100), 0);
	assert_int_equal(ost_rule_hits_save(h, 30 * OST_NS_PER_S, false), 0);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(ost_rule_hits_save(h, 61 * OST_NS_PER_S, false), 0);
	assert_int_equal(access(path, F_OK), 0);
	ost_rule_hits_free(&h);
	free(a.bytes);
}

static void files_that_are_none(void **state)
{
	struct ost_rule_hits *h = opened(*state, false);
	struct made a = made(HEAD RULE("80"), 1);
	char path[PATH_MAX], *bytes = NULL;
	size_t length = 0;

	assert_int_equal(ost_rule_hits_policy(h, &a.image, 100), 0);
	assert_int_equal(ost_rule_hits_save(h, 1, true), 0);
	ost_rule_hits_free(&h);
	file_of(*state, path);
	assert_int_equal(ost_file_read(path, 1 << 20, &bytes, &length), 0);
	for (size_t i = 0; i < length; i++) {
		if (i >= 12 && i < 24)
			continue; /* pid and generation are free */
		bytes[i] ^= 1;
		assert_int_equal(ost_file_write(path, bytes, length, 0600), 0);
		h = opened(*state, true);
		assert_int_equal(ost_rule_hits_policy(h, &a.image, 100), 0);
		ost_rule_hits_free(&h);
		bytes[i] ^= 1;
	}
	for (size_t cut = 0; cut < length; cut += 7) {
		assert_int_equal(ost_file_write(path, bytes, cut, 0600), 0);
		h = opened(*state, true);
		ost_rule_hits_free(&h);
	}
	free(bytes);
	free(a.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(over_generations, setup, teardown),
		cmocka_unit_test_setup_teardown(over_restarts, setup, teardown),
		cmocka_unit_test_setup_teardown(saved_seldom, setup, teardown),
		cmocka_unit_test_setup_teardown(files_that_are_none, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
