/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of the journal for the destinations of an exporter, in turn, as far as they were asked for. One thread. */
#pragma once

#include "journal.h"
#include "messages.h"

/* The newest checkpoint that may be told. */
struct ost_export_covered {
	uint64_t size; /* records that it covers; length 0: none is known */
	char origin[OST_EXPORT_ORIGIN];
	char note[OST_EXPORT_NOTE];
	uint32_t length;
};

struct ost_export_stream {
	bool wanted;
	bool idle; /* nothing to do until more is covered, or a second is over */
	struct ost_msg_export_want want;
	uint32_t lines_left, bytes_left;
	struct ost_journal_reader *reader;
	char reader_origin[OST_EXPORT_ORIGIN];
	uint64_t next;	  /* the record that the reader tells next */
	const char *line; /* the reader's, on its way; NULL: none */
	size_t length, sent;
	uint64_t seq;
};

struct ost_export_server {
	const char *journal_path;
	struct ost_export_stream streams[OST_EXPORTS_MAX];
	uint32_t turn;		/* whose it is next */
	uint64_t told_size;	/* of the checkpoint that was sent last, of told_origin */
	char told_origin[OST_EXPORT_ORIGIN];
	uint64_t served_records;
	char trouble[OST_MSG_TEXT];
	struct ost_msg_export_line message;
};

/* Origin and size of a note of ours. -EINVAL. */
int ost_export_covered_read(struct ost_export_covered *covered, const char *note) OST_MUST_CHECK;

void ost_export_server_reset(struct ost_export_server *s); /* the exporter is gone */
void ost_export_server_want(struct ost_export_server *s, const struct ost_msg_export_want *want);
void ost_export_server_wake(struct ost_export_server *s); /* more may be covered */

/* Sends at most a slice. 0: nothing more to send now; 1: there is more; -EAGAIN: the socket is full; else the connection is of no use. */
int ost_export_server_run(struct ost_export_server *s, int fd, const struct ost_export_covered *covered) OST_MUST_CHECK;
