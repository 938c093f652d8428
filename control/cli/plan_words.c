/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan_words.h"

#include <stdio.h>

#include "services.h"

static void protocol_words(uint8_t protocol, char *buf, size_t n)
{
	const char *name = ost_protocol_name(protocol);

	if (name != NULL)
		(void)snprintf(buf, n, "%s", name);
	else
		(void)snprintf(buf, n, "ip/%u", protocol);
}

static void except_words(const struct ost_change *c, char buf[static OST_PLAN_WORDS])
{
	const char *join = " but ";

	(void)snprintf(buf, OST_PLAN_WORDS, "every protocol");
	for (unsigned p = 1; p < 256; p++) {
		size_t used = strlen(buf);
		char word[24];

		if (!(c->except[p / 64] >> p % 64 & 1))
			continue;
		protocol_words((uint8_t)p, word, sizeof(word));
		(void)snprintf(buf + used, OST_PLAN_WORDS - used, "%s%s", join, word);
		join = ", ";
	}
}

const char *ost_plan_service(const struct ost_change *c, char buf[static OST_PLAN_WORDS])
{
	bool ports = ost_protocol_has_ports(c->protocol), icmp = c->protocol == OST_PROTOCOL_ICMP || c->protocol == OST_PROTOCOL_ICMPV6;
	char name[24];
	size_t used;

	if (c->protocol == 0)
		except_words(c, buf);
	else
		protocol_words(c->protocol, name, sizeof(name));
	if (c->protocol != 0)
		(void)snprintf(buf, OST_PLAN_WORDS, "%s", name);
	used = strlen(buf);
	if ((c->lo <= (ports ? 1 : 0) && c->hi == UINT16_MAX) || (c->protocol != 0 && !ports && !icmp))
		return buf;
	if (icmp && c->lo == c->hi)
		(void)snprintf(buf + used, OST_PLAN_WORDS - used, "/%u.%u", (unsigned)c->lo >> 8, (unsigned)c->lo & 0xff);
	else if (icmp)
		(void)snprintf(buf + used, OST_PLAN_WORDS - used, "/%u.%u-%u.%u", (unsigned)c->lo >> 8, (unsigned)c->lo & 0xff,
			(unsigned)c->hi >> 8, (unsigned)c->hi & 0xff);
	else if (c->lo == c->hi)
		(void)snprintf(buf + used, OST_PLAN_WORDS - used, "%s%u", ports ? "/" : ", value ", c->lo);
	else
		(void)snprintf(buf + used, OST_PLAN_WORDS - used, "%s%u-%u", ports ? "/" : ", values ", c->lo, c->hi);
	return buf;
}

/* The length of the prefix that holds exactly the addresses from first to last; -1: none does. */
static int prefix_length(const struct ost_ip *first, const struct ost_ip *last)
{
	int bits = first->family == OST_IPV4 ? 32 : 128, length = 0;

	while (length < bits && !((first->b[length / 8] ^ last->b[length / 8]) >> (7 - length % 8) & 1))
		length++;
	for (int i = length; i < bits; i++) {
		if ((first->b[i / 8] >> (7 - i % 8) & 1) || !(last->b[i / 8] >> (7 - i % 8) & 1))
			return -1;
	}
	return length;
}

const char *ost_plan_peer(const struct ost_change *c, char buf[static OST_PLAN_WORDS])
{
	char first[OST_IP_TEXT], last[OST_IP_TEXT];
	int length;

	if (c->peer == OST_CHANGE_NAME) {
		(void)snprintf(buf, OST_PLAN_WORDS, "%s%.253s", c->host.suffix ? "*." : "", c->host.name);
		return buf;
	}
	length = prefix_length(&c->first, &c->last);
	(void)ost_ip_format(&c->first, first);
	(void)ost_ip_format(&c->last, last);
	if (length == 0)
		(void)snprintf(buf, OST_PLAN_WORDS, "any IPv%u address", c->family);
	else if (length == (c->family == OST_IPV4 ? 32 : 128))
		(void)snprintf(buf, OST_PLAN_WORDS, "%s", first);
	else if (length > 0)
		(void)snprintf(buf, OST_PLAN_WORDS, "%s/%d", first, length);
	else
		(void)snprintf(buf, OST_PLAN_WORDS, "%s-%s", first, last);
	return buf;
}
