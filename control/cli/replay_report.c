/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay_report.h"

#include <inttypes.h>
#include <stdio.h>

#include "clock.h"
#include "replay_words.h"
#include "show.h"
#include "table.h"

#define UNUSED_SHOWN  20u
#define DEVICES_SHOWN 50u

static void print_totals(const struct ost_replay_report *r)
{
	const struct ost_replay_totals *t = ost_replay_totals(r->replay);
	char first[OST_TIME_TEXT], last[OST_TIME_TEXT];
	double share = t->received.pkts > 0
			       ? 100.0 * (double)t->refused.pkts / (double)t->received.pkts
			       : 0;

	ost_clock_format(t->first_wall_ns, first);
	ost_clock_format(t->last_wall_ns, last);
	ost_show_line(r->cli, 0, 2, "%u capture%s, %.19s to %.19s UTC", r->source_count, r->source_count == 1 ? "" : "s",
		first, last);
	ost_show_line(r->cli, 0, 2,
		"%" PRIu64 " packets (%" PRIu64 " bytes) = %" PRIu64 " allowed + %" PRIu64 " refused (%.1f %%)",
		t->received.pkts, t->received.bytes, t->forwarded.pkts, t->refused.pkts, share);
	if (t->audited.pkts > 0)
		ost_show_line(r->cli, 0, 2, "%" PRIu64 " of the allowed opened flows that no rule allows: their role was in audit",
			t->audited.pkts);
	if (r->took_ns > 0)
		(void)printf("judged in %.2f s, %.0f packets/s\n", (double)r->took_ns / 1e9,
			(double)t->received.pkts * 1e9 / (double)r->took_ns);
}

static void count_cell(struct ost_table *table, uint64_t n)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRIu64, n);
	ost_table_cell(table, text);
}

static void print_reasons(const struct ost_replay_report *r)
{
	const struct ost_replay_totals *t = ost_replay_totals(r->replay);
	struct ost_reason_count rows[OST_REASON_SLOTS];
	uint32_t n = ost_reason_counts(t->refused_pkts, rows);
	static const char *const heads[] = {">packets", "reason", "meaning"};
	struct ost_table table = {.heads = heads, .columns = OST_ARRAY_SIZE(heads), .bare = true};

	if (n == 0)
		return;
	(void)printf("\nrefused, by reason\n");
	for (uint32_t i = 0; i < n; i++) {
		count_cell(&table, rows[i].pkts);
		ost_table_cell(&table, ost_reason_name(rows[i].reason));
		ost_table_cell(&table, ost_reason_meaning(rows[i].reason));
	}
	ost_table_print(&table, r->cli, 2);
}

/* "not-allowed 22, arp-spoof 8" */
static void reasons_cell(struct ost_table *table, const uint64_t refused_pkts[OST_REASON_SLOTS])
{
	struct ost_reason_count rows[OST_REASON_SLOTS];
	uint32_t n = ost_reason_counts(refused_pkts, rows);
	char text[OST_REASON_SLOTS * 48] = "";
	size_t used = 0;

	for (uint32_t i = 0; i < n && used < sizeof(text); i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%.24s %" PRIu64, i > 0 ? ", " : "",
			ost_reason_name(rows[i].reason), rows[i].pkts);
	ost_table_cell(table, text);
}

static void device_row(struct ost_table *table, const struct ost_replay_report *r, uint32_t device,
	const struct ost_replay_device *d)
{
	const struct ost_image *image = &r->policy->image;

	ost_table_cell(table, ost_image_device_name(image, device));
	ost_table_cell(table, ost_image_role_name(image, image->devices[device].role));
	count_cell(table, d->forwarded.pkts);
	count_cell(table, d->refused.pkts);
	reasons_cell(table, d->refused_pkts);
}

static void nobody_row(struct ost_table *table, const uint64_t unattributed_pkts[OST_REASON_SLOTS])
{
	uint64_t nobody = 0;

	for (uint32_t i = 0; i < OST_REASON_SLOTS; i++)
		nobody += unattributed_pkts[i];
	if (nobody == 0)
		return;
	ost_table_cell(table, "(no device)");
	ost_table_cell(table, "");
	ost_table_cell(table, "");
	count_cell(table, nobody);
	reasons_cell(table, unattributed_pkts);
}

static void print_devices(const struct ost_replay_report *r)
{
	static const char *const heads[] = {"device", "role", ">allowed", ">refused", "refused for"};
	struct ost_table table = {.heads = heads, .columns = OST_ARRAY_SIZE(heads)};
	uint32_t shown = 0, hidden = 0;

	for (uint32_t i = 0; i < r->policy->image.device_count; i++) {
		struct ost_replay_device d;

		if (!ost_replay_device(r->replay, i, &d))
			continue;
		if (shown++ < DEVICES_SHOWN)
			device_row(&table, r, i, &d);
		else
			hidden++;
	}
	nobody_row(&table, ost_replay_totals(r->replay)->unattributed_pkts);
	(void)putchar('\n');
	ost_table_print(&table, r->cli, 0);
	if (hidden > 0)
		(void)printf("... and %u further devices; --json lists all\n", hidden);
}

static void print_unused(const struct ost_replay_report *r)
{
	const struct ost_image *image = &r->policy->image;
	bool *seen OST_AUTO_FREE = ost_replay_roles_seen(r);
	uint32_t unused = 0, elsewhere = 0;
	char text[OST_CLI_RULE_TEXT];

	for (uint32_t i = 0; seen != NULL && i < image->rule_count; i++) {
		if (ost_replay_rule_hits(r->replay, i) > 0)
			continue;
		if (!seen[image->rules[i].role]) {
			elsewhere++;
			continue;
		}
		if (unused++ == 0)
			ost_show_line(r->cli, 0, 2, "\nrules that opened no flow (of roles seen here)");
		if (unused > UNUSED_SHOWN)
			continue;
		ost_show_line(r->cli, 0, 4, "  %s", ost_cli_rule_text(image, i, text));
	}
	if (unused > UNUSED_SHOWN)
		(void)printf("  ... and %u more; --json lists all\n", unused - UNUSED_SHOWN);
	if (elsewhere > 0)
		ost_show_line(r->cli, 0, 2, "\n%u further rule%s belong%s to roles of which no device was seen", elsewhere, elsewhere == 1 ? "" : "s", elsewhere == 1 ? "s" : "");
}

static void flow_row(struct ost_table *table, const struct ost_replay_report *r, const struct ost_topflow *f)
{
	const struct ost_image *image = &r->policy->image;
	char from[OST_ENDPOINT_TEXT], to[OST_ENDPOINT_TEXT], kind[OST_KIND_TEXT], flow[256];
	const char *device = f->refusal.device < image->device_count
				     ? ost_image_device_name(image, f->refusal.device)
				     : "(no device)";

	ost_refusal_words(&f->refusal, from, to, kind);
	(void)snprintf(flow, sizeof(flow), "%s %s -> %s", kind, from, to);
	count_cell(table, f->refusal.count_pkts);
	ost_table_cell(table, ost_reason_name(f->refusal.reason));
	ost_table_cell(table, device);
	ost_table_cell(table, flow);
}

static int print_top(const struct ost_replay_report *r)
{
	static const char *const heads[] = {">packets", "reason", "device", "flow"};
	struct ost_table table = {.heads = heads, .columns = OST_ARRAY_SIZE(heads), .bare = true};
	const struct ost_topflows *top = ost_replay_topflows(r->replay);
	struct ost_topflow *rows OST_AUTO_FREE = calloc(r->top + 1u, sizeof(*rows));
	bool exact;
	uint32_t n, all = ost_topflows_count(top, &exact);

	if (rows == NULL)
		return ost_cli_fail("out of memory");
	n = ost_topflows_list(top, rows, r->top);
	if (n == 0)
		return OST_EXIT_OK;
	if (exact)
		(void)printf("\nlargest refused flows (%u of %u)\n", n, all);
	else
		ost_show_line(r->cli, 0, 2,
			"\nlargest refused flows (there were more than %u kinds: counts may be too high by up to %" PRIu64 ")",
			OST_TOPFLOWS_MAX, ost_replay_top_error(rows, n));
	for (uint32_t i = 0; i < n; i++)
		flow_row(&table, r, &rows[i]);
	ost_table_print(&table, r->cli, 2);
	return OST_EXIT_OK;
}

int ost_replay_report_print(const struct ost_replay_report *r)
{
	char buf[256];
	const char *warning;

	print_totals(r);
	print_reasons(r);
	print_devices(r);
	print_unused(r);
	if (print_top(r) != OST_EXIT_OK || ost_replay_incidents_print(r->cli, r->incidents) != OST_EXIT_OK)
		return OST_EXIT_INPUT;
	for (uint32_t i = 0; (warning = ost_replay_report_warning(r, i, buf)) != NULL; i++)
		(void)fprintf(stderr, "ostiary: note: %s\n", warning);
	return OST_EXIT_OK;
}
