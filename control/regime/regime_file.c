/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A regime file from its top: jansson judges that it is JSON, the strict reader of the other configuration files says where what is. */
#include "regime_file.h"

#include <jansson.h>
#include <stdio.h>

#include "array.h"
#include "file.h"
#include "nearest.h"
#include "policy_yaml.h"
#include "regime_reader.h"
#include "text.h"

struct draft {
	const struct ost_yaml_node *schema, *id, *version, *title, *law, *valid_from, *moments, *common, *stages, *rules;
};

OST_YAML_KEEP(struct draft, schema)
OST_YAML_KEEP(struct draft, id)
OST_YAML_KEEP(struct draft, version)
OST_YAML_KEEP(struct draft, title)
OST_YAML_KEEP(struct draft, law)
OST_YAML_KEEP(struct draft, valid_from)
OST_YAML_KEEP(struct draft, moments)
OST_YAML_KEEP(struct draft, common)
OST_YAML_KEEP(struct draft, stages)
OST_YAML_KEEP(struct draft, rules)

const char *regime_keep(struct regime_reader *r, const char *text)
{
	struct ost_regime *g = r->regime;
	char **grown = ost_array_room(g->texts, g->text_count, &g->text_capacity, sizeof(*grown));
	char *copy;

	if (grown == NULL) {
		r->y.no_memory = true;
		return NULL;
	}
	g->texts = grown;
	copy = ost_yaml_strdup(&r->y, text);
	if (copy != NULL)
		g->texts[g->text_count++] = copy;
	return copy;
}

bool regime_text_read(struct regime_reader *r, const struct ost_yaml_node *owner, const struct ost_yaml_node *node, const char *what,
	bool needed, const char **ret_text)
{
	char hint[OST_HINT_MAX];

	if (node == NULL && needed)
		ost_yaml_error(&r->y, owner, ost_hint(hint, sizeof(hint), "write \"%s\": \"...\"", what), "%s is missing", what);
	if (node == NULL || !ost_yaml_is_scalar(&r->y, node, what))
		return false;
	*ret_text = regime_keep(r, node->text);
	return *ret_text != NULL;
}

bool regime_id_read(struct regime_reader *r, const struct ost_yaml_node *owner, const struct ost_yaml_node *node, const char *what,
	char ret_id[static OST_REGIME_NAME])
{
	const char *p;

	if (node == NULL)
		ost_yaml_error(&r->y, owner, "write \"id\": \"a_name\"", "%s has no id", what);
	if (node == NULL || !ost_yaml_is_scalar(&r->y, node, what))
		return false;
	for (p = node->text; (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') ||
			(p != node->text && (*p == '_' || *p == '-'));
		p++)
		;
	if (*p != '\0' || node->count >= OST_REGIME_NAME) {
		ost_yaml_error(&r->y, node, "use at most 47 letters, digits, '_' and '-', and begin with a letter or a digit",
			"%s cannot have the id '%.63s'", what, node->text);
		return false;
	}
	(void)snprintf(ret_id, OST_REGIME_NAME, "%s", node->text);
	return true;
}

bool regime_period_read(struct regime_reader *r, const struct ost_yaml_node *node, const char *what, struct ost_period *ret_period)
{
	if (!ost_yaml_is_scalar(&r->y, node, what))
		return false;
	if (ost_period_parse(node->text, ret_period) == 0)
		return true;
	ost_yaml_error(&r->y, node, "write a period of ISO 8601 with one unit, such as \"PT24H\", \"P14D\" or \"P1M\"",
		"%s cannot be '%.63s'", what, node->text);
	return false;
}

bool regime_flag_read(struct regime_reader *r, const struct ost_yaml_node *node, const char *what)
{
	static const char *const words[] = {"false", "true"};
	uint32_t index = 0;

	return node != NULL && ost_yaml_word(&r->y, node, what, words, 2, &index) && index == 1;
}

bool regime_list_fits(struct regime_reader *r, const struct ost_yaml_node *list, const char *what, uint32_t most)
{
	char hint[OST_HINT_MAX];

	if (list == NULL)
		return false;
	if (list->kind != OST_YAML_SEQUENCE) {
		if (list->kind != OST_YAML_BROKEN)
			ost_yaml_error(&r->y, list, "write [ ... ]", "%s must be a list", what);
		return false;
	}
	if (list->count <= most)
		return true;
	ost_yaml_error(&r->y, list, ost_hint(hint, sizeof(hint), "write at most %u", most), "%s has %u items", what, list->count);
	return false;
}

void regime_unknown(struct regime_reader *r, const struct ost_yaml_node *node, const char *what,
	const char *(*name)(const struct regime_reader *r, uint32_t i))
{
	struct ost_nearest near = ost_nearest_of(node->text, &r->y.nearest_budget);
	char hint[OST_HINT_MAX], list[OST_HINT_MAX / 2] = "";
	const char *n;

	for (uint32_t i = 0; (n = name(r, i)) != NULL; i++) {
		size_t used = strlen(list);

		ost_nearest_offer(&near, n);
		ost_hint(list + used, sizeof(list) - used, "%s%s", i ? ", " : "", n);
	}
	if (near.best != NULL)
		ost_hint(hint, sizeof(hint), "did you mean '%s'? There are %s", near.best, list);
	else
		ost_hint(hint, sizeof(hint), list[0] != '\0' ? "there are %s" : "there are none%s", list);
	ost_yaml_error(&r->y, node, hint, "%s '%.63s' is not there", what, node->text);
}

static void moment_id_field(void *context, const struct ost_yaml_node *value, void *target)
{
	struct ost_regime_moment *moment = target;

	(void)regime_id_read(context, value, value, "a moment", moment->id);
}

static void moment_title_field(void *context, const struct ost_yaml_node *value, void *target)
{
	struct ost_regime_moment *moment = target;

	(void)regime_text_read(context, value, value, "title", true, &moment->title);
}

static void moments_read(struct regime_reader *r, const struct ost_yaml_node *list)
{
	static const struct ost_yaml_field fields[] = {{"id", moment_id_field}, {"title", moment_title_field}};
	struct ost_regime *g = r->regime;
	uint32_t seen;

	if (!regime_list_fits(r, list, "moments", OST_REGIME_MOMENTS))
		return;
	for (const struct ost_yaml_node *item = list->first; item != NULL; item = item->next) {
		struct ost_regime_moment *m = &g->moments[g->moment_count];

		ost_yaml_fields(&r->y, item, "the moment", fields, OST_ARRAY_SIZE(fields), r, m);
		if (item->kind == OST_YAML_MAPPING && (m->id[0] == '\0' || m->title == NULL))
			ost_yaml_error(&r->y, item, "write { \"id\": \"handled\", \"title\": \"the incident was handled\" }",
				"a moment needs an id and a title");
		if (ost_regime_moment_find(g, m->id, &seen) == 0 || strcmp(m->id, "aware") == 0)
			ost_yaml_error(&r->y, item, "give each moment an id of its own; 'aware' is always there",
				"the moment '%s' stands there twice", m->id);
		g->moment_count++;
	}
}

/* "2024-10-18": a day, from its beginning in UTC on. */
static void valid_from_read(struct regime_reader *r, const struct ost_yaml_node *root, const struct ost_yaml_node *node)
{
	char text[32], why[256];

	if (node == NULL) {
		ost_yaml_error(&r->y, root, "write \"valid_from\": \"2024-10-18\"", "valid_from is missing");
		return;
	}
	if (!ost_yaml_is_scalar(&r->y, node, "valid_from"))
		return;
	(void)snprintf(text, sizeof(text), "%.10sT00:00Z", node->text);
	if (node->count != 10 || ost_time_parse(text, &r->regime->valid_from_s, why) < 0)
		ost_yaml_error(&r->y, node, "write a day, such as \"2024-10-18\"", "valid_from cannot be '%.63s'", node->text);
}

static void top_read(struct regime_reader *r, const struct ost_yaml_node *root)
{
	static const struct ost_yaml_field fields[] = {
		{"$schema", schema_field}, /* for editors */
		{"id", id_field},
		{"v", version_field},
		{"title", title_field},
		{"law", law_field},
		{"valid_from", valid_from_field},
		{"moments", moments_field},
		{"common", common_field},
		{"stages", stages_field},
		{"rules", rules_field},
	};
	struct ost_regime *g = r->regime;
	struct draft d = {0};
	uint64_t version = 0;

	ost_yaml_fields(&r->y, root, "the file", fields, OST_ARRAY_SIZE(fields), r, &d);
	(void)regime_id_read(r, root, d.id, "the regime", g->id);
	if (d.version == NULL)
		ost_yaml_error(&r->y, root, "write \"v\": 1, and one more at each change", "v, the version of the file, is missing");
	else if (ost_yaml_number(&r->y, d.version, "v", 1, 1000000, &version))
		g->version = (uint32_t)version;
	(void)regime_text_read(r, root, d.title, "title", true, &g->title);
	(void)regime_text_read(r, root, d.law, "law", true, &g->law);
	valid_from_read(r, root, d.valid_from);
	moments_read(r, d.moments);
	if (d.stages == NULL)
		ost_yaml_error(&r->y, root, "write \"stages\": [ ... ], ostiary-regimes(5)", "stages are missing");
	else
		regime_stages_read(r, d.stages, d.common);
	if (d.rules != NULL)
		regime_rules_read(r, d.rules);
}

static int json_check(const char *name, const char *bytes, size_t length, struct ost_diag *diag)
{
	json_error_t error = {0};
	json_t *json = json_loadb(bytes, length, JSON_REJECT_DUPLICATES, &error);
	bool object = json_is_object(json);

	json_decref(json);
	if (object)
		return 0;
	if (json != NULL) {
		ost_diag_error(diag, ((struct ost_pos){name, 1, 1}), "write { ... }", "a regime file is one JSON object");
		return -EINVAL;
	}
	ost_text_make_plain(error.text);
	ost_diag_error(diag, ((struct ost_pos){name, (uint32_t)OST_MAX(error.line, 0), (uint32_t)OST_MAX(error.column, 0)}),
		"a regime file is one JSON object in UTF-8; each key stands once", "no sound JSON: %s", error.text);
	return -EINVAL;
}

int ost_regime_parse(const char *name, const char *bytes, size_t length, struct ost_diag *diag, struct ost_regime **ret_regime)
{
	struct regime_reader r = {.y = {.diag = diag, .file = name, .nearest_budget = OST_NEAREST_BUDGET}};
	uint32_t errors_before = diag->errors;
	struct ost_yaml_tree *tree = NULL;
	int result = json_check(name, bytes, length, diag);

	if (result < 0)
		return result;
	r.regime = calloc(1, sizeof(*r.regime));
	if (r.regime == NULL)
		return -ENOMEM;
	result = ost_yaml_tree_read(name, bytes, length, diag, &tree);
	if (result == 0) {
		top_read(&r, ost_yaml_tree_root(tree));
		ost_yaml_tree_free(&tree);
		result = r.y.no_memory ? -ENOMEM : diag->errors != errors_before ? -EINVAL : 0;
	}
	if (result < 0)
		ost_regime_free(&r.regime);
	else
		*ret_regime = r.regime;
	return result;
}

int ost_regime_load(const char *path, struct ost_diag *diag, struct ost_regime **ret_regime)
{
	OST_AUTO_FREE char *bytes = NULL;
	size_t length;
	int r = ost_file_read(path, OST_REGIME_FILE_MAX, &bytes, &length);

	if (r < 0) {
		ost_diag_error(diag, ((struct ost_pos){path, 0, 0}),
			r == -EFBIG ? "a regime needs a few hundred lines" : "check its name, its mode and its folder's",
			"cannot read it: %s", r == -EFBIG ? "more than 256 KiB" : r == -EINVAL ? "not a regular file" : strerror(-r));
		return r;
	}
	return ost_regime_parse(path, bytes, length, diag, ret_regime);
}

void ost_regime_free(struct ost_regime **regime)
{
	struct ost_regime *g = *regime;

	if (g == NULL)
		return;
	for (uint32_t i = 0; i < g->stage_count; i++)
		free(g->stages[i].fields);
	for (uint32_t i = 0; i < g->text_count; i++)
		free(g->texts[i]);
	free(g->texts);
	free(g);
	*regime = NULL;
}

int ost_regime_moment_find(const struct ost_regime *regime, const char *id, uint32_t *ret_moment)
{
	for (uint32_t i = 0; i < regime->moment_count; i++) {
		if (strcmp(regime->moments[i].id, id) == 0) {
			*ret_moment = i;
			return 0;
		}
	}
	return -ENOENT;
}
