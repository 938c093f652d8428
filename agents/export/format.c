/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "format.h"

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

int ost_format_convert(enum ost_format format, const struct ost_format_config *config, const char *line, size_t length,
	struct ost_format_text *out, struct ost_format_about *ret_about, char ret_why[static OST_FORMAT_WHY])
{
	(void)format, (void)config, (void)line, (void)length, (void)out, (void)ret_about;
	ret_why[0] = '\0';
	return -ENOTSUP;
}

int ost_format_heartbeat(enum ost_format format, const struct ost_format_config *config, const char *note, size_t length, uint64_t wall_ns,
	struct ost_format_text *out)
{
	(void)format, (void)config, (void)note, (void)length, (void)wall_ns, (void)out;
	return -ENOTSUP;
}
