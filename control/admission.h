/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who is in, and why. What is known of each device's session; claims of ostiary-authd decided by the policy in
 * force; the timers of the state machine; the orders that tell the data plane (ADMIT) and the authenticator.
 *
 * A claim that is right is answered in this order: ADMIT to the data plane; its ACK; then the session is noted, and the
 * decision sent. So the first packet behind a success passes, and a data plane that is not there lets nobody in. What
 * takes rights away is noted and sent at once, before anything that waits; and it is written before it is sent, so that no
 * death of ours gives back what was taken.
 *
 * One session a device. The same certificate at a second place is refused while the first place's session lasts and its
 * port has a link: a key that is in two places was copied. A device that moves is let in as soon as its former port
 * lost its link, it logged off, or its session expired.
 *
 * Pure but for the functions of ost_admission_ops: the clock is an argument. Bounds: a record a device of the policy;
 * OST_ADMISSION_FLIGHTS unanswered ADMITs; places.h for what strangers do. Single thread.
 */
#pragma once

#include "clock.h"
#include "image.h"
#include "places.h"
#include "states.h"

#define OST_ADMISSION_FLIGHTS 512u  /* ADMITs that wait for their ACK: claims beyond are refused as unavailable */
#define OST_ADMISSION_PLACES  4096u /* of each table of places.h */

#define OST_REAUTH_S   3600u /* +- 10 % */
#define OST_ANSWER_S   10u   /* that an asked device has, three times */
#define OST_GRACE_S    60u   /* of expired */
#define OST_IDLE_S     600u  /* who speaks again after so long is asked whether it is still the same */
#define OST_LEARNING_S 86400u
#define OST_SPREAD_S   30u /* over which many are asked anew */

/* What is kept of a proof, as long as its session. */
struct ost_session_proof {
	char identity[256];
	char issuer[128];
	uint8_t certificate_sha256[32];
	uint8_t issuer_sha256[32];
	uint8_t serial[20];
	uint8_t serial_length;
	uint64_t not_after_wall_s;
};

/* Who ordered the state that it is in. */
struct ost_session_order {
	uint32_t uid;
	char by[64];
	char why[256];
};

struct ost_session {
	uint8_t standing;  /* enum ost_standing */
	uint8_t assurance; /* enum ost_assurance: of the proof */
	uint8_t way;	   /* enum ost_auth_way: of the proof */
	uint8_t failure;   /* enum ost_auth_reason: the last one */
	bool placed;	   /* place is where it is, or was when it lost its rights */
	bool confirmed;	   /* the device took the success */
	uint8_t asks;	   /* of a re-authentication under way; 0: none is */
	struct ost_place place;
	uint64_t since_wall_ns;
	uint64_t since_ns;
	uint64_t proved_wall_ns;  /* the last proof, 0 never */
	uint64_t proved_ns;	  /* when it was claimed; 0: at a time that nobody can tell */
	uint64_t prove_ns;	  /* when it is to prove itself again, or when what it is in ends; 0: never */
	uint64_t failure_wall_ns; /* 0: never */
	uint64_t failures;
	uint64_t conversation;		 /* that the session rests on */
	struct ost_session_proof *proof; /* or NULL */
	struct ost_session_order *order; /* or NULL */
};

/* What happened, for the evidence. Texts and proof are lent for the call. */
enum ost_note_kind {
	OST_NOTE_ADMITTED,  /* a proof was accepted, and packets pass */
	OST_NOTE_CONFIRMED, /* the device took the success: both halves */
	OST_NOTE_DENIED,    /* a proof was sound, but the answer is no */
	OST_NOTE_FAILED,    /* a conversation failed */
	OST_NOTE_LOGOFF,
	OST_NOTE_STATE,	    /* a device's state changed */
	OST_NOTE_LOCKED,    /* a place was locked out */
	OST_NOTE_SIGHTED,   /* a revoked or retired device is there */
	OST_NOTE_DESTROYED, /* what was done to a retired device's certificates and keys */
	OST_NOTE_COUNT,
};

const char *ost_note_kind_name(unsigned kind);

struct ost_admission_note {
	enum ost_note_kind kind;
	int64_t device;			       /* place in the image, -ENOENT: not known */
	const struct ost_place *place;	       /* or NULL */
	const struct ost_auth_proof *proof;    /* or NULL */
	const struct ost_auth_proof *shown;    /* FAILED: what a certificate says that proved nothing, or NULL */
	const struct ost_session_order *order; /* or NULL */
	const char *detail;		       /* or NULL */
	uint8_t way;			       /* enum ost_auth_way, COUNT: none */
	uint8_t reason;			       /* enum ost_auth_reason */
	uint8_t event;			       /* STATE: enum ost_event */
	uint8_t from, to;		       /* STATE: enum ost_standing */
	int32_t tls_error;
	uint32_t seconds; /* ADMITTED: of the session; LOCKED: of the lock-out */
};

struct ost_admission_ops {
	/* To the data plane. 0 and the sequence that its ACK will have; else it was not sent. */
	int (*admit)(void *user, const struct ost_msg_admit *m, uint32_t *ret_sequence);
	/* To ostiary-authd; what cannot be sent is lost. */
	void (*decide)(void *user, const struct ost_msg_auth_decision *m);
	void (*ask)(void *user, const struct ost_msg_auth_ask *m);
	void (*note)(void *user, const struct ost_admission_note *note);
	/* What is unkept is written so that it outlives this program: the data plane is told of less rights next. */
	void (*keep)(void *user);
	void *user;
};

struct ost_admission;

int ost_admission_new(const struct ost_admission_ops *ops, const struct ost_hash_key *key, struct ost_admission **ret_admission)
	OST_MUST_CHECK;
void ost_admission_free(struct ost_admission **admission);

/* ---- the policy ---- */

/* A new image is in force (image is copied, its bytes are not); the bytes of the one before must still be readable. Sessions are carried over by name, and ended where
 * the policy asks something else now. -ENOMEM: nothing changed. */
int ost_admission_policy(struct ost_admission *a, const struct ost_image *image, struct ost_moment now) OST_MUST_CHECK;

/* A device as it was kept (registry.h). */
struct ost_admission_row {
	const char *device;
	const char *port;	    /* name of place.port, "" none */
	struct ost_session session; /* its pointers are the callee's to copy; the monotonic times are unused */
	uint64_t prove_wall_ns;
	uint32_t locks; /* unused for devices */
};

/* A device of the policy in force, as it was kept; one that was carried over already, or is not in the policy, is left
 * alone. away: the policy did not have it for a while, and nobody watched its place. Its session is over, and what was
 * ordered of it holds. */
void ost_admission_restore(struct ost_admission *a, const struct ost_admission_row *row, bool away, struct ost_moment now);
void ost_admission_restore_lock(struct ost_admission *a, const struct ost_place *place, uint64_t until_wall_ns, uint32_t locks,
	struct ost_moment now);

/* ---- what is to be kept ---- */

/* Rights were taken away since the last _kept() that was synced: do not wait with writing. */
bool ost_admission_urgent(const struct ost_admission *a);
bool ost_admission_unkept(const struct ost_admission *a);
/* Devices whose row is not on disk as it is; keep false: the row says nothing and can go. Stops at the first error. */
int ost_admission_unkept_each(struct ost_admission *a, struct ost_moment now,
	int (*fn)(void *user, const struct ost_admission_row *row, bool keep), void *user) OST_MUST_CHECK;
/* synced: it outlives a power failure, too. */
void ost_admission_kept(struct ost_admission *a, bool synced);
/* Devices that the policy lets in by their MAC, and that are not in; changes: compare with the last list written. */
void ost_admission_denied_each(const struct ost_admission *a, void (*fn)(void *user, const char *device, enum ost_state state), void *user);
uint64_t ost_admission_denied_changes(const struct ost_admission *a);
/* Lock-outs that last; changes: compare with the last one written. */
uint64_t ost_admission_lock_changes(const struct ost_admission *a);
void ost_admission_locks_each(const struct ost_admission *a, void (*fn)(void *user, const struct ost_place_entry *e), void *user);

/* ---- the data plane ---- */

void ost_admission_link_up(struct ost_admission *a, struct ost_moment now);
void ost_admission_link_down(struct ost_admission *a);
/* The data plane has taken an image, maybe the same again: it is told what it may have lost. */
void ost_admission_resend(struct ost_admission *a);
/* -EPROTO: nothing was asked that this answers. */
int ost_admission_ack(struct ost_admission *a, uint32_t sequence, int result, struct ost_moment now) OST_MUST_CHECK;
/* What the data plane enforces for a device, and at which port it is seen (OST_PORTS_MAX: none); corrected when it is not what should be. */
void ost_admission_enforced(struct ost_admission *a, uint32_t device, uint8_t state, uint32_t port, struct ost_moment now);
/* How many frames of it have been forwarded: whether it spoke, and after how long. */
void ost_admission_spoke(struct ost_admission *a, uint32_t device, uint64_t out_pkts, struct ost_moment now);
/* It began at this time: sessions from before are asked to prove themselves again, soon. */
void ost_admission_began(struct ost_admission *a, uint64_t wall_ns, struct ost_moment now);
struct ost_admission_link {
	const char *name;
	bool up;
	uint64_t down_ns; /* when the port was last without a link, on the clock of mono_ns; 0: never, as far as is known */
};

/* A session ends with its port's link, also when that was noticed, or is told, only after it came back. */
void ost_admission_port(struct ost_admission *a, uint32_t port, const struct ost_admission_link *link, struct ost_moment now);
/* A frame of this place was refused for want of a proof. device: -ENOENT: none of the policy's. */
void ost_admission_seen(struct ost_admission *a, const struct ost_place *place, int64_t device, struct ost_moment now);

/* ---- the authenticator ---- */

/* What whoever is there, by his MAC or his session, is offered at most. */
enum ost_tls_max ost_admission_tls_max(const struct ost_admission *a, const struct ost_place *place);
void ost_admission_claim(struct ost_admission *a, const struct ost_msg_auth_claim *m, struct ost_moment now);
void ost_admission_outcome(struct ost_admission *a, const struct ost_msg_auth_outcome *m, struct ost_moment now);
void ost_admission_auth_up(struct ost_admission *a, struct ost_moment now);
/* It is gone: whoever came by its portal has a lease to come again. */
void ost_admission_auth_down(struct ost_admission *a, struct ost_moment now);
/* What it trusts has changed: everybody proves himself again, soon. */
void ost_admission_reload(struct ost_admission *a, struct ost_moment now);

/* When the authenticator's revocation list ends; 0: it has none. Past its date nobody can prove himself: sessions by 802.1X and RADIUS
 * stand for another OST_CRL_GRACE_S without being asked. */
void ost_admission_crl(struct ost_admission *a, uint64_t next_update_wall_s);

/* ---- the operator and the clock ---- */

/* APPROVE, QUARANTINE, RELEASE, REVOKE or RETIRE. -EPERM: not in this state; why is a sentence. */
int ost_admission_order(struct ost_admission *a, uint32_t device, enum ost_event order, const struct ost_session_order *who,
	struct ost_moment now, char why[static 256]) OST_MUST_CHECK;
/* Call once a second. */
void ost_admission_tick(struct ost_admission *a, struct ost_moment now);

/* ---- to show ---- */

const struct ost_session *ost_admission_session(const struct ost_admission *a, uint32_t device);
/* Some device of the policy in force must prove itself. */
bool ost_admission_wanted(const struct ost_admission *a);
/* Monotonic time to wall time; 0 stays 0. */
uint64_t ost_moment_wall(struct ost_moment now, uint64_t mono_ns);
const char *ost_admission_port_name(const struct ost_admission *a, uint32_t port);

struct ost_admission_counts {
	uint64_t claims, admitted;
	uint64_t denied[OST_AUTH_REASON_COUNT]; /* claims, by the reason of the no */
	uint64_t failed[OST_AUTH_REASON_COUNT]; /* conversations, by their end */
	uint64_t lock_outs, reauths, asks, asks_limited;
	uint64_t admits, admits_refused; /* by the data plane */
	uint32_t standings[OST_STANDING_COUNT];
};

const struct ost_admission_counts *ost_admission_counts(const struct ost_admission *a);
