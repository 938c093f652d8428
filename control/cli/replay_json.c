/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay_report.h"
#include "replay_words.h"

static void counts_json(struct ost_jsonw *w, const char *key, const struct ost_replay_counts *c)
{
	ost_jsonw_object(w, key);
	ost_jsonw_u64(w, "packets", c->pkts);
	ost_jsonw_u64(w, "bytes", c->bytes);
	ost_jsonw_end(w, '}');
}

static void reasons_json(
	struct ost_jsonw *w, const char *key, const uint64_t refused_pkts[OST_REASON_SLOTS])
{
	struct ost_reason_count rows[OST_REASON_SLOTS];
	uint32_t n = ost_reason_counts(refused_pkts, rows);

	ost_jsonw_object(w, key);
	for (uint32_t i = 0; i < n; i++)
		ost_jsonw_u64(w, ost_reason_name(rows[i].reason), rows[i].pkts);
	ost_jsonw_end(w, '}');
}

static void sources_json(struct ost_jsonw *w, const struct ost_replay_report *r)
{
	ost_jsonw_array(w, "captures");
	for (uint32_t i = 0; i < r->source_count; i++) {
		const struct ost_replay_source *s = &r->sources[i];

		ost_jsonw_object(w, NULL);
		ost_jsonw_string(w, "file", s->path);
		ost_jsonw_u64(w, "packets", s->packets);
		ost_jsonw_string(w, "error", s->error[0] != '\0' ? s->error : NULL);
		ost_jsonw_end(w, '}');
	}
	ost_jsonw_end(w, ']');
}

static void totals_json(struct ost_jsonw *w, const struct ost_replay_report *r)
{
	const struct ost_replay_totals *t = ost_replay_totals(r->replay);

	counts_json(w, "received", &t->received);
	counts_json(w, "allowed", &t->forwarded);
	counts_json(w, "audited", &t->audited);
	counts_json(w, "refused", &t->refused);
	reasons_json(w, "refused_by_reason", t->refused_pkts);
	ost_jsonw_u64(w, "cut_packets", t->cut_pkts);
	ost_jsonw_u64(w, "older_packets", t->older_pkts);
	ost_jsonw_u64(w, "stretches", t->stretches);
	ost_jsonw_time(w, "first", t->first_wall_ns);
	ost_jsonw_time(w, "last", t->last_wall_ns);
}

static void devices_json(struct ost_jsonw *w, const struct ost_replay_report *r)
{
	const struct ost_image *image = &r->policy->image;

	ost_jsonw_array(w, "devices");
	for (uint32_t i = 0; i < image->device_count; i++) {
		struct ost_replay_device d;

		if (!ost_replay_device(r->replay, i, &d))
			continue;
		ost_jsonw_object(w, NULL);
		ost_jsonw_string(w, "name", ost_image_device_name(image, i));
		ost_jsonw_string(w, "role", ost_image_role_name(image, image->devices[i].role));
		counts_json(w, "allowed", &d.forwarded);
		counts_json(w, "refused", &d.refused);
		reasons_json(w, "refused_by_reason", d.refused_pkts);
		ost_jsonw_end(w, '}');
	}
	ost_jsonw_end(w, ']');
	reasons_json(
		w, "no_device_refused_by_reason", ost_replay_totals(r->replay)->unattributed_pkts);
}

static void unused_json(struct ost_jsonw *w, const struct ost_replay_report *r)
{
	const struct ost_image *image = &r->policy->image;
	bool *seen OST_AUTO_FREE = ost_replay_roles_seen(r);

	ost_jsonw_array(w, "unused_rules");
	for (uint32_t i = 0; seen != NULL && i < image->rule_count; i++) {
		const struct ost_image_rule *rule = &image->rules[i];

		if (ost_replay_rule_hits(r->replay, i) > 0)
			continue;
		ost_jsonw_object(w, NULL);
		ost_cli_rule_members(w, image, rule);
		ost_jsonw_bool(w, "role_seen", seen[rule->role]);
		ost_jsonw_end(w, '}');
	}
	ost_jsonw_end(w, ']');
}

static void flow_json(
	struct ost_jsonw *w, const struct ost_image *image, const struct ost_topflow *f)
{
	char from[OST_ENDPOINT_TEXT], to[OST_ENDPOINT_TEXT], kind[OST_KIND_TEXT];
	const struct ost_refusal *x = &f->refusal;

	ost_refusal_words(x, from, to, kind);
	ost_jsonw_object(w, NULL);
	ost_jsonw_string(w, "device",
		x->device < image->device_count ? ost_image_device_name(image, x->device) : NULL);
	ost_jsonw_string(w, "reason", ost_reason_name(x->reason));
	ost_jsonw_string(w, "kind", kind);
	ost_jsonw_string(w, "from", from);
	ost_jsonw_string(w, "to", to);
	ost_jsonw_u64(w, "packets", x->count_pkts);
	ost_jsonw_u64(w, "packets_too_high_by_at_most", f->over_pkts);
	ost_jsonw_u64(w, "bytes", x->count_bytes);
	ost_jsonw_time(w, "first", x->first_wall_ns);
	ost_jsonw_time(w, "last", x->last_wall_ns);
	ost_jsonw_end(w, '}');
}

static void top_json(struct ost_jsonw *w, const struct ost_replay_report *r)
{
	const struct ost_topflows *top = ost_replay_topflows(r->replay);
	struct ost_topflow *rows OST_AUTO_FREE = calloc(r->top + 1u, sizeof(*rows));
	bool exact;

	(void)ost_topflows_count(top, &exact);
	ost_jsonw_bool(w, "top_refused_exact",
		exact && ost_replay_totals(r->replay)->unrecorded_pkts == 0);
	ost_jsonw_array(w, "top_refused");
	for (uint32_t i = 0, n = rows != NULL ? ost_topflows_list(top, rows, r->top) : 0; i < n;
		i++)
		flow_json(w, &r->policy->image, &rows[i]);
	ost_jsonw_end(w, ']');
}

int ost_replay_report_json(const struct ost_replay_report *r)
{
	struct ost_jsonw w = {0};
	uint64_t flows, max;
	char buf[256];
	const char *warning;

	ost_replay_flows(r->replay, &flows, &max);
	ost_jsonw_object(&w, NULL);
	sources_json(&w, r);
	totals_json(&w, r);
	devices_json(&w, r);
	unused_json(&w, r);
	top_json(&w, r);
	ost_replay_incidents_json(r->incidents, &w);
	ost_jsonw_object(&w, "flows");
	ost_jsonw_u64(&w, "open", flows);
	ost_jsonw_u64(&w, "max", max);
	ost_jsonw_end(&w, '}');
	ost_jsonw_array(&w, "notes");
	for (uint32_t i = 0; (warning = ost_replay_report_warning(r, i, buf)) != NULL; i++)
		ost_jsonw_string(&w, NULL, warning);
	ost_jsonw_end(&w, ']');
	ost_jsonw_end(&w, '}');
	return ost_cli_json_print(&w);
}
