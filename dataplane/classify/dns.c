/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dns.h"

#include "cursor.h"

#define ALIASES_SEEN_MAX 16u /* CNAME records kept of an answer: more than are followed, they may be in any order */

#define LABEL_POINTER 0xc0u
#define TTL_SIGN      0x80000000u

static uint8_t fold(uint8_t byte)
{
	return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte | 0x20) : byte;
}

/* One label behind its length byte. False: it does not fit the message or a name. */
static bool label_take(struct ost_cursor *c, uint8_t size, struct ost_dns_name *name)
{
	const uint8_t *label = ost_cursor_take(c, size);

	/* Behind every label comes another length byte. */
	if (label == NULL || name->length + 2u + size > OST_DNS_NAME_MAX)
		return false;
	name->wire[name->length++] = size;
	for (uint8_t i = 0; i < size; i++)
		name->wire[name->length++] = fold(label[i]);
	return true;
}

int ost_dns_name_read(const uint8_t *message, size_t length, size_t *at, struct ost_dns_name *ret_name)
{
	struct ost_cursor c = ost_cursor_of(message, length);
	size_t behind = 0, part = *at; /* where the part that is read began */
	unsigned jumps = 0;
	struct ost_dns_name name;

	name.length = 0;
	if (!ost_cursor_skip(&c, *at))
		return -EBADMSG;
	for (uint8_t size = ost_cursor_u8(&c); size != 0; size = ost_cursor_u8(&c)) {
		if (size < 64) {
			if (!label_take(&c, size, &name))
				return -EBADMSG;
			continue;
		}
		size_t to = (size_t)(size & ~LABEL_POINTER) << 8 | ost_cursor_u8(&c);

		if (c.failed || size < LABEL_POINTER || to >= part || ++jumps > OST_DNS_JUMPS_MAX)
			return -EBADMSG;
		if (behind == 0)
			behind = (size_t)(c.at - message);
		part = to;
		c = ost_cursor_of(message + to, length - to);
	}
	if (c.failed)
		return -EBADMSG;
	name.wire[name.length++] = 0;
	*at = behind != 0 ? behind : (size_t)(c.at - message);
	ret_name->length = name.length;
	memcpy(ret_name->wire, name.wire, name.length);
	return 0;
}

int ost_dns_read(const void *bytes, size_t length, struct ost_dns *ret_message)
{
	struct ost_cursor c = ost_cursor_of(bytes, length);
	struct ost_dns m = {.bytes = bytes, .length = length, .records_at = OST_DNS_HEADER_BYTES};
	uint16_t flags, questions;

	m.id = ost_cursor_be16(&c);
	flags = ost_cursor_be16(&c);
	questions = ost_cursor_be16(&c);
	for (int i = 0; i < 3; i++)
		m.record_counts[i] = ost_cursor_be16(&c);
	if (c.failed || questions > 1)
		return -EBADMSG;
	m.answer = flags >> 15;
	m.opcode = flags >> 11 & 15;
	m.truncated = flags >> 9 & 1;
	m.rcode = flags & 15;
	if (questions == 1) {
		if (ost_dns_name_read(bytes, length, &m.records_at, &m.name) < 0)
			return -EBADMSG;
		c = ost_cursor_of(m.bytes + m.records_at, length - m.records_at);
		m.type = ost_cursor_be16(&c);
		m.class = ost_cursor_be16(&c);
		m.records_at += 4;
	}
	if (c.failed)
		return -EBADMSG;
	*ret_message = m;
	return 0;
}

struct record {
	struct ost_dns_name owner;
	uint16_t type, class;
	uint32_t ttl_s;
	uint16_t data_length;
	size_t data_at;
};

static int record_read(const struct ost_dns *m, size_t *at, struct record *r)
{
	struct ost_cursor c;

	if (ost_dns_name_read(m->bytes, m->length, at, &r->owner) < 0)
		return -EBADMSG;
	c = ost_cursor_of(m->bytes + *at, m->length - *at);
	r->type = ost_cursor_be16(&c);
	r->class = ost_cursor_be16(&c);
	r->ttl_s = ost_cursor_be32(&c);
	r->data_length = ost_cursor_be16(&c);
	if (ost_cursor_take(&c, r->data_length) == NULL)
		return -EBADMSG;
	r->data_at = *at + 10;
	*at = r->data_at + r->data_length;
	/* RFC 2181 section 8. */
	if (r->ttl_s & TTL_SIGN)
		r->ttl_s = 0;
	return 0;
}

struct alias {
	struct ost_dns_name owner, target;
	uint32_t ttl_s;
};

static int alias_read(const struct ost_dns *m, const struct record *r, struct alias *alias)
{
	size_t at = r->data_at;

	/* The name ends where its record does, not before. */
	if (ost_dns_name_read(m->bytes, r->data_at + r->data_length, &at, &alias->target) < 0 ||
		at != r->data_at + r->data_length)
		return -EBADMSG;
	alias->owner = r->owner;
	alias->ttl_s = r->ttl_s;
	return 0;
}

/* How many records of the answer section are there; -EBADMSG: one is not whole. */
static int aliases_collect(const struct ost_dns *m, struct alias aliases[static ALIASES_SEEN_MAX], uint32_t *ret_count,
	uint32_t *ret_records)
{
	size_t at = m->records_at;
	struct record r;

	*ret_count = *ret_records = 0;
	for (uint32_t i = 0; i < OST_MIN(m->record_counts[0], OST_DNS_RECORDS_MAX); i++) {
		if (record_read(m, &at, &r) < 0)
			return m->truncated ? 0 : -EBADMSG;
		if (((r.type == OST_DNS_A && r.data_length != 4) || (r.type == OST_DNS_AAAA && r.data_length != 16)) &&
			r.class == OST_DNS_CLASS_IN)
			return -EBADMSG;
		if (r.type == OST_DNS_CNAME && r.class == OST_DNS_CLASS_IN && *ret_count < ALIASES_SEEN_MAX) {
			if (alias_read(m, &r, &aliases[*ret_count]) < 0)
				return -EBADMSG;
			(*ret_count)++;
		}
		(*ret_records)++;
	}
	return 0;
}

static uint32_t name_find(const struct ost_dns_answer *a, const struct ost_dns_name *name)
{
	for (uint32_t i = 0; i < a->name_count; i++) {
		if (ost_dns_name_equal(&a->names[i], name))
			return i;
	}
	return a->name_count;
}

/* From the question's name as far as the aliases lead. ttls_s: how long all of them up to there are good. */
static void aliases_follow(const struct alias *aliases, uint32_t count, struct ost_dns_answer *a, uint32_t *ttls_s)
{
	for (uint32_t i = 0; i < count && a->name_count <= OST_DNS_ALIASES_MAX; i++) {
		const uint32_t last = a->name_count - 1;

		if (!ost_dns_name_equal(&aliases[i].owner, &a->names[last]))
			continue;
		if (name_find(a, &aliases[i].target) < a->name_count)
			return; /* in a circle */
		a->names[last + 1] = aliases[i].target;
		ttls_s[last + 1] = OST_MIN(ttls_s[last], aliases[i].ttl_s);
		a->name_count++;
		i = UINT32_MAX; /* from the first one again */
	}
}

static void address_take(const struct ost_dns *m, const struct record *r, uint32_t owner, uint32_t ttl_s, struct ost_dns_answer *a)
{
	struct ost_dns_address d = {.ttl_s = OST_MIN(r->ttl_s, ttl_s), .owner = owner};

	d.ip.family = r->type == OST_DNS_A ? OST_IPV4 : OST_IPV6;
	memcpy(d.ip.b, m->bytes + r->data_at, r->data_length);
	/* A host's name must not open groups, broadcast or loopback to whoever answers for it. */
	if (!ost_ip_is_unicast(&d.ip))
		return;
	if (a->address_count == OST_DNS_ADDRESSES_MAX)
		a->left_out++;
	else
		a->addresses[a->address_count++] = d;
}

int ost_dns_answer_read(const struct ost_dns *m, struct ost_dns_answer *a)
{
	struct alias aliases[ALIASES_SEEN_MAX];
	uint32_t ttls_s[1 + OST_DNS_ALIASES_MAX] = {UINT32_MAX};
	uint32_t alias_count, records, owner;
	size_t at = m->records_at;
	struct record r;

	a->name_count = a->address_count = a->left_out = 0;
	if (m->name.length == 0)
		return 0;
	if (aliases_collect(m, aliases, &alias_count, &records) < 0)
		return -EBADMSG;
	a->names[0] = m->name;
	a->name_count = 1;
	aliases_follow(aliases, alias_count, a, ttls_s);
	for (uint32_t i = 0; i < records && record_read(m, &at, &r) == 0; i++) {
		if ((r.type != OST_DNS_A && r.type != OST_DNS_AAAA) || r.class != OST_DNS_CLASS_IN ||
			(m->type != r.type && m->type != OST_DNS_ANY))
			continue;
		owner = name_find(a, &r.owner);
		if (owner < a->name_count)
			address_take(m, &r, owner, ttls_s[owner], a);
	}
	return 0;
}
