/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which rule of the policy came nearest to what was refused, as FILE:LINE:COLUMN. From the image in force alone: the decision was the classifier's,
 * and ostiary policy explain --refusal has more words for it. */
#include <stdio.h>

#include "casebook_private.h"

struct nearest {
	const struct ost_image *image;
	const struct ost_image_role *role;
	uint8_t protocol;
	uint16_t value;
	unsigned score; /* of what matched: 4 its peer, 2 its protocol, 1 its port */
	uint32_t rule;	/* place within the role's */
	bool found;
};

static void look(struct nearest *n, uint16_t selector, bool peer, uint16_t lo, uint16_t span, uint16_t rule)
{
	uint8_t protocol = (uint8_t)selector;
	bool same = protocol == 0 || protocol == n->protocol;
	unsigned score = (peer ? 4u : 0u) + (same ? 2u : 0u) + (same && (uint16_t)(n->value - lo) <= span ? 1u : 0u);

	if (selector == OST_LANE_NEVER || (selector & OST_LANE_FROM) != 0 || score <= n->score)
		return;
	n->score = score;
	n->rule = rule;
	n->found = true;
}

static uint64_t word(const uint8_t *bytes, unsigned count)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < count; i++)
		v = v << 8 | bytes[i];
	return v;
}

static void look4(struct nearest *n, const uint8_t ip[static 16])
{
	uint32_t remote = (uint32_t)word(ip, 4);

	for (uint32_t c = 0; c < n->role->chunk4_count; c++) {
		const struct ost_image_chunk4 *k = &n->image->chunks4[n->role->chunk4_first + c];

		for (unsigned i = 0; i < OST_LANES4; i++)
			look(n, k->selector[i], (remote & k->mask[i]) == k->addr[i], k->lo[i], k->span[i], k->rule[i]);
	}
}

static void look6(struct nearest *n, const uint8_t ip[static 16])
{
	uint64_t hi = word(ip, 8), lo = word(ip + 8, 8);

	for (uint32_t c = 0; c < n->role->chunk6_count; c++) {
		const struct ost_image_chunk6 *k = &n->image->chunks6[n->role->chunk6_first + c];

		for (unsigned i = 0; i < OST_LANES6; i++)
			look(n, k->selector[i], (hi & k->mask_hi[i]) == k->addr_hi[i] && (lo & k->mask_lo[i]) == k->addr_lo[i], k->lo[i], k->span[i],
				k->rule[i]);
	}
}

/* Rules about other devices and about names: whether the peer is one of theirs is not asked here. */
static void look_others(struct nearest *n)
{
	for (uint32_t i = 0; i < n->role->peer_count; i++) {
		const struct ost_image_peer *p = &n->image->peers[n->role->peer_first + i];

		look(n, p->selector, false, p->lo, p->span, p->rule);
	}
	for (uint32_t i = 0; i < n->role->host_count; i++) {
		const struct ost_image_host *p = &n->image->hosts[n->role->host_first + i];

		look(n, p->selector, false, p->lo, p->span, p->rule);
	}
}

bool case_rule(const struct ost_image *image, uint32_t device, const struct ost_incident_wire *x, char *buf, size_t size)
{
	static const char *const differs[8] = {"its peer and protocol differ", "", "its peer and port differ", "its peer differs", "its protocol differs", "",
		"its port differs", "its state, time or assurance differ"};
	struct nearest n = {.image = image, .role = &image->roles[image->devices[device].role], .protocol = x->protocol, .value = x->peer_port_l4};
	const struct ost_image_rule *rule;

	if (x->family == OST_IPV4)
		look4(&n, x->peer_ip);
	else if (x->family == OST_IPV6)
		look6(&n, x->peer_ip);
	else
		return false;
	look_others(&n);
	if (!n.found || n.rule >= n.role->rule_count)
		return false;
	rule = &image->rules[n.role->rule_first + n.rule];
	(void)snprintf(buf, size, "%s:%u:%u: %s: %s", ost_image_string(image, rule->file), rule->line, rule->column, ost_image_string(image, rule->text),
		differs[n.score & 7]);
	return true;
}
