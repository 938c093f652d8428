/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the writer and the checker of an image share, and nobody else needs: how large the records
 * are and where sections may start. */
#pragma once

#include "image.h"

#define OST_SECTION_ALIGN 64u

/* A reader maps these straight from memory: they have no padding that a compiler could place
 * otherwise. */
_Static_assert(sizeof(struct ost_image_header) == 32 + 16 * OST_SECTION_COUNT, "padding");
_Static_assert(sizeof(struct ost_image_role) == 104, "padding");
_Static_assert(sizeof(struct ost_image_rule) == 40, "padding");
_Static_assert(sizeof(struct ost_image_chunk4) == 256, "padding");
_Static_assert(sizeof(struct ost_image_chunk6) == 320, "padding");
_Static_assert(sizeof(struct ost_image_peer) == 16, "padding");
_Static_assert(sizeof(struct ost_image_device) == 48, "padding");
_Static_assert(sizeof(struct ost_image_address) == 20, "padding");
_Static_assert(sizeof(struct ost_image_host) == 16, "padding");
_Static_assert(sizeof(struct ost_image_schedule) == 16, "padding");
_Static_assert(sizeof(struct ost_image_window) == 24, "padding");
_Static_assert(sizeof(struct ost_image_prefix) == 20, "padding");
_Static_assert(sizeof(struct ost_image_tag) == 4, "padding");
_Static_assert(sizeof(struct ost_image_exception) == 8, "padding");
_Static_assert(sizeof(struct ost_image_domain) == 4, "padding");

/* Bytes of one record of a section; section < OST_SECTION_COUNT. */
static inline size_t ost_image_record_bytes(unsigned section)
{
	static const uint16_t sizes[OST_SECTION_COUNT] = {
		[OST_SECTION_STRINGS] = 1,
		[OST_SECTION_PORTS] = sizeof(struct ost_image_port),
		[OST_SECTION_ROLES] = sizeof(struct ost_image_role),
		[OST_SECTION_RULES] = sizeof(struct ost_image_rule),
		[OST_SECTION_CHUNKS4] = sizeof(struct ost_image_chunk4),
		[OST_SECTION_CHUNKS6] = sizeof(struct ost_image_chunk6),
		[OST_SECTION_PEERS] = sizeof(struct ost_image_peer),
		[OST_SECTION_DEVICES] = sizeof(struct ost_image_device),
		[OST_SECTION_ADDRESSES] = sizeof(struct ost_image_address),
		[OST_SECTION_HOSTS] = sizeof(struct ost_image_host),
		[OST_SECTION_SCHEDULES] = sizeof(struct ost_image_schedule),
		[OST_SECTION_WINDOWS] = sizeof(struct ost_image_window),
		[OST_SECTION_RESOLVERS] = sizeof(struct ost_image_prefix),
		[OST_SECTION_TAGS] = sizeof(struct ost_image_tag),
		[OST_SECTION_EXCEPTIONS] = sizeof(struct ost_image_exception),
		[OST_SECTION_INSIDE] = sizeof(struct ost_image_prefix),
		[OST_SECTION_DOMAINS] = sizeof(struct ost_image_domain),
	};

	return sizes[section];
}

static inline uint64_t ost_section_align(uint64_t offset_bytes)
{
	return (offset_bytes + OST_SECTION_ALIGN - 1) & ~(uint64_t)(OST_SECTION_ALIGN - 1);
}

/* CRC-32 of a whole image as its header field wants it: with that field taken as zero. */
uint32_t ost_image_crc(const void *bytes, size_t length);

/* Every record of an image whose sections are known to lie within its bytes. NULL, or one sentence
 * about the first thing that is wrong (static string), and in *ret_record which record of its
 * section. */
const char *ost_image_records_check(
	const struct ost_image *image, uint32_t string_bytes, uint32_t *ret_record);
