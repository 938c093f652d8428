/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "applied.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>

#include "audits_print.h"
#include "clock.h"
#include "confirm.h"
#include "show.h"
#include "text.h"

int ost_applied_seconds(const char *command, const char *text, uint32_t *ret_seconds)
{
	size_t digits = text != NULL ? strspn(text, "0123456789") : 0;
	const char *unit = text != NULL ? text + digits : "";
	uint64_t n = 0, factor = strcmp(unit, "h") == 0 ? 3600 : strcmp(unit, "m") == 0 ? 60 : 1;

	*ret_seconds = 0;
	if (text == NULL)
		return OST_EXIT_OK;
	if ((factor == 1 && *unit != '\0' && strcmp(unit, "s") != 0) || ost_number_parse(text, digits, &n) < 0 ||
		n > OST_CONFIRM_MOST_S || n * factor < OST_CONFIRM_LEAST_S || n * factor > OST_CONFIRM_MOST_S)
		return ost_cli_fail("%s: --confirm: '%s' is no time from 1s to 24h; write 90s, 5m or 1h", command, text);
	*ret_seconds = (uint32_t)(n * factor);
	return OST_EXIT_OK;
}

static void findings_print(const json_t *answer)
{
	const json_t *f;
	size_t i;

	json_array_foreach(json_object_get(answer, "findings"), i, f) {
		const char *hint = ost_json_text(f, "hint"), *file = ost_json_text(f, "file");

		if (ost_json_u64(f, "line") != 0)
			(void)fprintf(stderr, "%s:%" PRIu64 ":%" PRIu64 ": ", file, ost_json_u64(f, "line"),
				ost_json_u64(f, "column"));
		(void)fprintf(stderr, "%s: %s%s%s\n", ost_json_text(f, "severity"), ost_json_text(f, "what"),
			*hint != '\0' ? "; " : "", hint);
	}
}

static int exit_of(const json_t *answer)
{
	static const struct {
		const char *result;
		int exit_code;
	} codes[] = {{"done", OST_EXIT_OK}, {"tests", OST_EXIT_NO}, {"waits", OST_EXIT_NO}, {"missing", OST_EXIT_NO},
		{"unreachable", OST_EXIT_UNREACHABLE}};

	for (size_t i = 0; i < OST_ARRAY_SIZE(codes); i++) {
		if (strcmp(ost_json_text(answer, "result"), codes[i].result) == 0)
			return codes[i].exit_code;
	}
	return OST_EXIT_INPUT;
}

static void trial_print(const json_t *trial)
{
	char until[OST_SHOW_TEXT];

	if (json_is_object(trial))
		(void)printf("it goes back to generation %" PRIu64 " in %" PRIu64 " s, at %s, unless it is confirmed: ostiary policy confirm %" PRIu64
			"\n", ost_json_u64(trial, "former"), ost_json_u64(trial, "seconds_left"),
			ost_show_time(ost_json_text(trial, "until"), until), ost_json_u64(trial, "generation"));
}

static void done_print(const struct ost_cli *cli, const json_t *answer, const char *done)
{
	char devices[OST_SHOW_TEXT], rules[OST_SHOW_TEXT], tests[OST_SHOW_TEXT];

	(void)printf("generation %" PRIu64 " %s: %s, %s, %s passed\n", ost_json_u64(answer, "generation"), done,
		ost_show_things(ost_json_u64(answer, "devices"), "device", devices),
		ost_show_things(ost_json_u64(answer, "rules"), "rule", rules),
		ost_show_things(ost_json_u64(answer, "tests"), "test", tests));
	ost_audits_print(cli, answer, "", 0);
	trial_print(json_object_get(answer, "confirmation"));
}

/* ---- the wait ---- */

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

/* Seconds left for the trial of a generation as ostiaryd says, and what is in force. False: it does not answer, which may be what
 * the policy does to us. */
static bool trial_ask(const struct ost_cli *cli, uint64_t generation, uint64_t *ret_left, uint64_t *ret_in_force)
{
	const json_t *trial;
	struct ost_http_reply reply;
	json_t *status;

	if (ost_http_request(cli->paths.api_socket, "GET", "/v1/status", NULL, 0, 5, &reply) < 0)
		return false;
	status = json_loadb(reply.body, reply.length, 0, NULL);
	ost_http_reply_free(&reply);
	trial = json_object_get(status, "confirmation");
	*ret_left = ost_json_u64(trial, "generation") == generation ? OST_MAX(ost_json_u64(trial, "seconds_left"), 1u) : 0;
	*ret_in_force = ost_json_u64(json_object_get(status, "policy"), "generation");
	json_decref(status);
	return *ret_in_force != 0;
}

static int wait_end(uint64_t generation, uint64_t in_force)
{
	if (in_force == generation) {
		(void)printf("\r\033[Kgeneration %" PRIu64 " is confirmed\n", generation);
		return OST_EXIT_OK;
	}
	(void)printf("\r\033[Kgeneration %" PRIu64 " is in force again\n", in_force);
	(void)ost_cli_fail("generation %" PRIu64 " was not confirmed", generation);
	return OST_EXIT_NO;
}

/* One line that is written over. */
static int wait_show(const struct ost_cli *cli, const json_t *trial)
{
	const struct sigaction act = {.sa_handler = on_interrupt};
	const uint64_t generation = ost_json_u64(trial, "generation");
	const uint64_t end_ns = ost_clock_mono_ns() + (ost_json_u64(trial, "seconds_left") + 30) * OST_NS_PER_S;
	uint64_t left = ost_json_u64(trial, "seconds_left"), in_force = 0;

	(void)sigaction(SIGINT, &act, NULL);
	while (!interrupted && ost_clock_mono_ns() < end_ns) {
		if (trial_ask(cli, generation, &left, &in_force) && left == 0)
			return wait_end(generation, in_force);
		(void)printf("\r\033[K%" PRIu64 " s left; ctrl-C ends this display and nothing else ", left);
		(void)fflush(stdout);
		(void)usleep(500000);
	}
	(void)printf("\r\033[Kgeneration %" PRIu64 " still waits to be confirmed: ostiary policy confirm %" PRIu64 "\n", generation,
		generation);
	return OST_EXIT_OK;
}

static int answer_tell(const struct ost_cli *cli, const struct ost_http_reply *reply, const struct ost_applied_words *words, bool wait)
{
	json_t *answer = json_loadb(reply->body, reply->length, 0, NULL);
	const char *error = ost_json_text(answer, "error"), *hint = ost_json_text(answer, "hint");
	const json_t *trial = json_object_get(answer, "confirmation");
	int r = exit_of(answer);

	if (cli->json)
		ost_cli_json_tell(reply->body);
	else
		findings_print(answer);
	if (r != OST_EXIT_OK)
		(void)ost_cli_fail("%s: %s; %s", words->undone, *error != '\0' ? error : "ostiaryd answered with an error", hint);
	else if (!cli->json)
		done_print(cli, answer, words->done);
	if (r == OST_EXIT_OK && !cli->json && wait && isatty(STDOUT_FILENO) == 1 && json_is_object(trial))
		r = wait_show(cli, trial);
	json_decref(answer);
	return r;
}

static int reply_tell(const struct ost_cli *cli, int failure, struct ost_http_reply *reply, const struct ost_applied_words *words, bool wait)
{
	int r;

	if (failure < 0)
		return ost_client_unreachable(cli, failure);
	r = answer_tell(cli, reply, words, wait);
	ost_http_reply_free(reply);
	return r;
}

int ost_applied_post(const struct ost_cli *cli, const char *path, const char *body, const struct ost_applied_words *words, bool wait)
{
	struct ost_http_reply reply;
	int e = ost_http_request(cli->paths.api_socket, "POST", path, body, strlen(body), OST_CLIENT_TIMEOUT_S, &reply);

	return reply_tell(cli, e, &reply, words, wait);
}

int ost_applied_post_files(const struct ost_cli *cli, const char *path, const struct ost_http_body *body, const struct ost_applied_words *words,
	bool wait)
{
	struct ost_http_reply reply;
	int e = ost_http_post(cli->paths.api_socket, path, body, OST_CLIENT_TIMEOUT_S, &reply);

	return reply_tell(cli, e, &reply, words, wait);
}
