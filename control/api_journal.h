/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Orders about the journal: POST /v1/journal/rotate, compromise, prune, accept-loss. */
#pragma once

#include "daemon.h"
#include "jsonw.h"

/* GET /v1/journal: the member "journal" of the status, and how orders stand. */
unsigned ost_api_journal_status(struct ost_daemon *d, struct ost_jsonw *w);
/* The answer's body and HTTP status: 200 and the number of the order, which has ended when `orders_done` is that far. body may be NULL with length 0. */
unsigned ost_api_journal_order(struct ost_daemon *d, const char *order, const char *body, size_t length, uint32_t uid, struct ost_jsonw *w);
