/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The difference of two policies against the naive interpreter: random policies, one made of the other, and random flows.
 *
 *   OSTIARY_SEED=n      repeats a run (printed by every run)
 *   OSTIARY_POLICIES=n  how many pairs, 150 if not said
 *   OSTIARY_FLOWS=n     flows a pair, 3000 if not said
 *
 * A flow that no change holds has the same verdict under both policies, at every time, with every proof, in every state. One that
 * a change says is gained is allowed never before and at some time after; a loss the other way round. So it is with an address that
 * the device was given for a name: what is told of the name is what rules about names make of it, and it is told at the pattern
 * of both policies that fits the name best. */
#include <inttypes.h>

#include "clock.h"
#include "difference.h"
#include "naive.h"
#include "random_policy.h"

static struct {
	uint64_t named, named_changes; /* flows by name; those that a change holds */
	uint64_t seed, flows, gains, losses, conditions, same, between;
} run;

struct pair {
	struct ost_policy *policy[2];
	struct naive_world world[2];
	struct ost_difference difference;
	uint32_t *class_of; /* by device; both policies have the same ones in the same order */
};

/* ---- the second policy: the first, with some of its rules gone, some changed, some devices with another role ---- */

static void rule_spoil(struct rng *rng, struct ost_policy *p, struct ost_rule *r)
{
	struct ost_service *s = &r->services[rng_below(rng, r->service_count)];

	switch (rng_below(rng, r->host_count > 0 ? 9 : 7)) {
	case 7:
		r->hosts[0].suffix = !r->hosts[0].suffix;
		break;
	case 8:
		free(r->hosts[0].name);
		r->hosts[0].name = strdup(random_host(rng));
		if (r->hosts[0].name == NULL)
			abort();
		break;
	case 0: /* an empty range: gone */
		s->lo = 1;
		s->hi = 0;
		break;
	case 1:
		s->hi = (uint16_t)OST_MIN(65535u, s->hi + rng_below(rng, 100));
		break;
	case 2:
		s->lo = (uint16_t)(s->lo + rng_below(rng, (uint32_t)(s->hi - s->lo) + 1));
		break;
	case 3:
		r->schedule = (uint16_t)rng_below(rng, p->schedule_count + 1);
		break;
	case 4:
		r->only_tags = rng_below(rng, 16);
		break;
	case 5:
		r->flags ^= OST_RULE_DNS_GUARD;
		break;
	default:
		r->assurance = (enum ost_assurance)rng_below(rng, OST_ASSURANCE_COUNT);
	}
}

static struct ost_policy *other_policy(uint64_t seed, struct rng *rng)
{
	struct rng again = {seed};
	struct ost_policy *p = random_policy(&again);

	for (uint32_t i = 0; i < p->role_count; i++) {
		for (uint32_t k = 0; k < p->roles[i].rule_count; k++) {
			if (rng_percent(rng, 15))
				rule_spoil(rng, p, &p->roles[i].rules[k]);
		}
		if (rng_percent(rng, 10))
			p->roles[i].assurance = (enum ost_assurance)rng_below(rng, OST_ASSURANCE_COUNT);
	}
	for (uint32_t i = 0; i < p->device_count; i++) {
		if (rng_percent(rng, 10))
			p->devices[i].role = rng_below(rng, p->role_count);
		if (rng_percent(rng, 10))
			p->devices[i].tags = rng_below(rng, 16);
	}
	if (p->resolver_count > 0 && rng_percent(rng, 20))
		p->resolver_count--;
	return p;
}

/* Audit is told of the role, not flow by flow; and what is inside, of the policy. */
static void audit_off(struct ost_policy *p)
{
	for (uint32_t i = 0; i < p->role_count; i++) {
		p->roles[i].mode = OST_MODE_ENFORCE;
		p->roles[i].audit = OST_SCHEDULE_ALWAYS;
	}
	p->inside_count = 0; /* names are taken to be where they may be */
}

static void *make(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size);

	if (p == NULL)
		abort();
	return p;
}

static void world_make(struct naive_world *w, const struct ost_policy *p)
{
	uint32_t n = 0;

	*w = (struct naive_world){.policy = p};
	w->states = make(p->device_count, sizeof(*w->states));
	w->assurances = make(p->device_count, sizeof(*w->assurances));
	for (uint32_t i = 0; i < p->device_count; i++)
		n += p->devices[i].address_count;
	w->bindings = make(n, sizeof(*w->bindings));
	for (uint32_t i = 0; i < p->device_count; i++) {
		for (uint32_t k = 0; k < p->devices[i].address_count; k++)
			w->bindings[w->binding_count++] =
				(struct naive_binding){.ip = p->devices[i].addresses[k], .vlan = p->devices[i].vlan, .device = i};
	}
}

static void pair_make(struct pair *p, uint64_t seed, struct rng *rng)
{
	struct rng first = {seed};
	int r;

	p->policy[0] = random_policy(&first);
	p->policy[1] = other_policy(seed, rng);
	for (unsigned i = 0; i < 2; i++) {
		audit_off(p->policy[i]);
		world_make(&p->world[i], p->policy[i]);
	}
	r = ost_difference_make(p->policy[0], p->policy[1], &p->difference);
	if (r < 0) {
		(void)fprintf(stderr, "oracle: difference: %s, seed %" PRIu64 "\n", strerror(-r), seed);
		exit(1);
	}
	p->class_of = make(p->policy[0]->device_count, sizeof(*p->class_of));
	for (uint32_t i = 0; i < p->difference.class_count; i++) {
		const struct ost_device_class *c = &p->difference.classes[i];

		for (uint32_t k = c->first; k < c->first + c->count; k++)
			p->class_of[p->difference.pairs[k].after] = i;
	}
}

static void pair_free(struct pair *p)
{
	for (unsigned i = 0; i < 2; i++) {
		ost_policy_free(&p->policy[i]);
		free(p->world[i].states);
		free(p->world[i].assurances);
		free(p->world[i].bindings);
	}
	ost_difference_free(&p->difference);
	free(p->class_of);
}

/* ---- asking both ---- */

static bool naive_allows(struct naive_world *w, const struct naive_flow *f, uint32_t peer, enum ost_state state, enum ost_assurance proved,
	int64_t wall_s)
{
	for (uint32_t i = 0; i < w->policy->device_count; i++) {
		w->states[i] = OST_STATE_AUTHENTICATED;
		w->assurances[i] = OST_ASSURANCE_SECURE_ELEMENT;
	}
	w->states[f->device] = state;
	w->assurances[f->device] = proved;
	if (peer != NAIVE_NONE) {
		w->states[peer] = state;
		w->assurances[peer] = proved;
	}
	w->wall_s = wall_s;
	return naive_judge(w, f).allow;
}

/* Over all times, proofs and states: is it ever allowed, and are the verdicts of both always the same? */
static void ask_all(struct pair *p, const struct naive_flow *f, uint32_t peer, bool ever[2], bool *same)
{
	static const enum ost_state states[] = {OST_STATE_AUTHENTICATED, OST_STATE_QUARANTINED};

	ever[0] = ever[1] = false;
	*same = true;
	for (int64_t wall_s = RANDOM_WALL_S - 5; wall_s < RANDOM_WALL_S + 8; wall_s++) {
		for (unsigned proved = 0; proved < OST_ASSURANCE_COUNT; proved++) {
			for (unsigned i = 0; i < OST_ARRAY_SIZE(states); i++) {
				bool a = naive_allows(&p->world[0], f, peer, states[i], proved, wall_s);
				bool b = naive_allows(&p->world[1], f, peer, states[i], proved, wall_s);

				ever[0] |= a;
				ever[1] |= b;
				*same &= a == b;
			}
		}
	}
}

static uint32_t address_number(const struct ost_device *d, const struct ost_ip *ip)
{
	for (uint32_t i = 0; i < d->address_count; i++) {
		if (ost_ip_equal(&d->addresses[i], ip))
			return i + 1;
	}
	return 0;
}

static bool change_holds(const struct pair *p, const struct ost_change *c, const struct naive_flow *f, uint32_t peer)
{
	const struct ost_device *devices = p->policy[1]->devices;

	if (c->direction != f->direction || c->family != f->remote.family || c->device_class != p->class_of[f->device])
		return false;
	if (c->protocol != 0 ? c->protocol != f->protocol : (c->except[f->protocol / 64] >> f->protocol % 64 & 1) != 0)
		return false;
	if (f->value < c->lo || f->value > c->hi)
		return false;
	if (peer == NAIVE_NONE)
		return c->peer == OST_CHANGE_ADDRESSES && memcmp(c->first.b, f->remote.b, 16) <= 0 && memcmp(f->remote.b, c->last.b, 16) <= 0;
	return c->peer == OST_CHANGE_DEVICES && c->peer_class == p->class_of[peer] &&
	       c->peer_address == address_number(&devices[peer], &f->remote) && c->own_address == address_number(&devices[f->device], &f->own);
}

static void disagree(const struct pair *p, const struct naive_flow *f, uint32_t peer, const char *what)
{
	char own[OST_IP_TEXT], remote[OST_IP_TEXT];

	random_policy_print(stderr, p->policy[0]);
	random_policy_print(stderr, p->policy[1]);
	(void)fprintf(stderr, "flow of device %u %s: %s, remote %s (device %d), protocol %u value %u\noracle: %s\nrepeat: OSTIARY_SEED=%" PRIu64
			      " OSTIARY_POLICIES=1\n",
		f->device, f->direction == OST_TO ? "to" : "from", ost_ip_format(&f->own, own), ost_ip_format(&f->remote, remote), (int)peer,
		f->protocol, f->value, what, run.seed);
	exit(1);
}

static void flow_check(struct pair *p, const struct naive_flow *f, uint32_t peer)
{
	const struct ost_change *found = NULL;
	bool ever[2], same;

	for (uint32_t i = 0; i < p->difference.change_count; i++) {
		if (!change_holds(p, &p->difference.changes[i], f, peer))
			continue;
		if (found != NULL)
			disagree(p, f, peer, "two changes hold one flow");
		found = &p->difference.changes[i];
	}
	ask_all(p, f, peer, ever, &same);
	run.flows++;
	run.between += found != NULL && peer != NAIVE_NONE;
	if (found == NULL) {
		run.same++;
		if (!same)
			disagree(p, f, peer, "the verdicts differ, and no change says so");
		return;
	}
	run.gains += found->kind == OST_CHANGE_GAIN;
	run.losses += found->kind == OST_CHANGE_LOSS;
	run.conditions += found->kind == OST_CHANGE_CONDITION;
	if (found->kind == OST_CHANGE_GAIN && ever[0])
		disagree(p, f, peer, "no gain");
	if (found->kind == OST_CHANGE_LOSS && ever[1])
		disagree(p, f, peer, "no loss");
	if (peer != NAIVE_NONE) /* schedules of the two may never meet */
		return;
	if (!ever[0] && !ever[1])
		disagree(p, f, peer, "never allowed, and told");
	if (found->kind == OST_CHANGE_CONDITION && (!ever[0] || !ever[1]))
		disagree(p, f, peer, "more than conditions changed");
}

/* ---- names ---- */

/* What of the device's rules, under both policies, fits the name best: itself, or the longest suffix. NULL: nothing. */
static const struct ost_host *pattern_of(const struct pair *p, uint32_t device, const char *name)
{
	const struct ost_host *best = NULL;

	for (unsigned side = 0; side < 2; side++) {
		const struct ost_role *role = &p->policy[side]->roles[p->policy[side]->devices[device].role];

		for (uint32_t i = 0; i < role->rule_count; i++) {
			for (uint32_t k = 0; k < role->rules[i].host_count; k++) {
				const struct ost_host *h = &role->rules[i].hosts[k];

				if (naive_host_is(h, name) && (best == NULL || !h->suffix || (best->suffix && strlen(h->name) > strlen(best->name))))
					best = h;
			}
		}
	}
	return best;
}

static const struct ost_change *name_change(const struct pair *p, const struct naive_flow *f, const char *name)
{
	const struct ost_host *pattern = pattern_of(p, f->device, name);
	const struct ost_change *found = NULL;

	for (uint32_t i = 0; pattern != NULL && i < p->difference.change_count; i++) {
		const struct ost_change *c = &p->difference.changes[i];

		if (c->peer != OST_CHANGE_NAME || c->direction != f->direction || c->family != f->remote.family ||
			c->device_class != p->class_of[f->device] || f->value < c->lo || f->value > c->hi || c->host.suffix != pattern->suffix ||
			strcmp(c->host.name, pattern->name) != 0)
			continue;
		if (c->protocol != 0 ? c->protocol != f->protocol : (c->except[f->protocol / 64] >> f->protocol % 64 & 1) != 0)
			continue;
		if (found != NULL)
			disagree(p, f, NAIVE_NONE, "two changes hold one name");
		found = c;
	}
	return found;
}

static bool in_resolvers(const struct pair *p, const struct ost_ip *ip)
{
	bool in = false;

	for (unsigned side = 0; side < 2; side++) {
		for (uint32_t i = 0; i < p->policy[side]->resolver_count; i++)
			in |= ost_prefix_contains(&p->policy[side]->resolvers[i], ip);
	}
	return in;
}

/* A flow to an address that nobody has, which the device was given for a name, by an alias or by none. */
static void name_check(struct pair *p, struct rng *rng, struct naive_flow *f)
{
	struct naive_given given = {.device = f->device, .ip = f->remote, .until_ns = 1, .name_count = 1 + rng_below(rng, 2)};
	const struct naive_givens givens = {.items = &given, .count = 1};
	const struct ost_change *found = NULL, *address = NULL;
	bool ever[2], plain[2], same, plain_same;

	for (uint32_t i = 0; i < given.name_count; i++) {
		const struct ost_change *c;

		(void)snprintf(given.names[i], NAIVE_NAME, "%s%s", rng_percent(rng, 20) ? "n." : "", random_host(rng));
		c = name_change(p, f, given.names[i]);
		found = c != NULL ? c : found;
	}
	for (uint32_t i = 0; i < p->difference.change_count; i++) {
		if (change_holds(p, &p->difference.changes[i], f, NAIVE_NONE))
			address = &p->difference.changes[i];
	}
	ask_all(p, f, NAIVE_NONE, plain, &plain_same);
	f->given = &givens;
	ask_all(p, f, NAIVE_NONE, ever, &same);
	run.named++;
	run.named_changes += found != NULL;
	if (found == NULL && address == NULL && !same)
		disagree(p, f, NAIVE_NONE, "by name the verdicts differ, and no change says so");
	/* Names alone decide: */
	if (found == NULL || given.name_count > 1 || plain[0] || plain[1])
		return;
	if (ever[0] != (found->kind != OST_CHANGE_GAIN) || ever[1] != (found->kind != OST_CHANGE_LOSS))
		disagree(p, f, NAIVE_NONE, "the change of a name is of another kind");
}

static bool random_flow(struct rng *rng, const struct pair *p, struct naive_flow *f, uint32_t *peer)
{
	const struct ost_policy *policy = p->policy[rng_below(rng, 2)];
	uint8_t family = rng_percent(rng, 60) ? OST_IPV4 : OST_IPV6;
	const struct ost_device *d;

	*f = (struct naive_flow){.device = rng_below(rng, policy->device_count)};
	d = &policy->devices[f->device];
	f->vlan = d->vlan;
	f->own = d->address_count > 0 ? d->addresses[rng_below(rng, d->address_count)] : random_policy_address(rng, policy, family);
	f->remote = random_policy_address(rng, policy, f->own.family);
	if (rng_percent(rng, 40)) {
		const struct ost_device *other = &policy->devices[rng_below(rng, policy->device_count)];

		if (other->address_count > 0)
			f->remote = other->addresses[rng_below(rng, other->address_count)];
	}
	*peer = naive_bound(&p->world[0], f->vlan, &f->remote);
	if (f->remote.family != f->own.family || *peer == f->device)
		return false;
	/* Between devices it is told of who opens. */
	f->direction = *peer != NAIVE_NONE || rng_percent(rng, 50) ? OST_TO : OST_FROM;
	random_policy_service(rng, policy, f->remote.family, &f->protocol, &f->value);
	/* A device that was given no address in the policy has one that nobody knows. */
	return d->address_count > 0 || *peer == NAIVE_NONE;
}

static uint64_t number(const char *name, uint64_t otherwise)
{
	const char *given = getenv(name);

	return given != NULL ? strtoull(given, NULL, 0) : otherwise;
}

static bool too_few_changes(void)
{
	return run.named_changes < 100 || run.gains < 100 || run.losses < 100 || run.conditions < 100 || run.between < 100;
}

int main(void)
{
	uint64_t seed = number("OSTIARY_SEED", ost_clock_wall_ns()), pairs = number("OSTIARY_POLICIES", 150);
	uint64_t flows = number("OSTIARY_FLOWS", 3000), most = pairs * flows >= 100000 ? 4 * pairs : pairs, i;

	(void)printf("seed %" PRIu64 "\n", seed);
	(void)fflush(stdout);
	/* Some pairs differ in little that flows meet: then further ones are made. */
	for (i = 0; i < pairs || (i < most && too_few_changes()); i++) {
		struct rng rng = {~(seed + i)};
		struct pair p;

		run.seed = seed + i;
		pair_make(&p, seed + i, &rng);
		for (uint64_t k = 0; k < flows; k++) {
			struct naive_flow f;
			uint32_t peer;

			if (!random_flow(&rng, &p, &f, &peer))
				continue;
			flow_check(&p, &f, peer);
			if (peer == NAIVE_NONE && rng_percent(&rng, 30) && (f.value != 443 || !in_resolvers(&p, &f.remote)))
				name_check(&p, &rng, &f);
		}
		pair_free(&p);
	}
	(void)printf("%" PRIu64 " pairs of policies, %" PRIu64 " flows: %" PRIu64 " gained, %" PRIu64 " lost, %" PRIu64
		     " under other conditions, %" PRIu64 " the same; %" PRIu64 " changes between devices: all agree\n",
		i, run.flows, run.gains, run.losses, run.conditions, run.same, run.between);
	(void)printf("  %" PRIu64 " flows by name, %" PRIu64 " of them changed\n", run.named, run.named_changes);
	if (pairs * flows >= 100000 && too_few_changes()) {
		(void)fprintf(stderr, "oracle: too few changes for this to mean much\n");
		return 1;
	}
	return 0;
}
