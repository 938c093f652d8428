/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ostiary-exportd: options, the site file, destinations; then its rights are given up and the loop begins. */
#include <wolfssl/options.h>

#include <wolfssl/ssl.h>

#include <getopt.h>
#include <libgen.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>

#include "clock.h"
#include "destination.h"
#include "exportd.h"
#include "file.h"
#include "format.h"
#include "log.h"
#include "sandbox.h"
#include "site_yaml.h"
#include "source.h"

#define EXIT_INPUT 2 /* trying again will not help */
#define FOLDERS	   (6 * OST_EXPORTS_MAX + 1)

static const char help[] =
	"usage: ostiary-exportd [--root DIR] [--config FILE]\n"
	"       ostiary-exportd --convert ecs|cef|ocsf|stix [--pseudonyms FILE] <LINES >CONVERTED\n\n"
	"Brings the journal to the destinations of export: in the site file. Runs in the foreground and\n"
	"logs to standard error. On SIGHUP files, certificates and secrets are opened anew.\n\n"
	"  --root DIR       use DIR/etc/ostiary, DIR/run/ostiary and DIR/var/lib/ostiary-export\n"
	"  --config FILE    the site file (default: etc/ostiary/ostiary.yaml)\n"
	"  --convert FORMAT journal lines from standard input to standard output\n"
	"                   (--gateway NAME, --origin NAME, --group NAME)\n"
	"  --version, --help\n";

struct options {
	const char *root, *config;
};

struct loop {
	struct ost_exportd *e;
	struct event *tick;
	uint64_t status_ns;
};

/* ---- files that may be opened ---- */

struct folders {
	char paths[FOLDERS][OST_EXPORT_PATH];
	const char *read[FOLDERS], *write[FOLDERS];
	uint32_t count;
	struct ost_sandbox_folders list;
};

static const char *folder_of(struct folders *f, const char *file)
{
	char *path = f->paths[f->count++];

	(void)snprintf(path, OST_EXPORT_PATH, "%s", file);
	return dirname(path);
}

static void folders_collect(struct folders *f, const struct ost_exportd *e, const struct ost_site_file *site)
{
	f->write[f->list.write_count++] = e->paths.export_dir;
	for (uint32_t i = 0; i < site->export_count; i++) {
		const struct ost_site_export *x = &site->exports[i];
		const char *const reads[] = {x->ca, x->certificate, x->private_key, x->secret};
		const char *folder;

		for (size_t j = 0; j < OST_ARRAY_SIZE(reads); j++) {
			if (reads[j][0] != '\0')
				f->read[f->list.read_count++] = folder_of(f, reads[j]);
		}
		if (x->path[0] == '\0')
			continue;
		folder = folder_of(f, x->path);
		if (access(folder, F_OK) == 0)
			f->write[f->list.write_count++] = folder;
		else
			ost_log_error("%s: the folder %s is not there: make it, and start ostiary-exportd again", x->name, folder);
	}
	f->list.read = f->read;
	f->list.write = f->write;
}

static int sandbox_close(const struct ost_exportd *e, const struct ost_site_file *site)
{
	struct folders *f = calloc(1, sizeof(*f));
	char why[256] = "out of memory";
	int r = -ENOMEM;

	if (f != NULL) {
		folders_collect(f, e, site);
		r = ost_sandbox_files(&f->list, why);
	}
	free(f);
	if (r == 0)
		r = ost_sandbox_calls(why);
	if (r < 0)
		ost_log_error("%s", why);
	return r;
}

/* ---- the loop ---- */

static void on_tick(evutil_socket_t fd, short what, void *user)
{
	struct loop *l = user;
	uint64_t now = ost_clock_mono_ns();

	(void)fd;
	(void)what;
	for (uint32_t i = 0; i < l->e->count; i++)
		ost_destination_tick(l->e->destinations[i], now);
	if (now < l->status_ns)
		return;
	l->status_ns = now + OST_NS_PER_S;
	ost_source_status(l->e->source);
}

static void on_signal(evutil_socket_t number, short what, void *user)
{
	struct ost_exportd *e = user;

	(void)what;
	if (number != SIGHUP) {
		ost_log_info("signal %d: stopping", (int)number);
		(void)event_base_loopbreak(e->base);
		return;
	}
	for (uint32_t i = 0; i < e->count; i++)
		ost_destination_reload(e->destinations[i]);
	ost_log_info("files, certificates and secrets were opened anew");
}

static int loop(struct ost_exportd *e, const struct ost_site_file *site)
{
	static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
	static const struct timeval quarter = {.tv_usec = 250000};
	struct event *signals[OST_ARRAY_SIZE(numbers)] = {NULL};
	struct loop l = {.e = e};
	int r = 0;

	for (size_t i = 0; i < OST_ARRAY_SIZE(numbers) && r == 0; i++) {
		signals[i] = evsignal_new(e->base, numbers[i], on_signal, e);
		r = signals[i] != NULL && event_add(signals[i], NULL) == 0 ? 0 : -ENOMEM;
	}
	l.tick = event_new(e->base, -1, EV_PERSIST, on_tick, &l);
	if (l.tick == NULL || event_add(l.tick, &quarter) < 0)
		r = -ENOMEM;
	if (r == 0)
		r = sandbox_close(e, site);
	if (r == 0) {
		ost_log_info("version %s; %u destinations", OSTIARY_VERSION, e->count);
		r = event_base_dispatch(e->base) < 0 ? -EIO : 0;
	}
	for (size_t i = 0; i < OST_ARRAY_SIZE(numbers); i++) {
		if (signals[i] != NULL)
			event_free(signals[i]);
	}
	if (l.tick != NULL)
		event_free(l.tick);
	return r;
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

static int options_read(int argc, char **argv, struct options *o)
{
	static const struct option table[] = {
		{"root", required_argument, NULL, 'r'},
		{"config", required_argument, NULL, 'c'},
		{"version", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};

	for (int c; (c = getopt_long(argc, argv, "h", table, NULL)) != -1;) {
		switch (c) {
		case 'r':
			o->root = optarg;
			break;
		case 'c':
			o->config = optarg;
			break;
		case 'v':
			(void)printf("ostiary-exportd %s\n", OSTIARY_VERSION);
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
	ost_log_error("'%s' is too much; see ostiary-exportd --help", argv[optind]);
	return -EINVAL;
}

static void finding_log(const struct ost_finding *f)
{
	ost_log_error("%s:%u:%u: %s%s%s", f->pos.file != NULL ? f->pos.file : "", f->pos.line, f->pos.column, f->what, f->hint != NULL ? "; " : "",
		f->hint != NULL ? f->hint : "");
}

static int site_load(const char *path, struct ost_site_file **ret_site)
{
	struct ost_diag diag = {0};
	int r = ost_site_file_load(path, &diag, ret_site);

	for (uint32_t i = 0; i < diag.count; i++)
		finding_log(&diag.findings[i]);
	ost_diag_free(&diag);
	if (r == 0 && (*ret_site)->export_count == 0) {
		ost_log_error("%s: export names no destination", path);
		ost_site_file_free(ret_site);
		r = -EINVAL;
	}
	return r;
}

/* Ours alone. As root it is made for the user that we become. */
static int folder_make(const struct ost_exportd *e)
{
	const struct passwd *user = ost_sandbox_passwd();
	int r = ost_dir_make(e->paths.export_dir, 0700);

	if (r == 0 && user != NULL && chown(e->paths.export_dir, user->pw_uid, user->pw_gid) < 0)
		r = -errno;
	if (r < 0)
		ost_log_error("%s: %s; ostiary-exportd keeps there how far it is", e->paths.export_dir, strerror(-r));
	return r;
}

static int parts_make(struct ost_exportd *e, const struct ost_site_file *site)
{
	char why[512];
	int r = 0;

	if (gethostname(e->gateway, sizeof(e->gateway) - 1) < 0 || e->gateway[0] == '\0')
		(void)snprintf(e->gateway, sizeof(e->gateway), "ostiary");
	e->base = event_base_new();
	if (e->base == NULL || wolfSSL_Init() != WOLFSSL_SUCCESS)
		return -ENOMEM;
	for (uint32_t i = 0; i < site->export_count && r == 0; i++) {
		r = ost_destination_new(e, i, &site->exports[i], why, &e->destinations[i]);
		if (r < 0)
			ost_log_error("%s: %s", site->exports[i].name, why);
		else
			e->count++;
	}
	return r == 0 ? ost_source_new(e, &e->source) : r;
}

static void parts_free(struct ost_exportd *e)
{
	ost_source_free(&e->source);
	for (uint32_t i = 0; i < e->count; i++)
		ost_destination_free(&e->destinations[i]);
	if (e->base != NULL)
		event_base_free(e->base);
	(void)wolfSSL_Cleanup();
}

static int run(const struct options *o)
{
	static struct ost_exportd e;
	struct ost_site_file *site = NULL;
	char why[256];
	int r;

	if (ost_paths_init(&e.paths, o->root) < 0) {
		ost_log_error("--root: the path is too long");
		return -EINVAL;
	}
	r = folder_make(&e);
	if (r == 0) {
		r = ost_sandbox_user(why);
		if (r < 0)
			ost_log_error("%s", why);
	}
	if (r == 0)
		r = site_load(o->config != NULL ? o->config : e.paths.site_file, &site);
	if (r < 0)
		return r;
	r = parts_make(&e, site);
	if (r == 0)
		r = loop(&e, site);
	parts_free(&e);
	ost_site_file_free(&site);
	return r;
}

int main(int argc, char **argv)
{
	struct options options = {.root = ""};
	int r;

	if (argc > 1 && strncmp(argv[1], "--convert", 9) == 0)
		return ost_convert_main(argc, argv);
	ost_log_open("ostiary-exportd", OST_LOG_INFO);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)umask(0027);
	r = options_read(argc, argv, &options);
	if (r != 0)
		return r > 0 ? EXIT_SUCCESS : EXIT_INPUT;
	return run(&options) == 0 ? EXIT_SUCCESS : EXIT_INPUT;
}
