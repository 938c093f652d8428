/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policy files as commands take them: read, check, compile, open. */
#pragma once

#include "cli.h"
#include "image.h"
#include "jsonw.h"
#include "model.h"
#include "policy_yaml.h"

struct ost_cli_policy {
	struct ost_diag diag; /* warnings, when it was opened */
	struct ost_policy_names names;
	struct ost_policy *policy;
	void *bytes; /* the image */
	size_t length;
	struct ost_image image;
};

/* OST_EXIT_OK, or OST_EXIT_INPUT after telling why. Free in both cases. */
int ost_cli_policy_open(const struct ost_cli *cli, const char *const *paths, uint32_t count,
	struct ost_cli_policy *policy);
/* The same for texts that are in memory; names are borrowed. */
int ost_cli_policy_parse(const struct ost_cli *cli, const struct ost_policy_source *sources, uint32_t count,
	struct ost_cli_policy *policy);
void ost_cli_policy_free(struct ost_cli_policy *policy);

/* The texts of all files that make a policy, as ostiaryd is given them; what is in sources before is freed. OST_EXIT_OK, or OST_EXIT_INPUT
 * after telling why. Their names are the policy's; ost_policy_sources_free() in both cases. */
int ost_cli_sources_read(const struct ost_policy *policy, struct ost_policy_sources *sources);

/* Role, text, file, line and column of a compiled rule, as members of the open JSON object. */
void ost_cli_rule_members(struct ost_jsonw *w, const struct ost_image *image, const struct ost_image_rule *rule);

/* The same as an object of its own; null for no rule. */
void ost_cli_rule_json(
	struct ost_jsonw *w, const char *key, const struct ost_image *image, uint32_t rule);

/* "file:line:column: text" of a compiled rule; returns buf. */
#define OST_CLI_RULE_TEXT (PATH_MAX + 512)
const char *ost_cli_rule_text(const struct ost_image *image, uint32_t rule, char buf[static OST_CLI_RULE_TEXT]);

/* Ends the JSON text, prints it, frees it. OST_EXIT_OK, or OST_EXIT_INPUT without memory. */
int ost_cli_json_print(struct ost_jsonw *w);
