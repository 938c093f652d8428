/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ost-rules POLICY ROLE: the rules of a role as the model has them, a JSON object a line; for tests that compare meanings. */
#include <stdio.h>

#include "jsonw.h"
#include "policy_yaml.h"

static void peer_print(struct ost_jsonw *w, const struct ost_policy *policy, const struct ost_rule *rule)
{
	static const char *const kinds[] = {"any", "network", "role", "tag", "name"};
	char text[OST_PREFIX_TEXT];

	ost_jsonw_string(w, "peer", kinds[rule->peer]);
	ost_jsonw_array(w, "prefixes");
	for (uint32_t i = 0; i < rule->prefix_count; i++)
		ost_jsonw_string(w, NULL, ost_prefix_format(&rule->prefixes[i], text));
	ost_jsonw_end(w, ']');
	ost_jsonw_array(w, "roles");
	for (uint32_t i = 0; i < rule->peer_role_count; i++)
		ost_jsonw_string(w, NULL, policy->roles[rule->peer_roles[i]].name);
	ost_jsonw_end(w, ']');
	ost_jsonw_array(w, "hosts");
	for (uint32_t i = 0; i < rule->host_count; i++)
		ost_jsonw_string(w, NULL, rule->hosts[i].name);
	ost_jsonw_end(w, ']');
}

static void rule_print(struct ost_jsonw *w, const struct ost_policy *policy, const struct ost_rule *rule)
{
	ost_jsonw_object(w, NULL);
	ost_jsonw_string(w, "text", rule->text);
	ost_jsonw_string(w, "file", rule->pos.file);
	ost_jsonw_u64(w, "line", rule->pos.line);
	ost_jsonw_string(w, "direction", rule->direction == OST_TO ? "to" : "from");
	ost_jsonw_string(w, "assurance", ost_assurance_name(rule->assurance));
	ost_jsonw_u64(w, "flags", rule->flags);
	ost_jsonw_bool(w, "infrastructure", rule->infrastructure);
	peer_print(w, policy, rule);
	ost_jsonw_array(w, "services");
	for (uint32_t i = 0; i < rule->service_count; i++) {
		const struct ost_service *s = &rule->services[i];

		ost_jsonw_array(w, NULL);
		ost_jsonw_u64(w, NULL, s->protocol);
		ost_jsonw_u64(w, NULL, s->family);
		ost_jsonw_u64(w, NULL, s->lo);
		ost_jsonw_u64(w, NULL, s->hi);
		ost_jsonw_end(w, ']');
	}
	ost_jsonw_end(w, ']');
	ost_jsonw_end(w, '}');
	ost_jsonw_newline(w);
}

static int findings_print(const struct ost_diag *diag)
{
	char line[2048];

	for (uint32_t i = 0; i < diag->count; i++) {
		(void)ost_finding_format(&diag->findings[i], line, sizeof(line));
		(void)fprintf(stderr, "%s\n", line);
	}
	return 2;
}

int main(int argc, char **argv)
{
	struct ost_policy_names names = {0};
	struct ost_policy *policy = NULL;
	struct ost_diag diag = {0};
	struct ost_jsonw w = {0};
	int64_t role;

	if (argc != 3) {
		(void)fputs("usage: ost-rules POLICY ROLE\n", stderr);
		return 2;
	}
	if (ost_policy_load((const char *const *)(argv + 1), 1, &diag, &names, &policy) < 0)
		return findings_print(&diag);
	role = ost_policy_role_find(policy, argv[2]);
	for (uint32_t i = 0; role >= 0 && i < policy->roles[role].rule_count; i++)
		rule_print(&w, policy, &policy->roles[role].rules[i]);
	if (!w.failed && w.text != NULL)
		(void)fputs(w.text, stdout);
	ost_jsonw_free(&w);
	ost_diag_free(&diag);
	ost_policy_free(&policy);
	ost_policy_names_free(&names);
	return role < 0 ? 2 : 0;
}
