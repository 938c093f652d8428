/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a policy says about time: schedules, audits, exceptions, the time of a test; and what a clock says to it. */
#include "policy_expect.h"

#define TOP	       "ostiary: 1\n"
#define SCHEDULE(text) TOP "schedules: { s: " text " }\nroles: { r: { allow: [ { to: { network: any }, when: s } ] } }\n"

static const struct ost_window *window_of(const struct ost_policy *p, uint32_t schedule, uint32_t window)
{
	assert_true(schedule < p->schedule_count && window < p->schedules[schedule].window_count);
	return &p->schedules[schedule].windows[window];
}

static void schedules(void **state)
{
	struct ost_policy *p = policy_expect(TOP "schedules:\n"
		"  maintenance: { days: [sat, sun], from: \"02:00\", until: \"04:00\", zone: local }\n"
		"  fair: { since: 2026-12-01T08:00Z, until: 2026-12-05T19:00:30+01:00 }\n"
		"  shifts:\n    - { days: mon-fri, from: 22:00, until: 06:00 }\n    - { from: \"00:00\", until: \"24:00\", days: [fri-mon, wed] }\n"
		"    - { since: 2027-01-01T00:00-02:30 }\n    - { until: 2020-02-29T23:59Z }\n"
		"roles: { r: { allow: [ { to: { network: any }, when: fair }, { from: { network: any }, when: shifts }, { to: { role: r } } ] } }\n");
	const struct ost_window *w = window_of(p, 0, 0);

	(void)state;
	assert_int_equal(p->schedule_count, 3);
	assert_string_equal(p->schedules[0].name, "maintenance");
	assert_int_equal(p->schedules[0].pos.line, 3);
	assert_int_equal(w->kind, OST_WINDOW_WEEKLY);
	assert_int_equal(w->days, 0x41);
	assert_true(w->local);
	assert_int_equal(w->from_min, 120);
	assert_int_equal(w->until_min, 240);
	w = window_of(p, 1, 0);
	assert_int_equal(w->kind, OST_WINDOW_ABSOLUTE);
	assert_int_equal(w->since_s, 1796112000);
	assert_int_equal(w->until_s, 1796493630);
	w = window_of(p, 2, 0);
	assert_int_equal(w->days, 0x3e);
	assert_false(w->local);
	assert_int_equal(w->from_min, 1320);
	assert_int_equal(w->until_min, 360);
	w = window_of(p, 2, 1);
	assert_int_equal(w->days, 0x6b);
	assert_int_equal(w->until_min, 1440);
	w = window_of(p, 2, 2);
	assert_int_equal(w->since_s, 1798770600);
	assert_int_equal(w->until_s, INT64_MAX);
	assert_int_equal(window_of(p, 2, 3)->since_s, INT64_MIN);
	assert_int_equal(window_of(p, 2, 3)->until_s, 1583020740);
	assert_int_equal(p->roles[0].rules[0].schedule, 2);
	assert_int_equal(p->roles[0].rules[1].schedule, 3);
	assert_int_equal(p->roles[0].rules[2].schedule, OST_SCHEDULE_ALWAYS);
	assert_string_equal(p->roles[0].rules[0].text, "to network any, service any, when fair");
	ost_policy_free(&p);
}

static void wrong_schedules(void **state)
{
	static const struct policy_refusal refusals[] = {
		{SCHEDULE("@x"), "must be a mapping"},
		{SCHEDULE("@[]"), "1 to 64 windows"},
		{SCHEDULE("[@[]]"), "must be a mapping"},
		{SCHEDULE("@{}"), "says no time"},
		{SCHEDULE("{ @day: sat, from: \"02:00\", until: \"03:00\" }"), "did you mean 'days'"},
		{SCHEDULE("@{ days: sat }"), "from when until when"},
		{SCHEDULE("@{ from: \"02:00\" }"), "from when until when"},
		{SCHEDULE("@{ zone: local, until: \"02:00\" }"), "from when until when"},
		{SCHEDULE("{ days: @saturday, from: \"02:00\", until: \"03:00\" }"), "days cannot be 'saturday'"},
		{SCHEDULE("{ days: @Sat, from: \"02:00\", until: \"03:00\" }"), "did you mean 'sat'"},
		{SCHEDULE("{ days: @sat-, from: \"02:00\", until: \"03:00\" }"), "days cannot be"},
		{SCHEDULE("{ days: @sat-foo, from: \"02:00\", until: \"03:00\" }"), "days cannot be"},
		{SCHEDULE("{ days: [fri-sun, @sat], from: \"02:00\", until: \"03:00\" }"), "stands there already"},
		{SCHEDULE("{ days: @[], from: \"02:00\", until: \"03:00\" }"), "empty list"},
		{SCHEDULE("{ from: @2:00, until: \"03:00\" }"), "write \"02:00\""},
		{SCHEDULE("{ from: @\"24:00\", until: \"03:00\" }"), "from cannot be '24:00'"},
		{SCHEDULE("{ from: \"02:00\", until: @\"24:01\" }"), "until cannot be '24:01'"},
		{SCHEDULE("{ from: \"02:00\", until: @\"02:60\" }"), "until cannot be '02:60'"},
		{SCHEDULE("{ from: \"02:00\", until: @\"02:00:00\" }"), "until cannot be"},
		{SCHEDULE("{ from: @\" 2:00\", until: \"03:00\" }"), "from cannot be"},
		{SCHEDULE("{ from: \"02:00\", until: \"03:00\", zone: @cet }"), "write one of utc, local"},
		{SCHEDULE("{ from: \"02:00\", until: \"03:00\", since: @2026-12-01T08:00Z }"), "either once or every week"},
		{SCHEDULE("{ since: @2026-12-01, until: 2026-12-05T18:00Z }"), "is no time"},
		{SCHEDULE("{ since: @2026-12-01T08:00 }"), "in which zone"},
		{SCHEDULE("{ since: @2026-12-01T08:00+1 }"), "in which zone"},
		{SCHEDULE("{ since: @2026-12-01T08:00Zx }"), "in which zone"},
		{SCHEDULE("{ since: @2026-02-29T08:00Z }"), "there is no time"},
		{SCHEDULE("{ since: @2026-13-01T08:00Z }"), "there is no time"},
		{SCHEDULE("{ since: @2026-12-01T24:00Z }"), "there is no time"},
		{SCHEDULE("{ since: @2026-12-01T23:59:60Z }"), "there is no time"},
		{SCHEDULE("{ since: @1969-12-31T00:00Z }"), "there is no time"},
		{SCHEDULE("{ since: @26-12-01T08:00Z }"), "is no time"},
		{SCHEDULE("{ since: @tomorrow }"), "is no time"},
		{SCHEDULE("{ since: 2026-12-01T08:00Z, until: @2026-12-01T09:00+01:00 }"), "ends before it begins"},
		{TOP "schedules: { @s s: { from: \"02:00\", until: \"03:00\" } }\n", "no name"},
		{TOP "schedules: @[]\n", "must be a mapping"},
		{TOP "schedules: { night: { from: \"02:00\", until: \"03:00\" } }\nroles: { r: { allow: [ { to: { network: any }, when: @nigth } ] } }\n",
			"did you mean 'night'"},
		{TOP "roles: { r: { allow: [ { to: { network: any }, when: @[a] } ] } }\n", "must be a single value"},
	};

	(void)state;
	POLICY_REFUSE_ALL(refusals);
}

#define AUDIT(text) TOP "roles: { r: { " text " } }\n"

static void audits(void **state)
{
	static const struct policy_refusal refusals[] = {
		{AUDIT("mode: @audit"), "without an end"},
		{AUDIT("mode: enforce, audit-until: @2026-12-01T00:00Z"), "is not in audit"},
		{AUDIT("audit-until: @2026-12-01T00:00Z"), "is not in audit"},
		{AUDIT("mode: audit, audit-until: @soon"), "is no time"},
		{AUDIT("mode: audit, audit-until: @[]"), "must be a single value"},
	};
	struct ost_policy *p = policy_expect(TOP "roles:\n  a: { mode: audit, audit-until: 2026-12-01T00:00Z }\n"
		"  b: { mode: audit,\n       audit-until: 2026-12-01T01:00+01:00 }\n  c: { mode: audit, audit-until: 2026-12-02T00:00Z }\n  d: {}\n");

	(void)state;
	assert_int_equal(p->schedule_count, 2);
	assert_int_equal(p->roles[0].mode, OST_MODE_AUDIT);
	assert_int_equal(p->roles[0].audit, 1);
	assert_int_equal(p->roles[1].audit, 1);
	assert_int_equal(p->roles[1].audit_pos.line, 5);
	assert_int_equal(p->roles[2].audit, 2);
	assert_int_equal(p->roles[3].mode, OST_MODE_ENFORCE);
	assert_int_equal(p->roles[3].audit, OST_SCHEDULE_ALWAYS);
	assert_string_equal(p->schedules[0].name, "until 2026-12-01T00:00Z");
	assert_int_equal(window_of(p, 0, 0)->until_s, 1796083200);
	ost_policy_free(&p);
	POLICY_REFUSE_ALL(refusals);
}

#define DEVICES                                                                                                                            \
	"infrastructure: { resolvers: 10.0.0.53 }\nroles: { r: { include: dns }, q: {} }\ndevices:\n"                                                                      \
	"  d: { role: r, mac: \"02:00:00:00:00:01\", tags: [t, u] }\n  e: { role: q, mac: \"02:00:00:00:00:02\", tags: t }\n"              \
	"  f: { role: r, mac: \"02:00:00:00:00:03\", tags: t }\n"
#define EXCEPTION(text) TOP DEVICES "exceptions: [ " text " ]\n"
#define TO	       "to: { network: 10.1.0.0/16, service: ssh }"
#define UNTIL	       "until: 2026-12-01T12:00Z"
#define REASON	       "reason: why"

static void exceptions(void **state)
{
	struct ost_policy *p = policy_expect(TOP DEVICES "exceptions:\n"
		"  - { device: d, to: { name: vendor.example, service: ssh }, until: 2026-12-01T12:00Z, reason: \"vendor support, ticket 4711\" }\n"
		"  - { role: q, from: { network: 10.0.0.0/8 }, since: 2026-11-30T00:00Z, until: 2026-12-01T12:00Z, reason: b }\n"
		"  - { tag: t, to: { role: [r, q] }, until: 2026-12-01T13:00+01:00, reason: c }\n");
	const struct ost_rule *r = p->roles[0].rules, *q = p->roles[1].rules;

	(void)state;
	assert_int_equal(p->roles[0].rule_count, 3);
	assert_int_equal(r[1].flags, OST_RULE_EXCEPTION | OST_RULE_ONE);
	assert_int_equal(r[1].only_device, 0);
	assert_int_equal(r[1].peer, OST_PEER_NAME);
	assert_int_equal(r[1].pos.line, 9);
	assert_string_equal(r[1].text,
		"to name vendor.example, service ssh, exception until 2026-12-01T12:00Z: vendor support, ticket 4711");
	assert_int_equal(r[2].flags, OST_RULE_EXCEPTION);
	assert_int_equal(r[2].only_tags, 1);
	assert_int_equal(r[2].peer_role_count, 2);
	assert_int_equal(r[2].schedule, r[1].schedule);
	assert_int_equal(p->roles[1].rule_count, 2);
	assert_int_equal(q[0].flags, OST_RULE_EXCEPTION);
	assert_int_equal(q[0].only_tags, 0);
	assert_int_equal(q[0].direction, OST_FROM);
	assert_int_not_equal(q[0].schedule, r[1].schedule);
	assert_int_equal(q[1].only_tags, 1);
	assert_int_equal(q[1].peer_role_count, 2);
	assert_string_equal(q[1].text, r[2].text);
	assert_int_equal(p->schedule_count, 2);
	assert_string_equal(p->schedules[q[0].schedule - 1].name, "since 2026-11-30T00:00Z until 2026-12-01T12:00Z");
	ost_policy_free(&p);
}

static void wrong_exceptions(void **state)
{
	static const struct policy_refusal refusals[] = {
		{TOP "exceptions: @{}\n", "must be a list"},
		{EXCEPTION("@x"), "must be a mapping"},
		{EXCEPTION("@{ " TO ", " UNTIL ", " REASON " }"), "does not say for whom"},
		{EXCEPTION("@{ device: d, role: r, " TO ", " UNTIL ", " REASON " }"), "a device, a role or a tag"},
		{EXCEPTION("@{ device: d, " UNTIL ", " REASON " }"), "either to: or from:"},
		{EXCEPTION("@{ device: d, " TO ", " REASON " }"), "has no end"},
		{EXCEPTION("@{ device: d, " TO ", since: 2026-12-01T12:00Z, " REASON " }"), "has no end"},
		{EXCEPTION("@{ device: d, " TO ", " UNTIL " }"), "has no reason"},
		{EXCEPTION("{ device: d, " TO ", " UNTIL ", reason: @\"\" }"), "empty"},
		{EXCEPTION("{ device: @z, " TO ", " UNTIL ", " REASON " }"), "no device 'z'"},
		{EXCEPTION("{ role: @z, " TO ", " UNTIL ", " REASON " }"), "no role 'z'"},
		{EXCEPTION("{ tag: @z, " TO ", " UNTIL ", " REASON " }"), "has the tag 'z'"},
		{EXCEPTION("{ device: @[d, e], " TO ", " UNTIL ", " REASON " }"), "must be a single value"},
		{EXCEPTION("{ device: d, " TO ", until: @never, " REASON " }"), "is no time"},
		{EXCEPTION("{ device: d, " TO ", since: 2027-01-01T00:00Z, until: @2026-12-01T12:00Z, " REASON " }"), "before it begins"},
		{EXCEPTION("{ device: d, to: { network: @z }, " UNTIL ", " REASON " }"), "no network 'z'"},
		{EXCEPTION("{ tag: t, to: { network: @z }, " UNTIL ", " REASON " }"), "no network 'z'"},
		{EXCEPTION("{ device: d, " TO ", " UNTIL ", " REASON ", @when: s }"), "no key 'when'"},
		{EXCEPTION("@{ device: e, to: { name: a.example }, " UNTIL ", " REASON " }"), "may ask no name server"},
	};
	char text[1024] = EXCEPTION("{ device: d, " TO ", " UNTIL ", reason: @");
	struct policy_refusal refusal = {text, "more than 200 bytes"};
	char *end = strstr(text, " ]\n");

	(void)state;
	POLICY_REFUSE_ALL(refusals);
	memset(end, 'x', 201);
	memcpy(end + 201, " } ]\n", 6);
	policy_refuse(&refusal);
}

static void time_of_a_test(void **state)
{
	static const struct policy_refusal refusals[] = {
		{TOP DEVICES "tests: [ { device: d, allow: \"tcp 10.0.0.1:1\", at: @now } ]\n", "is no time"},
	};
	struct ost_policy *p = policy_expect(TOP DEVICES "tests:\n  - { device: d, allow: \"tcp 10.0.0.1:1\", at: 2026-11-22T03:00Z }\n"
		"  - { at: 2026-11-22T03:00+01:00, device: d, deny: \"tcp 10.0.0.1:1\" }\n  - { device: d, deny: \"tcp 10.0.0.1:1\" }\n");

	(void)state;
	assert_int_equal(p->tests[0].at_s, 1795316400);
	assert_int_equal(p->tests[1].at_s, 1795312800);
	assert_int_equal(p->tests[2].at_s, 0);
	ost_policy_free(&p);
	POLICY_REFUSE_ALL(refusals);
}

/* ---- with a clock ---- */

#define NOW_S 1795348800 /* 2026-11-22T12:00Z */

static void expect_by_clock(const char *marked, bool error, const char *words)
{
	uint32_t line, column;
	char text[4096];
	struct ost_policy *p;
	struct ost_diag diag = {0};

	place_cut(marked, text, sizeof(text), &line, &column);
	p = policy_expect(text);
	assert_int_equal(ost_policy_times_check(p, NOW_S, &diag), error ? -EINVAL : 0);
	if (diag.count != (words != NULL) || (words != NULL && !findings_have(&diag, "p.yaml", line, column, words))) {
		findings_print(&diag);
		fail_msg("%s: not '%s' at %u:%u, or not alone", text, words ? words : "nothing", line, column);
	}
	ost_diag_free(&diag);
	ost_policy_free(&p);
}

static void by_the_clock(void **state)
{
	(void)state;
	expect_by_clock(AUDIT("mode: audit, audit-until: @2026-12-23T12:01Z"), true, "write a time until 2026-12-23T12:00Z");
	expect_by_clock(AUDIT("mode: audit, audit-until: 2026-12-23T12:00Z"), false, NULL);
	expect_by_clock(AUDIT("mode: audit, audit-until: @2026-11-22T12:00Z"), false, "has ended: it enforces");
	expect_by_clock(AUDIT("mode: audit, audit-until: 2026-11-22T12:01Z"), false, NULL);
	expect_by_clock(EXCEPTION("@{ device: d, " TO ", until: 2026-11-22T12:00Z, " REASON " }"), false, "has run out");
	expect_by_clock(EXCEPTION("@{ tag: t, " TO ", until: 2026-11-22T12:00Z, " REASON " }"), false, "has run out");
	expect_by_clock(EXCEPTION("{ tag: t, " TO ", until: 2026-11-22T12:01Z, " REASON " }"), false, NULL);
	expect_by_clock(TOP "schedules: { @s: [ { until: 2026-11-22T12:00Z }, { since: 2026-01-01T00:00Z, until: 2026-02-01T00:00Z } ] }\n", false,
		"never open again");
	expect_by_clock(TOP "schedules: { s: [ { until: 2026-11-22T12:00Z }, { from: \"02:00\", until: \"03:00\" } ] }\n", false, NULL);
}

/* 1024 schedules, whoever makes them. */
static void too_many(void **state)
{
	char *text = calloc(1, 200000);
	struct ost_policy_source source = {"p.yaml", text, 0};
	struct ost_policy *p = NULL;
	struct ost_diag diag = {0};
	size_t n = (size_t)snprintf(text, 200000, TOP DEVICES "exceptions:\n");

	(void)state;
	for (unsigned i = 0; i < 1026; i++)
		n += (size_t)snprintf(text + n, 200000 - n, "- { device: d, " TO ", until: 2027-01-%02uT%02u:%02uZ, " REASON " }\n", 1 + i / 1440,
			i / 60 % 24, i % 60);
	source.length = n;
	assert_int_equal(ost_policy_parse(&source, 1, &diag, &p), -EINVAL);
	assert_int_equal(diag.errors, 1);
	assert_true(findings_have(&diag, "p.yaml", 9 + 1024, 67, "more than 1024 schedules"));
	ost_diag_free(&diag);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(schedules),
		cmocka_unit_test(wrong_schedules),
		cmocka_unit_test(audits),
		cmocka_unit_test(exceptions),
		cmocka_unit_test(wrong_exceptions),
		cmocka_unit_test(time_of_a_test),
		cmocka_unit_test(by_the_clock),
		cmocka_unit_test(too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
