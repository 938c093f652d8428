/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Access lists (RFC 8519) and the two policies that name them. */
#include "array.h"
#include "mud_reader.h"

#define LIST_NAME_MAX 64u /* characters: RFC 8519, module ietf-access-control-list */

/* An access list by its name. */
struct list {
	const char *name;
	const struct mud_node *node;
	bool used;
};

struct lists {
	struct list *items;
	uint32_t count;
};

static const struct mud_node *member(const struct mud_node *object, const char *name)
{
	if (!json_is_object(object->value))
		return NULL;
	MUD_JSON_EACH(object, child)
	{
		if (strcmp(mud_local_name(child->key), name) == 0)
			return child;
	}
	return NULL;
}

/* Tells each member that is none of these. */
static void others_tell(struct mud_reader *r, const struct mud_node *object, const char *const *known)
{
	MUD_JSON_EACH(object, child)
	{
		bool found = false;

		for (const char *const *k = known; *k != NULL; k++)
			found |= strcmp(mud_local_name(child->key), *k) == 0;
		if (!found)
			mud_unknown(r, child);
	}
}

static int name_compare(const void *name, const void *list)
{
	return strcmp(name, ((const struct list *)list)->name);
}

static int by_name(const void *a, const void *b)
{
	const struct list *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	if (order != 0)
		return order;
	return x->node < y->node ? -1 : x->node > y->node;
}

static struct list *list_find(const struct lists *lists, const char *name)
{
	return lists->count == 0 ? NULL :
		bsearch(name, lists->items, lists->count, sizeof(*lists->items), name_compare);
}

static bool named_read(struct mud_reader *r, const struct mud_node *object, const char *what, struct list *list)
{
	const struct mud_node *name;

	if (!mud_is_object(r, object, what))
		return false;
	name = member(object, "name");
	if (name == NULL) {
		mud_error(r, object, NULL, "%s has no name", what);
		return false;
	}
	list->node = object;
	return mud_string(r, name, LIST_NAME_MAX, &list->name);
}

/* Names of the objects of an array, sorted; each stands once. */
static void names_read(struct mud_reader *r, const struct mud_node *array, const char *what, struct lists *lists)
{
	lists->items = calloc(json_array_size(array->value) + 1, sizeof(*lists->items));
	r->no_memory |= lists->items == NULL;
	if (lists->items == NULL)
		return;
	MUD_JSON_EACH(array, object)
	{
		if (named_read(r, object, what, &lists->items[lists->count]))
			lists->count++;
	}
	if (lists->count > 1)
		qsort(lists->items, lists->count, sizeof(*lists->items), by_name);
	for (uint32_t i = 1; i < lists->count; i++) {
		if (strcmp(lists->items[i - 1].name, lists->items[i].name) == 0)
			mud_error(r, lists->items[i].node, "rename one of the two", "%s '%s' stands twice", what, lists->items[i].name);
	}
}

static void forwarding_read(struct mud_reader *r, const struct mud_node *node)
{
	const char *text;

	if (!mud_string(r, node, 255, &text))
		return;
	text = mud_local_name(text);
	r->ace->drop = strcmp(text, "drop") == 0 || strcmp(text, "reject") == 0;
	if (!r->ace->drop && strcmp(text, "accept") != 0)
		mud_error(r, node, "a person has to read the file, and to write its rules by hand",
			"ACE %s: forwarding is '%.64s', which is not known: accept, drop and reject are", r->ace->name, text);
}

static void actions_read(struct mud_reader *r, const struct mud_node *ace)
{
	const struct mud_node *actions = member(ace, "actions"), *forwarding;

	if (actions == NULL) {
		mud_error(r, ace, "write \"actions\": {\"forwarding\": \"accept\"} beside \"matches\"", "ACE %s has no actions", r->ace->name);
		return;
	}
	if (!mud_is_object(r, actions, "actions"))
		return;
	forwarding = member(actions, "forwarding");
	if (forwarding == NULL)
		mud_error(r, actions, "write \"forwarding\": \"accept\"", "the actions of ACE %s have no forwarding", r->ace->name);
	else
		forwarding_read(r, forwarding);
	MUD_JSON_EACH(actions, child)
	{
		const char *name = mud_local_name(child->key);

		if (strcmp(name, "logging") == 0)
			mud_ace_say(r, r->ace, OST_MUD_CHANGED, "its logging is not done: refusals are told, what passes is counted");
		else if (strcmp(name, "forwarding") != 0)
			mud_ace_say(r, r->ace, OST_MUD_REFUSED, "its action '%.64s' is not known, and may be a limit", child->key);
	}
}

static struct ost_mud_ace *ace_new(struct mud_reader *r, const struct mud_node *node)
{
	struct ost_mud_ace *aces;

	if (r->mud->ace_count == OST_MUD_ACES_MAX) {
		mud_error(r, node, "let networks and port ranges stand for several", "the file has more than %u ACEs", OST_MUD_ACES_MAX);
		return NULL;
	}
	aces = ost_array_room(r->mud->aces, r->mud->ace_count, &r->mud->ace_capacity, sizeof(*aces));
	r->no_memory |= aces == NULL;
	if (aces == NULL)
		return NULL;
	r->mud->aces = aces;
	aces[r->mud->ace_count] = (struct ost_mud_ace){.protocol = -1, .icmp_type = -1, .icmp_code = -1, .ethertype = -1, .mate = -1};
	return &aces[r->mud->ace_count++];
}

static void ace_read(struct mud_reader *r, const struct mud_node *node, const char *acl, const char *type, bool to_device)
{
	static const char *const known[] = {"name", "matches", "actions", NULL};
	struct ost_mud_ace *ace = ace_new(r, node);
	const struct mud_node *matches;
	char pointer[512];

	r->ace = ace;
	if (ace == NULL)
		return;
	ace->acl = acl;
	ace->to_device = to_device;
	ace->pos = mud_json_pos(&r->json, node);
	ace->pointer = strdup(mud_json_pointer(node, pointer, sizeof(pointer)));
	r->no_memory |= ace->pointer == NULL;
	if (!mud_string(r, member(node, "name"), LIST_NAME_MAX, &ace->name))
		return;
	actions_read(r, node);
	matches = member(node, "matches");
	if (matches == NULL)
		mud_ace_say(r, ace, OST_MUD_TAKEN, "it has no matches: every packet");
	else
		mud_matches_read(r, matches, type);
	others_tell(r, node, known);
}

/* "ipv4-acl-type" of a list, NULL when it does not say. */
static const char *type_read(struct mud_reader *r, const struct mud_node *list)
{
	const struct mud_node *type = member(list, "type");
	const char *text = NULL;

	if (type == NULL || !mud_string(r, type, 255, &text))
		return NULL;
	return mud_local_name(text);
}

static void list_read(struct mud_reader *r, const struct list *list, bool to_device)
{
	static const char *const known[] = {"name", "type", "aces", NULL};
	const struct mud_node *aces = member(list->node, "aces"), *array = NULL;
	const char *type = type_read(r, list->node);
	uint32_t errors = r->diag->errors;
	struct lists names = {0};

	others_tell(r, list->node, known);
	if (aces != NULL && mud_is_object(r, aces, "aces"))
		array = member(aces, "ace");
	if (array == NULL || !mud_is_array(r, array, "ace"))
		return;
	names_read(r, array, "an ACE", &names);
	free(names.items);
	MUD_JSON_EACH(array, ace)
	{
		if (r->diag->errors > errors || r->no_memory)
			return; /* what follows from it would be told again */
		ace_read(r, ace, list->name, type, to_device);
	}
}

static void reference_read(struct mud_reader *r, const struct lists *lists, const struct mud_node *item, bool to_device)
{
	struct list reference = {0}, *found;

	if (!named_read(r, item, "an access-list", &reference))
		return;
	found = list_find(lists, reference.name);
	if (found == NULL) {
		mud_error(r, item, "it is the name of an ACL of the same file", "there is no ACL '%s', which the %s-device-policy names",
			reference.name, to_device ? "to" : "from");
		return;
	}
	found->used = true;
	list_read(r, found, to_device);
}

/* {"access-lists": {"access-list": [{"name": ...}]}} */
static void policy_read(struct mud_reader *r, const struct lists *lists, const struct mud_node *policy, bool to_device)
{
	static const char *const known[] = {"access-lists", NULL};
	const struct mud_node *inner, *array;
	struct lists references = {0};

	if (policy == NULL || !mud_is_object(r, policy, policy->key))
		return;
	others_tell(r, policy, known);
	inner = member(policy, "access-lists");
	if (inner == NULL || !mud_is_object(r, inner, "access-lists"))
		return;
	array = member(inner, "access-list");
	if (array == NULL || !mud_is_array(r, array, "access-list"))
		return;
	names_read(r, array, "an access-list", &references);
	free(references.items);
	MUD_JSON_EACH(array, item)
		reference_read(r, lists, item, to_device);
}

void mud_lists_read(struct mud_reader *r, const struct mud_node *lists, const struct mud_node *from, const struct mud_node *to)
{
	const struct mud_node *array = NULL;
	struct lists names = {0};

	if (lists != NULL && mud_is_object(r, lists, lists->key))
		array = member(lists, "acl");
	if (array != NULL && mud_is_array(r, array, "acl")) {
		r->mud->acl_count = (uint32_t)json_array_size(array->value);
		names_read(r, array, "an ACL", &names);
	}
	policy_read(r, &names, from, false);
	policy_read(r, &names, to, true);
	for (uint32_t i = 0; i < names.count; i++) {
		if (!names.items[i].used)
			mud_warning(r, names.items[i].node, "its manufacturer forgot it, or the policy that names it",
				"no policy names ACL '%s', and its ACEs are not read", names.items[i].name);
	}
	free(names.items);
}
