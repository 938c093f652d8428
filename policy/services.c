/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Services as people write them: protocols with ports, ICMP types, well-known names. */
#include "services.h"

#include <stdio.h>

#include "policy_yaml.h"
#include "text.h"
#include "yaml_bind.h"

struct protocol {
	const char *name;
	uint8_t protocol;
	uint8_t family;
	bool ports;
};

static const struct protocol protocols[] = {
	{"tcp", 6, 0, true},
	{"udp", 17, 0, true},
	{"udplite", 136, 0, true},
	{"sctp", 132, 0, true},
	{"dccp", 33, 0, true},
	{"icmp", OST_PROTOCOL_ICMP, 4, false},
	{"icmpv6", OST_PROTOCOL_ICMPV6, 6, false},
};

struct well_known {
	const char *name;
	struct ost_service services[2]; /* the second one may be empty */
};

#define TCP(port)                                                                                  \
	{                                                                                          \
		6, 0, port, port                                                                   \
	}
#define UDP(port)                                                                                  \
	{                                                                                          \
		17, 0, port, port                                                                  \
	}
#define IP(number)                                                                                 \
	{                                                                                          \
		number, 0, 0, 65535                                                                \
	}

/* IANA's service names where it has one. */
static const struct well_known well_known[] = {
	{"any", {{0, 0, 0, 65535}}},
	{"amqp", {TCP(5672)}},
	{"amqps", {TCP(5671)}},
	{"bacnet", {UDP(47808)}},
	{"coap", {UDP(5683)}},
	{"coaps", {UDP(5684)}},
	{"dnp3", {TCP(20000), UDP(20000)}},
	{"dns", {UDP(53), TCP(53)}},
	{"dns-tls", {TCP(853)}},
	{"esp", {IP(50)}},
	{"ethernet-ip", {TCP(44818), UDP(44818)}},
	{"ftp", {TCP(21)}},
	{"gre", {IP(47)}},
	{"http", {TCP(80)}},
	{"http-alt", {TCP(8080)}},
	{"http3", {UDP(443)}},
	{"https", {TCP(443)}},
	{"iec104", {TCP(2404)}},
	{"iec104-tls", {TCP(19998)}},
	{"igmp", {IP(2)}},
	{"ike", {UDP(500), UDP(4500)}},
	{"imap", {TCP(143)}},
	{"imaps", {TCP(993)}},
	{"ipp", {TCP(631)}},
	{"knxnet-ip", {UDP(3671), TCP(3671)}},
	{"ldap", {TCP(389)}},
	{"ldaps", {TCP(636)}},
	{"lwm2m", {UDP(5683)}},
	{"lwm2ms", {UDP(5684)}},
	{"mdns", {UDP(5353)}},
	{"modbus", {TCP(502)}},
	{"modbus-tls", {TCP(802)}},
	{"mqtt", {TCP(1883)}},
	{"mqtt-tls", {TCP(8883)}},
	{"mysql", {TCP(3306)}},
	{"nfs", {TCP(2049)}},
	{"ntp", {UDP(123)}},
	{"onvif-discovery", {UDP(3702)}},
	{"opcua", {TCP(4840)}},
	{"postgresql", {TCP(5432)}},
	{"profinet", {UDP(34964)}},
	{"rdp", {TCP(3389), UDP(3389)}},
	{"redis", {TCP(6379)}},
	{"rtsp", {TCP(554)}},
	{"rtsps", {TCP(322)}},
	{"s7", {TCP(102)}},
	{"sip", {TCP(5060), UDP(5060)}},
	{"sips", {TCP(5061)}},
	{"smb", {TCP(445)}},
	{"smtp", {TCP(25)}},
	{"snmp", {UDP(161)}},
	{"snmp-trap", {UDP(162)}},
	{"ssdp", {UDP(1900)}},
	{"ssh", {TCP(22)}},
	{"submission", {TCP(587)}},
	{"submissions", {TCP(465)}},
	{"syslog", {UDP(514)}},
	{"syslog-tls", {TCP(6514)}},
	{"telnet", {TCP(23)}},
	{"tftp", {UDP(69)}},
	{"vnc", {TCP(5900)}},
};

struct icmp_type {
	const char *name;
	uint8_t v4, v6;
};

#define NO_TYPE 255u

/* Those that open something. Errors (unreachable, time exceeded) belong to their flow and need no
 * rule. */
static const struct icmp_type icmp_types[] = {
	{"echo-request", 8, 128},
	{"echo-reply", 0, 129},
	{"destination-unreachable", 3, 1},
	{"packet-too-big", NO_TYPE, 2},
	{"time-exceeded", 11, 3},
	{"parameter-problem", 12, 4},
	{"timestamp-request", 13, NO_TYPE},
	{"timestamp-reply", 14, NO_TYPE},
};

bool ost_protocol_has_ports(uint8_t protocol)
{
	for (size_t i = 0; i < OST_ARRAY_SIZE(protocols); i++)
		if (protocols[i].protocol == protocol)
			return protocols[i].ports;
	return false;
}

const char *ost_protocol_name(uint8_t protocol)
{
	for (size_t i = 0; i < OST_ARRAY_SIZE(protocols); i++)
		if (protocols[i].protocol == protocol)
			return protocols[i].name;
	return protocol == 2 ? "igmp" : NULL;
}

const char *ost_service_builtin(uint32_t index)
{
	return index < OST_ARRAY_SIZE(well_known) ? well_known[index].name : NULL;
}

bool ost_service_reserved(const char *name)
{
	if (strcmp(name, "any") == 0 || strcmp(name, "ip") == 0)
		return true;
	for (size_t i = 0; i < OST_ARRAY_SIZE(protocols); i++)
		if (strcmp(protocols[i].name, name) == 0)
			return true;
	return false;
}

static int range_parse(const char *text, uint64_t most, uint16_t *ret_lo, uint16_t *ret_hi)
{
	const char *dash = strchr(text, '-');
	size_t n = dash ? (size_t)(dash - text) : strlen(text);
	uint64_t lo, hi;

	if (ost_number_parse(text, n, &lo) < 0)
		return -EINVAL;
	hi = lo;
	if (dash != NULL && ost_number_parse(dash + 1, strlen(dash + 1), &hi) < 0)
		return -EINVAL;
	if (lo > hi || hi > most)
		return -ERANGE;
	*ret_lo = (uint16_t)lo;
	*ret_hi = (uint16_t)hi;
	return 0;
}

static int icmp_number_parse(const char *text, struct ost_service *ret_service)
{
	const char *dot = strchr(text, '.');
	size_t n = dot ? (size_t)(dot - text) : strlen(text);
	uint64_t type, code = 0;

	if (ost_number_parse(text, n, &type) < 0 || type > 255)
		return -EINVAL;
	if (dot != NULL && (ost_number_parse(dot + 1, strlen(dot + 1), &code) < 0 || code > 255))
		return -EINVAL;
	ret_service->lo = (uint16_t)(type << 8 | code);
	ret_service->hi = dot ? ret_service->lo : (uint16_t)(type << 8 | 255);
	return 0;
}

static int icmp_parse(const char *text, struct ost_service *ret_service, char why[static 256])
{
	for (size_t i = 0; i < OST_ARRAY_SIZE(icmp_types); i++) {
		unsigned type = ret_service->family == 4 ? icmp_types[i].v4 : icmp_types[i].v6;

		if (strcmp(icmp_types[i].name, text) != 0 || type == NO_TYPE)
			continue;
		ret_service->lo = (uint16_t)(type << 8);
		ret_service->hi = (uint16_t)(type << 8 | 255);
		return 0;
	}
	if (icmp_number_parse(text, ret_service) == 0)
		return 0;
	ost_hint(why, 256,
		"'%.40s' is no %s type; write echo-request, a type (8) or type.code (3.1)", text,
		ret_service->family == 4 ? "ICMP" : "ICMPv6");
	return -EINVAL;
}

static int ports_parse(const struct protocol *p, const char *text, struct ost_service *ret_service,
	char why[static 256])
{
	int r = range_parse(text, 65535, &ret_service->lo, &ret_service->hi);

	if (r == 0 && ret_service->lo > 0)
		return 0;
	ost_hint(why, 256, "'%.40s' is no port; write %s/443 or %s/5000-5010, from 1 to 65535",
		text, p->name, p->name);
	return -EINVAL;
}

/* ip/NUMBER. A protocol that has ports or types matches with all of them. */
static int number_parse(const char *text, struct ost_service *ret_service, char why[static 256])
{
	uint64_t number;

	if (ost_number_parse(text, strlen(text), &number) < 0 || number < 1 || number > 255) {
		ost_hint(why, 256, "'%.40s' is no IP protocol; write ip/47, from 1 to 255, or any",
			text);
		return -EINVAL;
	}
	*ret_service = (struct ost_service){.protocol = (uint8_t)number, .hi = 65535};
	for (size_t i = 0; i < OST_ARRAY_SIZE(protocols); i++)
		if (protocols[i].protocol == number)
			ret_service->family = protocols[i].family;
	return 0;
}

static const struct protocol *protocol_find(const char *text, size_t length)
{
	for (size_t i = 0; i < OST_ARRAY_SIZE(protocols); i++)
		if (strlen(protocols[i].name) == length &&
			memcmp(protocols[i].name, text, length) == 0)
			return &protocols[i];
	return NULL;
}

static int written_out_parse(
	const char *text, struct ost_service *ret_service, char why[static 256])
{
	const char *slash = strchr(text, '/');
	size_t n = slash ? (size_t)(slash - text) : strlen(text);
	const struct protocol *p = protocol_find(text, n);

	if (slash != NULL && n == 2 && memcmp(text, "ip", 2) == 0)
		return number_parse(slash + 1, ret_service, why);
	if (p == NULL) {
		ost_hint(why, 256,
			"'%.63s' is no service; write tcp/443, udp/5000-5010, icmp/echo-request, "
			"ip/47, any, or a name such as https",
			text);
		return -EINVAL;
	}
	*ret_service =
		(struct ost_service){.protocol = p->protocol, .family = p->family, .hi = 65535};
	if (slash == NULL)
		return 0;
	return p->ports ? ports_parse(p, slash + 1, ret_service, why)
			: icmp_parse(slash + 1, ret_service, why);
}

int ost_service_parse(const char *text, struct ost_service ret_services[static 4],
	uint32_t *ret_count, char why[static 256])
{
	struct ost_service service = {0};
	int r;

	for (size_t i = 0; i < OST_ARRAY_SIZE(well_known) && strchr(text, '/') == NULL; i++) {
		const struct well_known *w = &well_known[i];

		if (strcmp(w->name, text) != 0)
			continue;
		ret_services[0] = w->services[0];
		ret_services[1] = w->services[1];
		*ret_count = w->services[1].protocol != 0 ? 2 : 1;
		return 0;
	}
	r = written_out_parse(text, &service, why);
	if (r < 0)
		return r;
	ret_services[0] = service;
	*ret_count = 1;
	return 0;
}
