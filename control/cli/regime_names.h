/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What may be written for a regime, a stage, a moment or a field: of GET /v1/regimes. */
#pragma once

#include "client.h"

/* OST_EXIT_OK and the answer, which the caller frees; or an exit code after telling. */
int ost_regimes_get(const struct ost_cli *cli, json_t **ret_regimes);

/* The regime of this id. NULL after telling which there are. id NULL: the only one there is, else it is told that one is to be named. */
const json_t *ost_regimes_find(const char *command, const json_t *regimes, const char *id);

/* The stage as ostiaryd calls it ('-' stands for '_', too). NULL after telling which there are. option: "--stage". */
const char *ost_regime_stage(const char *command, const json_t *regime, const char *option, const char *stage);
/* The same for a moment, and for a field that a person answers. */
const char *ost_regime_moment(const char *command, const json_t *regime, const char *moment);
const char *ost_regime_field(const char *command, const json_t *regime, const char *field);
