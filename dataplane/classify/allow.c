/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "allow.h"

void ost_resolver_bits_make(const struct ost_image *image, uint64_t bits[static OST_RESOLVER_WORDS])
{
	memset(bits, 0, OST_RESOLVER_WORDS * sizeof(*bits));
	for (uint32_t i = 0; i < image->resolver_count; i++) {
		const struct ost_image_prefix *r = &image->resolvers[i];
		uint32_t head = ost_be32(ost_load32(r->ip)) >> (r->family == OST_IPV4 ? 16 : 0);
		uint32_t bit = ost_resolver_bit(r->family, head);

		if (r->length < (r->family == OST_IPV4 ? 16 : 32))
			memset(bits, 0xff, OST_RESOLVER_WORDS * sizeof(*bits));
		bits[bit / 64] |= 1ull << bit % 64;
	}
}

static bool is_resolver(const struct ost_view *v, const struct ost_question *q)
{
	bool v4 = q->family == OST_IPV4;
	uint64_t hi = v4 ? (uint64_t)q->remote4 << 32 : q->remote6[0], lo = v4 ? 0 : q->remote6[1];
	uint32_t bit = ost_resolver_bit(q->family, (uint32_t)(hi >> (v4 ? 48 : 32)));

	if (OST_LIKELY(!(v->resolver_bits[bit / 64] >> bit % 64 & 1)))
		return false;
	for (uint32_t i = 0; i < v->image->resolver_count; i++) {
		const struct ost_image_prefix *r = &v->image->resolvers[i];
		uint64_t a[2], off_hi, off_lo;

		memcpy(a, r->ip, sizeof(a));
		off_hi = hi ^ __builtin_bswap64(a[0]);
		off_lo = lo ^ __builtin_bswap64(a[1]);
		if (r->family != q->family || (r->length > 0 && off_hi >> (64 - OST_MIN(r->length, 64)) != 0))
			continue;
		if (r->length <= 64 || off_lo >> (128 - r->length) == 0)
			return true;
	}
	return false;
}

/* RFC 7858, RFC 9250, RFC 8484: DNS over TLS and QUIC by their port, over HTTPS by who answers. */
bool ost_question_encrypted_dns(const struct ost_view *v, const struct ost_question *q)
{
	if ((q->protocol != 6 && q->protocol != 17) || q->direction != OST_TO)
		return false;
	return q->value == 853 || (q->value == 443 && is_resolver(v, q));
}

static bool is_about(const struct ost_image_rule *rule, const struct ost_question *q)
{
	uint32_t device = q->view->device[q->slot];

	if ((rule->flags & OST_RULE_ONE) && rule->only_device != device)
		return false;
	return rule->only_tags == 0 || (q->view->image->devices[device].tags & rule->only_tags) != 0;
}

bool ost_rule_holds(const struct ost_image_rule *rule, const struct ost_question *q)
{
	if (((rule->flags & OST_RULE_ONE) || rule->only_tags != 0) && !is_about(rule, q))
		return false;
	if (q->in_principle)
		return true;
	if (!ost_view_open(q->view, rule->schedule))
		return false;
	return !(rule->flags & OST_RULE_DNS_GUARD) || !ost_question_encrypted_dns(q->view, q);
}

static bool peer_fits(const struct ost_view *v, const struct ost_image_peer *p, uint32_t peer)
{
	if (peer == OST_SLOT_NONE)
		return false;
	if (p->by_tag)
		return v->image->devices[v->device[peer]].tags >> p->role & 1;
	return p->role == v->hot[peer].role;
}

/* flags: that the rule has. */
static inline uint32_t peer_rule(const struct ost_view *v, const struct ost_image_role *role, uint32_t peer, const struct ost_question *q,
	uint8_t flags)
{
	const struct ost_image *image = v->image;
	uint16_t exact = (uint16_t)(q->protocol | q->direction << 8), any = (uint16_t)(q->direction << 8);

	if (q->infrastructure_only)
		return OST_RULE_NONE;
	for (uint32_t i = 0; i < role->peer_count; i++) {
		const struct ost_image_peer *p = &image->peers[role->peer_first + i];
		uint32_t rule = role->rule_first + p->rule;

		if (!peer_fits(v, p, peer) || (p->family != 0 && p->family != q->family))
			continue;
		if (p->selector != exact && p->selector != any)
			continue;
		if ((uint16_t)(q->value - p->lo) > p->span || image->rules[rule].assurance > q->assurance)
			continue;
		if ((image->rules[rule].flags & flags) == flags && (!(role->flags & OST_ROLE_CONDITIONS) || ost_rule_holds(&image->rules[rule], q)))
			return rule;
	}
	return OST_RULE_NONE;
}

uint32_t ost_allow_peer(const struct ost_view *v, const struct ost_image_role *role, uint32_t peer, const struct ost_question *q)
{
	return peer_rule(v, role, peer, q, 0);
}

bool ost_allow_peer_serves(const struct ost_view *v, const struct ost_image_role *role, uint32_t peer, const struct ost_question *q)
{
	return peer_rule(v, role, peer, q, OST_RULE_DNS) != OST_RULE_NONE;
}

bool ost_allow_related(const struct ost_view *v, uint32_t slot, uint32_t peer, const struct ost_question *q)
{
	const struct ost_image *image = v->image;
	const struct ost_image_role *role = &image->roles[v->hot[slot].role];
	const struct ost_large *large = ost_large_of(v, role, q->family);
	uint16_t bit = (uint16_t)(q->direction << 8);

	for (uint32_t i = 0; i < role->peer_count; i++) {
		const struct ost_image_peer *p = &image->peers[role->peer_first + i];

		if (peer_fits(v, p, peer) && (p->selector & OST_LANE_FROM) == bit)
			return true;
	}
	if (large != NULL)
		return ost_large_related(large, q);
	for (uint32_t i = 0; q->family == OST_IPV4 && i < role->chunk4_count * OST_LANES4; i++) {
		const struct ost_image_chunk4 *c = &image->chunks4[role->chunk4_first + i / OST_LANES4];
		uint32_t k = i % OST_LANES4;

		if (c->selector[k] != OST_LANE_NEVER && (c->selector[k] & OST_LANE_FROM) == bit &&
			(q->remote4 & c->mask[k]) == c->addr[k])
			return true;
	}
	for (uint32_t i = 0; q->family == OST_IPV6 && i < role->chunk6_count * OST_LANES6; i++) {
		const struct ost_image_chunk6 *c = &image->chunks6[role->chunk6_first + i / OST_LANES6];
		uint32_t k = i % OST_LANES6;

		if (c->selector[k] != OST_LANE_NEVER && (c->selector[k] & OST_LANE_FROM) == bit &&
			(q->remote6[0] & c->mask_hi[k]) == c->addr_hi[k] &&
			(q->remote6[1] & c->mask_lo[k]) == c->addr_lo[k])
			return true;
	}
	return role->host_count > 0 && ost_allow_host_related(v, role, slot, q);
}
