/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "frames.h"

static void put(struct frame *f, const void *bytes, uint32_t n)
{
	if (f->length + n > FRAME_MAX)
		abort();
	memcpy(f->bytes + f->length, bytes, n);
	f->length += n;
}

static void put8(struct frame *f, unsigned v)
{
	uint8_t b = (uint8_t)v;

	put(f, &b, 1);
}

static void put16(struct frame *f, unsigned v)
{
	put8(f, v >> 8 & 0xff);
	put8(f, v & 0xff);
}

static void put32(struct frame *f, uint32_t v)
{
	put16(f, v >> 16);
	put16(f, v & 0xffff);
}

static void put_zeros(struct frame *f, uint32_t n)
{
	while (n-- > 0)
		put8(f, 0);
}

static void put_payload(struct frame *f, const struct frame_extra *x)
{
	if (x->payload != NULL)
		put(f, x->payload, x->payload_bytes);
	else
		put_zeros(f, x->payload_bytes);
}

static uint32_t sum16(const uint8_t *b, uint32_t n, uint32_t sum)
{
	for (uint32_t i = 0; i < n; i++)
		sum += i % 2 ? b[i] : (uint32_t)b[i] << 8;
	return sum;
}

static void store_checksum(uint8_t *at, uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	at[0] = (uint8_t)(~sum >> 8);
	at[1] = (uint8_t)~sum;
}

static void put_tcp(struct frame *out, const struct naive_frame *f, const struct frame_extra *x)
{
	put16(out, x->sport);
	put16(out, f->value);
	put32(out, x->tcp_seq);
	put32(out, x->tcp_ack);
	put8(out, 5 << 4);
	put8(out, x->tcp_flags);
	put16(out, 8192);
	put32(out, 0);
}

static void put_icmp(struct frame *out, const struct naive_frame *f, const struct frame_extra *x)
{
	put16(out, f->value); /* type and code */
	put16(out, 0);
	put16(out, x->sport);
	put16(out, 1);
}

/* The transport header and payload; returns where the checksum stands in it, or -1. */
static int put_l4(struct frame *out, const struct naive_frame *f, const struct frame_extra *x)
{
	switch (f->protocol) {
	case 6:
		put_tcp(out, f, x);
		put_payload(out, x);
		return 16;
	case 1:
	case 58:
		put_icmp(out, f, x);
		put_zeros(out, x->payload_bytes);
		return 2;
	case 17:
		put16(out, x->sport);
		put16(out, f->value);
		put16(out, 8u + x->payload_bytes);
		put16(out, 0);
		put_payload(out, x);
		return 6;
	case 33:
	case 132:
	case 136:
		put16(out, x->sport);
		put16(out, f->value);
		put_zeros(out, 12u + x->payload_bytes);
		return -1;
	default:
		put_zeros(out, 16u + x->payload_bytes);
		return -1;
	}
}

static void put_ip(struct frame *out, const struct naive_frame *f, const struct frame_extra *x)
{
	static const uint8_t nops[4] = {1, 1, 1, 0};
	static const uint8_t padding[6] = {1, 4, 0, 0, 0, 0}; /* PadN, RFC 8200 4.2 */

	if (f->src.family == OST_IPV4) {
		put8(out, x->options ? 0x46 : 0x45);
		put8(out, 0);
		put16(out, 0);
		put32(out, 0x00014000); /* don't fragment */
		put8(out, 64);
		put8(out, f->protocol);
		put16(out, 0);
		put(out, f->src.b, 4);
		put(out, f->dst.b, 4);
		if (x->options)
			put(out, nops, 4);
		return;
	}
	put32(out, 0x60000000);
	put16(out, 0);
	put8(out, x->options ? 60 : f->protocol);
	put8(out, 64);
	put(out, f->src.b, 16);
	put(out, f->dst.b, 16);
	if (x->options) {
		put8(out, f->protocol);
		put8(out, 0);
		put(out, padding, 6);
	}
}

static void finish(
	struct frame *out, const struct naive_frame *f, uint32_t l3, uint32_t l4, int checksum_at)
{
	uint32_t n = out->length - l4, total = out->length - l3, sum = f->protocol;
	uint8_t *ip = out->bytes + l3;

	if (f->src.family == OST_IPV4) {
		ip[2] = (uint8_t)(total >> 8);
		ip[3] = (uint8_t)total;
		store_checksum(ip + 10, sum16(ip, l4 - l3, 0));
	} else {
		ip[4] = (uint8_t)((total - 40) >> 8);
		ip[5] = (uint8_t)(total - 40);
	}
	if (checksum_at < 0)
		return;
	sum += n;
	sum = sum16(f->src.b, 16, sum);
	sum = sum16(f->dst.b, 16, sum);
	sum = f->protocol == 1 ? 0 : sum; /* ICMP has no pseudo-header */
	store_checksum(out->bytes + l4 + checksum_at, sum16(out->bytes + l4, n, sum));
}

void frame_build(struct frame *out, const struct naive_frame *f, const struct frame_extra *x)
{
	uint32_t l3, l4, inner = f->vlan >> 12;
	int checksum_at;

	out->length = 0;
	put(out, f->dst_mac.b, 6);
	put(out, f->src_mac.b, 6);
	if (f->vlan != 0) {
		put16(out, x->other_tag ? 0x88a8 : 0x8100);
		put16(out, f->vlan & 0xfff);
	}
	if (inner != 0) {
		put16(out, 0x8100);
		put16(out, inner | 5u << 13); /* with a priority, which is not part of the VLAN */
	}
	put16(out, f->src.family == OST_IPV4 ? 0x0800 : 0x86dd);
	l3 = out->length;
	put_ip(out, f, x);
	l4 = out->length;
	checksum_at = put_l4(out, f, x);
	finish(out, f, l3, l4, checksum_at);
	if (out->length < 60)
		put_zeros(out, 60 - out->length);
}
