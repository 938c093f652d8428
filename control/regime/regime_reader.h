/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside of the regime files' reader: what its files share. */
#pragma once

#include "regime_file.h"
#include "yaml_bind.h"

struct regime_reader {
	struct ost_yaml_reader y; /* the first member */
	struct ost_regime *regime;
};

/* Keeps a copy of a text with the regime; NULL without memory, and the reader is marked. */
const char *regime_keep(struct regime_reader *r, const char *text);
/* Into ret_text when it is a text that is not empty; needed: says so at `owner` when node is NULL. */
bool regime_text_read(struct regime_reader *r, const struct ost_yaml_node *owner, const struct ost_yaml_node *node, const char *what,
	bool needed, const char **ret_text);
/* An id: small letters, digits, '_', '-'; upper case too when it is a rule's. */
bool regime_id_read(struct regime_reader *r, const struct ost_yaml_node *owner, const struct ost_yaml_node *node, const char *what,
	char ret_id[static OST_REGIME_NAME]);
bool regime_period_read(struct regime_reader *r, const struct ost_yaml_node *node, const char *what, struct ost_period *ret_period);
/* true or false; absent: false. */
bool regime_flag_read(struct regime_reader *r, const struct ost_yaml_node *node, const char *what);
/* A list with at most `most` items; NULL is an empty one. */
bool regime_list_fits(struct regime_reader *r, const struct ost_yaml_node *list, const char *what, uint32_t most);
/* An error that a name is none of those that there are: names by place, NULL ends them. */
void regime_unknown(struct regime_reader *r, const struct ost_yaml_node *node, const char *what,
	const char *(*name)(const struct regime_reader *r, uint32_t i));

/* fields: of a stage behind those of common: */
void regime_fields_read(struct regime_reader *r, const struct ost_yaml_node *common, const struct ost_yaml_node *list,
	struct ost_regime_stage *stage);
/* stages:, whose ids and moments are known by then. */
void regime_stages_read(struct regime_reader *r, const struct ost_yaml_node *list, const struct ost_yaml_node *common);
void regime_rules_read(struct regime_reader *r, const struct ost_yaml_node *list);
