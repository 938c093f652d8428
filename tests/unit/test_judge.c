/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions about flows, answered by the classifier: the judge must neither allow nor deny by
 * itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "clock.h"
#include "compile.h"
#include "judge.h"
#include "nearrules.h"
#include "placeholder.h"
#include "policy_yaml.h"

struct court {
	struct ost_diag diag;
	struct ost_policy *policy;
	void *bytes;
	size_t length;
	struct ost_image image;
	struct ost_judge *judge;
};

static void open_court(struct court *c, const char *yaml)
{
	struct ost_policy_source source = {.name = "p.yaml", .bytes = yaml, .length = strlen(yaml)};
	char why[256], line[512];
	int rc;

	*c = (struct court){0};
	rc = ost_policy_parse(&source, 1, &c->diag, &c->policy);
	if (rc < 0 && c->diag.count > 0) {
		(void)ost_finding_format(&c->diag.findings[0], line, sizeof(line));
		fail_msg("%s", line);
	}
	assert_int_equal(rc, 0);
	assert_int_equal(ost_policy_compile(c->policy, 0, &c->diag, &c->bytes, &c->length), 0);
	assert_int_equal(ost_image_open(c->bytes, c->length, &c->image, why), 0);
	assert_int_equal(ost_judge_new(&c->image, &c->judge), 0);
}

static void close_court(struct court *c)
{
	ost_judge_free(&c->judge);
	free(c->bytes);
	ost_policy_free(&c->policy);
	ost_diag_free(&c->diag);
}

static struct ost_judgement ask(struct court *c, const char *device, const char *text)
{
	struct ost_flow_question q;
	struct ost_judgement j;
	char why[256] = "";
	int64_t place = ost_policy_device_find(c->policy, device);

	assert_true(place >= 0);
	if (ost_flow_question_parse(c->policy, text, &q, why) < 0)
		fail_msg("%s: %s", text, why);
	assert_int_equal(ost_judge_ask_model(c->judge, c->policy, (uint32_t)place, &q, &j), 0);
	free(q.peer_host.name);
	return j;
}

static void allowed(struct court *c, const char *device, const char *text)
{
	struct ost_judgement j = ask(c, device, text);

	if (!j.allowed)
		fail_msg("%s: %s should be allowed and is refused: %s", device, text,
			ost_reason_name(j.reason));
	assert_int_equal(j.reason, OST_REASON_NONE);
	assert_true(j.rule < c->image.rule_count);
}

static void denied(struct court *c, const char *device, const char *text, enum ost_reason reason)
{
	struct ost_judgement j = ask(c, device, text);

	if (j.allowed || j.reason != reason)
		fail_msg("%s: %s should be refused for %s and is %s", device, text,
			ost_reason_name(reason), j.allowed ? "allowed" : ost_reason_name(j.reason));
}

static const char plain[] =
	"ostiary: 1\n"
	"networks:\n"
	"  scada: [10.20.0.0/24, \"fd00:20::/64\"]\n"
	"roles:\n"
	"  camera:\n"
	"    include: [arp, nd, dhcp]\n"
	"    allow:\n"
	"      - to: { network: scada, service: [https, udp/5000-5010, icmp/echo-request, "
	"icmpv6/echo-request, ip/47] }\n"
	"      - to: { network: scada, service: [sctp/7000, udplite/7001, dccp/7002] }\n"
	"      - from: { network: scada, service: tcp/80 }\n"
	"      - to: { role: recorder, service: tcp/554 }\n"
	"      - to: { role: recorder, service: tcp/555 }\n"
	"      - to: { role: recorder, service: [icmp/echo-request, icmpv6/echo-request] }\n"
	"    limits: { packets: 1/s, bytes: 1/s, new-flows: 1/s, flows: 1, addresses: 1 }\n"
	"  recorder:\n"
	"    include: [arp, nd, dhcp]\n"
	"    allow:\n"
	"      - from: { role: camera, service: [tcp/554, icmp, icmpv6] }\n"
	"      - to: { role: camera, service: tcp/8554 }\n"
	"  proven:\n"
	"    authenticate: eap-tls\n"
	"    assurance: software\n"
	"    allow:\n"
	"      - to: { network: scada, service: tcp/1 }\n"
	"      - { to: { network: scada, service: tcp/2 }, assurance: tee }\n"
	"devices:\n"
	"  cam-01: { role: camera, mac: \"00:0e:8c:01:02:03\" }\n"
	"  cam-02: { role: camera, mac: \"00:0e:8c:01:02:04\", vlan: 20, address: [10.20.0.77] }\n"
	"  rec-1: { role: recorder, mac: \"00:0e:8c:01:02:05\", address: [10.20.0.50, 10.20.0.51], "
	"port: dev1 }\n"
	"  rec-2: { role: recorder, mac: \"00:0e:8c:01:02:06\", port: dev1 }\n"
	"  rec-6: { role: recorder, mac: \"00:0e:8c:01:02:07\", address: [\"2001:db8:50::1\"] }\n"
	"  vault: { role: proven, certificate: \"urn:dev:os:4711\" }\n";

static void test_networks(void **state)
{
	struct court c;

	(void)state;
	open_court(&c, plain);
	allowed(&c, "cam-01", "tcp 10.20.0.9:443");
	allowed(&c, "cam-01", "tcp [fd00:20::9]:443");
	allowed(&c, "cam-01", "udp 10.20.0.9:5000");
	allowed(&c, "cam-01", "udp [fd00:20::9]:5010");
	allowed(&c, "cam-01", "icmp/echo-request 10.20.0.9");
	allowed(&c, "cam-01", "icmpv6/echo-request fd00:20::9");
	allowed(&c, "cam-01", "ip/47 10.20.0.9");
	allowed(&c, "cam-01", "ip/47 fd00:20::9");
	allowed(&c, "cam-01", "sctp 10.20.0.9:7000");
	allowed(&c, "cam-01", "udplite 10.20.0.9:7001");
	allowed(&c, "cam-01", "dccp 10.20.0.9:7002");
	allowed(&c, "cam-01", "in tcp 10.20.0.9:80");
	allowed(&c, "cam-01", "in tcp [fd00:20::9]:80");
	allowed(&c, "cam-02", "tcp 10.20.0.9:443"); /* tagged */
	allowed(&c, "cam-02", "in tcp 10.20.0.9:80");
	denied(&c, "cam-01", "tcp 10.20.1.9:443", OST_REASON_NOT_ALLOWED);
	denied(&c, "cam-01", "tcp 10.20.0.9:444", OST_REASON_NOT_ALLOWED);
	denied(&c, "cam-01", "udp 10.20.0.9:443", OST_REASON_NOT_ALLOWED);
	denied(&c, "cam-01", "udp 10.20.0.9:4999", OST_REASON_NOT_ALLOWED);
	denied(&c, "cam-01", "udp 10.20.0.9:5011", OST_REASON_NOT_ALLOWED);
	denied(&c, "cam-01", "tcp [fd00:20:1::9]:443", OST_REASON_NOT_ALLOWED);
	denied(&c, "cam-01", "ip/46 10.20.0.9", OST_REASON_NOT_ALLOWED);
	denied(&c, "cam-01", "in tcp 10.20.0.9:443", OST_REASON_NOT_ALLOWED_IN);
	denied(&c, "cam-01", "tcp 10.20.0.9:80", OST_REASON_NOT_ALLOWED);
	close_court(&c);
}

/* An answer must not depend on the questions before it, nor on limits:. */
static void test_each_alone(void **state)
{
	struct court c;

	(void)state;
	open_court(&c, plain);
	for (unsigned i = 0; i < 1000; i++) {
		allowed(&c, "cam-01",
			"ip/47 10.20.0.9"); /* without ports the way back would be the same flow */
		denied(&c, "cam-01", "in ip/47 10.20.0.9", OST_REASON_NOT_ALLOWED_IN);
		allowed(&c, "cam-01", "tcp 10.20.0.9:443");
	}
	close_court(&c);
}

static void test_devices(void **state)
{
	struct court c;
	struct ost_judgement j;

	(void)state;
	open_court(&c, plain);
	j = ask(&c, "cam-01", "tcp rec-1:554");
	assert_true(j.allowed);
	assert_string_equal(ost_image_string(&c.image, c.image.rules[j.rule].text),
		"to role recorder, service tcp/554");
	assert_true(j.peer_rule < c.image.rule_count);
	assert_string_equal(ost_image_string(&c.image, c.image.rules[j.peer_rule].text),
		"from role camera, service tcp/554 or icmp or icmpv6");
	assert_int_equal(j.peer_device, ost_image_device_find(&c.image, "rec-1"));
	j = ask(&c, "rec-1", "in tcp cam-01:554");
	assert_true(j.allowed); /* the same flow, seen from the other side */
	assert_string_equal(ost_image_string(&c.image, c.image.rules[j.rule].text),
		"from role camera, service tcp/554 or icmp or icmpv6");
	assert_string_equal(ost_image_string(&c.image, c.image.rules[j.peer_rule].text),
		"to role recorder, service tcp/554");
	allowed(&c, "cam-01", "tcp 10.20.0.50:554"); /* by its address */
	allowed(&c, "cam-01", "tcp 10.20.0.51:554");
	allowed(&c, "cam-01", "tcp rec-2:554"); /* it has no address yet */
	allowed(&c, "cam-01", "tcp rec-6:554");
	assert_int_equal(ask(&c, "cam-01", "tcp rec-6:554").family, 6); /* its only one */
	allowed(&c, "cam-01", "icmp/echo-request rec-2");
	assert_int_equal(ask(&c, "cam-01", "icmp/echo-request rec-2").family, 4);
	allowed(&c, "cam-01", "icmpv6/echo-request rec-2");
	assert_int_equal(ask(&c, "cam-01", "icmpv6/echo-request rec-2").family, 6);
	denied(&c, "cam-01", "tcp rec-1:555", OST_REASON_PEER_NOT_ALLOWED);
	denied(&c, "cam-01", "udp rec-1:554", OST_REASON_NOT_ALLOWED);
	denied(&c, "rec-1", "tcp rec-2:554", OST_REASON_NOT_ALLOWED); /* two on one port */
	denied(&c, "rec-1", "tcp cam-01:8554", OST_REASON_PEER_NOT_ALLOWED);
	/* In another VLAN a role means nothing: a router stands between. */
	denied(&c, "cam-02", "tcp rec-1:554", OST_REASON_NOT_ALLOWED);
	/* A peer's network address does, both ways. */
	denied(&c, "cam-01", "tcp 10.20.0.50:443", OST_REASON_PEER_NOT_ALLOWED);
	close_court(&c);
}

static void test_itself(void **state)
{
	struct court c;
	struct ost_flow_question q = {.protocol = 6, .has_peer_device = true, .value = 80};
	struct ost_judgement j;

	(void)state;
	open_court(&c, plain);
	assert_int_equal(ost_judge_ask(c.judge, 0, &q, &j), -EINVAL);
	assert_int_equal(ost_judge_ask(c.judge, 99, &q, &j), -EINVAL);
	q.peer_device = 99;
	assert_int_equal(ost_judge_ask(c.judge, 0, &q, &j), -EINVAL);
	close_court(&c);
}

static void test_assurance(void **state)
{
	struct court c;
	struct ost_judgement j;

	(void)state;
	open_court(&c, plain);
	j = ask(&c, "vault", "tcp 10.20.0.9:1");
	assert_true(j.allowed);
	assert_true(j.assumed);
	assert_int_equal(j.state, OST_STATE_AUTHENTICATED);
	assert_int_equal(j.assurance, OST_ASSURANCE_SOFTWARE);
	j = ask(&c, "vault", "tcp 10.20.0.9:2");
	assert_false(j.allowed); /* asks for tee */
	j = ask(&c, "cam-01", "tcp 10.20.0.9:443");
	assert_false(j.assumed);
	assert_int_equal(j.state, OST_STATE_IDENTIFIED);
	close_court(&c);
}

/* Rules about the ranges that placeholders come from must not match a device by accident. */
static void test_placeholders(void **state)
{
	static const char yaml[] =
		"ostiary: 1\n"
		"networks:\n"
		"  lab: [192.0.2.0/24, 198.51.100.0/25, 198.18.0.0/15, \"2001:db8::/32\"]\n"
		"roles:\n"
		"  a: { allow: [ { to: { network: lab, service: tcp/1 } }, { to: { role: b, "
		"service: tcp/2 } } ] }\n"
		"  b: { allow: [ { from: { role: a, service: any } } ] }\n"
		"devices:\n"
		"  one: { role: a, mac: \"02:6f:73:00:00:00\" }\n"
		"  two: { role: b, mac: \"02:6f:73:00:00:01\" }\n";
	struct ost_placeholders *p;
	struct ost_ip ip;
	struct court c;

	(void)state;
	open_court(&c, yaml);
	denied(&c, "one", "tcp two:1", OST_REASON_NOT_ALLOWED);
	allowed(&c, "one", "tcp two:2");
	allowed(&c, "one", "tcp 192.0.2.1:1");
	allowed(&c, "one", "tcp [2001:db8::1]:1");
	assert_int_equal(ost_placeholders_new(&c.image, &p), 0);
	for (unsigned i = 0; i < 300; i++) {
		char text[OST_IP_TEXT];

		assert_int_equal(ost_placeholders_take(p, OST_IPV4, &ip), 0);
		(void)ost_ip_format(&ip, text);
		if (i < 254) /* the one documentation block that lab leaves free */
			assert_memory_equal(text, "203.0.113.", 10);
		else
			assert_memory_equal(text, "100.64.0.", 9);
		assert_int_equal(ost_placeholders_take(p, OST_IPV6, &ip), 0);
		assert_int_equal(ip.b[0], 0xfd);
	}
	ost_placeholders_free(&p);
	close_court(&c);
}

/* A question about an address that serves as a placeholder already. */
static void test_placeholder_asked(void **state)
{
	static const char yaml[] = "ostiary: 1\n"
				   "roles:\n"
				   "  a: { allow: [ { to: { network: any, service: tcp/1 } }, { "
				   "to: { role: b, service: tcp/2 } } ] }\n"
				   "  b: { allow: [ { from: { role: a, service: tcp/2 } } ] }\n"
				   "devices:\n"
				   "  one: { role: a, mac: \"02:00:00:00:00:00\" }\n"
				   "  two: { role: b, mac: \"02:00:00:00:00:01\" }\n";
	struct court c;

	(void)state;
	open_court(&c, yaml);
	allowed(&c, "one", "tcp two:2"); /* takes 192.0.2.1 and 192.0.2.2 */
	for (unsigned i = 1; i < 5; i++) {
		char text[32];

		(void)snprintf(text, sizeof(text), "tcp 192.0.2.%u:1", i);
		allowed(&c, "one", text);
		allowed(&c, "one", "tcp two:2");
	}
	close_court(&c);
}

/* Many devices: every pair gets ports of its own; it stays fast. */
static void test_many(void **state)
{
	enum { DEVICES = 5000, QUESTIONS = 10000 };
	size_t size = DEVICES * 96 + 512, used;
	char *yaml = malloc(size);
	uint64_t start_ns;
	struct court c;

	(void)state;
	assert_non_null(yaml);
	used = (size_t)snprintf(yaml, size,
		"ostiary: 1\nroles:\n  a: { allow: [ { to: { role: a, service: tcp/2 } }, "
		"{ from: { role: a, service: tcp/2 } } ] }\ndevices:\n");
	for (unsigned i = 0; i < DEVICES; i++)
		used += (size_t)snprintf(yaml + used, size - used,
			"  d%u: { role: a, mac: \"02:00:00:00:%02x:%02x\" }\n", i, i >> 8,
			i & 0xff);
	open_court(&c, yaml);
	free(yaml);
	start_ns = ost_clock_mono_ns();
	for (uint32_t i = 0; i < QUESTIONS; i++) {
		struct ost_flow_question q = {.direction = i % 3 == 0 ? OST_FROM : OST_TO,
			.protocol = 6,
			.has_peer_device = true,
			.value = i % 2 ? 2 : 3};
		struct ost_judgement j;
		uint32_t device = i * 31 % DEVICES;

		q.peer_device = (device + 1 + i * 1024 % (DEVICES - 1)) % DEVICES;
		assert_int_equal(ost_judge_ask(c.judge, device, &q, &j), 0);
		if (j.allowed != (i % 2 != 0))
			fail_msg("question %u: %u and %u: %s", i, device, q.peer_device,
				ost_reason_name(j.reason));
	}
	print_message("# %u questions about pairs in %.0f ms\n", QUESTIONS,
		(double)(ost_clock_mono_ns() - start_ns) / 1e6);
	close_court(&c);
}

static void test_test_block(void **state)
{
	static const char yaml[] =
		"ostiary: 1\n"
		"roles:\n"
		"  a: { allow: [ { to: { network: 10.0.0.0/8, service: tcp/1 } } ] }\n"
		"devices:\n"
		"  one: { role: a, mac: \"02:00:00:00:00:00\" }\n"
		"tests:\n"
		"  - { device: one, allow: [\"tcp 10.0.0.1:1\", \"tcp 10.0.0.1:2\"], deny: [\"tcp "
		"10.0.0.1:2\", \"tcp 10.0.0.1:1\"] }\n";
	static const bool expected[] = {true, false, true, false};
	struct court c;

	(void)state;
	open_court(&c, yaml);
	assert_int_equal(c.policy->test_count, 4);
	for (uint32_t i = 0; i < 4; i++) {
		struct ost_judgement j;
		bool pass;

		assert_int_equal(
			ost_judge_test(c.judge, &c.image, c.policy, &c.policy->tests[i], &j, &pass),
			0);
		assert_int_equal(pass, expected[i]);
	}
	close_court(&c);
}

/* Protocols that take their checked way: whole messages are asked with, include: decides. */
static void test_checked(void **state)
{
	static const char yaml[] =
		"ostiary: 1\n"
		"roles:\n"
		"  with: { include: [arp, nd, dhcp, igmp], allow: [ { to: { network: 10.0.0.0/8, "
		"service: tcp/1 } }, { to: { network: 192.0.2.0/24, service: udp/67 } } ] }\n"
		"  without: { allow: [ { to: { network: any, service: any } } ] }\n"
		"devices:\n"
		"  one: { role: with, mac: \"02:00:00:00:00:01\" }\n"
		"  two: { role: without, mac: \"02:00:00:00:00:02\", vlan: 5 }\n";
	static const char *const questions[] = {"udp 255.255.255.255:67", "udp 192.0.2.67:67",
		"icmpv6/135 fe80::1", "icmpv6/133 ff02::2", "ip/2 224.0.0.22"};
	struct court c;

	(void)state;
	open_court(&c, yaml);
	for (size_t i = 0; i < OST_ARRAY_SIZE(questions); i++) {
		struct ost_judgement j = ask(&c, "one", questions[i]);

		if (!j.allowed)
			fail_msg("%s: %s", questions[i], ost_reason_name(j.reason));
		assert_int_equal(j.rule, UINT32_MAX);
		denied(&c, "two", questions[i], OST_REASON_NOT_INCLUDED);
	}
	denied(&c, "one", "icmpv6/134 ff02::1", OST_REASON_RA_GUARD);
	denied(&c, "one", "udp 10.0.0.1:67", OST_REASON_NOT_ALLOWED); /* that server it does not know */
	denied(&c, "two", "udp 10.0.0.1:68", OST_REASON_DHCP_SERVER);
	close_court(&c);
}

/* An address that nobody has is given to the device for the host, in either family; more often than a device may hold names. */
static void test_hosts(void **state)
{
	static const char yaml[] =
		"ostiary: 1\n"
		"infrastructure: { resolvers: 10.30.0.53 }\n"
		"roles:\n"
		"  a: { include: [dns], allow: [ { to: { name: [video.example.com, .cdn.example], service: https } } ] }\n"
		"devices:\n"
		"  one: { role: a, mac: \"02:00:00:00:00:00\" }\n"
		"  two: { role: a, mac: \"02:00:00:00:00:01\", address: \"fd00::2\" }\n";
	struct court c;

	(void)state;
	open_court(&c, yaml);
	for (unsigned i = 0; i < 300; i++) {
		assert_true(ask(&c, "one", "tcp video.example.com:443").allowed);
		assert_true(ask(&c, "two", "tcp a.b.cdn.example:443").allowed);
	}
	assert_int_equal(ask(&c, "two", "tcp video.example.com:443").family, OST_IPV6);
	denied(&c, "one", "tcp cdn.example.:443", OST_REASON_NAME_UNRESOLVED);
	denied(&c, "one", "tcp www.example.com:443", OST_REASON_NAME_UNRESOLVED);
	denied(&c, "one", "tcp video.example.com:80", OST_REASON_NOT_ALLOWED);
	denied(&c, "one", "tcp 192.0.2.77:443", OST_REASON_NAME_UNRESOLVED);
	close_court(&c);
}

/* A host by name is asked about outside, whatever is inside; unless it is said where it is. */
static void test_hosts_are_outside(void **state)
{
	static const char yaml[] =
		"ostiary: 1\n"
		"infrastructure:\n  resolvers: 10.30.0.53\n  private-domains: plant.example\n"
		"  local-networks: [192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24, \"2001:db8::/32\", \"fd00::/9\"]\n"
		"roles:\n"
		"  a: { include: [dns], allow: [ { to: { name: [video.example.com, .plant.example], service: https } } ] }\n"
		"devices:\n"
		"  one: { role: a, mac: \"02:00:00:00:00:00\" }\n"
		"  two: { role: a, mac: \"02:00:00:00:00:01\", address: \"fd00::2\" }\n";
	struct ost_flow_question q = {.protocol = 6, .value = 443, .peer_host.name = (char *)(uintptr_t)"video.example.com"};
	struct ost_judgement j;
	struct court c;

	(void)state;
	open_court(&c, yaml);
	assert_true(ask(&c, "one", "tcp video.example.com:443").allowed);
	assert_true(ask(&c, "one", "tcp nvr.plant.example:443").allowed);
	assert_int_equal(ost_ip_parse("203.0.113.9", &q.peer), 0);
	assert_int_equal(ost_judge_ask_model(c.judge, c.policy, 0, &q, &j), 0);
	assert_int_equal(j.reason, OST_REASON_DNS_REBIND);
	q.peer_host.name = (char *)(uintptr_t)"nvr.plant.example";
	assert_int_equal(ost_judge_ask_model(c.judge, c.policy, 0, &q, &j), 0);
	assert_true(j.allowed);
	close_court(&c);
}

/* An address that the device was given for a name: what a rule says of either counts. */
static void test_told_addresses(void **state)
{
	static const char yaml[] = "ostiary: 1\nnetworks: { cdn: [198.51.100.0/24] }\ninfrastructure: { resolvers: 10.0.0.53 }\nroles:\n"
				   "  thing:\n    include: [arp, dns]\n    allow:\n      - to: { network: cdn, service: tcp/443 }\n"
				   "      - to: { name: .example.com, service: tcp/8883 }\n      - to: { role: hub, service: tcp/1 }\n"
				   "  hub:\n    include: [arp]\n    allow:\n      - from: { role: thing, service: tcp/1 }\n"
				   "devices:\n  a: { role: thing, mac: \"02:00:00:00:00:01\", address: [10.0.0.1, \"fd00::1\"] }\n"
				   "  b: { role: hub, mac: \"02:00:00:00:00:02\", address: 10.0.0.2 }\n";
	struct ost_flow_question q = {.protocol = 6, .value = 8883, .peer_host.name = (char *)(uintptr_t)"mqtt.example.com"};
	struct ost_judgement j;
	struct court c;

	(void)state;
	open_court(&c, yaml);
	assert_int_equal(ost_ip_parse("203.0.113.9", &q.peer), 0);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(ost_judge_ask_model(c.judge, c.policy, 0, &q, &j), 0);
		assert_true(j.allowed);
		q.peer_host.name = NULL; /* the same address, without its name */
		assert_int_equal(ost_judge_ask_model(c.judge, c.policy, 0, &q, &j), 0);
		assert_false(j.allowed);
		assert_int_equal(j.reason, OST_REASON_NAME_UNRESOLVED);
		q.peer_host.name = (char *)(uintptr_t)"mqtt.example.org";
		assert_int_equal(ost_judge_ask_model(c.judge, c.policy, 0, &q, &j), 0);
		assert_false(j.allowed);
		q.peer_host.name = (char *)(uintptr_t)"mqtt.example.com";
	}
	q.value = 443; /* its address is allowed, whatever its name */
	assert_int_equal(ost_judge_ask_model(c.judge, c.policy, 0, &q, &j), 0);
	assert_false(j.allowed);
	assert_int_equal(ost_ip_parse("198.51.100.9", &q.peer), 0);
	assert_int_equal(ost_judge_ask_model(c.judge, c.policy, 0, &q, &j), 0);
	assert_true(j.allowed);
	/* A device, in one family: b has no IPv6 address, so that it cannot be asked about in that one. */
	q = (struct ost_flow_question){.protocol = 6, .value = 1, .has_peer_device = true, .peer_device = 1, .peer.family = OST_IPV4};
	assert_int_equal(ost_judge_ask_model(c.judge, c.policy, 0, &q, &j), 0);
	assert_true(j.allowed && j.family == OST_IPV4);
	close_court(&c);
}

static void test_near(void **state)
{
	struct ost_ip ip;
	struct ost_near_rule near[3];
	struct court c;
	struct ost_near_question q = {.protocol = 6,
		.value = 444,
		.peer_device = -1,
		.peer = &ip,
		.assurance = OST_ASSURANCE_IDENTIFIED};

	(void)state;
	open_court(&c, plain);
	assert_int_equal(ost_ip_parse("10.20.0.9", &ip), 0);
	q.policy = c.policy;
	assert_int_equal(ost_near_rules(&q, near, 3), 3);
	assert_true(near[0].peer_ok && near[0].protocol_ok && near[0].direction_ok &&
		    !near[0].value_ok);
	assert_non_null(strstr(near[0].words, "port 444"));
	q.value = 80; /* there is a rule, the other way round */
	assert_true(ost_near_rules(&q, near, 3) > 0);
	for (unsigned i = 0; i < 3; i++) {
		if (near[i].rule->direction == OST_FROM)
			assert_non_null(strstr(near[i].words, "lets the peer open"));
	}
	close_court(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_networks),
		cmocka_unit_test(test_each_alone),
		cmocka_unit_test(test_devices),
		cmocka_unit_test(test_itself),
		cmocka_unit_test(test_assurance),
		cmocka_unit_test(test_placeholders),
		cmocka_unit_test(test_placeholder_asked),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_test_block),
		cmocka_unit_test(test_checked),
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_hosts_are_outside),
		cmocka_unit_test(test_told_addresses),
		cmocka_unit_test(test_near),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
