/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is told of the destinations of the journal. */
#include <inttypes.h>
#include <stdio.h>

#include "clock.h"
#include "export_link.h"

#define LATE_S 300u /* a destination that is behind for so long is a trouble */

uint64_t ost_export_lag(const struct ost_export_report *report, const struct ost_msg_export_status *d)
{
	return report->size > d->cursor_seq ? report->size - d->cursor_seq : 0;
}

uint64_t ost_export_lag_s(const struct ost_export_report *report, const struct ost_msg_export_status *d, uint64_t now_wall_ns)
{
	if (ost_export_lag(report, d) == 0 || d->oldest_wall_ns == 0 || d->oldest_wall_ns > now_wall_ns)
		return 0;
	return (now_wall_ns - d->oldest_wall_ns) / OST_NS_PER_S;
}

static void destination_json(struct ost_jsonw *w, const struct ost_export_report *r, const struct ost_msg_export_status *d)
{
	ost_jsonw_object(w, NULL);
	ost_jsonw_string(w, "name", d->name);
	ost_jsonw_string(w, "type", d->type);
	ost_jsonw_string(w, "format", d->format);
	ost_jsonw_string(w, "state", r->up ? ost_export_state_name(d->state) : "down");
	ost_jsonw_u64(w, "cursor", d->cursor_seq);
	ost_jsonw_u64(w, "lag_records", ost_export_lag(r, d));
	ost_jsonw_u64(w, "lag_seconds", ost_export_lag_s(r, d, ost_clock_wall_ns()));
	ost_jsonw_u64(w, "sent_records", d->sent_records);
	ost_jsonw_u64(w, "sent_bytes", d->sent_bytes);
	ost_jsonw_u64(w, "failures", d->failures);
	ost_jsonw_u64(w, "rejected_records", d->rejected_records);
	ost_jsonw_u64(w, "lost_records", d->lost_records);
	ost_jsonw_u64(w, "heartbeats", d->heartbeats);
	ost_jsonw_time(w, "sent", d->sent_wall_ns);
	ost_jsonw_string(w, "error", d->error[0] != '\0' ? d->error : NULL);
	ost_jsonw_end(w, '}');
}

void ost_export_link_json(struct ost_export_link *link, struct ost_jsonw *w)
{
	struct ost_export_report *r = malloc(sizeof(*r));

	if (r == NULL) {
		w->failed = true;
		return;
	}
	ost_export_link_report(link, r);
	ost_jsonw_object(w, "export");
	ost_jsonw_bool(w, "connected", r->up);
	ost_jsonw_string(w, "why", r->up ? NULL : r->why);
	ost_jsonw_string(w, "trouble", r->trouble[0] != '\0' ? r->trouble : NULL);
	ost_jsonw_u64(w, "size", r->size);
	ost_jsonw_array(w, "destinations");
	for (uint32_t i = 0; i < r->count; i++)
		destination_json(w, r, &r->destinations[i]);
	ost_jsonw_end(w, ']');
	ost_jsonw_end(w, '}');
	free(r);
}

static bool report_trouble(const struct ost_export_report *r, char *buf, size_t size)
{
	const uint64_t now = ost_clock_wall_ns();

	if (r->trouble[0] != '\0') {
		(void)snprintf(buf, size, "nothing is exported: %s", r->trouble);
		return true;
	}
	if (!r->up && r->connections > 0) {
		(void)snprintf(buf, size, "nothing is exported, ostiary-exportd is gone: %s; records wait in the journal", r->why);
		return true;
	}
	for (uint32_t i = 0; i < r->count; i++) {
		const struct ost_msg_export_status *d = &r->destinations[i];
		uint64_t late_s = ost_export_lag_s(r, d, now);

		if (late_s < LATE_S)
			continue;
		(void)snprintf(buf, size, "%" PRIu64 " records wait for export to %s, the oldest for %" PRIu64 " minutes: %.120s", ost_export_lag(r, d), d->name,
			late_s / 60, d->error[0] != '\0' ? d->error : "it takes them slowly");
		return true;
	}
	return false;
}

bool ost_export_link_trouble(struct ost_export_link *link, char *buf, size_t size)
{
	struct ost_export_report *r = malloc(sizeof(*r));
	bool is = false;

	if (r != NULL) {
		ost_export_link_report(link, r);
		is = report_trouble(r, buf, size);
	}
	free(r);
	return is;
}
