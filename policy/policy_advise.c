/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Warnings: what is no error, and probably not what was meant. At most so many of one kind are
 * kept, so that they never crowd an error of the compiler out of the list. */
#include "policy_reader.h"

#define ADVICE_MAX 50u

#define advise(r, kept, pos, hint, ...)                                                            \
	do {                                                                                       \
		if ((kept)++ < ADVICE_MAX)                                                         \
			ost_diag_warning((r)->y.diag, pos, hint, __VA_ARGS__);                     \
		else                                                                               \
			(r)->y.diag->warnings++;                                                   \
	} while (0)

static void roles_advise(struct policy_reader *r)
{
	uint32_t idle = 0, shut = 0;

	for (uint32_t i = 0; i < r->policy->role_count; i++) {
		const struct ost_role *role = &r->policy->roles[i];
		const struct role_facts *facts = &r->roles[i];

		if (facts->devices == 0 && !facts->extended)
			advise(r, idle, facts->pos, "give it to a device, or remove it",
				"no device has role %s", role->name);
		else if (facts->devices > 0 && role->authenticate == OST_AUTH_TLS && !(role->includes & OST_INCLUDE_PORTAL))
			advise(r, shut, facts->authenticate_pos, "add portal to include: of the role",
				"role %s asks for tls, and does not let its devices (%u, the first is %s) reach the portal",
				role->name, facts->devices, r->policy->devices[facts->first_device].name);
	}
}

static struct ost_pos rule_pos(const struct policy_reader *r, const struct ost_rule *rule)
{
	return (struct ost_pos){policy_borrowed_file(r, rule->pos.file), rule->pos.line, rule->pos.column};
}

/* A MAC address is weak evidence: it never opens what asks for strong evidence. */
static void assurance_advise(struct policy_reader *r)
{
	uint32_t kept = 0, useless = 0;

	for (uint32_t i = 0; i < r->policy->role_count; i++) {
		const struct ost_role *role = &r->policy->roles[i];
		bool weak = role->authenticate == OST_AUTH_MAC;

		if (weak && role->assurance > OST_ASSURANCE_IDENTIFIED)
			advise(r, kept, r->roles[i].pos, "write authenticate: eap-tls, or lower it",
				"role %s asks for assurance %s, and a MAC address gives identified",
				role->name, ost_assurance_name(role->assurance));
		for (uint32_t j = 0; j < role->rule_count; j++) {
			const struct ost_rule *rule = &role->rules[j];

			if (rule->pos.file != NULL && policy_source_is_mud(rule->pos.file))
				continue; /* told once for all: policy_mud.c */
			if (weak && rule->assurance > OST_ASSURANCE_IDENTIFIED)
				advise(r, kept, rule_pos(r, rule), "write authenticate: eap-tls, or lower it",
					"the rule asks for assurance %s, and a MAC address gives "
					"identified",
					ost_assurance_name(rule->assurance));
			else if (rule->assurance != OST_ASSURANCE_NONE &&
				 rule->assurance < role->assurance)
				advise(r, useless, rule_pos(r, rule), "remove it, or ask for more",
					"the rule asks for assurance %s, and its role for %s "
					"already",
					ost_assurance_name(rule->assurance),
					ost_assurance_name(role->assurance));
		}
	}
}

/* Before its proof a device is known by nothing but its MAC. */
static void tls_advise(struct policy_reader *r)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < r->policy->role_count; i++) {
		const struct ost_role *role = &r->policy->roles[i];

		if (role->tls_max != OST_TLS_MAX_1_3 && role->authenticate != OST_AUTH_EAP_TLS)
			advise(r, kept, r->roles[i].pos, "remove it, or write authenticate: eap-tls",
				"tls-max of role %s changes nothing: it is for eap-tls", role->name);
	}
	for (uint32_t i = 0; i < r->policy->device_count; i++) {
		const struct ost_device *device = &r->policy->devices[i];
		const struct ost_role *role = &r->policy->roles[device->role];

		if (role->tls_max == OST_TLS_MAX_1_3 || role->authenticate != OST_AUTH_EAP_TLS || device->has_mac)
			continue;
		advise(r, kept, (struct ost_pos){policy_borrowed_file(r, device->pos.file), device->pos.line, device->pos.column},
			"write its mac:", "tls-max of role %s changes nothing for %s: before its proof only a MAC tells who it is",
			role->name, device->name);
	}
}

/* Names that are defined for nothing. used: by the index of a name. */
static void names_advise(struct policy_reader *r, const struct ost_names *names, const bool *used, const char *what)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < names->count && used != NULL; i++) {
		const struct ost_name *name = &names->entries[i];

		if (!used[name->index])
			advise(r, kept, name->pos, "use it in a rule, or remove it", "nothing uses %s %s", what, name->text);
	}
}

static void networks_advise(struct policy_reader *r)
{
	uint32_t n = r->network_names.count;
	OST_AUTO_FREE bool *used = ost_yaml_alloc(&r->y, n, sizeof(*used));

	for (uint32_t i = 0; used != NULL && i < n; i++)
		used[i] = r->networks[i].used;
	names_advise(r, &r->network_names, used, "network");
}

/* Whether devices have one of the roles that a rule is about. */
static bool has_peers(const struct policy_reader *r, const struct ost_rule *rule)
{
	for (uint32_t i = 0; i < rule->peer_role_count; i++)
		if (r->roles[rule->peer_roles[i]].devices > 0)
			return true;
	return rule->peer != OST_PEER_ROLE;
}

static void peers_advise(struct policy_reader *r)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < r->policy->role_count; i++) {
		const struct ost_role *role = &r->policy->roles[i];

		for (uint32_t k = r->roles[i].own_first; k < role->rule_count; k++)
			if (!has_peers(r, &role->rules[k]))
				advise(r, kept, rule_pos(r, &role->rules[k]), "give the role to a device, or remove the rule",
					"the rule is about nobody: no device has a role that it names");
	}
}

/* Classes that no ACE of the policy's MUD files asks for. */
static void controllers_advise(struct policy_reader *r)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < r->controller_count; i++)
		if (!r->controllers[i].used)
			advise(r, kept, r->controllers[i].pos, "remove it, or look for its name in the MUD file",
				"no MUD file of a role asks for controller '%s'", r->controllers[i].uri);
	for (uint32_t i = 0; i < r->policy->role_count; i++) {
		const struct controller *mine = &r->roles[i].own.my_controller;

		if (mine->pos.line > 0 && !mine->used)
			advise(r, kept, mine->pos, "remove it", "my-controller of role %s changes nothing: no MUD file asks for it",
				r->policy->roles[i].name);
	}
}

void policy_advise(struct policy_reader *r)
{
	roles_advise(r);
	assurance_advise(r);
	tls_advise(r);
	networks_advise(r);
	names_advise(r, &r->service_names, r->service_used, "service");
	names_advise(r, &r->schedule_names, r->schedule_used, "schedule");
	controllers_advise(r);
	peers_advise(r);
	policy_agree_advise(r);
	policy_suffix_advise(r);
	policy_shadow_advise(r);
}
