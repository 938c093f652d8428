/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ostiary policy explain: what would happen to a flow, or what happened to a refused one, and why. */
#include <stdio.h>
#include <time.h>

#include "explain.h"
#include "options.h"

/* The words of a question may come as one argument or as several. */
static int join(struct ost_explain *x, int argc, char **argv)
{
	size_t used = 0;

	for (int i = 0; i < argc; i++) {
		int n = snprintf(x->question_text + used, sizeof(x->question_text) - used, "%s%s",
			i > 0 ? " " : "", argv[i]);

		if (n < 0 || (size_t)n >= sizeof(x->question_text) - used)
			return ost_cli_fail("policy explain: the question is too long");
		used += (size_t)n;
	}
	return OST_EXIT_OK;
}

static int time_take(struct ost_explain *x, const char *text)
{
	char why[256];

	x->at_s = time(NULL);
	if (text != NULL && ost_time_parse(text, &x->at_s, why) < 0)
		return ost_cli_fail("policy explain: --at: %s", why);
	return OST_EXIT_OK;
}

static int flow_tell(struct ost_explain *x)
{
	struct ost_jsonw w = {0};
	int r = ost_explain_ask(x);

	if (r != OST_EXIT_OK)
		return r;
	if (x->cli->json) {
		ost_jsonw_object(&w, NULL);
		ost_explain_members(x, &w);
		ost_jsonw_end(&w, '}');
		r = ost_cli_json_print(&w);
	} else {
		ost_explain_print(x);
	}
	if (r != OST_EXIT_OK)
		return r;
	return x->answer.allowed ? OST_EXIT_OK : OST_EXIT_NO;
}

struct asked {
	struct ost_cli_list files;
	const char *refusal, *log, *at, *capture, *packet, *flow;
};

static int flow(struct ost_explain *x, const struct asked *asked, int argc, char **argv)
{
	static const char usage[] = "ostiary policy explain --device NAME [--policy FILE] \"tcp 10.0.0.5:443\"";
	int r;

	if (asked->log != NULL)
		return ost_cli_fail("policy explain: --log goes with --refusal");
	if (x->device_name == NULL)
		return ost_cli_fail("policy explain: which device? write: %s", usage);
	if (argc == 0)
		return ost_cli_fail("policy explain: which flow? write: %s", usage);
	r = join(x, argc, argv);
	if (r == OST_EXIT_OK)
		r = ost_cli_policy_open(x->cli, asked->files.items, asked->files.count, &x->policy);
	return r == OST_EXIT_OK ? flow_tell(x) : r;
}

static int capture(struct ost_explain *x, const struct asked *asked, int argc)
{
	int r;

	if (argc > 0 || x->device_name != NULL || asked->refusal != NULL || asked->log != NULL || asked->at != NULL)
		return ost_cli_fail("policy explain: --capture goes with --packet or --flow and --policy: its packets have their time and their device");
	r = ost_cli_policy_open(x->cli, asked->files.items, asked->files.count, &x->policy);
	return r == OST_EXIT_OK ? ost_explain_capture(x, asked->capture, asked->packet, asked->flow) : r;
}

static int refusal(struct ost_explain *x, const struct asked *asked, int argc)
{
	int r = OST_EXIT_OK;

	if (argc > 0 || x->device_name != NULL)
		return ost_cli_fail("policy explain: --refusal knows its device and flow: write no others");
	if (asked->files.count > 0)
		r = ost_cli_policy_open(x->cli, asked->files.items, asked->files.count, &x->policy);
	return r == OST_EXIT_OK ? ost_explain_refusal(x, asked->refusal, asked->log) : r;
}

int ost_cmd_policy_explain(const struct ost_cli *cli, int argc, char **argv)
{
	struct ost_cli here = *cli;
	struct ost_explain x = {.cli = &here};
	struct asked asked = {0};
	const struct ost_cli_option options[] = {
		{.name = "json", .flag = &here.json},
		{.name = "device", .value = &x.device_name},
		{.name = "policy", .list = &asked.files},
		{.name = "refusal", .value = &asked.refusal},
		{.name = "log", .value = &asked.log},
		{.name = "at", .value = &asked.at},
		{.name = "capture", .value = &asked.capture},
		{.name = "packet", .value = &asked.packet},
		{.name = "flow", .value = &asked.flow},
	};
	int first = ost_cli_options("policy explain", options, OST_ARRAY_SIZE(options), argc, argv), r;

	if (first < 0 || time_take(&x, asked.at) != OST_EXIT_OK)
		return OST_EXIT_INPUT;
	if (asked.refusal == NULL && asked.files.count == 0)
		asked.files.items[asked.files.count++] = here.paths.policy_dir;
	if (asked.capture == NULL && (asked.packet != NULL || asked.flow != NULL))
		return ost_cli_fail("policy explain: --packet and --flow go with --capture");
	if (asked.capture != NULL)
		r = capture(&x, &asked, argc - first);
	else
		r = asked.refusal != NULL ? refusal(&x, &asked, argc - first) :
					    flow(&x, &asked, argc - first, argv + first);
	ost_explain_free(&x);
	return r;
}
