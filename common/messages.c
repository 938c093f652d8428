/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "messages.h"

#include "cursor.h"
#include "text.h"

_Static_assert(sizeof(struct ost_msg_hello) == 48, "layout");
_Static_assert(sizeof(struct ost_msg_image) == 16, "layout");
_Static_assert(sizeof(struct ost_msg_image_result) == 16 + OST_MSG_TEXT, "layout");
_Static_assert(sizeof(struct ost_msg_device_state) == OST_MSG_NAME + 8, "layout");
_Static_assert(sizeof(struct ost_msg_totals) == 96, "layout");
_Static_assert(sizeof(struct ost_msg_port_stats) == 128 + 8 + 56 + 512, "layout");
_Static_assert(sizeof(struct ost_msg_device_stats) == 16 + 40 + 8 + 512, "layout");
_Static_assert(sizeof(struct ost_refusal) == 112, "layout");
_Static_assert(sizeof(struct ost_msg_binding) == 48, "layout");
_Static_assert(sizeof(struct ost_rule_count) == 16, "layout");
_Static_assert(offsetof(struct ost_msg_rule_stats, rules) == 16, "layout");

const char *ost_side_name(unsigned side)
{
	static const char *const names[OST_SIDE_COUNT] = {"device", "network"};

	return side < OST_SIDE_COUNT ? names[side] : "invalid";
}

const char *ost_binding_source_name(unsigned source)
{
	static const char *const names[OST_BINDING_SOURCE_COUNT] = {"static", "dhcp", "nd"};

	return source < OST_BINDING_SOURCE_COUNT ? names[source] : "invalid";
}

/* NUL-terminated within its field, and no control characters: it will be shown to people. */
static bool text_valid(const char *text, size_t size)
{
	size_t n = strnlen(text, size);

	return n < size && ost_text_is_plain(text, n);
}

static bool hello_valid(const void *payload)
{
	struct ost_msg_hello m;

	memcpy(&m, payload, sizeof(m));
	return m.program > 0 && m.program < OST_PROGRAM_COUNT && text_valid(m.version, sizeof(m.version));
}

static bool image_valid(const void *payload)
{
	struct ost_msg_image m;

	memcpy(&m, payload, sizeof(m));
	return m.generation != 0 && m.length_bytes > 0;
}

static bool image_result_valid(const void *payload)
{
	struct ost_msg_image_result m;

	memcpy(&m, payload, sizeof(m));
	return m.result <= 0 && m.result > -4096 && text_valid(m.text, sizeof(m.text));
}

static bool device_state_valid(const void *payload)
{
	struct ost_msg_device_state m;

	memcpy(&m, payload, sizeof(m));
	return m.state < OST_STATE_COUNT && m.assurance < OST_ASSURANCE_COUNT && m.device[0] != '\0' &&
		text_valid(m.device, sizeof(m.device));
}

static bool ack_valid(const void *payload)
{
	struct ost_msg_ack m;

	memcpy(&m, payload, sizeof(m));
	return m.result <= 0 && m.result > -4096;
}

static bool totals_valid(const void *payload)
{
	struct ost_msg_totals m;

	memcpy(&m, payload, sizeof(m));
	return m.ports <= OST_PORTS_MAX && m.devices <= OST_DEVICES_MAX;
}

static bool port_stats_valid(const void *payload)
{
	struct ost_msg_port_stats m;

	memcpy(&m, payload, sizeof(m));
	return m.port < OST_PORTS_MAX && m.side < OST_SIDE_COUNT && m.link_up <= 1 &&
		text_valid(m.name, sizeof(m.name)) && text_valid(m.driver, sizeof(m.driver));
}

static bool device_stats_valid(const void *payload)
{
	struct ost_msg_device_stats m;

	memcpy(&m, payload, sizeof(m));
	return m.device < OST_DEVICES_MAX && m.state < OST_STATE_COUNT && m.port <= OST_PORTS_MAX;
}

static bool refusal_valid(const struct ost_refusal *r)
{
	return (r->device == OST_DEVICE_NONE || r->device < OST_DEVICES_MAX) && r->vlan < 1u << 24 &&
		(r->family == 0 || r->family == OST_IPV4 || r->family == OST_IPV6) &&
		r->reason != OST_REASON_NONE && r->reason < OST_REASON_COUNT &&
		r->port < OST_PORTS_MAX && r->count_pkts > 0 && r->first_wall_ns <= r->last_wall_ns;
}

/* Of variable length, as the next one: a count, then that many records. */
static bool refusals_valid(const void *payload, size_t length)
{
	struct ost_cursor c = ost_cursor_of(payload, length);
	uint32_t head[2];
	struct ost_refusal r;

	if (!ost_cursor_copy(&c, head, sizeof(head)) || head[0] == 0 ||
		head[0] > OST_REFUSALS_PER_MSG || ost_cursor_left(&c) != head[0] * sizeof(r))
		return false;
	for (uint32_t i = 0; i < head[0]; i++) {
		if (!ost_cursor_copy(&c, &r, sizeof(r)) || !refusal_valid(&r))
			return false;
	}
	return true;
}

static bool rule_stats_valid(const void *payload, size_t length)
{
	struct ost_cursor c = ost_cursor_of(payload, length);
	struct {
		uint64_t generation;
		uint32_t count, reserved;
	} head;
	struct ost_rule_count rule;

	if (!ost_cursor_copy(&c, &head, sizeof(head)) || head.generation == 0 || head.count == 0 ||
		head.count > OST_RULES_PER_MSG || ost_cursor_left(&c) != head.count * sizeof(rule))
		return false;
	for (uint32_t i = 0; i < head.count; i++) {
		if (!ost_cursor_copy(&c, &rule, sizeof(rule)) || rule.rule >= OST_RULES_MAX)
			return false;
	}
	return true;
}

static bool binding_valid(const void *payload)
{
	struct ost_msg_binding m;

	memcpy(&m, payload, sizeof(m));
	return m.device < OST_DEVICES_MAX && m.vlan < 1u << 24 && m.source < OST_BINDING_SOURCE_COUNT &&
		m.bound <= 1 && (m.family == OST_IPV4 || m.family == OST_IPV6);
}

static const struct {
	size_t length;
	bool (*valid)(const void *payload);
} messages[OST_MSG_TYPE_COUNT] = {
	[OST_MSG_HELLO] = {sizeof(struct ost_msg_hello), hello_valid},
	[OST_MSG_IMAGE] = {sizeof(struct ost_msg_image), image_valid},
	[OST_MSG_IMAGE_RESULT] = {sizeof(struct ost_msg_image_result), image_result_valid},
	[OST_MSG_DEVICE_STATE] = {sizeof(struct ost_msg_device_state), device_state_valid},
	[OST_MSG_ACK] = {sizeof(struct ost_msg_ack), ack_valid},
	[OST_MSG_STATS_REQUEST] = {0, NULL},
	[OST_MSG_TOTALS] = {sizeof(struct ost_msg_totals), totals_valid},
	[OST_MSG_PORT_STATS] = {sizeof(struct ost_msg_port_stats), port_stats_valid},
	[OST_MSG_DEVICE_STATS] = {sizeof(struct ost_msg_device_stats), device_stats_valid},
	[OST_MSG_STATS_END] = {0, NULL},
	[OST_MSG_REFUSALS] = {0, NULL},
	[OST_MSG_BINDING] = {sizeof(struct ost_msg_binding), binding_valid},
	[OST_MSG_RULE_STATS] = {0, NULL},
};

bool ost_message_valid(uint16_t type, const void *payload, size_t length)
{
	if (type == 0 || type >= OST_MSG_TYPE_COUNT)
		return false;
	if (type == OST_MSG_REFUSALS)
		return refusals_valid(payload, length);
	if (type == OST_MSG_RULE_STATS)
		return rule_stats_valid(payload, length);
	return length == messages[type].length &&
		(messages[type].valid == NULL || messages[type].valid(payload));
}
