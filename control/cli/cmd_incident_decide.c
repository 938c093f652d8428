/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ostiary incident decide: what a person says about an incident. Nothing is filled in: who says nothing is asked, not presumed. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>

#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/sha256.h>

#include "incident_page.h"
#include "options.h"
#include "regime_names.h"
#include "text.h"

#define COMMAND	 "incident decide"
#define FUTURE_S 60 /* clocks differ */

struct decide {
	struct ost_cli cli;
	const char *id;
	const char *regime, *significant, *aware_at, *reason;
	const char *moment, *at, *stage, *submitted, *reference, *file, *corrects;
	struct ost_cli_list answers;
	const json_t *of; /* the regime */
	json_t *told;	  /* array of what was recorded */
};

/* ---- bodies ---- */

static int moment_member(json_t *body, const char *key, const char *option, const char *text)
{
	const time_t now = time(NULL);
	char time_text[OST_SHOW_TEXT], why[256];
	int64_t s = 0;

	if (ost_moment_parse(text, now, &s, why) < 0)
		return ost_cli_fail(COMMAND ": %s: %s", option, why);
	if (s > now + FUTURE_S)
		return ost_cli_fail(COMMAND ": %s: '%.40s' is still to come; say what has happened", option, text);
	return json_object_set_new(body, key, json_string(ost_moment_utc(s, time_text))) == 0 ? OST_EXIT_OK : ost_cli_fail("out of memory");
}

static int text_member(json_t *body, const char *key, const char *option, const char *text)
{
	if (text != NULL && json_object_set_new(body, key, json_string(text)) < 0)
		return ost_cli_fail(COMMAND ": %s: that is no text in UTF-8", option);
	return OST_EXIT_OK;
}

static json_t *body_begin(const struct decide *d, const char *kind)
{
	json_t *body = json_pack("{s:s, s:s}", "kind", kind, "regime", ost_json_text(d->of, "id"));
	uint64_t corrects = 0;

	if (d->corrects != NULL && (ost_number_parse(d->corrects, strlen(d->corrects), &corrects) < 0 || corrects == 0 || corrects > UINT32_MAX)) {
		(void)ost_cli_fail(COMMAND ": --corrects: '%.40s' is no number of a decision; 'ostiary incident show %s' tells them", d->corrects, d->id);
		json_decref(body);
		return NULL;
	}
	if (corrects > 0)
		(void)json_object_set_new(body, "corrects", json_integer((json_int_t)corrects));
	if (body != NULL && text_member(body, "reason", "--reason", d->reason) != OST_EXIT_OK) {
		json_decref(body);
		return NULL;
	}
	return body;
}

static int significance_body(const struct decide *d, json_t *body)
{
	const bool yes = strcmp(d->significant, "yes") == 0;

	if (!yes && strcmp(d->significant, "no") != 0)
		return ost_cli_fail(COMMAND ": --significant: '%.40s' is no answer; write yes or no", d->significant);
	if (d->reason == NULL || *d->reason == '\0')
		return ost_cli_fail(COMMAND ": --reason: say why; it goes into the journal");
	if (yes && d->aware_at == NULL)
		return ost_cli_fail(COMMAND ": --aware-at: since when are you aware of it? The clocks of the law run from then, and nobody but you can say it: "
					    "\"2026-11-22 03:10\", 03:10 when it was that last, or now");
	(void)json_object_set_new(body, "significant", json_boolean(yes));
	return d->aware_at != NULL ? moment_member(body, "aware_at", "--aware-at", d->aware_at) : OST_EXIT_OK;
}

static int moment_body(const struct decide *d, json_t *body)
{
	const char *of = ost_regime_moment(COMMAND, d->of, d->moment);

	if (of == NULL)
		return OST_EXIT_INPUT;
	if (d->at == NULL)
		return ost_cli_fail(COMMAND ": --at: when did it happen?");
	(void)json_object_set_new(body, "of", json_string(of));
	return moment_member(body, "at", "--at", d->at);
}

static int answer_body(const struct decide *d, const char *answer, json_t *body)
{
	const char *equals = strchr(answer, '='), *of, *stage = NULL;
	char name[64];

	if (equals == NULL || equals == answer || (size_t)(equals - answer) >= sizeof(name))
		return ost_cli_fail(COMMAND ": --answer: '%.40s' is none; write FIELD=VALUE, such as cross_border=no", answer);
	(void)snprintf(name, sizeof(name), "%.*s", (int)(equals - answer), answer);
	of = ost_regime_field(COMMAND, d->of, name);
	if (of == NULL)
		return OST_EXIT_INPUT;
	if (d->stage != NULL) {
		stage = ost_regime_stage(COMMAND, d->of, "--stage", d->stage);
		if (stage == NULL)
			return OST_EXIT_INPUT;
		(void)json_object_set_new(body, "stage", json_string(stage));
	}
	(void)json_object_set_new(body, "of", json_string(of));
	return text_member(body, "value", "--answer", equals + 1);
}

/* SHA-256 of a file, as text. */
static int file_digest(const char *path, char text[static 65])
{
	OST_AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint8_t bytes[16384], digest[WC_SHA256_DIGEST_SIZE];
	wc_Sha256 sha;
	ssize_t n = 0;
	int r = 0;

	if (fd < 0)
		return -errno;
	if (wc_InitSha256(&sha) != 0)
		return -ENOMEM;
	while (r == 0 && (n = read(fd, bytes, sizeof(bytes))) > 0)
		r = wc_Sha256Update(&sha, bytes, (word32)n);
	if (n < 0)
		r = -errno;
	else if (r != 0 || wc_Sha256Final(&sha, digest) != 0)
		r = -EIO;
	wc_Sha256Free(&sha);
	for (size_t i = 0; r == 0 && i < sizeof(digest); i++)
		(void)snprintf(text + 2 * i, 3, "%02x", digest[i]);
	return r;
}

static int submission_body(const struct decide *d, json_t *body)
{
	const char *of = ost_regime_stage(COMMAND, d->of, "--submitted", d->submitted);
	char digest[65];
	int r;

	if (of == NULL)
		return OST_EXIT_INPUT;
	if (d->at == NULL)
		return ost_cli_fail(COMMAND ": --at: when did you submit it?");
	if (d->reference == NULL || *d->reference == '\0')
		return ost_cli_fail(COMMAND ": --reference: what is the authority's receipt or reference?");
	(void)json_object_set_new(body, "of", json_string(of));
	if (d->file != NULL) {
		r = file_digest(d->file, digest);
		if (r < 0)
			return ost_cli_fail(COMMAND ": --file: %.200s: %s", d->file, strerror(-r));
		(void)json_object_set_new(body, "sha256", json_string(digest));
	}
	r = text_member(body, "value", "--reference", d->reference);
	return r == OST_EXIT_OK ? moment_member(body, "at", "--at", d->at) : r;
}

/* ---- telling ostiaryd ---- */

/* With the times as they were understood. */
static void recorded_print(const json_t *body, uint64_t number)
{
	const char *of = ost_json_text(body, "of"), *time_text = ost_json_text(body, "aware_at");
	const json_t *significant = json_object_get(body, "significant");
	char when[OST_SHOW_TEXT], typed[OST_SHOW_TEXT];

	if (*time_text == '\0')
		time_text = ost_json_text(body, "at");
	(void)printf("recorded as number %" PRIu64 ": %s %s%s%s\n", number, ost_json_text(body, "regime"),
		significant == NULL ? ost_incident_typed(of, typed) : json_is_true(significant) ? "significant"
												: "not significant",
		*time_text == '\0' ? "" : significant != NULL ? ", aware since "
							      : " at ",
		*time_text == '\0' ? "" : ost_moment_text(time_text, when));
}

static int record(struct decide *d, json_t *body)
{
	char path[OST_INCIDENT_PATH];
	json_t *answer = NULL;
	int r = ost_incident_path(COMMAND, d->id, "/decide", path);

	if (r == OST_EXIT_OK)
		r = ost_client_post(&d->cli, path, body, &answer);
	if (r == OST_EXIT_OK && !d->cli.json)
		recorded_print(body, ost_json_u64(answer, "number"));
	if (r == OST_EXIT_OK)
		(void)json_array_append(d->told, answer);
	json_decref(answer);
	return r;
}

static int one(struct decide *d, const char *kind, const char *answer)
{
	json_t *body = body_begin(d, kind);
	int r;

	if (body == NULL)
		return OST_EXIT_INPUT;
	r = answer != NULL ? answer_body(d, answer, body) : strcmp(kind, "moment") == 0 ? moment_body(d, body)
						    : strcmp(kind, "submission") == 0	? submission_body(d, body)
											: significance_body(d, body);
	if (r == OST_EXIT_OK)
		r = record(d, body);
	json_decref(body);
	return r;
}

/* What is due now that this is said. */
static void dues_print(const struct decide *d)
{
	char path[OST_INCIDENT_PATH];
	json_t *incident;

	if (ost_incident_path(COMMAND, d->id, "", path) != OST_EXIT_OK)
		return;
	incident = ost_incident_plain(ost_client_look(&d->cli, path));
	if (incident != NULL)
		ost_incident_dues(&d->cli, incident, ost_json_text(d->of, "id"), time(NULL));
	json_decref(incident);
}

static int all(struct decide *d)
{
	char *text OST_AUTO_FREE = NULL;
	int r = OST_EXIT_OK;

	if (d->significant != NULL)
		r = one(d, "significance", NULL);
	else if (d->moment != NULL)
		r = one(d, "moment", NULL);
	else if (d->submitted != NULL)
		r = one(d, "submission", NULL);
	for (uint32_t i = 0; i < d->answers.count && r == OST_EXIT_OK; i++)
		r = one(d, "answer", d->answers.items[i]);
	if (d->cli.json && json_array_size(d->told) > 0) {
		text = json_dumps(json_array_size(d->told) == 1 ? json_array_get(d->told, 0) : d->told, JSON_COMPACT);
		ost_cli_json_tell(text != NULL ? text : "{}");
		(void)putchar('\n');
	} else if (r == OST_EXIT_OK) {
		dues_print(d);
	}
	return r;
}

/* Nothing is said yet: what is asked for, of this incident. */
static int guide(const struct decide *d)
{
	char path[OST_INCIDENT_PATH];
	json_t *incident = NULL;
	int r = ost_incident_path(COMMAND, d->id, "", path);

	if (r == OST_EXIT_OK && !d->cli.json)
		r = ost_incident_get(&d->cli, path, &incident);
	if (r != OST_EXIT_OK)
		return r;
	if (incident != NULL) {
		ost_show_line(&d->cli, 0, 2, "%s", ost_json_text(incident, "message"));
		ost_incident_regimes(&d->cli, incident, time(NULL));
		ost_incident_next(&d->cli, incident, d->id);
	}
	json_decref(incident);
	return ost_cli_fail(COMMAND ": what do you say? One of --significant yes|no, --moment NAME, --answer FIELD=VALUE, --submitted STAGE");
}

/* A person says one thing at a time. */
static int options_check(const struct decide *d)
{
	const int said = (d->significant != NULL) + (d->moment != NULL) + (d->submitted != NULL) + (d->answers.count > 0);

	if (said > 1)
		return ost_cli_fail(COMMAND ": one thing at a time: --significant, --moment, --answer or --submitted");
	if (d->aware_at != NULL && d->significant == NULL)
		return ost_cli_fail(COMMAND ": --aware-at belongs to --significant yes|no");
	if (d->at != NULL && d->moment == NULL && d->submitted == NULL)
		return ost_cli_fail(COMMAND ": --at belongs to --moment or --submitted; since when you are aware is --aware-at");
	if ((d->reference != NULL || d->file != NULL) && d->submitted == NULL)
		return ost_cli_fail(COMMAND ": --reference and --file belong to --submitted STAGE");
	if (d->stage != NULL && d->answers.count == 0)
		return ost_cli_fail(COMMAND ": --stage belongs to --answer FIELD=VALUE");
	if (d->corrects != NULL && (d->reason == NULL || *d->reason == '\0'))
		return ost_cli_fail(COMMAND ": --reason: say why the former entry was wrong");
	if (d->corrects != NULL && d->answers.count > 1)
		return ost_cli_fail(COMMAND ": --corrects belongs to one --answer");
	return OST_EXIT_OK;
}

int ost_cmd_incident_decide(const struct ost_cli *cli, int argc, char **argv)
{
	struct decide d = {.cli = *cli};
	const struct ost_cli_option options[] = {{.name = "json", .flag = &d.cli.json}, {.name = "regime", .value = &d.regime},
		{.name = "significant", .value = &d.significant}, {.name = "aware-at", .value = &d.aware_at}, {.name = "reason", .value = &d.reason},
		{.name = "moment", .value = &d.moment}, {.name = "at", .value = &d.at}, {.name = "answer", .list = &d.answers}, {.name = "stage", .value = &d.stage},
		{.name = "submitted", .value = &d.submitted}, {.name = "reference", .value = &d.reference}, {.name = "file", .value = &d.file},
		{.name = "corrects", .value = &d.corrects}};
	int r, first = ost_cli_options(COMMAND, options, OST_ARRAY_SIZE(options), argc, argv);
	json_t *regimes = NULL;

	if (first < 0)
		return OST_EXIT_INPUT;
	if (first + 1 != argc)
		return ost_cli_fail(COMMAND ": name one incident; 'ostiary incident list' tells them");
	d.id = argv[first];
	r = options_check(&d);
	if (r != OST_EXIT_OK)
		return r;
	if (d.significant == NULL && d.moment == NULL && d.submitted == NULL && d.answers.count == 0)
		return guide(&d);
	r = ost_regimes_get(&d.cli, &regimes);
	if (r != OST_EXIT_OK)
		return r;
	d.of = ost_regimes_find(COMMAND, regimes, d.regime);
	d.told = json_array();
	r = d.of == NULL ? OST_EXIT_INPUT : d.told == NULL ? ost_cli_fail("out of memory")
							   : all(&d);
	json_decref(d.told);
	json_decref(regimes);
	return r;
}
