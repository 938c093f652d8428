/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ostiaryd: lines and checkpoints come from there, and are asked for there. One thread. */
#pragma once

#include "exportd.h"

int ost_source_new(struct ost_exportd *e, struct ost_source **ret_source) OST_MUST_CHECK;
void ost_source_free(struct ost_source **source); /* null-safe */

/* -ENOTCONN: it is not there; -EAGAIN: it is slow. */
int ost_source_send(struct ost_source *s, enum ost_msg_type type, const void *payload, size_t length) OST_MUST_CHECK;
/* Once a second: how far the destinations are. */
void ost_source_status(struct ost_source *s);
