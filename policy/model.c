/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model.h"

void ost_rule_close(struct ost_rule *rule)
{
	free(rule->text);
	free(rule->reason);
	free(rule->prefixes);
	free(rule->services);
	free(rule->peer_roles);
	for (uint32_t i = 0; i < rule->host_count; i++)
		free(rule->hosts[i].name);
	free(rule->hosts);
}

static void role_free(struct ost_role *role)
{
	for (uint32_t i = 0; i < role->rule_count; i++)
		ost_rule_close(&role->rules[i]);
	free(role->rules);
	free(role->mud_url);
	free(role->name);
}

static void schedule_free(struct ost_schedule *schedule)
{
	free(schedule->name);
	free(schedule->windows);
}

static void test_free(struct ost_test *test)
{
	free(test->text);
	free(test->flow.peer_host.name);
}

static void device_free(struct ost_device *device)
{
	free(device->name);
	free(device->port);
	free(device->certificate);
	free(device->addresses);
}

void ost_policy_free(struct ost_policy **policy)
{
	struct ost_policy *p = *policy;

	if (p == NULL)
		return;
	for (uint32_t i = 0; i < p->role_count; i++)
		role_free(&p->roles[i]);
	for (uint32_t i = 0; i < p->device_count; i++)
		device_free(&p->devices[i]);
	for (uint32_t i = 0; i < p->test_count; i++)
		test_free(&p->tests[i]);
	for (uint32_t i = 0; i < p->schedule_count; i++)
		schedule_free(&p->schedules[i]);
	for (uint32_t i = 0; i < p->tag_count; i++)
		free(p->tags[i]);
	for (uint32_t i = 0; i < p->file_count; i++)
		free(p->files[i]);
	free(p->roles);
	free(p->devices);
	free(p->tests);
	free(p->schedules);
	free(p->tags);
	for (uint32_t i = 0; i < p->private_domain_count; i++)
		free(p->private_domains[i]);
	free(p->private_domains);
	free(p->resolvers);
	free(p->inside);
	free(p->files);
	free(p);
	*policy = NULL;
}

int64_t ost_policy_role_find(const struct ost_policy *policy, const char *name)
{
	for (uint32_t i = 0; i < policy->role_count; i++)
		if (strcmp(policy->roles[i].name, name) == 0)
			return i;
	return -ENOENT;
}

int64_t ost_policy_device_find(const struct ost_policy *policy, const char *name)
{
	for (uint32_t i = 0; i < policy->device_count; i++)
		if (strcmp(policy->devices[i].name, name) == 0)
			return i;
	return -ENOENT;
}

const char *ost_authenticate_name(enum ost_authenticate a)
{
	static const char *const names[OST_AUTH_COUNT] = {
		[OST_AUTH_MAC] = "mac",
		[OST_AUTH_EAP_TLS] = "eap-tls",
		[OST_AUTH_TLS] = "tls",
	};

	return (unsigned)a < OST_AUTH_COUNT ? names[a] : "invalid";
}
