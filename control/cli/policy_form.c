/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy_form.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/random.h>

#include "cli.h"

#define MARK_BYTES 160u

/* What no file holds by chance, and nobody can foresee: 128 random bits. */
static int boundary_make(char boundary[static 40])
{
	uint64_t bits[2];

	if (getrandom(bits, sizeof(bits), 0) != (ssize_t)sizeof(bits))
		return -EAGAIN;
	(void)snprintf(boundary, 40, "ostiary%016" PRIx64 "%016" PRIx64, bits[0], bits[1]);
	return 0;
}

static void request_make(const struct ost_policy_sources *files, const char *message, uint32_t confirm_s, struct ost_jsonw *w)
{
	ost_jsonw_object(w, NULL);
	if (message != NULL)
		ost_jsonw_string(w, "message", message);
	if (confirm_s != 0)
		ost_jsonw_u64(w, "confirm", confirm_s);
	ost_jsonw_array(w, "sources");
	for (uint32_t i = 0; i < files->count; i++) {
		ost_jsonw_object(w, NULL);
		ost_jsonw_string(w, "name", files->sources[i].name);
		ost_jsonw_end(w, '}');
	}
	ost_jsonw_end(w, ']');
	ost_jsonw_end(w, '}');
}

static struct iovec piece(const char *bytes, size_t length)
{
	return (struct iovec){(void *)(uintptr_t)bytes, length};
}

/* Mark, request, mark, text of 0, mark, text of 1, ..., last mark. */
static void pieces_fill(struct ost_cli_form *f, const struct ost_policy_sources *files, const char *boundary)
{
	const char *dashes = "--";

	for (uint32_t i = 0; i <= files->count + 1; i++) {
		char *mark = f->marks + (size_t)i * MARK_BYTES, name[16] = "request";
		int n;

		if (i > 0)
			(void)snprintf(name, sizeof(name), "%u", i - 1);
		if (i <= files->count)
			n = snprintf(mark, MARK_BYTES, "%s%s\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n", dashes, boundary, name);
		else
			n = snprintf(mark, MARK_BYTES, "%s%s--\r\n", dashes, boundary);
		dashes = "\r\n--";
		f->pieces[f->body.count++] = piece(mark, (size_t)n);
		if (i == 0)
			f->pieces[f->body.count++] = piece(f->request.text, f->request.length);
		else if (i <= files->count)
			f->pieces[f->body.count++] = piece(files->sources[i - 1].bytes, files->sources[i - 1].length);
	}
}

int ost_cli_form_make(const struct ost_policy_sources *files, const char *message, uint32_t confirm_s, struct ost_cli_form *f)
{
	char boundary[40];

	*f = (struct ost_cli_form){0};
	if (boundary_make(boundary) < 0)
		return ost_cli_fail("the system gives no random numbers");
	request_make(files, message, confirm_s, &f->request);
	f->marks = calloc((size_t)files->count + 2, MARK_BYTES);
	f->pieces = calloc(((size_t)files->count + 2) * 2, sizeof(*f->pieces));
	if (f->marks == NULL || f->pieces == NULL || f->request.failed)
		return ost_cli_fail("out of memory");
	pieces_fill(f, files, boundary);
	(void)snprintf(f->type, sizeof(f->type), "multipart/form-data; boundary=%s", boundary);
	f->body.type = f->type;
	f->body.pieces = f->pieces;
	return OST_EXIT_OK;
}

void ost_cli_form_free(struct ost_cli_form *f)
{
	ost_jsonw_free(&f->request);
	free(f->marks);
	free(f->pieces);
	*f = (struct ost_cli_form){0};
}
