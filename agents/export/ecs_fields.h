/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of a record's members are fields of ECS 9.4, and of which type. Whatever else a record has goes below "ostiary". */
#pragma once

#include <jansson.h>

#include "format.h"

/* The value as ECS wants it at this place ("source.mac"), a new reference: one text becomes an array where ECS wants arrays. NULL: no such
 * field, another type, or a word that is not in the field's list; or there is no memory, which ret_failed says (it is not touched else). */
json_t *ost_ecs_value(const char *path, json_t *value, bool *ret_failed);
/* Is it, or has it below it, a field? */
bool ost_ecs_is_prefix(const char *path);
/* ECS says which types go with which categories. Arrays of words. */
bool ost_ecs_types_fit(const json_t *categories, const json_t *types);
