/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "measured.h"

static void measure(struct ost_facts *facts, enum ost_fact_name name, bool yes)
{
	ost_fact_set(facts, name, yes, OST_ORIGIN_MEASURED);
}

/* What the incident says for yes or no; unknown stays unknown. */
static void answer(struct ost_facts *facts, enum ost_fact_name name, enum ost_answer value)
{
	if (value != OST_ANSWER_UNKNOWN)
		measure(facts, name, value == OST_ANSWER_YES);
}

void ost_facts_measure(const struct ost_incident *incident, struct ost_facts *facts)
{
	const unsigned data = OST_OBJECTIVE_CONFIDENTIALITY | OST_OBJECTIVE_INTEGRITY | OST_OBJECTIVE_AUTHENTICITY;
	bool gateway = incident->cause == OST_CAUSE_GATEWAY_TAMPER || incident->cause == OST_CAUSE_JOURNAL_INTEGRITY;
	bool plaintext = incident->cause == OST_CAUSE_PLAINTEXT_CREDENTIAL || incident->cause == OST_CAUSE_DEFAULT_CREDENTIAL;
	unsigned against = ost_cause_info(incident->cause)->objectives;

	answer(facts, OST_FACT_SUCCEEDED, incident->succeeded);
	answer(facts, OST_FACT_MALICIOUS, incident->malicious);
	measure(facts, OST_FACT_GATEWAY, gateway);
	if (plaintext)
		measure(facts, OST_FACT_PLAINTEXT, true);
	if (incident->essential)
		ost_fact_set(facts, OST_FACT_ESSENTIAL, 1, OST_ORIGIN_CONFIGURED);
	ost_fact_set(facts, OST_FACT_FIRST_SEEN, incident->first_wall_ns, OST_ORIGIN_MEASURED);
	ost_fact_set(facts, OST_FACT_LAST_SEEN, incident->last_wall_ns, OST_ORIGIN_MEASURED);
	if (incident->succeeded == OST_ANSWER_NO) {
		measure(facts, OST_FACT_ALTERED, false);
		measure(facts, OST_FACT_COMPROMISED, false);
		measure(facts, OST_FACT_EXPLOITED, false);
	} else if (incident->succeeded == OST_ANSWER_YES) {
		measure(facts, OST_FACT_ALTERED, (against & OST_OBJECTIVE_INTEGRITY) != 0);
		measure(facts, OST_FACT_COMPROMISED, (against & data) != 0);
		measure(facts, OST_FACT_EXPLOITED, !gateway && incident->malicious == OST_ANSWER_YES);
	}
}
