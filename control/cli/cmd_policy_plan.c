/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ostiary policy plan: which flows of which devices a policy would change. */
#include <inttypes.h>
#include <stdio.h>

#include "client.h"
#include "jsonw.h"
#include "options.h"
#include "plan_established.h"
#include "plan_roles.h"
#include "plan_traffic.h"
#include "plan_words.h"
#include "policy_input.h"
#include "show.h"

#define LINES_DEFAULT 20u /* of one class, in text */

struct plan {
	const struct ost_cli *cli;
	struct ost_cli_policy after, files; /* files: what --against names */
	struct ost_policy_source *sources;  /* of the generation in force; texts belong to json */
	json_t *json;
	struct ost_diag diag;
	struct ost_policy *before; /* NULL: nothing is in force */
	bool before_owned, all;
	uint64_t generation;
	struct ost_difference d;
	struct ost_plan_established established; /* not asked for with --against */
	struct ost_plan_traffic traffic;	 /* neither */
	uint64_t gains, losses, conditions, added, removed, moved;
};

/* ---- the policy that it is compared with ---- */

static int in_force_parse(struct plan *p)
{
	const json_t *list = json_object_get(p->json, "sources"), *source;
	size_t i;

	p->sources = calloc(json_array_size(list) + 1, sizeof(*p->sources));
	if (p->sources == NULL)
		return ost_cli_fail("out of memory");
	json_array_foreach(list, i, source) {
		const char *text = ost_json_text(source, "text");

		p->sources[i] = (struct ost_policy_source){.name = ost_json_text(source, "name"), .bytes = text, .length = strlen(text)};
	}
	if (ost_policy_parse(p->sources, (uint32_t)json_array_size(list), &p->diag, &p->before) < 0)
		return ost_cli_fail("generation %" PRIu64 " in force cannot be read any more; compare files with --against FILE", p->generation);
	p->before_owned = true;
	return OST_EXIT_OK;
}

/* Asks ostiaryd; that nothing is in force is an answer, too. */
static int in_force_get(struct plan *p)
{
	struct ost_cli quiet = *p->cli;
	int rc;

	quiet.json = false;
	rc = ost_client_get(&quiet, "/v1/policy?sources=1", &p->json);
	if (rc != OST_EXIT_OK || p->json == NULL)
		return rc;
	p->generation = ost_json_u64(p->json, "generation");
	return in_force_parse(p);
}

/* ---- devices ---- */

static const struct ost_device *device_before(const struct plan *p, const struct ost_device_pair *pair)
{
	return pair->before != OST_PAIR_NONE ? &p->before->devices[pair->before] : NULL;
}

static const struct ost_device *device_after(const struct plan *p, const struct ost_device_pair *pair)
{
	return pair->after != OST_PAIR_NONE ? &p->after.policy->devices[pair->after] : NULL;
}

static const char *pair_name(const struct plan *p, const struct ost_device_pair *pair)
{
	const struct ost_device *d = device_after(p, pair);

	return d != NULL ? d->name : device_before(p, pair)->name;
}

static bool text_equal(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool has_address(const struct ost_device *d, const struct ost_ip *ip)
{
	for (uint32_t i = 0; i < d->address_count; i++) {
		if (ost_ip_equal(&d->addresses[i], ip))
			return true;
	}
	return false;
}

/* In whatever order; no device has one twice. */
static bool addresses_equal(const struct ost_device *a, const struct ost_device *b)
{
	bool equal = a->address_count == b->address_count;

	for (uint32_t i = 0; i < a->address_count && equal; i++)
		equal = has_address(b, &a->addresses[i]);
	return equal;
}

/* What makes it another device on the wire, in words; "" when nothing does. */
static const char *identity_words(const struct plan *p, const struct ost_device_pair *pair, char buf[static OST_PLAN_WORDS])
{
	const struct ost_device *a = device_before(p, pair), *b = device_after(p, pair);
	const struct ost_role *was, *is;

	buf[0] = '\0';
	if (a == NULL || b == NULL)
		return buf;
	was = &p->before->roles[a->role];
	is = &p->after.policy->roles[b->role];
	if (strcmp(was->name, is->name) != 0)
		(void)snprintf(buf, OST_PLAN_WORDS, ", role %s instead of %s", is->name, was->name);
	if (was->authenticate != is->authenticate)
		(void)snprintf(buf + strlen(buf), OST_PLAN_WORDS - strlen(buf), ", has to prove itself anew (authenticate: %s)",
			ost_authenticate_name(is->authenticate));
	if (a->has_mac != b->has_mac || memcmp(&a->mac, &b->mac, sizeof(a->mac)) != 0)
		(void)snprintf(buf + strlen(buf), OST_PLAN_WORDS - strlen(buf), ", another MAC");
	if (a->vlan != b->vlan)
		(void)snprintf(buf + strlen(buf), OST_PLAN_WORDS - strlen(buf), ", another VLAN");
	if (!text_equal(a->port, b->port))
		(void)snprintf(buf + strlen(buf), OST_PLAN_WORDS - strlen(buf), ", another port");
	if (!text_equal(a->certificate, b->certificate))
		(void)snprintf(buf + strlen(buf), OST_PLAN_WORDS - strlen(buf), ", another certificate");
	if (!addresses_equal(a, b))
		(void)snprintf(buf + strlen(buf), OST_PLAN_WORDS - strlen(buf), ", other addresses");
	return buf;
}

static void count_all(struct plan *p)
{
	char words[OST_PLAN_WORDS];

	for (uint32_t i = 0; i < p->d.change_count; i++) {
		p->gains += p->d.changes[i].kind == OST_CHANGE_GAIN;
		p->losses += p->d.changes[i].kind == OST_CHANGE_LOSS;
		p->conditions += p->d.changes[i].kind == OST_CHANGE_CONDITION;
	}
	for (uint32_t i = 0; i < p->d.pair_count; i++) {
		p->added += p->d.pairs[i].before == OST_PAIR_NONE;
		p->removed += p->d.pairs[i].after == OST_PAIR_NONE;
		p->moved += *identity_words(p, &p->d.pairs[i], words) != '\0';
	}
}

/* ---- text ---- */

static void class_names(const struct plan *p, uint32_t class, char buf[static OST_PLAN_WORDS])
{
	const struct ost_device_class *c = &p->d.classes[class];

	buf[0] = '\0';
	for (uint32_t i = 0; i < c->count && i < 4; i++)
		(void)snprintf(buf + strlen(buf), OST_PLAN_WORDS - strlen(buf), "%s%s", i > 0 ? ", " : "",
			pair_name(p, &p->d.pairs[c->first + i]));
	if (c->count > 4)
		(void)snprintf(buf + strlen(buf), OST_PLAN_WORDS - strlen(buf), " and %u more", c->count - 4);
}

static void class_head(const struct plan *p, uint32_t class)
{
	const struct ost_device_pair *pair = &p->d.pairs[p->d.classes[class].first];
	const struct ost_device *a = device_before(p, pair), *b = device_after(p, pair);
	char names[OST_PLAN_WORDS];

	class_names(p, class, names);
	ost_show_line(p->cli, 0, 2, "%s%s%s (role %s)%s%s", ost_show_colour(p->cli, OST_COLOUR_HEAD), names, ost_show_plain(p->cli),
		b != NULL ? p->after.policy->roles[b->role].name : p->before->roles[a->role].name, pair->before == OST_PAIR_NONE ? ": new" : "",
		b == NULL ? ": not in the policy any more" : "");
}

static void change_line(const struct plan *p, const struct ost_change *c)
{
	static const char signs[] = {'+', '-', '~'};
	static const enum ost_colour colours[] = {OST_COLOUR_GOOD, OST_COLOUR_BAD, OST_COLOUR_WARN};
	const struct ost_rule *rule = c->after != NULL ? c->after : c->before;
	char service[OST_PLAN_WORDS], peer[OST_PLAN_WORDS];

	if (c->peer == OST_CHANGE_DEVICES)
		class_names(p, c->peer_class, peer);
	else
		(void)ost_plan_peer(c, peer);
	ost_show_line(p->cli, 0, 10, "  %s%c%s %-5s %s  %s   %s%s:%u%s%s", ost_show_colour(p->cli, colours[c->kind]), signs[c->kind],
		ost_show_plain(p->cli), c->direction == OST_TO ? "to" : "from", peer, ost_plan_service(c, service),
		c->kind == OST_CHANGE_LOSS ? "was " : "", rule->pos.file != NULL ? rule->pos.file : "?", rule->pos.line,
		c->kind == OST_CHANGE_CONDITION ? ", other conditions than " : "",
		c->kind == OST_CHANGE_CONDITION && c->before->text != NULL ? c->before->text : "");
}

/* The same is told of IPv4 already, and people need not read it twice. first: of the class. */
static bool told_of_ipv4(const struct plan *p, const struct ost_change *first, const struct ost_change *c)
{
	if (c->family != OST_IPV6 || c->peer == OST_CHANGE_ADDRESSES)
		return false;
	for (const struct ost_change *o = first; o != p->d.changes + p->d.change_count && o->device_class == c->device_class; o++) {
		if (o->family == OST_IPV4 && o->peer == c->peer && o->kind == c->kind &&
			o->direction == c->direction && o->protocol == c->protocol && o->lo == c->lo && o->hi == c->hi &&
			o->peer_class == c->peer_class && o->host.name == c->host.name && o->before == c->before && o->after == c->after)
			return true;
	}
	return false;
}

/* told: how many of each kind. */
static void class_print(const struct plan *p, uint32_t class, uint32_t *next, uint64_t told[static 3])
{
	uint32_t lines = 0, more = 0;
	const struct ost_device_pair *pair = &p->d.pairs[p->d.classes[class].first];
	const struct ost_change *first = p->d.changes + *next;

	if ((*next == p->d.change_count || p->d.changes[*next].device_class != class) && pair->before != OST_PAIR_NONE && pair->after != OST_PAIR_NONE)
		return;
	class_head(p, class);
	for (; *next < p->d.change_count && p->d.changes[*next].device_class == class; (*next)++) {
		if (told_of_ipv4(p, first, &p->d.changes[*next]))
			continue;
		told[p->d.changes[*next].kind]++;
		if (p->all || lines++ < LINES_DEFAULT)
			change_line(p, &p->d.changes[*next]);
		else
			more++;
	}
	if (more > 0)
		(void)printf("  ... and %u more: --all\n", more);
}

static void identities_print(const struct plan *p)
{
	char words[OST_PLAN_WORDS];
	uint32_t lines = 0;

	for (uint32_t i = 0; i < p->d.pair_count; i++) {
		if (*identity_words(p, &p->d.pairs[i], words) != '\0' && (p->all || lines++ < LINES_DEFAULT))
			ost_show_line(p->cli, 0, 4, "%s%s", pair_name(p, &p->d.pairs[i]), words);
	}
	if (!p->all && lines > LINES_DEFAULT)
		(void)printf("... and %u more devices: --all\n", lines - LINES_DEFAULT);
}

/* Audit and limits change what happens to everything that the rules allow, or do not. */
static void roles_print(const struct plan *p)
{
	char words[OST_PLAN_WORDS];

	for (uint32_t i = 0; i < p->after.policy->role_count; i++) {
		if (*ost_plan_role(p->before, p->after.policy, i, words) != '\0')
			ost_show_line(p->cli, 0, 2, "role %s: %s", p->after.policy->roles[i].name, words);
	}
}

static int print_text(const struct plan *p)
{
	char inside[OST_PLAN_WORDS];
	char gains[OST_SHOW_TEXT], losses[OST_SHOW_TEXT], conditions[OST_SHOW_TEXT];
	uint64_t told[3] = {0}; /* by kind */
	uint32_t next = 0;

	for (uint32_t i = 0; i < p->d.class_count; i++)
		class_print(p, i, &next, told);
	identities_print(p);
	roles_print(p);
	if (*ost_plan_inside(p->before, p->after.policy, inside) != '\0')
		ost_show_line(p->cli, 0, 2, "names: %s", inside);
	if (p->d.change_count == 0)
		(void)printf("no %sflow is judged otherwise\n", *inside != '\0' ? "other " : "");
	else
		(void)printf("%s gained, %s lost, %s under other conditions\n", ost_show_things(told[OST_CHANGE_GAIN], "flow", gains),
			ost_show_count(told[OST_CHANGE_LOSS], losses), ost_show_count(told[OST_CHANGE_CONDITION], conditions));
	if (p->added + p->removed + p->moved > 0)
		(void)printf("devices: %" PRIu64 " new, %" PRIu64 " gone, %" PRIu64 " with another role or identity\n", p->added, p->removed,
			p->moved);
	ost_plan_established_print(p->cli, &p->established, p->all);
	ost_plan_traffic_print(p->cli, &p->traffic, p->all);
	if (p->generation != 0)
		(void)printf("compared with generation %" PRIu64 " in force; nothing was changed\n", p->generation);
	return OST_EXIT_OK;
}

/* ---- JSON ---- */

static void rule_json(struct ost_jsonw *w, const char *key, const struct ost_rule *rule)
{
	if (rule == NULL) {
		ost_jsonw_string(w, key, NULL);
		return;
	}
	ost_jsonw_object(w, key);
	ost_jsonw_string(w, "text", rule->text);
	ost_jsonw_string(w, "file", rule->pos.file);
	ost_jsonw_u64(w, "line", rule->pos.line);
	ost_jsonw_u64(w, "column", rule->pos.column);
	ost_jsonw_end(w, '}');
}

static void devices_json(struct ost_jsonw *w, const char *key, const struct plan *p, uint32_t class)
{
	const struct ost_device_class *c = &p->d.classes[class];

	ost_jsonw_array(w, key);
	for (uint32_t i = 0; i < c->count; i++)
		ost_jsonw_string(w, NULL, pair_name(p, &p->d.pairs[c->first + i]));
	ost_jsonw_end(w, ']');
}

static void change_json(struct ost_jsonw *w, const struct plan *p, const struct ost_change *c)
{
	static const char *const kinds[] = {"gain", "loss", "condition"};
	char words[OST_PLAN_WORDS], ip[OST_IP_TEXT];

	ost_jsonw_object(w, NULL);
	ost_jsonw_string(w, "kind", kinds[c->kind]);
	ost_jsonw_string(w, "direction", c->direction == OST_TO ? "to" : "from");
	ost_jsonw_u64(w, "family", c->family);
	ost_jsonw_string(w, "service", ost_plan_service(c, words));
	ost_jsonw_u64(w, "protocol", c->protocol);
	ost_jsonw_u64(w, "lo", c->lo);
	ost_jsonw_u64(w, "hi", c->hi);
	if (c->peer == OST_CHANGE_DEVICES)
		devices_json(w, "peer_devices", p, c->peer_class);
	else
		ost_jsonw_string(w, "peer", ost_plan_peer(c, words));
	if (c->peer == OST_CHANGE_ADDRESSES) {
		ost_jsonw_string(w, "first", ost_ip_format(&c->first, ip));
		ost_jsonw_string(w, "last", ost_ip_format(&c->last, ip));
	}
	rule_json(w, "before", c->before);
	rule_json(w, "after", c->after);
	ost_jsonw_end(w, '}');
}

static void roles_json(struct ost_jsonw *w, const struct plan *p)
{
	char words[OST_PLAN_WORDS];

	ost_jsonw_array(w, "roles");
	for (uint32_t i = 0; i < p->after.policy->role_count; i++) {
		if (*ost_plan_role(p->before, p->after.policy, i, words) == '\0')
			continue;
		ost_jsonw_object(w, NULL);
		ost_jsonw_string(w, "role", p->after.policy->roles[i].name);
		ost_jsonw_string(w, "change", words);
		ost_jsonw_end(w, '}');
	}
	ost_jsonw_end(w, ']');
}

static int print_json(const struct plan *p)
{
	struct ost_jsonw w = {0};
	char words[OST_PLAN_WORDS];
	uint32_t next = 0;

	ost_jsonw_object(&w, NULL);
	ost_jsonw_u64(&w, "generation", p->generation);
	ost_jsonw_u64(&w, "gained", p->gains);
	ost_jsonw_u64(&w, "lost", p->losses);
	ost_jsonw_u64(&w, "other_conditions", p->conditions);
	ost_jsonw_array(&w, "classes");
	for (uint32_t i = 0; i < p->d.class_count; i++) {
		const struct ost_device_pair *pair = &p->d.pairs[p->d.classes[i].first];
		bool changes = next < p->d.change_count && p->d.changes[next].device_class == i;

		if (!changes && pair->before != OST_PAIR_NONE && pair->after != OST_PAIR_NONE)
			continue;
		ost_jsonw_object(&w, NULL);
		devices_json(&w, "devices", p, i);
		ost_jsonw_string(&w, "devices_are", pair->before == OST_PAIR_NONE ? "new" : pair->after == OST_PAIR_NONE ? "gone" : "kept");
		ost_jsonw_array(&w, "changes");
		for (; next < p->d.change_count && p->d.changes[next].device_class == i; next++)
			change_json(&w, p, &p->d.changes[next]);
		ost_jsonw_end(&w, ']');
		ost_jsonw_end(&w, '}');
	}
	ost_jsonw_end(&w, ']');
	ost_jsonw_array(&w, "identities");
	for (uint32_t i = 0; i < p->d.pair_count; i++) {
		if (*identity_words(p, &p->d.pairs[i], words) == '\0')
			continue;
		ost_jsonw_object(&w, NULL);
		ost_jsonw_string(&w, "device", pair_name(p, &p->d.pairs[i]));
		ost_jsonw_string(&w, "change", words + 2);
		ost_jsonw_end(&w, '}');
	}
	ost_jsonw_end(&w, ']');
	roles_json(&w, p);
	(void)ost_plan_inside(p->before, p->after.policy, words);
	ost_jsonw_string(&w, "inside", *words != '\0' ? words : NULL);
	ost_plan_established_json(&w, &p->established);
	ost_plan_traffic_json(&w, &p->traffic);
	ost_jsonw_end(&w, '}');
	return ost_cli_json_print(&w);
}

/* ---- the command ---- */

static int compare(struct plan *p)
{
	int rc = ost_difference_make(p->before, p->after.policy, &p->d);

	if (rc == -E2BIG)
		return ost_cli_fail("policy plan: more than %u differences; plan the change in steps, each with --against the files of the one before",
			OST_CHANGES_MAX);
	if (rc < 0)
		return ost_cli_fail("policy plan: %s", strerror(-rc));
	count_all(p);
	if (p->json != NULL) {
		ost_plan_established_ask(p->cli, p->after.policy, &p->established);
		ost_plan_traffic_judge(p->cli, p->before, &p->after, &p->traffic);
	}
	return p->cli->json ? print_json(p) : print_text(p);
}

static void plan_free(struct plan *p)
{
	ost_plan_established_free(&p->established);
	ost_plan_traffic_free(&p->traffic);
	ost_difference_free(&p->d);
	ost_diag_free(&p->diag);
	if (p->before_owned)
		ost_policy_free(&p->before);
	free(p->sources);
	json_decref(p->json);
	ost_cli_policy_free(&p->files);
	ost_cli_policy_free(&p->after);
}

int ost_cmd_policy_plan(const struct ost_cli *cli, int argc, char **argv)
{
	struct ost_cli here = *cli;
	struct plan p = {.cli = &here};
	struct ost_cli_list against = {0}, files = {0};
	const struct ost_cli_option options[] = {
		{.name = "json", .flag = &here.json},
		{.name = "all", .flag = &p.all},
		{.name = "against", .list = &against},
	};
	int first = ost_cli_options("policy plan", options, OST_ARRAY_SIZE(options), argc, argv), rc;

	if (first < 0)
		return OST_EXIT_INPUT;
	for (int i = first; i < argc && files.count < OST_CLI_LIST_MAX; i++)
		files.items[files.count++] = argv[i];
	if (files.count == 0)
		files.items[files.count++] = here.paths.policy_dir;
	rc = ost_cli_policy_open(&here, files.items, files.count, &p.after);
	if (rc == OST_EXIT_OK && against.count > 0) {
		rc = ost_cli_policy_open(&here, against.items, against.count, &p.files);
		p.before = p.files.policy;
	} else if (rc == OST_EXIT_OK) {
		rc = in_force_get(&p);
	}
	if (rc == OST_EXIT_OK)
		rc = compare(&p);
	plan_free(&p);
	return rc;
}
