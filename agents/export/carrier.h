/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How lines leave for a destination of one type. A carrier is a row of operations; it has one batch under way at most, and says to the
 * destination what became of it:
 *
 *   ost_destination_up()       it can take a batch (after connect)
 *   ost_destination_done()     the batch, or the heartbeat, is over: the next one can come
 *   ost_destination_arrived()  records before this one have arrived, and need not be sent again
 *   ost_destination_failed()   it is not up any more; what was under way is sent again, later, after another connect
 *
 * Any of these may be called from within an operation, but from `make` and `free`.
 */
#pragma once

#include "buffer.h"
#include "destination.h"
#include "format.h"

#define OST_CARRIER_WHY 256u

/* One line of what a record became. */
struct ost_carried {
	const char *text; /* without LF */
	size_t length;
	const struct ost_format_about *about;
	unsigned part; /* 0; 1: the second line of the same record, ... */
	bool first;    /* of the batch */
};

struct ost_carrier_ops {
	/* Files are read, nothing is connected. why: a sentence, when it fails. */
	int (*make)(struct ost_destination *d, void **ret_carrier, char why[static OST_CARRIER_WHY]);
	void (*free)(void *carrier);
	/* SIGHUP: files are read and opened anew; what fails leaves things as they were (why: a sentence). */
	int (*reload)(void *carrier, char why[static OST_CARRIER_WHY]);
	void (*connect)(void *carrier);
	void (*disconnect)(void *carrier);
	/* Adds a line to the batch. */
	void (*encode)(void *carrier, struct ost_buffer *out, const struct ost_carried *line);
	/* count: records. bytes belong to the destination and stay until it is told. */
	void (*send)(void *carrier, const struct ost_buffer *out, uint32_t count, uint64_t next_seq);
	/* line: the newest checkpoint as a line of the format, without LF; note: itself. */
	void (*heartbeat)(void *carrier, const char *line, size_t length, const struct ost_msg_export_checkpoint *checkpoint);
	void (*tick)(void *carrier, uint64_t now_ns); /* four times a second; may be NULL */
};

extern const struct ost_carrier_ops ost_carrier_file, ost_carrier_syslog, ost_carrier_relp, ost_carrier_https, ost_carrier_redis;
