/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "difference_rules.h"

#include "array.h"
#include "compile_lanes.h"

/* ---- the same in both ---- */

static bool schedule_equal(const struct ost_schedule *a, const struct ost_schedule *b)
{
	if (a->window_count != b->window_count)
		return false;
	for (uint32_t i = 0; i < a->window_count; i++) {
		const struct ost_window *x = &a->windows[i], *y = &b->windows[i];

		if (x->kind != y->kind || x->days != y->days || x->local != y->local || x->from_min != y->from_min ||
			x->until_min != y->until_min || x->since_s != y->since_s || x->until_s != y->until_s)
			return false;
	}
	return true;
}

/* Those that open at the same times get one number. */
static int schedules_make(struct ost_sides *s)
{
	const struct ost_schedule *seen[2 * OST_SCHEDULES_MAX];

	for (unsigned side = 0; side < 2; side++) {
		const struct ost_policy *p = s->policy[side];
		uint32_t n = p != NULL ? OST_MIN(p->schedule_count, OST_SCHEDULES_MAX) : 0;

		s->schedule[side] = calloc((size_t)n + 1, sizeof(**s->schedule));
		if (s->schedule[side] == NULL)
			return -ENOMEM;
		for (uint32_t i = 0; i < n; i++) {
			uint32_t k = 0;

			while (k < s->schedule_count && !schedule_equal(seen[k], &p->schedules[i]))
				k++;
			if (k == s->schedule_count)
				seen[s->schedule_count++] = &p->schedules[i];
			s->schedule[side][i + 1] = k + 1;
		}
	}
	return 0;
}

static void tags_map(struct ost_sides *s)
{
	const struct ost_policy *a = s->policy[0], *b = s->policy[1];

	for (uint32_t i = 0; i < 64; i++) {
		s->tag_after[i] = 64;
		for (uint32_t k = 0; a != NULL && i < a->tag_count && k < b->tag_count; k++) {
			if (strcmp(a->tags[i], b->tags[k]) == 0)
				s->tag_after[i] = (uint8_t)k;
		}
	}
}

/* A set of the before policy's tags as the after policy numbers them. False: it has one of them not. */
static bool tags_follow(const struct ost_sides *s, uint64_t tags, uint64_t *ret_tags)
{
	*ret_tags = 0;
	for (; tags != 0; tags &= tags - 1) {
		unsigned to = s->tag_after[__builtin_ctzll(tags)];

		if (to == 64)
			return false;
		*ret_tags |= 1ull << to;
	}
	return true;
}

bool ost_tags_equal(const struct ost_sides *s, uint64_t before, uint64_t after)
{
	uint64_t tags;

	return tags_follow(s, before, &tags) && tags == after;
}

static bool peers_equal(const struct ost_sides *s, const struct ost_rule *a, const struct ost_rule *b)
{
	if (a->prefix_count != b->prefix_count || a->host_count != b->host_count || a->peer_role_count != b->peer_role_count)
		return false;
	for (uint32_t i = 0; i < a->prefix_count; i++) {
		if (a->prefixes[i].length != b->prefixes[i].length || !ost_ip_equal(&a->prefixes[i].ip, &b->prefixes[i].ip))
			return false;
	}
	for (uint32_t i = 0; i < a->host_count; i++) {
		if (a->hosts[i].suffix != b->hosts[i].suffix || strcmp(a->hosts[i].name, b->hosts[i].name) != 0)
			return false;
	}
	for (uint32_t i = 0; i < a->peer_role_count; i++) {
		if (strcmp(s->policy[0]->roles[a->peer_roles[i]].name, s->policy[1]->roles[b->peer_roles[i]].name) != 0)
			return false;
	}
	return ost_tags_equal(s, a->peer_tags, b->peer_tags);
}

static bool rule_equal(const struct ost_sides *s, const struct ost_rule *a, const struct ost_rule *b)
{
	if (a->direction != b->direction || a->peer != b->peer || a->service_count != b->service_count || a->assurance != b->assurance ||
		a->infrastructure != b->infrastructure || ((a->flags ^ b->flags) & (OST_RULE_ONE | OST_RULE_DNS_GUARD)) != 0)
		return false;
	if (s->schedule[0][a->schedule] != s->schedule[1][b->schedule] || !ost_tags_equal(s, a->only_tags, b->only_tags))
		return false;
	if ((a->flags & OST_RULE_ONE) &&
		strcmp(s->policy[0]->devices[a->only_device].name, s->policy[1]->devices[b->only_device].name) != 0)
		return false;
	for (uint32_t i = 0; i < a->service_count; i++) {
		const struct ost_service *x = &a->services[i], *y = &b->services[i];

		if (x->protocol != y->protocol || x->family != y->family || x->lo != y->lo || x->hi != y->hi)
			return false;
	}
	return peers_equal(s, a, b);
}

static bool role_equal(const struct ost_sides *s, const struct ost_role *a, const struct ost_role *b)
{
	if (a->assurance != b->assurance || a->rule_count != b->rule_count)
		return false;
	for (uint32_t i = 0; i < a->rule_count; i++) {
		if (!rule_equal(s, &a->rules[i], &b->rules[i]))
			return false;
	}
	return true;
}

static bool resolvers_equal(const struct ost_policy *a, const struct ost_policy *b)
{
	if (a->resolver_count != b->resolver_count)
		return false;
	for (uint32_t i = 0; i < a->resolver_count; i++) {
		if (a->resolvers[i].length != b->resolvers[i].length || !ost_ip_equal(&a->resolvers[i].ip, &b->resolvers[i].ip))
			return false;
	}
	return true;
}

static int roles_match(struct ost_sides *s)
{
	const struct ost_policy *a = s->policy[0], *b = s->policy[1];
	bool alike = a != NULL && resolvers_equal(a, b);

	s->role_before = calloc((size_t)b->role_count + 1, sizeof(*s->role_before));
	if (s->role_before == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < b->role_count; i++) {
		int64_t was = a != NULL ? ost_policy_role_find(a, b->roles[i].name) : -ENOENT;

		s->role_before[i] = alike && was >= 0 && role_equal(s, &a->roles[was], &b->roles[i]) ? (uint32_t)was : OST_PAIR_NONE;
	}
	return 0;
}

static int only_make(struct ost_sides *s, unsigned side)
{
	const struct ost_policy *p = s->policy[side];

	s->only[side] = calloc((p != NULL ? (size_t)p->device_count : 0) + 1, sizeof(**s->only));
	if (s->only[side] == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; p != NULL && i < p->role_count; i++) {
		for (uint32_t k = 0; k < p->roles[i].rule_count; k++) {
			if (p->roles[i].rules[k].flags & OST_RULE_ONE)
				s->only[side][p->roles[i].rules[k].only_device] = true;
		}
	}
	return 0;
}

int ost_sides_make(const struct ost_policy *before, const struct ost_policy *after, struct ost_sides *s)
{
	int r;

	*s = (struct ost_sides){.policy = {before, after}};
	r = schedules_make(s);
	if (r == 0)
		r = only_make(s, 0);
	if (r == 0)
		r = only_make(s, 1);
	if (r < 0)
		return r;
	tags_map(s);
	return roles_match(s);
}

void ost_sides_free(struct ost_sides *s)
{
	for (unsigned side = 0; side < 2; side++) {
		free(s->schedule[side]);
		free(s->only[side]);
	}
	free(s->role_before);
	*s = (struct ost_sides){0};
}

/* ---- classes ---- */

/* Which of the prefixes that its policy's rules have hold an address: FNV-1a over them. Two devices that agree in it are asked
 * about with the same answer. */
static uint64_t addresses_hash(const struct ost_policy *p, const struct ost_device *d)
{
	uint64_t h = 0xcbf29ce484222325ull;

	if (d->address_count == 0)
		return 0;
	for (uint32_t a = 0; a < d->address_count; a++) {
		h = (h ^ d->addresses[a].family) * 0x100000001b3ull;
		for (uint32_t r = 0; r < p->role_count; r++) {
			for (uint32_t k = 0; k < p->roles[r].rule_count; k++) {
				const struct ost_rule *rule = &p->roles[r].rules[k];

				for (uint32_t i = 0; rule->peer == OST_PEER_NETWORK && i < rule->prefix_count; i++) {
					if (ost_prefix_contains(&rule->prefixes[i], &d->addresses[a]))
						h = (h ^ ((uint64_t)r << 40 ^ (uint64_t)k << 20 ^ i)) * 0x100000001b3ull;
				}
			}
		}
	}
	return h;
}

void ost_class_key_make(const struct ost_sides *s, const struct ost_device_pair *pair, struct ost_class_key *ret_key)
{
	const uint32_t place[2] = {pair->before, pair->after};

	memset(ret_key, 0, sizeof(*ret_key));
	for (unsigned side = 0; side < 2; side++) {
		const struct ost_device *d = place[side] != OST_PAIR_NONE ? &s->policy[side]->devices[place[side]] : NULL;

		ret_key->role[side] = d != NULL ? d->role : OST_PAIR_NONE;
		if (d == NULL)
			continue;
		ret_key->tags[side] = d->tags;
		ret_key->vlan[side] = d->vlan;
		ret_key->addresses[side] = addresses_hash(s->policy[side], d);
		ret_key->only[side] = s->only[side][place[side]] ? place[side] + 1 : 0;
	}
}
