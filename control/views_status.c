/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GET /v1/status: is it healthy, and if not, what to do. */
#include <inttypes.h>
#include <stdio.h>

#include "apply.h"
#include "authority.h"
#include "clock.h"
#include "export_link.h"
#include "journaling.h"
#include "views.h"

/* Past its date nobody new can be let in: it is told while a quarter of its life is left. */
static bool crl_trouble(const struct ost_daemon *d, char *buf, size_t size)
{
	uint64_t hours;

	if (!ost_admission_wanted(d->admission))
		return false;
	switch (ost_authority_crl(d, &hours)) {
	case OST_CRL_OLD:
		(void)snprintf(buf, size, "the revocation list ends in %" PRIu64 " hours, and then nobody new is let in: ostiary init --renew-crl", hours);
		return true;
	case OST_CRL_GRACE:
		(void)snprintf(buf, size,
			"the revocation list is past its date: nobody new is let in, and re-authentication is put off for %" PRIu64 " hours more: ostiary init --renew-crl",
			OST_CRL_GRACE_S / 3600 - hours);
		return true;
	case OST_CRL_OVER:
		(void)snprintf(buf, size, "the revocation list is long past its date, nobody is let in: ostiary init --renew-crl");
		return true;
	default:
		return false;
	}
}

static void trouble_list(struct ost_daemon *d, struct ost_jsonw *w, uint32_t *ret_count)
{
	const struct ost_line_file_counts *file = ost_line_file_counts(d->refusal_file);
	const struct ost_ledger_counts *ledger = ost_ledger_counts(d->ledger);
	const struct ost_line_file_counts *admissions = ost_line_file_counts(d->admission_file);
	const struct ost_line_file_counts *events = ost_line_file_counts(d->policy_file);
	char line[320], text[256];
	uint32_t n = 0;

#define TROUBLE(...)                                                                               \
	do {                                                                                       \
		(void)snprintf(line, sizeof(line), __VA_ARGS__);                                   \
		ost_jsonw_string(w, NULL, line);                                                   \
		n++;                                                                               \
	} while (0)
	ost_jsonw_array(w, "trouble");
	if (!ost_link_is_up(d->link))
		TROUBLE("the data plane is not reachable: %s", ost_link_counts(d->link)->why);
	else if (d->gauges.have_totals && !ost_gauges_moving(&d->gauges, ost_clock_mono_ns()))
		TROUBLE("the data plane is not moving: it polls its ports no more; restart ostiary-dataplane");
	if (d->trouble[0] != '\0')
		TROUBLE("%s", d->trouble);
	if (!ost_clock_is_set(ost_clock_wall_ns()))
		TROUBLE("the system's clock stands before 2020: nobody can prove himself until it is set");
	if (ost_admission_wanted(d->admission) && !ost_auth_link_is_up(d->auth_link))
		TROUBLE("the authenticator is not connected, nobody new is let in: %s", ost_auth_link_counts(d->auth_link)->why);
	if (crl_trouble(d, text, sizeof(text)))
		TROUBLE("%s", text);
	if (admissions->trouble != 0)
		TROUBLE("the admission log cannot be written: %s; %" PRIu64 " lines lost", strerror(-admissions->trouble),
			admissions->lost_lines);
	if (events->trouble != 0)
		TROUBLE("the record of policy events cannot be written: %s; %" PRIu64 " lines lost", strerror(-events->trouble),
			events->lost_lines);
	if (ost_journaling_trouble(d, text, sizeof(text)))
		TROUBLE("%s", text);
	if (ost_export_link_trouble(d->export_link, text, sizeof(text)))
		TROUBLE("%s", text);
	if (d->in_force.number == 0 && d->trouble[0] == '\0')
		TROUBLE("no policy is in force, nothing passes: ostiary policy apply FILE");
	if (file->trouble != 0)
		TROUBLE("the refusal log cannot be written: %s; %" PRIu64 " lines lost", strerror(-file->trouble),
			file->lost_lines);
	if (ledger->trouble != 0)
		TROUBLE("the registry cannot be written: %s", strerror(-ledger->trouble));
#undef TROUBLE
	ost_jsonw_end(w, ']');
	*ret_count = n;
}

static void dataplane_json(struct ost_daemon *d, struct ost_jsonw *w)
{
	const struct ost_link_counts *c = ost_link_counts(d->link);
	const struct ost_msg_totals *t = &d->gauges.totals;

	ost_jsonw_object(w, "dataplane");
	ost_jsonw_bool(w, "connected", ost_link_is_up(d->link));
	ost_jsonw_string(w, "why", c->why[0] != '\0' ? c->why : NULL);
	if (ost_link_is_up(d->link)) {
		ost_jsonw_u64(w, "pid", c->pid);
		ost_jsonw_string(w, "version", c->version);
	}
	ost_jsonw_bool(w, "moving", ost_gauges_moving(&d->gauges, ost_clock_mono_ns()));
	if (d->gauges.have_totals) {
		ost_jsonw_u64(w, "generation", t->generation);
		ost_jsonw_u64(w, "uptime_s", t->uptime_ns / OST_NS_PER_S);
		ost_jsonw_u64(w, "progress", t->progress);
		ost_jsonw_u64(w, "workers", t->workers);
		ost_jsonw_bool(w, "hugepages", t->hugepages != 0);
		ost_jsonw_double(w, "busy", d->gauges.busy);
	}
	ost_jsonw_u64(w, "protocol_errors", c->protocol_errors);
	ost_jsonw_end(w, '}');
}

static void reasons_of(struct ost_jsonw *w, const char *name, const uint64_t *counts)
{
	ost_jsonw_object(w, name);
	for (unsigned i = 1; i < OST_AUTH_REASON_COUNT; i++) {
		if (counts[i] != 0)
			ost_jsonw_u64(w, ost_auth_reason_name(i), counts[i]);
	}
	ost_jsonw_end(w, '}');
}

static void authenticator_json(struct ost_daemon *d, struct ost_jsonw *w)
{
	const struct ost_auth_link_counts *c = ost_auth_link_counts(d->auth_link);
	const struct ost_admission_counts *n = ost_admission_counts(d->admission);
	const struct ost_msg_auth_counts *m = &d->auth_counts;

	ost_jsonw_object(w, "authenticator");
	ost_jsonw_bool(w, "wanted", ost_admission_wanted(d->admission));
	ost_jsonw_bool(w, "connected", ost_auth_link_is_up(d->auth_link));
	ost_jsonw_string(w, "why", c->why[0] != '\0' ? c->why : NULL);
	ost_jsonw_u64(w, "conversations", m->conversations);
	ost_jsonw_u64(w, "conversations_max", m->conversations_max);
	ost_jsonw_u64(w, "admitted", n->admitted);
	reasons_of(w, "failed", n->failed);
	ost_jsonw_u64(w, "lock_outs", n->lock_outs);
	ost_jsonw_u64(w, "discarded_frames", m->discarded_frames);
	ost_jsonw_u64(w, "limited_frames", m->limited_frames);
	ost_jsonw_time(w, "crl_begins", m->crl_this_update_wall_s * OST_NS_PER_S);
	ost_jsonw_time(w, "crl_ends", m->crl_next_update_wall_s * OST_NS_PER_S);
	ost_jsonw_time(w, "gateway_certificate_ends", m->gateway_not_after_wall_s * OST_NS_PER_S);
	ost_jsonw_u64(w, "protocol_errors", c->protocol_errors);
	ost_jsonw_end(w, '}');
}

static void policy_json(struct ost_daemon *d, struct ost_jsonw *w)
{
	const struct ost_generation *g = &d->in_force;

	if (g->number == 0) {
		ost_jsonw_string(w, "policy", NULL);
		return;
	}
	ost_jsonw_object(w, "policy");
	ost_jsonw_u64(w, "generation", g->number);
	ost_jsonw_time(w, "time", g->applied_wall_ns);
	ost_jsonw_string(w, "by", g->by);
	ost_jsonw_string(w, "message", g->message);
	ost_jsonw_u64(w, "devices", g->devices);
	ost_jsonw_u64(w, "roles", g->roles);
	ost_jsonw_u64(w, "rules", g->rules);
	ost_jsonw_string(w, "state", ost_generation_state_name(g->state));
	ost_jsonw_end(w, '}');
}

static void applying_json(struct ost_daemon *d, struct ost_jsonw *w)
{
	const char *step;
	uint64_t number = ost_applier_under_way(d->applier, &step);

	if (number == 0) {
		ost_jsonw_string(w, "applying", NULL);
		return;
	}
	ost_jsonw_object(w, "applying");
	ost_jsonw_u64(w, "generation", number);
	ost_jsonw_string(w, "step", step);
	ost_jsonw_end(w, '}');
}

struct sums {
	uint64_t received, forwarded, refused, audited;
	uint64_t reasons[OST_REASON_COUNT];
};

static void port_json(const struct ost_msg_port_stats *p, struct sums *sums, struct ost_jsonw *w)
{
	uint64_t refused = 0;

	for (unsigned i = 1; i < OST_REASON_COUNT; i++) {
		refused += p->refused_pkts[i];
		sums->reasons[i] += p->refused_pkts[i];
	}
	sums->received += p->received_pkts;
	sums->forwarded += p->forwarded_pkts;
	sums->refused += refused;
	sums->audited += p->audited_pkts;
	ost_jsonw_object(w, NULL);
	ost_jsonw_string(w, "name", p->name);
	ost_jsonw_string(w, "side", ost_side_name(p->side));
	ost_jsonw_string(w, "driver", p->driver);
	ost_jsonw_bool(w, "link", p->link_up != 0);
	ost_jsonw_u64(w, "received_packets", p->received_pkts);
	ost_jsonw_u64(w, "received_bytes", p->received_bytes);
	ost_jsonw_u64(w, "forwarded_packets", p->forwarded_pkts);
	ost_jsonw_u64(w, "forwarded_bytes", p->forwarded_bytes);
	ost_jsonw_u64(w, "sent_packets", p->sent_pkts);
	ost_jsonw_u64(w, "sent_bytes", p->sent_bytes);
	ost_jsonw_u64(w, "missed_packets", p->missed_pkts);
	ost_jsonw_u64(w, "audited_packets", p->audited_pkts);
	ost_jsonw_u64(w, "refused_packets", refused);
	ost_jsonw_end(w, '}');
}

void ost_view_reason(struct ost_jsonw *w, unsigned reason, uint64_t pkts)
{
	ost_jsonw_object(w, NULL);
	ost_jsonw_string(w, "reason", ost_reason_name(reason));
	ost_jsonw_string(w, "meaning", ost_reason_meaning(reason));
	ost_jsonw_string(w, "advice", ost_reason_advice(reason));
	ost_jsonw_u64(w, "packets", pkts);
	ost_jsonw_end(w, '}');
}

/* Most frequent first. */
static void reasons_json(struct sums *sums, struct ost_jsonw *w)
{
	ost_jsonw_array(w, "refused");
	for (;;) {
		unsigned best = 0;

		for (unsigned i = 1; i < OST_REASON_COUNT; i++) {
			if (sums->reasons[i] > sums->reasons[best])
				best = i;
		}
		if (best == 0)
			break;
		ost_view_reason(w, best, sums->reasons[best]);
		sums->reasons[best] = 0;
	}
	ost_jsonw_end(w, ']');
}

static void ports_json(struct ost_daemon *d, struct ost_jsonw *w)
{
	struct sums sums = {0};

	ost_jsonw_array(w, "ports");
	for (unsigned i = 0; i < OST_PORTS_MAX; i++) {
		if ((d->gauges.ports_known >> i & 1) != 0)
			port_json(&d->gauges.ports[i], &sums, w);
	}
	ost_jsonw_end(w, ']');
	ost_jsonw_object(w, "packets");
	ost_jsonw_u64(w, "received", sums.received);
	ost_jsonw_u64(w, "forwarded", sums.forwarded);
	ost_jsonw_u64(w, "refused", sums.refused);
	ost_jsonw_u64(w, "audited", sums.audited);
	ost_jsonw_end(w, '}');
	reasons_json(&sums, w);
}

static void table_json(struct ost_jsonw *w, const char *name, uint64_t used, uint64_t max)
{
	ost_jsonw_object(w, name);
	ost_jsonw_u64(w, "used", used);
	ost_jsonw_u64(w, "max", max);
	ost_jsonw_end(w, '}');
}

static void tables_json(struct ost_daemon *d, struct ost_jsonw *w)
{
	const struct ost_line_file_counts *file = ost_line_file_counts(d->refusal_file);
	struct ost_refusal_log_counts log;

	ost_refusal_log_counts(d->refusals, &log);
	ost_jsonw_object(w, "tables");
	table_json(w, "flows", d->gauges.totals.flows, d->gauges.totals.flows_max);
	table_json(w, "bindings", d->gauges.totals.bindings, d->gauges.totals.bindings_max);
	table_json(w, "names", d->gauges.totals.names, d->gauges.totals.names_max);
	table_json(w, "unknown_devices", ost_sightings_count(d->sightings), OST_SIGHTINGS_MAX);
	table_json(w, "refusal_kinds", log.kinds, log.kinds_max);
	ost_jsonw_end(w, '}');
	ost_jsonw_object(w, "refusal_log");
	ost_jsonw_u64(w, "lines", file->lines);
	ost_jsonw_u64(w, "lost_lines", file->lost_lines);
	ost_jsonw_u64(w, "suppressed_lines", log.suppressed_lines);
	ost_jsonw_u64(w, "unrecorded_packets", d->gauges.totals.refusal_records_lost);
	ost_jsonw_end(w, '}');
}

void ost_view_status(struct ost_daemon *d, struct ost_jsonw *w)
{
	uint32_t troubles;

	ost_jsonw_object(w, NULL);
	ost_jsonw_string(w, "gateway", d->gateway);
	ost_jsonw_string(w, "version", OSTIARY_VERSION);
	ost_jsonw_u64(w, "uptime_s", (ost_clock_mono_ns() - d->started_ns) / OST_NS_PER_S);
	trouble_list(d, w, &troubles);
	ost_jsonw_bool(w, "healthy", troubles == 0);
	dataplane_json(d, w);
	authenticator_json(d, w);
	policy_json(d, w);
	applying_json(d, w);
	ost_view_trial(&d->trial, w);
	ost_view_audits(d, w);
	ports_json(d, w);
	tables_json(d, w);
	ost_journaling_json(d, w);
	ost_export_link_json(d->export_link, w);
	ost_jsonw_end(w, '}');
}
