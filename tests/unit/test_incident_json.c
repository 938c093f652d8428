/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An incident as the members of a record: names of ECS, valid JSON of one line whatever a device calls itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include "incident_json.h"
#include "reason.h"

#define WALL 1764000000000000000ull

static struct ost_incident sample(void)
{
	struct ost_incident i = {.id = {0x01, 0x9a, 1, 2, 3, 4, 0x70, 7, 0x80, 9}, .state = OST_INCIDENT_OPEN, .cause = OST_CAUSE_ARP_SPOOF, .who = "cam-01",
		.place = "dev1", .scope = "dev1 VLAN 0", .rule = "3 false claims in 60 s", .count = 120, .suppressed = 20, .first_wall_ns = WALL,
		.last_wall_ns = WALL + OST_NS_PER_S, .detected_wall_ns = WALL, .records = 3, .risk = 6, .succeeded = OST_ANSWER_NO,
		.disposition = OST_DISPOSITION_REFUSED,
		.wire = {.mac = {2, 0, 0, 0, 0, 0x2a}, .ip = {10, 0, 0, 9}, .peer_ip = {10, 0, 0, 1}, .family = 4, .protocol = 6, .peer_port_l4 = 443,
			.port_l4 = 5555, .reason = OST_REASON_ARP_SPOOF, .vlan = 7}};

	return i;
}

static json_t *made(const struct ost_incident *i, const struct ost_incident_context *c)
{
	struct ost_jsonw w = {0};
	json_error_t error;
	json_t *j;

	ost_jsonw_object(&w, NULL);
	ost_incident_json(&w, i, OST_INCIDENT_RECORD_UPDATE, "count", c);
	ost_jsonw_end(&w, '}');
	assert_false(w.failed);
	assert_null(memchr(w.text, '\n', w.length));
	assert_true(w.length < 8192);
	j = json_loads(w.text, JSON_REJECT_DUPLICATES, &error);
	if (j == NULL)
		print_error("%s: %s\n", error.text, w.text);
	assert_non_null(j);
	ost_jsonw_free(&w);
	return j;
}

/* at "a.b.c", or "a.0" of an array */
static const json_t *at(const json_t *j, const char *path)
{
	char part[64];

	for (size_t n; j != NULL && *path != '\0'; path += n + (path[n] == '.')) {
		n = strcspn(path, ".");
		(void)snprintf(part, sizeof(part), "%.*s", (int)n, path);
		j = json_is_array(j) ? json_array_get(j, (size_t)strtoul(part, NULL, 10)) : json_object_get(j, part);
	}
	return j;
}

static void text_is(const json_t *j, const char *path, const char *wanted)
{
	const json_t *v = at(j, path);

	if (v == NULL || !json_is_string(v))
		print_error("%s is missing\n", path);
	assert_non_null(v);
	assert_string_equal(json_string_value(v), wanted);
}

static void members_of_ecs(void **state)
{
	static const char *const tags[] = {"essential", "floor-2"};
	const struct ost_incident_context c = {.gateway = "gw-1", .ingress = "dev1", .role = "camera", .state = "authenticated", .tags = tags,
		.tags_count = 2, .generation = 7, .policy_wall_ns = WALL, .policy_author = "eve", .first_seen_wall_ns = WALL, .flows_opened = 12};
	struct ost_incident i = sample();
	json_t *j = made(&i, &c);

	(void)state;
	text_is(j, "event.id", "019a0102-0304-7007-8009-000000000000-3");
	text_is(j, "event.kind", "alert");
	text_is(j, "event.action", "arp_spoof");
	text_is(j, "event.type.0", "denied");
	text_is(j, "event.outcome", "failure");
	text_is(j, "event.start", "2025-11-24T16:00:00.000000Z");
	text_is(j, "rule.name", "ARP or Neighbour Discovery spoofing");
	text_is(j, "threat.framework", "MITRE ATT&CK");
	text_is(j, "threat.technique.id.0", "T1557");
	text_is(j, "threat.technique.subtechnique.id.0", "T1557.002");
	text_is(j, "labels.rsit", "information-gathering:sniffing");
	text_is(j, "device.id", "cam-01");
	text_is(j, "source.mac", "02-00-00-00-00-2A");
	text_is(j, "source.ip", "10.0.0.9");
	assert_null(at(j, "source.port")); /* never in a key, never in a record: it differs with each flow */
	assert_int_equal(json_integer_value(at(j, "destination.port")), 443);
	text_is(j, "network.vlan.id", "7");
	text_is(j, "observer.ingress.interface.name", "dev1");
	text_is(j, "ostiary.incident.scope", "dev1 VLAN 0");
	assert_int_equal(json_integer_value(at(j, "ostiary.incident.count")), 120);
	assert_int_equal(json_integer_value(at(j, "ostiary.incident.suppressed_count")), 20);
	text_is(j, "ostiary.threat.type.0", "interception");
	text_is(j, "ostiary.risk.severity", "high");
	text_is(j, "ostiary.response.action", "refused");
	assert_true(json_string_length(at(j, "ostiary.response.next_step")) > 10);
	text_is(j, "ostiary.context.refusal", "arp-spoof");
	text_is(j, "ostiary.context.tags.1", "floor-2");
	text_is(j, "message", "ARP or Neighbour Discovery spoofing: cam-01 (dev1 VLAN 0), 120 events, refused");
	json_decref(j);
}

/* What a packet does not have is not told as zero. */
static void nothing_is_not_zero(void **state)
{
	const struct ost_incident_context none = {0};
	struct ost_incident i = sample();
	json_t *j;

	(void)state;
	memset(i.wire.peer_ip, 0, sizeof(i.wire.peer_ip));
	memset(i.wire.peer_mac, 0, sizeof(i.wire.peer_mac));
	i.wire.protocol = 0;
	j = made(&i, &none);
	assert_null(at(j, "destination.ip"));
	assert_null(at(j, "destination.mac"));
	assert_null(at(j, "network.iana_number"));
	text_is(j, "network.type", "ipv4");
	text_is(j, "source.ip", "10.0.0.9");
	json_decref(j);
}

/* Every cause, of a device and of nobody, with and without success. */
static void every_cause(void **state)
{
	const struct ost_incident_context none = {0};

	(void)state;
	for (unsigned n = 0; n < 4 * OST_CAUSE_COUNT; n++) {
		struct ost_incident i = sample();
		json_t *j;

		i.cause = (enum ost_cause)(n / 4);
		i.risk = (uint8_t)ost_cause_risk(i.cause, n & 1);
		if ((n & 1) != 0)
			i.who[0] = '\0';
		i.succeeded = (n & 2) != 0 ? OST_ANSWER_YES : OST_ANSWER_UNKNOWN;
		j = made(&i, &none);
		text_is(j, "ostiary.incident.cause", ost_cause_info(i.cause)->name);
		assert_int_equal(at(j, "device") == NULL, n & 1);
		json_decref(j);
	}
}

static void hostile_names(void **state)
{
	static const char *const names[] = {"a|b=c\\d", "a\r\nCEF:0|evil", "\"}],\"x\":{", "\xff\xfe\x80", "\xe2\x80\xae" "drowssap", "\x01\x1b[2J", "</script>"};
	const struct ost_incident_context none = {0};

	(void)state;
	for (size_t n = 0; n < OST_ARRAY_SIZE(names); n++) {
		struct ost_incident i = sample();
		struct ost_incident_context c = none;
		json_t *j;

		(void)snprintf(i.who, sizeof(i.who), "%s", names[n]);
		(void)snprintf(i.scope, sizeof(i.scope), "%s", names[n]);
		c.role = c.gateway = c.peer_name = c.policy_rule = names[n];
		j = made(&i, &c);
		assert_non_null(at(j, "device.id"));
		json_decref(j);
	}
}

/* What is too long for a line of the journal would not be recorded at all. */
static void long_and_hidden_texts(void **state)
{
	static char text[65536];
	const char *tags[200];
	struct ost_incident_context c = {.role = text, .gateway = text, .ingress = text, .peer_name = text, .peer_device = text, .policy_rule = text, .owner = text,
		.device_place = text, .model = text, .policy_author = text, .generation = 1, .tags = tags, .tags_count = 200};
	struct ost_incident i = sample();
	struct ost_jsonw w = {0};

	(void)state;
	for (size_t n = 0; n + 3 < sizeof(text); n += 3)
		memcpy(text + n, "\xe2\x80\xae", 3);
	for (size_t n = 0; n < OST_ARRAY_SIZE(tags); n++)
		tags[n] = text;
	(void)snprintf(i.who, sizeof(i.who), "%.90s", text);
	(void)snprintf(i.place, sizeof(i.place), "%.90s", text);
	(void)snprintf(i.scope, sizeof(i.scope), "%.90s", text);
	(void)snprintf(i.rule, sizeof(i.rule), "%.90s", text);
	ost_jsonw_object(&w, NULL);
	ost_incident_json(&w, &i, OST_INCIDENT_RECORD_UPDATE, "count", &c);
	ost_jsonw_end(&w, '}');
	assert_false(w.failed);
	assert_null(strstr(w.text, "\xe2\x80\xae"));
	assert_non_null(strstr(w.text, "\\u202e"));
	assert_true(w.length < 56 * 1024); /* room for what is proposed and decided */
	ost_jsonw_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_of_ecs),
		cmocka_unit_test(nothing_is_not_zero),
		cmocka_unit_test(every_cause),
		cmocka_unit_test(hostile_names),
		cmocka_unit_test(long_and_hidden_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
