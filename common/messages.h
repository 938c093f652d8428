/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fixed layouts that our programs exchange over msg.h. Every field is checked by the _valid function
 * of its message before anyone sees it. Host byte order for numbers, wire order for addresses and ports
 * where the name says _be. Text fields are NUL-terminated and NUL-padded. All structs are free of
 * implicit padding; sizes are asserted in messages.c.
 *
 * Data plane <-> ostiaryd (socket dataplane.sock; the data plane listens, ostiaryd connects):
 *   both       HELLO          first message of each side
 *   ostiaryd   IMAGE          with a sealed memfd: validate, swap in, answer IMAGE_RESULT
 *   ostiaryd   BINDING        an address that a device held before this data plane started, of the generation in
 *                             force. Not answered: what is taken over comes back as a BINDING of the data plane;
 *                             lapsed and static ones are left out, and vlan is the device's own whatever stands there
 *   ostiaryd   GIVEN          likewise, a name that it was given an address for: of those that the data plane told; left out when the
 *                             device is not there, or elsewhere, or the policy in force asks for no name of it
 *   ostiaryd   STATS_REQUEST  answered by one TOTALS, PORT_STATS per port, then DEVICE_STATS for each
 *                             device whose counters changed since the last request, RULE_STATS when counts of
 *                             rules did, as many as fit, then STATS_END
 *   ostiaryd   REHEARSE       with a sealed memfd: which flows that are there would this image cut? Nothing changes. Answered by
 *                             REHEARSED after a pass of the workers over their flows, some seconds
 *   data plane REFUSALS       what was refused since the last one, joined by equal keys
 *   data plane OPENED         flows that were opened since the last one, joined by equal keys
 *   data plane BINDING        an address was bound to a device, renewed, or given up
 *   data plane GIVEN          an address was given to a device for a name that the policy in force asks for, or its time has moved by
 *                             OST_NAME_GRAIN_S; all of them again behind a HELLO and another policy. Its end is not told
 *   ostiaryd   EVIDENCE       of one device or (port, MAC): copies of frames that are remembered, and of those that come from now on
 *   data plane COPIES         what an EVIDENCE asked for, in one or several; the last one says so
 *   data plane OBSERVED       what ostiary-observed made out, as it came from there
 *   ostiaryd   ADMIT          a device's state, and the (port, VLAN, MAC) that it has proved to be at; answered by ACK
 *   data plane PORT_LINK      a device-side port came up or went down; of each one behind the HELLO. One that went down and up again
 *                             may be told once, but is: by down_ns
 *
 * Data plane <-> ostiary-authd (socket eapol.sock; the data plane listens, authd connects):
 *   both       HELLO
 *   data plane EAPOL          an 802.1X frame of the device side
 *   authd      EAPOL          one to be sent out of that port
 *   data plane PORT_LINK      a device-side port came up or went down
 *
 * Data plane <-> ostiary-observed (socket observe.sock; the data plane listens, observed connects):
 *   both       HELLO
 *   data plane SEGMENT        payload of a connection to a service where passwords travel in clear text
 *   observed   OBSERVED       who logged in there how; the data plane passes it on to ostiaryd, no more than so many a second
 *
 * ostiaryd <-> ostiary-authd (socket auth.sock; ostiaryd listens, authd connects):
 *   both       HELLO
 *   authd      AUTH_CLAIM     a certificate was proved; may it in? The conversation waits for the answer
 *   ostiaryd   AUTH_DECISION  the answer
 *   authd      AUTH_OUTCOME   a conversation ended: success, or the reason of its failure; or a logoff
 *   ostiaryd   AUTH_ASK       begin a conversation with this (port, VLAN, MAC); or end what it has there
 *   ostiaryd   AUTH_RELOAD    keys, certificates or CRL on disk have changed
 *   authd      AUTH_COUNTS    once a second: what it counted
 *
 * ostiaryd <-> ostiary-exportd (socket export.sock; ostiaryd listens, exportd connects):
 *   both       HELLO
 *   exportd    EXPORT_WANT    lines of the journal for one destination (stream): from which on, and for how many there is room
 *   ostiaryd   EXPORT_LINE    one of them, or a piece of a long one; only what a checkpoint covers
 *   ostiaryd   EXPORT_GAP     what was wanted is not there: where to go on
 *   ostiaryd   EXPORT_CHECKPOINT the newest checkpoint, before lines that no former one covered
 *   exportd    EXPORT_STATUS  once a second, of each destination
 */
#pragma once

#include "addr.h"
#include "common.h"
#include "reason.h"
#include "state.h"

enum ost_msg_type {
	OST_MSG_HELLO = 1,
	OST_MSG_IMAGE,
	OST_MSG_IMAGE_RESULT,
	OST_MSG_ACK,
	OST_MSG_STATS_REQUEST,
	OST_MSG_TOTALS,
	OST_MSG_PORT_STATS,
	OST_MSG_DEVICE_STATS,
	OST_MSG_STATS_END,
	OST_MSG_REFUSALS,
	OST_MSG_BINDING,
	OST_MSG_RULE_STATS,
	OST_MSG_ADMIT,
	OST_MSG_EAPOL,
	OST_MSG_PORT_LINK,
	OST_MSG_AUTH_CLAIM,
	OST_MSG_AUTH_DECISION,
	OST_MSG_AUTH_OUTCOME,
	OST_MSG_AUTH_ASK,
	OST_MSG_AUTH_RELOAD,
	OST_MSG_AUTH_COUNTS,
	OST_MSG_AUTH_OPENED,
	OST_MSG_AUTH_LIMIT,
	OST_MSG_REHEARSE,
	OST_MSG_REHEARSED,
	OST_MSG_GIVEN,
	OST_MSG_OPENED,
	OST_MSG_EVIDENCE,
	OST_MSG_COPIES,
	OST_MSG_EXPORT_WANT,
	OST_MSG_EXPORT_LINE,
	OST_MSG_EXPORT_GAP,
	OST_MSG_EXPORT_CHECKPOINT,
	OST_MSG_EXPORT_STATUS,
	OST_MSG_SEGMENT,
	OST_MSG_OBSERVED,
	OST_MSG_TYPE_COUNT,
};

enum ost_program {
	OST_PROGRAM_DATAPLANE = 1,
	OST_PROGRAM_OSTIARYD,
	OST_PROGRAM_AUTHD,
	OST_PROGRAM_EXPORTD,
	OST_PROGRAM_OBSERVED,
	OST_PROGRAM_COUNT,
};

#define OST_MSG_TEXT   192 /* bytes of a sentence */
#define OST_MSG_NAME   64  /* bytes of a name, NUL included: OST_NAME_MAX + 1 */

/* A device by its place in the device table of the generation named beside it. */
#define OST_DEVICE_NONE UINT32_MAX

struct ost_msg_hello {
	uint32_t program; /* enum ost_program */
	uint32_t pid;
	uint64_t generation; /* data plane: generation in force, 0 none; ostiaryd: 0 */
	char version[32];
};

struct ost_msg_image {
	uint64_t generation; /* not 0 */
	uint64_t length_bytes;
};

struct ost_msg_image_result {
	uint64_t generation;
	int32_t result;	  /* 0: in force; else a negative errno, and the old generation stays in force */
	uint32_t devices; /* of it, those that can be reached: they have a MAC, a port of ours and room */
	char text[OST_MSG_TEXT]; /* for result < 0: what is wrong and what to do */
};

struct ost_msg_rehearse {
	uint64_t generation; /* that it is compared with: in force, else it is not rehearsed */
	uint64_t length_bytes;
};

struct ost_rehearsed_device {
	uint32_t device; /* of the generation in force */
	uint32_t cut;	 /* flows; not 0 */
};

/* One that would be cut. */
struct ost_rehearsed_flow {
	uint8_t dev_ip[16], rem_ip[16];
	uint16_t dev_port, rem_port; /* ICMP: rem_port is the opening type << 8 | code */
	uint32_t device;
	uint8_t family; /* 4, 6 */
	uint8_t protocol;
	uint8_t opened_in; /* 1: the remote opened it */
	uint8_t reason; /* enum ost_reason, not NONE; POLICY_CHANGED: the device is not there any more, or elsewhere */
	uint8_t reserved[4];
};

#define OST_REHEARSED_DEVICES 1000u
#define OST_REHEARSED_FLOWS   500u

struct ost_msg_rehearsed {
	uint64_t generation;	/* in force, as asked */
	uint64_t standing, cut; /* flows; of a result < 0 all counts are 0 */
	int32_t result;		/* 0, or a negative errno */
	uint32_t devices_cut;	/* that would lose flows */
	uint32_t device_count, flow_count; /* that are told below */
	char text[OST_MSG_TEXT]; /* for result < 0: what is wrong and what to do */
	struct ost_rehearsed_device devices[OST_REHEARSED_DEVICES]; /* those that would lose most of them first */
	struct ost_rehearsed_flow flows[OST_REHEARSED_FLOWS];
};

struct ost_msg_ack {
	int32_t result; /* 0 or a negative errno; -ENOENT: no such device in the generation in force */
	uint32_t reserved;
};

struct ost_msg_totals {
	uint64_t generation;
	uint64_t uptime_ns;
	uint64_t progress;     /* bursts polled by all workers: grows while the fast path lives */
	uint64_t flows;	       /* entries in use */
	uint64_t flows_max;
	uint64_t bindings;
	uint64_t bindings_max;
	uint64_t refusal_records_lost; /* packets counted, but too many kinds at once to record each */
	uint64_t cycles_busy;  /* TSC cycles spent on bursts that held packets */
	uint64_t cycles_all;
	uint64_t names; /* addresses that devices hold by name */
	uint64_t names_max;
	uint64_t dns_queries; /* that were read, of devices whose roles have rules about names */
	uint64_t dns_answers; /* that were believed */
	uint64_t dns_refused; /* answers that nobody asked for, or malformed */
	uint64_t dns_unread;  /* messages that passed unread */
	uint64_t names_bound; /* addresses of answers, bound or renewed */
	uint64_t names_unbound; /* for which there was no room */
	uint64_t names_evicted; /* addresses and questions that gave way to newer ones */
	uint64_t frames_copied; /* headers of frames that were no plain packets of established flows, for evidence */
	uint64_t frames_uncopied; /* that should have been, and found no room */
	uint64_t unobserved; /* packets for the observer, and observations, that were dropped on the way */
	uint32_t workers;
	uint32_t ports;
	uint32_t devices;   /* of the image in force */
	uint32_t hugepages; /* 0: --no-huge */
};

struct ost_msg_port_stats {
	char name[OST_MSG_NAME];
	char driver[OST_MSG_NAME];
	uint32_t port;	/* place in the configuration, below OST_PORTS_MAX */
	uint8_t side;	/* enum ost_side */
	uint8_t link_up;
	uint8_t reserved[2];
	uint64_t received_pkts;
	uint64_t received_bytes;
	uint64_t forwarded_pkts; /* of the received: forwarded + sum of refused = received */
	uint64_t forwarded_bytes;
	uint64_t sent_pkts; /* by this port; more than forwarded elsewhere when frames are copied to several */
	uint64_t sent_bytes;
	uint64_t missed_pkts; /* lost by NIC or kernel before we saw them */
	uint64_t audited_pkts; /* of the forwarded: opened a flow that only audit let pass */
	uint64_t refused_pkts[OST_REASON_SLOTS]; /* of the received, by enum ost_reason */
};

struct ost_msg_device_stats {
	uint64_t generation;
	uint32_t device; /* place in the generation's device table */
	uint8_t state;	 /* enum ost_state */
	uint8_t port;	 /* OST_PORTS_MAX: not seen yet */
	uint8_t reserved[2];
	uint64_t out_pkts; /* forwarded, device to network */
	uint64_t out_bytes;
	uint64_t in_pkts; /* forwarded, towards the device */
	uint64_t in_bytes;
	uint64_t last_seen_wall_ns; /* 0: never */
	uint32_t flows;
	uint32_t flows_opened;
	uint64_t refused_pkts[OST_REASON_SLOTS];
};

/* How often a rule of the generation opened a flow, since it came in force. */
struct ost_rule_count {
	uint64_t flows_opened;
	uint32_t rule; /* place in the image's table */
	uint32_t reserved;
};

#define OST_RULES_PER_MSG 4000

struct ost_msg_rule_stats {
	uint64_t generation;
	uint32_t count;
	uint32_t reserved;
	struct ost_rule_count rules[OST_RULES_PER_MSG]; /* count of them are sent */
};

/* Equal refusals since the last report. A refused frame that is no IP has family 0. */
struct ost_refusal {
	uint64_t generation;
	uint64_t first_wall_ns;
	uint64_t last_wall_ns;
	uint64_t count_pkts;
	uint64_t count_bytes;
	uint32_t device; /* or OST_DEVICE_NONE */
	uint32_t vlan;	 /* outer VID | inner VID << 12 */
	uint8_t src_mac[6];
	uint8_t dst_mac[6];
	uint8_t src_ip[16];
	uint8_t dst_ip[16];
	uint16_t src_port; /* of the first packet; ICMP: type << 8 | code in dst_port; ARP: its operation */
	uint16_t dst_port;
	uint16_t ethertype;
	uint8_t protocol;
	uint8_t family; /* 0, 4, 6 */
	uint8_t reason; /* enum ost_reason, not NONE */
	uint8_t port;	/* ingress */
	uint8_t audit;	/* 1: not refused, as its role is in audit; reason is what would have refused it */
	uint8_t reserved[9];
};

#define OST_REFUSALS_PER_MSG 400

struct ost_msg_refusals {
	uint32_t count;
	uint32_t reserved;
	struct ost_refusal refusals[OST_REFUSALS_PER_MSG]; /* count of them are sent */
};

/* Equal flows that were opened since the last report: all but the port of who opened them is the same. */
struct ost_opened {
	uint64_t generation;
	uint64_t first_wall_ns;
	uint64_t last_wall_ns;
	uint32_t device;
	uint32_t peer; /* the remote as a device, or OST_DEVICE_NONE */
	uint8_t peer_ip[16];
	uint32_t flows; /* how many; not 0 */
	uint16_t value; /* destination port, or ICMP type * 256 + code */
	uint16_t name;	/* where in the names its name begins, + 1; 0: none is known */
	uint8_t protocol;
	uint8_t family;	   /* 4, 6 */
	uint8_t direction; /* 0: the device opened it, 1: the remote */
	uint8_t audit;	   /* 1: only audit let it pass */
	uint8_t reserved[4];
};

#define OST_OPENED_PER_MSG 400u
#define OST_OPENED_NAMES   32768u
#define OST_OPENED_NAME	   254u /* bytes of one, NUL included */

struct ost_msg_opened {
	uint64_t lost;	     /* flows since the last report that found no room for a record */
	uint32_t count;	     /* not 0, unless some were lost */
	uint32_t name_bytes; /* behind the last one of count */
	struct ost_opened flows[OST_OPENED_PER_MSG]; /* count of them are sent */
	char room[OST_OPENED_NAMES]; /* for the names, which follow the last flow that is sent: host names that devices were told */
};

/* The names of a valid message; a flow's begins at name - 1. */
static inline const char *ost_opened_names(const struct ost_msg_opened *m)
{
	return (const char *)(m->flows + m->count);
}

/* What became of a frame whose headers were copied. */
enum ost_copy_verdict {
	OST_COPY_REFUSED, /* reason says why */
	OST_COPY_AUDITED, /* only audit let it pass; reason is what would have refused it */
	OST_COPY_OPENED,  /* it opened a flow */
	OST_COPY_CONTROL, /* ARP, ND, DHCP, IGMP, MLD or 802.1X that passed */
	OST_COPY_VERDICT_COUNT,
};

#define OST_COPY_BYTES 128u

/* The headers of one frame; what TCP, UDP and the like carry is not among them. */
struct ost_copy {
	uint64_t wall_ns;
	uint32_t frame_bytes; /* of the whole frame, without FCS */
	uint16_t length;      /* bytes that are there */
	uint8_t port;	      /* ingress */
	uint8_t verdict;      /* enum ost_copy_verdict */
	uint8_t reason;	      /* enum ost_reason; NONE unless refused or audited */
	uint8_t reserved[7];
	uint8_t bytes[OST_COPY_BYTES];
};

#define OST_EVIDENCE_BEFORE_MAX 128u
#define OST_EVIDENCE_AFTER_MAX	128u
#define OST_EVIDENCE_MS_MAX	60000u

struct ost_msg_evidence {
	uint64_t token;	     /* not 0: comes back in the COPIES */
	uint64_t generation; /* that device is a place of */
	uint32_t device;     /* or OST_DEVICE_NONE: whoever sent it, by port and mac */
	uint32_t after_ms;   /* how long, at most, it waits for frames to come */
	uint16_t before, after; /* frames, at most */
	uint8_t port;	     /* ingress, below OST_PORTS_MAX; with a device not looked at */
	uint8_t any_mac;     /* 1: of all that came in there; mac is not looked at */
	uint8_t mac[6];	     /* source */
	uint8_t reserved[4];
};

#define OST_COPIES_PER_MSG 256u

struct ost_msg_copies {
	uint64_t token;
	uint64_t uncopied; /* frames of anybody that found no room, from the EVIDENCE on until now */
	uint32_t count;
	int32_t result;	  /* 0, or a negative errno, and there is nothing: -ESTALE another generation is in force; -EBUSY too many at once */
	uint8_t last;	  /* 1: no further message follows */
	uint8_t reserved[7];
	struct ost_copy copies[OST_COPIES_PER_MSG]; /* count of them are sent, in the order of time */
};

/* Bytes of a COPIES message that are sent. */
static inline size_t ost_msg_copies_bytes(const struct ost_msg_copies *m)
{
	return offsetof(struct ost_msg_copies, copies) + m->count * sizeof(m->copies[0]);
}

#define OST_SEGMENT_BYTES 1024u

/* Payload of one packet. */
struct ost_segment {
	uint64_t flow; /* tells connections apart; not 0. The next one of the same ends has the same, and begins with ordinal 0 */
	uint64_t wall_ns;
	uint64_t generation; /* that device is a place of */
	uint32_t device;
	uint32_t tcp_seq;
	uint8_t peer_ip[16];
	uint8_t family;	   /* 4, 6 */
	uint8_t direction; /* 0: the device opened the connection, 1: its peer */
	uint8_t reply;	   /* 1: from who was asked, 0: from who opened it */
	uint8_t reserved;
	uint16_t service;  /* destination port of who opened it */
	uint16_t ordinal;  /* among the packets with payload of the connection */
	uint16_t whole_bytes; /* of the payload */
	uint16_t length;   /* bytes that are sent */
	uint8_t reserved2[4];
	uint8_t bytes[OST_SEGMENT_BYTES]; /* length of them are sent */
};

/* Bytes of a SEGMENT message that are sent. */
static inline size_t ost_segment_size(const struct ost_segment *s)
{
	return offsetof(struct ost_segment, bytes) + s->length;
}

enum ost_observed_protocol {
	OST_OBSERVED_TELNET,
	OST_OBSERVED_FTP,
	OST_OBSERVED_HTTP,
	OST_OBSERVED_MQTT,
	OST_OBSERVED_PROTOCOL_COUNT,
};

enum ost_observed_kind {
	OST_OBSERVED_PLAINTEXT, /* a password crossed the wire in clear text */
	OST_OBSERVED_DEFAULT,	/* and it is one that everybody knows */
	OST_OBSERVED_KIND_COUNT,
};

/* Never the password, nor the name that it goes with. */
struct ost_msg_observed {
	uint64_t generation;
	uint64_t wall_ns;
	uint32_t device;
	uint8_t peer_ip[16];
	uint8_t family;
	uint8_t direction; /* as of the segment */
	uint8_t protocol;  /* enum ost_observed_protocol */
	uint8_t kind;	   /* enum ost_observed_kind */
	uint16_t service;
	uint8_t reserved[6];
};

enum ost_binding_source {
	OST_BINDING_STATIC, /* the policy's address: */
	OST_BINDING_DHCP,
	OST_BINDING_ND, /* duplicate address detection, first come first served (RFC 6620) */
	OST_BINDING_SOURCE_COUNT,
};

struct ost_msg_binding {
	uint64_t generation;
	uint64_t expires_wall_ns; /* 0: does not lapse by itself */
	uint32_t device;
	uint32_t vlan;
	uint8_t ip[16];
	uint8_t family; /* 4, 6 */
	uint8_t source; /* enum ost_binding_source */
	uint8_t bound;	/* 1 bound, 0 lapsed */
	uint8_t reserved[5];
};

#define OST_MSG_CHAIN_MAX 1024u
#define OST_NAME_GRAIN_S  15u /* less than the grace that an answer has beyond its time to live */

/* What a device was told by a name server: that the question's name led to this address, by these aliases. */
struct ost_msg_given {
	uint64_t generation;
	uint64_t expires_boot_ns; /* the host's CLOCK_BOOTTIME */
	uint32_t device;
	uint32_t vlan; /* with mac: where the device was when it was told */
	uint8_t mac[6];
	uint8_t family; /* 4, 6 */
	uint8_t reserved;
	uint8_t ip[16];
	uint16_t length; /* bytes of chain that are sent */
	uint8_t reserved2[6];
	uint8_t chain[OST_MSG_CHAIN_MAX]; /* names on the wire (RFC 1035 section 3.1), in lower case, one behind the other */
};

/* Where a device stands on the wire: the key of a conversation, a lock-out and a session. */
struct ost_place {
	uint32_t port; /* place in the configuration, below OST_PORTS_MAX; OST_PLACE_NO_PORT: behind a RADIUS client */
	uint32_t vlan; /* outer VID | inner VID << 12; behind a RADIUS client: the lower 24 bits of its NAS-Port, 0: not told */
	uint8_t mac[6]; /* behind a RADIUS client: its Calling-Station-Id, or zeros */
	uint16_t client; /* behind a RADIUS client: which, 1 and up; else 0 */
};

#define OST_PLACE_NO_PORT UINT32_MAX

struct ost_msg_admit {
	uint64_t generation; /* that device is a place of */
	uint32_t device;
	uint8_t state;	   /* enum ost_state */
	uint8_t assurance; /* enum ost_assurance */
	uint8_t placed;	   /* 1: place is where it has proved to be; 0: place says nothing */
	uint8_t reserved;
	struct ost_place place;
};

#define OST_EAPOL_MAX 1514u /* bytes of a frame with its Ethernet header, without VLAN tags */

struct ost_msg_eapol {
	struct ost_place place; /* the device's: source of what came, destination of what is to be sent */
	uint16_t length;	/* bytes of frame that are sent: from the EAPOL header on (IEEE 802.1X-2020 11.3) */
	uint16_t reserved[3];
	uint8_t frame[OST_EAPOL_MAX]; /* length of them are sent */
};

struct ost_msg_port_link {
	char name[OST_MSG_NAME];
	uint64_t down_ns; /* the host's monotonic clock when it was last without a link, as far as this data plane knows; 0: never */
	uint32_t port;
	uint8_t up;
	uint8_t reserved[3];
};

/* By which front end. */
enum ost_auth_way {
	OST_AUTH_WAY_EAPOL,
	OST_AUTH_WAY_RADIUS,
	OST_AUTH_WAY_PORTAL,
	OST_AUTH_WAY_COUNT,
};

/* Why an admission failed: a closed list (docs/ostiary-authd.8). */
enum ost_auth_reason {
	OST_AUTH_REASON_NONE,	      /* it succeeded */
	OST_AUTH_REASON_EXPIRED,      /* the certificate is not valid yet, or not any more */
	OST_AUTH_REASON_REVOKED,      /* on the CRL, or ostiaryd says so */
	OST_AUTH_REASON_UNKNOWN_CA,   /* of a CA that is not this site's */
	OST_AUTH_REASON_WEAK_KEY,     /* key too short, or an old hash */
	OST_AUTH_REASON_WRONG_NAME,   /* no device of the policy has this name in its certificate */
	OST_AUTH_REASON_WRONG_PLACE,  /* the device is bound to another MAC or port */
	OST_AUTH_REASON_NO_CERTIFICATE,
	OST_AUTH_REASON_BAD_CERTIFICATE, /* cannot be read, or not made for this use */
	OST_AUTH_REASON_PEER_REFUSED, /* the device does not accept the gateway: perhaps the gateway is not what it looks like */
	OST_AUTH_REASON_VERSION,      /* no common TLS version or suite */
	OST_AUTH_REASON_METHOD,	      /* the device speaks no EAP-TLS */
	OST_AUTH_REASON_TIMEOUT,
	OST_AUTH_REASON_MALFORMED,
	OST_AUTH_REASON_FLOOD,	      /* gave way to others while half open */
	OST_AUTH_REASON_LOCKED_OUT,
	OST_AUTH_REASON_STATE,	      /* quarantined, retired, ... */
	OST_AUTH_REASON_CRL,	      /* the CRL itself is missing or past its date */
	OST_AUTH_REASON_UNAVAILABLE,  /* ostiaryd is not there to decide, or the gateway's own clock or keys are not right */
	OST_AUTH_REASON_LOGOFF,	      /* the device ended its session */
	OST_AUTH_REASON_COUNT,
};

/* What a device proved, and to whom. The evidence of both halves. */
struct ost_auth_proof {
	char identity[256];	/* of the certificate: the first SAN URI, else hardwareModuleName, else DN serialNumber */
	char subject[128];	/* common name of the subject, and of the issuer: for people, shortened; "?" none */
	char issuer[128];
	char tls_version[16];
	char tls_suite[64];
	char tls_group[32];
	char key[32];		/* "ECDSA P-256", "ECDSA P-384", "RSA-2048", "Ed25519" */
	uint8_t certificate_sha256[32];
	uint8_t gateway_sha256[32]; /* the gateway's certificate that the device accepted */
	uint8_t issuer_sha256[32];  /* of the issuer's public key or name: with the serial, the certificate's own name */
	uint8_t serial[20];
	uint8_t serial_length;
	uint8_t assurance;	    /* enum ost_assurance: what the key's keeping is worth */
	uint8_t reserved[2];
	uint64_t not_before_wall_s, not_after_wall_s;
};

/* How far a certificate was looked at. */
enum ost_auth_shown {
	OST_AUTH_SHOWN_NOTHING,	 /* none came */
	OST_AUTH_SHOWN_UNPROVED, /* one came, and whoever sent it did not prove that it is its own, or it is not to be trusted */
	OST_AUTH_SHOWN_PROVED,	 /* it is to be trusted, and its own */
	OST_AUTH_SHOWN_COUNT,
};

struct ost_msg_auth_claim {
	uint64_t conversation; /* authd's number for it; comes back in the decision */
	struct ost_place place;
	uint8_t way; /* enum ost_auth_way */
	uint8_t ip_family; /* portal: 4 or 6, the address that the device came from; else 0 */
	uint8_t reserved[6];
	uint8_t ip[16];
	struct ost_auth_proof proof;
};

struct ost_msg_auth_decision {
	uint64_t conversation;
	uint8_t reason; /* enum ost_auth_reason: NONE: it is in, and packets pass before this is sent */
	uint8_t reserved[3];
	uint32_t session_s; /* prove yourself again after */
	char device[OST_MSG_NAME]; /* its name in the policy; "" none */
};

struct ost_msg_auth_outcome {
	uint64_t conversation; /* 0: there was none with a claim */
	struct ost_place place;
	uint8_t way;
	uint8_t reason; /* enum ost_auth_reason; NONE: success was sent */
	uint8_t claimed; /* 1: a decision was given before */
	uint8_t denied; /* 1: and this is what it said: ostiaryd has written its line about it */
	int32_t tls_error; /* of the TLS library, 0 none: for the log */
	char detail[OST_MSG_TEXT]; /* a sentence for the log */
	uint8_t shown; /* enum ost_auth_shown: of a failure */
	uint8_t reserved[7];
	struct ost_auth_proof proof; /* what the certificate says, as far as it could be read; NOTHING: zeroes */
};

enum ost_auth_ask {
	OST_AUTH_ASK_BEGIN, /* an Identity request: rights stay meanwhile */
	OST_AUTH_ASK_FORGET, /* no conversation there any more; no answer is sent */
	OST_AUTH_ASK_COUNT,
};

struct ost_msg_auth_ask {
	struct ost_place place;
	uint32_t what; /* enum ost_auth_ask */
	uint32_t locked_s; /* FORGET: ignore it for so long; 0: do not */
};

struct ost_msg_auth_counts {
	uint64_t started, succeeded;
	uint64_t failed[32]; /* by enum ost_auth_reason */
	uint64_t discarded_frames; /* malformed, unexpected, repeated */
	uint64_t limited_frames;   /* above a rate limit */
	uint64_t evicted;	   /* half-open conversations that gave way */
	uint32_t conversations, conversations_max;
	uint64_t crl_this_update_wall_s, crl_next_update_wall_s; /* of the revocation list that ends first; 0: unknown, or there is none */
	uint64_t gateway_not_after_wall_s; /* 0: unknown */
	uint64_t radius_requests, radius_rejected;
	uint32_t portal_connections;
	uint32_t reserved;
};

/* A conversation begins there: who is there by its MAC, is it one that must not be offered everything? */
struct ost_msg_auth_opened {
	uint64_t conversation;
	struct ost_place place;
};

/* The answer, when there is something to say. It may come late: then the device is offered what all are. */
struct ost_msg_auth_limit {
	uint64_t conversation;
	uint8_t tls_max; /* enum ost_tls_max */
	uint8_t reserved[7];
};

#define OST_EXPORTS_MAX	  16u	 /* destinations of a gateway, and streams of lines */
#define OST_EXPORT_LINES  4096u	 /* that may be wanted at once */
#define OST_EXPORT_BYTES  (4u << 20)
#define OST_EXPORT_ORIGIN 128u	 /* bytes of a journal's name, NUL included */
#define OST_EXPORT_LINE	  65536u /* bytes of a line, without its LF fewer */
#define OST_EXPORT_PIECE  60000u
#define OST_EXPORT_NOTE	  8192u

/* Another one takes the place of the former, of which lines may still be under way: they have the former turn. */
struct ost_msg_export_want {
	uint64_t from_seq;
	uint32_t stream;
	uint32_t turn;
	uint32_t lines; /* not 0 */
	uint32_t bytes; /* not 0; the last line may go beyond it */
	char origin[OST_EXPORT_ORIGIN]; /* of the journal that from_seq is of; "": none is known yet */
};

struct ost_msg_export_line {
	uint64_t seq;
	uint32_t stream;
	uint32_t turn;
	uint32_t line_bytes; /* of the whole line, without LF */
	uint32_t offset;     /* where this piece of it begins; pieces come in order; a piece of another line never comes between them */
	uint32_t length;     /* of this piece, not 0 */
	uint32_t reserved;
	char text[OST_EXPORT_PIECE]; /* length of them are sent */
};

enum ost_export_gap {
	OST_EXPORT_GAP_NEW,	/* no journal was known: it begins there */
	OST_EXPORT_GAP_PRUNED,	/* the records up to there are pruned */
	OST_EXPORT_GAP_JOURNAL, /* another journal began */
	OST_EXPORT_GAP_AHEAD,	/* the journal has fewer records than that: it was put back to an older state */
	OST_EXPORT_GAP_COUNT,
};

struct ost_msg_export_gap {
	uint64_t wanted_seq;
	uint64_t next_seq; /* where it goes on */
	uint32_t stream;
	uint32_t turn;
	uint32_t why; /* enum ost_export_gap */
	uint32_t reserved;
	char origin[OST_EXPORT_ORIGIN]; /* of the journal that next_seq is of */
};

struct ost_msg_export_checkpoint {
	uint64_t size; /* records that it covers */
	uint32_t length;
	uint32_t reserved;
	char origin[OST_EXPORT_ORIGIN];
	char note[OST_EXPORT_NOTE]; /* length of them are sent */
};

enum ost_export_state {
	OST_EXPORT_CONNECTING,
	OST_EXPORT_UP,
	OST_EXPORT_WAITING, /* it failed, and is tried again later */
	OST_EXPORT_STATE_COUNT,
};

struct ost_msg_export_status {
	uint64_t cursor_seq;	   /* the record before which all were sent, and taken as far as the receiver says such a thing */
	uint64_t arrived_seq;	   /* the record before which none is asked for any more; not above cursor_seq */
	uint64_t sent_records;	   /* since exportd's start, as the next ones; those that were repeated count again */
	uint64_t sent_bytes;
	uint64_t failures;	   /* connections or batches that failed */
	uint64_t rejected_records; /* refused by the receiver for what they are, or not to be converted: left out */
	uint64_t lost_records;	   /* pruned before they could be sent */
	uint64_t heartbeats;
	uint64_t oldest_wall_ns;   /* time of the oldest record that waits; 0: none, or not known yet */
	uint64_t sent_wall_ns;	   /* when something arrived last; 0: nothing yet */
	uint32_t stream;
	uint8_t state; /* enum ost_export_state */
	uint8_t reserved[3];
	char name[OST_MSG_NAME];
	char type[16];	 /* "syslog" */
	char format[16]; /* "cef" */
	char origin[OST_EXPORT_ORIGIN]; /* of the journal that cursor_seq is of; "": none yet */
	char error[OST_MSG_TEXT]; /* of the last failure; "": none since it went well */
};

enum ost_side {
	OST_SIDE_DEVICE,
	OST_SIDE_NETWORK,
	OST_SIDE_COUNT,
};

const char *ost_side_name(unsigned side);
const char *ost_binding_source_name(unsigned source);
const char *ost_observed_protocol_name(unsigned protocol); /* "telnet", "ftp", "http", "mqtt" */
const char *ost_copy_verdict_name(unsigned verdict); /* "refused", "audited", "opened", "control" */
const char *ost_export_state_name(unsigned state); /* "connecting", "up", "waiting" */
const char *ost_auth_way_name(unsigned way);
const char *ost_auth_reason_name(unsigned reason);
const char *ost_auth_reason_text(unsigned reason); /* what it means, and what to do: one sentence */

/* Bytes of an EAPOL message that are sent. */
static inline size_t ost_msg_eapol_bytes(const struct ost_msg_eapol *m)
{
	return offsetof(struct ost_msg_eapol, frame) + m->length;
}

/* Bytes of a GIVEN message that are sent. */
static inline size_t ost_msg_given_bytes(const struct ost_msg_given *m)
{
	return offsetof(struct ost_msg_given, chain) + m->length;
}

/* Bytes of an EXPORT_LINE and of an EXPORT_CHECKPOINT message that are sent. */
static inline size_t ost_msg_export_line_bytes(const struct ost_msg_export_line *m)
{
	return offsetof(struct ost_msg_export_line, text) + m->length;
}

static inline size_t ost_msg_export_checkpoint_bytes(const struct ost_msg_export_checkpoint *m)
{
	return offsetof(struct ost_msg_export_checkpoint, note) + m->length;
}

/* Length and every value of a payload. False for an unknown type. payload need not be aligned. */
bool ost_message_valid(uint16_t type, const void *payload, size_t length);
