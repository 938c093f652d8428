/* SPDX-License-Identifier: GPL-2.0-or-later */
/* to: and from: of rules and exceptions: a peer and its services. */
#include "policy_reader.h"
#include "services.h"

#define RULE_SERVICES_MAX 4096u

OST_YAML_KEEP(struct rule_draft, network)
OST_YAML_KEEP(struct rule_draft, role)
OST_YAML_KEEP(struct rule_draft, tag)
OST_YAML_KEEP(struct rule_draft, name)
OST_YAML_KEEP(struct rule_draft, service)

/* Cuts what is too long. */
static size_t text_put(char text[static POLICY_RULE_TEXT], size_t used, const char *piece, size_t length)
{
	size_t n = OST_MIN(length, POLICY_RULE_TEXT - 1 - used);

	memcpy(text + used, piece, n);
	text[used + n] = '\0';
	return used + n;
}

/* Appends the words of a list, joined by "or". */
static size_t text_append(char text[static POLICY_RULE_TEXT], size_t used, const char *lead, const struct ost_yaml_node *list)
{
	static const struct ost_yaml_node unreadable = {.text = "?", .count = 1};
	const char *joint = "";

	used = text_put(text, used, lead, strlen(lead));
	for (const struct ost_yaml_node *item = ost_yaml_item_first(list); item != NULL;
		item = ost_yaml_item_next(list, item)) {
		const struct ost_yaml_node *word = item->kind == OST_YAML_SCALAR ? item : &unreadable;

		used = text_put(text, used, joint, strlen(joint));
		if (used + word->count + 16 > POLICY_RULE_TEXT + strlen(joint))
			return text_put(text, used, "...", 3);
		used = text_put(text, used, word->text, word->count);
		joint = " or ";
	}
	return used;
}

static const struct ost_yaml_node *peer_of(const struct rule_draft *draft, const char **ret_word)
{
	const struct ost_yaml_node *peers[] = {draft->network, draft->role, draft->tag, draft->name};
	static const char *const words[] = {"network ", "role ", "tag ", "name "};
	size_t i = 0;

	while (i + 1 < OST_ARRAY_SIZE(peers) && peers[i] == NULL)
		i++;
	*ret_word = words[i];
	return peers[i];
}

const char *policy_endpoint_text(const struct rule_draft *draft, char text[static POLICY_RULE_TEXT])
{
	static const struct ost_yaml_node any = {.kind = OST_YAML_SCALAR, .text = "any", .count = 3};
	const char *word, *way = draft->to ? "to " : "from ";
	const struct ost_yaml_node *peer = peer_of(draft, &word);
	size_t used = text_put(text, 0, way, strlen(way));

	used = text_append(text, used, word, peer);
	(void)text_append(text, used, ", service ", draft->service != NULL ? draft->service : &any);
	return text;
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

static void peer_read(struct policy_reader *r, const struct rule_draft *draft, struct ost_rule *rule)
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
static bool peer_check(struct policy_reader *r, const struct rule_draft *draft)
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

bool policy_endpoint_check(struct policy_reader *r, const struct ost_yaml_node *item, const char *what, struct rule_draft *draft)
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
			"write to: { network: NAME, service: https }, or from: for what the peer opens",
			"%s has either to: or from:", what);
		return false;
	}
	if (!ost_yaml_is_mapping(&r->y, endpoint, draft->to ? "to" : "from"))
		return false;
	ost_yaml_fields(&r->y, endpoint, draft->to ? "to" : "from", fields, OST_ARRAY_SIZE(fields),
		r, draft);
	return peer_check(r, draft);
}

/* ---- what follows from peer and services ---- */

static bool protocol_has_ports(uint8_t protocol)
{
	return protocol == 0 || protocol == OST_PROTOCOL_TCP || protocol == OST_PROTOCOL_UDP;
}

static bool service_has(const struct ost_service *s, uint16_t port)
{
	return protocol_has_ports(s->protocol) && s->lo <= port && port <= s->hi;
}

static bool service_is(const struct ost_service *s, uint16_t port)
{
	return s->protocol != 0 && service_has(s, port) && s->lo == s->hi;
}

/* No prefix covers more than one host. */
static bool peer_is_hosts(const struct ost_rule *rule)
{
	for (uint32_t i = 0; i < rule->prefix_count; i++)
		if (rule->prefixes[i].length < (rule->prefixes[i].ip.family == OST_IPV4 ? 32 : 128))
			return false;
	return rule->peer == OST_PEER_NETWORK;
}

/* Rules for name servers alone, by their addresses: what these answer binds names. */
static bool rule_is_dns(const struct ost_rule *rule)
{
	bool dns = rule->direction == OST_TO && rule->peer == OST_PEER_NETWORK && rule->service_count > 0;

	for (uint32_t i = 0; dns && i < rule->prefix_count; i++)
		dns = rule->prefixes[i].length > 0;
	for (uint32_t i = 0; dns && i < rule->service_count; i++)
		dns = service_is(&rule->services[i], 53);
	return dns;
}

/* A rule that would open encrypted DNS without saying so: to every address or to more than single hosts, with the ports of
 * DNS over HTTPS or TLS among others. */
static bool rule_is_guarded(const struct ost_rule *rule)
{
	bool has = false, alone = true;

	if (rule->direction != OST_TO || (rule->peer != OST_PEER_ANY && rule->peer != OST_PEER_NETWORK) || peer_is_hosts(rule))
		return false;
	for (uint32_t i = 0; i < rule->service_count; i++) {
		has |= service_has(&rule->services[i], 443) || service_has(&rule->services[i], 853);
		alone &= service_is(&rule->services[i], 853);
	}
	return has && !alone;
}

uint8_t policy_rule_flags(const struct policy_reader *r, const struct ost_rule *rule)
{
	return (uint8_t)((rule_is_dns(rule) ? OST_RULE_DNS : 0) |
			 (!r->encrypted_dns && rule_is_guarded(rule) ? OST_RULE_DNS_GUARD : 0));
}

void policy_endpoint_apply(struct policy_reader *r, const struct rule_draft *draft, struct ost_rule *rule)
{
	rule->direction = draft->to ? OST_TO : OST_FROM;
	peer_read(r, draft, rule);
	services_read(r, draft->service, rule);
	rule->flags |= policy_rule_flags(r, rule);
}
