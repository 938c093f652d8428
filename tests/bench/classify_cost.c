/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the classifier costs: TSC cycles per packet of ost_classify() on bursts of 32 64-byte frames, both
 * directions mixed, every table in use, no I/O. The frames of a burst are copied into the same 32 buffers before
 * the clock is read, so that they are in the cache as a NIC with DDIO would leave them. Each figure is the median over
 * windows of the mean without its slowest 3 percent (preemption); lo and hi are the 10th and 90th percentile. */
#include <stdio.h>
#include <sys/mman.h>
#include <math.h>
#include <x86intrin.h>

#include "classify.h"
#include "clock.h"
#include "compile.h"
#include "jsonw.h"

#define PATTERN (1u << 20)
#define FRAME	60u
#define HUGE_BYTES ((size_t)2 << 20)
#define WINDOWS 9

struct scene {
	uint32_t devices, flows, rules_per_device;
	double zipf;
	uint32_t slots; /* at least so many */
};

struct world {
	struct scene scene;
	struct ost_policy policy;
	void *bytes;
	struct ost_image image;
	struct ost_site *site;
	struct ost_classifier *classifier;
	uint8_t (*frames)[64]; /* PATTERN of them */
	uint8_t *ports;
	uint64_t now_ns;
};

static uint64_t random_state = 42;

static uint64_t next_random(void)
{
	uint64_t x = random_state += 0x9e3779b97f4a7c15ull;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
	return x ^ (x >> 31);
}

/* As the data plane does it (dataplane/port/pages.c). */
static void *pages_alloc_sparse(size_t bytes)
{
	size_t rounded = (bytes + HUGE_BYTES - 1) & ~(HUGE_BYTES - 1);
	void *p = bytes < HUGE_BYTES ? aligned_alloc(64, bytes) : NULL;

	if (p != NULL)
		return memset(p, 0, bytes);
	p = mmap(NULL, rounded, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	(void)madvise(p, rounded, MADV_HUGEPAGE);
	return p;
}

static void *pages_alloc(size_t bytes)
{
	void *p = pages_alloc_sparse(bytes);

	if (p != NULL && bytes >= HUGE_BYTES)
		(void)madvise(p, bytes, MADV_POPULATE_WRITE);
	return p;
}

static void pages_release(void *p, size_t bytes)
{
	if (bytes < HUGE_BYTES)
		free(p);
	else
		(void)munmap(p, (bytes + HUGE_BYTES - 1) & ~(HUGE_BYTES - 1));
}

static void die(const char *what)
{
	fprintf(stderr, "classify-cost: %s\n", what);
	exit(2);
}

static void device_mac(uint32_t device, uint8_t mac[6])
{
	const uint8_t m[6] = {2, 0, 0x5e, (uint8_t)(device >> 16), (uint8_t)(device >> 8), (uint8_t)device};

	memcpy(mac, m, 6);
}

/* Rule r of a device: one remote host or network, one port. */
static void rule_remote(uint32_t device, uint32_t rule, uint32_t *addr, uint8_t *length, uint16_t *port, uint8_t *protocol)
{
	static const uint16_t ports[] = {443, 8883, 53, 123, 80, 1883, 5671, 8443, 5228, 5683};
	uint64_t h = (device * 131u + rule + 1) * 0x9e3779b97f4a7c15ull;

	h ^= h >> 29;
	*length = (uint8_t)((h >> 8 & 3) == 0 ? 24 : (h >> 8 & 3) == 1 ? 16 : 32);
	*addr = 0x20000000u | (uint32_t)(h >> 16 & 0x4fffffff);
	if (*length < 32)
		*addr &= ~((1u << (32 - *length)) - 1);
	*port = ports[(h >> 50) % 10];
	*protocol = (h & 7) < 5 ? 6 : 17;
}

static void rules_make(struct ost_role *role, uint32_t device, uint32_t n)
{
	role->rules = calloc(n, sizeof(*role->rules));
	role->rule_count = n;
	for (uint32_t i = 0; i < n; i++) {
		struct ost_rule *r = &role->rules[i];
		uint32_t addr;
		uint16_t port;

		r->text = strdup("to a network");
		r->direction = OST_TO;
		r->peer = OST_PEER_NETWORK;
		r->prefixes = calloc(1, sizeof(*r->prefixes));
		r->services = calloc(1, sizeof(*r->services));
		r->prefix_count = r->service_count = 1;
		rule_remote(device, i, &addr, &r->prefixes[0].length, &port, &r->services[0].protocol);
		r->prefixes[0].ip.family = OST_IPV4;
		for (int k = 0; k < 4; k++)
			r->prefixes[0].ip.b[k] = (uint8_t)(addr >> (24 - 8 * k));
		r->services[0].lo = r->services[0].hi = port;
	}
}

/* Each device has a role of its own: the policy holds devices * rules_per_device rules. */
static void policy_make(struct world *w)
{
	struct ost_policy *p = &w->policy;
	uint32_t n = w->scene.devices;
	char name[32];

	p->devices = calloc(n, sizeof(*p->devices));
	p->roles = calloc(n, sizeof(*p->roles));
	p->device_count = p->role_count = n;
	for (uint32_t i = 0; i < n; i++) {
		struct ost_device *d = &p->devices[i];

		(void)snprintf(name, sizeof(name), "d%u", i);
		d->name = strdup(name);
		p->roles[i].name = strdup(name);
		p->roles[i].includes = OST_INCLUDE_ARP;
		p->roles[i].limits.flows = 4000000;
		rules_make(&p->roles[i], i, w->scene.rules_per_device);
		d->role = i;
		d->has_mac = true;
		d->port = strdup("dev");
		device_mac(i, d->mac.b);
		d->addresses = calloc(1, sizeof(*d->addresses));
		d->address_count = 1;
		d->addresses[0] = (struct ost_ip){{10, (uint8_t)((i + 1) >> 16), (uint8_t)((i + 1) >> 8), (uint8_t)(i + 1)}, OST_IPV4};
	}
}

static void policy_free(struct ost_policy *p)
{
	for (uint32_t i = 0; i < p->device_count; i++) {
		free(p->devices[i].name);
		free(p->devices[i].port);
		free(p->devices[i].addresses);
		free(p->roles[i].name);
		for (uint32_t k = 0; k < p->roles[i].rule_count; k++) {
			free(p->roles[i].rules[k].text);
			free(p->roles[i].rules[k].prefixes);
			free(p->roles[i].rules[k].services);
		}
		free(p->roles[i].rules);
	}
	free(p->devices);
	free(p->roles);
	*p = (struct ost_policy){0};
}

static void put32(uint8_t *p, uint32_t v)
{
	for (int k = 0; k < 4; k++)
		p[k] = (uint8_t)(v >> (24 - 8 * k));
}

/* One 60-byte frame of flow f: Ethernet, IPv4, TCP or UDP. */
static void frame_make(const struct world *w, uint32_t flow, bool reply, bool syn, uint8_t *b)
{
	static const uint8_t router[6] = {2, 0, 0, 0, 0, 1};
	uint32_t device = flow % w->scene.devices, round = flow / w->scene.devices, addr, host;
	uint32_t own = 0x0a000000u + device + 1;
	uint16_t port, sport = (uint16_t)(1024 + round / w->scene.rules_per_device % 60000);
	uint8_t length, protocol, mac[6];

	rule_remote(device, round % w->scene.rules_per_device, &addr, &length, &port, &protocol);
	host = length == 32 ? 0 : (flow * 2654435761u) & ((1u << (32 - length)) - 1);
	addr |= host;
	memset(b, 0, 64);
	device_mac(device, mac);
	memcpy(b, reply ? mac : router, 6);
	memcpy(b + 6, reply ? router : mac, 6);
	b[12] = 8;
	b[14] = 0x45;
	b[17] = 46;
	b[20] = 0x40;
	b[22] = 64;
	b[23] = protocol;
	put32(b + 26, reply ? addr : own);
	put32(b + 30, reply ? own : addr);
	uint16_t from = reply ? port : sport, to = reply ? sport : port;

	b[34] = (uint8_t)(from >> 8);
	b[35] = (uint8_t)from;
	b[36] = (uint8_t)(to >> 8);
	b[37] = (uint8_t)to;
	if (protocol == 17) {
		b[39] = 26;
		return;
	}
	b[41] = 1;
	b[46] = 0x50;
	b[47] = syn ? (reply ? 0x12 : 0x02) : 0x10;
}

static void classify_one(struct world *w, const uint8_t *b, uint8_t port, struct ost_verdict *v)
{
	const struct ost_frame f = {.bytes = b, .length = FRAME, .port = port};

	ost_classify(w->classifier, &f, 1, w->now_ns, v);
}

/* Opens every flow, so that the measured packets are those of established ones. */
static void flows_open(struct world *w)
{
	uint8_t b[64];
	struct ost_verdict v;

	for (uint32_t f = 0; f < w->scene.flows; f++) {
		for (int step = 0; step < 2; step++) {
			frame_make(w, f, step == 1, true, b);
			classify_one(w, b, step == 1, &v);
			if (v.action != OST_FORWARD) {
				fprintf(stderr, "flow %u step %d: %s\n", f, step, ost_reason_name(v.reason));
				die("a flow of the scene was refused");
			}
		}
	}
}

/* An index in [0, n): uniform, or Zipf over a random order. */
static uint32_t *pattern_make(uint32_t n, double s)
{
	uint32_t *at = malloc(PATTERN * sizeof(*at)), *order = NULL;
	double *sum = NULL, total = 0;

	for (uint32_t i = 0; s == 0 && i < PATTERN; i++)
		at[i] = (uint32_t)(((unsigned __int128)next_random() * n) >> 64);
	if (s == 0)
		return at;
	sum = malloc(n * sizeof(*sum));
	order = malloc(n * sizeof(*order));
	for (uint32_t i = 0; i < n; i++) {
		total += 1.0 / pow(i + 1.0, s);
		sum[i] = total;
		order[i] = i;
	}
	for (uint32_t i = n - 1; i > 0; i--) {
		uint32_t j = (uint32_t)(next_random() % (i + 1)), k = order[i];

		order[i] = order[j];
		order[j] = k;
	}
	for (uint32_t i = 0; i < PATTERN; i++) {
		double u = (double)(next_random() >> 11) * 0x1p-53 * total;
		uint32_t lo = 0, hi = n - 1;

		while (lo < hi) {
			uint32_t mid = (lo + hi) / 2;

			if (sum[mid] < u)
				lo = mid + 1;
			else
				hi = mid;
		}
		at[i] = order[lo];
	}
	free(sum);
	free(order);
	return at;
}

static void world_make(struct world *w, struct scene scene)
{
	struct ost_site_config config = {.devices_max = OST_MAX(OST_MAX(scene.devices, 1000u), scene.slots), .bindings_max = 1000, .port_count = 2,
		.secret = {1, 2, 3, 4}, .alloc = pages_alloc,
		.alloc_sparse = pages_alloc_sparse, .release = pages_release};
	struct ost_classifier_config cc = {.flows4_max = OST_MAX(scene.flows, 1000u), .flows6_max = 1000,
		.refusal_records = 2048, .opened_records = 4096, .copies = 1024, .owns_control = true};
	struct ost_diag diag = {0};
	struct ost_view *old;
	char why[256];
	size_t length;

	memset(w, 0, sizeof(*w));
	w->scene = scene;
	w->now_ns = 1000 * OST_NS_PER_S;
	policy_make(w);
	if (ost_policy_compile(&w->policy, 1, &diag, &w->bytes, &length) < 0)
		die("the scene's policy does not compile");
	policy_free(&w->policy);
	if (ost_image_open(w->bytes, length, &w->image, why) < 0)
		die(why);
	memcpy(config.ports[0].name, "dev", 4);
	config.ports[0].uplink = 1;
	memcpy(config.ports[1].name, "net", 4);
	config.ports[1].side = OST_SIDE_NETWORK;
	if (ost_site_new(&config, &w->site) < 0 || ost_classifier_new(w->site, &cc, &w->classifier) < 0 ||
		ost_site_policy_set(w->site, &w->image, w->now_ns, &old) < 0)
		die("out of memory");
	w->frames = pages_alloc((size_t)PATTERN * 64);
	w->ports = malloc(PATTERN);
}

static void world_free(struct world *w)
{
	ost_classifier_free(&w->classifier);
	ost_site_free(&w->site);
	free(w->bytes);
	free(w->ports);
	pages_release(w->frames, (size_t)PATTERN * 64);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

struct result {
	double median, lo, hi, forwarded;
};

static double window(struct world *w, uint32_t *at, uint32_t bursts, double *costs, uint64_t *forwarded)
{
	static uint8_t buffers[OST_BURST][2048] __attribute__((aligned(64)));
	struct ost_frame frames[OST_BURST];
	struct ost_verdict verdicts[OST_BURST];
	uint32_t keep = bursts - bursts * 3 / 100;
	double sum = 0;

	for (uint32_t i = 0; i < bursts; i++) {
		unsigned aux;

		for (uint32_t k = 0; k < OST_BURST; k++) {
			uint32_t from = (*at + k) & (PATTERN - 1);

			memcpy(buffers[k] + 128, w->frames[from], 64);
			frames[k] = (struct ost_frame){.bytes = buffers[k] + 128, .length = FRAME, .port = w->ports[from]};
		}
		*at += OST_BURST;
		w->now_ns += 500;
		_mm_lfence();
		uint64_t t = __rdtsc();

		ost_classify(w->classifier, frames, OST_BURST, w->now_ns, verdicts);
		costs[i] = (double)(__rdtscp(&aux) - t) / OST_BURST;
		for (uint32_t k = 0; k < OST_BURST; k++)
			*forwarded += verdicts[k].action == OST_FORWARD;
	}
	qsort(costs, bursts, sizeof(*costs), by_value);
	for (uint32_t i = 0; i < keep; i++)
		sum += costs[i];
	return sum / keep;
}

static struct result measure(struct world *w, uint32_t bursts)
{
	double medians[WINDOWS], *costs = malloc(bursts * sizeof(*costs));
	uint64_t forwarded = 0;
	uint32_t at = 0;
	struct result r;

	(void)window(w, &at, bursts, costs, &forwarded); /* warm */
	forwarded = 0;
	for (int i = 0; i < WINDOWS; i++)
		medians[i] = window(w, &at, bursts, costs, &forwarded);
	qsort(medians, WINDOWS, sizeof(*medians), by_value);
	r = (struct result){medians[WINDOWS / 2], medians[0], medians[WINDOWS - 1],
		100.0 * (double)forwarded / ((double)WINDOWS * bursts * OST_BURST)};
	free(costs);
	return r;
}

static void frames_established(struct world *w)
{
	uint32_t *pattern = pattern_make(w->scene.flows, w->scene.zipf);

	for (uint32_t i = 0; i < PATTERN; i++) {
		/* A burst comes from one port, as the data plane polls them. */
		bool reply = i / OST_BURST * 0x9e3779b1u >> 31;

		frame_make(w, pattern[i], reply, false, w->frames[i]);
		w->ports[i] = reply;
	}
	free(pattern);
}

enum refused_mix { UNKNOWN_MAC, WRONG_ADDRESS, NOT_ALLOWED, WRONG_PORT, FROM_NETWORK, MIX_COUNT };

static const char *const mix_names[MIX_COUNT] = {"unknown MACs", "spoofed source addresses", "flows outside the allow-list",
	"stolen MACs on the network side", "inbound to closed ports"};

static void frames_refused(struct world *w, enum refused_mix mix)
{
	uint32_t *pattern = pattern_make(w->scene.flows, 0);

	for (uint32_t i = 0; i < PATTERN; i++) {
		uint8_t *b = w->frames[i];
		bool reply = mix == FROM_NETWORK;

		frame_make(w, pattern[i], reply, true, b);
		w->ports[i] = mix == WRONG_PORT || reply;
		if (mix == UNKNOWN_MAC)
			put32(b + 8, (uint32_t)next_random());
		if (mix == WRONG_ADDRESS)
			put32(b + 26, (uint32_t)next_random() >> 4 | 0x40000000);
		if (mix == NOT_ALLOWED)
			put32(b + 30, 0xcb007100u | (b[33]));
		if (reply) {
			b[47] = 2;
			b[36] = 0x30;
		}
	}
	free(pattern);
}

static void line(const char *what, struct result r, double base)
{
	printf("  %-58s %7.1f  (%.1f .. %.1f)", what, r.median, r.lo, r.hi);
	if (base > 0)
		printf("  x%.2f", r.median / base);
	printf("  %.0f%% forwarded\n", r.forwarded);
	fflush(stdout);
}

static double established(struct scene s, uint32_t bursts)
{
	struct world w;
	struct result r;
	char what[96];

	world_make(&w, s);
	flows_open(&w);
	frames_established(&w);
	r = measure(&w, bursts);
	(void)snprintf(what, sizeof(what), "%u devices, %u rules, %u flows, %s", s.devices, s.devices * s.rules_per_device,
		s.flows, s.zipf > 0 ? "Zipf" : "uniform");
	line(what, r, 0);
	world_free(&w);
	return r.median;
}

/* only: one mix, or MIX_COUNT for all. */
static void refused(struct scene s, uint32_t bursts, double base, uint32_t only)
{
	struct world w;

	world_make(&w, s);
	flows_open(&w);
	for (uint32_t m = 0; m < MIX_COUNT; m++) {
		if (only != MIX_COUNT && m != only)
			continue;
		frames_refused(&w, (enum refused_mix)m);
		line(mix_names[m], measure(&w, bursts), base);
	}
	world_free(&w);
}

/* New flows per second: every packet opens one. The clock jumps between rounds so that the table empties. */
static void first_packets(struct scene s)
{
	double rates[WINDOWS];
	struct world w;

	world_make(&w, s);
	for (int i = 0; i < WINDOWS; i++) {
		static uint8_t buffers[OST_BURST][64] __attribute__((aligned(64)));
		struct ost_frame frames[OST_BURST];
		struct ost_verdict verdicts[OST_BURST];
		uint64_t cycles = 0, opened = 0;
		unsigned aux;

		for (uint32_t f = 0; f + OST_BURST <= s.flows; f += OST_BURST) {
			for (uint32_t k = 0; k < OST_BURST; k++) {
				frame_make(&w, (f + k) * 7919u % s.flows, false, true, buffers[k]);
				frames[k] = (struct ost_frame){.bytes = buffers[k], .length = FRAME};
			}
			uint64_t t = __rdtsc();

			ost_classify(w.classifier, frames, OST_BURST, w.now_ns, verdicts);
			cycles += __rdtscp(&aux) - t;
			for (uint32_t k = 0; k < OST_BURST; k++)
				opened += verdicts[k].action == OST_FORWARD;
		}
		rates[i] = (double)cycles / (double)opened;
		w.now_ns += 20000 * OST_NS_PER_S;
		while (ost_classifier_sweep(w.classifier, 1000, w.now_ns) > 0)
			continue;
	}
	qsort(rates, WINDOWS, sizeof(*rates), by_value);
	uint64_t t0 = __rdtsc(), n0 = ost_clock_mono_ns();

	while (ost_clock_mono_ns() - n0 < 100 * OST_NS_PER_MS)
		continue;
	double hz = (double)(__rdtsc() - t0) * 10;

	printf("  %-58s %7.1f  (%.1f .. %.1f)  %.2f million new flows/s at %.2f GHz TSC\n", "first packets: each opens a flow",
		rates[WINDOWS / 2], rates[0], rates[WINDOWS - 1], hz / rates[WINDOWS / 2] / 1e6, hz / 1e9);
	world_free(&w);
}

/* The time of one policy swap without the wait for workers: the new view made and published, the old one freed. The gateway has
 * room for as many devices as the default of ostiary.yaml. */
static void swaps(uint32_t devices)
{
	struct scene s = {devices, 1000, 10, 0, ost_site_slots_for(100000)};
	double ms[101];
	struct world w;

	world_make(&w, s);
	for (size_t i = 0; i < OST_ARRAY_SIZE(ms); i++) {
		uint64_t since = ost_clock_mono_ns();
		struct ost_view *old;

		if (ost_site_policy_set(w.site, &w.image, w.now_ns, &old) < 0)
			die("a swap failed");
		ost_view_free(&old);
		ms[i] = (double)(ost_clock_mono_ns() - since) / 1e6;
	}
	qsort(ms, OST_ARRAY_SIZE(ms), sizeof(*ms), by_value);
	printf("  %8u devices, %8u rules: %8.3f ms  (%.3f .. %.3f)\n", devices, devices * s.rules_per_device,
		ms[OST_ARRAY_SIZE(ms) / 2], ms[0], ms[OST_ARRAY_SIZE(ms) - 1]);
	fflush(stdout);
	world_free(&w);
}

/* Roles of 1 to 10,000 rules, 16 devices with one each: what a first packet costs, and one that no rule allows. */
static void rules(uint32_t bursts, uint32_t least, uint32_t most)
{
	for (uint32_t n = least; n <= most; n *= 10) {
		struct scene s = {16, 200000, n, 0, 0};
		struct world w;

		printf("%u rules a role\n", n);
		first_packets(s);
		world_make(&w, s);
		frames_refused(&w, NOT_ALLOWED);
		line(mix_names[NOT_ALLOWED], measure(&w, bursts), 0);
		world_free(&w);
	}
}

static uint32_t number(char **argv, int argc, int i, uint32_t otherwise)
{
	return i < argc ? (uint32_t)strtoul(argv[i], NULL, 10) : otherwise;
}

/* classify-cost BURSTS flows|refused|new|swap DEVICES FLOWS [MIX]: one scene, for a profiler. rules LEAST MOST: rules a role. */
static int one_scene(int argc, char **argv, uint32_t bursts)
{
	struct scene s = {number(argv, argc, 3, 1000), number(argv, argc, 4, 10000), 10, 0, 0};

	if (strcmp(argv[2], "swap") == 0)
		swaps(s.devices);
	else if (strcmp(argv[2], "rules") == 0)
		rules(bursts, number(argv, argc, 3, 1), number(argv, argc, 4, 10000));
	else if (strcmp(argv[2], "new") == 0)
		first_packets(s);
	else if (strcmp(argv[2], "refused") == 0)
		refused(s, bursts, 0, number(argv, argc, 5, MIX_COUNT));
	else
		(void)established(s, bursts);
	return 0;
}

int main(int argc, char **argv)
{
	static const uint32_t devices[] = {1, 1000, 100000}, flows[] = {1000, 100000, 1000000};
	uint32_t bursts = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 20000;
	struct scene big = {100000, 1000000, 10, 0, 0};
	double base = 0;

	if (argc > 2)
		return one_scene(argc, argv, bursts);
	printf("Classifier alone: TSC cycles per packet, 64-byte packets, both directions, bursts of 32\n");
	for (size_t z = 0; z < 2; z++) {
		for (size_t d = 0; d < OST_ARRAY_SIZE(devices); d++) {
			for (size_t f = 0; f < OST_ARRAY_SIZE(flows); f++) {
				struct scene s = {devices[d], flows[f], 10, z ? 1.0 : 0, 0};
				double m = established(s, bursts);

				if (!z && s.devices == big.devices && s.flows == big.flows)
					base = m;
			}
		}
	}
	(void)established((struct scene){1000, 10000, 10, 0, 0}, bursts);
	printf("All refused, %u devices, %u flows beside them (x: to established traffic of the same scene)\n", big.devices,
		big.flows);
	refused(big, bursts, base, MIX_COUNT);
	printf("New flows, %u devices, %u flows\n", big.devices, big.flows);
	first_packets(big);
	printf("Large roles: 16 of them, 200,000 flows\n");
	rules(bursts, 1, 10000);
	printf("Policy swap, room for 100,000 devices: median (least .. most) of 101\n");
	for (size_t d = 0; d < OST_ARRAY_SIZE(devices); d++)
		swaps(devices[d]);
	return 0;
}
