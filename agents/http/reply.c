/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reply.h"

#include <stdio.h>

#include "text.h"

enum step {
	STEP_STATUS,
	STEP_FIELD,
	STEP_BODY,
	STEP_CHUNK_SIZE,
	STEP_CHUNK,
	STEP_CHUNK_END,
	STEP_TRAILER,
};

static int refuse(struct ost_reply *r, const char *flaw)
{
	r->flaw = flaw;
	return -EPROTO;
}

void ost_reply_open(struct ost_reply *reply, size_t body_max)
{
	memset(reply, 0, sizeof(*reply));
	reply->body_max = body_max;
}

void ost_reply_close(struct ost_reply *reply)
{
	free(reply->body);
	reply->body = NULL;
}

/* ---- head ---- */

/* "HTTP/1.1 200 OK"; the phrase may be missing, with its blank even. */
static int status_line(struct ost_reply *r, const char *line, size_t n)
{
	const char *digits = line + 9;

	if (n < 12 || (strncmp(line, "HTTP/1.1 ", 9) != 0 && strncmp(line, "HTTP/1.0 ", 9) != 0) || (n > 12 && line[12] != ' '))
		return refuse(r, "the answer begins with no status line of HTTP/1.1");
	for (int i = 0; i < 3; i++) {
		if (digits[i] < '0' || digits[i] > '9')
			return refuse(r, "the answer begins with no status line of HTTP/1.1");
	}
	r->status = (unsigned)(digits[0] - '0') * 100 + (unsigned)(digits[1] - '0') * 10 + (unsigned)(digits[2] - '0');
	if (r->status < 100 || r->status > 599 || r->status == 101)
		return refuse(r, "the status of the answer is none that was asked for");
	r->step = STEP_FIELD;
	return 0;
}

static int length_field(struct ost_reply *r, const char *value, size_t n)
{
	uint64_t length = 0;

	if (r->has_length)
		return refuse(r, "Content-Length stands there twice");
	if (n > 19 || ost_number_parse(value, n, &length) < 0)
		return refuse(r, "Content-Length is no number");
	if (length > r->body_max && r->status == 200)
		return refuse(r, "the body is too large");
	r->has_length = true;
	r->wanted = (size_t)OST_MIN(length, r->body_max);
	return 0;
}

static int transfer_field(struct ost_reply *r, const char *value, size_t n)
{
	if (r->chunked || n != 7 || strncasecmp(value, "chunked", 7) != 0)
		return refuse(r, "Transfer-Encoding is not chunked alone");
	r->chunked = true;
	return 0;
}

static int encoding_field(struct ost_reply *r, const char *value, size_t n)
{
	if (n == 8 && strncasecmp(value, "identity", 8) == 0)
		return 0;
	return refuse(r, "the body is compressed or encoded, which was not asked for");
}

static int location_field(struct ost_reply *r, const char *value, size_t n)
{
	if (r->has_location)
		return refuse(r, "Location stands there twice");
	if (n == 0 || n >= sizeof(r->location))
		return refuse(r, "Location is empty or too long");
	r->has_location = true;
	memcpy(r->location, value, n);
	r->location[n] = '\0';
	return 0;
}

static const struct {
	const char *name;
	int (*take)(struct ost_reply *r, const char *value, size_t n);
} fields[] = {
	{"content-length", length_field},
	{"transfer-encoding", transfer_field},
	{"content-encoding", encoding_field},
	{"location", location_field},
};

/* RFC 9110 section 5.1, 5.6.2: the name is a token, with its colon at once. */
static int field_line(struct ost_reply *r, const char *line, size_t n, bool trailer)
{
	static const char token[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~";
	size_t name = strspn(line, token);
	const char *value = line + name + 1;
	size_t length;

	if (name == 0 || line[name] != ':')
		return refuse(r, "a field of the answer has no name");
	value += strspn(value, " \t");
	length = n - (size_t)(value - line);
	while (length > 0 && (value[length - 1] == ' ' || value[length - 1] == '\t'))
		length--;
	for (size_t i = 0; i < OST_ARRAY_SIZE(fields) && !trailer; i++) {
		if (strlen(fields[i].name) == name && strncasecmp(fields[i].name, line, name) == 0)
			return fields[i].take(r, value, length);
	}
	return 0;
}

static int head_ended(struct ost_reply *r)
{
	if (r->status < 200) { /* an interim answer: the real one follows */
		r->status = 0;
		r->has_length = r->has_location = r->chunked = false;
		r->wanted = 0;
		r->location[0] = '\0';
		r->step = STEP_STATUS;
		return 0;
	}
	if (r->status != 200) {
		r->done = true;
		return 1;
	}
	if (r->chunked && r->has_length)
		return refuse(r, "the answer says its length twice, as Content-Length and in chunks");
	if (!r->chunked && !r->has_length)
		return refuse(r, "the answer does not say its length");
	if (!r->chunked && r->wanted == 0)
		return refuse(r, "the body is empty");
	r->step = r->chunked ? STEP_CHUNK_SIZE : STEP_BODY;
	return 0;
}

/* ---- chunks: RFC 9112 section 7.1 ---- */

static int chunk_size(struct ost_reply *r, const char *line, size_t n)
{
	static const char hex[] = "0123456789abcdefABCDEF";
	size_t digits = strspn(line, hex), size = 0;

	if (digits == 0 || digits > 8 || (digits < n && line[digits] != ';' && line[digits] != ' ' && line[digits] != '\t'))
		return refuse(r, "a chunk has no size");
	for (size_t i = 0; i < digits; i++) {
		size_t v = (size_t)(strchr(hex, line[i]) - hex);

		size = size << 4 | (v < 16 ? v : v - 6);
	}
	if (size > r->body_max - r->length)
		return refuse(r, "the body is too large");
	r->wanted = size;
	r->step = size > 0 ? STEP_CHUNK : STEP_TRAILER;
	return 0;
}

static int chunk_end(struct ost_reply *r, size_t n)
{
	if (n > 0)
		return refuse(r, "a chunk is longer than it says");
	r->step = STEP_CHUNK_SIZE;
	return 0;
}

static int ended(struct ost_reply *r)
{
	if (r->length == 0)
		return refuse(r, "the body is empty");
	r->done = true;
	return 1;
}

/* ---- lines ---- */

static int line_done(struct ost_reply *r)
{
	size_t n = r->line_length;

	r->line[n] = '\0';
	r->line_length = 0;
	switch ((enum step)r->step) {
	case STEP_STATUS:
		return status_line(r, r->line, n);
	case STEP_FIELD:
		return n == 0 ? head_ended(r) : field_line(r, r->line, n, false);
	case STEP_CHUNK_SIZE:
		return chunk_size(r, r->line, n);
	case STEP_CHUNK_END:
		return chunk_end(r, n);
	case STEP_TRAILER:
		return n == 0 ? ended(r) : field_line(r, r->line, n, true);
	case STEP_BODY:
	case STEP_CHUNK:
		break;
	}
	return -EPROTO;
}

static bool is_chunk_line(const struct ost_reply *r)
{
	return r->step == STEP_CHUNK_SIZE || r->step == STEP_CHUNK_END;
}

static int line_byte(struct ost_reply *r, uint8_t byte)
{
	if (is_chunk_line(r) && ++r->overhead_bytes > OST_REPLY_OVERHEAD_MAX)
		return refuse(r, "the body comes in too many chunks");
	if (!is_chunk_line(r) && ++r->head_bytes > OST_REPLY_HEAD_MAX)
		return refuse(r, "the fields of the answer are too large");
	if (byte == '\n') {
		if (r->line_length == 0 || r->line[r->line_length - 1] != '\r')
			return refuse(r, "a line of the answer does not end as lines do");
		r->line_length--;
		return line_done(r);
	}
	if (r->line_length > 0 && r->line[r->line_length - 1] == '\r')
		return refuse(r, "a line of the answer does not end as lines do");
	if ((byte < 0x20 && byte != '\t' && byte != '\r') || byte == 0x7f)
		return refuse(r, "a line of the answer has a control character");
	if (r->line_length == OST_REPLY_HEAD_MAX)
		return refuse(r, "a line of the answer is too long");
	r->line[r->line_length++] = (char)byte;
	return 0;
}

/* ---- body ---- */

static int room_make(struct ost_reply *r, size_t n)
{
	size_t capacity = r->capacity == 0 ? 4096 : r->capacity;
	uint8_t *grown;

	while (capacity < r->length + n)
		capacity *= 2;
	if (capacity == r->capacity)
		return 0;
	grown = realloc(r->body, capacity);
	if (grown == NULL)
		return -ENOMEM;
	r->body = grown;
	r->capacity = capacity;
	return 0;
}

static int body_bytes(struct ost_reply *r, const uint8_t *bytes, size_t n)
{
	int e = room_make(r, n);

	if (e < 0)
		return e;
	memcpy(r->body + r->length, bytes, n);
	r->length += n;
	r->wanted -= n;
	if (r->wanted > 0)
		return 0;
	if (r->step == STEP_BODY)
		return ended(r);
	r->step = STEP_CHUNK_END;
	return 0;
}

int ost_reply_take(struct ost_reply *reply, const uint8_t *bytes, size_t length)
{
	int e = 0;

	while (length > 0 && e == 0) {
		size_t n = 1;

		if (reply->done)
			return refuse(reply, "bytes stand behind the answer");
		if (reply->step == STEP_BODY || reply->step == STEP_CHUNK) {
			n = OST_MIN(length, reply->wanted);
			e = body_bytes(reply, bytes, n);
		} else {
			e = line_byte(reply, *bytes);
		}
		bytes += n;
		length -= n;
	}
	/* Of what is no file nothing is read behind the fields. */
	if (e == 1 && length > 0 && reply->status == 200)
		return refuse(reply, "bytes stand behind the answer");
	return e;
}
