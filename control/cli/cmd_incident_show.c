/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ostiary incident show ID: all about one, and what to type next. */
#include <stdio.h>

#include "incident_page.h"
#include "options.h"

/* What the device does when it does what it should. NULL: not known. */
static json_t *flows_get(const struct ost_cli *cli, const char *device)
{
	char path[512];

	if (*device == '\0' || ost_http_path("/v1/flows?limit=10000&device=", device, path, sizeof(path)) < 0)
		return NULL;
	return ost_incident_plain(ost_client_look(cli, path));
}

int ost_cmd_incident_show(const struct ost_cli *cli, int argc, char **argv)
{
	struct ost_cli c = *cli;
	char path[OST_INCIDENT_PATH];
	const char *id;
	json_t *incident = NULL, *flows;
	int r, first = ost_cli_option_json(&c, argc, argv);

	if (first < 0)
		return OST_EXIT_INPUT;
	if (first + 1 != argc)
		return ost_cli_fail("incident show: name one incident; 'ostiary incident list' tells them");
	if (ost_incident_path("incident show", argv[first], "", path) != OST_EXIT_OK)
		return OST_EXIT_INPUT;
	r = ost_incident_get(&c, path, &incident);
	if (r != OST_EXIT_OK || incident == NULL)
		return r;
	/* In the commands of the page: what was typed, unless the next incident could begin with it too. */
	id = strlen(argv[first]) >= OST_INCIDENT_ID_LEAST ? argv[first] : ost_json_text(incident, "id");
	flows = flows_get(&c, ost_json_text(incident, "device"));
	ost_incident_page(&c, incident, flows, id, time(NULL));
	json_decref(flows);
	json_decref(incident);
	return OST_EXIT_OK;
}
