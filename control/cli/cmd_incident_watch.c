/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ostiary incident watch: a list that is drawn anew on a terminal, elsewhere a line a change, until it is interrupted. Goes on by itself
 * when ostiaryd was away. */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>

#include "clock.h"
#include "file.h"
#include "incident_list.h"
#include "options.h"
#include "text.h"
#include "unicode.h"

#define POLL_S		25u
#define POLL_TERMINAL_S 5u /* times that go by are drawn anew so often */
#define SOON_NS		(OST_NS_PER_S / 2)
#define RETRY_FIRST_MS	200u
#define RETRY_MOST_MS	2000u
#define ROWS_TAKEN	9u /* by what stands above and below the table */
#define ROWS_EACH	3u /* of one incident where the terminal is too narrow for a table */
#define WIDE		120u

struct watch {
	const struct ost_cli *cli;
	const char *device, *cause;
	uint64_t after; /* seq of the last change that was told */
	bool live;	/* a list on a terminal */
	bool lost;	/* ostiaryd does not answer */
	unsigned retry_ms;
	char latest[700]; /* the last change, below the list */
};

/* ---- one change ---- */

static const char *kind_words(const char *kind)
{
	static const char *const words[][2] = {{"incident.open", "opened"}, {"incident.update", "update"}, {"incident.close", "closed"},
		{"incident.reopen", "reopened"}};

	for (size_t i = 0; i < OST_ARRAY_SIZE(words); i++) {
		if (strcmp(kind, words[i][0]) == 0)
			return words[i][1];
	}
	return kind;
}

static void change_text(const json_t *c, char *buf, size_t size)
{
	const char *why = ost_json_text(c, "why"), *time_text = ost_json_text(c, "time");
	char when[OST_SHOW_TEXT], due[OST_INCIDENT_DUE];

	(void)ost_incident_due(json_object_get(c, "due"), time(NULL), due);
	(void)snprintf(buf, size, "%s  %-8.16s  %-8.32s  %.36s  %.200s%s%.60s%s%s%s", ost_moment_text(*time_text != '\0' ? time_text : ost_json_text(c, "last_seen"), when),
		ost_json_text(c, "severity"), kind_words(ost_json_text(c, "kind")), ost_json_text(c, "id"), ost_json_text(c, "message"), *why != '\0' ? " (" : "", why,
		*why != '\0' ? ")" : "", *due != '\0' ? "; due: " : "", due);
	ost_unicode_mend(buf);
}

static bool is_wanted(const struct watch *w, const json_t *c)
{
	return (w->device == NULL || strcmp(ost_json_text(c, "device"), w->device) == 0) && (w->cause == NULL || strcmp(ost_json_text(c, "cause"), w->cause) == 0);
}

static void line_tell(const char *line)
{
	ost_cli_json_tell(line); /* with --json that is the document that was promised */
	(void)putchar('\n');
}

/* change is of ostiaryd's answer, as it came: JSON does not need texts made harmless, it escapes them. */
static void change_tell(struct watch *w, json_t *change)
{
	char *text OST_AUTO_FREE = NULL;
	json_t *safe;

	if (!is_wanted(w, change))
		return;
	if (w->cli->json) {
		text = json_dumps(change, JSON_COMPACT | JSON_ENSURE_ASCII);
		if (text != NULL)
			line_tell(text);
		return;
	}
	safe = ost_incident_plain(json_deep_copy(change));
	if (safe != NULL)
		change_text(safe, w->latest, sizeof(w->latest));
	json_decref(safe);
	if (!w->live)
		line_tell(w->latest);
}

/* ---- the list on a terminal ---- */

static size_t rows_of(const struct ost_cli *cli)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_row <= ROWS_TAKEN)
		return 1;
	return OST_MAX((size.ws_row - ROWS_TAKEN) / (cli->columns < WIDE ? ROWS_EACH : 1u), 1u);
}

static void draw(const struct watch *w)
{
	json_t *list = ost_incident_plain(ost_client_look(w->cli, "/v1/incidents?state=open&limit=" OST_INCIDENT_LIST_ALL));
	const time_t now = time(NULL);
	char when[OST_SHOW_TEXT], utc[OST_TIME_TEXT];

	if (list == NULL)
		return;
	ost_clock_format(ost_clock_wall_ns(), utc);
	(void)fputs("\033[H\033[2J", stdout);
	ost_show_line(w->cli, 0, 2, "%s%s: open incidents, Ctrl-C ends%s", ost_show_colour(w->cli, OST_COLOUR_DIM), ost_moment_text(utc, when), ost_show_plain(w->cli));
	ost_incident_sort(json_object_get(list, "incidents"), now);
	ost_incident_headline(w->cli, list, 0, now);
	ost_incident_table(w->cli, list, false, rows_of(w->cli), now);
	if (w->latest[0] != '\0')
		ost_show_line(w->cli, 0, 2, "Last change: %s", w->latest);
	(void)fflush(stdout);
	json_decref(list);
}

/* ---- ostiaryd away and back ---- */

/* A line of its own among the changes, so that a script knows, too. */
static void presence_tell(const struct watch *w, const char *kind, const char *words)
{
	char utc[OST_TIME_TEXT];
	json_t *json;
	char *text OST_AUTO_FREE = NULL;

	(void)fprintf(stderr, "ostiary: %s\n", words);
	if (!w->cli->json)
		return;
	ost_clock_format(ost_clock_wall_ns(), utc);
	json = json_pack("{s:s, s:s, s:s}", "kind", kind, "time", utc, "message", words);
	text = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;
	json_decref(json);
	if (text != NULL)
		line_tell(text);
}

static void away(struct watch *w)
{
	const struct timespec pause = {.tv_sec = w->retry_ms / 1000, .tv_nsec = (long)(w->retry_ms % 1000) * 1000000};

	if (!w->lost)
		presence_tell(w, "watch.lost", "ostiaryd does not answer; this goes on as soon as it does");
	w->lost = true;
	(void)fflush(stdout);
	(void)nanosleep(&pause, NULL);
	w->retry_ms = OST_MIN(w->retry_ms * 2, RETRY_MOST_MS);
}

/* False: what was answered counts from another beginning, ask again. restoring: ostiaryd still reads what was before its start, and
 * does not know how far it had counted. */
static bool back(struct watch *w, uint64_t last, bool restoring)
{
	if (w->lost)
		presence_tell(w, "watch.back", "ostiaryd is back");
	w->lost = false;
	w->retry_ms = RETRY_FIRST_MS;
	if (last >= w->after || restoring)
		return last >= w->after;
	presence_tell(w, "watch.anew", "ostiaryd counts changes from the beginning again");
	w->after = 0;
	return false;
}

/* ---- following ---- */

static int changes_get(const struct watch *w, unsigned wait_s, struct ost_http_reply *ret_reply)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "/v1/incidents/changes?after=%" PRIu64 "&wait=%u", w->after, wait_s);
	return ost_http_request(w->cli->paths.api_socket, "GET", path, NULL, 0, OST_CLIENT_TIMEOUT_S, ret_reply);
}

/* ostiaryd lets only so many wait, and answers others at once: those do not ask again at once. */
static void soon(uint64_t asked_ns)
{
	if (ost_clock_mono_ns() - asked_ns < SOON_NS)
		(void)nanosleep(&(const struct timespec){.tv_nsec = SOON_NS}, NULL);
}

static void changes_tell(struct watch *w, const json_t *answer, uint64_t asked_ns)
{
	json_t *change;
	size_t i;

	json_array_foreach(json_object_get(answer, "changes"), i, change)
		change_tell(w, change);
	if (i == 0)
		soon(asked_ns);
	w->after = OST_MAX(w->after, ost_json_u64(answer, "last"));
}

/* Nobody reads what is told any more. Without something to tell nothing else would say so. */
static bool unread(void)
{
	struct pollfd p = {.fd = STDOUT_FILENO};

	return poll(&p, 1, 0) == 1 && (p.revents & (POLLERR | POLLNVAL)) != 0;
}

static int follow(struct watch *w)
{
	while (ost_stream_end(stdout) == 0 && !unread()) {
		const uint64_t asked_ns = ost_clock_mono_ns();
		struct ost_http_reply reply;
		json_t *answer = NULL;

		/* Of who was away the first question is whether he is back. */
		if (changes_get(w, w->lost ? 0 : w->live ? POLL_TERMINAL_S : POLL_S, &reply) == 0) {
			if (reply.status == 200)
				answer = json_loadb(reply.body, reply.length, 0, NULL);
			ost_http_reply_free(&reply);
		}
		if (answer == NULL) {
			away(w);
			continue;
		}
		if (back(w, ost_json_u64(answer, "last"), ost_json_true(answer, "restoring")))
			changes_tell(w, answer, asked_ns);
		else
			soon(asked_ns);
		json_decref(answer);
		if (w->live)
			draw(w);
	}
	return OST_EXIT_OK; /* ost_cli_end() tells what could not be written */
}

/* The first question is no waiting: whoever is not there now was not there at all. from: NULL: what comes from now on. */
static int begin(struct watch *w, const char *from)
{
	struct ost_http_reply reply;
	json_t *answer;
	int r;

	r = changes_get(w, 0, &reply);
	if (r < 0)
		return ost_client_unreachable(w->cli, r);
	if (reply.status != 200) {
		r = ost_client_refused(&reply);
		ost_http_reply_free(&reply);
		return r;
	}
	answer = json_loadb(reply.body, reply.length, 0, NULL);
	ost_http_reply_free(&reply);
	if (answer == NULL)
		return ost_client_unreachable(w->cli, -EPROTO);
	ost_moment_zone(ost_json_text(answer, "zone"));
	if (from == NULL)
		w->after = ost_json_u64(answer, "last");
	json_decref(answer);
	return OST_EXIT_OK;
}

int ost_cmd_incident_watch(const struct ost_cli *cli, int argc, char **argv)
{
	struct ost_cli c = *cli;
	struct watch w = {.cli = &c, .retry_ms = RETRY_FIRST_MS};
	const char *after = NULL;
	const struct ost_cli_option options[] = {{.name = "json", .flag = &c.json}, {.name = "after", .value = &after}, {.name = "device", .value = &w.device},
		{.name = "cause", .value = &w.cause}};
	int r, first = ost_cli_options("incident watch", options, OST_ARRAY_SIZE(options), argc, argv);

	if (first < 0)
		return OST_EXIT_INPUT;
	if (first != argc)
		return ost_cli_fail("incident watch: '%.80s' is too much; --device and --cause choose", argv[first]);
	if (after != NULL && ost_number_parse(after, strlen(after), &w.after) < 0)
		return ost_cli_fail("incident watch: --after: '%.40s' is no number of a record", after);
	w.live = isatty(STDOUT_FILENO) == 1 && !c.json && after == NULL && w.device == NULL && w.cause == NULL;
	r = begin(&w, after);
	if (r != OST_EXIT_OK)
		return r;
	if (w.live)
		(void)setvbuf(stdout, NULL, _IOFBF, BUFSIZ * 8); /* drawn in one go */
	if (w.live)
		draw(&w);
	else if (!c.json)
		(void)fprintf(stderr, "ostiary: a line for each change; Ctrl-C ends\n");
	return follow(&w);
}
