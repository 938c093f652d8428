/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One policy, twice: in the naive site, and compiled, opened and put in force in a real one. Ports
 * 0 to 2 are "dev0".."dev2" on the device side, 3 and 4 are networks. */
#pragma once

#include "classify.h"
#include "frames.h"
#include "naive_dns.h"
#include "random_policy.h"

#define WORLD_NETWORK	RANDOM_PORTS /* the first network port */
#define WORLD_PORTS	(RANDOM_PORTS + 2u)
#define WORLD_TIMEOUT_S 1u /* of every flow: a step of the clock ends all of them */

struct world {
	struct ost_policy *policy;
	void *bytes; /* the image */
	struct ost_image image;
	struct ost_site *site;
	struct ost_classifier *classifier;
	struct naive_site naive;
	struct naive_dns dns;
	uint32_t ports[3]; /* exchange.c: used so far */
	uint64_t now_ns;
	uint64_t variant; /* of the instruction sets, made of the seed */
};

/* Everything from the seed. Devices without a port have been seen on theirs when this returns.
 * Aborts, saying why, when a library call fails that must not. */
struct world *world_new(uint64_t seed);
void world_free(struct world **world);

/* ost_classify(), now, with the world's instruction set. */
void world_classify(
	struct world *w, const struct ost_frame *frames, uint32_t n, struct ost_verdict *verdicts);

/* Ends all flows by time, and now and then sweeps them out of the tables. */
void world_step(struct world *w, bool sweep);

/* So much time passes, or a little more. */
void world_sleep(struct world *w, uint64_t ns);

/* Seconds since 1970, for schedules. */
void world_wall_set(struct world *w, int64_t wall_s);

/* Puts another policy in force, with the same devices; the world owns it. */
void world_policy_set(struct world *w, struct ost_policy *policy);

/* One frame of this world's devices and near its edges. A number that no other frame had goes into
 * its ports. */
void world_random_frame(struct world *w, struct rng *rng, uint16_t number,
	struct naive_frame *ret_frame, struct frame_extra *ret_extra);

/* The naive verdict; ICMP errors, which open nothing, included. */
struct naive_verdict world_judge(const struct world *w, const struct naive_frame *f);

/* What a person needs to see: the frame's fields, bytes, and both verdicts. */
void world_print(const struct world *w, const struct naive_frame *f, const struct frame *frame,
	const struct naive_verdict *expected, const struct ost_verdict *got);
