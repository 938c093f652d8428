/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The image under construction: sections that grow, strings kept once each. The compiler's tool. */
#pragma once

#include "hash.h"
#include "image.h"

struct ost_section_buffer {
	uint8_t *bytes;
	size_t length_bytes;
	size_t capacity_bytes;
};

struct ost_image_builder {
	struct ost_section_buffer sections[OST_SECTION_COUNT];
	size_t total_bytes;
	struct ost_hash_key key;
	uint32_t *slots;     /* offsets of strings, 0 free */
	uint32_t slot_count; /* a power of two */
	uint32_t string_count;
};

/* -ENOMEM. Free it in either case. */
int ost_image_builder_init(struct ost_image_builder *b) OST_MUST_CHECK;
void ost_image_builder_free(struct ost_image_builder *b);

/* Appends one record. -EFBIG: the image would exceed OST_IMAGE_MAX; -ENOMEM. */
int ost_image_builder_add(struct ost_image_builder *b, enum ost_image_section section,
	const void *record) OST_MUST_CHECK;

/* Records that a section has so far. */
uint32_t ost_image_builder_count(const struct ost_image_builder *b, enum ost_image_section section);

/* Offset of a string, added when it is new. NULL is the empty one. -EFBIG, -ENOMEM. */
int ost_image_builder_string(
	struct ost_image_builder *b, const char *text, uint32_t *ret_offset) OST_MUST_CHECK;

/* Puts the sections together, with header and checksum. *ret_bytes is the caller's. -EFBIG,
 * -ENOMEM. */
int ost_image_builder_finish(const struct ost_image_builder *b, uint64_t generation,
	void **ret_bytes, size_t *ret_length) OST_MUST_CHECK;
