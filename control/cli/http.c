/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "http.h"

#include <stdio.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>

#define HEADER_MAX (16u * 1024)

static int socket_connect(const char *path, unsigned timeout_s, int *ret_fd)
{
	OST_AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const struct timeval tv = {.tv_sec = timeout_s};
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	if (fd < 0)
		return -errno;
	if (strlen(path) >= sizeof(a.sun_path))
		return -ENAMETOOLONG;
	memcpy(a.sun_path, path, strlen(path) + 1);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) < 0 ||
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)) < 0 ||
		connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	*ret_fd = fd;
	fd = -1;
	return 0;
}

static int send_all(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t n = send(fd, bytes, length, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		bytes += n;
		length -= (size_t)n;
	}
	return 0;
}

/* Until the other end closes; "Connection: close" asks it to. */
static int receive_all(int fd, char **ret_bytes, size_t *ret_length)
{
	OST_AUTO_FREE char *bytes = NULL;
	size_t length = 0, capacity = 0;

	for (;;) {
		ssize_t n;

		if (length == capacity) {
			char *grown;

			capacity = capacity == 0 ? 64u * 1024 : capacity * 2;
			if (capacity > OST_HTTP_BODY_MAX + HEADER_MAX)
				return -EPROTO;
			grown = realloc(bytes, capacity);
			if (grown == NULL)
				return -ENOMEM;
			bytes = grown;
		}
		n = recv(fd, bytes + length, capacity - length, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? -ETIMEDOUT : errno == ECONNRESET ? -EPIPE : -errno;
		if (n == 0)
			break;
		length += (size_t)n;
	}
	*ret_bytes = bytes;
	*ret_length = length;
	bytes = NULL;
	return 0;
}

/* "HTTP/1.1 200 OK": 200, or 0. */
static unsigned status_parse(const char *line)
{
	unsigned status = 0;

	if (strncmp(line, "HTTP/1.", 7) != 0 || (line[7] != '0' && line[7] != '1') || line[8] != ' ')
		return 0;
	for (int i = 9; i < 12; i++) {
		if (line[i] < '0' || line[i] > '9')
			return 0;
		status = status * 10 + (unsigned)(line[i] - '0');
	}
	return status >= 100 && status < 600 ? status : 0;
}

/* Content-Length among the header lines. Chunked answers are not ours. */
static int content_length(const char *header, const char *end, size_t *ret_length)
{
	static const char name[] = "content-length:";
	bool found = false;
	size_t length = 0;

	for (const char *line = header; line != NULL && line < end;) {
		if (strncasecmp(line, "transfer-encoding:", 18) == 0)
			return -EPROTO;
		if (strncasecmp(line, name, sizeof(name) - 1) == 0) {
			const char *c = line + sizeof(name) - 1;

			found = true;
			for (length = 0; *c == ' '; c++)
				;
			for (; *c >= '0' && *c <= '9' && length <= OST_HTTP_BODY_MAX; c++)
				length = length * 10 + (size_t)(*c - '0');
			if (*c != '\r' || length > OST_HTTP_BODY_MAX)
				return -EPROTO;
		}
		line = memchr(line, '\n', (size_t)(end - line));
		line = line != NULL ? line + 1 : NULL;
	}
	if (!found)
		return -EPROTO;
	*ret_length = length;
	return 0;
}

int ost_http_reply_parse(const char *bytes, size_t length, struct ost_http_reply *ret_reply)
{
	const char *end = memmem(bytes, OST_MIN(length, (size_t)HEADER_MAX), "\r\n\r\n", 4);
	struct ost_http_reply reply = {0};
	size_t head;
	int r;

	if (end == NULL || length < 16)
		return length < HEADER_MAX ? -EPIPE : -EPROTO;
	head = (size_t)(end - bytes) + 4;
	reply.status = status_parse(bytes);
	if (reply.status == 0)
		return -EPROTO;
	r = content_length(bytes, end + 2, &reply.length);
	if (r < 0)
		return r;
	if (length - head != reply.length)
		return length - head < reply.length ? -EPIPE : -EPROTO;
	reply.body = malloc(reply.length + 1);
	if (reply.body == NULL)
		return -ENOMEM;
	memcpy(reply.body, bytes + head, reply.length);
	reply.body[reply.length] = '\0';
	*ret_reply = reply;
	return 0;
}

static int request(const char *socket_path, const char *method, const char *path, const struct ost_http_body *body, unsigned timeout_s,
	struct ost_http_reply *ret_reply)
{
	OST_AUTO_CLOSE int fd = -1;
	OST_AUTO_FREE char *answer = NULL;
	size_t answer_length = 0, length = 0;
	char head[1024];
	int n, r;

	for (uint32_t i = 0; i < body->count; i++)
		length += body->pieces[i].iov_len;
	n = snprintf(head, sizeof(head), "%s %s HTTP/1.1\r\nHost: ostiary\r\nConnection: close\r\nContent-Length: %zu\r\n%s%s%s\r\n", method,
		path, length, body->type != NULL ? "Content-Type: " : "", body->type != NULL ? body->type : "", body->type != NULL ? "\r\n" : "");
	if (n < 0 || n >= (int)sizeof(head))
		return -ENAMETOOLONG;
	r = socket_connect(socket_path, timeout_s, &fd);
	if (r == 0)
		r = send_all(fd, head, (size_t)n);
	for (uint32_t i = 0; i < body->count && r == 0; i++)
		r = send_all(fd, body->pieces[i].iov_base, body->pieces[i].iov_len);
	/* An early error closes the way for the rest of the body: its answer may be there all the same. */
	if (r == 0 || r == -EPIPE)
		r = receive_all(fd, &answer, &answer_length);
	return r == 0 ? ost_http_reply_parse(answer != NULL ? answer : "", answer_length, ret_reply) : r;
}

int ost_http_request(const char *socket_path, const char *method, const char *path, const char *body,
	size_t length, unsigned timeout_s, struct ost_http_reply *ret_reply)
{
	const struct iovec piece = {(void *)(uintptr_t)body, length};
	const struct ost_http_body whole = {.pieces = &piece, .count = body != NULL ? 1 : 0};

	return request(socket_path, method, path, &whole, timeout_s, ret_reply);
}

int ost_http_post(const char *socket_path, const char *path, const struct ost_http_body *body, unsigned timeout_s,
	struct ost_http_reply *ret_reply)
{
	return request(socket_path, "POST", path, body, timeout_s, ret_reply);
}

void ost_http_reply_free(struct ost_http_reply *reply)
{
	free(reply->body);
	*reply = (struct ost_http_reply){0};
}

int ost_http_path(const char *prefix, const char *segment, char *buf, size_t size)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t n = strlen(prefix);

	if (n + 3 * strlen(segment) + 1 > size)
		return -ENAMETOOLONG;
	memcpy(buf, prefix, n);
	for (const unsigned char *c = (const unsigned char *)segment; *c != '\0'; c++) {
		if ((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') ||
			*c == '-' || *c == '.' || *c == '_') {
			buf[n++] = (char)*c;
			continue;
		}
		buf[n++] = '%';
		buf[n++] = hex[*c >> 4];
		buf[n++] = hex[*c & 15];
	}
	buf[n] = '\0';
	return 0;
}
