/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "api_form.h"

#include <microhttpd.h>
#include <stdio.h>

#include "api.h"
#include "array.h"
#include "text.h"

#define BUFFER_BYTES   (32u * 1024)
#define REQUEST_MAX    ((size_t)2 << 20) /* 1024 names of 255 bytes, all of them escaped, are less */
#define BOUNDARY_MAX   70u		  /* RFC 2046, 5.1.1 */
#define BOUNDARY_LEAST 2u		  /* the parser takes no shorter one */
#define CAPACITY_LEAST 4096u

struct ost_api_form {
	struct MHD_PostProcessor *parser;
	struct ost_api_text request;
	struct ost_api_text *texts;
	uint32_t count, capacity;
	size_t bytes;	  /* of the body so far */
	const char *flaw; /* the first that was found, a sentence */
	bool begun;	  /* the part request was there */
	bool no_memory;
};

bool ost_api_form_announced(const char *content_type)
{
	static const char form[] = "multipart/form-data", mark[] = "boundary=";
	static const char allowed[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'()+_,-./:=?";
	const char *boundary;
	size_t n;

	if (content_type == NULL || strncasecmp(content_type, form, sizeof(form) - 1) != 0 || content_type[sizeof(form) - 1] != ';')
		return false;
	boundary = strcasestr(content_type, mark);
	if (boundary == NULL)
		return false;
	boundary += sizeof(mark) - 1;
	n = strspn(boundary, allowed);
	return n >= BOUNDARY_LEAST && n <= BOUNDARY_MAX && boundary[n] == '\0';
}

static enum MHD_Result on_part(void *user, enum MHD_ValueKind kind, const char *name, const char *file_name, const char *type,
	const char *encoding, const char *bytes, uint64_t offset, size_t length)
{
	(void)kind;
	(void)file_name;
	(void)type;
	(void)encoding;
	return ost_api_form_part(user, name != NULL ? name : "", offset, bytes, length) ? MHD_YES : MHD_NO;
}

int ost_api_form_new(struct MHD_Connection *connection, struct ost_api_form **ret_form)
{
	struct ost_api_form *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return -ENOMEM;
	if (connection != NULL) {
		f->parser = MHD_create_post_processor(connection, BUFFER_BYTES, on_part, f);
		if (f->parser == NULL) {
			free(f);
			return -ENOMEM;
		}
	}
	*ret_form = f;
	return 0;
}

void ost_api_form_free(struct ost_api_form **form)
{
	struct ost_api_form *f = *form;

	if (f == NULL)
		return;
	if (f->parser != NULL)
		(void)MHD_destroy_post_processor(f->parser);
	ost_api_texts_free(f->texts, f->count);
	free(f->request.bytes);
	free(f);
	*form = NULL;
}

/* The first one counts. */
static struct ost_api_text *flawed(struct ost_api_form *f, const char *flaw)
{
	if (f->flaw == NULL)
		f->flaw = flaw;
	return NULL;
}

/* Where the bytes of a part go; NULL: nowhere. The parser may tell of no bytes at 0 before it tells of those that come there: a part
 * is known by its name. */
static struct ost_api_text *part_find(struct ost_api_form *f, const char *name)
{
	struct ost_api_text *texts;
	uint64_t n;

	if (strcmp(name, "request") == 0) {
		f->begun = true;
		return &f->request;
	}
	if (ost_number_parse(name, strlen(name), &n) < 0 || n > f->count || n + 1 < f->count)
		return flawed(f, "the parts of the form must be request, and 0, 1 and so on for the texts of its sources");
	if (n < f->count)
		return &f->texts[n];
	if (n == OST_API_SOURCES_MAX)
		return flawed(f, "the form has more texts than a policy may have files");
	texts = ost_array_room(f->texts, f->count, &f->capacity, sizeof(*texts));
	f->no_memory |= texts == NULL;
	if (texts == NULL)
		return NULL;
	f->texts = texts;
	f->texts[f->count] = (struct ost_api_text){0};
	return &f->texts[f->count++];
}

/* NUL-terminated behind its length, as what comes out of JSON is. */
static bool text_append(struct ost_api_text *t, const char *bytes, size_t n)
{
	if (t->capacity < t->length + n + 1) {
		size_t capacity = OST_MAX(t->capacity * 2, t->length + n + CAPACITY_LEAST);
		char *grown = realloc(t->bytes, capacity);

		if (grown == NULL)
			return false;
		t->bytes = grown;
		t->capacity = capacity;
	}
	if (n > 0)
		memcpy(t->bytes + t->length, bytes, n);
	t->length += n;
	t->bytes[t->length] = '\0';
	return true;
}

bool ost_api_form_part(struct ost_api_form *f, const char *name, uint64_t offset, const char *bytes, size_t length)
{
	struct ost_api_text *t = f->flaw == NULL ? part_find(f, name) : NULL;

	if (t == NULL)
		return !f->no_memory;
	if (offset != t->length)
		(void)flawed(f, "a part of the form stands twice");
	else if (t == &f->request && length > REQUEST_MAX - t->length)
		(void)flawed(f, "the request of the form is too long");
	else
		f->no_memory |= !text_append(t, bytes, length);
	return !f->no_memory;
}

int ost_api_form_add(struct ost_api_form *f, const char *bytes, size_t length)
{
	if (length > OST_API_BODY_MAX - f->bytes)
		return -EFBIG;
	f->bytes += length;
	if (f->flaw == NULL && MHD_post_process(f->parser, bytes, length) != MHD_YES)
		(void)flawed(f, "the body is not the form that its Content-Type announces");
	return f->no_memory ? -ENOMEM : 0;
}

int ost_api_form_end(struct ost_api_form *f, struct ost_api_sources **ret_sources, char why[static 256])
{
	int r;

	if (f->parser != NULL && MHD_destroy_post_processor(f->parser) != MHD_YES)
		(void)flawed(f, "the form ends before its last boundary");
	f->parser = NULL;
	if (f->no_memory)
		return -ENOMEM;
	if (f->flaw == NULL && !f->begun)
		(void)flawed(f, "the form has no part request");
	if (f->flaw == NULL && f->count == 0)
		(void)flawed(f, "the form has no texts");
	if (f->flaw != NULL) {
		(void)snprintf(why, 256, "%s", f->flaw);
		return -EINVAL;
	}
	r = ost_api_sources_join(f->request.bytes != NULL ? f->request.bytes : "", f->request.length, f->texts, f->count, ret_sources, why);
	if (r == 0) {
		f->texts = NULL;
		f->count = f->capacity = 0;
	}
	return r;
}
