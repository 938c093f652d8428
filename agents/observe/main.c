/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ostiary-observed: connects to the data plane, gives up every right, reads. When the connection ends, so does it: whoever started it
 * starts it again. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>

#include "await.h"
#include "clock.h"
#include "file.h"
#include "log.h"
#include "msg.h"
#include "paths.h"
#include "sandbox.h"
#include "talks.h"

#define EXIT_INPUT	2 /* trying again will not help */
#define CONNECT_WITHIN_NS (60 * OST_NS_PER_S)
#define CONNECT_STEP_US 100000u

static const char help[] =
	"usage: ostiary-observed [--root DIR]\n\n"
	"Reads the first payload of connections to telnet, FTP, HTTP and MQTT, and says that a password was sent there in clear text, or one\n"
	"that everybody knows. Runs in the foreground and logs to standard error.\n\n"
	"  --root DIR      use DIR/run/ostiary\n"
	"  --version, --help\n";

/* 0: go on; 1: all was said. */
static int told(void)
{
	int r = ost_stream_end(stdout);

	if (r == 0)
		return 1;
	ost_log_error("standard output cannot be written: %s; what was printed is not whole", strerror(-r));
	return r;
}

static int options_read(int argc, char **argv, const char **ret_root)
{
	static const struct option table[] = {{"root", required_argument, NULL, 'r'}, {"version", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};

	for (int c; (c = getopt_long(argc, argv, "h", table, NULL)) != -1;) {
		switch (c) {
		case 'r':
			*ret_root = optarg;
			break;
		case 'v':
			(void)printf("ostiary-observed %s\n", OSTIARY_VERSION);
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
	ost_log_error("'%s' is too much; see ostiary-observed --help", argv[optind]);
	return -EINVAL;
}

static int connect_to(const char *path, int *ret_fd)
{
	const struct ost_msg_hello m = {.program = OST_PROGRAM_OBSERVED, .pid = (uint32_t)getpid(), .version = OSTIARY_VERSION};
	const uint64_t until = ost_clock_mono_ns() + CONNECT_WITHIN_NS;
	int r;

	while ((r = ost_msg_connect(path, ret_fd)) < 0 && (r == -ENOENT || r == -ECONNREFUSED) && ost_clock_mono_ns() < until)
		(void)usleep(CONNECT_STEP_US);
	return r < 0 ? r : ost_msg_send(*ret_fd, OST_MSG_HELLO, 0, &m, sizeof(m), -1);
}

/* The data plane is slow: it will not miss one of many. Gone: that is noticed when reading. */
static void observed_send(int fd, const struct ost_msg_observed *m)
{
	if (ost_msg_send(fd, OST_MSG_OBSERVED, 0, m, sizeof(*m), -1) < 0)
		ost_log_debug("an observation was not taken");
}

/* Until nothing is there. 0, or why it ends. */
static int messages_read(int fd, struct ost_talks *talks, bool *greeted)
{
	static _Alignas(8) uint8_t payload[OST_MSG_PAYLOAD_MAX];

	for (;;) {
		OST_AUTO_CLOSE int passed = -1;
		struct ost_msg_observed found;
		struct ost_msg_header h;
		int r = ost_msg_receive(fd, &h, payload, &passed);

		if (r == -EAGAIN)
			return 0;
		if (r < 0)
			return r;
		if (h.type == OST_MSG_HELLO && !*greeted)
			*greeted = true;
		else if (h.type != OST_MSG_SEGMENT || !*greeted)
			return -EPROTO;
		else if (ost_talks_segment(talks, (const struct ost_segment *)(const void *)payload, &found))
			observed_send(fd, &found);
		explicit_bzero(payload, h.length);
	}
}

static int serve(int fd)
{
	struct ost_talks *talks = NULL;
	bool greeted = false;
	int r = ost_talks_new(&talks);

	while (r == 0) {
		r = ost_fd_wait(fd, POLLIN, UINT64_MAX);
		if (r == 0)
			r = messages_read(fd, talks, &greeted);
	}
	ost_talks_free(&talks);
	return r;
}

int main(int argc, char **argv)
{
	static struct ost_paths paths;
	const char *root = "";
	char why[OST_CONFINE_WHY];
	int fd = -1, r;

	ost_log_open("ostiary-observed", OST_LOG_INFO);
	(void)signal(SIGPIPE, SIG_IGN);
	r = options_read(argc, argv, &root);
	if (r != 0)
		return r > 0 ? EXIT_SUCCESS : EXIT_INPUT;
	if (ost_paths_init(&paths, root) < 0) {
		ost_log_error("--root: the path is too long");
		return EXIT_INPUT;
	}
	r = connect_to(paths.observe_socket, &fd);
	if (r < 0) {
		ost_log_error("%s: %s; is ostiary-dataplane running?", paths.observe_socket, strerror(-r));
		return EXIT_FAILURE;
	}
	if (ost_sandbox_enter(why) < 0) {
		ost_log_error("%s", why);
		return EXIT_INPUT;
	}
	ost_log_info("version %s; connected to the data plane", OSTIARY_VERSION);
	r = serve(fd);
	ost_log_warning("connection to the data plane: %s; ending", r == -EPIPE ? "it went away" : strerror(-r));
	return EXIT_FAILURE;
}
