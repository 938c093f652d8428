/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The classifier: the only code that decides about a packet. The DPDK worker calls it on bursts; replay,
 * explain, the policy tests, the fuzzers and the oracle call the same functions.
 *
 * What: frame -> parse -> one look-up by (VLAN, MAC, addresses, ports) -> verdict. A hit answers "who",
 *   "really" and "may" at once. What misses goes through the staged path of first packets: device,
 *   binding, state, allow-list, limits, insertion; control protocols (ARP, ND, DHCP) take their checked way.
 * Goals: two cache misses per packet of an established flow, overlapped over the burst; a refused packet
 *   costs at most half as much again. No allocation, lock, log or system call per packet; the clock is an argument.
 * Parts: struct ost_site is what all workers share (devices, bindings, the view of the policy in force);
 *   struct ost_classifier is one worker's own (flows, counters, refusal records).
 * Versioning: a burst reads the site's view once. ost_site_policy_set() builds a new view aside and
 *   swaps one pointer; the caller frees the old one after every worker has passed a quiescent point. Each view
 *   has a stamp; a flow with another stamp is judged anew before it passes, and the sweep does
 *   the same to idle flows.
 * Threads: one thread per classifier. The site: the functions marked (main) by one managing thread; the
 *   control protocols by the one classifier that was made with owns_control; all others only read.
 * Bounds: flows, bindings and devices have fixed capacities, given at the start. Full means: what is new
 *   is refused with a reason of its own, what is established goes on. A policy whose devices find no slots beside
 *   those that leave is refused; the caller lets those go first (ost_site_policy_without()).
 */
#pragma once

#include "addr.h"
#include "common.h"
#include "image.h"
#include "messages.h"
#include "reason.h"
#include "state.h"

#define OST_BURST 32u

struct ost_site;
struct ost_classifier;
struct ost_view;

struct ost_frame {
	const uint8_t *bytes; /* from the destination MAC on, without FCS */
	uint32_t length;
	uint8_t port; /* ingress */
	bool oversize; /* there is more of it elsewhere (a chained buffer) */
};

enum ost_action {
	OST_REFUSE,
	OST_FORWARD,	   /* out of verdict.egress */
	OST_FLOOD_DEVICES, /* a copy out of each port of the device side but the ingress */
	OST_AUTHENTICATE,  /* an 802.1X frame: give it to ostiary-authd; counted as forwarded */
	/* Give it to the classifier that owns_control, by ost_classify_handed(): */
	OST_HANDOVER,	     /* a control frame, which nobody has judged */
	OST_HANDOVER_QUERY,  /* of a DNS flow, from its device: it may pass when it has been read */
	OST_HANDOVER_ANSWER, /* to its device */
};

/* Of the verdict, to be kept beside a frame that is handed over. */
struct ost_handed {
	uint8_t action; /* enum ost_action */
	uint8_t egress;
};

struct ost_verdict {
	uint8_t action; /* enum ost_action */
	uint8_t reason; /* enum ost_reason; NONE unless refused */
	uint8_t egress; /* port, for OST_FORWARD, and for what is handed over */
	uint8_t audit;	/* enum ost_reason: what would have refused it, were its role not in audit; NONE otherwise, and for later packets
			   of such a flow */
	uint32_t device; /* slot that it was accounted to, or OST_DEVICE_NONE */
};

/* ---- the site ---- */

#define OST_SITE_SLOTS_MAX (OST_DEVICES_MAX + OST_DEVICES_MAX / 32)

/* Slots for policies of so many devices: one each, and some for devices of the policy before whose flows and addresses
 * are still there. A policy that brings more new devices at once comes in two steps, ost_site_policy_without(). */
static inline uint32_t ost_site_slots_for(uint32_t devices)
{
	return devices + OST_MAX(devices / 32, OST_MIN(devices, 256u));
}

#define OST_SITE_NAMES_DEFAULT 1024u

struct ost_site_config {
	uint32_t devices_max;  /* slots: with policies that change, ost_site_slots_for(); at most OST_SITE_SLOTS_MAX */
	uint32_t bindings_max;
	uint32_t names_max; /* addresses that devices hold by name; 0: OST_SITE_NAMES_DEFAULT */
	uint32_t port_count;
	struct {
		char name[OST_NAME_MAX + 1];
		uint8_t side;	/* enum ost_side */
		uint8_t uplink; /* device side: the port towards the network */
	} ports[OST_PORTS_MAX];
	uint64_t secret[4]; /* random: keys the hashes */
	void *(*alloc)(size_t bytes); /* 64-byte aligned, zeroed; NULL: from the C library */
	void *(*alloc_sparse)(size_t bytes); /* the same for what may stay mostly unwritten: pages come when they are; NULL: alloc */
	void (*release)(void *memory, size_t bytes);
};

int ost_site_new(const struct ost_site_config *config, struct ost_site **ret_site) OST_MUST_CHECK;
void ost_site_free(struct ost_site **site);

/* (main) Puts an opened image in force; its bytes must stay until ost_view_free() of the view made here. *ret_old is the
 * view before, or NULL: to be freed after quiescence, and before the next policy. -ENOSPC: more devices than slots, of which
 * those hold one, too, that left while flows or addresses of theirs are there. On failure nothing changed. */
int ost_site_policy_set(struct ost_site *site, const struct ost_image *image, uint64_t now_ns,
	struct ost_view **ret_old) OST_MUST_CHECK;
void ost_view_free(struct ost_view **view);

/* (main) What time it is, seconds since 1970 UTC: opens and closes the schedules of the policy in force, and of those to come.
 * Flows of devices whose role has a schedule are judged anew when one turned. Before the first call all are closed. Call it once a
 * second. */
void ost_site_wall_set(struct ost_site *site, int64_t wall_s);

/* (main) Puts in force what is in force, but for the devices that the next image does not have: their flows and
 * addresses end as when a policy without them had come, and when ost_site_departed() tells none any more, the next image has
 * its slots. *ret_old as above. -ENOENT: nothing is in force. */
int ost_site_policy_without(struct ost_site *site, const struct ost_image *next, struct ost_view **ret_old) OST_MUST_CHECK;

/* (main) Devices that are not in the policy in force and still have flows or addresses. The sweep takes those away. */
uint32_t ost_site_departed(const struct ost_site *site);

/* (main) The image in force, NULL when none. Valid until the next policy_set and its view's end. */
const struct ost_image *ost_site_image(const struct ost_site *site);

/* (main) A device's state, by its place in the image in force. Its flows are judged anew from the next burst on. */
int ost_site_device_state_set(struct ost_site *site, uint32_t image_device, enum ost_state state,
	enum ost_assurance assurance) OST_MUST_CHECK;

/* (main) Where a device has proved to be: its MAC, VLAN and port, which for a device that the policy names by its certificate
 * alone nobody knew before. It gets no right by that: when every worker has passed a quiescent point, call
 * ost_site_places_seen() and give it its state.
 * What it had elsewhere ends. A device that is known by its certificate alone and was there before gives way, unless it
 * has rights at another port. -ENOENT: no such device; -EADDRINUSE: another device of the policy has this MAC;
 * -EINVAL: the policy says another MAC, VLAN or port; -ENOSPC: no slot is free, or the device has left too many others just
 * now: after a quiescent point call ost_site_places_seen() and try again, three times at most, before giving up. */
struct ost_site_place {
	struct ost_mac mac;
	uint32_t vlan;
	uint8_t port;
};
int ost_site_place_set(struct ost_site *site, uint32_t image_device, const struct ost_site_place *place) OST_MUST_CHECK;
void ost_site_places_seen(struct ost_site *site);

/* (main) Whether an authenticator is there. Without one 802.1X frames are refused. */
void ost_site_authenticator_set(struct ost_site *site, bool there);

/* (main) Whether an observer is there. Without one no payload is copied. */
void ost_site_observer_set(struct ost_site *site, bool there);

/* (main) The link of a port went down: devices that were pinned to it by being seen there are unpinned, and those that had
 * proved to be there are unknown until somebody says otherwise. */
void ost_site_port_down(struct ost_site *site, uint32_t port);

/* (main or owns_control thread, not both at once) Binds an address as if it had been learned now. expires_ns 0: stays. */
int ost_site_bind(struct ost_site *site, uint32_t image_device, const struct ost_ip *ip,
	enum ost_binding_source source, uint64_t now_ns, uint64_t expires_ns) OST_MUST_CHECK;

/* (main) The same while workers run: the control owner does it with its next sweep. For addresses that were bound before
 * this program started, and that somebody remembered. -EAGAIN: the queue is full, call again after a sweep. */
int ost_site_bind_later(struct ost_site *site, uint32_t image_device, const struct ost_ip *ip,
	enum ost_binding_source source, uint64_t expires_ns) OST_MUST_CHECK;

struct ost_site_device {
	uint32_t image_device; /* or OST_DEVICE_NONE */
	uint8_t port;	       /* OST_PORTS_MAX: not seen yet */
	uint8_t state;
	uint8_t assurance;
};

/* (main) Slot of a device of the image in force, and what the site knows of a slot. */
uint32_t ost_site_slot(const struct ost_site *site, uint32_t image_device);
int ost_site_device_get(const struct ost_site *site, uint32_t slot, struct ost_site_device *ret_device) OST_MUST_CHECK;
uint32_t ost_site_slots(const struct ost_site *site); /* slots ever used: 0..n-1 */

/* (main) Bindings in use, and changes since the last call: calls fn for each, oldest first; the queue
 * is bounded, lost changes are counted by the return value. */
uint32_t ost_site_bindings(const struct ost_site *site, uint32_t *ret_max);
struct ost_binding_event {
	struct ost_ip ip;
	uint32_t slot;
	uint32_t vlan;
	uint64_t expires_in_ns; /* from the change on; 0: does not lapse by itself */
	uint8_t source; /* enum ost_binding_source */
	bool bound;
};
uint64_t ost_site_binding_events(struct ost_site *site, void (*fn)(void *user, const struct ost_binding_event *event), void *user);

/* (anyone) Of names that devices were told (resolve.h). */
struct ost_site_names {
	uint64_t held, max;	  /* addresses by name */
	uint64_t queries, answers; /* that were read: asked, believed */
	uint64_t bound, unbound;  /* addresses of answers; those for which there was no room */
	uint64_t refused;	  /* answers that nobody asked for, or malformed */
	uint64_t evicted;	  /* addresses and questions that gave way to newer ones */
	uint64_t unread;	  /* messages that passed unread */
};
void ost_site_names(const struct ost_site *site, struct ost_site_names *ret_names);

/* (main) A name that the device was given the address for: that of its question. False: none is known, or it is no host name. */
#define OST_HOST_TEXT 254 /* bytes of a name, NUL included */
bool ost_site_name_of(const struct ost_site *site, uint32_t image_device, const struct ost_ip *ip, uint64_t now_ns,
	char ret_name[static OST_HOST_TEXT]);

/* (main or owns_control thread, not both at once) Binds an address to a name for a device, as if a name server had told it so now.
 * -EINVAL: not a host name; -ENOENT: no such device; -ENOSPC: its limit, or no room. */
int ost_site_name_bind(struct ost_site *site, uint32_t image_device, const char *name, const struct ost_ip *ip, uint64_t now_ns,
	uint64_t expires_ns) OST_MUST_CHECK;

/* One name that a device was given an address for, by the names on the wire that led there (resolve.h). */
struct ost_name_event {
	uint32_t slot;
	uint32_t vlan; /* with mac: where the device is, or was when it was given it */
	struct ost_mac mac;
	struct ost_ip ip;
	uint64_t expires_in_ns;
	uint32_t length;
	const uint8_t *chain; /* in lower case, one behind the other */
};

/* (main) Calls fn for names that are new, or whose end moved by OST_NAME_GRAIN_S, since it was called for them last, and that the
 * policy in force asks for; fn returns false for one that is to come again, which ends the call. At most some thousand; the rest
 * comes with the next call. What is given up is not told. */
void ost_site_name_events(struct ost_site *site, uint64_t now_ns, bool (*fn)(void *user, const struct ost_name_event *event), void *user);

/* (main) All of them are to be told again: another policy is in force, or somebody else listens. */
void ost_site_names_due(struct ost_site *site);

/* (main) Binds one while workers run: the control owner does it with its next sweep, when the policy in force asks for it. For names
 * that were given before this program started, and that somebody remembered; the chain is sound. slot is not read. -EINVAL: no chain,
 * or it has ended; -ENOENT: no such device, or it is elsewhere; -EAGAIN: the queue is full, call again after a sweep. */
int ost_site_name_bind_later(struct ost_site *site, uint32_t image_device, const struct ost_name_event *name, uint64_t now_ns) OST_MUST_CHECK;

/* ---- one worker ---- */

struct ost_classifier_config {
	uint32_t flows4_max;
	uint32_t flows6_max;
	uint32_t refusal_records; /* a power of two; 0: no records, counters only */
	uint32_t opened_records;  /* the same, of flows that were opened */
	uint32_t copies;	  /* of headers of frames, in each of two tables; 0: none */
	uint32_t segments;	  /* the same, of payload for the observer */
	bool owns_control;	  /* exactly one classifier of a site */
	bool shared_limits;	  /* other workers take from the same rate limits and count with the same devices */
	/* seconds; 0: the default of docs/ostiary.yaml.5 */
	uint32_t tcp_established_s, tcp_opening_s, tcp_closing_s, udp_s, udp_reply_s, icmp_s, other_s;
};

int ost_classifier_new(struct ost_site *site, const struct ost_classifier_config *config,
	struct ost_classifier **ret_classifier) OST_MUST_CHECK;
void ost_classifier_free(struct ost_classifier **classifier);

/* Judges n <= OST_BURST frames; verdicts[i] is frames[i]'s. now_ns is a monotonic clock. Frame bytes are
 * only read, and not kept. Every frame is counted: received = forwarded + refused + handed over. */
void ost_classify(struct ost_classifier *c, const struct ost_frame *frames, uint32_t n,
	uint64_t now_ns, struct ost_verdict *verdicts);

/* The same for frames that other classifiers handed over. For the one that owns_control. */
void ost_classify_handed(struct ost_classifier *c, const struct ost_frame *frames, const struct ost_handed *handed, uint32_t n,
	uint64_t now_ns, struct ost_verdict *verdicts);

/* The worker could not send what was forwarded: moves n frames of this ingress port, together so many bytes, from forwarded to refused. */
void ost_classifier_unsent(struct ost_classifier *c, uint8_t ingress, uint32_t device, bool to_device,
	uint32_t pkts, uint64_t bytes, enum ost_reason reason);

/* Looks at the next buckets of the flow tables: closes what timed out, judges anew what bears an old
 * stamp, adds the counts of flows to their devices. Call between bursts with the buckets that bring
 * one pass in about two seconds; returns the number of buckets still left in this pass. */
uint32_t ost_classifier_sweep(struct ost_classifier *c, uint32_t buckets, uint64_t now_ns);
uint32_t ost_classifier_sweep_buckets(const struct ost_classifier *c); /* buckets of a whole pass */

/* ---- counters: written by the worker, read by anyone; values may be a burst old ---- */

struct ost_port_counts {
	uint64_t received_pkts, received_bytes;
	uint64_t forwarded_pkts, forwarded_bytes;
	uint64_t handed_over_pkts;
	uint64_t audited_pkts; /* of the forwarded: those that opened a flow which only audit let pass */
	uint64_t refused_pkts[OST_REASON_SLOTS];
} OST_CACHE_ALIGNED;

struct ost_device_counts {
	uint64_t out_pkts, out_bytes; /* forwarded, from the device; without flows not yet swept */
	uint64_t in_pkts, in_bytes;   /* forwarded, towards the device */
	uint64_t last_seen_ns;
	uint32_t flows;
	uint32_t flows_opened;
	uint64_t refused_pkts[OST_REASON_SLOTS];
};

const struct ost_port_counts *ost_classifier_port_counts(const struct ost_classifier *c, uint32_t port);

/* (main) Of all workers together; all zero for a slot that is none. */
void ost_site_device_counts(const struct ost_site *site, uint32_t slot, struct ost_device_counts *ret_counts);

/* Hits of each rule (flows opened by it) of the image in force, by index into its RULES; reset by a new image. */
uint64_t ost_classifier_rule_hits(const struct ost_classifier *c, uint32_t rule);
void ost_classifier_flows(const struct ost_classifier *c, uint64_t *ret_flows, uint64_t *ret_max);

/* Refusal records since the last call, joined by equal keys. The worker fills one of two tables; this call
 * makes it fill the other one: call flip, wait until the worker has passed a quiescent point, call drain.
 * wall_offset_ns is added to monotonic times. The return value counts packets that were refused and counted, but found
 * no room for a record. */
void ost_classifier_refusals_flip(struct ost_classifier *c);
uint64_t ost_classifier_refusals_drain(struct ost_classifier *c, int64_t wall_offset_ns,
	void (*fn)(void *user, const struct ost_refusal *refusal), void *user);

/* Flows that were opened since, joined by equal keys: flipped together with the refusals. The return value counts flows that found
 * no room for a record. */
uint64_t ost_classifier_opened_drain(struct ost_classifier *c, int64_t wall_offset_ns,
	void (*fn)(void *user, const struct ost_opened *opened), void *user);

/* Copies of the headers of frames that were no plain packets of established flows: of the refused, the first of each kind of which a
 * record was made since the records were drained; those that opened flows, likewise; control protocols that passed. Each device, and
 * each MAC that is none at a port, has a share of the table. Flip, quiesce and drain as above, on their own. slot: of the device that
 * the frame is accounted to, or OST_DEVICE_NONE; in the order in which they came. The return value counts frames for which there was
 * no room. */
void ost_classifier_copies_flip(struct ost_classifier *c);
uint64_t ost_classifier_copies_drain(struct ost_classifier *c, int64_t wall_offset_ns,
	void (*fn)(void *user, uint32_t slot, const struct ost_copy *copy), void *user);

/* Payload of connections to services where passwords travel in clear text: of those that were opened while an observer was there, the
 * first packets. Flipped together with the copies. device and generation of a segment are the caller's to fill in. What is told is wiped
 * afterwards. The return value counts packets for which there was no room. */
uint64_t ost_classifier_segments_drain(struct ost_classifier *c, int64_t wall_offset_ns,
	void (*fn)(void *user, uint32_t slot, struct ost_segment *segment), void *user);

/* ---- rehearsing: which flows a policy would cut, without putting it in force ---- */

struct ost_rehearsal;

/* (main) A policy to be tried on the flows that are there: nothing of the site changes. Its image must stay until it is freed. One at a
 * time. -ENOENT: no policy is in force; -EBUSY: another one has begun; -ENOMEM; else as ost_site_policy_set(). */
int ost_rehearsal_new(struct ost_site *site, const struct ost_image *image, struct ost_rehearsal **ret_rehearsal) OST_MUST_CHECK;
void ost_rehearsal_free(struct ost_rehearsal **rehearsal);

/* (main) From now on each worker's sweep asks it about the flows of the buckets that it comes by, for one whole pass. When all are
 * through, or before that to give up: end it, wait until every worker has passed a quiescent point, then read and free. While it runs
 * another policy may come in force: then its answer is about neither. */
void ost_rehearsal_begin(struct ost_rehearsal *r);
bool ost_rehearsal_is_over(const struct ost_rehearsal *r);
void ost_rehearsal_end(struct ost_rehearsal *r);

/* (main) When it is over: flows that would stay and that would be cut; those of a slot, below ost_rehearsal_slots(); and some of
 * them, a few of each device, without their device. False: there is no nth. A flow between two devices is that of the one that opened it. */
void ost_rehearsal_flows(const struct ost_rehearsal *r, uint64_t *ret_standing, uint64_t *ret_cut);
uint32_t ost_rehearsal_slots(const struct ost_rehearsal *r);
uint32_t ost_rehearsal_cut(const struct ost_rehearsal *r, uint32_t slot);
bool ost_rehearsal_flow(const struct ost_rehearsal *r, uint32_t n, uint32_t *ret_slot, struct ost_rehearsed_flow *ret_flow);

/* ---- explaining: what was decided about the last frame of the last burst, and by what ---- */

struct ost_explanation {
	struct ost_verdict verdict;
	uint32_t device; /* of the image in force, or OST_DEVICE_NONE */
	uint32_t rule;	 /* index into RULES that allowed the flow, or UINT32_MAX */
	uint32_t peer_rule;   /* the other device's rule, or UINT32_MAX */
	uint32_t peer_device; /* or OST_DEVICE_NONE */
};
/* Judges one frame as ost_classify() does and tells by what. */
void ost_classify_explain(struct ost_classifier *c, const struct ost_frame *frame, uint64_t now_ns,
	struct ost_explanation *ret_explanation);
