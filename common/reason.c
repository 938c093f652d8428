/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reason.h"

static const struct {
	const char *name, *meaning, *advice;
} reasons[OST_REASON_COUNT] = {
#define OST_REASON_ROW(id, name, meaning, advice) [OST_REASON_##id] = {name, meaning, advice},
	OST_REASONS(OST_REASON_ROW)
#undef OST_REASON_ROW
};

const char *ost_reason_name(unsigned reason)
{
	return reason < OST_REASON_COUNT ? reasons[reason].name : "invalid";
}

const char *ost_reason_meaning(unsigned reason)
{
	return reason < OST_REASON_COUNT ? reasons[reason].meaning : "";
}

const char *ost_reason_advice(unsigned reason)
{
	return reason < OST_REASON_COUNT ? reasons[reason].advice : "";
}
