/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Suffixes below which anybody can have a name: ".com" allows whom nobody meant. The list of public suffixes has thousands, and changes
 * daily; these are what a hand writes by mistake. */
#include "policy_reader.h"

#define KEPT_MAX 50u

static bool is_among(const char *text, size_t length, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strlen(list[i]) == length && strncmp(list[i], text, length) == 0)
			return true;
	}
	return false;
}

/* Names of one part that no registry gives away: RFC 6761, RFC 6762 appendix G, and .internal. */
static bool is_private(const char *name)
{
	static const char *const names[] = {"corp", "example", "home", "internal", "intranet", "invalid", "lan", "local", "localdomain", "localhost",
		"private", "test"};

	return is_among(name, strlen(name), names, OST_ARRAY_SIZE(names));
}

/* What registries of countries have names below: co.uk, com.au, or.jp. */
static bool is_second_level(const char *part, size_t length)
{
	static const char *const parts[] = {"ac", "asn", "co", "com", "ed", "edu", "firm", "gen", "go", "gob", "gouv", "gov", "govt", "gv", "id", "ind",
		"info", "ltd", "me", "mil", "ne", "net", "nom", "or", "org", "plc", "sch", "web"};

	return is_among(part, length, parts, OST_ARRAY_SIZE(parts));
}

/* Where whoever pays, or not even that, gets a name. */
static bool is_hosting(const char *name)
{
	static const char *const names[] = {"akamaiedge.net", "akamaihd.net", "akamaized.net", "amazonaws.com", "appspot.com", "azure-api.net", "azureedge.net",
		"azurefd.net", "azurewebsites.net", "cloudapp.azure.com", "cloudapp.net", "cloudfront.net", "duckdns.org", "dyndns.org", "edgekey.net",
		"fastly.net", "firebaseapp.com", "github.io", "gitlab.io", "googleusercontent.com", "herokuapp.com", "netlify.app",
		"ngrok.io", "no-ip.org", "pages.dev", "run.app", "vercel.app", "web.app", "core.windows.net", "workers.dev"};

	return is_among(name, strlen(name), names, OST_ARRAY_SIZE(names));
}

bool policy_suffix_is_public(const char *name)
{
	const char *dot = strchr(name, '.');

	if (dot == NULL)
		return !is_private(name);
	if (strchr(dot + 1, '.') == NULL && strlen(dot + 1) == 2 && is_second_level(name, (size_t)(dot - name)))
		return true;
	return is_hosting(name);
}

static void rule_check(struct policy_reader *r, const struct ost_rule *rule, uint32_t *kept)
{
	struct ost_pos pos = {policy_borrowed_file(r, rule->pos.file), rule->pos.line, rule->pos.column};

	for (uint32_t i = 0; i < rule->host_count; i++) {
		const struct ost_host *host = &rule->hosts[i];
		char hint[OST_HINT_MAX];

		if (!host->suffix || !policy_suffix_is_public(host->name))
			continue;
		if ((*kept)++ < KEPT_MAX)
			ost_diag_warning(r->y.diag, pos, ost_hint(hint, sizeof(hint), "name what is meant, such as .example.%.200s", host->name),
				"the rule allows every name below .%.253s, where anybody can have one", host->name);
		else
			r->y.diag->warnings++;
	}
}

void policy_suffix_advise(struct policy_reader *r)
{
	struct ost_pos last = {0}; /* an exception for a tag stands in several roles */
	uint32_t kept = 0;

	for (uint32_t i = 0; i < r->policy->role_count; i++) {
		const struct ost_role *role = &r->policy->roles[i];

		for (uint32_t k = r->roles[i].own_first; k < role->rule_count; k++) {
			const struct ost_rule *rule = &role->rules[k];

			if (rule->peer != OST_PEER_NAME || (last.file == rule->pos.file && last.line == rule->pos.line && last.column == rule->pos.column))
				continue;
			last = rule->pos;
			rule_check(r, rule, &kept);
		}
	}
}
