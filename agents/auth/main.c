/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ostiary-authd: options, keys, sockets; then its rights are given up and the loop begins. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "authd.h"
#include "clock.h"
#include "crl.h"
#include "decider.h"
#include "file.h"
#include "frames.h"
#include "log.h"
#include "portal.h"
#include "portal_line.h"
#include "radius.h"
#include "sandbox.h"
#include "text.h"

#define EXIT_INPUT    2 /* trying again will not help */
#define COUNTS_NS     OST_NS_PER_S
#define CRL_LOOK_NS   (10 * OST_NS_PER_S)
#define CLOCK_UNSET   "the system's clock stands before 2020, set it first: "

static const char help[] =
	"usage: ostiary-authd [--root DIR] [--no-crl] [--radius ADDRESS:PORT] [--portal ADDRESS:PORT]\n\n"
	"Authenticates devices by EAP-TLS; ostiaryd decides whether they may in.\n"
	"Runs in the foreground and logs to standard error.\n\n"
	"  --root DIR      use DIR/etc/ostiary and DIR/run/ostiary\n"
	"  --no-crl        there is no revocation list: only ostiary device revoke keeps devices out\n"
	"  --radius A:PORT answer the RADIUS clients of etc/ostiary/radius-clients here\n"
	"  --portal A:P    let devices prove themselves by TLS here\n"
	"  --lease S       of the portal: a device that is silent for so long is out (1 to 300, default 300)\n"
	"  --version, --help\n";

struct options {
	const char *root;
	bool no_crl;
	const char *radius; /* NULL: not asked for */
	const char *portal; /* NULL: not asked for */
	uint32_t lease_s;
};

/* ---- trust ---- */

static struct timespec crl_time(const struct ost_authd *a)
{
	struct stat st;

	return stat(a->paths.crl, &st) == 0 ? st.st_mtim : (struct timespec){0};
}

static int trust_load(struct ost_authd *a, char why[static OST_TRUST_WHY], struct ost_trust **ret)
{
	const struct ost_trust_files files = {
		.ca = a->paths.ca_certificate,
		.crl = a->no_crl ? NULL : a->paths.crl,
		.certificate = a->paths.gateway_certificate,
		.key = a->paths.gateway_key,
	};

	a->crl_time = crl_time(a); /* before: what is written meanwhile is seen later */
	return ost_trust_load(&files, why, ret);
}

void ost_authd_reload(struct ost_authd *a)
{
	struct ost_trust *fresh = NULL;
	char why[OST_TRUST_WHY];

	if (a->radius != NULL && ost_radius_reload(a->radius, why) < 0)
		ost_log_error("%s; the RADIUS clients stay as they were", why);
	if (trust_load(a, why, &fresh) < 0) {
		ost_log_error("%s; what was in force stays", why);
		return;
	}
	ost_trust_release(&a->trust);
	a->trust = fresh;
	ost_log_info("keys, certificates and revocation list were loaded anew");
	if (a->portal != NULL)
		ost_portal_trust_changed(a->portal);
}

/* A list of which a quarter is left at most: whoever puts a new one in its place need not tell. */
static void crl_look(struct ost_authd *a, uint64_t now_ns)
{
	struct timespec t;

	if (now_ns < a->crl_look_ns || a->trust == NULL || a->no_crl)
		return;
	a->crl_look_ns = now_ns + CRL_LOOK_NS;
	if (ost_crl_life(ost_trust_crl_this_update_s(a->trust), ost_trust_crl_next_update_s(a->trust), ost_clock_wall_ns() / OST_NS_PER_S) < OST_CRL_OLD)
		return;
	t = crl_time(a);
	if (t.tv_sec == 0 || (t.tv_sec == a->crl_time.tv_sec && t.tv_nsec == a->crl_time.tv_nsec))
		return;
	ost_log_info("%s has changed, and the list in force is old: loading", a->paths.crl);
	ost_authd_reload(a);
}

/* ---- conversations ---- */

bool ost_authd_is_ready(const struct ost_authd *a)
{
	return a->trust != NULL && ost_clock_is_set(ost_clock_wall_ns());
}

struct ost_conversation *ost_authd_open(struct ost_authd *a, enum ost_auth_way way, const void *key, size_t length,
	const struct ost_place *place, uint8_t identifier, uint64_t now_ns)
{
	struct ost_conversation *c;
	struct ost_eap *eap = NULL;

	if (!ost_authd_is_ready(a) || ost_eap_new(a->trust, identifier, &eap) < 0)
		return NULL;
	c = ost_conversations_open(a->conversations, way, key, length, place, now_ns);
	if (c == NULL) {
		ost_eap_free(&eap);
		return NULL;
	}
	c->eap = eap;
	ost_conversations_sent(a->conversations, c, now_ns);
	ost_decider_opened(a->decider, c);
	return c;
}

static bool on_claim(void *user, const struct ost_conversation *c)
{
	struct ost_authd *a = user;

	if (c->way == OST_AUTH_WAY_PORTAL)
		return ost_portal_claim(a->portal, c);
	return ost_decider_claim(a->decider, c, ost_eap_proof(c->eap), NULL);
}

static void on_outcome(void *user, const struct ost_conversation *c, enum ost_auth_reason reason, int tls_error)
{
	struct ost_authd *a = user;
	struct ost_msg_auth_outcome m = {.conversation = c->number, .place = c->place, .way = (uint8_t)c->way, .reason = (uint8_t)reason,
		.claimed = c->claimed, .tls_error = tls_error};

	char from[OST_IP_TEXT] = "";

	if (c->way == OST_AUTH_WAY_PORTAL)
		ost_portal_from(c, from);
	if (reason != OST_AUTH_REASON_NONE && c->way == OST_AUTH_WAY_PORTAL)
		m.shown = (uint8_t)ost_portal_shown(c, &m.proof);
	else if (reason != OST_AUTH_REASON_NONE)
		m.shown = (uint8_t)ost_eap_shown(c->eap, &m.proof);
	if (tls_error != 0)
		(void)snprintf(m.detail, sizeof(m.detail), "%s%sTLS library: %d", from, from[0] != '\0' ? "; " : "", tls_error);
	else
		(void)snprintf(m.detail, sizeof(m.detail), "%s", from);
	ost_decider_outcome(a->decider, &m);
}

/* ---- time ---- */

static void on_tick(evutil_socket_t fd, short what, void *user)
{
	struct ost_authd *a = user;
	uint64_t now = ost_clock_mono_ns();

	(void)fd;
	(void)what;
	a->tick_ns = UINT64_MAX;
	if (now >= a->counts_ns) {
		crl_look(a, now);
		ost_decider_counts(a->decider);
		a->counts_ns = now + COUNTS_NS;
	}
	ost_authd_rewind(a);
}

void ost_authd_rewind(struct ost_authd *a)
{
	uint64_t now = ost_clock_mono_ns();
	/* Frames that come all the time must not put the counters off. */
	uint64_t next = OST_MIN(ost_conversations_tick(a->conversations, now), a->counts_ns);
	uint64_t us = next > now ? (next - now) / 1000 + 1 : 1;
	const struct timeval tv = {.tv_sec = (time_t)(us / 1000000), .tv_usec = (suseconds_t)(us % 1000000)};

	if (next == a->tick_ns)
		return; /* the clock is set to that already */
	a->tick_ns = next;
	(void)evtimer_add(a->tick, &tv);
}

/* ---- start ---- */

/* 0: go on; 1: all was said. */
static int told(void)
{
	int r = ost_stream_end(stdout);

	if (r == 0)
		return 1;
	ost_log_error("standard output cannot be written: %s; what was printed is not whole", strerror(-r));
	return r;
}

static int lease_read(const char *text, uint32_t *to)
{
	uint64_t s;

	if (ost_number_parse(text, strlen(text), &s) < 0 || s == 0 || s > OST_PORTAL_LEASE_S) {
		ost_log_error("--lease: '%s' is no number of seconds from 1 to %u", text, OST_PORTAL_LEASE_S);
		return -EINVAL;
	}
	*to = (uint32_t)s;
	return 0;
}

static int options_read(int argc, char **argv, struct options *o)
{
	static const struct option table[] = {
		{"root", required_argument, NULL, 'r'},
		{"no-crl", no_argument, NULL, 'n'},
		{"radius", required_argument, NULL, 'R'},
		{"portal", required_argument, NULL, 'p'},
		{"lease", required_argument, NULL, 'l'},
		{"version", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};

	for (int c; (c = getopt_long(argc, argv, "h", table, NULL)) != -1;) {
		switch (c) {
		case 'r':
			o->root = optarg;
			break;
		case 'n':
			o->no_crl = true;
			break;
		case 'R':
			o->radius = optarg;
			break;
		case 'p':
			o->portal = optarg;
			break;
		case 'l':
			if (lease_read(optarg, &o->lease_s) < 0)
				return -EINVAL;
			break;
		case 'v':
			(void)printf("ostiary-authd %s\n", OSTIARY_VERSION);
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
	ost_log_error("'%s' is too much; see ostiary-authd --help", argv[optind]);
	return -EINVAL;
}

static int parts_make(struct ost_authd *a)
{
	const struct ost_conversation_events events = {.claim = on_claim, .outcome = on_outcome, .user = a};
	int r;

	if (getrandom(&a->hash, sizeof(a->hash), 0) != (ssize_t)sizeof(a->hash))
		return -EIO;
	for (size_t i = 0; i < OST_ARRAY_SIZE(a->hash.s); i++)
		a->hash.s[i] |= 1;
	a->base = event_base_new();
	if (a->base == NULL)
		return -ENOMEM;
	a->tick = evtimer_new(a->base, on_tick, a);
	r = a->tick != NULL ? ost_conversations_new(&a->hash, &events, &a->conversations) : -ENOMEM;
	if (r == 0)
		r = ost_throttle_new(&a->hash, &a->throttle);
	if (r == 0)
		r = ost_decider_new(a, &a->decider);
	return r == 0 ? ost_frames_new(a, &a->frames) : r;
}

static void parts_free(struct ost_authd *a)
{
	ost_conversations_free(&a->conversations);
	ost_radius_free(&a->radius);
	ost_portal_free(&a->portal);
	ost_frames_free(&a->frames);
	ost_decider_free(&a->decider);
	ost_throttle_free(&a->throttle);
	ost_trust_release(&a->trust);
	if (a->tick != NULL)
		event_free(a->tick);
	if (a->base != NULL)
		event_base_free(a->base);
}

static void on_signal(evutil_socket_t number, short what, void *user)
{
	struct ost_authd *a = user;

	(void)what;
	if (number == SIGHUP) {
		ost_authd_reload(a);
		return;
	}
	ost_log_info("signal %d: stopping", (int)number);
	(void)event_base_loopbreak(a->base);
}

static int loop(struct ost_authd *a)
{
	static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
	struct event *signals[OST_ARRAY_SIZE(numbers)] = {NULL};
	char why[256];
	int r = 0;

	for (size_t i = 0; i < OST_ARRAY_SIZE(numbers) && r == 0; i++) {
		signals[i] = evsignal_new(a->base, numbers[i], on_signal, a);
		r = signals[i] != NULL && event_add(signals[i], NULL) == 0 ? 0 : -ENOMEM;
	}
	if (r == 0) {
		r = ost_sandbox_calls(why);
		if (r < 0)
			ost_log_error("%s", why);
	}
	if (r == 0) {
		ost_log_info("version %s; speaks for %s", OSTIARY_VERSION, a->paths.gateway_certificate);
		ost_authd_rewind(a);
		r = event_base_dispatch(a->base) < 0 ? -EIO : 0;
	}
	for (size_t i = 0; i < OST_ARRAY_SIZE(numbers); i++) {
		if (signals[i] != NULL)
			event_free(signals[i]);
	}
	return r;
}

static int run(const struct options *o)
{
	static struct ost_authd a;
	char why[OST_TRUST_WHY];
	int r;

	a.tick_ns = UINT64_MAX;
	a.no_crl = o->no_crl;
	if (ost_paths_init(&a.paths, o->root) < 0) {
		ost_log_error("--root: the path is too long");
		return -EINVAL;
	}
	r = ost_sandbox_user(why);
	if (r == 0 && ost_trust_library_init() == 0)
		r = trust_load(&a, why, &a.trust);
	if (r < 0) {
		ost_log_error("%s%s", ost_clock_is_set(ost_clock_wall_ns()) ? "" : CLOCK_UNSET, why);
		return r;
	}
	r = parts_make(&a);
	if (r < 0)
		ost_log_error("cannot start: %s", strerror(-r));
	if (r == 0 && o->radius != NULL) {
		r = ost_radius_new(&a, o->radius, why, &a.radius);
		if (r < 0)
			ost_log_error("%s", why);
	}
	if (r == 0 && o->portal != NULL) {
		r = ost_portal_new(&a, o->portal, o->lease_s, why, &a.portal);
		if (r < 0)
			ost_log_error("%s", why);
	}
	if (r == 0)
		r = loop(&a);
	parts_free(&a);
	ost_trust_library_free();
	return r;
}

int main(int argc, char **argv)
{
	struct options options = {.root = "", .lease_s = OST_PORTAL_LEASE_S};
	int r;

	ost_log_open("ostiary-authd", OST_LOG_INFO);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)umask(0077);
	r = options_read(argc, argv, &options);
	if (r != 0)
		return r > 0 ? EXIT_SUCCESS : EXIT_INPUT;
	return run(&options) == 0 ? EXIT_SUCCESS : EXIT_INPUT;
}
