/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of the policy front end: what its files share. Not for others.
 *
 * A run: each source becomes a tree; the sections of all trees are collected; names are defined
 * (networks, services, roles, devices); then references are resolved, so that the order of files
 * and sections has no meaning. Findings point into sources (borrowed), the model into policy->files
 * (owned).
 */
#pragma once

#include "model.h"
#include "policy_names.h"
#include "policy_yaml.h"
#include "yaml_bind.h"

#define OST_PREFIXES_MAX (4u << 20) /* in all allow-lists together, networks written out */
#define OST_SERVICES_MAX (4u << 20) /* likewise */

enum ost_section {
	OST_TOP_NETWORKS,
	OST_TOP_SERVICES,
	OST_TOP_INFRASTRUCTURE,
	OST_TOP_SCHEDULES,
	OST_TOP_CONTROLLERS,
	OST_TOP_ROLES,
	OST_TOP_DEVICES,
	OST_TOP_EXCEPTIONS,
	OST_TOP_TESTS,
	OST_TOP_COUNT,
};

struct policy_source {
	const char *name;	    /* borrowed: for findings */
	const char *file;	    /* policy->files: for the model */
	struct ost_policy_source given; /* borrowed */
	uint32_t root_length; /* bytes of name that say the folder above which include: does not lead */
	struct ost_yaml_tree *tree; /* NULL: could not be read */
	const struct ost_yaml_node *version, *include;
	const struct ost_yaml_node *sections[OST_TOP_COUNT];
};

struct prefix_list {
	struct ost_prefix *items;
	uint32_t count, capacity;
};

struct service_list {
	struct ost_service *items;
	uint32_t count, capacity;
};

struct network {
	struct prefix_list prefixes;
	bool used;
};

/* Roles by their index, each once. */
struct role_list {
	uint32_t *items;
	uint32_t count;
};

/* Who answers for a class of controllers of a MUD file: addresses or the devices of roles, never both. */
struct controller {
	const char *uri; /* borrowed; NULL for my-controller */
	struct ost_pos pos; /* file as in findings */
	struct prefix_list prefixes;
	struct role_list roles;
	bool used; /* some ACE asks for it */
};

#define POLICY_INCLUDES 8u /* bits of enum ost_include */

/* An item of include:, of that source. */
struct include {
	const struct ost_yaml_node *node;
	uint32_t source;
};

/* What a role says itself, before what it extends is added. */
struct role_own {
	uint32_t source;
	bool authenticate_set, assurance_set, mode_set, tls_max_set;
	enum ost_authenticate authenticate;
	enum ost_assurance assurance;
	enum ost_mode mode;
	enum ost_tls_max tls_max;
	struct ost_pos authenticate_pos, mode_pos, audit_pos; /* file as in findings */
	const struct ost_yaml_node *audit_until, *mud; /* scalars or NULL */
	int64_t audit_until_s; /* 0: written wrong */
	struct controller my_controller; /* no place: not written */
	struct ost_limits limits;
	struct include includes[POLICY_INCLUDES];
};

/* What the checks, and the reader of MUD files, want to know of a role beside the model. own is there once its body is read; what comes
 * behind it once policy_roles_make() is through. */
struct role_facts {
	struct ost_pos pos, extends; /* file as in findings */
	struct role_own own;
	struct role_list bases;
	bool extended; /* by another one */
	uint32_t own_rules, own_first; /* which of the role's are its own; what comes behind them are exceptions and rules of MUD files */

	struct ost_pos authenticate_pos;
	const struct role_own *audit; /* who says until when, NULL: nobody */
	const struct ost_yaml_node *mud; /* a scalar of that source, or NULL */
	uint32_t mud_source;
	struct controller *my_controller; /* or NULL */
	struct include includes[POLICY_INCLUDES];

	uint32_t rule_capacity;
	uint32_t devices;
	uint32_t first_device;
};

/* A rule or an exception as it is read, before its parts are checked together. */
struct rule_draft {
	const struct ost_yaml_node *to, *from;
	const struct ost_yaml_node *network, *role, *tag, *name, *service; /* of the endpoint */
	const struct ost_yaml_node *when;
	enum ost_assurance assurance;
	uint16_t schedule;
};

#define POLICY_RULE_TEXT 240 /* bytes; longer lists end in "..." */

/* An address and a TCP port of it. */
struct endpoint {
	struct ost_prefix host;
	uint16_t port;
};

#define PORTALS_MAX 8u

/* Has a file that is not among the sources. path: where it should be, NULL when value says it otherwise. 0: the bytes and the name
 * stay until the reading ends. Else a negative errno, and unless that is -ENOMEM an error at pos, or at the file. */
struct policy_finder {
	int (*find)(void *context, struct ost_pos pos, const char *path, const char *value, struct ost_policy_source *ret_source);
	void *context;
};

#define POLICY_FILES_MAX 1024u

struct policy_edge;
struct mud_files;

struct policy_reader {
	struct ost_yaml_reader y; /* the first member */
	struct ost_policy *policy;
	struct mud_files *mud_files;
	struct policy_source *sources;
	const struct policy_finder *finder; /* NULL: the sources are all there is */
	uint32_t source_count, source_capacity;
	struct policy_edge *edges; /* which file includes which */
	uint32_t edge_count, edge_capacity;
	uint32_t source; /* whose nodes are in hand */
	bool incomplete; /* a source could not be read: names may be missing */
	struct ost_names network_names, service_names, schedule_names, role_names, device_names;
	struct network *networks;
	struct service_list *services;
	bool *service_used; /* as services */
	struct role_facts *roles;
	bool too_many_tags;
	bool extends_broken, copies_broken; /* told */
	bool *schedule_used; /* by place in policy->schedules */
	uint32_t schedules_named; /* the first ones; the others are made for exceptions and audits */
	uint32_t schedule_capacity;
	bool too_many_schedules;
	uint32_t exceptions;
	uint32_t role_next;	    /* the next one whose body is read */
	struct ost_pos *device_pos; /* file as in findings */
	uint32_t test_capacity;
	struct prefix_list resolvers, ntp_servers;
	struct prefix_list local_networks; /* of MUD files */
	char **private_domains;
	uint32_t private_domain_count, private_domain_capacity;
	struct controller *controllers; /* in the order of the files */
	uint32_t controller_count;
	bool encrypted_dns; /* allowed */
	struct ost_pos encrypted_dns_pos;
	struct endpoint portals[PORTALS_MAX];
	uint32_t portal_count;
	bool has_resolvers, has_ntp_servers, has_portals, has_local_networks; /* written, maybe with errors */
	uint32_t prefixes, rule_services;    /* so far, against the bounds above */
};

/* As ost_policy_parse. incomplete: a further source could not be read and was reported; the others
 * are read for their findings, and the result is -EINVAL. */
int policy_parse(const struct ost_policy_source *sources, uint32_t count, bool incomplete,
	const struct policy_finder *finder, struct ost_diag *diag, struct ost_policy **ret_policy) OST_MUST_CHECK;

/* A further source. root_length: UINT32_MAX for its own folder. False: no memory. */
bool policy_file_add(struct policy_reader *r, const struct ost_policy_source *given, uint32_t root_length);
/* include: of the source in hand: files that are not there yet are added. */
void policy_includes_follow(struct policy_reader *r);
/* No file includes itself, once all are there. */
void policy_circles_check(struct policy_reader *r);

/* For each source that has this section: sets the source in hand, then calls. */
typedef void (*section_fn)(struct policy_reader *r, const struct ost_yaml_node *section);
void policy_sections(struct policy_reader *r, enum ost_section section, section_fn read);

/* Another source in hand. */
void policy_source_select(struct policy_reader *r, uint32_t source);

/* Pairs of a section, in all sources. */
uint32_t policy_section_pairs(const struct policy_reader *r, enum ost_section section);

/* Position for the model: file owned by the policy. */
struct ost_pos policy_pos(const struct policy_reader *r, const struct ost_yaml_node *node);

/* The name as findings write it, for a file of the model. */
const char *policy_borrowed_file(const struct policy_reader *r, const char *file);

/* Looks a reference up; when it is not there, reports it with the nearest name. what: "role". */
const struct ost_name *policy_resolve(struct policy_reader *r, const struct ost_names *names,
	const struct ost_yaml_node *node, const char *what);

/* Reports a sentence of the form "what; what to write". */
void policy_why_error(struct policy_reader *r, const struct ost_yaml_node *node, const char *why);

/* True when there was room. Marks the reader when memory fails. */
bool prefix_list_add(struct policy_reader *r, struct prefix_list *list, const struct ost_prefix *p);
bool service_list_add(
	struct policy_reader *r, struct service_list *list, const struct ost_service *s);

/* Sections, in the order in which they are read. */
void policy_networks_read(struct policy_reader *r);
void policy_services_read(struct policy_reader *r);
void policy_schedules_read(struct policy_reader *r);
void policy_tags_define(struct policy_reader *r);
void policy_roles_define(struct policy_reader *r);
void policy_infrastructure_read(struct policy_reader *r);
void policy_controllers_read(struct policy_reader *r);
void policy_roles_read(struct policy_reader *r);
void policy_muds_read(struct policy_reader *r);
void policy_devices_read(struct policy_reader *r);
void policy_exceptions_read(struct policy_reader *r);
void policy_tests_read(struct policy_reader *r);

/* Whether a source is a MUD file: by the ending of its name. */
bool policy_source_is_mud(const char *name);
void policy_muds_free(struct policy_reader *r);

/* A network by name, CIDR or address, added to a list. any is reported: see policy_rules.c for
 * where it may stand. */
void policy_network_add(struct policy_reader *r, const struct ost_yaml_node *node, const char *what,
	struct prefix_list *list);
/* A service by name or written out, added to a list. */
void policy_service_add(
	struct policy_reader *r, const struct ost_yaml_node *node, struct service_list *list);
/* Roles by name, one or a list. */
void policy_role_list_read(struct policy_reader *r, const struct ost_yaml_node *list, struct role_list *roles);
/* Tags by name, one or a list, as bits. what: "tags" of a device, whose errors policy_tags_define() has told, or "tag" of a rule. */
uint64_t policy_tags_read(struct policy_reader *r, const struct ost_yaml_node *list, const char *what);
/* { network: ... } or { role: ... }: who is meant by a class of controllers. what: "my-controller". */
void policy_controller_read(
	struct policy_reader *r, const struct ost_yaml_node *node, const char *what, struct controller *controller);
/* The controller of that class, NULL: the policy names none. Classes are compared as they are written. */
const struct controller *policy_controller_find(const struct policy_reader *r, const char *uri);
void policy_controller_close(struct controller *controller);
/* A host name as a rule may name it: exact, or ".example.com" or "*.example.com" for all below it. -EINVAL and a sentence in why; -ENOMEM. */
int policy_host_parse(const char *text, struct ost_host *ret_host, char why[static 256]) OST_MUST_CHECK;
/* Each rule that names hosts is of a role that may ask a name server. */
void policy_hosts_check(struct policy_reader *r);
/* A further rule of the role, zeroed, or NULL without memory. Its parts belong to the role at once.
 */
struct ost_rule *policy_rule_new(struct policy_reader *r, struct ost_role *role);
/* allow: of a role. */
void policy_rules_read(
	struct policy_reader *r, const struct ost_yaml_node *allow, struct ost_role *role);
/* A copy of the rule for another role, within the bounds of all. */
void policy_rule_copy(struct policy_reader *r, const struct ost_rule *rule, struct ost_role *role);
/* extends: of a role. */
void policy_extends_read(struct policy_reader *r, const struct ost_yaml_node *list, struct role_facts *facts);
/* Each role from its own parts and those of the roles that it extends. */
void policy_roles_make(struct policy_reader *r);
/* Once to: or from: is kept in the draft: exactly one of them, a mapping, one peer. False: told. what: "a rule". */
bool policy_endpoint_check(struct policy_reader *r, const struct ost_yaml_node *item, const char *what, struct rule_draft *draft);
/* "to network scada, service tcp/80" of a checked draft; returns text. */
const char *policy_endpoint_text(const struct rule_draft *draft, char text[static POLICY_RULE_TEXT]);
/* The flags that follow from a rule's peer and services. */
uint8_t policy_rule_flags(const struct policy_reader *r, const struct ost_rule *rule);
/* Direction, peer, services, and the flags that follow from them. */
void policy_endpoint_apply(struct policy_reader *r, const struct rule_draft *draft, struct ost_rule *rule);
/* include: of a role: kept in own. Then, of all that it has: the switches and the infrastructure rules. */
void policy_includes_read(struct policy_reader *r, const struct ost_yaml_node *include, struct role_own *own);
void policy_includes_make(struct policy_reader *r, struct ost_role *role);
/* A time; false: told. */
bool policy_time_read(struct policy_reader *r, const struct ost_yaml_node *node, const char *what, int64_t *ret_utc_s);
/* since: and until:, each of which may be NULL. False: told. */
bool policy_span_read(struct policy_reader *r, const struct ost_yaml_node *since, const struct ost_yaml_node *until,
	struct ost_window *ret_window);
/* when: of a rule: the number of a schedule. */
uint16_t policy_when_read(struct policy_reader *r, const struct ost_yaml_node *node);
/* The number of a made-up schedule that is open for this span, shared by all that have it. OST_SCHEDULE_ALWAYS: told. */
uint16_t policy_schedule_span(struct policy_reader *r, const struct ost_yaml_node *node, const struct ost_window *span);
/* private-domains: of infrastructure. */
void policy_private_domains_read(struct policy_reader *r, const struct ost_yaml_node *value);
void policy_private_domains_free(struct policy_reader *r);
/* policy->inside and policy->private_domains, when some rule is about a name. */
void policy_inside_fill(struct policy_reader *r);
/* policy->resolvers, when some rule guards against them. */
void policy_resolvers_fill(struct policy_reader *r);
bool policy_assurance_read(struct policy_reader *r, const struct ost_yaml_node *value,
	enum ost_assurance *ret_assurance);
void policy_limits_read(
	struct policy_reader *r, const struct ost_yaml_node *node, struct ost_limits *limits);

/* Two devices with one MAC, address or certificate. */
void policy_devices_compare(struct policy_reader *r);
/* Rules that add nothing. */
void policy_shadow_advise(struct policy_reader *r);
/* Rules between devices that the others' lists do not agree with. */
void policy_agree_advise(struct policy_reader *r);
/* Suffixes that are anybody's. */
void policy_suffix_advise(struct policy_reader *r);
bool policy_suffix_is_public(const char *name);
/* Warnings, once everything is read without an error. */
void policy_advise(struct policy_reader *r);

/* As ost_flow_question_parse, with another way to find a device by name. */
typedef int64_t (*device_find_fn)(const void *context, const char *name);
int policy_question_parse(device_find_fn find, const void *context, const char *text,
	struct ost_flow_question *ret_question, char why[static 256]);
