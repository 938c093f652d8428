/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "naive_dns.h"

#include <ctype.h>

#define SECOND_NS 1000000000ull

static bool same_ip(const struct ost_ip *a, const struct ost_ip *b)
{
	return a->family == b->family && memcmp(a->b, b->b, a->family == OST_IPV4 ? 4 : 16) == 0;
}

static void lower(char to[static NAIVE_NAME], const char *from)
{
	size_t i = 0;

	for (; from[i] != '\0' && i + 1 < NAIVE_NAME; i++)
		to[i] = (char)tolower((unsigned char)from[i]);
	to[i] = '\0';
}

/* "by a name server that a rule of its role with OST_RULE_DNS names"; "of devices whose role names hosts" */
bool naive_dns_is_read(const struct naive_world *w, const struct naive_flow *flow)
{
	const struct ost_role *role = &w->policy->roles[w->policy->devices[flow->device].role];
	uint32_t remote = naive_bound(w, flow->vlan, &flow->remote);
	bool hosts = false, server = false;

	if (flow->direction != OST_TO || flow->value != 53 || (flow->protocol != 6 && flow->protocol != 17))
		return false;
	for (uint32_t i = 0; i < role->rule_count; i++) {
		hosts |= role->rules[i].peer == OST_PEER_NAME;
		server |= (role->rules[i].flags & OST_RULE_DNS) && naive_rule_holds(w, &role->rules[i], flow, remote);
	}
	return hosts && server;
}

static bool same_talk(const struct naive_talk *a, const struct naive_talk *b)
{
	return a->device == b->device && a->tcp == b->tcp && a->port == b->port && same_ip(&a->server, &b->server);
}

/* "An answer must answer a question of this device, by its server, port, number, name and type, within 15 s" */
static struct naive_asked *asked_find(struct naive_dns *dns, const struct naive_world *w, const struct naive_talk *talk,
	const struct naive_message *m)
{
	char name[NAIVE_NAME];

	lower(name, m->name);
	for (uint32_t i = 0; i < NAIVE_ASKED; i++) {
		struct naive_asked *a = &dns->asked[i];

		if (a->pending > 0 && a->until_ns > w->given.now_ns && same_talk(&a->talk, talk) && a->id == m->id && a->type == m->type &&
			a->class == m->class && a->opcode == m->opcode && strcmp(a->name, name) == 0)
			return a;
	}
	return NULL;
}

/* "A device has 32 at once": the oldest gives way. */
static void asked_trim(struct naive_dns *dns, uint32_t device)
{
	struct naive_asked *oldest = NULL;
	uint32_t n = 0;

	for (uint32_t i = 0; i < NAIVE_ASKED; i++) {
		struct naive_asked *a = &dns->asked[i];

		if (a->number == 0 || a->talk.device != device)
			continue;
		n++;
		if (oldest == NULL || a->number < oldest->number)
			oldest = a;
	}
	if (n > 32)
		*oldest = (struct naive_asked){0};
}

void naive_dns_ask(struct naive_dns *dns, const struct naive_world *w, const struct naive_talk *talk, const struct naive_message *m)
{
	struct naive_asked *a = asked_find(dns, w, talk, m);

	if (a != NULL) {
		a->pending++;
		a->until_ns = w->given.now_ns + 15 * SECOND_NS;
		return;
	}
	for (a = dns->asked; a->number != 0; a++)
		;
	*a = (struct naive_asked){.talk = *talk, .id = m->id, .type = m->type, .class = m->class, .opcode = m->opcode,
		.until_ns = w->given.now_ns + 15 * SECOND_NS, .pending = 1, .number = ++dns->number};
	lower(a->name, m->name);
	asked_trim(dns, talk->device);
}

static bool same_given(const struct naive_given *a, const struct naive_given *b)
{
	if (a->device != b->device || !same_ip(&a->ip, &b->ip) || a->name_count != b->name_count)
		return false;
	for (uint32_t i = 0; i < a->name_count; i++) {
		if (strcmp(a->names[i], b->names[i]) != 0)
			return false;
	}
	return true;
}

static void give(struct naive_world *w, const struct naive_given *g)
{
	struct naive_givens *all = &w->given;

	for (uint32_t i = 0; i < all->count; i++) {
		if (same_given(&all->items[i], g)) {
			all->items[i].until_ns = OST_MAX(all->items[i].until_ns, g->until_ns);
			return;
		}
	}
	if (all->count == all->capacity) {
		all->capacity = all->capacity * 2 + 64;
		all->items = realloc(all->items, all->capacity * sizeof(*all->items));
		if (all->items == NULL)
			abort();
	}
	all->items[all->count++] = *g;
}

/* "An answer holds for its time to live, at least 60 s and at most a day, and 30 s more; of aliases the shortest counts."
 * RFC 2181 section 8: a time with its highest bit set is 0. */
static uint64_t until(const struct naive_world *w, uint32_t ttl_s)
{
	return w->given.now_ns + (OST_MIN(OST_MAX(ttl_s, 60u), 86400u) + 30) * SECOND_NS;
}

static uint32_t seconds(uint32_t ttl_s)
{
	return ttl_s >> 31 ? 0 : ttl_s;
}

static bool is_named(const char *a, const char *b)
{
	char x[NAIVE_NAME], y[NAIVE_NAME];

	lower(x, a);
	lower(y, b);
	return strcmp(x, y) == 0;
}

/* The question's name, and where aliases lead, the first one of each name; a circle ends it. */
static uint32_t chain_make(const struct naive_message *m, char names[static NAIVE_CHAIN][NAIVE_NAME], uint32_t ttls_s[static NAIVE_CHAIN])
{
	uint32_t n = 1;

	lower(names[0], m->name);
	ttls_s[0] = UINT32_MAX;
	while (n < NAIVE_CHAIN) {
		const struct naive_record *next = NULL;
		bool circle = false;

		for (uint32_t i = 0; next == NULL && i < m->record_count; i++) {
			const struct naive_record *r = &m->records[i];

			if (r->type == NAIVE_CNAME && r->class == 1 && is_named(r->owner, names[n - 1]))
				next = r;
		}
		for (uint32_t i = 0; next != NULL && i < n; i++)
			circle |= is_named(next->target, names[i]);
		if (next == NULL || circle)
			break;
		lower(names[n], next->target);
		ttls_s[n] = OST_MIN(ttls_s[n - 1], seconds(next->ttl_s));
		n++;
	}
	return n;
}

static void addresses_give(struct naive_world *w, uint32_t device, const struct naive_message *m)
{
	char names[NAIVE_CHAIN][NAIVE_NAME];
	uint32_t ttls_s[NAIVE_CHAIN], n = chain_make(m, names, ttls_s);

	for (uint32_t i = 0; i < m->record_count; i++) {
		const struct naive_record *r = &m->records[i];
		struct naive_given g = {.device = device, .ip = r->ip};

		if ((r->type != NAIVE_A && r->type != NAIVE_AAAA) || r->class != 1 || (m->type != r->type && m->type != NAIVE_ANY))
			continue;
		for (uint32_t k = 0; k < n; k++) {
			if (!is_named(r->owner, names[k]))
				continue;
			g.name_count = k + 1;
			memcpy(g.names, names, g.name_count * sizeof(names[0]));
			g.until_ns = until(w, OST_MIN(seconds(r->ttl_s), ttls_s[k]));
			give(w, &g);
		}
	}
}

bool naive_dns_answer(struct naive_dns *dns, struct naive_world *w, const struct naive_talk *talk, const struct naive_message *m)
{
	struct naive_asked *a = asked_find(dns, w, talk, m);

	if (!m->answer || a == NULL)
		return false;
	a->pending--;
	if (m->opcode == 0 && m->rcode == 0 && m->class == 1)
		addresses_give(w, talk->device, m);
	return true;
}

uint32_t naive_dns_chains(const struct naive_world *w, uint32_t device, const struct ost_ip *ip)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < w->given.count; i++)
		n += w->given.items[i].device == device && same_ip(&w->given.items[i].ip, ip);
	return n;
}

/* ---- on the wire ---- */

struct writer {
	uint8_t *bytes;
	uint32_t length, size;
};

static void put8(struct writer *o, unsigned v)
{
	if (o->length == o->size)
		abort();
	o->bytes[o->length++] = (uint8_t)v;
}

static void put16(struct writer *o, unsigned v)
{
	put8(o, v >> 8 & 0xff);
	put8(o, v & 0xff);
}

static void put_name(struct writer *o, const char *name)
{
	while (*name != '\0') {
		size_t n = strcspn(name, ".");

		put8(o, (unsigned)n);
		for (size_t i = 0; i < n; i++)
			put8(o, (uint8_t)name[i]);
		name += n + (name[n] == '.');
	}
	put8(o, 0);
}

static void put_record(struct writer *o, const struct naive_message *m, const struct naive_record *r)
{
	uint32_t at;

	if (strcmp(r->owner, m->name) == 0)
		put16(o, 0xc00c); /* RFC 1035 section 4.1.4 */
	else
		put_name(o, r->owner);
	put16(o, r->type);
	put16(o, r->class);
	put16(o, r->ttl_s >> 16);
	put16(o, r->ttl_s & 0xffff);
	at = o->length;
	put16(o, 0);
	if (r->type == NAIVE_CNAME)
		put_name(o, r->target);
	else if (r->type == NAIVE_A || r->type == NAIVE_AAAA)
		for (unsigned i = 0; i < (r->type == NAIVE_A ? 4u : 16u); i++)
			put8(o, r->ip.b[i]);
	else
		put16(o, 0x0161);
	o->bytes[at + 1] = (uint8_t)(o->length - at - 2);
}

uint32_t naive_dns_write(const struct naive_message *m, uint8_t *bytes, uint32_t size)
{
	struct writer o = {bytes, 0, size};

	put16(&o, m->id);
	put16(&o, (unsigned)m->answer << 15 | (unsigned)m->opcode << 11 | 1u << 8 | m->rcode);
	put16(&o, 1);
	put16(&o, m->record_count);
	put16(&o, 0);
	put16(&o, 0);
	put_name(&o, m->name);
	put16(&o, m->type);
	put16(&o, m->class);
	for (uint32_t i = 0; i < m->record_count; i++)
		put_record(&o, m, &m->records[i]);
	return o.length;
}
