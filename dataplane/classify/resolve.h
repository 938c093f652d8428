/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DNS flows: those of devices whose roles have rules about names, to name servers that a rule with OST_RULE_DNS names.
 *
 * Their packets leave the short way of established flows and come here: what a device asks is noted (asked.h), what it is
 * answered must answer that, and binds addresses to names (name.h) before the device has the answer, so that its first
 * packet finds them. The control owner does this; other workers judge such a packet and hand it over.
 *
 * Questions are never refused for what they are: one that cannot be read is not noted, and its answer refused. Answers of
 * any other flow bind nothing: mDNS, LLMNR, name servers that no such rule names, encrypted DNS. The name server may be a device
 * itself. Of an answer the A and AAAA records that the question's name leads to count; hints in HTTPS and SVCB records do not, and
 * of SRV and the like those who use them ask for the targets. */
#pragma once

#include "decide.h"

/* Whether the role's rules about name servers name the remote of this flow, whatever the device's state is. q as ost_judge() leaves it. peer: slot or OST_SLOT_NONE. */
bool ost_resolve_is(const struct ost_view *v, const struct ost_image_role *role, uint32_t peer, const struct ost_question *q);

/* OST_FLOW_DNS for such a flow, opened by its device; 0. */
static inline uint8_t ost_resolve_flag(const struct ost_view *v, uint32_t slot, uint32_t peer, const struct ost_question *q)
{
	const struct ost_image_role *role = &v->image->roles[v->hot[slot].role];

	if (OST_LIKELY(role->host_count == 0 || q->value != 53))
		return 0;
	return ost_resolve_is(v, role, peer, q) ? OST_FLOW_DNS : 0;
}

/* One packet of such a flow of the slot's device, that may pass otherwise. answer: from the name server. Control owner only. */
enum ost_reason ost_resolve(struct ost_classifier *c, const struct ost_packet *p, uint32_t slot, bool answer);

/* One that another worker judged, and handed over. */
void ost_resolve_handed(struct ost_classifier *c, const struct ost_packet *p, const struct ost_handed *how, struct ost_verdict *v);
