/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a policy image: as they come, and once more with length and checksum put right, as
 * somebody would who knows them. What opens is read in full, the way the classifier and the tools
 * read it: without a further check. */
#include <zlib.h>

#include "image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t sum; /* so that no read is left out */

static void must(bool so)
{
	if (!so)
		abort();
}

static void read_string(const struct ost_image *image, uint32_t offset)
{
	sum += strlen(ost_image_string(image, offset));
}

static void read_lane(const struct ost_image *image, const struct ost_image_role *role,
	uint16_t selector, uint16_t rule, bool infrastructure)
{
	if (selector == OST_LANE_NEVER)
		return;
	must(image->rules[role->rule_first + rule].infrastructure == infrastructure);
}

static void read_role(const struct ost_image *image, uint32_t index)
{
	const struct ost_image_role *role = &image->roles[index];

	must(strlen(ost_image_role_name(image, index)) <= OST_NAME_MAX);
	must(role->flows > 0 && role->addresses > 0);
	for (uint32_t i = 0; i < role->rule_count; i++) {
		const struct ost_image_rule *rule = &image->rules[role->rule_first + i];

		must(rule->role == index && rule->assurance < OST_ASSURANCE_COUNT);
		read_string(image, rule->text);
		read_string(image, rule->file);
	}
	for (uint32_t i = 0; i < role->chunk4_count * OST_LANES4; i++) {
		const struct ost_image_chunk4 *c =
			&image->chunks4[role->chunk4_first + i / OST_LANES4];

		read_lane(image, role, c->selector[i % OST_LANES4], c->rule[i % OST_LANES4],
			i < role->infra_lanes4);
		sum += c->addr[i % OST_LANES4] & c->mask[i % OST_LANES4];
	}
	for (uint32_t i = 0; i < role->chunk6_count * OST_LANES6; i++) {
		const struct ost_image_chunk6 *c =
			&image->chunks6[role->chunk6_first + i / OST_LANES6];

		read_lane(image, role, c->selector[i % OST_LANES6], c->rule[i % OST_LANES6],
			i < role->infra_lanes6);
		sum += c->addr_hi[i % OST_LANES6] & c->mask_lo[i % OST_LANES6];
	}
	for (uint32_t i = 0; i < role->peer_count; i++) {
		const struct ost_image_peer *p = &image->peers[role->peer_first + i];

		must(p->role < image->role_count);
		sum += image->rules[role->rule_first + p->rule].line;
	}
}

static void read_device(const struct ost_image *image, uint32_t index)
{
	const struct ost_image_device *d = &image->devices[index];

	must(strlen(ost_image_device_name(image, index)) <= OST_NAME_MAX);
	must(ost_image_device_find(image, ost_image_device_name(image, index)) >= 0);
	read_string(image, d->certificate);
	sum += image->roles[d->role].includes;
	if (d->port != OST_PORT_ANY)
		must(strlen(ost_image_string(image, image->ports[d->port].name)) <= OST_NAME_MAX);
	for (uint32_t i = 0; i < d->address_count; i++) {
		uint8_t family = image->addresses[d->address_first + i].family;

		must(family == OST_IPV4 || family == OST_IPV6);
	}
}

static void open_and_read(const void *bytes, size_t size)
{
	struct ost_image image;
	char why[256] = "";

	if (ost_image_open(bytes, size, &image, why) != 0) {
		must(why[0] != '\0');
		return;
	}
	for (uint32_t i = 0; i < image.role_count; i++)
		read_role(&image, i);
	/* Finding a device by name is linear: not for all of very many. */
	for (uint32_t i = 0; i < image.device_count && i < 1000; i++)
		read_device(&image, i);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ost_image_header h;
	void *bytes = NULL;

	/* A block of its own of just this size: a read past it is seen. */
	if (posix_memalign(&bytes, 64, size ? size : 1) != 0)
		return 0;
	if (size > 0)
		memcpy(bytes, data, size);
	open_and_read(bytes, size);
	if (size >= sizeof(h)) {
		memcpy(&h, bytes, sizeof(h));
		h.length_bytes = size;
		h.crc = 0;
		memcpy(bytes, &h, sizeof(h));
		h.crc = (uint32_t)crc32(0, bytes, (uInt)size);
		memcpy(bytes, &h, sizeof(h));
		open_and_read(bytes, size);
	}
	free(bytes);
	return 0;
}
