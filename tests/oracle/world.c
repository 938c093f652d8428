/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "world.h"

#include "burst.h"
#include "clock.h"
#include "compile.h"

#define FLOWS_MAX    16384u
#define EXTRA_MAX    36u /* bindings that are not written in the policy */
#define BINDINGS_MAX 256u
#define NAMES_MAX    16384u /* nothing ever gives way */

static void must(int r, const char *what)
{
	if (r == 0)
		return;
	(void)fprintf(stderr, "oracle: %s: %s\n", what, strerror(-r));
	abort();
}

static void *make(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size);

	must(p ? 0 : -ENOMEM, "memory");
	return p;
}

static void compile_policy(
	const struct ost_policy *policy, void **ret_bytes, struct ost_image *ret_image)
{
	struct ost_diag diag = {0};
	char why[256] = "", text[300];
	size_t length;
	int r = ost_policy_compile(policy, 1, &diag, ret_bytes, &length);

	for (uint32_t i = 0; i < diag.count; i++) {
		(void)ost_finding_format(&diag.findings[i], text, sizeof(text));
		(void)fprintf(stderr, "oracle: %s\n", text);
	}
	must(r, "compile");
	r = ost_image_open(*ret_bytes, length, ret_image, why);
	must(r, why);
	ost_diag_free(&diag);
}

static void site_make(struct world *w, struct rng *rng)
{
	struct ost_site_config *config = make(1, sizeof(*config));
	const struct ost_classifier_config classifier = {.flows4_max = FLOWS_MAX,
		.flows6_max = FLOWS_MAX,
		.refusal_records = 1024,
		.owns_control = true,
		.tcp_established_s = WORLD_TIMEOUT_S,
		.tcp_opening_s = WORLD_TIMEOUT_S,
		.tcp_closing_s = WORLD_TIMEOUT_S,
		.udp_s = WORLD_TIMEOUT_S,
		.udp_reply_s = WORLD_TIMEOUT_S,
		.icmp_s = WORLD_TIMEOUT_S,
		.other_s = WORLD_TIMEOUT_S};

	config->devices_max = 64;
	config->bindings_max = BINDINGS_MAX;
	config->names_max = NAMES_MAX;
	config->port_count = WORLD_PORTS;
	for (uint32_t i = 0; i < WORLD_PORTS; i++) {
		bool network = i >= WORLD_NETWORK;

		(void)snprintf(config->ports[i].name, sizeof(config->ports[i].name),
			network ? "net%u" : "dev%u", network ? i - WORLD_NETWORK : i);
		config->ports[i].side = network ? OST_SIDE_NETWORK : OST_SIDE_DEVICE;
		config->ports[i].uplink = (uint8_t)(WORLD_NETWORK + (i == 1));
		w->naive.is_network[i] = network;
		w->naive.uplink[i] = config->ports[i].uplink;
	}
	for (uint32_t i = 0; i < 4; i++)
		config->secret[i] = rng_next(rng);
	must(ost_site_new(config, &w->site), "site");
	must(ost_classifier_new(w->site, &classifier, &w->classifier), "classifier");
	free(config);
}

/* ost_classify() takes the best instruction set that the machine has; here each policy is judged
 * with another one, as far as the machine has them. It does what ost_classify() does, behind
 * classify.h's back. */
void world_classify(
	struct world *w, const struct ost_frame *frames, uint32_t n, struct ost_verdict *verdicts)
{
	struct ost_classifier *c = w->classifier;

	c->view = atomic_load(&c->site->view);
	c->now_ns = w->now_ns;
	c->tick = (uint32_t)(w->now_ns >> OST_TICK_SHIFT);
#ifdef __x86_64__
	if (w->variant == 1 && __builtin_cpu_supports("avx2")) {
		ost_burst_avx2(c, frames, n, verdicts);
		return;
	}
#endif
	if (w->variant == 0)
		ost_burst_plain(c, frames, n, verdicts);
	else
		ost_classify(c, frames, n, w->now_ns, verdicts);
}

static void bind(struct naive_world *n, uint32_t device, const struct ost_ip *ip)
{
	n->bindings[n->binding_count++] = (struct naive_binding){
		.ip = *ip, .vlan = n->policy->devices[device].vlan, .device = device};
}

/* The policy's addresses, and some as if learned. An address has one holder in a VLAN. */
static void bindings_make(struct world *w, struct rng *rng)
{
	struct naive_world *n = &w->naive.world;

	n->bindings = make(BINDINGS_MAX, sizeof(*n->bindings));
	for (uint32_t d = 0; d < w->policy->device_count; d++) {
		for (uint32_t i = 0; i < w->policy->devices[d].address_count; i++)
			bind(n, d, &w->policy->devices[d].addresses[i]);
	}
	for (uint32_t i = 0; i < EXTRA_MAX; i++) {
		uint32_t d = i % w->policy->device_count;
		struct ost_ip ip = random_policy_address(
			rng, w->policy, rng_percent(rng, 50) ? OST_IPV4 : OST_IPV6);

		if (naive_bound(n, w->policy->devices[d].vlan, &ip) != NAIVE_NONE)
			continue;
		must(ost_site_bind(w->site, d, &ip, OST_BINDING_DHCP, w->now_ns, 0), "bind");
		bind(n, d, &ip);
	}
}

static void states_make(struct world *w, struct rng *rng)
{
	struct naive_world *n = &w->naive.world;
	uint32_t count = w->policy->device_count;

	n->states = make(count, sizeof(*n->states));
	n->assurances = make(count, sizeof(*n->assurances));
	for (uint32_t d = 0; d < count; d++) {
		n->states[d] = rng_percent(rng, 75)
				       ? OST_STATE_AUTHENTICATED
				       : (enum ost_state)rng_below(rng, OST_STATE_COUNT);
		n->assurances[d] = rng_percent(rng, 60) ? OST_ASSURANCE_SECURE_ELEMENT
							: (enum ost_assurance)rng_below(
								  rng, OST_ASSURANCE_COUNT);
		must(ost_site_device_state_set(w->site, d, n->states[d], n->assurances[d]),
			"state");
	}
}

/* A device that the policy ties to no port belongs to the one where it is first seen. */
static void devices_show_up(struct world *w, struct rng *rng)
{
	const struct frame_extra x = {.sport = 9, .tcp_flags = FRAME_SYN};

	w->naive.device_port = make(w->policy->device_count, 1);
	for (uint32_t d = 0; d < w->policy->device_count; d++) {
		const struct ost_device *device = &w->policy->devices[d];
		uint8_t port = (uint8_t)(device->port ? device->port[3] - '0'
						      : (int)rng_below(rng, RANDOM_PORTS));
		const struct naive_frame f = {.port = port,
			.vlan = device->vlan,
			.src_mac = device->mac,
			.dst_mac = {{2, 0xff}},
			.src = {.b = {10, 255, 255, 1}, .family = 4},
			.dst = {.b = {10, 255, 255, 2}, .family = 4},
			.protocol = 6,
			.value = 9};
		struct ost_verdict verdict;
		struct frame frame;

		w->naive.device_port[d] = port;
		frame_build(&frame, &f, &x);
		world_classify(w,
			&(struct ost_frame){
				.bytes = frame.bytes, .length = frame.length, .port = port},
			1, &verdict);
	}
}

void world_policy_set(struct world *w, struct ost_policy *policy)
{
	struct ost_image image;
	struct ost_view *old;
	void *bytes;

	compile_policy(policy, &bytes, &image);
	must(ost_site_policy_set(w->site, &image, w->now_ns, &old), "policy");
	ost_view_free(&old);
	free(w->bytes);
	if (w->policy != policy)
		ost_policy_free(&w->policy);
	w->bytes = bytes;
	w->image = image;
	w->policy = policy;
	w->naive.world.policy = policy;
}

void world_wall_set(struct world *w, int64_t wall_s)
{
	w->naive.world.wall_s = wall_s;
	ost_site_wall_set(w->site, wall_s);
}

struct world *world_new(uint64_t seed)
{
	struct world *w = make(1, sizeof(*w));
	struct rng rng = {seed};

	w->variant = seed % 3;
	w->now_ns = 1000 * OST_NS_PER_S + rng_next(&rng) % OST_NS_PER_S;
	site_make(w, &rng);
	world_policy_set(w, random_policy(&rng));
	world_wall_set(w, RANDOM_WALL_S - 3 + (int64_t)rng_below(&rng, 7));
	bindings_make(w, &rng);
	states_make(w, &rng);
	devices_show_up(w, &rng);
	return w;
}

void world_free(struct world **world)
{
	struct world *w = *world;

	if (w == NULL)
		return;
	ost_classifier_free(&w->classifier);
	ost_site_free(&w->site);
	ost_policy_free(&w->policy);
	free(w->bytes);
	free(w->naive.world.bindings);
	free(w->naive.world.states);
	free(w->naive.world.assurances);
	free(w->naive.device_port);
	free(w->naive.world.given.items);
	free(w);
	*world = NULL;
}

/* Time is told by ticks of a millisecond: at none of these moments does it matter which. */
static bool at_an_end(const struct world *w)
{
	const struct naive_givens *g = &w->naive.world.given;

	for (uint32_t i = 0; i < g->count; i++) {
		if (g->items[i].until_ns - w->now_ns + 5 * OST_NS_PER_MS < 10 * OST_NS_PER_MS)
			return true;
	}
	for (uint32_t i = 0; i < OST_ARRAY_SIZE(w->dns.asked); i++) {
		if (w->dns.asked[i].until_ns - w->now_ns + 5 * OST_NS_PER_MS < 10 * OST_NS_PER_MS)
			return true;
	}
	return false;
}

void world_sleep(struct world *w, uint64_t ns)
{
	w->now_ns += ns;
	while (at_an_end(w))
		w->now_ns += 11 * OST_NS_PER_MS;
	w->naive.world.given.now_ns = w->now_ns;
}

void world_step(struct world *w, bool sweep)
{
	world_sleep(w, 2 * WORLD_TIMEOUT_S * OST_NS_PER_S);
	if (sweep)
		(void)ost_classifier_sweep(
			w->classifier, ost_classifier_sweep_buckets(w->classifier), w->now_ns);
}
