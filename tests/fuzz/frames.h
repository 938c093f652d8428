/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sound frames out of a few bytes of fuzz input: who speaks to whom, and what. Wild bytes seldom make
 * a session; these do, and mutations of them stay near. */
#pragma once

#include "common.h"
#include "cursor.h"

#define FUZZ_FRAME_MAX 512u
#define FUZZ_MACS      8u

extern const uint8_t fuzz_macs[FUZZ_MACS][6];
extern const uint8_t fuzz_ip4[8][4];
extern const uint8_t fuzz_ip6[8][16];

/* Takes seven bytes (kind, MACs, addresses, ports, VLAN, two of detail); returns the length, 0 when they are not there. */
uint32_t fuzz_frame_make(struct ost_cursor *c, uint8_t bytes[static FUZZ_FRAME_MAX]);
