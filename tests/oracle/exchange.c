/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "exchange.h"

#include <ctype.h>

#define BIT(reason) (1ull << OST_REASON_##reason)

struct exchange {
	struct world *w;
	struct rng *rng;
	exchange_expect expect;
	struct exchange_counts *counts;
	bool one_by_one;
	struct naive_frame there, back; /* from the device to the server, and the answers' way */
	uint16_t port;
	struct naive_talk talk;
	bool read;
	uint32_t seq[2]; /* of TCP, next byte: of the device, of the server */
};

/* Ports that no flow of this moment has: of what follows a talk, of a talk, and where nobody asks from. */
static uint16_t fresh_port(struct world *w)
{
	return (uint16_t)(60100 + w->ports[0]++ % 5000);
}

static uint16_t talk_port(struct world *w)
{
	return (uint16_t)(1024 + w->ports[1]++ % 1900);
}

static uint16_t stray_port(struct world *w)
{
	return (uint16_t)(3000 + w->ports[2]++ % 1000);
}

static const struct ost_mac router = {{2, 0xff, 0, 0, 0, 1}};

/* ---- messages ---- */

static void name_random(struct rng *rng, char name[static NAIVE_NAME])
{
	(void)snprintf(name, NAIVE_NAME, "%s", random_host(rng));
	if (rng_percent(rng, 15))
		(void)snprintf(name, NAIVE_NAME, "n%u.%s", rng_below(rng, 4), random_host(rng));
	for (char *c = name; *c != '\0'; c++)
		*c = rng_percent(rng, 10) ? (char)toupper((unsigned char)*c) : *c;
}

static uint32_t ttl_random(struct rng *rng)
{
	static const uint32_t ttls[] = {0, 1, 59, 60, 61, 300, 3600, 86399, 86400, 86401, 0x7fffffff, 0x80000000, 0xffffffff};

	return ttls[rng_below(rng, OST_ARRAY_SIZE(ttls))];
}

static struct ost_ip ip_random(struct world *w, struct rng *rng, uint8_t family)
{
	struct ost_ip ip = {.family = family};

	if (rng_percent(rng, 25))
		return random_policy_address(rng, w->policy, family);
	memcpy(ip.b, family == OST_IPV4 ? (const uint8_t[16]){198, 51, 100} : (const uint8_t[16]){0x20, 1, 0x0d, 0xb8, 0xee}, 16);
	ip.b[family == OST_IPV4 ? 3 : 15] = (uint8_t)(1 + rng_below(rng, 60));
	if (family == OST_IPV6 && rng_percent(rng, 20)) { /* one that bears an IPv4 address */
		const uint8_t last = ip.b[15];

		memcpy(ip.b, rng_percent(rng, 50) ? (const uint8_t[16]){0, 0x64, 0xff, 0x9b, [12] = 198, 51, 100, last}
						  : (const uint8_t[16]){0x20, 2, 198, 51, 100, last}, 16);
	}
	return ip;
}

static struct naive_message question_random(struct rng *rng)
{
	static const uint16_t types[] = {NAIVE_A, NAIVE_A, NAIVE_A, NAIVE_AAAA, NAIVE_AAAA, NAIVE_ANY, NAIVE_TXT, NAIVE_CNAME};
	struct naive_message m = {.id = (uint16_t)rng_below(rng, 5000), .class = 1, .type = types[rng_below(rng, OST_ARRAY_SIZE(types))]};

	name_random(rng, m.name);
	m.opcode = rng_percent(rng, 3) ? 4 : 0;
	return m;
}

static struct naive_record *record_add(struct naive_message *m, const char *owner, uint16_t type, uint32_t ttl_s)
{
	struct naive_record *r = &m->records[m->record_count++];

	*r = (struct naive_record){.type = type, .class = 1, .ttl_s = ttl_s};
	(void)snprintf(r->owner, sizeof(r->owner), "%s", owner);
	return r;
}

/* Aliases, which may lead in circles or nowhere, and addresses of some names on the way. */
static void records_random(struct exchange *x, struct naive_message *m)
{
	struct rng *rng = x->rng;
	uint32_t aliases = rng_percent(rng, 50) ? 0 : rng_below(rng, 12), addresses = 1 + rng_below(rng, 5);
	char on[NAIVE_NAME], names[14][NAIVE_NAME];
	uint32_t n = 1;

	memcpy(names[0], m->name, sizeof(on));
	for (uint32_t i = 0; i < aliases; i++) {
		memcpy(on, names[n - 1], sizeof(on));
		if (rng_percent(rng, 60))
			(void)snprintf(names[n], NAIVE_NAME, "x%u.%s", i, random_host(rng));
		else
			name_random(rng, names[n]);
		memcpy(record_add(m, on, NAIVE_CNAME, ttl_random(rng))->target, names[n], NAIVE_NAME);
		n++;
	}
	for (uint32_t i = 0; i < addresses; i++) {
		uint8_t family = m->type == NAIVE_AAAA || (m->type == NAIVE_ANY && rng_percent(rng, 50)) || rng_percent(rng, 5) ? OST_IPV6 : OST_IPV4;
		struct ost_ip ip = ip_random(x->w, rng, family);

		name_random(rng, on);
		if (naive_dns_chains(&x->w->naive.world, x->talk.device, &ip) >= 10)
			continue; /* more than sixteen, and one gives way: unit tests ask about that */
		record_add(m, rng_percent(rng, 60) ? names[n - 1] : rng_percent(rng, 70) ? names[rng_below(rng, n)] : on,
			family == OST_IPV4 ? NAIVE_A : NAIVE_AAAA, ttl_random(rng))->ip = ip;
	}
	for (uint32_t i = 0; i < m->record_count; i++) {
		uint32_t k = rng_below(rng, m->record_count);
		struct naive_record r = m->records[i];

		if (rng_percent(rng, 2))
			r.class = 3;
		if (!rng_percent(rng, 40)) {
			m->records[i] = r;
			continue;
		}
		m->records[i] = m->records[k];
		m->records[k] = r;
	}
}

/* ---- frames ---- */

static void send(struct exchange *x, const struct naive_frame *f, const struct frame_extra *extra, const struct naive_verdict *expected)
{
	struct frame frame;

	frame_build(&frame, f, extra);
	x->expect(x->w, f, &frame, expected, x->one_by_one);
}

static struct naive_verdict passes(uint8_t egress)
{
	return (struct naive_verdict){.forward = true, .egress = egress};
}

static struct naive_verdict refused(uint64_t reasons)
{
	return (struct naive_verdict){.reasons = reasons};
}

static bool is_network(const struct exchange *x, uint8_t port)
{
	return x->w->naive.is_network[port];
}

/* The message, or a part of it; over TCP it has its length in front. */
static void send_part(struct exchange *x, bool answer, const uint8_t *bytes, uint32_t n, const struct naive_verdict *expected)
{
	struct naive_frame f = answer ? x->back : x->there;
	struct frame_extra extra = {.sport = answer ? 53 : x->port, .payload = bytes, .payload_bytes = (uint16_t)n,
		.tcp_flags = FRAME_ACK, .tcp_seq = x->seq[answer], .tcp_ack = x->seq[!answer]};

	f.established = true; /* of a datagram that opens the flow it does not matter: audit is told of the opener alone */
	x->seq[answer] += n;
	send(x, &f, &extra, expected);
}

static void send_message(struct exchange *x, bool answer, const struct naive_message *m, const struct naive_verdict *expected)
{
	uint8_t egress = answer ? x->there.port : 0, bytes[1450];
	uint32_t n = naive_dns_write(m, bytes + 2, sizeof(bytes) - 2), done = 0;
	struct naive_verdict on = passes(answer ? egress : expected->egress);

	if (!x->talk.tcp) {
		send_part(x, answer, bytes + 2, n, expected);
		return;
	}
	bytes[0] = (uint8_t)(n >> 8);
	bytes[1] = (uint8_t)n;
	n += 2;
	while (n - done > 1 && rng_percent(x->rng, 40)) { /* in pieces: the last one is judged */
		uint32_t part = 1 + rng_below(x->rng, n - done - 1);

		send_part(x, answer, bytes + done, part, &on);
		done += part;
	}
	send_part(x, answer, bytes + done, n - done, expected);
}

/* ---- a talk ---- */

static const struct ost_rule *server_rule(const struct exchange *x, uint32_t device)
{
	const struct ost_role *role = &x->w->policy->roles[x->w->policy->devices[device].role];
	uint32_t first = rng_below(x->rng, role->rule_count ? role->rule_count : 1);

	for (uint32_t i = 0; i < role->rule_count; i++) {
		const struct ost_rule *r = &role->rules[(first + i) % role->rule_count];

		if ((r->flags & OST_RULE_DNS) && r->peer == OST_PEER_NETWORK)
			return r;
	}
	return NULL;
}

static bool names_hosts(const struct exchange *x, uint32_t device)
{
	const struct ost_role *role = &x->w->policy->roles[x->w->policy->devices[device].role];

	for (uint32_t i = 0; i < role->rule_count; i++) {
		if (role->rules[i].peer == OST_PEER_NAME)
			return true;
	}
	return false;
}

static struct ost_ip as_host(struct ost_ip ip)
{
	static const uint8_t zero[8];

	if (ip.family == OST_IPV4 && (ip.b[0] == 0 || ip.b[0] == 127 || ip.b[0] >= 224))
		ip.b[0] = 11;
	if (ip.family == OST_IPV6 && (ip.b[0] == 0xff || memcmp(ip.b, zero, sizeof(zero)) == 0))
		ip.b[0] = 0x20;
	return ip;
}

/* False: the device has no address of that family, or the server is a device: unit tests ask about those. */
static bool ends_random(struct exchange *x)
{
	const struct naive_world *n = &x->w->naive.world;
	const struct ost_policy *p = x->w->policy;
	const struct naive_binding *b;
	const struct ost_rule *rule;
	uint32_t d, peer;

	for (int tries = 0; tries < 8; tries++) {
		b = &n->bindings[rng_below(x->rng, n->binding_count)];
		d = b->device;
		rule = server_rule(x, d);
		if (rule != NULL && names_hosts(x, d))
			break;
	}
	x->there = (struct naive_frame){.port = x->w->naive.device_port[d], .vlan = p->devices[d].vlan, .src_mac = p->devices[d].mac,
		.dst_mac = router, .src = b->ip, .value = 53, .can_open = true, .protocol = rng_percent(x->rng, 25) ? 6 : 17};
	x->there.dst = random_policy_address(x->rng, p, b->ip.family);
	for (int tries = 0; rule != NULL && tries < 8 && rng_percent(x->rng, 85); tries++) {
		struct ost_ip ip;

		if (random_rule_address(x->rng, rule, &ip) && ip.family == b->ip.family) {
			x->there.dst = ip;
			break;
		}
	}
	if (rng_percent(x->rng, 15)) /* the server is a device, perhaps */
		x->there.dst = n->bindings[rng_below(x->rng, n->binding_count)].ip;
	x->there.dst = as_host(x->there.dst);
	peer = naive_bound(n, x->there.vlan, &x->there.dst);
	if (peer != NAIVE_NONE && rng_percent(x->rng, 60))
		x->there.dst_mac = p->devices[peer].mac;
	x->talk = (struct naive_talk){.device = d, .server = x->there.dst, .tcp = x->there.protocol == 6, .port = x->port};
	return x->there.src.family == x->there.dst.family && !ost_ip_equal(&x->there.src, &x->there.dst) &&
	       ost_ip_equal(&x->there.src, &(struct ost_ip){0}) == false && (as_host(x->there.src).b[0] == x->there.src.b[0]);
}

static void back_make(struct exchange *x, const struct naive_verdict *v)
{
	x->back = x->there;
	x->back.port = v->egress;
	x->back.src_mac = x->there.dst_mac;
	x->back.dst_mac = x->there.src_mac;
	x->back.src = x->there.dst;
	x->back.dst = x->there.src;
	x->back.value = x->port;
}

/* The first two segments of TCP. False: the talk cannot begin. */
static bool opens(struct exchange *x, struct naive_verdict *v)
{
	struct frame_extra extra = {.sport = x->port, .tcp_flags = FRAME_SYN, .tcp_seq = x->seq[0]};

	*v = naive_frame_judge(&x->w->naive, &x->there);
	back_make(x, v);
	if (!x->talk.tcp)
		return v->forward;
	send(x, &x->there, &extra, v);
	if (!v->forward)
		return false;
	x->seq[0]++;
	extra = (struct frame_extra){.sport = 53, .tcp_flags = FRAME_SYN | FRAME_ACK, .tcp_seq = x->seq[1], .tcp_ack = x->seq[0]};
	send(x, &x->back, &extra, &(struct naive_verdict){.forward = true, .egress = x->there.port});
	x->seq[1]++;
	return true;
}

/* What does not come as it should: true or false, on its way or on another. */
static struct naive_message answer_random(struct exchange *x, const struct naive_message *q)
{
	struct naive_message m = *q;
	struct rng *rng = x->rng;

	m.answer = true;
	records_random(x, &m);
	switch (rng_below(rng, 14)) {
	case 0:
		m.id ^= (uint16_t)(1u << rng_below(rng, 16));
		break;
	case 1:
		name_random(rng, m.name);
		break;
	case 2:
		m.type = m.type == NAIVE_A ? NAIVE_AAAA : NAIVE_A;
		break;
	case 3:
		m.answer = false;
		break;
	case 4:
		m.rcode = 3;
		break;
	case 5:
		m.class = 3;
		break;
	case 6:
		m.opcode ^= 1;
		break;
	default:
		break;
	}
	return m;
}

/* Somebody else's answer, or to somebody else: a datagram that belongs to no flow. */
static void astray(struct exchange *x, const struct naive_message *q)
{
	struct naive_message m = *q;
	struct naive_frame back = x->back;
	const struct naive_binding *other;
	struct naive_verdict v;
	uint8_t bytes[1450];
	struct frame_extra extra = {.sport = 53, .payload = bytes};

	m.answer = true;
	records_random(x, &m);
	extra.payload_bytes = (uint16_t)naive_dns_write(&m, bytes, sizeof(bytes));
	x->back.protocol = 17;
	switch (rng_below(x->rng, 3)) {
	case 0:
		x->back.src = as_host(random_policy_address(x->rng, x->w->policy, x->back.src.family));
		x->back.value = stray_port(x->w); /* nobody asks from there */
		break;
	case 1:
		x->back.value = stray_port(x->w);
		break;
	default:
		other = &x->w->naive.world.bindings[rng_below(x->rng, x->w->naive.world.binding_count)];
		if (other->ip.family != x->back.dst.family || !ost_ip_equal(&(struct ost_ip){.family = other->ip.family}, &other->ip) == false)
			break;
		x->back.dst = as_host(other->ip);
		x->back.dst_mac = x->w->policy->devices[other->device].mac;
		x->back.vlan = x->w->policy->devices[other->device].vlan;
		x->back.value = stray_port(x->w);
		break;
	}
	if (is_network(x, x->back.port) && x->back.value >= 3000 && x->back.value < 4000 && !ost_ip_equal(&x->back.src, &x->back.dst)) {
		v = naive_frame_judge(&x->w->naive, &x->back);
		send(x, &x->back, &extra, &v);
	}
	x->back = back;
}

/* A rule of the device about a name, NULL: there is none. */
static const struct ost_rule *name_rule(const struct exchange *x, uint32_t device)
{
	const struct ost_role *role = &x->w->policy->roles[x->w->policy->devices[device].role];
	uint32_t first = rng_below(x->rng, role->rule_count ? role->rule_count : 1);

	for (uint32_t i = 0; i < role->rule_count; i++) {
		const struct ost_rule *r = &role->rules[(first + i) % role->rule_count];

		if (r->peer == OST_PEER_NAME)
			return r;
	}
	return NULL;
}

/* What a rule about a name lets the device do, with an address that some device was given. False: there is none. */
static bool connect_by_name(struct exchange *x)
{
	const struct naive_givens *g = &x->w->naive.world.given;
	const struct ost_rule *rule = name_rule(x, x->talk.device);
	const struct naive_given *last = g->count > 0 ? &g->items[g->count - 1 - rng_below(x->rng, OST_MIN(g->count, 12u))] : NULL;
	struct frame_extra extra = {.sport = fresh_port(x->w), .tcp_flags = FRAME_SYN};
	struct naive_frame f = x->there;
	struct naive_verdict v;

	if (rule == NULL || last == NULL || last->ip.family != f.src.family)
		return false;
	f.dst = as_host(last->ip);
	f.dst_mac = router;
	random_rule_service(x->rng, rule, f.src.family, &f.protocol, &f.value);
	if ((f.protocol != 6 && f.protocol != 17) || f.value == 53 || f.value == 67 || f.value == 68 || f.value == 546 || f.value == 547 ||
		ost_ip_equal(&f.src, &f.dst))
		return false;
	if (rule->direction == OST_FROM) {
		f.port = (uint8_t)(WORLD_NETWORK + rng_below(x->rng, 2));
		f.src_mac = router;
		f.dst_mac = x->there.src_mac;
		f.src = f.dst;
		f.dst = x->there.src;
	}
	v = world_judge(x->w, &f);
	send(x, &f, &extra, &v);
	return true;
}

/* Whom the device was told about, and somebody else: may they be asked now? */
static void connect(struct exchange *x)
{
	const struct naive_givens *g = &x->w->naive.world.given;
	struct naive_verdict v;
	struct frame_extra extra;
	struct naive_frame f;

	if (rng_percent(x->rng, 80) && connect_by_name(x))
		return;
	world_random_frame(x->w, x->rng, fresh_port(x->w), &f, &extra);
	if (f.protocol != 6 && f.protocol != 17) /* without ports it may be of a flow that is there */
		return;
	if (g->count > 0 && f.port < RANDOM_PORTS && rng_percent(x->rng, 80)) {
		const struct naive_given *last = &g->items[g->count - 1 - rng_below(x->rng, OST_MIN(g->count, 8u))];

		if (last->ip.family == f.dst.family && ost_ip_equal(&last->ip, &f.src) == false)
			f.dst = as_host(last->ip);
	}
	v = world_judge(x->w, &f);
	send(x, &f, &extra, &v);
}

void exchange_random(struct world *w, struct rng *rng, exchange_expect expect, struct exchange_counts *counts)
{
	struct exchange x = {.w = w, .rng = rng, .expect = expect, .counts = counts, .one_by_one = rng_percent(rng, 60),
		.port = talk_port(w), .seq = {(uint32_t)rng_next(rng), (uint32_t)rng_next(rng)}};
	struct naive_message q = question_random(rng), m;
	struct naive_verdict v;
	bool over = false;

	if (w->naive.world.binding_count == 0 || !ends_random(&x))
		return;
	counts->talks++;
	counts->tcp += x.talk.tcp;
	over = !opens(&x, &v);
	if (over && x.talk.tcp)
		return;
	x.read = v.forward && naive_dns_is_read(&w->naive.world, &(struct naive_flow){.device = x.talk.device, .direction = OST_TO,
		.vlan = x.there.vlan, .protocol = x.there.protocol, .value = 53, .own = x.there.src, .remote = x.there.dst, .given = &w->naive.world.given});
	counts->read += x.read;
	for (uint32_t asks = 1 + rng_below(rng, 2); asks > 0; asks--) {
		if (x.read)
			naive_dns_ask(&w->dns, &w->naive.world, &x.talk, &q);
		send_message(&x, false, &q, &v);
	}
	for (uint32_t n = rng_below(rng, 4); n > 0 && !over; n--) {
		uint8_t to = x.there.port;

		m = answer_random(&x, &q);
		counts->answers++;
		if (!x.read || naive_dns_answer(&w->dns, &w->naive.world, &x.talk, &m)) {
			v = passes(to);
		} else {
			v = refused(BIT(DNS_UNASKED));
			counts->unasked++;
			over = x.talk.tcp; /* nothing more of this side passes */
		}
		send_message(&x, true, &m, &v);
		if (rng_percent(rng, 30))
			astray(&x, &q);
		if (rng_percent(rng, 70))
			connect(&x);
	}
	connect(&x);
	counts->given = w->naive.world.given.count;
}
