/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The site file's authentication: where ostiary-authd listens, and whether there is a revocation list. */
#include <stdio.h>

#include "site_reader.h"
#include "text.h"

/* "10.0.0.2:1812", "[fd00::2]:1812": an address of this machine, or 0.0.0.0 and [::] for all of them. */
static bool listen_sound(const char *text)
{
	const char *colon = strrchr(text, ':');
	char address[OST_LISTEN_MAX];
	struct ost_ip ip;
	uint64_t port;
	size_t n;

	if (colon == NULL || colon == text || strlen(text) >= OST_LISTEN_MAX || ost_number_parse(colon + 1, strlen(colon + 1), &port) < 0 ||
		port == 0 || port > UINT16_MAX)
		return false;
	n = (size_t)(colon - text);
	if (text[0] == '[' && text[n - 1] == ']') {
		memcpy(address, text + 1, n - 2);
		address[n - 2] = '\0';
		return ost_ip_parse(address, &ip) == 0 && ip.family == OST_IPV6;
	}
	memcpy(address, text, n);
	address[n] = '\0';
	return ost_ip_parse(address, &ip) == 0 && ip.family == OST_IPV4;
}

static void listen_read(struct site_reader *r, const struct ost_yaml_node *value, const char *what, char to[static OST_LISTEN_MAX])
{
	if (!ost_yaml_is_scalar(&r->y, value, what))
		return;
	if (listen_sound(value->text))
		(void)snprintf(to, OST_LISTEN_MAX, "%s", value->text);
	else
		ost_yaml_error(&r->y, value, "write ADDRESS:PORT, such as \"10.0.0.2:1812\" or \"[fd00::2]:1812\"",
			"'%s' is no address and port to listen on", value->text);
}

static void radius_field(void *context, const struct ost_yaml_node *value, void *target)
{
	struct ost_site_file *file = target;

	listen_read(context, value, "radius", file->radius);
}

static void portal_field(void *context, const struct ost_yaml_node *value, void *target)
{
	struct ost_site_file *file = target;

	listen_read(context, value, "portal", file->portal);
}

static void crl_field(void *context, const struct ost_yaml_node *value, void *target)
{
	static const char *const words[] = {"yes", "no"};
	struct site_reader *r = context;
	struct ost_site_file *file = target;
	uint32_t index;

	if (ost_yaml_word(&r->y, value, "crl", words, OST_ARRAY_SIZE(words), &index))
		file->no_crl = index == 1;
}

void site_auth_read(struct site_reader *r, const struct ost_yaml_node *section)
{
	static const struct ost_yaml_field fields[] = {
		{"radius", radius_field},
		{"portal", portal_field},
		{"crl", crl_field},
	};

	ost_yaml_fields(&r->y, section, "authentication", fields, OST_ARRAY_SIZE(fields), r, r->file);
}
