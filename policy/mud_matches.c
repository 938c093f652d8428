/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * matches of an ACE (RFC 8519 section 4, RFC 8520 section 5, RFC 8520 section 6 for names). A match that is not understood
 * makes an ACE wider when it is left out: so the ACE is what is ignored, and not the match. Only what says nothing about who
 * talks to whom is left out, and told.
 */
#include "mud_reader.h"
#include "policy_reader.h"
#include "services.h"

static void refused(struct mud_reader *r, const char *why)
{
	mud_ace_say(r, r->ace, OST_MUD_REFUSED, "%s", why);
}

/* A match that an accept can do without. A drop cannot: it would drop more. */
static void leave_out(struct mud_reader *r, const struct mud_node *value)
{
	mud_ace_say(r, r->ace, r->ace->drop ? OST_MUD_REFUSED : OST_MUD_CHANGED, "%s is not asked: the rule holds for every value",
		value->key);
}

static void not_asked(struct mud_reader *r, const struct mud_node *value)
{
	mud_ace_say(r, r->ace, OST_MUD_REFUSED, "a rule cannot ask for %.64s", value->key);
}

static void match_unknown(struct mud_reader *r, const struct mud_node *value)
{
	if (strncmp(value->key, "ietf-mud-tls:", 13) == 0 && !r->ace->drop)
		mud_ace_say(r, r->ace, OST_MUD_CHANGED, "its TLS profile (RFC 9761) is not asked: the rule holds for every TLS");
	else
		mud_ace_say(r, r->ace, OST_MUD_REFUSED, "its match '%.64s' is not known, and without it the rule would allow more", value->key);
}

static void protocol_field(struct mud_reader *r, const struct mud_node *value)
{
	uint32_t protocol;

	if (mud_number(r, value, 0, UINT8_MAX, &protocol))
		r->ace->protocol = (int32_t)protocol;
}

/* Addresses that no far end has. */
static const char *address_flaw(const struct ost_prefix *p)
{
	static const uint8_t zero[15];

	if (p->ip.family == OST_IPV4 && p->ip.b[0] == 127)
		return "a device's address of itself";
	if (p->ip.family == OST_IPV4 && p->ip.b[0] == 0 && p->length > 0)
		return "no address that a host has";
	if (p->ip.family == OST_IPV6 && p->length > 8 && memcmp(p->ip.b, zero, 10) == 0)
		return "no address that a host has";
	return NULL;
}

static void network_read(struct mud_reader *r, const struct mud_node *value, uint8_t family)
{
	const char *text, *flaw;
	struct ost_prefix p = {0};
	char meant[OST_PREFIX_TEXT];
	int error;

	if (!mud_string(r, value, 255, &text))
		return;
	error = ost_prefix_parse(text, &p);
	if (error < 0 && error != -EDOM) {
		mud_ace_say(r, r->ace, OST_MUD_REFUSED, "'%.64s' is no address and no network", text);
		return;
	}
	flaw = address_flaw(&p);
	if (p.ip.family != family)
		mud_ace_say(r, r->ace, OST_MUD_REFUSED, "'%.64s' is no IPv%u address", text, family);
	else if (flaw != NULL)
		mud_ace_say(r, r->ace, OST_MUD_REFUSED, "'%.64s' is %s", text, flaw);
	else if (error == -EDOM)
		mud_ace_say(r, r->ace, OST_MUD_CHANGED, "'%.64s' has bits behind its length: read as %s", text, ost_prefix_format(&p, meant));
	r->ace->prefix = p;
	r->draft.network = true;
}

/* The end of an ACE that is the device itself: its manufacturer cannot know the address. */
static void near_network(struct mud_reader *r, const struct mud_node *value)
{
	const char *text;

	if (mud_string(r, value, 255, &text))
		mud_ace_say(r, r->ace, OST_MUD_REFUSED, "it asks that the device's own address be in '%.64s'", text);
}

static void destination4_field(struct mud_reader *r, const struct mud_node *value)
{
	if (r->ace->to_device)
		near_network(r, value);
	else
		network_read(r, value, OST_IPV4);
}

static void source4_field(struct mud_reader *r, const struct mud_node *value)
{
	if (r->ace->to_device)
		network_read(r, value, OST_IPV4);
	else
		near_network(r, value);
}

static void destination6_field(struct mud_reader *r, const struct mud_node *value)
{
	if (r->ace->to_device)
		near_network(r, value);
	else
		network_read(r, value, OST_IPV6);
}

static void source6_field(struct mud_reader *r, const struct mud_node *value)
{
	if (r->ace->to_device)
		network_read(r, value, OST_IPV6);
	else
		near_network(r, value);
}

/* RFC 8520 section 6 */
static void name_read(struct mud_reader *r, const struct mud_node *value, bool far_end)
{
	const char *text;

	if (!mud_string(r, value, UINT32_MAX, &text))
		return;
	if (!far_end)
		mud_error(r, value, "a name is the far end's: dst-dnsname in the from-device-policy, src-dnsname in the to-device-policy",
			"ACE %s of the %s-device-policy has a %s", r->ace->name, r->ace->to_device ? "to" : "from", mud_local_name(value->key));
	r->draft.name = text;
}

static void source_name_field(struct mud_reader *r, const struct mud_node *value)
{
	name_read(r, value, r->ace->to_device);
}

static void destination_name_field(struct mud_reader *r, const struct mud_node *value)
{
	name_read(r, value, !r->ace->to_device);
}

static void ipv4_field(struct mud_reader *r, const struct mud_node *value)
{
	static const struct mud_field fields[] = {
		{"protocol", protocol_field},
		{"destination-ipv4-network", destination4_field},
		{"source-ipv4-network", source4_field},
		{"dst-dnsname", destination_name_field},
		{"src-dnsname", source_name_field},
		{"dscp", leave_out},
		{"ecn", leave_out},
		{"length", not_asked},
		{"ttl", not_asked},
		{"ihl", not_asked},
		{"flags", not_asked},
		{"offset", not_asked},
		{"identification", not_asked},
	};

	r->draft.ipv4 = true;
	mud_fields(r, value, "ipv4", fields, OST_ARRAY_SIZE(fields), match_unknown);
}

static void ipv6_field(struct mud_reader *r, const struct mud_node *value)
{
	static const struct mud_field fields[] = {
		{"protocol", protocol_field},
		{"destination-ipv6-network", destination6_field},
		{"source-ipv6-network", source6_field},
		{"dst-dnsname", destination_name_field},
		{"src-dnsname", source_name_field},
		{"dscp", leave_out},
		{"ecn", leave_out},
		{"flow-label", leave_out},
		{"length", not_asked},
		{"ttl", not_asked},
	};

	r->draft.ipv6 = true;
	mud_fields(r, value, "ipv6", fields, OST_ARRAY_SIZE(fields), match_unknown);
}

static void destination_port_field(struct mud_reader *r, const struct mud_node *value)
{
	mud_ports_read(r, value, r->ace->to_device ? &r->ace->device : &r->ace->remote);
}

static void source_port_field(struct mud_reader *r, const struct mud_node *value)
{
	mud_ports_read(r, value, r->ace->to_device ? &r->ace->remote : &r->ace->device);
}

/* RFC 8520 section 8 */
static void initiated_field(struct mud_reader *r, const struct mud_node *value)
{
	const char *text;

	if (!mud_string(r, value, 64, &text))
		return;
	if (strcmp(text, "from-device") == 0)
		r->ace->initiated = OST_MUD_FROM_DEVICE;
	else if (strcmp(text, "to-device") == 0)
		r->ace->initiated = OST_MUD_TO_DEVICE;
	else
		mud_error(r, value, "write from-device or to-device", "direction-initiated is '%.64s'", text);
}

static void tcp_field(struct mud_reader *r, const struct mud_node *value)
{
	static const struct mud_field fields[] = {
		{"source-port", source_port_field},
		{"destination-port", destination_port_field},
		{"direction-initiated", initiated_field},
		{"sequence-number", not_asked},
		{"acknowledgement-number", not_asked},
		{"data-offset", not_asked},
		{"reserved", not_asked},
		{"flags", not_asked},
		{"window-size", not_asked},
		{"urgent-pointer", not_asked},
		{"options", not_asked},
	};

	r->draft.tcp = true;
	mud_fields(r, value, "tcp", fields, OST_ARRAY_SIZE(fields), match_unknown);
}

static void udp_initiated_field(struct mud_reader *r, const struct mud_node *value)
{
	mud_ace_say(r, r->ace, OST_MUD_REFUSED, "%.64s is TCP's alone", value->key);
}

static void udp_field(struct mud_reader *r, const struct mud_node *value)
{
	static const struct mud_field fields[] = {
		{"source-port", source_port_field},
		{"destination-port", destination_port_field},
		{"length", not_asked},
		{"direction-initiated", udp_initiated_field},
	};

	r->draft.udp = true;
	mud_fields(r, value, "udp", fields, OST_ARRAY_SIZE(fields), match_unknown);
}

static void icmp_type_field(struct mud_reader *r, const struct mud_node *value)
{
	uint32_t type;

	if (mud_number(r, value, 0, UINT8_MAX, &type))
		r->ace->icmp_type = (int32_t)type;
}

static void icmp_code_field(struct mud_reader *r, const struct mud_node *value)
{
	uint32_t code;

	if (mud_number(r, value, 0, UINT8_MAX, &code))
		r->ace->icmp_code = (int32_t)code;
}

static void icmp_field(struct mud_reader *r, const struct mud_node *value)
{
	static const struct mud_field fields[] = {
		{"type", icmp_type_field},
		{"code", icmp_code_field},
		{"rest-of-header", not_asked},
	};

	r->draft.icmp = true;
	mud_fields(r, value, "icmp", fields, OST_ARRAY_SIZE(fields), match_unknown);
	if (r->ace->icmp_code >= 0 && r->ace->icmp_type < 0)
		refused(r, "it asks for an ICMP code of every type");
}

static void ethertype_field(struct mud_reader *r, const struct mud_node *value)
{
	const char *text, *digits;
	char *end;

	if (!mud_string(r, value, 255, &text))
		return;
	digits = strncmp(text, "0x", 2) == 0 || strncmp(text, "0X", 2) == 0 ? text + 2 : text;
	if (strlen(digits) != 4 || strspn(digits, "0123456789abcdefABCDEF") != 4) {
		mud_ace_say(r, r->ace, OST_MUD_REFUSED, "'%.64s' is no Ethernet type such as 0x0800", text);
		return;
	}
	r->ace->ethertype = (int32_t)strtoul(digits, &end, 16);
}

static void destination_mac_field(struct mud_reader *r, const struct mud_node *value)
{
	static const uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	struct ost_mac mac;
	const char *text;

	if (!mud_string(r, value, 255, &text))
		return;
	if (ost_mac_parse(text, &mac) < 0)
		mud_ace_say(r, r->ace, OST_MUD_REFUSED, "'%.64s' is no MAC address", text);
	else if (r->ace->to_device || !ost_mac_is_group(mac.b))
		mud_ace_say(r, r->ace, OST_MUD_REFUSED, "it asks for the MAC address '%.64s'; a rule is about IP addresses", text);
	else if (memcmp(mac.b, all, sizeof(all)) == 0)
		r->ace->broadcast = true;
	else
		r->draft.group_mac = true;
}

static void eth_field(struct mud_reader *r, const struct mud_node *value)
{
	static const struct mud_field fields[] = {
		{"ethertype", ethertype_field},
		{"destination-mac-address", destination_mac_field},
		{"destination-mac-address-mask", not_asked},
		{"source-mac-address", not_asked},
		{"source-mac-address-mask", not_asked},
	};

	mud_fields(r, value, "eth", fields, OST_ARRAY_SIZE(fields), match_unknown);
}

static void class_set(struct mud_reader *r, enum ost_mud_peer peer, const char *text)
{
	r->draft.classes++;
	r->draft.peer_class = peer;
	r->draft.class_text = text;
}

static void manufacturer_field(struct mud_reader *r, const struct mud_node *value)
{
	const char *text;

	if (!mud_string(r, value, 255, &text))
		return;
	if (strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.:[]") < strlen(text))
		mud_ace_say(r, r->ace, OST_MUD_REFUSED, "manufacturer '%.64s' is not the host of a MUD URL", text);
	class_set(r, OST_MUD_MANUFACTURER, text);
}

static void same_manufacturer_field(struct mud_reader *r, const struct mud_node *value)
{
	if (mud_is_empty(r, value))
		class_set(r, OST_MUD_MANUFACTURER, r->mud->authority);
}

static void model_field(struct mud_reader *r, const struct mud_node *value)
{
	const char *text, *flaw;

	if (!mud_string(r, value, UINT32_MAX, &text))
		return;
	flaw = ost_mud_url_flaw(text);
	if (flaw != NULL)
		mud_ace_say(r, r->ace, OST_MUD_REFUSED, "its model is %s", flaw);
	class_set(r, OST_MUD_MODEL, text);
}

static void local_field(struct mud_reader *r, const struct mud_node *value)
{
	r->draft.local = mud_is_empty(r, value);
}

static void controller_field(struct mud_reader *r, const struct mud_node *value)
{
	const char *text;

	if (mud_string(r, value, 255, &text))
		class_set(r, OST_MUD_CONTROLLER, text);
}

static void my_controller_field(struct mud_reader *r, const struct mud_node *value)
{
	if (mud_is_empty(r, value))
		class_set(r, OST_MUD_MY_CONTROLLER, NULL);
}

static void mud_field_read(struct mud_reader *r, const struct mud_node *value)
{
	static const struct mud_field fields[] = {
		{"manufacturer", manufacturer_field},
		{"same-manufacturer", same_manufacturer_field},
		{"model", model_field},
		{"local-networks", local_field},
		{"controller", controller_field},
		{"my-controller", my_controller_field},
	};

	mud_fields(r, value, "ietf-mud:mud", fields, OST_ARRAY_SIZE(fields), match_unknown);
}

/* The family, of the list's type and the containers together. */
static void family_settle(struct mud_reader *r, const char *type)
{
	struct mud_draft *d = &r->draft;
	bool four = d->ipv4 || r->ace->ethertype == 0x0800, six = d->ipv6 || r->ace->ethertype == 0x86dd;

	if (type != NULL && !four && !six) {
		four = strstr(type, "ipv4") != NULL && strstr(type, "ipv6") == NULL;
		six = strstr(type, "ipv6") != NULL && strstr(type, "ipv4") == NULL;
	}
	r->ace->family = four ? OST_IPV4 : six ? OST_IPV6 : 0;
	if (r->ace->ethertype == 0x0800 || r->ace->ethertype == 0x86dd)
		r->ace->ethertype = -1; /* said by the family from here on */
	if (four && six)
		refused(r, "it asks for IPv4 and IPv6 at once");
	else if (type != NULL && ((four && strcmp(type, "ipv6-acl-type") == 0) || (six && strcmp(type, "ipv4-acl-type") == 0)))
		mud_ace_say(r, r->ace, OST_MUD_REFUSED, "it is not of its list's type, %.64s", type);
}

/* The protocol, of the leaf and the containers together. */
static void protocol_settle(struct mud_reader *r)
{
	struct mud_draft *d = &r->draft;
	int32_t icmp = r->ace->family == OST_IPV6 ? OST_PROTOCOL_ICMPV6 : OST_PROTOCOL_ICMP;
	int32_t implied = d->tcp ? 6 : d->udp ? 17 : d->icmp ? icmp : -1;

	if (d->tcp + d->udp + d->icmp > 1 || (implied >= 0 && r->ace->protocol >= 0 && r->ace->protocol != implied))
		refused(r, "it asks for two protocols at once");
	if (implied >= 0)
		r->ace->protocol = implied;
	if (d->icmp && r->ace->family == 0)
		refused(r, "it asks for ICMP, and does not say of which IP version");
	if ((r->ace->family == OST_IPV6 && (r->ace->protocol == 1 || r->ace->protocol == 2)) ||
		(r->ace->family == OST_IPV4 && r->ace->protocol == 58))
		mud_ace_say(r, r->ace, OST_MUD_REFUSED, "IPv%u has no protocol %d", r->ace->family, r->ace->protocol);
}

static void peer_text_set(struct mud_reader *r, const char *text)
{
	r->ace->peer_text = strdup(text);
	r->no_memory |= r->ace->peer_text == NULL;
}

/* RFC 6991 has addresses in its type of hosts. */
static void name_settle(struct mud_reader *r)
{
	struct ost_mud_ace *ace = r->ace;
	struct ost_host host;
	struct ost_ip ip;
	char why[256];
	int error;

	if (ost_ip_parse(r->draft.name, &ip) == 0) {
		ace->peer = OST_MUD_NETWORK;
		ace->has_prefix = true;
		ace->prefix = (struct ost_prefix){ip, ip.family == OST_IPV4 ? 32 : 128};
		mud_ace_say(r, ace, OST_MUD_CHANGED, "the name '%s' is an address, and taken as one", r->draft.name);
		if (ace->family != 0 && ace->family != ip.family)
			refused(r, "the address is not of the list's IP version");
		return;
	}
	error = policy_host_parse(r->draft.name, &host, why);
	r->no_memory |= error == -ENOMEM;
	if (error < 0) {
		mud_ace_say(r, ace, OST_MUD_REFUSED, "the name %s", why);
		return;
	}
	ace->peer = OST_MUD_NAME;
	ace->peer_text = host.name;
	if (host.suffix)
		mud_ace_say(r, ace, OST_MUD_REFUSED, "the name '%.64s' stands for many names, which a MUD file cannot have", r->draft.name);
}

/* Lower case where the DNS has no case. */
static void class_settle(struct mud_reader *r)
{
	r->ace->peer = r->draft.peer_class;
	if (r->draft.class_text == NULL)
		return;
	peer_text_set(r, r->draft.class_text);
	for (char *c = r->ace->peer_text; r->ace->peer == OST_MUD_MANUFACTURER && c != NULL && *c != '\0'; c++)
		*c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
}

/* Groups and link-local addresses never go towards a default route. */
static bool is_on_link(const struct ost_prefix *p)
{
	if (mud_is_group(p))
		return true;
	if (p->ip.family == OST_IPV4)
		return p->length >= 16 && p->ip.b[0] == 169 && p->ip.b[1] == 254;
	return p->length >= 10 && p->ip.b[0] == 0xfe && (p->ip.b[1] & 0xc0) == 0x80;
}

static void network_settle(struct mud_reader *r)
{
	struct ost_mud_ace *ace = r->ace;

	ace->has_prefix = true;
	ace->peer = r->draft.local && !is_on_link(&ace->prefix) ? OST_MUD_LOCAL : OST_MUD_NETWORK;
	if (ace->to_device && mud_is_group(&ace->prefix))
		refused(r, "a group of receivers is no sender");
}

/* All matches of an ACE hold at once: which of them say who is at the far end, and do they agree? */
static void peer_settle(struct mud_reader *r)
{
	struct mud_draft *d = &r->draft;
	unsigned peers = d->classes + (d->name != NULL) + d->network;

	if (peers > 1) {
		refused(r, "it says in two ways who is at the far end, and a rule can ask for one");
	} else if (d->classes == 1) {
		class_settle(r);
		if (d->local && (d->peer_class == OST_MUD_CONTROLLER || d->peer_class == OST_MUD_MY_CONTROLLER))
			refused(r, "it asks for a controller within the local networks, and a rule can ask for one of them");
		else if (d->local)
			mud_ace_say(r, r->ace, OST_MUD_CHANGED, "local-networks is not asked: the devices of a model or manufacturer are behind this gateway");
	} else if (d->name != NULL) {
		name_settle(r);
		if (d->local)
			refused(r, "it asks for a name within the local networks, and a rule can ask for one of them");
	} else if (d->network) {
		network_settle(r);
	} else if (d->local) {
		r->ace->peer = OST_MUD_LOCAL;
	}
}

/* A broadcast frame carries a packet to a broadcast address. */
static void broadcast_settle(struct mud_reader *r)
{
	struct ost_mud_ace *ace = r->ace;

	if (r->draft.group_mac && (!ace->has_prefix || !mud_is_group(&ace->prefix)))
		refused(r, "it asks for a group's MAC address without the group's IP address");
	if (!ace->broadcast)
		return;
	if (ace->ethertype >= 0)
		return; /* no IP: what is meant is seen from the type */
	if (ace->family == OST_IPV6)
		refused(r, "IPv6 has no broadcast");
	else if (!ace->has_prefix && (ace->peer == OST_MUD_LOCAL || ace->peer == OST_MUD_ANY))
		ace->peer = OST_MUD_BROADCAST;
	else if (ace->peer != OST_MUD_NETWORK || !mud_is_group(&ace->prefix))
		refused(r, "it asks for broadcast frames, and not for a broadcast address");
	if (ace->peer == OST_MUD_BROADCAST)
		mud_ace_say(r, ace, OST_MUD_CHANGED, "its frames are broadcast: a rule for 255.255.255.255 and the last address of each local IPv4 network");
}

void mud_matches_read(struct mud_reader *r, const struct mud_node *matches, const char *type)
{
	static const struct mud_field fields[] = {
		{"mud", mud_field_read},
		{"ipv4", ipv4_field},
		{"ipv6", ipv6_field},
		{"tcp", tcp_field},
		{"udp", udp_field},
		{"icmp", icmp_field},
		{"eth", eth_field},
		{"egress-interface", not_asked},
		{"ingress-interface", not_asked},
	};
	uint32_t errors = r->diag->errors;

	r->draft = (struct mud_draft){0};
	mud_fields(r, matches, "matches", fields, OST_ARRAY_SIZE(fields), match_unknown);
	if (r->diag->errors > errors || r->no_memory)
		return;
	family_settle(r, type);
	protocol_settle(r);
	peer_settle(r);
	broadcast_settle(r);
}
