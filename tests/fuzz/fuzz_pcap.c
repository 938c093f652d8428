/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A capture file through the reader and the replay engine under a small policy: no byte string may
 * break either, and the books must balance. Files are read from memory, some (by
 * their length) through a memfd. */
#include <stdio.h>
#include <sys/mman.h>

#include "compile.h"
#include "policy_yaml.h"
#include "replay.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char yaml[] =
	"ostiary: 1\n"
	"networks: { net: [10.0.0.0/8, \"fd00::/16\"] }\n"
	"infrastructure: { resolvers: [10.0.0.53] }\n"
	"roles:\n"
	"  cam:\n"
	"    include: [arp, nd, dhcp, dhcpv6, igmp, dns]\n"
	"    allow:\n"
	"      - to: { network: net, service: any }\n"
	"      - to: { role: plc, service: any }\n"
	"    limits: { packets: 1000/s, new-flows: 10/s }\n"
	"  plc: { include: [arp, dhcp], allow: [ { from: { role: cam, service: any } } ] }\n"
	"devices:\n"
	"  cam: { role: cam, mac: \"02:00:00:00:00:01\" }\n"
	"  plc: { role: plc, mac: \"02:00:00:00:00:02\", vlan: 7, address: 10.0.0.2 }\n"
	"  plc2: { role: plc, mac: \"02:00:00:00:00:03\", port: dev1, address: 10.0.0.3 }\n";

static struct ost_image image;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct ost_policy_source source = {
		.name = "p.yaml", .bytes = yaml, .length = sizeof(yaml) - 1};
	struct ost_diag diag = {0};
	struct ost_policy *policy;
	static void *bytes; /* for ever: the image points into it */
	size_t length;
	char why[256];

	(void)argc;
	(void)argv;
	if (ost_policy_parse(&source, 1, &diag, &policy) < 0 ||
		ost_policy_compile(policy, 0, &diag, &bytes, &length) < 0 ||
		ost_image_open(bytes, length, &image, why) < 0)
		abort();
	ost_policy_free(&policy);
	ost_diag_free(&diag);
	return 0;
}

static FILE *stream_of(const uint8_t *data, size_t size)
{
	FILE *f;
	int fd;

	if (size % 8 != 1)
		return fmemopen((void *)(uintptr_t)data, size, "rb");
	fd = memfd_create("fuzz", MFD_CLOEXEC);
	if (fd < 0)
		return NULL;
	if (write(fd, data, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET) != 0) {
		(void)close(fd);
		return NULL;
	}
	f = fdopen(fd, "rb");
	if (f == NULL)
		(void)close(fd);
	return f;
}

static void check_books(const struct ost_replay *replay, uint64_t packets)
{
	const struct ost_replay_totals *t = ost_replay_totals(replay);
	uint64_t sum = 0;

	for (unsigned i = 0; i < OST_REASON_SLOTS; i++)
		sum += t->refused_pkts[i];
	if (t->received.pkts != packets ||
		t->received.pkts != t->forwarded.pkts + t->refused.pkts || sum != t->refused.pkts ||
		t->refused_pkts[OST_REASON_NONE] != 0)
		abort();
}

/* What reports show: every refused packet belongs to one device or to none. */
static void check_results(const struct ost_replay *replay)
{
	const struct ost_replay_totals *t = ost_replay_totals(replay);
	const struct ost_topflows *top = ost_replay_topflows(replay);
	struct ost_topflow flows[OST_TOPFLOWS_MAX];
	uint64_t refused = 0, forwarded = 0, now, max;
	uint32_t n = ost_topflows_list(top, flows, OST_TOPFLOWS_MAX);
	bool exact;

	if (n != ost_topflows_count(top, &exact) || (t->refused.pkts > 0 && n == 0))
		abort();
	for (uint32_t i = 0; i < n; i++) {
		if (flows[i].refusal.reason == OST_REASON_NONE || flows[i].refusal.count_pkts <= flows[i].over_pkts)
			abort();
	}
	for (uint32_t i = 0; i < image.device_count; i++) {
		struct ost_replay_device d;

		if (!ost_replay_device(replay, i, &d))
			continue;
		refused += d.refused.pkts;
		forwarded += d.forwarded.pkts;
	}
	for (unsigned i = 0; i < OST_REASON_SLOTS; i++)
		refused += t->unattributed_pkts[i];
	ost_replay_flows(replay, &now, &max);
	if (refused != t->refused.pkts || forwarded > t->forwarded.pkts || now > max)
		abort();
}

static void replay_all(struct ost_capture *capture, struct ost_replay *replay)
{
	struct ost_capture_packet packet;
	char why[OST_CAPTURE_WHY];
	int more;

	while ((more = ost_capture_next(capture, &packet, why)) > 0) {
		if (packet.length > packet.wire_length || ost_replay_packet(replay, &packet) < 0)
			abort();
	}
	if (more < 0 && (why[0] == '\0' || strchr(why, '\n') != NULL))
		abort(); /* an error is one line */
	if (ost_replay_flush(replay) < 0)
		abort();
	check_books(replay, ost_capture_packets(capture));
	check_results(replay);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ost_replay_config config = {
		.image = &image, .flows = 64, .flows6 = 64, .bindings = 16};
	char why[OST_CAPTURE_WHY] = "";
	struct ost_capture *capture;
	struct ost_replay *replay;
	FILE *stream = size > 0 ? stream_of(data, size) : NULL;

	if (stream == NULL)
		return 0;
	if (ost_capture_open_stream(stream, "fuzz", &capture, why) < 0) {
		if (why[0] == '\0' || strchr(why, '\n') != NULL)
			abort();
		return 0;
	}
	if (ost_replay_new(&config, &replay) < 0)
		abort();
	replay_all(capture, replay);
	ost_replay_free(&replay);
	ost_capture_free(&capture);
	return 0;
}
