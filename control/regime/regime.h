/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Regimes: NIS1, NIS2, GDPR, CRA and what else a site puts beside them. The only header that others include.
 *
 * The law changes, programs should not: a regime is a file (regime_file) with its stages, clocks, report fields and rules, each
 * with its legal basis. The program knows kinds of rules and a closed list of facts, nothing of a directive.
 *
 *   facts of an incident (measured, configured by entity) -> significance: propose, review, not_proposed, with a trace
 *   what persons said (decisions, journaled first)        -> deadlines: due when, shadow clocks until somebody decided, warnings
 *   incident + entity + decisions + regime file           -> report: a draft in JSON, text and HTML; what is missing is marked
 *
 * The machine proposes and drafts. It never says since when somebody is aware, never decides, never submits: there is no function
 * here that makes a decision out of anything but a person's words.
 * Law is data here for a product, and no legal advice. Source: incidents.md sections 2 to 6. Where it is left: warnings come at 50, 75
 * and 90 percent, as the project's goals say (the source has 25, 50 and 75); a maintenance window takes back only the rules about
 * availability that its file names, and never an event known to be malicious.
 */
#pragma once

#include "deadlines.h"
#include "decisions.h"
#include "entity.h"
#include "facts.h"
#include "measured.h"
#include "period.h"
#include "regime_file.h"
#include "regime_set.h"
#include "report.h"
#include "significance.h"
