/* SPDX-License-Identifier: GPL-2.0-or-later */
/* allow: of a role: one rule an item. */
#include "array.h"
#include "policy_reader.h"
#include "services.h"

#define RULE_TEXT_MAX	  240 /* bytes; longer lists end in "..." */
#define RULE_SERVICES_MAX 4096u

/* A rule as it is read, before its parts are checked together. */
struct draft {
	const struct ost_yaml_node *to, *from;
	const struct ost_yaml_node *network, *role, *tag, *service, *name; /* of the endpoint */
	enum ost_assurance assurance;
};

struct ost_rule *policy_rule_new(struct policy_reader *r, struct ost_role *role)
{
	struct role_facts *facts = &r->roles[role - r->policy->roles];
	struct ost_rule *rules = ost_array_room(role->rules, role->rule_count, &facts->rule_capacity, sizeof(*rules));

	if (rules == NULL) {
		r->y.no_memory = true;
		return NULL;
	}
	role->rules = rules;
	role->rules[role->rule_count] = (struct ost_rule){0};
	return &role->rules[role->rule_count++];
}

OST_YAML_KEEP(struct draft, to)
OST_YAML_KEEP(struct draft, from)
OST_YAML_KEEP(struct draft, network)
OST_YAML_KEEP(struct draft, role)
OST_YAML_KEEP(struct draft, tag)
OST_YAML_KEEP(struct draft, service)
OST_YAML_KEEP(struct draft, name)

static void assurance_field(void *context, const struct ost_yaml_node *value, void *target)
{
	struct draft *draft = target;

	(void)policy_assurance_read(context, value, &draft->assurance);
}

/* Appends the words of a list, joined by "or". */
static void text_append(
	char text[static RULE_TEXT_MAX], const char *lead, const struct ost_yaml_node *list)
{
	size_t used = strlen(text);

	ost_hint(text + used, RULE_TEXT_MAX - used, "%s", lead);
	for (const struct ost_yaml_node *item = ost_yaml_item_first(list); item != NULL;
		item = ost_yaml_item_next(list, item)) {
		const char *word = item->kind == OST_YAML_SCALAR ? item->text : "?";

		used = strlen(text);
		if (used + strlen(word) + 16 > RULE_TEXT_MAX) {
			ost_hint(text + used, RULE_TEXT_MAX - used, "%s...",
				item == ost_yaml_item_first(list) ? "" : " or ");
			return;
		}
		ost_hint(text + used, RULE_TEXT_MAX - used, "%s%s",
			item == ost_yaml_item_first(list) ? "" : " or ", word);
	}
}

static const struct ost_yaml_node *peer_of(const struct draft *draft)
{
	const struct ost_yaml_node *others = draft->tag ? draft->tag : draft->name;

	return draft->network ? draft->network : draft->role ? draft->role : others;
}

static const char *peer_word(const struct draft *draft)
{
	const char *others = draft->tag ? "tag " : "name ";

	return draft->network ? "network " : draft->role ? "role " : others;
}

/* "to network scada, service tcp/80" */
static char *text_make(struct policy_reader *r, const struct draft *draft)
{
	char text[RULE_TEXT_MAX] = "";

	text_append(text, draft->to ? "to " : "from ",
		&(struct ost_yaml_node){.kind = OST_YAML_SCALAR, .text = ""});
	text_append(text, peer_word(draft), peer_of(draft));
	if (draft->service != NULL)
		text_append(text, ", service ", draft->service);
	else
		text_append(text, ", service ",
			&(struct ost_yaml_node){.kind = OST_YAML_SCALAR, .text = "any"});
	return ost_yaml_strdup(&r->y, text);
}

static void network_peer_read(
	struct policy_reader *r, const struct ost_yaml_node *list, struct ost_rule *rule)
{
	struct prefix_list prefixes = {0};

	rule->peer = OST_PEER_NETWORK;
	if (!ost_yaml_is_list(&r->y, list, "network"))
		return;
	for (const struct ost_yaml_node *item = ost_yaml_item_first(list); item != NULL;
		item = ost_yaml_item_next(list, item)) {
		if (item->kind == OST_YAML_SCALAR && strcmp(item->text, "any") == 0)
			rule->peer = OST_PEER_ANY;
		else
			policy_network_add(r, item, "network", &prefixes);
	}
	if (rule->peer == OST_PEER_ANY) {
		free(prefixes.items);
		return;
	}
	rule->prefixes = prefixes.items;
	rule->prefix_count = prefixes.count;
}

static void role_peer_read(
	struct policy_reader *r, const struct ost_yaml_node *list, struct ost_rule *rule)
{
	struct role_list roles = {0};

	rule->peer = OST_PEER_ROLE;
	policy_role_list_read(r, list, &roles);
	rule->peer_roles = roles.items;
	rule->peer_role_count = roles.count;
}

static void name_peer_read(struct policy_reader *r, const struct ost_yaml_node *list, struct ost_rule *rule)
{
	char why[256];

	rule->peer = OST_PEER_NAME;
	if (!ost_yaml_is_list(&r->y, list, "name"))
		return;
	rule->hosts = ost_yaml_alloc(&r->y, list->kind == OST_YAML_SEQUENCE ? list->count : 1, sizeof(*rule->hosts));
	for (const struct ost_yaml_node *item = ost_yaml_item_first(list); item != NULL && rule->hosts != NULL;
		item = ost_yaml_item_next(list, item)) {
		int error;

		if (!ost_yaml_is_scalar(&r->y, item, "name"))
			continue;
		error = policy_host_parse(item->text, &rule->hosts[rule->host_count], why);
		r->y.no_memory |= error == -ENOMEM;
		if (error == 0)
			rule->host_count++;
		else
			policy_why_error(r, item, why);
	}
}

static void peer_read(struct policy_reader *r, const struct draft *draft, struct ost_rule *rule)
{
	if (draft->network != NULL) {
		network_peer_read(r, draft->network, rule);
	} else if (draft->role != NULL) {
		role_peer_read(r, draft->role, rule);
	} else if (draft->tag != NULL) {
		rule->peer = OST_PEER_TAG;
		rule->peer_tags = policy_tags_read(r, draft->tag, "tag");
	} else {
		name_peer_read(r, draft->name, rule);
	}
}

static void services_read(
	struct policy_reader *r, const struct ost_yaml_node *list, struct ost_rule *rule)
{
	static const struct ost_service any = {.hi = 65535};
	struct service_list services = {0};

	if (r->rule_services > OST_SERVICES_MAX)
		return;
	if (list == NULL)
		(void)service_list_add(r, &services, &any);
	else if (ost_yaml_is_list(&r->y, list, "service"))
		for (const struct ost_yaml_node *item = ost_yaml_item_first(list);
			item != NULL && services.count <= RULE_SERVICES_MAX;
			item = ost_yaml_item_next(list, item))
			policy_service_add(r, item, &services);
	rule->services = services.items;
	rule->service_count = services.count;
	r->rule_services += services.count;
	if (services.count > RULE_SERVICES_MAX || r->rule_services > OST_SERVICES_MAX)
		ost_yaml_error(&r->y, list != NULL ? list : &(struct ost_yaml_node){0},
			"use port ranges", "the allow-lists hold too many services");
}

/* Exactly one peer. */
static bool peer_check(struct policy_reader *r, const struct draft *draft)
{
	const struct ost_yaml_node *endpoint = draft->to ? draft->to : draft->from;
	int peers = (draft->network != NULL) + (draft->role != NULL) + (draft->tag != NULL) + (draft->name != NULL);

	if (peers > 1)
		ost_yaml_error(&r->y, endpoint, "make a rule of each", "a rule has one peer: a network, a role, a tag or a name");
	else if (peers == 0)
		ost_yaml_error(&r->y, endpoint,
			"write network: with a name or an address (any is every address), name: with a host's, role: or tag:",
			"the rule does not say whom it is about");
	return peers == 1;
}

/* Rules for name servers alone, by their addresses: what these answer binds names. */
static bool rule_is_dns(const struct ost_rule *rule)
{
	if (rule->direction != OST_TO || rule->peer != OST_PEER_NETWORK || rule->service_count == 0)
		return false;
	for (uint32_t i = 0; i < rule->prefix_count; i++)
		if (rule->prefixes[i].length == 0)
			return false;
	for (uint32_t i = 0; i < rule->service_count; i++) {
		const struct ost_service *s = &rule->services[i];

		if ((s->protocol != OST_PROTOCOL_TCP && s->protocol != OST_PROTOCOL_UDP) || s->lo != 53 || s->hi != 53)
			return false;
	}
	return true;
}

/* `to:` or `from:`, with its endpoint. */
static bool endpoint_read(
	struct policy_reader *r, const struct ost_yaml_node *item, struct draft *draft)
{
	static const struct ost_yaml_field fields[] = {
		{"network", network_field},
		{"role", role_field},
		{"service", service_field},
		{"name", name_field},
		{"tag", tag_field},
	};
	const struct ost_yaml_node *endpoint = draft->to ? draft->to : draft->from;

	if (endpoint == NULL || (draft->to != NULL && draft->from != NULL)) {
		ost_yaml_error(&r->y, item,
			"write to: { network: NAME, service: https }, or from: for what the peer "
			"opens",
			"a rule has either to: or from:");
		return false;
	}
	if (!ost_yaml_is_mapping(&r->y, endpoint, draft->to ? "to" : "from"))
		return false;
	ost_yaml_fields(&r->y, endpoint, draft->to ? "to" : "from", fields, OST_ARRAY_SIZE(fields),
		r, draft);
	return peer_check(r, draft);
}

static void rule_read(
	struct policy_reader *r, const struct ost_yaml_node *item, struct ost_role *role)
{
	static const struct ost_yaml_field fields[] = {
		{"to", to_field},
		{"from", from_field},
		{"assurance", assurance_field},
	};
	struct draft draft = {0};
	struct ost_rule *rule;

	if (!ost_yaml_is_mapping(&r->y, item, "a rule"))
		return;
	ost_yaml_fields(&r->y, item, "a rule", fields, OST_ARRAY_SIZE(fields), r, &draft);
	if (!endpoint_read(r, item, &draft))
		return;
	rule = policy_rule_new(r, role);
	if (rule == NULL)
		return;
	rule->pos = policy_pos(r, item);
	rule->direction = draft.to ? OST_TO : OST_FROM;
	rule->assurance = draft.assurance;
	rule->text = text_make(r, &draft);
	peer_read(r, &draft, rule);
	services_read(r, draft.service, rule);
	rule->flags |= rule_is_dns(rule) ? OST_RULE_DNS : 0;
}

void policy_rules_read(
	struct policy_reader *r, const struct ost_yaml_node *allow, struct ost_role *role)
{
	if (allow->kind != OST_YAML_SEQUENCE) {
		if (allow->kind != OST_YAML_BROKEN)
			ost_yaml_error(&r->y, allow,
				"write - to: { ... } below it, one line a rule",
				"allow must be a list of rules");
		return;
	}
	for (const struct ost_yaml_node *item = allow->first; item != NULL && !r->y.no_memory;
		item = item->next)
		rule_read(r, item, role);
}
