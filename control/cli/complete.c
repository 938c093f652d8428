/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ostiary complete WHAT: names that ostiaryd knows, for the shell. */
#include <stdio.h>

#include "client.h"
#include "text.h"

#define TIMEOUT_S 1u

static const struct names {
	const char *what, *path, *list, *key;
} names[] = {
	{"devices", "/v1/devices?limit=10000", "devices", "name"},
	{"generations", "/v1/policy/generations?limit=100", "generations", "generation"},
	{"refusals", "/v1/refusals?limit=1000", "refusals", "id"},
	{"tags", "/v1/tags", "tags", "name"},
};

static void name_print(const json_t *item, const char *key)
{
	const char *text = ost_json_text(item, key);

	if (ost_json_u64(item, key) != 0)
		(void)printf("%llu\n", (unsigned long long)ost_json_u64(item, key));
	else if (*text != '\0' && strpbrk(text, " \t\n$`\\\"'") == NULL && ost_text_is_plain(text, strlen(text)))
		(void)puts(text);
}

static void ask(const struct ost_cli *cli, const struct names *n)
{
	struct ost_http_reply reply;
	json_t *answer;
	const json_t *item;
	size_t i;

	if (ost_http_request(cli->paths.api_socket, "GET", n->path, NULL, 0, TIMEOUT_S, &reply) < 0)
		return;
	answer = json_loadb(reply.body, reply.length, 0, NULL);
	ost_http_reply_free(&reply);
	json_array_foreach(json_object_get(answer, n->list), i, item)
		name_print(item, n->key);
	json_decref(answer);
}

void ost_complete_names(const struct ost_cli *cli, const char *what)
{
	for (size_t i = 0; i < OST_ARRAY_SIZE(names); i++) {
		if (strcmp(what, names[i].what) == 0)
			ask(cli, &names[i]);
	}
}
