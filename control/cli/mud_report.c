/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mud_report.h"

#include "show.h"

#define LINE_MAX_BYTES 1024

static uint32_t wide_count(const struct ost_mud *mud)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < mud->ace_count; i++)
		n += mud->aces[i].wide;
	return n;
}

static uint32_t elevated_count(const struct ost_mud *mud)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < mud->ace_count; i++)
		n += mud->aces[i].opens && ost_mud_ace_elevated(&mud->aces[i]);
	return n;
}

static void head_print(const struct ost_cli *cli, const struct ost_mud_report *r)
{
	const struct ost_mud *mud = r->mud;

	(void)printf("%s%s%s: %s\n", ost_show_colour(cli, OST_COLOUR_HEAD), r->input->name, ost_show_plain(cli), mud->url);
	ost_show_line(cli, 0, 2, "  %s%s%sof %s, good for %u h, signature %s%s%s", mud->systeminfo != NULL ? "\"" : "",
		mud->systeminfo != NULL ? mud->systeminfo : "", mud->systeminfo != NULL ? "\", " : "", mud->last_update,
		mud->cache_validity_h, mud->signature != NULL ? "" : "not named and ", r->input->signature,
		mud->draft ? ", dialect=draft" : "");
	ost_show_line(cli, 0, 2, "  %u ACEs: %u taken as written, %u changed, %u refused", mud->ace_count, mud->counts[OST_MUD_TAKEN],
		mud->counts[OST_MUD_CHANGED], mud->counts[OST_MUD_REFUSED]);
	if (wide_count(mud) > 0)
		ost_show_line(cli, 0, 2, "  %u of them allow much, and are marked wide", wide_count(mud));
	if (elevated_count(mud) > 0)
		ost_show_line(cli, 0, 2,
			"  %u of them are about other devices or controllers: they hold with assurance software, and never for a MAC address alone",
			elevated_count(mud));
}

static enum ost_colour fate_colour(enum ost_mud_fate fate)
{
	return fate == OST_MUD_REFUSED ? OST_COLOUR_BAD : fate == OST_MUD_CHANGED ? OST_COLOUR_WARN : OST_COLOUR_GOOD;
}

static void ace_print(const struct ost_cli *cli, const struct ost_mud_ace *ace)
{
	char text[LINE_MAX_BYTES];

	ost_show_line(cli, 0, 6, "  %u:%u %s: %s%s%s", ace->pos.line, ace->pos.column, ace->name, ace->drop ? "drop " : "",
		ost_mud_ace_text(ace, text, sizeof(text)), ace->wide ? " (wide)" : "");
	if (ace->why != NULL)
		ost_show_line(cli, 0, 6, "      %s", ace->why);
}

static void fate_print(const struct ost_cli *cli, const struct ost_mud *mud, enum ost_mud_fate fate, const char *what)
{
	if (mud->counts[fate] == 0)
		return;
	(void)printf("\n%s%s%s: %s\n", ost_show_colour(cli, fate_colour(fate)), ost_mud_fate_name(fate), ost_show_plain(cli), what);
	for (uint32_t i = 0; i < mud->ace_count; i++) {
		if (mud->aces[i].fate == fate)
			ace_print(cli, &mud->aces[i]);
	}
}

static void defaults_print(const struct ost_cli *cli, const struct ost_mud *mud)
{
	if (mud->default_dns || mud->default_ntp)
		(void)printf("\n");
	if (mud->default_dns)
		ost_show_line(cli, 0, 2, "Behind all of them, by default: udp/53 to the policy's resolvers");
	if (mud->default_ntp)
		ost_show_line(cli, 0, 2, "Behind all of them, by default: udp/123 to the policy's time servers");
}

void ost_mud_report_print(const struct ost_cli *cli, const struct ost_mud_report *r)
{
	head_print(cli, r);
	fate_print(cli, r->mud, OST_MUD_REFUSED, "makes no rule");
	fate_print(cli, r->mud, OST_MUD_CHANGED, "understood otherwise than written");
	fate_print(cli, r->mud, OST_MUD_TAKEN, "as written");
	defaults_print(cli, r->mud);
	if (r->kept != NULL)
		(void)printf("\nkept as %s\n", r->kept);
	(void)printf("\n%sFor the policy%s (addresses of 192.0.2.0/24 are examples):\n\n%s", ost_show_colour(cli, OST_COLOUR_HEAD),
		ost_show_plain(cli), r->piece);
}

static void includes_json(struct ost_jsonw *w, unsigned includes)
{
	static const char *const words[] = {"arp", "nd", "dhcp", "dhcpv6", "igmp"};

	ost_jsonw_array(w, "includes");
	for (uint32_t i = 0; i < OST_ARRAY_SIZE(words); i++) {
		if (includes >> i & 1)
			ost_jsonw_string(w, NULL, words[i]);
	}
	ost_jsonw_end(w, ']');
}

static void ace_json(struct ost_jsonw *w, const struct ost_mud *mud, const struct ost_mud_ace *ace)
{
	char text[LINE_MAX_BYTES];

	ost_jsonw_object(w, NULL);
	ost_jsonw_string(w, "acl", ace->acl);
	ost_jsonw_string(w, "ace", ace->name);
	ost_jsonw_string(w, "pointer", ace->pointer);
	ost_jsonw_u64(w, "line", ace->pos.line);
	ost_jsonw_u64(w, "column", ace->pos.column);
	ost_jsonw_string(w, "policy", ace->to_device ? "to-device" : "from-device");
	ost_jsonw_string(w, "forwarding", ace->drop ? "drop" : "accept");
	ost_jsonw_string(w, "fate", ost_mud_fate_name(ace->fate));
	ost_jsonw_string(w, "why", ace->why);
	ost_jsonw_string(w, "text", ost_mud_ace_text(ace, text, sizeof(text)));
	ost_jsonw_string(w, "opens", !ace->opens ? NULL : ace->direction == OST_TO ? "to" : "from");
	ost_jsonw_bool(w, "wide", ace->wide);
	ost_jsonw_bool(w, "elevated", ace->opens && ost_mud_ace_elevated(ace));
	ost_jsonw_string(w, "mirror", ace->mate >= 0 ? mud->aces[ace->mate].name : NULL);
	includes_json(w, ace->includes);
	ost_jsonw_end(w, '}');
}

static void wants_json(struct ost_jsonw *w, const struct ost_mud *mud)
{
	static const char *const words[] = {"local-networks", "dns", "ntp", "gateway", "my-controller", "names"};

	ost_jsonw_array(w, "wants");
	for (uint32_t i = 0; i < OST_ARRAY_SIZE(words); i++) {
		if (mud->wants >> i & 1)
			ost_jsonw_string(w, NULL, words[i]);
	}
	ost_jsonw_end(w, ']');
}

void ost_mud_report_json(struct ost_jsonw *w, const struct ost_mud_report *r)
{
	const struct ost_mud *mud = r->mud;

	ost_jsonw_string(w, "file", r->input->name);
	ost_jsonw_string(w, "mud_url", mud->url);
	ost_jsonw_string(w, "mud_signature", mud->signature);
	ost_jsonw_string(w, "signature", r->input->signature);
	ost_jsonw_string(w, "systeminfo", mud->systeminfo);
	ost_jsonw_string(w, "last_update", mud->last_update);
	ost_jsonw_u64(w, "cache_validity_h", mud->cache_validity_h);
	ost_jsonw_bool(w, "is_supported", mud->is_supported);
	ost_jsonw_string(w, "dialect", mud->draft ? "draft" : "rfc8520");
	ost_jsonw_u64(w, "acls", mud->acl_count);
	ost_jsonw_u64(w, "taken", mud->counts[OST_MUD_TAKEN]);
	ost_jsonw_u64(w, "changed", mud->counts[OST_MUD_CHANGED]);
	ost_jsonw_u64(w, "refused", mud->counts[OST_MUD_REFUSED]);
	ost_jsonw_bool(w, "default_dns", mud->default_dns);
	ost_jsonw_bool(w, "default_ntp", mud->default_ntp);
	wants_json(w, mud);
	ost_jsonw_array(w, "aces");
	for (uint32_t i = 0; i < mud->ace_count; i++)
		ace_json(w, mud, &mud->aces[i]);
	ost_jsonw_end(w, ']');
	ost_jsonw_string(w, "role", r->role);
	ost_jsonw_string(w, "policy", r->piece);
	ost_jsonw_string(w, "kept", r->kept);
}
