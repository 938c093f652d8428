/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GET /v1/policy, its rules, and /v1/policy/generations. */
#include "audits.h"
#include "clock.h"
#include "generations.h"
#include "stored.h"
#include "views.h"

static void generation_members(struct ost_jsonw *w, const struct ost_generation *g)
{
	ost_jsonw_u64(w, "generation", g->number);
	ost_jsonw_string(w, "state", ost_generation_state_name(g->state));
	ost_jsonw_time(w, "time", g->applied_wall_ns);
	ost_jsonw_string(w, "by", g->by);
	ost_jsonw_u64(w, "uid", g->uid);
	ost_jsonw_string(w, "message", g->message);
	ost_jsonw_u64(w, "crc", g->crc);
	ost_jsonw_u64(w, "devices", g->devices);
	ost_jsonw_u64(w, "roles", g->roles);
	ost_jsonw_u64(w, "rules", g->rules);
	ost_jsonw_u64(w, "tests", g->tests);
	ost_jsonw_u64(w, "image_bytes", g->image_bytes);
	ost_jsonw_string(w, "sources_sha256", g->sources_sha256[0] != '\0' ? g->sources_sha256 : NULL);
	ost_jsonw_string(w, "result", g->result[0] != '\0' ? g->result : NULL);
}

static void sources_json(struct ost_daemon *d, uint64_t number, bool texts, struct ost_jsonw *w)
{
	struct ost_stored *stored = NULL;

	ost_jsonw_array(w, "sources");
	if (ost_stored_open(&d->paths, number, texts, &stored) == 0) {
		for (uint32_t i = 0; i < stored->count; i++) {
			ost_jsonw_object(w, NULL);
			ost_jsonw_string(w, "name", stored->sources[i].name);
			if (texts)
				ost_jsonw_string(w, "text", stored->sources[i].bytes);
			ost_jsonw_end(w, '}');
		}
	}
	ost_stored_free(&stored);
	ost_jsonw_end(w, ']');
}

#define AUDITS_SHOWN 100u

static int64_t now_s(void)
{
	return (int64_t)(ost_clock_wall_ns() / OST_NS_PER_S);
}

static uint32_t role_devices(const struct ost_image *image, uint32_t role)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < image->device_count; i++)
		n += image->devices[i].role == role;
	return n;
}

void ost_view_audits(struct ost_daemon *d, struct ost_jsonw *w)
{
	const struct ost_image *image = ost_roster_image(d->roster);
	uint32_t shown = 0;

	ost_jsonw_array(w, "audit");
	for (uint32_t i = 0; image != NULL && i < image->role_count && shown < AUDITS_SHOWN; i++) {
		const struct ost_audit a = ost_audit_of(image, i, now_s());

		if (!a.wanted)
			continue;
		shown++;
		ost_jsonw_object(w, NULL);
		ost_jsonw_string(w, "role", ost_image_role_name(image, i));
		ost_jsonw_bool(w, "open", a.open);
		ost_jsonw_time(w, "until", (uint64_t)OST_MAX(a.until_s, 0) * OST_NS_PER_S);
		ost_jsonw_u64(w, "devices", role_devices(image, i));
		ost_jsonw_end(w, '}');
	}
	ost_jsonw_end(w, ']');
}

void ost_view_mode(const struct ost_image *image, uint32_t role, struct ost_jsonw *w)
{
	const struct ost_audit a = ost_audit_of(image, role, now_s());

	ost_jsonw_string(w, "mode", a.wanted ? "audit" : "enforce");
	if (!a.wanted)
		return;
	ost_jsonw_bool(w, "audit_open", a.open);
	ost_jsonw_time(w, "audit_until", (uint64_t)OST_MAX(a.until_s, 0) * OST_NS_PER_S);
}

void ost_view_trial(const struct ost_confirm *trial, struct ost_jsonw *w)
{
	struct ost_confirm_now now;

	if (trial->generation == 0) {
		ost_jsonw_string(w, "confirmation", NULL);
		return;
	}
	ost_confirm_now(&now);
	ost_jsonw_object(w, "confirmation");
	ost_jsonw_u64(w, "generation", trial->generation);
	ost_jsonw_u64(w, "former", trial->former);
	ost_jsonw_u64(w, "asked_s", trial->asked_s);
	ost_jsonw_u64(w, "seconds_left", (ost_confirm_rest_ns(trial, &now) + OST_NS_PER_S - 1) / OST_NS_PER_S);
	ost_jsonw_time(w, "until", trial->until_wall_ns);
	ost_jsonw_end(w, '}');
}

int ost_view_policy(struct ost_daemon *d, bool sources, struct ost_jsonw *w)
{
	if (d->in_force.number == 0)
		return -ENOENT;
	ost_jsonw_object(w, NULL);
	generation_members(w, &d->in_force);
	ost_jsonw_bool(w, "in_dataplane", d->gauges.have_totals && d->gauges.totals.generation == d->in_force.number);
	ost_jsonw_u64(w, "rules_used", ost_roster_rules_used(d->roster));
	ost_view_trial(&d->trial, w);
	ost_view_audits(d, w);
	sources_json(d, d->in_force.number, sources, w);
	ost_jsonw_end(w, '}');
	return 0;
}

static void rule_json(struct ost_daemon *d, const struct ost_image *image, uint32_t i, struct ost_jsonw *w)
{
	const struct ost_rule_hit hit = ost_rule_hits_get(d->rule_hits, i);
	const struct ost_image_rule *rule = &image->rules[i];

	ost_jsonw_object(w, NULL);
	ost_jsonw_string(w, "role", ost_image_role_name(image, rule->role));
	ost_jsonw_string(w, "text", ost_image_string(image, rule->text));
	ost_jsonw_string(w, "file", ost_image_string(image, rule->file));
	ost_jsonw_u64(w, "line", rule->line);
	ost_jsonw_u64(w, "column", rule->column);
	ost_jsonw_u64(w, "flows_opened", ost_roster_rule_flows(d->roster, i));
	ost_jsonw_u64(w, "flows_total", hit.flows);
	ost_jsonw_time(w, "since", hit.since_wall_s * OST_NS_PER_S);
	ost_jsonw_time(w, "last_hit", hit.last_wall_s * OST_NS_PER_S);
	ost_jsonw_end(w, '}');
}

static bool rule_listed(const struct ost_daemon *d, uint32_t rule, bool unused)
{
	return !unused || ost_rule_hits_get(d->rule_hits, rule).last_wall_s == 0;
}

int ost_view_rules(struct ost_daemon *d, bool unused, uint32_t from, uint32_t limit, struct ost_jsonw *w)
{
	const struct ost_image *image = ost_roster_image(d->roster);
	uint32_t total = 0, shown = 0;

	if (image == NULL)
		return -ENOENT;
	for (uint32_t i = 0; i < image->rule_count; i++)
		total += rule_listed(d, i, unused);
	ost_jsonw_object(w, NULL);
	ost_jsonw_u64(w, "generation", image->generation);
	ost_jsonw_u64(w, "total", total);
	ost_jsonw_array(w, "rules");
	for (uint32_t i = from; i < image->rule_count && shown < limit; i++) {
		if (!rule_listed(d, i, unused))
			continue;
		rule_json(d, image, i, w);
		shown++;
	}
	ost_jsonw_end(w, ']');
	ost_jsonw_end(w, '}');
	return 0;
}

struct history {
	struct ost_daemon *d;
	struct ost_jsonw *w;
};

static void generation_json(void *user, const struct ost_generation *g)
{
	const struct history *h = user;

	ost_jsonw_object(h->w, NULL);
	/* What is in force may be ahead of the registry. */
	generation_members(h->w, g->number == h->d->in_force.number ? &h->d->in_force : g);
	ost_jsonw_bool(h->w, "in_force", g->number == h->d->in_force.number);
	ost_jsonw_bool(h->w, "kept", ost_generations_there(&h->d->paths, g->number));
	ost_jsonw_end(h->w, '}');
}

int ost_view_generations(struct ost_daemon *d, uint32_t limit, struct ost_jsonw *w)
{
	struct history h = {d, w};
	int r;

	ost_jsonw_object(w, NULL);
	ost_jsonw_u64(w, "in_force", d->in_force.number);
	ost_view_trial(&d->trial, w);
	ost_view_audits(d, w);
	ost_jsonw_array(w, "generations");
	r = ost_registry_generations_each(d->registry, limit, generation_json, &h);
	ost_jsonw_end(w, ']');
	ost_jsonw_end(w, '}');
	return r;
}

int ost_view_generation(struct ost_daemon *d, uint64_t number, bool sources, struct ost_jsonw *w)
{
	struct ost_generation g = d->in_force;

	if (number == 0 || (number != g.number && ost_registry_generation_get(d->registry, number, &g) < 0) ||
		!ost_generations_there(&d->paths, number))
		return -ENOENT;
	ost_jsonw_object(w, NULL);
	generation_members(w, &g);
	ost_jsonw_bool(w, "in_force", number == d->in_force.number);
	sources_json(d, number, sources, w);
	ost_jsonw_end(w, '}');
	return 0;
}
