/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ostiaryd, who decides: claims and outcomes go there, decisions and orders come back. Without it nobody new is let
 * in. One thread. */
#pragma once

#include "authd.h"

int ost_decider_new(struct ost_authd *a, struct ost_decider **ret_decider) OST_MUST_CHECK;
void ost_decider_free(struct ost_decider **decider);

/* Claims can be decided. */
bool ost_decider_is_there(const struct ost_decider *d);

/* ip: where a portal's device came from, NULL for the other ways. False: it cannot be asked now. */
bool ost_decider_claim(struct ost_decider *d, const struct ost_conversation *c, const struct ost_auth_proof *proof, const struct ost_ip *ip);

/* A conversation by EAP begins: ostiaryd may say that it is not offered everything. */
void ost_decider_opened(struct ost_decider *d, const struct ost_conversation *c);

/* What ended, and how. Lost (and counted by the conversation table alone) when ostiaryd is not there. */
void ost_decider_outcome(struct ost_decider *d, const struct ost_msg_auth_outcome *outcome);

/* Once a second: the counters. */
void ost_decider_counts(struct ost_decider *d);
