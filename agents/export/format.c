/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "format.h"

#include "line.h"

static const char *const names[OST_FORMAT_COUNT] = {"ecs", "cef", "ocsf", "stix"};

const char *ost_format_name(enum ost_format format)
{
	return format < OST_FORMAT_COUNT ? names[format] : "?";
}

int ost_format_by_name(const char *name, enum ost_format *ret_format)
{
	for (unsigned i = 0; i < OST_FORMAT_COUNT; i++) {
		if (strcmp(names[i], name) == 0) {
			*ret_format = (enum ost_format)i;
			return 0;
		}
	}
	return -ENOENT;
}

void ost_format_text_reset(struct ost_format_text *text)
{
	text->length = 0;
	if (text->bytes != NULL)
		text->bytes[0] = '\0';
}

void ost_format_text_free(struct ost_format_text *text)
{
	free(text->bytes);
	*text = (struct ost_format_text){0};
}

int ost_format_line(enum ost_format format, const struct ost_line *line, const struct ost_format_config *config, struct ost_format_text *out)
{
	static int (*const formats[OST_FORMAT_COUNT])(const struct ost_line *, const struct ost_format_config *, struct ost_format_text *) = {
		[OST_FORMAT_ECS] = ost_format_ecs, [OST_FORMAT_CEF] = ost_format_cef, [OST_FORMAT_OCSF] = ost_format_ocsf};
	size_t before = out->length;
	int r = formats[format](line, config, out);

	if (r < 0 && out->bytes != NULL) {
		out->length = before;
		out->bytes[before] = '\0';
	}
	return r;
}

int ost_format_convert(enum ost_format format, const struct ost_format_config *config, const char *bytes, size_t length,
	struct ost_format_text *out, struct ost_format_about *ret_about, char ret_why[static OST_FORMAT_WHY])
{
	struct ost_line line;
	int r;

	ret_why[0] = '\0';
	if (format >= OST_FORMAT_STIX)
		return -ENOTSUP;
	r = ost_line_read(config, bytes, length, &line, ret_why);
	if (r < 0)
		return r;
	r = ost_format_line(format, &line, config, out);
	if (r == 0 && ret_about != NULL)
		*ret_about = line.about;
	ost_line_free(&line);
	return r;
}
