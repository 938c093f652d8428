/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ostiary incident close and note: what it was, and a line for those who come after. */
#include <stdio.h>

#include "incident_words.h"
#include "options.h"

#define NOTE_MAX 4096u

/* OST_EXIT_OK after telling with --json; the answer else. */
static int post(const struct ost_cli *cli, const char *path, json_t *body, json_t **ret_answer)
{
	char *text OST_AUTO_FREE = NULL;
	int r = ost_client_post(cli, path, body, ret_answer);

	if (r != OST_EXIT_OK || !cli->json)
		return r;
	text = json_dumps(*ret_answer, JSON_COMPACT);
	ost_cli_json_tell(text != NULL ? text : "{}");
	(void)putchar('\n');
	return OST_EXIT_OK;
}

static const char *verdict_of(const char *text)
{
	static const char *const verdicts[] = {"true-positive", "false-positive", "benign", "duplicate"};

	for (size_t i = 0; text != NULL && i < OST_ARRAY_SIZE(verdicts); i++) {
		if (strcmp(text, verdicts[i]) == 0)
			return verdicts[i];
	}
	return NULL;
}

int ost_cmd_incident_close(const struct ost_cli *cli, int argc, char **argv)
{
	struct ost_cli c = *cli;
	const char *verdict = NULL, *reason = NULL, *of = NULL;
	const struct ost_cli_option options[] = {{.name = "json", .flag = &c.json}, {.name = "verdict", .value = &verdict}, {.name = "reason", .value = &reason},
		{.name = "duplicate-of", .value = &of}};
	int r, first = ost_cli_options("incident close", options, OST_ARRAY_SIZE(options), argc, argv);
	char path[OST_INCIDENT_PATH], unused[OST_INCIDENT_PATH];
	json_t *body, *answer = NULL;

	if (first < 0)
		return OST_EXIT_INPUT;
	if (first + 1 != argc)
		return ost_cli_fail("incident close: name one incident; 'ostiary incident list' tells them");
	if (verdict_of(verdict) == NULL)
		return ost_cli_fail("incident close: --verdict: what was it? Write one of: true-positive, false-positive, benign, duplicate");
	if (reason == NULL || *reason == '\0')
		return ost_cli_fail("incident close: --reason: say why; it goes into the journal");
	if ((of != NULL) != (strcmp(verdict, "duplicate") == 0))
		return ost_cli_fail("incident close: --duplicate-of names the other incident, and belongs to --verdict duplicate");
	if (ost_incident_path("incident close", argv[first], "/close", path) != OST_EXIT_OK ||
		(of != NULL && ost_incident_path("incident close: --duplicate-of", of, "", unused) != OST_EXIT_OK))
		return OST_EXIT_INPUT;
	body = json_pack("{s:s, s:s, s:s*}", "verdict", verdict, "reason", reason, "duplicate_of", of);
	r = post(&c, path, body, &answer);
	if (r == OST_EXIT_OK && !c.json)
		(void)printf("recorded: %s%s\n", verdict, strcmp(ost_json_text(answer, "state"), "open") == 0 ? "; it stays open until it is quiet" : "");
	json_decref(body);
	json_decref(answer);
	return r;
}

/* The words behind the id, with blanks between them. */
static int words_join(int count, char **words, char text[static NOTE_MAX])
{
	size_t n = 0;

	text[0] = '\0';
	for (int i = 0; i < count && n < NOTE_MAX; i++)
		n += (size_t)snprintf(text + n, NOTE_MAX - n, "%s%s", i > 0 ? " " : "", words[i]);
	return n < NOTE_MAX ? 0 : -ENAMETOOLONG;
}

int ost_cmd_incident_note(const struct ost_cli *cli, int argc, char **argv)
{
	struct ost_cli c = *cli;
	const struct ost_cli_option options[] = {{.name = "json", .flag = &c.json}};
	int r, first = ost_cli_options("incident note", options, OST_ARRAY_SIZE(options), argc, argv);
	char path[OST_INCIDENT_PATH], text[NOTE_MAX];
	json_t *body, *answer = NULL;

	if (first < 0)
		return OST_EXIT_INPUT;
	if (first + 2 > argc)
		return ost_cli_fail("incident note: write an incident and a text: ostiary incident note ID \"called the owner\"");
	if (words_join(argc - first - 1, argv + first + 1, text) < 0)
		return ost_cli_fail("incident note: write at most %u bytes", NOTE_MAX - 1);
	if (ost_incident_path("incident note", argv[first], "/note", path) != OST_EXIT_OK)
		return OST_EXIT_INPUT;
	body = json_pack("{s:s}", "text", text);
	r = post(&c, path, body, &answer);
	if (r == OST_EXIT_OK && !c.json)
		(void)printf("noted\n");
	json_decref(body);
	json_decref(answer);
	return r;
}
