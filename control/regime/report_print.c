/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The draft for people: plain text and one HTML page. Both get texts from devices: no character of them does anything. */
#include "report.h"
#include "unicode.h"

static const char *html_escape(uint32_t c)
{
	switch (c) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '"': return "&quot;";
	case '\'': return "&#39;";
	default: return NULL;
	}
}

/* indent: what stands before each further line; NULL: HTML. */
static void text_put(const char *text, const char *indent, FILE *out)
{
	const char *s = text;

	while (*s != '\0') {
		uint32_t c = 0;
		size_t n = ost_unicode_decode(s, &c);
		const char *escaped = indent == NULL ? html_escape(c) : NULL;

		if (n == 0) {
			(void)fputs("\xef\xbf\xbd", out);
			n = 1;
		} else if (c == '\n') {
			(void)fprintf(out, "\n%s", indent != NULL ? indent : "");
		} else if (ost_unicode_is_hostile(c)) {
			(void)fprintf(out, "[U+%04X]", c);
		} else if (escaped != NULL) {
			(void)fputs(escaped, out);
		} else {
			(void)fwrite(s, 1, n, out);
		}
		s += n;
	}
}

static void due_put(const struct ost_report *p, FILE *out)
{
	const struct ost_due *d = &p->due;
	char text[OST_ZONED_TEXT], local[OST_ZONED_TEXT];

	switch (d->state) {
	case OST_DUE_RUNNING:
	case OST_DUE_SUBMITTED:
		if (d->state == OST_DUE_SUBMITTED)
			(void)fprintf(out, "submitted %s%s", ost_zoned_text(d->submitted_ns, NULL, text), d->late ? ", late" : "");
		if (d->due_ns == 0)
			return;
		(void)fprintf(out, "%s%s %s", d->state == OST_DUE_SUBMITTED ? "; " : "", d->shadow ? "if you were aware at the detection: due" : "due",
			ost_zoned_text(d->due_ns, NULL, text));
		if (p->zone != NULL)
			(void)fprintf(out, " (%s)", ost_zoned_text(d->due_ns, p->zone, local));
		if (d->late && d->state == OST_DUE_RUNNING)
			(void)fputs(", LATE", out);
		return;
	case OST_DUE_UNTIMED:
		(void)fputs("without undue delay", out);
		return;
	case OST_DUE_UNDEFINED:
		(void)fprintf(out, "no date %s", d->why);
		return;
	default:
		(void)fprintf(out, "not due (%s)", d->why);
		return;
	}
}

static const char *missing_words(const struct ost_report_value *v)
{
	switch (v->field->by) {
	case OST_FILLER_PERSON:
		return v->field->may_be_unknown ? "MISSING: a person must answer, or say \"unknown\"" : "MISSING: a person must answer";
	case OST_FILLER_CONFIGURATION:
		return "MISSING: write it in entity.yaml";
	default:
		return "MISSING: not measured";
	}
}

static const char *verdict(const struct ost_report *p)
{
	if (p->missing > 0)
		return "DRAFT, not ready: see what is missing.";
	return p->ready ? "Ready to be read, approved and submitted by a person." : "DRAFT, not ready: it was decided that this is not significant.";
}

void ost_report_text(const struct ost_report *report, FILE *out)
{
	(void)fprintf(out, "%s: %s\n%s; %s\n\nReport   %s\nClock    ", report->regime->title, report->stage->title, report->regime->law,
		report->stage->basis, report->id);
	due_put(report, out);
	(void)fprintf(out, "\nState    %s\n", verdict(report));
	if (report->missing > 0)
		(void)fprintf(out, "Missing  %u\n", report->missing);
	for (uint32_t i = 0; i < report->count; i++) {
		const struct ost_report_value *v = &report->values[i];

		(void)fputc('\n', out);
		text_put(v->field->title, "", out);
		(void)fputs("\n    ", out);
		if (v->text != NULL)
			text_put(v->text, "    ", out);
		else
			(void)fputs(v->state == OST_REPORT_MISSING ? missing_words(v) : "-", out);
		if (v->by != NULL) {
			(void)fputs("\n    (", out);
			text_put(v->by, "    ", out);
			(void)fputc(')', out);
		}
		if (v->suggestion != NULL) {
			(void)fputs("\n    the machine says: ", out);
			text_put(v->suggestion, "    ", out);
		}
		(void)fputc('\n', out);
	}
	(void)fputs("\nDrafted by Ostiary. Nothing was sent to anybody.\n", out);
}

static const char style[] =
	"body{font:11pt/1.4 sans-serif;max-width:48em;margin:2em auto;padding:0 1em;color:#000;background:#fff}"
	"table{border-collapse:collapse;width:100%}th,td{border:1px solid #888;padding:.4em;text-align:left;vertical-align:top;"
	"white-space:pre-wrap;overflow-wrap:anywhere}th{width:35%;font-weight:normal;background:#eee}tr{break-inside:avoid}"
	".missing{font-weight:bold;border:2px solid #b00}.note{color:#444;font-size:90%}";

static void html_text(const char *text, FILE *out)
{
	text_put(text, NULL, out);
}

/* The titles in it are a file's. */
static void html_due(const struct ost_report *report, FILE *out)
{
	char *text = NULL;
	size_t length = 0;
	FILE *due = open_memstream(&text, &length);

	if (due == NULL)
		return;
	due_put(report, due);
	if (fclose(due) == 0)
		html_text(text, out);
	free(text);
}

static void html_row(const struct ost_report_value *v, FILE *out)
{
	(void)fputs("<tr><th>", out);
	html_text(v->field->title, out);
	(void)fprintf(out, "</th><td%s>", v->state == OST_REPORT_MISSING ? " class=\"missing\"" : "");
	if (v->text != NULL)
		html_text(v->text, out);
	else
		html_text(v->state == OST_REPORT_MISSING ? missing_words(v) : "-", out);
	if (v->by != NULL) {
		(void)fputs(" <span class=\"note\">(", out);
		html_text(v->by, out);
		(void)fputs(")</span>", out);
	}
	if (v->suggestion != NULL) {
		(void)fputs("\n<span class=\"note\">the machine says: ", out);
		html_text(v->suggestion, out);
		(void)fputs("</span>", out);
	}
	(void)fputs("</td></tr>\n", out);
}

void ost_report_html(const struct ost_report *report, FILE *out)
{
	(void)fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
		    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"><title>",
		out);
	html_text(report->id, out);
	(void)fprintf(out, "</title><style>%s</style></head><body>\n<h1>", style);
	html_text(report->regime->title, out);
	(void)fputs(": ", out);
	html_text(report->stage->title, out);
	(void)fputs("</h1>\n<p>", out);
	html_text(report->regime->law, out);
	(void)fputs("; ", out);
	html_text(report->stage->basis, out);
	(void)fputs("</p>\n<p><b>", out);
	html_text(verdict(report), out);
	(void)fprintf(out, "</b> Missing: %u. Clock: ", report->missing);
	html_due(report, out);
	(void)fputs("</p>\n<table>\n", out);
	for (uint32_t i = 0; i < report->count; i++)
		html_row(&report->values[i], out);
	(void)fputs("</table>\n<p class=\"note\">Drafted by Ostiary. Nothing was sent to anybody.</p>\n</body></html>\n", out);
}
