/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who holds an address: a connection to the portal comes from an address, a session needs a place. Single thread. */
#pragma once

#include "daemon.h"

/* Where the device stands that holds the address of this claim: its port, VLAN and MAC. When several do, in several
 * VLANs, the one that the certificate names. Without a port (OST_PLACE_NO_PORT) when nobody holds it. */
void ost_holder_place(struct ost_daemon *d, const struct ost_msg_auth_claim *m, struct ost_place *ret_place);
