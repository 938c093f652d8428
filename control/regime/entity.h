/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who runs this site, as reports and rules need it: names, contacts, services with their users and costs, what is essential, of
 * persons or of safety, maintenance windows. A YAML file of its own, entity.yaml (ostiary-regimes(5), config/ostiary-entity.schema.json):
 * people of the legal department may write it, and it opens nothing. */
#pragma once

#include "diag.h"
#include "facts.h"

#define OST_ENTITY_NAME	    64u
#define OST_ENTITY_SERVICES 256u
#define OST_ENTITY_TAGS	    32u /* of a service */
#define OST_ENTITY_WINDOWS  256u
#define OST_ENTITY_REGIMES  16u
#define OST_ENTITY_FILE_MAX ((size_t)1 << 20)

/* Yes and no as they are written; what is not written is not known. */
struct ost_entity_service {
	char name[OST_ENTITY_NAME];
	const char *title; /* "" none */
	const char *tags[OST_ENTITY_TAGS]; /* of devices: it is theirs that bear one of these */
	uint32_t tag_count;
	struct ost_fact essential, safety, trade_secret, encrypted, special_category;
	struct ost_fact users, eur_per_hour, fixed_eur, subjects;
	const char *data_categories; /* personal data: "names, e-mail addresses"; NULL: not known, "" none */
};

struct ost_entity_window {
	char name[OST_ENTITY_NAME];
	uint64_t from_ns, until_ns;
	const char *by;
	const char *services[OST_ENTITY_TAGS]; /* none: all */
	uint32_t service_count;
};

struct ost_entity {
	const char *name, *registration, *sector, *member_states, *contact, *dpo, *csirt, *authority, *product, *tlp, *zone; /* "" not written */
	struct ost_fact listed, turnover_eur, bytes_limit, subjects_limit, own_outage_ms;
	char regimes[OST_ENTITY_REGIMES][OST_ENTITY_NAME]; /* ids of those that apply */
	uint32_t regime_count;
	struct ost_entity_service *services;
	uint32_t service_count;
	struct ost_entity_window *windows;
	uint32_t window_count;
	char **texts; /* owned */
	uint32_t text_count, text_capacity;
};

/* -EINVAL with errors in diag (name is borrowed by it), or the errno of reading the file (diag has it, too). */
int ost_entity_parse(const char *name, const char *bytes, size_t length, struct ost_diag *diag, struct ost_entity **ret_entity) OST_MUST_CHECK;
int ost_entity_load(const char *path, struct ost_diag *diag, struct ost_entity **ret_entity) OST_MUST_CHECK;
void ost_entity_free(struct ost_entity **entity);

/* The services of a device that bears these tags: their places, at most `room`; returns how many. */
uint32_t ost_entity_services_of(
	const struct ost_entity *entity, const char *const *tags, uint32_t tag_count, uint32_t *ret_services, uint32_t room);

/* Fills the configured facts of an incident of these services: of several the one that weighs most, users and costs added up. What
 * is known already stays. */
void ost_entity_facts(const struct ost_entity *entity, const uint32_t *services, uint32_t service_count, struct ost_facts *facts);
