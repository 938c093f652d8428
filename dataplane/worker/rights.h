/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rights of the data plane after its ports are up. Linux keeps them per thread: each thread gives up its own. */
#pragma once

#include "common.h"

enum ost_rights_keep {
	OST_KEEP_NET_ADMIN = 1 << 0, /* tap: to take the interface away at the end */
	OST_KEEP_IPC_LOCK = 1 << 1,  /* a physical NIC: DMA memory stays locked */
};

/* No new privileges, empty bounding set, no capability but those kept. Returns false when the kernel refused a part. */
bool ost_rights_drop_thread(unsigned keep);

/* "none", or the names of what is kept. Static string. */
const char *ost_rights_text(unsigned keep);

/* Threads of this process that still hold a capability beyond those kept; negative errno when /proc cannot tell. */
int ost_rights_excess_threads(unsigned keep);
