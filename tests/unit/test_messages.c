/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A sibling process is as hostile as the network: what no honest one sends must not be valid. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "messages.h"
#include "msg.h"

static void test_header_is_checked(void **state)
{
	struct {
		struct ost_msg_header h;
		struct ost_msg_ack ack;
	} m = {.h = {OST_MSG_MAGIC, OST_MSG_VERSION, OST_MSG_ACK, sizeof(struct ost_msg_ack), 7}};
	struct ost_msg_header h;

	(void)state;
	assert_int_equal(ost_msg_check(&m, sizeof(m), &h), 0);
	assert_int_equal(h.type, OST_MSG_ACK);
	assert_int_equal(h.sequence, 7);
	assert_int_equal(ost_msg_check(&m, sizeof(m) - 1, &h), -EPROTO);
	assert_int_equal(ost_msg_check(&m, sizeof(m.h) - 1, &h), -EPROTO);
	assert_int_equal(ost_msg_check(&m, 0, &h), -EPROTO);
	m.h.version++;
	assert_int_equal(ost_msg_check(&m, sizeof(m), &h), -EPROTO);
	m.h.version--;
	m.h.magic ^= 1;
	assert_int_equal(ost_msg_check(&m, sizeof(m), &h), -EPROTO);
}

/* The lowest descriptor that is free: the same before and after means that none was left open. */
static int lowest_free(void)
{
	int fd = dup(STDERR_FILENO);

	assert_true(fd >= 0);
	assert_int_equal(close(fd), 0);
	return fd;
}

/* A message with n descriptors, as only a hostile sibling sends it. */
static void send_descriptors(int to, const void *message, size_t length, size_t n)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(4 * sizeof(int))] = {0};
	struct iovec part = {(void *)(uintptr_t)message, length};
	struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control,
		.msg_controllen = CMSG_SPACE(n * sizeof(int))};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	const int fds[4] = {STDERR_FILENO, STDERR_FILENO, STDERR_FILENO, STDERR_FILENO};

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(n * sizeof(int));
	memcpy(CMSG_DATA(c), fds, n * sizeof(int));
	assert_int_equal(sendmsg(to, &m, 0), length);
}

static void test_descriptors_are_one_or_none(void **state)
{
	struct {
		struct ost_msg_header h;
		struct ost_msg_ack ack;
	} m = {.h = {OST_MSG_MAGIC, OST_MSG_VERSION, OST_MSG_ACK, sizeof(struct ost_msg_ack), 7}};
	static uint8_t payload[OST_MSG_PAYLOAD_MAX];
	struct ost_msg_header h;
	int pair[2], came = -1, before;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	before = lowest_free();
	send_descriptors(pair[0], &m, sizeof(m), 1);
	assert_int_equal(ost_msg_receive(pair[1], &h, payload, &came), 0);
	assert_int_equal(came, before);
	assert_int_equal(close(came), 0);
	for (size_t n = 2; n <= 4; n++) {
		came = -7;
		send_descriptors(pair[0], &m, sizeof(m), n);
		assert_int_equal(ost_msg_receive(pair[1], &h, payload, &came), -EPROTO);
		assert_int_equal(came, -7);
		assert_int_equal(lowest_free(), before);
	}
	assert_int_equal(close(pair[0]), 0);
	assert_int_equal(close(pair[1]), 0);
}

static void test_unknown_types_are_refused(void **state)
{
	uint8_t zero[64] = {0};

	(void)state;
	assert_false(ost_message_valid(0, zero, sizeof(zero)));
	assert_false(ost_message_valid(OST_MSG_TYPE_COUNT, zero, sizeof(zero)));
	assert_false(ost_message_valid(UINT16_MAX, zero, sizeof(zero)));
}

static void test_text_must_end_and_be_shown_safely(void **state)
{
	struct ost_msg_port_link m = {.name = "dev1", .up = 1};

	(void)state;
	assert_true(ost_message_valid(OST_MSG_PORT_LINK, &m, sizeof(m)));
	assert_false(ost_message_valid(OST_MSG_PORT_LINK, &m, sizeof(m) - 1));
	m.name[0] = '\033';
	assert_false(ost_message_valid(OST_MSG_PORT_LINK, &m, sizeof(m)));
	memset(m.name, 'a', sizeof(m.name));
	assert_false(ost_message_valid(OST_MSG_PORT_LINK, &m, sizeof(m)));
	m.name[sizeof(m.name) - 1] = '\0';
	assert_true(ost_message_valid(OST_MSG_PORT_LINK, &m, sizeof(m)));
}

static void chain_is(const char *bytes, size_t length, bool valid)
{
	struct ost_msg_given m = {.generation = 1, .expires_boot_ns = 1, .family = OST_IPV4, .length = (uint16_t)length};

	memcpy(m.chain, bytes, length);
	assert_int_equal(ost_message_valid(OST_MSG_GIVEN, &m, ost_msg_given_bytes(&m)), valid);
	assert_false(ost_message_valid(OST_MSG_GIVEN, &m, ost_msg_given_bytes(&m) + 1));
	assert_false(length > 0 && ost_message_valid(OST_MSG_GIVEN, &m, ost_msg_given_bytes(&m) - 1));
	m.device = OST_DEVICES_MAX;
	assert_false(ost_message_valid(OST_MSG_GIVEN, &m, ost_msg_given_bytes(&m)));
	m.device = 0;
	m.family = 5;
	assert_false(ost_message_valid(OST_MSG_GIVEN, &m, ost_msg_given_bytes(&m)));
	m.family = OST_IPV6;
	m.vlan = 1u << 24;
	assert_false(ost_message_valid(OST_MSG_GIVEN, &m, ost_msg_given_bytes(&m)));
}

static void test_names_are_whole_names(void **state)
{
	struct ost_msg_given m = {.generation = 1, .expires_boot_ns = 1, .family = OST_IPV4};
	char longest[256];

	(void)state;
	chain_is("\1a\7example", 11, true);
	chain_is("\1a\7example\0\1b", 14, true);
	chain_is("", 1, true); /* the root */
	chain_is("", 0, false);
	chain_is("\1a\7example", 10, false); /* no end */
	chain_is("\1a\7exampl", 9, false);
	chain_is("\1A\7example", 11, false); /* another case */
	chain_is("\xc0\x0c", 2, false);	  /* a pointer */
	chain_is("\1a\xc0\x0c", 5, false);
	chain_is("\1a\7example\0\1", 13, false); /* half a name behind it */
	for (int i = 0; i < 255; i++)
		longest[i] = (char)(i % 2 ? 'a' : 1);
	longest[254] = 0;
	chain_is(longest, 255, true);
	longest[254] = 1;
	longest[255] = 0;
	chain_is(longest, 256, false);
	m.length = OST_MSG_CHAIN_MAX; /* the root, often */
	assert_true(ost_message_valid(OST_MSG_GIVEN, &m, sizeof(m)));
	m.length++;
	assert_false(ost_message_valid(OST_MSG_GIVEN, &m, sizeof(m)));
}

static void test_values_outside_their_lists(void **state)
{
	struct ost_msg_admit s = {.generation = 1, .state = OST_STATE_COUNT, .place.port = OST_PLACE_NO_PORT};
	struct ost_msg_ack ack = {.result = 1};
	struct ost_msg_port_stats p = {.name = "dev1", .driver = "net_af_packet", .port = OST_PORTS_MAX};

	(void)state;
	assert_false(ost_message_valid(OST_MSG_ADMIT, &s, sizeof(s)));
	s.state = OST_STATE_UNKNOWN;
	s.assurance = OST_ASSURANCE_COUNT;
	assert_false(ost_message_valid(OST_MSG_ADMIT, &s, sizeof(s)));
	s.assurance = OST_ASSURANCE_NONE;
	assert_true(ost_message_valid(OST_MSG_ADMIT, &s, sizeof(s)));
	s.placed = 1; /* nowhere */
	assert_false(ost_message_valid(OST_MSG_ADMIT, &s, sizeof(s)));
	s.place.port = 0;
	assert_true(ost_message_valid(OST_MSG_ADMIT, &s, sizeof(s)));
	s.place.client = 1; /* a port of ours, and behind a RADIUS client */
	assert_false(ost_message_valid(OST_MSG_ADMIT, &s, sizeof(s)));
	assert_false(ost_message_valid(OST_MSG_ACK, &ack, sizeof(ack)));
	assert_false(ost_message_valid(OST_MSG_PORT_STATS, &p, sizeof(p)));
	p.port = OST_PORTS_MAX - 1;
	assert_true(ost_message_valid(OST_MSG_PORT_STATS, &p, sizeof(p)));
	p.side = OST_SIDE_COUNT;
	assert_false(ost_message_valid(OST_MSG_PORT_STATS, &p, sizeof(p)));
}

static void test_refusals_count_what_they_hold(void **state)
{
	struct ost_msg_refusals *m = calloc(1, sizeof(*m));
	const size_t head = offsetof(struct ost_msg_refusals, refusals);
	const size_t one = sizeof(m->refusals[0]);

	(void)state;
	assert_non_null(m);
	m->refusals[0] = (struct ost_refusal){.count_pkts = 1, .reason = OST_REASON_NOT_ALLOWED, .family = OST_IPV4};
	m->refusals[1] = m->refusals[0];
	m->count = 2;
	assert_true(ost_message_valid(OST_MSG_REFUSALS, m, head + 2 * one));
	assert_false(ost_message_valid(OST_MSG_REFUSALS, m, head + 1 * one));
	assert_false(ost_message_valid(OST_MSG_REFUSALS, m, head + 3 * one));
	m->refusals[1].reason = OST_REASON_COUNT;
	assert_false(ost_message_valid(OST_MSG_REFUSALS, m, head + 2 * one));
	m->refusals[1].reason = OST_REASON_NONE;
	assert_false(ost_message_valid(OST_MSG_REFUSALS, m, head + 2 * one));
	m->count = 0;
	assert_false(ost_message_valid(OST_MSG_REFUSALS, m, head));
	m->count = UINT32_MAX;
	assert_false(ost_message_valid(OST_MSG_REFUSALS, m, head + 2 * one));
	free(m);
}

static void test_rules_count_what_they_hold(void **state)
{
	struct ost_msg_rule_stats *m = calloc(1, sizeof(*m));
	const size_t head = offsetof(struct ost_msg_rule_stats, rules), one = sizeof(m->rules[0]);

	(void)state;
	assert_non_null(m);
	assert_true(sizeof(*m) <= OST_MSG_PAYLOAD_MAX);
	m->generation = 1;
	m->count = 2;
	m->rules[1].rule = OST_RULES_MAX - 1;
	assert_true(ost_message_valid(OST_MSG_RULE_STATS, m, head + 2 * one));
	assert_false(ost_message_valid(OST_MSG_RULE_STATS, m, head + 1 * one));
	assert_false(ost_message_valid(OST_MSG_RULE_STATS, m, head + 3 * one));
	m->rules[1].rule = OST_RULES_MAX;
	assert_false(ost_message_valid(OST_MSG_RULE_STATS, m, head + 2 * one));
	m->rules[1].rule = 0;
	m->generation = 0;
	assert_false(ost_message_valid(OST_MSG_RULE_STATS, m, head + 2 * one));
	m->generation = 1;
	m->count = 0;
	assert_false(ost_message_valid(OST_MSG_RULE_STATS, m, head));
	m->count = UINT32_MAX;
	assert_false(ost_message_valid(OST_MSG_RULE_STATS, m, head + 2 * one));
	free(m);
}

static bool rehearsed_valid(const struct ost_msg_rehearsed *m)
{
	return ost_message_valid(OST_MSG_REHEARSED, m, sizeof(*m));
}

static void test_rehearsals_count_what_they_hold(void **state)
{
	struct ost_msg_rehearse ask = {.generation = 1, .length_bytes = 1};
	struct ost_msg_rehearsed *m = calloc(1, sizeof(*m));

	(void)state;
	assert_non_null(m);
	assert_true(sizeof(*m) <= OST_MSG_PAYLOAD_MAX);
	assert_true(ost_message_valid(OST_MSG_REHEARSE, &ask, sizeof(ask)));
	assert_false(ost_message_valid(OST_MSG_REHEARSE, &ask, sizeof(ask) - 1));
	ask.length_bytes = 0;
	assert_false(ost_message_valid(OST_MSG_REHEARSE, &ask, sizeof(ask)));
	*m = (struct ost_msg_rehearsed){.generation = 3, .standing = 9, .cut = 3, .devices_cut = 2, .device_count = 2, .flow_count = 1};
	m->devices[0] = (struct ost_rehearsed_device){.device = 7, .cut = 2};
	m->devices[1] = (struct ost_rehearsed_device){.device = 8, .cut = 1};
	m->flows[0] = (struct ost_rehearsed_flow){.device = 7, .family = OST_IPV4, .reason = OST_REASON_NOT_ALLOWED};
	assert_true(rehearsed_valid(m));
	assert_false(ost_message_valid(OST_MSG_REHEARSED, m, sizeof(*m) - 1));
	m->devices[1].cut = 2; /* more than all */
	assert_false(rehearsed_valid(m));
	m->devices[1].cut = 0;
	assert_false(rehearsed_valid(m));
	m->devices[1].cut = 1;
	m->devices[1].device = OST_DEVICES_MAX;
	assert_false(rehearsed_valid(m));
	m->devices[1].device = 8;
	m->devices_cut = 1;
	assert_false(rehearsed_valid(m));
	m->devices_cut = 2;
	m->flows[0].reason = OST_REASON_NONE;
	assert_false(rehearsed_valid(m));
	m->flows[0].reason = OST_REASON_NOT_ALLOWED;
	m->flow_count = OST_REHEARSED_FLOWS + 1;
	m->cut = OST_REHEARSED_FLOWS + 1;
	assert_false(rehearsed_valid(m));
	m->flow_count = 1;
	m->cut = 1ull << 48;
	assert_false(rehearsed_valid(m));
	m->cut = 3;
	m->result = -5; /* and counts */
	assert_false(rehearsed_valid(m));
	*m = (struct ost_msg_rehearsed){.generation = 3, .result = -5, .text = "no room"};
	assert_true(rehearsed_valid(m));
	m->result = 1;
	assert_false(rehearsed_valid(m));
	m->result = -5;
	memset(m->text, 'x', sizeof(m->text));
	assert_false(rehearsed_valid(m));
	free(m);
}

static void test_opened_flows_count_what_they_hold(void **state)
{
	struct ost_msg_opened *m = calloc(1, sizeof(*m));
	const size_t head = offsetof(struct ost_msg_opened, flows), one = sizeof(m->flows[0]);
	char *names;

	(void)state;
	assert_non_null(m);
	assert_true(sizeof(*m) <= OST_MSG_PAYLOAD_MAX);
	assert_false(ost_message_valid(OST_MSG_OPENED, m, head)); /* nothing to tell */
	m->lost = 5;
	assert_true(ost_message_valid(OST_MSG_OPENED, m, head));
	m->count = 2;
	m->flows[0] = (struct ost_opened){.device = 1, .peer = OST_DEVICE_NONE, .family = OST_IPV4, .flows = 1, .name = 1};
	m->flows[1] = m->flows[0];
	m->name_bytes = 10;
	names = (char *)&m->flows[2];
	memcpy(names, "a.example", 10);
	assert_true(ost_message_valid(OST_MSG_OPENED, m, head + 2 * one + 10));
	assert_ptr_equal(ost_opened_names(m), names);
	assert_false(ost_message_valid(OST_MSG_OPENED, m, head + 2 * one + 9));
	assert_false(ost_message_valid(OST_MSG_OPENED, m, head + 3 * one + 10));
	names[9] = 'x'; /* no end */
	assert_false(ost_message_valid(OST_MSG_OPENED, m, head + 2 * one + 10));
	names[9] = '\0';
	names[3] = '\033';
	assert_false(ost_message_valid(OST_MSG_OPENED, m, head + 2 * one + 10));
	names[3] = 'x';
	m->flows[1].name = 10; /* the end itself */
	assert_false(ost_message_valid(OST_MSG_OPENED, m, head + 2 * one + 10));
	m->flows[1].name = 11;
	assert_false(ost_message_valid(OST_MSG_OPENED, m, head + 2 * one + 10));
	m->flows[1].name = 0;
	assert_true(ost_message_valid(OST_MSG_OPENED, m, head + 2 * one + 10));
	m->flows[1].device = OST_DEVICE_NONE;
	assert_false(ost_message_valid(OST_MSG_OPENED, m, head + 2 * one + 10));
	m->flows[1].device = 1;
	m->flows[1].peer = OST_DEVICES_MAX;
	assert_false(ost_message_valid(OST_MSG_OPENED, m, head + 2 * one + 10));
	m->flows[1].peer = 2;
	m->flows[1].flows = 0;
	assert_false(ost_message_valid(OST_MSG_OPENED, m, head + 2 * one + 10));
	m->flows[1].flows = 1;
	m->flows[1].direction = 2;
	assert_false(ost_message_valid(OST_MSG_OPENED, m, head + 2 * one + 10));
	m->flows[1].direction = 1;
	m->flows[1].first_wall_ns = 1; /* behind the last one */
	assert_false(ost_message_valid(OST_MSG_OPENED, m, head + 2 * one + 10));
	m->count = OST_OPENED_PER_MSG + 1;
	m->name_bytes = 0;
	assert_false(ost_message_valid(OST_MSG_OPENED, m, head + m->count * one));
	m->count = UINT32_MAX;
	assert_false(ost_message_valid(OST_MSG_OPENED, m, head + 2 * one));
	m->count = 0;
	m->name_bytes = 10; /* of nobody */
	assert_false(ost_message_valid(OST_MSG_OPENED, m, head + 10));
	free(m);
}

static void test_lines_for_exporters(void **state)
{
	struct ost_msg_export_want w = {.stream = OST_EXPORTS_MAX - 1, .lines = OST_EXPORT_LINES, .bytes = OST_EXPORT_BYTES, .origin = "gw/journal"};
	static struct ost_msg_export_line l = {.stream = 1, .line_bytes = 65535, .offset = 60000, .length = 5535};
	struct ost_msg_export_gap g = {.why = OST_EXPORT_GAP_AHEAD, .origin = "x"};
	struct ost_msg_export_status s = {.cursor_seq = 5, .arrived_seq = 5, .name = "one"};

	(void)state;
#define BAD(m, type, member, value)                                       \
	do {                                                              \
		__typeof__(m.member) kept = m.member;                     \
                                                                          \
		assert_true(ost_message_valid(type, &m, sizeof(m)));      \
		m.member = (value);                                       \
		assert_false(ost_message_valid(type, &m, sizeof(m)));     \
		m.member = kept;                                          \
	} while (0)
	BAD(w, OST_MSG_EXPORT_WANT, from_seq, 1ull << 53);
	BAD(w, OST_MSG_EXPORT_WANT, stream, OST_EXPORTS_MAX);
	BAD(w, OST_MSG_EXPORT_WANT, lines, 0);
	BAD(w, OST_MSG_EXPORT_WANT, lines, OST_EXPORT_LINES + 1);
	BAD(w, OST_MSG_EXPORT_WANT, bytes, 0);
	BAD(w, OST_MSG_EXPORT_WANT, bytes, OST_EXPORT_BYTES + 1);
	BAD(w, OST_MSG_EXPORT_WANT, origin[0], '\n');
	BAD(g, OST_MSG_EXPORT_GAP, why, OST_EXPORT_GAP_COUNT);
	BAD(g, OST_MSG_EXPORT_GAP, origin[0], '\0');
	BAD(g, OST_MSG_EXPORT_GAP, next_seq, 1ull << 53);
	BAD(s, OST_MSG_EXPORT_STATUS, arrived_seq, 6);
	BAD(s, OST_MSG_EXPORT_STATUS, state, OST_EXPORT_STATE_COUNT);
	BAD(s, OST_MSG_EXPORT_STATUS, name[0], '\0');
	BAD(s, OST_MSG_EXPORT_STATUS, error[0], '\033');
#undef BAD
	memset(l.text, 'x', l.length);
	assert_true(ost_message_valid(OST_MSG_EXPORT_LINE, &l, ost_msg_export_line_bytes(&l)));
	assert_false(ost_message_valid(OST_MSG_EXPORT_LINE, &l, ost_msg_export_line_bytes(&l) - 1));
	assert_false(ost_message_valid(OST_MSG_EXPORT_LINE, &l, ost_msg_export_line_bytes(&l) + 1));
	l.text[l.length - 1] = '\n';
	assert_false(ost_message_valid(OST_MSG_EXPORT_LINE, &l, ost_msg_export_line_bytes(&l)));
	l.text[l.length - 1] = 'x';
	l.line_bytes = 65534;
	assert_false(ost_message_valid(OST_MSG_EXPORT_LINE, &l, ost_msg_export_line_bytes(&l)));
	l.line_bytes = 65536;
	assert_false(ost_message_valid(OST_MSG_EXPORT_LINE, &l, ost_msg_export_line_bytes(&l)));
}

static void test_checkpoints_for_exporters(void **state)
{
	static struct ost_msg_export_checkpoint c = {.size = 1, .length = 4, .origin = "x", .note = "a\n1\n"};

	(void)state;
	assert_true(ost_message_valid(OST_MSG_EXPORT_CHECKPOINT, &c, ost_msg_export_checkpoint_bytes(&c)));
	assert_false(ost_message_valid(OST_MSG_EXPORT_CHECKPOINT, &c, ost_msg_export_checkpoint_bytes(&c) + 1));
	c.note[1] = '\0';
	assert_false(ost_message_valid(OST_MSG_EXPORT_CHECKPOINT, &c, ost_msg_export_checkpoint_bytes(&c)));
	c.note[1] = '\n';
	c.length = OST_EXPORT_NOTE;
	assert_false(ost_message_valid(OST_MSG_EXPORT_CHECKPOINT, &c, ost_msg_export_checkpoint_bytes(&c)));
	c.length = 0;
	assert_false(ost_message_valid(OST_MSG_EXPORT_CHECKPOINT, &c, ost_msg_export_checkpoint_bytes(&c)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_for_exporters),
		cmocka_unit_test(test_checkpoints_for_exporters),
		cmocka_unit_test(test_header_is_checked),
		cmocka_unit_test(test_descriptors_are_one_or_none),
		cmocka_unit_test(test_unknown_types_are_refused),
		cmocka_unit_test(test_text_must_end_and_be_shown_safely),
		cmocka_unit_test(test_names_are_whole_names),
		cmocka_unit_test(test_values_outside_their_lists),
		cmocka_unit_test(test_refusals_count_what_they_hold),
		cmocka_unit_test(test_rules_count_what_they_hold),
		cmocka_unit_test(test_opened_flows_count_what_they_hold),
		cmocka_unit_test(test_rehearsals_count_what_they_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
