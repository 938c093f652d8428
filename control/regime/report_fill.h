/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside only: what the machine, the configuration and persons' records put into one field. */
#pragma once

#include "report.h"
#include "source.h"

/* Writes nothing when it is not known. late and due are of the report's stage. */
void report_source_write(const struct ost_report_case *c, enum ost_source source, FILE *out);
