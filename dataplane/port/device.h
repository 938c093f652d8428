/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a port of the site file to a DPDK device. Main thread. */
#pragma once

#include "diag.h"
#include "site_yaml.h"

/* An interface of the kernel carries it. */
bool ost_device_kernel_fed(const struct ost_site_port *site);

/* Makes (or, for PCI, finds) the device of a port with room for so many queue pairs. -EINVAL with an error in diag. */
int ost_device_make(const struct ost_site_port *p, uint32_t index, uint32_t queues, struct ost_diag *diag,
	uint16_t *ret_id) OST_MUST_CHECK;
