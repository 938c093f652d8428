/* SPDX-License-Identifier: GPL-2.0-or-later */
/* networks: and infrastructure: */
#include "policy_reader.h"

/* Most lists of rules have one item or two, and there are a hundred thousand of them. */
static void *list_room(struct policy_reader *r, void *items, uint32_t count, uint32_t *capacity, size_t size)
{
	uint32_t more = *capacity != 0 ? *capacity * 2 : 2;
	void *grown;

	if (count < *capacity)
		return items;
	grown = more > *capacity ? reallocarray(items, more, size) : NULL;
	if (grown != NULL)
		*capacity = more;
	else
		r->y.no_memory = true;
	return grown;
}

bool prefix_list_add(struct policy_reader *r, struct prefix_list *list, const struct ost_prefix *p)
{
	struct ost_prefix *items = list_room(r, list->items, list->count, &list->capacity, sizeof(*items));

	if (items == NULL)
		return false;
	list->items = items;
	list->items[list->count++] = *p;
	return true;
}

bool service_list_add(struct policy_reader *r, struct service_list *list, const struct ost_service *s)
{
	struct ost_service *items = list_room(r, list->items, list->count, &list->capacity, sizeof(*items));

	if (items == NULL)
		return false;
	list->items = items;
	list->items[list->count++] = *s;
	return true;
}

/* What looks like an address: it begins with a digit and has dots and digits only, or it has a
 * colon or slash. */
static bool looks_like_address(const char *text)
{
	return strpbrk(text, ":/") != NULL ||
	       (strchr(text, '.') != NULL && strspn(text, "0123456789.") == strlen(text));
}

static void prefix_error(struct policy_reader *r, const struct ost_yaml_node *node, int error,
	const struct ost_prefix *meant)
{
	char hint[OST_HINT_MAX], text[OST_PREFIX_TEXT];

	if (error == -EDOM) {
		ost_hint(hint, sizeof(hint), "write %s", ost_prefix_format(meant, text));
		ost_yaml_error(
			&r->y, node, hint, "'%.63s' has bits behind its prefix length", node->text);
	} else if (error == -ERANGE) {
		ost_yaml_error(&r->y, node, "write at most /32 for IPv4 and /128 for IPv6",
			"'%.63s' has too large a prefix length", node->text);
	} else {
		ost_yaml_error(&r->y, node, "write 10.20.0.0/24, 10.20.0.9 or \"fd00:20::/64\"",
			"'%.63s' is no network and no address", node->text);
	}
}

/* True when the prefix is sound; else reported. */
static bool prefix_read(
	struct policy_reader *r, const struct ost_yaml_node *node, struct ost_prefix *ret_prefix)
{
	struct ost_prefix p = {0};
	int error = ost_prefix_parse(node->text, &p);

	if (error < 0) {
		prefix_error(r, node, error, &p);
		return false;
	}
	*ret_prefix = p;
	return true;
}

static void network_prefixes_read(
	struct policy_reader *r, const struct ost_yaml_node *list, struct network *network)
{
	if (!ost_yaml_is_list(&r->y, list, "the network"))
		return;
	for (const struct ost_yaml_node *item = ost_yaml_item_first(list); item != NULL;
		item = ost_yaml_item_next(list, item)) {
		struct ost_prefix p;

		if (ost_yaml_is_scalar(&r->y, item, "an address of the network") &&
			prefix_read(r, item, &p) && !prefix_list_add(r, &network->prefixes, &p))
			return;
	}
}

static void network_name_check(struct policy_reader *r, const struct ost_yaml_node *key)
{
	if (!ost_yaml_is_name(&r->y, key, "the network"))
		return;
	if (strcmp(key->text, "any") == 0)
		ost_yaml_error(&r->y, key, "choose another name", "'any' stands for every address");
	else if (looks_like_address(key->text))
		ost_yaml_error(&r->y, key, "choose a name that is no address",
			"a network cannot be named '%s'", key->text);
}

static void networks_section(struct policy_reader *r, const struct ost_yaml_node *section)
{
	OST_YAML_EACH(section, key)
	{
		uint32_t index = r->network_names.count;

		network_name_check(r, key);
		ost_names_add(&r->network_names, key->text, ost_yaml_pos(&r->y, key), index);
		network_prefixes_read(r, key->next, &r->networks[index]);
	}
}

void policy_networks_read(struct policy_reader *r)
{
	uint32_t n = policy_section_pairs(r, OST_TOP_NETWORKS);

	ost_names_reserve(&r->y, &r->network_names, n);
	r->networks = ost_yaml_alloc(&r->y, n, sizeof(*r->networks));
	policy_sections(r, OST_TOP_NETWORKS, networks_section);
	ost_names_seal(&r->y, &r->network_names, "network");
}

static void network_by_name_add(
	struct policy_reader *r, const struct ost_yaml_node *node, struct prefix_list *list)
{
	const struct ost_name *name = policy_resolve(r, &r->network_names, node, "network");
	const struct network *network;

	if (name == NULL)
		return;
	network = &r->networks[name->index];
	r->networks[name->index].used = true;
	r->prefixes += network->prefixes.count;
	if (r->prefixes > OST_PREFIXES_MAX)
		return;
	for (uint32_t i = 0; i < network->prefixes.count; i++)
		if (!prefix_list_add(r, list, &network->prefixes.items[i]))
			return;
}

void policy_network_add(struct policy_reader *r, const struct ost_yaml_node *node, const char *what,
	struct prefix_list *list)
{
	struct ost_prefix p;

	if (r->prefixes > OST_PREFIXES_MAX || !ost_yaml_is_scalar(&r->y, node, what))
		return;
	if (!looks_like_address(node->text)) {
		network_by_name_add(r, node, list);
	} else if (prefix_read(r, node, &p)) {
		r->prefixes++;
		(void)prefix_list_add(r, list, &p);
	}
	if (r->prefixes > OST_PREFIXES_MAX)
		ost_yaml_error(&r->y, node, "use fewer or larger prefixes",
			"the allow-lists hold more than %u prefixes in all", OST_PREFIXES_MAX);
}

static void servers_read(struct policy_reader *r, const struct ost_yaml_node *list,
	const char *what, struct prefix_list *servers)
{
	if (!ost_yaml_is_list(&r->y, list, what))
		return;
	for (const struct ost_yaml_node *item = ost_yaml_item_first(list); item != NULL;
		item = ost_yaml_item_next(list, item)) {
		if (item->kind == OST_YAML_SCALAR && strcmp(item->text, "any") == 0)
			ost_yaml_error(&r->y, item, "name the addresses",
				"%s cannot be 'any'", what);
		else
			policy_network_add(r, item, what, servers);
	}
}

static void resolvers_field(void *context, const struct ost_yaml_node *value, void *target)
{
	struct policy_reader *r = context;

	(void)target;
	r->has_resolvers = true;
	servers_read(r, value, "resolvers", &r->resolvers);
}

static void ntp_field(void *context, const struct ost_yaml_node *value, void *target)
{
	struct policy_reader *r = context;

	(void)target;
	r->has_ntp_servers = true;
	servers_read(r, value, "ntp", &r->ntp_servers);
}

static void local_networks_field(void *context, const struct ost_yaml_node *value, void *target)
{
	struct policy_reader *r = context;

	(void)target;
	r->has_local_networks = true;
	servers_read(r, value, "local-networks", &r->local_networks);
}

static void private_domains_field(void *context, const struct ost_yaml_node *value, void *target)
{
	(void)target;
	policy_private_domains_read(context, value);
}

/* Files may agree about it, not differ. */
static void encrypted_dns_field(void *context, const struct ost_yaml_node *value, void *target)
{
	static const char *const words[] = {"refuse", "allow"};
	struct policy_reader *r = context;
	uint32_t index;

	(void)target;
	if (!ost_yaml_word(&r->y, value, "encrypted-dns", words, OST_ARRAY_SIZE(words), &index))
		return;
	if (r->encrypted_dns_pos.line > 0 && r->encrypted_dns != (index == 1))
		ost_yaml_error(&r->y, value, "write the same in both, or in one alone", "another file says otherwise, at %s:%u:%u",
			r->encrypted_dns_pos.file, r->encrypted_dns_pos.line, r->encrypted_dns_pos.column);
	r->encrypted_dns = index == 1;
	r->encrypted_dns_pos = ost_yaml_pos(&r->y, value);
}

static void portal_add(struct policy_reader *r, const struct ost_yaml_node *item)
{
	struct endpoint *e = &r->portals[r->portal_count];

	if (!ost_yaml_is_scalar(&r->y, item, "portal"))
		return;
	if (r->portal_count == PORTALS_MAX) {
		ost_yaml_error(&r->y, item, "one of IPv4 and one of IPv6 will do", "more than %u portals are named", PORTALS_MAX);
		return;
	}
	if (ost_address_port_parse(item->text, &e->host.ip, &e->port) < 0) {
		ost_yaml_error(&r->y, item, "write ADDRESS:PORT, such as \"10.0.0.2:8443\" or \"[fd00::2]:8443\"",
			"'%s' is no address and port of a portal", item->text);
		return;
	}
	e->host.length = e->host.ip.family == OST_IPV4 ? 32 : 128;
	r->portal_count++;
}

static void portal_field(void *context, const struct ost_yaml_node *value, void *target)
{
	struct policy_reader *r = context;

	(void)target;
	r->has_portals = true;
	if (!ost_yaml_is_list(&r->y, value, "portal"))
		return;
	for (const struct ost_yaml_node *item = ost_yaml_item_first(value); item != NULL; item = ost_yaml_item_next(value, item))
		portal_add(r, item);
}

static void infrastructure_section(struct policy_reader *r, const struct ost_yaml_node *section)
{
	static const struct ost_yaml_field fields[] = {
		{"resolvers", resolvers_field},
		{"ntp", ntp_field},
		{"portal", portal_field},
		{"local-networks", local_networks_field},
		{"private-domains", private_domains_field},
		{"encrypted-dns", encrypted_dns_field},
	};

	ost_yaml_fields(&r->y, section, "infrastructure", fields, OST_ARRAY_SIZE(fields), r, NULL);
}

void policy_infrastructure_read(struct policy_reader *r)
{
	policy_sections(r, OST_TOP_INFRASTRUCTURE, infrastructure_section);
}
