/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which ACE of one direction mirrors which of the other. */
#include "mud_reader.h"

bool mud_is_group(const struct ost_prefix *p)
{
	static const uint8_t all[4] = {0xff, 0xff, 0xff, 0xff};

	if (p->ip.family == OST_IPV6)
		return p->length >= 8 && p->ip.b[0] == 0xff;
	return (p->length >= 4 && (p->ip.b[0] & 0xf0) == 0xe0) || (p->length == 32 && memcmp(p->ip.b, all, 4) == 0);
}

bool mud_peers_equal(const struct ost_mud_ace *a, const struct ost_mud_ace *b)
{
	if (a->peer != b->peer || a->has_prefix != b->has_prefix)
		return false;
	if (a->has_prefix && (a->prefix.length != b->prefix.length || !ost_ip_equal(&a->prefix.ip, &b->prefix.ip)))
		return false;
	return a->peer_text == NULL || b->peer_text == NULL ? a->peer_text == b->peer_text : strcmp(a->peer_text, b->peer_text) == 0;
}

/* The type of the answer to an ICMP request, and the other way round. */
static int32_t icmp_answer(int32_t protocol, int32_t type)
{
	if (protocol == 1)
		return type == 8 ? 0 : type == 0 ? 8 : type;
	return type == 128 ? 129 : type == 129 ? 128 : type;
}

static bool is_mirror(const struct ost_mud_ace *a, const struct ost_mud_ace *b)
{
	return a->to_device != b->to_device && a->protocol == b->protocol && a->family == b->family &&
	       a->icmp_type == icmp_answer(b->protocol, b->icmp_type) && a->icmp_code == b->icmp_code && a->ethertype == b->ethertype &&
	       mud_ports_equal(&a->device, &b->device) && mud_ports_equal(&a->remote, &b->remote) && mud_peers_equal(a, b);
}

/* The first one; one that says who opens before one that does not. */
static int32_t mate_find(const struct ost_mud *mud, const struct ost_mud_ace *ace)
{
	int32_t found = -1;

	for (uint32_t i = 0; i < mud->ace_count; i++) {
		const struct ost_mud_ace *other = &mud->aces[i];

		if (other->drop || other->fate == OST_MUD_REFUSED || !is_mirror(ace, other))
			continue;
		if (other->initiated != OST_MUD_UNSAID)
			return (int32_t)i;
		if (found < 0)
			found = (int32_t)i;
	}
	return found;
}

void mud_pairs_find(struct mud_reader *r)
{
	for (uint32_t i = 0; i < r->mud->ace_count; i++) {
		struct ost_mud_ace *ace = &r->mud->aces[i];

		if (!ace->drop && ace->fate != OST_MUD_REFUSED)
			ace->mate = mate_find(r->mud, ace);
	}
}
