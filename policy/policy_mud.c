/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mud: of a role: the MUD file that it names becomes rules behind those of allow:. The file is one of the sources, by its path
 * beside the policy file or by the URL within it, or the finder has it.
 */
#include <stdio.h>

#include "array.h"
#include "mud.h"
#include "mud_approved.h"
#include "mud_index.h"
#include "policy_reader.h"

/* A MUD file that some role names, read once. */
struct mud_file {
	uint32_t source;
	struct ost_mud *mud; /* NULL: could not be read, and that was told */
	bool asked;
	int approval; /* when asked: 0, or why not */
	bool marked;  /* the controllers that it asks for */
};

struct mud_files {
	struct mud_file *items;
	uint32_t count, capacity;
};

bool policy_source_is_mud(const char *name)
{
	size_t n = strlen(name);

	return n > 5 && strcmp(name + n - 5, ".json") == 0;
}

static bool is_url(const char *value)
{
	return strncasecmp(value, "https://", 8) == 0 || strstr(value, "://") != NULL;
}

/* A path beside the policy file, never above it. */
static bool path_check(struct policy_reader *r, const struct ost_yaml_node *node)
{
	const char *path = node->text;

	for (const char *part = path; part != NULL; part = strchr(part, '/') != NULL ? strchr(part, '/') + 1 : NULL) {
		if (part[0] == '/' || part[0] == '\0' || strncmp(part, "..", 2) == 0) {
			ost_yaml_error(&r->y, node, "write a path such as mud/NAME.json; ostiary policy import-mud puts the file there",
				"'%.200s' is no file beside the policy", path);
			return false;
		}
	}
	if (policy_source_is_mud(path))
		return true;
	ost_yaml_error(&r->y, node, "write a path such as mud/NAME.json, or the MUD URL that was imported", "'%.200s' is no name of a MUD file",
		path);
	return false;
}

/* The name that a source has: beside the policy file. */
static char *path_make(struct policy_reader *r, const char *policy_file, const char *value)
{
	const char *slash = strrchr(policy_file, '/');
	int folder = slash != NULL ? (int)(slash - policy_file) + 1 : 0;
	char *path;

	if (asprintf(&path, "%.*s%s", folder, policy_file, value) < 0) {
		r->y.no_memory = true;
		return NULL;
	}
	return path;
}

/* Reads a source once. */
static struct mud_file *file_read(struct policy_reader *r, uint32_t source)
{
	const struct ost_policy_source *given = &r->sources[source].given;
	struct mud_files *files = r->mud_files;
	struct mud_file *items;

	for (uint32_t i = 0; i < files->count; i++) {
		if (files->items[i].source == source)
			return &files->items[i];
	}
	items = ost_array_room(files->items, files->count, &files->capacity, sizeof(*items));
	r->y.no_memory |= items == NULL;
	if (items == NULL)
		return NULL;
	files->items = items;
	items[files->count] = (struct mud_file){.source = source};
	if (ost_mud_read(given->name, given->bytes, given->length, r->y.diag, &items[files->count].mud) == -ENOMEM)
		r->y.no_memory = true;
	return &items[files->count++];
}

static struct mud_file *file_by_path(struct policy_reader *r, const char *path)
{
	for (uint32_t i = 0; i < r->source_count; i++) {
		if (strcmp(r->sources[i].name, path) == 0)
			return file_read(r, i);
	}
	return NULL;
}

static bool is_approvals(const char *name)
{
	const char *slash = strrchr(name, '/');

	return strcmp(slash != NULL ? slash + 1 : name, OST_MUD_APPROVED_NAME) == 0;
}

/* All MUD files among the sources are read, each by its own URL: urls_check() wants to know of two. */
static struct mud_file *file_by_url(struct policy_reader *r, const char *url)
{
	for (uint32_t i = 0; i < r->source_count; i++) {
		if (policy_source_is_mud(r->sources[i].name) && !is_approvals(r->sources[i].name))
			(void)file_read(r, i);
	}
	for (uint32_t i = 0; i < r->mud_files->count; i++) {
		if (r->mud_files->items[i].mud != NULL && strcmp(r->mud_files->items[i].mud->url, url) == 0)
			return &r->mud_files->items[i];
	}
	return NULL;
}

/* One that could not be read may be the one that is looked for. */
static bool some_file_failed(const struct policy_reader *r)
{
	for (uint32_t i = 0; i < r->mud_files->count; i++) {
		if (r->mud_files->items[i].mud == NULL)
			return true;
	}
	return false;
}

static struct mud_file *file_by_finder(struct policy_reader *r, const struct ost_yaml_node *node, const char *path)
{
	struct ost_policy_source source;
	struct ost_pos pos = ost_yaml_pos(&r->y, node);
	int error;

	if (r->finder == NULL && path == NULL && some_file_failed(r))
		return NULL;
	if (r->finder == NULL) {
		ost_yaml_error(&r->y, node, "ostiary policy import-mud puts it beside the policy", "there is no MUD file %.300s",
			path != NULL ? path : node->text);
		return NULL;
	}
	error = r->finder->find(r->finder->context, pos, path, node->text, &source);
	r->y.no_memory |= error == -ENOMEM;
	return error == 0 && policy_file_add(r, &source, UINT32_MAX) ? file_read(r, r->source_count - 1) : NULL;
}

/* ---- approvals ---- */

/* The approvals beside a MUD file: a source, or what the finder has. NULL: there are none. */
static const struct ost_policy_source *approvals_find(struct policy_reader *r, const struct ost_yaml_node *node, const char *mud_name)
{
	OST_AUTO_FREE char *path = path_make(r, mud_name, OST_MUD_APPROVED_NAME);
	struct ost_policy_source source;
	int error;

	if (path == NULL)
		return NULL;
	for (uint32_t i = 0; i < r->source_count; i++) {
		if (strcmp(r->sources[i].name, path) == 0)
			return &r->sources[i].given;
	}
	if (r->finder == NULL)
		return NULL;
	error = r->finder->find(r->finder->context, ost_yaml_pos(&r->y, node), path, NULL, &source);
	r->y.no_memory |= error == -ENOMEM;
	return error == 0 && policy_file_add(r, &source, UINT32_MAX) ? &r->sources[r->source_count - 1].given : NULL;
}

/* Whether somebody answers for these bytes; asked once a file. */
static int approval_ask(struct policy_reader *r, const struct ost_yaml_node *node, struct mud_file *file)
{
	const struct ost_policy_source given = r->sources[file->source].given; /* the sources move when one is added */
	const struct ost_policy_source *approvals;
	char hash[OST_MUD_HASH_TEXT];
	int error;

	if (file->asked)
		return file->approval;
	file->asked = true;
	approvals = approvals_find(r, node, given.name);
	error = ost_mud_hash(given.bytes, given.length, hash);
	if (error == 0)
		error = approvals != NULL ? ost_mud_approved_has(approvals->bytes, approvals->length, hash) : -ENOENT;
	r->y.no_memory |= error == -ENOMEM;
	file->approval = error;
	return error;
}

static bool approval_check(struct policy_reader *r, const struct ost_yaml_node *node, struct mud_file *file)
{
	char hint[OST_HINT_MAX];
	int error = approval_ask(r, node, file);

	if (error == -EINVAL)
		ost_yaml_error(&r->y, node, "mend it, or take it from version control", OST_MUD_APPROVED_NAME " beside %.300s is not sound", file->mud->name);
	else if (error == -ENOENT)
		ost_yaml_error(&r->y, node,
			ost_hint(hint, sizeof(hint), "ostiary policy import-mud %.200s --out FOLDER-OF-THE-POLICY --approve REASON", file->mud->name),
			"nobody approved %.300s as it is: its hash is not in " OST_MUD_APPROVED_NAME " beside it", file->mud->name);
	return error == 0;
}

/* The MUD file that a role names. NULL: told. */
static struct mud_file *file_find(struct policy_reader *r, const struct ost_yaml_node *node)
{
	struct mud_file *file;
	char *path = NULL;

	if (is_url(node->text)) {
		file = file_by_url(r, node->text);
	} else {
		path = path_check(r, node) ? path_make(r, r->y.file, node->text) : NULL;
		if (path == NULL)
			return NULL;
		file = file_by_path(r, path);
	}
	if (file == NULL && !r->y.no_memory)
		file = file_by_finder(r, node, path);
	free(path);
	if (file == NULL || file->mud == NULL)
		return NULL;
	if (is_url(node->text) && strcmp(node->text, file->mud->url) != 0) {
		ost_yaml_error(&r->y, node, "import it anew", "%s is kept for that URL, and is of %.255s", file->mud->name, file->mud->url);
		return NULL;
	}
	return approval_check(r, node, file) ? file : NULL;
}

/* Whether an ACE asks for the class: NULL for my-controller. */
static bool class_is_asked(const struct ost_mud *mud, const char *uri)
{
	if (uri != NULL && ((mud->default_dns && strcmp(uri, OST_MUD_DNS) == 0) || (mud->default_ntp && strcmp(uri, OST_MUD_NTP) == 0)))
		return true;
	for (uint32_t i = 0; i < mud->ace_count; i++) {
		const struct ost_mud_ace *ace = &mud->aces[i];

		if ((ace->opens || ace->drop) && ace->peer == (uri != NULL ? OST_MUD_CONTROLLER : OST_MUD_MY_CONTROLLER) &&
			(uri == NULL || strcmp(ace->peer_text, uri) == 0))
			return true;
	}
	return false;
}

static void controllers_mark(struct policy_reader *r, struct role_facts *facts, struct mud_file *file)
{
	if (facts->my_controller != NULL && !facts->my_controller->used)
		facts->my_controller->used = class_is_asked(file->mud, NULL);
	for (uint32_t i = 0; i < r->controller_count && !file->marked; i++)
		r->controllers[i].used |= class_is_asked(file->mud, r->controllers[i].uri);
	file->marked = true;
}

static void controllers_collect(const struct policy_reader *r, struct ost_mud_class *classes)
{
	for (uint32_t i = 0; i < r->controller_count; i++) {
		const struct controller *c = &r->controllers[i];

		classes[i] = (struct ost_mud_class){c->uri, c->prefixes.items, c->prefixes.count, c->roles.items, c->roles.count};
	}
}

static void rules_take(struct policy_reader *r, struct ost_role *role, struct ost_mud_rules *made)
{
	for (uint32_t i = 0; i < made->count; i++) {
		struct ost_rule *rule;

		r->prefixes += made->rules[i].prefix_count;
		r->rule_services += made->rules[i].service_count;
		if (r->prefixes > OST_PREFIXES_MAX || r->rule_services > OST_SERVICES_MAX)
			return;
		rule = policy_rule_new(r, role);
		if (rule == NULL)
			return;
		*rule = made->rules[i];
		rule->flags |= policy_rule_flags(r, rule);
		made->rules[i] = (struct ost_rule){0};
	}
	role->includes |= made->includes;
}

/* What the site does not say, in the words of the policy file. */
static const char *unmet_hint(const struct ost_mud_rules *made, char *buf, size_t size)
{
	if (made->unmet & OST_MUD_WANTS_LOCAL)
		return "write infrastructure: { local-networks: [...] }";
	if (made->unmet & OST_MUD_WANTS_DNS)
		return "write infrastructure: { resolvers: [...] }";
	if (made->unmet & OST_MUD_WANTS_NTP)
		return "write infrastructure: { ntp: [...] }";
	if (made->unmet & OST_MUD_WANTS_MY_CONTROLLER)
		return "write my-controller: { network: ADDRESS } or { role: NAME } in the role";
	if (made->unmet & OST_MUD_WANTS_GATEWAY)
		return "write controllers: { \"" OST_MUD_GATEWAY "\": { network: ADDRESS } }";
	if (made->unmet_class != NULL)
		return ost_hint(buf, size, "write controllers: { \"%.128s\": { network: ADDRESS } }", made->unmet_class);
	return "give a role with such a MUD file to a device, or leave it";
}

static void rules_advise(struct policy_reader *r, const struct ost_yaml_node *node, const struct ost_role *role, const struct mud_file *file,
	const struct ost_mud_rules *made)
{
	const struct ost_mud *mud = file->mud;
	struct ost_pos pos = ost_yaml_pos(&r->y, node);
	char hint[OST_HINT_MAX];

	if (mud->counts[OST_MUD_CHANGED] + mud->counts[OST_MUD_REFUSED] > 0)
		ost_diag_warning(r->y.diag, pos, ost_hint(hint, sizeof(hint), "ostiary policy import-mud %.300s tells each", mud->name),
			"of the %u ACEs of the MUD file %u are understood otherwise than written, and %u make no rule", mud->ace_count,
			mud->counts[OST_MUD_CHANGED], mud->counts[OST_MUD_REFUSED]);
	if (made->idle > 0)
		ost_diag_warning(r->y.diag, pos, unmet_hint(made, hint, sizeof(hint)),
			"%u ACEs of the MUD file allow nothing, as the policy does not say whom they mean", made->idle);
	if (made->elevated > 0 && role->authenticate == OST_AUTH_MAC)
		ost_diag_warning(r->y.diag, pos, "write authenticate: eap-tls",
			"%u rules of the MUD file are about controllers or other devices and ask for assurance software, and a MAC address gives identified",
			made->elevated);
	if (made->weak_peers > 0)
		ost_diag_warning(r->y.diag, pos, "write authenticate: eap-tls in their roles",
			"the MUD file means devices of a manufacturer or model whose role lets a MAC address speak for them: they are left out");
}

static void role_rules_make(struct policy_reader *r, uint32_t index, const struct mud_file *file, const struct ost_mud_class *classes)
{
	const struct role_facts *facts = &r->roles[index];
	const struct controller *mine = facts->my_controller;
	struct ost_mud_class own = {0};
	const struct ost_mud_site site = {
		.policy = r->policy,
		.role = index,
		.local = r->local_networks.items,
		.local_count = r->local_networks.count,
		.resolvers = r->resolvers.items,
		.resolver_count = r->resolvers.count,
		.ntp = r->ntp_servers.items,
		.ntp_count = r->ntp_servers.count,
		.classes = classes,
		.class_count = r->controller_count,
		.my_controller = mine != NULL ? &own : NULL,
	};
	struct ost_mud_rules made;
	int error;

	if (mine != NULL)
		own = (struct ost_mud_class){NULL, mine->prefixes.items, mine->prefixes.count, mine->roles.items, mine->roles.count};
	error = ost_mud_rules_make(file->mud, &site, r->sources[file->source].file, &made);
	r->y.no_memory |= error == -ENOMEM;
	if (error == -EFBIG)
		ost_yaml_error(&r->y, facts->mud, "use fewer or larger prefixes", "the MUD file makes too many rules, or too many prefixes");
	if (error < 0)
		return;
	rules_take(r, &r->policy->roles[index], &made);
	if (r->prefixes > OST_PREFIXES_MAX || r->rule_services > OST_SERVICES_MAX)
		ost_yaml_error(&r->y, facts->mud, "use fewer or larger prefixes", "with the MUD file the allow-lists hold too many prefixes or services");
	else
		rules_advise(r, facts->mud, &r->policy->roles[index], file, &made);
	ost_mud_rules_close(&made);
}

/* All URLs before the first rule: a rule about a manufacturer asks whose URL every role has. */
static void urls_set(struct policy_reader *r, uint32_t *chosen)
{
	for (uint32_t i = 0; i < r->policy->role_count && !r->y.no_memory; i++) {
		struct mud_file *file;

		if (r->roles[i].mud == NULL)
			continue;
		policy_source_select(r, r->roles[i].mud_source);
		file = file_find(r, r->roles[i].mud);
		if (file == NULL)
			continue;
		chosen[i] = (uint32_t)(file - r->mud_files->items) + 1;
		r->policy->roles[i].mud_url = ost_yaml_strdup(&r->y, file->mud->url);
	}
}

/* A URL stands for one file: when the policy's files hold another of the same URL, nobody can say which one a role means, and what is
 * read first would decide. */
static void urls_check(struct policy_reader *r, const uint32_t *chosen)
{
	for (uint32_t i = 0; i < r->policy->role_count; i++) {
		const struct mud_file *mine = chosen[i] != 0 ? &r->mud_files->items[chosen[i] - 1] : NULL;

		for (uint32_t k = 0; mine != NULL && is_url(r->roles[i].mud->text) && k < r->mud_files->count; k++) {
			const struct mud_file *other = &r->mud_files->items[k];

			if (other == mine || other->mud == NULL || strcmp(other->mud->url, mine->mud->url) != 0)
				continue;
			policy_source_select(r, r->roles[i].mud_source);
			ost_yaml_error(&r->y, r->roles[i].mud, "name the file by its path", "two files of the policy are of that URL: %.300s and %.300s",
				mine->mud->name, other->mud->name);
			break;
		}
	}
}

static void rules_make(struct policy_reader *r, const uint32_t *chosen)
{
	struct ost_mud_class *classes = ost_yaml_alloc(&r->y, r->controller_count + 1, sizeof(*classes));

	if (classes == NULL)
		return;
	controllers_collect(r, classes);
	for (uint32_t i = 0; i < r->policy->role_count && !r->y.no_memory; i++) {
		if (chosen[i] == 0)
			continue;
		policy_source_select(r, r->roles[i].mud_source);
		controllers_mark(r, &r->roles[i], &r->mud_files->items[chosen[i] - 1]);
		role_rules_make(r, i, &r->mud_files->items[chosen[i] - 1], classes);
	}
	free(classes);
}

void policy_muds_read(struct policy_reader *r)
{
	uint32_t *chosen = ost_yaml_alloc(&r->y, r->policy->role_count + 1, sizeof(*chosen));

	r->mud_files = ost_yaml_alloc(&r->y, 1, sizeof(*r->mud_files));
	if (chosen != NULL && r->mud_files != NULL) {
		urls_set(r, chosen);
		urls_check(r, chosen);
		rules_make(r, chosen);
	}
	free(chosen);
}

void policy_muds_free(struct policy_reader *r)
{
	if (r->mud_files == NULL)
		return;
	for (uint32_t i = 0; i < r->mud_files->count; i++)
		ost_mud_free(&r->mud_files->items[i].mud);
	free(r->mud_files->items);
	free(r->mud_files);
	r->mud_files = NULL;
}
