/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ACEs that drop. Rules of the model only allow, so a drop is taken out of every ACE behind it that it meets. That is exact
 * when the drop is about the same far end, about every one, or both are addresses; and when it names no source port, which
 * rules do not ask for. Where it is not exact the file is refused: a person has to write those rules.
 */
#include "mud_reader.h"
#include "services.h"

static bool ranges_meet(const struct ost_mud_ports *a, const struct ost_mud_ports *b)
{
	if (a->count == 0 || b->count == 0)
		return true;
	for (uint32_t i = 0; i < a->count; i++) {
		for (uint32_t k = 0; k < b->count; k++) {
			if (a->ranges[i].lo <= b->ranges[k].hi && b->ranges[k].lo <= a->ranges[i].hi)
				return true;
		}
	}
	return false;
}

static bool prefixes_meet(const struct ost_prefix *a, const struct ost_prefix *b)
{
	return ost_prefix_contains(a, &b->ip) || ost_prefix_contains(b, &a->ip);
}

/* Whether some packet could be of both: for certain not, or perhaps. */
static bool packets_meet(const struct ost_mud_ace *a, const struct ost_mud_ace *b)
{
	if ((a->ethertype >= 0) != (b->ethertype >= 0))
		return (a->ethertype >= 0 ? b : a)->peer == OST_MUD_ANY && (a->ethertype >= 0 ? b : a)->protocol < 0 &&
		       (a->ethertype >= 0 ? b : a)->family == 0;
	if (a->ethertype != b->ethertype || (a->family != 0 && b->family != 0 && a->family != b->family))
		return false;
	if (a->protocol >= 0 && b->protocol >= 0 && a->protocol != b->protocol)
		return false;
	if (a->peer == OST_MUD_NETWORK && b->peer == OST_MUD_NETWORK && !prefixes_meet(&a->prefix, &b->prefix))
		return false;
	if (a->icmp_type >= 0 && b->icmp_type >= 0 && a->icmp_type != b->icmp_type)
		return false;
	if (a->icmp_code >= 0 && b->icmp_code >= 0 && a->icmp_code != b->icmp_code)
		return false;
	return ranges_meet(&a->device, &b->device) && ranges_meet(&a->remote, &b->remote);
}

static bool is_addresses(const struct ost_mud_ace *ace)
{
	return ace->peer == OST_MUD_ANY || ace->peer == OST_MUD_NETWORK || ace->peer == OST_MUD_LOCAL || ace->peer == OST_MUD_BROADCAST;
}

/* NULL when the drop can be taken out of what the ACE opens, else why not. */
static const char *inexact(const struct ost_mud_ace *drop, const struct ost_mud_ace *ace)
{
	const struct ost_mud_ports *source = ace->direction == OST_TO ? &drop->device : &drop->remote;

	if (ace->includes != 0)
		return "it is about what the gateway checks itself";
	if (source->count > 0)
		return "it asks for the source port of who opens";
	if (drop->family != 0 && ace->family == 0)
		return "it is about one IP version, and the ACE behind it about both";
	if (drop->protocol >= 0 && ace->protocol < 0)
		return "it is about one protocol, and the ACE behind it about every one";
	if (drop->peer != OST_MUD_ANY && !mud_peers_equal(drop, ace) && !(is_addresses(drop) && is_addresses(ace)))
		return "which addresses are behind a name or a class is not known beforehand";
	return NULL;
}

static void drop_add(struct mud_reader *r, uint16_t **drops, uint32_t *count, uint32_t index)
{
	uint16_t *grown = reallocarray(*drops, *count + 1, sizeof(*grown));

	r->no_memory |= grown == NULL;
	if (grown == NULL)
		return;
	*drops = grown;
	grown[(*count)++] = (uint16_t)index;
}

static void file_refuse(struct mud_reader *r, const struct ost_mud_ace *drop, const struct ost_mud_ace *ace, const char *why)
{
	ost_diag_error(r->diag, drop->pos, "a person has to read the file, and to write its rules by hand",
		"ACE %s drops part of what ACE %s of ACL %s accepts behind it, and that cannot be taken out exactly: %s", drop->name,
		ace->name, ace->acl, why);
}

/* A drop that stands before an ACE of its own direction. */
static void before_settle(struct mud_reader *r, uint32_t drop_index, struct ost_mud_ace *ace)
{
	struct ost_mud_ace *drop = &r->mud->aces[drop_index];
	const char *why;

	if (ace->drop || ace->fate == OST_MUD_REFUSED || drop->to_device != ace->to_device || !packets_meet(drop, ace))
		return;
	if (!ace->opens && ace->includes == 0 && ace->ethertype < 0)
		why = "they are replies, which belong to their flow";
	else
		why = inexact(drop, ace);
	if (why != NULL) {
		file_refuse(r, drop, ace, why);
		return;
	}
	drop_add(r, &ace->drops, &ace->drop_count, drop_index);
	mud_ace_say(r, ace, OST_MUD_CHANGED, "less what ACE %s before it drops", drop->name);
}

static bool is_everything(const struct ost_mud_ace *ace)
{
	return ace->peer == OST_MUD_ANY && ace->protocol < 0 && ace->family == 0 && ace->ethertype < 0;
}

/* The packets that answer a flow of this ACE. */
static struct ost_mud_ace replies_of(const struct ost_mud_ace *ace)
{
	struct ost_mud_ace reply = *ace;

	reply.to_device = !ace->to_device;
	if (ace->protocol == OST_PROTOCOL_ICMP || ace->protocol == OST_PROTOCOL_ICMPV6)
		reply.icmp_type = reply.icmp_code = -1;
	return reply;
}

/* A drop of the other direction takes replies away, which rules cannot do: fine only when the mirror was accepted before, or
 * nothing accepts them and the drop does no more than say once again that what is not allowed is refused. */
static void replies_settle(struct mud_reader *r, uint32_t drop_index, uint32_t ace_index)
{
	const struct ost_mud_ace *drop = &r->mud->aces[drop_index], *ace = &r->mud->aces[ace_index];
	struct ost_mud_ace reply;

	if (ace->drop || !ace->opens || drop->to_device == ace->to_device)
		return;
	reply = replies_of(ace);
	if (!packets_meet(drop, &reply) || (ace->mate >= 0 && (uint32_t)ace->mate < drop_index) || (ace->mate < 0 && is_everything(drop)))
		return;
	file_refuse(r, drop, ace, "it drops the replies, which belong to their flow");
}

/* DNS and NTP, allowed behind all ACEs (RFC 8520 section 4), unless a drop says otherwise. */
static bool default_settle(struct mud_reader *r, uint16_t port, const char *class, const char *what)
{
	struct ost_mud_ace out = {.peer = OST_MUD_CONTROLLER, .peer_text = (char *)(uintptr_t)class, .protocol = OST_PROTOCOL_UDP,
		.icmp_type = -1, .icmp_code = -1, .ethertype = -1, .remote = {1, {{port, port}}}, .direction = OST_TO};

	for (uint32_t i = 0; i < r->mud->ace_count; i++) {
		struct ost_mud_ace *drop = &r->mud->aces[i];

		if (!drop->drop)
			continue;
		out.to_device = drop->to_device;
		if (!packets_meet(drop, &out))
			continue;
		if (!drop->to_device && (drop->peer == OST_MUD_NETWORK || drop->peer == OST_MUD_LOCAL) && drop->device.count == 0)
			continue; /* taken out of the servers' addresses, at the site */
		mud_ace_say(r, drop, OST_MUD_TAKEN, "%s by default is not allowed", what);
		return false;
	}
	return true;
}

/* Drops of addresses that the servers might have. */
static void default_drops_find(struct mud_reader *r)
{
	struct ost_mud *mud = r->mud;

	for (uint32_t i = 0; i < mud->ace_count; i++) {
		const struct ost_mud_ace *drop = &mud->aces[i];

		if (drop->drop && !drop->to_device && drop->device.count == 0 && is_addresses(drop))
			drop_add(r, &mud->default_drops, &mud->default_drop_count, i);
	}
}

/* Each drop may cut each ACE behind it in pieces. */
static bool drops_are_few(struct mud_reader *r)
{
	uint32_t drops = 0;

	for (uint32_t i = 0; i < r->mud->ace_count; i++) {
		drops += r->mud->aces[i].drop;
		if (drops > OST_MUD_DROPS_MAX) {
			ost_diag_error(r->diag, r->mud->aces[i].pos, "what no ACE accepts is refused anyway", "more than %u ACEs drop",
				OST_MUD_DROPS_MAX);
			return false;
		}
	}
	return true;
}

void mud_drops_settle(struct mud_reader *r)
{
	struct ost_mud *mud = r->mud;

	if (!drops_are_few(r))
		return;
	for (uint32_t i = 0; i < mud->ace_count && !r->no_memory; i++) {
		if (!mud->aces[i].drop)
			continue;
		for (uint32_t k = i + 1; k < mud->ace_count; k++)
			before_settle(r, i, &mud->aces[k]);
		for (uint32_t k = 0; k < mud->ace_count; k++)
			replies_settle(r, i, k);
		if (mud->aces[i].why == NULL)
			mud_ace_say(r, &mud->aces[i], OST_MUD_TAKEN, "it is taken out of what stands behind it");
	}
	mud->default_dns = default_settle(r, 53, OST_MUD_DNS, "DNS");
	mud->default_ntp = default_settle(r, 123, OST_MUD_NTP, "NTP");
	default_drops_find(r);
	mud->wants |= mud->default_dns ? OST_MUD_WANTS_DNS : 0;
	mud->wants |= mud->default_ntp ? OST_MUD_WANTS_NTP : 0;
}
