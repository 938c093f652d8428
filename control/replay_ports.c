/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay_ports.h"

#include <stdio.h>
#include <sys/random.h>

#define ANY_VLAN UINT32_MAX /* no VLAN: they have 24 bits */

static uint64_t mac_bits(const uint8_t mac[6])
{
	uint64_t v = 0;

	for (unsigned i = 0; i < 6; i++)
		v = v << 8 | mac[i];
	return v;
}

/* The place of a device with this MAC and VLAN (or any), or the empty one where it would be. */
static struct ost_replay_mac *place_of(
	const struct ost_replay_ports *p, const uint8_t mac[6], uint32_t vlan)
{
	uint32_t at = (uint32_t)ost_hash_2(&p->secret, mac_bits(mac), vlan) & p->mask;

	for (; p->macs[at].device != OST_DEVICE_NONE; at = (at + 1) & p->mask) {
		const struct ost_image_device *d = &p->image->devices[p->macs[at].device];

		if (memcmp(d->mac, mac, 6) != 0)
			continue;
		if (vlan == ANY_VLAN ? p->macs[at].any_vlan
				     : !p->macs[at].any_vlan && d->vlan == vlan)
			break;
	}
	return &p->macs[at];
}

static int macs_fill(struct ost_replay_ports *p)
{
	uint32_t size = 16;

	while (size < p->image->device_count * 4)
		size *= 2;
	p->mask = size - 1;
	p->macs = malloc(size * sizeof(*p->macs));
	if (p->macs == NULL)
		return -ENOMEM;
	memset(p->macs, 0xff, size * sizeof(*p->macs));
	if (getrandom(&p->secret, sizeof(p->secret), 0) != (ssize_t)sizeof(p->secret))
		return -EIO;
	for (uint32_t i = 0; i < p->image->device_count; i++) {
		const struct ost_image_device *d = &p->image->devices[i];
		struct ost_replay_mac *any;

		if (!d->has_mac)
			continue;
		*place_of(p, d->mac, d->vlan) = (struct ost_replay_mac){.device = i};
		any = place_of(p, d->mac, ANY_VLAN);
		if (any->device == OST_DEVICE_NONE)
			*any = (struct ost_replay_mac){.device = i, .any_vlan = true};
	}
	return 0;
}

static void port_add(struct ost_site_config *config, const char *name, uint8_t side, uint8_t uplink)
{
	uint32_t port = config->port_count++;

	(void)snprintf(config->ports[port].name, sizeof(config->ports[port].name), "%s", name);
	config->ports[port].side = side;
	config->ports[port].uplink = uplink;
}

static int lay_ports(struct ost_replay_ports *p, struct ost_site_config *config)
{
	const struct ost_image *image = p->image;
	uint32_t homeless = 0, extra, next = 0;

	for (uint32_t i = 0; i < image->device_count; i++)
		homeless += image->devices[i].port == OST_PORT_ANY;
	if (image->port_count + (homeless > 0) + 1 > OST_PORTS_MAX)
		return -E2BIG;
	extra = OST_MIN(homeless, OST_PORTS_MAX - 1 - image->port_count);
	p->network = (uint8_t)(image->port_count + extra);
	config->port_count = 0;
	for (uint32_t i = 0; i < image->port_count; i++)
		port_add(config, ost_image_string(image, image->ports[i].name), OST_SIDE_DEVICE,
			p->network);
	for (uint32_t i = 0; i < extra; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "capture/%u", i + 1);
		port_add(config, name, OST_SIDE_DEVICE, p->network);
	}
	port_add(config, "capture/network", OST_SIDE_NETWORK, 0);
	for (uint32_t i = 0; i < image->device_count; i++) {
		uint32_t port = image->devices[i].port;

		if (port == OST_PORT_ANY)
			port = image->port_count + next++ % OST_MAX(extra, 1u);
		p->ports[i] = (uint8_t)port;
	}
	return 0;
}

int ost_replay_ports_make(
	struct ost_replay_ports *p, const struct ost_image *image, struct ost_site_config *config)
{
	int rc;

	*p = (struct ost_replay_ports){.image = image};
	p->ports = calloc(image->device_count + (size_t)1, sizeof(*p->ports));
	if (p->ports == NULL)
		return -ENOMEM;
	rc = macs_fill(p);
	if (rc == 0)
		rc = lay_ports(p, config);
	if (rc < 0)
		ost_replay_ports_close(p);
	return rc;
}

void ost_replay_ports_close(struct ost_replay_ports *p)
{
	free(p->ports);
	free(p->macs);
	*p = (struct ost_replay_ports){0};
}

/* Outer VID | inner VID << 12, as the policy writes it. */
static uint32_t frame_vlan(const uint8_t *f, uint32_t length)
{
	uint32_t vlan = 0;

	for (uint32_t at = 12, shift = 0; at + 4 <= length && shift <= 12; at += 4, shift += 12) {
		unsigned type = (unsigned)(f[at] << 8 | f[at + 1]);

		if (type != 0x8100 && type != 0x88a8)
			break;
		vlan |= (uint32_t)((f[at + 2] << 8 | f[at + 3]) & 0xfff) << shift;
	}
	return vlan;
}

uint8_t ost_replay_port(const struct ost_replay_ports *p, const uint8_t *frame, uint32_t length)
{
	const struct ost_replay_mac *m;

	if (length < 14)
		return p->network;
	m = place_of(p, frame + 6, frame_vlan(frame, length));
	if (m->device == OST_DEVICE_NONE)
		m = place_of(p, frame + 6, ANY_VLAN);
	return m->device != OST_DEVICE_NONE ? p->ports[m->device] : p->network;
}
