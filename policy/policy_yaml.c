/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The top of the policy front end: sources to trees, trees to sections, and the order of reading.
 */
#include "nearest.h"
#include "policy_reader.h"

#define TOP_FIELD(id, word)                                                                        \
	static void top_##id(void *context, const struct ost_yaml_node *value, void *target)       \
	{                                                                                          \
		struct policy_source *source = target;                                             \
                                                                                                   \
		(void)context;                                                                     \
		source->sections[id] = value;                                                      \
	}
TOP_FIELD(OST_TOP_NETWORKS, "networks")
TOP_FIELD(OST_TOP_SERVICES, "services")
TOP_FIELD(OST_TOP_INFRASTRUCTURE, "infrastructure")
TOP_FIELD(OST_TOP_SCHEDULES, "schedules")
TOP_FIELD(OST_TOP_CONTROLLERS, "controllers")
TOP_FIELD(OST_TOP_ROLES, "roles")
TOP_FIELD(OST_TOP_DEVICES, "devices")
TOP_FIELD(OST_TOP_EXCEPTIONS, "exceptions")
TOP_FIELD(OST_TOP_TESTS, "tests")
#undef TOP_FIELD

static void top_version(void *context, const struct ost_yaml_node *value, void *target)
{
	struct policy_source *source = target;

	(void)context;
	source->version = value;
}

static void top_include(void *context, const struct ost_yaml_node *value, void *target)
{
	struct policy_source *source = target;

	(void)context;
	source->include = value;
}

#define TOP_HEAD 2 /* keys before the sections */

static const struct ost_yaml_field top_fields[] = {
	{"ostiary", top_version},
	{"include", top_include},
	{"networks", top_OST_TOP_NETWORKS},
	{"services", top_OST_TOP_SERVICES},
	{"infrastructure", top_OST_TOP_INFRASTRUCTURE},
	{"schedules", top_OST_TOP_SCHEDULES},
	{"controllers", top_OST_TOP_CONTROLLERS},
	{"roles", top_OST_TOP_ROLES},
	{"devices", top_OST_TOP_DEVICES},
	{"exceptions", top_OST_TOP_EXCEPTIONS},
	{"tests", top_OST_TOP_TESTS},
};

void policy_source_select(struct policy_reader *r, uint32_t source)
{
	r->source = source;
	r->y.file = r->sources[source].name;
}

/* A section of the wrong kind is reported once, here, and then as good as absent. */
static void sections_check(struct policy_reader *r, struct policy_source *source)
{
	for (int s = 0; s < OST_TOP_COUNT; s++) {
		const struct ost_yaml_node *node = source->sections[s];

		if (node != NULL && s != OST_TOP_TESTS && s != OST_TOP_EXCEPTIONS &&
			!ost_yaml_is_mapping(&r->y, node, top_fields[s + TOP_HEAD].name))
			source->sections[s] = NULL;
	}
}

static int source_read(struct policy_reader *r)
{
	struct policy_source *source = &r->sources[r->source];
	const struct ost_policy_source *given = &source->given;
	struct ost_pos start = {given->name, 0, 0};
	int result;

	if (given->length > OST_POLICY_FILE_MAX) {
		ost_diag_error(r->y.diag, start, "split it into several files",
			"the file has more than %u MiB", OST_POLICY_FILE_MAX >> 20);
		return -EINVAL;
	}
	result = ost_yaml_tree_read(
		given->name, given->bytes, given->length, r->y.diag, &source->tree);
	if (result < 0)
		return result;
	ost_yaml_fields(&r->y, ost_yaml_tree_root(source->tree), "the file", top_fields,
		OST_ARRAY_SIZE(top_fields), r, source);
	ost_yaml_version_check(&r->y, source->version);
	sections_check(r, source);
	return 0;
}

static void sources_read(struct policy_reader *r)
{
	for (uint32_t i = 0; i < r->source_count && !r->y.no_memory; i++) {
		int result;

		if (policy_source_is_mud(r->sources[i].name))
			continue; /* read when a role names it */
		policy_source_select(r, i);
		result = source_read(r);
		r->incomplete |= result < 0;
		r->y.no_memory |= result == -ENOMEM;
		if (result == 0)
			policy_includes_follow(r);
	}
	if (!r->y.no_memory)
		policy_circles_check(r);
}

void policy_sections(struct policy_reader *r, enum ost_section section, section_fn read)
{
	for (uint32_t i = 0; i < r->source_count && !r->y.no_memory; i++) {
		if (r->sources[i].sections[section] == NULL)
			continue;
		policy_source_select(r, i);
		read(r, r->sources[i].sections[section]);
	}
}

uint32_t policy_section_pairs(const struct policy_reader *r, enum ost_section section)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < r->source_count; i++)
		if (r->sources[i].sections[section] != NULL)
			n += r->sources[i].sections[section]->count;
	return n;
}

struct ost_pos policy_pos(const struct policy_reader *r, const struct ost_yaml_node *node)
{
	return (struct ost_pos){r->sources[r->source].file, node->line, node->column};
}

const char *policy_borrowed_file(const struct policy_reader *r, const char *file)
{
	for (uint32_t i = 0; i < r->source_count; i++)
		if (r->sources[i].file == file)
			return r->sources[i].name;
	return NULL;
}

const struct ost_name *policy_resolve(struct policy_reader *r, const struct ost_names *names,
	const struct ost_yaml_node *node, const char *what)
{
	const struct ost_name *found = ost_names_find(names, node->text);
	struct ost_nearest near;
	char hint[OST_HINT_MAX];

	if (found != NULL || r->incomplete)
		return found;
	near = ost_nearest_of(node->text, &r->y.nearest_budget);
	for (uint32_t i = 0; i < names->count && r->y.nearest_budget > 0; i++)
		ost_nearest_offer(&near, names->entries[i].text);
	if (near.best != NULL)
		ost_hint(hint, sizeof(hint), "did you mean '%s'?", near.best);
	else
		ost_hint(hint, sizeof(hint), "define it below %ss:", what);
	ost_yaml_error(&r->y, node, hint, "there is no %s '%.63s'", what, node->text);
	return NULL;
}

void policy_why_error(struct policy_reader *r, const struct ost_yaml_node *node, const char *why)
{
	const char *semicolon = strstr(why, "; ");

	if (semicolon != NULL)
		ost_yaml_error(&r->y, node, semicolon + 2, "%.*s", (int)(semicolon - why), why);
	else
		ost_yaml_error(&r->y, node, NULL, "%s", why);
}

static void sections_read(struct policy_reader *r)
{
	policy_networks_read(r);
	policy_services_read(r);
	policy_schedules_read(r);
	policy_tags_define(r);
	policy_roles_define(r);
	policy_infrastructure_read(r);
	policy_controllers_read(r);
	policy_roles_read(r);
	policy_muds_read(r);
	policy_devices_read(r);
	policy_exceptions_read(r);
	policy_hosts_check(r);
	policy_resolvers_fill(r);
	policy_inside_fill(r);
	policy_tests_read(r);
}

static void role_facts_close(struct role_facts *facts)
{
	policy_controller_close(&facts->own.my_controller);
	free(facts->bases.items);
}

static void reader_free(struct policy_reader *r)
{
	policy_muds_free(r);
	for (uint32_t i = 0; r->sources != NULL && i < r->source_count; i++)
		ost_yaml_tree_free(&r->sources[i].tree);
	for (uint32_t i = 0; r->networks != NULL && i < r->network_names.count; i++)
		free(r->networks[i].prefixes.items);
	for (uint32_t i = 0; r->services != NULL && i < r->service_names.count; i++)
		free(r->services[i].items);
	for (uint32_t i = 0; r->controllers != NULL && i < r->controller_count; i++)
		policy_controller_close(&r->controllers[i]);
	for (uint32_t i = 0; r->roles != NULL && i < r->role_names.count; i++)
		role_facts_close(&r->roles[i]);
	free(r->controllers);
	free(r->schedule_used);
	free(r->local_networks.items);
	policy_private_domains_free(r);
	free(r->sources);
	free(r->edges);
	free(r->networks);
	free(r->services);
	free(r->service_used);
	free(r->roles);
	free(r->device_pos);
	free(r->resolvers.items);
	free(r->ntp_servers.items);
	ost_names_free(&r->network_names);
	ost_names_free(&r->service_names);
	ost_names_free(&r->schedule_names);
	ost_names_free(&r->role_names);
	ost_names_free(&r->device_names);
	ost_policy_free(&r->policy);
}

static bool reader_begin(struct policy_reader *r, const struct ost_policy_source *sources, uint32_t count)
{
	r->policy = ost_yaml_alloc(&r->y, 1, sizeof(*r->policy));
	for (uint32_t i = 0; i < count && r->policy != NULL; i++)
		if (!policy_file_add(r, &sources[i], UINT32_MAX))
			break;
	return !r->y.no_memory;
}

static int reader_run(struct policy_reader *r, bool incomplete)
{
	uint32_t errors_before = r->y.diag->errors;

	sources_read(r);
	if (!r->y.no_memory)
		sections_read(r);
	if (r->y.no_memory)
		return -ENOMEM;
	if (r->y.diag->errors != errors_before || incomplete)
		return -EINVAL;
	policy_advise(r);
	return 0;
}

int policy_parse(const struct ost_policy_source *sources, uint32_t count, bool incomplete,
	const struct policy_finder *finder, struct ost_diag *diag, struct ost_policy **ret_policy)
{
	struct policy_reader r = {
		.y = {.diag = diag, .nearest_budget = OST_NEAREST_BUDGET},
		.finder = finder,
		.incomplete = incomplete,
	};
	int result = -ENOMEM;

	if (count == 0 && !incomplete) {
		ost_diag_error(
			diag, (struct ost_pos){0}, "name a file or a folder", "no policy file");
		return -EINVAL;
	}
	if (count > POLICY_FILES_MAX) {
		ost_diag_error(diag, (struct ost_pos){sources[0].name, 0, 0}, "join some of them", "there are more than %u policy files",
			POLICY_FILES_MAX);
		return -EINVAL;
	}
	if (reader_begin(&r, sources, count))
		result = reader_run(&r, incomplete);
	if (result == 0) {
		*ret_policy = r.policy;
		r.policy = NULL;
	}
	reader_free(&r);
	return result;
}

int ost_policy_parse(const struct ost_policy_source *sources, uint32_t count, struct ost_diag *diag,
	struct ost_policy **ret_policy)
{
	return policy_parse(sources, count, false, NULL, diag, ret_policy);
}
