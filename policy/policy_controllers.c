/* SPDX-License-Identifier: GPL-2.0-or-later */
/* controllers: and my-controller: who is meant by the classes of MUD files (RFC 8520 section 3). Classes are names: nothing is
 * ever fetched from them. */
#include "policy_reader.h"

#define CONTROLLERS_MAX 4096u
#define URI_MAX		255u

struct draft {
	const struct ost_yaml_node *network, *role;
};

OST_YAML_KEEP(struct draft, network)
OST_YAML_KEEP(struct draft, role)

void policy_role_list_read(struct policy_reader *r, const struct ost_yaml_node *list, struct role_list *roles)
{
	uint32_t room = list->kind == OST_YAML_SEQUENCE ? list->count : 1;

	if (!ost_yaml_is_list(&r->y, list, "role"))
		return;
	roles->items = ost_yaml_alloc(&r->y, room, sizeof(*roles->items));
	for (const struct ost_yaml_node *item = ost_yaml_item_first(list); item != NULL && roles->items != NULL;
		item = ost_yaml_item_next(list, item)) {
		const struct ost_name *name;
		uint32_t i = 0;

		if (!ost_yaml_is_scalar(&r->y, item, "role"))
			continue;
		name = policy_resolve(r, &r->role_names, item, "role");
		while (name != NULL && i < roles->count && roles->items[i] != name->index)
			i++;
		if (name != NULL && i < roles->count)
			ost_yaml_error(&r->y, item, "remove one of the two", "the list names role %s twice", item->text);
		else if (name != NULL)
			roles->items[roles->count++] = name->index;
	}
}

/* Addresses of a controller. any is nobody in particular. */
static void networks_read(struct policy_reader *r, const struct ost_yaml_node *list, const char *what, struct prefix_list *ret_prefixes)
{
	if (!ost_yaml_is_list(&r->y, list, "network"))
		return;
	for (const struct ost_yaml_node *item = ost_yaml_item_first(list); item != NULL; item = ost_yaml_item_next(list, item)) {
		if (item->kind == OST_YAML_SCALAR && strcmp(item->text, "any") == 0)
			ost_yaml_error(&r->y, item, "name its addresses", "%s cannot be 'any'", what);
		else
			policy_network_add(r, item, "network", ret_prefixes);
	}
}

void policy_controller_read(
	struct policy_reader *r, const struct ost_yaml_node *node, const char *what, struct controller *controller)
{
	static const struct ost_yaml_field fields[] = {
		{"network", network_field},
		{"role", role_field},
	};
	struct draft draft = {0};

	controller->pos = ost_yaml_pos(&r->y, node);
	if (!ost_yaml_is_mapping(&r->y, node, what))
		return;
	ost_yaml_fields(&r->y, node, what, fields, OST_ARRAY_SIZE(fields), r, &draft);
	if ((draft.network != NULL) == (draft.role != NULL))
		ost_yaml_error(&r->y, node, "write { network: ADDRESS } or { role: NAME }",
			"%s is either a network or a role", what);
	else if (draft.network != NULL)
		networks_read(r, draft.network, what, &controller->prefixes);
	else
		policy_role_list_read(r, draft.role, &controller->roles);
}

/* RFC 3986 section 2: visible ASCII. */
static bool uri_check(struct policy_reader *r, const struct ost_yaml_node *key)
{
	const char *c = key->text;

	while (*c > ' ' && *c <= '~')
		c++;
	if (*c == '\0' && key->count > 0 && key->count <= URI_MAX && strchr(key->text, ':') != NULL)
		return true;
	ost_yaml_error(&r->y, key, "write it as the MUD file has it, such as \"urn:ietf:params:mud:gateway\"",
		"'%.63s' is no class of controllers: that is a URI of at most %u characters", key->text, URI_MAX);
	return false;
}

const struct controller *policy_controller_find(const struct policy_reader *r, const char *uri)
{
	for (uint32_t i = 0; i < r->controller_count; i++)
		if (strcmp(r->controllers[i].uri, uri) == 0)
			return &r->controllers[i];
	return NULL;
}

static void controllers_section(struct policy_reader *r, const struct ost_yaml_node *section)
{
	OST_YAML_EACH(section, key)
	{
		const struct controller *twin;

		if (r->controller_count == CONTROLLERS_MAX) {
			ost_yaml_error(&r->y, key, "remove those that no MUD file names", "there are more than %u controllers", CONTROLLERS_MAX);
			return;
		}
		if (!uri_check(r, key))
			continue;
		twin = policy_controller_find(r, key->text);
		if (twin != NULL) {
			ost_yaml_error(&r->y, key, "join the two", "controller '%s' is defined twice, first at %s:%u:%u", key->text,
				twin->pos.file, twin->pos.line, twin->pos.column);
			continue;
		}
		r->controllers[r->controller_count].uri = key->text;
		policy_controller_read(r, key->next, "the controller", &r->controllers[r->controller_count++]);
	}
}

void policy_controllers_read(struct policy_reader *r)
{
	uint32_t n = OST_MIN(policy_section_pairs(r, OST_TOP_CONTROLLERS), CONTROLLERS_MAX);

	r->controllers = ost_yaml_alloc(&r->y, n, sizeof(*r->controllers));
	policy_sections(r, OST_TOP_CONTROLLERS, controllers_section);
}

void policy_controller_close(struct controller *controller)
{
	free(controller->prefixes.items);
	free(controller->roles.items);
}
