/* SPDX-License-Identifier: GPL-2.0-or-later */
/* include: of a role: switches of checked protocols, and the infrastructure rules of dns, ntp and portal.
 */
#include "policy_reader.h"

static const char *const include_words[POLICY_INCLUDES] = {"arp", "nd", "dhcp", "dhcpv6", "igmp", "dns", "ntp", "portal"};

static const struct ost_service dns_services[] = {{17, 0, 53, 53}, {6, 0, 53, 53}};
static const struct ost_service ntp_services[] = {{17, 0, 123, 123}};

static void *copy_of(struct policy_reader *r, const void *items, size_t count, size_t size)
{
	void *copy = ost_yaml_alloc(&r->y, count, size);

	if (copy != NULL)
		memcpy(copy, items, count * size);
	return copy;
}

static void infrastructure_rule_new(struct policy_reader *r, const struct ost_yaml_node *item,
	struct ost_role *role, const struct prefix_list *servers,
	const struct ost_service *services, uint32_t service_count, uint8_t flags)
{
	struct ost_rule *rule;
	char text[64];

	if (r->prefixes > OST_PREFIXES_MAX || servers->count == 0)
		return;
	r->prefixes += servers->count;
	if (r->prefixes > OST_PREFIXES_MAX) {
		ost_yaml_error(&r->y, item, "name fewer servers",
			"the allow-lists hold more than %u prefixes in all", OST_PREFIXES_MAX);
		return;
	}
	rule = policy_rule_new(r, role);
	if (rule == NULL)
		return;
	ost_hint(text, sizeof(text), "include %s", item->text);
	rule->pos = policy_pos(r, item);
	rule->text = ost_yaml_strdup(&r->y, text);
	rule->direction = OST_TO;
	rule->peer = OST_PEER_NETWORK;
	rule->infrastructure = true;
	rule->flags = flags;
	rule->prefixes = copy_of(r, servers->items, servers->count, sizeof(*servers->items));
	rule->prefix_count = rule->prefixes != NULL ? servers->count : 0;
	rule->services = copy_of(r, services, service_count, sizeof(*services));
	rule->service_count = rule->services != NULL ? service_count : 0;
}

/* The addresses on which the gateway lets devices prove themselves by TLS. */
static void portal_rules_new(struct policy_reader *r, const struct ost_yaml_node *item, struct ost_role *role)
{
	for (uint32_t i = 0; i < r->portal_count; i++) {
		const struct prefix_list host = {.items = &r->portals[i].host, .count = 1};
		const struct ost_service service = {6, 0, r->portals[i].port, r->portals[i].port};

		infrastructure_rule_new(r, item, role, &host, &service, 1, 0);
	}
}

void policy_includes_make(struct policy_reader *r, struct ost_role *role)
{
	const struct role_facts *facts = &r->roles[role - r->policy->roles];

	for (unsigned i = 0; i < POLICY_INCLUDES; i++) {
		const struct include *include = &facts->includes[i];

		if (include->node == NULL)
			continue;
		policy_source_select(r, include->source);
		role->includes |= 1u << i;
		if (1u << i == OST_INCLUDE_DNS)
			infrastructure_rule_new(r, include->node, role, &r->resolvers, dns_services,
				OST_ARRAY_SIZE(dns_services), OST_RULE_DNS);
		else if (1u << i == OST_INCLUDE_NTP)
			infrastructure_rule_new(r, include->node, role, &r->ntp_servers, ntp_services,
				OST_ARRAY_SIZE(ntp_services), 0);
		else if (1u << i == OST_INCLUDE_PORTAL)
			portal_rules_new(r, include->node, role);
	}
}

/* dns, ntp and portal mean what infrastructure: names. */
static void servers_check(struct policy_reader *r, const struct ost_yaml_node *item, unsigned bit)
{
	if (r->incomplete)
		return;
	if (bit == OST_INCLUDE_DNS && !r->has_resolvers)
		ost_yaml_error(&r->y, item, "write at the top: infrastructure: { resolvers: [10.0.0.53] }",
			"include dns, and no resolver is named");
	else if (bit == OST_INCLUDE_NTP && !r->has_ntp_servers)
		ost_yaml_error(&r->y, item, "write at the top: infrastructure: { ntp: [10.0.0.123] }",
			"include ntp, and no NTP server is named");
	else if (bit == OST_INCLUDE_PORTAL && !r->has_portals)
		ost_yaml_error(&r->y, item, "write at the top: infrastructure: { portal: \"10.0.0.2:8443\" }",
			"include portal, and no portal is named");
}

static void include_read(struct policy_reader *r, const struct ost_yaml_node *item, struct role_own *own)
{
	uint32_t index;

	if (!ost_yaml_word(
		    &r->y, item, "include", include_words, OST_ARRAY_SIZE(include_words), &index))
		return;
	if (own->includes[index].node != NULL) {
		ost_yaml_error(
			&r->y, item, "remove one of the two", "include names %s twice", item->text);
		return;
	}
	own->includes[index] = (struct include){item, r->source};
	servers_check(r, item, 1u << index);
}

void policy_includes_read(struct policy_reader *r, const struct ost_yaml_node *include, struct role_own *own)
{
	if (!ost_yaml_is_list(&r->y, include, "include"))
		return;
	for (const struct ost_yaml_node *item = ost_yaml_item_first(include); item != NULL;
		item = ost_yaml_item_next(include, item))
		include_read(r, item, own);
}
