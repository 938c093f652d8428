/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "copies.h"

#include "classifier.h"
#include "cursor.h"

#define PROTO_ICMP   1u
#define PROTO_IGMP   2u
#define PROTO_TCP    6u
#define PROTO_UDP    17u
#define PROTO_DCCP   33u
#define PROTO_ICMPV6 58u
#define PROTO_SCTP   132u
#define PROTO_LITE   136u

/* ---- which bytes are headers ---- */

/* Protocols of the infrastructure say in their messages what happened, and carry no secrets: they are copied as far as there is
 * room. */
static bool told_whole(uint16_t port)
{
	return port == 53 || port == 67 || port == 68 || port == 546 || port == 547;
}

static uint32_t udp_bytes(struct ost_cursor c)
{
	uint16_t source = ost_cursor_be16(&c), destination = ost_cursor_be16(&c);

	return told_whole(source) || told_whole(destination) ? OST_COPY_BYTES : 8;
}

static uint32_t tcp_bytes(struct ost_cursor c)
{
	uint32_t words;

	(void)ost_cursor_skip(&c, 12);
	words = ost_cursor_u8(&c) >> 4;
	return words >= 5 ? words * 4 : 20;
}

/* Errors hold the beginning of what they are about: its headers, without what those carry. */
static uint32_t icmp_bytes(struct ost_cursor c, bool v6)
{
	uint8_t type = ost_cursor_u8(&c);

	if (v6)
		return type < 128 ? 8 + 40 + 8 : type >= 130 ? OST_COPY_BYTES : 8;
	return type == 3 || type == 4 || type == 5 || type == 11 || type == 12 ? 8 + 20 + 8 : 8;
}

/* Of a transport header that begins at the cursor. */
static uint32_t transport_bytes(struct ost_cursor c, uint8_t protocol)
{
	switch (protocol) {
	case PROTO_TCP:
		return tcp_bytes(c);
	case PROTO_UDP:
		return udp_bytes(c);
	case PROTO_LITE:
		return 8;
	case PROTO_SCTP:
	case PROTO_DCCP:
		return 12;
	case PROTO_ICMP:
	case PROTO_ICMPV6:
		return icmp_bytes(c, protocol == PROTO_ICMPV6);
	case PROTO_IGMP:
		return 24;
	default:
		return 4;
	}
}

static uint32_t ipv4_bytes(const struct ost_packet *p, struct ost_cursor c)
{
	uint32_t header = (ost_cursor_u8(&c) & 15u) * 4;
	bool later;

	header = header < 20 ? 20 : header;
	(void)ost_cursor_skip(&c, 5);
	later = (ost_cursor_be16(&c) & 0x1fff) != 0; /* the rest of a packet: no transport header */
	(void)ost_cursor_skip(&c, 1);
	uint8_t protocol = ost_cursor_u8(&c);

	c = ost_cursor_of(p->bytes, p->length);
	if (later || !ost_cursor_skip(&c, p->l3 + header))
		return header;
	return header + transport_bytes(c, protocol);
}

/* Extension headers as far as the parser came; of one that it refused, what names it. */
static uint32_t ipv6_bytes(const struct ost_packet *p)
{
	struct ost_cursor c = ost_cursor_of(p->bytes, p->length);

	if (p->l4 < p->l3 + 40 || !ost_cursor_skip(&c, p->l4))
		return 40 + 8;
	return p->l4 - p->l3 + transport_bytes(c, p->protocol);
}

uint32_t ost_copy_length(const struct ost_packet *p)
{
	struct ost_cursor c = ost_cursor_of(p->bytes, p->length);
	uint32_t bytes = 14;

	if (p->l3 != 0 && ost_cursor_skip(&c, p->l3)) {
		switch (p->ethertype) {
		case 0x0800:
			bytes = p->l3 + ipv4_bytes(p, c);
			break;
		case 0x86dd:
			bytes = p->l3 + ipv6_bytes(p);
			break;
		case 0x0806:
			bytes = p->l3 + 28u;
			break;
		case 0x888e: /* version, type and length; code, identifier, length and type of EAP */
			bytes = p->l3 + 9u;
			break;
		default:
			bytes = p->l3;
		}
	}
	return OST_MIN(OST_MIN(bytes, p->length), (uint32_t)OST_COPY_BYTES);
}

/* ---- the tables ---- */

static size_t spent_bytes(const struct ost_site *site)
{
	return (size_t)site->config.devices_max + OST_STRANGER_CELLS;
}

int ost_copies_make(const struct ost_site *site, struct ost_copies *t, uint32_t capacity)
{
	t->capacity = capacity;
	if (capacity == 0)
		return 0;
	t->entries = ost_site_alloc(site, capacity * sizeof(*t->entries));
	t->spent = ost_site_alloc(site, spent_bytes(site));
	return t->entries != NULL && t->spent != NULL ? 0 : -ENOMEM;
}

void ost_copies_free(const struct ost_site *site, struct ost_copies *t)
{
	if (t->entries != NULL)
		ost_site_release(site, t->entries, t->capacity * sizeof(*t->entries));
	if (t->spent != NULL)
		ost_site_release(site, t->spent, spent_bytes(site));
}

static uint32_t cell_of(const struct ost_classifier *c, const struct ost_packet *p, uint32_t slot)
{
	if (slot < c->site->config.devices_max)
		return slot;
	return c->site->config.devices_max +
		(uint32_t)(ost_hash_2(&c->site->hash, p->length >= 12 ? ost_mac_word(p->bytes + 6) : 0, p->port) % OST_STRANGER_CELLS);
}

/* A filling has a share for each source, and strangers, who can be as many as somebody likes, have one together. */
static bool room(const struct ost_copies *t, uint32_t cell, bool stranger)
{
	return t->used < t->capacity && t->spent[cell] < OST_COPIES_SHARE && (!stranger || t->strange < t->capacity / OST_COPIES_STRANGE);
}

void ost_copy_take(struct ost_classifier *c, const struct ost_packet *p, uint32_t slot, enum ost_copy_verdict verdict, uint8_t reason)
{
	struct ost_copies *t = &c->copies[atomic_load_explicit(&c->copies_current, memory_order_relaxed)];
	bool stranger = slot >= c->site->config.devices_max;
	uint32_t cell;
	struct ost_copied *e;

	if (t->capacity == 0)
		return;
	cell = cell_of(c, p, slot);
	if (!room(t, cell, stranger)) {
		t->lost++;
		return;
	}
	e = &t->entries[t->used++];
	t->spent[cell]++;
	t->strange += stranger;
	*e = (struct ost_copied){.slot = stranger ? OST_SLOT_NONE : slot, .cell = cell,
		.copy = {.wall_ns = c->now_ns, .frame_bytes = p->length, .length = (uint16_t)ost_copy_length(p), .port = p->port,
			.verdict = (uint8_t)verdict, .reason = reason}};
	memcpy(e->copy.bytes, p->bytes, e->copy.length);
}

void ost_classifier_copies_flip(struct ost_classifier *c)
{
	atomic_store_explicit(&c->copies_current, !atomic_load(&c->copies_current), memory_order_release);
}

uint64_t ost_classifier_copies_drain(struct ost_classifier *c, int64_t wall_offset_ns,
	void (*fn)(void *user, uint32_t slot, const struct ost_copy *copy), void *user)
{
	struct ost_copies *t = &c->copies[!atomic_load(&c->copies_current)];
	uint64_t lost = t->lost;

	for (uint32_t i = 0; i < t->used; i++) {
		struct ost_copied *e = &t->entries[i];

		e->copy.wall_ns += (uint64_t)wall_offset_ns;
		t->spent[e->cell] = 0;
		fn(user, e->slot != OST_SLOT_NONE ? e->slot : OST_DEVICE_NONE, &e->copy);
	}
	t->used = t->strange = 0;
	t->lost = 0;
	return lost;
}
