/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#define MS_PER_HOUR 3600000u

struct asking {
	const struct ost_regime_rule *rule;
	const struct ost_facts *facts;
	struct ost_rule_trace *trace;
	bool holds, near;
};

/* Looks at a fact, and notes that it did: for facts that stand for no or 0 when nobody knows them. */
static const struct ost_fact *look(struct asking *a, enum ost_fact_name name)
{
	struct ost_rule_trace *t = a->trace;
	uint32_t i = 0;

	while (i < t->fact_count && t->facts[i] != name)
		i++;
	if (i == t->fact_count && i < OST_TRACE_FACTS)
		t->facts[t->fact_count++] = (uint8_t)name;
	return &a->facts->of[name];
}

/* The same for one whose absence leaves the rule unsure. */
static const struct ost_fact *ask(struct asking *a, enum ost_fact_name name)
{
	const struct ost_fact *f = look(a, name);

	for (uint32_t i = 0; i < a->trace->fact_count; i++) {
		if (a->trace->facts[i] == name && !f->known)
			a->trace->missing = (uint16_t)(a->trace->missing | 1u << i);
	}
	return f;
}

static enum ost_tristate answer(struct asking *a, enum ost_fact_name name)
{
	const struct ost_fact *f = ask(a, name);

	return !f->known ? OST_TRI_UNKNOWN : f->value != 0 ? OST_TRI_YES : OST_TRI_NO;
}

static enum ost_tristate not(enum ost_tristate t)
{
	return OST_TRI_YES - t;
}

static enum ost_tristate known(struct asking *a, enum ost_tristate t)
{
	a->holds |= t == OST_TRI_YES;
	return t;
}

static enum ost_tristate both(struct asking *a, enum ost_tristate x, enum ost_tristate y)
{
	(void)known(a, x);
	(void)known(a, y);
	return OST_MIN(x, y);
}

static enum ost_tristate either(enum ost_tristate x, enum ost_tristate y)
{
	return OST_MAX(x, y);
}

static void say(struct asking *a, const char *fmt, ...) OST_PRINTF(2, 3);
static void say(struct asking *a, const char *fmt, ...)
{
	char *to = a->trace->comparison;
	size_t used = strlen(to);
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(to + used, OST_TRACE_COMPARISON - used, fmt, ap);
	va_end(ap);
}

/* "not known to be no": what nobody denied is no way out, but no ground for a review either. */
static enum ost_tristate maybe(struct asking *a, enum ost_fact_name name)
{
	const struct ost_fact *f = look(a, name);

	return f->known && f->value == 0 ? OST_TRI_NO : OST_TRI_YES;
}

/* "longer than 1800 s": exactly so long is not longer. */
static enum ost_tristate longer(struct asking *a, enum ost_fact_name name, uint64_t seconds)
{
	const struct ost_fact *f = ask(a, name);

	if (!f->known) {
		say(a, "%s unknown > %" PRIu64 " s; ", ost_fact_name(name), seconds);
		return OST_TRI_UNKNOWN;
	}
	say(a, "%s %" PRIu64 ".%03u s > %" PRIu64 " s; ", ost_fact_name(name), f->value / 1000, (unsigned)(f->value % 1000), seconds);
	return f->value > seconds * 1000 ? OST_TRI_YES : OST_TRI_NO;
}

/* Larger than the smaller one of a fixed number and a share of something; the share counts only when that is known, and until then
 * what is not larger than the fixed number may still be too much. Products are of 128 bits: nothing is rounded. */
static enum ost_tristate over_smaller(unsigned __int128 value, unsigned __int128 fixed, bool share_wanted, const struct ost_fact *whole,
	uint64_t percent, unsigned __int128 scale)
{
	if (value > fixed)
		return OST_TRI_YES;
	if (!share_wanted)
		return OST_TRI_NO;
	if (!whole->known)
		return value == 0 ? OST_TRI_NO : OST_TRI_UNKNOWN;
	return value * 100 > (unsigned __int128)whole->value * percent * scale ? OST_TRI_YES : OST_TRI_NO;
}

static enum ost_tristate rule_access(struct asking *a)
{
	enum ost_tristate succeeded = answer(a, OST_FACT_SUCCEEDED), malicious = maybe(a, OST_FACT_MALICIOUS);
	enum ost_tristate t = both(a, succeeded, answer(a, OST_FACT_ESSENTIAL));

	say(a, "succeeded = yes, malicious not no, essential = yes");
	return OST_MIN(t, malicious);
}

/* In EUR, times the milliseconds of an hour: whole numbers. What is not known counts as 0. */
static unsigned __int128 loss_of(const struct ost_facts *f, uint64_t outage_ms)
{
	return (unsigned __int128)outage_ms * f->of[OST_FACT_EUR_PER_HOUR].value +
	       (unsigned __int128)f->of[OST_FACT_FIXED_EUR].value * MS_PER_HOUR;
}

/* Against the fixed number and the share of the turnover. sure: nothing is to be added to it. */
static enum ost_tristate loss_compared(struct asking *a, unsigned __int128 loss, bool sure)
{
	const struct ost_regime_rule *r = a->rule;
	bool share = r->has[OST_THRESHOLD_TURNOVER_PERCENT];
	enum ost_tristate t;

	say(a, " > EUR %" PRIu64, r->threshold[OST_THRESHOLD_LOSS_EUR]);
	if (share)
		say(a, " or %" PRIu64 " %% of the turnover, the smaller one", r->threshold[OST_THRESHOLD_TURNOVER_PERCENT]);
	t = over_smaller(loss, (unsigned __int128)r->threshold[OST_THRESHOLD_LOSS_EUR] * MS_PER_HOUR, share,
		share ? ask(a, OST_FACT_TURNOVER_EUR) : NULL, r->threshold[OST_THRESHOLD_TURNOVER_PERCENT], MS_PER_HOUR);
	return t == OST_TRI_NO && !sure ? OST_TRI_UNKNOWN : t;
}

/* Whether so many percent of either threshold are reached. */
static bool loss_near(const struct asking *a, unsigned __int128 loss)
{
	const uint64_t *threshold = a->rule->threshold;
	const struct ost_fact *turnover = &a->facts->of[OST_FACT_TURNOVER_EUR];
	uint64_t percent = threshold[OST_THRESHOLD_REVIEW_PERCENT];

	if (!a->rule->has[OST_THRESHOLD_REVIEW_PERCENT] || loss == 0)
		return false;
	if (loss * 100 >= (unsigned __int128)threshold[OST_THRESHOLD_LOSS_EUR] * MS_PER_HOUR * percent)
		return true;
	return a->rule->has[OST_THRESHOLD_TURNOVER_PERCENT] && turnover->known &&
	       loss * 10000 >= (unsigned __int128)turnover->value * threshold[OST_THRESHOLD_TURNOVER_PERCENT] * percent * MS_PER_HOUR;
}

/* outage x EUR/h + fixed cost. An outage of nothing, or one that costs nothing, is no loss however little else is known. */
static enum ost_tristate rule_loss(struct asking *a)
{
	const struct ost_fact *outage = ask(a, OST_FACT_OUTAGE_MS), *hourly = ask(a, OST_FACT_EUR_PER_HOUR);
	bool sure = (outage->known && hourly->known) || (outage->known && outage->value == 0) || (hourly->known && hourly->value == 0);
	unsigned __int128 loss;
	enum ost_tristate t;

	(void)look(a, OST_FACT_FIXED_EUR);
	loss = loss_of(a->facts, outage->value);
	say(a, "loss EUR %" PRIu64 "%s", (uint64_t)(loss / MS_PER_HOUR), sure ? "" : " and what is not known");
	t = loss_compared(a, loss, sure);
	a->holds |= loss != 0 || outage->value != 0;
	a->near = t != OST_TRI_YES && loss_near(a, loss);
	return t;
}

/* Earlier ones within the period before this one, counted by the calendar, and their losses with this one's. */
static enum ost_tristate rule_recurring(struct asking *a)
{
	const struct ost_regime_rule *r = a->rule;
	const struct ost_facts *f = a->facts;
	const struct ost_fact *first = ask(a, OST_FACT_FIRST_SEEN), *outage = ask(a, OST_FACT_OUTAGE_MS);
	unsigned __int128 loss = 0;
	uint64_t end, times = 1;

	(void)ask(a, OST_FACT_EUR_PER_HOUR);
	for (uint32_t i = 0; i < f->earlier_count && first->known; i++) {
		if (f->earlier[i].first_ns > first->value || ost_period_end(f->earlier[i].first_ns, &r->within, NULL, &end) < 0 ||
			end < first->value)
			continue;
		loss += loss_of(f, f->earlier[i].outage_ms);
		times++;
	}
	say(a, "%" PRIu64 " incidents with this cause, this one counted >= %" PRIu64, times, r->threshold[OST_THRESHOLD_TIMES]);
	if (times < r->threshold[OST_THRESHOLD_TIMES])
		return OST_TRI_NO;
	a->holds = true;
	loss += loss_of(f, outage->known ? outage->value : 0);
	say(a, "; together EUR %" PRIu64, (uint64_t)(loss / MS_PER_HOUR));
	return loss_compared(a, loss, outage->known && f->of[OST_FACT_EUR_PER_HOUR].known);
}

static enum ost_tristate rule_secrets(struct asking *a)
{
	const struct ost_fact *out = ask(a, OST_FACT_BYTES_OUT), *limit = ask(a, OST_FACT_BYTES_LIMIT);
	enum ost_tristate t = !out->known || !limit->known ? OST_TRI_UNKNOWN : out->value > limit->value ? OST_TRI_YES : OST_TRI_NO;

	say(a, "trade_secret = yes, succeeded = yes, bytes_out > bytes_limit");
	t = both(a, t, answer(a, OST_FACT_TRADE_SECRET));
	return both(a, t, answer(a, OST_FACT_SUCCEEDED));
}

static enum ost_tristate rule_safety(struct asking *a)
{
	enum ost_tristate t = either(answer(a, OST_FACT_ALTERED), answer(a, OST_FACT_UNAVAILABLE));

	say(a, "safety = yes, altered or unavailable");
	return both(a, answer(a, OST_FACT_SAFETY), t);
}

static enum ost_tristate rule_outage(struct asking *a)
{
	const struct ost_regime_rule *r = a->rule;
	enum ost_tristate t = known(a, longer(a, OST_FACT_OUTAGE_MS, r->threshold[OST_THRESHOLD_OUTAGE_S])), limited;
	const struct ost_fact *users, *all;

	if (t == OST_TRI_YES || !r->has[OST_THRESHOLD_LIMITED_S])
		return t;
	limited = longer(a, OST_FACT_LIMITED_MS, r->threshold[OST_THRESHOLD_LIMITED_S]);
	if (limited == OST_TRI_NO || !r->has[OST_THRESHOLD_USERS])
		return either(t, known(a, limited));
	users = ask(a, OST_FACT_USERS_AFFECTED);
	all = ask(a, OST_FACT_USERS_ALL);
	say(a, "users > %" PRIu64 " or %" PRIu64 " %%, the smaller one", r->threshold[OST_THRESHOLD_USERS],
		r->threshold[OST_THRESHOLD_USERS_PERCENT]);
	limited = both(a, limited,
		!users->known ? OST_TRI_UNKNOWN
			      : over_smaller(users->value, r->threshold[OST_THRESHOLD_USERS], r->has[OST_THRESHOLD_USERS_PERCENT], all,
					r->threshold[OST_THRESHOLD_USERS_PERCENT], 1));
	return either(t, limited);
}

static enum ost_tristate rule_compromise(struct asking *a)
{
	enum ost_tristate t = known(a, answer(a, OST_FACT_COMPROMISED)), malicious = maybe(a, OST_FACT_MALICIOUS);

	say(a, "data_compromised = yes, malicious not no");
	return OST_MIN(t, malicious);
}

/* The entity's own threshold of an outage where it has one, the file's where not; or as access. */
static enum ost_tristate rule_own(struct asking *a)
{
	const struct ost_fact *own = &a->facts->of[OST_FACT_OWN_OUTAGE_MS], *outage = ask(a, OST_FACT_OUTAGE_MS);
	uint64_t most_ms = own->known ? ask(a, OST_FACT_OWN_OUTAGE_MS)->value : a->rule->threshold[OST_THRESHOLD_OUTAGE_S] * 1000;
	enum ost_tristate t = !outage->known ? OST_TRI_UNKNOWN : outage->value > most_ms ? OST_TRI_YES : OST_TRI_NO;

	say(a, "essential = yes, outage_ms > %" PRIu64 "; or ", most_ms);
	t = both(a, t, answer(a, OST_FACT_ESSENTIAL));
	return either(t, rule_access(a));
}

static enum ost_tristate rule_users(struct asking *a)
{
	const struct ost_regime_rule *r = a->rule;
	const struct ost_fact *users = ask(a, OST_FACT_USERS_AFFECTED), *outage = ask(a, OST_FACT_OUTAGE_MS), *damage = ask(a, OST_FACT_DAMAGE_EUR);
	enum ost_tristate hours = !users->known || !outage->known ? OST_TRI_UNKNOWN
				  : (unsigned __int128)users->value * outage->value >
						  (unsigned __int128)r->threshold[OST_THRESHOLD_USER_HOURS] * MS_PER_HOUR
					  ? OST_TRI_YES
					  : OST_TRI_NO;
	enum ost_tristate many = !users->known ? OST_TRI_UNKNOWN : users->value > r->threshold[OST_THRESHOLD_USERS] ? OST_TRI_YES : OST_TRI_NO;
	enum ost_tristate costs = !damage->known ? OST_TRI_UNKNOWN : damage->value > r->threshold[OST_THRESHOLD_DAMAGE_EUR] ? OST_TRI_YES : OST_TRI_NO;
	enum ost_tristate safety = both(a, answer(a, OST_FACT_SAFETY), either(answer(a, OST_FACT_ALTERED), answer(a, OST_FACT_UNAVAILABLE)));

	say(a, "user-hours > %" PRIu64 ", or data_compromised and users > %" PRIu64 ", or safety, or damage to one user > EUR %" PRIu64,
		r->threshold[OST_THRESHOLD_USER_HOURS], r->threshold[OST_THRESHOLD_USERS], r->threshold[OST_THRESHOLD_DAMAGE_EUR]);
	a->holds |= many == OST_TRI_YES;
	many = both(a, many, answer(a, OST_FACT_COMPROMISED));
	return either(either(hours, many), either(safety, costs));
}

static enum ost_tristate rule_breach(struct asking *a)
{
	enum ost_tristate t = either(either(answer(a, OST_FACT_PLAINTEXT), answer(a, OST_FACT_SUCCEEDED)),
		either(answer(a, OST_FACT_ALTERED), answer(a, OST_FACT_UNAVAILABLE)));

	if (a->trace->comparison[0] == '\0')
		say(a, "personal_data = yes, plaintext or succeeded or altered or unavailable, encrypted not yes");
	t = both(a, t, answer(a, OST_FACT_PERSONAL_DATA));
	/* Not known to be encrypted: it is taken as readable, but somebody must look. */
	return OST_MIN(t, not(answer(a, OST_FACT_ENCRYPTED)));
}

static enum ost_tristate rule_high_risk(struct asking *a)
{
	const struct ost_fact *subjects = ask(a, OST_FACT_SUBJECTS), *limit = ask(a, OST_FACT_SUBJECTS_LIMIT);
	enum ost_tristate many = !subjects->known || !limit->known ? OST_TRI_UNKNOWN : subjects->value > limit->value ? OST_TRI_YES : OST_TRI_NO;
	enum ost_tristate t = either(either(answer(a, OST_FACT_SPECIAL_CATEGORY), answer(a, OST_FACT_CREDENTIALS)), many);

	say(a, "as the breach, and special_category or credentials_of_persons or subjects > subjects_limit");
	return both(a, t, rule_breach(a));
}

static enum ost_tristate rule_gateway(struct asking *a)
{
	say(a, "gateway_integrity = yes");
	return answer(a, OST_FACT_GATEWAY);
}

static enum ost_tristate rule_exploited(struct asking *a)
{
	say(a, "device_exploited = yes");
	return answer(a, OST_FACT_EXPLOITED);
}

/* Opened before the event, signed, and the whole event inside; unknown helps nobody: it suppresses only when it is sure. */
static enum ost_tristate rule_maintenance(struct asking *a)
{
	const struct ost_fact *first = ask(a, OST_FACT_FIRST_SEEN), *last = ask(a, OST_FACT_LAST_SEEN);
	const struct ost_fact *opened = ask(a, OST_FACT_WINDOW_OPENED), *from = ask(a, OST_FACT_WINDOW_FROM), *until = ask(a, OST_FACT_WINDOW_UNTIL);
	bool sure = first->known && last->known && opened->known && from->known && until->known;

	say(a, "window_opened < first_seen, window_from <= first_seen, last_seen <= window_until, window_signed = yes, malicious not yes");
	if (!sure || answer(a, OST_FACT_WINDOW_SIGNED) != OST_TRI_YES || answer(a, OST_FACT_MALICIOUS) == OST_TRI_YES)
		return OST_TRI_NO;
	return opened->value < first->value && from->value <= first->value && last->value <= until->value ? OST_TRI_YES : OST_TRI_NO;
}

static enum ost_tristate (*const conditions[OST_RULE_KIND_COUNT])(struct asking *a) = {
	[OST_RULE_ACCESS] = rule_access,
	[OST_RULE_LOSS] = rule_loss,
	[OST_RULE_RECURRING] = rule_recurring,
	[OST_RULE_SECRETS] = rule_secrets,
	[OST_RULE_SAFETY] = rule_safety,
	[OST_RULE_OUTAGE] = rule_outage,
	[OST_RULE_COMPROMISE] = rule_compromise,
	[OST_RULE_OWN] = rule_own,
	[OST_RULE_USERS] = rule_users,
	[OST_RULE_MAINTENANCE] = rule_maintenance,
	[OST_RULE_BREACH] = rule_breach,
	[OST_RULE_HIGH_RISK] = rule_high_risk,
	[OST_RULE_GATEWAY] = rule_gateway,
	[OST_RULE_EXPLOITED] = rule_exploited,
};

enum ost_tristate rule_condition(
	const struct ost_regime_rule *rule, const struct ost_facts *facts, struct ost_rule_trace *trace, bool *ret_holds, bool *ret_near)
{
	struct asking a = {.rule = rule, .facts = facts, .trace = trace};
	enum ost_tristate t = conditions[rule->kind](&a);

	*ret_holds = a.holds;
	*ret_near = a.near;
	return t;
}
