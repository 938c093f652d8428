/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The connection of ostiary-exportd: ostiaryd listens, one exporter at a time is served with lines of the journal and with the newest
 * checkpoint. The exporter says for each destination from which record on it wants lines and for how many it has room; nothing is
 * queued for it here. A line leaves when a checkpoint covers it that is safe, and that checkpoint left before it.
 *
 * It has a thread of its own, for it reads the journal's files: neither the event loop nor the journal waits for it. The exporter talks
 * to other machines, so it is not trusted: what is no sound message in sensible order cuts it off, and is counted.
 */
#pragma once

#include "journal.h"
#include "jsonw.h"
#include "messages.h"

struct ost_export_link;

struct ost_export_link_config {
	const char *socket_path;  /* borrowed, as the others */
	const char *journal_path;
	struct ost_journal *journal; /* asked for its status; outlives the link */
	bool expected; /* there are destinations: nothing goes by its age before an exporter has told how far they are */
};

/* Listens for the group ostiary, starts the thread. -EADDRINUSE: somebody else listens; -EAGAIN: no thread; -ENOMEM. */
int ost_export_link_new(const struct ost_export_link_config *config, struct ost_export_link **ret_link) OST_MUST_CHECK;
void ost_export_link_free(struct ost_export_link **link); /* null-safe; waits for the thread */

/* The journal has a newer checkpoint: as struct ost_journal_config's covered. Any thread; never waits for the disk. */
void ost_export_link_covered(struct ost_export_link *link, uint64_t size, const char *note);

/* What is known, at one moment. Any thread. */
struct ost_export_report {
	bool up; /* an exporter is connected */
	uint32_t pid;
	uint64_t connections, protocol_errors, turned_away, served_records;
	uint64_t size; /* records that may be sent */
	char why[OST_MSG_TEXT];	    /* it is not up */
	char trouble[OST_MSG_TEXT]; /* the journal cannot be read; "": it can */
	struct ost_msg_export_status destinations[OST_EXPORTS_MAX]; /* as they were told last */
	uint32_t count;
};
void ost_export_link_report(struct ost_export_link *link, struct ost_export_report *ret_report);

/* Records that wait for a destination. */
uint64_t ost_export_lag(const struct ost_export_report *report, const struct ost_msg_export_status *destination);
/* Seconds that the oldest of them waits; 0: none waits, or nobody knows. */
uint64_t ost_export_lag_s(const struct ost_export_report *report, const struct ost_msg_export_status *destination, uint64_t now_wall_ns);

/* The member "export" of the status; and one sentence when something is wrong: false, nothing. */
void ost_export_link_json(struct ost_export_link *link, struct ost_jsonw *w);
bool ost_export_link_trouble(struct ost_export_link *link, char *buf, size_t size);
