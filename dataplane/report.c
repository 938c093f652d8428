/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sums the workers' counters. They have one writer each and are read without a lock: a value may be a burst old. */
#include <rte_ethdev.h>
#include <stdio.h>

#include "dataplane.h"

#define RULES_AT_ONCE (1u << 17) /* looked at in one go: a millisecond or less */

static void names_add(const struct ost_dataplane *dp, struct ost_msg_totals *t)
{
	struct ost_site_names n;

	ost_site_names(dp->site, &n);
	t->names = n.held;
	t->names_max = n.max;
	t->dns_queries = n.queries;
	t->dns_answers = n.answers;
	t->dns_refused = n.refused;
	t->dns_unread = n.unread;
	t->names_bound = n.bound;
	t->names_unbound = n.unbound;
	t->names_evicted = n.evicted;
}

void ost_report_totals(const struct ost_dataplane *dp, struct ost_msg_totals *ret_totals)
{
	uint64_t flows, flows_max;
	uint32_t bindings_max = 0;
	struct ost_msg_totals t = {
		.generation = dp->policy != NULL ? dp->policy->image.generation : 0,
		.uptime_ns = ost_tsc_now_ns(&dp->clock) - dp->started_ns,
		.bindings = ost_site_bindings(dp->site, &bindings_max),
		.refusal_records_lost = dp->refusal_records_lost,
		.workers = dp->worker_count,
		.ports = dp->ports.count,
		.devices = dp->policy != NULL ? dp->policy->image.device_count : 0,
		.hugepages = dp->ports.hugepages,
	};

	t.bindings_max = bindings_max;
	names_add(dp, &t);
	ost_evidence_counts(dp->evidence, &t.frames_copied, &t.frames_uncopied);
	t.unobserved = ost_lookout_lost(dp->lookout);
	for (uint32_t i = 0; i < dp->worker_count; i++) {
		struct ost_worker *w = dp->workers[i];

		ost_classifier_flows(w->classifier, &flows, &flows_max);
		t.flows += flows;
		t.flows_max += flows_max;
		t.progress += atomic_load_explicit(&w->progress, memory_order_relaxed);
		t.cycles_busy += atomic_load_explicit(&w->cycles_busy, memory_order_relaxed);
		t.cycles_all += atomic_load_explicit(&w->cycles_all, memory_order_relaxed);
	}
	*ret_totals = t;
}

/* A frame that was handed over is received by two workers, and counted once. */
static void worker_port_add(const struct ost_worker *w, uint32_t port, struct ost_msg_port_stats *s)
{
	const struct ost_port_counts *c = ost_classifier_port_counts(w->classifier, port);
	const struct ost_worker_port_counts *own = &w->counts[port];

	s->received_pkts += c->received_pkts - (c->handed_over_pkts - own->handover_lost_pkts);
	s->received_bytes += c->received_bytes - own->handed_bytes;
	s->forwarded_pkts += c->forwarded_pkts;
	s->forwarded_bytes += c->forwarded_bytes;
	s->audited_pkts += c->audited_pkts;
	s->sent_pkts += own->sent_pkts;
	s->sent_bytes += own->sent_bytes;
	for (uint32_t r = 0; r < OST_REASON_SLOTS; r++)
		s->refused_pkts[r] += c->refused_pkts[r];
	s->refused_pkts[OST_REASON_EGRESS_FULL] += own->handover_lost_pkts;
}

void ost_report_port(struct ost_dataplane *dp, uint32_t port, struct ost_msg_port_stats *ret_stats)
{
	struct ost_port *p = &dp->ports.ports[port];
	uint64_t interface_pkts = ost_port_interface_pkts(p), rounds = UINT64_MAX;
	struct rte_eth_stats nic = {0};
	struct ost_msg_port_stats s = {
		.port = port,
		.side = (uint8_t)p->site->side,
		.link_up = atomic_load_explicit(&p->up, memory_order_relaxed),
	};

	(void)snprintf(s.name, sizeof(s.name), "%s", p->site->name);
	(void)snprintf(s.driver, sizeof(s.driver), "%s", ost_port_driver_name(p->site->driver));
	for (uint32_t i = 0; i < dp->worker_count; i++) {
		worker_port_add(dp->workers[i], port, &s);
		rounds = OST_MIN(rounds, atomic_load_explicit(&dp->workers[i]->progress, memory_order_relaxed));
	}
	s.missed_pkts = ost_port_missed(p, interface_pkts, s.received_pkts, rounds, dp->worker_count);
	if (rte_eth_stats_get(p->id, &nic) == 0)
		s.sent_pkts -= OST_MIN(s.sent_pkts, nic.oerrors); /* taken by the driver, refused by the kernel */
	*ret_stats = s;
}

static uint64_t wall_of(const struct ost_dataplane *dp, uint64_t mono_ns)
{
	return mono_ns == 0 ? 0 : mono_ns + (ost_clock_wall_ns() - ost_tsc_now_ns(&dp->clock));
}

bool ost_report_device(const struct ost_dataplane *dp, uint32_t slot, struct ost_msg_device_stats *ret_stats)
{
	struct ost_msg_device_stats s = {0};
	struct ost_site_device device;
	struct ost_device_counts c;

	if (dp->policy == NULL || ost_site_device_get(dp->site, slot, &device) < 0 || device.image_device == OST_DEVICE_NONE)
		return false;
	ost_site_device_counts(dp->site, slot, &c);
	s.out_pkts = c.out_pkts;
	s.out_bytes = c.out_bytes;
	s.in_pkts = c.in_pkts;
	s.in_bytes = c.in_bytes;
	s.flows = c.flows;
	s.flows_opened = c.flows_opened;
	memcpy(s.refused_pkts, c.refused_pkts, sizeof(s.refused_pkts));
	s.generation = dp->policy->image.generation;
	s.device = device.image_device;
	s.state = device.state;
	s.port = device.port;
	s.last_seen_wall_ns = wall_of(dp, c.last_seen_ns);
	*ret_stats = s;
	return true;
}

/* Counts begin anew with each generation. */
static bool told_room(const struct ost_dataplane *dp, struct ost_rules_told *t)
{
	const struct ost_image *image = dp->policy != NULL ? &dp->policy->image : NULL;

	if (image == NULL || image->rule_count == 0)
		return false;
	if (t->generation == image->generation && t->rule_count == image->rule_count)
		return true;
	free(t->flows_opened);
	*t = (struct ost_rules_told){.flows_opened = calloc(image->rule_count, sizeof(*t->flows_opened))};
	if (t->flows_opened == NULL)
		return false;
	t->generation = image->generation;
	t->rule_count = image->rule_count;
	return true;
}

bool ost_report_rules(const struct ost_dataplane *dp, struct ost_rules_told *t, struct ost_msg_rule_stats *ret_stats)
{
	struct ost_msg_rule_stats *m = ret_stats;
	uint32_t looked = 0, rule;

	if (!told_room(dp, t))
		return false;
	m->generation = t->generation;
	m->count = m->reserved = 0;
	for (rule = t->next; looked < OST_MIN(t->rule_count, RULES_AT_ONCE) && m->count < OST_RULES_PER_MSG; looked++) {
		uint64_t flows = 0;

		for (uint32_t i = 0; i < dp->worker_count; i++)
			flows += ost_classifier_rule_hits(dp->workers[i]->classifier, rule);
		if (flows != t->flows_opened[rule])
			m->rules[m->count++] = (struct ost_rule_count){.flows_opened = flows, .rule = rule};
		rule = rule + 1 < t->rule_count ? rule + 1 : 0;
	}
	t->ahead = rule;
	if (m->count == 0)
		t->next = rule;
	return m->count > 0;
}

void ost_report_rules_sent(struct ost_rules_told *t, const struct ost_msg_rule_stats *m)
{
	for (uint32_t i = 0; i < m->count; i++)
		t->flows_opened[m->rules[i].rule] = m->rules[i].flows_opened;
	t->next = t->ahead;
}
