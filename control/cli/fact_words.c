/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fact_words.h"

#define SERVICE "entity.yaml, in the service that the device's tag belongs to: "

static const struct {
	const char *name, *words, *tell;
} facts[] = {
	{"succeeded", "whether it succeeded", "look at the device: did whoever tried get in? The gateway cannot see it"},
	{"malicious", "whether somebody means harm", "find out who did it, and why"},
	{"essential", "whether the service is essential", SERVICE "criticality: essential or ordinary"},
	{"safety", "whether safety depends on it", SERVICE "safety: yes or no"},
	{"trade_secret", "whether it holds trade secrets", SERVICE "trade-secret: yes or no"},
	{"personal_data", "whether it holds personal data", SERVICE "personal-data: none, or the categories in words"},
	{"special_category", "whether those are of a special category", SERVICE "special-category: yes or no"},
	{"encrypted", "whether its data was encrypted", SERVICE "encrypted: yes or no"},
	{"plaintext", "whether data was readable on its way", "find out what the device sent, and to whom"},
	{"credentials_of_persons", "whether credentials of persons were readable", "find out whose account it was"},
	{"altered", "whether data or the device was altered", "look at the device"},
	{"unavailable", "whether the service was unavailable", "ask those who use it"},
	{"data_compromised", "whether data of the service was read or altered", "look at the device and at the service behind it"},
	{"entity_listed", "whether Implementing Regulation 2024/2690 binds you", "entity.yaml: listed: yes or no"},
	{"gateway_integrity", "whether the gateway itself was touched", "ostiary journal verify"},
	{"device_exploited", "whether a weakness of the device was used", "ask its maker"},
	{"outage_ms", "for how long it was down", "ask those who use it; the gateway does not see it"},
	{"limited_ms", "for how long it was limited", "ask those who use it; the gateway does not see it"},
	{"eur_per_hour", "what an hour of outage costs", SERVICE "eur-per-hour:"},
	{"fixed_eur", "what an outage costs once", SERVICE "fixed-eur:"},
	{"turnover_eur", "last year's turnover", "entity.yaml: turnover-eur:"},
	{"users_affected", "how many users it touched", SERVICE "users:"},
	{"users_all", "how many users the service has", SERVICE "users:"},
	{"damage_eur", "the damage to the user who has most of it", "ask those who use it"},
	{"bytes_out", "how much went out to peers that no rule lists", "ostiary device show, and the logs of the peer"},
	{"bytes_limit", "how much may go out", "entity.yaml: significance: { bytes-out: }"},
	{"subjects", "how many persons' data it is", SERVICE "data-subjects:"},
	{"subjects_limit", "from how many persons on the risk is high", "entity.yaml: significance: { data-subjects: }"},
	{"own_outage_ms", "your own threshold of an outage", "entity.yaml: significance: { outage-minutes: }"},
	{"first_seen", "when it was seen first", ""},
	{"last_seen", "when it was seen last", ""},
	{"window_opened", "when the maintenance window was told", "entity.yaml: maintenance:"},
	{"window_from", "when maintenance began", "entity.yaml: maintenance:"},
	{"window_until", "when maintenance ended", "entity.yaml: maintenance:"},
	{"window_signed", "who signed the maintenance window", "entity.yaml: maintenance: by:"},
};

static const char *find(const char *name, bool tell)
{
	for (size_t i = 0; i < OST_ARRAY_SIZE(facts); i++) {
		if (strcmp(name, facts[i].name) == 0)
			return tell ? facts[i].tell : facts[i].words;
	}
	return tell ? "" : name;
}

const char *ost_fact_words(const char *name)
{
	return find(name, false);
}

const char *ost_fact_tell(const char *name)
{
	return find(name, true);
}
