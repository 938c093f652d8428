/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

#include "clock.h"
#include "options.h"
#include "policy_input.h"
#include "replay_incidents.h"
#include "replay_report.h"
#include "text.h"

#define TOP_DEFAULT   10u
#define TOP_MAX	      OST_TOPFLOWS_MAX
#define FLOWS_MAX     (1u << 26)
#define PROGRESS_PKTS 16384u
#define PROGRESS_NS   (OST_NS_PER_S / 4)

struct progress {
	bool shown; /* standard error is a terminal */
	bool drawn;
	uint64_t start_ns, last_ns;
	uint64_t all_bytes;  /* of the files whose size is known */
	uint64_t done_bytes; /* of the files before this one */
};

struct run {
	struct ost_cli cli;
	struct ost_cli_list policies;
	const char *write_allowed, *write_refused;
	const char *top_text, *flows_text;
	uint32_t top, flows;
	struct ost_cli_policy policy;
	struct ost_capture_writer *allowed, *refused;
	struct ost_replay *replay;
	struct ost_replay_incidents *incidents;
	struct ost_replay_source *sources;
	uint32_t source_count;
	struct progress progress;
};

/* ---- progress on a terminal ---- */

static void progress_begin(struct run *r)
{
	struct stat st;

	r->progress.shown = isatty(STDERR_FILENO) == 1;
	r->progress.start_ns = ost_clock_mono_ns();
	for (uint32_t i = 0; i < r->source_count; i++) {
		if (stat(r->sources[i].path, &st) == 0 && S_ISREG(st.st_mode))
			r->progress.all_bytes += (uint64_t)st.st_size;
	}
}

static void progress_draw(struct run *r, const struct ost_capture *capture, const char *name)
{
	struct progress *p = &r->progress;
	uint64_t now_ns = ost_clock_mono_ns(), at, all;
	double seconds, share, pps;

	if (now_ns - p->last_ns < PROGRESS_NS)
		return;
	p->last_ns = now_ns;
	p->drawn = true;
	ost_capture_progress(capture, &at, &all);
	at += p->done_bytes;
	seconds = (double)(now_ns - p->start_ns) / 1e9;
	share = p->all_bytes > 0 ? (double)at / (double)p->all_bytes : 0;
	pps = (double)ost_replay_totals(r->replay)->received.pkts / seconds;
	(void)fprintf(stderr, "\r%.40s  %.1f MB", name, (double)at / 1e6);
	if (share > 0 && share <= 1)
		(void)fprintf(stderr, "  %.0f %%", share * 100);
	(void)fprintf(stderr, "  %.2f M packets/s", pps / 1e6);
	if (share > 0 && share <= 1)
		(void)fprintf(stderr, "  %.0f s left", seconds / share - seconds);
	(void)fprintf(stderr, "\033[K");
}

static void progress_clear(struct run *r)
{
	if (r->progress.drawn)
		(void)fprintf(stderr, "\r\033[K");
	r->progress.drawn = false;
}

/* ---- reading and judging ---- */

static int judged(
	void *user, const struct ost_capture_packet *packet, const struct ost_verdict *verdict)
{
	struct run *r = user;
	struct ost_capture_writer *to = verdict->action == OST_REFUSE ? r->refused : r->allowed;

	return to != NULL ? ost_capture_write(to, packet) : 0;
}

static void refused(void *user, const struct ost_refusal *refusal, uint8_t side)
{
	struct run *r = user;

	ost_replay_incidents_refused(r->incidents, refusal, side);
}

static void second(void *user, struct ost_moment now)
{
	struct run *r = user;

	ost_replay_incidents_second(r->incidents, now);
}

static int read_packets(
	struct run *r, struct ost_capture *capture, struct ost_replay_source *source)
{
	struct ost_capture_packet packet;
	int rc, more;

	while ((more = ost_capture_next(capture, &packet, source->error)) > 0) {
		rc = ost_replay_packet(r->replay, &packet);
		if (rc < 0)
			return rc;
		if (r->progress.shown && ost_capture_packets(capture) % PROGRESS_PKTS == 0)
			progress_draw(r, capture, source->path);
	}
	return ost_replay_flush(r->replay);
}

/* What cannot be read stands in source->error; what cannot be written or judged is the return
 * value. */
static int read_capture(struct run *r, struct ost_replay_source *source)
{
	struct ost_capture *capture = NULL;
	uint64_t at, all;
	int rc;

	if (ost_capture_open(source->path, &capture, source->error) < 0)
		return 0;
	rc = read_packets(r, capture, source);
	source->packets = ost_capture_packets(capture);
	ost_capture_progress(capture, &at, &all);
	r->progress.done_bytes += all;
	ost_capture_free(&capture);
	return rc;
}

static int close_writers(struct run *r)
{
	char why[OST_CAPTURE_WHY];
	int rc = OST_EXIT_OK;

	if (ost_capture_writer_close(&r->allowed, why) < 0)
		rc = ost_cli_fail("%s", why);
	if (ost_capture_writer_close(&r->refused, why) < 0)
		rc = ost_cli_fail("%s", why);
	return rc;
}

static int report(struct run *r, uint64_t took_ns)
{
	const struct ost_replay_report view = {
		.cli = &r->cli,
		.policy = &r->policy,
		.replay = r->replay,
		.incidents = r->incidents,
		.sources = r->sources,
		.source_count = r->source_count,
		.top = r->top,
		.took_ns = took_ns,
	};
	int rc = OST_EXIT_OK;
	bool any = false;

	for (uint32_t i = 0; i < r->source_count; i++)
		any = any || r->sources[i].packets > 0 || r->sources[i].error[0] == '\0';
	if (any || r->cli.json)
		rc = r->cli.json ? ost_replay_report_json(&view) : ost_replay_report_print(&view);
	(void)fflush(stdout);
	for (uint32_t i = 0; i < r->source_count; i++) {
		if (r->sources[i].error[0] != '\0')
			rc = ost_cli_fail("%s", r->sources[i].error);
	}
	return rc;
}

static int replay_all(struct run *r)
{
	struct ost_replay_config config = {
		.image = &r->policy.image,
		.flows = r->flows,
		.flows6 = r->flows,
		.judged = r->allowed != NULL || r->refused != NULL ? judged : NULL,
		.refused = refused,
		.second = second,
		.user = r,
	};
	uint64_t took_ns;
	int rc = ost_replay_new(&config, &r->replay);

	if (rc == 0)
		rc = ost_replay_incidents_new(&r->policy.image, &r->incidents);

	if (rc == -E2BIG)
		return ost_cli_fail("the policy names more ports than a gateway has (%u, one of "
				    "them the network's)",
			OST_PORTS_MAX);
	if (rc < 0)
		return ost_cli_fail("replay: %s", strerror(-rc));
	progress_begin(r);
	for (uint32_t i = 0; i < r->source_count && rc == 0; i++)
		rc = read_capture(r, &r->sources[i]);
	took_ns = ost_clock_mono_ns() - r->progress.start_ns;
	progress_clear(r);
	if (close_writers(r) != OST_EXIT_OK)
		return OST_EXIT_INPUT;
	return rc < 0 ? ost_cli_fail("replay: %s", strerror(-rc)) : report(r, took_ns);
}

/* ---- what the person asked for ---- */

static int parse_number(const char *option, const char *text, uint32_t max, uint32_t *ret)
{
	uint64_t v;

	if (text == NULL)
		return OST_EXIT_OK;
	if (ost_number_parse(text, strlen(text), &v) < 0 || v < 1 || v > max)
		return ost_cli_fail(
			"replay: --%s wants a number from 1 to %u, not '%s'", option, max, text);
	*ret = (uint32_t)v;
	return OST_EXIT_OK;
}

/* An output must not destroy an input: neither a capture nor a policy file. */
static int check_output(const struct run *r, const char *path)
{
	if (path == NULL)
		return OST_EXIT_OK;
	for (uint32_t i = 0; i < r->source_count; i++) {
		if (ost_capture_same_file(path, r->sources[i].path))
			return ost_cli_fail("%s is read as a capture; write to another file", path);
	}
	for (uint32_t i = 0; i < r->policy.policy->file_count; i++) {
		if (ost_capture_same_file(path, r->policy.policy->files[i]))
			return ost_cli_fail("%s is a policy file; write to another file", path);
	}
	return OST_EXIT_OK;
}

static int open_output(const char *path, struct ost_capture_writer **ret_writer)
{
	char why[OST_CAPTURE_WHY];

	if (path == NULL)
		return OST_EXIT_OK;
	if (ost_capture_writer_new(path, ret_writer, why) < 0)
		return ost_cli_fail("%s", why);
	return OST_EXIT_OK;
}

static int open_outputs(struct run *r)
{
	if (check_output(r, r->write_allowed) != OST_EXIT_OK ||
		check_output(r, r->write_refused) != OST_EXIT_OK)
		return OST_EXIT_INPUT;
	if (open_output(r->write_allowed, &r->allowed) != OST_EXIT_OK)
		return OST_EXIT_INPUT;
	if (r->write_allowed != NULL && r->write_refused != NULL &&
		ost_capture_same_file(r->write_allowed, r->write_refused))
		return ost_cli_fail("--write-allowed and --write-refused want two files");
	return open_output(r->write_refused, &r->refused);
}

static int run(struct run *r)
{
	int rc;

	if (parse_number("top", r->top_text, TOP_MAX, &r->top) != OST_EXIT_OK ||
		parse_number("flows", r->flows_text, FLOWS_MAX, &r->flows) != OST_EXIT_OK)
		return OST_EXIT_INPUT;
	if (r->policies.count == 0)
		r->policies.items[r->policies.count++] = r->cli.paths.policy_dir;
	rc = ost_cli_policy_open(&r->cli, r->policies.items, r->policies.count, &r->policy);
	if (rc == OST_EXIT_OK)
		rc = open_outputs(r);
	if (rc == OST_EXIT_OK)
		rc = replay_all(r);
	(void)close_writers(r);
	ost_replay_free(&r->replay);
	ost_replay_incidents_free(&r->incidents);
	ost_cli_policy_free(&r->policy);
	return rc;
}

static int take_sources(struct run *r, int argc, char **argv)
{
	r->sources = calloc((size_t)argc, sizeof(*r->sources));
	if (r->sources == NULL)
		return ost_cli_fail("out of memory");
	r->source_count = (uint32_t)argc;
	for (int i = 0; i < argc; i++)
		r->sources[i].path = argv[i];
	return OST_EXIT_OK;
}

int ost_cmd_replay(const struct ost_cli *cli, int argc, char **argv)
{
	struct run r = {.cli = *cli, .top = TOP_DEFAULT};
	const struct ost_cli_option options[] = {
		{.name = "json", .flag = &r.cli.json},
		{.name = "policy", .list = &r.policies},
		{.name = "write-allowed", .value = &r.write_allowed},
		{.name = "write-refused", .value = &r.write_refused},
		{.name = "top", .value = &r.top_text},
		{.name = "flows", .value = &r.flows_text},
	};
	int first = ost_cli_options("replay", options, OST_ARRAY_SIZE(options), argc, argv), rc;

	if (first < 0)
		return OST_EXIT_INPUT;
	if (first == argc)
		return ost_cli_fail(
			"replay: which capture? write: ostiary replay --policy FILE CAPTURE...");
	rc = take_sources(&r, argc - first, argv + first);
	if (rc == OST_EXIT_OK)
		rc = run(&r);
	free(r.sources);
	return rc;
}
