/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Captures, whole and broken; the engine's clock, ports and books; the bounded summary of refused
 * flows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "clock.h"
#include "compile.h"
#include "policy_yaml.h"
#include "probe.h"
#include "replay.h"

#define START_NS (1460000000ull * OST_NS_PER_S)

/* ---- files ---- */

static char folder[] = "/tmp/ost-test-replay-XXXXXX";
static char path_buf[128];

static const char *path_of(const char *name)
{
	(void)snprintf(path_buf, sizeof(path_buf), "%s/%s", folder, name);
	return path_buf;
}

static void write_file(const char *path, const void *bytes, size_t length)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, length, f), length);
	assert_int_equal(fclose(f), 0);
}

static const uint8_t pcap_head[24] = {
	0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0};

/* A pcap file of n equal packets of 60 bytes; returns its length. */
static size_t make_pcap(uint8_t *out, unsigned n)
{
	size_t at = sizeof(pcap_head);

	memcpy(out, pcap_head, sizeof(pcap_head));
	for (unsigned i = 0; i < n; i++, at += 76) {
		memset(out + at, 0, 76);
		out[at] = (uint8_t)i; /* seconds */
		out[at + 8] = 60;
		out[at + 12] = 60;
	}
	return at;
}

/* pcapng: section header, one Ethernet interface, n enhanced packets of 60 bytes. */
static size_t make_pcapng(uint8_t *out, unsigned n)
{
	static const uint8_t head[48] = {0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0, 0x4d, 0x3c, 0x2b,
		0x1a, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 28, 0, 0, 0, 1, 0,
		0, 0, 20, 0, 0, 0, 1, 0, 0, 0, 0, 0, 4, 0, 20, 0, 0, 0};
	size_t at = sizeof(head);

	memcpy(out, head, sizeof(head));
	for (unsigned i = 0; i < n; i++, at += 92) {
		memset(out + at, 0, 92);
		out[at] = 6;
		out[at + 4] = out[at + 88] = 92;
		out[at + 20] = out[at + 24] = 60;
	}
	return at;
}

static int open_bytes(const void *bytes, size_t length, struct ost_capture **ret,
	char why[static OST_CAPTURE_WHY])
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s", path_of("bytes"));
	write_file(path, bytes, length);
	return ost_capture_open(path, ret, why);
}

static void refused_file(const void *bytes, size_t length, const char *says)
{
	struct ost_capture *c = NULL;
	char why[OST_CAPTURE_WHY] = "";

	assert_int_equal(open_bytes(bytes, length, &c, why), -EINVAL);
	assert_null(c);
	if (strstr(why, says) == NULL)
		fail_msg("'%s' does not say '%s'", why, says);
	assert_null(strchr(why, '\n'));
	assert_non_null(strstr(why, "/bytes")); /* names the file */
}

static void test_not_a_capture(void **state)
{
	struct ost_capture *c = NULL;
	uint8_t bytes[2048];
	char why[OST_CAPTURE_WHY];
	size_t length;

	(void)state;
	refused_file("", 0, "empty");
	refused_file("hello, this is no capture at all, just text\n", 44, "no pcap or pcapng");
	refused_file(pcap_head, 10, "no pcap or pcapng");
	length = make_pcap(bytes, 1);
	bytes[20] = 113; /* LINUX_SLL */
	refused_file(bytes, length, "LINUX_SLL");
	bytes[20] = 0xde;
	bytes[21] = 0x7a;
	refused_file(bytes, length, "link type");
	assert_int_equal(ost_capture_open(folder, &c, why), -EISDIR);
	assert_non_null(strstr(why, "folder"));
	assert_int_equal(ost_capture_open(path_of("absent"), &c, why), -ENOENT);
	assert_non_null(strstr(why, "absent"));
	assert_null(c);
}

/* Reads all; the last return value. */
static int read_all(
	const void *bytes, size_t length, uint64_t *ret_packets, char why[static OST_CAPTURE_WHY])
{
	struct ost_capture_packet p;
	struct ost_capture *c;
	int rc;

	*ret_packets = 0;
	assert_int_equal(open_bytes(bytes, length, &c, why), 0);
	while ((rc = ost_capture_next(c, &p, why)) > 0) {
		assert_int_equal(p.length, 60);
		(*ret_packets)++;
	}
	assert_int_equal(ost_capture_packets(c), *ret_packets);
	ost_capture_free(&c);
	assert_null(c);
	return rc;
}

static void test_cut_short(void **state)
{
	char why[OST_CAPTURE_WHY];
	uint8_t bytes[2048];
	uint64_t packets;
	size_t all;

	(void)state;
	all = make_pcap(bytes, 5);
	assert_int_equal(read_all(bytes, all, &packets, why), 0);
	assert_int_equal(packets, 5);
	for (size_t cut = all - 75; cut < all;
		cut++) { /* anywhere in the last packet, header or bytes */
		assert_int_equal(read_all(bytes, cut, &packets, why), -EIO);
		assert_int_equal(packets, 4);
		assert_non_null(strstr(why, "behind packet 4"));
		assert_null(strchr(why, '\n'));
	}
	all = make_pcapng(bytes, 5);
	assert_int_equal(read_all(bytes, all, &packets, why), 0);
	assert_int_equal(packets, 5);
	for (size_t cut = all - 91; cut < all; cut++) {
		assert_int_equal(read_all(bytes, cut, &packets, why), -EIO);
		assert_int_equal(packets, 4);
		assert_non_null(strstr(why, "behind packet 4"));
	}
	/* A length that the file cannot hold. */
	all = make_pcap(bytes, 2);
	memset(bytes + 24 + 8, 0xff, 4);
	assert_int_equal(read_all(bytes, all, &packets, why), -EIO);
	assert_int_equal(packets, 0);
}

static void test_writer(void **state)
{
	uint8_t bytes[60] = {1, 2, 3};
	struct ost_capture_packet p = {
		.bytes = bytes, .length = 60, .wire_length = 1500, .wall_ns = START_NS + 123456789};
	struct ost_capture_writer *w = NULL;
	struct ost_capture *c;
	char why[OST_CAPTURE_WHY], path[128];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s", path_of("out.pcap"));
	assert_int_equal(ost_capture_writer_new(path, &w, why), 0);
	assert_int_equal(ost_capture_write(w, &p), 0);
	assert_int_equal(ost_capture_writer_close(&w, why), 0);
	assert_null(w);
	assert_int_equal(ost_capture_open(path, &c, why), 0);
	assert_int_equal(ost_capture_next(c, &p, why), 1);
	assert_int_equal(p.length, 60);
	assert_int_equal(p.wire_length, 1500);
	assert_true(p.wall_ns == START_NS + 123456789);
	assert_memory_equal(p.bytes, bytes, 60);
	assert_int_equal(ost_capture_next(c, &p, why), 0);
	ost_capture_free(&c);
	assert_true(ost_capture_same_file(path, path));
	assert_false(ost_capture_same_file(path, "/dev/null"));
	assert_int_equal(ost_capture_writer_new("/proc/nowhere/x", &w, why), -ENOENT);
	assert_null(w);
	p.bytes = bytes; /* those of the capture went with it */
	assert_int_equal(ost_capture_writer_new("/dev/full", &w, why), 0);
	assert_int_equal(ost_capture_write(w, &p), 0); /* still in the buffer */
	assert_int_equal(ost_capture_writer_close(&w, why), -ENOSPC);
	assert_non_null(strstr(why, "/dev/full"));
}

/* ---- the engine ---- */

static const char yaml[] =
	"ostiary: 1\n"
	"networks: { net: 10.9.0.0/16 }\n"
	"roles:\n"
	"  a:\n"
	"    allow:\n"
	"      - to: { network: net, service: [udp/7, tcp/7] }\n"
	"      - to: { role: b, service: udp/9 }\n"
	"      - to: { network: net, service: udp/1111 }\n"
	"    limits: { new-flows: 2/s }\n"
	"  b: { allow: [ { from: { role: a, service: udp/9 } } ] }\n"
	"  c: { authenticate: eap-tls, allow: [ { to: { network: net, service: any } } ] }\n"
	"devices:\n"
	"  one: { role: a, mac: \"02:00:00:00:00:01\", address: 10.1.0.1 }\n"
	"  two: { role: b, mac: \"02:00:00:00:00:02\", address: 10.1.0.2, port: dev1 }\n"
	"  tagged: { role: a, mac: \"02:00:00:00:00:01\", vlan: 7, address: 10.1.0.1, port: dev2 "
	"}\n"
	"  paper: { role: c, certificate: \"urn:dev:os:1\" }\n";

struct bench {
	struct ost_diag diag;
	struct ost_policy *policy;
	void *bytes;
	size_t length;
	struct ost_image image;
	struct ost_replay *replay;
	uint64_t judged, allowed;
	int fail; /* what judged() returns */
};

static int judged(
	void *user, const struct ost_capture_packet *packet, const struct ost_verdict *verdict)
{
	struct bench *b = user;

	assert_true(packet->length > 0);
	b->judged++;
	b->allowed += verdict->action != OST_REFUSE;
	return b->fail;
}

static void open_bench(struct bench *b)
{
	struct ost_policy_source source = {
		.name = "p.yaml", .bytes = yaml, .length = sizeof(yaml) - 1};
	struct ost_replay_config config = {
		.flows = 1000, .flows6 = 100, .bindings = 100, .judged = judged, .user = b};
	char why[256];

	*b = (struct bench){0};
	assert_int_equal(ost_policy_parse(&source, 1, &b->diag, &b->policy), 0);
	assert_int_equal(ost_policy_compile(b->policy, 0, &b->diag, &b->bytes, &b->length), 0);
	assert_int_equal(ost_image_open(b->bytes, b->length, &b->image, why), 0);
	config.image = &b->image;
	assert_int_equal(ost_replay_new(&config, &b->replay), 0);
}

static void close_bench(struct bench *b)
{
	ost_replay_free(&b->replay);
	assert_null(b->replay);
	free(b->bytes);
	ost_policy_free(&b->policy);
	ost_diag_free(&b->diag);
}

static struct ost_probe probe(uint8_t src_mac, uint8_t dst_mac, const char *src, const char *dst,
	uint16_t sport, uint16_t dport)
{
	struct ost_probe p = {.src_mac = {2, 0, 0, 0, 0, src_mac},
		.dst_mac = {2, 0, 0, 0, 0, dst_mac},
		.protocol = 17,
		.src_port = sport,
		.value = dport};

	assert_int_equal(ost_ip_parse(src, &p.src), 0);
	assert_int_equal(ost_ip_parse(dst, &p.dst), 0);
	return p;
}

static void play(struct bench *b, uint64_t at_ns, const struct ost_probe *p)
{
	uint8_t frame[OST_PROBE_MAX];
	int length = ost_probe_build(p, frame);
	struct ost_capture_packet packet = {.bytes = frame,
		.length = (uint32_t)length,
		.wire_length = (uint32_t)length,
		.wall_ns = START_NS + at_ns};

	assert_true(length > 0);
	assert_int_equal(ost_replay_packet(b->replay, &packet), 0);
}

/* The verdict of one frame: none, or the reason of its refusal. */
static enum ost_reason play_one(struct bench *b, uint64_t at_ns, const struct ost_probe *p)
{
	struct ost_replay_totals before = *ost_replay_totals(b->replay);
	const struct ost_replay_totals *after = ost_replay_totals(b->replay);

	play(b, at_ns, p);
	assert_int_equal(ost_replay_flush(b->replay), 0);
	assert_int_equal(after->received.pkts, before.received.pkts + 1);
	for (unsigned i = 0; i < OST_REASON_SLOTS; i++) {
		if (after->refused_pkts[i] > before.refused_pkts[i])
			return (enum ost_reason)i;
	}
	assert_int_equal(after->forwarded.pkts, before.forwarded.pkts + 1);
	return OST_REASON_NONE;
}

#define S(seconds) ((uint64_t)((seconds)*1e9))

/* Limits and timeouts run in the capture's time, not in ours. */
static void test_time(void **state)
{
	struct ost_probe out = probe(1, 99, "10.1.0.1", "10.9.0.1", 5000, 7), back, next = out;
	unsigned passed = 0;
	struct bench b;

	(void)state;
	open_bench(&b);
	back = probe(99, 1, "10.9.0.1", "10.1.0.1", 7, 5000);
	assert_int_equal(
		play_one(&b, S(0), &back), OST_REASON_NOT_ALLOWED_IN); /* part of no flow */
	assert_int_equal(play_one(&b, S(1), &out), OST_REASON_NONE);
	assert_int_equal(play_one(&b, S(2), &back), OST_REASON_NONE);
	assert_int_equal(play_one(&b, S(170), &back), OST_REASON_NONE); /* udp-reply: 180 s */
	assert_int_equal(play_one(&b, S(170 + 200), &back), OST_REASON_NOT_ALLOWED_IN);
	for (unsigned i = 0; i < 80; i++) { /* new-flows: 2/s, bursts of some 32 */
		next.src_port = (uint16_t)(6000 + i);
		passed += play_one(&b, S(1000) + i * 1000, &next) == OST_REASON_NONE;
	}
	assert_in_range(passed, 20, 40);
	for (unsigned i = 0; i < 80; i++) { /* the same number, slowly */
		next.src_port = (uint16_t)(7000 + i);
		assert_int_equal(play_one(&b, S(2000 + i), &next), OST_REASON_NONE);
	}
	close_bench(&b);
}

static void test_time_jumps(void **state)
{
	struct ost_probe out = probe(1, 99, "10.1.0.1", "10.9.0.1", 5000, 7),
			 back = probe(99, 1, "10.9.0.1", "10.1.0.1", 7, 5000);
	const struct ost_replay_totals *t;
	struct bench b;

	(void)state;
	open_bench(&b);
	t = ost_replay_totals(b.replay);
	assert_int_equal(play_one(&b, S(100000), &out), OST_REASON_NONE);
	assert_int_equal(
		play_one(&b, S(99999), &back), OST_REASON_NONE); /* a little older: still now */
	assert_int_equal(t->older_pkts, 1);
	assert_int_equal(t->stretches, 1);
	assert_int_equal(play_one(&b, S(0), &back),
		OST_REASON_NONE); /* another stretch: time goes on from there */
	assert_int_equal(t->stretches, 2);
	assert_int_equal(play_one(&b, S(10), &back), OST_REASON_NONE);
	assert_int_equal(play_one(&b, S(300), &back), OST_REASON_NOT_ALLOWED_IN);
	/* The ends of time do no harm. */
	assert_int_equal(play_one(&b, UINT64_MAX - START_NS, &out), OST_REASON_NONE);
	assert_int_equal(play_one(&b, 0 - START_NS, &back), OST_REASON_NONE);
	for (unsigned i = 0; i < 2000; i++)
		(void)play_one(&b, i % 2 ? UINT64_MAX - START_NS : 0 - START_NS, &out);
	assert_int_equal(t->received.pkts, t->forwarded.pkts + t->refused.pkts);
	close_bench(&b);
}

static void test_ports(void **state)
{
	struct ost_probe p = probe(1, 2, "10.1.0.1", "10.1.0.2", 5000, 9);
	struct ost_replay_device d;
	struct bench b;

	(void)state;
	open_bench(&b);
	assert_int_equal(play_one(&b, S(0), &p), OST_REASON_NONE); /* between devices */
	p = probe(2, 1, "10.1.0.2", "10.1.0.1", 9, 5000);
	assert_int_equal(play_one(&b, S(1), &p), OST_REASON_NONE);
	p = probe(1, 99, "10.1.0.1", "10.9.0.1", 5000, 7);
	p.vlan = 7; /* the same MAC in a VLAN is another device, on another port */
	assert_int_equal(play_one(&b, S(2), &p), OST_REASON_NONE);
	p.vlan = 8; /* no device there */
	assert_int_equal(play_one(&b, S(3), &p), OST_REASON_UNKNOWN_DEVICE);
	p = probe(50, 1, "10.9.0.9", "10.1.0.1", 5000, 7); /* from the network */
	assert_int_equal(play_one(&b, S(4), &p), OST_REASON_NOT_ALLOWED_IN);
	p = probe(1, 99, "10.1.0.66", "10.9.0.1", 5000, 7); /* a source that is not its own */
	assert_int_equal(play_one(&b, S(5), &p), OST_REASON_SOURCE_ADDRESS);
	assert_true(ost_replay_device(b.replay, 0, &d));
	assert_int_equal(d.refused_pkts[OST_REASON_SOURCE_ADDRESS], 1);
	assert_int_equal(d.refused.pkts, 2); /* and the one from the network towards it */
	assert_true(ost_replay_device(b.replay, 2, &d));
	assert_int_equal(d.forwarded.pkts, 1);
	assert_int_equal(d.refused.pkts, 0);
	assert_false(ost_replay_device(b.replay, 3, &d)); /* known by its certificate only */
	assert_true(ost_replay_rule_hits(b.replay, 0) > 0);
	assert_int_equal(ost_replay_rule_hits(b.replay, 2), 0);
	assert_int_equal(ost_replay_rule_hits(b.replay, 999), 0);
	close_bench(&b);
}

static void test_books(void **state)
{
	struct ost_probe p = probe(1, 99, "10.1.0.1", "10.9.0.1", 5000, 8);
	static uint8_t large[OST_CAPTURE_FRAME_MAX];
	struct ost_capture_packet packet = {.bytes = large,
		.length = sizeof(large),
		.wire_length = sizeof(large),
		.wall_ns = START_NS};
	const struct ost_replay_totals *t;
	uint64_t sum = 0;
	struct bench b;

	(void)state;
	open_bench(&b);
	t = ost_replay_totals(b.replay);
	for (unsigned i = 0; i < 1000; i++) {
		p.src_port = (uint16_t)i;
		p.value = (uint16_t)(i % 10);
		play(&b, i * 100, &p);
	}
	for (unsigned i = 0; i < 100; i++) { /* more bytes than a burst holds */
		large[12] = (uint8_t)i;
		assert_int_equal(ost_replay_packet(b.replay, &packet), 0);
	}
	packet.length = 20; /* cut by the capture; then as short as can be */
	packet.wire_length = 60;
	assert_int_equal(ost_replay_packet(b.replay, &packet), 0);
	packet.length = packet.wire_length = 1;
	assert_int_equal(ost_replay_packet(b.replay, &packet), 0);
	packet.length = OST_CAPTURE_FRAME_MAX + 1;
	assert_int_equal(ost_replay_packet(b.replay, &packet), -EMSGSIZE);
	assert_int_equal(ost_replay_flush(b.replay), 0);
	assert_int_equal(t->received.pkts, 1102);
	assert_int_equal(b.judged, 1102);
	assert_int_equal(b.allowed, t->forwarded.pkts);
	assert_int_equal(t->cut_pkts, 1);
	assert_int_equal(t->received.pkts, t->forwarded.pkts + t->refused.pkts);
	assert_int_equal(t->received.bytes, t->forwarded.bytes + t->refused.bytes);
	for (unsigned i = 0; i < OST_REASON_SLOTS; i++)
		sum += t->refused_pkts[i];
	assert_int_equal(sum, t->refused.pkts);
	b.fail = -ENOSPC; /* who takes the packets cannot any more */
	play(&b, S(1), &p);
	assert_int_equal(ost_replay_flush(b.replay), -ENOSPC);
	close_bench(&b);
}

static void test_top_of_replay(void **state)
{
	struct ost_probe p = probe(1, 99, "10.1.0.1", "10.66.0.1", 5000, 7);
	struct ost_topflow top[3], *all = calloc(OST_TOPFLOWS_MAX, sizeof(*all));
	uint64_t sum = 0;
	struct bench b;
	bool exact;
	uint32_t n;

	(void)state;
	assert_non_null(all);
	open_bench(&b);
	for (unsigned i = 0; i < 30000; i++) { /* several drains of the records */
		p.src_port = (uint16_t)(2000 + i);
		p.value = (uint16_t)(i % 3 == 0 ? 53 : 100 + i % 7);
		play(&b, i * 1000, &p);
	}
	assert_int_equal(ost_replay_flush(b.replay), 0);
	assert_int_equal(ost_topflows_count(ost_replay_topflows(b.replay), &exact), 8);
	assert_true(exact);
	assert_int_equal(ost_topflows_list(ost_replay_topflows(b.replay), top, 3), 3);
	assert_int_equal(top[0].refusal.dst_port, 53);
	assert_int_equal(top[0].refusal.count_pkts, 10000);
	assert_int_equal(top[0].refusal.reason, OST_REASON_FOREIGN_DNS);
	assert_int_equal(top[0].refusal.device, 0);
	/* More kinds than there are records: hardly one may be lost on the way. How many depends on the key, which is random. */
	p.value = 6;
	for (uint32_t i = 0; i < 40000; i++) {
		p.dst.b[2] = (uint8_t)(i >> 8);
		p.dst.b[3] = (uint8_t)i;
		play(&b, S(1) + i * 1000, &p);
	}
	assert_int_equal(ost_replay_flush(b.replay), 0);
	n = ost_topflows_list(ost_replay_topflows(b.replay), all, OST_TOPFLOWS_MAX);
	for (uint32_t i = 0; i < n; i++)
		sum += all[i].refusal.count_pkts;
	assert_int_equal(sum + ost_replay_totals(b.replay)->unrecorded_pkts,
		ost_replay_totals(b.replay)->refused.pkts);
	assert_true(ost_replay_totals(b.replay)->unrecorded_pkts < 200);
	free(all);
	assert_true(top[0].refusal.first_wall_ns >= START_NS - S(1) &&
		    top[0].refusal.last_wall_ns <= START_NS + S(1));
	close_bench(&b);
}

/* ---- the summary alone ---- */

static struct ost_refusal refusal(uint32_t n, uint64_t pkts)
{
	struct ost_refusal r = {.device = OST_DEVICE_NONE,
		.family = 4,
		.protocol = 6,
		.reason = OST_REASON_NOT_ALLOWED,
		.count_pkts = pkts,
		.count_bytes = pkts * 60};

	memcpy(r.dst_ip, &n, 4);
	return r;
}

static void test_topflows(void **state)
{
	struct ost_topflows *t;
	struct ost_topflow *all = calloc(OST_TOPFLOWS_MAX, sizeof(*all));
	uint64_t total = 0;
	bool exact;
	uint32_t n;

	(void)state;
	assert_non_null(all);
	assert_int_equal(ost_topflows_new(&t), 0);
	for (uint32_t round = 0; round < 50; round++) {
		for (uint32_t i = 0; i < 20; i++) { /* what must be found */
			struct ost_refusal r = refusal(i, 100 + i);

			ost_topflows_add(t, &r);
			total += 100 + i;
		}
		for (uint32_t i = 0; i < 1000; i++, total++) { /* what comes once */
			struct ost_refusal r = refusal(1000000 + round * 1000 + i, 1);

			ost_topflows_add(t, &r);
		}
	}
	assert_int_equal(ost_topflows_count(t, &exact), OST_TOPFLOWS_MAX);
	assert_false(exact);
	n = ost_topflows_list(t, all, 20);
	assert_int_equal(n, 20);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t flow, real;

		memcpy(&flow, all[i].refusal.dst_ip, 4);
		assert_int_equal(flow, 19 - i);
		real = 50 * (100 + flow);
		assert_true(all[i].refusal.count_pkts >= real &&
			    all[i].refusal.count_pkts - all[i].over_pkts <= real);
	}
	n = ost_topflows_list(t, all, OST_TOPFLOWS_MAX);
	for (uint32_t i = 0; i < n; i++) { /* what space-saving promises */
		total -= all[i].refusal.count_pkts;
		assert_true(all[i].over_pkts <= (uint64_t)50 * 1000 * 150 / OST_TOPFLOWS_MAX);
	}
	assert_int_equal(total, 0); /* its counts sum up to all that came */
	ost_topflows_free(&t);
	assert_null(t);
	free(all);
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
	(void)state;
	(void)unlink(path_of("bytes"));
	(void)unlink(path_of("out.pcap"));
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_not_a_capture),
		cmocka_unit_test(test_cut_short),
		cmocka_unit_test(test_writer),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_time_jumps),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_books),
		cmocka_unit_test(test_top_of_replay),
		cmocka_unit_test(test_topflows),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
