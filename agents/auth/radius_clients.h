/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which switches and access points may ask, and the secret of each: etc/ostiary/radius-clients.
 *
 *   # comment
 *   ADDRESS[/PREFIX] SECRET
 *
 * The longest prefix wins. A secret has 16 to 128 printable characters without blanks; there is
 * none by default. Immutable once it is loaded.
 */
#pragma once

#include <sys/types.h>

#include "addr.h"
#include "trust.h" /* OST_TRUST_WHY */

#define OST_RADIUS_CLIENTS_MAX 1024u
#define OST_RADIUS_SECRET_MIN  16u
#define OST_RADIUS_SECRET_MAX  128u

struct ost_radius_client {
	struct ost_prefix prefix;
	uint16_t secret_length;
	uint8_t secret[OST_RADIUS_SECRET_MAX];
};

struct ost_radius_clients;

/* A file that others can read is refused; its group may read when it is this one, the program's
 * own. why: one sentence with file and line, when it fails. */
int ost_radius_clients_load(const char *path, gid_t group, char why[static OST_TRUST_WHY],
	struct ost_radius_clients **ret_clients) OST_MUST_CHECK;
void ost_radius_clients_free(struct ost_radius_clients **clients);

/* NULL: nobody we know. Borrowed. */
const struct ost_radius_client *ost_radius_clients_find(
	const struct ost_radius_clients *clients, const struct ost_ip *ip);

/* By place, below the count, longest prefix first. */
uint32_t ost_radius_clients_count(const struct ost_radius_clients *clients);
uint32_t ost_radius_clients_place(
	const struct ost_radius_clients *clients, const struct ost_radius_client *client);
