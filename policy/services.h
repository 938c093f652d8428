/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Services as people write them: what policy_yaml.h does not tell to everyone. */
#pragma once

#include "common.h"

#define OST_PROTOCOL_ICMP   1u
#define OST_PROTOCOL_ICMPV6 58u

/* True for TCP, UDP and their kin. */
bool ost_protocol_has_ports(uint8_t protocol);

/* A word that no service of a policy may be named. */
bool ost_service_reserved(const char *name);

/* Names of the well-known services, NULL behind the last one. */
const char *ost_service_builtin(uint32_t index);
