/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random frames of a world's devices, mostly near the edges of its policy. */
#include "world.h"

static const struct ost_mac router = {{2, 0xff, 0, 0, 0, 1}};

/* Sources and destinations that the parser refuses whatever the policy says are no question about
 * the policy. */
static struct ost_ip as_host(struct ost_ip ip)
{
	static const uint8_t zero[8];

	if (ip.family == OST_IPV4 && (ip.b[0] == 0 || ip.b[0] == 127 || ip.b[0] >= 224))
		ip.b[0] = 11;
	if (ip.family == OST_IPV6 && (ip.b[0] == 0xff || memcmp(ip.b, zero, sizeof(zero)) == 0))
		ip.b[0] = 0x20;
	return ip;
}

/* One of the device's addresses; now and then another. */
static struct ost_ip own_address(const struct world *w, struct rng *rng, uint32_t device)
{
	const struct naive_world *n = &w->naive.world;
	uint32_t first = rng_below(rng, n->binding_count ? n->binding_count : 1);

	if (rng_percent(rng, 8))
		return random_policy_address(
			rng, w->policy, rng_percent(rng, 50) ? OST_IPV4 : OST_IPV6);
	for (uint32_t i = 0; i < n->binding_count; i++) {
		const struct naive_binding *b = &n->bindings[(first + i) % n->binding_count];

		if (b->device == device)
			return b->ip;
	}
	return random_policy_address(rng, w->policy, rng_percent(rng, 50) ? OST_IPV4 : OST_IPV6);
}

/* Another device of the same VLAN, or NAIVE_NONE. */
static uint32_t neighbour(const struct world *w, struct rng *rng, uint32_t device)
{
	uint32_t count = w->policy->device_count, first = rng_below(rng, count);

	for (uint32_t i = 0; i < count; i++) {
		uint32_t d = (first + i) % count;

		if (d != device && w->policy->devices[d].vlan == w->policy->devices[device].vlan)
			return d;
	}
	return NAIVE_NONE;
}

/* The other end's address, of this family: of a neighbour, or near a prefix. */
static struct ost_ip remote_address(
	const struct world *w, struct rng *rng, uint32_t peer, uint8_t family)
{
	for (int tries = 0; peer != NAIVE_NONE && tries < 8; tries++) {
		struct ost_ip ip = own_address(w, rng, peer);

		if (ip.family == family)
			return ip;
	}
	return random_policy_address(rng, w->policy, family);
}

static uint8_t other_device_port(const struct world *w, struct rng *rng, uint32_t device)
{
	return (uint8_t)((w->naive.device_port[device] + 1u + rng_below(rng, RANDOM_PORTS - 1)) %
			 RANDOM_PORTS);
}

/* What is not what it says it is. */
static void lie(const struct world *w, struct rng *rng, uint32_t device, struct naive_frame *f)
{
	switch (rng_below(rng, 5)) {
	case 0: /* a stolen MAC on another port */
		f->src_mac = w->policy->devices[device].mac;
		f->port = other_device_port(w, rng, device);
		break;
	case 1: /* or from the network */
		f->src_mac = w->policy->devices[device].mac;
		f->port = (uint8_t)(WORLD_NETWORK + rng_below(rng, 2));
		break;
	case 2: /* nobody's MAC */
		f->src_mac = (struct ost_mac){{2, 0xee, 0, 0, 0, 1}};
		break;
	case 3:
		f->dst_mac = (struct ost_mac){{2, 0xee, 0, 0, 0, 2}};
		break;
	default: /* another VLAN */
		f->vlan = f->vlan == 0 ? 10 : f->vlan == 10 ? 11 : 0;
		break;
	}
}

static bool is_icmp(uint8_t protocol)
{
	return protocol == 1 || protocol == 58;
}

/* Neighbour Discovery, multicast listeners and DHCP take a checked way of their own, and other
 * tests. */
static void avoid_control(struct naive_frame *f)
{
	uint8_t type = (uint8_t)(f->value >> 8);

	if (f->protocol == 58 && ((type >= 130 && type <= 137) || type == 143))
		f->value = (uint16_t)(150 << 8 | (f->value & 0xff));
	if (f->protocol == 17 &&
		(f->value == 67 || f->value == 68 || f->value == 546 || f->value == 547))
		f->value = 69;
}

/* RFC 792 and RFC 4443: answers to queries. */
static bool is_reply(const struct naive_frame *f)
{
	if (f->protocol == 58)
		return f->value == 129 << 8;
	return f->protocol == 1 &&
	       (f->value == 0 || f->value == 14 << 8 || f->value == 16 << 8 || f->value == 18 << 8);
}

static bool is_error(const struct naive_frame *f)
{
	uint8_t type = (uint8_t)(f->value >> 8);

	if (f->protocol == 58)
		return type >= 1 && type <= 4;
	return f->protocol == 1 &&
	       (type == 3 || type == 4 || type == 5 || type == 11 || type == 12);
}

struct naive_verdict world_judge(const struct world *w, const struct naive_frame *f)
{
	struct naive_verdict v = naive_frame_judge(&w->naive, f);

	/* An error speaks about a flow, and here there is none. Its parser may see that before
	 * anybody asks who sent it. */
	if (!is_icmp(f->protocol) || !is_error(f))
		return v;
	v.reasons |= 1ull << OST_REASON_ICMP_UNRELATED | 1ull << OST_REASON_RA_GUARD;
	v.forward = false;
	return v;
}

/* A rule of the device's role in this direction, or NULL. */
static const struct ost_rule *own_rule(
	const struct world *w, struct rng *rng, uint32_t device, enum ost_direction direction)
{
	const struct ost_role *role = &w->policy->roles[w->policy->devices[device].role];

	for (int tries = 0; role->rule_count > 0 && tries < 6; tries++) {
		const struct ost_rule *rule = &role->rules[rng_below(rng, role->rule_count)];

		if (rule->direction == direction)
			return rule;
	}
	return NULL;
}

/* An end beside the device: near the rule's prefixes, a neighbour, or anything. */
static struct ost_ip other_end(const struct world *w, struct rng *rng, const struct ost_rule *rule,
	uint32_t peer, uint8_t family)
{
	const struct naive_givens *given = &w->naive.world.given;
	struct ost_ip ip;

	for (int tries = 0; given->count > 0 && rng_percent(rng, 30) && tries < 4; tries++) {
		ip = given->items[rng_below(rng, given->count)].ip;
		if (ip.family == family)
			return ip;
	}
	for (int tries = 0; rng_percent(rng, 70) && tries < 4; tries++) {
		if (random_rule_address(rng, rule, &ip) && ip.family == family)
			return ip;
	}
	return remote_address(w, rng, rng_percent(rng, 40) ? peer : NAIVE_NONE, family);
}

static void ends(const struct world *w, struct rng *rng, uint32_t device,
	const struct ost_rule *rule, enum ost_direction direction, struct naive_frame *f)
{
	uint32_t peer = neighbour(w, rng, device);
	struct ost_ip own = own_address(w, rng, device),
		      remote = other_end(w, rng, rule, peer, own.family);

	f->vlan = w->policy->devices[device].vlan;
	f->port = w->naive.device_port[device];
	f->src_mac = w->policy->devices[device].mac;
	f->dst_mac = router;
	f->src = as_host(own);
	f->dst = as_host(remote);
	if (direction == OST_FROM) {
		f->port = (uint8_t)(WORLD_NETWORK + rng_below(rng, 2));
		f->dst_mac = f->src_mac;
		f->src_mac = router;
		f->src = as_host(remote);
		f->dst = as_host(own);
	} else if (peer != NAIVE_NONE && rng_percent(rng, 50)) {
		f->dst_mac = w->policy->devices[peer].mac;
		if (rng_percent(rng, 90))
			f->dst = as_host(remote_address(w, rng, peer, own.family));
	}
	if (rng_percent(rng, 8))
		lie(w, rng, device, f);
}

void world_random_frame(struct world *w, struct rng *rng, uint16_t number, struct naive_frame *f,
	struct frame_extra *x)
{
	uint32_t device = rng_below(rng, w->policy->device_count);
	enum ost_direction direction = rng_percent(rng, 60) ? OST_TO : OST_FROM;
	const struct ost_rule *rule = own_rule(w, rng, device, direction);

	*f = (struct naive_frame){0};
	do
		ends(w, rng, device, rule, direction, f);
	while (ost_ip_equal(&f->src, &f->dst));
	if (rng_percent(rng, 70))
		random_rule_service(rng, rule, f->src.family, &f->protocol, &f->value);
	else
		random_policy_service(rng, w->policy, f->src.family, &f->protocol, &f->value);
	avoid_control(f);
	*x = (struct frame_extra){.sport = number,
		.tcp_flags = FRAME_SYN,
		.tcp_seq = (uint32_t)rng_next(rng),
		.options = rng_percent(rng, 10),
		.other_tag = rng_percent(rng, 20),
		.payload_bytes = (uint16_t)(rng_percent(rng, 30) ? rng_below(rng, 100) : 0)};
	if (f->protocol == 6 && f->value == 53) /* what is said there is read: exchange.c */
		x->payload_bytes = 0;
	f->can_open = !is_reply(f);
	if (f->protocol == 6 && rng_percent(rng, 10)) {
		x->tcp_flags = rng_percent(rng, 50) ? FRAME_ACK : FRAME_SYN | FRAME_ACK;
		f->can_open = false;
	}
}

static void print_reasons(uint64_t reasons)
{
	if (reasons == UINT64_MAX)
		(void)fprintf(stderr, " for any reason");
	for (unsigned i = 0; reasons != UINT64_MAX && i < OST_REASON_COUNT; i++) {
		if (reasons >> i & 1)
			(void)fprintf(stderr, " %s", ost_reason_name(i));
	}
	(void)fprintf(stderr, "\n");
}

static void print_devices(const struct world *w)
{
	const struct naive_world *n = &w->naive.world;
	char ip[OST_IP_TEXT];

	for (uint32_t d = 0; d < w->policy->device_count; d++) {
		(void)fprintf(stderr, "  %s: on port %u, %s, proved %s, holds",
			w->policy->devices[d].name, w->naive.device_port[d],
			ost_state_name(n->states[d]), ost_assurance_name(n->assurances[d]));
		for (uint32_t i = 0; i < n->binding_count; i++) {
			if (n->bindings[i].device == d)
				(void)fprintf(stderr, " %s", ost_ip_format(&n->bindings[i].ip, ip));
		}
		(void)fprintf(stderr, "\n");
	}
}

void world_print(const struct world *w, const struct naive_frame *f, const struct frame *frame,
	const struct naive_verdict *expected, const struct ost_verdict *got)
{
	char src[OST_IP_TEXT], dst[OST_IP_TEXT], src_mac[OST_MAC_TEXT], dst_mac[OST_MAC_TEXT];

	random_policy_print(stderr, w->policy);
	(void)fprintf(stderr, "now:\n");
	print_devices(w);
	(void)fprintf(stderr,
		"packet: port %u vlan %u.%u %s -> %s, %s -> %s, protocol %u value %u%s\n", f->port,
		f->vlan & 0xfff, f->vlan >> 12, ost_mac_format(&f->src_mac, src_mac),
		ost_mac_format(&f->dst_mac, dst_mac), ost_ip_format(&f->src, src),
		ost_ip_format(&f->dst, dst), f->protocol, f->value,
		f->can_open ? "" : ", cannot open");
	for (uint32_t i = 0; i < frame->length; i++)
		(void)fprintf(stderr, "%02x%s", frame->bytes[i],
			i % 32 == 31 || i + 1 == frame->length ? "\n" : "");
	(void)fprintf(stderr, "naive: %s", expected->forward ? "forward" : "refuse:");
	if (expected->forward)
		(void)fprintf(stderr, " to port %u, rule %u, peer's rule %d\n", expected->egress,
			expected->answer.rule, (int)expected->answer.peer_rule);
	else
		print_reasons(expected->reasons);
	(void)fprintf(stderr, "classifier: action %u, reason %s, port %u\n", got->action,
		ost_reason_name(got->reason), got->egress);
}
