/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whom servers are proved to, and as whom we prove ourselves. */
#pragma once

#include "common.h"
#include "site_export.h"

struct WOLFSSL;
struct ost_tls_client;

#define OST_TLS_WHY 256u

/* Reads ca, certificate and private_key of a destination. why: a sentence when they are of no use. */
int ost_tls_client_new(const struct ost_site_export *config, char why[static OST_TLS_WHY], struct ost_tls_client **ret_client) OST_MUST_CHECK;
void ost_tls_client_free(struct ost_tls_client **client); /* null-safe */

/* A conversation over fd with the server of that name, which it must prove. Free with wolfSSL_free(). -ENOMEM. */
int ost_tls_client_open(struct ost_tls_client *client, int fd, struct WOLFSSL **ret_tls) OST_MUST_CHECK;

/* A sentence about the library's error, for people. */
const char *ost_tls_client_error(const struct ost_tls_client *client, int error, char buf[static OST_TLS_WHY]);
