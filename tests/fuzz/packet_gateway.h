/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The gateway of fuzz_packet.c: ports, policies, memory; made and freed for each input. */
#pragma once

#include "classify.h"

#define PORTS	     5u /* net1, dev1, dev2, dev3, net2 */
#define PORT_IS_NET(p) ((p) == 0 || (p) == 4)
#define WORKERS_MAX  2u
#define POLICIES     4u /* the last one has more devices than there is room for */
#define DEVICES_MAX  6u
#define BINDINGS_MAX 12u
#define FLOWS4_MAX   200u
#define FLOWS6_MAX   48u

enum mode {
	MODE_TWIN = 1 << 0,	 /* one by one, and compared with explain in a second gateway */
	MODE_WORKERS = 1 << 1,	 /* two workers; the second one hands over */
	MODE_NO_POLICY = 1 << 2, /* until one is swapped in */
};

struct gateway {
	struct ost_site *site;
	struct ost_classifier *workers[WORKERS_MAX];
	uint32_t worker_count;
	uint64_t now_ns;
	uint64_t frames, handed; /* given to ost_classify(); handed over by it */
	uint32_t floods;
	uint8_t given; /* bits: which of fuzz_ip4 an answer to the camera held that passed */
	uint64_t unswept_ns; /* waited since the last whole sweep */
	/* the last frame that was forwarded to a device of its own, until it was taken back */
	struct {
		struct ost_verdict verdict;
		uint32_t length;
		uint8_t port, worker;
		bool there;
	} sent;
};

extern struct ost_image fuzz_images[POLICIES];

/* Something does not hold: tells it and ends the run. */
_Noreturn void fuzz_die(const char *what);

void fuzz_images_make(void);
void fuzz_gateway_make(struct gateway *g, uint8_t mode);
void fuzz_gateway_free(struct gateway *g);

/* A policy that does not fit must leave the one in force as it is. */
void fuzz_policy_swap(struct gateway *g, const struct ost_image *image);
