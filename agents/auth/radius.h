/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The RADIUS front end: switches and access points that let this gateway authenticate their devices
 * by EAP (RFC 3579). It is the same core as for EAPOL: a device proves itself by its certificate,
 * ostiaryd decides.
 *
 *   request -> a client we know? -> Message-Authenticator right? -> seen before? -> conversation ->
 * reply
 *
 * Who is not a client of ours, or does not know its secret, hears nothing. A conversation is found
 * by the client's address and State: 16 random bytes of ours, the same for the whole conversation,
 * gone with it. Somebody who replays a request finds the cached answer, or a conversation that
 * waits for another EAP identifier, or none.
 *
 * Bounds: a client begins 200 conversations a second; it has at most 256 at a time, all clients
 * together 512. When that is reached the one that has been silent longest gives way if it has been
 * for 2 s, a known device's last; else the newcomer is not answered yet: its client asks again. One
 * thread.
 */
#pragma once

#include "authd.h"

/* listen: "ADDRESS:PORT". why: one sentence, when it fails. */
int ost_radius_new(struct ost_authd *a, const char *listen, char why[static OST_TRUST_WHY],
	struct ost_radius **ret_radius) OST_MUST_CHECK;

/* After the table of conversations was freed: its ends come here. */
void ost_radius_free(struct ost_radius **radius);

/* Reads the clients anew. What was in force stays when that fails; else conversations of a client
 * that is gone end. */
int ost_radius_reload(struct ost_radius *radius, char why[static OST_TRUST_WHY]) OST_MUST_CHECK;
