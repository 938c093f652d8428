/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stages: of a regime file: when each is due, and what its report holds. */
#include "regime_reader.h"
#include "source.h"

static const char *const filler_words[OST_FILLER_COUNT] = {"machine", "configuration", "person"};

const char *ost_filler_name(enum ost_filler filler)
{
	return filler < OST_FILLER_COUNT ? filler_words[filler] : "";
}

struct field_draft {
	const struct ost_yaml_node *id, *title, *by, *unknown, *optional, *when, *suggest;
};

OST_YAML_KEEP(struct field_draft, id)
OST_YAML_KEEP(struct field_draft, title)
OST_YAML_KEEP(struct field_draft, by)
OST_YAML_KEEP(struct field_draft, unknown)
OST_YAML_KEEP(struct field_draft, optional)
OST_YAML_KEEP(struct field_draft, suggest)

static void when_field(void *context, const struct ost_yaml_node *value, void *target)
{
	struct field_draft *d = target;

	(void)context;
	d->when = value;
}

static uint32_t source_find(const char *id, uint32_t first, uint32_t end)
{
	for (uint32_t i = first; i < end; i++) {
		if (strcmp(ost_source_name(i), id) == 0)
			return i;
	}
	return OST_FIELD_SOURCE_NONE;
}

static const char *machine_name(const struct regime_reader *r, uint32_t i)
{
	(void)r;
	return i < OST_SOURCE_CONFIGURED_FIRST ? ost_source_name(i) : NULL;
}

static const char *configured_name(const struct regime_reader *r, uint32_t i)
{
	(void)r;
	i += OST_SOURCE_CONFIGURED_FIRST;
	return i < OST_SOURCE_PERSON_FIRST ? ost_source_name(i) : NULL;
}

/* What fills it, or what is shown beside an empty one. */
static void source_read(struct regime_reader *r, const struct field_draft *d, struct ost_regime_field *field)
{
	const struct ost_yaml_node *node = d->id;

	field->source = OST_FIELD_SOURCE_NONE;
	if (field->by == OST_FILLER_PERSON) {
		field->source = source_find(field->id, OST_SOURCE_PERSON_FIRST, OST_SOURCE_KINDS);
		if (d->suggest == NULL || !ost_yaml_is_scalar(&r->y, d->suggest, "suggest"))
			return;
		node = d->suggest;
		field->source = source_find(node->text, 0, OST_SOURCE_PERSON_FIRST);
		if (field->source == OST_FIELD_SOURCE_NONE)
			regime_unknown(r, node, "what the machine could suggest,", machine_name);
		return;
	}
	if (d->suggest != NULL)
		ost_yaml_error(&r->y, d->suggest, "leave suggest out", "suggest is for fields that a person fills");
	if (field->by == OST_FILLER_MACHINE)
		field->source = source_find(field->id, 0, OST_SOURCE_CONFIGURED_FIRST);
	else
		field->source = source_find(field->id, OST_SOURCE_CONFIGURED_FIRST, OST_SOURCE_PERSON_FIRST);
	if (field->source == OST_FIELD_SOURCE_NONE)
		regime_unknown(r, node, field->by == OST_FILLER_MACHINE ? "what the machine should fill," : "what the configuration should fill,",
			field->by == OST_FILLER_MACHINE ? machine_name : configured_name);
}

static void field_read(struct regime_reader *r, const struct ost_yaml_node *item, struct ost_regime_stage *stage)
{
	static const struct ost_yaml_field fields[] = {
		{"id", id_field},
		{"title", title_field},
		{"by", by_field},
		{"unknown", unknown_field},
		{"optional", optional_field},
		{"when", when_field},
		{"suggest", suggest_field},
	};
	static const char *const late[] = {"late"};
	struct ost_regime_field *field = &stage->fields[stage->field_count];
	struct field_draft d = {0};
	uint32_t by = OST_FILLER_PERSON, index;

	*field = (struct ost_regime_field){.source = OST_FIELD_SOURCE_NONE};
	ost_yaml_fields(&r->y, item, "the field", fields, OST_ARRAY_SIZE(fields), r, &d);
	if (item->kind != OST_YAML_MAPPING || !regime_id_read(r, item, d.id, "a field", field->id) ||
		!regime_text_read(r, item, d.title, "title", true, &field->title))
		return;
	if (d.by == NULL)
		ost_yaml_error(&r->y, item, "write \"by\": \"machine\", \"configuration\" or \"person\"", "the field '%s' does not say who fills it",
			field->id);
	if (d.by == NULL || !ost_yaml_word(&r->y, d.by, "by", filler_words, OST_FILLER_COUNT, &by))
		return;
	field->by = by;
	field->may_be_unknown = regime_flag_read(r, d.unknown, "unknown");
	field->optional = regime_flag_read(r, d.optional, "optional");
	field->when_late = d.when != NULL && ost_yaml_word(&r->y, d.when, "when", late, 1, &index);
	source_read(r, &d, field);
	for (uint32_t i = 0; i < stage->field_count; i++) {
		if (strcmp(stage->fields[i].id, field->id) == 0)
			ost_yaml_error(&r->y, d.id, "name each field once; those of common: are in every stage",
				"the stage '%s' has the field '%s' already", stage->id, field->id);
	}
	stage->field_count++;
}

void regime_fields_read(struct regime_reader *r, const struct ost_yaml_node *common, const struct ost_yaml_node *list,
	struct ost_regime_stage *stage)
{
	const struct ost_yaml_node *const lists[] = {common, list};
	uint32_t errors = r->y.diag->errors;

	stage->fields = ost_yaml_alloc(&r->y, 2 * OST_REGIME_FIELDS, sizeof(*stage->fields));
	for (uint32_t i = 0; i < 2 && stage->fields != NULL; i++) {
		if (!regime_list_fits(r, lists[i], "fields", OST_REGIME_FIELDS))
			continue;
		for (const struct ost_yaml_node *item = lists[i]->first; item != NULL && r->y.diag->errors == errors; item = item->next)
			field_read(r, item, stage);
	}
}

struct stage_draft {
	const struct ost_yaml_node *id, *title, *basis, *anchor, *offset, *at_most, *unless, *when, *repeat, *fields;
};

OST_YAML_KEEP(struct stage_draft, anchor)
OST_YAML_KEEP(struct stage_draft, offset)
OST_YAML_KEEP(struct stage_draft, at_most)
OST_YAML_KEEP(struct stage_draft, unless)
OST_YAML_KEEP(struct stage_draft, repeat)
OST_YAML_KEEP(struct stage_draft, fields)
OST_YAML_KEEP(struct stage_draft, basis)

#define STAGE_KEEP(member)                                                                           \
	static void stage_##member##_field(void *context, const struct ost_yaml_node *value, void *target) \
	{                                                                                            \
		struct stage_draft *d = target;                                                      \
                                                                                                     \
		(void)context;                                                                       \
		d->member = value;                                                                   \
	}
STAGE_KEEP(id)
STAGE_KEEP(title)
STAGE_KEEP(when)

static const char *moment_name(const struct regime_reader *r, uint32_t i)
{
	return i < r->regime->moment_count ? r->regime->moments[i].id : NULL;
}

static const char *stage_name(const struct regime_reader *r, uint32_t i)
{
	return i < r->regime->stage_count ? r->regime->stages[i].id : NULL;
}

static const char *anchor_name(const struct regime_reader *r, uint32_t i)
{
	return i == 0 ? "aware" : i == 1 ? "submitted:STAGE" : moment_name(r, i - 2);
}

/* self: of the stage itself, whose clock cannot begin with its own submission. */
static void anchor_read(struct regime_reader *r, const struct ost_yaml_node *node, uint32_t self, struct ost_regime_clock *clock)
{
	static const char submitted[] = "submitted:";

	if (!ost_yaml_is_scalar(&r->y, node, "anchor"))
		return;
	if (strcmp(node->text, "aware") == 0)
		return;
	if (strncmp(node->text, submitted, sizeof(submitted) - 1) == 0) {
		struct ost_yaml_node stage = *node;

		clock->anchor = OST_ANCHOR_SUBMITTED;
		stage.text = node->text + sizeof(submitted) - 1;
		if (ost_regime_stage_find(r->regime, stage.text, &clock->of) < 0)
			regime_unknown(r, &stage, "the stage", stage_name);
		else if (clock->of >= self)
			ost_yaml_error(&r->y, node, "name a stage that stands above", "the clock of '%s' would begin with a stage that comes later",
				r->regime->stages[self].id);
		return;
	}
	clock->anchor = OST_ANCHOR_MOMENT;
	if (ost_regime_moment_find(r->regime, node->text, &clock->of) < 0)
		regime_unknown(r, node, "the anchor", anchor_name);
}

/* An offset that is null says that no hour is counted; one that is forgotten is an error. */
static void clock_read(struct regime_reader *r, const struct ost_yaml_node *owner, const struct ost_yaml_node *anchor,
	const struct ost_yaml_node *offset, uint32_t self, struct ost_regime_clock *clock)
{
	if (anchor == NULL || offset == NULL) {
		ost_yaml_error(&r->y, owner, "write \"anchor\": \"aware\", \"offset\": \"PT24H\"; an offset of null means without undue delay",
			"a clock needs an anchor and an offset");
		return;
	}
	anchor_read(r, anchor, self, clock);
	if (offset->kind == OST_YAML_SCALAR && strcmp(offset->text, "null") == 0)
		return;
	clock->has_offset = regime_period_read(r, offset, "offset", &clock->offset);
}

static void at_most_read(struct regime_reader *r, const struct ost_yaml_node *node, uint32_t self, struct ost_regime_stage *stage)
{
	static const struct ost_yaml_field fields[] = {{"anchor", anchor_field}, {"offset", offset_field}};
	struct stage_draft d = {0};

	ost_yaml_fields(&r->y, node, "at_most", fields, OST_ARRAY_SIZE(fields), r, &d);
	if (node->kind != OST_YAML_MAPPING)
		return;
	stage->has_at_most = true;
	clock_read(r, node, d.anchor, d.offset, self, &stage->at_most);
	if (!stage->at_most.has_offset && d.offset != NULL)
		ost_yaml_error(&r->y, d.offset, "write a period, or leave at_most out", "at_most without a period limits nothing");
}

static void condition_read(struct regime_reader *r, const struct ost_yaml_node *node, const char *what, uint32_t *ret_moment)
{
	*ret_moment = UINT32_MAX;
	if (node != NULL && ost_yaml_is_scalar(&r->y, node, what) && ost_regime_moment_find(r->regime, node->text, ret_moment) < 0)
		regime_unknown(r, node, "the moment", moment_name);
}

static const struct ost_yaml_field stage_fields[] = {
	{"id", stage_id_field},
	{"title", stage_title_field},
	{"basis", basis_field},
	{"anchor", anchor_field},
	{"offset", offset_field},
	{"at_most", at_most_field},
	{"unless", unless_field},
	{"when", stage_when_field},
	{"repeat", repeat_field},
	{"fields", fields_field},
};

static void stage_read(struct regime_reader *r, const struct ost_yaml_node *item, const struct ost_yaml_node *common, uint32_t self)
{
	struct ost_regime_stage *stage = &r->regime->stages[self];
	struct stage_draft d = {0};

	ost_yaml_fields(&r->y, item, "the stage", stage_fields, OST_ARRAY_SIZE(stage_fields), r, &d);
	(void)regime_text_read(r, item, d.title, "title", true, &stage->title);
	(void)regime_text_read(r, item, d.basis, "basis", true, &stage->basis);
	clock_read(r, item, d.anchor, d.offset, self, &stage->clock);
	if (d.at_most != NULL)
		at_most_read(r, d.at_most, self, stage);
	condition_read(r, d.unless, "unless", &stage->unless);
	condition_read(r, d.when, "when", &stage->when);
	stage->repeat = regime_flag_read(r, d.repeat, "repeat");
	regime_fields_read(r, common, d.fields, stage);
}

/* Their ids first: a clock names the stage that it begins with. */
void regime_stages_read(struct regime_reader *r, const struct ost_yaml_node *list, const struct ost_yaml_node *common)
{
	struct ost_regime *g = r->regime;
	uint32_t errors = r->y.diag->errors, seen;

	if (!ost_yaml_is_list(&r->y, list, "stages") || !regime_list_fits(r, list, "stages", OST_REGIME_STAGES))
		return;
	for (const struct ost_yaml_node *item = list->first; item != NULL; item = item->next) {
		char id[OST_REGIME_NAME] = "";
		const struct ost_yaml_node *node = NULL;

		if (!ost_yaml_is_mapping(&r->y, item, "the stage"))
			continue;
		OST_YAML_EACH(item, key)
		{
			if (strcmp(key->text, "id") == 0)
				node = key->next;
		}
		if (!regime_id_read(r, item, node, "a stage", id))
			continue;
		if (ost_regime_stage_find(g, id, &seen) == 0)
			ost_yaml_error(&r->y, node, "give each stage an id of its own", "the stage '%s' stands there twice", id);
		memcpy(g->stages[g->stage_count++].id, id, sizeof(id));
	}
	if (r->y.diag->errors != errors)
		return;
	seen = 0;
	for (const struct ost_yaml_node *item = list->first; item != NULL; item = item->next) /* what is wrong in common: is told once */
		stage_read(r, item, r->y.diag->errors == errors ? common : NULL, seen++);
}

static bool id_equal(const char *a, const char *b)
{
	while (*a != '\0' && (*a == *b || (*a == '_' && *b == '-'))) {
		a++;
		b++;
	}
	return *a == *b;
}

int ost_regime_stage_find(const struct ost_regime *regime, const char *id, uint32_t *ret_stage)
{
	for (uint32_t i = 0; i < regime->stage_count; i++) {
		if (id_equal(regime->stages[i].id, id)) {
			*ret_stage = i;
			return 0;
		}
	}
	return -ENOENT;
}
