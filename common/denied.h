/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * policy/denied: the devices that their policy lets in by their MAC, and an order or a lock-out does not. ostiaryd writes it before it tells
 * the data plane and before it answers the order; the data plane reads it at its start, when nobody has told it anything yet. A line each:
 *
 *   STATE DEVICE
 *
 * and "end" behind the last one. Pure.
 */
#pragma once

#include "state.h"

#define OST_DENIED_MAX (64u << 20) /* bytes of the file */

/* Calls fn for each, in order; device lives for the call. -EINVAL: it is not whole, or no such file; some may have been told. */
int ost_denied_each(const char *bytes, size_t length, void (*fn)(void *user, const char *device, enum ost_state state), void *user)
	OST_MUST_CHECK;
