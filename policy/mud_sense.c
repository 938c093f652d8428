/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What each accepting ACE comes to: a flow that the device opens, one that the far end opens, the replies of another ACE's
 * flow, something that the gateway checks itself, or nothing. mud.h has the rules of it.
 */
#include "mud_reader.h"
#include "services.h"

#define SAY_TAKEN(r, ace, ...)	 mud_ace_say(r, ace, OST_MUD_TAKEN, __VA_ARGS__)
#define SAY_CHANGED(r, ace, ...) mud_ace_say(r, ace, OST_MUD_CHANGED, __VA_ARGS__)
#define SAY_REFUSED(r, ace, ...) mud_ace_say(r, ace, OST_MUD_REFUSED, __VA_ARGS__)

static const struct ost_mud_ace *mate_of(const struct mud_reader *r, const struct ost_mud_ace *ace)
{
	return ace->mate >= 0 ? &r->mud->aces[ace->mate] : NULL;
}

static void opens(struct ost_mud_ace *ace)
{
	ace->opens = true;
	ace->direction = ace->to_device ? OST_FROM : OST_TO;
}

/* Devices of this policy: both allow-lists are asked, so an ACE that lets them in lets no stranger in. */
static bool peer_is_device(const struct ost_mud_ace *ace)
{
	return ace->peer == OST_MUD_MANUFACTURER || ace->peer == OST_MUD_MODEL;
}

static bool ports_are(const struct ost_mud_ports *ports, uint16_t port)
{
	return ports->count == 1 && ports->ranges[0].lo == port && ports->ranges[0].hi == port;
}

static bool is_group(const struct ost_mud_ace *ace)
{
	return ace->peer == OST_MUD_BROADCAST || (ace->has_prefix && mud_is_group(&ace->prefix));
}

/* Frames that are no IP. */
static void ethernet_sense(struct mud_reader *r, struct ost_mud_ace *ace)
{
	if (ace->family != 0 || ace->protocol >= 0)
		SAY_REFUSED(r, ace, "it asks for Ethernet type 0x%04x and for IP at once", (unsigned)ace->ethertype);
	else if (ace->ethertype == 0x888e)
		SAY_TAKEN(r, ace, "802.1X is between the device and the gateway, and needs no rule");
	else if (ace->ethertype == 0x0806)
		ace->includes = OST_INCLUDE_ARP;
	else if (ace->ethertype < 0x0600)
		SAY_REFUSED(r, ace, "0x%04x is a length and no Ethernet type, which begin at 0x0600", (unsigned)ace->ethertype);
	else
		SAY_REFUSED(r, ace, "frames of Ethernet type 0x%04x do not pass this gateway", (unsigned)ace->ethertype);
}

/* 1: it is about DHCP and nothing else is left of it. */
static bool dhcp_sense(struct mud_reader *r, struct ost_mud_ace *ace)
{
	bool four = ace->family != OST_IPV6 && ports_are(&ace->remote, 67), six = ace->family != OST_IPV4 && ports_are(&ace->remote, 547);

	if (!four && !six)
		return false;
	ace->includes = four ? OST_INCLUDE_DHCP : OST_INCLUDE_DHCPV6;
	if (ace->to_device && ace->mate < 0)
		SAY_CHANGED(r, ace, "answers of DHCP servers: the gateway lets them in where the device asked");
	return ace->to_device || is_group(ace);
}

static void tcp_from_sense(struct mud_reader *r, struct ost_mud_ace *ace)
{
	const struct ost_mud_ace *mate = mate_of(r, ace);

	if (ace->initiated == OST_MUD_TO_DEVICE)
		return;
	if (ace->initiated == OST_MUD_UNSAID && mate != NULL && mate->initiated == OST_MUD_TO_DEVICE) {
		SAY_CHANGED(r, ace, "it does not say who opens, its mirror ACE %s says to-device: replies only", mate->name);
		return;
	}
	if (ace->initiated == OST_MUD_UNSAID)
		SAY_CHANGED(r, ace, "it does not say who opens: the device does, replies pass");
	opens(ace);
}

static void tcp_to_sense(struct mud_reader *r, struct ost_mud_ace *ace)
{
	const struct ost_mud_ace *mate = mate_of(r, ace);

	if (ace->initiated == OST_MUD_FROM_DEVICE)
		return;
	if (ace->initiated == OST_MUD_TO_DEVICE) {
		opens(ace);
	} else if (mate == NULL) {
		SAY_REFUSED(r, ace, "it does not say who opens and mirrors no ACE of the from-device-policy: taken literally anybody there could open");
	} else if (mate->initiated == OST_MUD_TO_DEVICE) {
		SAY_CHANGED(r, ace, "it does not say who opens, its mirror ACE %s says to-device: the far end does", mate->name);
		opens(ace);
	} else {
		SAY_CHANGED(r, ace, "it does not say who opens: replies only, of what ACE %s opens", mate->name);
	}
}

static void udp_from_sense(struct mud_reader *r, struct ost_mud_ace *ace)
{
	if (ace->remote.count > 0 || ace->device.count == 0)
		opens(ace);
	else if (ace->mate < 0)
		SAY_REFUSED(r, ace, "it names the device's own port alone: a rule cannot ask for it, and would allow every port of the far end");
}

static void udp_to_sense(struct mud_reader *r, struct ost_mud_ace *ace)
{
	if (ace->device.count > 0 && (ace->remote.count == 0 || ace->mate < 0))
		opens(ace);
	else if (ace->mate >= 0 && ace->remote.count == 0)
		SAY_CHANGED(r, ace, "it names no port: replies only, of what ACE %s opens", mate_of(r, ace)->name);
	else if (ace->mate < 0 && ace->remote.count > 0)
		SAY_REFUSED(r, ace, "it names the far end's port alone and mirrors no ACE of the from-device-policy: a rule would allow every port of the device");
	else if (ace->mate < 0)
		SAY_REFUSED(r, ace, "it names no port and mirrors no ACE of the from-device-policy: the far end could open to every port of the device");
}

static bool icmp_is_error(const struct ost_mud_ace *ace)
{
	if (ace->protocol == OST_PROTOCOL_ICMP)
		return ace->icmp_type == 3 || ace->icmp_type == 4 || ace->icmp_type == 5 || ace->icmp_type == 11 || ace->icmp_type == 12;
	return ace->icmp_type >= 1 && ace->icmp_type <= 4;
}

/* What the gateway checks itself: Neighbour Discovery (RFC 4861) and group membership (RFC 2710, RFC 3810). */
static bool icmpv6_is_checked(struct ost_mud_ace *ace)
{
	int32_t t = ace->icmp_type;

	if (ace->protocol != OST_PROTOCOL_ICMPV6)
		return false;
	if (t < 0 || (t >= 133 && t <= 137))
		ace->includes |= OST_INCLUDE_ND;
	if ((t >= 130 && t <= 132) || t == 143 || (t < 0 && is_group(ace)))
		ace->includes |= OST_INCLUDE_IGMP;
	return t >= 0 && ace->includes != 0;
}

/* Whoever has no port and no type to go by: the device opens. */
static void portless_sense(struct mud_reader *r, struct ost_mud_ace *ace)
{
	if (!ace->to_device || peer_is_device(ace))
		opens(ace);
	else if (ace->mate >= 0)
		SAY_CHANGED(r, ace, "nothing in it says who opens: replies only, of what ACE %s opens", mate_of(r, ace)->name);
	else
		SAY_REFUSED(r, ace, "nothing in it says what the far end could open, and it mirrors no ACE of the from-device-policy");
}

static void icmp_sense(struct mud_reader *r, struct ost_mud_ace *ace)
{
	int32_t answer = ace->protocol == OST_PROTOCOL_ICMP ? 0 : 129;

	if (icmpv6_is_checked(ace))
		return;
	if (icmp_is_error(ace))
		SAY_CHANGED(r, ace, "ICMP errors pass where they belong to an allowed flow, and nowhere else");
	else if (ace->icmp_type < 0)
		portless_sense(r, ace);
	else if (ace->icmp_type != answer)
		opens(ace);
	else if (ace->mate < 0)
		SAY_REFUSED(r, ace, "echo replies belong to a request, and no ACE allows the request");
}

static bool is_extension_header(int32_t protocol)
{
	return protocol == 0 || protocol == 43 || protocol == 44 || protocol == 60 || protocol == 135 || protocol == 139 || protocol == 140;
}

/* An extension header's number says nothing about what is carried: RFC 8200 section 4. */
static void extension_header_sense(struct mud_reader *r, struct ost_mud_ace *ace)
{
	if (ace->protocol == 0 && ace->family == OST_IPV6 && is_group(ace)) {
		ace->includes = OST_INCLUDE_IGMP;
		SAY_CHANGED(r, ace, "a hop-by-hop header to a group: group membership (MLD) alone");
	} else if (ace->protocol == 44) {
		SAY_REFUSED(r, ace, "44 is the fragment header: fragments do not pass this gateway");
	} else {
		SAY_REFUSED(r, ace, "%d is a header that others follow, and says nothing about who talks to whom", ace->protocol);
	}
}

static void other_sense(struct mud_reader *r, struct ost_mud_ace *ace)
{
	if (ace->protocol == 2) {
		ace->includes = OST_INCLUDE_IGMP;
	} else if (is_extension_header(ace->protocol)) {
		extension_header_sense(r, ace);
	} else {
		portless_sense(r, ace);
	}
}

static void ace_sense(struct mud_reader *r, struct ost_mud_ace *ace)
{
	if (ace->ethertype >= 0)
		ethernet_sense(r, ace);
	else if (ace->protocol == OST_PROTOCOL_TCP && ace->to_device)
		tcp_to_sense(r, ace);
	else if (ace->protocol == OST_PROTOCOL_TCP)
		tcp_from_sense(r, ace);
	else if (ace->protocol == OST_PROTOCOL_UDP && dhcp_sense(r, ace))
		return;
	else if (ace->protocol == OST_PROTOCOL_UDP && ace->to_device)
		udp_to_sense(r, ace);
	else if (ace->protocol == OST_PROTOCOL_UDP)
		udp_from_sense(r, ace);
	else if (ace->protocol == OST_PROTOCOL_ICMP || ace->protocol == OST_PROTOCOL_ICMPV6)
		icmp_sense(r, ace);
	else
		other_sense(r, ace);
}

/* A rule asks for the port that is opened, not for the one it is opened from. */
static void source_port_sense(struct mud_reader *r, struct ost_mud_ace *ace)
{
	const struct ost_mud_ports *source = ace->direction == OST_TO ? &ace->device : &ace->remote;
	const struct ost_mud_ports *target = ace->direction == OST_TO ? &ace->remote : &ace->device;

	if (!ace->opens || source->count == 0)
		return;
	if (target->count > 0) {
		SAY_CHANGED(r, ace, "the source port of who opens is not asked");
		return;
	}
	ace->opens = false;
	SAY_REFUSED(r, ace, "it names the source port of who opens alone: a rule cannot ask for it, and would allow every port");
}

static bool ports_are_many(const struct ost_mud_ports *ports)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < ports->count; i++)
		n += (uint32_t)ports->ranges[i].hi - ports->ranges[i].lo + 1;
	return ports->count == 0 || n > 1024;
}

static bool is_wide(const struct ost_mud_ace *ace)
{
	const struct ost_prefix *p = &ace->prefix;

	if (ace->protocol < 0 || ace->peer == OST_MUD_ANY)
		return true;
	if (ace->has_prefix && !mud_is_group(p) && p->length < (p->ip.family == OST_IPV4 ? 8 : 16))
		return true;
	if (ace->protocol != OST_PROTOCOL_TCP && ace->protocol != OST_PROTOCOL_UDP)
		return false;
	return ports_are_many(ace->direction == OST_TO ? &ace->remote : &ace->device);
}

/* One that stands for replies says whose. */
static void reply_sense(struct mud_reader *r, struct ost_mud_ace *ace)
{
	const struct ost_mud_ace *mate = mate_of(r, ace);

	if (mate != NULL && (mate->opens || mate->includes != 0)) {
		if (ace->fate == OST_MUD_TAKEN)
			SAY_TAKEN(r, ace, "replies of what ACE %s opens", mate->name);
	} else if (mate != NULL) {
		SAY_REFUSED(r, ace, "it stands for replies of ACE %s, which opens nothing", mate->name);
	} else {
		SAY_REFUSED(r, ace, "it stands for replies, and mirrors no ACE of the %s-device-policy that would open", ace->to_device ? "from" : "to");
	}
}

/* A rule lets replies pass, whether the file has an ACE for them or not. A group does not answer as a group. */
static void one_way_tell(struct mud_reader *r, struct ost_mud_ace *ace)
{
	if (ace->opens && ace->mate < 0 && !is_group(ace))
		SAY_CHANGED(r, ace, "replies pass as well, for which the %s-device-policy has no ACE of its own", ace->to_device ? "from" : "to");
}

static void includes_tell(struct mud_reader *r, struct ost_mud_ace *ace)
{
	static const struct {
		unsigned bit;
		const char *what;
	} words[] = {
		{OST_INCLUDE_ARP, "arp"}, {OST_INCLUDE_ND, "nd"}, {OST_INCLUDE_DHCP, "dhcp"}, {OST_INCLUDE_DHCPV6, "dhcpv6"}, {OST_INCLUDE_IGMP, "igmp"},
	};

	for (uint32_t i = 0; i < OST_ARRAY_SIZE(words); i++) {
		if (ace->includes & words[i].bit)
			SAY_TAKEN(r, ace, "include %s: the gateway checks it itself", words[i].what);
	}
}

static unsigned wants_of(const struct ost_mud_ace *ace)
{
	switch (ace->peer) {
	case OST_MUD_LOCAL:
	case OST_MUD_BROADCAST:
		return OST_MUD_WANTS_LOCAL;
	case OST_MUD_NAME:
		return OST_MUD_WANTS_NAMES;
	case OST_MUD_MY_CONTROLLER:
		return OST_MUD_WANTS_MY_CONTROLLER;
	case OST_MUD_CONTROLLER:
		return ace->peer_text == NULL			     ? 0 :
		       strcmp(ace->peer_text, OST_MUD_DNS) == 0     ? OST_MUD_WANTS_DNS :
		       strcmp(ace->peer_text, OST_MUD_NTP) == 0     ? OST_MUD_WANTS_NTP :
		       strcmp(ace->peer_text, OST_MUD_GATEWAY) == 0 ? OST_MUD_WANTS_GATEWAY :
								      0;
	default:
		return 0;
	}
}

void mud_sense_make(struct mud_reader *r)
{
	struct ost_mud *mud = r->mud;

	for (uint32_t i = 0; i < mud->ace_count; i++) {
		struct ost_mud_ace *ace = &mud->aces[i];

		if (ace->drop || ace->fate == OST_MUD_REFUSED)
			continue;
		ace_sense(r, ace);
		source_port_sense(r, ace);
		one_way_tell(r, ace);
		includes_tell(r, ace);
		ace->wide = ace->opens && is_wide(ace);
		mud->wants |= ace->opens ? wants_of(ace) : 0;
	}
	for (uint32_t i = 0; i < mud->ace_count; i++) {
		struct ost_mud_ace *ace = &mud->aces[i];

		if (!ace->drop && ace->fate != OST_MUD_REFUSED && !ace->opens && ace->includes == 0 && ace->ethertype < 0 && !icmp_is_error(ace))
			reply_sense(r, ace);
	}
}
