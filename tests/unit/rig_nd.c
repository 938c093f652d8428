/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rig_nd.h"

/* The solicited-node group (RFC 4291 section 2.7.1). */
static const char *group_of(const char *address)
{
	static char text[64];
	struct ost_ip ip;

	assert_int_equal(ost_ip_parse(address, &ip), 0);
	snprintf(text, sizeof(text), "ff02::1:ff%02x:%x", ip.b[13], (unsigned)ip.b[14] << 8 | ip.b[15]);
	return text;
}

struct nd with(struct nd d, uint8_t type, unsigned mac)
{
	d.options[d.option_count].type = type;
	d.options[d.option_count].units = 1;
	d.options[d.option_count++].mac = mac;
	return d;
}

struct nd claim_of(unsigned device, const char *target)
{
	return (struct nd){.port = (uint8_t)device, .dst = GROUP, .src = device, .from = "::", .to = NULL, .type = NS, .target = target, .hops = 255};
}

struct nd ask_of(unsigned device, const char *from, const char *target)
{
	return with((struct nd){.port = (uint8_t)device, .dst = GROUP, .src = device == NET ? ROUTER : device, .from = from, .to = NULL, .type = NS, .target = target, .hops = 255}, SLLA, device == NET ? ROUTER : device);
}

struct nd answer_of(unsigned device, const char *own, const char *to, unsigned dst)
{
	return with((struct nd){.port = (uint8_t)device, .dst = dst, .src = device == NET ? ROUTER : device, .from = own, .to = to, .type = NA, .word = dst == GROUP ? OVERRIDE : SOLICITED | OVERRIDE, .target = own, .hops = 255}, TLLA,
		device == NET ? ROUTER : device);
}

void nd_build(struct wire *f, const struct nd *d)
{
	uint8_t mac[6];

	wire_eth(f, d->dst, d->src);
	wire_ip(f, d->from, d->to != NULL ? d->to : group_of(d->target), 58);
	if (d->dst == GROUP && f->b[f->l3 + 24] == 0xff) { /* RFC 2464 section 7 */
		memset(f->b, 0x33, 2);
		memcpy(f->b + 2, f->b + f->l3 + 36, 4);
	}
	f->b[f->l3 + 7] = d->hops;
	wire_u16(f, (unsigned)d->type << 8 | d->code);
	wire_u16(f, 0);
	wire_u32(f, d->word);
	if (d->type == RA)
		wire_zeros(f, 8);
	if (d->type >= NS)
		wire_address(f, d->target);
	if (d->type == REDIRECT)
		wire_address(f, d->target);
	for (unsigned i = 0; i < d->option_count; i++) {
		wire_u16(f, (unsigned)d->options[i].type << 8 | d->options[i].units);
		wire_mac(d->options[i].mac, mac);
		wire_put(f, mac, 6);
		wire_zeros(f, d->options[i].units > 1 ? d->options[i].units * 8u - 8 : 0);
	}
}

enum ost_reason nd_send(struct rig *r, struct nd d)
{
	struct wire f;

	nd_build(&f, &d);
	wire_end(&f);
	return rig_send(r, d.port, &f);
}
