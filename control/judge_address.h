/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses of the devices that the judge asks about: the policy's own, or a placeholder. */
#pragma once

#include "image.h"
#include "messages.h"

struct ost_placeholders;

struct ost_judge_addresses {
	const struct ost_image *image;
	struct ost_placeholders *placeholders;
	struct ost_judge_spare *spares;	  /* of each device */
	struct ost_judge_holder *holders; /* of each static address, sorted */
};

int ost_judge_addresses_make(
	struct ost_judge_addresses *addresses, const struct ost_image *image) OST_MUST_CHECK;
void ost_judge_addresses_close(struct ost_judge_addresses *addresses);

/* Forgets every placeholder that was given out; what is to be avoided stays so. */
void ost_judge_addresses_forget(struct ost_judge_addresses *addresses);

/* The first address of this family that the policy gives the device; false when there is none. */
bool ost_judge_address_own(const struct ost_judge_addresses *addresses, uint32_t device,
	uint8_t family, struct ost_ip *ret_ip);

/* Its own one, or its placeholder. -ENOSPC: none is left. */
int ost_judge_address(struct ost_judge_addresses *addresses, uint32_t device, uint8_t family,
	struct ost_ip *ret_ip, enum ost_binding_source *ret_source) OST_MUST_CHECK;

/* The device that holds an address in this VLAN by the policy's address:, or OST_DEVICE_NONE. */
uint32_t ost_judge_address_holder(
	const struct ost_judge_addresses *addresses, const struct ost_ip *ip, uint32_t vlan);
