/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside of the entity file's reader: what its two files share. */
#pragma once

#include "entity.h"
#include "yaml_bind.h"

struct entity_reader {
	struct ost_yaml_reader y; /* the first member */
	struct ost_entity *entity;
	const struct ost_yaml_node *version, *maintenance;
};

const char *entity_keep(struct entity_reader *r, const char *text);
void entity_text_read(struct entity_reader *r, const struct ost_yaml_node *value, const char *what, const char **ret_text);
void entity_number_read(struct entity_reader *r, const struct ost_yaml_node *value, const char *what, uint64_t most, struct ost_fact *ret_fact);
void entity_answer_read(struct entity_reader *r, const struct ost_yaml_node *value, const char *what, struct ost_fact *ret_fact);

void entity_services_read(struct entity_reader *r, const struct ost_yaml_node *map);
/* maintenance:, when the services are known. */
void entity_windows_read(struct entity_reader *r, const struct ost_yaml_node *list);
