/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "incident_words.h"

#include <stdio.h>
#include <strings.h>

#include "unicode.h"

#define TEXT_MAX 2000u /* bytes of one text */

/* ---- hostile texts ---- */

static void plain_put(const char *s, size_t length, FILE *out)
{
	size_t at = 0;

	while (at < length && at < TEXT_MAX) {
		uint32_t code = 0;
		size_t n = ost_unicode_decode(s + at, &code);

		if (n == 0) {
			(void)fputs("\xef\xbf\xbd", out);
			n = 1;
		} else if (code == '\n' || code == '\t') {
			(void)fputc(' ', out);
		} else if (ost_unicode_is_hostile(code)) {
			(void)fprintf(out, "[U+%04X]", code);
		} else {
			(void)fwrite(s + at, 1, n, out);
		}
		at += n;
	}
	if (at < length)
		(void)fprintf(out, "... (%zu bytes in all)", length);
}

/* NULL: nothing in it was hostile; else an owned text. failed is set without memory. */
static char *plain_text(const char *s, size_t length, bool *failed)
{
	bool harmless = length <= TEXT_MAX;
	char *text = NULL;
	size_t n = 0;
	FILE *out;

	for (size_t i = 0; harmless && i < length; i++)
		harmless = s[i] >= 0x20 && s[i] < 0x7f;
	if (harmless)
		return NULL;
	out = open_memstream(&text, &n);
	if (out == NULL) {
		*failed = true;
		return NULL;
	}
	plain_put(s, length, out);
	if (fclose(out) != 0) {
		free(text);
		text = NULL;
		*failed = true;
	}
	return text;
}

static bool plain(json_t *json, unsigned depth);

static bool plain_child(json_t *child, unsigned depth, json_t **ret_instead)
{
	bool failed = false;
	char *text;

	*ret_instead = NULL;
	if (!json_is_string(child))
		return plain(child, depth + 1);
	text = plain_text(json_string_value(child), json_string_length(child), &failed);
	if (text != NULL) {
		*ret_instead = json_string(text);
		failed = *ret_instead == NULL;
		free(text);
	}
	return !failed;
}

static bool plain(json_t *json, unsigned depth)
{
	json_t *child, *instead;
	const char *key;
	void *next;
	size_t i;

	if (depth > 64)
		return false;
	json_array_foreach(json, i, child) {
		if (!plain_child(child, depth, &instead) || (instead != NULL && json_array_set_new(json, i, instead) < 0))
			return false;
	}
	json_object_foreach_safe(json, next, key, child)
	{
		if (!plain_child(child, depth, &instead) || (instead != NULL && json_object_set_new(json, key, instead) < 0))
			return false;
	}
	return true;
}

json_t *ost_incident_plain(json_t *json)
{
	if (json != NULL && !plain(json, 0)) {
		json_decref(json);
		return NULL;
	}
	return json;
}

/* ---- asking ---- */

int ost_incident_get(const struct ost_cli *cli, const char *path, json_t **ret_json)
{
	json_t *json = NULL;
	int r = ost_client_get(cli, path, &json);

	*ret_json = NULL;
	if (r != OST_EXIT_OK || json == NULL)
		return r;
	ost_moment_zone(ost_json_text(json, "zone"));
	*ret_json = ost_incident_plain(json);
	return *ret_json != NULL ? OST_EXIT_OK : ost_cli_fail("out of memory");
}

int ost_incident_path(const char *command, const char *id, const char *rest, char path[static OST_INCIDENT_PATH])
{
	size_t n = strspn(id, "0123456789abcdefABCDEF-");

	if (n < 6 || n > 36 || id[n] != '\0') {
		return ost_cli_fail("%s: '%.80s' is no id of an incident; write it, or at least its first 6 characters: 'ostiary incident list --state all' tells them",
			command, id);
	}
	(void)snprintf(path, OST_INCIDENT_PATH, "/v1/incidents/%.36s%.200s", id, rest);
	return OST_EXIT_OK;
}

const json_t *ost_incident_at(const json_t *json, const char *path)
{
	char name[48];

	while (json != NULL && *path != '\0') {
		size_t n = strcspn(path, ".");

		(void)snprintf(name, sizeof(name), "%.*s", (int)n, path);
		json = json_object_get(json, name);
		path += n + (path[n] == '.');
	}
	return json;
}

const char *ost_incident_text(const json_t *json, const char *path)
{
	const char *text = json_string_value(ost_incident_at(json, path));

	return text != NULL ? text : "";
}

/* ---- ids ---- */

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static unsigned id_boundary(unsigned length)
{
	static const unsigned ends[] = {OST_INCIDENT_ID_LEAST, 18, 23};

	for (size_t i = 0; i < OST_ARRAY_SIZE(ends); i++) {
		if (length <= ends[i])
			return ends[i];
	}
	return 36;
}

unsigned ost_incident_id_length(const json_t *incidents)
{
	const size_t count = json_array_size(incidents);
	const char **ids OST_AUTO_FREE = calloc(count + 1, sizeof(*ids));
	unsigned least = OST_INCIDENT_ID_LEAST;

	if (ids == NULL)
		return 36;
	for (size_t i = 0; i < count; i++)
		ids[i] = ost_json_text(json_array_get(incidents, i), "id");
	qsort(ids, count, sizeof(*ids), compare_texts);
	for (size_t i = 0; i + 1 < count; i++) {
		unsigned same = 0;

		while (ids[i][same] != '\0' && ids[i][same] == ids[i + 1][same])
			same++;
		if (ids[i][same] != ids[i + 1][same])
			least = OST_MAX(least, same + 1);
	}
	return id_boundary(least);
}

/* ---- words ---- */

static const char *const severities[] = {"", "low", "medium", "high", "critical"};

unsigned ost_incident_rank(const char *severity)
{
	for (unsigned i = 1; i < OST_ARRAY_SIZE(severities); i++) {
		if (strcasecmp(severity, severities[i]) == 0)
			return i;
	}
	return 0;
}

enum ost_colour ost_incident_colour(const char *severity)
{
	static const enum ost_colour colours[] = {
		OST_COLOUR_PLAIN, OST_COLOUR_DIM, OST_COLOUR_PLAIN, OST_COLOUR_WARN, OST_COLOUR_BAD};

	return colours[ost_incident_rank(severity)];
}

const char *ost_incident_did(const char *action)
{
	return strcmp(action, "alerted") == 0 ? "told only" : action;
}

const char *ost_incident_typed(const char *id, char buf[static OST_SHOW_TEXT])
{
	(void)snprintf(buf, OST_SHOW_TEXT, "%s", id);
	for (char *c = buf; *c != '\0'; c++) {
		if (*c == '_')
			*c = '-';
	}
	return buf;
}

const char *ost_incident_who(const json_t *incident)
{
	const char *device = ost_json_text(incident, "device");

	return *device != '\0' ? device : ost_json_text(incident, "place");
}

const char *ost_incident_due(const json_t *due, time_t now, char buf[static OST_INCIDENT_DUE])
{
	char stage[OST_SHOW_TEXT], left[OST_SHOW_TEXT];

	buf[0] = '\0';
	if (!json_is_object(due))
		return buf;
	(void)ost_incident_typed(ost_json_text(due, "stage"), stage);
	if (*ost_json_text(due, "due") == '\0')
		(void)snprintf(buf, OST_INCIDENT_DUE, "%.47s %s: no date yet", ost_json_text(due, "regime"), stage);
	else
		(void)snprintf(buf, OST_INCIDENT_DUE, "%.47s %s %s%s", ost_json_text(due, "regime"), stage,
			ost_moment_left(ost_json_text(due, "due"), now, left), ost_json_true(due, "shadow") ? "?" : "");
	return buf;
}

const char *ost_incident_cut(const char *text, unsigned columns, char *buf, size_t size)
{
	size_t used = 0;
	unsigned width = 0;

	if (ost_show_width(text) <= columns) {
		(void)snprintf(buf, size, "%s", text);
		return buf;
	}
	for (const char *s = text; *s != '\0';) {
		uint32_t code = 0;
		size_t n = ost_unicode_decode(s, &code);
		char one[8] = "";

		n = n == 0 ? 1 : n;
		memcpy(one, s, n);
		width += ost_show_width(one);
		if (width + 3 > columns || used + n + 4 > size)
			break;
		memcpy(buf + used, s, n);
		used += n;
		s += n;
	}
	memcpy(buf + used, "...", 4);
	return buf;
}
