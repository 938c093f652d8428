/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Admission with a clock of the test's own and peers that are lists: for the test_admission*.c. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "admission.h"
#include "clock.h"

#define KEPT 64
#define S    OST_NS_PER_S

struct rig {
	struct ost_admission *a;
	void *bytes;
	size_t length;
	struct ost_image image;
	struct ost_moment now;
	uint32_t sequence, acked;
	bool deaf; /* the data plane takes nothing */
	struct ost_msg_admit admits[KEPT];
	uint32_t admit_count;
	struct ost_msg_auth_decision decisions[KEPT];
	uint32_t decision_count;
	struct ost_msg_auth_ask asks[KEPT];
	uint32_t ask_count;
	uint32_t everybody[OST_PORTS_MAX]; /* asks to the group of a port; not among asks */
	uint32_t keeps;
	uint64_t down_ns[OST_PORTS_MAX];
	uint32_t notes[OST_NOTE_COUNT];
	bool shown; /* the last one had a certificate that proved nothing */
	uint64_t conversation;
};

void *rig_image_of(const char *text, uint64_t generation, size_t *ret_length, struct ost_image *ret_image);
void rig_acks(struct rig *r, int result);
void rig_admission_begin(struct rig *r);
/* As the data plane tells it that noticed just now. */
void rig_port(struct rig *r, uint32_t port, const char *name, bool up);
void rig_link_begin(struct rig *r);
int rig_setup(void **state);
int rig_teardown(void **state);
uint32_t rig_device(const struct rig *r, const char *name);
const struct ost_session *rig_session(const struct rig *r, const char *name);
struct ost_place rig_at(uint32_t port, uint8_t last);
struct ost_msg_auth_claim rig_claim_of(struct rig *r, const char *identity, uint32_t port, uint8_t last);
uint8_t rig_decided(const struct rig *r, uint64_t conversation);
uint8_t rig_claim_go(struct rig *r, const struct ost_msg_auth_claim *m);
uint8_t rig_claims(struct rig *r, const char *identity, uint32_t port, uint8_t last);
void rig_outcome(struct rig *r, uint64_t conversation, uint32_t port, uint8_t last, enum ost_auth_reason reason, bool claimed);
void rig_pass(struct rig *r, unsigned seconds);
const struct ost_msg_admit *rig_last_admit(const struct rig *r);
void rig_order(struct rig *r, const char *name, enum ost_event event, int result);
