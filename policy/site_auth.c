/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The site file's authentication: where ostiary-authd listens, and whether there is a revocation list. */
#include <stdio.h>

#include "portal_line.h"
#include "site_reader.h"

static void listen_read(struct site_reader *r, const struct ost_yaml_node *value, const char *what, char to[static OST_LISTEN_MAX])
{
	struct ost_ip ip;
	uint16_t port;

	if (!ost_yaml_is_scalar(&r->y, value, what))
		return;
	if (strlen(value->text) < OST_LISTEN_MAX && ost_address_port_parse(value->text, &ip, &port) == 0)
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

/* Its key is looked for behind the others: they come in any order. */
static void lease_field(void *context, const struct ost_yaml_node *value, void *target)
{
	struct site_reader *r = context;
	struct ost_site_file *file = target;
	uint64_t s;

	if (!ost_yaml_number(&r->y, value, "lease", 1, OST_PORTAL_LEASE_S, &s))
		return;
	file->lease_s = (uint32_t)s;
	r->lease = value;
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
		{"lease", lease_field},
		{"crl", crl_field},
	};

	ost_yaml_fields(&r->y, section, "authentication", fields, OST_ARRAY_SIZE(fields), r, r->file);
	if (r->lease != NULL && r->file->portal[0] == '\0')
		ost_yaml_error(&r->y, r->lease, "write where the portal listens too, such as portal: \"10.0.0.2:8443\"",
			"lease is of the portal, and there is none");
}
