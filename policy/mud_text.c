/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mud_text.h"

#include <stdarg.h>
#include <stdio.h>

#include "services.h"

static void add(char *buf, size_t size, const char *fmt, ...) OST_PRINTF(3, 4);

static void add(char *buf, size_t size, const char *fmt, ...)
{
	size_t used = strlen(buf);
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(buf + used, size - used, fmt, ap);
	va_end(ap);
}

static void peer_add(const struct ost_mud_ace *ace, char *buf, size_t size)
{
	char prefix[OST_PREFIX_TEXT];

	switch (ace->peer) {
	case OST_MUD_ANY:
		add(buf, size, "any address");
		break;
	case OST_MUD_NETWORK:
		add(buf, size, "%s", ost_prefix_format(&ace->prefix, prefix));
		break;
	case OST_MUD_NAME:
		add(buf, size, "%s", ace->peer_text);
		break;
	case OST_MUD_LOCAL:
		add(buf, size, "local networks%s%s", ace->has_prefix ? " within " : "",
			ace->has_prefix ? ost_prefix_format(&ace->prefix, prefix) : "");
		break;
	case OST_MUD_BROADCAST:
		add(buf, size, "broadcast of the local networks");
		break;
	case OST_MUD_CONTROLLER:
		add(buf, size, "controller %s", ace->peer_text);
		break;
	case OST_MUD_MY_CONTROLLER:
		add(buf, size, "my-controller");
		break;
	case OST_MUD_MANUFACTURER:
		add(buf, size, "manufacturer %s", ace->peer_text);
		break;
	case OST_MUD_MODEL:
		add(buf, size, "model %s", ace->peer_text);
		break;
	}
}

static void ports_add(const struct ost_mud_ports *ports, const char *lead, char *buf, size_t size)
{
	for (uint32_t i = 0; i < ports->count; i++) {
		const struct ost_mud_range *range = &ports->ranges[i];

		add(buf, size, "%s%u", i == 0 ? lead : " or ", range->lo);
		if (range->hi != range->lo)
			add(buf, size, "-%u", range->hi);
	}
}

static void service_add(const struct ost_mud_ace *ace, char *buf, size_t size)
{
	const char *name = ace->protocol >= 0 ? ost_protocol_name((uint8_t)ace->protocol) : "any";

	if (ace->ethertype >= 0) {
		add(buf, size, "Ethernet type 0x%04x", (unsigned)ace->ethertype);
		return;
	}
	if (name != NULL)
		add(buf, size, "%s", name);
	else
		add(buf, size, "ip/%d", ace->protocol);
	ports_add(ace->to_device ? &ace->device : &ace->remote, "/", buf, size);
	ports_add(ace->to_device ? &ace->remote : &ace->device, " from port ", buf, size);
	if (ace->icmp_type >= 0)
		add(buf, size, "/%d", ace->icmp_type);
	if (ace->icmp_code >= 0)
		add(buf, size, ".%d", ace->icmp_code);
}

const char *ost_mud_ace_text(const struct ost_mud_ace *ace, char *buf, size_t size)
{
	buf[0] = '\0';
	add(buf, size, "%s ", ace->to_device ? "from" : "to");
	peer_add(ace, buf, size);
	add(buf, size, ", service ");
	service_add(ace, buf, size);
	return buf;
}

const char *mud_rule_text(const struct ost_mud_ace *ace, char *buf, size_t size)
{
	(void)ost_mud_ace_text(ace, buf, size);
	if (ace->acl != NULL)
		add(buf, size, " (MUD: ACE %s of ACL %s)", ace->name, ace->acl);
	else
		add(buf, size, " (MUD: %s by default)", ace->name);
	return buf;
}

const char *ost_mud_fate_name(enum ost_mud_fate fate)
{
	static const char *const names[] = {"taken", "changed", "refused"};

	return names[fate];
}
