/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Services as people write them: what policy_yaml.h does not tell to everyone. */
#pragma once

#include "common.h"

#define OST_PROTOCOL_ICMP   1u
#define OST_PROTOCOL_TCP    6u
#define OST_PROTOCOL_UDP    17u
#define OST_PROTOCOL_ICMPV6 58u

/* True for protocols whose value is a destination port: TCP, UDP, UDP-Lite, SCTP, DCCP. */
bool ost_protocol_has_ports(uint8_t protocol);

/* "tcp", "icmpv6", "igmp": as a service is written; NULL for a protocol that is best written as ip/NUMBER. */
const char *ost_protocol_name(uint8_t protocol);

/* A word that no service of a policy may be named. */
bool ost_service_reserved(const char *name);

/* Names of the well-known services, NULL behind the last one. */
const char *ost_service_builtin(uint32_t index);
