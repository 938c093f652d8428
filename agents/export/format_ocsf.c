/* SPDX-License-Identifier: GPL-2.0-or-later */
/* OCSF 1.8.0. A record of an incident is a Detection Finding (2004): what was found; and behind it an Incident Finding (2005): where the
 * work on it stands. Another record that is about an incident is an Incident Finding alone, whatever else is a Base Event (0). The record
 * itself, and its place in the journal, go along below unmapped.ostiary. */
#include <stdio.h>

#include "addr.h"
#include "clock.h"
#include "line.h"
#include "ocsf.h"

#define BASE	  0u
#define DETECTION 2004u
#define INCIDENT  2005u

static const char *const severities[] = {"Unknown", "Informational", "Low", "Medium", "High", "Critical"};
static const char *const activities[] = {"Unknown", "Create", "Update", "Close"};

static bool is_kind(const struct ost_line *line, const char *kind)
{
	return strcmp(line->about.kind, kind) == 0;
}

static unsigned activity_of(const struct ost_line *line)
{
	return is_kind(line, "incident.open") ? 1 : is_kind(line, "incident.close") ? 3 : 2;
}

static void metadata(struct ost_tree *t, const struct ost_line *line, const struct ost_format_config *config, unsigned class)
{
	char uid[OST_FORMAT_ID + 8];

	(void)snprintf(uid, sizeof(uid), "%s%s", line->about.id, class == INCIDENT && line->of_incident ? ".2005" : "");
	ost_tree_put_text(t, "metadata.version", "1.8.0");
	ost_tree_put_text(t, "metadata.uid", uid);
	ost_tree_put_integer(t, "metadata.sequence", line->about.seq);
	ost_tree_put_ms(t, "metadata.logged_time", line->about.time_ns);
	ost_tree_put_text(t, "metadata.event_code", ost_tree_text(line->root, "event.code"));
	ost_tree_put_text(t, "metadata.original_event_uid", line->about.id);
	ost_tree_put_text(t, "metadata.correlation_uid", ost_tree_text(line->root, "ostiary.incident.cause_key"));
	ost_tree_put_text(t, "metadata.log_name", config->origin);
	ost_tree_put_text(t, "metadata.log_format", "ostiary-journal");
	ost_tree_put_text(t, "metadata.product.name", "Ostiary");
	ost_tree_put_text(t, "metadata.product.vendor_name", "Ostiary");
	ost_tree_put_text(t, "metadata.product.version", OSTIARY_VERSION);
	if (class == DETECTION)
		ost_tree_put(t, "metadata.profiles", json_pack("[sss]", "incident", "security_control", "host"));
	else if (class == INCIDENT)
		ost_tree_put(t, "metadata.profiles", json_pack("[s]", "incident"));
}

/* What each event of each class must have. */
static void base(struct ost_tree *t, const struct ost_line *line, const struct ost_format_config *config, unsigned class, unsigned activity)
{
	struct ost_tree logger = {.root = json_object()};
	json_t *ours = json_object_get(line->root, "ostiary");

	ost_tree_put_integer(t, "class_uid", class);
	ost_tree_put_integer(t, "category_uid", class / 1000);
	ost_tree_put_integer(t, "activity_id", activity);
	ost_tree_put_integer(t, "type_uid", class * 100 + activity);
	ost_tree_put_text(t, "class_name", class == DETECTION ? "Detection Finding" : class == INCIDENT ? "Incident Finding" : "Base Event");
	ost_tree_put_text(t, "category_name", class == BASE ? "Uncategorized" : "Findings");
	ost_tree_put_text(t, "activity_name", activity == 99 ? line->about.kind : activities[activity]);
	ost_tree_put_ms(t, "time", line->about.time_ns);
	ost_tree_put_integer(t, "severity_id", line->about.severity);
	ost_tree_put_text(t, "severity", severities[line->about.severity]);
	ost_tree_put_text(t, "message", ost_line_message(line));
	ost_tree_put_ms(t, "start_time", ost_tree_time(line->root, "event.start"));
	ost_tree_put_ms(t, "end_time", ost_tree_time(line->root, "event.end"));
	ost_tree_put_number(t, "count", OST_MIN(ost_tree_number(line->root, "ostiary.incident.count"), (uint64_t)INT32_MAX));
	metadata(t, line, config, class);
	ost_tree_put_text(&logger, "name", ost_line_gateway(line, config));
	t->failed |= logger.failed;
	ost_tree_add(t, "metadata.loggers", logger.root);
	ost_tree_put(t, "unmapped.ostiary", ost_tree_copy(ours, (const char *const[]){NULL}));
	ost_tree_put(t, "unmapped.ostiary.chain", ost_line_chain(line, config));
	ost_tree_put_text(t, "unmapped.rsit", ost_tree_text(line->root, "labels.rsit"));
}

/* 0: not judged. "true-positive", ...: of a person who closed it. */
static unsigned verdict_of(const struct ost_line *line, const char **ret_name)
{
	static const struct {
		const char *word, *name;
		unsigned id;
	} verdicts[] = {{"false-positive", "False Positive", 1}, {"true-positive", "True Positive", 2}, {"benign", "Benign", 5}, {"duplicate", "Duplicate", 10}};
	static const char *const paths[] = {"ostiary.verdict.is", "ostiary.incident.verdict", "ostiary.decision.verdict"};
	const char *malicious = ost_tree_text(line->root, "ostiary.assess.malicious");

	for (size_t p = 0; p < OST_ARRAY_SIZE(paths); p++) {
		const char *word = ost_tree_text(line->root, paths[p]);

		for (size_t i = 0; word != NULL && i < OST_ARRAY_SIZE(verdicts); i++) {
			if (strcmp(verdicts[i].word, word) == 0) {
				*ret_name = verdicts[i].name;
				return verdicts[i].id;
			}
		}
	}
	*ret_name = malicious != NULL && strcmp(malicious, "yes") == 0 ? "Suspicious" : "Unknown";
	return (*ret_name)[0] == 'S' ? 4 : 0;
}

/* The profile "incident". */
static void assessed(struct ost_tree *t, const struct ost_line *line)
{
	static const char *const levels[] = {"Unknown", "Low", "Medium", "High", "Critical"};
	uint64_t impact = OST_MIN(ost_tree_number(line->root, "ostiary.risk.impact"), 3u);
	unsigned priority = line->about.severity > 1 ? line->about.severity - 1 : 1;
	const char *breach = ost_tree_text(line->root, "ostiary.impact.personal.involved"), *verdict;
	unsigned id = verdict_of(line, &verdict);

	ost_tree_put_integer(t, "verdict_id", id);
	ost_tree_put_text(t, "verdict", verdict);
	ost_tree_put_integer(t, "impact_id", impact);
	ost_tree_put_text(t, "impact", levels[impact]);
	ost_tree_put_integer(t, "priority_id", priority);
	ost_tree_put_text(t, "priority", levels[priority]);
	if (breach != NULL)
		ost_tree_put(t, "is_suspected_breach", json_boolean(strcmp(breach, "yes") == 0));
}

/* Nobody but a person makes it more than new, or resolves it: a quiet one is closed, no more. */
static void status(struct ost_tree *t, const struct ost_line *line, unsigned class)
{
	const char *verdict, *name = "New";
	unsigned judged = verdict_of(line, &verdict), id = 1;

	if (line->closed && class == DETECTION && (judged == 1 || judged == 5)) {
		id = 3;
		name = "Suppressed";
	} else if (line->closed) {
		id = class == INCIDENT ? 5 : 4;
		name = class == INCIDENT ? "Closed" : "Resolved";
	} else if (line->of_person || ost_tree_text(line->root, "ostiary.verdict.is") != NULL) {
		id = 2;
		name = "In Progress";
	}
	ost_tree_put_integer(t, "status_id", id);
	ost_tree_put_text(t, "status", name);
	ost_tree_put_text(t, "status_detail", ost_tree_text(line->root, "ostiary.incident.why_told"));
}

/* The profile "security_control": what the gateway did. */
static void control(struct ost_tree *t, const struct ost_line *line)
{
	static const struct {
		const char *did, *action, *disposition;
		unsigned action_id, disposition_id;
	} rows[] = {
		{"refused", "Denied", "Blocked", 2, 2},
		{"rate-limited", "Denied", "Dropped", 2, 6},
		{"quarantined", "Denied", "Isolated", 2, 4},
		{"", "Observed", "Detected", 3, 15},
	};
	const char *did = ost_tree_text(line->root, "ostiary.response.action");
	size_t i = 0;

	while (rows[i].did[0] != '\0' && (did == NULL || strcmp(rows[i].did, did) != 0))
		i++;
	if (i == 0 && ost_tree_text(line->root, "ostiary.context.refusal") != NULL) { /* packets */
		ost_tree_put_integer(t, "disposition_id", 6);
		ost_tree_put_text(t, "disposition", "Dropped");
	} else {
		ost_tree_put_integer(t, "disposition_id", rows[i].disposition_id);
		ost_tree_put_text(t, "disposition", rows[i].disposition);
	}
	ost_tree_put_integer(t, "action_id", rows[i].action_id);
	ost_tree_put_text(t, "action", rows[i].action);
	ost_tree_put(t, "is_alert", json_true());
	ost_tree_put_text(t, "firewall_rule.name", ost_tree_text(line->root, "ostiary.context.policy_rule"));
}

static void risk(struct ost_tree *t, const struct ost_line *line)
{
	static const char *const levels[] = {"Info", "Low", "Medium", "High", "Critical"};

	ost_tree_put_number(t, "risk_score", ost_tree_number(line->root, "ostiary.risk.product"));
	ost_tree_put_integer(t, "risk_level_id", line->about.severity - 1);
	ost_tree_put_text(t, "risk_level", levels[line->about.severity - 1]);
	ost_tree_put_text(t, "risk_details", ost_tree_text(line->root, "rule.description"));
	ost_tree_put_text(t, "remediation.desc", ost_tree_text(line->root, "ostiary.response.next_step"));
}

static int detection(const struct ost_line *line, const struct ost_format_config *config, struct ost_format_text *out)
{
	struct ost_tree t = {.root = json_object()};

	base(&t, line, config, DETECTION, activity_of(line));
	ost_tree_put(&t, "finding_info", ost_ocsf_finding(line));
	status(&t, line, DETECTION);
	assessed(&t, line);
	control(&t, line);
	risk(&t, line);
	ost_ocsf_attacks(&t, "attacks", line);
	ost_ocsf_device(&t, line);
	ost_ocsf_evidences(&t, line);
	ost_ocsf_observables(&t);
	return ost_tree_end(&t, out);
}

static void tickets(struct ost_tree *t, const struct ost_line *line)
{
	static const char *const paths[] = {"ostiary.submission.authority_ref", "submission.authority_ref", "authority_ref"};

	for (size_t i = 0; i < OST_ARRAY_SIZE(paths); i++) {
		const char *reference = ost_tree_text(line->root, paths[i]);

		if (reference != NULL) {
			ost_tree_add(t, "tickets", json_pack("{s:s,s:s}", "uid", reference, "title", "authority"));
			return;
		}
	}
}

static int incident(const struct ost_line *line, const struct ost_format_config *config, struct ost_format_text *out)
{
	struct ost_tree t = {.root = json_object()};

	base(&t, line, config, INCIDENT, activity_of(line));
	ost_tree_put(&t, "finding_info_list", json_pack("[o]", ost_ocsf_finding(line)));
	ost_tree_put_text(&t, "assignee_group.name", config->assignee_group != NULL ? config->assignee_group : "soc");
	ost_tree_put_text(&t, "assignee.name", line->of_incident ? NULL : ost_line_person(line));
	ost_tree_put_text(&t, "desc", ost_line_title(line));
	if (!line->of_incident)
		ost_tree_put_text(&t, "comment", ost_line_message(line));
	status(&t, line, INCIDENT);
	assessed(&t, line);
	tickets(&t, line);
	ost_ocsf_attacks(&t, "attacks", line);
	return ost_tree_end(&t, out);
}

static int whatever(const struct ost_line *line, const struct ost_format_config *config, struct ost_format_text *out)
{
	static const char *const told[] = {"v", "seq", "prev", "kind", "@timestamp", "boot_id", "mono_ns", "clock", "message", "ostiary", NULL};
	struct ost_tree t = {.root = json_object()};

	base(&t, line, config, BASE, 99);
	ost_tree_put(&t, "unmapped.record", ost_tree_copy(line->root, told));
	return ost_tree_end(&t, out);
}

int ost_format_ocsf(const struct ost_line *line, const struct ost_format_config *config, struct ost_format_text *out)
{
	int r;

	if (line->incident == NULL)
		return whatever(line, config, out);
	r = line->of_incident ? detection(line, config, out) : 0;
	return r == 0 ? incident(line, config, out) : r;
}
