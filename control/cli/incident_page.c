/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "incident_page.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#define NAME	    OST_INCIDENT_NAME_COLUMNS
#define FLOWS_SHOWN 5u

void ost_incident_heading(const struct ost_cli *cli, const char *text)
{
	(void)printf("\n%s%s%s\n", ost_show_colour(cli, OST_COLOUR_HEAD), text, ost_show_plain(cli));
}

void ost_incident_line(const struct ost_cli *cli, const char *name, const char *fmt, ...)
{
	char *text OST_AUTO_FREE = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0) {
		text = NULL;
		return;
	}
	(void)printf("%s%-*s%s", ost_show_colour(cli, OST_COLOUR_DIM), (int)NAME, name, ost_show_plain(cli));
	ost_show_line(cli, OST_MAX(NAME, (unsigned)strlen(name)), NAME, "%s", text);
}

/* Parts of a line, with a comma before each but the first; what is "" is left out. */
struct parts {
	char text[1024];
	size_t used;
};

static void part(struct parts *p, const char *before, const char *text)
{
	if (*text == '\0' || p->used >= sizeof(p->text))
		return;
	p->used += (size_t)snprintf(p->text + p->used, sizeof(p->text) - p->used, "%s%s%s", p->used > 0 ? ", " : "", before, text);
}

/* ---- what and how bad ---- */

static void headline(const struct ost_cli *cli, const json_t *i)
{
	const char *severity = ost_json_text(i, "severity"), *verdict = ost_json_text(i, "verdict");
	char word[16];

	(void)snprintf(word, sizeof(word), "%s", severity);
	for (char *c = word; *c != '\0'; c++)
		*c = (char)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
	ost_show_line(cli, 0, 2, "%s%s%s  %s%s: %s%s", ost_show_colour(cli, ost_incident_colour(severity)), word, ost_show_plain(cli),
		ost_show_colour(cli, OST_COLOUR_HEAD), ost_json_text(i, "title"), ost_incident_who(i), ost_show_plain(cli));
	ost_show_line(cli, 0, 2, "%s%s%s  %s", ost_json_text(i, "state"), *verdict != '\0' ? ", " : "", verdict, ost_json_text(i, "id"));
}

static void due(const struct ost_cli *cli, const json_t *i, time_t now)
{
	const json_t *d = json_object_get(i, "due");
	char text[OST_INCIDENT_DUE], when[OST_SHOW_TEXT];

	if (!json_is_object(d))
		return;
	(void)ost_incident_due(d, now, text);
	ost_incident_line(cli, "due", "%s%s%s%s%s%s", ost_json_true(d, "shadow") ? "" : ost_show_colour(cli, ost_json_true(d, "late") ? OST_COLOUR_BAD : OST_COLOUR_WARN),
		text, ost_json_true(d, "shadow") ? "" : ost_show_plain(cli), *ost_json_text(d, "due") != '\0' ? ", " : "",
		*ost_json_text(d, "due") != '\0' ? ost_moment_text(ost_json_text(d, "due"), when) : "",
		ost_json_true(d, "shadow") ? "; a shadow clock: nobody has decided" : "");
}

static void what(const struct ost_cli *cli, const json_t *i, time_t now)
{
	const char *why = ost_incident_text(i, "record.rule.description"), *next = ost_json_text(i, "next_step");

	(void)putchar('\n');
	ost_incident_line(cli, "what", "%s", ost_json_text(i, "message"));
	if (*why != '\0')
		ost_incident_line(cli, "", "%s", why);
	ost_incident_line(cli, "to do", "%s%s%s", ost_show_colour(cli, OST_COLOUR_HEAD), *next != '\0' ? next : "-", ost_show_plain(cli));
	due(cli, i, now);
}

static void when(const struct ost_cli *cli, const json_t *i, time_t now)
{
	char text[2 * OST_SHOW_TEXT], n[OST_SHOW_TEXT];

	ost_incident_line(cli, "began", "%s", ost_moment_full(ost_json_text(i, "first_seen"), now, text));
	ost_incident_line(cli, "last", "%s", ost_moment_full(ost_json_text(i, "last_seen"), now, text));
	ost_incident_line(cli, "detected", "%s", ost_moment_full(ost_json_text(i, "detected"), now, text));
	if (*ost_json_text(i, "closed") != '\0')
		ost_incident_line(cli, "closed", "%s", ost_moment_full(ost_json_text(i, "closed"), now, text));
	if (json_is_false(ost_incident_at(i, "record.ostiary.clock.synced")))
		ost_incident_line(cli, "", "%sthe gateway's clock was not known to be right%s", ost_show_colour(cli, OST_COLOUR_WARN), ost_show_plain(cli));
	ost_incident_line(cli, "events", "%s, about %" PRIu64 " peer%s", ost_show_count(ost_json_u64(i, "count"), n), ost_json_u64(i, "peers"),
		ost_json_u64(i, "peers") == 1 ? "" : "s");
	if (ost_json_u64(i, "reopened") > 0)
		ost_incident_line(cli, "", "reopened %s", ost_show_things(ost_json_u64(i, "reopened"), "time", n));
}

static void how_bad(const struct ost_cli *cli, const json_t *i)
{
	const char *severity = ost_json_text(i, "severity"), *succeeded = ost_json_text(i, "succeeded"), *malicious = ost_json_text(i, "malicious");
	const json_t *risk = ost_incident_at(i, "record.ostiary.risk");
	char product[96] = "";

	if (ost_json_u64(risk, "product") > 0)
		(void)snprintf(product, sizeof(product), ": risk %" PRIu64 " of 9 (likelihood %" PRIu64 ", impact %" PRIu64 "%s)",
			ost_json_u64(risk, "product"), ost_json_u64(risk, "likelihood"), ost_json_u64(risk, "impact"),
			ost_json_true(risk, "essential") ? ", essential" : "");
	ost_incident_line(cli, "how bad", "%s%s%s%s", ost_show_colour(cli, ost_incident_colour(severity)), severity, ost_show_plain(cli), product);
	ost_incident_line(cli, "", "%ssucceeded: %s%s; malicious: %s", strcmp(succeeded, "yes") == 0 ? ost_show_colour(cli, OST_COLOUR_BAD) : "",
		*succeeded != '\0' ? succeeded : "unknown", strcmp(succeeded, "yes") == 0 ? ost_show_plain(cli) : "",
		*malicious != '\0' ? malicious : "unknown");
}

static void done(const struct ost_cli *cli, const json_t *i)
{
	static const struct {
		const char *action, *words;
	} words[] = {{"alerted", "told you; it stood in nobody's way"}, {"refused", "refused it: nothing of it passed"},
		{"rate-limited", "let pass what the limit allows, and refused the rest"}, {"quarantined", "put the device in quarantine"}};
	const char *action = ost_json_text(i, "action"), *refusal = ost_incident_text(i, "record.ostiary.context.refusal");
	const char *text = action;

	for (size_t k = 0; k < OST_ARRAY_SIZE(words); k++) {
		if (strcmp(action, words[k].action) == 0)
			text = words[k].words;
	}
	ost_incident_line(cli, "gateway", "%s%s%s%s", text, *refusal != '\0' ? " (reason " : "", refusal, *refusal != '\0' ? ")" : "");
}

/* ---- who ---- */

static void tags_part(struct parts *p, const json_t *context)
{
	const json_t *tag;
	size_t k;

	json_array_foreach(json_object_get(context, "tags"), k, tag) {
		const char *text = json_string_value(tag);

		part(p, k == 0 ? "tags " : "", text != NULL ? text : "");
	}
}

static void who(const struct ost_cli *cli, const json_t *i)
{
	const json_t *record = json_object_get(i, "record"), *context = ost_incident_at(record, "ostiary.context");
	struct parts p = {0};

	part(&p, "", *ost_json_text(i, "device") != '\0' ? ost_json_text(i, "device") : "no device of the policy");
	part(&p, "", ost_incident_text(record, "device.model.identifier"));
	part(&p, "of ", ost_json_text(context, "owner"));
	part(&p, "in ", ost_json_text(context, "location"));
	part(&p, "role ", ost_json_text(context, "role"));
	part(&p, "", ost_json_text(context, "state"));
	part(&p, "assurance ", ost_json_text(context, "assurance"));
	if (strcmp(ost_json_text(context, "mode"), "enforce") != 0)
		part(&p, "mode ", ost_json_text(context, "mode"));
	tags_part(&p, context);
	ost_incident_line(cli, "who", "%s", p.text);
	p = (struct parts){0};
	part(&p, "", ost_json_text(i, "place"));
	part(&p, "MAC ", ost_incident_text(record, "source.mac"));
	part(&p, "IP ", ost_incident_text(record, "source.ip"));
	ost_incident_line(cli, "where", "%s", p.used > 0 ? p.text : "-");
	if (*ost_json_text(i, "scope") != '\0')
		ost_incident_line(cli, "scope", "%s", ost_json_text(i, "scope"));
	p = (struct parts){0};
	part(&p, "device ", ost_json_text(context, "peer_device"));
	part(&p, "", ost_incident_text(record, "destination.domain"));
	part(&p, "IP ", ost_incident_text(record, "destination.ip"));
	part(&p, "MAC ", ost_incident_text(record, "destination.mac"));
	if (p.used > 0)
		ost_incident_line(cli, "aimed at", "%s%s", p.text, ost_json_u64(i, "peers") > 1 ? " (the last one)" : "");
}

/* How long before it began: "3 h 2 min before it began". */
static const char *before(const json_t *i, const char *time, char buf[static 2 * OST_SHOW_TEXT])
{
	struct tm began = {0}, then = {0};
	char span[OST_SHOW_TEXT];
	int64_t s;

	buf[0] = '\0';
	if (strptime(ost_json_text(i, "first_seen"), "%Y-%m-%dT%H:%M:%S", &began) == NULL || strptime(time, "%Y-%m-%dT%H:%M:%S", &then) == NULL)
		return buf;
	s = (int64_t)timegm(&began) - (int64_t)timegm(&then);
	(void)snprintf(buf, 2 * (size_t)OST_SHOW_TEXT, "%s %s it began", ost_show_duration((uint64_t)llabs(s), span), s >= 0 ? "before" : "after");
	return buf;
}

/* ---- what it normally does ---- */

static int more_flows(const void *a, const void *b)
{
	const uint64_t x = ost_json_u64(*(const json_t *const *)a, "flows"), y = ost_json_u64(*(const json_t *const *)b, "flows");

	return (x < y) - (x > y);
}

/* "to 10.77.0.1 tcp/7001 (12 flows)" */
static void flow_part(struct parts *p, const json_t *f)
{
	const char *protocol = ost_json_text(f, "protocol");
	char text[256], n[OST_SHOW_TEXT], value[24] = "";

	if (ost_json_u64(f, "ip_protocol") == 6 || ost_json_u64(f, "ip_protocol") == 17)
		(void)snprintf(value, sizeof(value), "/%" PRIu64, ost_json_u64(f, "value"));
	(void)snprintf(text, sizeof(text), "%.8s %.160s %.16s%s (%s)", ost_json_text(f, "direction"), ost_json_text(f, "peer"), *protocol != '\0' ? protocol : "ip", value,
		ost_show_things(ost_json_u64(f, "flows"), "flow", n));
	part(p, "", text);
}

/* Flows that were allowed in the last day: those that it opened most. */
static void flows(const struct ost_cli *cli, const json_t *list)
{
	const size_t count = json_array_size(list);
	const json_t **sorted OST_AUTO_FREE = calloc(count + 1, sizeof(*sorted));
	struct parts p = {0};

	if (sorted == NULL || count == 0)
		return;
	for (size_t k = 0; k < count; k++)
		sorted[k] = json_array_get(list, k);
	qsort(sorted, count, sizeof(*sorted), more_flows);
	for (size_t k = 0; k < count && k < FLOWS_SHOWN; k++)
		flow_part(&p, sorted[k]);
	ost_incident_line(cli, "", "in the last day: %s%s", p.text, count > FLOWS_SHOWN ? ", and others: ostiary device show" : "");
}

static void usual(const struct ost_cli *cli, const json_t *i, const json_t *traffic, time_t now)
{
	const json_t *c = ost_incident_at(i, "record.ostiary.context");
	const char *normal = ost_json_text(c, "normal"), *first = ost_json_text(c, "device_first_seen");
	char text[2 * OST_SHOW_TEXT], n[OST_SHOW_TEXT];

	if (*normal != '\0')
		ost_incident_line(cli, "normally", "%s", normal);
	else if (*ost_json_text(i, "device") != '\0')
		ost_incident_line(cli, "normally", "%s allowed so far", ost_show_things(ost_json_u64(c, "flows_allowed"), "flow", n));
	flows(cli, json_object_get(traffic, "flows"));
	if (*first != '\0')
		ost_incident_line(cli, "", "known since %s", ost_moment_full(first, now, text));
}

static void changed(const struct ost_cli *cli, const json_t *i)
{
	const json_t *c = ost_incident_at(i, "record.ostiary.context");
	const char *applied = ost_json_text(c, "policy_applied_at"), *author = ost_json_text(c, "policy_author"), *other = ost_json_text(c, "changed");
	char when_text[OST_SHOW_TEXT], span[2 * OST_SHOW_TEXT];

	if (ost_json_u64(c, "policy_generation") != 0)
		ost_incident_line(cli, "changed", "policy generation %" PRIu64 ", %s%s%s, %s", ost_json_u64(c, "policy_generation"),
			ost_moment_text(applied, when_text), *author != '\0' ? " by " : "", author, before(i, applied, span));
	if (*other != '\0')
		ost_incident_line(cli, ost_json_u64(c, "policy_generation") != 0 ? "" : "changed", "%s", other);
}

static void why(const struct ost_cli *cli, const json_t *i)
{
	const char *threshold = ost_json_text(i, "threshold"), *rule = ost_incident_text(i, "record.ostiary.context.policy_rule");
	const char *cause = ost_json_text(i, "cause");

	if (*threshold == '\0')
		threshold = ost_incident_text(i, "record.ostiary.incident.threshold");
	ost_incident_line(cli, "because", "%s%s%s", cause, *threshold != '\0' ? ": " : "", threshold);
	if (*rule != '\0')
		ost_incident_line(cli, "policy", "%s", rule);
}

void ost_incident_page(const struct ost_cli *cli, const json_t *incident, const json_t *traffic, const char *id, time_t now)
{
	headline(cli, incident);
	what(cli, incident, now);
	when(cli, incident, now);
	how_bad(cli, incident);
	done(cli, incident);
	(void)putchar('\n');
	who(cli, incident);
	usual(cli, incident, traffic, now);
	why(cli, incident);
	changed(cli, incident);
	ost_incident_regimes(cli, incident, now);
	ost_incident_past(cli, incident, now);
	ost_incident_next(cli, incident, id);
}
