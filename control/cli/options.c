/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "options.h"

#define OPTIONS_MAX 16u

static int take(const char *command, const struct ost_cli_option *o)
{
	if (o->flag != NULL) {
		*o->flag = true;
		if (strcmp(o->name, "json") == 0)
			ost_cli_json_wanted();
	} else if (o->value != NULL) {
		*o->value = optarg;
	} else if (o->list->count == OST_CLI_LIST_MAX) {
		(void)ost_cli_fail(
			"%s: --%s stands there more than %u times; name a folder instead", command,
			o->name, OST_CLI_LIST_MAX);
		return -1;
	} else {
		o->list->items[o->list->count++] = optarg;
	}
	return 0;
}

int ost_cli_options(const char *command, const struct ost_cli_option *options, uint32_t count,
	int argc, char **argv)
{
	struct option rows[OPTIONS_MAX + 1] = {0};
	int found, row = 0;

	if (count > OPTIONS_MAX)
		abort();
	for (uint32_t i = 0; i < count; i++)
		rows[i] = (struct option){options[i].name,
			options[i].flag != NULL ? no_argument : required_argument, NULL, 0};
	opterr = 0;
	optind = 0; /* begin anew */
	while ((found = getopt_long(argc, argv, ":", rows, &row)) != -1) {
		if (found == ':')
			(void)ost_cli_fail("%s: %s wants an argument", command, argv[optind - 1]);
		else if (found == '?' && strncmp(argv[optind - 1], "--root", 6) == 0)
			(void)ost_cli_fail("%s: --root stands before the command: ostiary --root DIR COMMAND ...", command);
		else if (found == '?')
			(void)ost_cli_fail("%s: no option '%s'; 'ostiary %s --help' lists them",
				command, argv[optind - 1], command);
		if (found != 0 || take(command, &options[row]) < 0)
			return -1;
	}
	return optind;
}

int ost_cli_option_json(struct ost_cli *cli, int argc, char **argv)
{
	const struct ost_cli_option options[] = {{.name = "json", .flag = &cli->json}};

	return ost_cli_options(argv[0], options, OST_ARRAY_SIZE(options), argc, argv);
}
