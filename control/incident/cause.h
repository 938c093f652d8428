/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can be wrong with a device or this gateway: a closed list, with what people, SIEMs and regulators need to know of each. A
 * value never changes its name: it stands in journals. The assignments to ETSI TR 103 533 (threat, objective), ENISA's RSIT
 * and MITRE ATT&CK are judgement; the ids are those of the versions below. An empty ATT&CK field is left empty rather than
 * guessed. docs/ostiary-causes.7 is made from this list. */
#pragma once

#include "common.h"

#define OST_CAUSES_VERSION    "1"
#define OST_CAUSES_ATTACK     "enterprise-17.0 ics-18.1"
#define OST_CAUSES_RSIT	      "1003"

enum ost_cause {
	OST_CAUSE_UNKNOWN_DEVICE,
	OST_CAUSE_MAC_IP_SPOOF,
	OST_CAUSE_ARP_SPOOF,
	OST_CAUSE_ROGUE_DHCP,
	OST_CAUSE_ROGUE_ROUTER,
	OST_CAUSE_DENIED_FLOW,
	OST_CAUSE_SCAN,
	OST_CAUSE_FLOOD_IN,
	OST_CAUSE_FLOOD_OUT,
	OST_CAUSE_REFLECTOR,
	OST_CAUSE_AUTH_FAILURE,
	OST_CAUSE_BRUTE_FORCE,
	OST_CAUSE_LOCKOUT,
	OST_CAUSE_DEFAULT_CREDENTIAL,
	OST_CAUSE_CERT_EXPIRED,
	OST_CAUSE_CERT_REVOKED_USED,
	OST_CAUSE_BAD_CHAIN,
	OST_CAUSE_KEY_RETIRED_USED,
	OST_CAUSE_NETWORK_AUTH_FAILED,
	OST_CAUSE_ORIGIN_UNPROVEN,
	OST_CAUSE_RECEIPT_UNPROVEN,
	OST_CAUSE_POLICY_VIOLATION_INTERNET,
	OST_CAUSE_EXFIL_VOLUME,
	OST_CAUSE_LATERAL_MOVEMENT,
	OST_CAUSE_PLAINTEXT_CREDENTIAL,
	OST_CAUSE_BEACONING,
	OST_CAUSE_NEW_BEHAVIOUR,
	OST_CAUSE_GATEWAY_TAMPER,
	OST_CAUSE_JOURNAL_INTEGRITY,
	OST_CAUSE_TIME_TAMPER,
	OST_CAUSE_OVERFLOW, /* more incidents than there is room for: counted here */
	OST_CAUSE_COUNT,
};

/* TR 103 533 clause 6.3, as bits */
enum ost_threat {
	OST_THREAT_INTERCEPTION = 1,
	OST_THREAT_MANIPULATION = 2,
	OST_THREAT_DENIAL_OF_SERVICE = 4,
	OST_THREAT_REPUDIATION_SENDING = 8,
	OST_THREAT_REPUDIATION_RECEIVING = 16,
};

enum ost_objective {
	OST_OBJECTIVE_CONFIDENTIALITY = 1,
	OST_OBJECTIVE_INTEGRITY = 2,
	OST_OBJECTIVE_AVAILABILITY = 4,
	OST_OBJECTIVE_AUTHENTICITY = 8,
	OST_OBJECTIVE_ACCOUNTABILITY = 16,
};

struct ost_cause_info {
	const char *name;	/* "arp_spoof" */
	const char *title;	/* for people: "ARP spoofing" */
	const char *why;	/* a sentence: what it means */
	const char *next;	/* a sentence: what to do */
	uint8_t threats, objectives;
	uint8_t likelihood, impact; /* 1 to 3 (TS 102 165-1), of an ordinary device */
	const char *rsit, *attack, *ics;      /* "" none; several apart by a blank */
	const char *rsit_s, *attack_s, *ics_s; /* instead, when it succeeded; NULL: the same */
	uint32_t quiet_s;	/* without an event for so long: closed */
};

/* cause below OST_CAUSE_COUNT. Static. */
const struct ost_cause_info *ost_cause_info(enum ost_cause cause);
/* -ENOENT: no such name. */
int ost_cause_by_name(const char *name, enum ost_cause *ret_cause) OST_MUST_CHECK;

/* Product of likelihood and impact, 1 2 3 4 6 9; essential: the device bears an essential or safety tag (impact + 1, at most 3). */
unsigned ost_cause_risk(enum ost_cause cause, bool essential);
/* OCSF severity_id 2 to 5 and its word; CEF severity 0 to 10. risk: one of the six products. */
unsigned ost_risk_severity(unsigned risk);
const char *ost_severity_name(unsigned severity_id);
unsigned ost_risk_cef(unsigned risk);
