/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ostiary device approve | quarantine | release | retire NAME: what an operator orders of a device, or of a group. (revoke has a file of its
 * own: it has a CRL to make.) */
#include <stdio.h>

#include "client.h"
#include "device_group.h"
#include "device_paper.h"
#include "options.h"
#include "policy_input.h"

static void enforced_say(const json_t *json)
{
	if (!ost_json_true(json, "enforced"))
		(void)printf("the data plane is not connected: it enforces this as soon as it is back\n");
}

static int order(const struct ost_cli *cli, const char *device, const char *word, const char *why)
{
	json_t *json = NULL;
	unsigned status;
	int r = ost_client_order(cli, device, word, "why", why, false, &status, &json);

	if (r != OST_EXIT_OK)
		return r;
	if (cli->json) {
		char *text = json_dumps(json, 0);

		ost_cli_json_tell(text != NULL ? text : "{}");
		free(text);
	} else {
		(void)printf("%s is %s\n", device, ost_json_text(json, "state"));
		enforced_say(json);
	}
	json_decref(json);
	return OST_EXIT_OK;
}

/* ---- retire ---- */

static int retired_say(const struct ost_cli *cli, const char *device, const struct ost_paper *d, const char *text, bool noted)
{
	if (cli->json) {
		struct ost_jsonw w = {0};

		ost_jsonw_object(&w, NULL);
		ost_jsonw_string(&w, "device", device);
		ost_jsonw_string(&w, "state", "retired");
		ost_jsonw_u64(&w, "certificates_revoked", d->certificates);
		ost_jsonw_u64(&w, "keys_destroyed", d->keys);
		ost_jsonw_u64(&w, "crl", d->crl);
		ost_jsonw_bool(&w, "noted", noted);
		ost_jsonw_end(&w, '}');
		return ost_cli_json_print(&w);
	}
	(void)printf("%s is retired, for ever\n%s\n", device, text);
	if (noted)
		(void)printf("noted in %s\n", cli->paths.admission_log);
	return OST_EXIT_OK;
}

/* First nothing passes any more; then its certificates, then its keys; then all of it is evidence. */
static int retire(const struct ost_cli *cli, const char *device, const char *reason)
{
	struct ost_paper d = {0};
	char text[256];
	json_t *json = NULL;
	unsigned status;
	bool noted;
	int r = ost_client_order(cli, device, "retire", "why", reason, false, &status, &json);

	if (r != OST_EXIT_OK)
		return r;
	json_decref(json);
	json = NULL;
	ost_paper_revoke(cli, device, OST_PKI_CESSATION_OF_OPERATION, &d);
	ost_paper_keys_destroy(cli, device, &d);
	ost_paper_text(&d, text, sizeof(text));
	noted = ost_client_order(cli, device, "retire", "destroyed", text, false, &status, &json) == OST_EXIT_OK;
	json_decref(json);
	(void)ost_client_reload(cli);
	r = retired_say(cli, device, &d, text, noted);
	if (d.why[0] != '\0')
		return ost_cli_fail("%s is retired, but its certificates are not revoked: %s", device, d.why);
	return noted ? r : OST_EXIT_INPUT;
}

static int command(const struct ost_cli *cli, int argc, char **argv, const char *word)
{
	struct ost_device_group group = {0};
	struct ost_cli c = *cli;
	const char *reason = "";
	const struct ost_cli_option options[] = {
		{.name = "reason", .value = &reason},
		{.name = "json", .flag = &c.json},
		OST_DEVICE_GROUP_OPTIONS(group),
		{.name = "yes", .flag = &group.yes},
	};
	char name[32];
	int first;

	(void)snprintf(name, sizeof(name), "device %s", word);
	first = ost_cli_options(name, options, OST_ARRAY_SIZE(options), argc, argv);
	if (first < 0)
		return OST_EXIT_INPUT;
	if (ost_device_group_wanted(&group))
		return first != argc ? ost_cli_fail("device %s: name one device, or a group by --tag, --role and --state", word)
				     : ost_device_group_order(&c, &group, word, reason, OST_PKI_CESSATION_OF_OPERATION);
	if (first + 1 != argc || argv[first][0] == '\0')
		return ost_cli_fail("device %s: name one device, or a group by --tag, --role and --state", word);
	return strcmp(word, "retire") == 0 ? retire(&c, argv[first], reason) : order(&c, argv[first], word, reason);
}

int ost_cmd_device_approve(const struct ost_cli *cli, int argc, char **argv)
{
	return command(cli, argc, argv, "approve");
}

int ost_cmd_device_quarantine(const struct ost_cli *cli, int argc, char **argv)
{
	return command(cli, argc, argv, "quarantine");
}

int ost_cmd_device_release(const struct ost_cli *cli, int argc, char **argv)
{
	return command(cli, argc, argv, "release");
}

int ost_cmd_device_retire(const struct ost_cli *cli, int argc, char **argv)
{
	return command(cli, argc, argv, "retire");
}
