/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet_gateway.h"

#include <stdio.h>
#include <sys/mman.h>

#include "clock.h"
#include "compile.h"
#include "packet_events.h"
#include "policy_yaml.h"

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
	"      - to: { name: [a.example, .cdn], service: tcp/4000 }\n"                                \
	"      - from: { name: b.example, service: udp/4001 }\n"                                     \
	"    limits: { names: 5, packets: 100/s, new-flows: 20/s, flows: 16 }\n"                               \
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
	      "  new: { role: strong, certificate: \"urn:dev:new\", mac: \"02:00:00:00:00:04\", address: [10.0.0.77, \"fd00:20::77\"] }\n",
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

struct ost_image fuzz_images[POLICIES];

void fuzz_die(const char *what)
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
		fuzz_die("its policy is wrong");
	}
	ost_policy_free(&policy);
	ost_diag_free(&diag);
	if (ost_image_open(bytes, length, ret_image, line) != 0)
		fuzz_die(line);
}

void fuzz_images_make(void)
{
	for (uint32_t i = 0; i < POLICIES; i++)
		image_make(policies[i], &fuzz_images[i]);
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
		fuzz_die("no room for a large table");
	if (l->memory == NULL) {
		l->memory = mmap(NULL, rounded + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (l->memory == MAP_FAILED || mprotect((uint8_t *)l->memory + rounded, page, PROT_NONE) != 0)
			fuzz_die("no memory");
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
		fuzz_die("no memory");
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

/* Out with those that the image does not have, until nothing of them is left, then in with it. */
static int swap_in_two(struct gateway *g, const struct ost_image *image, struct ost_view **ret_old)
{
	const uint64_t generation = ost_site_image(g->site)->generation;

	if (ost_site_policy_without(g->site, image, ret_old) != 0)
		fuzz_die("devices cannot leave");
	if (ost_site_image(g->site)->generation != generation)
		fuzz_die("without some devices it is another policy");
	fuzz_sweep_all(g);
	fuzz_sweep_all(g);
	fuzz_sweep_all(g);
	if (ost_site_departed(g->site) != 0)
		fuzz_die("something is left of a device that left");
	ost_view_free(ret_old);
	return ost_site_policy_set(g->site, image, g->now_ns, ret_old);
}

void fuzz_policy_swap(struct gateway *g, const struct ost_image *image)
{
	const struct ost_image *before = ost_site_image(g->site);
	uint64_t generation = before != NULL ? before->generation : 0;
	struct ost_view *old = NULL;
	int r = ost_site_policy_set(g->site, image, g->now_ns, &old);

	if (r == -ENOSPC && before != NULL)
		r = swap_in_two(g, image, &old);
	if (r == -ENOSPC) {
		before = ost_site_image(g->site);
		if (generation != (before != NULL ? before->generation : 0))
			fuzz_die("a policy that does not fit changed the one in force");
		return;
	}
	if (r != 0 || ost_site_image(g->site)->generation != image->generation)
		fuzz_die("the policy was not set");
	ost_view_free(&old);
}

void fuzz_gateway_make(struct gateway *g, uint8_t mode)
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
		fuzz_die("no site");
	for (uint32_t i = 0; i < g->worker_count; i++) {
		const struct ost_classifier_config config = {.flows4_max = FLOWS4_MAX, .flows6_max = FLOWS6_MAX,
			.refusal_records = 64, .opened_records = 32, .copies = 32, .segments = 16, .owns_control = i == 0, .shared_limits = g->worker_count > 1};

		if (ost_classifier_new(g->site, &config, &g->workers[i]) != 0)
			fuzz_die("no classifier");
	}
	ost_site_observer_set(g->site, true);
	if (!(mode & MODE_NO_POLICY))
		fuzz_policy_swap(g, &fuzz_images[0]);
}

void fuzz_gateway_free(struct gateway *g)
{
	for (uint32_t i = 0; i < g->worker_count; i++)
		ost_classifier_free(&g->workers[i]);
	ost_site_free(&g->site);
}
