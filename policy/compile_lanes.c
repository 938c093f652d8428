/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "compile_lanes.h"

#include "array.h"

/* A lane of either family, or a peer: what it matches, and its place in the allow-list. All rules
 * allow, so of lanes that match the same only the one that asks least is worth keeping. */
struct lane {
	uint64_t addr_hi, addr_lo, mask_hi,
		mask_lo; /* IPv4 in the low halves; a peer: role or tag, family, by tag; a host: string, family, suffix */
	uint16_t lo, span, selector, rule;
	bool conditional;
	bool serves; /* of a rule with OST_RULE_DNS */
	uint64_t order; /* infrastructure first, then by assurance, then as written */
};

struct lanes {
	struct lane *lane;
	uint32_t count;
	uint32_t capacity;
};

struct role_lanes {
	struct ost_image_builder *image;
	struct lanes v4, v6, peers, hosts;
	uint64_t sequence;
};

enum ost_assurance ost_rule_assurance(const struct ost_role *role, const struct ost_rule *rule)
{
	return rule->infrastructure ? rule->assurance : OST_MAX(role->assurance, rule->assurance);
}

bool ost_rule_conditional(const struct ost_rule *rule)
{
	return rule->schedule != OST_SCHEDULE_ALWAYS || rule->only_tags != 0 ||
	       (rule->flags & (OST_RULE_ONE | OST_RULE_DNS_GUARD)) != 0;
}

static int lanes_add(struct lanes *lanes, const struct lane *lane)
{
	struct lane *p = ost_array_room(lanes->lane, lanes->count, &lanes->capacity, sizeof(*p));

	if (p == NULL)
		return -ENOMEM;
	lanes->lane = p;
	lanes->lane[lanes->count++] = *lane;
	return 0;
}

static int lane_compare_match(const struct lane *a, const struct lane *b)
{
	const uint64_t x[5] = {a->addr_hi, a->addr_lo, a->mask_hi, a->mask_lo,
		(uint64_t)a->selector << 32 | (uint64_t)a->lo << 16 | a->span};
	const uint64_t y[5] = {b->addr_hi, b->addr_lo, b->mask_hi, b->mask_lo,
		(uint64_t)b->selector << 32 | (uint64_t)b->lo << 16 | b->span};

	for (unsigned i = 0; i < OST_ARRAY_SIZE(x); i++) {
		if (x[i] != y[i])
			return x[i] < y[i] ? -1 : 1;
	}
	return 0;
}

static int lane_compare_order(const void *a, const void *b)
{
	uint64_t x = ((const struct lane *)a)->order, y = ((const struct lane *)b)->order;

	return x < y ? -1 : x > y;
}

static int lane_compare(const void *a, const void *b)
{
	int match = lane_compare_match(a, b);

	return match != 0 ? match : lane_compare_order(a, b);
}

#define ORDER_ASSURANCE(order) ((order) >> 56 & 0x7f)
#define ORDER_NORMAL	       (1ull << 63)

static uint64_t order_of(
	const struct ost_role *role, const struct ost_rule *rule, uint64_t sequence)
{
	return (rule->infrastructure ? 0 : ORDER_NORMAL) |
	       (uint64_t)ost_rule_assurance(role, rule) << 56 | sequence;
}

/* Leaves one of equal lanes, the first in order that holds always; a later one stays when it asks for less assurance
 * (it then is a plain rule behind one of infrastructure), or when it alone names a name server. The rest comes out in order. */
static void lanes_settle(struct lanes *lanes)
{
	uint32_t kept = 0;

	if (lanes->count < 2)
		return;
	qsort(lanes->lane, lanes->count, sizeof(*lanes->lane), lane_compare);
	for (uint32_t i = 0; i < lanes->count; i++) {
		const struct lane *l = &lanes->lane[i],
				  *last = kept > 0 ? &lanes->lane[kept - 1] : NULL;

		if (last != NULL && lane_compare_match(l, last) == 0 && !last->conditional && l->serves <= last->serves &&
			ORDER_ASSURANCE(l->order) >= ORDER_ASSURANCE(last->order))
			continue;
		lanes->lane[kept++] = *l;
	}
	lanes->count = kept;
	qsort(lanes->lane, lanes->count, sizeof(*lanes->lane), lane_compare_order);
}

static uint64_t be64(const uint8_t b[8])
{
	uint64_t v = 0;

	for (unsigned i = 0; i < 8; i++)
		v = v << 8 | b[i];
	return v;
}

/* The first n bits of 64, n from 0 to 64. */
static uint64_t ones(unsigned n)
{
	return n == 0 ? 0 : UINT64_MAX << (64 - n);
}

static void lane_set_prefix(struct lane *l, const struct ost_prefix *p)
{
	if (p->ip.family == OST_IPV4) {
		l->mask_lo = ones(OST_MIN(p->length, 32u)) >> 32;
		l->addr_lo = be64(p->ip.b) >> 32 & l->mask_lo;
		return;
	}
	l->mask_hi = ones(OST_MIN(p->length, 64u));
	l->mask_lo = ones(p->length > 64 ? OST_MIN(p->length, 128u) - 64u : 0);
	l->addr_hi = be64(p->ip.b) & l->mask_hi;
	l->addr_lo = be64(p->ip.b + 8) & l->mask_lo;
}

static bool family_fits(uint8_t family, uint8_t wanted)
{
	return family == 0 || family == wanted;
}

/* Every address of the families that the service has. */
static int lanes_any(struct role_lanes *out, const struct lane *l, uint8_t family)
{
	int r = 0;

	if (family_fits(family, OST_IPV4))
		r = lanes_add(&out->v4, l);
	if (r == 0 && family_fits(family, OST_IPV6))
		r = lanes_add(&out->v6, l);
	return r;
}

static int lanes_network(struct role_lanes *out, const struct lane *base,
	const struct ost_rule *rule, uint8_t family)
{
	for (uint32_t i = 0; i < rule->prefix_count; i++) {
		const struct ost_prefix *p = &rule->prefixes[i];
		struct lane l = *base;
		int r;

		if (!family_fits(family, p->ip.family))
			continue;
		lane_set_prefix(&l, p);
		l.order += out->sequence++;
		r = lanes_add(p->ip.family == OST_IPV4 ? &out->v4 : &out->v6, &l);
		if (r < 0)
			return r;
	}
	return 0;
}

static int lanes_peers(struct role_lanes *out, const struct lane *base, const struct ost_rule *rule, uint8_t family)
{
	struct lane l = *base;
	int r = 0;

	l.addr_lo = family;
	for (uint32_t i = 0; r == 0 && rule->peer == OST_PEER_ROLE && i < rule->peer_role_count; i++) {
		l.addr_hi = rule->peer_roles[i];
		l.order = base->order + out->sequence++;
		r = lanes_add(&out->peers, &l);
	}
	l.mask_hi = 1;
	for (uint32_t i = 0; r == 0 && rule->peer == OST_PEER_TAG && i < OST_TAGS_MAX; i++) {
		if (!(rule->peer_tags >> i & 1))
			continue;
		l.addr_hi = i;
		l.order = base->order + out->sequence++;
		r = lanes_add(&out->peers, &l);
	}
	return r;
}

static int lanes_hosts(struct role_lanes *out, const struct lane *base, const struct ost_rule *rule, uint8_t family)
{
	struct lane l = *base;
	int r = 0;

	l.addr_lo = family;
	for (uint32_t i = 0; r == 0 && i < rule->host_count; i++) {
		uint32_t name;

		r = ost_image_builder_string(out->image, rule->hosts[i].name, &name);
		l.addr_hi = name;
		l.mask_hi = rule->hosts[i].suffix;
		l.order = base->order + out->sequence++;
		if (r == 0)
			r = lanes_add(&out->hosts, &l);
	}
	return r;
}

/* One service of a rule, for all its peers. A service of an empty range matches nothing. */
static int lanes_service(struct role_lanes *out, const struct ost_role *role, uint32_t rule_index,
	const struct ost_service *s)
{
	const struct ost_rule *rule = &role->rules[rule_index];
	struct lane l = {
		.lo = s->lo,
		.span = (uint16_t)(s->hi - s->lo),
		.selector =
			(uint16_t)(s->protocol | (rule->direction == OST_FROM ? OST_LANE_FROM : 0)),
		.rule = (uint16_t)rule_index,
		.conditional = ost_rule_conditional(rule),
		.serves = (rule->flags & OST_RULE_DNS) != 0,
		.order = order_of(role, rule, 0),
	};

	if (s->lo > s->hi)
		return 0;
	if (rule->peer == OST_PEER_NETWORK)
		return lanes_network(out, &l, rule, s->family);
	if (rule->peer == OST_PEER_NAME)
		return lanes_hosts(out, &l, rule, s->family);
	if (rule->peer != OST_PEER_ANY)
		return lanes_peers(out, &l, rule, s->family);
	l.order += out->sequence++;
	return lanes_any(out, &l, s->family);
}

/* How many lanes the rules up to this one stand for; each factor has 32 bits. */
static uint64_t peers_of(const struct ost_rule *rule)
{
	switch (rule->peer) {
	case OST_PEER_NETWORK:
		return rule->prefix_count;
	case OST_PEER_ROLE:
		return rule->peer_role_count;
	case OST_PEER_TAG:
		return (uint64_t)__builtin_popcountll(rule->peer_tags);
	case OST_PEER_NAME:
		return rule->host_count;
	default:
		return 2;
	}
}

static bool rule_fits(const struct ost_rule *rule, uint64_t *lanes)
{
	uint64_t peers = peers_of(rule);

	if (rule->service_count > 0 && peers > OST_ROLE_LANES_MAX / rule->service_count)
		return false;
	*lanes += peers * rule->service_count;
	return *lanes <= OST_ROLE_LANES_MAX;
}

static int role_expand(struct role_lanes *out, const struct ost_role *role, struct ost_diag *diag)
{
	uint64_t lanes = 0;

	for (uint32_t i = 0; i < role->rule_count; i++) {
		const struct ost_rule *rule = &role->rules[i];

		if (!rule_fits(rule, &lanes)) {
			ost_diag_error(diag, rule->pos, "use wider prefixes or fewer services",
				"with this rule, role \"%s\" stands for more than %u pairs of "
				"prefix and service",
				role->name, OST_ROLE_LANES_MAX);
			return -EINVAL;
		}
		for (uint32_t s = 0; s < rule->service_count; s++) {
			int r = lanes_service(out, role, i, &rule->services[s]);

			if (r < 0)
				return r;
		}
	}
	return 0;
}

static uint32_t infra_count(const struct lanes *lanes)
{
	uint32_t n = 0;

	while (n < lanes->count && (lanes->lane[n].order & ORDER_NORMAL) == 0)
		n++;
	return n;
}

static int chunks4_emit(struct ost_image_builder *b, const struct lanes *lanes)
{
	for (uint32_t at = 0; at < lanes->count; at += OST_LANES4) {
		struct ost_image_chunk4 c = {0};
		int r;

		for (uint32_t i = 0; i < OST_LANES4; i++) {
			const struct lane *l = at + i < lanes->count ? &lanes->lane[at + i] : NULL;

			c.selector[i] = l ? l->selector : OST_LANE_NEVER;
			c.lo[i] = l ? l->lo : 1;
			c.addr[i] = l ? (uint32_t)l->addr_lo : UINT32_MAX;
			if (l == NULL)
				continue;
			c.mask[i] = (uint32_t)l->mask_lo;
			c.span[i] = l->span;
			c.rule[i] = l->rule;
		}
		r = ost_image_builder_add(b, OST_SECTION_CHUNKS4, &c);
		if (r < 0)
			return r;
	}
	return 0;
}

static int chunks6_emit(struct ost_image_builder *b, const struct lanes *lanes)
{
	for (uint32_t at = 0; at < lanes->count; at += OST_LANES6) {
		struct ost_image_chunk6 c = {0};
		int r;

		for (uint32_t i = 0; i < OST_LANES6; i++) {
			const struct lane *l = at + i < lanes->count ? &lanes->lane[at + i] : NULL;

			c.selector[i] = l ? l->selector : OST_LANE_NEVER;
			c.lo[i] = l ? l->lo : 1;
			if (l == NULL)
				continue;
			c.addr_hi[i] = l->addr_hi;
			c.addr_lo[i] = l->addr_lo;
			c.mask_hi[i] = l->mask_hi;
			c.mask_lo[i] = l->mask_lo;
			c.span[i] = l->span;
			c.rule[i] = l->rule;
		}
		r = ost_image_builder_add(b, OST_SECTION_CHUNKS6, &c);
		if (r < 0)
			return r;
	}
	return 0;
}

static int peers_emit(struct ost_image_builder *b, const struct lanes *lanes)
{
	for (uint32_t i = 0; i < lanes->count; i++) {
		const struct lane *l = &lanes->lane[i];
		const struct ost_image_peer p = {
			.role = (uint32_t)l->addr_hi,
			.selector = l->selector,
			.rule = l->rule,
			.lo = l->lo,
			.span = l->span,
			.family = (uint8_t)l->addr_lo,
			.by_tag = (uint8_t)l->mask_hi,
		};
		int r = ost_image_builder_add(b, OST_SECTION_PEERS, &p);

		if (r < 0)
			return r;
	}
	return 0;
}

static int hosts_emit(struct ost_image_builder *b, const struct lanes *lanes)
{
	for (uint32_t i = 0; i < lanes->count; i++) {
		const struct lane *l = &lanes->lane[i];
		const struct ost_image_host h = {
			.name = (uint32_t)l->addr_hi,
			.selector = l->selector,
			.rule = l->rule,
			.lo = l->lo,
			.span = l->span,
			.family = (uint8_t)l->addr_lo,
			.suffix = (uint8_t)l->mask_hi,
		};
		int r = ost_image_builder_add(b, OST_SECTION_HOSTS, &h);

		if (r < 0)
			return r;
	}
	return 0;
}

static int role_emit(
	struct ost_image_builder *b, const struct role_lanes *lanes, struct ost_image_role *record)
{
	int r;

	record->chunk4_first = ost_image_builder_count(b, OST_SECTION_CHUNKS4);
	record->chunk6_first = ost_image_builder_count(b, OST_SECTION_CHUNKS6);
	record->peer_first = ost_image_builder_count(b, OST_SECTION_PEERS);
	record->host_first = ost_image_builder_count(b, OST_SECTION_HOSTS);
	r = chunks4_emit(b, &lanes->v4);
	if (r == 0)
		r = chunks6_emit(b, &lanes->v6);
	if (r == 0)
		r = peers_emit(b, &lanes->peers);
	if (r == 0)
		r = hosts_emit(b, &lanes->hosts);
	record->chunk4_count =
		ost_image_builder_count(b, OST_SECTION_CHUNKS4) - record->chunk4_first;
	record->chunk6_count =
		ost_image_builder_count(b, OST_SECTION_CHUNKS6) - record->chunk6_first;
	record->peer_count = ost_image_builder_count(b, OST_SECTION_PEERS) - record->peer_first;
	record->host_count = ost_image_builder_count(b, OST_SECTION_HOSTS) - record->host_first;
	record->infra_lanes4 = infra_count(&lanes->v4);
	record->infra_lanes6 = infra_count(&lanes->v6);
	return r;
}

int ost_role_lanes_compile(struct ost_image_builder *b, const struct ost_role *role,
	struct ost_diag *diag, struct ost_image_role *record)
{
	struct role_lanes lanes = {.image = b};
	int r = role_expand(&lanes, role, diag);

	if (r == 0) {
		lanes_settle(&lanes.v4);
		lanes_settle(&lanes.v6);
		lanes_settle(&lanes.peers);
		lanes_settle(&lanes.hosts);
		r = role_emit(b, &lanes, record);
	}
	free(lanes.v4.lane);
	free(lanes.v6.lane);
	free(lanes.peers.lane);
	free(lanes.hosts.lane);
	return r;
}
