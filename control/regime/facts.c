/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts.h"

static const struct {
	const char *name;
	enum ost_fact_unit unit;
} facts[OST_FACT_COUNT] = {
	[OST_FACT_SUCCEEDED] = {"succeeded", OST_UNIT_ANSWER},
	[OST_FACT_MALICIOUS] = {"malicious", OST_UNIT_ANSWER},
	[OST_FACT_ESSENTIAL] = {"essential", OST_UNIT_ANSWER},
	[OST_FACT_SAFETY] = {"safety", OST_UNIT_ANSWER},
	[OST_FACT_TRADE_SECRET] = {"trade_secret", OST_UNIT_ANSWER},
	[OST_FACT_PERSONAL_DATA] = {"personal_data", OST_UNIT_ANSWER},
	[OST_FACT_SPECIAL_CATEGORY] = {"special_category", OST_UNIT_ANSWER},
	[OST_FACT_ENCRYPTED] = {"encrypted", OST_UNIT_ANSWER},
	[OST_FACT_PLAINTEXT] = {"plaintext", OST_UNIT_ANSWER},
	[OST_FACT_CREDENTIALS] = {"credentials_of_persons", OST_UNIT_ANSWER},
	[OST_FACT_ALTERED] = {"altered", OST_UNIT_ANSWER},
	[OST_FACT_UNAVAILABLE] = {"unavailable", OST_UNIT_ANSWER},
	[OST_FACT_COMPROMISED] = {"data_compromised", OST_UNIT_ANSWER},
	[OST_FACT_LISTED] = {"entity_listed", OST_UNIT_ANSWER},
	[OST_FACT_GATEWAY] = {"gateway_integrity", OST_UNIT_ANSWER},
	[OST_FACT_EXPLOITED] = {"device_exploited", OST_UNIT_ANSWER},
	[OST_FACT_OUTAGE_MS] = {"outage_ms", OST_UNIT_MS},
	[OST_FACT_LIMITED_MS] = {"limited_ms", OST_UNIT_MS},
	[OST_FACT_EUR_PER_HOUR] = {"eur_per_hour", OST_UNIT_EUR},
	[OST_FACT_FIXED_EUR] = {"fixed_eur", OST_UNIT_EUR},
	[OST_FACT_TURNOVER_EUR] = {"turnover_eur", OST_UNIT_EUR},
	[OST_FACT_USERS_AFFECTED] = {"users_affected", OST_UNIT_COUNT},
	[OST_FACT_USERS_ALL] = {"users_all", OST_UNIT_COUNT},
	[OST_FACT_DAMAGE_EUR] = {"damage_eur", OST_UNIT_EUR},
	[OST_FACT_BYTES_OUT] = {"bytes_out", OST_UNIT_BYTES},
	[OST_FACT_BYTES_LIMIT] = {"bytes_limit", OST_UNIT_BYTES},
	[OST_FACT_SUBJECTS] = {"subjects", OST_UNIT_COUNT},
	[OST_FACT_SUBJECTS_LIMIT] = {"subjects_limit", OST_UNIT_COUNT},
	[OST_FACT_OWN_OUTAGE_MS] = {"own_outage_ms", OST_UNIT_MS},
	[OST_FACT_FIRST_SEEN] = {"first_seen", OST_UNIT_TIME},
	[OST_FACT_LAST_SEEN] = {"last_seen", OST_UNIT_TIME},
	[OST_FACT_WINDOW_OPENED] = {"window_opened", OST_UNIT_TIME},
	[OST_FACT_WINDOW_FROM] = {"window_from", OST_UNIT_TIME},
	[OST_FACT_WINDOW_UNTIL] = {"window_until", OST_UNIT_TIME},
	[OST_FACT_WINDOW_SIGNED] = {"window_signed", OST_UNIT_ANSWER},
};

const char *ost_fact_name(enum ost_fact_name fact)
{
	return fact < OST_FACT_COUNT ? facts[fact].name : "";
}

enum ost_fact_unit ost_fact_unit(enum ost_fact_name fact)
{
	return fact < OST_FACT_COUNT ? facts[fact].unit : OST_UNIT_COUNT;
}

const char *ost_origin_name(enum ost_origin origin)
{
	static const char *const names[OST_ORIGIN_COUNT] = {"assumed", "configured", "measured", "person"};

	return origin < OST_ORIGIN_COUNT ? names[origin] : "";
}
