/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames of Neighbour Discovery, sound or with a fault where a test wants one. */
#pragma once

#include "classify_rig.h"

enum { RS = 133,
	RA,
	NS,
	NA,
	REDIRECT };
enum { SLLA = 1,
	TLLA = 2,
	NONCE = 14 };

#define SOLICITED 0x40000000u
#define OVERRIDE  0x20000000u

struct nd {
	uint8_t port;
	unsigned dst, src;
	const char *from, *to;
	uint8_t type;
	uint32_t word; /* flags, reserved bits */
	const char *target;
	struct {
		uint8_t type, units;
		unsigned mac;
	} options[4];
	unsigned option_count;
	uint8_t code, hops;
};

struct nd with(struct nd d, uint8_t type, unsigned mac);
struct nd claim_of(unsigned device, const char *target);
/* From a device, or with device NET from the router. */
struct nd ask_of(unsigned device, const char *from, const char *target);
struct nd answer_of(unsigned device, const char *own, const char *to, unsigned dst);
void nd_build(struct wire *f, const struct nd *d);
enum ost_reason nd_send(struct rig *r, struct nd d);
