/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rig_dns.h"

void dns_u8(struct dns *d, unsigned v)
{
	assert_true(d->n < sizeof(d->b));
	d->b[d->n++] = (uint8_t)v;
}

void dns_u16(struct dns *d, unsigned v)
{
	dns_u8(d, v >> 8 & 0xff);
	dns_u8(d, v & 0xff);
}

static void u32(struct dns *d, uint32_t v)
{
	dns_u16(d, v >> 16);
	dns_u16(d, v & 0xffff);
}

void dns_name(struct dns *d, const char *name)
{
	while (*name != 0) {
		size_t n = strcspn(name, ".");

		dns_u8(d, (unsigned)n);
		for (size_t i = 0; i < n; i++)
			dns_u8(d, (uint8_t)name[i]);
		name += n + (name[n] == '.');
	}
	dns_u8(d, 0);
}

void dns_flags(struct dns *d, uint16_t flags)
{
	d->b[2] = (uint8_t)(flags >> 8);
	d->b[3] = (uint8_t)flags;
}

void dns_count(struct dns *d, unsigned section, uint16_t count)
{
	d->b[4 + 2 * section] = (uint8_t)(count >> 8);
	d->b[5 + 2 * section] = (uint8_t)count;
}

void dns_query(struct dns *d, uint16_t id, const char *name, uint16_t type)
{
	memset(d, 0, 12);
	d->n = 12;
	d->b[0] = (uint8_t)(id >> 8);
	d->b[1] = (uint8_t)id;
	dns_flags(d, 0x0100);
	dns_count(d, 0, 1);
	dns_name(d, name);
	dns_u16(d, type);
	dns_u16(d, 1);
}

void dns_answer(struct dns *d, uint16_t id, const char *name, uint16_t type)
{
	dns_query(d, id, name, type);
	dns_flags(d, 0x8180);
}

static void record(struct dns *d, const char *owner, uint16_t type, uint32_t ttl_s)
{
	dns_count(d, 1, (uint16_t)((d->b[6] << 8 | d->b[7]) + 1));
	dns_name(d, owner);
	dns_u16(d, type);
	dns_u16(d, 1);
	u32(d, ttl_s);
}

void dns_address(struct dns *d, const char *owner, uint32_t ttl_s, const char *text)
{
	struct ost_ip ip;
	unsigned n;

	assert_int_equal(ost_ip_parse(text, &ip), 0);
	n = ip.family == OST_IPV4 ? 4 : 16;
	record(d, owner, n == 4 ? T_A : T_AAAA, ttl_s);
	dns_u16(d, n);
	for (unsigned i = 0; i < n; i++)
		dns_u8(d, ip.b[i]);
}

void dns_alias(struct dns *d, const char *owner, uint32_t ttl_s, const char *target)
{
	record(d, owner, T_CNAME, ttl_s);
	dns_u16(d, (unsigned)strlen(target) + 2);
	dns_name(d, target);
}

void dns_wire(const struct way *w, const struct dns *d, struct wire *f)
{
	wire_eth(f, w->dst, w->src);
	wire_ip(f, w->from, w->to, 17);
	wire_udp(f, w->sport, w->dport, 0);
	wire_put(f, d->b, d->n);
	wire_end(f);
}

enum ost_reason dns_send(struct rig *r, const struct way *w, const struct dns *d)
{
	struct wire f;

	dns_wire(w, d, &f);
	return rig_send(r, w->port, &f);
}

enum ost_reason dns_segment(struct rig *r, const struct way *w, uint8_t flags, uint32_t seq, uint32_t ack, const void *bytes, uint32_t n)
{
	struct wire f;

	wire_eth(&f, w->dst, w->src);
	wire_ip(&f, w->from, w->to, 6);
	wire_tcp(&f, w->sport, w->dport, flags, seq, ack, 0);
	wire_put(&f, bytes, n);
	wire_end(&f);
	return rig_send(r, w->port, &f);
}
