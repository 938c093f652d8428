/* SPDX-License-Identifier: GPL-2.0-or-later */
/* POST /v1/devices/NAME/ORDER with the body {"why": text}: what an operator orders of a device; of a retired one, with
 * {"destroyed": text}, what was done to its keys and certificates. And POST /v1/auth/reload. */
#pragma once

#include "daemon.h"
#include "jsonw.h"

#define OST_API_WHY_MAX 255u /* bytes of a reason */

/* rest: "NAME/ORDER" of the address. Carries it out; the answer's body and HTTP status. */
unsigned ost_api_order(struct ost_daemon *d, const char *rest, const char *body, size_t length, uint32_t uid, struct ost_jsonw *w);
/* POST /v1/orders with {"order": ORDER, "why": TEXT} and "devices": [NAME, ...], or "tag", "role", "state": the same order for many devices, at
 * most OST_API_ORDERS_MAX, each with an answer of its own. */
#define OST_API_ORDERS_MAX 100u
unsigned ost_api_orders(struct ost_daemon *d, const char *body, size_t length, uint32_t uid, struct ost_jsonw *w);
unsigned ost_api_reload(struct ost_daemon *d, struct ost_jsonw *w);
