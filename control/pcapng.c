/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pcapng.h"

#define BLOCK_SECTION	0x0a0d0d0au
#define BLOCK_INTERFACE 1u
#define BLOCK_PACKET	6u
#define BYTE_ORDER_MAGIC 0x1a2b3c4du
#define LINK_ETHERNET	1u
#define TEXT_MAX	1024u

enum {
	OPTION_END = 0,
	OPTION_COMMENT = 1,
	SECTION_HARDWARE = 2,
	SECTION_APPLICATION = 4,
	INTERFACE_NAME = 2,
	INTERFACE_DESCRIPTION = 3,
	INTERFACE_RESOLUTION = 9,
	PACKET_FLAGS = 2,
};

/* A block under way: written behind what is there, and counted when it is whole. */
struct block {
	struct ost_pcapng *p;
	size_t at;
	bool full;
};

static void put(struct block *b, const void *bytes, size_t n)
{
	static const uint8_t zeros[4];
	size_t pad = (4 - n % 4) % 4;

	b->full = b->full || n + pad > b->p->max - b->at;
	if (b->full)
		return;
	memcpy(b->p->bytes + b->at, bytes, n);
	memcpy(b->p->bytes + b->at + n, zeros, pad);
	b->at += n + pad;
}

static void put_u32(struct block *b, uint32_t v)
{
	put(b, &v, sizeof(v));
}

static void put_u16s(struct block *b, uint16_t x, uint16_t y)
{
	const uint16_t v[2] = {x, y};

	put(b, v, sizeof(v));
}

static void option(struct block *b, uint16_t code, const void *bytes, size_t n)
{
	put_u16s(b, code, (uint16_t)n);
	put(b, bytes, n);
}

static void text(struct block *b, uint16_t code, const char *value)
{
	if (value != NULL && value[0] != '\0')
		option(b, code, value, strnlen(value, TEXT_MAX));
}

static struct block block_begin(struct ost_pcapng *p, uint32_t type)
{
	struct block b = {.p = p, .at = p->length};

	put_u32(&b, type);
	put_u32(&b, 0); /* its length, when it is known */
	return b;
}

static int block_end(struct block *b)
{
	uint32_t bytes;

	put_u16s(b, OPTION_END, 0);
	bytes = (uint32_t)(b->at - b->p->length) + 4;
	put_u32(b, bytes);
	if (b->full)
		return -EFBIG;
	memcpy(b->p->bytes + b->p->length + 4, &bytes, sizeof(bytes));
	b->p->length = b->at;
	return 0;
}

int ost_pcapng_begin(struct ost_pcapng *p, void *bytes, size_t max, const char *hardware, const char *application, const char *comment)
{
	static const uint8_t unknown[8] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}; /* length of the section */
	struct block b;

	*p = (struct ost_pcapng){.bytes = bytes, .max = max};
	b = block_begin(p, BLOCK_SECTION);
	put_u32(&b, BYTE_ORDER_MAGIC);
	put_u16s(&b, 1, 0);
	put(&b, unknown, sizeof(unknown));
	text(&b, OPTION_COMMENT, comment);
	text(&b, SECTION_HARDWARE, hardware);
	text(&b, SECTION_APPLICATION, application);
	return block_end(&b);
}

int ost_pcapng_interface(struct ost_pcapng *p, const char *name, const char *description, uint32_t snaplen)
{
	static const uint8_t nanoseconds = 9;
	struct block b = block_begin(p, BLOCK_INTERFACE);
	int r;

	put_u16s(&b, LINK_ETHERNET, 0);
	put_u32(&b, snaplen);
	text(&b, INTERFACE_NAME, name);
	text(&b, INTERFACE_DESCRIPTION, description);
	option(&b, INTERFACE_RESOLUTION, &nanoseconds, 1);
	r = block_end(&b);
	p->interfaces += r == 0;
	return r;
}

int ost_pcapng_packet(struct ost_pcapng *p, const struct ost_pcapng_packet *packet)
{
	static const uint32_t inbound = 1;
	struct block b = block_begin(p, BLOCK_PACKET);
	int r;

	put_u32(&b, packet->interface);
	put_u32(&b, (uint32_t)(packet->wall_ns >> 32));
	put_u32(&b, (uint32_t)packet->wall_ns);
	put_u32(&b, packet->length);
	put_u32(&b, packet->frame_bytes);
	put(&b, packet->bytes, packet->length);
	option(&b, PACKET_FLAGS, &inbound, sizeof(inbound));
	text(&b, OPTION_COMMENT, packet->comment);
	r = block_end(&b);
	p->packets += r == 0;
	return r;
}
