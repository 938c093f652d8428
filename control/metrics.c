/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "metrics.h"

#include <inttypes.h>
#include <stdio.h>

#include "audits.h"
#include "authority.h"
#include "casebook.h"
#include "clock.h"
#include "evidence.h"
#include "export_link.h"
#include "trial.h"
#include "watching.h"

#define LABEL_MAX 160

void ost_metrics_escape(const char *value, char *buf, size_t size)
{
	size_t n = 0;

	for (; *value != '\0' && n + 3 < size; value++) {
		if (*value == '\\' || *value == '"')
			buf[n++] = '\\';
		if (*value == '\n') {
			buf[n++] = '\\';
			buf[n++] = 'n';
		} else {
			buf[n++] = *value;
		}
	}
	buf[n] = '\0';
}

static void head(FILE *f, const char *name, const char *type, const char *help)
{
	(void)fprintf(f, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void one(FILE *f, const char *name, const char *type, const char *help, uint64_t value)
{
	head(f, name, type, help);
	(void)fprintf(f, "%s %" PRIu64 "\n", name, value);
}

/* ---- ports ---- */

static const struct port_metric {
	const char *name, *type, *help;
	size_t offset; /* of a uint64_t in struct ost_msg_port_stats */
} port_metrics[] = {
	{"ostiary_port_received_packets_total", "counter", "Packets received on a port.",
		offsetof(struct ost_msg_port_stats, received_pkts)},
	{"ostiary_port_received_bytes_total", "counter", "Bytes received on a port.",
		offsetof(struct ost_msg_port_stats, received_bytes)},
	{"ostiary_port_forwarded_packets_total", "counter", "Packets received on a port and forwarded.",
		offsetof(struct ost_msg_port_stats, forwarded_pkts)},
	{"ostiary_port_forwarded_bytes_total", "counter", "Bytes received on a port and forwarded.",
		offsetof(struct ost_msg_port_stats, forwarded_bytes)},
	{"ostiary_port_sent_packets_total", "counter", "Packets sent out of a port.",
		offsetof(struct ost_msg_port_stats, sent_pkts)},
	{"ostiary_port_sent_bytes_total", "counter", "Bytes sent out of a port.",
		offsetof(struct ost_msg_port_stats, sent_bytes)},
	{"ostiary_port_missed_packets_total", "counter", "Packets lost by the NIC or kernel before they were seen.",
		offsetof(struct ost_msg_port_stats, missed_pkts)},
};

static void port_label(const struct ost_msg_port_stats *p, char *buf, size_t size)
{
	char name[LABEL_MAX];

	ost_metrics_escape(p->name, name, sizeof(name));
	(void)snprintf(buf, size, "port=\"%s\",side=\"%s\"", name, ost_side_name(p->side));
}

#define EACH_PORT(d, i)                                                                            \
	for (unsigned i = 0; i < OST_PORTS_MAX; i++)                                               \
		if (((d)->gauges.ports_known >> i & 1) != 0)

static void ports_metrics(FILE *f, const struct ost_daemon *d)
{
	char label[LABEL_MAX + 32];

	for (size_t m = 0; m < OST_ARRAY_SIZE(port_metrics); m++) {
		head(f, port_metrics[m].name, port_metrics[m].type, port_metrics[m].help);
		EACH_PORT(d, i) {
			uint64_t value;

			memcpy(&value, (const char *)&d->gauges.ports[i] + port_metrics[m].offset, sizeof(value));
			port_label(&d->gauges.ports[i], label, sizeof(label));
			(void)fprintf(f, "%s{%s} %" PRIu64 "\n", port_metrics[m].name, label, value);
		}
	}
	head(f, "ostiary_port_link_up", "gauge", "Whether the port has a link.");
	EACH_PORT(d, i) {
		port_label(&d->gauges.ports[i], label, sizeof(label));
		(void)fprintf(f, "ostiary_port_link_up{%s} %u\n", label, d->gauges.ports[i].link_up);
	}
	head(f, "ostiary_audited_packets_total", "counter",
		"Packets forwarded that opened a flow which the policy does not allow, as their role is in audit; by port of arrival.");
	EACH_PORT(d, i) {
		port_label(&d->gauges.ports[i], label, sizeof(label));
		(void)fprintf(f, "ostiary_audited_packets_total{%s} %" PRIu64 "\n", label, d->gauges.ports[i].audited_pkts);
	}
	head(f, "ostiary_refused_packets_total", "counter", "Packets refused, by port of arrival and reason.");
	EACH_PORT(d, i) {
		port_label(&d->gauges.ports[i], label, sizeof(label));
		for (unsigned r = 1; r < OST_REASON_COUNT; r++) {
			if (d->gauges.ports[i].refused_pkts[r] != 0)
				(void)fprintf(f, "ostiary_refused_packets_total{%s,reason=\"%s\"} %" PRIu64 "\n", label,
					ost_reason_name(r), d->gauges.ports[i].refused_pkts[r]);
		}
	}
}

/* ---- devices ---- */

static const struct device_metric {
	const char *name, *help;
	size_t offset; /* of a uint64_t in struct ost_live */
} device_metrics[] = {
	{"ostiary_device_out_packets_total", "Packets forwarded from a device.", offsetof(struct ost_live, out_pkts)},
	{"ostiary_device_out_bytes_total", "Bytes forwarded from a device.", offsetof(struct ost_live, out_bytes)},
	{"ostiary_device_in_packets_total", "Packets forwarded towards a device.", offsetof(struct ost_live, in_pkts)},
	{"ostiary_device_in_bytes_total", "Bytes forwarded towards a device.", offsetof(struct ost_live, in_bytes)},
};

static bool has_traffic(const struct ost_live *l)
{
	return (l->out_pkts | l->in_pkts | l->refused_total_pkts) != 0;
}

static uint32_t device_count(const struct ost_daemon *d)
{
	const struct ost_image *image = ost_roster_image(d->roster);

	return image != NULL ? image->device_count : 0;
}

/* The first metrics_devices_max devices with traffic, by their place, have series of their own. */
static void device_metric(FILE *f, struct ost_daemon *d, const struct device_metric *m)
{
	uint32_t own = 0;
	uint64_t rest = 0;
	char name[LABEL_MAX];

	head(f, m->name, "counter", m->help);
	for (uint32_t i = 0; i < device_count(d); i++) {
		const struct ost_live *l = ost_roster_live(d->roster, i);
		uint64_t value;

		if (!has_traffic(l))
			continue;
		memcpy(&value, (const char *)l + m->offset, sizeof(value));
		if (own >= d->metrics_devices_max) {
			rest += value;
			continue;
		}
		own++;
		ost_metrics_escape(ost_image_device_name(ost_roster_image(d->roster), i), name, sizeof(name));
		(void)fprintf(f, "%s{device=\"%s\"} %" PRIu64 "\n", m->name, name, value);
	}
	if (rest > 0)
		(void)fprintf(f, "%s{device=\"*\"} %" PRIu64 "\n", m->name, rest);
}

static void device_refused(FILE *f, struct ost_daemon *d)
{
	static const char metric[] = "ostiary_device_refused_packets_total";
	uint64_t rest[OST_REASON_COUNT] = {0};
	uint32_t own = 0;
	char name[LABEL_MAX];

	head(f, metric, "counter", "Packets refused that were accounted to a device, by reason.");
	for (uint32_t i = 0; i < device_count(d); i++) {
		const struct ost_live *l = ost_roster_live(d->roster, i);
		bool alone = has_traffic(l) && own < d->metrics_devices_max;

		own += alone ? 1 : 0;
		ost_metrics_escape(ost_image_device_name(ost_roster_image(d->roster), i), name, sizeof(name));
		for (unsigned r = 1; l->refused_pkts != NULL && r < OST_REASON_COUNT; r++) {
			if (alone && l->refused_pkts[r] != 0)
				(void)fprintf(f, "%s{device=\"%s\",reason=\"%s\"} %" PRIu64 "\n", metric, name,
					ost_reason_name(r), l->refused_pkts[r]);
			else if (!alone)
				rest[r] += l->refused_pkts[r];
		}
	}
	for (unsigned r = 1; r < OST_REASON_COUNT; r++) {
		if (rest[r] != 0)
			(void)fprintf(f, "%s{device=\"*\",reason=\"%s\"} %" PRIu64 "\n", metric, ost_reason_name(r),
				rest[r]);
	}
}

static void states_metrics(FILE *f, struct ost_daemon *d)
{
	const struct ost_admission_counts *n = ost_admission_counts(d->admission);
	uint32_t states[OST_STATE_COUNT] = {0};

	for (unsigned s = 0; s < OST_STANDING_COUNT; s++)
		states[ost_standing_state(s)] += n->standings[s];
	head(f, "ostiary_devices", "gauge", "Devices of the policy in force, by state.");
	for (unsigned s = 0; s < OST_STATE_COUNT; s++)
		(void)fprintf(f, "ostiary_devices{state=\"%s\"} %u\n", ost_state_name(s), states[s]);
}

/* ---- authentication ---- */

static void by_reason(FILE *f, const char *name, const char *help, const uint64_t *counts)
{
	head(f, name, "counter", help);
	for (unsigned i = 1; i < OST_AUTH_REASON_COUNT; i++)
		(void)fprintf(f, "%s{reason=\"%s\"} %" PRIu64 "\n", name, ost_auth_reason_name(i), counts[i]);
}

static void auth_metrics(FILE *f, const struct ost_daemon *d)
{
	const struct ost_admission_counts *n = ost_admission_counts(d->admission);
	const struct ost_line_file_counts *file = ost_line_file_counts(d->admission_file);
	const struct ost_msg_auth_counts *m = &d->auth_counts;
	uint64_t hours;

	one(f, "ostiary_authd_up", "gauge", "Whether the authenticator is connected.", ost_auth_link_is_up(d->auth_link));
	one(f, "ostiary_authd_conversations", "gauge", "Conversations of the authenticator.", m->conversations);
	one(f, "ostiary_authd_conversations_max", "gauge", "Room for them.", m->conversations_max);
	one(f, "ostiary_authd_discarded_frames_total", "counter", "802.1X frames that were malformed or came out of turn.",
		m->discarded_frames);
	one(f, "ostiary_authd_limited_frames_total", "counter", "802.1X frames over a rate limit, or from who is locked out.",
		m->limited_frames);
	one(f, "ostiary_authd_evicted_total", "counter", "Conversations that gave way to others.", m->evicted);
	one(f, "ostiary_authd_protocol_errors_total", "counter", "Connections of the authenticator cut for what it sent.",
		ost_auth_link_counts(d->auth_link)->protocol_errors);
	one(f, "ostiary_crl_this_update_seconds", "gauge", "When the revocation list was made, in Unix time; 0 unknown.",
		m->crl_this_update_wall_s);
	one(f, "ostiary_crl_old", "gauge", "1: three quarters of the revocation list's life are over, or all of it.",
		ost_authority_crl(d, &hours) >= OST_CRL_OLD);
	one(f, "ostiary_crl_next_update_seconds", "gauge", "When the revocation list ends, in Unix time; 0 unknown.",
		m->crl_next_update_wall_s);
	one(f, "ostiary_gateway_certificate_end_seconds", "gauge", "When the gateway's certificate ends, in Unix time; 0 unknown.",
		m->gateway_not_after_wall_s);
	one(f, "ostiary_auth_claims_total", "counter", "Proofs that were put before the policy.", n->claims);
	one(f, "ostiary_auth_admitted_total", "counter", "Proofs that were accepted.", n->admitted);
	by_reason(f, "ostiary_auth_denied_total", "Sound proofs that were not accepted, by reason.", n->denied);
	by_reason(f, "ostiary_auth_failed_total", "Conversations that failed or ended, by reason.", n->failed);
	one(f, "ostiary_auth_lock_outs_total", "counter", "Places that were locked out.", n->lock_outs);
	one(f, "ostiary_auth_reauthentications_total", "counter", "Sessions that were asked for a new proof.", n->reauths);
	one(f, "ostiary_auth_asks_total", "counter", "Identity requests that were ordered.", n->asks);
	one(f, "ostiary_auth_asks_limited_total", "counter", "Identity requests over the rate of a port.", n->asks_limited);
	one(f, "ostiary_admits_total", "counter", "Orders to the data plane about devices.", n->admits);
	one(f, "ostiary_admits_refused_total", "counter", "Those that it did not take.", n->admits_refused);
	one(f, "ostiary_admission_log_lines_total", "counter", "Lines written to the admission log.", file->lines);
	one(f, "ostiary_admission_log_lost_lines_total", "counter", "Lines that the disk did not take.", file->lost_lines);
	one(f, "ostiary_admission_log_suppressed_lines_total", "counter", "Lines over the log's rate.",
		ost_admission_log_counts(d->admission_log)->suppressed_lines);
	file = ost_line_file_counts(d->policy_file);
	one(f, "ostiary_policy_log_lines_total", "counter", "Lines written to the record of policy events.", file->lines);
	one(f, "ostiary_policy_log_lost_lines_total", "counter", "Lines that the disk did not take.", file->lost_lines);
	one(f, "ostiary_policy_log_suppressed_lines_total", "counter", "Lines over the record's rate.",
		ost_policy_events_counts(d->policy_events)->suppressed_lines);
}

/* ---- the rest ---- */

static void names_metrics(FILE *f, const struct ost_msg_totals *t)
{
	one(f, "ostiary_names", "gauge", "Addresses that devices hold by name.", t->names);
	one(f, "ostiary_names_max", "gauge", "Room of the table of names.", t->names_max);
	one(f, "ostiary_names_bound_total", "counter", "Addresses of DNS answers, bound or renewed.", t->names_bound);
	one(f, "ostiary_names_unbound_total", "counter", "Addresses of DNS answers for which there was no room.", t->names_unbound);
	one(f, "ostiary_names_evicted_total", "counter", "Addresses by name and DNS questions that gave way to newer ones.",
		t->names_evicted);
	one(f, "ostiary_dns_queries_total", "counter", "DNS questions of devices with rules about names.", t->dns_queries);
	one(f, "ostiary_dns_answers_total", "counter", "DNS answers that answered one of them.", t->dns_answers);
	one(f, "ostiary_dns_refused_total", "counter", "DNS answers that nobody asked for, or malformed.", t->dns_refused);
	one(f, "ostiary_dns_unread_total", "counter", "DNS messages that passed unread.", t->dns_unread);
}

static void dataplane_metrics(FILE *f, const struct ost_daemon *d)
{
	const struct ost_image *image = ost_roster_image(d->roster);
	const struct ost_msg_totals *t = &d->gauges.totals;

	one(f, "ostiary_dataplane_up", "gauge", "Whether the data plane is connected.", ost_link_is_up(d->link));
	one(f, "ostiary_policy_roles_in_audit", "gauge", "Roles whose audit is open: what their rules do not allow passes.",
		image != NULL ? ost_audits_open(image, (int64_t)(ost_clock_wall_ns() / OST_NS_PER_S)) : 0);
	one(f, "ostiary_policy_trial_left_seconds", "gauge", "Until the policy in force goes back unless it is confirmed; 0: it stays.",
		ost_trial_rest_s(d));
	one(f, "ostiary_dataplane_moving", "gauge", "Whether the data plane makes progress.",
		ost_gauges_moving(&d->gauges, ost_clock_mono_ns()));
	one(f, "ostiary_dataplane_generation", "gauge", "Policy generation that the data plane enforces.", t->generation);
	one(f, "ostiary_dataplane_progress_total", "counter", "Bursts polled by all workers.", t->progress);
	one(f, "ostiary_dataplane_busy_cycles_total", "counter", "Cycles spent on bursts that held packets.", t->cycles_busy);
	one(f, "ostiary_dataplane_cycles_total", "counter", "Cycles of all workers.", t->cycles_all);
	one(f, "ostiary_flows", "gauge", "Flows in the table.", t->flows);
	one(f, "ostiary_flows_max", "gauge", "Room of the flow table.", t->flows_max);
	one(f, "ostiary_bindings", "gauge", "Addresses bound to devices.", t->bindings);
	one(f, "ostiary_bindings_max", "gauge", "Room of the binding table.", t->bindings_max);
	names_metrics(f, t);
	one(f, "ostiary_refusals_unrecorded_packets_total", "counter",
		"Refused packets that were counted, but found no room for a record.", t->refusal_records_lost);
	one(f, "ostiary_evidence_frames_copied_total", "counter",
		"Frames whose headers were copied, to be evidence when an incident begins.", t->frames_copied);
	one(f, "ostiary_evidence_frames_uncopied_total", "counter", "Frames that should have been copied, and found no room.",
		t->frames_uncopied);
	one(f, "ostiary_unobserved_total", "counter", "Packets for ostiary-observed, and observations of it, that were dropped on the way.", t->unobserved);
}

static const struct export_metric {
	const char *name, *type, *help;
	size_t offset; /* of a uint64_t in struct ost_msg_export_status */
} export_metrics_own[] = {
	{"ostiary_export_sent_records_total", "counter", "Records that arrived at a destination; what was repeated counts again.",
		offsetof(struct ost_msg_export_status, sent_records)},
	{"ostiary_export_sent_bytes_total", "counter", "Bytes of those.", offsetof(struct ost_msg_export_status, sent_bytes)},
	{"ostiary_export_failures_total", "counter", "Connections and batches that failed.", offsetof(struct ost_msg_export_status, failures)},
	{"ostiary_export_rejected_records_total", "counter", "Records that a destination refused for what they are.",
		offsetof(struct ost_msg_export_status, rejected_records)},
	{"ostiary_export_lost_records_total", "counter", "Records that were pruned before they could be sent.",
		offsetof(struct ost_msg_export_status, lost_records)},
	{"ostiary_export_heartbeats_total", "counter", "Checkpoints sent.", offsetof(struct ost_msg_export_status, heartbeats)},
};

static void export_value(FILE *f, const char *name, const struct ost_msg_export_status *d, uint64_t value)
{
	char label[LABEL_MAX];

	ost_metrics_escape(d->name, label, sizeof(label));
	(void)fprintf(f, "%s{destination=\"%s\"} %" PRIu64 "\n", name, label, value);
}

static void destinations_metrics(FILE *f, const struct ost_export_report *r)
{
	const uint64_t now = ost_clock_wall_ns();

	one(f, "ostiary_export_connected", "gauge", "Whether ostiary-exportd is connected.", r->up);
	one(f, "ostiary_export_served_records_total", "counter", "Records handed to ostiary-exportd.", r->served_records);
	head(f, "ostiary_export_up", "gauge", "Whether a destination takes records.");
	for (uint32_t i = 0; i < r->count; i++)
		export_value(f, "ostiary_export_up", &r->destinations[i], r->up && r->destinations[i].state == OST_EXPORT_UP);
	head(f, "ostiary_export_lag_records", "gauge", "Records that wait for a destination.");
	for (uint32_t i = 0; i < r->count; i++)
		export_value(f, "ostiary_export_lag_records", &r->destinations[i], ost_export_lag(r, &r->destinations[i]));
	head(f, "ostiary_export_lag_seconds", "gauge", "Age of the oldest record that waits for a destination.");
	for (uint32_t i = 0; i < r->count; i++)
		export_value(f, "ostiary_export_lag_seconds", &r->destinations[i], ost_export_lag_s(r, &r->destinations[i], now));
	for (size_t m = 0; m < OST_ARRAY_SIZE(export_metrics_own); m++) {
		head(f, export_metrics_own[m].name, export_metrics_own[m].type, export_metrics_own[m].help);
		for (uint32_t i = 0; i < r->count; i++) {
			uint64_t value;

			memcpy(&value, (const char *)&r->destinations[i] + export_metrics_own[m].offset, sizeof(value));
			export_value(f, export_metrics_own[m].name, &r->destinations[i], value);
		}
	}
}

static void export_metrics(FILE *f, struct ost_daemon *d)
{
	struct ost_export_report *r = malloc(sizeof(*r));

	if (r == NULL)
		return;
	ost_export_link_report(d->export_link, r);
	destinations_metrics(f, r);
	free(r);
}

static void journal_metrics(FILE *f, struct ost_daemon *d)
{
	struct ost_journal_status s;

	ost_journal_status(d->journal, &s);
	one(f, "ostiary_journal_sound", "gauge", "1: the journal takes records; 0: it starts, is degraded or read-only.", s.mode == OST_JOURNAL_SOUND);
	one(f, "ostiary_journal_size", "gauge", "Records that the newest checkpoint covers.", s.size);
	one(f, "ostiary_journal_minimum_index", "gauge", "First record that is still there.", s.minimum);
	one(f, "ostiary_journal_waiting", "gauge", "Records that wait for the disk.", s.waiting);
	one(f, "ostiary_journal_acknowledged_total", "counter", "Records that are on disk under a signed checkpoint.", s.acknowledged);
	one(f, "ostiary_journal_commits_total", "counter", "Checkpoints signed.", s.commits);
	one(f, "ostiary_journal_dropped_total", "counter", "Records dropped because the queue was full.", s.dropped);
	one(f, "ostiary_journal_refused_total", "counter", "Records refused because the journal is read-only.", s.refused);
	one(f, "ostiary_journal_io_errors_total", "counter", "File operations of the journal that failed.", s.io_errors);
	one(f, "ostiary_journal_recoveries_total", "counter", "Cuts behind the last checkpoint, at a start.", s.recoveries);
	one(f, "ostiary_journal_clock_steps_total", "counter", "Jumps of the system's clock.", s.clock_steps);
	head(f, "ostiary_journal_commit_seconds", "gauge", "How long the last commit took.");
	(void)fprintf(f, "ostiary_journal_commit_seconds %.6f\n", (double)s.commit_ns / 1e9);
	head(f, "ostiary_journal_commit_most_seconds", "gauge", "How long the longest commit took.");
	(void)fprintf(f, "ostiary_journal_commit_most_seconds %.6f\n", (double)s.commit_most_ns / 1e9);
}

static void evidence_metrics(FILE *f, const struct ost_daemon *d)
{
	struct ost_evidence_counts c;

	ost_evidence_counts(d, &c);
	one(f, "ostiary_evidence_files", "gauge", "Capture files beside the journal.", c.files);
	one(f, "ostiary_evidence_bytes", "gauge", "Bytes of them.", c.bytes);
	one(f, "ostiary_evidence_written_total", "counter", "Times that evidence was wanted, and is there.", c.written);
	one(f, "ostiary_evidence_failed_total", "counter", "Times that evidence was wanted, and there was none; the journal says why.", c.failed);
	one(f, "ostiary_evidence_expired_total", "counter", "Files past their time, or that gave way to newer.", c.expired);
}

/* ---- incidents ---- */

static bool open_count(void *user, const struct ost_incident *i)
{
	uint32_t *open = user;

	if (i->state == OST_INCIDENT_OPEN)
		open[i->cause]++;
	return true;
}

static void by_cause(FILE *f, const char *name, const char *type, const char *help, const uint64_t counts[static OST_CAUSE_COUNT])
{
	head(f, name, type, help);
	for (unsigned i = 0; i < OST_CAUSE_COUNT; i++)
		(void)fprintf(f, "%s{cause=\"%s\"} %" PRIu64 "\n", name, ost_cause_info((enum ost_cause)i)->name, counts[i]);
}

static void incident_metrics(FILE *f, struct ost_daemon *d)
{
	const struct ost_incidents_counts *n = ost_casebook_engine(d);
	const struct ost_casebook_counts *book = ost_casebook_counts(d);
	const struct ost_detect_counts *detect = ost_watching_counts(d);
	uint32_t open[OST_CAUSE_COUNT] = {0};
	uint64_t counts[OST_CAUSE_COUNT];

	ost_casebook_incidents(d, open_count, open);
	for (unsigned i = 0; i < OST_CAUSE_COUNT; i++)
		counts[i] = open[i];
	by_cause(f, "ostiary_incidents_open", "gauge", "Incidents that are open, by cause.", counts);
	by_cause(f, "ostiary_incident_overflow_events_total", "counter", "Events for which there was no room, by cause.", n->overflow_by_cause);
	one(f, "ostiary_incidents_opened_total", "counter", "Incidents that were opened.", n->opened);
	one(f, "ostiary_incident_events_total", "counter", "Events of incidents.", n->events);
	one(f, "ostiary_incident_records_total", "counter", "Records of incidents.", n->records);
	one(f, "ostiary_incident_records_lost_total", "counter", "Records of incidents that the journal did not take.", book->unrecorded);
	one(f, "ostiary_incident_cases", "gauge", "Incidents that are remembered, open or closed.", book->cases);
	one(f, "ostiary_incident_cases_evicted_total", "counter", "Closed ones that gave way for lack of room.", book->evicted);
	one(f, "ostiary_incidents_restoring", "gauge", "1: incidents of before are being read from the journal.", book->restoring);
	one(f, "ostiary_incident_deadline_warnings_total", "counter", "Warnings of deadlines.", book->warned);
	one(f, "ostiary_detection_packets_total", "counter", "Refused packets and failed admissions that were looked at.", detect->packets);
	one(f, "ostiary_detection_causeless_total", "counter", "Of these, those that say nothing about their sender.", detect->causeless);
	one(f, "ostiary_detection_pending", "gauge", "Of these, those below a threshold now.", detect->pending);
	one(f, "ostiary_detection_lapsed_total", "counter", "Of these, those below a threshold when their time was over.", detect->lapsed);
	one(f, "ostiary_detection_watches", "gauge", "Devices and places that are watched.", detect->watches);
	one(f, "ostiary_detection_watches_evicted_total", "counter", "Those that gave way for lack of room.", detect->evicted);
}

static void own_metrics(FILE *f, const struct ost_daemon *d)
{
	const struct ost_line_file_counts *file = ost_line_file_counts(d->refusal_file);
	const struct ost_ledger_counts *ledger = ost_ledger_counts(d->ledger);
	const struct ost_link_counts *link = ost_link_counts(d->link);
	struct ost_refusal_log_counts log;

	ost_refusal_log_counts(d->refusals, &log);
	head(f, "ostiary_build_info", "gauge", "Version of ostiaryd.");
	(void)fprintf(f, "ostiary_build_info{version=\"%s\"} 1\n", OSTIARY_VERSION);
	one(f, "ostiary_policy_generation", "gauge", "Policy generation in force, 0 none.", d->in_force.number);
	one(f, "ostiary_refusal_log_lines_total", "counter", "Lines written to the refusal log.", file->lines);
	one(f, "ostiary_refusal_log_lost_lines_total", "counter", "Lines that the disk did not take.", file->lost_lines);
	one(f, "ostiary_refusal_log_suppressed_lines_total", "counter", "Lines over the log's rate.", log.suppressed_lines);
	one(f, "ostiary_refusal_kinds", "gauge", "Kinds of refusals that are remembered.", log.kinds);
	one(f, "ostiary_refusal_kinds_evicted_total", "counter", "Kinds closed early for lack of room.", log.evicted);
	one(f, "ostiary_unknown_devices", "gauge", "Unknown devices that are remembered.", ost_sightings_count(d->sightings));
	one(f, "ostiary_unknown_devices_evicted_total", "counter", "Unknown devices forgotten for lack of room.",
		ost_sightings_evicted(d->sightings));
	one(f, "ostiary_registry_transactions_total", "counter", "Transactions of the registry.", ledger->transactions);
	one(f, "ostiary_registry_failures_total", "counter", "Transactions that failed.", ledger->failures);
	one(f, "ostiary_registry_lost_bindings_total", "counter", "Binding changes that were not written.",
		ledger->lost_bindings);
	one(f, "ostiary_link_protocol_errors_total", "counter", "Connections to the data plane cut for what it sent.",
		link->protocol_errors);
	one(f, "ostiary_link_unanswered_polls_total", "counter", "Polls of counters without an answer.",
		link->stats_unanswered);
}

int ost_metrics_make(struct ost_daemon *d, char **ret_text, size_t *ret_length)
{
	char *text = NULL;
	size_t length = 0;
	FILE *f = open_memstream(&text, &length);
	bool failed;

	if (f == NULL)
		return -ENOMEM;
	own_metrics(f, d);
	journal_metrics(f, d);
	incident_metrics(f, d);
	evidence_metrics(f, d);
	export_metrics(f, d);
	dataplane_metrics(f, d);
	ports_metrics(f, d);
	states_metrics(f, d);
	auth_metrics(f, d);
	for (size_t m = 0; m < OST_ARRAY_SIZE(device_metrics); m++)
		device_metric(f, d, &device_metrics[m]);
	device_refused(f, d);
	failed = ferror(f) != 0;
	if (fclose(f) != 0 || failed) {
		free(text);
		return -ENOMEM;
	}
	*ret_text = text;
	*ret_length = length;
	return 0;
}
