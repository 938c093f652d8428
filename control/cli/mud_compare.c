/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mud_compare.h"

#include <stdio.h>

#include "difference.h"
#include "mud_approved.h"
#include "mud_piece.h"
#include "plan_words.h"
#include "policy_yaml.h"

#define FILE_NAME "mud/file.json"

struct side {
	struct ost_diag diag;
	struct ost_policy *policy;
};

/* The same piece of a policy around each version: all that differs is the file. */
static int side_make(struct side *s, const char *piece, struct ost_mud_bytes_of file)
{
	char hash[OST_MUD_HASH_TEXT], *approved = NULL;
	const struct ost_mud_approval approval = {.sha256 = hash, .url = "", .by = "", .when = ""};
	int r = ost_mud_hash(file.bytes, file.length, hash);

	if (r == 0)
		r = ost_mud_approved_put(NULL, 0, &approval, &approved);
	if (r == 0) {
		const struct ost_policy_source sources[] = {{"policy.yaml", piece, strlen(piece)}, {FILE_NAME, file.bytes, file.length},
			{"mud/" OST_MUD_APPROVED_NAME, approved, strlen(approved)}};

		r = ost_policy_parse(sources, OST_ARRAY_SIZE(sources), &s->diag, &s->policy);
	}
	free(approved);
	return r;
}

static void side_free(struct side *s)
{
	ost_diag_free(&s->diag);
	ost_policy_free(&s->policy);
}

static int sentence_add(char ***list, uint32_t *count, const struct ost_change *c)
{
	char service[OST_PLAN_WORDS], peer[OST_PLAN_WORDS], *text = NULL;
	char **grown = reallocarray(*list, *count + 1, sizeof(*grown));
	bool condition = c->kind == OST_CHANGE_CONDITION;

	if (grown == NULL)
		return -ENOMEM;
	*list = grown;
	if (asprintf(&text, "%s %s%s%s", ost_plan_service(c, service), c->direction == OST_TO ? "to " : "from ",
		    c->peer == OST_CHANGE_DEVICES ? "other devices" : ost_plan_peer(c, peer), condition ? ", under other conditions" : "") < 0)
		return -ENOMEM;
	grown[(*count)++] = text;
	return 0;
}

int ost_mud_compare(const struct ost_mud *mud, struct ost_mud_bytes_of before, struct ost_mud_bytes_of after,
	struct ost_mud_comparison *ret_comparison)
{
	char *piece = ost_mud_piece(mud, "device", FILE_NAME);
	struct side old = {0}, new = {0};
	struct ost_mud_comparison made = {0};
	struct ost_difference d = {0};
	int r = piece != NULL ? side_make(&old, piece, before) : -ENOMEM;

	if (r == 0)
		r = side_make(&new, piece, after);
	if (r == 0)
		r = ost_difference_make(old.policy, new.policy, &d);
	for (uint32_t i = 0; i < d.change_count && r == 0; i++) {
		const struct ost_change *c = &d.changes[i];

		/* Other conditions may be looser. */
		r = c->kind == OST_CHANGE_LOSS ? sentence_add(&made.losses, &made.loss_count, c)
					       : sentence_add(&made.gains, &made.gain_count, c);
	}
	ost_difference_free(&d);
	side_free(&old);
	side_free(&new);
	free(piece);
	if (r == 0)
		*ret_comparison = made;
	else
		ost_mud_comparison_free(&made);
	return r == 0 || r == -ENOMEM ? r : -EINVAL;
}

void ost_mud_comparison_free(struct ost_mud_comparison *comparison)
{
	for (uint32_t i = 0; i < comparison->gain_count; i++)
		free(comparison->gains[i]);
	for (uint32_t i = 0; i < comparison->loss_count; i++)
		free(comparison->losses[i]);
	free(comparison->gains);
	free(comparison->losses);
	*comparison = (struct ost_mud_comparison){0};
}
