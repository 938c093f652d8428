/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The `ostiary` command: options that stand before the command, the table of commands, their help. */
#include <locale.h>
#include <stdio.h>
#include <sys/ioctl.h>

#include "cli.h"
#include "log.h"
#include "pki.h"

#define COLUMNS_LEAST 20u /* on a narrower terminal lines are broken by the terminal itself */

struct command {
	const char *group; /* first word of two, or NULL */
	const char *name;  /* last word: argv[0] of the command */
	const char *usage; /* what follows the words */
	const char *what;  /* one line */
	const char *help;  /* the options, a line each, or NULL */
	ost_command_fn run;
};

/* Of orders that many devices can be given at once. */
#define GROUP_OPTIONS \
	"GROUP, in the place of a name:\n" \
	"  --tag TAG       every device that has this tag; several times: one of them\n" \
	"  --role ROLE     and is of this role\n" \
	"  --state STATE   and is in this state, such as quarantined\n" \
	"  --yes           do not ask: what will be done is told first, and asked for on a terminal\n"
#define GROUP_HELP \
	"  --reason TEXT   why, for the evidence\n" GROUP_OPTIONS

static const struct command commands[] = {
	{NULL, "init", "[--name DNSNAME] [--organization TEXT] ...", "make this site's identity: CA, gateway key and certificate",
		"  --name DNSNAME               name of the gateway (default: this host's)\n"
		"  --organization TEXT          goes into the certificates\n"
		"  --ca-certificate FILE        take an enterprise's CA; makes gateway.csr for it to sign\n"
		"And later:\n"
		"  --gateway-certificate FILE   install what the enterprise signed\n"
		"  --crl FILE                   install the enterprise's CRL\n"
		"  --renew-crl                  sign a fresh CRL of this site's own CA\n"
		"  --renew-gateway              sign the gateway's certificate anew\n"
		"Nothing that exists is overwritten; see ostiary-init(1).\n",
		ost_cmd_init},
	{NULL, "run", "[--config FILE] [--apply]", "start every program of the gateway, in the foreground",
		"  --config FILE   site file (default: etc/ostiary/ostiary.yaml)\n"
		"  --apply         apply policy.d even when a generation is in force already\n"
		"Ends with SIGINT or SIGTERM; restarts what crashes.\n",
		ost_cmd_run},
	{NULL, "status", "", "is it healthy, what is in force, what is refused", NULL, ost_cmd_status},
	{NULL, "replay", "--policy FILE CAPTURE...", "judge a pcap or pcapng as the gateway would",
		"  --policy FILE           policy file or folder\n"
		"  --write-allowed FILE    write what passes to a pcap file\n"
		"  --write-refused FILE    write what is refused to a pcap file\n"
		"  --top N                 that many flows that were refused most\n"
		"  --flows N               size of the flow tables\n"
		"See ostiary-replay(1).\n",
		ost_cmd_replay},
	{"policy", "check", "FILE|DIR...", "check policy files; name every fault with line and column", NULL,
		ost_cmd_policy_check},
	{"policy", "test", "FILE|DIR...", "run the tests: of policy files through the classifier", NULL,
		ost_cmd_policy_test},
	{"policy", "fmt", "[--check] [--diff] [-w] FILE...", "lay policy files out in one way, comments kept",
		"  --check       print the names of files that are laid out otherwise; 1 when there is one\n"
		"  --diff        print what would change; 1 when something would\n"
		"  -w, --write   write the files in place\n"
		"Without an option the result goes to standard output. The meaning never changes.\n",
		ost_cmd_policy_fmt},
	{"policy", "explain", "[--policy FILE] --device NAME QUESTION | --refusal ID | --capture FILE", "say what would happen to a flow, and why",
		"  QUESTION   as in a policy's tests:, such as \"tcp 10.0.0.5:443\" or \"in tcp 10.0.0.9:80\"\n"
		"  --refusal ID   a refused flow of the log or of 'ostiary device show': what the policy in force says of it\n"
		"  --log FILE     with --refusal: find it in this refusal log\n"
		"  --capture FILE what became of the packets of a capture: those refused, or\n"
		"  --packet N     this one, with what the rules say of it, or\n"
		"  --flow FLOW    those from or to \"tcp 10.0.0.5:443\" or an address\n"
		"  --at TIME      as if it were then, such as 2026-12-01T08:00Z (default: now)\n",
		ost_cmd_policy_explain},
	{"policy", "plan", "[--against FILE|DIR] [--all] [FILE|DIR...]", "which flows of which devices a policy would change",
		"  FILE|DIR       the new policy (default: policy.d)\n"
		"  --against ...  compare with these files instead of the policy in force\n"
		"  --all          every change; without, the first 20 of alike devices\n"
		"+ gained, - lost, ~ allowed before and after, under other conditions. Nothing is changed.\n",
		ost_cmd_policy_plan},
	{"policy", "apply", "FILE|DIR... [--message TEXT] [--confirm TIME] [--wait SECONDS]", "check, test and put a policy in force",
		"  --message TEXT   why; kept with the generation\n"
		"  --confirm TIME   go back to the policy before after TIME (90s, 5m, 1h), unless 'ostiary policy confirm'\n"
		"                   comes in time; on a terminal the time left is shown\n"
		"  --no-wait        with --confirm: do not show it\n"
		"  --wait SECONDS   wait so long for ostiaryd and the data plane to be there\n"
		"Exit code: 0 in force, 1 a test of the policy fails or one before waits to be confirmed, 2 the input is wrong or it could not\n"
		"be stored, 3 ostiaryd or the data plane is not reachable. Unless 0, nothing changed.\n",
		ost_cmd_policy_apply},
	{"policy", "confirm", "[GENERATION]", "keep the policy that 'apply --confirm' put in force",
		"  GENERATION   only if it is this one\n"
		"Exit code: 0 it stays, 1 nothing waits to be confirmed, or another generation does.\n",
		ost_cmd_policy_confirm},
	{"policy", "rollback", "[GENERATION] [--message TEXT] [--confirm TIME]", "apply a former policy's files again",
		"  GENERATION       which (default: the one before the one in force; while one waits to be\n"
		"                   confirmed, that goes back at once)\n"
		"  --message TEXT   why; kept behind \"rollback to GENERATION\"\n"
		"  --confirm TIME   as with apply\n"
		"  --no-wait        with --confirm: do not show the time left\n",
		ost_cmd_policy_rollback},
	{"policy", "history", "[--limit N]", "every generation: by whom, why, what became of it",
		"  --limit N   the latest N only (default: 100)\n",
		ost_cmd_policy_history},
	{"policy", "show", "[--sources | --generation N | --rules | --unused | --exceptions | --history]", "the policy in force: generation, by whom, when",
		"  --sources        print the policy files of the generation in force\n"
		"  --generation N   print those of another generation\n"
		"  --rules          list its rules, how often each opened a flow, and when last\n"
		"  --unused         list those that never did, and since when\n"
		"  --exceptions     list its exceptions: in force and how long still, to come, over; who brought them\n"
		"  --history        as 'ostiary policy history', the latest 1000\n",
		ost_cmd_policy_show},
	{"policy", "import-mud", "FILE | URL [--out DIR] | --renew --out DIR", "what a manufacturer's MUD file comes to, and how a policy uses it",
		"  --role NAME        of the role in the piece of policy that is printed\n"
		"  --out DIR          the policy's folder: let the file into DIR/mud, or have it wait in DIR/mud/pending\n"
		"  --approve REASON   let in one that waits: unsigned, of another signer or place, or allowing more\n"
		"  --signature FILE   of a file: its detached CMS in DER; of a URL: in the place of the one it names\n"
		"  --ca FILE          CAs of signers, besides etc/ostiary/mud/ca/*.pem; may stand several times\n"
		"  --at TIME          believe the signer as of that time or day; noted when he is expired\n"
		"  --device-certificate FILE   its id-pe-mudsigner says who has to sign\n"
		"  --web-ca FILE      CAs of web servers; default /etc/ssl/certs/ca-certificates.crt\n"
		"  --allow-private    also fetch from private addresses: a lab\n"
		"  --renew            fetch what is past its cache-validity anew; what cannot be fetched stays\n",
		ost_cmd_policy_import_mud},
	{"device", "list", "[--tag TAG] [--role ROLE] [--state STATE]", "every device: state, port, addresses, what passed and what did not",
		"  --tag TAG       those that have this tag; several times: one of them\n"
		"  --role ROLE     those of this role\n"
		"  --state STATE   those in this state, such as quarantined\n",
		ost_cmd_device_list},
	{"device", "show", "NAME", "all about one device, its refusals with advice", NULL, ost_cmd_device_show},
	{"device", "enroll", "ID [--csr FILE] [--days N] [--name URN] [--out DIR]", "issue a device's certificate",
		"  --csr FILE   take the key of this request; without, a key is made\n"
		"  --days N     valid for so long (default: 365)\n"
		"  --name URN   urn:dev:... in the certificate (default: the policy's certificate:, or urn:dev:ser:ID)\n"
		"  --out DIR    folder for ID.key, ID.crt and ca.crt (default: the current one)\n",
		ost_cmd_device_enroll},
	{"device", "approve", "NAME|GROUP [--reason TEXT]", "let a revoked or quarantined device begin anew", GROUP_HELP, ost_cmd_device_approve},
	{"device", "quarantine", "NAME|GROUP [--reason TEXT]", "nothing but infrastructure until it is released", GROUP_HELP,
		ost_cmd_device_quarantine},
	{"device", "release", "NAME|GROUP [--reason TEXT]", "end a quarantine or a lock-out", GROUP_HELP, ost_cmd_device_release},
	{"device", "retire", "NAME|GROUP [--reason TEXT]", "for ever: revoke it, destroy its keys, note the proof", GROUP_HELP,
		ost_cmd_device_retire},
	{"device", "revoke", "ID|GROUP [--reason REASON]", "cut a device off and revoke its certificates: a new CRL",
		"  ID              a device's name, or the serial number of one certificate\n"
		"  --reason REASON " OST_PKI_REASONS "\n" GROUP_OPTIONS,
		ost_cmd_device_revoke},
	{"incident", "list", "[--state open|closed|all] [--device NAME] ...", "what is going on, the most urgent first",
		"  --state STATE   open (default), closed or all\n"
		"  --device NAME   of this device alone\n"
		"  --cause CAUSE   of this cause alone, such as scan\n"
		"  --since TIME    that were seen since then\n"
		"  --limit N       show so many\n",
		ost_cmd_incident_list},
	{"incident", "show", "ID", "all about one: what to do, what is due, what to type next", NULL, ost_cmd_incident_show},
	{"incident", "watch", "[--device NAME] [--cause CAUSE] [--after SEQ]", "follow what happens: a list on a terminal, elsewhere a line a change",
		"  --device NAME   of this device alone\n"
		"  --cause CAUSE   of this cause alone\n"
		"  --after SEQ     begin behind this record of the journal, not now\n"
		"Goes on when ostiaryd was away; with --json an object a line.\n",
		ost_cmd_incident_watch},
	{"incident", "decide", "ID --regime REGIME ...", "say what only a person can say: significant or not, aware since when, answers, submissions",
		"  --regime REGIME          such as nis2\n"
		"  --significant yes|no     needs --reason, and yes needs --aware-at\n"
		"  --aware-at TIME          since when you are aware of it\n"
		"  --reason TEXT            why\n"
		"  --moment NAME            something that a clock runs from happened --at TIME\n"
		"  --answer FIELD=VALUE     to a field of the report; may stand several times\n"
		"  --stage STAGE            the answer is for this stage alone\n"
		"  --submitted STAGE        you submitted it --at TIME\n"
		"  --at TIME                when that was\n"
		"  --reference REF          the authority's receipt\n"
		"  --file FILE              what was submitted: its SHA-256 is noted\n"
		"  --corrects N             stands for decision N, which stays on record\n"
		"TIME: 2026-11-22T03:10Z, \"2026-11-22 03:10\" in the zone of this machine, 03:10 when it was that last, now.\n",
		ost_cmd_incident_decide},
	{"incident", "close", "ID --verdict VERDICT --reason TEXT", "say what it was",
		"  --verdict VERDICT   true-positive, false-positive, benign or duplicate\n"
		"  --reason TEXT       why\n"
		"  --duplicate-of ID   of which one\n",
		ost_cmd_incident_close},
	{"incident", "note", "ID TEXT", "a line for those who come after", NULL, ost_cmd_incident_note},
	{"incident", "report", "ID --regime REGIME --stage STAGE [--format FORMAT] [--out FILE]", "the draft for an authority; nothing is sent",
		"  --regime REGIME   such as nis2\n"
		"  --stage STAGE     such as early-warning\n"
		"  --format FORMAT   text (default), json or html\n"
		"  --out FILE        write it there, readable by you alone\n"
		"Exit code: 0 ready, 1 not: what is missing stands at the end, on standard error.\n",
		ost_cmd_incident_report},
	{"incident", "export", "ID --format ecs|cef|ocsf|stix [--out FILE]", "its records in a format of others, out of the journal",
		"  --format FORMAT     ecs, cef, ocsf or stix: one bundle, for a CSIRT\n"
		"  --out FILE          write it there, readable by you alone\n"
		"  --pseudonyms FILE   devices and addresses by pseudonyms of these keys: ostiary-export(5)\n"
		"  --dir DIR           the journal's folder (default: var/lib/ostiary/journal)\n",
		ost_cmd_incident_export},
	{"journal", "verify", "[--key VKEY] [--from CHECKPOINT] [--proof FILE]", "is the journal whole? Name the first bad record",
		"  --key VKEY          the public key that you trust, or a file of it (default: the journal's own, which proves less)\n"
		"  --from CHECKPOINT   a file: a checkpoint that was held from before; the journal must agree with it\n"
		"  --proof FILE        verify one record's proof instead; needs --key and no journal\n"
		"  --every-signature   also those of all former checkpoints\n"
		"  --dir DIR           the journal's folder (default: var/lib/ostiary/journal)\n"
		"Exit code: 0 whole, 1 not, or lines behind the checkpoint, 2 it cannot be read.\n",
		ost_cmd_journal_verify},
	{"journal", "checkpoint", "[--vkey] [--dir DIR]", "print the newest checkpoint, for keeping elsewhere",
		"  --vkey      print the journal's first public key instead: what to note at install\n"
		"  --dir DIR   the journal's folder (default: var/lib/ostiary/journal)\n",
		ost_cmd_journal_checkpoint},
	{"journal", "prove", "SEQ [--dir DIR]", "print one record with its proof, verifiable offline",
		"  --dir DIR   the journal's folder (default: var/lib/ostiary/journal)\n",
		ost_cmd_journal_prove},
	{"journal", "rotate", "--reason TEXT", "sign the journal with a new key from now on",
		"  --reason TEXT   why; goes into the journal, with your name\n"
		"The former key signs for the new one. Prints the new one: note it.\n",
		ost_cmd_journal_rotate},
	{"journal", "compromise", "--trusted-size N --reason TEXT", "the key was taken: a new one signs, the former is not believed any more",
		"  --trusted-size N   what it signed of more than N records is not believed: the size of the last checkpoint\n"
		"                     that left this machine before\n"
		"  --reason TEXT      why; goes into the journal, with your name\n",
		ost_cmd_journal_compromise},
	{"journal", "prune", "--days N | --before SEQ", "let old segments go; their hashes and all decisions stay",
		"  --days N       what is older\n"
		"  --before SEQ   what is before this record\n"
		"Whole segments of 64 MiB go, never the newest. By itself what is older than journal: days: of ostiary.yaml goes.\n",
		ost_cmd_journal_prune},
	{"journal", "accept-loss", "--reason TEXT", "of a read-only journal: take note of the loss, begin another",
		"  --reason TEXT   what was found; goes into the new journal, with your name\n"
		"What is left of the former one moves to lost-N in its folder. Prints the new key: note it.\n",
		ost_cmd_journal_accept_loss},
};

static const char *usage_line = "usage: ostiary [--root DIR] [--json] COMMAND ...";

static int help_all(FILE *to)
{
	(void)fprintf(to, "%s\n\nThe doorkeeper of an IoT network.\n\nCommands:\n", usage_line);
	for (size_t i = 0; i < OST_ARRAY_SIZE(commands); i++) {
		char words[32];

		(void)snprintf(words, sizeof(words), "%s%s%s", commands[i].group ? commands[i].group : "",
			commands[i].group ? " " : "", commands[i].name);
		(void)fprintf(to, "  %-17s %s\n", words, commands[i].what);
	}
	(void)fprintf(to,
		"\nOptions before the command:\n"
		"  --root DIR   use DIR/etc/ostiary, DIR/var/lib/ostiary and DIR/run/ostiary\n"
		"  --json       print JSON\n"
		"  --version    print the version\n"
		"  --help       print this; ostiary help COMMAND tells more\n\n"
		"Exit code: 0 fine, 1 the answer is no, 2 usage or input error, 3 not reachable.\n");
	return OST_EXIT_OK;
}

static int help_one(const struct command *c)
{
	(void)printf("usage: ostiary [--root DIR] [--json] %s%s%s %s\n\n%s.\n", c->group ? c->group : "",
		c->group ? " " : "", c->name, c->usage, c->what);
	if (c->help != NULL)
		(void)printf("\n%s", c->help);
	return OST_EXIT_OK;
}

/* The command that the words name; *ret_words tells how many of them it took. */
static const struct command *command_find(int argc, char **argv, int *ret_words)
{
	for (size_t i = 0; i < OST_ARRAY_SIZE(commands); i++) {
		const struct command *c = &commands[i];

		if (c->group == NULL && strcmp(argv[0], c->name) == 0) {
			*ret_words = 1;
			return c;
		}
		if (c->group != NULL && argc > 1 && strcmp(argv[0], c->group) == 0 &&
			strcmp(argv[1], c->name) == 0) {
			*ret_words = 2;
			return c;
		}
	}
	return NULL;
}

/* ---- what the shell completes ---- */

/* The words that may follow: none, or the first of a group. */
static int complete_commands(int argc, char **argv)
{
	const char *last = "";

	for (size_t i = 0; i < OST_ARRAY_SIZE(commands); i++) {
		const struct command *c = &commands[i];
		const char *word = argc == 0 ? c->group != NULL ? c->group : c->name : c->name;

		if ((argc == 0 || (argc == 1 && c->group != NULL && strcmp(argv[0], c->group) == 0)) && strcmp(word, last) != 0)
			(void)puts(word);
		last = argc == 0 ? word : "";
	}
	return OST_EXIT_OK;
}

/* Words of a text that begin with "--", once each as long as they follow one another. */
static void options_of(const char *text)
{
	for (const char *at = strstr(text, "--"); at != NULL; at = strstr(at, "--")) {
		size_t n = 2 + strspn(at + 2, "abcdefghijklmnopqrstuvwxyz-");

		if (n > 2)
			(void)printf("%.*s\n", (int)n, at);
		at += n;
	}
}

static int complete(const struct ost_cli *cli, int argc, char **argv)
{
	const struct command *c = NULL;
	int words = 0;

	if (argc == 0)
		return ost_cli_fail("complete: for the shell's completion alone");
	if (strcmp(argv[0], "commands") == 0)
		return complete_commands(argc - 1, argv + 1);
	if (argc > 1)
		c = command_find(argc - 1, argv + 1, &words);
	if (strcmp(argv[0], "command") == 0 && c != NULL)
		(void)printf("%s%s%s\n", c->group != NULL ? c->group : "", c->group != NULL ? " " : "", c->name);
	else if (strcmp(argv[0], "options") == 0 && c != NULL) {
		options_of(c->usage);
		options_of(c->help != NULL ? c->help : "");
		(void)puts("--json\n--help");
	} else {
		ost_complete_names(cli, argv[0]);
	}
	return OST_EXIT_OK;
}

/* A word that begins a group alone deserves to hear what may follow. */
static int command_unknown(int argc, char **argv)
{
	char known[256] = "";
	size_t used = 0;

	for (size_t i = 0; i < OST_ARRAY_SIZE(commands); i++) {
		if (commands[i].group == NULL || strcmp(argv[0], commands[i].group) != 0)
			continue;
		used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s", used > 0 ? ", " : "",
			commands[i].name);
	}
	if (used == 0)
		return ost_cli_fail("no command '%s'; 'ostiary --help' lists them", argv[0]);
	if (argc > 1)
		return ost_cli_fail("no command '%s %s'; write one of: %s", argv[0], argv[1], known);
	return ost_cli_fail("'%s' what? write one of: %s", argv[0], known);
}

/* The commands of a group, or false: there is no such group. */
static bool help_group(const char *group)
{
	bool any = false;

	for (size_t i = 0; i < OST_ARRAY_SIZE(commands); i++) {
		if (commands[i].group == NULL || strcmp(commands[i].group, group) != 0)
			continue;
		if (!any)
			(void)printf("usage: ostiary [--root DIR] [--json] %s COMMAND ...\n\nCommands:\n", group);
		any = true;
		(void)printf("  %-12s %s\n", commands[i].name, commands[i].what);
	}
	if (any)
		(void)printf("\nostiary %s COMMAND --help tells more.\n", group);
	return any;
}

static int help(int argc, char **argv)
{
	const struct command *c;
	int words;

	if (argc == 0)
		return help_all(stdout);
	c = command_find(argc, argv, &words);
	if (c == NULL && argc == 1 && help_group(argv[0]))
		return OST_EXIT_OK;
	return c != NULL ? help_one(c) : command_unknown(argc, argv);
}

static bool wants_help(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return true;
	}
	return false;
}

static int command_run(struct ost_cli *cli, int argc, char **argv)
{
	const struct command *c;
	int words = 0;

	if (strcmp(argv[0], "help") == 0)
		return help(argc - 1, argv + 1);
	if (strcmp(argv[0], "complete") == 0)
		return complete(cli, argc - 1, argv + 1);
	c = command_find(argc, argv, &words);
	if (c == NULL && argc == 2 && wants_help(argc, argv) && help_group(argv[0]))
		return OST_EXIT_OK;
	if (c == NULL)
		return command_unknown(argc, argv);
	argc -= words - 1;
	argv += words - 1;
	return wants_help(argc, argv) ? help_one(c) : c->run(cli, argc, argv);
}

static unsigned terminal_columns(void)
{
	struct winsize size;

	if (isatty(STDOUT_FILENO) != 1 || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return 0;
	return OST_MAX(size.ws_col, COLUMNS_LEAST);
}

static int version(bool json)
{
	if (json)
		ost_cli_json_tell("{\"version\":\"" OSTIARY_VERSION "\"}\n");
	else
		(void)printf("ostiary %s\n", OSTIARY_VERSION);
	return OST_EXIT_OK;
}

/* Options that stand before the command; *ret_exit, when it returns 0, is what to end with. Else the command's place. */
static int options_read(struct ost_cli *cli, int argc, char **argv, int *ret_exit)
{
	int i;

	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "--json") == 0) {
			cli->json = true;
			ost_cli_json_wanted();
		} else if (strcmp(argv[i], "--root") == 0 && i + 1 < argc) {
			cli->root = argv[++i];
		} else if (strncmp(argv[i], "--root=", 7) == 0) {
			cli->root = argv[i] + 7;
		} else {
			if (strcmp(argv[i], "--version") == 0)
				*ret_exit = version(cli->json);
			else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
				*ret_exit = help_all(stdout);
			else
				*ret_exit = ost_cli_fail("no option '%s' before the command; %s", argv[i], usage_line);
			return 0;
		}
	}
	return i;
}

static int ostiary(struct ost_cli *cli, int argc, char **argv)
{
	int exit_code = OST_EXIT_OK;
	int i = options_read(cli, argc, argv, &exit_code);

	if (i == 0)
		return exit_code;
	if (ost_paths_init(&cli->paths, cli->root) < 0)
		return ost_cli_fail("--root: the path is too long");
	if (i < argc)
		return command_run(cli, argc - i, argv + i);
	if (cli->json)
		return ost_cli_fail("which command? 'ostiary --help' lists them");
	(void)help_all(stderr);
	return OST_EXIT_INPUT;
}

int main(int argc, char **argv)
{
	struct ost_cli cli = {.root = "", .columns = terminal_columns(),
		.colour = isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == NULL};

	(void)setlocale(LC_CTYPE, "C.UTF-8");
	ost_log_open("ostiary", OST_LOG_INFO);
	return ost_cli_end(ostiary(&cli, argc, argv));
}
