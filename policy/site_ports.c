/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ports: of the site file. Their texts become arguments of DPDK, so that each has a strict
 * alphabet: no comma or equals sign can smuggle an argument in. vdev: is the exception, and says
 * so. */
#include "site_reader.h"

#include <ctype.h>

#define TEXT_MOST 255u /* bytes of a file name or a vdev */

/* A port as it is read, before its parts are checked together. */
struct draft {
	struct ost_site_port *port;
	const struct ost_yaml_node *side, *driver, *interface, *pci, *read, *write, *vdev, *uplink;
};

static const char *const driver_words[OST_DRIVER_COUNT] = {
	[OST_DRIVER_AF_PACKET] = "af_packet",
	[OST_DRIVER_AF_XDP] = "af_xdp",
	[OST_DRIVER_PCI] = "pci",
	[OST_DRIVER_PCAP] = "pcap",
	[OST_DRIVER_TAP] = "tap",
	[OST_DRIVER_VDEV] = "vdev",
};

const char *ost_port_driver_name(enum ost_port_driver driver)
{
	return (unsigned)driver < OST_DRIVER_COUNT ? driver_words[driver] : "invalid";
}

OST_YAML_KEEP(struct draft, side)
OST_YAML_KEEP(struct draft, driver)
OST_YAML_KEEP(struct draft, interface)
OST_YAML_KEEP(struct draft, pci)
OST_YAML_KEEP(struct draft, read)
OST_YAML_KEEP(struct draft, write)
OST_YAML_KEEP(struct draft, vdev)
OST_YAML_KEEP(struct draft, uplink)

static void side_read(struct site_reader *r, const struct ost_yaml_node *key, struct draft *draft)
{
	static const char *const words[OST_SIDE_COUNT] = {"device", "network"};
	uint32_t index;

	if (draft->side == NULL)
		ost_yaml_error(&r->y, key, "write side: device or side: network",
			"port %s does not say its side", key->text);
	else if (ost_yaml_word(&r->y, draft->side, "side", words, OST_SIDE_COUNT, &index))
		draft->port->side = index;
}

/* Without driver:, the other keys tell. */
static void driver_read(struct site_reader *r, struct draft *draft)
{
	uint32_t index;

	if (draft->driver == NULL)
		draft->port->driver = draft->pci    ? OST_DRIVER_PCI
				      : draft->vdev ? OST_DRIVER_VDEV
						    : OST_DRIVER_AF_PACKET;
	else if (ost_yaml_word(
			 &r->y, draft->driver, "driver", driver_words, OST_DRIVER_COUNT, &index))
		draft->port->driver = index;
}

static bool interface_is_name(const char *text)
{
	for (const char *p = text; *p != '\0'; p++)
		if (!isalnum((unsigned char)*p) && strchr("._-@:", *p) == NULL)
			return false;
	return strcmp(text, ".") != 0 && strcmp(text, "..") != 0;
}

static void interface_read(
	struct site_reader *r, const struct ost_yaml_node *value, struct ost_site_port *port)
{
	if (!ost_yaml_is_scalar(&r->y, value, "interface"))
		return;
	if (value->count >= sizeof(port->interface) || !interface_is_name(value->text))
		ost_yaml_error(&r->y, value, "write the name that 'ip link' shows, as eth1",
			"'%.63s' is no name of an interface", value->text);
	else
		memcpy(port->interface, value->text, value->count + 1);
}

/* "0000:01:00.0" or "01:00.0": every # a hex digit. */
static bool matches_hex(const char *text, const char *pattern)
{
	for (; *pattern != '\0'; pattern++, text++)
		if (*pattern == '#' ? !isxdigit((unsigned char)*text) : *text != *pattern)
			return false;
	return *text == '\0';
}

static void pci_read(
	struct site_reader *r, const struct ost_yaml_node *value, struct ost_site_port *port)
{
	if (!ost_yaml_is_scalar(&r->y, value, "pci"))
		return;
	if (matches_hex(value->text, "####:##:##.#") || matches_hex(value->text, "##:##.#"))
		memcpy(port->pci, value->text, value->count + 1);
	else
		ost_yaml_error(&r->y, value, "write it as 'lspci -D' shows it: \"0000:01:00.0\"",
			"'%.63s' is no PCI address", value->text);
}

/* A file of a capture. */
static void path_read(
	struct site_reader *r, const struct ost_yaml_node *value, const char *what, char **ret_path)
{
	if (value == NULL || !ost_yaml_is_scalar(&r->y, value, what))
		return;
	if (value->count > TEXT_MOST || strpbrk(value->text, ",= ") != NULL)
		ost_yaml_error(&r->y, value, "rename the file",
			"%s is longer than %u bytes, or has a comma, '=' or blank", what,
			TEXT_MOST);
	else
		*ret_path = ost_yaml_strdup(&r->y, value->text);
}

static void vdev_read(
	struct site_reader *r, const struct ost_yaml_node *value, struct ost_site_port *port)
{
	if (!ost_yaml_is_scalar(&r->y, value, "vdev"))
		return;
	if (value->count > TEXT_MOST || strncmp(value->text, "net_", 4) != 0)
		ost_yaml_error(&r->y, value,
			"write DPDK's name and arguments: \"net_null0,size=64\"",
			"'%.63s' is no virtual network device of DPDK", value->text);
	else
		port->vdev = ost_yaml_strdup(&r->y, value->text);
}

/* Which keys each driver needs and may have. */
static void key_check(struct site_reader *r, const struct ost_yaml_node *key,
	const struct draft *draft, const char *word, const struct ost_yaml_node *value, bool needed,
	bool permitted)
{
	const char *driver = ost_port_driver_name(draft->port->driver);
	char hint[OST_HINT_MAX];

	if (needed && value == NULL) {
		ost_hint(hint, sizeof(hint), "write %s: in it", word);
		ost_yaml_error(&r->y, key, hint, "port %s has driver %s and no %s", key->text,
			driver, word);
	} else if (!permitted && value != NULL && value->kind != OST_YAML_BROKEN) {
		ost_hint(hint, sizeof(hint), "remove it, or choose another driver");
		ost_yaml_error(&r->y, value, hint, "%s means nothing to driver %s", word, driver);
	}
}

static void keys_check(
	struct site_reader *r, const struct ost_yaml_node *key, const struct draft *draft)
{
	enum ost_port_driver d = draft->port->driver;
	bool named = d == OST_DRIVER_AF_PACKET || d == OST_DRIVER_AF_XDP || d == OST_DRIVER_TAP;
	bool pcap = d == OST_DRIVER_PCAP;

	key_check(r, key, draft, "interface", draft->interface, named, named);
	key_check(r, key, draft, "pci", draft->pci, d == OST_DRIVER_PCI, d == OST_DRIVER_PCI);
	key_check(r, key, draft, "read", draft->read, pcap, pcap);
	key_check(r, key, draft, "write", draft->write, false, pcap);
	key_check(r, key, draft, "vdev", draft->vdev, d == OST_DRIVER_VDEV, d == OST_DRIVER_VDEV);
}

static void uplink_read(struct site_reader *r, const struct draft *draft)
{
	if (draft->uplink == NULL || !ost_yaml_is_name(&r->y, draft->uplink, "uplink"))
		return;
	if (draft->side != NULL && draft->port->side == OST_SIDE_NETWORK)
		ost_yaml_error(&r->y, draft->uplink, "remove it",
			"a port of the network side has no uplink");
	else
		memcpy(draft->port->uplink, draft->uplink->text, draft->uplink->count + 1);
}

static void port_read(struct site_reader *r, const struct ost_yaml_node *key, struct draft *draft)
{
	static const struct ost_yaml_field fields[] = {
		{"side", side_field},
		{"driver", driver_field},
		{"interface", interface_field},
		{"pci", pci_field},
		{"read", read_field},
		{"write", write_field},
		{"vdev", vdev_field},
		{"uplink", uplink_field},
	};
	struct ost_site_port *port = draft->port;
	char what[OST_NAME_MAX + 16];

	ost_hint(what, sizeof(what), "port %s", key->text);
	port->pos = ost_yaml_pos(&r->y, key);
	if (ost_yaml_is_name(&r->y, key, "the port"))
		memcpy(port->name, key->text, key->count + 1);
	if (!ost_yaml_is_mapping(&r->y, key->next, what))
		return;
	ost_yaml_fields(&r->y, key->next, what, fields, OST_ARRAY_SIZE(fields), r, draft);
	side_read(r, key, draft);
	driver_read(r, draft);
	keys_check(r, key, draft);
	if (draft->interface != NULL)
		interface_read(r, draft->interface, port);
	if (draft->pci != NULL)
		pci_read(r, draft->pci, port);
	path_read(r, draft->read, "read", &port->read);
	path_read(r, draft->write, "write", &port->write);
	if (draft->vdev != NULL)
		vdev_read(r, draft->vdev, port);
	uplink_read(r, draft);
}

/* What two ports cannot share. */
static const char *text_of(const struct ost_site_port *port)
{
	switch (port->driver) {
	case OST_DRIVER_PCI:
		return strchr(port->pci, ':') == port->pci + 2 ? port->pci
		       : strncmp(port->pci, "0000:", 5) == 0   ? port->pci + 5
							       : port->pci;
	case OST_DRIVER_PCAP:
		return port->write ? port->write : "";
	case OST_DRIVER_VDEV:
		return port->vdev ? port->vdev : "";
	default:
		return port->interface;
	}
}

static void ports_compare(struct site_reader *r)
{
	const struct ost_site_file *file = r->file;

	for (uint32_t i = 1; i < file->port_count; i++)
		for (uint32_t j = 0; j < i; j++) {
			const struct ost_site_port *a = &file->ports[j], *b = &file->ports[i];

			if (text_of(a)[0] == '\0' || strcmp(text_of(a), text_of(b)) != 0)
				continue;
			ost_diag_error(r->y.diag, b->pos, "give each port its own",
				"ports %s and %s both use %s; the other one stands on line %u",
				b->name, a->name, text_of(a), a->pos.line);
		}
}

static int64_t port_find(const struct ost_site_file *file, const char *name)
{
	for (uint32_t i = 0; i < file->port_count; i++)
		if (strcmp(file->ports[i].name, name) == 0)
			return i;
	return -ENOENT;
}

static void uplink_resolve(
	struct site_reader *r, struct ost_site_port *port, uint32_t first_network)
{
	int64_t index = first_network;

	if (port->uplink[0] != '\0')
		index = port_find(r->file, port->uplink);
	if (index >= 0 && r->file->ports[index].side == OST_SIDE_NETWORK)
		port->uplink_index = (uint32_t)index;
	else
		ost_diag_error(r->y.diag, port->pos, "name a port of the network side",
			"the uplink of port %s, '%s', is no port of the network side", port->name,
			port->uplink);
}

static void sides_check(struct site_reader *r, const struct ost_yaml_node *section)
{
	struct ost_site_file *file = r->file;
	uint32_t first[OST_SIDE_COUNT] = {OST_PORTS_MAX, OST_PORTS_MAX};

	for (uint32_t i = file->port_count; i > 0; i--)
		first[file->ports[i - 1].side] = i - 1;
	for (unsigned side = 0; side < OST_SIDE_COUNT; side++)
		if (first[side] == OST_PORTS_MAX)
			ost_yaml_error(&r->y, section,
				"write at least one port of each side: device and network",
				"there is no port of the %s side",
				side == OST_SIDE_DEVICE ? "device" : "network");
	if (first[OST_SIDE_NETWORK] == OST_PORTS_MAX)
		return;
	for (uint32_t i = 0; i < file->port_count; i++)
		if (file->ports[i].side == OST_SIDE_DEVICE)
			uplink_resolve(r, &file->ports[i], first[OST_SIDE_NETWORK]);
}

void site_ports_read(struct site_reader *r, const struct ost_yaml_node *section)
{
	uint32_t errors = r->y.diag->errors;

	if (!ost_yaml_is_mapping(&r->y, section, "ports"))
		return;
	OST_YAML_EACH(section, key)
	{
		struct draft draft = {0};

		if (r->file->port_count == OST_PORTS_MAX) {
			ost_yaml_error(&r->y, key, "use fewer", "there are more than %u ports",
				OST_PORTS_MAX);
			return;
		}
		draft.port = &r->file->ports[r->file->port_count++];
		port_read(r, key, &draft);
	}
	ports_compare(r);
	if (r->y.diag->errors == errors)
		sides_check(r, section);
}
