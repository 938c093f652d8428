/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source.h"

static const char *const names[OST_SOURCE_KINDS] = {
	[OST_SOURCE_REPORT_ID] = "report_id",
	[OST_SOURCE_REGIME] = "regime",
	[OST_SOURCE_MADE_AT] = "made_at",
	[OST_SOURCE_INCIDENT_ID] = "incident_id",
	[OST_SOURCE_STATUS] = "status",
	[OST_SOURCE_FIRST_SEEN] = "first_seen",
	[OST_SOURCE_LAST_SEEN] = "last_seen",
	[OST_SOURCE_DETECTED_AT] = "detected_at",
	[OST_SOURCE_CLOSED_AT] = "closed_at",
	[OST_SOURCE_DURATION] = "duration",
	[OST_SOURCE_COUNT] = "count",
	[OST_SOURCE_PEERS] = "peers",
	[OST_SOURCE_CAUSE] = "cause",
	[OST_SOURCE_DESCRIPTION] = "description",
	[OST_SOURCE_DEVICE] = "device",
	[OST_SOURCE_SUCCEEDED] = "succeeded",
	[OST_SOURCE_MALICIOUS] = "malicious",
	[OST_SOURCE_GATEWAY_ACTION] = "gateway_action",
	[OST_SOURCE_SEVERITY] = "severity",
	[OST_SOURCE_THREAT] = "threat",
	[OST_SOURCE_ATTACK] = "attack",
	[OST_SOURCE_RSIT] = "rsit",
	[OST_SOURCE_INDICATORS] = "indicators",
	[OST_SOURCE_OUTAGE] = "outage",
	[OST_SOURCE_PROPOSAL] = "proposal",
	[OST_SOURCE_PROOF] = "proof",
	[OST_SOURCE_ENTITY] = "entity",
	[OST_SOURCE_REGISTRATION] = "registration",
	[OST_SOURCE_SECTOR] = "sector",
	[OST_SOURCE_MEMBER_STATES] = "member_states",
	[OST_SOURCE_CONTACT] = "contact",
	[OST_SOURCE_DPO] = "dpo",
	[OST_SOURCE_CSIRT] = "csirt",
	[OST_SOURCE_AUTHORITY] = "authority",
	[OST_SOURCE_SERVICES] = "services",
	[OST_SOURCE_USERS] = "users",
	[OST_SOURCE_DATA_CATEGORIES] = "data_categories",
	[OST_SOURCE_PRODUCT] = "product",
	[OST_SOURCE_TLP] = "tlp",
	[OST_SOURCE_AWARE_AT] = "aware_at",
	[OST_SOURCE_SIGNIFICANT] = "significant",
	[OST_SOURCE_AUTHORITY_REFERENCE] = "authority_reference",
};

const char *ost_source_name(enum ost_source source)
{
	return source < OST_SOURCE_KINDS ? names[source] : "";
}
