/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON values by their place: "ostiary.incident.id". What cannot be had is NULL; what cannot be put, for want of memory, is remembered. */
#pragma once

#include <jansson.h>

#include "format.h"

/* NULL: there is none. Borrowed. */
json_t *ost_tree_at(const json_t *root, const char *path);
/* Of a string that is not empty; else NULL. Borrowed. */
const char *ost_tree_text(const json_t *root, const char *path);
/* Of a number that is not negative; else 0. */
uint64_t ost_tree_number(const json_t *root, const char *path);
/* Of a time as the journal writes it, nanoseconds of the wall clock; 0: none. */
uint64_t ost_tree_time(const json_t *root, const char *path);
/* "2026-11-22T10:11:12.123456Z", with any number of digits behind the point. 0: it is none, or not between 1970 and 2200. */
uint64_t ost_time_parse(const char *text);

/* Values that are made. What could not be had makes the whole tree fail, which is seen once, at its end. */
struct ost_tree {
	json_t *root;
	bool failed;
};

/* value is taken over. NULL and failed; with NULL because there was nothing to tell, use the functions below. */
void ost_tree_put(struct ost_tree *t, const char *path, json_t *value);
/* Nothing happens when there is nothing: NULL, "" or 0. */
void ost_tree_put_text(struct ost_tree *t, const char *path, const char *text);
void ost_tree_put_number(struct ost_tree *t, const char *path, uint64_t number);
void ost_tree_put_ms(struct ost_tree *t, const char *path, uint64_t time_ns);
/* Zero counts. */
void ost_tree_put_integer(struct ost_tree *t, const char *path, uint64_t number);
/* Another owner of a value that is there, or nothing. */
void ost_tree_put_same(struct ost_tree *t, const char *path, json_t *value);
/* Behind the others of an array, which is made when it is not there. */
void ost_tree_add(struct ost_tree *t, const char *path, json_t *value);

/* A value as JSON without blanks, NUL-terminated, the caller's. NULL: no memory. (Of json_dumps() a piece can be missing when memory was short.)
 * sorted: members by their names. */
char *ost_tree_json(const json_t *value, bool sorted);
/* Another object with the same members but those that are left out (up to a NULL); NULL: no memory. (json_copy() would leave members out then.) */
json_t *ost_tree_copy(json_t *object, const char *const *without);
/* Appends it as one line with LF, without hidden characters; the tree is freed. -ENOMEM. */
int ost_tree_end(struct ost_tree *t, struct ost_format_text *out) OST_MUST_CHECK;
