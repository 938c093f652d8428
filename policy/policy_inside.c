/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses inside, and the names that may have such: who answers for any other name must not choose whom of the site a device reaches
 * (DNS rebinding). */
#include "array.h"
#include "policy_reader.h"

#define DOMAINS_MAX 1024u

/* Of every site: RFC 1918, RFC 6598, RFC 3927; RFC 4193, RFC 4291 and its predecessor, RFC 8215. */
static const char *const ranges[] = {"10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7",
	"fe80::/10", "fec0::/10", "64:ff9b:1::/48"};

/* Nobody outside can have a name there: RFC 6762 with its appendix G, RFC 8375, .internal. */
static const char *const domains[] = {"corp", "home", "home.arpa", "internal", "intranet", "lan", "local", "localdomain", "private"};

static bool domain_keep(struct policy_reader *r, const char *name)
{
	char **items = ost_array_room(r->private_domains, r->private_domain_count, &r->private_domain_capacity, sizeof(*items));

	if (items != NULL) {
		r->private_domains = items;
		items[r->private_domain_count] = strdup(name);
	}
	if (items == NULL || items[r->private_domain_count] == NULL) {
		r->y.no_memory = true;
		return false;
	}
	r->private_domain_count++;
	return true;
}

static void domain_read(struct policy_reader *r, const struct ost_yaml_node *item)
{
	char why[256], hint[OST_HINT_MAX];
	struct ost_host host;

	if (!ost_yaml_is_scalar(&r->y, item, "private-domains"))
		return;
	if (r->private_domain_count == DOMAINS_MAX) {
		ost_yaml_error(&r->y, item, "name a domain that holds several of them", "more than %u private domains are named", DOMAINS_MAX);
		return;
	}
	if (policy_host_parse(item->text, &host, why) < 0) {
		policy_why_error(r, item, why);
		return;
	}
	if (host.suffix)
		ost_yaml_error(&r->y, item, ost_hint(hint, sizeof(hint), "write %.200s", host.name),
			"a private domain holds every name below it, and itself");
	else
		(void)domain_keep(r, host.name);
	free(host.name);
}

void policy_private_domains_read(struct policy_reader *r, const struct ost_yaml_node *value)
{
	if (!ost_yaml_is_list(&r->y, value, "private-domains"))
		return;
	for (const struct ost_yaml_node *item = ost_yaml_item_first(value); item != NULL; item = ost_yaml_item_next(value, item))
		domain_read(r, item);
}

void policy_private_domains_free(struct policy_reader *r)
{
	for (uint32_t i = 0; i < r->private_domain_count; i++)
		free(r->private_domains[i]);
	free(r->private_domains);
}

static bool names_hosts(const struct ost_policy *policy)
{
	for (uint32_t i = 0; i < policy->role_count; i++)
		for (uint32_t k = 0; k < policy->roles[i].rule_count; k++)
			if (policy->roles[i].rules[k].peer == OST_PEER_NAME)
				return true;
	return false;
}

static void prefixes_take(struct ost_policy *p, const struct prefix_list *list)
{
	if (list->count > 0)
		memcpy(p->inside + p->inside_count, list->items, list->count * sizeof(*list->items));
	p->inside_count += list->count;
}

void policy_inside_fill(struct policy_reader *r)
{
	const size_t most = OST_ARRAY_SIZE(ranges) + r->resolvers.count + r->ntp_servers.count + r->local_networks.count + PORTALS_MAX;
	struct ost_policy *p = r->policy;

	if (!names_hosts(p))
		return;
	p->inside = ost_yaml_alloc(&r->y, most, sizeof(*p->inside));
	if (p->inside == NULL)
		return;
	for (size_t i = 0; i < OST_ARRAY_SIZE(ranges); i++)
		p->inside_count += ost_prefix_parse(ranges[i], &p->inside[p->inside_count]) == 0;
	prefixes_take(p, &r->resolvers);
	prefixes_take(p, &r->ntp_servers);
	prefixes_take(p, &r->local_networks);
	for (uint32_t i = 0; i < r->portal_count; i++)
		p->inside[p->inside_count++] = r->portals[i].host;
	for (size_t i = 0; i < OST_ARRAY_SIZE(domains) && !r->y.no_memory; i++)
		(void)domain_keep(r, domains[i]);
	p->private_domains = r->private_domains;
	p->private_domain_count = r->private_domain_count;
	r->private_domains = NULL;
	r->private_domain_count = 0;
}
