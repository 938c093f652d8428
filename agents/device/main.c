/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ostiary-agent: the library's state as lines, for shell scripts. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>

#include "agent.h"
#include "clock.h"
#include "file.h"
#include "jsonw.h"
#include "text.h"

#define EXIT_NO		 1
#define EXIT_INPUT	 2
#define EXIT_UNREACHABLE 3

static const char help[] =
	"usage: ostiary-agent --gateway ADDRESS:PORT --name NAME --ca FILE --certificate FILE --key FILE ...\n\n"
	"Lets this device prove itself to an Ostiary gateway by TLS, and stay in.\n"
	"Runs in the foreground; one line for each change of state on standard output.\n\n"
	"  --gateway A:P       the gateway's portal: ADDRESS:PORT, [ADDRESS]:PORT or NAME:PORT\n"
	"  --name NAME         the name that the gateway's certificate must bear\n"
	"  --ca FILE           CA certificates that the gateway's may come from (PEM)\n"
	"  --certificate FILE  this device's certificate (PEM)\n"
	"  --key FILE          its private key (PEM)\n"
	"  --crl FILE          the CA's revocation list (PEM)\n"
	"  --once              end when the gateway refuses, cannot be reached or is lost, instead of trying again\n"
	"  --wait SECONDS      end when not admitted after so long\n"
	"  --json              lines are JSON objects\n"
	"  --version, --help\n\n"
	"Exit codes: 0 ended by SIGINT or SIGTERM; 1 refused by the gateway, or the gateway is not the right one;\n"
	"2 usage or input error; 3 the gateway cannot be reached, or was lost.\n";

struct options {
	struct ost_agent_options agent;
	bool once, json;
	uint64_t wait_s; /* 0: for ever */
};

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
	(void)number;
	stopped = 1;
}

static int told(void)
{
	int r = ost_stream_end(stdout);

	if (r == 0)
		return 1;
	(void)fprintf(stderr, "ostiary-agent: standard output cannot be written: %s; what was printed is not whole\n", strerror(-r));
	return r;
}

/* ---- lines ---- */

static void say_json(const struct ost_agent_status *s)
{
	struct ost_jsonw w = {0};

	ost_jsonw_object(&w, NULL);
	ost_jsonw_time(&w, "time", ost_clock_wall_ns());
	ost_jsonw_string(&w, "state", ost_agent_state_name(s->state));
	if (s->state == OST_AGENT_ADMITTED) {
		ost_jsonw_string(&w, "device", s->device);
		ost_jsonw_u64(&w, "lease_s", s->lease_s);
		ost_jsonw_u64(&w, "session_s", s->session_s);
	} else {
		ost_jsonw_string(&w, "reason", s->reason);
		ost_jsonw_string(&w, "text", s->text);
		ost_jsonw_u64(&w, "retry_s", s->retry_s);
	}
	ost_jsonw_end(&w, '}');
	ost_jsonw_newline(&w);
	if (!w.failed)
		(void)fputs(w.text, stdout);
	ost_jsonw_free(&w);
}

/* 1: all was said. */
static int say(const struct options *o, const struct ost_agent_status *s)
{
	const char *state = ost_agent_state_name(s->state);

	if (o->json)
		say_json(s);
	else if (s->state == OST_AGENT_ADMITTED)
		(void)printf("%s device=%s lease=%u session=%u\n", state, s->device, s->lease_s, s->session_s);
	else
		(void)printf("%s reason=%s retry=%u: %s\n", state, s->reason, s->retry_s, s->text);
	return told();
}

/* ---- options ---- */

static int wait_read(const char *text, uint64_t *to)
{
	if (ost_number_parse(text, strlen(text), to) == 0 && *to > 0 && *to <= 86400)
		return 0;
	(void)fprintf(stderr, "ostiary-agent: --wait: '%s' is no number of seconds from 1 to 86400\n", text);
	return -EINVAL;
}

static int options_read(int argc, char **argv, struct options *o)
{
	static const struct option table[] = {
		{"gateway", required_argument, NULL, 'g'},
		{"name", required_argument, NULL, 'n'},
		{"ca", required_argument, NULL, 'a'},
		{"certificate", required_argument, NULL, 'c'},
		{"key", required_argument, NULL, 'k'},
		{"crl", required_argument, NULL, 'r'},
		{"once", no_argument, NULL, 'o'},
		{"wait", required_argument, NULL, 'w'},
		{"json", no_argument, NULL, 'j'},
		{"version", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};

	for (int c; (c = getopt_long(argc, argv, "h", table, NULL)) != -1;) {
		switch (c) {
		case 'g':
			o->agent.gateway = optarg;
			break;
		case 'n':
			o->agent.name = optarg;
			break;
		case 'a':
			o->agent.ca = optarg;
			break;
		case 'c':
			o->agent.certificate = optarg;
			break;
		case 'k':
			o->agent.key = optarg;
			break;
		case 'r':
			o->agent.crl = optarg;
			break;
		case 'o':
			o->once = true;
			break;
		case 'w':
			if (wait_read(optarg, &o->wait_s) < 0)
				return -EINVAL;
			break;
		case 'j':
			o->json = true;
			break;
		case 'v':
			(void)printf("ostiary-agent %s\n", OSTIARY_VERSION);
			return told();
		case 'h':
			(void)fputs(help, stdout);
			return told();
		default:
			return -EINVAL;
		}
	}
	if (optind == argc)
		return 0;
	(void)fprintf(stderr, "ostiary-agent: '%s' is too much; see ostiary-agent --help\n", argv[optind]);
	return -EINVAL;
}

/* ---- run ---- */

static int exit_of(enum ost_agent_state state)
{
	return state == OST_AGENT_REFUSED || state == OST_AGENT_DISTRUSTED ? EXIT_NO : EXIT_UNREACHABLE;
}

static int run(const struct options *o, struct ost_agent *a)
{
	uint64_t give_up_ns = o->wait_s > 0 ? ost_clock_mono_ns() + o->wait_s * OST_NS_PER_S : UINT64_MAX;
	struct ost_agent_status s;

	ost_agent_status(a, &s);
	while (!stopped) {
		uint64_t now = ost_clock_mono_ns();
		int r;

		if (s.state == OST_AGENT_ADMITTED)
			give_up_ns = UINT64_MAX;
		if (now >= give_up_ns)
			return exit_of(s.state);
		/* A signal that comes just before the wait is seen within a second. */
		r = ost_agent_wait(a, (int)OST_MIN((give_up_ns - now) / OST_NS_PER_MS + 1, (uint64_t)1000));
		if (r < 0 && r != -EINTR)
			return EXIT_UNREACHABLE;
		if (r != 1)
			continue;
		ost_agent_status(a, &s);
		if (say(o, &s) < 0)
			return EXIT_INPUT;
		if (o->once && s.state != OST_AGENT_ADMITTED)
			return exit_of(s.state);
	}
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	const struct sigaction on = {.sa_handler = on_signal};
	struct options o = {0};
	struct ost_agent *a = NULL;
	char why[OST_AGENT_TEXT] = "no memory";
	int r = options_read(argc, argv, &o);

	if (r != 0)
		return r > 0 ? EXIT_SUCCESS : EXIT_INPUT;
	(void)sigaction(SIGINT, &on, NULL);
	(void)sigaction(SIGTERM, &on, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	if (ost_agent_new(&o.agent, why, &a) < 0) {
		(void)fprintf(stderr, "ostiary-agent: %s\n", why);
		return EXIT_INPUT;
	}
	r = run(&o, a);
	ost_agent_free(&a);
	return r;
}
