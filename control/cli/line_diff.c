/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The longest common subsequence of lines, over what is left when equal ends are taken off. Texts of more than CELLS_MAX pairs of
 * lines are told as one change: this is for people, who would not read more. */
#include "line_diff.h"

#define CELLS_MAX (32u << 20)
#define CONTEXT	  3u

struct line {
	const char *text;
	size_t length;
};

struct lines {
	struct line *items;
	uint32_t count;
};

/* For each line of both, in the order of the result: ' ', '-' or '+'. */
struct script {
	char *marks;
	uint32_t count;
};

static int lines_split(const char *text, struct lines *lines)
{
	uint32_t n = 0;

	for (const char *c = text; *c != '\0'; c++)
		n += *c == '\n';
	lines->items = calloc((size_t)n + 1, sizeof(*lines->items));
	if (lines->items == NULL)
		return -ENOMEM;
	while (*text != '\0') {
		size_t length = strcspn(text, "\n");

		lines->items[lines->count++] = (struct line){text, length};
		text += length + (text[length] == '\n');
	}
	return 0;
}

static bool equal(const struct line *a, const struct line *b)
{
	return a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
}

static void mark(struct script *s, char c, uint32_t times)
{
	for (uint32_t i = 0; i < times; i++)
		s->marks[s->count++] = c;
}

/* cell (i, j): how many lines the rests from i and j on have in common. */
static int middle_mark(struct script *s, const struct line *a, uint32_t n, const struct line *b, uint32_t m)
{
	OST_AUTO_FREE uint16_t *cells = NULL;
	size_t width = (size_t)m + 1;
	uint32_t i = 0, j = 0;

	if ((uint64_t)(n + 1) * (m + 1) > CELLS_MAX) {
		mark(s, '-', n);
		mark(s, '+', m);
		return 0;
	}
	cells = calloc((size_t)(n + 1) * width, sizeof(*cells));
	if (cells == NULL)
		return -ENOMEM;
	for (uint32_t x = n; x-- > 0;)
		for (uint32_t y = m; y-- > 0;)
			cells[x * width + y] = equal(&a[x], &b[y]) ? (uint16_t)(cells[(x + 1) * width + y + 1] + 1)
								  : OST_MAX(cells[(x + 1) * width + y], cells[x * width + y + 1]);
	while (i < n || j < m) {
		if (i < n && j < m && equal(&a[i], &b[j])) {
			mark(s, ' ', 1);
			i++;
			j++;
		} else if (i < n && (j == m || cells[(i + 1) * width + j] >= cells[i * width + j + 1])) {
			mark(s, '-', 1);
			i++;
		} else {
			mark(s, '+', 1);
			j++;
		}
	}
	return 0;
}

static int script_make(struct script *s, const struct lines *a, const struct lines *b)
{
	uint32_t head = 0, tail = 0, least = OST_MIN(a->count, b->count);
	int r;

	s->marks = malloc((size_t)a->count + b->count + 1);
	if (s->marks == NULL)
		return -ENOMEM;
	while (head < least && equal(&a->items[head], &b->items[head]))
		head++;
	while (tail < least - head && equal(&a->items[a->count - 1 - tail], &b->items[b->count - 1 - tail]))
		tail++;
	mark(s, ' ', head);
	r = middle_mark(s, a->items + head, a->count - head - tail, b->items + head, b->count - head - tail);
	if (r == 0)
		mark(s, ' ', tail);
	return r;
}

/* One hunk: marks first to last, of lines from x and y on. */
static void hunk_print(FILE *out, const struct script *s, uint32_t first, uint32_t last, const struct lines *a, uint32_t x, const struct lines *b,
	uint32_t y)
{
	uint32_t n = 0, m = 0;

	for (uint32_t i = first; i < last; i++) {
		n += s->marks[i] != '+';
		m += s->marks[i] != '-';
	}
	(void)fprintf(out, "@@ -%u,%u +%u,%u @@\n", n > 0 ? x + 1 : x, n, m > 0 ? y + 1 : y, m);
	for (uint32_t i = first; i < last; i++) {
		const struct line *line = s->marks[i] == '+' ? &b->items[y] : &a->items[x];

		(void)fprintf(out, "%c%.*s\n", s->marks[i], (int)line->length, line->text);
		x += s->marks[i] != '+';
		y += s->marks[i] != '-';
	}
}

/* Changes with less than twice the context between them are one hunk. */
static void hunks_print(FILE *out, const struct script *s, const struct lines *a, const struct lines *b)
{
	uint32_t i = 0, x = 0, y = 0;

	while (i < s->count) {
		uint32_t first = i, last, quiet = 0, back;

		if (s->marks[i] == ' ') {
			i++;
			x++;
			y++;
			continue;
		}
		for (last = i; last < s->count && quiet <= 2 * CONTEXT; last++)
			quiet = s->marks[last] == ' ' ? quiet + 1 : 0;
		last -= quiet > CONTEXT ? quiet - CONTEXT : 0;
		back = OST_MIN(OST_MIN(CONTEXT, first), OST_MIN(x, y));
		hunk_print(out, s, first - back, last, a, x - back, b, y - back);
		for (; i < last; i++) {
			x += s->marks[i] != '+';
			y += s->marks[i] != '-';
		}
	}
}

int ost_line_diff(FILE *out, const char *name, const char *before, const char *after)
{
	struct lines a = {0}, b = {0};
	struct script s = {0};
	int r = lines_split(before, &a);

	if (r == 0)
		r = lines_split(after, &b);
	if (r == 0)
		r = script_make(&s, &a, &b);
	if (r == 0) {
		(void)fprintf(out, "--- %s\n+++ %s\n", name, name);
		hunks_print(out, &s, &a, &b);
	}
	free(s.marks);
	free(a.items);
	free(b.items);
	return r;
}
