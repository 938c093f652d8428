/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "allow.h"

uint32_t ost_allow_peer(const struct ost_image *image, const struct ost_image_role *role, uint32_t peer_role,
	const struct ost_question *q)
{
	uint16_t exact = (uint16_t)(q->protocol | q->direction << 8), any = (uint16_t)(q->direction << 8);

	if (q->infrastructure_only)
		return OST_RULE_NONE;
	for (uint32_t i = 0; i < role->peer_count; i++) {
		const struct ost_image_peer *p = &image->peers[role->peer_first + i];
		uint32_t rule = role->rule_first + p->rule;

		if (p->role != peer_role || (p->family != 0 && p->family != q->family))
			continue;
		if (p->selector != exact && p->selector != any)
			continue;
		if ((uint16_t)(q->value - p->lo) <= p->span && image->rules[rule].assurance <= q->assurance)
			return rule;
	}
	return OST_RULE_NONE;
}

bool ost_allow_related(const struct ost_image *image, uint32_t role_index, uint32_t peer_role, const struct ost_question *q)
{
	const struct ost_image_role *role = &image->roles[role_index];
	uint16_t bit = (uint16_t)(q->direction << 8);

	for (uint32_t i = 0; i < role->peer_count; i++) {
		const struct ost_image_peer *p = &image->peers[role->peer_first + i];

		if (p->role == peer_role && (p->selector & OST_LANE_FROM) == bit)
			return true;
	}
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
	return false;
}
