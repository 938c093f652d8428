/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ostiary-dataplane: the fast path. The whole start-up is dataplane_start(), in its order. */
#include <getopt.h>
#include <inttypes.h>
#include <rte_alarm.h>
#include <rte_eal.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>

#include "dataplane.h"
#include "file.h"
#include "log.h"
#include "rights.h"

#define TICK_MS	   100
#define EXIT_INPUT 2

static struct ost_dataplane dataplane; /* large, one a process */

static void usage(FILE *to)
{
	(void)fputs("usage: ostiary-dataplane [--root DIR] [--config FILE] [--no-hugepages] "
		    "[--verbose]\n"
		    "The fast path of Ostiary, in the foreground. Logs to standard error.\n"
		    "  --root DIR     every path below DIR (tests, labs)\n"
		    "  --config FILE  the site file (default: /etc/ostiary/ostiary.yaml)\n"
		    "  --no-hugepages as hugepages: no in the site file\n"
		    "  --verbose      debug lines too\n"
		    "Exit code: 0 stopped by a signal, 2 it cannot start (the log says why and "
		    "what to do).\n",
		to);
}

/* The log has its own word for the kind of line, so each finding is put together here. */
static bool findings_log(struct ost_diag *diag)
{
	char place[PATH_MAX + 32];

	ost_diag_sort(diag);
	for (uint32_t i = 0; i < diag->count; i++) {
		const struct ost_finding *f = &diag->findings[i];

		place[0] = '\0';
		if (f->pos.file != NULL && f->pos.line > 0)
			(void)snprintf(place, sizeof(place), "%s:%u:%u: ", f->pos.file, f->pos.line, f->pos.column);
		else if (f->pos.file != NULL)
			(void)snprintf(place, sizeof(place), "%s: ", f->pos.file);
		ost_log(f->severity == OST_SEV_ERROR ? OST_LOG_ERROR : OST_LOG_WARNING, "%s%s%s%s", place, f->what,
			f->hint != NULL ? "; " : "", f->hint != NULL ? f->hint : "");
	}
	return diag->errors > 0;
}

/* The end of --help and --version. */
static _Noreturn void told(void)
{
	int r = ost_stream_end(stdout);

	if (r < 0)
		ost_log_error("standard output cannot be written: %s; what was printed is not whole", strerror(-r));
	exit(r < 0 ? EXIT_INPUT : EXIT_SUCCESS);
}

static int arguments(struct ost_dataplane *dp, int argc, char **argv)
{
	static const struct option options[] = {{"root", required_argument, NULL, 'r'},
		{"config", required_argument, NULL, 'c'}, {"verbose", no_argument, NULL, 'v'},
		{"no-hugepages", no_argument, NULL, 'n'}, {"version", no_argument, NULL, 'V'},
		{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
	const char *root = NULL, *config = NULL;
	enum ost_log_level least = OST_LOG_INFO;
	int o;

	ost_log_open("ostiary-dataplane", least);
	while ((o = getopt_long(argc, argv, "hv", options, NULL)) != -1) {
		if (o == 'h' || o == 'V') {
			if (o == 'h')
				usage(stdout);
			else
				(void)puts("ostiary-dataplane " OSTIARY_VERSION);
			told();
		}
		if (o == '?')
			return -EINVAL;
		root = o == 'r' ? optarg : root;
		config = o == 'c' ? optarg : config;
		least = o == 'v' ? OST_LOG_DEBUG : least;
		dp->no_hugepages = dp->no_hugepages || o == 'n';
	}
	ost_log_open("ostiary-dataplane", least);
	if (optind != argc || ost_paths_init(&dp->paths, root) < 0 ||
		(config != NULL && strlen(config) >= sizeof(dp->paths.site_file)))
		return -EINVAL;
	if (config != NULL)
		(void)snprintf(dp->paths.site_file, sizeof(dp->paths.site_file), "%s", config);
	dp->root = root;
	dp->verbose = least == OST_LOG_DEBUG;
	return 0;
}

/* The socket comes first: a second instance must not touch a port. */
static int socket_open(struct ost_dataplane *dp)
{
	int r = ost_dir_make(dp->paths.run_dir, 0755);

	if (r == 0)
		r = ost_link_new(dp, &dp->link);
	if (r == 0)
		r = ost_door_new(dp, &dp->door);
	if (r == 0)
		r = ost_lookout_new(dp, &dp->lookout);
	if (r == -EADDRINUSE)
		ost_log_error("another ostiary-dataplane runs (it answers on %s); stop it first, or use --root DIR",
			dp->paths.dataplane_socket);
	else if (r < 0)
		ost_log_error("cannot listen on %s: %s; %s", dp->paths.dataplane_socket,
			strerror(-r),
			r == -ENAMETOOLONG
				? "a socket's path has at most 107 bytes: use a shorter --root"
				: "check the folder and its permissions");
	return r;
}

static unsigned rights_needed(const struct ost_site_file *file)
{
	unsigned keep = 0;

	for (uint32_t i = 0; i < file->port_count; i++) {
		enum ost_port_driver d = file->ports[i].driver;

		if (d == OST_DRIVER_TAP)
			keep |= OST_KEEP_NET_ADMIN;
		if (d == OST_DRIVER_PCI)
			keep |= OST_KEEP_IPC_LOCK;
	}
	return keep;
}

static atomic_bool rights_dropped_there;

/* Runs in the EAL's interrupt thread, which nothing else of ours reaches. */
static void rights_drop_alarm(void *keep)
{
	(void)ost_rights_drop_thread((unsigned)(uintptr_t)keep);
	atomic_store(&rights_dropped_there, true);
}

/* Workers drop theirs as they start; here the main thread and the EAL's. Then /proc is asked. */
static void rights_drop(unsigned keep)
{
	int excess = -1;

	if (!ost_rights_drop_thread(keep))
		ost_log_warning("not every right could be dropped");
	if (rte_eal_alarm_set(1, rights_drop_alarm, (void *)(uintptr_t)keep) == 0) {
		for (int i = 0; i < 1000 && !atomic_load(&rights_dropped_there); i++)
			(void)usleep(1000);
	}
	for (int i = 0; i < 1000 && excess != 0; i++) {
		excess = ost_rights_excess_threads(keep);
		if (excess != 0)
			(void)usleep(1000);
	}
	if (excess != 0)
		ost_log_warning("%d threads of DPDK kept their capabilities", excess);
	ost_log_info("rights: no new privileges; capabilities kept: %s", ost_rights_text(keep));
}

static void link_changed(void *user, uint32_t port, bool up)
{
	struct ost_dataplane *dp = user;

	ost_log_info("port %s: link %s", dp->file->ports[port].name, up ? "up" : "down");
	if (!up)
		ost_site_port_down(dp->site, port);
	ost_link_port_link(dp->link, port, up);
	ost_door_port_link(dp->door, port, up);
}

/* Begins anew as the same process, with nothing of DPDK's first try left. Returns only when that
 * fails. */
static int again_without_hugepages(struct ost_dataplane *dp)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *argv[] = {self, (char *)(uintptr_t) "--no-hugepages", (char *)(uintptr_t) "--config",
		dp->paths.site_file, NULL, NULL, NULL, NULL};
	unsigned more = 4;

	if (dp->root != NULL) {
		argv[more++] = (char *)(uintptr_t) "--root";
		argv[more++] = (char *)(uintptr_t)dp->root;
	}
	if (dp->verbose)
		argv[more] = (char *)(uintptr_t) "--verbose";
	ost_log_warning("hugepages: another program has them: starting again without (write "
			"hugepages: no to start so at once)");
	ost_lookout_free(&dp->lookout);
	ost_door_free(&dp->door);
	ost_link_free(&dp->link);
	if (n <= 0)
		return -errno;
	self[n] = '\0';
	if (close_range(3, ~0u, CLOSE_RANGE_CLOEXEC) == 0)
		(void)execv(self, argv);
	ost_log_error("%s cannot be started again: %s; write hugepages: no", self, strerror(errno));
	return -errno;
}

static int ports_open(struct ost_dataplane *dp, struct ost_diag *diag)
{
	bool hugepages = false;
	int r = ost_eal_start(dp->file, diag, &hugepages);

	if (r == -EAGAIN)
		return again_without_hugepages(dp);
	dp->worker_count = dp->file->workers;
	if (r == 0)
		r = ost_ports_open(dp->file, hugepages, &dp->worker_count, diag, &dp->ports);
	return findings_log(diag) && r == 0 ? -EINVAL : r;
}

static int dataplane_start(struct ost_dataplane *dp, struct ost_diag *diag)
{
	unsigned keep;
	int r = ost_site_file_load(dp->paths.site_file, diag, &dp->file);

	if (findings_log(diag) || r < 0)
		return r < 0 ? r : -EINVAL;
	ost_diag_free(diag);
	if (dp->no_hugepages)
		dp->file->hugepages = OST_HUGEPAGES_NO;
	r = socket_open(dp);
	if (r == 0)
		r = ports_open(dp, diag);
	if (r < 0)
		return r;
	dp->clock = ost_tsc_start();
	dp->started_ns = ost_tsc_now_ns(&dp->clock);
	r = ost_crew_make(dp);
	if (r < 0) {
		ost_log_error("no memory for the tables: %s; lower tables: in %s", strerror(-r), dp->paths.site_file);
		return r;
	}
	ost_swap_last_image(dp);
	ost_denied_apply(dp);
	ost_ports_links(&dp->ports, link_changed, dp);
	/* What has no link from the start on has changed nothing. */
	for (uint32_t i = 0; i < dp->ports.count; i++) {
		if (!atomic_load(&dp->ports.ports[i].up))
			ost_link_port_link(dp->link, i, false);
	}
	keep = rights_needed(dp->file);
	r = ost_crew_start(dp, keep);
	if (r < 0) {
		ost_log_error("workers cannot start: %s", strerror(-r));
		return r;
	}
	rights_drop(keep);
	ost_log_info("ready: %u ports, %u %s, generation %" PRIu64, dp->ports.count, dp->worker_count,
		dp->worker_count == 1 ? "worker" : "workers", dp->policy != NULL ? dp->policy->image.generation : 0);
	return 0;
}

/* Until a signal says stop. */
static void run(struct ost_dataplane *dp, int signal_fd)
{
	uint64_t tick_ns = ost_clock_mono_ns();
	struct pollfd fds[8];

	for (;;) {
		uint64_t now_ns = ost_clock_mono_ns();

		ost_link_poll_prepare(dp->link, fds);
		ost_door_poll_prepare(dp->door, fds + 2);
		ost_lookout_poll_prepare(dp->lookout, fds + 5);
		fds[7] = (struct pollfd){.fd = signal_fd, .events = POLLIN};
		if (poll(fds, 8, tick_ns > now_ns ? (int)((tick_ns - now_ns) / OST_NS_PER_MS) + 1 : 0) < 0 && errno != EINTR)
			return;
		if (fds[7].revents & POLLIN)
			return;
		ost_link_poll_serve(dp->link, fds);
		ost_door_poll_serve(dp->door, fds + 2);
		ost_lookout_poll_serve(dp->lookout, fds + 5);
		if (ost_clock_mono_ns() < tick_ns)
			continue;
		tick_ns = ost_clock_mono_ns() + TICK_MS * OST_NS_PER_MS;
		ost_site_wall_set(dp->site, (int64_t)(ost_clock_wall_ns() / OST_NS_PER_S));
		ost_ports_links(&dp->ports, link_changed, dp);
		ost_link_tick(dp->link);
		ost_door_tick(dp->door);
		ost_lookout_tick(dp->lookout);
	}
}

static void dataplane_stop(struct ost_dataplane *dp)
{
	ost_crew_stop(dp);
	ost_ports_close(&dp->ports);
	ost_lookout_free(&dp->lookout);
	ost_door_free(&dp->door);
	ost_link_free(&dp->link);
	ost_crew_free(dp);
	ost_swap_free(dp);
	(void)rte_eal_cleanup();
	ost_site_file_free(&dp->file);
}

int main(int argc, char **argv)
{
	struct ost_dataplane *dp = &dataplane;
	struct ost_diag diag = {0};
	sigset_t stop;
	int signal_fd;

	if (arguments(dp, argc, argv) < 0) {
		usage(stderr);
		return EXIT_INPUT;
	}
	(void)sigemptyset(&stop);
	(void)sigaddset(&stop, SIGTERM);
	(void)sigaddset(&stop, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &stop, NULL);
	signal_fd = signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signal_fd < 0 || dataplane_start(dp, &diag) < 0) {
		ost_lookout_free(&dp->lookout);
		ost_door_free(&dp->door);
		ost_link_free(&dp->link);
		ost_diag_free(&diag);
		return EXIT_INPUT;
	}
	ost_diag_free(&diag);
	run(dp, signal_fd);
	ost_log_info("stopping");
	dataplane_stop(dp);
	return 0;
}
