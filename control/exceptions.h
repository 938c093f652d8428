/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The exceptions of an image, each once however many roles have a copy of its rule, with who brought them into force. Texts are
 * copies: a list outlives its image. At most as many as a policy has, 65,536. Single thread. */
#pragma once

#include "image.h"
#include "jsonw.h"

#define OST_EXCEPTION_KEY 16u

enum ost_exception_state {
	OST_EXCEPTION_IN_FORCE,
	OST_EXCEPTION_TO_COME,
	OST_EXCEPTION_OVER,
	OST_EXCEPTION_STATE_COUNT,
};

const char *ost_exception_state_name(unsigned state);

struct ost_exception {
	uint8_t key[OST_EXCEPTION_KEY]; /* the same in each policy that says the same to the same devices */
	char *device, *role, *tags;	/* for whom: one of them, the others NULL; tags: names joined by commas */
	char *rule;			/* "to name vendor.example, service ssh" */
	char *reason;
	char *file;
	uint32_t line, column;
	int64_t since_s, until_s; /* seconds since 1970 UTC; INT64_MIN: from the beginning */
	uint64_t generation;	  /* that brought it; 0: not known */
	uint8_t told;		  /* enum ost_exception_state: as the record has it */
};

struct ost_exceptions {
	struct ost_exception *items; /* by key */
	uint32_t count;
};

/* -ENOMEM. */
int ost_exceptions_of(const struct ost_image *image, struct ost_exceptions *ret_list) OST_MUST_CHECK;
void ost_exceptions_free(struct ost_exceptions *list);
struct ost_exception *ost_exceptions_find(const struct ost_exceptions *list, const uint8_t key[static OST_EXCEPTION_KEY]);

/* A clock that was never set has no exception in force. */
enum ost_exception_state ost_exception_state(const struct ost_exception *e, int64_t now_s);

/* For whom, what, when and why, as members of the open object. */
void ost_exception_json(struct ost_jsonw *w, const struct ost_exception *e);
