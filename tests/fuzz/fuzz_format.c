/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of a journal on their way out, in each format, with pseudonyms and without: whatever comes out is whole lines of valid UTF-8 that show
 * nothing hidden, bounded, and the same when it is done again. The first byte chooses; 'k' is the file of a site's key, 'h' a checkpoint. */
#include <jansson.h>

#include "format.h"
#include "unicode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ost_pseudonyms *pseudonyms(void)
{
	static const char file[] = "key 5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a\nfields mac ip device user\nnetworks 2001:db8::/32\n";
	static struct ost_pseudonyms *p;
	char why[OST_FORMAT_WHY];

	if (p == NULL && ost_pseudonyms_parse(file, sizeof(file) - 1, &p, why) < 0)
		abort();
	return p;
}

static void plain(const char *line, size_t length)
{
	uint32_t c;

	for (size_t i = 0, used; i < length; i += used) {
		used = ost_unicode_decode(line + i, &c);
		if (used == 0 || ost_unicode_is_hostile(c))
			abort();
	}
}

static void judge(const struct ost_format_text *text, bool json)
{
	size_t length;

	if (strlen(text->bytes) != text->length || text->bytes[text->length - 1] != '\n')
		abort();
	for (const char *at = text->bytes; *at != '\0'; at += length + 1) {
		json_t *value;

		length = strcspn(at, "\n");
		plain(at, length);
		value = json ? json_loadb(at, length, JSON_REJECT_DUPLICATES, NULL) : NULL;
		if (length > OST_FORMAT_OUT_MAX || json != json_is_object(value) || (!json && strncmp(at, "CEF:0|", 6) != 0))
			abort();
		json_decref(value);
	}
}

static void convert(enum ost_format format, const struct ost_format_config *config, const char *line, size_t length)
{
	struct ost_format_text first = {0}, again = {0};
	struct ost_format_about about;
	char why[OST_FORMAT_WHY];

	if (ost_format_convert(format, config, line, length, &first, &about, why) < 0) {
		if (first.length != 0 || why[0] == '\0')
			abort();
	} else {
		judge(&first, format != OST_FORMAT_CEF);
		if (ost_format_convert(format, config, line, length, &again, NULL, why) < 0 || strcmp(first.bytes, again.bytes) != 0 || about.id[0] == '\0')
			abort();
	}
	ost_format_text_free(&first);
	ost_format_text_free(&again);
}

/* All lines of the input, as a bundle. */
static void bundle(const struct ost_format_config *config, const char *bytes, size_t size)
{
	struct ost_format_text text = {0};
	struct ost_stix *stix;
	char why[OST_FORMAT_WHY];
	bool any = false;

	if (ost_stix_new(config, &stix) < 0)
		abort();
	for (size_t at = 0, n; at < size; at += n + 1) {
		const char *end = memchr(bytes + at, '\n', size - at);

		n = end != NULL ? (size_t)(end - bytes) - at : size - at;
		any |= ost_stix_add(stix, bytes + at, n, why) == 0;
	}
	if ((ost_stix_bundle(stix, &text) == 0) != any)
		abort();
	for (size_t i = 0; i < text.length; i++) {
		if (text.bytes[i] == '\n' && i + 1 != text.length)
			abort();
	}
	if (any)
		plain(text.bytes, text.length - 1);
	ost_stix_free(&stix);
	ost_format_text_free(&text);
}

static void key_file(const char *bytes, size_t size)
{
	struct ost_pseudonyms *p = NULL;
	char why[OST_FORMAT_WHY];

	if (ost_pseudonyms_parse(bytes, size, &p, why) < 0 && (p != NULL || why[0] == '\0'))
		abort();
	ost_pseudonyms_free(&p);
}

static void heartbeat(const struct ost_format_config *config, const char *bytes, size_t size)
{
	for (unsigned f = 0; f < OST_FORMAT_STIX; f++) {
		struct ost_format_text text = {0};

		if (ost_format_heartbeat((enum ost_format)f, config, bytes, size, 1795342272123456789ull, &text) == 0)
			judge(&text, f != OST_FORMAT_CEF);
		ost_format_text_free(&text);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ost_format_config config = {.gateway = "gw-1", .origin = "gw-1/ostiary/journal"};
	const char *bytes = (const char *)data + 1;

	if (size == 0)
		return 0;
	size--;
	if (data[0] == 'k') {
		key_file(bytes, size);
	} else if (data[0] == 'h') {
		heartbeat(&config, bytes, size);
	} else {
		config.pseudonyms = data[0] == 'p' ? pseudonyms() : NULL;
		for (unsigned f = 0; f < OST_FORMAT_STIX; f++)
			convert((enum ost_format)f, &config, bytes, size);
		bundle(&config, bytes, size);
	}
	return 0;
}
