/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case_persons.h"

#include <stdio.h>

#include "case_law.h"

#define WHY(...) (snprintf(ret_why, OST_CASE_WHY, __VA_ARGS__), -EINVAL)

/* Nothing counts that is not on its way to the disk. */
static int journal_check(struct ost_daemon *d, char ret_why[static OST_CASE_WHY])
{
	struct ost_journal_status s;

	ost_journal_status(d->journal, &s);
	if ((s.mode == OST_JOURNAL_SOUND || s.spare) && !d->casebook->counts.restoring)
		return 0;
	(void)snprintf(ret_why, OST_CASE_WHY, "the journal takes nothing now (%s): what is said would not stand there", ost_journal_mode_name(s.mode));
	return -EROFS;
}

static bool is_blank(const char *text)
{
	return text == NULL || text[strspn(text, " \t\r\n")] == '\0';
}

/* ---- decisions ---- */

static int on_journal(void *user, const char *kind, const char *members)
{
	struct ost_case *c = user;
	const struct case_append a = {.kind = kind, .why = c->saying, .members = members, .wall_ns = ost_clock_wall_ns(), .at_once = true, .vital = true};

	return case_append(c->book, c, &a);
}

int case_decisions_begin(struct ost_case *c)
{
	char id[OST_INCIDENT_ID_TEXT];

	return c->decisions != NULL ? 0 : ost_decisions_new(ost_incident_id_text(c->i.id, id), on_journal, c, &c->decisions);
}

int ost_case_decide(struct ost_daemon *d, struct ost_case *c, const char *regime, const struct ost_decision *decision, uint32_t *ret_number,
	uint64_t *ret_at_ns, char ret_why[static OST_CASE_WHY])
{
	static const char *const kinds[] = {"significance", "moment", "answer", "submission"};
	const struct ost_regime *g = case_law_regime(d->casebook, regime);
	uint64_t now_ns = ost_clock_wall_ns();
	int r = journal_check(d, ret_why);

	if (r < 0)
		return r;
	if (g == NULL) {
		(void)WHY("no regime '%.40s' applies here", regime);
		return -ENOENT;
	}
	r = case_decisions_begin(c);
	if (r < 0)
		return r;
	(void)snprintf(c->saying, sizeof(c->saying), "%.16s %s", g->id, kinds[decision->kind]);
	ret_why[0] = '\0';
	r = ost_decisions_add(c->decisions, g, decision, now_ns, false, ret_why);
	if (r < 0)
		return r;
	case_law_follow(c, g);
	*ret_number = ost_decisions_count(c->decisions);
	*ret_at_ns = now_ns;
	return 0;
}

/* ---- how it ended ---- */

int ost_case_close(struct ost_daemon *d, struct ost_case *c, enum ost_verdict verdict, const char *reason, const char *by, const struct ost_case *duplicate,
	char ret_why[static OST_CASE_WHY])
{
	struct ost_casebook *b = d->casebook;
	const struct ost_moment now = {ost_clock_mono_ns(), ost_clock_wall_ns()};
	char *why;
	int r;

	if (is_blank(reason) || strlen(reason) > OST_CASE_TEXT)
		return WHY("a reason is needed, of at most %u bytes: it stands in the journal", OST_CASE_TEXT);
	if (verdict == OST_VERDICT_DUPLICATE && (duplicate == NULL || duplicate == c))
		return WHY("say of which other incident it is a duplicate");
	r = journal_check(d, ret_why);
	if (r < 0)
		return r;
	why = strdup(reason);
	if (why == NULL)
		return -ENOMEM;
	free(c->verdict_why);
	c->verdict_why = why;
	c->verdict = (uint8_t)verdict;
	c->verdict_ns = now.wall_ns;
	(void)snprintf(c->verdict_by, sizeof(c->verdict_by), "%s", by);
	c->duplicate_of[0] = '\0';
	if (duplicate != NULL && verdict == OST_VERDICT_DUPLICATE)
		(void)ost_incident_id_text(duplicate->i.id, c->duplicate_of);
	if (ost_incidents_close(b->incidents, c->i.id, "verdict", now) == 0 || ost_incidents_tell(b->incidents, c->i.id, "verdict", now) == 0)
		return 0; /* the engine's record told it */
	c->i.records++; /* it is the casebook's alone by now; each record of one has an id of its own */
	case_record(b, c, OST_INCIDENT_RECORD_UPDATE, "verdict");
	return 0;
}

/* ---- notes ---- */

void ost_case_note_replay(struct ost_case *c, const char *text, const char *by, uint64_t at_ns)
{
	struct ost_case_note *grown = c->note_count < OST_CASE_NOTES ? reallocarray(c->notes, c->note_count + 1, sizeof(*grown)) : NULL;

	if (grown == NULL)
		return;
	c->notes = grown;
	grown[c->note_count] = (struct ost_case_note){.at_ns = at_ns, .text = strdup(text)};
	(void)snprintf(grown[c->note_count].by, sizeof(grown[0].by), "%s", by);
	if (grown[c->note_count].text != NULL)
		c->note_count++;
}

int ost_case_note(struct ost_daemon *d, struct ost_case *c, const char *text, const char *by, char ret_why[static OST_CASE_WHY])
{
	struct case_append a = {.kind = "incident.note", .why = "note", .wall_ns = ost_clock_wall_ns(), .vital = true, .at_once = true};
	char id[OST_INCIDENT_ID_TEXT];
	struct ost_jsonw w = {0};
	int r = journal_check(d, ret_why);

	if (r < 0)
		return r;
	if (is_blank(text) || strlen(text) > OST_CASE_TEXT)
		return WHY("a note has a text of at most %u bytes", OST_CASE_TEXT);
	if (c->note_count >= OST_CASE_NOTES) {
		(void)WHY("it has %u notes already", OST_CASE_NOTES);
		return -ENOSPC;
	}
	ost_jsonw_string(&w, "message", "a person's note");
	ost_jsonw_object(&w, "ostiary");
	ost_jsonw_object(&w, "note");
	ost_jsonw_string(&w, "incident", ost_incident_id_text(c->i.id, id));
	ost_journal_string(&w, "by", by, strlen(by), 256);
	ost_journal_string(&w, "text", text, strlen(text), 6 * OST_CASE_TEXT);
	ost_jsonw_end(&w, '}');
	ost_jsonw_end(&w, '}');
	a.members = w.text;
	r = w.failed ? -ENOMEM : case_append(d->casebook, c, &a);
	ost_jsonw_free(&w);
	if (r == 0)
		ost_case_note_replay(c, text, by, a.wall_ns);
	return r;
}
