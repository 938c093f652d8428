/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mud_report.h"

#include "show.h"

#define LINE_MAX_BYTES 1024
#define CHANGES_SHOWN  20u

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
	ost_show_line(cli, 0, 2, "  %s%s%sof %s, good for %u h, %s%s", mud->systeminfo != NULL ? "\"" : "",
		mud->systeminfo != NULL ? mud->systeminfo : "", mud->systeminfo != NULL ? "\", " : "", mud->last_update,
		mud->cache_validity_h, r->input->phrase, mud->draft ? ", dialect=draft" : "");
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

static void changes_print(const struct ost_cli *cli, const char *head, char *const *changes, uint32_t count)
{
	if (count > 0)
		(void)printf("%s\n", head);
	for (uint32_t i = 0; i < OST_MIN(count, CHANGES_SHOWN); i++)
		ost_show_line(cli, 0, 4, "  %s", changes[i]);
	if (count > CHANGES_SHOWN)
		(void)printf("  and %u more\n", count - CHANGES_SHOWN);
}

static const char *const wait_words[OST_MUD_ENTRY_COUNT] = {
	[OST_MUD_WAITS_UNSIGNED] = "it is not signed",
	[OST_MUD_WAITS_CHANGED_SIGNER] = "another signer, or nobody, signed what came from there before",
	[OST_MUD_WAITS_CHANGED_PREFIX] = "its signer is known, but from another place",
	[OST_MUD_WAITS_WIDENS] = "it allows what the one before did not",
	[OST_MUD_WAITS_OTHER_URL] = "its mud-url is not the URL that it came from",
};

static void admission_print(const struct ost_cli *cli, const struct ost_mud_report *r)
{
	const struct ost_mud_admission *a = r->admission;

	(void)printf("\n");
	if (a->renewed && a->compared && !a->comparison.unsure && a->comparison.gain_count + a->comparison.loss_count == 0)
		(void)printf("It allows what the one before allowed, no more and no less.\n");
	if (a->incomparable)
		(void)printf("What it changes cannot be told: the one before is not sound, or they name too many others.\n");
	if (a->comparison.unsure)
		ost_show_line(cli, 0, 2, "The one before drops: where what it drops is somebody else as well, this one may allow more than is told here.");
	changes_print(cli, "It allows, and the one before did not:", a->comparison.gains, a->comparison.gain_count);
	changes_print(cli, "It does not allow any more:", a->comparison.losses, a->comparison.loss_count);
	if (a->another)
		ost_show_line(cli, 0, 2, "What waited was another version: the approval is not of this one. Read it, and approve it then.");
	if (a->waits)
		ost_show_line(cli, 0, 2, "%swaits for approval%s (%s): %s; --approve REASON lets it in. It is kept as %s", ost_show_colour(cli, OST_COLOUR_WARN),
			ost_show_plain(cli), ost_mud_entry_name(a->entry), wait_words[a->entry], r->kept);
	else
		ost_show_line(cli, 0, 2, "kept as %s%s", r->kept,
			a->entry == OST_MUD_FIRST_OF_SIGNER	? "; its signer is pinned for URLs beside its own"
			: a->entry == OST_MUD_APPROVED_BEFORE ? "; it was approved before"
			: ost_mud_entry_waits(a->entry)	? "; approved"
							: "");
}

void ost_mud_report_print(const struct ost_cli *cli, const struct ost_mud_report *r)
{
	head_print(cli, r);
	fate_print(cli, r->mud, OST_MUD_REFUSED, "makes no rule");
	fate_print(cli, r->mud, OST_MUD_CHANGED, "understood otherwise than written");
	fate_print(cli, r->mud, OST_MUD_TAKEN, "as written");
	defaults_print(cli, r->mud);
	if (r->admission != NULL)
		admission_print(cli, r);
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

static void signature_json(struct ost_jsonw *w, const struct ost_mud_input *in)
{
	bool is_signed = in->verdict == OST_MUD_SIGNED;

	ost_jsonw_string(w, "sha256", in->sha256);
	ost_jsonw_string(w, "signature", ost_mud_verdict_name(in->verdict));
	ost_jsonw_string(w, "signer", is_signed ? in->signer : NULL);
	ost_jsonw_string(w, "spki_sha256", is_signed ? in->spki_sha256 : NULL);
	ost_jsonw_bool(w, "signer_expired", in->expired);
	ost_jsonw_string(w, "final_url", in->fetched ? in->final_url : NULL);
	ost_jsonw_string(w, "server", in->fetched ? in->server : NULL);
}

static void texts_json(struct ost_jsonw *w, const char *key, char *const *texts, uint32_t count)
{
	ost_jsonw_array(w, key);
	for (uint32_t i = 0; i < count; i++)
		ost_jsonw_string(w, NULL, texts[i]);
	ost_jsonw_end(w, ']');
}

static void admission_json(struct ost_jsonw *w, const struct ost_mud_admission *a)
{
	ost_jsonw_string(w, "entry", ost_mud_entry_name(a->entry));
	ost_jsonw_bool(w, "waits", a->waits);
	texts_json(w, "gains", a->comparison.gains, a->comparison.gain_count);
	texts_json(w, "losses", a->comparison.losses, a->comparison.loss_count);
	ost_jsonw_bool(w, "compared", a->compared && !a->comparison.unsure);
}

void ost_mud_report_json(struct ost_jsonw *w, const struct ost_mud_report *r)
{
	const struct ost_mud *mud = r->mud;

	ost_jsonw_string(w, "file", r->input->name);
	ost_jsonw_string(w, "mud_url", mud->url);
	ost_jsonw_string(w, "mud_signature", mud->signature);
	signature_json(w, r->input);
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
	if (r->admission != NULL)
		admission_json(w, r->admission);
}
