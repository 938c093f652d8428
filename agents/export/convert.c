/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <getopt.h>
#include <stdio.h>

#include "file.h"
#include "format.h"
#include "log.h"

#define EXIT_REFUSED 1
#define EXIT_USAGE   2

struct conversion {
	enum ost_format format;
	struct ost_format_config config;
	struct ost_pseudonyms *pseudonyms;
	struct ost_stix *stix;
	struct ost_format_text out;
	unsigned long long line;
};

static int key_take(struct conversion *c, const char *path)
{
	char why[OST_FORMAT_WHY] = "";
	char *text;
	size_t length;
	int r = ost_file_read(path, OST_PSEUDONYMS_FILE_MAX, &text, &length);

	if (r < 0) {
		ost_log_error("%s: %s", path, strerror(-r));
		return r;
	}
	r = ost_pseudonyms_parse(text, length, &c->pseudonyms, why);
	explicit_bzero(text, length);
	free(text);
	if (r < 0)
		ost_log_error("%s: %s", path, why);
	c->config.pseudonyms = c->pseudonyms;
	return r;
}

static int format_take(struct conversion *c, const char *name)
{
	int r = ost_format_by_name(name, &c->format);

	if (r < 0)
		ost_log_error("there is no format '%.32s'; there are ecs, cef, ocsf, stix", name);
	return r;
}

static int options_read(struct conversion *c, int argc, char **argv)
{
	static const struct option options[] = {{"convert", required_argument, NULL, 'c'}, {"pseudonyms", required_argument, NULL, 'p'},
		{"gateway", required_argument, NULL, 'g'}, {"origin", required_argument, NULL, 'o'}, {"group", required_argument, NULL, 'a'}, {0}};
	int found, r = 0;

	opterr = 0;
	optind = 1;
	while (r == 0 && (found = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		switch (found) {
		case 'c': r = format_take(c, optarg); break;
		case 'p': r = key_take(c, optarg); break;
		case 'g': c->config.gateway = optarg; break;
		case 'o': c->config.origin = optarg; break;
		case 'a': c->config.assignee_group = optarg; break;
		default:
			ost_log_error("--convert FORMAT has the options --pseudonyms FILE, --gateway NAME, --origin NAME and --group NAME");
			r = -EINVAL;
		}
	}
	if (r == 0 && optind < argc) {
		ost_log_error("what is converted comes from standard input");
		r = -EINVAL;
	}
	return r;
}

static int flush(struct conversion *c)
{
	if (c->out.length > 0 && fwrite(c->out.bytes, 1, c->out.length, stdout) != c->out.length) {
		ost_log_error("the output cannot be written: %s", strerror(errno));
		return -EIO;
	}
	ost_format_text_reset(&c->out);
	return 0;
}

static int line_take(struct conversion *c, const char *line, size_t length)
{
	char why[OST_FORMAT_WHY] = "";
	int r;

	c->line++;
	r = c->stix != NULL ? ost_stix_add(c->stix, line, length, why) : ost_format_convert(c->format, &c->config, line, length, &c->out, NULL, why);
	if (r == -EINVAL || r == -E2BIG)
		ost_log_error("line %llu: %s", c->line, why);
	else if (r < 0)
		ost_log_error("line %llu: %s", c->line, strerror(-r));
	return r < 0 ? r : flush(c);
}

/* One line after the other, in a buffer that holds the longest that a journal has. */
static int lines_take(struct conversion *c)
{
	char *line = malloc(OST_FORMAT_LINE_MAX + 1);
	size_t length = 0;
	int r = line == NULL ? -ENOMEM : 0, byte = 0;

	while (r == 0 && byte != EOF) {
		byte = getc_unlocked(stdin);
		if (byte == '\n' || (byte == EOF && length > 0)) {
			line[length] = '\0';
			r = line_take(c, line, length);
			length = 0;
		} else if (byte != EOF && length == OST_FORMAT_LINE_MAX) {
			ost_log_error("line %llu: it has more than %u bytes", c->line + 1, OST_FORMAT_LINE_MAX - 1);
			r = -EINVAL;
		} else if (byte != EOF) {
			line[length++] = (char)byte;
		}
	}
	if (r == 0 && ferror(stdin)) {
		ost_log_error("standard input: %s", strerror(errno));
		r = -EIO;
	}
	free(line);
	return r;
}

static int bundle(struct conversion *c)
{
	int r = ost_stix_bundle(c->stix, &c->out);

	if (r < 0)
		ost_log_error("%s", r == -ENODATA ? "there are no lines: STIX has no empty bundle" : strerror(-r));
	return r < 0 ? r : flush(c);
}

int ost_convert_main(int argc, char **argv)
{
	struct conversion c = {.format = OST_FORMAT_COUNT};
	int r = options_read(&c, argc, argv), status = EXIT_USAGE;

	if (r == 0 && c.format == OST_FORMAT_STIX)
		r = ost_stix_new(&c.config, &c.stix);
	if (r == 0) {
		r = lines_take(&c);
		if (r == 0 && c.stix != NULL)
			r = bundle(&c);
		if (fflush(stdout) != 0 && r == 0)
			r = -EIO;
		status = r == 0 ? EXIT_SUCCESS : EXIT_REFUSED;
	}
	ost_stix_free(&c.stix);
	ost_format_text_free(&c.out);
	ost_pseudonyms_free(&c.pseudonyms);
	return status;
}
