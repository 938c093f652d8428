/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay_report.h"

#include <inttypes.h>
#include <stdio.h>

#include "clock.h"
#include "replay_words.h"

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
	(void)printf("%u capture%s, %.19s to %.19s UTC\n", r->source_count,
		r->source_count == 1 ? "" : "s", first, last);
	(void)printf("%" PRIu64 " packets (%" PRIu64 " bytes) = %" PRIu64 " allowed + %" PRIu64
		     " refused (%.1f %%)\n",
		t->received.pkts, t->received.bytes, t->forwarded.pkts, t->refused.pkts, share);
	if (r->took_ns > 0)
		(void)printf("judged in %.2f s, %.0f packets/s\n", (double)r->took_ns / 1e9,
			(double)t->received.pkts * 1e9 / (double)r->took_ns);
}

static void print_reasons(const struct ost_replay_report *r)
{
	const struct ost_replay_totals *t = ost_replay_totals(r->replay);
	struct ost_reason_count rows[OST_REASON_SLOTS];
	uint32_t n = ost_reason_counts(t->refused_pkts, rows);

	if (n == 0)
		return;
	(void)printf("\nrefused, by reason\n");
	for (uint32_t i = 0; i < n; i++)
		(void)printf("  %10" PRIu64 "  %-20s %s\n", rows[i].pkts,
			ost_reason_name(rows[i].reason), ost_reason_meaning(rows[i].reason));
}

static void print_reason_list(const uint64_t refused_pkts[OST_REASON_SLOTS])
{
	struct ost_reason_count rows[OST_REASON_SLOTS];
	uint32_t n = ost_reason_counts(refused_pkts, rows);

	for (uint32_t i = 0; i < n; i++)
		(void)printf("%s%s %" PRIu64, i > 0 ? ", " : "", ost_reason_name(rows[i].reason),
			rows[i].pkts);
	(void)printf("\n");
}

static void print_devices(const struct ost_replay_report *r)
{
	const struct ost_image *image = &r->policy->image;
	const struct ost_replay_totals *t = ost_replay_totals(r->replay);
	uint64_t nobody = 0;
	uint32_t shown = 0, hidden = 0;

	(void)printf("\n%-24s %-16s %10s %10s  %s\n", "device", "role", "allowed", "refused",
		"refused for");
	for (uint32_t i = 0; i < image->device_count; i++) {
		struct ost_replay_device d;

		if (!ost_replay_device(r->replay, i, &d))
			continue;
		if (shown++ >= DEVICES_SHOWN) {
			hidden++;
			continue;
		}
		(void)printf("%-24s %-16s %10" PRIu64 " %10" PRIu64 "  ",
			ost_image_device_name(image, i),
			ost_image_role_name(image, image->devices[i].role), d.forwarded.pkts,
			d.refused.pkts);
		print_reason_list(d.refused_pkts);
	}
	if (hidden > 0)
		(void)printf("... and %u further devices; --json lists all\n", hidden);
	for (uint32_t i = 0; i < OST_REASON_SLOTS; i++)
		nobody += t->unattributed_pkts[i];
	if (nobody > 0) {
		(void)printf("%-24s %-16s %10s %10" PRIu64 "  ", "(no device)", "", "", nobody);
		print_reason_list(t->unattributed_pkts);
	}
}

static void print_unused(const struct ost_replay_report *r)
{
	const struct ost_image *image = &r->policy->image;
	bool *seen OST_AUTO_FREE = ost_replay_roles_seen(r);
	uint32_t unused = 0, elsewhere = 0;

	for (uint32_t i = 0; seen != NULL && i < image->rule_count; i++) {
		if (ost_replay_rule_hits(r->replay, i) > 0)
			continue;
		if (!seen[image->rules[i].role]) {
			elsewhere++;
			continue;
		}
		if (unused++ == 0)
			(void)printf("\nrules that opened no flow (of roles seen here)\n");
		if (unused > UNUSED_SHOWN)
			continue;
		(void)printf("  ");
		ost_cli_rule_print(image, i);
		(void)printf("\n");
	}
	if (unused > UNUSED_SHOWN)
		(void)printf("  ... and %u more; --json lists all\n", unused - UNUSED_SHOWN);
	if (elsewhere > 0)
		(void)printf("\n%u further rule%s belong%s to roles of which no device was seen\n",
			elsewhere, elsewhere == 1 ? "" : "s", elsewhere == 1 ? "s" : "");
}

static void print_flow(const struct ost_replay_report *r, const struct ost_topflow *f)
{
	const struct ost_image *image = &r->policy->image;
	char from[OST_ENDPOINT_TEXT], to[OST_ENDPOINT_TEXT], kind[OST_KIND_TEXT];
	const char *device = f->refusal.device < image->device_count
				     ? ost_image_device_name(image, f->refusal.device)
				     : "(no device)";

	ost_refusal_words(&f->refusal, from, to, kind);
	(void)printf("  %10" PRIu64 "  %-20s %-16s %s %s -> %s\n", f->refusal.count_pkts,
		ost_reason_name(f->refusal.reason), device, kind, from, to);
}

static int print_top(const struct ost_replay_report *r)
{
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
		(void)printf("\nlargest refused flows (there were more than %u kinds: counts may "
			     "be too high by up to "
			     "%" PRIu64 ")\n",
			OST_TOPFLOWS_MAX, ost_replay_top_error(rows, n));
	for (uint32_t i = 0; i < n; i++)
		print_flow(r, &rows[i]);
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
	if (print_top(r) != OST_EXIT_OK)
		return OST_EXIT_INPUT;
	for (uint32_t i = 0; (warning = ost_replay_report_warning(r, i, buf)) != NULL; i++)
		(void)fprintf(stderr, "ostiary: note: %s\n", warning);
	return OST_EXIT_OK;
}
