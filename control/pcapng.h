/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A capture file in memory: pcapng (draft-ietf-opsawg-pcapng), one section, Ethernet, times in nanoseconds, a comment for each packet.
 * Of fixed size: what does not fit any more is not taken. Pure. Not DPDK's writer: that one wants packets in DPDK's buffers, which
 * ostiaryd has not, and knows comments of packets only in later versions. */
#pragma once

#include "common.h"

struct ost_pcapng {
	uint8_t *bytes; /* the caller's, max of them */
	size_t length, max;
	uint32_t interfaces, packets;
};

/* Begins the file. comment: of the section. -EFBIG: max is too small. Texts are UTF-8, at most 1024 bytes. */
int ost_pcapng_begin(struct ost_pcapng *p, void *bytes, size_t max, const char *hardware, const char *application, const char *comment)
	OST_MUST_CHECK;

/* Another interface, before its packets: its number is the count before. -EFBIG: no room, nothing was written. */
int ost_pcapng_interface(struct ost_pcapng *p, const char *name, const char *description, uint32_t snaplen) OST_MUST_CHECK;

struct ost_pcapng_packet {
	uint32_t interface;
	uint64_t wall_ns;
	const uint8_t *bytes;
	uint32_t length;       /* that are there */
	uint32_t frame_bytes;  /* of the whole frame */
	const char *comment;
};

/* A packet that came in. -EFBIG: no room, nothing was written. */
int ost_pcapng_packet(struct ost_pcapng *p, const struct ost_pcapng_packet *packet) OST_MUST_CHECK;
