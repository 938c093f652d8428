/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ports of an ACE: RFC 8519 section 4.2, and what the field makes of it. */
#include "mud_reader.h"

#define UNSAID UINT32_MAX

struct port_words {
	uint32_t port, lower, upper; /* or UNSAID */
	const char *operator;	     /* "": unsaid */
};

/* A port, a port and an operator, or a range. NULL when it is fine, else what is wrong. */
static const char *ports_make(const struct port_words *w, struct ost_mud_ports *ret)
{
	static const struct {
		const char *word;
		int below, above; /* which ports beside the named one: 1 all, -1 all, and not it */
	} operators[] = {
		{"", 0, 0}, {"eq", 0, 0}, {"lt", -1, 0}, {"lte", 1, 0}, {"gt", 0, -1}, {"gte", 0, 1}, {"neq", -1, -1},
	};
	uint32_t i = 0;

	if (w->lower != UNSAID || w->upper != UNSAID) {
		if (w->lower == UNSAID || w->upper == UNSAID || w->lower > w->upper)
			return "its port range has no beginning or no end, or ends before it begins";
		/* Files of the field say eq. Any other word would mean something else than the range. */
		if (w->port != UNSAID || (*w->operator != '\0' && strcmp(w->operator, "eq") != 0 && strcmp(w->operator, "range") != 0))
			return "lower-port and upper-port stand beside another port, or an operator that is neither range nor eq";
		*ret = (struct ost_mud_ports){1, {{(uint16_t)w->lower, (uint16_t)w->upper}}};
		return NULL;
	}
	while (i < OST_ARRAY_SIZE(operators) && strcmp(operators[i].word, w->operator) != 0)
		i++;
	if (i == OST_ARRAY_SIZE(operators))
		return "the operator of its port is not known: eq, neq, lt, lte, gt, gte and range are";
	if (w->port == UNSAID)
		return "it does not say which port";
	if (operators[i].below == 0 && operators[i].above == 0)
		ret->ranges[ret->count++] = (struct ost_mud_range){(uint16_t)w->port, (uint16_t)w->port};
	if (operators[i].below == 1)
		ret->ranges[ret->count++] = (struct ost_mud_range){0, (uint16_t)w->port};
	if (operators[i].below == -1 && w->port > 0)
		ret->ranges[ret->count++] = (struct ost_mud_range){0, (uint16_t)(w->port - 1)};
	if (operators[i].above == 1)
		ret->ranges[ret->count++] = (struct ost_mud_range){(uint16_t)w->port, UINT16_MAX};
	if (operators[i].above == -1 && w->port < UINT16_MAX)
		ret->ranges[ret->count++] = (struct ost_mud_range){(uint16_t)(w->port + 1), UINT16_MAX};
	return ret->count == 0 ? "no port is below 0 or above 65535" : NULL;
}

static bool word_read(struct mud_reader *r, const struct mud_node *value, struct port_words *w)
{
	const char *name = mud_local_name(value->key);

	if (strcmp(name, "operator") == 0)
		return mud_string(r, value, 64, &w->operator);
	if (strcmp(name, "port") == 0)
		return mud_number(r, value, 0, UINT16_MAX, &w->port);
	if (strcmp(name, "lower-port") == 0)
		return mud_number(r, value, 0, UINT16_MAX, &w->lower);
	if (strcmp(name, "upper-port") == 0)
		return mud_number(r, value, 0, UINT16_MAX, &w->upper);
	mud_ace_say(r, r->ace, OST_MUD_REFUSED, "its match '%.64s' is not known, and without it the rule would allow more", value->key);
	return true;
}

void mud_ports_read(struct mud_reader *r, const struct mud_node *node, struct ost_mud_ports *ret_ports)
{
	struct port_words w = {UNSAID, UNSAID, UNSAID, ""};
	struct ost_mud_ports ports = {0};
	const char *flaw;

	if (!mud_is_object(r, node, node->key))
		return;
	MUD_JSON_EACH(node, value)
	{
		if (!word_read(r, value, &w))
			return;
	}
	flaw = ports_make(&w, &ports);
	if (flaw != NULL)
		mud_ace_say(r, r->ace, OST_MUD_REFUSED, "%s", flaw);
	else if (w.lower != UNSAID && strcmp(w.operator, "eq") == 0)
		mud_ace_say(r, r->ace, OST_MUD_CHANGED, "lower-port and upper-port stand beside 'eq': read as the range %u-%u", w.lower, w.upper);
	*ret_ports = ports;
}

bool mud_ports_equal(const struct ost_mud_ports *a, const struct ost_mud_ports *b)
{
	if (a->count != b->count)
		return false;
	for (uint32_t i = 0; i < a->count; i++) {
		if (a->ranges[i].lo != b->ranges[i].lo || a->ranges[i].hi != b->ranges[i].hi)
			return false;
	}
	return true;
}
