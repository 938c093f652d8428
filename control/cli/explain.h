/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A question about a flow, put to the judge, and its answer in words: for questions that people write, and for those that refusals and
 * captures leave. */
#pragma once

#include <jansson.h>

#include "judge.h"
#include "nearrules.h"
#include "policy_input.h"

#define OST_EXPLAIN_NEAR 4u

struct ost_explain {
	const struct ost_cli *cli;
	struct ost_cli_policy policy;
	json_t *sources; /* texts of the policy in force, when it is that: the policy borrows its names */
	uint64_t generation; /* of it; 0: the policy comes from files */
	const char *device_name;
	char question_text[400];
	int64_t at_s; /* seconds since 1970 UTC */
	uint32_t device; /* of the model */
	struct ost_flow_question question;
	struct ost_judgement answer;
	struct ost_near_rule near[OST_EXPLAIN_NEAR], peer_near[OST_EXPLAIN_NEAR];
	uint32_t near_count, peer_near_count;
};

/* The policy in force, as ostiaryd has it. An enum ost_exit; quiet: OST_EXIT_UNREACHABLE is not told. */
int ost_explain_in_force(struct ost_explain *x, bool quiet);

/* Fills answer for device_name, question_text and at_s. OST_EXIT_OK, or OST_EXIT_INPUT after telling. */
int ost_explain_ask(struct ost_explain *x);
void ost_explain_print(const struct ost_explain *x);
/* As members of the open object. */
void ost_explain_members(const struct ost_explain *x, struct ost_jsonw *w);
void ost_explain_free(struct ost_explain *x);

/* What remains to be asked of a refusal's members (ostiary-refusals(5)): device, direction, protocol and peer. False: nothing, and why. */
bool ost_explain_question(const json_t *refusal, char *ret_text, size_t size, const char **ret_why);

/* Reasons that the allow-list gives, and that the judge can therefore give again. */
bool ost_explain_about_rules(const char *reason);

/* --capture FILE [--packet N | --flow "tcp 10.0.0.5:443"], x->policy is open. An enum ost_exit: OST_EXIT_NO when a packet that was told
 * was refused. */
int ost_explain_capture(struct ost_explain *x, const char *path, const char *packet, const char *flow);

/* --refusal ID [--log FILE], with files as --policy or none; x->at_s is set. An enum ost_exit. */
int ost_explain_refusal(struct ost_explain *x, const char *id, const char *log);
