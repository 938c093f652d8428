/* SPDX-License-Identifier: GPL-2.0-or-later */
/* entity.yaml, but for its services and windows (entity_services.c). */
#include "entity_reader.h"

#include "array.h"
#include "file.h"

const char *entity_keep(struct entity_reader *r, const char *text)
{
	struct ost_entity *e = r->entity;
	char **grown = ost_array_room(e->texts, e->text_count, &e->text_capacity, sizeof(*grown));
	char *copy;

	if (grown == NULL) {
		r->y.no_memory = true;
		return "";
	}
	e->texts = grown;
	copy = ost_yaml_strdup(&r->y, text);
	if (copy == NULL)
		return "";
	return e->texts[e->text_count++] = copy;
}

void entity_text_read(struct entity_reader *r, const struct ost_yaml_node *value, const char *what, const char **ret_text)
{
	if (ost_yaml_is_scalar(&r->y, value, what))
		*ret_text = entity_keep(r, value->text);
}

void entity_number_read(struct entity_reader *r, const struct ost_yaml_node *value, const char *what, uint64_t most, struct ost_fact *ret_fact)
{
	uint64_t v;

	if (ost_yaml_number(&r->y, value, what, 0, most, &v))
		*ret_fact = (struct ost_fact){true, OST_ORIGIN_CONFIGURED, v};
}

void entity_answer_read(struct entity_reader *r, const struct ost_yaml_node *value, const char *what, struct ost_fact *ret_fact)
{
	static const char *const words[] = {"no", "yes"};
	uint32_t index;

	if (ost_yaml_word(&r->y, value, what, words, 2, &index))
		*ret_fact = (struct ost_fact){true, OST_ORIGIN_CONFIGURED, index};
}

#define TEXT_FIELD(member, word)                                                                      \
	static void member##_field(void *context, const struct ost_yaml_node *value, void *target)    \
	{                                                                                             \
		struct ost_entity *e = target;                                                        \
                                                                                                      \
		entity_text_read(context, value, word, &e->member);                                   \
	}
TEXT_FIELD(name, "name")
TEXT_FIELD(registration, "registration")
TEXT_FIELD(sector, "sector")
TEXT_FIELD(contact, "contact")
TEXT_FIELD(dpo, "dpo")
TEXT_FIELD(csirt, "csirt")
TEXT_FIELD(authority, "authority")
TEXT_FIELD(product, "product")

static void member_states_field(void *context, const struct ost_yaml_node *value, void *target)
{
	struct entity_reader *r = context;
	struct ost_entity *e = target;
	char text[4 * 32] = "";
	size_t used = 0;

	if (!ost_yaml_is_list(&r->y, value, "member-states"))
		return;
	for (const struct ost_yaml_node *item = ost_yaml_item_first(value); item != NULL; item = ost_yaml_item_next(value, item)) {
		if (item->kind != OST_YAML_SCALAR || item->count != 2 || item->text[0] < 'A' || item->text[0] > 'Z' || item->text[1] < 'A' ||
			item->text[1] > 'Z' || used + 5 > sizeof(text)) {
			ost_yaml_error(&r->y, item, "write the two letters of ISO 3166, such as [DE, AT]", "this is no Member State");
			return;
		}
		ost_hint(text + used, sizeof(text) - used, "%s%s", used != 0 ? ", " : "", item->text);
		used = strlen(text);
	}
	e->member_states = entity_keep(r, text);
}

static void tlp_field(void *context, const struct ost_yaml_node *value, void *target)
{
	static const char *const words[] = {"clear", "green", "amber", "amber+strict", "red"};
	struct entity_reader *r = context;
	struct ost_entity *e = target;
	uint32_t index;

	if (ost_yaml_word(&r->y, value, "tlp", words, OST_ARRAY_SIZE(words), &index))
		e->tlp = words[index];
}

/* A name of the zone data base, or nothing: it comes into the environment of a program. */
static void zone_field(void *context, const struct ost_yaml_node *value, void *target)
{
	struct entity_reader *r = context;
	struct ost_entity *e = target;
	const char *p;

	if (!ost_yaml_is_scalar(&r->y, value, "zone"))
		return;
	for (p = value->text; (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || *p == '_' || *p == '-' || *p == '+' ||
			(*p == '/' && p != value->text);
		p++)
		;
	if (*p != '\0' || value->count > 63)
		ost_yaml_error(&r->y, value, "write a name such as Europe/Berlin", "'%.63s' is no time zone", value->text);
	else
		e->zone = entity_keep(r, value->text);
}

#define NUMBER_FIELD(member, word, most)                                                              \
	static void member##_field(void *context, const struct ost_yaml_node *value, void *target)    \
	{                                                                                             \
		struct ost_entity *e = target;                                                        \
                                                                                                      \
		entity_number_read(context, value, word, most, &e->member);                           \
	}
NUMBER_FIELD(turnover_eur, "turnover-eur", 1000000000000000ull)
NUMBER_FIELD(bytes_limit, "bytes-out", 1ull << 50)
NUMBER_FIELD(subjects_limit, "data-subjects", 10000000000ull)
NUMBER_FIELD(own_outage_ms, "outage-minutes", 525600)

static void listed_field(void *context, const struct ost_yaml_node *value, void *target)
{
	struct ost_entity *e = target;

	entity_answer_read(context, value, "listed", &e->listed);
}

static void significance_field(void *context, const struct ost_yaml_node *value, void *target)
{
	static const struct ost_yaml_field fields[] = {
		{"outage-minutes", own_outage_ms_field},
		{"bytes-out", bytes_limit_field},
		{"data-subjects", subjects_limit_field},
	};
	struct entity_reader *r = context;
	struct ost_entity *e = target;

	ost_yaml_fields(&r->y, value, "significance", fields, OST_ARRAY_SIZE(fields), r, target);
	e->own_outage_ms.value *= 60000;
}

static void regimes_field(void *context, const struct ost_yaml_node *value, void *target)
{
	struct entity_reader *r = context;
	struct ost_entity *e = target;

	if (!ost_yaml_is_list(&r->y, value, "regimes"))
		return;
	for (const struct ost_yaml_node *item = ost_yaml_item_first(value); item != NULL; item = ost_yaml_item_next(value, item)) {
		if (!ost_yaml_is_name(&r->y, item, "a regime"))
			return;
		if (e->regime_count == OST_ENTITY_REGIMES) {
			ost_yaml_error(&r->y, item, "name at most 16", "there are too many regimes");
			return;
		}
		for (uint32_t i = 0; i < e->regime_count; i++) {
			if (strcmp(e->regimes[i], item->text) == 0)
				ost_yaml_error(&r->y, item, "name each once", "the regime '%s' stands there already", item->text);
		}
		ost_hint(e->regimes[e->regime_count++], OST_ENTITY_NAME, "%s", item->text);
	}
}

static void version_field(void *context, const struct ost_yaml_node *value, void *target)
{
	struct entity_reader *r = context;

	(void)target;
	r->version = value;
}

static void services_field(void *context, const struct ost_yaml_node *value, void *target)
{
	(void)target;
	entity_services_read(context, value);
}

static void maintenance_field(void *context, const struct ost_yaml_node *value, void *target)
{
	struct entity_reader *r = context;

	(void)target;
	r->maintenance = value;
}

static void entity_read(struct entity_reader *r, const struct ost_yaml_node *root)
{
	static const struct ost_yaml_field fields[] = {
		{"ostiary", version_field},
		{"name", name_field},
		{"registration", registration_field},
		{"sector", sector_field},
		{"member-states", member_states_field},
		{"contact", contact_field},
		{"dpo", dpo_field},
		{"csirt", csirt_field},
		{"authority", authority_field},
		{"product", product_field},
		{"tlp", tlp_field},
		{"zone", zone_field},
		{"listed", listed_field},
		{"turnover-eur", turnover_eur_field},
		{"significance", significance_field},
		{"regimes", regimes_field},
		{"services", services_field},
		{"maintenance", maintenance_field},
	};
	struct ost_entity *e = r->entity;

	ost_yaml_fields(&r->y, root, "the file", fields, OST_ARRAY_SIZE(fields), r, e);
	ost_yaml_version_check(&r->y, r->version);
	if (r->maintenance != NULL)
		entity_windows_read(r, r->maintenance);
}

int ost_entity_parse(const char *name, const char *bytes, size_t length, struct ost_diag *diag, struct ost_entity **ret_entity)
{
	struct entity_reader r = {.y = {.diag = diag, .file = name, .nearest_budget = OST_NEAREST_BUDGET}};
	uint32_t errors_before = diag->errors;
	struct ost_yaml_tree *tree = NULL;
	int result;

	r.entity = calloc(1, sizeof(*r.entity));
	if (r.entity == NULL)
		return -ENOMEM;
	r.entity->name = r.entity->registration = r.entity->sector = r.entity->member_states = r.entity->contact = r.entity->dpo = "";
	r.entity->csirt = r.entity->authority = r.entity->product = r.entity->tlp = r.entity->zone = "";
	result = ost_yaml_tree_read(name, bytes, length, diag, &tree);
	if (result == 0) {
		entity_read(&r, ost_yaml_tree_root(tree));
		ost_yaml_tree_free(&tree);
		result = r.y.no_memory ? -ENOMEM : diag->errors != errors_before ? -EINVAL : 0;
	}
	if (result < 0)
		ost_entity_free(&r.entity);
	else
		*ret_entity = r.entity;
	return result;
}

int ost_entity_load(const char *path, struct ost_diag *diag, struct ost_entity **ret_entity)
{
	OST_AUTO_FREE char *bytes = NULL;
	size_t length;
	int r = ost_file_read(path, OST_ENTITY_FILE_MAX, &bytes, &length);

	if (r < 0) {
		ost_diag_error(diag, ((struct ost_pos){path, 0, 0}), "check its name, its mode and its folder's; ostiary-regimes(5) describes it",
			"cannot read it: %s", r == -EFBIG ? "more than 1 MiB" : r == -EINVAL ? "not a regular file" : strerror(-r));
		return r;
	}
	return ost_entity_parse(path, bytes, length, diag, ret_entity);
}

void ost_entity_free(struct ost_entity **entity)
{
	struct ost_entity *e = *entity;

	if (e == NULL)
		return;
	for (uint32_t i = 0; i < e->text_count; i++)
		free(e->texts[i]);
	free(e->texts);
	free(e->services);
	free(e->windows);
	free(e);
	*entity = NULL;
}
