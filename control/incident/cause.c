/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cause.h"

#define INTERCEPT OST_THREAT_INTERCEPTION
#define MANIP	  OST_THREAT_MANIPULATION
#define DENIAL	  OST_THREAT_DENIAL_OF_SERVICE
#define REP_SEND  OST_THREAT_REPUDIATION_SENDING
#define REP_RECV  OST_THREAT_REPUDIATION_RECEIVING
#define CO	  OST_OBJECTIVE_CONFIDENTIALITY
#define IN	  OST_OBJECTIVE_INTEGRITY
#define AV	  OST_OBJECTIVE_AVAILABILITY
#define AU	  OST_OBJECTIVE_AUTHENTICITY
#define AC	  OST_OBJECTIVE_ACCOUNTABILITY
#define QUARTER	  900u

static const struct ost_cause_info causes[OST_CAUSE_COUNT] = {
	[OST_CAUSE_UNKNOWN_DEVICE] = {.name = "unknown_device", .title = "Unknown device",
		.why = "somebody sends with a MAC address that is no device of the policy",
		.next = "find out who plugged it in; add it to the policy or unplug it",
		.threats = MANIP, .objectives = AU | AC, .likelihood = 3, .impact = 1, .rsit = "other:undetermined",
		.attack = "T1200", .ics = "T0864", .quiet_s = QUARTER},
	[OST_CAUSE_MAC_IP_SPOOF] = {.name = "mac_ip_spoof", .title = "Address of another device used",
		.why = "a frame bears a MAC or IP address that belongs to somebody else",
		.next = "find the sender at this port; the device whose address it is may be innocent",
		.threats = MANIP | REP_SEND, .objectives = AU | AC, .likelihood = 2, .impact = 2, .rsit = "fraud:masquerade",
		.attack = "", .ics = "T0849", .quiet_s = QUARTER},
	[OST_CAUSE_ARP_SPOOF] = {.name = "arp_spoof", .title = "ARP or Neighbour Discovery spoofing",
		.why = "a device claims an address that is not bound to it: what a man in the middle does",
		.next = "quarantine the device and look at what it runs",
		.threats = INTERCEPT | MANIP, .objectives = CO | IN | AU, .likelihood = 2, .impact = 3,
		.rsit = "information-gathering:sniffing", .attack = "T1557.002", .ics = "T0830", .quiet_s = QUARTER},
	[OST_CAUSE_ROGUE_DHCP] = {.name = "rogue_dhcp", .title = "Rogue DHCP server",
		.why = "a device answers DHCP questions: its victims would be given its own router and name server",
		.next = "find the server; nobody behind this gateway has heard it",
		.threats = INTERCEPT | DENIAL, .objectives = CO | AV, .likelihood = 2, .impact = 3,
		.rsit = "information-gathering:sniffing", .attack = "T1557.003", .ics = "T0830", .quiet_s = QUARTER},
	[OST_CAUSE_ROGUE_ROUTER] = {.name = "rogue_router", .title = "Rogue IPv6 router",
		.why = "a device advertises itself as a router, or redirects others",
		.next = "find the device and look at what it runs; nobody behind this gateway has heard it",
		.threats = INTERCEPT | DENIAL, .objectives = CO | AV, .likelihood = 2, .impact = 3,
		.rsit = "information-gathering:sniffing", .attack = "T1557", .ics = "T0830", .quiet_s = QUARTER},
	[OST_CAUSE_DENIED_FLOW] = {.name = "denied_flow", .title = "Flows that no rule allows",
		.why = "the device keeps asking for a flow that its allow-list does not have",
		.next = "if it needs it, add a rule; else look at what the device runs",
		.threats = MANIP, .objectives = CO, .likelihood = 3, .impact = 1, .rsit = "other:other", .attack = "", .ics = "",
		.quiet_s = QUARTER},
	[OST_CAUSE_SCAN] = {.name = "scan", .title = "Scan", .why = "the device asks for many addresses or ports in a short time",
		.next = "quarantine the device and look at what it runs",
		.threats = INTERCEPT, .objectives = CO, .likelihood = 3, .impact = 1, .rsit = "information-gathering:scanner",
		.attack = "T1046 T1018", .ics = "T0846", .quiet_s = QUARTER},
	[OST_CAUSE_FLOOD_IN] = {.name = "flood_in", .title = "Flood towards the network or a device",
		.why = "packets come faster than the limits of the policy allow",
		.next = "find the sender; raise the limit if this is its proper work",
		.threats = DENIAL, .objectives = AV, .likelihood = 2, .impact = 3, .rsit = "availability:dos",
		.attack = "T1498.001", .ics = "T0814", .quiet_s = QUARTER},
	[OST_CAUSE_FLOOD_OUT] = {.name = "flood_out", .title = "Flood from a device",
		.why = "the device sends faster than the limits of the policy allow",
		.next = "quarantine the device, it may be part of a botnet; raise the limit if this is its proper work",
		.threats = DENIAL, .objectives = AV, .likelihood = 2, .impact = 3, .rsit = "availability:ddos",
		.attack = "T1498.001", .ics = "T0814", .quiet_s = QUARTER},
	[OST_CAUSE_REFLECTOR] = {.name = "reflector", .title = "Device used as an amplifier",
		.why = "the device answers many small questions with many large answers",
		.next = "close the service on the device, or forbid it to be asked from there",
		.threats = DENIAL, .objectives = AV, .likelihood = 2, .impact = 2, .rsit = "vulnerable:ddos-amplifier",
		.attack = "T1498.002", .ics = "T0814", .quiet_s = QUARTER},
	[OST_CAUSE_AUTH_FAILURE] = {.name = "auth_failure", .title = "Admission failed", .why = "a device did not prove itself",
		.next = "ostiary device show NAME tells why; look at its certificate and its supplicant",
		.threats = MANIP, .objectives = AU, .likelihood = 3, .impact = 1, .rsit = "", .attack = "", .ics = "", .quiet_s = QUARTER},
	[OST_CAUSE_BRUTE_FORCE] = {.name = "brute_force", .title = "Many failed proofs of identity",
		.why = "somebody tries again and again to be let in",
		.next = "find who stands at this port; the place is locked out meanwhile",
		.threats = MANIP, .objectives = AU | AC, .likelihood = 2, .impact = 2, .rsit = "intrusion-attempts:brute-force",
		.attack = "T1110", .ics = "", .ics_s = "T0859", .quiet_s = QUARTER},
	[OST_CAUSE_LOCKOUT] = {.name = "lockout", .title = "Locked out", .why = "a place failed too often and waits now",
		.next = "find out whether the device itself failed or somebody at its place; it may try again when the time is over",
		.threats = MANIP | DENIAL, .objectives = AV | AU, .likelihood = 2, .impact = 2, .rsit = "intrusion-attempts:brute-force",
		.attack = "T1110 T1531", .ics = "T0814", .quiet_s = 3600},
	[OST_CAUSE_DEFAULT_CREDENTIAL] = {.name = "default_credential", .title = "Default password in use",
		.why = "a password that every attacker knows was sent in clear text",
		.next = "change the password of the device that was logged into",
		.threats = MANIP, .objectives = AU, .likelihood = 3, .impact = 2, .rsit = "vulnerable:weak-crypto",
		.rsit_s = "intrusions:unprivileged-account-compromise", .attack = "T1078.001", .ics = "T0812", .quiet_s = 3600},
	[OST_CAUSE_CERT_EXPIRED] = {.name = "cert_expired", .title = "Certificate past its date",
		.why = "the device's certificate is not valid any more, or not yet",
		.next = "renew it: ostiary device enroll NAME; look at the device's clock",
		.threats = 0, .objectives = AU | AV, .likelihood = 3, .impact = 1, .rsit = "availability:misconfiguration",
		.attack = "", .ics = "", .quiet_s = 3600},
	[OST_CAUSE_CERT_REVOKED_USED] = {.name = "cert_revoked_used", .title = "Revoked certificate used",
		.why = "somebody showed a certificate that was revoked, and has its key",
		.next = "find who stands at this port: the key is in the wrong hands, or the device was forgotten",
		.threats = MANIP, .objectives = AU, .likelihood = 2, .impact = 3, .rsit = "fraud:masquerade",
		.attack = "T1649 T1078", .ics = "T0859", .quiet_s = 3600},
	[OST_CAUSE_BAD_CHAIN] = {.name = "bad_chain", .title = "Certificate of a foreign CA",
		.why = "somebody showed a certificate that is not of this site, or cannot be believed",
		.next = "find who stands at this port; a device of another site shows its own CA",
		.threats = MANIP, .objectives = AU, .likelihood = 2, .impact = 3, .rsit = "fraud:masquerade",
		.attack = "T1649 T1078", .ics = "T0859", .quiet_s = 3600},
	[OST_CAUSE_KEY_RETIRED_USED] = {.name = "key_retired_used", .title = "Key of a retired device used",
		.why = "a device that was retired comes back, or somebody has its key",
		.next = "find who stands at this port; a retired device has to be destroyed or enrolled anew",
		.threats = MANIP | REP_SEND, .objectives = AU | AC, .likelihood = 2, .impact = 3, .rsit = "fraud:masquerade",
		.attack = "T1078 T1649", .ics = "T0859", .quiet_s = 3600},
	[OST_CAUSE_NETWORK_AUTH_FAILED] = {.name = "network_auth_failed", .title = "A device refused this gateway",
		.why = "the device does not believe that this is its network: its CA or name is an old one, or it was told so by a rogue",
		.next = "compare the device's ca.crt and name with this gateway's (ostiary status)",
		.threats = MANIP, .objectives = AU, .likelihood = 1, .impact = 3, .rsit = "other:undetermined",
		.attack = "T1557", .ics = "T0830", .quiet_s = 3600},
	[OST_CAUSE_ORIGIN_UNPROVEN] = {.name = "origin_unproven", .title = "Origin not proven, or replayed",
		.why = "what was said cannot be traced to who is said to have said it",
		.next = "look at the device and at who could have recorded its traffic",
		.threats = REP_SEND, .objectives = AC | AU, .likelihood = 2, .impact = 2, .rsit = "fraud:masquerade",
		.attack = "T1565.002", .ics = "T0856", .quiet_s = QUARTER},
	[OST_CAUSE_RECEIPT_UNPROVEN] = {.name = "receipt_unproven", .title = "Receipt not proven",
		.why = "it cannot be shown that what was sent has arrived",
		.next = "look at the way between, and at what was refused there",
		.threats = REP_RECV, .objectives = AC, .likelihood = 1, .impact = 2, .rsit = "other:undetermined", .attack = "", .ics = "",
		.quiet_s = QUARTER},
	[OST_CAUSE_POLICY_VIOLATION_INTERNET] = {.name = "policy_violation_internet", .title = "Forbidden traffic with the Internet",
		.why = "the device asks for addresses of the Internet that its allow-list does not have, or is asked from there",
		.next = "if it needs it, add a rule; else quarantine the device and look at what it runs",
		.threats = MANIP, .objectives = CO, .likelihood = 3, .impact = 2, .rsit = "fraud:unauthorised-use-of-resources",
		.attack = "T1071", .ics = "T0885", .quiet_s = 3600},
	[OST_CAUSE_EXFIL_VOLUME] = {.name = "exfil_volume", .title = "Much more data sent than usual",
		.why = "the device sends a multiple of what it usually sends to this peer",
		.next = "find out what it sends; a firmware or log upload may be the cause",
		.threats = INTERCEPT, .objectives = CO, .likelihood = 1, .impact = 3, .rsit = "information-content-security:data-leak",
		.attack = "T1041 T1048", .ics = "T0882", .quiet_s = 3600},
	[OST_CAUSE_LATERAL_MOVEMENT] = {.name = "lateral_movement", .title = "A device reaches for other devices",
		.why = "the device asks other devices for services that neither allow-list has",
		.next = "quarantine the device and look at what it runs, then at those that it asked",
		.threats = MANIP, .objectives = IN | CO | AV, .likelihood = 2, .impact = 3, .rsit = "intrusion-attempts:exploit",
		.rsit_s = "intrusions:system-compromise", .attack = "T1021 T1210 T1570", .ics = "T0886 T0866 T0867", .quiet_s = 3600},
	[OST_CAUSE_PLAINTEXT_CREDENTIAL] = {.name = "plaintext_credential", .title = "Password in clear text",
		.why = "a password crossed the network where everybody on the way could read it",
		.next = "use the encrypted variant of the protocol, then change the password",
		.threats = INTERCEPT, .objectives = CO | AU, .likelihood = 3, .impact = 2, .rsit = "vulnerable:weak-crypto",
		.attack = "T1040 T1552", .ics = "T0842", .quiet_s = 86400},
	[OST_CAUSE_BEACONING] = {.name = "beaconing", .title = "Beaconing", .why = "the device asks for the same refused peer in even intervals",
		.next = "quarantine the device and look at what it runs",
		.threats = MANIP, .objectives = IN, .likelihood = 2, .impact = 3, .rsit = "malicious-code:infected-system",
		.attack = "T1071 T1573 T1568.002", .ics = "T0869 T0885 T0884", .quiet_s = 86400},
	[OST_CAUSE_NEW_BEHAVIOUR] = {.name = "new_behaviour", .title = "New behaviour", .why = "the device does what it never did before",
		.next = "find out whether its firmware or its task has changed",
		.threats = 0, .objectives = IN, .likelihood = 2, .impact = 1, .rsit = "other:undetermined", .attack = "", .ics = "",
		.quiet_s = 86400},
	[OST_CAUSE_GATEWAY_TAMPER] = {.name = "gateway_tamper", .title = "This gateway was tampered with",
		.why = "a file of this gateway is not what it was when this gateway wrote it",
		.next = "take the gateway out of service and compare it with a known good one",
		.threats = MANIP, .objectives = AC | IN, .likelihood = 1, .impact = 3,
		.rsit = "information-content-security:unauthorised-information-modification", .attack = "T1070 T1562", .ics = "T0872",
		.quiet_s = 86400},
	[OST_CAUSE_JOURNAL_INTEGRITY] = {.name = "journal_integrity", .title = "The journal is not whole",
		.why = "records are missing or changed that this gateway has signed",
		.next = "ostiary journal verify tells where; keep the disk as it is, as evidence",
		.threats = MANIP, .objectives = AC | IN, .likelihood = 1, .impact = 3,
		.rsit = "information-content-security:unauthorised-information-modification", .attack = "T1070", .ics = "T0872",
		.quiet_s = 86400},
	[OST_CAUSE_TIME_TAMPER] = {.name = "time_tamper", .title = "The clock was turned",
		.why = "the wall clock went another way than the steady one",
		.next = "look at the gateway's time source",
		.threats = MANIP | REP_SEND, .objectives = AC, .likelihood = 1, .impact = 2,
		.rsit = "information-content-security:unauthorised-information-modification", .attack = "", .ics = "", .quiet_s = 3600},
	[OST_CAUSE_OVERFLOW] = {.name = "overflow", .title = "More incidents than there is room for",
		.why = "somebody causes more incidents than a person could read; they are counted by cause",
		.next = "find the port that most come from and unplug it",
		.threats = DENIAL, .objectives = AC, .likelihood = 2, .impact = 3, .rsit = "availability:dos", .attack = "", .ics = "",
		.quiet_s = QUARTER},
};

const struct ost_cause_info *ost_cause_info(enum ost_cause cause)
{
	return &causes[cause < OST_CAUSE_COUNT ? cause : OST_CAUSE_OVERFLOW];
}

int ost_cause_by_name(const char *name, enum ost_cause *ret_cause)
{
	for (unsigned i = 0; i < OST_CAUSE_COUNT; i++) {
		if (strcmp(causes[i].name, name) == 0) {
			*ret_cause = (enum ost_cause)i;
			return 0;
		}
	}
	return -ENOENT;
}

unsigned ost_cause_risk(enum ost_cause cause, bool essential)
{
	const struct ost_cause_info *c = ost_cause_info(cause);

	return c->likelihood * OST_MIN(c->impact + (essential ? 1u : 0u), 3u);
}

unsigned ost_risk_severity(unsigned risk)
{
	return risk >= 9 ? 5 : risk >= 6 ? 4 : risk >= 3 ? 3 : 2;
}

const char *ost_severity_name(unsigned severity_id)
{
	static const char *const names[] = {"unknown", "informational", "low", "medium", "high", "critical"};

	return names[severity_id < OST_ARRAY_SIZE(names) ? severity_id : 0];
}

unsigned ost_risk_cef(unsigned risk)
{
	switch (risk) {
	case 1: return 2;
	case 2: return 3;
	case 3: return 4;
	case 4: return 5;
	case 6: return 8;
	case 9: return 10;
	default: return 5;
	}
}
