/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A request done: fetched, when it is a URL, and its signature looked at. */
#pragma once

#include "mud_wire.h"
#include "resolver.h"

/* resolver may be NULL when there is no URL. The answer borrows from request and owned. */
struct ost_mud_owned {
	uint8_t *body, *signature;
};
void ost_mud_job(
	const struct ost_mud_request *request, struct ost_mud_resolver *resolver, struct ost_mud_answer *answer, struct ost_mud_owned *owned);
