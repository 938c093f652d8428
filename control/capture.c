/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture.h"

#include <pcap/pcap.h>
#include <stdarg.h>
#include <sys/stat.h>

#include "clock.h"

#ifndef STREAM_BUFFER /* the fuzzer's are smaller: tests/fuzz/clang.ini */
#define STREAM_BUFFER (1u << 20)
#endif

struct ost_capture {
	pcap_t *pcap;
	FILE *stream; /* owned by pcap */
	char *name;
	char *buffer; /* the stream's: one read(2) per MiB, not per 4 KiB */
	uint64_t packets;
	uint64_t all_bytes;
};

struct ost_capture_writer {
	pcap_t *dead;
	pcap_dumper_t *dumper;
	char *name;
	int error; /* first negative errno */
};

static OST_PRINTF(2, 3) void explain(char why[static OST_CAPTURE_WHY], const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(why, OST_CAPTURE_WHY, fmt, ap);
	va_end(ap);
}

static int check_stream(
	FILE *stream, const char *name, uint64_t *ret_bytes, char why[static OST_CAPTURE_WHY])
{
	struct stat st;

	*ret_bytes = 0;
	if (fileno(stream) < 0)
		return 0; /* a stream over memory */
	if (fstat(fileno(stream), &st) < 0) {
		int error = errno;

		explain(why, "%s: %s", name, strerror(error));
		return -error;
	}
	if (S_ISDIR(st.st_mode)) {
		explain(why, "%s is a folder; name the capture files in it", name);
		return -EISDIR;
	}
	if (S_ISREG(st.st_mode))
		*ret_bytes = (uint64_t)st.st_size;
	if (S_ISREG(st.st_mode) && st.st_size == 0) {
		explain(why,
			"%s is empty: no capture; was tcpdump stopped before it wrote (-U helps)?",
			name);
		return -EINVAL;
	}
	return 0;
}

/* libpcap's words may hold a line break; an error of ours is one line. */
static void one_line(char *text)
{
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text < ' ')
			*text = ' ';
	}
}

static int check_link(pcap_t *pcap, const char *name, char why[static OST_CAPTURE_WHY])
{
	int type = pcap_datalink(pcap);
	const char *text = pcap_datalink_val_to_name(type);

	if (type == DLT_EN10MB)
		return 0;
	explain(why,
		"%s has link type %s (%d), and only Ethernet can be judged; capture on an Ethernet "
		"interface (not 'any', not in monitor mode)",
		name, text != NULL ? text : "unknown", type);
	return -EINVAL;
}

/* Takes the stream in any case: pcap_close() closes it, or we do. */
static int open_pcap(struct ost_capture *c, FILE *stream, char why[static OST_CAPTURE_WHY])
{
	char text[PCAP_ERRBUF_SIZE] = "";
	int rc = check_stream(stream, c->name, &c->all_bytes, why);

	if (rc < 0) {
		(void)fclose(stream);
		return rc;
	}
	c->buffer = malloc(STREAM_BUFFER);
	if (c->buffer != NULL)
		(void)setvbuf(stream, c->buffer, _IOFBF, STREAM_BUFFER);
	c->pcap =
		pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO, text);
	if (c->pcap == NULL) {
		(void)fclose(stream);
		one_line(text);
		explain(why,
			"%s is no pcap or pcapng capture (%s); give a file that tcpdump or "
			"Wireshark wrote",
			c->name, text);
		return -EINVAL;
	}
	c->stream = stream;
	return check_link(c->pcap, c->name, why);
}

int ost_capture_open_stream(FILE *stream, const char *name, struct ost_capture **ret_capture,
	char why[static OST_CAPTURE_WHY])
{
	struct ost_capture *c = calloc(1, sizeof(*c));
	int rc;

	if (c != NULL)
		c->name = strdup(name);
	if (c == NULL || c->name == NULL) {
		(void)fclose(stream);
		free(c);
		explain(why, "%s: out of memory", name);
		return -ENOMEM;
	}
	rc = open_pcap(c, stream, why);
	if (rc < 0) {
		ost_capture_free(&c);
		return rc;
	}
	*ret_capture = c;
	return 0;
}

static int fail_open(const char *path, const char *purpose, char why[static OST_CAPTURE_WHY])
{
	int error = errno;

	explain(why, "cannot open %s %s: %s", path, purpose, strerror(error));
	return error > 0 ? -error : -EIO;
}

int ost_capture_open(
	const char *path, struct ost_capture **ret_capture, char why[static OST_CAPTURE_WHY])
{
	bool standard_input = strcmp(path, "-") == 0;
	FILE *stream;

	if (standard_input) {
		int fd = dup(STDIN_FILENO);

		stream = fd < 0 ? NULL : fdopen(fd, "rb");
		if (stream == NULL && fd >= 0)
			(void)close(fd);
	} else {
		stream = fopen(path, "rbe");
	}
	if (stream == NULL)
		return fail_open(standard_input ? "standard input" : path, "for reading", why);
	return ost_capture_open_stream(
		stream, standard_input ? "standard input" : path, ret_capture, why);
}

/* Times outside 1970..2554 are nothing that 64 bits of nanoseconds can hold: they stick to the
 * ends. */
static uint64_t wall_ns_of(const struct timeval *tv)
{
	if (tv->tv_sec < 0 || tv->tv_usec < 0)
		return 0;
	if ((uint64_t)tv->tv_sec >= UINT64_MAX / OST_NS_PER_S - 1)
		return UINT64_MAX - OST_NS_PER_S;
	return (uint64_t)tv->tv_sec * OST_NS_PER_S + (uint64_t)tv->tv_usec % OST_NS_PER_S;
}

static int fail_damaged(struct ost_capture *c, const char *text, char why[static OST_CAPTURE_WHY])
{
	char words[PCAP_ERRBUF_SIZE];
	uint64_t at, all;

	(void)snprintf(words, sizeof(words), "%s", text);
	one_line(words);
	ost_capture_progress(c, &at, &all);
	explain(why,
		"%s is cut short or damaged behind packet %llu, at byte %llu (%s); the packets "
		"before it are judged",
		c->name, (unsigned long long)c->packets, (unsigned long long)at, words);
	return -EIO;
}

int ost_capture_next(struct ost_capture *c, struct ost_capture_packet *ret_packet,
	char why[static OST_CAPTURE_WHY])
{
	struct pcap_pkthdr *header;
	const u_char *bytes;
	int rc = pcap_next_ex(c->pcap, &header, &bytes);

	if (rc == PCAP_ERROR_BREAK)
		return 0;
	if (rc != 1)
		return fail_damaged(c, pcap_geterr(c->pcap), why);
	if (header->caplen > OST_CAPTURE_FRAME_MAX)
		return fail_damaged(c, "packet larger than any Ethernet frame", why);
	c->packets++;
	ret_packet->bytes = bytes;
	ret_packet->length = header->caplen;
	ret_packet->wire_length = OST_MAX(header->len, header->caplen);
	ret_packet->wall_ns = wall_ns_of(&header->ts);
	return 1;
}

uint64_t ost_capture_packets(const struct ost_capture *c)
{
	return c->packets;
}

void ost_capture_progress(
	const struct ost_capture *c, uint64_t *ret_read_bytes, uint64_t *ret_all_bytes)
{
	off_t at = ftello(c->stream);

	*ret_read_bytes = at > 0 ? (uint64_t)at : 0;
	*ret_all_bytes = c->all_bytes;
}

bool ost_capture_same_file(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && S_ISREG(x.st_mode) && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

void ost_capture_free(struct ost_capture **capture)
{
	struct ost_capture *c = *capture;

	if (c == NULL)
		return;
	if (c->pcap != NULL)
		pcap_close(c->pcap);
	free(c->buffer);
	free(c->name);
	free(c);
	*capture = NULL;
}

static void writer_free(struct ost_capture_writer *w)
{
	if (w->dumper != NULL)
		pcap_dump_close(w->dumper);
	if (w->dead != NULL)
		pcap_close(w->dead);
	free(w->name);
	free(w);
}

static int writer_open(
	struct ost_capture_writer *w, const char *path, char why[static OST_CAPTURE_WHY])
{
	FILE *stream;

	w->name = strdup(path);
	w->dead = pcap_open_dead_with_tstamp_precision(
		DLT_EN10MB, OST_CAPTURE_FRAME_MAX, PCAP_TSTAMP_PRECISION_NANO);
	if (w->name == NULL || w->dead == NULL) {
		explain(why, "%s: out of memory", path);
		return -ENOMEM;
	}
	stream = fopen(path, "wbe");
	if (stream == NULL)
		return fail_open(path, "for writing", why);
	w->dumper = pcap_dump_fopen(w->dead, stream);
	if (w->dumper == NULL) {
		int rc = fail_open(path, "for writing", why);

		(void)fclose(stream);
		return rc;
	}
	return 0;
}

int ost_capture_writer_new(
	const char *path, struct ost_capture_writer **ret_writer, char why[static OST_CAPTURE_WHY])
{
	struct ost_capture_writer *w = calloc(1, sizeof(*w));
	int rc;

	if (w == NULL) {
		explain(why, "%s: out of memory", path);
		return -ENOMEM;
	}
	rc = writer_open(w, path, why);
	if (rc < 0) {
		writer_free(w);
		return rc;
	}
	*ret_writer = w;
	return 0;
}

int ost_capture_write(struct ost_capture_writer *w, const struct ost_capture_packet *packet)
{
	struct pcap_pkthdr header = {
		.ts =
			{
				.tv_sec = (time_t)(packet->wall_ns / OST_NS_PER_S),
				.tv_usec = (suseconds_t)(packet->wall_ns % OST_NS_PER_S),
			},
		.caplen = packet->length,
		.len = packet->wire_length,
	};

	if (w->error != 0)
		return w->error;
	errno = 0;
	pcap_dump((u_char *)w->dumper, &header, packet->bytes);
	if (ferror(pcap_dump_file(w->dumper)))
		w->error = errno > 0 ? -errno : -EIO;
	return w->error;
}

int ost_capture_writer_close(struct ost_capture_writer **writer, char why[static OST_CAPTURE_WHY])
{
	struct ost_capture_writer *w = *writer;
	int error;

	if (w == NULL)
		return 0;
	errno = 0;
	if (pcap_dump_flush(w->dumper) != 0 && w->error == 0)
		w->error = errno > 0 ? -errno : -EIO;
	error = w->error;
	if (error < 0)
		explain(why, "%s is not complete: %s; free some room, or write elsewhere", w->name,
			strerror(-error));
	writer_free(w);
	*writer = NULL;
	return error;
}
