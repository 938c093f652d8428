/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames through the classifier with small policies, from both sides, with a clock that moves, policies that are
 * swapped and states that change.
 *
 * Input: a byte of mode (enum mode), then operations. A byte says which, and its low bits the port:
 *   00wppppp, 10wppppp  raw frame (1: oversize): time step of 250 ms, two bytes of length (little endian), bytes
 *   01wppppp            made frame: time step, then seven bytes for fuzz_frame_make()
 *   11eeeeee            event (enum event), then a byte of argument
 * w is the worker when there are two. Besides the sanitizers this checks what must hold whatever comes in: every
 * frame is accounted for, a verdict is a sound one, whoever is not in the policy in force, is on another port
 * than its own, or has no right, gets no frame through, bounds are kept, and at the end every flow goes.
 * With OSTIARY_SHOW set it prints each verdict. */
#include <stdio.h>
#include <sys/mman.h>

#include "classify.h"
#include "clock.h"
#include "compile.h"
#include "cursor.h"
#include "frames.h"
#include "policy_yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PORTS	     5u /* net1, dev1, dev2, dev3, net2 */
#define PORT_IS_NET(p) ((p) == 0 || (p) == 4)
#define FRAMES_MAX   256u
#define FLOODS_MAX   3u /* they take long */
#define WORKERS_MAX  2u
#define POLICIES     4u
#define DEVICES_MAX  6u
#define BINDINGS_MAX 12u
#define FLOWS4_MAX   200u
#define FLOWS6_MAX   48u
#define STEP_NS	     (OST_NS_PER_S / 4)

enum mode {
	MODE_TWIN = 1 << 0,	 /* one by one, and compared with explain in a second gateway */
	MODE_WORKERS = 1 << 1,	 /* two workers; the second one hands over */
	MODE_NO_POLICY = 1 << 2, /* until one is swapped in */
};

enum event {
	EVENT_SWAP,
	EVENT_STATE,
	EVENT_PORT_DOWN,
	EVENT_BIND,
	EVENT_BIND_LATER,
	EVENT_BINDINGS,
	EVENT_REFUSALS,
	EVENT_SWEEP,
	EVENT_WAIT,
	EVENT_UNSENT,
	EVENT_FLOOD,
	EVENTS,
};

#define ROLES                                                                                        \
	"ostiary: 1\n"                                                                               \
	"networks: { plant: [10.20.0.0/24, \"fd00:20::/64\"] }\n"                                    \
	"infrastructure: { resolvers: [10.0.0.254, \"fd00:20::fe\"], ntp: [10.0.0.254] }\n"          \
	"roles:\n"                                                                                   \
	"  camera:\n"                                                                                \
	"    authenticate: mac\n"                                                                    \
	"    include: [arp, nd, dhcp, dns, ntp]\n"                                                   \
	"    allow:\n"                                                                               \
	"      - to: { network: plant, service: tcp/443 }\n"                                         \
	"      - to: { network: plant, service: [icmp/echo-request, icmpv6/echo-request, ip/47] }\n" \
	"      - to: { role: plc, service: [tcp/502, udp/5001] }\n"                                  \
	"      - from: { network: plant, service: tcp/80 }\n"                                        \
	"    limits: { packets: 100/s, new-flows: 20/s, flows: 16 }\n"                               \
	"  plc:\n"                                                                                   \
	"    authenticate: mac\n"                                                                    \
	"    include: [arp, nd, dhcp, dhcpv6, igmp]\n"                                               \
	"    allow:\n"                                                                               \
	"      - from: { role: camera, service: [tcp/502, udp/5001] }\n"                             \
	"      - to: { network: plant, service: udp/5000-5010 }\n"                                   \
	"    limits: { bytes: 2000/s, addresses: 4 }\n"

static const char *const policies[POLICIES] = {
	ROLES "devices:\n"
	      "  cam: { role: camera, mac: \"02:00:00:00:00:01\", port: dev1, address: [10.0.0.1, \"fd00:20::1\"] }\n"
	      "  plc: { role: plc, mac: \"02:00:00:00:00:02\", address: 10.0.0.2 }\n"
	      "  tag: { role: plc, mac: \"02:00:00:00:00:03\", vlan: 7 }\n",
	ROLES "  strong: { authenticate: eap-tls, include: [arp, nd, dhcp], allow: [ { to: { network: any, service: any } } ] }\n"
	      "devices:\n"
	      "  plc: { role: plc, mac: \"02:00:00:00:00:02\" }\n"
	      "  cam: { role: camera, mac: \"02:00:00:00:00:01\", port: dev3, address: 10.0.0.1 }\n"
	      "  new: { role: strong, mac: \"02:00:00:00:00:04\", address: [10.0.0.77, \"fd00:20::77\"] }\n",
	"ostiary: 1\n"
	"roles: { open: { include: [arp, nd, dhcp, dhcpv6, igmp], allow: [ { to: { network: any } }, { from: { network: any } } ] } }\n"
	"devices:\n"
	"  tag: { role: open, mac: \"02:00:00:00:00:03\", vlan: 7 }\n"
	"  qinq: { role: open, mac: \"02:00:00:00:00:03\", vlan: 100.7 }\n"
	"  two: { role: open, mac: \"02:00:00:00:00:04\", address: 10.0.0.78 }\n"
	"  nobody: { role: open, mac: \"02:00:00:00:00:09\", port: dev9 }\n",
	/* More than there is room for. */
	"ostiary: 1\nroles: { r: { } }\ndevices:\n"
	"  a: { role: r, mac: \"02:00:00:00:00:01\" }\n  b: { role: r, mac: \"02:00:00:00:00:02\" }\n"
	"  c: { role: r, mac: \"02:00:00:00:00:03\" }\n  d: { role: r, mac: \"02:00:00:00:00:04\" }\n"
	"  e: { role: r, mac: \"02:00:00:00:00:05\" }\n  f: { role: r, mac: \"02:00:00:00:00:06\" }\n"
	"  g: { role: r, mac: \"02:00:00:00:00:07\" }\n",
};

static struct ost_image images[POLICIES];
static bool show;

static void die(const char *what)
{
	fprintf(stderr, "fuzz_packet: %s\n", what);
	abort();
}

static void image_make(const char *text, struct ost_image *ret_image)
{
	struct ost_policy_source source = {"policy.yaml", text, strlen(text)};
	struct ost_policy *policy = NULL;
	struct ost_diag diag = {0};
	static uint64_t generation;
	char line[512];
	size_t length;
	void *bytes;

	if (ost_policy_parse(&source, 1, &diag, &policy) != 0 ||
		ost_policy_compile(policy, ++generation, &diag, &bytes, &length) != 0) {
		for (uint32_t i = 0; i < diag.count; i++) {
			ost_finding_format(&diag.findings[i], line, sizeof(line));
			fprintf(stderr, "%s\n", line);
		}
		die("its policy is wrong");
	}
	ost_policy_free(&policy);
	ost_diag_free(&diag);
	if (ost_image_open(bytes, length, ret_image, line) != 0)
		die(line);
}

/* ---- memory ---- */

#define LARGE_BYTES (64u << 10)
#define LARGE_MAX   16u

/* The site's rings are of the design size and hardly used: their pages are kept and emptied, a page that
 * nobody may touch behind them. All else is a block of its own, for the sanitizer. */
static struct large {
	void *memory;
	size_t bytes;
	bool used;
} larges[LARGE_MAX];

static void *large_alloc(size_t bytes)
{
	const size_t page = 4096, rounded = (bytes + page - 1) & ~(page - 1);
	struct large *l = larges;

	while (l < larges + LARGE_MAX && l->memory != NULL && (l->used || l->bytes != bytes))
		l++;
	if (l == larges + LARGE_MAX)
		die("no room for a large table");
	if (l->memory == NULL) {
		l->memory = mmap(NULL, rounded + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (l->memory == MAP_FAILED || mprotect((uint8_t *)l->memory + rounded, page, PROT_NONE) != 0)
			die("no memory");
		l->bytes = bytes;
	}
	l->used = true;
	return l->memory;
}

static void *table_alloc(size_t bytes)
{
	void *p;

	if (bytes >= LARGE_BYTES)
		return large_alloc(bytes);
	p = aligned_alloc(OST_CACHE_LINE, bytes > 0 ? bytes : OST_CACHE_LINE);
	if (p == NULL)
		die("no memory");
	return memset(p, 0, bytes);
}

static void table_release(void *memory, size_t bytes)
{
	if (bytes < LARGE_BYTES) {
		free(memory);
		return;
	}
	for (struct large *l = larges; l < larges + LARGE_MAX; l++) {
		if (l->memory == memory) {
			(void)madvise(memory, bytes, MADV_DONTNEED);
			l->used = false;
		}
	}
}

/* ---- a gateway ---- */

struct gateway {
	struct ost_site *site;
	struct ost_classifier *workers[WORKERS_MAX];
	uint32_t worker_count;
	uint64_t now_ns;
	uint64_t frames, handed; /* given to ost_classify(); handed over by it */
	uint32_t floods;
	/* the last frame that was forwarded to a device of its own, until it was taken back */
	struct {
		struct ost_verdict verdict;
		uint32_t length;
		uint8_t port, worker;
		bool there;
	} sent;
};

static void policy_swap(struct gateway *g, const struct ost_image *image)
{
	const struct ost_image *before = ost_site_image(g->site);
	uint64_t generation = before != NULL ? before->generation : 0;
	struct ost_view *old = NULL;
	int r = ost_site_policy_set(g->site, image, g->now_ns, &old);

	if (r == -ENOSPC) {
		before = ost_site_image(g->site);
		if (generation != (before != NULL ? before->generation : 0))
			die("a policy that does not fit changed the one in force");
		return;
	}
	if (r != 0 || ost_site_image(g->site)->generation != image->generation)
		die("the policy was not set");
	ost_view_free(&old);
}

static void gateway_make(struct gateway *g, uint8_t mode)
{
	const struct ost_site_config site = {
		.devices_max = DEVICES_MAX,
		.bindings_max = BINDINGS_MAX,
		.port_count = PORTS,
		.ports = {{"net1", OST_SIDE_NETWORK, 0}, {"dev1", OST_SIDE_DEVICE, 0}, {"dev2", OST_SIDE_DEVICE, 0},
			{"dev3", OST_SIDE_DEVICE, 4}, {"net2", OST_SIDE_NETWORK, 0}},
		.secret = {1, 2, 3, 4},
		.alloc = table_alloc,
		.release = table_release,
	};

	*g = (struct gateway){.now_ns = OST_NS_PER_S, .worker_count = mode & MODE_WORKERS ? 2 : 1};
	if (ost_site_new(&site, &g->site) != 0)
		die("no site");
	for (uint32_t i = 0; i < g->worker_count; i++) {
		const struct ost_classifier_config config = {.flows4_max = FLOWS4_MAX, .flows6_max = FLOWS6_MAX,
			.refusal_records = 64, .owns_control = i == 0, .shared_limits = g->worker_count > 1};

		if (ost_classifier_new(g->site, &config, &g->workers[i]) != 0)
			die("no classifier");
	}
	if (!(mode & MODE_NO_POLICY))
		policy_swap(g, &images[0]);
}

static void gateway_free(struct gateway *g)
{
	for (uint32_t i = 0; i < g->worker_count; i++)
		ost_classifier_free(&g->workers[i]);
	ost_site_free(&g->site);
}

/* ---- what must hold ---- */

/* received = forwarded + refused + handed over, on each port, and together what we put in. */
static uint64_t worker_accounts_check(const struct ost_classifier *c, uint64_t *handed)
{
	uint64_t received = 0;

	for (uint32_t port = 0; port < PORTS; port++) {
		const struct ost_port_counts *n = ost_classifier_port_counts(c, port);
		uint64_t out = n->forwarded_pkts + n->handed_over_pkts;

		for (uint32_t reason = 0; reason < OST_REASON_SLOTS; reason++)
			out += n->refused_pkts[reason];
		if (out != n->received_pkts)
			die("a port's packets do not add up");
		if (n->refused_pkts[OST_REASON_NONE] != 0)
			die("refused for no reason");
		if (n->forwarded_bytes > n->received_bytes)
			die("more bytes forwarded than received");
		received += n->received_pkts;
		*handed += n->handed_over_pkts;
	}
	return received;
}

/* What devices count is part of what ports count. */
static void devices_check(const struct gateway *g)
{
	uint64_t forwarded = 0, refused = 0, of_devices = 0, of_devices_refused = 0;

	for (uint32_t w = 0; w < g->worker_count; w++) {
		for (uint32_t port = 0; port < PORTS; port++) {
			const struct ost_port_counts *n = ost_classifier_port_counts(g->workers[w], port);

			forwarded += n->forwarded_pkts;
			for (uint32_t i = 0; i < OST_REASON_COUNT; i++)
				refused += n->refused_pkts[i];
		}
		for (uint32_t slot = 0; slot < DEVICES_MAX; slot++) {
			struct ost_device_counts n;

			ost_classifier_device_counts(g->workers[w], slot, &n);
			if (n.flows != 0)
				die("a flow was left with its device");
			if (n.out_pkts > forwarded || n.in_pkts > forwarded)
				die("a device's packets were not forwarded");
			of_devices += n.out_pkts + n.in_pkts;
			for (uint32_t i = 0; i < OST_REASON_COUNT; i++)
				of_devices_refused += n.refused_pkts[i];
		}
	}
	if (of_devices > forwarded || of_devices_refused > refused)
		die("devices count more than ports");
}

static void accounts_check(const struct gateway *g)
{
	uint64_t received = 0, handed = 0;

	for (uint32_t w = 0; w < g->worker_count; w++)
		received += worker_accounts_check(g->workers[w], &handed);
	if (received != g->frames || handed != g->handed)
		die("not every frame was received");
}

/* A device of the policy in force with this MAC that stands at the port, or at any for PORTS. */
static bool device_at(const struct gateway *g, const uint8_t *mac, uint32_t port, bool with_rights, uint32_t vlan)
{
	const struct ost_image *image = ost_site_image(g->site);
	struct ost_site_device d;

	for (uint32_t i = 0; image != NULL && i < image->device_count; i++) {
		uint32_t slot = ost_site_slot(g->site, i);

		if (slot == OST_DEVICE_NONE || memcmp(image->devices[i].mac, mac, 6) != 0 ||
			(vlan != UINT32_MAX && image->devices[i].vlan != vlan))
			continue;
		if (ost_site_device_get(g->site, slot, &d) != 0 || d.image_device != i)
			die("a device has no slot of its own");
		if ((port == PORTS || d.port == port) && (!with_rights || ost_state_rights((enum ost_state)d.state) != 0))
			return true;
	}
	return false;
}

/* TCP without tags and extension headers: nothing but its own flow lets it pass. */
static bool is_tcp(const struct ost_frame *f)
{
	const uint8_t *b = f->bytes;

	return (f->length >= 34 && b[12] == 8 && b[13] == 0 && b[23] == 6) ||
		(f->length >= 54 && b[12] == 0x86 && b[13] == 0xdd && b[20] == 6);
}

static void passed_check(const struct gateway *g, const struct ost_frame *f, const struct ost_verdict *v)
{
	if (f->length < 14 || f->oversize || (f->bytes[6] & 1) != 0)
		die("a frame that is none passed");
	if (v->action == OST_FLOOD_DEVICES) {
		if (!PORT_IS_NET(f->port) || !(f->bytes[0] & 1))
			die("flooded from a device, or to one address");
		return;
	}
	if (v->egress >= PORTS || v->egress == f->port)
		die("forwarded to nowhere or back");
	if (!PORT_IS_NET(f->port)) {
		if (!device_at(g, f->bytes + 6, f->port, true, UINT32_MAX))
			die("a stranger's frame passed");
		if (PORT_IS_NET(v->egress) && v->egress != (f->port == 3 ? 4 : 0))
			die("not out of the port's uplink");
	} else {
		if (PORT_IS_NET(v->egress))
			die("forwarded from network to network");
		/* Packets of an established flow are found by the device's address and MAC, not by who sent them. */
		if (f->bytes[12] == 8 && f->bytes[13] == 6 && device_at(g, f->bytes + 6, PORTS, false, 0))
			die("a device's MAC passed from the network");
	}
	if (is_tcp(f) && !PORT_IS_NET(v->egress) && !device_at(g, f->bytes, v->egress, false, 0))
		die("forwarded where its destination is not");
}

static void verdict_check(const struct gateway *g, const struct ost_frame *f, const struct ost_verdict *v, uint32_t worker)
{
	if (v->action > OST_HANDOVER || v->reason >= OST_REASON_COUNT)
		die("an unsound verdict");
	if ((v->action == OST_REFUSE) != (v->reason != OST_REASON_NONE))
		die("refused without a reason, or a reason without a refusal");
	if (v->action == OST_HANDOVER && worker == 0)
		die("handed over by the owner of control");
	/* OST_DEVICE_NONE, or 24 bits of it */
	if (v->device < 0xffffff && v->device >= ost_site_slots(g->site))
		die("accounted to a device that is none");
	if (v->action == OST_FORWARD || v->action == OST_FLOOD_DEVICES)
		passed_check(g, f, v);
}

static void bounds_check(const struct gateway *g)
{
	uint64_t flows, max;
	uint32_t bindings_max;

	for (uint32_t w = 0; w < g->worker_count; w++) {
		ost_classifier_flows(g->workers[w], &flows, &max);
		if (flows > max || max != FLOWS4_MAX + FLOWS6_MAX)
			die("more flows than there is room for");
	}
	if (ost_site_bindings(g->site, &bindings_max) > bindings_max || ost_site_slots(g->site) > DEVICES_MAX)
		die("more bindings or devices than there is room for");
}

static void refusal_check(void *user, const struct ost_refusal *r)
{
	(void)user;
	if (r->reason == OST_REASON_NONE || r->reason >= OST_REASON_COUNT || r->count_pkts == 0 || r->port >= PORTS ||
		r->first_wall_ns > r->last_wall_ns)
		die("an unsound refusal record");
}

static void binding_check(void *user, const struct ost_binding_event *e)
{
	(void)user;
	if (e->slot >= DEVICES_MAX || e->vlan >= 1u << 24 || e->source >= OST_BINDING_SOURCE_COUNT ||
		(e->ip.family != OST_IPV4 && e->ip.family != OST_IPV6))
		die("an unsound binding event");
}

/* ---- events ---- */

static void refusals_drain(struct gateway *g)
{
	for (uint32_t w = 0; w < g->worker_count; w++) {
		ost_classifier_refusals_flip(g->workers[w]);
		(void)ost_classifier_refusals_drain(g->workers[w], 0, refusal_check, NULL);
	}
}

static void sweep_all(struct gateway *g)
{
	for (uint32_t w = 0; w < g->worker_count; w++) {
		while (ost_classifier_sweep(g->workers[w], 1000, g->now_ns) > 0)
			;
	}
}

static void bind(struct gateway *g, uint8_t arg, bool later)
{
	static const uint64_t ends_s[4] = {0, 1, 60, 1000000};
	struct ost_ip ip = {.family = arg & 0x20 ? OST_IPV6 : OST_IPV4};
	uint64_t expires_ns = ends_s[arg >> 6] == 0 ? 0 : g->now_ns + ends_s[arg >> 6] * OST_NS_PER_S;
	int r;

	memcpy(ip.b, arg & 0x20 ? fuzz_ip6[arg >> 2 & 7] : fuzz_ip4[arg >> 2 & 7], arg & 0x20 ? 16 : 4);
	if (later)
		r = ost_site_bind_later(g->site, arg & 3, &ip, OST_BINDING_DHCP, expires_ns);
	else
		r = ost_site_bind(g->site, arg & 3, &ip, arg & 0x10 ? OST_BINDING_DHCP : OST_BINDING_ND, expires_ns);
	if (r != 0 && r != -ENOENT && r != -EADDRINUSE && r != -ENOSPC)
		die("a binding ended in an error of another kind");
}

static void unsent(struct gateway *g)
{
	if (g->sent.there)
		ost_classifier_unsent(g->workers[g->sent.worker], g->sent.port, g->sent.verdict.device,
			PORT_IS_NET(g->sent.port), 1, g->sent.length, OST_REASON_EGRESS_FULL);
	g->sent.there = false;
}

static void judge_some(struct gateway *g, uint32_t worker, const struct ost_frame *frames, uint32_t n);

/* Many frames that differ in one value: tables fill, limits are met. */
static void flood(struct gateway *g, uint8_t arg)
{
	/* kind, MACs, addresses, ports, VLAN, two of detail; who sends, then what */
	static const struct {
		uint8_t port, macs, ips;
	} senders[4] = {{2, 0x51, 0x31}, {1, 0x50, 0x30}, {2, 0x53, 0x37}, {0, 0x05, 0x03}};
	static const struct {
		uint8_t kind, ports, a, varies; /* at this byte of the frame */
	} what[4] = {{1, 0x30, 0, 35}, {0, 0x0f, 0, 35}, {7, 0, 2, 77}, {2, 0, 0, 39}};
	const uint32_t sender = arg >> 2 & 3, n = 16u << (arg >> 6), which = arg & 3;
	const uint8_t seed[7] = {what[which].kind, senders[sender].macs, which == 2 ? 0x65 : senders[sender].ips,
		sender == 3 ? 0x1f : what[which].ports, 0, what[which].a, 3};
	struct ost_cursor c = ost_cursor_of(seed, sizeof(seed));
	uint8_t bytes[FUZZ_FRAME_MAX], *copy;
	struct ost_frame frame = {.length = fuzz_frame_make(&c, bytes), .port = senders[sender].port};

	for (uint32_t i = 0; i < n; i++) {
		copy = malloc(frame.length);
		if (copy == NULL)
			die("no memory");
		if (!(arg & 0x20))
			bytes[what[which].varies] = (uint8_t)(i + (arg & 0x10 ? 100 : 0));
		memcpy(copy, bytes, frame.length);
		frame.bytes = copy;
		judge_some(g, 0, &frame, 1);
		free(copy);
	}
}

static void event(struct gateway *g, uint8_t what, uint8_t arg)
{
	switch (what % EVENTS) {
	case EVENT_SWAP:
		g->sent.there = false; /* it is sent before anything else happens */
		policy_swap(g, &images[arg % POLICIES]);
		break;
	case EVENT_STATE:
		(void)!ost_site_device_state_set(g->site, arg & 3, (enum ost_state)((arg >> 2) % (OST_STATE_COUNT + 1)),
			(enum ost_assurance)(arg >> 6));
		break;
	case EVENT_PORT_DOWN:
		g->sent.there = false;
		ost_site_port_down(g->site, arg % PORTS);
		break;
	case EVENT_BIND:
	case EVENT_BIND_LATER:
		bind(g, arg, what % EVENTS == EVENT_BIND_LATER);
		break;
	case EVENT_BINDINGS:
		(void)ost_site_binding_events(g->site, binding_check, NULL);
		break;
	case EVENT_REFUSALS:
		refusals_drain(g);
		break;
	case EVENT_SWEEP:
		sweep_all(g);
		break;
	case EVENT_WAIT:
		g->now_ns += (uint64_t)arg * arg * 10 * OST_NS_PER_S;
		break;
	case EVENT_FLOOD:
		if (g->floods++ < FLOODS_MAX)
			flood(g, arg);
		break;
	default:
		unsent(g);
	}
}

/* ---- frames ---- */

static void judge_some(struct gateway *g, uint32_t worker, const struct ost_frame *frames, uint32_t n)
{
	struct ost_verdict verdicts[OST_BURST];
	struct ost_frame handed[OST_BURST];
	uint32_t handed_count = 0;

	ost_classify(g->workers[worker], frames, n, g->now_ns, verdicts);
	g->frames += n;
	for (uint32_t i = 0; i < n; i++) {
		const struct ost_verdict *v = &verdicts[i];

		if (show)
			fprintf(stderr, "worker %u, port %u, %u bytes: action %u to %u, %s\n", worker, frames[i].port,
				frames[i].length, v->action, v->egress, ost_reason_name(v->reason));
		verdict_check(g, &frames[i], v, worker);
		if (v->action == OST_HANDOVER)
			handed[handed_count++] = frames[i];
		if (v->action == OST_FORWARD) {
			g->sent.verdict = *v;
			g->sent.length = frames[i].length;
			g->sent.port = frames[i].port;
			g->sent.worker = (uint8_t)worker;
			g->sent.there = true;
		}
	}
	g->handed += handed_count;
	if (handed_count > 0)
		judge_some(g, 0, handed, handed_count);
	bounds_check(g);
}

static void explain_check(struct gateway *g, struct gateway *twin, uint32_t worker, const struct ost_frame *frame)
{
	const struct ost_image *image = ost_site_image(g->site);
	struct ost_explanation e;
	struct ost_verdict v;

	ost_classify_explain(twin->workers[worker], frame, g->now_ns, &e);
	ost_classify(g->workers[worker], frame, 1, g->now_ns, &v);
	g->frames++;
	if (show)
		fprintf(stderr, "worker %u, port %u, %u bytes: action %u to %u, %s\n", worker, frame->port, frame->length,
			v.action, v.egress, ost_reason_name(v.reason));
	if (e.verdict.action != v.action || e.verdict.reason != v.reason || e.verdict.device != v.device ||
		(v.action == OST_FORWARD && e.verdict.egress != v.egress))
		die("explain says other than the wire does");
	if (image != NULL && ((e.device != OST_DEVICE_NONE && e.device >= image->device_count) ||
		(e.rule != UINT32_MAX && e.rule >= image->rule_count) ||
		(e.peer_rule != UINT32_MAX && e.peer_rule >= image->rule_count) ||
		(e.peer_device != OST_DEVICE_NONE && e.peer_device >= image->device_count)))
		die("explained by what is not there");
	verdict_check(g, frame, &v, worker);
	bounds_check(g);
	if (v.action == OST_HANDOVER) {
		g->handed++;
		explain_check(g, twin, 0, frame);
	}
}

/* A burst as it comes together. */
struct pending {
	struct ost_frame frames[OST_BURST];
	uint32_t count, worker;
};

static void pending_judge(struct gateway *g, struct gateway *twin, struct pending *p)
{
	if (p->count == 0)
		return;
	if (twin->site != NULL)
		explain_check(g, twin, p->worker, &p->frames[0]);
	else
		judge_some(g, p->worker, p->frames, p->count);
	for (uint32_t i = 0; i < p->count; i++)
		free((void *)(uintptr_t)p->frames[i].bytes);
	p->count = 0;
}

/* One frame of the input in a block of its own, so that a read past its end is seen. */
static bool frame_read(struct ost_cursor *c, uint8_t op, struct ost_frame *ret_frame, uint8_t *ret_step)
{
	uint8_t made[FUZZ_FRAME_MAX], step = ost_cursor_u8(c);
	const uint8_t *from = made;
	uint32_t length;
	uint8_t *bytes;

	if (op & 0x40) {
		length = fuzz_frame_make(c, made);
	} else {
		length = ost_cursor_u8(c);
		length |= (uint32_t)ost_cursor_u8(c) << 8;
		length = (uint32_t)OST_MIN((size_t)OST_MIN(length, 2048u), ost_cursor_left(c));
		from = ost_cursor_take(c, length);
	}
	if (c->failed)
		return false;
	bytes = malloc(length > 0 ? length : 1);
	if (bytes == NULL)
		return false;
	if (length > 0)
		memcpy(bytes, from, length);
	*ret_frame = (struct ost_frame){.bytes = bytes, .length = length, .port = (uint8_t)((op & 0x1f) % PORTS),
		.oversize = (op & 0xc0) == 0x80};
	*ret_step = step;
	return true;
}

static void time_pass(struct gateway *g, uint8_t step)
{
	g->now_ns += step * STEP_NS;
	for (uint32_t w = 0; w < g->worker_count; w++)
		(void)ost_classifier_sweep(g->workers[w], 8, g->now_ns);
}

static void run(struct gateway *g, struct gateway *twin, struct ost_cursor *c)
{
	struct pending p = {.count = 0};
	const uint32_t burst = twin->site != NULL ? 1 : OST_BURST;
	struct ost_frame frame;
	uint8_t step;

	for (uint32_t total = 0; total < FRAMES_MAX && ost_cursor_left(c) > 0; total++) {
		uint8_t op = ost_cursor_u8(c);
		uint32_t worker = g->worker_count > 1 ? op >> 5 & 1 : 0;

		if ((op & 0xc0) == 0xc0) {
			uint8_t arg = ost_cursor_u8(c);

			pending_judge(g, twin, &p);
			event(g, op & 0x3f, arg);
			if (twin->site != NULL)
				event(twin, op & 0x3f, arg);
			continue;
		}
		if (!frame_read(c, op, &frame, &step))
			break;
		if (worker != p.worker)
			pending_judge(g, twin, &p);
		p.worker = worker;
		p.frames[p.count++] = frame;
		if (p.count < burst && step == 0)
			continue;
		pending_judge(g, twin, &p);
		time_pass(g, step);
		if (twin->site != NULL)
			time_pass(twin, step);
	}
	pending_judge(g, twin, &p);
}

/* Two days later nothing is left of any flow. */
static void end_check(struct gateway *g)
{
	uint64_t flows, max;

	accounts_check(g);
	refusals_drain(g);
	(void)ost_site_binding_events(g->site, binding_check, NULL);
	if (ost_site_image(g->site) == NULL)
		return;
	g->now_ns += 2 * 86400 * OST_NS_PER_S;
	/* The rest of a pass, one for flows, one for the other names of those between devices. */
	sweep_all(g);
	sweep_all(g);
	sweep_all(g);
	for (uint32_t w = 0; w < g->worker_count; w++) {
		ost_classifier_flows(g->workers[w], &flows, &max);
		if (flows != 0)
			die("a flow outlived its time");
	}
	devices_check(g);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ost_cursor c = ost_cursor_of(data, size);
	const uint8_t mode = ost_cursor_u8(&c);
	struct gateway g, twin = {0};

	if (images[0].header == NULL) {
		for (uint32_t i = 0; i < POLICIES; i++)
			image_make(policies[i], &images[i]);
		show = getenv("OSTIARY_SHOW") != NULL;
	}
	gateway_make(&g, mode);
	if (mode & MODE_TWIN)
		gateway_make(&twin, mode);
	run(&g, &twin, &c);
	end_check(&g);
	gateway_free(&g);
	if (twin.site != NULL)
		gateway_free(&twin);
	return 0;
}
