/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The gateway's own file, but for its ports (site_ports.c). */
#include "portal_line.h"
#include "site_reader.h"

#include "file.h"

#define SITE_FILE_MAX ((size_t)1 << 20) /* bytes */
#define SECONDS_MOST  604800u		/* a week */

static const struct ost_site_file defaults = {
	.generations = OST_GENERATIONS_KEPT,
	.journal_days = 366,
	.journal_mib = 4096,
	.workers = 1,
	.hugepages = OST_HUGEPAGES_AUTO,
	.memory_mib = 256,
	.flows = 1000000,
	.flows6 = 200000,
	.bindings = 200000,
	.names = 100000,
	.devices = 100000,
	.lease_s = OST_PORTAL_LEASE_S,
	.tcp_established_s = 7440, /* RFC 5382: at least 2 hours and 4 minutes */
	.tcp_opening_s = 30,
	.tcp_closing_s = 30,
	.udp_s = 60,
	.udp_reply_s = 180,
	.icmp_s = 30,
	.other_s = 300,
};

static void version_field(void *context, const struct ost_yaml_node *value, void *target)
{
	struct site_reader *r = context;

	(void)target;
	r->version = value;
}

static void engine_field(void *context, const struct ost_yaml_node *value, void *target)
{
	static const char *const words[] = {"dpdk", "nftables"};
	struct site_reader *r = context;
	uint32_t index;

	(void)target;
	if (ost_yaml_word(&r->y, value, "engine", words, OST_ARRAY_SIZE(words), &index) &&
		index != 0)
		ost_yaml_error(&r->y, value, "write dpdk, or leave engine out",
			"engine '%s' is not there yet", words[index]);
}

static void hugepages_field(void *context, const struct ost_yaml_node *value, void *target)
{
	static const char *const words[] = {"auto", "yes", "no"};
	struct site_reader *r = context;
	struct ost_site_file *file = target;
	uint32_t index;

	if (ost_yaml_word(&r->y, value, "hugepages", words, OST_ARRAY_SIZE(words), &index))
		file->hugepages = index;
}

static void u32_read(struct site_reader *r, const struct ost_yaml_node *value, const char *what,
	uint32_t least, uint32_t most, uint32_t *ret_value)
{
	uint64_t v;

	if (ost_yaml_number(&r->y, value, what, least, most, &v))
		*ret_value = (uint32_t)v;
}

/* Reads the number `word` into the member `field`. */
#define NUMBER_FIELD(field, word, least, most)                                                     \
	static void field##_field(void *context, const struct ost_yaml_node *value, void *target)  \
	{                                                                                          \
		struct ost_site_file *file = target;                                               \
                                                                                                   \
		u32_read(context, value, word, least, most, &file->field);                         \
	}
NUMBER_FIELD(workers, "workers", 1, 16)
NUMBER_FIELD(memory_mib, "memory", 64, 65536)
NUMBER_FIELD(flows, "flows", 16, 16777216)
NUMBER_FIELD(flows6, "flows6", 16, 16777216)
NUMBER_FIELD(bindings, "bindings", 16, 16777216)
NUMBER_FIELD(names, "names", 16, 16777216)
NUMBER_FIELD(devices, "devices", 1, OST_DEVICES_MAX)
NUMBER_FIELD(journal_days, "days", 1, 36500)
NUMBER_FIELD(journal_mib, "size", 256, 1048576)
NUMBER_FIELD(generations, "generations", 2, 10000)
NUMBER_FIELD(tcp_established_s, "tcp-established", 1, SECONDS_MOST)
NUMBER_FIELD(tcp_opening_s, "tcp-opening", 1, SECONDS_MOST)
NUMBER_FIELD(tcp_closing_s, "tcp-closing", 1, SECONDS_MOST)
NUMBER_FIELD(udp_s, "udp", 1, SECONDS_MOST)
NUMBER_FIELD(udp_reply_s, "udp-reply", 1, SECONDS_MOST)
NUMBER_FIELD(icmp_s, "icmp", 1, SECONDS_MOST)
NUMBER_FIELD(other_s, "other", 1, SECONDS_MOST)
#undef NUMBER_FIELD

static void tables_field(void *context, const struct ost_yaml_node *value, void *target)
{
	static const struct ost_yaml_field fields[] = {
		{"flows", flows_field},
		{"flows6", flows6_field},
		{"bindings", bindings_field},
		{"names", names_field},
		{"devices", devices_field},
	};
	struct site_reader *r = context;

	ost_yaml_fields(&r->y, value, "tables", fields, OST_ARRAY_SIZE(fields), r, target);
}

static void policy_field(void *context, const struct ost_yaml_node *value, void *target)
{
	static const struct ost_yaml_field fields[] = {{"generations", generations_field}};
	struct site_reader *r = context;

	ost_yaml_fields(&r->y, value, "policy", fields, OST_ARRAY_SIZE(fields), r, target);
}

static void journal_field(void *context, const struct ost_yaml_node *value, void *target)
{
	static const struct ost_yaml_field fields[] = {{"days", journal_days_field}, {"size", journal_mib_field}};
	struct site_reader *r = context;

	ost_yaml_fields(&r->y, value, "journal", fields, OST_ARRAY_SIZE(fields), r, target);
}

static void timeouts_field(void *context, const struct ost_yaml_node *value, void *target)
{
	static const struct ost_yaml_field fields[] = {
		{"tcp-established", tcp_established_s_field},
		{"tcp-opening", tcp_opening_s_field},
		{"tcp-closing", tcp_closing_s_field},
		{"udp", udp_s_field},
		{"udp-reply", udp_reply_s_field},
		{"icmp", icmp_s_field},
		{"other", other_s_field},
	};
	struct site_reader *r = context;

	ost_yaml_fields(&r->y, value, "timeouts", fields, OST_ARRAY_SIZE(fields), r, target);
}

static void authentication_field(void *context, const struct ost_yaml_node *value, void *target)
{
	(void)target;
	site_auth_read(context, value);
}

static void export_field(void *context, const struct ost_yaml_node *value, void *target)
{
	(void)target;
	site_export_read(context, value);
}

static void ports_field(void *context, const struct ost_yaml_node *value, void *target)
{
	struct site_reader *r = context;

	(void)target;
	r->has_ports = true;
	site_ports_read(r, value);
}

static void incidents_field(void *context, const struct ost_yaml_node *value, void *target)
{
	(void)target;
	site_incidents_read(context, value);
}

static void site_read(struct site_reader *r, const struct ost_yaml_node *root)
{
	static const struct ost_yaml_field fields[] = {
		{"ostiary", version_field},
		{"engine", engine_field},
		{"workers", workers_field},
		{"hugepages", hugepages_field},
		{"memory", memory_mib_field},
		{"ports", ports_field},
		{"tables", tables_field},
		{"policy", policy_field},
		{"journal", journal_field},
		{"incidents", incidents_field},
		{"timeouts", timeouts_field},
		{"authentication", authentication_field},
		{"export", export_field},
	};

	ost_yaml_fields(&r->y, root, "the file", fields, OST_ARRAY_SIZE(fields), r, r->file);
	ost_yaml_version_check(&r->y, r->version);
	if (!r->has_ports)
		ost_diag_error(r->y.diag, ((struct ost_pos){r->y.file, 1, 1}),
			"write ports: { dev1: { side: device, interface: eth1 }, net1: { side: "
			"network, interface: eth2 } }",
			"the file names no ports");
}

int ost_site_file_parse(const char *name, const char *bytes, size_t length, struct ost_diag *diag,
	struct ost_site_file **ret_file)
{
	struct site_reader r = {
		.y = {.diag = diag, .file = name, .nearest_budget = OST_NEAREST_BUDGET}};
	uint32_t errors_before = diag->errors;
	struct ost_yaml_tree *tree = NULL;
	int result;

	r.file = malloc(sizeof(*r.file));
	if (r.file == NULL)
		return -ENOMEM;
	*r.file = defaults;
	result = ost_yaml_tree_read(name, bytes, length, diag, &tree);
	if (result == 0) {
		site_read(&r, ost_yaml_tree_root(tree));
		ost_yaml_tree_free(&tree);
		result = r.y.no_memory ? -ENOMEM : diag->errors != errors_before ? -EINVAL : 0;
	}
	if (result < 0)
		ost_site_file_free(&r.file);
	else
		*ret_file = r.file;
	return result;
}

static void load_error(const char *path, int error, struct ost_diag *diag)
{
	const char *hint =
		error == -ENOENT
			? "write one (ostiary.yaml(5) describes it), or name it with --config"
		: error == -EFBIG		       ? "ports and tables need a few lines"
		: error == -EINVAL || error == -EISDIR ? "name a regular file"
						       : "check its mode and its folder's";

	if (error == -EFBIG)
		ost_diag_error(
			diag, ((struct ost_pos){path, 0, 0}), hint, "the file has more than 1 MiB");
	else
		ost_diag_error(diag, ((struct ost_pos){path, 0, 0}), hint, "cannot read it: %s",
			error == -EINVAL ? "not a regular file" : strerror(-error));
}

int ost_site_file_load(const char *path, struct ost_diag *diag, struct ost_site_file **ret_file)
{
	OST_AUTO_FREE char *bytes = NULL;
	size_t length;
	int r = ost_file_read(path, SITE_FILE_MAX, &bytes, &length);

	if (r < 0) {
		load_error(path, r, diag);
		return r;
	}
	return ost_site_file_parse(path, bytes, length, diag, ret_file);
}

void ost_site_file_free(struct ost_site_file **file)
{
	if (*file == NULL)
		return;
	for (uint32_t i = 0; i < (*file)->port_count; i++) {
		free((*file)->ports[i].read);
		free((*file)->ports[i].write);
		free((*file)->ports[i].vdev);
	}
	free((*file)->exports);
	free(*file);
	*file = NULL;
}
