/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image.h"

#include <stdio.h>
#include <zlib.h>

#include "image_layout.h"

static const char *const section_names[OST_SECTION_COUNT] = {
	[OST_SECTION_STRINGS] = "strings",
	[OST_SECTION_PORTS] = "ports",
	[OST_SECTION_ROLES] = "roles",
	[OST_SECTION_RULES] = "rules",
	[OST_SECTION_CHUNKS4] = "IPv4 lanes",
	[OST_SECTION_CHUNKS6] = "IPv6 lanes",
	[OST_SECTION_PEERS] = "peers",
	[OST_SECTION_DEVICES] = "devices",
	[OST_SECTION_ADDRESSES] = "addresses",
	[OST_SECTION_HOSTS] = "host names",
	[OST_SECTION_SCHEDULES] = "schedules",
	[OST_SECTION_WINDOWS] = "windows",
	[OST_SECTION_RESOLVERS] = "resolvers",
	[OST_SECTION_TAGS] = "tags",
	[OST_SECTION_EXCEPTIONS] = "exceptions",
	[OST_SECTION_INSIDE] = "addresses inside",
	[OST_SECTION_DOMAINS] = "private domains",
};

uint32_t ost_image_crc(const void *bytes, size_t length)
{
	static const uint8_t zero[4];
	const size_t at = offsetof(struct ost_image_header, crc), after = at + sizeof(zero);
	const uint8_t *p = bytes;
	uLong crc = crc32_z(0, p, at);

	crc = crc32_z(crc, zero, sizeof(zero));
	return (uint32_t)crc32_z(crc, p + after, length - after);
}

/* Everything about the header but its sections. */
static const char *header_check(const struct ost_image_header *h, const void *bytes, size_t length)
{
	if ((uintptr_t)bytes % OST_SECTION_ALIGN != 0)
		return "the image does not lie on a 64-byte boundary";
	if (length < sizeof(*h))
		return "shorter than the header of a policy image";
	if (length > OST_IMAGE_MAX)
		return "larger than a policy image may be";
	if (h->magic != OST_IMAGE_MAGIC)
		return "not a policy image, or one of a machine with another byte order";
	if (h->version != OST_IMAGE_VERSION)
		return "a policy image of another version: compile the policy again";
	if (h->length_bytes != length)
		return "the image is cut short, or has bytes behind its end";
	if (h->crc != ost_image_crc(bytes, length))
		return "the checksum does not fit: the image is damaged";
	return NULL;
}

/* Sections stand in the order of their enumeration, aligned, within the bytes, none over another.
 */
static int sections_check(const struct ost_image_header *h, size_t length, char why[static 256])
{
	uint64_t end = sizeof(*h);

	for (unsigned i = 0; i < OST_SECTION_COUNT; i++) {
		const struct ost_image_extent *s = &h->sections[i];
		uint64_t size = ost_image_record_bytes(i);

		if (s->offset_bytes % OST_SECTION_ALIGN != 0 || s->offset_bytes < end ||
			s->offset_bytes > length || s->count > (length - s->offset_bytes) / size) {
			(void)snprintf(why, 256, "section \"%s\" does not lie within the image",
				section_names[i]);
			return -EINVAL;
		}
		end = s->offset_bytes + s->count * size;
	}
	return 0;
}

/* Bounds of the design that do not follow from the length of the image. */
static const char *counts_check(const struct ost_image_header *h)
{
	if (h->sections[OST_SECTION_PORTS].count > OST_PORTS_MAX)
		return "more ports than a gateway can have";
	if (h->sections[OST_SECTION_DEVICES].count > OST_DEVICES_MAX)
		return "more devices than a gateway can have";
	if (h->sections[OST_SECTION_RULES].count > OST_RULES_MAX)
		return "more rules than an image can have";
	if (h->sections[OST_SECTION_SCHEDULES].count > OST_SCHEDULES_MAX)
		return "more schedules than an image can have";
	if (h->sections[OST_SECTION_TAGS].count > OST_TAGS_MAX)
		return "more tags than an image can have";
	if (h->sections[OST_SECTION_STRINGS].count == 0)
		return "there is no string section";
	return NULL;
}

static const void *section_at(const struct ost_image_header *h, enum ost_image_section section)
{
	return (const uint8_t *)h + h->sections[section].offset_bytes;
}

/* A section of at most OST_IMAGE_MAX bytes has fewer than 2^32 records. */
static uint32_t section_count(const struct ost_image_header *h, enum ost_image_section section)
{
	return (uint32_t)h->sections[section].count;
}

static struct ost_image image_of(const struct ost_image_header *h)
{
	return (struct ost_image){
		.header = h,
		.strings = section_at(h, OST_SECTION_STRINGS),
		.ports = section_at(h, OST_SECTION_PORTS),
		.roles = section_at(h, OST_SECTION_ROLES),
		.rules = section_at(h, OST_SECTION_RULES),
		.chunks4 = section_at(h, OST_SECTION_CHUNKS4),
		.chunks6 = section_at(h, OST_SECTION_CHUNKS6),
		.peers = section_at(h, OST_SECTION_PEERS),
		.devices = section_at(h, OST_SECTION_DEVICES),
		.addresses = section_at(h, OST_SECTION_ADDRESSES),
		.hosts = section_at(h, OST_SECTION_HOSTS),
		.schedules = section_at(h, OST_SECTION_SCHEDULES),
		.windows = section_at(h, OST_SECTION_WINDOWS),
		.resolvers = section_at(h, OST_SECTION_RESOLVERS),
		.tags = section_at(h, OST_SECTION_TAGS),
		.exceptions = section_at(h, OST_SECTION_EXCEPTIONS),
		.inside = section_at(h, OST_SECTION_INSIDE),
		.domains = section_at(h, OST_SECTION_DOMAINS),
		.port_count = section_count(h, OST_SECTION_PORTS),
		.role_count = section_count(h, OST_SECTION_ROLES),
		.rule_count = section_count(h, OST_SECTION_RULES),
		.chunk4_count = section_count(h, OST_SECTION_CHUNKS4),
		.chunk6_count = section_count(h, OST_SECTION_CHUNKS6),
		.peer_count = section_count(h, OST_SECTION_PEERS),
		.device_count = section_count(h, OST_SECTION_DEVICES),
		.address_count = section_count(h, OST_SECTION_ADDRESSES),
		.host_count = section_count(h, OST_SECTION_HOSTS),
		.schedule_count = section_count(h, OST_SECTION_SCHEDULES),
		.window_count = section_count(h, OST_SECTION_WINDOWS),
		.resolver_count = section_count(h, OST_SECTION_RESOLVERS),
		.tag_count = section_count(h, OST_SECTION_TAGS),
		.exception_count = section_count(h, OST_SECTION_EXCEPTIONS),
		.inside_count = section_count(h, OST_SECTION_INSIDE),
		.domain_count = section_count(h, OST_SECTION_DOMAINS),
		.generation = h->generation,
	};
}

int ost_image_open(
	const void *bytes, size_t length, struct ost_image *ret_image, char why[static 256])
{
	const struct ost_image_header *h = bytes;
	const char *wrong = header_check(h, bytes, length);
	struct ost_image image;
	uint32_t record = 0;

	if (wrong == NULL && sections_check(h, length, why) < 0)
		return -EINVAL;
	if (wrong == NULL)
		wrong = counts_check(h);
	if (wrong != NULL) {
		(void)snprintf(why, 256, "%s", wrong);
		return -EINVAL;
	}
	image = image_of(h);
	wrong = ost_image_records_check(&image, section_count(h, OST_SECTION_STRINGS), &record);
	if (wrong != NULL) {
		(void)snprintf(why, 256, "%s (record %u)", wrong, record);
		return -EINVAL;
	}
	*ret_image = image;
	return 0;
}

int64_t ost_image_device_find(const struct ost_image *image, const char *name)
{
	for (uint32_t i = 0; i < image->device_count; i++) {
		if (strcmp(ost_image_device_name(image, i), name) == 0)
			return i;
	}
	return -ENOENT;
}
