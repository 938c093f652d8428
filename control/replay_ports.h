/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which port a frame of a capture came from: its source MAC says (replay.h). */
#pragma once

#include "classify.h"
#include "hash.h"
#include "image.h"

struct ost_replay_ports {
	const struct ost_image *image;
	uint8_t *ports; /* of each device of the image */
	uint8_t network;
	/* Devices by (MAC, VLAN), and the first of each MAC for frames in another VLAN: linear
	 * probing, never more than half full. */
	struct ost_hash_key secret;
	uint32_t mask;
	struct ost_replay_mac {
		uint32_t device; /* or OST_DEVICE_NONE */
		bool any_vlan;
	} * macs;
};

/* Lays out the ports of config: the policy's, as many as possible for devices without one, and the
 * network's. The image must outlive it. -E2BIG: the policy names more ports than a gateway has. */
int ost_replay_ports_make(struct ost_replay_ports *ports, const struct ost_image *image,
	struct ost_site_config *config) OST_MUST_CHECK;
void ost_replay_ports_close(struct ost_replay_ports *ports);

uint8_t ost_replay_port(
	const struct ost_replay_ports *ports, const uint8_t *frame, uint32_t length);
