/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ostiaryd's half of export without the rest of it: a journal in ROOT/var/lib/ostiary/journal, served to ostiary-exportd at ROOT/run/ostiary/export.sock.
 * Commands come by standard input, each is answered by one line when it is done:
 *   add COUNT BYTES   appends so many records, each with a text of so many bytes   "size N": covered by a checkpoint
 *   prune SEQ         forgets the segments before it                               "minimum N"
 *   status            what is known of the destinations                            JSON
 */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>

#include "export_link.h"
#include "file.h"
#include "jsonw.h"
#include "log.h"
#include "paths.h"

static struct ost_journal *journal;
static struct ost_export_link *export_link;
static uint64_t acknowledged;

static void on_acknowledged(void *user, const struct ost_journal_ack *ack)
{
	(void)user;
	acknowledged += ack->result == 0;
}

static void on_covered(void *user, uint64_t size, const char *note)
{
	(void)user;
	if (export_link != NULL)
		ost_export_link_covered(export_link, size, note);
}

static void drain(void)
{
	struct pollfd p = {.fd = ost_journal_fd(journal), .events = POLLIN};

	(void)poll(&p, 1, 10);
	ost_journal_drain(journal);
}

static void journal_wait(void)
{
	struct ost_journal_status s;

	do {
		drain();
		ost_journal_status(journal, &s);
	} while (s.mode == OST_JOURNAL_STARTING || s.waiting > 0);
}

static void add(unsigned count, unsigned bytes)
{
	struct ost_journal_record record = {.kind = "test.made", .cookie = 1};
	const uint64_t wanted = acknowledged + count;
	struct ost_journal_status s;
	struct ost_jsonw w = {0};
	char *text = malloc(bytes + 1);

	if (text == NULL)
		abort();
	memset(text, 'x', bytes);
	text[bytes] = '\0';
	for (unsigned i = 0; i < count; i++) {
		ost_jsonw_reset(&w);
		ost_jsonw_string(&w, "message", text);
		ost_jsonw_object(&w, "event");
		ost_jsonw_string(&w, "action", "test");
		ost_jsonw_end(&w, '}');
		record.members = w.text;
		while (ost_journal_append(journal, &record) < 0)
			drain();
	}
	while (acknowledged < wanted)
		drain();
	ost_jsonw_free(&w);
	free(text);
	ost_journal_status(journal, &s);
	(void)printf("size %" PRIu64 "\n", s.size);
}

static void prune(uint64_t seq)
{
	struct ost_journal_status s;

	if (ost_journal_prune(journal, seq, 0, "test") < 0)
		abort();
	do {
		drain();
		ost_journal_status(journal, &s);
	} while (s.minimum == 0);
	journal_wait();
	(void)printf("minimum %" PRIu64 "\n", s.minimum);
}

static void status(void)
{
	struct ost_jsonw w = {0};

	ost_jsonw_object(&w, NULL);
	ost_export_link_json(export_link, &w);
	ost_jsonw_end(&w, '}');
	(void)printf("%s\n", w.text);
	ost_jsonw_free(&w);
}

int main(int argc, char **argv)
{
	struct ost_paths paths;
	struct ost_journal_config config = {.origin = "test/ostiary/journal", .segment_bytes = 1 << 20, .acknowledged = on_acknowledged, .covered = on_covered};
	struct ost_export_link_config link;
	char line[256];

	ost_log_open("ost-export-source", OST_LOG_INFO);
	if (argc != 2 || ost_paths_init(&paths, argv[1]) < 0 || ost_dir_make(paths.state_dir, 0700) < 0 || ost_dir_make(paths.run_dir, 0700) < 0)
		return 2;
	config.path = paths.journal_dir;
	if (ost_journal_open(&config, &journal) < 0)
		return 2;
	link = (struct ost_export_link_config){.socket_path = paths.export_socket, .journal_path = paths.journal_dir, .journal = journal};
	if (ost_export_link_new(&link, &export_link) < 0)
		return 2;
	journal_wait();
	while (fgets(line, sizeof(line), stdin) != NULL) {
		unsigned count, bytes;
		uint64_t seq;

		if (sscanf(line, "add %u %u", &count, &bytes) == 2)
			add(count, bytes);
		else if (sscanf(line, "prune %" SCNu64, &seq) == 1)
			prune(seq);
		else
			status();
		(void)fflush(stdout);
	}
	ost_export_link_free(&export_link);
	ost_journal_close(&journal);
	return 0;
}
