/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A gateway whose policy has rules about names, and devices that ask: for the tests of names. */
#pragma once

#include "rig_dns.h"

#include "name.h"

#define POLICY_(rules, limits, more)                                                                                   \
	"ostiary: 1\nnetworks:\n  plant: [10.20.0.0/24]\n  own: [10.0.0.77]\n  hub: [10.0.0.3]\n"                                          \
	"infrastructure:\n  resolvers: [10.0.0.53, \"fd00::53\"]\n"                                                     \
	"roles:\n  camera:\n    authenticate: mac\n    include: [arp, nd, dns]\n    allow:\n" rules limits               \
	"  plain:\n    authenticate: mac\n    include: [arp, dns]\n    allow:\n"                                        \
	"      - to: { network: plant, service: tcp/443 }\n" more                                                       \
	"devices:\n"                                                                                                    \
	"  a: { role: camera, mac: \"02:00:00:00:00:01\", port: dev1, address: [10.0.0.1, \"fd00::1\"] }\n"             \
	"  b: { role: camera, mac: \"02:00:00:00:00:02\", port: dev2, address: [10.0.0.2, \"fd00::2\"] }\n"             \
	"  p: { role: plain, mac: \"02:00:00:00:00:03\", port: dev3, address: 10.0.0.3 }\n"
#define RULES                                                                                                          \
	"      - to: { name: video.example.com, service: tcp/443 }\n"                                                   \
	"      - to: { name: .cloud.example, service: tcp/8883 }\n"                                                     \
	"      - from: { name: hook.example.com, service: tcp/80 }\n"

static const char policy[] = POLICY_(RULES, "", "");

static const struct way to_dns = {DEV1, ROUTER, 1, "10.0.0.1", "10.0.0.53", 40000, 53};
static const struct way to_dns6 = {DEV1, ROUTER, 1, "fd00::1", "fd00::53", 40000, 53};

static inline int setup(void **state)
{
	return rig_start(state, policy, NULL);
}

static inline struct ost_site_names names(const struct rig *r)
{
	struct ost_site_names n;

	ost_site_names(r->site, &n);
	return n;
}

/* ---- asking, and what is answered ---- */

static inline void ask(struct rig *r, const struct way *w, uint16_t id, const char *name, uint16_t type)
{
	struct dns d;

	dns_query(&d, id, name, type);
	assert_passes(dns_send(r, w, &d));
}

static inline enum ost_reason tell(struct rig *r, const struct way *asked, const struct dns *d)
{
	struct way back = way_back(asked, NET);

	return dns_send(r, &back, d);
}

/* Asked and answered with one address. */
static inline void resolve(struct rig *r, const char *name, uint32_t ttl_s, const char *ip)
{
	uint16_t type = strchr(ip, ':') != NULL ? T_AAAA : T_A;
	struct dns d;

	ask(r, &to_dns, 7, name, type);
	dns_answer(&d, 7, name, type);
	dns_address(&d, name, ttl_s, ip);
	assert_passes(tell(r, &to_dns, &d));
}

static uint16_t next_port = 50000;

static inline enum ost_reason connect_from(struct rig *r, unsigned device, const char *from, const char *to, uint16_t port)
{
	struct way w = {(uint8_t)device, ROUTER, device, from, to, next_port++, port};

	return rig_tcp(r, &w, SYN, 1, 0, 0);
}

static inline enum ost_reason connect_to(struct rig *r, const char *to, uint16_t port)
{
	return connect_from(r, 1, strchr(to, ':') != NULL ? "fd00::1" : "10.0.0.1", to, port);
}
