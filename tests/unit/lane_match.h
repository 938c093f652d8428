/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the allow-list of an image as image.h describes it, lane by lane: what the compiler is
 * tested with. The classifier does the same in another way. */
#pragma once

#include "image.h"

struct lane_question {
	uint32_t role;
	enum ost_direction direction;
	uint8_t protocol;
	uint16_t value;
	struct ost_ip remote;
	uint32_t remote_role; /* UINT32_MAX: the remote is no device */
	uint64_t remote_tags;
	uint32_t device;
	uint64_t tags;	     /* of the device */
	uint32_t open;	     /* schedules, bit by number */
	bool encrypted_dns;
	bool infrastructure_only;
	enum ost_assurance proved;
};

/* Does a lane or a peer of the role match, of a rule that asks for no more than what was proved, and whose conditions hold? With
 * infrastructure_only, rules of infrastructure alone are asked. */
bool lane_match(const struct ost_image *image, const struct lane_question *q);
