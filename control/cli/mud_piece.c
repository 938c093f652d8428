/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mud_piece.h"

#include <stdio.h>

/* Letters, digits, '.', '_' and '-' stay, '-' stands for a run of others; never at the ends. */
static void plain_copy(const char *text, char *buf, size_t size)
{
	size_t used = 0;

	for (; *text != '\0' && used + 1 < size; text++) {
		bool plain = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') || (*text >= '0' && *text <= '9') ||
			     *text == '.' || *text == '_';

		if (plain)
			buf[used++] = *text;
		else if (used > 0 && buf[used - 1] != '-')
			buf[used++] = '-';
	}
	while (used > 0 && strchr("-._", buf[used - 1]) != NULL)
		used--;
	buf[used] = '\0';
}

static void ends_trim(char *buf)
{
	size_t lead = strspn(buf, "-._");

	memmove(buf, buf + lead, strlen(buf + lead) + 1);
}

static bool name_take(const char *text, char buf[static OST_NAME_MAX + 1])
{
	if (text == NULL)
		return false;
	plain_copy(text, buf, OST_NAME_MAX + 1);
	ends_trim(buf);
	return buf[0] != '\0';
}

const char *ost_mud_role_name(const struct ost_mud *mud, char buf[static OST_NAME_MAX + 1])
{
	const char *slash = strrchr(mud->url, '/');

	if (!name_take(mud->model_name, buf) && !name_take(slash + 1, buf) && !name_take(mud->authority, buf))
		(void)snprintf(buf, OST_NAME_MAX + 1, "device");
	return buf;
}

const char *ost_mud_file_name(const struct ost_mud *mud, char buf[static OST_MUD_FILE_NAME])
{
	plain_copy(strstr(mud->url, "://") + 3, buf, OST_MUD_FILE_NAME - 8);
	ends_trim(buf);
	if (strlen(buf) > 5 && strcmp(buf + strlen(buf) - 5, ".json") == 0)
		buf[strlen(buf) - 5] = '\0';
	(void)snprintf(buf + strlen(buf), OST_MUD_FILE_NAME - strlen(buf), "%s.json", buf[0] == '\0' || strcmp(buf, "index") == 0 ? "mud" : "");
	return buf;
}

static void infrastructure_print(const struct ost_mud *mud, bool dns, FILE *f)
{
	bool local = (mud->wants & OST_MUD_WANTS_LOCAL) != 0, ntp = (mud->wants & OST_MUD_WANTS_NTP) != 0;

	if (!dns && !local && !ntp)
		return;
	(void)fprintf(f, "infrastructure:\n");
	if (dns)
		(void)fprintf(f, "  resolvers: 192.0.2.53 # yours\n");
	if (ntp)
		(void)fprintf(f, "  ntp: 192.0.2.123 # yours\n");
	if (local)
		(void)fprintf(f, "  local-networks: [192.0.2.0/24, \"2001:db8::/64\"] # yours\n");
}

static bool is_listed_before(const struct ost_mud *mud, uint32_t index)
{
	for (uint32_t i = 0; i < index; i++) {
		if (mud->aces[i].opens && mud->aces[i].peer == OST_MUD_CONTROLLER &&
			strcmp(mud->aces[i].peer_text, mud->aces[index].peer_text) == 0)
			return true;
	}
	return false;
}

/* RFC 8520 classes of its own are infrastructure already. */
static void controllers_print(const struct ost_mud *mud, FILE *f)
{
	bool head = false;

	for (uint32_t i = 0; i < mud->ace_count; i++) {
		const struct ost_mud_ace *ace = &mud->aces[i];

		if (!ace->opens || ace->peer != OST_MUD_CONTROLLER || strcmp(ace->peer_text, OST_MUD_DNS) == 0 ||
			strcmp(ace->peer_text, OST_MUD_NTP) == 0 || strpbrk(ace->peer_text, "\"\\") != NULL || is_listed_before(mud, i))
			continue;
		if (!head)
			(void)fprintf(f, "controllers:\n");
		head = true;
		(void)fprintf(f, "  \"%s\": { network: 192.0.2.1 } # yours\n", ace->peer_text);
	}
}

static void includes_print(const struct ost_mud *mud, bool dns, FILE *f)
{
	static const struct {
		unsigned bit;
		const char *word;
	} words[] = {
		{OST_INCLUDE_ND, "nd"},
		{OST_INCLUDE_DHCPV6, "dhcpv6"},
		{OST_INCLUDE_IGMP, "igmp"},
	};
	unsigned includes = 0;

	for (uint32_t i = 0; i < mud->ace_count; i++)
		includes |= mud->aces[i].includes;
	(void)fprintf(f, "    include: [arp, dhcp");
	for (uint32_t i = 0; i < OST_ARRAY_SIZE(words); i++) {
		if (includes & words[i].bit)
			(void)fprintf(f, ", %s", words[i].word);
	}
	(void)fprintf(f, "%s%s]\n", dns ? ", dns" : "", mud->wants & OST_MUD_WANTS_NTP ? ", ntp" : "");
}

static bool is_elevated(const struct ost_mud *mud)
{
	for (uint32_t i = 0; i < mud->ace_count; i++) {
		if (mud->aces[i].opens && ost_mud_ace_elevated(&mud->aces[i]))
			return true;
	}
	return false;
}

char *ost_mud_piece(const struct ost_mud *mud, const char *role, const char *file)
{
	bool dns = (mud->wants & (OST_MUD_WANTS_DNS | OST_MUD_WANTS_NAMES)) != 0, elevated = is_elevated(mud);
	char *text = NULL;
	size_t length;
	FILE *f = open_memstream(&text, &length);

	if (f == NULL)
		return NULL;
	(void)fprintf(f, "ostiary: 1\n");
	infrastructure_print(mud, dns, f);
	controllers_print(mud, f);
	(void)fprintf(f, "roles:\n  %s:\n", role);
	(void)fprintf(f, "    authenticate: %s\n", elevated ? "eap-tls # a MAC address proves too little for what it may do with other devices" : "mac");
	includes_print(mud, dns, f);
	(void)fprintf(f, "    mud: %s\n", file);
	if (mud->wants & OST_MUD_WANTS_MY_CONTROLLER)
		(void)fprintf(f, "    my-controller: { network: 192.0.2.2 } # yours\n");
	(void)fprintf(f, "devices:\n  %.60s-1: { role: %s, %s } # yours\n", role, role,
		elevated ? "certificate: \"urn:dev:ser:1\"" : "mac: \"02:00:5e:00:00:01\"");
	if (fclose(f) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
