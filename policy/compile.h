/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The compiler: model to policy image. The only one. */
#pragma once

#include "diag.h"
#include "image.h"
#include "model.h"

/* Compiles. *ret_bytes is the image (image.h), owned by the caller (free), 64-byte aligned. -EINVAL with
 * errors in diag when the policy exceeds a bound of the image (rules, devices, rules in a role, two devices with
 * one MAC and VLAN); -ENOMEM. generation is written into the image; 0 for an image that is never applied. */
int ost_policy_compile(const struct ost_policy *policy, uint64_t generation, struct ost_diag *diag,
	void **ret_bytes, size_t *ret_length) OST_MUST_CHECK;
