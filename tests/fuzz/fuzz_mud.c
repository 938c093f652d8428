/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a MUD file: a file or findings. What is read has a fate and a text for each ACE, and its rules at a site with
 * everything compile into an image that opens; no rule is of an ACE that was refused. */
#include "compile.h"
#include "mud.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool sound)
{
	if (!sound)
		abort();
}

static void aces_check(const struct ost_mud *mud)
{
	uint32_t counts[3] = {0};
	char text[512];

	for (uint32_t i = 0; i < mud->ace_count; i++) {
		const struct ost_mud_ace *ace = &mud->aces[i];

		counts[ace->fate]++;
		check(ace->fate == OST_MUD_TAKEN || ace->why != NULL);
		check(ace->pos.line > 0 && ace->pos.column > 0 && ace->pointer[0] == '/');
		check(!(ace->opens && (ace->drop || ace->fate == OST_MUD_REFUSED)));
		check(ace->mate < (int32_t)mud->ace_count);
		check(strlen(ost_mud_ace_text(ace, text, sizeof(text))) < sizeof(text));
		/* RFC 8520 section 8: nobody gets in by a TCP ACE that does not say so. */
		check(!(ace->opens && ace->to_device && ace->protocol == 6 && ace->initiated == OST_MUD_UNSAID &&
			(ace->mate < 0 || mud->aces[ace->mate].initiated != OST_MUD_TO_DEVICE)));
	}
	check(memcmp(counts, mud->counts, sizeof(counts)) == 0);
}

static void rules_check(const struct ost_mud *mud)
{
	static const struct ost_prefix local[] = {{{{10, 1}, OST_IPV4}, 16}, {{{0xfd}, OST_IPV6}, 64}};
	static const struct ost_prefix server = {{{10, 9, 0, 53}, OST_IPV4}, 32};
	static const uint32_t roles[] = {0};
	const struct ost_mud_class classes[] = {{OST_MUD_GATEWAY, &server, 1, NULL, 0}, {"urn:a", NULL, 0, roles, 1}};
	struct ost_role role = {.name = (char *)"r", .pos = {"p", 1, 1}, .authenticate = OST_AUTH_EAP_TLS, .mud_url = (char *)(uintptr_t)mud->url};
	struct ost_policy policy = {.roles = &role, .role_count = 1};
	const struct ost_mud_site site = {.policy = &policy, .local = local, .local_count = 2, .resolvers = &server, .resolver_count = 1,
		.ntp = &server, .ntp_count = 1, .classes = classes, .class_count = 2, .my_controller = &classes[1]};
	struct ost_mud_rules rules;
	struct ost_diag diag = {0};
	struct ost_image image;
	char why[256];
	size_t length;
	void *bytes;

	if (ost_mud_rules_make(mud, &site, "p", &rules) < 0)
		return;
	for (uint32_t i = 0; i < rules.count; i++)
		check(rules.rules[i].service_count > 0 && rules.rules[i].text != NULL && rules.rules[i].assurance >= OST_ASSURANCE_IDENTIFIED);
	role.rules = rules.rules;
	role.rule_count = rules.count;
	if (ost_policy_compile(&policy, 1, &diag, &bytes, &length) == 0) {
		check(ost_image_open(bytes, length, &image, why) == 0);
		free(bytes);
	}
	ost_diag_free(&diag);
	ost_mud_rules_close(&rules);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ost_mud *mud = NULL;
	struct ost_diag diag = {0};
	char line[1024];
	int r = ost_mud_read("m.json", (const char *)data, size, &diag, &mud);

	check((r == 0) == (mud != NULL) && (r == 0) == (diag.errors == 0));
	for (uint32_t i = 0; i < diag.count; i++) {
		check(diag.findings[i].pos.file != NULL);
		(void)ost_finding_format(&diag.findings[i], line, sizeof(line));
	}
	if (mud != NULL) {
		aces_check(mud);
		rules_check(mud);
	}
	ost_mud_free(&mud);
	ost_diag_free(&diag);
	return 0;
}
