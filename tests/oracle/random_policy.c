/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "random_policy.h"

#define TAGS	  4u
#define SCHEDULES 4u

static void *make(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size);

	if (p == NULL)
		abort();
	return p;
}

static char *text(const char *fmt, uint32_t a, uint32_t b)
{
	char *s = NULL;

	if (asprintf(&s, fmt, a, b) < 0)
		abort();
	return s;
}

/* Few anchors, so that prefixes nest and meet. */
static struct ost_ip anchor(struct rng *rng, uint8_t family)
{
	static const uint8_t heads4[][4] = {{10, 20, 0, 0}, {10, 20, 1, 128}, {10, 20, 255, 255},
		{192, 168, 7, 0}, {192, 0, 2, 255}, {11, 0, 0, 1}};
	static const uint8_t heads6[][16] = {{0xfd, 0, 0, 0x20}, {0xfd, 0, 0, 0x20, 0, 0, 0, 1},
		{0x20, 1, 0x0d, 0xb8, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			0xf0},
		{0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0x80}, {0xfe, 0x80}};
	struct ost_ip ip = {.family = family};

	if (family == OST_IPV4)
		memcpy(ip.b, heads4[rng_below(rng, OST_ARRAY_SIZE(heads4))], 4);
	else
		memcpy(ip.b, heads6[rng_below(rng, OST_ARRAY_SIZE(heads6))], 16);
	ip.b[family == OST_IPV4 ? 3 : 15] ^= (uint8_t)rng_below(rng, 16);
	return ip;
}

static unsigned bits_of(uint8_t family)
{
	return family == OST_IPV4 ? 32 : 128;
}

/* From bit on, all zeros or all ones. */
static void fill(struct ost_ip *ip, unsigned bit, bool ones)
{
	for (; bit < bits_of(ip->family); bit++) {
		uint8_t mask = (uint8_t)(0x80 >> bit % 8);

		ip->b[bit / 8] = ones ? ip->b[bit / 8] | mask : ip->b[bit / 8] & (uint8_t)~mask;
	}
}

static struct ost_prefix prefix(struct rng *rng)
{
	struct ost_prefix p = {.ip = anchor(rng, rng_percent(rng, 50) ? OST_IPV4 : OST_IPV6)};
	unsigned bits = bits_of(p.ip.family);

	switch (rng_below(rng, 8)) {
	case 0:
		p.length = (uint8_t)bits;
		break;
	case 1:
		p.length = (uint8_t)(bits - rng_below(rng, 5));
		break;
	case 2:
		p.length = (uint8_t)rng_below(rng, 3);
		break;
	case 3:
		p.length = (uint8_t)(bits / 2 + rng_below(rng, 3) - 1);
		break;
	default:
		p.length = (uint8_t)rng_below(rng, bits + 1);
		break;
	}
	fill(&p.ip, p.length, false);
	return p;
}

static void range(struct rng *rng, struct ost_service *s)
{
	static const uint16_t known[] = {
		0, 1, 22, 53, 80, 443, 443, 853, 554, 1883, 8883, 32767, 32768, 65534, 65535};
	uint16_t a = known[rng_below(rng, OST_ARRAY_SIZE(known))];
	uint16_t b = rng_percent(rng, 60) ? a : known[rng_below(rng, OST_ARRAY_SIZE(known))];

	s->lo = OST_MIN(a, b);
	s->hi = OST_MAX(a, b);
	if (rng_percent(rng, 10)) {
		s->lo = 0;
		s->hi = UINT16_MAX;
	}
}

static void icmp(struct rng *rng, struct ost_service *s)
{
	static const uint8_t types4[] = {0, 3, 8, 13, 30}, types6[] = {1, 128, 129, 150};
	bool v4 = rng_percent(rng, 50);
	uint8_t type = v4 ? types4[rng_below(rng, sizeof(types4))]
			  : types6[rng_below(rng, sizeof(types6))];

	s->protocol = v4 ? 1 : 58;
	s->family = v4 ? OST_IPV4 : OST_IPV6;
	s->lo = (uint16_t)(type << 8);
	s->hi = (uint16_t)(s->lo + (rng_percent(rng, 50) ? 255 : rng_below(rng, 3)));
	if (rng_percent(rng, 30)) {
		s->lo = 0;
		s->hi = UINT16_MAX;
	}
}

static struct ost_service service(struct rng *rng)
{
	static const uint8_t with_ports[] = {6, 6, 6, 17, 17, 136, 132, 33};
	static const uint8_t without[] = {47, 50, 89, 255, 99};
	struct ost_service s = {.lo = 0, .hi = UINT16_MAX};
	uint32_t kind = rng_below(rng, 20);

	if (rng_percent(rng, 15))
		s.family = rng_percent(rng, 50) ? OST_IPV4 : OST_IPV6;
	if (kind == 0)
		return s; /* any */
	if (kind == 1) {
		range(rng, &s); /* any protocol, some values */
		return s;
	}
	if (kind < 5) {
		icmp(rng, &s);
		return s;
	}
	if (kind < 8) {
		s.protocol = without[rng_below(rng, sizeof(without))];
		s.hi = rng_percent(rng, 50) ? 0 : UINT16_MAX;
		return s;
	}
	s.protocol = with_ports[rng_below(rng, sizeof(with_ports))];
	range(rng, &s);
	return s;
}

static const char *const hosts[] = {"a.example", "b.a.example", "c.b.a.example", "example", "b.example", "xa.example", "cdn.test", "a.cdn.test",
	"a.test", "test", "a", "c.d.e.cdn.test"};

const char *random_host(struct rng *rng)
{
	return hosts[rng_below(rng, OST_ARRAY_SIZE(hosts))];
}

static void hosts_make(struct rng *rng, struct ost_rule *r)
{
	r->host_count = 1 + rng_below(rng, 3);
	r->hosts = make(r->host_count, sizeof(*r->hosts));
	for (uint32_t i = 0; i < r->host_count; i++) {
		r->hosts[i] = (struct ost_host){.name = strdup(random_host(rng)), .suffix = rng_percent(rng, 40)};
		if (r->hosts[i].name == NULL)
			abort();
	}
}

/* As include: dns makes them, or a rule for port 53. */
static void name_server(struct rng *rng, struct ost_rule *r)
{
	r->flags |= OST_RULE_DNS;
	r->service_count = 1 + rng_below(rng, 2);
	free(r->services);
	r->services = make(2, sizeof(*r->services));
	for (uint32_t i = 0; i < 2; i++)
		r->services[i] = (struct ost_service){.protocol = i == 0 ? 17 : 6, .lo = 53, .hi = 53};
}

/* Mostly none. */
static void conditions(struct rng *rng, struct ost_rule *r, uint32_t devices)
{
	if (rng_percent(rng, 12))
		r->schedule = (uint16_t)(1 + rng_below(rng, SCHEDULES));
	if (rng_percent(rng, 8))
		r->only_tags = 1 + rng_below(rng, (1u << TAGS) - 1);
	if (rng_percent(rng, 6)) {
		r->flags |= OST_RULE_ONE;
		r->only_device = rng_below(rng, devices);
	}
	if (rng_percent(rng, 20))
		r->flags |= OST_RULE_DNS_GUARD;
}

static void rule(struct rng *rng, struct ost_rule *r, uint32_t role, uint32_t index, uint32_t roles,
	uint32_t devices, char *file)
{
	uint32_t peer = rng_below(rng, 14);

	r->pos = (struct ost_pos){.file = file, .line = role * 1000 + index + 1, .column = 9};
	r->text = text("rule %u of role %u", index, role);
	r->direction = rng_percent(rng, 60) ? OST_TO : OST_FROM;
	r->peer = peer == 0 ? OST_PEER_ANY : peer < 7 ? OST_PEER_NETWORK : peer < 10 ? OST_PEER_ROLE : peer < 11 ? OST_PEER_TAG : OST_PEER_NAME;
	r->peer_tags = r->peer == OST_PEER_TAG ? 1 + rng_below(rng, (1u << TAGS) - 1) : 0;
	if (r->peer == OST_PEER_ROLE) {
		r->peer_role_count = 1 + rng_below(rng, 2);
		r->peer_roles = make(r->peer_role_count, sizeof(*r->peer_roles));
		for (uint32_t i = 0; i < r->peer_role_count; i++)
			r->peer_roles[i] = rng_below(rng, roles);
	}
	if (r->peer == OST_PEER_NETWORK) {
		r->prefix_count = 1 + rng_below(rng, 3);
		r->prefixes = make(r->prefix_count, sizeof(*r->prefixes));
		for (uint32_t i = 0; i < r->prefix_count; i++)
			r->prefixes[i] = prefix(rng);
	}
	if (r->peer == OST_PEER_NAME)
		hosts_make(rng, r);
	r->service_count = 1 + (rng_percent(rng, 40) ? rng_below(rng, 4) : 0);
	r->services = make(r->service_count, sizeof(*r->services));
	for (uint32_t i = 0; i < r->service_count; i++)
		r->services[i] = service(rng);
	if (rng_percent(rng, 10))
		r->assurance = (enum ost_assurance)rng_below(rng, OST_ASSURANCE_COUNT);
	conditions(rng, r, devices);
	/* As include: makes them. */
	r->infrastructure =
		r->peer == OST_PEER_NETWORK && r->direction == OST_TO && rng_percent(rng, 15);
	if (r->direction == OST_TO && (r->peer == OST_PEER_NETWORK || r->peer == OST_PEER_ROLE) && rng_percent(rng, 25))
		name_server(rng, r);
}

/* Now and then a rule once more, word for word: the compiler joins them. */
static void rule_again(struct ost_rule *to, const struct ost_rule *from)
{
	*to = *from;
	to->text = strdup(from->text);
	to->prefixes = make(from->prefix_count, sizeof(*from->prefixes));
	to->services = make(from->service_count, sizeof(*from->services));
	if (to->text == NULL)
		abort();
	if (from->prefix_count > 0)
		memcpy(to->prefixes, from->prefixes, from->prefix_count * sizeof(*from->prefixes));
	to->peer_roles = make(from->peer_role_count, sizeof(*from->peer_roles));
	if (from->peer_role_count > 0)
		memcpy(to->peer_roles, from->peer_roles, from->peer_role_count * sizeof(*from->peer_roles));
	memcpy(to->services, from->services, from->service_count * sizeof(*from->services));
	to->hosts = make(from->host_count, sizeof(*from->hosts));
	for (uint32_t i = 0; i < from->host_count; i++) {
		to->hosts[i] = (struct ost_host){.name = strdup(from->hosts[i].name), .suffix = from->hosts[i].suffix};
		if (to->hosts[i].name == NULL)
			abort();
	}
}

/* Without a server that is asked, a rule about a name is nothing. */
static void name_servers(struct rng *rng, struct ost_role *r)
{
	bool named = false;

	for (uint32_t i = 0; i < r->rule_count; i++)
		named |= r->rules[i].peer == OST_PEER_NAME;
	for (uint32_t i = 0; named && i < r->rule_count && rng_percent(rng, 80); i++) {
		if (r->rules[i].peer != OST_PEER_NETWORK || r->rules[i].direction != OST_TO)
			continue;
		name_server(rng, &r->rules[i]);
		return;
	}
}

static void role(struct rng *rng, struct ost_role *r, uint32_t index, uint32_t roles, uint32_t devices, char *file)
{
	r->name = text("role-%u", index, 0);
	r->pos = (struct ost_pos){.file = file, .line = index * 1000 + 1, .column = 3};
	r->authenticate = (enum ost_authenticate)rng_below(rng, OST_AUTH_COUNT);
	if (rng_percent(rng, 25))
		r->assurance = (enum ost_assurance)rng_below(rng, OST_ASSURANCE_COUNT);
	r->includes = rng_below(rng, 256);
	r->rule_count = rng_percent(rng, 15) ? rng_below(rng, 90) : rng_below(rng, 9);
	if (rng_percent(rng, 2)) /* enough for the tables of large roles */
		r->rule_count = 500 + rng_below(rng, 1000);
	r->rules = make(r->rule_count, sizeof(*r->rules));
	for (uint32_t i = 0; i < r->rule_count; i++) {
		if (i > 0 && rng_percent(rng, 8)) {
			rule_again(&r->rules[i], &r->rules[rng_below(rng, i)]);
			r->rules[i].infrastructure = r->rules[i].direction == OST_TO &&
						     r->rules[i].peer == OST_PEER_NETWORK &&
						     rng_percent(rng, 50);
			r->rules[i].assurance =
				(enum ost_assurance)rng_below(rng, OST_ASSURANCE_COUNT);
			continue;
		}
		rule(rng, &r->rules[i], index, i, roles, devices, file);
	}
	name_servers(rng, r);
	r->limits = (struct ost_limits){.flows = 1u << 20, .addresses = 64, .names = 4096};
	if (rng_percent(rng, 15)) {
		r->mode = OST_MODE_AUDIT;
		r->audit = (uint16_t)(1 + rng_below(rng, SCHEDULES));
	}
}

static bool address_taken(const struct ost_policy *p, uint32_t vlan, const struct ost_ip *ip)
{
	for (uint32_t d = 0; d < p->device_count; d++) {
		for (uint32_t i = 0; p->devices[d].vlan == vlan && i < p->devices[d].address_count;
			i++) {
			if (ost_ip_equal(&p->devices[d].addresses[i], ip))
				return true;
		}
	}
	return false;
}

static void addresses(struct rng *rng, const struct ost_policy *p, struct ost_device *d)
{
	uint32_t wanted = rng_below(rng, 4);

	d->addresses = make(4, sizeof(*d->addresses));
	for (uint32_t i = 0; i < wanted; i++) {
		struct ost_ip ip = anchor(rng, rng_percent(rng, 50) ? OST_IPV4 : OST_IPV6);

		if (!address_taken(p, d->vlan, &ip))
			d->addresses[d->address_count++] = ip;
	}
}

/* MACs repeat, but not within a VLAN. */
static void device(
	struct rng *rng, const struct ost_policy *p, struct ost_device *d, uint32_t index)
{
	static const uint32_t vlans[] = {0, 0, 0, 10, 10, 20, 4094, 5 | 7 << 12};

	d->name = text("device-%u", index, 0);
	d->pos = (struct ost_pos){.file = p->files[0], .line = 900000 + index, .column = 3};
	d->role = rng_below(rng, p->role_count);
	d->vlan = vlans[rng_below(rng, OST_ARRAY_SIZE(vlans))];
	d->tags = rng_percent(rng, 50) ? rng_below(rng, 1u << TAGS) : 0;
	d->has_mac = true;
	d->mac = (struct ost_mac){.b = {2, 0, 0, 0, (uint8_t)rng_below(rng, 3), (uint8_t)index}};
	if (rng_percent(rng, 60))
		d->port = text("dev%u", rng_below(rng, RANDOM_PORTS), 0);
	addresses(rng, p, d);
	for (uint32_t i = 0; i < index; i++) {
		if (p->devices[i].vlan != d->vlan && rng_percent(rng, 10))
			d->mac = p->devices[i].mac;
	}
	for (uint32_t i = 0; i < index; i++) {
		if (p->devices[i].vlan == d->vlan &&
			memcmp(&p->devices[i].mac, &d->mac, sizeof(d->mac)) == 0)
			d->mac.b[3] = (uint8_t)(index + 1);
	}
}

/* Of two windows each: open before, at, or after RANDOM_WALL_S, to the second. */
static void schedules(struct rng *rng, struct ost_policy *p)
{
	p->schedule_count = SCHEDULES;
	p->schedules = make(SCHEDULES, sizeof(*p->schedules));
	for (uint32_t i = 0; i < SCHEDULES; i++) {
		struct ost_schedule *s = &p->schedules[i];

		s->name = text("schedule-%u", i, 0);
		s->pos = (struct ost_pos){.file = p->files[0], .line = 800000 + i, .column = 3};
		s->window_count = 2;
		s->windows = make(2, sizeof(*s->windows));
		for (uint32_t k = 0; k < 2; k++) {
			int64_t since = RANDOM_WALL_S - 3 + (int64_t)rng_below(rng, 6);

			s->windows[k] = (struct ost_window){.kind = OST_WINDOW_ABSOLUTE, .since_s = since,
				.until_s = since + 1 + (int64_t)rng_below(rng, 3)};
		}
	}
}

/* What is inside, some of what exchanges give among it, and who may have such addresses. */
static void insides(struct rng *rng, struct ost_policy *p)
{
	static const struct ost_prefix given[] = {{{{198, 51, 100}, OST_IPV4}, 27}, {{{0x20, 1, 0x0d, 0xb8, 0xee}, OST_IPV6}, 123}};

	p->inside = make(6, sizeof(*p->inside));
	while (p->inside_count < 4 && rng_percent(rng, 50))
		p->inside[p->inside_count++] = prefix(rng);
	for (size_t i = 0; i < OST_ARRAY_SIZE(given); i++) {
		if (rng_percent(rng, 50))
			p->inside[p->inside_count++] = given[i];
	}
	p->private_domains = make(3, sizeof(*p->private_domains));
	while (p->private_domain_count < 3 && rng_percent(rng, 60)) {
		p->private_domains[p->private_domain_count] = strdup(random_host(rng));
		if (p->private_domains[p->private_domain_count++] == NULL)
			abort();
	}
}

struct ost_policy *random_policy(struct rng *rng)
{
	struct ost_policy *p = make(1, sizeof(*p));
	uint32_t devices = 2 + rng_below(rng, 10);

	p->files = make(1, sizeof(*p->files));
	p->files[0] = text("random.yaml", 0, 0);
	p->file_count = 1;
	p->role_count = 1 + rng_below(rng, 6);
	p->roles = make(p->role_count, sizeof(*p->roles));
	for (uint32_t i = 0; i < p->role_count; i++)
		role(rng, &p->roles[i], i, p->role_count, devices, p->files[0]);
	schedules(rng, p);
	p->resolver_count = rng_below(rng, 4);
	p->resolvers = make(p->resolver_count, sizeof(*p->resolvers));
	for (uint32_t i = 0; i < p->resolver_count; i++)
		p->resolvers[i] = prefix(rng);
	insides(rng, p);
	p->devices = make(devices, sizeof(*p->devices));
	for (uint32_t i = 0; i < devices; i++) {
		device(rng, p, &p->devices[i], i);
		p->device_count++;
	}
	return p;
}
