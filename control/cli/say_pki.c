/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "say_pki.h"

#include <stdio.h>

#include "clock.h"

int ost_say_pki_open(const struct ost_cli *cli, struct ost_pki *pki)
{
	if (ost_pki_open(pki, &cli->paths, (int64_t)(ost_clock_wall_ns() / OST_NS_PER_S)) < 0)
		return ost_cli_fail("%s", pki->why);
	return OST_EXIT_OK;
}

const char *ost_say_day(int64_t unix_s, char buf[static OST_SAY_DAY])
{
	char text[OST_TIME_TEXT];

	ost_clock_format((uint64_t)unix_s * OST_NS_PER_S, text);
	(void)snprintf(buf, OST_SAY_DAY, "%.10s", text);
	return buf;
}

void ost_say_certificate(struct ost_jsonw *w, const char *key, const struct ost_pki_certificate *c)
{
	ost_jsonw_object(w, key);
	ost_jsonw_string(w, "serial", c->serial);
	ost_jsonw_string(w, "sha256", c->sha256);
	ost_jsonw_time(w, "not_before", (uint64_t)c->not_before_s * OST_NS_PER_S);
	ost_jsonw_time(w, "not_after", (uint64_t)c->not_after_s * OST_NS_PER_S);
	ost_jsonw_end(w, '}');
}

void ost_say_crl(struct ost_jsonw *w, const char *key, const struct ost_pki_crl *crl)
{
	ost_jsonw_object(w, key);
	if (crl->number != 0) {
		ost_jsonw_u64(w, "number", crl->number);
		ost_jsonw_u64(w, "entries", crl->entries);
	}
	ost_jsonw_time(w, "this_update", (uint64_t)crl->this_update_s * OST_NS_PER_S);
	ost_jsonw_time(w, "next_update", (uint64_t)crl->next_update_s * OST_NS_PER_S);
	ost_jsonw_end(w, '}');
}
