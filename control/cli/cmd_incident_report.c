/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ostiary incident report: the draft for an authority. Ostiary sends it to nobody. */
#include <inttypes.h>
#include <stdio.h>

#include "file.h"
#include "incident_words.h"
#include "options.h"
#include "regime_names.h"

#define COMMAND "incident report"
#define MODE	0600u /* it names people and weaknesses */

struct asked {
	struct ost_cli cli;
	const char *id, *regime, *stage, *format, *out;
};

/* The draft as ostiaryd made it. */
static int fetch(const struct asked *a, const char *regime, const char *stage, const char *format, struct ost_http_reply *ret_reply)
{
	char path[OST_INCIDENT_PATH], rest[200];
	int r;

	(void)snprintf(rest, sizeof(rest), "/report?regime=%.60s&stage=%.60s&format=%.10s", regime, stage, format);
	if (ost_incident_path(COMMAND, a->id, rest, path) != OST_EXIT_OK)
		return OST_EXIT_INPUT;
	r = ost_http_request(a->cli.paths.api_socket, "GET", path, NULL, 0, OST_CLIENT_TIMEOUT_S, ret_reply);
	if (r < 0)
		return ost_client_unreachable(&a->cli, r);
	if (ret_reply->status == 200)
		return OST_EXIT_OK;
	r = ost_client_refused(ret_reply);
	ost_http_reply_free(ret_reply);
	return r;
}

/* Through a pipe or on a terminal: the text has no hostile character left (report.h). */
static int put(const struct asked *a, const struct ost_http_reply *reply)
{
	int r;

	if (a->out == NULL) {
		ost_cli_json_tell(reply->body);
		return OST_EXIT_OK;
	}
	r = ost_file_write(a->out, reply->body, reply->length, MODE);
	if (r < 0)
		return ost_cli_fail(COMMAND ": --out: %.200s: %s", a->out, strerror(-r));
	return OST_EXIT_OK;
}

/* How a missing field is filled, by who fills it. */
static void missing_tell(const struct asked *a, const char *regime, const char *stage, const json_t *field)
{
	const char *by = ost_json_text(field, "filled_by"), *id = ost_json_text(field, "id");
	char typed[OST_SHOW_TEXT];

	(void)fprintf(stderr, "  %s: %s\n", id, ost_json_text(field, "title"));
	if (strcmp(id, "aware_at") == 0 || strcmp(id, "significant") == 0)
		(void)fprintf(stderr, "      ostiary incident decide %s --regime %s --significant yes --aware-at TIME --reason TEXT\n", a->id, regime);
	else if (strcmp(id, "authority_reference") == 0)
		(void)fprintf(stderr, "      ostiary incident decide %s --regime %s --submitted STAGE --at TIME --reference REF\n", a->id, regime);
	else if (strcmp(by, "person") == 0)
		(void)fprintf(stderr, "      ostiary incident decide %s --regime %s --stage %s --answer %s=...\n", a->id, regime, ost_incident_typed(stage, typed), id);
	else
		(void)fprintf(stderr, "      %s\n", strcmp(by, "configuration") == 0 ? "write it in entity.yaml: ostiary-regimes(5)" : "the gateway has not measured it");
}

/* To standard error, behind the draft: what is missing, and how to fill it. */
static int verdict(const struct asked *a, const char *regime, const char *stage, const char *json_text, size_t length)
{
	json_t *draft = ost_incident_plain(json_loadb(json_text, length, 0, NULL));
	const json_t *field;
	const bool ready = ost_json_true(draft, "ready");
	size_t i;

	if (draft == NULL)
		return ost_client_unreachable(&a->cli, -EPROTO);
	if (ost_json_u64(draft, "missing") > 0)
		(void)fprintf(stderr, "\nNot ready. Missing: %" PRIu64 "\n", ost_json_u64(draft, "missing"));
	else
		(void)fprintf(stderr, ready ? "\nReady to be read, approved and submitted by a person.\n" : "\nNot ready: nobody has decided that this is significant.\n");
	json_array_foreach(json_object_get(draft, "fields"), i, field) {
		if (strcmp(ost_json_text(field, "state"), "missing") == 0)
			missing_tell(a, regime, stage, field);
	}
	json_decref(draft);
	return ready ? OST_EXIT_OK : OST_EXIT_NO;
}

static int report(const struct asked *a, const char *regime, const char *stage)
{
	struct ost_http_reply reply, json = {0};
	const bool is_json = strcmp(a->format, "json") == 0;
	int r = fetch(a, regime, stage, a->format, &reply);

	if (r != OST_EXIT_OK)
		return r;
	r = put(a, &reply);
	(void)fflush(stdout);
	/* Whether it is ready, and what is missing, is said in JSON alone. */
	if (r == OST_EXIT_OK && !is_json)
		r = fetch(a, regime, stage, "json", &json);
	if (r == OST_EXIT_OK)
		r = verdict(a, regime, stage, is_json ? reply.body : json.body, is_json ? reply.length : json.length);
	ost_http_reply_free(&reply);
	ost_http_reply_free(&json);
	return r;
}

static bool is_format(const char *format)
{
	return strcmp(format, "text") == 0 || strcmp(format, "json") == 0 || strcmp(format, "html") == 0;
}

static int stage_needed(const json_t *regime)
{
	(void)ost_regime_stage(COMMAND, regime, "--stage", "which one?");
	return OST_EXIT_INPUT;
}

int ost_cmd_incident_report(const struct ost_cli *cli, int argc, char **argv)
{
	struct asked a = {.cli = *cli};
	const struct ost_cli_option options[] = {{.name = "json", .flag = &a.cli.json}, {.name = "regime", .value = &a.regime}, {.name = "stage", .value = &a.stage},
		{.name = "format", .value = &a.format}, {.name = "out", .value = &a.out}};
	int r, first = ost_cli_options(COMMAND, options, OST_ARRAY_SIZE(options), argc, argv);
	json_t *regimes = NULL;
	const json_t *regime;
	const char *stage;

	if (first < 0)
		return OST_EXIT_INPUT;
	if (first + 1 != argc)
		return ost_cli_fail(COMMAND ": name one incident; 'ostiary incident list' tells them");
	a.id = argv[first];
	a.format = a.format != NULL ? a.format : a.cli.json ? "json"
							    : "text";
	if (!is_format(a.format))
		return ost_cli_fail(COMMAND ": --format: '%.40s' is none; write text, json or html", a.format);
	r = ost_regimes_get(&a.cli, &regimes);
	if (r != OST_EXIT_OK)
		return r;
	regime = ost_regimes_find(COMMAND, regimes, a.regime);
	stage = regime != NULL && a.stage != NULL ? ost_regime_stage(COMMAND, regime, "--stage", a.stage) : NULL;
	if (stage != NULL)
		r = report(&a, ost_json_text(regime, "id"), stage);
	else
		r = regime != NULL && a.stage == NULL ? stage_needed(regime) : OST_EXIT_INPUT;
	json_decref(regimes);
	return r;
}
