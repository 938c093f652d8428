/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of hosts, as rules and questions write them. */
#include "policy_reader.h"

#define HOST_MAX  253u /* bytes, without the dot at the end: RFC 1035 section 2.3.4 */
#define LABEL_MAX 63u

/* NULL when the label is fine, else what is wrong with it. Letters, digits and the hyphen (RFC 952), and the underscore that
 * names of services and many devices have (RFC 8552). */
static const char *label_flaw(const char *label, size_t length)
{
	static const char set[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

	if (length == 0)
		return "has a part without a letter between its dots; write one dot between two parts";
	if (length > LABEL_MAX)
		return "has a part of more than 63 characters; shorten it";
	if (strspn(label, set) < length)
		return "has a character that no host name has; use letters, digits, '-' and '_'";
	if (label[0] == '-' || label[length - 1] == '-')
		return "has a part that begins or ends with '-'; begin and end it with a letter or a digit";
	return NULL;
}

static bool is_ascii(const char *text)
{
	while (*text != '\0' && (unsigned char)*text < 0x80)
		text++;
	return *text == '\0';
}

/* text: behind the first part, when that was a star. */
static const char *star_flaw(const char *text, bool suffix)
{
	if (suffix)
		return "has a second '*'; write \"*.example.com\": it is every name below example.com, at any depth";
	if (strcmp(text, "*") == 0)
		return "would be every name; write network: any when every address is meant, or \"*.example.com\" for all names below example.com";
	return "has a '*' that is not its whole first part; write \"*.example.com\" for all names below example.com";
}

/* What is written in place of a name now and then. */
static const char *other_flaw(const char *text, bool suffix)
{
	struct ost_prefix prefix;
	struct ost_ip ip;

	if (!is_ascii(text))
		return "is not as the DNS has it; write its A-labels (xn--...), which the command idn2 prints";
	if (ost_ip_parse(text, &ip) == 0 || ost_prefix_parse(text, &prefix) != -EINVAL)
		return "is an address, and no name; write network: with it";
	if (strstr(text, "://") != NULL || strchr(text, '/') != NULL)
		return "is no host name; write the name between // and the next /, and the port as service:";
	if (strchr(text, ':') != NULL)
		return "is no host name; write the name alone, and its port as service:";
	if (strchr(text, '*') != NULL)
		return star_flaw(text, suffix);
	return NULL;
}

static const char *labels_flaw(const char *text, size_t length)
{
	bool number = false;
	size_t begin = 0;

	if (length > HOST_MAX)
		return "has more than 253 characters; shorten it";
	for (size_t i = 0; i <= length; i++) {
		const char *flaw;

		if (i < length && text[i] != '.')
			continue;
		flaw = label_flaw(text + begin, i - begin);
		if (flaw != NULL)
			return flaw;
		number = strspn(text + begin, "0123456789") >= i - begin;
		begin = i + 1;
	}
	/* RFC 3696 section 2: it could be taken for an address. */
	return number ? "ends in a number, as an address does; write network: with the whole address" : NULL;
}

int policy_host_parse(const char *text, struct ost_host *ret_host, char why[static 256])
{
	bool suffix = text[0] == '.' || strncmp(text, "*.", 2) == 0;
	const char *rest = suffix ? strchr(text, '.') + 1 : text, *flaw = other_flaw(rest, suffix);
	size_t length = strlen(rest);
	char *name;

	if (length > 1 && rest[length - 1] == '.')
		length--; /* the root, as in zone files */
	if (flaw == NULL)
		flaw = labels_flaw(rest, length);
	if (flaw != NULL) {
		ost_hint(why, 256, "'%.63s' %s", text, flaw);
		return -EINVAL;
	}
	name = strndup(rest, length);
	if (name == NULL) {
		ost_hint(why, 256, "out of memory");
		return -ENOMEM;
	}
	for (char *c = name; *c != '\0'; c++)
		*c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
	*ret_host = (struct ost_host){name, suffix};
	return 0;
}

/* A name binds what a name server answers that a rule lets the device ask. Without one no rule about names ever matches. */
static void role_check(struct policy_reader *r, const struct ost_role *role)
{
	const struct ost_rule *first = NULL;
	struct ost_pos pos;
	char hint[OST_HINT_MAX];

	for (uint32_t i = 0; i < role->rule_count; i++) {
		if (role->rules[i].flags & OST_RULE_DNS)
			return;
		if (first == NULL && role->rules[i].peer == OST_PEER_NAME)
			first = &role->rules[i];
	}
	if (first == NULL)
		return;
	pos = first->pos;
	pos.file = policy_borrowed_file(r, pos.file);
	ost_hint(hint, sizeof(hint), "add dns to include: of role %s, or a rule to: { network: NAME-SERVER, service: dns }", role->name);
	ost_diag_error(r->y.diag, pos, hint,
		"the rule names hosts, and role %s may ask no name server: its devices would never learn an address by name",
		role->name);
}

void policy_hosts_check(struct policy_reader *r)
{
	for (uint32_t i = 0; i < r->policy->role_count && !r->incomplete && !r->extends_broken; i++)
		role_check(r, &r->policy->roles[i]);
}
