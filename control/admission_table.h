/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside of admission: shared by admission.c (records, orders), admission_claim.c (claims), admission_link.c
 * (the data plane) and admission_clock.c (timers, and what is asked) only. */
#pragma once

#include "admission.h"
#include "clock.h"
#include "finder.h"
#include "timers.h"

#define NOBODY UINT32_MAX

enum queue {
	QUEUE_URGENT, /* takes rights away */
	QUEUE_USUAL,
	QUEUE_UNKEPT, /* not on disk as it is */
	QUEUE_COUNT,
};

struct record {
	struct ost_session s;
	uint32_t next[QUEUE_COUNT]; /* NOBODY ends; only while queued */
	uint32_t chain;		    /* of the place: device + 1, 0 ends */
	uint8_t queued;		    /* bits, by enum queue */
	bool carried;		    /* from the policy before, or restored */
	bool unkept;		    /* when the policy changed */
	struct ost_msg_admit sent;  /* the last ADMIT; generation 0: none */
	uint32_t flying;	    /* ADMITs without an answer */
	uint64_t out_pkts;	    /* as told last */
	uint64_t spoke_ns;	    /* when they grew last, or it proved itself */
};

/* An ADMIT on its way. */
struct flight {
	uint32_t sequence;
	uint32_t device;
	uint64_t generation;
	struct ost_msg_auth_claim *claim; /* that waits for it, or NULL */
	uint64_t claimed_ns;
	uint32_t session_s;
};

struct port {
	char name[OST_MSG_NAME]; /* "" not told of yet */
	char kept[OST_MSG_NAME]; /* the name that sessions from disk have for it */
	bool known, up;
	uint64_t down_ns;
	uint64_t ask_second_ns;
	uint32_t asked; /* in this second */
	uint64_t everybody_ns; /* when everybody there was asked last */
	uint64_t round_ns; /* when everybody there is asked again, 0: not any more */
	uint32_t rounds;   /* so often since it came up */
};

struct list {
	uint32_t head, tail;
};

struct ost_admission {
	struct ost_admission_ops ops;
	struct ost_hash_key key;
	const struct ost_image *image; /* NULL: none in force; else one of images: its owner reuses his */
	struct ost_image images[2];
	struct ost_finder *finder;
	struct record *records; /* by device */
	uint32_t *by_place;	/* chains: device + 1 */
	uint64_t place_mask;
	struct ost_timers *timers;
	struct list lists[QUEUE_COUNT];
	struct flight flights[OST_ADMISSION_FLIGHTS]; /* a ring, in the order of their answers */
	uint32_t flight_first, flight_count;
	bool link_up;
	uint32_t held; /* the data plane is told later, of all together */
	bool urgent;
	bool asks_eap;	 /* some device's role asks for EAP-TLS */
	bool asks_proof; /* or for TLS */
	uint64_t random;
	struct port ports[OST_PORTS_MAX];
	struct ost_places *knocks, *locks;
	uint64_t denied_changes;
	uint64_t crl_next_s; /* when the revocation list ends, in wall seconds; 0: none */
	uint64_t round_ns; /* when knocks were last walked */
	struct ost_admission_counts counts;
};

static inline const struct ost_image_role *admission_role(const struct ost_admission *a, uint32_t device)
{
	return &a->image->roles[a->image->devices[device].role];
}

/* Is anything of this standing enforced at its place? */
bool admission_is_in(const struct ost_session *s);

/* Raises an event. False: the table says no. order, proof: of whom it comes, or NULL. */
bool admission_event(struct ost_admission *a, uint32_t device, enum ost_event event, const struct ost_session_order *order,
	struct ost_moment now);

void admission_note_simple(struct ost_admission *a, enum ost_note_kind kind, int64_t device, const struct ost_place *place);

/* Places and their devices. */
int64_t admission_at(const struct ost_admission *a, const struct ost_place *place);
void admission_place_set(struct ost_admission *a, uint32_t device, const struct ost_place *place);
void admission_place_clear(struct ost_admission *a, uint32_t device);

void admission_queue(struct ost_admission *a, enum queue queue, uint32_t device);
uint32_t admission_dequeue(struct ost_admission *a, enum queue queue);

/* Sends what is queued for the data plane, as far as the window and the socket go. */
void admission_pump(struct ost_admission *a);
/* Between hold and release nothing is sent: what is done to many is written at once. */
void admission_hold(struct ost_admission *a);
void admission_release(struct ost_admission *a);
int admission_fly(struct ost_admission *a, uint32_t device, const struct ost_msg_admit *m, struct ost_msg_auth_claim *claim,
	uint32_t session_s, uint64_t now_ns);
struct ost_msg_admit admission_admit(const struct ost_admission *a, uint32_t device);

/* The timer that the record's standing asks for. */
void admission_timer(struct ost_admission *a, uint32_t device, struct ost_moment now);
void admission_ask(struct ost_admission *a, const struct ost_place *place);
void admission_forget(struct ost_admission *a, const struct ost_place *place, uint32_t locked_s);
/* Begins a round of asks at a place, unless one is under way or it rests. */
void admission_knock(struct ost_admission *a, const struct ost_place *place, struct ost_moment now);
/* The port came up, or the authenticator did: who may be there and says nothing is asked. */
void admission_port_round(struct ost_admission *a, uint32_t port, struct ost_moment now);
void admission_lease(struct ost_session *s, struct ost_moment now);
void admission_reauth_begin(struct ost_admission *a, uint32_t device, struct ost_moment now);
uint64_t admission_random(struct ost_admission *a, uint64_t below);

/* The answer to a claim, and the session that it opens. */
void admission_decide(struct ost_admission *a, const struct ost_msg_auth_claim *m, int64_t device, enum ost_auth_reason reason,
	uint32_t session_s);
void admission_landed(struct ost_admission *a, const struct flight *f, int result, struct ost_moment now);
/* Does the policy in force still let this session be? */
bool admission_fits(const struct ost_admission *a, uint32_t device);
bool admission_place_fits(const struct ost_admission *a, uint32_t device, const struct ost_place *place, uint8_t way);
