/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames through the classifier with a small fixed policy, from both sides, with a clock that moves.
 *
 * Input: one byte of mode (bit 0: judge one by one, and compare with explain), then frames: port, time step in
 * units of 250 ms, two bytes of length (little endian), bytes. Besides the sanitizers this checks what must hold
 * whatever comes in: every frame is accounted for, a verdict is a sound one, and nobody whose MAC
 * is not in the policy, or is pinned to another port, gets a frame through.
 * With OSTIARY_SHOW set it prints each verdict. */
#include <stdio.h>

#include "classify.h"
#include "clock.h"
#include "compile.h"
#include "cursor.h"
#include "policy_yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PORTS	   3u /* net1, dev1, dev2 */
#define FRAMES_MAX 256u
#define STEP_NS	   (OST_NS_PER_S / 4)

static const char policy_text[] =
	"ostiary: 1\n"
	"networks:\n"
	"  plant: [10.20.0.0/24, \"fd00:20::/64\"]\n"
	"infrastructure:\n"
	"  resolvers: [10.0.0.254, \"fd00:20::fe\"]\n"
	"roles:\n"
	"  camera:\n"
	"    authenticate: mac\n"
	"    include: [arp, nd, dhcp, dns]\n"
	"    allow:\n"
	"      - to: { network: plant, service: tcp/443 }\n"
	"      - to: { network: plant, service: icmp/echo-request }\n"
	"      - to: { role: plc, service: tcp/502 }\n"
	"      - from: { network: plant, service: tcp/80 }\n"
	"    limits: { packets: 100/s, new-flows: 20/s, flows: 16 }\n"
	"  plc:\n"
	"    authenticate: mac\n"
	"    include: [arp, nd, dhcp, dhcpv6, igmp]\n"
	"    allow:\n"
	"      - from: { role: camera, service: tcp/502 }\n"
	"      - to: { network: plant, service: udp/5000-5010 }\n"
	"devices:\n"
	"  cam: { role: camera, mac: \"02:00:00:00:00:01\", port: dev1, address: [10.0.0.1, \"fd00:20::1\"] }\n"
	"  plc: { role: plc, mac: \"02:00:00:00:00:02\", address: 10.0.0.2 }\n"
	"  tag: { role: plc, mac: \"02:00:00:00:00:03\", vlan: 7 }\n";

static const uint8_t macs[3][6] = {{2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 2}, {2, 0, 0, 0, 0, 3}};
static struct ost_image image;
static bool show;

static void die(const char *what)
{
	fprintf(stderr, "fuzz_packet: %s\n", what);
	abort();
}

static void image_make(void)
{
	struct ost_policy_source source = {"policy.yaml", policy_text, sizeof(policy_text) - 1};
	struct ost_policy *policy = NULL;
	struct ost_diag diag = {0};
	char text[512];
	size_t length;
	void *bytes;

	if (ost_policy_parse(&source, 1, &diag, &policy) != 0 ||
		ost_policy_compile(policy, 1, &diag, &bytes, &length) != 0) {
		for (uint32_t i = 0; i < diag.count; i++) {
			ost_finding_format(&diag.findings[i], text, sizeof(text));
			fprintf(stderr, "%s\n", text);
		}
		die("its policy is wrong");
	}
	ost_policy_free(&policy);
	ost_diag_free(&diag);
	if (ost_image_open(bytes, length, &image, text) != 0)
		die(text);
}

struct gateway {
	struct ost_site *site;
	struct ost_classifier *classifier;
};

static struct gateway gateway_make(void)
{
	const struct ost_site_config site = {
		.devices_max = 8,
		.bindings_max = 16,
		.port_count = PORTS,
		.ports = {{"net1", OST_SIDE_NETWORK, 0}, {"dev1", OST_SIDE_DEVICE, 0}, {"dev2", OST_SIDE_DEVICE, 0}},
		.secret = {1, 2, 3, 4},
	};
	const struct ost_classifier_config classifier = {
		.flows4_max = 64, .flows6_max = 64, .refusal_records = 64, .owns_control = true};
	struct gateway g = {0};
	struct ost_view *old = NULL;

	if (ost_site_new(&site, &g.site) != 0 || ost_site_policy_set(g.site, &image, 0, &old) != 0 ||
		ost_classifier_new(g.site, &classifier, &g.classifier) != 0)
		die("no gateway");
	ost_view_free(&old);
	return g;
}

static void gateway_free(struct gateway *g)
{
	ost_classifier_free(&g->classifier);
	ost_site_free(&g->site);
}

static void refusal_check(void *user, const struct ost_refusal *r)
{
	(void)user;
	if (r->reason == OST_REASON_NONE || r->reason >= OST_REASON_COUNT || r->count_pkts == 0)
		die("an unsound refusal record");
}

/* received = forwarded + refused + handed over, on each port, and together what we put in. */
static void accounts_check(const struct gateway *g, uint64_t frames)
{
	uint64_t received = 0;

	for (uint32_t port = 0; port < PORTS; port++) {
		const struct ost_port_counts *c = ost_classifier_port_counts(g->classifier, port);
		uint64_t out = c->forwarded_pkts + c->handed_over_pkts;

		for (uint32_t reason = 0; reason < OST_REASON_SLOTS; reason++)
			out += c->refused_pkts[reason];
		if (out != c->received_pkts)
			die("a port's packets do not add up");
		if (c->refused_pkts[OST_REASON_NONE] != 0)
			die("refused for no reason");
		received += c->received_pkts;
	}
	if (received != frames)
		die("not every frame was received");
}

/* Whose frame can never pass, as far as its source MAC tells. */
static bool is_foreign(const struct ost_frame *f)
{
	if (f->port == 0 || f->length < 14)
		return false;
	if (memcmp(f->bytes + 6, macs[0], 6) == 0)
		return f->port != 1; /* pinned to dev1 */
	for (size_t i = 1; i < OST_ARRAY_SIZE(macs); i++) {
		if (memcmp(f->bytes + 6, macs[i], 6) == 0)
			return false;
	}
	return true;
}

static void verdict_check(const struct ost_frame *f, const struct ost_verdict *v)
{
	if (v->action > OST_HANDOVER || v->reason >= OST_REASON_COUNT)
		die("an unsound verdict");
	if ((v->action == OST_REFUSE) != (v->reason != OST_REASON_NONE))
		die("refused without a reason, or a reason without a refusal");
	if (v->action == OST_HANDOVER)
		die("handed over by the owner of control");
	if (v->action == OST_FORWARD && (v->egress >= PORTS || v->egress == f->port))
		die("forwarded to nowhere or back");
	if (v->action != OST_REFUSE && (f->length < 14 || is_foreign(f)))
		die("a stranger's frame passed");
}

static void judge(struct gateway *g, struct gateway *twin, const struct ost_frame *frames, uint32_t n, uint64_t now_ns)
{
	struct ost_verdict verdicts[OST_BURST];
	struct ost_explanation explanation;

	ost_classify(g->classifier, frames, n, now_ns, verdicts);
	for (uint32_t i = 0; i < n; i++) {
		if (show)
			fprintf(stderr, "port %u, %u bytes: action %u, %s\n", frames[i].port, frames[i].length,
				verdicts[i].action, ost_reason_name(verdicts[i].reason));
		verdict_check(&frames[i], &verdicts[i]);
	}
	if (twin->classifier == NULL)
		return;
	ost_classify_explain(twin->classifier, &frames[0], now_ns, &explanation);
	if (explanation.verdict.action != verdicts[0].action || explanation.verdict.reason != verdicts[0].reason ||
		(verdicts[0].action == OST_FORWARD && explanation.verdict.egress != verdicts[0].egress))
		die("explain says other than the wire does");
}

/* One frame of the input in a block of its own, so that a read past its end is seen. */
static bool frame_read(struct ost_cursor *c, struct ost_frame *ret_frame, uint8_t *ret_step)
{
	const uint8_t port = ost_cursor_u8(c);
	const uint8_t step = ost_cursor_u8(c);
	uint32_t length = ost_cursor_u8(c);
	uint8_t *bytes;

	length |= (uint32_t)ost_cursor_u8(c) << 8;
	if (c->failed)
		return false;
	length = (uint32_t)OST_MIN((size_t)OST_MIN(length, 2048u), ost_cursor_left(c));
	bytes = malloc(length > 0 ? length : 1);
	if (bytes == NULL || !ost_cursor_copy(c, bytes, length)) {
		free(bytes);
		return false;
	}
	*ret_frame = (struct ost_frame){.bytes = bytes, .length = length, .port = (uint8_t)(port % PORTS),
		.oversize = (port & 0x80) != 0};
	*ret_step = step;
	return true;
}

static void frames_free(struct ost_frame *frames, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		free((void *)(uintptr_t)frames[i].bytes);
}

static void run(struct gateway *g, struct gateway *twin, struct ost_cursor *c, uint32_t burst)
{
	struct ost_frame frames[OST_BURST];
	uint64_t now_ns = OST_NS_PER_S;
	uint32_t n = 0, total = 0;
	uint8_t step = 0;

	while (total < FRAMES_MAX && frame_read(c, &frames[n], &step)) {
		n++;
		total++;
		if (n < burst && step == 0)
			continue;
		judge(g, twin, frames, n, now_ns);
		frames_free(frames, n);
		n = 0;
		now_ns += step * STEP_NS;
		ost_classifier_sweep(g->classifier, 8, now_ns);
		if (twin->classifier != NULL)
			ost_classifier_sweep(twin->classifier, 8, now_ns);
	}
	if (n > 0)
		judge(g, twin, frames, n, now_ns);
	frames_free(frames, n);
	accounts_check(g, total);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ost_cursor c = ost_cursor_of(data, size);
	const bool single = ost_cursor_u8(&c) & 1;
	struct gateway g, twin = {0};

	if (image.header == NULL) {
		image_make();
		show = getenv("OSTIARY_SHOW") != NULL;
	}
	g = gateway_make();
	if (single)
		twin = gateway_make();
	run(&g, &twin, &c, single ? 1 : OST_BURST);
	ost_classifier_refusals_flip(g.classifier);
	(void)ost_classifier_refusals_drain(g.classifier, 0, refusal_check, NULL);
	gateway_free(&g);
	if (single)
		gateway_free(&twin);
	return 0;
}
