/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "random_policy.h"

static void print_service(FILE *out, const struct ost_service *s)
{
	(void)fprintf(out, "%s%u%s/%u-%u", s->protocol ? "ip" : "any", s->protocol,
		s->family == 0		? ""
		: s->family == OST_IPV4 ? "(v4)"
					: "(v6)",
		s->lo, s->hi);
}

static void print_rule(
	FILE *out, const struct ost_policy *policy, const struct ost_rule *r, uint32_t index)
{
	char p[OST_PREFIX_TEXT];

	(void)fprintf(out, "      - %s: { # rule %u, assurance %s%s\n          ",
		r->direction == OST_TO ? "to" : "from", index, ost_assurance_name(r->assurance),
		r->infrastructure ? ", infrastructure" : "");
	(void)fprintf(out, "# schedule %u, flags %u, device %u, tags %llx of %llx\n          ", r->schedule, r->flags, r->only_device,
		(unsigned long long)r->only_tags, (unsigned long long)r->peer_tags);
	if (r->peer == OST_PEER_ANY)
		(void)fprintf(out, "any: true");
	for (uint32_t i = 0; i < r->host_count; i++)
		(void)fprintf(out, "name: %s%s ", r->hosts[i].suffix ? "." : "", r->hosts[i].name);
	for (uint32_t i = 0; i < r->peer_role_count; i++)
		(void)fprintf(out, "role: %s ", policy->roles[r->peer_roles[i]].name);
	for (uint32_t i = 0; r->peer == OST_PEER_NETWORK && i < r->prefix_count; i++)
		(void)fprintf(out, "%s%s", i ? ", " : "network: [",
			ost_prefix_format(&r->prefixes[i], p));
	(void)fprintf(out, "%s, service: [", r->peer == OST_PEER_NETWORK ? "]" : "");
	for (uint32_t i = 0; i < r->service_count; i++) {
		(void)fprintf(out, "%s", i ? ", " : "");
		print_service(out, &r->services[i]);
	}
	(void)fprintf(out, "] }\n");
}

static void print_device(FILE *out, const struct ost_policy *policy, const struct ost_device *d)
{
	char mac[OST_MAC_TEXT], ip[OST_IP_TEXT];

	(void)fprintf(out, "  %s: { role: %s, mac: \"%s\", vlan: %u.%u, port: %s, address: [",
		d->name, policy->roles[d->role].name, ost_mac_format(&d->mac, mac), d->vlan & 0xfff,
		d->vlan >> 12, d->port ? d->port : "any");
	for (uint32_t i = 0; i < d->address_count; i++)
		(void)fprintf(out, "%s\"%s\"", i ? ", " : "", ost_ip_format(&d->addresses[i], ip));
	(void)fprintf(out, "] }\n");
}

void random_policy_print(FILE *out, const struct ost_policy *policy)
{
	(void)fprintf(out, "roles:\n");
	for (uint32_t i = 0; i < policy->role_count; i++) {
		const struct ost_role *role = &policy->roles[i];

		(void)fprintf(out, "  %s: # assurance %s, includes 0x%x\n    allow:\n", role->name,
			ost_assurance_name(role->assurance), role->includes);
		for (uint32_t k = 0; k < role->rule_count; k++)
			print_rule(out, policy, &role->rules[k], k);
	}
	(void)fprintf(out, "devices:\n");
	for (uint32_t i = 0; i < policy->device_count; i++)
		print_device(out, policy, &policy->devices[i]);
}
