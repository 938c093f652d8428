/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A destination: lines that wait for it, the batch that is under way, how far it is. One thread. */
#pragma once

#include "exportd.h"

#define OST_BATCH_RECORDS 500u
#define OST_BATCH_BYTES	  ((size_t)1 << 20) /* as encoded; the last record may go beyond it */

/* config is borrowed. why: a sentence when it fails. */
int ost_destination_new(struct ost_exportd *e, uint32_t stream, const struct ost_site_export *config, char why[static 512],
	struct ost_destination **ret_destination) OST_MUST_CHECK;
/* Writes how far it is. */
void ost_destination_free(struct ost_destination **destination);

/* ---- from the source ---- */

void ost_destination_source_up(struct ost_destination *d);
/* false: nobody asked for it in this way. */
bool ost_destination_line(struct ost_destination *d, const struct ost_msg_export_line *m);
bool ost_destination_gap(struct ost_destination *d, const struct ost_msg_export_gap *m);
void ost_destination_status(const struct ost_destination *d, struct ost_msg_export_status *ret_status);

/* ---- from the loop ---- */

void ost_destination_tick(struct ost_destination *d, uint64_t now_ns);
void ost_destination_reload(struct ost_destination *d);

/* ---- from its carrier ---- */

struct ost_exportd *ost_destination_exportd(const struct ost_destination *d);
const struct ost_site_export *ost_destination_config(const struct ost_destination *d);
/* The journal that its records are of; "": not known yet. */
const char *ost_destination_origin(const struct ost_destination *d);
/* Before which all has arrived. */
uint64_t ost_destination_place(const struct ost_destination *d);
void ost_destination_up(struct ost_destination *d);
/* What is to be sent next, when the receiver itself knows better than we do what it has. Before up. */
void ost_destination_place_set(struct ost_destination *d, uint64_t seq);
void ost_destination_done(struct ost_destination *d);
void ost_destination_arrived(struct ost_destination *d, uint64_t seq);
void ost_destination_rejected(struct ost_destination *d, uint64_t count, const char *why);
/* The receiver takes no batch of so many records: the next one is smaller. false: it was of one record already. */
bool ost_destination_shrink(struct ost_destination *d);
void ost_destination_failed(struct ost_destination *d, const char *fmt, ...) OST_PRINTF(2, 3);
