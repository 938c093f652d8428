/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes of a policy in words. Each returns buf. */
#pragma once

#include "difference.h"

#define OST_PLAN_WORDS 512

/* "tcp/80-90", "icmp/8.0", "every protocol but tcp, udp" */
const char *ost_plan_service(const struct ost_change *c, char buf[static OST_PLAN_WORDS]);

/* "10.2.0.0/24", "10.2.0.1-10.2.0.5", "any IPv4 address", "video.example.com", "*.example.com" */
const char *ost_plan_peer(const struct ost_change *c, char buf[static OST_PLAN_WORDS]);
