/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What differs for each class of devices: addresses, names, other devices. */
#include "array.h"
#include "compile_lanes.h"
#include "difference_ends.h"
#include "difference_hosts.h"
#include "difference_rules.h"

struct compare {
	const struct ost_sides *sides;
	struct ost_difference *out;
	uint32_t change_capacity;
	struct ost_held *held[2]; /* of flows between devices: by end; the first one also of the claims */
	struct ost_claims claims;
	struct ost_change frame; /* what is known of the changes to come */
};

/* ---- conditions ---- */

static struct ost_condition condition_of(const struct compare *c, unsigned side, const struct ost_role *role, const struct ost_rule *rule)
{
	return (struct ost_condition){(uint16_t)c->sides->schedule[side][rule->schedule],
		ost_condition_kind(ost_rule_assurance(role, rule), rule->infrastructure)};
}

/* ---- spans ---- */

static ost_u128 number_of(const struct ost_ip *ip)
{
	ost_u128 n = 0;

	for (unsigned i = 0; i < (ip->family == OST_IPV4 ? 4u : 16u); i++)
		n = n << 8 | ip->b[i];
	return n;
}

static struct ost_ip ip_of(ost_u128 n, uint8_t family)
{
	struct ost_ip ip = {.family = family};

	for (unsigned i = family == OST_IPV4 ? 4 : 16; i-- > 0; n >>= 8)
		ip.b[i] = (uint8_t)n;
	return ip;
}

static ost_u128 last_of(uint8_t family)
{
	return family == OST_IPV4 ? UINT32_MAX : ~(ost_u128)0;
}

static struct ost_span span_of(const struct ost_prefix *p)
{
	unsigned bits = p->ip.family == OST_IPV4 ? 32 : 128, host = bits - p->length;
	ost_u128 first = number_of(&p->ip);

	return (struct ost_span){first, host == 128 ? ~(ost_u128)0 : first | (((ost_u128)1 << host) - 1)};
}

/* What the resolvers leave of a span, as further spans at the end of the list. */
static int spans_without(struct ost_span **spans, uint32_t *count, uint32_t *capacity, struct ost_span span,
	const struct ost_policy *p, uint8_t family)
{
	ost_u128 at = span.first;

	for (;;) {
		struct ost_span cut = {last_of(family), last_of(family)}, *more;
		bool found = false;

		/* The resolver that begins first at or behind here, or holds it. */
		for (uint32_t i = 0; i < p->resolver_count; i++) {
			struct ost_span r = span_of(&p->resolvers[i]);

			if (p->resolvers[i].ip.family != family || r.last < at || r.first > span.last)
				continue;
			if (!found || r.first < cut.first || (r.first == cut.first && r.last > cut.last))
				cut = r;
			found = true;
		}
		if (!found || cut.first > at) {
			more = ost_array_room(*spans, *count, capacity, sizeof(**spans));
			if (more == NULL)
				return -ENOMEM;
			*spans = more;
			more[(*count)++] = (struct ost_span){at, found ? cut.first - 1 : span.last};
		}
		if (!found || cut.last >= span.last)
			return 0;
		at = cut.last + 1;
	}
}

/* ---- claims ---- */

static bool is_about(const struct ost_rule *rule, uint32_t device, uint64_t tags)
{
	return (!(rule->flags & OST_RULE_ONE) || rule->only_device == device) && (rule->only_tags == 0 || (rule->only_tags & tags) != 0);
}

static const struct ost_device *device_of(const struct compare *c, unsigned side, const struct ost_device_pair *pair)
{
	uint32_t place = side == 0 ? pair->before : pair->after;

	return place != OST_PAIR_NONE ? &c->sides->policy[side]->devices[place] : NULL;
}

static const struct ost_device_pair *pair_of(const struct compare *c, uint32_t class)
{
	return &c->out->pairs[c->out->classes[class].first];
}

/* One service over these spans, which it takes over; encrypted: likewise, or NULL and a family to find them by. */
static int claim_add(struct compare *c, unsigned side, const struct ost_role *role, const struct ost_rule *rule,
	const struct ost_service *s, struct ost_span *spans, uint32_t span_count, struct ost_span *encrypted, uint8_t family)
{
	struct ost_claim claim = {.rule = rule, .spans = spans, .span_count = span_count, .lo = s->lo, .hi = s->hi, .protocol = s->protocol,
		.side = (uint8_t)side, .encrypted = encrypted, .encrypted_count = encrypted != NULL,
		.condition = condition_of(c, side, role, rule)};
	uint32_t capacity = 0;
	int r = 0;

	for (uint32_t i = 0; r == 0 && family != 0 && (rule->flags & OST_RULE_DNS_GUARD) && i < span_count; i++)
		r = spans_without(&claim.encrypted, &claim.encrypted_count, &capacity, spans[i], c->sides->policy[side], family);
	if (r < 0) {
		free(spans);
		free(claim.encrypted);
		return r;
	}
	return ost_claims_add(&c->claims, &claim);
}

static int claim_addresses(struct compare *c, unsigned side, const struct ost_role *role, const struct ost_rule *rule,
	const struct ost_service *s, uint8_t family)
{
	uint32_t n = rule->peer == OST_PEER_ANY ? 1 : rule->prefix_count, count = 0;
	struct ost_span *spans = calloc((size_t)n + 1, sizeof(*spans));

	if (spans == NULL)
		return -ENOMEM;
	if (rule->peer == OST_PEER_ANY)
		spans[count++] = (struct ost_span){0, last_of(family)};
	for (uint32_t i = 0; rule->peer == OST_PEER_NETWORK && i < n; i++) {
		if (rule->prefixes[i].ip.family == family)
			spans[count++] = span_of(&rule->prefixes[i]);
	}
	if (count == 0) {
		free(spans);
		return 0;
	}
	return claim_add(c, side, role, rule, s, spans, count, NULL, family);
}

static bool is_resolver(const struct ost_policy *p, const struct ost_ip *ip)
{
	for (uint32_t i = 0; ip != NULL && i < p->resolver_count; i++) {
		if (ost_prefix_contains(&p->resolvers[i], ip))
			return true;
	}
	return false;
}

/* One point instead of addresses; ip: the one that it stands for, or NULL. */
static int claim_point(struct compare *c, unsigned side, const struct ost_role *role, const struct ost_rule *rule, const struct ost_service *s,
	const struct ost_ip *ip)
{
	bool encrypted = !is_resolver(c->sides->policy[side], ip);
	struct ost_span *point = calloc(1, sizeof(*point)), *same = encrypted ? calloc(1, sizeof(*same)) : NULL;

	if (point != NULL && (same != NULL || !encrypted))
		return claim_add(c, side, role, rule, s, point, 1, same, 0);
	free(point);
	free(same);
	return -ENOMEM;
}

typedef bool (*rule_fits_fn)(unsigned side, const struct ost_rule *rule, const void *user);

/* How the rules of a class are asked: which of them, and where: over their addresses, or at one point. */
struct asked {
	rule_fits_fn fits; /* NULL: those of the lists */
	const void *user;
	const struct ost_rule_list *lists; /* by side */
	bool point;
	const struct ost_ip *ip; /* of the point, or NULL */
};

static int rule_claims(struct compare *c, unsigned side, const struct ost_role *role, const struct ost_rule *rule, uint8_t family,
	const struct asked *asked)
{
	int r = 0;

	for (uint32_t k = 0; r == 0 && k < rule->service_count; k++) {
		const struct ost_service *s = &rule->services[k];

		if (s->lo > s->hi || (s->family != 0 && s->family != family))
			continue;
		r = asked->point ? claim_point(c, side, role, rule, s, asked->ip) : claim_addresses(c, side, role, rule, s, family);
	}
	return r;
}

/* The rules of one side of a class that fit, for a direction and a family. */
static int claims_of(struct compare *c, unsigned side, uint32_t class, uint8_t family, const struct asked *asked)
{
	const struct ost_device_pair *pair = pair_of(c, class);
	const struct ost_device *d = device_of(c, side, pair);
	const struct ost_role *role;
	uint32_t count;
	int r = 0;

	if (d == NULL)
		return 0;
	role = &c->sides->policy[side]->roles[d->role];
	count = asked->fits == NULL ? asked->lists[side].count : role->rule_count;
	for (uint32_t i = 0; r == 0 && i < count; i++) {
		const struct ost_rule *rule = &role->rules[asked->fits == NULL ? asked->lists[side].rules[i] : i];

		if (rule->direction == c->claims.direction && is_about(rule, side == 0 ? pair->before : pair->after, d->tags) &&
			(asked->fits == NULL || asked->fits(side, rule, asked->user)))
			r = rule_claims(c, side, role, rule, family, asked);
	}
	return r;
}

/* ---- changes ---- */

static int change_add(struct compare *c, const struct ost_change *change)
{
	struct ost_change *changes;

	if (c->out->change_count == OST_CHANGES_MAX)
		return -E2BIG;
	changes = ost_array_room(c->out->changes, c->out->change_count, &c->change_capacity, sizeof(*changes));
	if (changes == NULL)
		return -ENOMEM;
	c->out->changes = changes;
	changes[c->out->change_count++] = *change;
	return 0;
}

/* The frame, with what a box says. */
static int on_box(void *user, const struct ost_change *box, ost_u128 first, ost_u128 last)
{
	struct compare *c = user;
	struct ost_change change = c->frame;

	change.kind = box->kind;
	change.protocol = box->protocol;
	memcpy(change.except, box->except, sizeof(change.except));
	change.lo = box->lo;
	change.hi = box->hi;
	change.before = box->before;
	change.after = box->after;
	if (change.peer == OST_CHANGE_ADDRESSES) {
		change.first = ip_of(first, change.family);
		change.last = ip_of(OST_MIN(last, last_of(change.family)), change.family);
	}
	return change_add(c, &change);
}

static int compare_claims(struct compare *c)
{
	int r;

	c->claims.found = on_box;
	c->claims.user = c;
	r = ost_claims_compare(&c->claims);
	ost_claims_clear(&c->claims);
	return r;
}

/* ---- addresses ---- */

static bool fits_address(unsigned side, const struct ost_rule *rule, const void *user)
{
	(void)side;
	(void)user;
	return rule->peer == OST_PEER_ANY || rule->peer == OST_PEER_NETWORK;
}

static int addresses_compare(struct compare *c, uint32_t class, uint8_t family)
{
	int r = 0;

	c->frame.peer = OST_CHANGE_ADDRESSES;
	for (unsigned side = 0; r == 0 && side < 2; side++)
		r = claims_of(c, side, class, family, &(struct asked){.fits = fits_address});
	if (r == 0)
		return compare_claims(c);
	ost_claims_clear(&c->claims);
	return r;
}

/* ---- names ---- */

/* Of one class: which rules are about which patterns, and all patterns of both sides. */
struct hosts {
	struct ost_host_uses uses[2];
	struct ost_rule_list lists[2]; /* of the pattern in hand */
	const struct ost_host **patterns;
	uint32_t pattern_count;
};

static int pattern_compare(const void *a, const void *b)
{
	return ost_host_compare(*(const struct ost_host *const *)a, *(const struct ost_host *const *)b);
}

static int hosts_make(const struct compare *c, uint32_t class, struct hosts *h)
{
	int r = 0;

	*h = (struct hosts){0};
	for (unsigned side = 0; r == 0 && side < 2; side++) {
		const struct ost_device *d = device_of(c, side, pair_of(c, class));

		if (d != NULL)
			r = ost_host_uses_make(&c->sides->policy[side]->roles[d->role], &h->uses[side]);
	}
	if (r < 0)
		return r;
	h->patterns = calloc((size_t)h->uses[0].count + h->uses[1].count + 1, sizeof(*h->patterns));
	if (h->patterns == NULL)
		return -ENOMEM;
	for (unsigned side = 0; side < 2; side++) {
		for (uint32_t i = 0; i < h->uses[side].count; i++)
			h->patterns[h->pattern_count++] = h->uses[side].items[i].host;
	}
	qsort(h->patterns, h->pattern_count, sizeof(*h->patterns), pattern_compare);
	return 0;
}

static void hosts_free(struct hosts *h)
{
	for (unsigned side = 0; side < 2; side++) {
		ost_host_uses_free(&h->uses[side]);
		free(h->lists[side].rules);
	}
	free(h->patterns);
}

static int names_compare(struct compare *c, uint32_t class, struct hosts *h, uint8_t family)
{
	int r = 0;

	c->frame.peer = OST_CHANGE_NAME;
	for (uint32_t i = 0; r == 0 && i < h->pattern_count; i++) {
		if (i > 0 && ost_host_compare(h->patterns[i], h->patterns[i - 1]) == 0)
			continue;
		c->frame.host = *h->patterns[i];
		for (unsigned side = 0; r == 0 && side < 2; side++)
			r = ost_host_uses_find(&h->uses[side], h->patterns[i], &h->lists[side]);
		for (unsigned side = 0; r == 0 && side < 2; side++)
			r = claims_of(c, side, class, family, &(struct asked){.lists = h->lists, .point = true});
		if (r == 0)
			r = compare_claims(c);
		ost_claims_clear(&c->claims);
	}
	c->frame.host = (struct ost_host){0};
	return r;
}

/* ---- other devices ---- */

/* Whom a rule is asked about: the other device, as each side has it, with this address there. */
struct other {
	const struct ost_device *device[2];
	const struct ost_ip *ip; /* NULL: none of the family */
};

static bool fits_other(unsigned side, const struct ost_rule *rule, const void *user)
{
	const struct other *o = user;
	const struct ost_device *d = o->device[side];

	if (d == NULL)
		return false;
	if (rule->peer == OST_PEER_ANY)
		return true;
	if (rule->peer == OST_PEER_TAG)
		return (d->tags & rule->peer_tags) != 0;
	for (uint32_t i = 0; rule->peer == OST_PEER_ROLE && i < rule->peer_role_count; i++) {
		if (rule->peer_roles[i] == d->role)
			return true;
	}
	for (uint32_t i = 0; rule->peer == OST_PEER_NETWORK && o->ip != NULL && i < rule->prefix_count; i++) {
		if (ost_prefix_contains(&rule->prefixes[i], o->ip))
			return true;
	}
	return false;
}

/* The frame, with what a range says. */
static int on_range(void *user, const struct ost_change *range)
{
	struct compare *c = user;
	struct ost_change change = c->frame;

	change.kind = range->kind;
	change.protocol = range->protocol;
	memcpy(change.except, range->except, sizeof(change.except));
	change.lo = range->lo;
	change.hi = range->hi;
	change.before = range->before;
	change.after = range->after;
	return change_add(c, &change);
}

/* own opens to other, with these addresses of theirs. */
static int two_compare(struct compare *c, uint32_t own, uint32_t other, const struct other *of_own, const struct other *of_other, uint8_t family)
{
	struct ost_claims ends[2];
	uint64_t named[4] = {0};
	int r = 0;

	for (unsigned e = 0; e < 2; e++) {
		const struct other *asked_for = e == 0 ? of_other : of_own;

		c->claims.direction = e == 0 ? OST_TO : OST_FROM;
		c->claims.items = NULL;
		c->claims.count = c->claims.capacity = 0;
		for (unsigned side = 0; r == 0 && side < 2; side++)
			r = claims_of(c, side, e == 0 ? own : other, family,
				&(struct asked){.fits = fits_other, .user = asked_for, .point = true, .ip = asked_for->ip});
		ends[e] = c->claims;
		ost_claims_named(&ends[e], named);
	}
	named[0] |= 1;
	for (unsigned protocol = 0; r == 0 && ends[0].count > 0 && ends[1].count > 0 && protocol < 256; protocol++) {
		if (named[protocol / 64] >> protocol % 64 & 1)
			r = ost_ends_compare(ends, c->held, (uint8_t)protocol, on_range, c);
	}
	for (unsigned e = 0; e < 2; e++) {
		ost_claims_clear(&ends[e]);
		free(ends[e].items);
	}
	c->claims.items = NULL;
	c->claims.count = c->claims.capacity = 0;
	return r;
}

/* Two devices, one of each class, that may meet. */
struct meeting {
	uint32_t own, other; /* classes */
	const struct ost_device *own_device, *other_device; /* as they are after, or were */
	struct other of_own, of_other;
};

static int with_own_address(struct compare *c, struct meeting *m, const struct ost_ip *ip, uint32_t number)
{
	m->of_own.ip = ip;
	c->frame.own_address = number;
	return two_compare(c, m->own, m->other, &m->of_own, &m->of_other, c->frame.family);
}

static int with_other_address(struct compare *c, struct meeting *m, const struct ost_ip *ip, uint32_t number)
{
	const struct ost_device *d = m->own_device;
	bool none = true;
	int r = 0;

	m->of_other.ip = ip;
	c->frame.peer_address = number;
	for (uint32_t i = 0; r == 0 && i < d->address_count; i++) {
		if (d->addresses[i].family != c->frame.family)
			continue;
		none = false;
		r = with_own_address(c, m, &d->addresses[i], i + 1);
	}
	return none ? with_own_address(c, m, NULL, 0) : r;
}

static int classes_compare(struct compare *c, uint32_t own, uint32_t other)
{
	const struct ost_device_pair *x = pair_of(c, own), *y = &c->out->pairs[c->out->classes[other].first + (own == other)];
	struct meeting m = {.own = own, .other = other, .of_own = {{device_of(c, 0, x), device_of(c, 1, x)}, NULL},
		.of_other = {{device_of(c, 0, y), device_of(c, 1, y)}, NULL}};
	bool none = true;
	int r = 0;

	m.own_device = m.of_own.device[1] != NULL ? m.of_own.device[1] : m.of_own.device[0];
	m.other_device = m.of_other.device[1] != NULL ? m.of_other.device[1] : m.of_other.device[0];
	c->frame.peer = OST_CHANGE_DEVICES;
	c->frame.peer_class = other;
	c->frame.direction = OST_TO;
	for (uint32_t i = 0; r == 0 && i < m.other_device->address_count; i++) {
		if (m.other_device->addresses[i].family != c->frame.family)
			continue;
		none = false;
		r = with_other_address(c, &m, &m.other_device->addresses[i], i + 1);
	}
	if (none)
		r = with_other_address(c, &m, NULL, 0);
	c->frame.own_address = c->frame.peer_address = 0;
	return r;
}

/* ---- all classes ---- */

static bool class_changed(const struct compare *c, uint32_t class)
{
	const struct ost_device *a = device_of(c, 0, pair_of(c, class)), *b = device_of(c, 1, pair_of(c, class));

	if (a == NULL || b == NULL || c->sides->role_before[b->role] != a->role || a->vlan != b->vlan)
		return true;
	if (a->address_count != b->address_count)
		return true;
	for (uint32_t i = 0; i < a->address_count; i++) {
		if (!ost_ip_equal(&a->addresses[i], &b->addresses[i]))
			return true;
	}
	return !ost_tags_equal(c->sides, a->tags, b->tags);
}

static bool same_vlan(const struct compare *c, uint32_t a, uint32_t b)
{
	for (unsigned side = 0; side < 2; side++) {
		const struct ost_device *x = device_of(c, side, pair_of(c, a)), *y = device_of(c, side, pair_of(c, b));

		if (x != NULL && y != NULL && x->vlan == y->vlan)
			return true;
	}
	return false;
}

static int class_compare(struct compare *c, uint32_t class)
{
	struct hosts hosts;
	int r = hosts_make(c, class, &hosts);

	for (int direction = OST_TO; r == 0 && direction <= OST_FROM; direction++) {
		for (unsigned family = 4; r == 0 && family <= 6; family += 2) {
			c->frame.direction = c->claims.direction = (enum ost_direction)direction;
			c->frame.family = (uint8_t)family;
			r = addresses_compare(c, class, (uint8_t)family);
			if (r == 0)
				r = names_compare(c, class, &hosts, (uint8_t)family);
		}
	}
	hosts_free(&hosts);
	return r;
}

int ost_sides_compare(const struct ost_sides *sides, struct ost_difference *out)
{
	struct compare c = {.sides = sides, .out = out};
	bool *changed = calloc((size_t)out->class_count + 1, sizeof(*changed));
	int r = changed != NULL ? 0 : -ENOMEM;

	for (unsigned e = 0; r == 0 && e < 2; e++)
		r = ost_held_new(sides->schedule_count + 1, &c.held[e]);
	c.claims.held = c.held[0];
	for (uint32_t i = 0; r == 0 && i < out->class_count; i++)
		changed[i] = class_changed(&c, i);
	for (uint32_t i = 0; r == 0 && i < out->class_count; i++) {
		c.frame = (struct ost_change){.device_class = i};
		if (changed[i])
			r = class_compare(&c, i);
		free(c.claims.items);
		c.claims.items = NULL;
		c.claims.capacity = 0;
		for (uint32_t k = 0; r == 0 && k < out->class_count; k++) {
				if ((!changed[i] && !changed[k]) || !same_vlan(&c, i, k) || (i == k && out->classes[i].count < 2))
				continue;
			for (unsigned family = 4; r == 0 && family <= 6; family += 2) {
				c.frame.family = (uint8_t)family;
				r = classes_compare(&c, i, k);
			}
		}
	}
	ost_held_free(&c.held[0]);
	ost_held_free(&c.held[1]);
	free(c.claims.items);
	free(changed);
	return r;
}
