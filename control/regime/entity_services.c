/* SPDX-License-Identifier: GPL-2.0-or-later */
/* services: and maintenance: of entity.yaml, and what they say about an incident. */
#include "entity_reader.h"

#include "clock.h"
#include "nearest.h"
#include "policy_yaml.h"

#define SERVICE_NUMBER(member, word, most)                                                            \
	static void member##_field(void *context, const struct ost_yaml_node *value, void *target)    \
	{                                                                                             \
		struct ost_entity_service *s = target;                                                \
                                                                                                      \
		entity_number_read(context, value, word, most, &s->member);                           \
	}
SERVICE_NUMBER(users, "users", 10000000000ull)
SERVICE_NUMBER(eur_per_hour, "eur-per-hour", 1000000000000ull)
SERVICE_NUMBER(fixed_eur, "fixed-eur", 1000000000000ull)
SERVICE_NUMBER(subjects, "data-subjects", 10000000000ull)

#define SERVICE_ANSWER(member, word)                                                                  \
	static void member##_field(void *context, const struct ost_yaml_node *value, void *target)    \
	{                                                                                             \
		struct ost_entity_service *s = target;                                                \
                                                                                                      \
		entity_answer_read(context, value, word, &s->member);                                 \
	}
SERVICE_ANSWER(safety, "safety")
SERVICE_ANSWER(trade_secret, "trade-secret")
SERVICE_ANSWER(encrypted, "encrypted")
SERVICE_ANSWER(special_category, "special-category")

static void title_field(void *context, const struct ost_yaml_node *value, void *target)
{
	struct ost_entity_service *s = target;

	entity_text_read(context, value, "title", &s->title);
}

static void criticality_field(void *context, const struct ost_yaml_node *value, void *target)
{
	static const char *const words[] = {"ordinary", "essential"};
	struct entity_reader *r = context;
	struct ost_entity_service *s = target;
	uint32_t index;

	if (ost_yaml_word(&r->y, value, "criticality", words, 2, &index))
		s->essential = (struct ost_fact){true, OST_ORIGIN_CONFIGURED, index};
}

/* "none", or the categories in words. */
static void personal_data_field(void *context, const struct ost_yaml_node *value, void *target)
{
	struct entity_reader *r = context;
	struct ost_entity_service *s = target;
	const char *text;

	if (!ost_yaml_is_scalar(&r->y, value, "personal-data"))
		return;
	text = strcmp(value->text, "none") == 0 ? "" : value->text;
	s->data_categories = entity_keep(r, text);
}

/* Names of tags or services. */
static void names_read(struct entity_reader *r, const struct ost_yaml_node *list, const char *what, const char **names, uint32_t *count)
{
	if (!ost_yaml_is_list(&r->y, list, what))
		return;
	for (const struct ost_yaml_node *item = ost_yaml_item_first(list); item != NULL; item = ost_yaml_item_next(list, item)) {
		if (!ost_yaml_is_name(&r->y, item, what))
			return;
		if (*count == OST_ENTITY_TAGS) {
			ost_yaml_error(&r->y, item, "write at most 32", "%s has too many items", what);
			return;
		}
		names[(*count)++] = entity_keep(r, item->text);
	}
}

static void tags_field(void *context, const struct ost_yaml_node *value, void *target)
{
	struct ost_entity_service *s = target;

	names_read(context, value, "tags", s->tags, &s->tag_count);
}

void entity_services_read(struct entity_reader *r, const struct ost_yaml_node *map)
{
	static const struct ost_yaml_field fields[] = {
		{"title", title_field},
		{"tags", tags_field},
		{"users", users_field},
		{"eur-per-hour", eur_per_hour_field},
		{"fixed-eur", fixed_eur_field},
		{"criticality", criticality_field},
		{"safety", safety_field},
		{"trade-secret", trade_secret_field},
		{"personal-data", personal_data_field},
		{"special-category", special_category_field},
		{"encrypted", encrypted_field},
		{"data-subjects", subjects_field},
	};
	struct ost_entity *e = r->entity;

	if (!ost_yaml_is_mapping(&r->y, map, "services"))
		return;
	if (map->count > OST_ENTITY_SERVICES) {
		ost_yaml_error(&r->y, map, "write at most 256", "there are too many services");
		return;
	}
	e->services = ost_yaml_alloc(&r->y, map->count, sizeof(*e->services));
	if (e->services == NULL)
		return;
	OST_YAML_EACH(map, key)
	{
		struct ost_entity_service *s = &e->services[e->service_count];

		if (!ost_yaml_is_name(&r->y, key, "a service"))
			continue;
		ost_hint(s->name, sizeof(s->name), "%s", key->text);
		s->title = "";
		ost_yaml_fields(&r->y, key->next, "the service", fields, OST_ARRAY_SIZE(fields), r, s);
		if (key->next->kind == OST_YAML_MAPPING && s->tag_count == 0)
			ost_yaml_error(&r->y, key, "write tags: [heating], tags of devices in the policy", "the service '%s' does not say whose it is",
				s->name);
		e->service_count++;
	}
}

struct window_draft {
	const struct ost_yaml_node *name, *from, *until, *by, *services;
};

OST_YAML_KEEP(struct window_draft, name)
OST_YAML_KEEP(struct window_draft, from)
OST_YAML_KEEP(struct window_draft, until)
OST_YAML_KEEP(struct window_draft, by)
OST_YAML_KEEP(struct window_draft, services)

static bool time_read(struct entity_reader *r, const struct ost_yaml_node *node, const char *what, uint64_t *ret_ns)
{
	char why[256];
	int64_t s;

	if (!ost_yaml_is_scalar(&r->y, node, what))
		return false;
	if (ost_time_parse(node->text, &s, why) == 0 && s >= 0 && s < 18446744073ll) {
		*ret_ns = (uint64_t)s * OST_NS_PER_S;
		return true;
	}
	ost_yaml_error(&r->y, node, "write 2026-12-01T08:00Z, or with the zone: 2026-12-01T09:00+01:00", "%s cannot be '%.63s'", what, node->text);
	return false;
}

static void services_check(struct entity_reader *r, const struct ost_yaml_node *list, const struct ost_entity_window *w)
{
	const struct ost_entity *e = r->entity;

	for (uint32_t i = 0; i < w->service_count; i++) {
		struct ost_nearest near = ost_nearest_of(w->services[i], &r->y.nearest_budget);
		char hint[OST_HINT_MAX];
		uint32_t j = 0;

		while (j < e->service_count && strcmp(e->services[j].name, w->services[i]) != 0)
			ost_nearest_offer(&near, e->services[j++].name);
		if (j == e->service_count)
			ost_yaml_error(&r->y, list,
				near.best != NULL ? ost_hint(hint, sizeof(hint), "did you mean '%s'?", near.best) : "name one of services:",
				"there is no service '%s'", w->services[i]);
	}
}

static void window_read(struct entity_reader *r, const struct ost_yaml_node *item, struct ost_entity_window *w)
{
	static const struct ost_yaml_field fields[] = {
		{"name", name_field}, {"from", from_field}, {"until", until_field}, {"by", by_field}, {"services", services_field}};
	struct window_draft d = {0};

	ost_yaml_fields(&r->y, item, "the window", fields, OST_ARRAY_SIZE(fields), r, &d);
	if (item->kind != OST_YAML_MAPPING)
		return;
	if (d.name == NULL || d.from == NULL || d.until == NULL || d.by == NULL) {
		ost_yaml_error(&r->y, item, "write { name: update, from: 2026-12-01T20:00Z, until: 2026-12-01T22:00Z, by: jane }",
			"a maintenance window needs name, from, until and by");
		return;
	}
	if (!ost_yaml_is_name(&r->y, d.name, "the window") || !time_read(r, d.from, "from", &w->from_ns) ||
		!time_read(r, d.until, "until", &w->until_ns))
		return;
	ost_hint(w->name, sizeof(w->name), "%s", d.name->text);
	entity_text_read(r, d.by, "by", &w->by);
	if (w->until_ns <= w->from_ns)
		ost_yaml_error(&r->y, d.until, "put the earlier one behind from:", "it ends before it begins");
	if (d.services != NULL) {
		names_read(r, d.services, "services", w->services, &w->service_count);
		services_check(r, d.services, w);
	}
}

void entity_windows_read(struct entity_reader *r, const struct ost_yaml_node *list)
{
	struct ost_entity *e = r->entity;

	if (!ost_yaml_is_list(&r->y, list, "maintenance"))
		return;
	if (list->kind != OST_YAML_SEQUENCE || list->count > OST_ENTITY_WINDOWS) {
		ost_yaml_error(&r->y, list, "write a list of at most 256", "maintenance is no list of windows");
		return;
	}
	e->windows = ost_yaml_alloc(&r->y, list->count, sizeof(*e->windows));
	for (const struct ost_yaml_node *item = list->first; item != NULL && e->windows != NULL; item = item->next) {
		struct ost_entity_window *w = &e->windows[e->window_count++];

		w->by = "";
		window_read(r, item, w);
	}
}

uint32_t ost_entity_services_of(
	const struct ost_entity *entity, const char *const *tags, uint32_t tag_count, uint32_t *ret_services, uint32_t room)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < entity->service_count && n < room; i++) {
		const struct ost_entity_service *s = &entity->services[i];
		bool its = false;

		for (uint32_t t = 0; t < s->tag_count; t++) {
			for (uint32_t d = 0; d < tag_count; d++)
				its |= strcmp(s->tags[t], tags[d]) == 0;
		}
		if (its)
			ret_services[n++] = i;
	}
	return n;
}

/* Yes when one says yes; no only when all say no. */
static void weigh(struct ost_fact *sum, const struct ost_fact *one, bool first)
{
	if (first)
		*sum = *one;
	else if (one->known && one->value != 0)
		*sum = *one;
	else if (!one->known && sum->value == 0)
		sum->known = false;
}

/* All must be known. */
static void add(struct ost_fact *sum, const struct ost_fact *one, bool first)
{
	if (first)
		*sum = *one;
	else if (!one->known || __builtin_add_overflow(sum->value, one->value, &sum->value))
		sum->known = false;
}

/* Encrypted only when all of them are. */
static void weigh_encrypted(struct ost_fact *sum, const struct ost_fact *one, bool first)
{
	if (first || (one->known && one->value == 0))
		*sum = *one;
	else if (!one->known && sum->value != 0)
		sum->known = false;
}

static void put(struct ost_facts *facts, enum ost_fact_name name, const struct ost_fact *fact)
{
	if (!facts->of[name].known && fact->known)
		facts->of[name] = *fact;
}

void ost_entity_facts(const struct ost_entity *entity, const uint32_t *services, uint32_t service_count, struct ost_facts *facts)
{
	struct ost_entity_service sum = {0};
	struct ost_fact personal = {0};

	for (uint32_t i = 0; i < service_count; i++) {
		const struct ost_entity_service *s = &entity->services[services[i]];
		struct ost_fact data = {s->data_categories != NULL, OST_ORIGIN_CONFIGURED, s->data_categories != NULL && s->data_categories[0] != '\0'};

		weigh(&sum.essential, &s->essential, i == 0);
		weigh(&sum.safety, &s->safety, i == 0);
		weigh(&sum.trade_secret, &s->trade_secret, i == 0);
		weigh(&sum.special_category, &s->special_category, i == 0);
		weigh(&personal, &data, i == 0);
		weigh_encrypted(&sum.encrypted, &s->encrypted, i == 0);
		add(&sum.users, &s->users, i == 0);
		add(&sum.eur_per_hour, &s->eur_per_hour, i == 0);
		if (s->fixed_eur.known) { /* where none is written there is none */
			uint64_t before = sum.fixed_eur.value;

			sum.fixed_eur = s->fixed_eur;
			sum.fixed_eur.value += before;
		}
		add(&sum.subjects, &s->subjects, i == 0);
	}
	put(facts, OST_FACT_ESSENTIAL, &sum.essential);
	put(facts, OST_FACT_SAFETY, &sum.safety);
	put(facts, OST_FACT_TRADE_SECRET, &sum.trade_secret);
	put(facts, OST_FACT_SPECIAL_CATEGORY, &sum.special_category);
	put(facts, OST_FACT_PERSONAL_DATA, &personal);
	put(facts, OST_FACT_ENCRYPTED, &sum.encrypted);
	put(facts, OST_FACT_USERS_AFFECTED, &sum.users);
	put(facts, OST_FACT_USERS_ALL, &sum.users);
	put(facts, OST_FACT_EUR_PER_HOUR, &sum.eur_per_hour);
	put(facts, OST_FACT_FIXED_EUR, &sum.fixed_eur);
	put(facts, OST_FACT_SUBJECTS, &sum.subjects);
	put(facts, OST_FACT_LISTED, &entity->listed);
	put(facts, OST_FACT_TURNOVER_EUR, &entity->turnover_eur);
	put(facts, OST_FACT_BYTES_LIMIT, &entity->bytes_limit);
	put(facts, OST_FACT_SUBJECTS_LIMIT, &entity->subjects_limit);
	put(facts, OST_FACT_OWN_OUTAGE_MS, &entity->own_outage_ms);
}
