/* SPDX-License-Identifier: GPL-2.0-or-later */
/* POST /v1/policy/confirm and /v1/policy/rollback: their bodies, and what they mean. */
#pragma once

#include <jansson.h>

#include "apply.h"
#include "jsonw.h"
#include "stored.h"

/* A member that may be missing: *ret_number is then left as it is. False: it is no number from least to most. */
bool ost_api_number_take(const json_t *root, const char *key, uint64_t least, uint64_t most, uint64_t *ret_number);

/* {"generation": NUMBER, "message": TEXT, "confirm": SECONDS}: each may be missing, and so may be the body. */
struct ost_api_choice {
	uint64_t generation; /* 0: not said */
	uint32_t confirm_s;
	char message[256];
};

/* -EINVAL and a sentence in why. */
int ost_api_choice_read(const char *body, size_t length, struct ost_api_choice *ret_choice, char why[static 256]) OST_MUST_CHECK;

/* The stored generation that a rollback is to apply again, and its request, valid as long as the choice and the sources. With
 * a failure result tells it. */
int ost_api_rollback(struct ost_daemon *d, struct ost_api_choice *choice, uint32_t uid, struct ost_stored **ret_stored,
	struct ost_apply_request *ret_request, struct ost_apply_result *result) OST_MUST_CHECK;
