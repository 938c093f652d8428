/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A journal record of an incident back to the incident: what incident_json wrote. Pure. What a record does not hold (which peers there were, the
 * port's number) comes back as an estimate, or as not known. */
#pragma once

#include <jansson.h>

#include "incident.h"

/* -EINVAL: it is no record of an incident. */
int ost_incident_read(const json_t *record, struct ost_incident *ret_incident) OST_MUST_CHECK;
