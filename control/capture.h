/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Capture files, pcap and pcapng, read and written through libpcap. One packet at a time: memory
 * does not grow with the file. A capture is hostile input: what is not whole is an error with a
 * sentence that names the file and the place. Not thread-safe; one thread per object. */
#pragma once

#include <stdio.h>

#include "common.h"

#define OST_CAPTURE_FRAME_MAX 262144u /* bytes of one packet; libpcap's own bound for Ethernet */
#define OST_CAPTURE_WHY	      512

struct ost_capture;
struct ost_capture_writer;

struct ost_capture_packet {
	const uint8_t *bytes; /* until the next call */
	uint32_t length;      /* bytes there are, at most OST_CAPTURE_FRAME_MAX */
	uint32_t
		wire_length; /* bytes there were; more than length when the capture cut the frame */
	uint64_t wall_ns;    /* since the Unix epoch; 0 for a time before it */
};

/* Opens a file, or standard input for "-". -EINVAL (no capture, or no Ethernet), -EISDIR or the
 * errno of opening it, with one sentence in why that names the file and what to do. */
int ost_capture_open(const char *path, struct ost_capture **ret_capture,
	char why[static OST_CAPTURE_WHY]) OST_MUST_CHECK;

/* The same over an open stream, which it owns from now on, also when it fails. name is copied, for
 * why. */
int ost_capture_open_stream(FILE *stream, const char *name, struct ost_capture **ret_capture,
	char why[static OST_CAPTURE_WHY]) OST_MUST_CHECK;

/* 1: a packet; 0: the end; -EIO: the file is cut short or damaged here, and why says where. */
int ost_capture_next(struct ost_capture *capture, struct ost_capture_packet *ret_packet,
	char why[static OST_CAPTURE_WHY]) OST_MUST_CHECK;

/* Packets read so far, and bytes of the file read and in all (0: unknown, as of a pipe). */
uint64_t ost_capture_packets(const struct ost_capture *capture);
void ost_capture_progress(
	const struct ost_capture *capture, uint64_t *ret_read_bytes, uint64_t *ret_all_bytes);

/* True when both are one and the same existing file: writing there would destroy what is read. */
bool ost_capture_same_file(const char *a, const char *b);

void ost_capture_free(struct ost_capture **capture);

/* Creates (or empties) a pcap file with nanosecond times. Errors as ost_capture_open(). */
int ost_capture_writer_new(const char *path, struct ost_capture_writer **ret_writer,
	char why[static OST_CAPTURE_WHY]) OST_MUST_CHECK;

/* Buffered: an error (full disk) may show in a later call, at the latest in the close. */
int ost_capture_write(
	struct ost_capture_writer *writer, const struct ost_capture_packet *packet) OST_MUST_CHECK;

/* Writes what is buffered, closes and frees. The errno of whatever went wrong since the start, with
 * a sentence in why. */
int ost_capture_writer_close(
	struct ost_capture_writer **writer, char why[static OST_CAPTURE_WHY]) OST_MUST_CHECK;
