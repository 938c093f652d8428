/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the online commands share: a question to ostiaryd, its answer as JSON, and its errors as exit codes. */
#pragma once

#include <jansson.h>

#include "cli.h"
#include "http.h"

#define OST_CLIENT_TIMEOUT_S 40u /* longer than ostiaryd waits for the data plane */

/* GET. OST_EXIT_OK and the answer: with --json it is printed already and *ret_json is NULL. Otherwise the error was told,
 * and is OST_EXIT_UNREACHABLE, OST_EXIT_NO (there is no such thing) or OST_EXIT_INPUT. */
int ost_client_get(const struct ost_cli *cli, const char *path, json_t **ret_json);

/* POST of a device's order: approve, quarantine, release, revoke or retire; key: "why" or "destroyed", with its text. quiet:
 * tells nothing. OST_EXIT_OK and the answer, which the caller frees; or OST_EXIT_UNREACHABLE, OST_EXIT_NO (no such device, or
 * not in its state) or OST_EXIT_INPUT. *ret_status: HTTP's, 0 when there was no answer. */
int ost_client_order(const struct ost_cli *cli, const char *device, const char *order, const char *key, const char *text, bool quiet,
	unsigned *ret_status, json_t **ret_json);
/* POST of a body; OST_EXIT_OK and the answer, which the caller frees, or an exit code after telling why. */
int ost_client_post(const struct ost_cli *cli, const char *path, const json_t *body, json_t **ret_json);
/* GET without a word: an answer that is no error, for parts of a page that are left out otherwise. NULL: there is none. */
json_t *ost_client_look(const struct ost_cli *cli, const char *path);
/* Tells an answer that is an error; the exit code. */
int ost_client_refused(const struct ost_http_reply *reply);
/* ostiaryd and the authenticator read keys, certificates and CRL again. False: nobody was there to be told. */
bool ost_client_reload(const struct ost_cli *cli);

/* Tells why ostiaryd cannot be reached; the exit code. */
int ost_client_unreachable(const struct ost_cli *cli, int error);

/* Members of an answer; "" and 0 when they are missing: the daemon is of our version or the output is poorer. */
const char *ost_json_text(const json_t *json, const char *key);
uint64_t ost_json_u64(const json_t *json, const char *key);
/* Seconds since 1970 UTC of a time; 0 for what is none. */
int64_t ost_json_time_s(const json_t *json, const char *key);
bool ost_json_true(const json_t *json, const char *key);
