/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The objects of OCSF 1.8.0 that findings are made of. */
#pragma once

#include "line.h"

/* finding_info, the caller's. NULL: no memory. */
json_t *ost_ocsf_finding(const struct ost_line *line);
/* An array of attack objects at this place, none when there are none. */
void ost_ocsf_attacks(struct ost_tree *t, const char *path, const struct ost_line *line);
/* "device": whose incident it is. Nothing when nothing of it is known. */
void ost_ocsf_device(struct ost_tree *t, const struct ost_line *line);
/* "evidences": both ends of the latest packet, and files that were kept. */
void ost_ocsf_evidences(struct ost_tree *t, const struct ost_line *line);
/* "observables": addresses and names that stand in the event already. */
void ost_ocsf_observables(struct ost_tree *t);
