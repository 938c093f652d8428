/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A role's rules to lanes and peers: the part of the compiler that decides what the allow-list
 * means. */
#pragma once

#include "diag.h"
#include "image_build.h"
#include "model.h"

#define OST_ROLE_LANES_MAX                                                                         \
	1000000u /* lanes and peers of one role, before equal ones are joined                      \
		  */

/* The larger of the role's minimum and the rule's. Infrastructure does not ask for the role's: a
 * device needs it in states where it has proved nothing yet. */
enum ost_assurance ost_rule_assurance(const struct ost_role *role, const struct ost_rule *rule);

/* Whether a rule holds not always and for all of its role: assurance apart. */
bool ost_rule_conditional(const struct ost_rule *rule);

/* Appends the role's chunks and peers to the image, and writes their ranges and infra_lanes into
 * record. -EINVAL with an error in diag: a rule stands for more lanes than a role may have; -EFBIG,
 * -ENOMEM. */
int ost_role_lanes_compile(struct ost_image_builder *b, const struct ost_role *role,
	struct ost_diag *diag, struct ost_image_role *record) OST_MUST_CHECK;
