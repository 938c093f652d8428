/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ECS 9.4: records bear its names already. What is left to do: the envelope moves below "ostiary", the fields that each ECS event
 * must have are added, and whatever is no field of ECS, or not of its type, moves below "ostiary.other": an index never refuses a record. */
#include "clock.h"
#include "ecs_fields.h"
#include "line.h"

#include <stdio.h>

#define ECS	"9.4.0"
#define PATH	128

/* Members of the envelope, which ost_line_chain() tells. */
static const char *const envelope[] = {"v", "seq", "prev", "kind", "boot_id", "mono_ns", "clock", "@timestamp", NULL};

static bool is_envelope(const char *key)
{
	for (size_t i = 0; envelope[i] != NULL; i++) {
		if (strcmp(envelope[i], key) == 0)
			return true;
	}
	return false;
}

/* Goes down what a record has: fields to their places, the rest to other, under the same names. */
static void sort(struct ost_tree *t, json_t *object, const char *at, json_t *other)
{
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value) {
		char path[PATH];
		json_t *fits, *rest;

		if (at[0] == '\0' && (is_envelope(key) || (strcmp(key, "ostiary") == 0 && json_is_object(value))))
			continue;
		if (json_is_null(value))
			continue;
		(void)snprintf(path, sizeof(path), "%s%s%s", at, at[0] != '\0' ? "." : "", key);
		fits = strchr(key, '.') == NULL && strlen(path) < sizeof(path) - 1 ? ost_ecs_value(path, value, &t->failed) : NULL;
		if (fits != NULL) {
			ost_tree_put(t, path, fits);
			continue;
		}
		if (json_is_object(value) && strchr(key, '.') == NULL && ost_ecs_is_prefix(path)) {
			rest = json_object();
			if (rest != NULL)
				sort(t, value, path, rest);
			if (rest != NULL && json_object_size(rest) == 0) {
				json_decref(rest);
				continue;
			}
		} else {
			rest = json_incref(value);
		}
		if (rest == NULL || json_object_set_new(other, key, rest) < 0)
			t->failed = true;
	}
}

/* Members without a value say nothing, and an index would make a field of them. A copy, for a record may share values. NULL: no memory. */
static json_t *without_empty(json_t *value)
{
	json_t *copy = json_object(), *member;
	bool failed = copy == NULL;
	const char *key;

	json_object_foreach(value, key, member) {
		json_t *kept = json_is_object(member) ? without_empty(member) : json_incref(member);
		bool empty = json_is_null(kept) || (json_is_object(kept) && json_object_size(kept) == 0) ||
			     (json_is_array(kept) && json_array_size(kept) == 0);

		if (empty)
			json_decref(kept);
		else if (json_object_set_new(copy, key, kept) < 0)
			failed = true;
	}
	if (failed)
		json_decref(copy);
	return failed ? NULL : copy;
}

/* What the record said at a place where something else must stand. */
static void displaced(struct ost_tree *t, json_t *other, const char *path)
{
	struct ost_tree o = {.root = other};

	ost_tree_put_same(&o, path, ost_tree_at(t->root, path));
	t->failed |= o.failed;
}

static void event_fill(struct ost_tree *t, const struct ost_line *line, json_t *other)
{
	const struct ost_line_kind *kind = ost_line_kind_of(line->about.kind);

	if (ost_tree_text(t->root, "event.id") != NULL && strcmp(ost_tree_text(t->root, "event.id"), line->about.id) != 0)
		displaced(t, other, "event.id");
	ost_tree_put_text(t, "event.id", line->about.id);
	ost_tree_put_integer(t, "event.sequence", line->about.seq);
	ost_tree_put_text(t, "event.module", "ostiary");
	ost_tree_put_text(t, "event.provider", "ostiary");
	ost_tree_put_text(t, "event.dataset", line->of_incident ? "ostiary.incident" : "ostiary.journal");
	if (ost_tree_at(t->root, "event.kind") == NULL)
		ost_tree_put_text(t, "event.kind", line->of_incident ? "alert" : "event");
	if (!ost_ecs_types_fit(ost_tree_at(t->root, "event.category"), ost_tree_at(t->root, "event.type"))) {
		displaced(t, other, "event.category");
		displaced(t, other, "event.type");
		ost_tree_put(t, "event.category", json_pack("[s]", kind->category));
		ost_tree_put(t, "event.type", json_pack("[s]", kind->type));
	}
	if (ost_tree_at(t->root, "event.action") == NULL)
		ost_tree_put_text(t, "event.action", line->about.kind);
	if (ost_tree_number(t->root, "event.severity") != line->about.severity)
		displaced(t, other, "event.severity");
	ost_tree_put_integer(t, "event.severity", line->about.severity);
	if (ost_tree_at(t->root, "event.created") == NULL)
		ost_tree_put_same(t, "event.created", json_object_get(line->root, "@timestamp"));
}

static void related_fill(struct ost_tree *t, const char *array, const char *const paths[static 2])
{
	for (unsigned i = 0; i < 2; i++) {
		json_t *value = paths[i] != NULL ? ost_tree_at(t->root, paths[i]) : NULL;

		if (value != NULL)
			ost_tree_add(t, array, json_incref(value));
	}
}

/* The threats and objectives of TR 103 533, so that they can be searched for without knowing "ostiary". */
static void tags_fill(struct ost_tree *t, const struct ost_line *line)
{
	static const char *const paths[] = {"ostiary.threat.type", "ostiary.threat.objective"};
	static const char *const words[] = {"threat", "objective"};

	if (ost_tree_at(t->root, "tags") != NULL)
		return;
	for (unsigned k = 0; k < 2; k++) {
		const json_t *value;
		size_t i;

		json_array_foreach(ost_tree_at(line->root, paths[k]), i, value) {
			if (json_is_string(value))
				ost_tree_add(t, "tags", json_sprintf("%s:%s", words[k], json_string_value(value)));
		}
	}
}

int ost_format_ecs(const struct ost_line *line, const struct ost_format_config *config, struct ost_format_text *out)
{
	json_t *other = json_object(), *ours = json_object_get(line->root, "ostiary");
	struct ost_tree t = {.root = json_object()};

	ost_tree_put_same(&t, "@timestamp", json_object_get(line->root, "@timestamp"));
	ost_tree_put_text(&t, "ecs.version", ECS);
	ost_tree_put_text(&t, "message", ost_line_message(line));
	sort(&t, line->root, "", other);
	event_fill(&t, line, other);
	if (ost_tree_at(t.root, "observer.hostname") == NULL)
		ost_tree_put_text(&t, "observer.hostname", ost_line_gateway(line, config));
	ost_tree_put_text(&t, "observer.vendor", "Ostiary");
	ost_tree_put_text(&t, "observer.product", "Ostiary");
	if (ost_tree_at(t.root, "observer.type") == NULL)
		ost_tree_put_text(&t, "observer.type", "gateway");
	if (ost_tree_at(t.root, "related") == NULL) {
		related_fill(&t, "related.ip", (const char *const[]){"source.ip", "destination.ip"});
		related_fill(&t, "related.hosts", (const char *const[]){"destination.domain", "device.id"});
		related_fill(&t, "related.user", (const char *const[]){"user.name", NULL});
	}
	tags_fill(&t, line);
	ost_tree_put(&t, "ostiary", without_empty(json_is_object(ours) ? ours : NULL));
	if (ost_tree_at(t.root, "ostiary.clock") == NULL && json_is_object(json_object_get(line->root, "clock")))
		ost_tree_put_same(&t, "ostiary.clock", json_object_get(line->root, "clock"));
	ost_tree_put_text(&t, "ostiary.kind", line->about.kind);
	ost_tree_put(&t, "ostiary.chain", ost_line_chain(line, config));
	if (json_object_size(other) > 0)
		ost_tree_put_same(&t, "ostiary.other", other);
	json_decref(other);
	return ost_tree_end(&t, out);
}
