/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decide.h"

/* The rule that would allow it, if all were as it should be. */
static uint32_t rule_in_principle(const struct ost_view *v, const struct ost_image_role *role, uint32_t peer, const struct ost_question *q)
{
	uint32_t rule = ost_allow_address(v, role, q);

	if (rule == OST_RULE_NONE && peer != OST_SLOT_NONE)
		rule = ost_allow_peer(v, role, peer, q);
	if (rule == OST_RULE_NONE && role->host_count > 0)
		rule = ost_allow_host(v, role, q);
	return rule;
}

/* A rule is about this flow, and one of its conditions stands in the way. */
static enum ost_reason condition_why(const struct ost_view *v, uint32_t rule)
{
	return ost_view_open(v, v->image->rules[rule].schedule) ? OST_REASON_FOREIGN_DNS : OST_REASON_SCHEDULE;
}

static enum ost_reason why(const struct ost_view *v, uint32_t slot, uint32_t peer, struct ost_question *q)
{
	const struct ost_image_role *role = &v->image->roles[v->hot[slot].role];
	bool conditions = role->flags & OST_ROLE_CONDITIONS;
	enum ost_reason named;
	uint32_t rule;

	/* The plain case, which a flood hits, asks nothing again. */
	if (q->infrastructure_only || q->assurance < role->assurance || conditions) {
		q->infrastructure_only = false;
		q->assurance = OST_ASSURANCE_COUNT;
		if (rule_in_principle(v, role, peer, q) != OST_RULE_NONE)
			return OST_REASON_STATE;
		q->in_principle = true;
		rule = conditions ? rule_in_principle(v, role, peer, q) : OST_RULE_NONE;
		q->in_principle = false;
		if (rule != OST_RULE_NONE)
			return condition_why(v, rule);
	}
	if (q->direction == OST_TO && ost_question_foreign_dns(v, q))
		return OST_REASON_FOREIGN_DNS;
	named = role->host_count > 0 ? ost_host_why(v, role, q) : OST_REASON_NONE;
	if (named != OST_REASON_NONE)
		return named;
	return q->direction == OST_FROM ? OST_REASON_NOT_ALLOWED_IN : OST_REASON_NOT_ALLOWED;
}

/* Of what is established as of what is new: a name whose time is over allows nothing, and so is no reason either. */
enum ost_reason ost_judge_why(const struct ost_view *v, uint32_t slot, uint32_t peer, struct ost_question *q)
{
	const bool established = q->established;
	enum ost_reason r;

	q->established = false;
	r = why(v, slot, peer, q);
	q->established = established;
	return r;
}
