/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happens to a gateway between frames. */
#pragma once

#include "packet_gateway.h"

enum event {
	EVENT_SWAP,
	EVENT_STATE,
	EVENT_PORT_DOWN,
	EVENT_BIND,
	EVENT_BIND_LATER,
	EVENT_BINDINGS,
	EVENT_REFUSALS,
	EVENT_SWEEP,
	EVENT_WAIT,
	EVENT_UNSENT,
	EVENT_FLOOD,
	EVENTS,
};

/* what: enum event, any byte is one; arg: its argument. */
void fuzz_event(struct gateway *g, uint8_t what, uint8_t arg);

void fuzz_refusals_drain(struct gateway *g);
void fuzz_sweep_all(struct gateway *g);
