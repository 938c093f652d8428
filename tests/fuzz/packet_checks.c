/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet_checks.h"

#include "frames.h"

#include <stdio.h>

bool fuzz_show;

/* received = forwarded + refused + handed over, on each port, and together what we put in. */
static uint64_t worker_accounts_check(const struct ost_classifier *c, uint64_t *handed)
{
	uint64_t received = 0;

	for (uint32_t port = 0; port < PORTS; port++) {
		const struct ost_port_counts *n = ost_classifier_port_counts(c, port);
		uint64_t out = n->forwarded_pkts + n->handed_over_pkts;

		for (uint32_t reason = 0; reason < OST_REASON_SLOTS; reason++)
			out += n->refused_pkts[reason];
		if (out != n->received_pkts)
			fuzz_die("a port's packets do not add up");
		if (n->refused_pkts[OST_REASON_NONE] != 0)
			fuzz_die("refused for no reason");
		if (n->forwarded_bytes > n->received_bytes)
			fuzz_die("more bytes forwarded than received");
		received += n->received_pkts;
		*handed += n->handed_over_pkts;
	}
	return received;
}

/* What devices count is part of what ports count. */
void fuzz_devices_check(const struct gateway *g)
{
	uint64_t forwarded = 0, refused = 0, of_devices = 0, of_devices_refused = 0;

	for (uint32_t w = 0; w < g->worker_count; w++) {
		for (uint32_t port = 0; port < PORTS; port++) {
			const struct ost_port_counts *n = ost_classifier_port_counts(g->workers[w], port);

			forwarded += n->forwarded_pkts;
			for (uint32_t i = 0; i < OST_REASON_COUNT; i++)
				refused += n->refused_pkts[i];
		}
	}
	for (uint32_t slot = 0; slot < DEVICES_MAX; slot++) {
		struct ost_device_counts n;

		ost_site_device_counts(g->site, slot, &n);
		if (n.flows != 0)
			fuzz_die("a flow was left with its device");
		if (n.out_pkts > forwarded || n.in_pkts > forwarded)
			fuzz_die("a device's packets were not forwarded");
		of_devices += n.out_pkts + n.in_pkts;
		for (uint32_t i = 0; i < OST_REASON_COUNT; i++)
			of_devices_refused += n.refused_pkts[i];
	}
	if (of_devices > forwarded || of_devices_refused > refused)
		fuzz_die("devices count more than ports");
}

void fuzz_accounts_check(const struct gateway *g)
{
	uint64_t received = 0, handed = 0;

	for (uint32_t w = 0; w < g->worker_count; w++)
		received += worker_accounts_check(g->workers[w], &handed);
	if (received != g->frames || handed != g->handed)
		fuzz_die("not every frame was received");
}

/* A device of the policy in force with this MAC that stands at the port, or at any for PORTS. */
static bool device_at(const struct gateway *g, const uint8_t *mac, uint32_t port, bool with_rights, uint32_t vlan)
{
	const struct ost_image *image = ost_site_image(g->site);
	struct ost_site_device d;

	for (uint32_t i = 0; image != NULL && i < image->device_count; i++) {
		uint32_t slot = ost_site_slot(g->site, i);

		if (slot == OST_DEVICE_NONE || memcmp(image->devices[i].mac, mac, 6) != 0 ||
			(vlan != UINT32_MAX && image->devices[i].vlan != vlan))
			continue;
		if (ost_site_device_get(g->site, slot, &d) != 0 || d.image_device != i)
			fuzz_die("a device has no slot of its own");
		if ((port == PORTS || d.port == port) && (!with_rights || ost_state_rights((enum ost_state)d.state) != 0))
			return true;
	}
	return false;
}

/* TCP without tags and extension headers: nothing but its own flow lets it pass. */
static bool is_tcp(const struct ost_frame *f)
{
	const uint8_t *b = f->bytes;

	return (f->length >= 34 && b[12] == 8 && b[13] == 0 && b[23] == 6) ||
		(f->length >= 54 && b[12] == 0x86 && b[13] == 0xdd && b[20] == 6);
}

/* The camera connects to port 4000 by a rule about names alone: to addresses that answers held. Untagged IPv4 without options. */
static void names_check(struct gateway *g, const struct ost_frame *f)
{
	const uint8_t *b = f->bytes;

	if (f->length < 54 || b[12] != 8 || b[13] != 0 || b[14] != 0x45)
		return;
	for (unsigned i = 0; b[23] == 17 && b[34] == 0 && b[35] == 53 && memcmp(b, fuzz_macs[0], 6) == 0 && i < 8; i++)
		g->given |= (uint8_t)((memmem(b + 42, f->length - 42, fuzz_ip4[i], 4) != NULL) << i);
	if (b[23] != 6 || b[36] != 4000 >> 8 || b[37] != (4000 & 0xff) || memcmp(b + 6, fuzz_macs[0], 6) != 0 || b[47] != 2)
		return;
	for (unsigned i = 0; i < 8; i++) {
		if (memcmp(b + 30, fuzz_ip4[i], 4) == 0 && !(g->given >> i & 1))
			fuzz_die("connected by a name to what nobody told");
	}
}

static void passed_check(struct gateway *g, const struct ost_frame *f, const struct ost_verdict *v)
{
	if (f->length < 14 || f->oversize || (f->bytes[6] & 1) != 0)
		fuzz_die("a frame that is none passed");
	names_check(g, f);
	if (v->action == OST_FLOOD_DEVICES) {
		if (!PORT_IS_NET(f->port) || !(f->bytes[0] & 1))
			fuzz_die("flooded from a device, or to one address");
		return;
	}
	if (v->egress >= PORTS || v->egress == f->port)
		fuzz_die("forwarded to nowhere or back");
	if (!PORT_IS_NET(f->port)) {
		if (!device_at(g, f->bytes + 6, f->port, true, UINT32_MAX))
			fuzz_die("a stranger's frame passed");
		if (PORT_IS_NET(v->egress) && v->egress != (f->port == 3 ? 4 : 0))
			fuzz_die("not out of the port's uplink");
	} else {
		if (PORT_IS_NET(v->egress))
			fuzz_die("forwarded from network to network");
		/* Untagged: a device is one of its VLAN. */
		if (f->bytes[12] != 0x81 && f->bytes[12] != 0x88 && device_at(g, f->bytes + 6, PORTS, false, 0))
			fuzz_die("a device's MAC passed from the network");
	}
	if (is_tcp(f) && !PORT_IS_NET(v->egress) && !device_at(g, f->bytes, v->egress, false, 0))
		fuzz_die("forwarded where its destination is not");
}

static void verdict_check(struct gateway *g, const struct ost_frame *f, const struct ost_verdict *v, uint32_t worker)
{
	if (v->action > OST_HANDOVER_ANSWER || v->reason >= OST_REASON_COUNT)
		fuzz_die("an unsound verdict");
	if ((v->action == OST_REFUSE) != (v->reason != OST_REASON_NONE))
		fuzz_die("refused without a reason, or a reason without a refusal");
	if (v->action >= OST_HANDOVER && worker == 0)
		fuzz_die("handed over by the owner of control");
	/* OST_DEVICE_NONE, or 24 bits of it */
	if (v->device < 0xffffff && v->device >= ost_site_slots(g->site))
		fuzz_die("accounted to a device that is none");
	if (v->action == OST_FORWARD || v->action == OST_FLOOD_DEVICES)
		passed_check(g, f, v);
}

static void bounds_check(const struct gateway *g)
{
	struct ost_site_names names;
	uint64_t flows, max;
	uint32_t bindings_max;

	for (uint32_t w = 0; w < g->worker_count; w++) {
		ost_classifier_flows(g->workers[w], &flows, &max);
		if (flows > max || max != FLOWS4_MAX + FLOWS6_MAX)
			fuzz_die("more flows than there is room for");
	}
	ost_site_names(g->site, &names);
	if (names.held > names.max)
		fuzz_die("more names than there is room for");
	if (ost_site_bindings(g->site, &bindings_max) > bindings_max || ost_site_slots(g->site) > DEVICES_MAX)
		fuzz_die("more bindings or devices than there is room for");
}

void fuzz_refusal_check(void *user, const struct ost_refusal *r)
{
	(void)user;
	if (r->reason == OST_REASON_NONE || r->reason >= OST_REASON_COUNT || r->count_pkts == 0 || r->port >= PORTS ||
		r->first_wall_ns > r->last_wall_ns)
		fuzz_die("an unsound refusal record");
}

void fuzz_binding_check(void *user, const struct ost_binding_event *e)
{
	(void)user;
	if (e->slot >= DEVICES_MAX || e->vlan >= 1u << 24 || e->source >= OST_BINDING_SOURCE_COUNT ||
		(e->ip.family != OST_IPV4 && e->ip.family != OST_IPV6))
		fuzz_die("an unsound binding event");
}

/* how: another worker handed them over; NULL. */
static void judge(struct gateway *g, uint32_t worker, const struct ost_frame *frames, const struct ost_handed *how, uint32_t n)
{
	struct ost_verdict verdicts[OST_BURST];
	struct ost_frame handed[OST_BURST];
	struct ost_handed handed_how[OST_BURST];
	uint32_t handed_count = 0;

	if (how != NULL)
		ost_classify_handed(g->workers[worker], frames, how, n, g->now_ns, verdicts);
	else
		ost_classify(g->workers[worker], frames, n, g->now_ns, verdicts);
	g->frames += n;
	for (uint32_t i = 0; i < n; i++) {
		const struct ost_verdict *v = &verdicts[i];

		if (fuzz_show)
			fprintf(stderr, "worker %u, port %u, %u bytes: action %u to %u, %s\n", worker, frames[i].port,
				frames[i].length, v->action, v->egress, ost_reason_name(v->reason));
		verdict_check(g, &frames[i], v, worker);
		if (v->action >= OST_HANDOVER) {
			handed_how[handed_count] = (struct ost_handed){v->action, v->egress};
			handed[handed_count++] = frames[i];
		}
		if (v->action == OST_FORWARD) {
			g->sent.verdict = *v;
			g->sent.length = frames[i].length;
			g->sent.port = frames[i].port;
			g->sent.worker = (uint8_t)worker;
			g->sent.there = true;
		}
	}
	g->handed += handed_count;
	if (handed_count > 0)
		judge(g, 0, handed, handed_how, handed_count);
	bounds_check(g);
}

void fuzz_judge(struct gateway *g, uint32_t worker, const struct ost_frame *frames, uint32_t n)
{
	judge(g, worker, frames, NULL, n);
}

void fuzz_judge_explained(struct gateway *g, struct gateway *twin, uint32_t worker, const struct ost_frame *frame)
{
	const struct ost_image *image = ost_site_image(g->site);
	struct ost_explanation e;
	struct ost_verdict v;

	ost_classify_explain(twin->workers[worker], frame, g->now_ns, &e);
	ost_classify(g->workers[worker], frame, 1, g->now_ns, &v);
	g->frames++;
	if (fuzz_show)
		fprintf(stderr, "worker %u, port %u, %u bytes: action %u to %u, %s\n", worker, frame->port, frame->length,
			v.action, v.egress, ost_reason_name(v.reason));
	if (e.verdict.action != v.action || e.verdict.reason != v.reason || e.verdict.device != v.device ||
		(v.action == OST_FORWARD && e.verdict.egress != v.egress))
		fuzz_die("explain says other than the wire does");
	if (image != NULL && ((e.device != OST_DEVICE_NONE && e.device >= image->device_count) ||
		(e.rule != UINT32_MAX && e.rule >= image->rule_count) ||
		(e.peer_rule != UINT32_MAX && e.peer_rule >= image->rule_count) ||
		(e.peer_device != OST_DEVICE_NONE && e.peer_device >= image->device_count)))
		fuzz_die("explained by what is not there");
	verdict_check(g, frame, &v, worker);
	bounds_check(g);
	if (v.action == OST_HANDOVER) {
		g->handed++;
		fuzz_judge_explained(g, twin, 0, frame);
	} else if (v.action > OST_HANDOVER) {
		const struct ost_handed how = {v.action, v.egress};

		g->handed++;
		judge(g, 0, frame, &how, 1);
		judge(twin, 0, frame, &how, 1);
	}
}
