/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy_input.h"

#include <stdio.h>
#include <time.h>

#include "compile.h"
#include "file.h"

static int compile(struct ost_cli_policy *p)
{
	char why[256];
	int rc = ost_policy_compile(p->policy, 0, &p->diag, &p->bytes, &p->length);

	if (rc == 0) {
		rc = ost_image_open(p->bytes, p->length, &p->image, why);
		if (rc < 0)
			ost_diag_error(&p->diag, (struct ost_pos){0}, NULL,
				"the compiled policy is not sound: %s", why);
	}
	return rc;
}

/* What follows the reading. */
static int finish(const struct ost_cli *cli, const char *name, int rc, struct ost_cli_policy *p)
{
	if (rc == 0)
		rc = ost_policy_times_check(p->policy, time(NULL), &p->diag);
	if (rc == 0)
		rc = compile(p);
	if (rc == 0)
		return OST_EXIT_OK;
	if (p->diag.errors == 0)
		return ost_cli_fail("%s: %s", name, strerror(-rc));
	ost_cli_findings(cli, &p->diag);
	return OST_EXIT_INPUT;
}

int ost_cli_policy_open(const struct ost_cli *cli, const char *const *paths, uint32_t count,
	struct ost_cli_policy *p)
{
	*p = (struct ost_cli_policy){0};
	return finish(cli, count > 0 ? paths[0] : "policy", ost_policy_load(paths, count, &p->diag, &p->names, &p->policy), p);
}

int ost_cli_policy_parse(const struct ost_cli *cli, const struct ost_policy_source *sources, uint32_t count,
	struct ost_cli_policy *p)
{
	*p = (struct ost_cli_policy){0};
	return finish(cli, "the policy in force", ost_policy_parse(sources, count, &p->diag, &p->policy), p);
}

void ost_cli_policy_free(struct ost_cli_policy *p)
{
	free(p->bytes);
	ost_diag_free(&p->diag); /* borrows the names */
	ost_policy_free(&p->policy);
	ost_policy_names_free(&p->names);
	*p = (struct ost_cli_policy){0};
}

int ost_cli_sources_read(const struct ost_policy *policy, struct ost_policy_sources *files)
{
	ost_policy_sources_free(files);
	files->sources = calloc(policy->file_count + 1u, sizeof(*files->sources));
	if (files->sources == NULL)
		return ost_cli_fail("out of memory");
	for (uint32_t i = 0; i < policy->file_count; i++) {
		struct ost_policy_source *s = &files->sources[i];
		char *bytes;
		int r = ost_file_read(policy->files[i], OST_POLICY_FILE_MAX, &bytes, &s->length);

		if (r < 0)
			return ost_cli_fail("%s: %s", policy->files[i], strerror(-r));
		s->name = policy->files[i];
		s->bytes = bytes;
		files->count++;
	}
	return OST_EXIT_OK;
}

void ost_cli_rule_members(struct ost_jsonw *w, const struct ost_image *image, const struct ost_image_rule *rule)
{
	ost_jsonw_string(w, "role", ost_image_role_name(image, rule->role));
	ost_jsonw_string(w, "text", ost_image_string(image, rule->text));
	ost_jsonw_string(w, "file", ost_image_string(image, rule->file));
	ost_jsonw_u64(w, "line", rule->line);
	ost_jsonw_u64(w, "column", rule->column);
}

void ost_cli_rule_json(
	struct ost_jsonw *w, const char *key, const struct ost_image *image, uint32_t rule)
{
	if (rule >= image->rule_count) {
		ost_jsonw_string(w, key, NULL);
		return;
	}
	ost_jsonw_object(w, key);
	ost_cli_rule_members(w, image, &image->rules[rule]);
	ost_jsonw_end(w, '}');
}

const char *ost_cli_rule_text(const struct ost_image *image, uint32_t rule, char buf[static OST_CLI_RULE_TEXT])
{
	const struct ost_image_rule *r = &image->rules[rule];

	(void)snprintf(buf, OST_CLI_RULE_TEXT, "%s:%u:%u: %s", ost_image_string(image, r->file), r->line, r->column,
		ost_image_string(image, r->text));
	return buf;
}

int ost_cli_json_print(struct ost_jsonw *w)
{
	int rc = OST_EXIT_OK;

	ost_jsonw_newline(w);
	if (w->failed)
		rc = ost_cli_fail("out of memory");
	else
		ost_cli_json_tell(w->text);
	ost_jsonw_free(w);
	return rc;
}
