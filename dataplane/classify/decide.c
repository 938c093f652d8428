/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decide.h"

enum ost_reason ost_judge_why(const struct ost_view *v, uint32_t slot, uint32_t peer, struct ost_question *q)
{
	const struct ost_image_role *role = &v->image->roles[v->hot[slot].role];
	enum ost_reason reason = q->direction == OST_FROM ? OST_REASON_NOT_ALLOWED_IN : OST_REASON_NOT_ALLOWED;

	/* The plain case, which a flood hits, asks nothing again. */
	if (!q->infrastructure_only && q->assurance >= role->assurance && !(role->flags & OST_ROLE_CONDITIONS))
		return reason;
	q->infrastructure_only = false;
	q->assurance = OST_ASSURANCE_COUNT;
	if (ost_allow_address(v->image, role, q) != OST_RULE_NONE)
		return OST_REASON_STATE;
	if (peer != OST_SLOT_NONE && ost_allow_peer(v, role, peer, q) != OST_RULE_NONE)
		return OST_REASON_STATE;
	return reason;
}
