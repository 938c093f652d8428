/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GET /v1/policy and /v1/policy/generations. */
#include <jansson.h>

#include "generations.h"
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
	ost_jsonw_string(w, "result", g->result[0] != '\0' ? g->result : NULL);
}

static void source_json(struct ost_daemon *d, const char *name, uint32_t index, bool text, struct ost_jsonw *w)
{
	OST_AUTO_FREE char *bytes = NULL;
	size_t length = 0;

	ost_jsonw_object(w, NULL);
	ost_jsonw_string(w, "name", name);
	if (text && ost_generations_source(&d->paths, d->in_force.number, index, &bytes, &length) == 0)
		ost_jsonw_string(w, "text", bytes);
	ost_jsonw_end(w, '}');
}

/* Names of the sources stand in meta.json: our own file, and still read with care. */
static void sources_json(struct ost_daemon *d, bool text, struct ost_jsonw *w)
{
	OST_AUTO_FREE char *meta = NULL;
	json_t *root = NULL, *sources, *source;
	size_t i;

	ost_jsonw_array(w, "sources");
	if (ost_generations_meta(&d->paths, d->in_force.number, &meta) == 0)
		root = json_loads(meta, JSON_REJECT_DUPLICATES, NULL);
	sources = json_object_get(root, "sources");
	json_array_foreach(sources, i, source) {
		const char *name = json_string_value(json_object_get(source, "name"));

		source_json(d, name != NULL ? name : "", (uint32_t)i, text, w);
	}
	json_decref(root);
	ost_jsonw_end(w, ']');
}

int ost_view_policy(struct ost_daemon *d, bool sources, struct ost_jsonw *w)
{
	if (d->in_force.number == 0)
		return -ENOENT;
	ost_jsonw_object(w, NULL);
	generation_members(w, &d->in_force);
	ost_jsonw_bool(w, "in_dataplane", d->gauges.have_totals && d->gauges.totals.generation == d->in_force.number);
	ost_jsonw_u64(w, "rules_used", ost_roster_rules_used(d->roster));
	sources_json(d, sources, w);
	ost_jsonw_end(w, '}');
	return 0;
}

static void rule_json(struct ost_daemon *d, const struct ost_image *image, uint32_t i, struct ost_jsonw *w)
{
	const struct ost_image_rule *rule = &image->rules[i];

	ost_jsonw_object(w, NULL);
	ost_jsonw_string(w, "role", ost_image_role_name(image, rule->role));
	ost_jsonw_string(w, "text", ost_image_string(image, rule->text));
	ost_jsonw_string(w, "file", ost_image_string(image, rule->file));
	ost_jsonw_u64(w, "line", rule->line);
	ost_jsonw_u64(w, "column", rule->column);
	ost_jsonw_u64(w, "flows_opened", ost_roster_rule_flows(d->roster, i));
	ost_jsonw_end(w, '}');
}

int ost_view_rules(struct ost_daemon *d, uint32_t from, uint32_t limit, struct ost_jsonw *w)
{
	const struct ost_image *image = ost_roster_image(d->roster);

	if (image == NULL)
		return -ENOENT;
	ost_jsonw_object(w, NULL);
	ost_jsonw_u64(w, "generation", image->generation);
	ost_jsonw_u64(w, "total", image->rule_count);
	ost_jsonw_array(w, "rules");
	for (uint32_t i = from; i < image->rule_count && i - from < limit; i++)
		rule_json(d, image, i, w);
	ost_jsonw_end(w, ']');
	ost_jsonw_end(w, '}');
	return 0;
}

static void generation_json(void *user, const struct ost_generation *g)
{
	struct ost_jsonw *w = user;

	ost_jsonw_object(w, NULL);
	generation_members(w, g);
	ost_jsonw_end(w, '}');
}

int ost_view_generations(struct ost_daemon *d, uint32_t limit, struct ost_jsonw *w)
{
	int r;

	ost_jsonw_object(w, NULL);
	ost_jsonw_u64(w, "in_force", d->in_force.number);
	ost_jsonw_array(w, "generations");
	r = ost_registry_generations_each(d->registry, limit, generation_json, w);
	ost_jsonw_end(w, ']');
	ost_jsonw_end(w, '}');
	return r;
}
