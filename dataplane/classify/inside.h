/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses inside the site, and which names may lead there (DNS rebinding).
 *
 * Who answers for a name that is allowed says where it is. For an address inside that counts only when the name is in a private
 * domain of the policy, and so is each alias behind it: every one of these chose the address. It is asked when a packet asks, like the
 * names themselves, so a policy that comes with other domains finds the answers that came before it. */
#pragma once

#include "name.h"

/* Whether the address, as in a binding, is inside: of the policy's prefixes, or an IPv6 address that bears such an IPv4 address. */
bool ost_inside(const struct ost_view *v, const uint64_t ip[2]);

/* Where those names of a chain begin that may have an address inside: behind the last one that is in no private domain. The chain's
 * length: there are none. */
uint32_t ost_inside_from(const struct ost_view *v, const struct ost_chain *chain);
