/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "line.h"

/* The first that fits. ECS has no category for what persons decide about an incident: it is told among detections. */
static const struct ost_line_kind kinds[] = {
	{"incident.open", "An incident was opened", "intrusion_detection", "info", 3},
	{"incident.note", "A person made a note about an incident", "intrusion_detection", "info", 1},
	{"incident.", "An incident changed", "intrusion_detection", "info", 3},
	{"decision", "A person decided about an incident", "intrusion_detection", "info", 1},
	{"submission", "A report was submitted to an authority", "intrusion_detection", "info", 1},
	{"deadline.", "A report will be due", "intrusion_detection", "info", 3},
	{"evidence", "Evidence was kept", "intrusion_detection", "info", 1},
	{"suppress", "Events were counted and not told", "intrusion_detection", "info", 1},
	{"policy.", "The policy in force changed", "configuration", "change", 1},
	{"entity.", "What is known of the entity changed", "configuration", "change", 1},
	{"regime.", "The regimes in force changed", "configuration", "change", 1},
	{"key.compromise", "A signing key is compromised", "configuration", "change", 4},
	{"key.", "Another key signs the journal", "configuration", "change", 1},
	{"clock.", "The clock jumped", "host", "change", 3},
	{"journal.checkpoint", "A signed checkpoint of the journal", "host", "info", 1},
	{"journal.begin", "A journal begins", "host", "start", 1},
	{"journal.recovery", "Bytes behind the last checkpoint were cut", "host", "info", 2},
	{"journal.io_error", "The journal's disk failed", "host", "info", 4},
	{"journal.overflow", "Records were dropped", "host", "info", 4},
	{"journal.prune", "Old segments of the journal were removed", "host", "info", 1},
	{"journal.accept_loss", "A person accepted the loss of records", "host", "info", 4},
	{"journal.rollback", "Records of the journal are missing", "host", "info", 5},
	{"journal.", "The journal told something", "host", "info", 2},
	{"", "The gateway told something", "host", "info", 1},
};

const struct ost_line_kind *ost_line_kind_of(const char *kind)
{
	size_t i = 0;

	for (; kinds[i].kind[0] != '\0'; i++) {
		size_t n = strlen(kinds[i].kind);

		if (strncmp(kind, kinds[i].kind, n) == 0 && (kind[n] == '\0' || kind[n] == '.' || kinds[i].kind[n - 1] == '.'))
			break;
	}
	return &kinds[i];
}
