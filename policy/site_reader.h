/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside of the site file's reader: what its files share. */
#pragma once

#include "site_yaml.h"
#include "yaml_bind.h"

struct site_reader {
	struct ost_yaml_reader y; /* the first member */
	struct ost_site_file *file;
	const struct ost_yaml_node *version;
	const struct ost_yaml_node *lease; /* of the portal; NULL: not written */
	bool has_ports; /* written, maybe with errors */
};

/* export: */
void site_export_read(struct site_reader *r, const struct ost_yaml_node *section);

/* authentication: */
void site_auth_read(struct site_reader *r, const struct ost_yaml_node *section);

/* incidents: */
void site_incidents_read(struct site_reader *r, const struct ost_yaml_node *section);

/* ports:, with everything that ports must be to each other. */
void site_ports_read(struct site_reader *r, const struct ost_yaml_node *section);
