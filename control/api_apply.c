/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "api_apply.h"

#include <jansson.h>
#include <stdio.h>

#include "api_policy.h"
#include "text.h"
#include "views.h"

#define NAME_BYTES  255u
#define MESSAGE_MAX 255u

struct ost_api_sources {
	json_t *root; /* owns all names, and the texts that came in it */
	const char *message;
	uint32_t confirm_s;
	struct ost_policy_source *sources;
	uint32_t count;
	struct ost_api_text *beside; /* or NULL: the texts that did not come in it */
	uint32_t beside_count;
};

void ost_api_texts_free(struct ost_api_text *texts, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		free(texts[i].bytes);
	free(texts);
}

static int name_read(json_t *json, struct ost_policy_source *source, char why[static 256])
{
	json_t *name = json_object_get(json, "name");
	size_t n = json_string_length(name);

	if (!json_is_string(name)) {
		(void)snprintf(why, 256, "each of sources must have a name and a text");
		return -EINVAL;
	}
	if (n == 0 || n > NAME_BYTES || !ost_text_is_plain(json_string_value(name), n)) {
		(void)snprintf(why, 256, "a source's name must have 1 to %u bytes and no control characters", NAME_BYTES);
		return -EINVAL;
	}
	source->name = json_string_value(name);
	return 0;
}

/* beside NULL: the text is in the JSON. */
static int text_read(json_t *json, const struct ost_api_text *beside, struct ost_policy_source *source, char why[static 256])
{
	json_t *text = json_object_get(json, "text");

	if (beside != NULL && text != NULL) {
		(void)snprintf(why, 256, "the texts of sources must be parts of the form, and not in its request");
		return -EINVAL;
	}
	if (beside == NULL && !json_is_string(text)) {
		(void)snprintf(why, 256, "each of sources must have a name and a text");
		return -EINVAL;
	}
	source->length = beside != NULL ? beside->length : json_string_length(text);
	source->bytes = beside == NULL ? json_string_value(text) : beside->bytes != NULL ? beside->bytes : "";
	if (source->length > OST_POLICY_FILE_MAX) {
		(void)snprintf(why, 256, "a source is larger than %u bytes", OST_POLICY_FILE_MAX);
		return -EINVAL;
	}
	return 0;
}

static int choices_read(struct ost_api_sources *s, char why[static 256])
{
	json_t *message = json_object_get(s->root, "message");
	uint64_t confirm_s = 0;

	if (message != NULL && (!json_is_string(message) || json_string_length(message) > MESSAGE_MAX ||
		!ost_text_is_plain(json_string_value(message), json_string_length(message)))) {
		(void)snprintf(why, 256, "message must be one line of at most %u bytes", MESSAGE_MAX);
		return -EINVAL;
	}
	if (!ost_api_number_take(s->root, "confirm", OST_CONFIRM_LEAST_S, OST_CONFIRM_MOST_S, &confirm_s)) {
		(void)snprintf(why, 256, "confirm must be a number of seconds from %u to %u", OST_CONFIRM_LEAST_S, OST_CONFIRM_MOST_S);
		return -EINVAL;
	}
	s->confirm_s = (uint32_t)confirm_s;
	s->message = message != NULL ? json_string_value(message) : "";
	return 0;
}

static int sources_fill(struct ost_api_sources *s, char why[static 256])
{
	json_t *list = json_object_get(s->root, "sources");
	size_t count = json_array_size(list);
	int r;

	if (count == 0 || count > OST_API_SOURCES_MAX) {
		(void)snprintf(why, 256, "sources must be a list of 1 to %u policy files", OST_API_SOURCES_MAX);
		return -EINVAL;
	}
	if (s->beside != NULL && s->beside_count != count) {
		(void)snprintf(why, 256, "the form has %u texts for %zu sources", s->beside_count, count);
		return -EINVAL;
	}
	r = choices_read(s, why);
	if (r < 0)
		return r;
	s->sources = calloc(count, sizeof(*s->sources));
	if (s->sources == NULL)
		return -ENOMEM;
	for (s->count = 0; s->count < count && r == 0; s->count++) {
		json_t *json = json_array_get(list, s->count);

		r = name_read(json, &s->sources[s->count], why);
		if (r == 0)
			r = text_read(json, s->beside != NULL ? &s->beside[s->count] : NULL, &s->sources[s->count], why);
	}
	return r;
}

/* texts NULL: they are in the body. */
static int body_read(const char *body, size_t length, struct ost_api_text *texts, uint32_t count, struct ost_api_sources **ret_sources,
	char why[static 256])
{
	struct ost_api_sources *s = calloc(1, sizeof(*s));
	json_error_t fault;
	int r;

	if (s == NULL)
		return -ENOMEM;
	s->beside = texts;
	s->beside_count = count;
	s->root = json_loadb(body, length, JSON_REJECT_DUPLICATES, &fault);
	if (s->root == NULL) {
		(void)snprintf(why, 256, "the body is no JSON: line %d: %.180s", fault.line, fault.text);
		r = -EINVAL;
	} else {
		r = sources_fill(s, why);
	}
	if (r < 0) {
		s->beside = NULL;
		s->beside_count = 0;
		ost_api_sources_free(&s);
		return r;
	}
	*ret_sources = s;
	return 0;
}

int ost_api_sources_read(const char *body, size_t length, struct ost_api_sources **ret_sources, char why[static 256])
{
	return body_read(body, length, NULL, 0, ret_sources, why);
}

int ost_api_sources_join(const char *body, size_t length, struct ost_api_text *texts, uint32_t count, struct ost_api_sources **ret_sources,
	char why[static 256])
{
	return body_read(body, length, texts, count, ret_sources, why);
}

void ost_api_sources_free(struct ost_api_sources **sources)
{
	struct ost_api_sources *s = *sources;

	if (s == NULL)
		return;
	json_decref(s->root);
	ost_api_texts_free(s->beside, s->beside_count);
	free(s->sources);
	free(s);
	*sources = NULL;
}

struct ost_apply_request ost_api_sources_request(const struct ost_api_sources *sources, uint32_t uid)
{
	return (struct ost_apply_request){.sources = sources->sources, .count = sources->count,
		.message = sources->message, .uid = uid, .confirm_s = sources->confirm_s};
}

unsigned ost_api_result_begin(struct ost_jsonw *w, enum ost_apply_kind kind, const char *text, const char *hint)
{
	static const unsigned status[OST_APPLY_KIND_COUNT] = {
		[OST_APPLY_DONE] = 200,
		[OST_APPLY_INPUT] = 422,
		[OST_APPLY_TESTS] = 422,
		[OST_APPLY_UNREACHABLE] = 503,
		[OST_APPLY_BUSY] = 409,
		[OST_APPLY_STORAGE] = 507,
		[OST_APPLY_REFUSED] = 422,
		[OST_APPLY_WAITS] = 409,
		[OST_APPLY_MISSING] = 404,
	};

	ost_jsonw_object(w, NULL);
	ost_jsonw_string(w, "result", ost_apply_kind_name(kind));
	if (kind != OST_APPLY_DONE) {
		ost_jsonw_string(w, "error", text);
		ost_jsonw_string(w, "hint", hint);
	}
	return status[kind];
}

unsigned ost_api_apply_answer(struct ost_daemon *d, struct ost_apply_result *result, struct ost_jsonw *w)
{
	unsigned status = ost_api_result_begin(w, result->kind, result->text, result->hint);

	ost_diag_sort(&result->diag);
	if (result->kind == OST_APPLY_DONE) {
		ost_jsonw_u64(w, "generation", result->generation.number);
		ost_jsonw_u64(w, "devices", result->generation.devices);
		ost_jsonw_u64(w, "roles", result->generation.roles);
		ost_jsonw_u64(w, "rules", result->generation.rules);
		ost_jsonw_u64(w, "tests", result->generation.tests);
		ost_jsonw_string(w, "by", result->generation.by);
		ost_jsonw_string(w, "message", result->generation.message);
		ost_jsonw_string(w, "sources_sha256", result->generation.sources_sha256);
		ost_view_trial(&result->trial, w);
		ost_view_audits(d, w);
	}
	ost_jsonw_findings(w, &result->diag);
	ost_jsonw_end(w, '}');
	return status;
}
