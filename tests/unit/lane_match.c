/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lane_match.h"

static bool selector_fits(
	uint16_t selector, uint16_t lo, uint16_t span, const struct lane_question *q)
{
	uint16_t direction = q->direction == OST_FROM ? OST_LANE_FROM : 0;

	if (selector != direction && selector != (direction | q->protocol))
		return false;
	return (uint16_t)(q->value - lo) <= span;
}

static bool rule_serves(const struct ost_image *image, const struct ost_image_role *role,
	uint16_t rule, const struct lane_question *q)
{
	const struct ost_image_rule *r = &image->rules[role->rule_first + rule];

	if (r->schedule != OST_SCHEDULE_ALWAYS && !(q->open >> r->schedule & 1))
		return false;
	if (((r->flags & OST_RULE_ONE) && r->only_device != q->device) || (r->only_tags != 0 && !(r->only_tags & q->tags)))
		return false;
	if ((r->flags & OST_RULE_DNS_GUARD) && q->encrypted_dns)
		return false;
	return r->assurance <= q->proved && (r->infrastructure || !q->infrastructure_only);
}

static bool chunk4_match(const struct ost_image *image, const struct ost_image_role *role,
	const struct ost_image_chunk4 *c, const struct lane_question *q)
{
	uint32_t ip = (uint32_t)q->remote.b[0] << 24 | (uint32_t)q->remote.b[1] << 16 |
		      (uint32_t)q->remote.b[2] << 8 | q->remote.b[3];

	for (uint32_t i = 0; i < OST_LANES4; i++) {
		if ((ip & c->mask[i]) == c->addr[i] &&
			selector_fits(c->selector[i], c->lo[i], c->span[i], q) &&
			rule_serves(image, role, c->rule[i], q))
			return true;
	}
	return false;
}

static uint64_t word(const uint8_t *b)
{
	uint64_t v = 0;

	for (int i = 0; i < 8; i++)
		v = v << 8 | b[i];
	return v;
}

static bool chunk6_match(const struct ost_image *image, const struct ost_image_role *role,
	const struct ost_image_chunk6 *c, const struct lane_question *q)
{
	uint64_t hi = word(q->remote.b), lo = word(q->remote.b + 8);

	for (uint32_t i = 0; i < OST_LANES6; i++) {
		if ((hi & c->mask_hi[i]) == c->addr_hi[i] &&
			(lo & c->mask_lo[i]) == c->addr_lo[i] &&
			selector_fits(c->selector[i], c->lo[i], c->span[i], q) &&
			rule_serves(image, role, c->rule[i], q))
			return true;
	}
	return false;
}

static bool peers_match(const struct ost_image *image, const struct ost_image_role *role,
	const struct lane_question *q)
{
	for (uint32_t i = 0; i < role->peer_count; i++) {
		const struct ost_image_peer *p = &image->peers[role->peer_first + i];

		if ((p->by_tag ? (q->remote_tags >> p->role & 1) : p->role == q->remote_role) &&
			(p->family == 0 || p->family == q->remote.family) &&
			selector_fits(p->selector, p->lo, p->span, q) &&
			rule_serves(image, role, p->rule, q))
			return true;
	}
	return false;
}

bool lane_match(const struct ost_image *image, const struct lane_question *q)
{
	const struct ost_image_role *role = &image->roles[q->role];

	for (uint32_t i = 0; q->remote.family == OST_IPV4 && i < role->chunk4_count; i++) {
		if (chunk4_match(image, role, &image->chunks4[role->chunk4_first + i], q))
			return true;
	}
	for (uint32_t i = 0; q->remote.family == OST_IPV6 && i < role->chunk6_count; i++) {
		if (chunk6_match(image, role, &image->chunks6[role->chunk6_first + i], q))
			return true;
	}
	return q->remote_role != UINT32_MAX && peers_match(image, role, q);
}
