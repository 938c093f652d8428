/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What init, device enroll and device revoke share: the library opened, times and members. */
#pragma once

#include "cli.h"
#include "jsonw.h"
#include "pki.h"

/* OST_EXIT_OK, or the exit code after telling why. Close with ost_pki_close() in any case. */
int ost_say_pki_open(const struct ost_cli *cli, struct ost_pki *pki);

#define OST_SAY_DAY 11
/* "2027-11-22" */
const char *ost_say_day(int64_t unix_s, char buf[static OST_SAY_DAY]);

/* serial, sha256, not_before, not_after as an object. */
void ost_say_certificate(
	struct ost_jsonw *w, const char *key, const struct ost_pki_certificate *certificate);
void ost_say_crl(struct ost_jsonw *w, const char *key, const struct ost_pki_crl *crl);
