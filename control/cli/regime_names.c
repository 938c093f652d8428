/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "regime_names.h"

#include <stdio.h>

#include "incident_words.h"

#define ALLOWED_TEXT 900u

int ost_regimes_get(const struct ost_cli *cli, json_t **ret_regimes)
{
	struct ost_cli quiet = *cli;

	quiet.json = false; /* they are no answer */
	return ost_incident_get(&quiet, "/v1/regimes", ret_regimes);
}

/* As it is typed: '-' and '_' are the same. */
static bool same(const char *a, const char *b)
{
	for (; *a != '\0' && *b != '\0'; a++, b++) {
		if (*a != *b && !((*a == '-' || *a == '_') && (*b == '-' || *b == '_')))
			return false;
	}
	return *a == *b;
}

/* An item is an object with an id, or the id itself. */
static const char *id_of(const json_t *item)
{
	const char *text = json_is_string(item) ? json_string_value(item) : ost_json_text(item, "id");

	return text != NULL ? text : "";
}

static const json_t *find(const json_t *list, const char *id)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item) {
		if (*id_of(item) != '\0' && same(id_of(item), id))
			return item;
	}
	return NULL;
}

/* "early-warning, notification" */
static void allowed(const json_t *list, char buf[static ALLOWED_TEXT])
{
	const json_t *item;
	size_t i, n = 0;

	buf[0] = '\0';
	json_array_foreach(list, i, item) {
		char typed[OST_SHOW_TEXT];

		if (n < ALLOWED_TEXT)
			n += (size_t)snprintf(buf + n, ALLOWED_TEXT - n, "%s%s", n > 0 ? ", " : "", ost_incident_typed(id_of(item), typed));
	}
}

/* NULL after telling. what: "regime". */
static const char *pick(const char *command, const json_t *list, const char *option, const char *what, const char *id)
{
	const json_t *item = find(list, id);
	char names[ALLOWED_TEXT];

	if (item != NULL)
		return id_of(item);
	allowed(list, names);
	if (names[0] == '\0')
		(void)ost_cli_fail("%s: %s: there is no %s; ostiary-regimes(5) says where they come from", command, option, what);
	else
		(void)ost_cli_fail("%s: %s: '%.40s' is no %s; write one of: %s", command, option, id, what, names);
	return NULL;
}

const json_t *ost_regimes_find(const char *command, const json_t *regimes, const char *id)
{
	const json_t *list = json_object_get(regimes, "regimes");
	char names[ALLOWED_TEXT];

	if (id == NULL && json_array_size(list) == 1)
		return json_array_get(list, 0);
	if (id == NULL && json_array_size(list) > 0) {
		allowed(list, names);
		(void)ost_cli_fail("%s: --regime: under which one? Write one of: %s", command, names);
		return NULL;
	}
	return pick(command, list, "--regime", "regime of this gateway", id != NULL ? id : "") != NULL ? find(list, id) : NULL;
}

const char *ost_regime_stage(const char *command, const json_t *regime, const char *option, const char *stage)
{
	return pick(command, json_object_get(regime, "stages"), option, "stage of this regime", stage);
}

const char *ost_regime_moment(const char *command, const json_t *regime, const char *moment)
{
	/* ostiaryd knows them in any case, and refuses others. */
	if (!json_is_array(json_object_get(regime, "moments")))
		return moment;
	return pick(command, json_object_get(regime, "moments"), "--moment", "moment of this regime", moment);
}

/* Some have words of their own: --significant, --aware-at, --reference. */
static bool is_answered(const json_t *field)
{
	static const char *const others[] = {"aware_at", "significant", "authority_reference"};

	for (size_t i = 0; i < OST_ARRAY_SIZE(others); i++) {
		if (strcmp(id_of(field), others[i]) == 0)
			return false;
	}
	return strcmp(ost_json_text(field, "by"), "person") == 0;
}

/* A field of one of the stages that a person fills: ids are the same in each. NULL: there is none. */
static const json_t *field_find(const json_t *regime, const char *field)
{
	const json_t *stage, *found;
	size_t i;

	json_array_foreach(json_object_get(regime, "stages"), i, stage) {
		found = find(json_object_get(stage, "fields"), field);
		if (found != NULL && is_answered(found))
			return found;
	}
	return NULL;
}

/* Each once. */
static json_t *fields_of(const json_t *regime)
{
	json_t *list = json_array(), *field;
	const json_t *stage;
	size_t i, k;

	json_array_foreach(json_object_get(regime, "stages"), i, stage) {
		json_array_foreach(json_object_get(stage, "fields"), k, field) {
			if (is_answered(field) && find(list, id_of(field)) == NULL)
				(void)json_array_append(list, field);
		}
	}
	return list;
}

const char *ost_regime_field(const char *command, const json_t *regime, const char *field)
{
	const json_t *found = field_find(regime, field);
	json_t *list;

	if (found != NULL)
		return id_of(found);
	list = fields_of(regime);
	(void)pick(command, list, "--answer", "field that a person answers", field);
	json_decref(list);
	return NULL;
}
