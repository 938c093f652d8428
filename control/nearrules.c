/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nearrules.h"

#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>

#include "services.h"

static bool in_prefixes(const struct ost_rule *rule, const struct ost_ip *ip)
{
	for (uint32_t i = 0; i < rule->prefix_count; i++) {
		if (ost_prefix_contains(&rule->prefixes[i], ip))
			return true;
	}
	return false;
}

/* As model.h has it. */
static bool hosts_have(const struct ost_host *hosts, uint32_t count, const char *name)
{
	size_t n = strlen(name);

	for (uint32_t i = 0; i < count; i++) {
		size_t m = strlen(hosts[i].name);

		if (hosts[i].suffix ? n > m + 1 && name[n - m - 1] == '.' && strcmp(name + n - m, hosts[i].name) == 0
				    : strcmp(name, hosts[i].name) == 0)
			return true;
	}
	return false;
}

static bool has_role(const struct ost_rule *rule, uint32_t role)
{
	for (uint32_t i = 0; i < rule->peer_role_count; i++) {
		if (rule->peer_roles[i] == role)
			return true;
	}
	return false;
}

static bool peer_matches(const struct ost_near_question *q, const struct ost_rule *rule)
{
	const struct ost_device *d =
		q->peer_device >= 0 ? &q->policy->devices[q->peer_device] : NULL;

	if (rule->peer == OST_PEER_ANY)
		return true;
	if (rule->peer == OST_PEER_ROLE)
		return d != NULL && has_role(rule, d->role);
	if (rule->peer == OST_PEER_NAME)
		return q->host != NULL && hosts_have(rule->hosts, rule->host_count, q->host);
	if (rule->peer == OST_PEER_TAG)
		return d != NULL && (d->tags & rule->peer_tags) != 0;
	if (q->peer != NULL)
		return in_prefixes(rule, q->peer);
	for (uint32_t i = 0; d != NULL && i < d->address_count; i++) {
		if (in_prefixes(rule, &d->addresses[i]))
			return true;
	}
	return false;
}

static void services_match(
	const struct ost_near_question *q, const struct ost_rule *rule, struct ost_near_rule *ret)
{
	for (uint32_t i = 0; i < rule->service_count; i++) {
		const struct ost_service *s = &rule->services[i];

		if (s->protocol != 0 && s->protocol != q->protocol)
			continue;
		ret->protocol_ok = true;
		if (s->lo <= q->value && q->value <= s->hi)
			ret->value_ok = true;
	}
}

static void add(char words[OST_NEAR_WORDS], const char *fmt, ...) OST_PRINTF(2, 3);

static void add(char words[OST_NEAR_WORDS], const char *fmt, ...)
{
	size_t used = strlen(words);
	va_list ap;

	if (used > 0 && used + 3 < OST_NEAR_WORDS) {
		memcpy(words + used, "; ", 3);
		used += 2;
	}
	va_start(ap, fmt);
	(void)vsnprintf(words + used, OST_NEAR_WORDS - used, fmt, ap);
	va_end(ap);
}

static const char *peer_text(const struct ost_near_question *q, char buf[static OST_IP_TEXT])
{
	if (q->host != NULL)
		return q->host;
	if (q->peer_device >= 0)
		return q->policy->devices[q->peer_device].name;
	return q->peer != NULL ? ost_ip_format(q->peer, buf) : "the peer";
}

static void peer_words(const struct ost_near_question *q, struct ost_near_rule *near)
{
	char buf[OST_IP_TEXT];
	const char *peer = peer_text(q, buf);

	if (near->rule->peer == OST_PEER_NETWORK) {
		add(near->words, "%s is not in that network", peer);
		return;
	}
	if (near->rule->peer == OST_PEER_NAME) {
		add(near->words, q->host != NULL ? "%s is none of its names" : "%s is an address, and the rule is about names", peer);
		return;
	}
	if (q->peer_device < 0) {
		add(near->words, "%s is no device of the policy, so it has no role", peer);
		return;
	}
	add(near->words, "%s has role %s", peer,
		q->policy->roles[q->policy->devices[q->peer_device].role].name);
}

static void value_words(const struct ost_near_question *q, struct ost_near_rule *near)
{
	const char *name = ost_protocol_name(q->protocol);

	if (!near->protocol_ok && name != NULL)
		add(near->words, "it is not for %s", name);
	else if (!near->protocol_ok)
		add(near->words, "it is not for ip/%u", q->protocol);
	else if (ost_protocol_has_ports(q->protocol))
		add(near->words, "port %u is not among its ports", q->value);
	else
		add(near->words, "type %u code %u is not among its types", q->value >> 8,
			q->value & 0xff);
}

static void compare(
	const struct ost_near_question *q, const struct ost_rule *rule, struct ost_near_rule *ret)
{
	*ret = (struct ost_near_rule){
		.rule = rule,
		.direction_ok = rule->direction == q->direction,
		.peer_ok = peer_matches(q, rule),
		.assurance_ok = rule->assurance <= q->assurance,
	};
	services_match(q, rule, ret);
	if (!ret->direction_ok)
		add(ret->words, rule->direction == OST_TO
					? "it lets the device open flows, not the peer"
					: "it lets the peer open flows, not the device");
	if (!ret->peer_ok)
		peer_words(q, ret);
	if (!ret->value_ok)
		value_words(q, ret);
	if (!ret->assurance_ok)
		add(ret->words, "it asks for assurance %s, and the device is judged with %s",
			ost_assurance_name(rule->assurance), ost_assurance_name(q->assurance));
}

/* 0: nothing in common worth showing. A peer or a port in common says more than a protocol. */
static unsigned score(const struct ost_near_rule *n)
{
	unsigned s = (n->peer_ok ? 4u : 0) + (n->protocol_ok ? 2u : 0) + (n->value_ok ? 3u : 0) +
		     (n->direction_ok ? 3u : 0) + (n->assurance_ok ? 1u : 0);

	if (!n->direction_ok && !(n->peer_ok && n->value_ok))
		return 0;
	return n->peer_ok || n->value_ok || n->protocol_ok ? s : 0;
}

uint32_t ost_near_rules(
	const struct ost_near_question *q, struct ost_near_rule *ret_rules, uint32_t n)
{
	const struct ost_role *role = &q->policy->roles[q->role];
	uint32_t count = 0;

	for (uint32_t i = 0; i < role->rule_count; i++) {
		struct ost_near_rule near;
		uint32_t at;

		compare(q, &role->rules[i], &near);
		if (score(&near) == 0)
			continue;
		at = OST_MIN(count, n);
		while (at > 0 && score(&near) > score(&ret_rules[at - 1])) {
			if (at < n)
				ret_rules[at] = ret_rules[at - 1];
			at--;
		}
		if (at < n)
			ret_rules[at] = near;
		count = OST_MIN(count + 1, n);
	}
	return count;
}
