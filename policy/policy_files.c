/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of a policy: those that were given, and those that include: names, each once. */
#include <limits.h>

#include "array.h"
#include "policy_reader.h"

/* file `from` includes file `to`, at this node. */
struct policy_edge {
	const struct ost_yaml_node *node;
	uint32_t from, to;
};

/* The folder of a file, with the slash. */
static uint32_t folder_length(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash != NULL ? (uint32_t)(slash - name) + 1 : 0;
}

bool policy_file_add(struct policy_reader *r, const struct ost_policy_source *given, uint32_t root_length)
{
	struct policy_source *sources = ost_array_room(r->sources, r->source_count, &r->source_capacity, sizeof(*sources));
	char **files;

	r->y.no_memory |= sources == NULL;
	if (sources == NULL)
		return false;
	r->sources = sources;
	files = reallocarray(r->policy->files, r->policy->file_count + 1, sizeof(*files));
	r->y.no_memory |= files == NULL;
	if (files == NULL)
		return false;
	r->policy->files = files;
	files[r->policy->file_count] = ost_yaml_strdup(&r->y, given->name);
	if (files[r->policy->file_count] == NULL)
		return false;
	sources[r->source_count++] = (struct policy_source){
		.name = given->name,
		.file = files[r->policy->file_count++],
		.given = *given,
		.root_length = root_length != UINT32_MAX ? root_length : folder_length(given->name),
	};
	return true;
}

/* ---- names ---- */

/* The path of a file as an includer says it: beside that one, with dots taken out, never above the root. NULL: done. */
static const char *path_join(const struct policy_source *from, const char *value, char ret_path[static PATH_MAX])
{
	size_t n = folder_length(from->name), root = from->root_length;
	const char *part = value;

	if (value[0] == '/' || value[0] == '~')
		return "is not relative; write it from the folder of this file on";
	if (n >= PATH_MAX)
		return "is too long; shorten it";
	memcpy(ret_path, from->name, n);
	while (*part != '\0') {
		size_t length = strcspn(part, "/");

		if (length == 2 && memcmp(part, "..", 2) == 0) {
			if (n <= root)
				return "leads out of the folder of the policy; move the file into it";
			for (n--; n > root && ret_path[n - 1] != '/'; n--)
				;
		} else if (length > 0 && !(length == 1 && part[0] == '.')) {
			if (n + length + 2 > PATH_MAX)
				return "is too long; shorten it";
			memcpy(ret_path + n, part, length);
			n += length;
			ret_path[n++] = '/';
		}
		part += length + (part[length] == '/');
	}
	if (n <= root + 6 || memcmp(ret_path + n - 6, ".yaml/", 6) != 0)
		return "is no policy file; name one that ends in .yaml";
	ret_path[n - 1] = '\0';
	return NULL;
}

static uint32_t file_find(const struct policy_reader *r, const char *path)
{
	for (uint32_t i = 0; i < r->source_count; i++)
		if (strcmp(r->sources[i].name, path) == 0)
			return i;
	return UINT32_MAX;
}

/* From disk, or wherever the caller has it. UINT32_MAX: told. */
static uint32_t file_fetch(struct policy_reader *r, const struct ost_yaml_node *item, const char *path)
{
	uint32_t root = r->sources[r->source].root_length;
	struct ost_policy_source given;
	int error;

	if (r->finder == NULL) {
		ost_yaml_error(&r->y, item, "give it with the others", "the policy has no file %.300s", path);
		return UINT32_MAX;
	}
	error = r->finder->find(r->finder->context, ost_yaml_pos(&r->y, item), path, item->text, &given);
	r->y.no_memory |= error == -ENOMEM;
	if (error < 0 || !policy_file_add(r, &given, root))
		return UINT32_MAX;
	return r->source_count - 1;
}

static void edge_add(struct policy_reader *r, const struct ost_yaml_node *item, uint32_t to)
{
	struct policy_edge *edges = ost_array_room(r->edges, r->edge_count, &r->edge_capacity, sizeof(*edges));

	r->y.no_memory |= edges == NULL;
	if (edges == NULL)
		return;
	r->edges = edges;
	edges[r->edge_count++] = (struct policy_edge){item, r->source, to};
}

static void include_read(struct policy_reader *r, const struct ost_yaml_node *item)
{
	char path[PATH_MAX];
	const char *flaw;
	uint32_t to;

	if (!ost_yaml_is_scalar(&r->y, item, "include"))
		return;
	flaw = path_join(&r->sources[r->source], item->text, path);
	if (flaw != NULL) {
		char why[OST_HINT_MAX];

		ost_hint(why, sizeof(why), "'%.200s' %s", item->text, flaw);
		policy_why_error(r, item, why);
		return;
	}
	to = file_find(r, path);
	if (to != UINT32_MAX && to > r->source)
		r->sources[to].root_length = OST_MIN(r->sources[to].root_length, r->sources[r->source].root_length);
	if (to == UINT32_MAX)
		to = file_fetch(r, item, path);
	if (to != UINT32_MAX)
		edge_add(r, item, to);
}

void policy_includes_follow(struct policy_reader *r)
{
	const struct ost_yaml_node *list = r->sources[r->source].include;

	if (list == NULL || !ost_yaml_is_list(&r->y, list, "include"))
		return;
	if (list->kind == OST_YAML_SEQUENCE && list->count > POLICY_FILES_MAX) {
		ost_yaml_error(&r->y, list, "join some of them", "a policy has at most %u files", POLICY_FILES_MAX);
		return;
	}
	for (const struct ost_yaml_node *item = ost_yaml_item_first(list); item != NULL && !r->y.no_memory;
		item = ost_yaml_item_next(list, item)) {
		uint32_t errors = r->y.diag->errors;

		include_read(r, item);
		if (r->y.diag->errors != errors)
			r->incomplete = true; /* what it may define is no error elsewhere */
	}
}

/* ---- circles ---- */

enum mark {
	UNSEEN,
	OPEN,
	DONE,
};

/* Edges stand in the order of the files that they lead from. */
static uint32_t edge_first(const struct policy_reader *r, uint32_t from)
{
	uint32_t lo = 0, hi = r->edge_count;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (r->edges[mid].from < from)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* As deep as there are files, which are POLICY_FILES_MAX at most. */
static void circle_search(struct policy_reader *r, uint32_t file, uint8_t *marks)
{
	marks[file] = OPEN;
	for (uint32_t i = edge_first(r, file); i < r->edge_count && r->edges[i].from == file; i++) {
		const struct policy_edge *e = &r->edges[i];

		if (marks[e->to] == UNSEEN) {
			circle_search(r, e->to, marks);
		} else if (marks[e->to] == OPEN) {
			policy_source_select(r, e->from);
			ost_yaml_error(&r->y, e->node, "remove one step of the circle", "%s includes itself, by itself or over others",
				r->sources[e->to].name);
		}
	}
	marks[file] = DONE;
}

void policy_circles_check(struct policy_reader *r)
{
	OST_AUTO_FREE uint8_t *marks = ost_yaml_alloc(&r->y, r->source_count, sizeof(*marks));

	for (uint32_t i = 0; marks != NULL && i < r->source_count; i++)
		if (marks[i] == UNSEEN)
			circle_search(r, i, marks);
}
