/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From an incident to the facts that the gateway measured itself. What it cannot see (an outage of a service, whose data it is) stays
 * unknown: others say it, or nobody. Pure. */
#pragma once

#include "facts.h"
#include "incident.h"

/* Sets what is known; leaves the rest of facts as it is. */
void ost_facts_measure(const struct ost_incident *incident, struct ost_facts *facts);
