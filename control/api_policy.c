/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "api_policy.h"

#include <inttypes.h>
#include <stdio.h>

#include "text.h"

#define GENERATIONS_SEARCHED 1000u /* of the history, for the one before */

bool ost_api_number_take(const json_t *root, const char *key, uint64_t least, uint64_t most, uint64_t *ret_number)
{
	const json_t *n = json_object_get(root, key);

	if (n == NULL)
		return true;
	if (!json_is_integer(n) || json_integer_value(n) < 0 || (uint64_t)json_integer_value(n) < least ||
		(uint64_t)json_integer_value(n) > most)
		return false;
	*ret_number = (uint64_t)json_integer_value(n);
	return true;
}

static bool message_take(const json_t *root, char to[static 256])
{
	const json_t *text = json_object_get(root, "message");

	if (text == NULL)
		return true;
	if (!json_is_string(text) || json_string_length(text) > 255 ||
		!ost_text_is_plain(json_string_value(text), json_string_length(text)))
		return false;
	(void)snprintf(to, 256, "%s", json_string_value(text));
	return true;
}

int ost_api_choice_read(const char *body, size_t length, struct ost_api_choice *ret_choice, char why[static 256])
{
	struct ost_api_choice c = {0};
	uint64_t confirm_s = 0;
	json_t *root;
	int r = 0;

	if (length == 0) {
		*ret_choice = c;
		return 0;
	}
	root = json_loadb(body, length, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(root)) {
		(void)snprintf(why, 256, "the body is no JSON object");
		r = -EINVAL;
	} else if (!ost_api_number_take(root, "generation", 1, INT64_MAX, &c.generation)) {
		(void)snprintf(why, 256, "generation must be a number from 1 on");
		r = -EINVAL;
	} else if (!ost_api_number_take(root, "confirm", OST_CONFIRM_LEAST_S, OST_CONFIRM_MOST_S, &confirm_s)) {
		(void)snprintf(why, 256, "confirm must be a number of seconds from %u to %u", OST_CONFIRM_LEAST_S, OST_CONFIRM_MOST_S);
		r = -EINVAL;
	} else if (!message_take(root, c.message)) {
		(void)snprintf(why, 256, "message must be one line of at most 255 bytes");
		r = -EINVAL;
	}
	json_decref(root);
	if (r < 0)
		return r;
	c.confirm_s = (uint32_t)confirm_s;
	*ret_choice = c;
	return 0;
}

struct before {
	uint64_t in_force, found;
};

/* Newest first: the first one that stayed in force before the one that is now. */
static void before_find(void *user, const struct ost_generation *g)
{
	struct before *b = user;

	if (b->found == 0 && g->number < b->in_force && g->state == OST_GENERATION_APPLIED)
		b->found = g->number;
}

static int fail(struct ost_apply_result *result, enum ost_apply_kind kind, const char *hint)
{
	result->kind = kind;
	(void)snprintf(result->hint, sizeof(result->hint), "%s", hint);
	return -ENOENT;
}

static int stored_open(struct ost_daemon *d, uint64_t number, struct ost_stored **ret_stored, struct ost_apply_result *result)
{
	int r = ost_stored_open(&d->paths, number, true, ret_stored);

	if (r == 0)
		return 0;
	if (r == -ENOENT)
		(void)snprintf(result->text, sizeof(result->text), "generation %" PRIu64 " is not kept, or not any more", number);
	else
		(void)snprintf(result->text, sizeof(result->text), "generation %" PRIu64 " cannot be read: %s", number,
			r == -EINVAL ? "its meta.json is not sound" : strerror(-r));
	return fail(result, r == -ENOENT ? OST_APPLY_MISSING : OST_APPLY_STORAGE, "ostiary policy history tells which are kept");
}

/* "rollback to 12", and the operator's words behind it. */
static void message_make(struct ost_api_choice *c)
{
	char words[sizeof(c->message)];

	memcpy(words, c->message, sizeof(words));
	(void)snprintf(c->message, sizeof(c->message), "rollback to %" PRIu64 "%s%.200s", c->generation, words[0] != '\0' ? ": " : "",
		words);
}

int ost_api_rollback(struct ost_daemon *d, struct ost_api_choice *choice, uint32_t uid, struct ost_stored **ret_stored,
	struct ost_apply_request *ret_request, struct ost_apply_result *result)
{
	struct before b = {.in_force = d->in_force.number};
	int r;

	if (choice->generation == 0) {
		if (ost_registry_generations_each(d->registry, GENERATIONS_SEARCHED, before_find, &b) < 0 || b.found == 0) {
			(void)snprintf(result->text, sizeof(result->text), "there is no generation before the one in force");
			return fail(result, OST_APPLY_MISSING, "ostiary policy history tells which there are");
		}
		choice->generation = b.found;
	}
	r = stored_open(d, choice->generation, ret_stored, result);
	if (r < 0)
		return r;
	message_make(choice);
	*ret_request = (struct ost_apply_request){.sources = (*ret_stored)->sources, .count = (*ret_stored)->count,
		.message = choice->message, .uid = uid, .confirm_s = choice->confirm_s};
	return 0;
}
