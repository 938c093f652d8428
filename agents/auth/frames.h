/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The 802.1X front end: EAPOL frames that the data plane hands over, and what goes back. Nothing is kept for a place
 * before it has answered an Identity request of ours. One thread. */
#pragma once

#include "authd.h"

int ost_frames_new(struct ost_authd *a, struct ost_frames **ret_frames) OST_MUST_CHECK;
void ost_frames_free(struct ost_frames **frames);

/* An Identity request goes to a place. */
void ost_frames_ask(struct ost_frames *f, const struct ost_place *place);
/* One goes to everybody at each port that came up while ostiaryd was not there. */
void ost_frames_ask_everybody(struct ost_frames *f);
