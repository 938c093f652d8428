/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ecs_fields.h"

#include "addr.h"
#include "tree.h"

enum type {
	TEXT,
	TEXTS, /* an array of them */
	ADDRESS,
	ADDRESSES,
	MAC,
	MACS,
	WHOLE,
	NUMBER,
	TIME,
	KIND,
	CATEGORY,
	TYPE,
	OUTCOME,
	LABELS, /* an object of texts */
};

/* By name: in the order of strcmp(). */
static const struct {
	const char *path;
	enum type type;
} fields[] = {
	{"@timestamp", TIME},
	{"destination.bytes", WHOLE},
	{"destination.domain", TEXT},
	{"destination.geo.country_iso_code", TEXT},
	{"destination.ip", ADDRESS},
	{"destination.mac", MAC},
	{"destination.packets", WHOLE},
	{"destination.port", WHOLE},
	{"device.id", TEXT},
	{"device.manufacturer", TEXT},
	{"device.model.identifier", TEXT},
	{"device.model.name", TEXT},
	{"device.serial_number", TEXT},
	{"error.message", TEXT},
	{"event.action", TEXT},
	{"event.category", CATEGORY},
	{"event.code", TEXT},
	{"event.created", TIME},
	{"event.duration", WHOLE},
	{"event.end", TIME},
	{"event.id", TEXT},
	{"event.kind", KIND},
	{"event.outcome", OUTCOME},
	{"event.reason", TEXT},
	{"event.reference", TEXT},
	{"event.risk_score", NUMBER},
	{"event.severity", WHOLE},
	{"event.start", TIME},
	{"event.type", TYPE},
	{"event.url", TEXT},
	{"file.hash.sha256", TEXT},
	{"file.name", TEXT},
	{"file.path", TEXT},
	{"file.size", WHOLE},
	{"labels", LABELS},
	{"message", TEXT},
	{"network.bytes", WHOLE},
	{"network.community_id", TEXT},
	{"network.direction", TEXT},
	{"network.iana_number", TEXT},
	{"network.packets", WHOLE},
	{"network.protocol", TEXT},
	{"network.transport", TEXT},
	{"network.type", TEXT},
	{"network.vlan.id", TEXT},
	{"observer.egress.interface.name", TEXT},
	{"observer.hostname", TEXT},
	{"observer.ingress.interface.name", TEXT},
	{"observer.ingress.vlan.id", TEXT},
	{"observer.product", TEXT},
	{"observer.type", TEXT},
	{"observer.vendor", TEXT},
	{"observer.version", TEXT},
	{"organization.id", TEXT},
	{"organization.name", TEXT},
	{"related.hash", TEXTS},
	{"related.hosts", TEXTS},
	{"related.ip", ADDRESSES},
	{"related.user", TEXTS},
	{"rule.category", TEXT},
	{"rule.description", TEXT},
	{"rule.id", TEXT},
	{"rule.name", TEXT},
	{"rule.reference", TEXT},
	{"rule.ruleset", TEXT},
	{"rule.version", TEXT},
	{"source.bytes", WHOLE},
	{"source.domain", TEXT},
	{"source.ip", ADDRESS},
	{"source.mac", MAC},
	{"source.packets", WHOLE},
	{"source.port", WHOLE},
	{"tags", TEXTS},
	{"threat.framework", TEXT},
	{"threat.tactic.id", TEXTS},
	{"threat.tactic.name", TEXTS},
	{"threat.technique.id", TEXTS},
	{"threat.technique.name", TEXTS},
	{"threat.technique.subtechnique.id", TEXTS},
	{"threat.technique.subtechnique.name", TEXTS},
	{"user.domain", TEXT},
	{"user.id", TEXT},
	{"user.name", TEXT},
	{"user.roles", TEXTS},
};

/* The categories that our records are of, and what ECS expects with each. */
static const struct {
	const char *category, *types;
} expected[] = {
	{"authentication", " start end info "},
	{"configuration", " access change creation deletion info "},
	{"file", " access change creation deletion info "},
	{"host", " access change end info start "},
	{"iam", " admin change creation deletion group info user "},
	{"intrusion_detection", " allowed denied info "},
	{"malware", " info "},
	{"network", " access allowed connection denied end info protocol start "},
	{"session", " start end info "},
};

static const char kinds[] = " alert asset enrichment event metric state pipeline_error signal ";
static const char outcomes[] = " failure success unknown ";

static bool is_in(const char *words, const char *word)
{
	size_t n = strlen(word);

	if (n == 0 || strchr(word, ' ') != NULL)
		return false;
	for (const char *at = strstr(words, word); at != NULL; at = strstr(at + 1, word)) {
		if (at > words && at[-1] == ' ' && at[n] == ' ')
			return true;
	}
	return false;
}

static const char *types_of(const char *category)
{
	for (size_t i = 0; i < OST_ARRAY_SIZE(expected); i++) {
		if (strcmp(expected[i].category, category) == 0)
			return expected[i].types;
	}
	return NULL;
}

/* "02-00-00-00-00-2A", and longer ones: a pseudonym has ten pairs. */
static bool is_mac(const char *text)
{
	size_t n = strlen(text);

	if (n < 17 || n % 3 != 2)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (i % 3 == 2 ? text[i] != '-' : strchr("0123456789ABCDEF", text[i]) == NULL)
			return false;
	}
	return true;
}

static bool text_fits(enum type type, const char *text)
{
	struct ost_ip ip;

	switch (type) {
	case ADDRESS:
	case ADDRESSES: return ost_ip_parse(text, &ip) == 0;
	case MAC:
	case MACS: return is_mac(text);
	case TIME: return ost_time_parse(text) != 0;
	case KIND: return is_in(kinds, text);
	case OUTCOME: return is_in(outcomes, text);
	case CATEGORY: return types_of(text) != NULL;
	default: return text[0] != '\0';
	}
}

static bool all_fit(enum type type, const json_t *array)
{
	const json_t *value;
	size_t i;

	json_array_foreach(array, i, value) {
		if (!json_is_string(value) || !text_fits(type, json_string_value(value)))
			return false;
	}
	return json_array_size(array) > 0;
}

static bool labels_fit(json_t *object)
{
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value) {
		if (!json_is_string(value) || strchr(key, '.') != NULL)
			return false;
	}
	return json_object_size(object) > 0;
}

static json_t *array_of(json_t *value, bool *ret_failed)
{
	json_t *array = json_pack("[O]", value);

	*ret_failed |= array == NULL;
	return array;
}

static json_t *typed(enum type type, json_t *value, bool *ret_failed)
{
	switch (type) {
	case TEXTS:
	case ADDRESSES:
	case MACS:
	case CATEGORY:
	case TYPE:
		if (json_is_string(value) && text_fits(type, json_string_value(value)))
			return array_of(value, ret_failed);
		return json_is_array(value) && all_fit(type, value) ? json_incref(value) : NULL;
	case WHOLE: return json_is_integer(value) && json_integer_value(value) >= 0 ? json_incref(value) : NULL;
	case NUMBER: return json_is_number(value) ? json_incref(value) : NULL;
	case LABELS: return json_is_object(value) && labels_fit(value) ? json_incref(value) : NULL;
	default: return json_is_string(value) && text_fits(type, json_string_value(value)) ? json_incref(value) : NULL;
	}
}

json_t *ost_ecs_value(const char *path, json_t *value, bool *ret_failed)
{
	for (size_t i = 0; i < OST_ARRAY_SIZE(fields); i++) {
		if (strcmp(fields[i].path, path) == 0)
			return typed(fields[i].type, value, ret_failed);
	}
	return NULL;
}

bool ost_ecs_is_prefix(const char *path)
{
	size_t n = strlen(path);

	for (size_t i = 0; i < OST_ARRAY_SIZE(fields); i++) {
		if (strncmp(fields[i].path, path, n) == 0 && fields[i].path[n] == '.')
			return true;
	}
	return false;
}

bool ost_ecs_types_fit(const json_t *categories, const json_t *types)
{
	const json_t *type, *category;
	size_t i, k;

	json_array_foreach(types, i, type) {
		bool fits = false;

		json_array_foreach(categories, k, category) {
			const char *words = types_of(json_string_value(category));

			fits |= words != NULL && is_in(words, json_string_value(type));
		}
		if (!fits)
			return false;
	}
	return json_array_size(categories) > 0 && json_array_size(types) > 0;
}
