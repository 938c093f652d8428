/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions near the edges of a policy: where a wrong mask or a wrong comparison shows. */
#include "random_policy.h"

static void step(struct ost_ip *ip, bool up)
{
	for (unsigned i = ip->family == OST_IPV4 ? 4 : 16; i-- > 0;) {
		ip->b[i] = (uint8_t)(ip->b[i] + (up ? 1 : -1));
		if (ip->b[i] != (up ? 0 : 0xff))
			return;
	}
}

static void fill_rest(struct ost_ip *ip, unsigned length, struct rng *rng, int how)
{
	unsigned bits = ip->family == OST_IPV4 ? 32 : 128;

	for (unsigned bit = length; bit < bits; bit++) {
		bool one = how == 2 ? rng_percent(rng, 50) : how == 1;
		uint8_t mask = (uint8_t)(0x80 >> bit % 8);

		ip->b[bit / 8] = one ? ip->b[bit / 8] | mask : ip->b[bit / 8] & (uint8_t)~mask;
	}
}

static const struct ost_rule *some_rule(struct rng *rng, const struct ost_policy *policy)
{
	const struct ost_role *role = &policy->roles[rng_below(rng, policy->role_count)];

	return role->rule_count ? &role->rules[rng_below(rng, role->rule_count)] : NULL;
}

bool random_rule_address(struct rng *rng, const struct ost_rule *rule, struct ost_ip *ret_ip)
{
	const struct ost_prefix *p;
	uint32_t how = rng_below(rng, 6);

	if (rule == NULL || rule->prefix_count == 0)
		return false;
	p = &rule->prefixes[rng_below(rng, rule->prefix_count)];
	*ret_ip = p->ip;
	fill_rest(ret_ip, p->length, rng, how == 1 || how == 3 ? 1 : how >= 4 ? 2 : 0);
	if (how == 2)
		step(ret_ip, false);
	if (how == 3)
		step(ret_ip, true);
	if (how == 5) /* one bit beside the prefix */
		ret_ip->b[(p->length ? p->length - 1u : 0u) / 8] ^=
			(uint8_t)(0x80 >> (p->length ? p->length - 1u : 0u) % 8);
	return true;
}

static bool from_device(struct rng *rng, const struct ost_policy *policy, struct ost_ip *ret_ip)
{
	const struct ost_device *d = &policy->devices[rng_below(rng, policy->device_count)];

	if (d->address_count == 0)
		return false;
	*ret_ip = d->addresses[rng_below(rng, d->address_count)];
	if (rng_percent(rng, 10))
		step(ret_ip, rng_percent(rng, 50));
	return true;
}

struct ost_ip random_policy_address(
	struct rng *rng, const struct ost_policy *policy, uint8_t family)
{
	struct ost_ip ip = {.family = family};

	for (int tries = 0; tries < 20; tries++) {
		bool found = rng_percent(rng, 70)
				     ? random_rule_address(rng, some_rule(rng, policy), &ip)
				     : from_device(rng, policy, &ip);

		if (found && ip.family == family)
			return ip;
	}
	ip = (struct ost_ip){.family = family};
	fill_rest(&ip, 0, rng, 2);
	return ip;
}

static bool is_icmp_of_other_family(uint8_t protocol, uint8_t family)
{
	return (protocol == 1 && family != OST_IPV4) || (protocol == 58 && family != OST_IPV6);
}

static bool has_value(uint8_t protocol)
{
	static const uint8_t with[] = {1, 6, 17, 33, 58, 132, 136};

	return memchr(with, protocol, sizeof(with)) != NULL;
}

void random_rule_service(struct rng *rng, const struct ost_rule *rule, uint8_t family,
	uint8_t *ret_protocol, uint16_t *ret_value)
{
	static const uint8_t protocols[] = {
		6, 6, 6, 17, 17, 1, 58, 33, 47, 50, 132, 136, 89, 254, 255};
	const struct ost_service *s =
		rule ? &rule->services[rng_below(rng, rule->service_count)] : NULL;
	uint8_t protocol = protocols[rng_below(rng, sizeof(protocols))];
	uint16_t value = (uint16_t)rng_next(rng);

	if (s != NULL) {
		const uint16_t edges[] = {s->lo, s->hi, (uint16_t)(s->lo - 1),
			(uint16_t)(s->hi + 1), (uint16_t)(s->lo + (s->hi - s->lo) / 2)};

		if (s->protocol != 0)
			protocol = s->protocol;
		value = edges[rng_below(rng, OST_ARRAY_SIZE(edges))];
	}
	if (is_icmp_of_other_family(protocol, family))
		protocol = family == OST_IPV4 ? 1 : 58;
	*ret_protocol = protocol;
	*ret_value = has_value(protocol) ? value : 0;
}

void random_policy_service(struct rng *rng, const struct ost_policy *policy, uint8_t family,
	uint8_t *ret_protocol, uint16_t *ret_value)
{
	random_rule_service(rng, rng_percent(rng, 85) ? some_rule(rng, policy) : NULL, family,
		ret_protocol, ret_value);
}
