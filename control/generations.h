/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Generations on disk: var/lib/ostiary/policy/NUMBER/ holds `image`, `meta.json` and `sources/NNN.yaml`; policy/current.image
 * is the one in force, which the data plane loads at its own start.
 *
 * A generation is written under a temporary name and renamed, so that a folder with a number is whole.
 * Names of sources come from a client: they stand in meta.json, never in a path. One thread at a time, but for a draft and others.
 */
#pragma once

#define OST_GENERATIONS_NOTED 10000u /* numbers back that the registry remembers, without their files */

#include <limits.h>

#include "candidate.h"
#include "paths.h"
#include "registry.h"

/*
 * A generation that is being written: _begin(), _draft_image(), then _store(), which waits for the disk, or _abandon(). While the disk is
 * at work the caller is too: sources can be on their way before it is known whether they are a sound policy.
 */
#define OST_DRAFT_FILES 8u

struct ost_generation_draft {
	char folder[PATH_MAX];	    /* its temporary name; empty: nothing was begun */
	int files[OST_DRAFT_FILES]; /* written, and to be waited for */
	uint32_t count;
};

/* Begins the folder, with the sources. On failure nothing stays. */
int ost_generations_begin(const struct ost_paths *paths, uint64_t number, const struct ost_policy_source *sources, uint32_t count,
	struct ost_generation_draft *ret_draft) OST_MUST_CHECK;
/* On failure abandon it. */
int ost_generations_draft_image(struct ost_generation_draft *draft, const void *image, size_t length) OST_MUST_CHECK;
/* Ends the folder and makes, beside current.image, a second name that _switch() will move over it, so that a full disk
 * shows here and not after the data plane has taken the image. All is on the disk then. On failure nothing stays, neither of the draft. */
int ost_generations_store(const struct ost_paths *paths, const struct ost_generation *g, const struct ost_policy_source *sources,
	uint32_t count, struct ost_generation_draft *draft) OST_MUST_CHECK;
/* Does nothing when nothing was begun. */
void ost_generations_abandon(struct ost_generation_draft *draft);

/* Makes the stored generation the current one. */
int ost_generations_switch(const struct ost_paths *paths) OST_MUST_CHECK;

/* The same for any generation that is stored. */
int ost_generations_choose(const struct ost_paths *paths, uint64_t number) OST_MUST_CHECK;

/* The second name that _store() made is not wanted now; the generation stays. */
void ost_generations_leave(const struct ost_paths *paths);

/* Removes the folders of all generations but the `keep` latest, and but these two. */
void ost_generations_prune(const struct ost_paths *paths, uint32_t keep, uint64_t spare, uint64_t spare_too);

/* Removes what _store() made: the data plane did not take it. */
void ost_generations_drop(const struct ost_paths *paths, uint64_t number);

/* Bytes of current.image, 64-byte aligned, owned by the caller. -ENOENT: none yet. Of a generation's image. */
int ost_generations_current(const struct ost_paths *paths, void **ret_bytes, size_t *ret_length) OST_MUST_CHECK;

int ost_generations_image(const struct ost_paths *paths, uint64_t number, void **ret_bytes, size_t *ret_length) OST_MUST_CHECK;

/* Text of meta.json (owned), and of the source numbered index (owned). -ENOENT. */
int ost_generations_meta(const struct ost_paths *paths, uint64_t number, char **ret_text) OST_MUST_CHECK;
int ost_generations_source(const struct ost_paths *paths, uint64_t number, uint32_t index, char **ret_text,
	size_t *ret_length) OST_MUST_CHECK;

/* Its files are kept. */
bool ost_generations_there(const struct ost_paths *paths, uint64_t number);

/* Largest number there is a folder of; 0: none. */
int ost_generations_last(const struct ost_paths *paths, uint64_t *ret_number) OST_MUST_CHECK;
