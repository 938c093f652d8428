/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The closed list of refusal reasons. Each refused packet has exactly one. A value never changes its
 * number: it stands in logs and messages; new reasons are added at the end. docs/ostiary-reasons.7 is
 * made from this list, a test compares them. */
#pragma once

#include "common.h"

/* X(identifier, "name", "what it means", "what to do about it") */
#define OST_REASONS(X)                                                                            \
	X(NONE, "none", "not refused", "")                                                        \
	/* The frame itself: nobody can be told from it. */                                       \
	X(MALFORMED_ETHERNET, "malformed-ethernet",                                               \
		"frame is shorter than its Ethernet or VLAN header, or has more than two tags",   \
		"look at the sender's driver and the cabling")                                    \
	X(MALFORMED_ARP, "malformed-arp", "ARP is cut short or not Ethernet/IPv4",                \
		"look at the sender's network stack")                                             \
	X(MALFORMED_IPV4, "malformed-ipv4",                                                       \
		"IPv4 header is cut short, has impossible lengths, or a source that no host has", \
		"look at the sender's network stack")                                             \
	X(MALFORMED_IPV6, "malformed-ipv6",                                                       \
		"IPv6 header is cut short, has impossible lengths, or a source that no host has", \
		"look at the sender's network stack")                                             \
	X(MALFORMED_L4, "malformed-l4",                                                           \
		"TCP, UDP, ICMP, ND or DHCP part is cut short, contradicts itself, "              \
		"or bears what has no place in it",                                               \
		"look at the sender's network stack")                                             \
	X(IPV6_EXTENSION, "ipv6-extension",                                                       \
		"routing header, or more IPv6 extension headers than are followed",               \
		"no IoT device needs these; look at what the sender runs")                        \
	X(FRAGMENT, "fragment",                                                                   \
		"IP fragment: never reassembled here, so never inspected, so never passed",       \
		"lower the sender's MTU or packet size")                                          \
	X(TCP_FLAGS, "tcp-flags", "TCP flags that no stack sends (none, SYN+FIN, SYN+RST)",       \
		"typical of a scan; look at the sender")                                          \
	X(ETHERTYPE, "ethertype", "neither IP nor ARP nor a control protocol of the design",      \
		"Ostiary passes IP only; segment other protocols away")                           \
	X(LINK_CONTROL, "link-control",                                                           \
		"link-local control frame (LLDP, STP, LACP, pause): never crosses a bridge",      \
		"nothing; it is meant for the neighbour only")                                    \
	X(EAPOL, "eapol", "802.1X frame that no authenticator takes: from the network, too many, or none runs", \
		"start ostiary-authd; if it runs, find who floods the port")                        \
	X(OVERSIZE, "oversize", "frame does not fit one buffer",                                  \
		"set the sender's MTU to 1500 or raise the port's")                               \
	/* Who are you? */                                                                        \
	X(NO_POLICY, "no-policy", "no policy is loaded", "apply one: ostiary policy apply FILE")  \
	X(BAD_SOURCE_MAC, "bad-source-mac", "source MAC is zero or a group address",              \
		"look at the sender")                                                             \
	X(UNKNOWN_DEVICE, "unknown-device", "no device of the policy has this MAC and VLAN",      \
		"add it to the policy's devices, or find out who plugged it in")                  \
	X(STATE, "state", "the device's state does not permit this",                              \
		"ostiary device show NAME tells the state and why")                               \
	/* Is it really you? */                                                                   \
	X(MAC_WRONG_PORT, "mac-wrong-port",                                                       \
		"the MAC belongs to a device on another port: a spoof, never a move",             \
		"find the sender; if the device moved, change its port in the policy")            \
	X(MAC_ON_NETWORK, "mac-on-network",                                                       \
		"the MAC belongs to a device, but the frame came from the network side",          \
		"look for a loop or a spoof on the network side")                                 \
	X(SOURCE_ADDRESS, "source-address",                                                       \
		"the source IP address is not bound to the device",                               \
		"let it use DHCP, or write its address: into the policy")                         \
	X(ADDRESS_IN_USE, "address-in-use",                                                       \
		"the device claims an address that another device holds",                         \
		"find the duplicate; it may be a spoof")                                          \
	X(BINDING_LIMIT, "binding-limit", "the device claims more addresses than it may hold",    \
		"look at the device; raise limits: addresses: if it is right")                    \
	X(BINDING_TABLE_FULL, "binding-table-full", "no room for a further address binding",      \
		"raise tables: bindings: in ostiary.yaml")                                        \
	X(ARP_SPOOF, "arp-spoof", "ARP claims an address that is not bound to its sender",        \
		"find the sender; typical of a man in the middle")                                \
	X(ND_SPOOF, "nd-spoof", "Neighbour Discovery claims what is not bound to its sender",     \
		"find the sender; typical of a man in the middle")                                \
	X(RA_GUARD, "ra-guard", "router advertisement or redirect from a device",                 \
		"a device is no router; look at what it runs")                                    \
	X(DHCP_SERVER, "dhcp-server", "DHCP server message from the device side",                 \
		"find the rogue server")                                                          \
	X(DHCP_SPOOF, "dhcp-spoof", "DHCP message speaks for another device",                     \
		"find the sender")                                                                \
	/* May you? */                                                                            \
	X(NOT_ALLOWED, "not-allowed", "no rule of the device's role allows this flow",            \
		"ostiary policy explain tells which rules were looked at")                        \
	X(NOT_ALLOWED_IN, "not-allowed-in",                                                       \
		"no rule of the device's role allows this flow towards it",                       \
		"ostiary policy explain tells which rules were looked at")                        \
	X(PEER_NOT_ALLOWED, "peer-not-allowed",                                                   \
		"between two devices both must agree, and the other one's role does not",         \
		"add the counterpart (from: or to:) to the other role")                           \
	X(NOT_INCLUDED, "not-included",                                                           \
		"infrastructure protocol that the role does not include",                         \
		"add it to include: of the role (arp, nd, dhcp, dhcpv6, igmp)")                   \
	X(NO_FLOW, "no-flow",                                                                     \
		"part of no established flow and cannot open one (TCP without SYN, a reply)",     \
		"usual after a restart; the sender will connect again")                           \
	X(TCP_CLOSED, "tcp-closed", "data on a connection that was closed or reset",              \
		"nothing; the sender is late")                                                    \
	X(ICMP_UNRELATED, "icmp-unrelated", "ICMP error that belongs to no established flow",     \
		"nothing, if rare; otherwise look at the sender")                                 \
	X(POLICY_CHANGED, "policy-changed",                                                       \
		"the flow was established, and the generation in force no longer allows it",      \
		"ostiary policy show tells the generation in force")                              \
	X(UNKNOWN_DESTINATION, "unknown-destination",                                             \
		"for no device of the policy that is reachable now",                              \
		"nothing, if the device is off")                                                  \
	X(GROUP_DESTINATION, "group-destination",                                                 \
		"multicast or broadcast from the network side that devices do not need",          \
		"nothing; it is kept away from the devices")                                      \
	/* How much? */                                                                           \
	X(FLOW_TABLE_FULL, "flow-table-full", "no room for a new flow; established ones go on",   \
		"raise tables: flows: in ostiary.yaml, or find who opens so many")                \
	X(FLOW_LIMIT, "flow-limit", "the device has as many flows as it may",                     \
		"look at the device; raise limits: flows: if it is right")                        \
	X(NEW_FLOW_RATE, "new-flow-rate", "the device opens flows faster than it may",            \
		"look at the device; raise limits: new-flows: if it is right")                    \
	X(PACKET_RATE, "packet-rate", "the device sends more packets than it may",                \
		"look at the device; raise limits: packets: if it is right")                      \
	X(BYTE_RATE, "byte-rate", "the device sends more bytes than it may",                      \
		"look at the device; raise limits: bytes: if it is right")                        \
	X(EGRESS_FULL, "egress-full", "the port to send it from takes no more",                   \
		"the port is too slow for what comes in; ostiary status tells which")             \
	X(EGRESS_DOWN, "egress-down", "there is no port to send it from, or its link is down",    \
		"look at the ports in ostiary.yaml and at the cabling")                           \
	X(SOURCE_ROUTE, "source-route", "IPv4 source-route option: the sender picks the way",     \
		"no IoT device needs this; look at the sender")                                   \
	/* Names and times. */                                                                    \
	X(SCHEDULE, "schedule", "a rule allows this flow, but not now",                           \
		"ostiary policy explain tells the rule and its schedule")                         \
	X(NAME_UNRESOLVED, "name-unresolved",                                                     \
		"a rule allows this service for a name, but the device was not given this "       \
		"address for it by a name server of its policy",                                  \
		"let the device ask the site's resolvers; if it knows addresses by heart, "       \
		"write a network")                                                                \
	X(NAME_LIMIT, "name-limit",                                                               \
		"the device, or the gateway, holds as many addresses by name as it may",          \
		"look at what the device asks; raise limits: names: if it is right")              \
	X(FOREIGN_DNS, "foreign-dns",                                                             \
		"DNS to a name server that the policy does not name, encrypted or not",           \
		"let the device use the site's resolvers, or allow that server by its address")   \
	X(DNS_UNASKED, "dns-unasked", "DNS answer that answers no question of the device",        \
		"if it is not rare, somebody forges answers: find who")                           \
	X(DNS_ORDER, "dns-order",                                                                 \
		"segment of DNS over TCP that came before what goes before it: "                  \
		"answers are read in their order",                                                \
		"nothing, if rare: its sender repeats it; otherwise look for loss on the network") \
	X(DNS_REBIND, "dns-rebind",                                                               \
		"a name that the policy allows was answered with an address inside, "             \
		"which only names of private-domains: may have",                                  \
		"if the name is the site's own, add its domain to infrastructure: "               \
		"private-domains:; otherwise whoever answers for it points inside: find out why")

enum ost_reason {
#define OST_REASON_ID(id, name, meaning, advice) OST_REASON_##id,
	OST_REASONS(OST_REASON_ID)
#undef OST_REASON_ID
	OST_REASON_COUNT,
};

#define OST_REASON_SLOTS 64 /* room of a counter array: a message layout keeps its size */

_Static_assert((int)OST_REASON_COUNT <= OST_REASON_SLOTS, "reasons outgrew their counter arrays");

/* Name, meaning and advice; "invalid" or "" for a value outside the list. Static strings. */
const char *ost_reason_name(unsigned reason);
const char *ost_reason_meaning(unsigned reason);
const char *ost_reason_advice(unsigned reason);
