/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "resolve.h"

#include "asked.h"
#include "clock.h"
#include "control.h"
#include "inside.h"
#include "stream.h"

#define UDP_HEADER_BYTES 8u

/* One message's way. */
struct message {
	struct ost_classifier *c;
	struct ost_question_asked q; /* what of it the packet says */
};

/* ---- which flows ---- */

static bool is_dns_rule(const struct ost_image *image, const struct ost_image_role *role, uint32_t rule, const struct ost_question *q)
{
	const struct ost_image_rule *r = &image->rules[rule];

	return (r->flags & OST_RULE_DNS) && r->assurance <= q->assurance &&
		(!(role->flags & OST_ROLE_CONDITIONS) || ost_rule_holds(r, q));
}

static bool lanes_name(const struct ost_image *image, const struct ost_image_role *role, const struct ost_question *q)
{
	const bool v4 = q->family == OST_IPV4;

	for (uint32_t i = 0; i < (v4 ? role->chunk4_count : role->chunk6_count); i++) {
		const struct ost_image_chunk4 *c4 = &image->chunks4[role->chunk4_first + i];
		const struct ost_image_chunk6 *c6 = &image->chunks6[role->chunk6_first + i];
		const uint16_t *rules = v4 ? c4->rule : c6->rule;

		for (uint32_t m = v4 ? ost_chunk4_match(c4, q) : ost_chunk6_match(c6, q); m != 0; m &= m - 1) {
			if (is_dns_rule(image, role, role->rule_first + rules[__builtin_ctz(m)], q))
				return true;
		}
	}
	return false;
}

bool ost_resolve_is(const struct ost_view *v, const struct ost_image_role *role, uint32_t peer, const struct ost_question *q)
{
	struct ost_question any_state = *q;

	if (q->direction != OST_TO || (q->protocol != 6 && q->protocol != 17))
		return false;
	if (lanes_name(v->image, role, q))
		return true;
	/* What is established may be judged in a state that gives more to it than to what is new: it stays what it was. */
	any_state.infrastructure_only = false;
	return peer != OST_SLOT_NONE && role->peer_count > 0 && ost_allow_peer_serves(v, role, peer, &any_state);
}

/* ---- messages ---- */

static void question_note(struct message *m, const struct ost_dns *d)
{
	m->q.name = ost_asked_name(m->c->site, &d->name);
	m->q.type = d->type;
	m->q.class = d->class;
	m->q.opcode = d->opcode;
	m->q.id = d->id;
}

static enum ost_reason query_take(void *user, const uint8_t *bytes, uint32_t length)
{
	struct message *m = user;
	struct ost_name_table *n = m->c->site->names;
	struct ost_dns d;

	if (ost_dns_read(bytes, length, &d) < 0 || d.answer) {
		ost_name_count(&n->counts.unread, 1);
		return OST_REASON_NONE;
	}
	ost_name_count(&n->counts.queries, 1);
	question_note(m, &d);
	if (ost_asked_add(m->c->site, &m->q, m->c->tick))
		ost_name_count(&n->counts.evicted, 1);
	return OST_REASON_NONE;
}

static uint32_t end_of(uint32_t tick, uint32_t ttl_s)
{
	uint64_t s = OST_MIN(OST_MAX(ttl_s, OST_NAME_TTL_MIN_S), OST_NAME_TTL_MAX_S) + OST_NAME_GRACE_S;

	return (tick + (uint32_t)((s * OST_NS_PER_S) >> OST_TICK_SHIFT)) | 1;
}

static void addresses_bind(struct message *m, const struct ost_dns_answer *a)
{
	const struct ost_view *v = m->c->view;
	const struct ost_image_role *role = &v->image->roles[v->hot[m->q.slot].role];
	struct ost_chain chain = {0};
	uint32_t owner = UINT32_MAX;
	int8_t wanted[2]; /* outside and inside, -1: not asked yet */

	if (v->hot[m->q.slot].role == UINT32_MAX)
		return;
	for (uint32_t i = 0; i < a->address_count; i++) {
		const struct ost_dns_address *d = &a->addresses[i];
		uint64_t ip[2];
		int8_t *want;

		if (d->owner != owner) {
			owner = d->owner;
			ost_chain_of(a, owner, &chain);
			wanted[0] = wanted[1] = -1;
		}
		if (d->ip.family == OST_IPV4)
			ost_binding_key4(ost_load32(d->ip.b), ip);
		else
			memcpy(ip, d->ip.b, 16);
		want = &wanted[ost_inside(v, ip)];
		if (*want < 0)
			*want = ost_host_wants(v, role, &chain, ip);
		(void)ost_name_bind(m->c->site, v, m->q.slot, ip, &chain, *want, m->c->tick, end_of(m->c->tick, d->ttl_s));
	}
	ost_name_count(&m->c->site->names->counts.unbound, a->left_out);
}

/* RFC 1035 section 4.1.1: an error may come without the question. */
static bool is_bare_error(const struct ost_dns *d)
{
	return d->name.length == 0 && (d->rcode != 0 || d->opcode != OST_DNS_OPCODE_QUERY) && d->record_counts[0] == 0;
}

static enum ost_reason answer_judge(struct message *m, const uint8_t *bytes, uint32_t length)
{
	struct ost_dns_answer a;
	struct ost_dns d;
	bool binds;

	if (ost_dns_read(bytes, length, &d) < 0)
		return OST_REASON_MALFORMED_L4;
	question_note(m, &d);
	if (!d.answer || (d.name.length == 0 && !is_bare_error(&d)) || !ost_asked_match(m->c->site, &m->q, m->c->tick, false))
		return OST_REASON_DNS_UNASKED;
	binds = d.opcode == OST_DNS_OPCODE_QUERY && d.rcode == 0 && d.class == OST_DNS_CLASS_IN && d.name.length > 0;
	if (binds && ost_dns_answer_read(&d, &a) < 0)
		return OST_REASON_MALFORMED_L4;
	(void)ost_asked_match(m->c->site, &m->q, m->c->tick, true);
	if (binds)
		addresses_bind(m, &a);
	return OST_REASON_NONE;
}

static enum ost_reason answer_take(void *user, const uint8_t *bytes, uint32_t length)
{
	struct message *m = user;
	struct ost_name_table *n = m->c->site->names;
	enum ost_reason r = answer_judge(m, bytes, length);

	ost_name_count(r == OST_REASON_NONE ? &n->counts.answers : &n->counts.refused, 1);
	return r;
}

/* ---- packets ---- */

static void server_of(const struct ost_packet *p, bool answer, uint64_t ip[2])
{
	const uint8_t *l3 = p->bytes + p->l3;

	if (p->ethertype == 0x0800)
		ost_binding_key4(ost_load32(l3 + (answer ? 12 : 16)), ip);
	else
		memcpy(ip, l3 + (answer ? 8 : 24), 16);
}

enum ost_reason ost_resolve(struct ost_classifier *c, const struct ost_packet *p, uint32_t slot, bool answer)
{
	const uint8_t *l4 = p->bytes + p->l4;
	struct message m = {.c = c, .q = {.slot = slot, .tcp = p->protocol == 6, .client_port = ost_be16(ost_load16(l4 + (answer ? 2 : 0)))}};
	struct ost_stream_segment g;
	uint16_t length;

	server_of(p, answer, m.q.server);
	if (p->protocol == 17) {
		/* Parsing saw that it lies within the packet. */
		length = (uint16_t)(ost_be16(ost_load16(l4 + 4)) - UDP_HEADER_BYTES);
		return answer ? answer_take(&m, l4 + UDP_HEADER_BYTES, length) : query_take(&m, l4 + UDP_HEADER_BYTES, length);
	}
	g = (struct ost_stream_segment){.slot = slot, .server = {m.q.server[0], m.q.server[1]}, .client_port = m.q.client_port,
		.answer = answer, .seq = p->tcp_seq, .flags = p->tcp_flags, .bytes = l4 + (p->l4_bytes - p->payload_bytes),
		.length = p->payload_bytes};
	return ost_stream_take(c->site, &g, c->tick, answer ? answer_take : query_take, &m);
}

void ost_resolve_handed(struct ost_classifier *c, const struct ost_packet *p, const struct ost_handed *how, struct ost_verdict *v)
{
	const bool answer = how->action == OST_HANDOVER_ANSWER;
	const uint32_t slot = ost_control_device(c, p->bytes + (answer ? 0 : 6), p->vlan);
	struct ost_port_counts *n = &c->ports[p->port];
	enum ost_reason r;

	/* Its flow counted it as forwarded, where it was judged. */
	if (slot == OST_SLOT_NONE) {
		ost_refuse(c, p, slot, OST_REASON_POLICY_CHANGED, v);
		return;
	}
	r = ost_resolve(c, p, slot, answer);
	if (r != OST_REASON_NONE) {
		ost_tally_take_back(&c->tallies[slot], answer, 1, p->length);
		ost_refuse(c, p, slot, r, v);
		return;
	}
	n->forwarded_pkts++;
	n->forwarded_bytes += p->length;
	*v = (struct ost_verdict){.action = OST_FORWARD, .egress = how->egress, .device = slot};
}
