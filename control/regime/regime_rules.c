/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rules: of a regime file: what is asked, with which legal basis and thresholds. */
#include "regime_reader.h"

static const char *const kind_words[OST_RULE_KIND_COUNT] = {
	[OST_RULE_ACCESS] = "access",
	[OST_RULE_LOSS] = "loss",
	[OST_RULE_RECURRING] = "recurring",
	[OST_RULE_SECRETS] = "secrets",
	[OST_RULE_SAFETY] = "safety",
	[OST_RULE_OUTAGE] = "outage",
	[OST_RULE_COMPROMISE] = "compromise",
	[OST_RULE_OWN] = "own",
	[OST_RULE_USERS] = "users",
	[OST_RULE_MAINTENANCE] = "maintenance",
	[OST_RULE_BREACH] = "breach",
	[OST_RULE_HIGH_RISK] = "high_risk",
	[OST_RULE_GATEWAY] = "gateway",
	[OST_RULE_EXPLOITED] = "exploited",
};

static const char *const proposal_words[] = {"not_proposed", "review", "propose"};

static const char *const threshold_words[OST_THRESHOLD_COUNT] = {
	[OST_THRESHOLD_LOSS_EUR] = "loss_eur",
	[OST_THRESHOLD_TURNOVER_PERCENT] = "turnover_percent",
	[OST_THRESHOLD_REVIEW_PERCENT] = "review_percent",
	[OST_THRESHOLD_TIMES] = "times",
	[OST_THRESHOLD_OUTAGE_S] = "outage_s",
	[OST_THRESHOLD_LIMITED_S] = "limited_s",
	[OST_THRESHOLD_USERS] = "users",
	[OST_THRESHOLD_USERS_PERCENT] = "users_percent",
	[OST_THRESHOLD_USER_HOURS] = "user_hours",
	[OST_THRESHOLD_DAMAGE_EUR] = "damage_eur",
};

#define BIT(threshold) (1u << OST_THRESHOLD_##threshold)

/* What each kind may have, and what it must. */
static const struct {
	uint32_t may, must;
	bool within, suppresses;
} wants[OST_RULE_KIND_COUNT] = {
	[OST_RULE_LOSS] = {.may = BIT(LOSS_EUR) | BIT(TURNOVER_PERCENT) | BIT(REVIEW_PERCENT), .must = BIT(LOSS_EUR)},
	[OST_RULE_RECURRING] = {.may = BIT(LOSS_EUR) | BIT(TURNOVER_PERCENT) | BIT(TIMES), .must = BIT(LOSS_EUR) | BIT(TIMES), .within = true},
	[OST_RULE_OUTAGE] = {.may = BIT(OUTAGE_S) | BIT(LIMITED_S) | BIT(USERS) | BIT(USERS_PERCENT), .must = BIT(OUTAGE_S)},
	[OST_RULE_OWN] = {.may = BIT(OUTAGE_S), .must = BIT(OUTAGE_S)},
	[OST_RULE_USERS] = {.may = BIT(USERS) | BIT(USER_HOURS) | BIT(DAMAGE_EUR), .must = BIT(USERS) | BIT(USER_HOURS) | BIT(DAMAGE_EUR)},
	[OST_RULE_MAINTENANCE] = {.suppresses = true},
};

const char *ost_rule_kind_name(enum ost_rule_kind kind)
{
	return kind < OST_RULE_KIND_COUNT ? kind_words[kind] : "";
}

const char *ost_proposal_name(enum ost_proposal proposal)
{
	return (unsigned)proposal < OST_ARRAY_SIZE(proposal_words) ? proposal_words[proposal] : "";
}

const char *ost_threshold_name(enum ost_threshold threshold)
{
	return threshold < OST_THRESHOLD_COUNT ? threshold_words[threshold] : "";
}

struct rule_draft {
	const struct ost_yaml_node *id, *kind, *basis, *result, *says, *entities, *within, *suppresses;
	const struct ost_yaml_node *threshold[OST_THRESHOLD_COUNT];
};

OST_YAML_KEEP(struct rule_draft, id)
OST_YAML_KEEP(struct rule_draft, kind)
OST_YAML_KEEP(struct rule_draft, basis)
OST_YAML_KEEP(struct rule_draft, result)
OST_YAML_KEEP(struct rule_draft, says)
OST_YAML_KEEP(struct rule_draft, entities)
OST_YAML_KEEP(struct rule_draft, within)
OST_YAML_KEEP(struct rule_draft, suppresses)

#define THRESHOLD_FIELD(NAME, name)                                                                   \
	static void name##_field(void *context, const struct ost_yaml_node *value, void *target)      \
	{                                                                                             \
		struct rule_draft *d = target;                                                        \
                                                                                                      \
		(void)context;                                                                        \
		d->threshold[OST_THRESHOLD_##NAME] = value;                                           \
	}
THRESHOLD_FIELD(LOSS_EUR, loss_eur)
THRESHOLD_FIELD(TURNOVER_PERCENT, turnover_percent)
THRESHOLD_FIELD(REVIEW_PERCENT, review_percent)
THRESHOLD_FIELD(TIMES, times)
THRESHOLD_FIELD(OUTAGE_S, outage_s)
THRESHOLD_FIELD(LIMITED_S, limited_s)
THRESHOLD_FIELD(USERS, users)
THRESHOLD_FIELD(USERS_PERCENT, users_percent)
THRESHOLD_FIELD(USER_HOURS, user_hours)
THRESHOLD_FIELD(DAMAGE_EUR, damage_eur)

static const struct ost_yaml_field rule_fields[] = {
	{"id", id_field},
	{"kind", kind_field},
	{"basis", basis_field},
	{"result", result_field},
	{"says", says_field},
	{"for", entities_field},
	{"within", within_field},
	{"suppresses", suppresses_field},
	{"loss_eur", loss_eur_field},
	{"turnover_percent", turnover_percent_field},
	{"review_percent", review_percent_field},
	{"times", times_field},
	{"outage_s", outage_s_field},
	{"limited_s", limited_s_field},
	{"users", users_field},
	{"users_percent", users_percent_field},
	{"user_hours", user_hours_field},
	{"damage_eur", damage_eur_field},
};

static void thresholds_read(struct regime_reader *r, const struct ost_yaml_node *item, const struct rule_draft *d, struct ost_regime_rule *rule)
{
	for (uint32_t i = 0; i < OST_THRESHOLD_COUNT; i++) {
		bool percent = i == OST_THRESHOLD_TURNOVER_PERCENT || i == OST_THRESHOLD_REVIEW_PERCENT || i == OST_THRESHOLD_USERS_PERCENT;
		bool may = wants[rule->kind].may >> i & 1, must = wants[rule->kind].must >> i & 1;
		char hint[OST_HINT_MAX];

		if (d->threshold[i] == NULL && must)
			ost_yaml_error(&r->y, item, ost_hint(hint, sizeof(hint), "write \"%s\": NUMBER", threshold_words[i]),
				"the rule '%s' of the kind %s needs %s", rule->id, kind_words[rule->kind], threshold_words[i]);
		if (d->threshold[i] == NULL)
			continue;
		if (!may)
			ost_yaml_error(&r->y, d->threshold[i], "leave it out", "a rule of the kind %s has no use for %s", kind_words[rule->kind],
				threshold_words[i]);
		else if (ost_yaml_number(&r->y, d->threshold[i], threshold_words[i], 1, percent ? 100 : 1000000000000ull,
				 &rule->threshold[i]))
			rule->has[i] = true;
	}
	if (d->within == NULL && wants[rule->kind].within)
		ost_yaml_error(&r->y, item, "write \"within\": \"P6M\"", "the rule '%s' does not say within what time", rule->id);
	if (d->within != NULL && !wants[rule->kind].within)
		ost_yaml_error(&r->y, d->within, "leave it out", "a rule of the kind %s has no use for within", kind_words[rule->kind]);
	else if (d->within != NULL)
		rule->has_within = regime_period_read(r, d->within, "within", &rule->within);
}

static const char *rule_name(const struct regime_reader *r, uint32_t i)
{
	return i < r->regime->rule_count ? r->regime->rules[i].id : NULL;
}

static void suppresses_read(struct regime_reader *r, const struct ost_yaml_node *item, const struct rule_draft *d, struct ost_regime_rule *rule)
{
	const struct ost_yaml_node *list = d->suppresses;

	if (list == NULL && wants[rule->kind].suppresses)
		ost_yaml_error(&r->y, item, "write \"suppresses\": [\"N6\"], rules that stand above", "the rule '%s' does not say what it suppresses",
			rule->id);
	if (list == NULL)
		return;
	if (!wants[rule->kind].suppresses) {
		ost_yaml_error(&r->y, list, "leave it out", "a rule of the kind %s suppresses nothing", kind_words[rule->kind]);
		return;
	}
	if (!regime_list_fits(r, list, "suppresses", OST_REGIME_RULES))
		return;
	for (const struct ost_yaml_node *name = list->first; name != NULL; name = name->next) {
		uint32_t i = 0;

		if (!ost_yaml_is_scalar(&r->y, name, "suppresses"))
			return;
		while (i < r->regime->rule_count && strcmp(r->regime->rules[i].id, name->text) != 0)
			i++;
		if (i == r->regime->rule_count)
			regime_unknown(r, name, "the rule", rule_name);
		else
			rule->suppresses |= 1u << i;
	}
}

static void rule_read(struct regime_reader *r, const struct ost_yaml_node *item)
{
	static const char *const for_words[] = {"all", "listed", "unlisted"};
	struct ost_regime *g = r->regime;
	struct ost_regime_rule *rule = &g->rules[g->rule_count];
	struct rule_draft d = {0};
	uint32_t index = 0;

	ost_yaml_fields(&r->y, item, "the rule", rule_fields, OST_ARRAY_SIZE(rule_fields), r, &d);
	if (item->kind != OST_YAML_MAPPING || !regime_id_read(r, item, d.id, "a rule", rule->id) ||
		!regime_text_read(r, item, d.basis, "basis", true, &rule->basis))
		return;
	rule->says = "";
	(void)regime_text_read(r, item, d.says, "says", false, &rule->says);
	if (d.kind == NULL || d.result == NULL) {
		ost_yaml_error(&r->y, item, "write \"kind\": \"outage\", \"result\": \"propose\"; ostiary-regimes(5) has the kinds",
			"the rule '%s' has no %s", rule->id, d.kind == NULL ? "kind" : "result");
		return;
	}
	if (!ost_yaml_word(&r->y, d.kind, "kind", kind_words, OST_RULE_KIND_COUNT, &index))
		return;
	rule->kind = index;
	if (!ost_yaml_word(&r->y, d.result, "result", proposal_words, OST_ARRAY_SIZE(proposal_words), &index))
		return;
	rule->result = index;
	if ((rule->kind == OST_RULE_MAINTENANCE) != (rule->result == OST_NOT_PROPOSED))
		ost_yaml_error(&r->y, d.result, "a maintenance rule has not_proposed, any other review or propose", "the rule '%s' cannot have the result %s",
			rule->id, proposal_words[rule->result]);
	if (d.entities != NULL && ost_yaml_word(&r->y, d.entities, "for", for_words, OST_ARRAY_SIZE(for_words), &index))
		rule->entities = index;
	thresholds_read(r, item, &d, rule);
	suppresses_read(r, item, &d, rule);
	for (uint32_t i = 0; i < g->rule_count; i++) {
		if (strcmp(g->rules[i].id, rule->id) == 0)
			ost_yaml_error(&r->y, d.id, "give each rule an id of its own", "the rule '%s' stands there twice", rule->id);
	}
	g->rule_count++;
}

void regime_rules_read(struct regime_reader *r, const struct ost_yaml_node *list)
{
	if (!regime_list_fits(r, list, "rules", OST_REGIME_RULES))
		return;
	for (const struct ost_yaml_node *item = list->first; item != NULL; item = item->next)
		rule_read(r, item);
}
