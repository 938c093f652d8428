/* SPDX-License-Identifier: GPL-2.0-or-later */
/* services: of the policy file, and references to services. */
#include "nearest.h"
#include "policy_reader.h"
#include "services.h"

/* How many entries one services: name, or one rule, may stand for. */
#define SERVICE_ENTRIES_MAX 1024u

/* A word without a slash that is no service: probably a mistyped name. */
static void service_error(
	struct policy_reader *r, const struct ost_yaml_node *node, const char *why)
{
	struct ost_nearest near = ost_nearest_of(node->text, &r->y.nearest_budget);
	char hint[OST_HINT_MAX];
	const char *name;

	if (strchr(node->text, '/') != NULL) {
		policy_why_error(r, node, why);
		return;
	}
	for (uint32_t i = 0; i < r->service_names.count && r->y.nearest_budget > 0; i++)
		ost_nearest_offer(&near, r->service_names.entries[i].text);
	for (uint32_t i = 0; (name = ost_service_builtin(i)) != NULL; i++)
		ost_nearest_offer(&near, name);
	if (near.best != NULL && near.distance == 0)
		ost_hint(hint, sizeof(hint), "write out here what '%s' stands for", near.best);
	else if (near.best != NULL)
		ost_hint(hint, sizeof(hint), "did you mean '%s'?", near.best);
	else
		ost_hint(hint, sizeof(hint),
			"write tcp/443, udp/5000-5010, icmp/echo-request, ip/47, "
			"or define it below services:");
	ost_yaml_error(&r->y, node, hint, "there is no service '%.63s'", node->text);
}

static void written_out_add(
	struct policy_reader *r, const struct ost_yaml_node *node, struct service_list *list)
{
	struct ost_service services[4];
	char why[256];
	uint32_t n;

	if (ost_service_parse(node->text, services, &n, why) < 0) {
		if (!r->incomplete || strchr(node->text, '/') != NULL)
			service_error(r, node, why);
		return;
	}
	for (uint32_t i = 0; i < n; i++)
		if (!service_list_add(r, list, &services[i]))
			return;
}

void policy_service_add(
	struct policy_reader *r, const struct ost_yaml_node *node, struct service_list *list)
{
	const struct service_list *named;
	const struct ost_name *name;

	if (!ost_yaml_is_scalar(&r->y, node, "service"))
		return;
	name = ost_names_find(&r->service_names, node->text);
	if (name == NULL) {
		written_out_add(r, node, list);
		return;
	}
	named = &r->services[name->index];
	r->service_used[name->index] = true;
	for (uint32_t i = 0; i < named->count; i++)
		if (!service_list_add(r, list, &named->items[i]))
			return;
}

static void service_entries_read(struct policy_reader *r, const struct ost_yaml_node *list,
	struct service_list *ret_services)
{
	if (!ost_yaml_is_list(&r->y, list, "the service"))
		return;
	if (list->kind == OST_YAML_SEQUENCE && list->count > SERVICE_ENTRIES_MAX) {
		ost_yaml_error(&r->y, list, "use port ranges",
			"the service has more than %u entries", SERVICE_ENTRIES_MAX);
		return;
	}
	for (const struct ost_yaml_node *item = ost_yaml_item_first(list); item != NULL;
		item = ost_yaml_item_next(list, item))
		if (ost_yaml_is_scalar(&r->y, item, "an entry of the service"))
			written_out_add(r, item, ret_services);
}

static void services_section(struct policy_reader *r, const struct ost_yaml_node *section)
{
	OST_YAML_EACH(section, key)
	{
		uint32_t index = r->service_names.count;

		if (ost_yaml_is_name(&r->y, key, "the service") && ost_service_reserved(key->text))
			ost_yaml_error(&r->y, key, "choose another name",
				"'%s' is a word of its own", key->text);
		ost_names_add(&r->service_names, key->text, ost_yaml_pos(&r->y, key), index);
		service_entries_read(r, key->next, &r->services[index]);
	}
}

void policy_services_read(struct policy_reader *r)
{
	uint32_t n = policy_section_pairs(r, OST_TOP_SERVICES);

	ost_names_reserve(&r->y, &r->service_names, n);
	r->services = ost_yaml_alloc(&r->y, n, sizeof(*r->services));
	r->service_used = ost_yaml_alloc(&r->y, n, sizeof(*r->service_used));
	policy_sections(r, OST_TOP_SERVICES, services_section);
	ost_names_seal(&r->y, &r->service_names, "service");
}
