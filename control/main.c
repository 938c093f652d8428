/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ostiaryd: options, one instance, its folders, its rights, the event loop. */
#include <event2/event.h>
#include <fcntl.h>
#include <ftw.h>
#include <getopt.h>
#include <grp.h>
#include <libgen.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "authority.h"
#include "daemon.h"
#include "file.h"
#include "log.h"
#include "metrics.h"
#include "text.h"

#define EXIT_INPUT 2 /* usage, files, or a second instance: trying again will not help */
#define USER_NAME  "ostiary"

static const char help[] =
	"usage: ostiaryd [--root DIR] [--config FILE] [--metrics-devices N]\n\n"
	"Keeps the device registry, the policy generations and the refusal log; serves the API.\n"
	"Runs in the foreground and logs to standard error.\n\n"
	"  --root DIR           use DIR/etc/ostiary, DIR/var/lib/ostiary and DIR/run/ostiary\n"
	"  --config FILE        site file, to check the ports of policies (default: etc/ostiary/ostiary.yaml)\n"
	"  --metrics-devices N  devices with series of their own on /metrics (default 10000)\n"
	"  --version, --help\n";

struct options {
	const char *root;
	const char *config; /* or NULL */
	uint32_t metrics_devices;
};

static int number_read(const char *text, uint32_t *ret_number)
{
	uint64_t n;

	if (ost_number_parse(text, strlen(text), &n) < 0 || n > OST_DEVICES_MAX)
		return -EINVAL;
	*ret_number = (uint32_t)n;
	return 0;
}

/* 1: all was said. */
static int told(void)
{
	int r = ost_stream_end(stdout);

	if (r == 0)
		return 1;
	ost_log_error("standard output cannot be written: %s; what was printed is not whole", strerror(-r));
	return r;
}

/* 0: go on; 1: all was said. */
static int options_read(int argc, char **argv, struct options *o)
{
	static const struct option table[] = {
		{"root", required_argument, NULL, 'r'},
		{"config", required_argument, NULL, 'c'},
		{"metrics-devices", required_argument, NULL, 'm'},
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
		case 'm':
			if (number_read(optarg, &o->metrics_devices) < 0) {
				ost_log_error("--metrics-devices: '%s' is no number up to %u", optarg, OST_DEVICES_MAX);
				return -EINVAL;
			}
			break;
		case 'v':
			(void)printf("ostiaryd %s\n", OSTIARY_VERSION);
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
	ost_log_error("'%s' is too much; see ostiaryd --help", argv[optind]);
	return -EINVAL;
}

/* What leads to our folder is open to all, the folder itself is not. */
static int parents_make(const char *path)
{
	char copy[PATH_MAX];
	mode_t mask = umask(0022);
	int r;

	(void)snprintf(copy, sizeof(copy), "%s", path);
	r = ost_dir_make(dirname(copy), 0755);
	(void)umask(mask);
	return r;
}

static const struct passwd *new_owner; /* nftw(3) passes nothing on */

static int file_give(const char *path, const struct stat *st, int kind, struct FTW *place)
{
	(void)st;
	(void)kind;
	(void)place;
	return lchown(path, new_owner->pw_uid, new_owner->pw_gid);
}

/* A folder that is root's has what a former start as root left there, which would lock the user out. One that
 * is the user's already is left alone: root must not trust what lies in it. */
static int folder_give(const char *path, const struct passwd *user)
{
	new_owner = user;
	return nftw(path, file_give, 16, FTW_PHYS | FTW_MOUNT) != 0 ? -errno : 0;
}

static int folder_make(const char *path, const struct passwd *user)
{
	struct stat st;
	int r = parents_make(path);

	if (r == 0)
		r = ost_dir_make(path, 0750);

	if (r == 0 && (stat(path, &st) < 0 || !S_ISDIR(st.st_mode)))
		r = -ENOTDIR;
	if (r == 0 && user != NULL && st.st_uid == 0)
		r = folder_give(path, user);
	if (r < 0)
		ost_log_error("%s: %s; ostiaryd keeps its state there", path, strerror(-r));
	return r;
}

/* Held as long as the process lives; the kernel lets go of it however it ends. */
static int instance_lock(const struct ost_paths *paths, const struct passwd *user)
{
	char path[PATH_MAX + 16];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/ostiaryd.lock", paths->run_dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0) {
		ost_log_error("%s: %s; start it as root, or as the user who owns this folder", path,
			strerror(errno));
		return -EACCES;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
		if (user != NULL && fchown(fd, user->pw_uid, user->pw_gid) < 0)
			ost_log_warning("%s: %s", path, strerror(errno));
		return 0; /* the descriptor stays open on purpose */
	}
	ost_log_error("another ostiaryd is running for this root (it holds %s); stop it first, or use --root", path);
	(void)close(fd);
	return -EADDRINUSE;
}

/* The run folder stays root's and is open to the group: the data plane makes its socket there too. */
static int folders_make(const struct ost_paths *paths, const struct passwd *user)
{
	int r = folder_make(paths->state_dir, user);

	if (r == 0)
		r = folder_make(paths->generations, user);
	if (r == 0)
		r = folder_make(paths->run_dir, user);
	return r;
}

static int rights_drop(const struct passwd *user)
{
	if (initgroups(user->pw_name, user->pw_gid) < 0 || setgid(user->pw_gid) < 0 || setuid(user->pw_uid) < 0) {
		ost_log_error("cannot become user %s: %s", user->pw_name, strerror(errno));
		return -EPERM;
	}
	return 0;
}

static int paths_fill(const struct options *o, struct ost_paths *paths)
{
	int r = ost_paths_init(paths, o->root);

	if (r < 0 || o->config == NULL)
		return r;
	return snprintf(paths->site_file, sizeof(paths->site_file), "%s", o->config) >= PATH_MAX ? -ENAMETOOLONG : 0;
}

static void on_signal(evutil_socket_t number, short what, void *user)
{
	(void)what;
	ost_log_info("signal %d: stopping", (int)number);
	(void)event_base_loopbreak(user);
}

static void on_hangup(evutil_socket_t number, short what, void *user)
{
	(void)number;
	(void)what;
	ost_authority_reload(user);
}

static int loop(const struct ost_paths *paths, uint32_t metrics_devices)
{
	struct event_base *base = event_base_new();
	struct ost_daemon *daemon = NULL;
	struct event *term, *interrupt, *hangup;
	char why[OST_DAEMON_WHY];
	int r;

	if (base == NULL)
		return -ENOMEM;
	r = ost_daemon_new(base, paths, metrics_devices, why, &daemon);
	if (r < 0) {
		ost_log_error("%s", why);
		event_base_free(base);
		return r;
	}
	term = evsignal_new(base, SIGTERM, on_signal, base);
	interrupt = evsignal_new(base, SIGINT, on_signal, base);
	hangup = evsignal_new(base, SIGHUP, on_hangup, daemon);
	if (term != NULL && interrupt != NULL && hangup != NULL && event_add(term, NULL) == 0 && event_add(interrupt, NULL) == 0 &&
		event_add(hangup, NULL) == 0) {
		ost_log_info("version %s serves %s", OSTIARY_VERSION, paths->api_socket);
		r = event_base_dispatch(base) < 0 ? -EIO : 0;
	}
	ost_daemon_free(&daemon);
	if (term != NULL)
		event_free(term);
	if (interrupt != NULL)
		event_free(interrupt);
	if (hangup != NULL)
		event_free(hangup);
	event_base_free(base);
	return r;
}

int main(int argc, char **argv)
{
	struct options options = {.root = "", .metrics_devices = OST_METRICS_DEVICES_DEFAULT};
	const struct passwd *user = geteuid() == 0 ? getpwnam(USER_NAME) : NULL;
	struct ost_paths paths;
	int r;

	ost_log_open("ostiaryd", OST_LOG_INFO);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)umask(0027);
	r = options_read(argc, argv, &options);
	if (r != 0)
		return r > 0 ? EXIT_SUCCESS : EXIT_INPUT;
	if (paths_fill(&options, &paths) < 0) {
		ost_log_error("--root or --config: the path is too long");
		return EXIT_INPUT;
	}
	if (folders_make(&paths, user) < 0 || instance_lock(&paths, user) < 0)
		return EXIT_INPUT;
	ost_file_leftovers_remove(paths.state_dir);
	ost_file_leftovers_remove(paths.generations);
	if (user != NULL && rights_drop(user) < 0)
		return EXIT_INPUT;
	return loop(&paths, options.metrics_devices) < 0 ? EXIT_INPUT : EXIT_SUCCESS;
}
