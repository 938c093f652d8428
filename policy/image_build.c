/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image_build.h"

#include <sys/random.h>

#include "image_layout.h"

#define SLOTS_FIRST 1024u

static int section_append(
	struct ost_image_builder *b, enum ost_image_section section, const void *bytes, size_t n)
{
	struct ost_section_buffer *s = &b->sections[section];
	size_t capacity = s->capacity_bytes ? s->capacity_bytes : 4096;
	uint8_t *p = s->bytes;

	if (n > OST_IMAGE_MAX - b->total_bytes)
		return -EFBIG;
	while (capacity - s->length_bytes < n)
		capacity *= 2;
	if (capacity != s->capacity_bytes) {
		p = realloc(s->bytes, capacity);
		if (p == NULL)
			return -ENOMEM;
		s->bytes = p;
		s->capacity_bytes = capacity;
	}
	memcpy(p + s->length_bytes, bytes, n);
	s->length_bytes += n;
	b->total_bytes += n;
	return 0;
}

/* The secret keys a table only: no byte of the image depends on it. Without one the table is
 * merely easier to aim at. */
int ost_image_builder_init(struct ost_image_builder *b)
{
	*b = (struct ost_image_builder){.slot_count = SLOTS_FIRST};
	if (getrandom(&b->key, sizeof(b->key), GRND_NONBLOCK) != (ssize_t)sizeof(b->key))
		b->key = (struct ost_hash_key){{0x9e3779b97f4a7c15u, 0xc2b2ae3d27d4eb4fu,
			0x165667b19e3779f9u, 0xd6e8feb86659fd93u}};
	b->slots = calloc(b->slot_count, sizeof(*b->slots));
	if (b->slots == NULL)
		return -ENOMEM;
	return section_append(b, OST_SECTION_STRINGS, "", 1);
}

void ost_image_builder_free(struct ost_image_builder *b)
{
	for (unsigned i = 0; i < OST_SECTION_COUNT; i++)
		free(b->sections[i].bytes);
	free(b->slots);
	*b = (struct ost_image_builder){0};
}

int ost_image_builder_add(
	struct ost_image_builder *b, enum ost_image_section section, const void *record)
{
	return section_append(b, section, record, ost_image_record_bytes(section));
}

uint32_t ost_image_builder_count(const struct ost_image_builder *b, enum ost_image_section section)
{
	return (uint32_t)(b->sections[section].length_bytes / ost_image_record_bytes(section));
}

static const char *string_at(const struct ost_image_builder *b, uint32_t offset)
{
	return (const char *)b->sections[OST_SECTION_STRINGS].bytes + offset;
}

/* The slot that holds this text, or the free one where it belongs. The table is never full. */
static uint32_t *slot_find(const struct ost_image_builder *b, const char *text)
{
	uint64_t i = ost_hash_bytes(&b->key, text, strlen(text));
	uint32_t *slot = &b->slots[i & (b->slot_count - 1)];

	while (*slot != 0 && strcmp(string_at(b, *slot), text) != 0) {
		i++;
		slot = &b->slots[i & (b->slot_count - 1)];
	}
	return slot;
}

static int slots_grow(struct ost_image_builder *b)
{
	uint32_t *old = b->slots, old_count = b->slot_count;
	uint32_t *slots = calloc((size_t)old_count * 2, sizeof(*slots));

	if (slots == NULL)
		return -ENOMEM;
	b->slots = slots;
	b->slot_count = old_count * 2;
	for (uint32_t i = 0; i < old_count; i++) {
		if (old[i] != 0)
			*slot_find(b, string_at(b, old[i])) = old[i];
	}
	free(old);
	return 0;
}

int ost_image_builder_string(struct ost_image_builder *b, const char *text, uint32_t *ret_offset)
{
	uint32_t offset = (uint32_t)b->sections[OST_SECTION_STRINGS].length_bytes;
	uint32_t *slot;
	int r;

	if (text == NULL || *text == '\0') {
		*ret_offset = 0;
		return 0;
	}
	if (b->string_count >= b->slot_count / 2 && (r = slots_grow(b)) < 0)
		return r;
	slot = slot_find(b, text);
	if (*slot != 0) {
		*ret_offset = *slot;
		return 0;
	}
	r = section_append(b, OST_SECTION_STRINGS, text, strlen(text) + 1);
	if (r < 0)
		return r;
	*slot = offset;
	b->string_count++;
	*ret_offset = offset;
	return 0;
}

int ost_image_builder_finish(const struct ost_image_builder *b, uint64_t generation,
	void **ret_bytes, size_t *ret_length)
{
	struct ost_image_header h = {
		.magic = OST_IMAGE_MAGIC,
		.version = OST_IMAGE_VERSION,
		.generation = generation,
	};
	uint64_t end = sizeof(h);
	uint8_t *bytes;

	for (unsigned i = 0; i < OST_SECTION_COUNT; i++) {
		h.sections[i].offset_bytes = ost_section_align(end);
		h.sections[i].count = b->sections[i].length_bytes / ost_image_record_bytes(i);
		end = h.sections[i].offset_bytes + b->sections[i].length_bytes;
	}
	h.length_bytes = ost_section_align(end);
	if (h.length_bytes > OST_IMAGE_MAX)
		return -EFBIG;
	bytes = aligned_alloc(OST_SECTION_ALIGN, h.length_bytes);
	if (bytes == NULL)
		return -ENOMEM;
	memset(bytes, 0, h.length_bytes);
	for (unsigned i = 0; i < OST_SECTION_COUNT; i++) {
		if (b->sections[i].length_bytes > 0)
			memcpy(bytes + h.sections[i].offset_bytes, b->sections[i].bytes,
				b->sections[i].length_bytes);
	}
	memcpy(bytes, &h, sizeof(h));
	h.crc = ost_image_crc(bytes, h.length_bytes);
	memcpy(bytes, &h, sizeof(h));
	*ret_bytes = bytes;
	*ret_length = h.length_bytes;
	return 0;
}
