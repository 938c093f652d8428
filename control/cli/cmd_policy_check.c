/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "options.h"
#include "policy_input.h"

/* Lanes that hold a rule: the last chunk of a role is padded. */
static uint64_t lanes(const struct ost_image *image)
{
	uint64_t n = image->peer_count;

	for (uint32_t i = 0; i < image->chunk4_count; i++) {
		for (unsigned l = 0; l < OST_LANES4; l++)
			n += image->chunks4[i].selector[l] != OST_LANE_NEVER;
	}
	for (uint32_t i = 0; i < image->chunk6_count; i++) {
		for (unsigned l = 0; l < OST_LANES6; l++)
			n += image->chunks6[i].selector[l] != OST_LANE_NEVER;
	}
	return n;
}

static int print_json(struct ost_cli_policy *p)
{
	struct ost_jsonw w = {0};

	ost_diag_sort(&p->diag);
	ost_jsonw_object(&w, NULL);
	ost_cli_findings_json(&w, &p->diag);
	ost_jsonw_u64(&w, "files", p->policy->file_count);
	ost_jsonw_u64(&w, "roles", p->image.role_count);
	ost_jsonw_u64(&w, "devices", p->image.device_count);
	ost_jsonw_u64(&w, "rules", p->image.rule_count);
	ost_jsonw_u64(&w, "lanes", lanes(&p->image));
	ost_jsonw_u64(&w, "tests", p->policy->test_count);
	ost_jsonw_u64(&w, "image_bytes", p->length);
	ost_jsonw_end(&w, '}');
	return ost_cli_json_print(&w);
}

static int print_text(const struct ost_cli *cli, struct ost_cli_policy *p)
{
	ost_cli_findings(cli, &p->diag);
	(void)printf("policy is sound: %u role%s, %u device%s, %u rule%s in %llu lanes, %u test%s, "
		     "image of %zu bytes\n",
		p->image.role_count, p->image.role_count == 1 ? "" : "s", p->image.device_count,
		p->image.device_count == 1 ? "" : "s", p->image.rule_count,
		p->image.rule_count == 1 ? "" : "s", (unsigned long long)lanes(&p->image),
		p->policy->test_count, p->policy->test_count == 1 ? "" : "s", p->length);
	return OST_EXIT_OK;
}

int ost_cmd_policy_check(const struct ost_cli *cli, int argc, char **argv)
{
	struct ost_cli here = *cli;
	struct ost_cli_policy policy;
	int first = ost_cli_option_json(&here, argc, argv), rc;

	if (first < 0)
		return OST_EXIT_INPUT;
	if (first == argc)
		return ost_cli_fail(
			"policy check: which file? write: ostiary policy check FILE|DIR...");
	rc = ost_cli_policy_open(
		&here, (const char *const *)argv + first, (uint32_t)(argc - first), &policy);
	if (rc == OST_EXIT_OK)
		rc = here.json ? print_json(&policy) : print_text(&here, &policy);
	ost_cli_policy_free(&policy);
	return rc;
}
