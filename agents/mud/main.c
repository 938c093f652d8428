/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ostiary-mud: one request from standard input, its answer to standard output. Rights are given up before the first byte of it
 * is read. */
#include <wolfssl/options.h>

#include <wolfssl/ssl.h>

#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>

#include "file.h"
#include "job.h"
#include "log.h"
#include "sandbox.h"

#define EXIT_INPUT 2
#define LIFE_S	   40 /* whatever happens */

static const char help[] = "usage: ostiary-mud <REQUEST >ANSWER\n\n"
			   "Fetches a MUD file and verifies its signature, for ostiary policy import-mud, which starts it.\n\n"
			   "  --version, --help\n";

static int input_read(uint8_t **ret_bytes, size_t *ret_length)
{
	size_t capacity = 65536, length = 0;
	uint8_t *bytes = malloc(capacity);
	ssize_t n = 1;

	if (bytes == NULL)
		return -ENOMEM;
	while (n > 0 && length < OST_MUD_WIRE_MAX) {
		if (length == capacity) {
			uint8_t *grown = realloc(bytes, 2 * capacity);

			if (grown == NULL)
				break;
			bytes = grown;
			capacity *= 2;
		}
		n = read(STDIN_FILENO, bytes + length, capacity - length);
		length += n > 0 ? (size_t)n : 0;
	}
	if (n != 0) {
		free(bytes);
		return -EIO;
	}
	*ret_bytes = bytes;
	*ret_length = length;
	return 0;
}

static int output_write(const struct ost_mud_answer *answer)
{
	uint8_t *bytes;
	size_t length, done = 0;
	int r = ost_mud_answer_write(answer, &bytes, &length);

	while (r == 0 && done < length) {
		ssize_t n = write(STDOUT_FILENO, bytes + done, length - done);

		if (n < 0)
			r = -errno;
		done += n > 0 ? (size_t)n : 0;
	}
	if (r == 0)
		free(bytes);
	return r;
}

static int request_do(const struct ost_mud_request *request)
{
	struct ost_mud_resolver resolver = {-1, 0};
	struct ost_mud_owned owned = {0};
	struct ost_mud_answer answer = {0};
	char why[256] = "";
	int r = request->url[0] != '\0' ? ost_mud_resolver_start(&resolver) : 0;

	if (r == 0)
		r = ost_sandbox_fetcher(resolver.pid, why);
	if (r == 0)
		r = wolfSSL_Init() == WOLFSSL_SUCCESS ? 0 : -EIO;
	if (r < 0) {
		ost_log_error("%s", why[0] != '\0' ? why : "cannot start");
	} else {
		ost_mud_job(request, &resolver, &answer, &owned);
		r = output_write(&answer);
	}
	ost_mud_resolver_stop(&resolver);
	free(owned.body);
	free(owned.signature);
	return r;
}

static int run(void)
{
	struct ost_mud_request request;
	uint8_t *bytes = NULL;
	size_t length = 0;
	char why[256];
	int r = ost_sandbox_user(why);

	if (r < 0) {
		ost_log_error("%s", why);
		return r;
	}
	(void)alarm(LIFE_S);
	r = input_read(&bytes, &length);
	if (r == 0)
		r = ost_mud_request_read(bytes, length, &request);
	if (r == 0)
		r = request_do(&request);
	else
		ost_log_error("standard input holds no request");
	free(bytes);
	return r;
}

int main(int argc, char **argv)
{
	ost_log_open("ostiary-mud", OST_LOG_INFO);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)umask(0077);
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		(void)printf("ostiary-mud %s\n", OSTIARY_VERSION);
	else if (argc == 2 && strcmp(argv[1], "--help") == 0)
		(void)fputs(help, stdout);
	else if (argc > 1 || isatty(STDIN_FILENO))
		ost_log_error("it is started by ostiary policy import-mud; see ostiary-mud --help");
	else
		return run() == 0 ? EXIT_SUCCESS : EXIT_INPUT;
	return argc == 2 && argv[1][0] == '-' && ost_stream_end(stdout) == 0 ? EXIT_SUCCESS : EXIT_INPUT;
}
