/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ostiaryd's half of authentication through its real sockets: a whole ostiaryd in a child, and this test as its data plane, its
 * authenticator and its operator. Killed and started again, it gives nobody a right that he had not. */
#include <event2/event.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "clock.h"
#include "compile.h"
#include "daemon.h"
#include "file.h"
#include "http.h"
#include "log.h"
#include "msg.h"
#include "policy_yaml.h"

#define DEVICES_MAX 8
#define WITHIN_MS   10000

static const char yaml[] = "ostiary: 1\n"
			   "roles: { eap: { authenticate: eap-tls, include: [arp] }, plain: { include: [arp] } }\n"
			   "devices:\n"
			   "  cam: { role: eap, certificate: \"urn:dev:cam\" }\n"
			   "  door: { role: eap, certificate: \"urn:dev:door\" }\n"
			   "  plc: { role: plain, mac: \"02:00:00:00:00:0e\" }\n";

enum { CAM,
	DOOR,
	PLC };

struct lab {
	char root[64];
	struct ost_paths paths;
	pid_t child;
	int listener, dataplane, authd;
	uint8_t enforced[DEVICES_MAX]; /* by device: the state that the data plane was told last; 0xff: nothing */
	unsigned most[DEVICES_MAX];    /* by device: rights that it was told since the connection */
	uint32_t admits;
	uint64_t down_ns; /* of the port's link */
	uint64_t conversation;
	_Alignas(8) uint8_t payload[OST_MSG_PAYLOAD_MAX];
};

/* ---- the child ---- */

static _Noreturn void child_run(const struct lab *l)
{
	struct event_base *base = event_base_new();
	struct ost_daemon *d = NULL;
	char why[OST_DAEMON_WHY];

	ost_log_open("ostiaryd", OST_LOG_ERROR);
	if (base == NULL || ost_daemon_new(base, &l->paths, 100, why, &d) < 0) {
		(void)fprintf(stderr, "# %s\n", why);
		_exit(1);
	}
	(void)event_base_dispatch(base);
	_exit(0);
}

static void child_start(struct lab *l)
{
	(void)fflush(NULL);
	l->child = fork();
	assert_true(l->child >= 0);
	if (l->child == 0)
		child_run(l);
}

static void child_kill(struct lab *l)
{
	int status;

	assert_int_equal(kill(l->child, SIGKILL), 0);
	assert_int_equal(waitpid(l->child, &status, 0), l->child);
	l->child = 0;
}

/* ---- the data plane ---- */

static void tell(int fd, uint16_t type, uint32_t sequence, const void *m, size_t length)
{
	assert_int_equal(ost_msg_send(fd, type, sequence, m, length, -1), 0);
}

static void hello(int fd, enum ost_program program)
{
	const struct ost_msg_hello m = {.program = program, .pid = (uint32_t)getpid(), .generation = 7, .version = "test"};

	tell(fd, OST_MSG_HELLO, 0, &m, sizeof(m));
}

static void ports_tell(struct lab *l, bool up)
{
	const struct ost_msg_port_stats m = {.name = "dev1", .driver = "test", .side = OST_SIDE_DEVICE, .link_up = up};
	struct ost_msg_port_link link = {.name = "dev1", .up = up};

	if (!up)
		l->down_ns = ost_clock_mono_ns();
	link.down_ns = l->down_ns;
	tell(l->dataplane, OST_MSG_PORT_STATS, 0, &m, sizeof(m));
	tell(l->dataplane, OST_MSG_PORT_LINK, 0, &link, sizeof(link));
}

static bool readable(int fd, int ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, ms) == 1;
}

static void admitted(struct lab *l, const struct ost_msg_header *h)
{
	const struct ost_msg_ack ack = {0};
	struct ost_msg_admit m;

	memcpy(&m, l->payload, sizeof(m));
	assert_int_equal(m.generation, 7);
	assert_true(m.device < DEVICES_MAX);
	l->enforced[m.device] = m.state;
	l->most[m.device] |= ost_state_rights((enum ost_state)m.state);
	l->admits++;
	tell(l->dataplane, OST_MSG_ACK, h->sequence, &ack, sizeof(ack));
}

/* Answers what the data plane is asked; false: nothing came in time. */
static bool dataplane_serve(struct lab *l, int ms)
{
	struct ost_msg_header h;
	int fd = -1;

	if (!readable(l->dataplane, ms) || ost_msg_receive(l->dataplane, &h, l->payload, &fd) < 0)
		return false;
	ost_cleanup_close(&fd);
	if (h.type == OST_MSG_ADMIT)
		admitted(l, &h);
	else if (h.type == OST_MSG_STATS_REQUEST)
		tell(l->dataplane, OST_MSG_STATS_END, h.sequence, NULL, 0);
	return true;
}

static void until_enforced(struct lab *l, uint32_t device, enum ost_state state)
{
	uint64_t end_ns = ost_clock_mono_ns() + WITHIN_MS * OST_NS_PER_MS;

	while (l->enforced[device] != state && ost_clock_mono_ns() < end_ns)
		(void)dataplane_serve(l, 100);
	assert_int_equal(l->enforced[device], state);
}

static void dataplane_join(struct lab *l)
{
	assert_true(readable(l->listener, WITHIN_MS));
	l->dataplane = accept4(l->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	assert_true(l->dataplane >= 0);
	memset(l->enforced, 0xff, sizeof(l->enforced));
	memset(l->most, 0, sizeof(l->most));
	hello(l->dataplane, OST_PROGRAM_DATAPLANE);
	ports_tell(l, true);
	/* What must prove itself is told in any case: then everything was. */
	until_enforced(l, DOOR, l->enforced[DOOR] == 0xff ? OST_STATE_UNKNOWN : l->enforced[DOOR]);
}

/* ---- the authenticator ---- */

static int authd_connect(struct lab *l)
{
	uint64_t end_ns = ost_clock_mono_ns() + WITHIN_MS * OST_NS_PER_MS;
	int fd = -1;

	while (ost_msg_connect(l->paths.auth_socket, &fd) < 0) {
		assert_true(ost_clock_mono_ns() < end_ns);
		(void)poll(NULL, 0, 1);
	}
	return fd;
}

static bool closed(int fd)
{
	uint64_t end_ns = ost_clock_mono_ns() + WITHIN_MS * OST_NS_PER_MS;
	uint8_t byte[4096];

	while (ost_clock_mono_ns() < end_ns) {
		if (readable(fd, 1000) && recv(fd, byte, sizeof(byte), MSG_DONTWAIT) <= 0)
			return true;
	}
	return false;
}

static void authd_join(struct lab *l)
{
	l->authd = authd_connect(l);
	hello(l->authd, OST_PROGRAM_AUTHD);
}

static uint64_t claim_tell(struct lab *l, const char *identity, uint8_t last)
{
	struct ost_msg_auth_claim m = {.conversation = ++l->conversation, .place = {.mac = {2, 0, 0, 0, 0, last}}, .way = OST_AUTH_WAY_EAPOL, .proof = {.issuer = "site CA", .tls_version = "TLSv1.3", .assurance = OST_ASSURANCE_SOFTWARE, .serial = {0xab}, .serial_length = 1, .gateway_sha256 = {0xcd}}};

	m.proof.not_after_wall_s = ost_clock_wall_ns() / OST_NS_PER_S + 86400;
	(void)snprintf(m.proof.identity, sizeof(m.proof.identity), "%s", identity);
	tell(l->authd, OST_MSG_AUTH_CLAIM, 0, &m, sizeof(m));
	return m.conversation;
}

/* The next decision; the data plane is served meanwhile. */
static struct ost_msg_auth_decision decision(struct lab *l, uint64_t conversation)
{
	uint64_t end_ns = ost_clock_mono_ns() + WITHIN_MS * OST_NS_PER_MS;
	struct ost_msg_auth_decision m = {0};
	struct ost_msg_header h;
	int fd = -1;

	while (ost_clock_mono_ns() < end_ns) {
		(void)dataplane_serve(l, 1);
		if (!readable(l->authd, 1))
			continue;
		assert_int_equal(ost_msg_receive(l->authd, &h, l->payload, &fd), 0);
		if (h.type != OST_MSG_AUTH_DECISION)
			continue;
		memcpy(&m, l->payload, sizeof(m));
		assert_int_equal(m.conversation, conversation);
		return m;
	}
	fail_msg("no decision came");
	return m;
}

static void outcome_tell(struct lab *l, uint64_t conversation, uint8_t last, enum ost_auth_reason reason)
{
	const struct ost_msg_auth_outcome m = {.conversation = conversation, .place = {.mac = {2, 0, 0, 0, 0, last}}, .way = OST_AUTH_WAY_EAPOL, .reason = (uint8_t)reason, .claimed = conversation != 0};

	tell(l->authd, OST_MSG_AUTH_OUTCOME, 0, &m, sizeof(m));
}

static uint8_t let_in(struct lab *l, const char *identity, uint8_t last)
{
	uint64_t conversation = claim_tell(l, identity, last);
	uint8_t reason = decision(l, conversation).reason;

	if (reason == OST_AUTH_REASON_NONE)
		outcome_tell(l, conversation, last, OST_AUTH_REASON_NONE);
	return reason;
}

/* ---- the operator ---- */

static unsigned ask(struct lab *l, const char *method, const char *path, const char *body, char *ret_text, size_t size)
{
	struct ost_http_reply reply = {0};
	unsigned status;

	assert_int_equal(ost_http_request(l->paths.api_socket, method, path, body, body != NULL ? strlen(body) : 0, 10, &reply), 0);
	status = reply.status;
	if (ret_text != NULL)
		(void)snprintf(ret_text, size, "%s", reply.body);
	ost_http_reply_free(&reply);
	return status;
}

static unsigned post(struct lab *l, const char *path, const char *body)
{
	return ask(l, "POST", path, body, NULL, 0);
}

static bool told(struct lab *l, const char *path, const char *words)
{
	static char text[1 << 20];

	return ask(l, "GET", path, NULL, text, sizeof(text)) == 200 && strstr(text, words) != NULL;
}

static void until_told(struct lab *l, const char *path, const char *words)
{
	uint64_t end_ns = ost_clock_mono_ns() + WITHIN_MS * OST_NS_PER_MS;

	while (!told(l, path, words)) {
		if (ost_clock_mono_ns() > end_ns)
			fail_msg("%s does not say: %s", path, words);
		(void)dataplane_serve(l, 10);
	}
}

static bool logged(const struct lab *l, const char *a, const char *b)
{
	char *text = NULL, *line, *rest;
	size_t length = 0;
	bool found = false;

	if (ost_file_read(l->paths.admission_log, 1 << 20, &text, &length) < 0)
		return false;
	for (line = strtok_r(text, "\n", &rest); line != NULL && !found; line = strtok_r(NULL, "\n", &rest))
		found = strstr(line, a) != NULL && strstr(line, b) != NULL;
	free(text);
	return found;
}

/* ---- the lab ---- */

static void image_write(const struct lab *l)
{
	const struct ost_policy_source source = {"t.yaml", yaml, strlen(yaml)};
	struct ost_policy *policy = NULL;
	struct ost_diag diag = {0};
	void *bytes = NULL;
	size_t length;
	FILE *f;

	assert_int_equal(ost_policy_parse(&source, 1, &diag, &policy), 0);
	assert_int_equal(ost_policy_compile(policy, 7, &diag, &bytes, &length), 0);
	f = fopen(l->paths.last_image, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, length, f), length);
	assert_int_equal(fclose(f), 0);
	free(bytes);
	ost_policy_free(&policy);
	ost_diag_free(&diag);
}

static void begin(struct lab *l)
{
	child_start(l);
	dataplane_join(l);
	authd_join(l);
}

static void end(struct lab *l)
{
	child_kill(l);
	ost_cleanup_close(&l->dataplane);
	ost_cleanup_close(&l->authd);
}

static int setup(void **state)
{
	struct lab *l = calloc(1, sizeof(*l));

	assert_non_null(l);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)snprintf(l->root, sizeof(l->root), "/tmp/ost-authority-XXXXXX");
	assert_non_null(mkdtemp(l->root));
	assert_int_equal(ost_paths_init(&l->paths, l->root), 0);
	assert_int_equal(ost_dir_make(l->paths.generations, 0700), 0);
	assert_int_equal(ost_dir_make(l->paths.run_dir, 0700), 0);
	image_write(l);
	assert_int_equal(ost_msg_listen(l->paths.dataplane_socket, 0600, &l->listener), 0);
	begin(l);
	*state = l;
	return 0;
}

static int teardown(void **state)
{
	struct lab *l = *state;
	char *const argv[] = {"rm", "-rf", l->root, NULL};
	pid_t p;

	if (l->child != 0)
		end(l);
	ost_cleanup_close(&l->listener);
	p = fork();
	if (p == 0) {
		(void)execvp("rm", argv);
		_exit(1);
	}
	(void)waitpid(p, NULL, 0);
	free(l);
	return 0;
}

/* ---- the tests ---- */

static void the_data_plane_first(void **state)
{
	struct lab *l = *state;
	uint64_t conversation = claim_tell(l, "urn:dev:cam", 1);
	struct ost_msg_header h = {0};
	int fd = -1;

	while (h.type != OST_MSG_ADMIT) {
		assert_true(readable(l->dataplane, WITHIN_MS));
		assert_int_equal(ost_msg_receive(l->dataplane, &h, l->payload, &fd), 0);
	}
	/* Not acknowledged yet: the other requests go on, and the device waits. */
	assert_true(told(l, "/v1/devices/cam", "\"state\":\"unknown\""));
	while (readable(l->authd, 0)) {
		struct ost_msg_header other;
		static _Alignas(8) uint8_t payload[OST_MSG_PAYLOAD_MAX];

		assert_int_equal(ost_msg_receive(l->authd, &other, payload, &fd), 0);
		assert_int_not_equal(other.type, OST_MSG_AUTH_DECISION);
	}
	admitted(l, &h);
	assert_int_equal(l->enforced[CAM], OST_STATE_AUTHENTICATED);
	assert_int_equal(decision(l, conversation).reason, OST_AUTH_REASON_NONE);
	outcome_tell(l, conversation, 1, OST_AUTH_REASON_NONE);
	until_told(l, "/v1/devices/cam", "\"confirmed\":true");
	assert_true(told(l, "/v1/devices/cam", "\"identity\":\"urn:dev:cam\""));
	assert_true(told(l, "/metrics", "ostiary_authd_up 1"));
	assert_true(told(l, "/metrics", "ostiary_devices{state=\"authenticated\"} 1"));
	assert_true(told(l, "/v1/status", "\"connected\":true"));
	/* Both halves, and what it is bound to. */
	assert_true(logged(l, "\"event\":\"admitted\"", "\"identity\":\"urn:dev:cam\""));
	assert_true(logged(l, "\"event\":\"admitted\"", "\"gateway_sha256\":\"cd00"));
	assert_true(logged(l, "\"event\":\"admitted\"", "\"generation\":7"));
}

static void refused_claims(void **state)
{
	struct lab *l = *state;

	assert_int_equal(let_in(l, "urn:dev:stranger", 1), OST_AUTH_REASON_WRONG_NAME);
	until_told(l, "/metrics", "ostiary_auth_denied_total{reason=\"wrong-name\"} 1");
	outcome_tell(l, 0, 1, OST_AUTH_REASON_UNKNOWN_CA);
	until_told(l, "/metrics", "ostiary_auth_failed_total{reason=\"unknown-ca\"} 1");
	assert_true(told(l, "/metrics", "ostiary_devices{state=\"authenticated\"} 0"));
}

/* A certificate that proved nothing stands in an object of its own, and so do its names. */
static void shown_certificates_are_evidence(void **state)
{
	struct ost_msg_auth_outcome m = {.place = {.mac = {2, 0, 0, 0, 0, 1}}, .reason = OST_AUTH_REASON_EXPIRED, .shown = OST_AUTH_SHOWN_UNPROVED,
		.proof = {.identity = "urn:dev:old", .subject = "old", .issuer = "CA", .key = "RSA-2048", .certificate_sha256 = {0xab, 0xcd}, .serial = {1, 2},
			.serial_length = 2, .not_after_wall_s = 1}};
	struct lab *l = *state;

	tell(l->authd, OST_MSG_AUTH_OUTCOME, 0, &m, sizeof(m));
	until_told(l, "/metrics", "ostiary_auth_failed_total{reason=\"expired\"} 1");
	for (int i = 0; i < 500 && !logged(l, "\"event\":\"failed\"", "\"shown\""); i++) /* lines are written once a second */
		(void)usleep(10000);
	assert_true(logged(l, "\"event\":\"failed\"", "\"shown\":{\"proved\":false,\"identity\":\"urn:dev:old\",\"certificate_sha256\":\"abcd00"));
	assert_true(logged(l, "\"event\":\"failed\"", "\"serial\":\"0102\""));
	assert_true(logged(l, "\"event\":\"failed\"", "\"key\":\"RSA-2048\""));
}

static void counts_tell(struct lab *l, uint64_t crl_this_s, uint64_t crl_next_s)
{
	const struct ost_msg_auth_counts m = {.crl_this_update_wall_s = crl_this_s, .crl_next_update_wall_s = crl_next_s};

	tell(l->authd, OST_MSG_AUTH_COUNTS, 0, &m, sizeof(m));
}

/* By the list's own dates, whenever its file was written. */
static void an_old_list_is_told(void **state)
{
	uint64_t now_s = ost_clock_wall_ns() / OST_NS_PER_S;
	struct lab *l = *state;

	counts_tell(l, now_s - 70 * 3600, now_s + 30 * 3600);
	until_told(l, "/v1/status", "\"crl_begins\":\"20");
	assert_true(told(l, "/metrics", "ostiary_crl_old 0"));
	assert_false(told(l, "/v1/status", "the revocation list ends"));
	counts_tell(l, now_s - 80 * 3600, now_s + 20 * 3600 + 1800);
	until_told(l, "/metrics", "ostiary_crl_old 1");
	assert_true(told(l, "/v1/status", "the revocation list ends in 20 hours"));
	counts_tell(l, now_s - 80 * 3600, now_s - 5400);
	until_told(l, "/v1/status", "the revocation list is past its date: nobody new is let in, and re-authentication is put off for 23 hours more");
	counts_tell(l, now_s - 800 * 3600, now_s - 25 * 3600);
	until_told(l, "/v1/status", "the revocation list is long past its date");
	assert_true(told(l, "/metrics", "ostiary_crl_old 1"));
}

static void revoked_at_once(void **state)
{
	struct lab *l = *state;
	uint64_t start_ns;

	assert_int_equal(let_in(l, "urn:dev:cam", 1), OST_AUTH_REASON_NONE);
	start_ns = ost_clock_mono_ns();
	assert_int_equal(post(l, "/v1/devices/cam/revoke", "{\"why\":\"stolen\"}"), 200);
	until_enforced(l, CAM, OST_STATE_REVOKED);
	assert_true(ost_clock_mono_ns() - start_ns < 2 * OST_NS_PER_S);
	assert_int_equal(let_in(l, "urn:dev:cam", 1), OST_AUTH_REASON_REVOKED);
	assert_true(told(l, "/v1/devices/cam", "\"ordered_why\":\"stolen\""));
	assert_true(logged(l, "\"to\":\"revoked\"", "\"why\":\"stolen\""));
}

static void orders_refused(void **state)
{
	struct lab *l = *state;

	assert_int_equal(post(l, "/v1/devices/nobody/revoke", NULL), 404);
	assert_int_equal(post(l, "/v1/devices/cam/promote", NULL), 404);
	assert_int_equal(post(l, "/v1/devices/cam", NULL), 404);
	assert_int_equal(post(l, "/v1/devices/cam/release", NULL), 409);
	assert_int_equal(post(l, "/v1/devices/cam/approve", NULL), 409);
	assert_int_equal(post(l, "/v1/devices/cam/revoke", "[]"), 400);
	assert_int_equal(post(l, "/v1/devices/cam/revoke", "{\"why\":1}"), 400);
	assert_int_equal(post(l, "/v1/devices/cam/revoke", "{\"why\":\"two\\nlines\"}"), 400);
	assert_int_equal(post(l, "/v1/devices/cam/retire", "{\"destroyed\":\"nothing\"}"), 409);
	assert_int_equal(post(l, "/v1/auth/reload", NULL), 200);
	assert_true(told(l, "/v1/devices/cam", "\"state\":\"unknown\""));
	assert_int_equal(post(l, "/v1/devices/cam/retire", "{}"), 200);
	assert_int_equal(post(l, "/v1/devices/cam/retire", "{\"destroyed\":\"1 key\"}"), 200);
	assert_true(logged(l, "\"event\":\"destroyed\"", "\"detail\":\"1 key\""));
	assert_int_equal(post(l, "/v1/devices/cam/revoke", NULL), 409);
}

static void unplugged(void **state)
{
	struct lab *l = *state;

	assert_int_equal(let_in(l, "urn:dev:cam", 1), OST_AUTH_REASON_NONE);
	ports_tell(l, false);
	until_enforced(l, CAM, OST_STATE_UNKNOWN);
	ports_tell(l, true);
	assert_int_equal(let_in(l, "urn:dev:cam", 1), OST_AUTH_REASON_NONE);
}

/* Down and up again between two words of the data plane; and while ostiaryd was not there. */
static void a_link_that_bounced(void **state)
{
	struct lab *l = *state;

	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(let_in(l, "urn:dev:cam", 1), OST_AUTH_REASON_NONE);
		if (i == 0) {
			l->down_ns = ost_clock_mono_ns();
			ports_tell(l, true);
			until_enforced(l, CAM, OST_STATE_UNKNOWN);
			continue;
		}
		end(l);
		l->down_ns = ost_clock_mono_ns();
		begin(l);
		until_enforced(l, CAM, OST_STATE_UNKNOWN);
		assert_true(told(l, "/v1/devices/cam", "\"state\":\"unknown\""));
		assert_int_equal(l->most[CAM], 0); /* not for a moment */
	}
	assert_int_equal(let_in(l, "urn:dev:cam", 1), OST_AUTH_REASON_NONE);
	end(l);
	begin(l);
	until_enforced(l, CAM, OST_STATE_AUTHENTICATED); /* it went down before it was in */
}

static void knocked(void **state)
{
	struct lab *l = *state;
	struct ost_msg_refusals m = {.count = 1};
	struct ost_msg_auth_ask asked = {0};
	struct ost_msg_header h = {0};
	int fd = -1;

	until_told(l, "/metrics", "ostiary_authd_up 1"); /* else the question is lost */
	m.refusals[0] = (struct ost_refusal){.generation = 7, .first_wall_ns = 1, .last_wall_ns = 2, .count_pkts = 1, .count_bytes = 64, .device = OST_DEVICE_NONE, .src_mac = {2, 0, 0, 0, 0, 5}, .reason = OST_REASON_UNKNOWN_DEVICE};
	tell(l->dataplane, OST_MSG_REFUSALS, 0, &m, offsetof(struct ost_msg_refusals, refusals) + sizeof(m.refusals[0]));
	/* The port as a whole is asked too. */
	while (h.type != OST_MSG_AUTH_ASK || asked.place.mac[0] == 1) {
		assert_true(readable(l->authd, WITHIN_MS));
		assert_int_equal(ost_msg_receive(l->authd, &h, l->payload, &fd), 0);
		memcpy(&asked, l->payload, sizeof(asked));
	}
	assert_int_equal(asked.what, OST_AUTH_ASK_BEGIN);
	assert_int_equal(asked.place.mac[5], 5);
}

static void killed_and_back(void **state)
{
	struct lab *l = *state;

	assert_int_equal(let_in(l, "urn:dev:cam", 1), OST_AUTH_REASON_NONE);
	assert_int_equal(post(l, "/v1/devices/plc/quarantine", NULL), 200); /* writes the rest as well */
	for (unsigned i = 0; i < 10; i++) {
		end(l);
		begin(l);
		until_enforced(l, CAM, OST_STATE_AUTHENTICATED);
		until_enforced(l, PLC, OST_STATE_QUARANTINED);
		assert_int_equal(l->enforced[DOOR], OST_STATE_UNKNOWN);
	}
	/* A logoff, known to be noted, is not undone by the next kill; nor is anything else. */
	outcome_tell(l, 0, 1, OST_AUTH_REASON_LOGOFF);
	until_enforced(l, CAM, OST_STATE_UNKNOWN);
	until_told(l, "/v1/devices/cam", "\"state\":\"unknown\"");
	end(l);
	begin(l);
	assert_int_equal(l->enforced[CAM], OST_STATE_UNKNOWN);
	assert_int_equal(post(l, "/v1/devices/plc/retire", NULL), 200);
	for (unsigned i = 0; i < 40; i++) {
		end(l);
		begin(l);
		assert_int_equal(l->enforced[CAM], OST_STATE_UNKNOWN);
		until_enforced(l, PLC, OST_STATE_RETIRED);
	}
	assert_int_equal(let_in(l, "urn:dev:cam", 1), OST_AUTH_REASON_NONE);
}

/* The device was told that it is in, and says no word from then on. */
static void killed_behind_a_success(void **state)
{
	struct lab *l = *state;

	for (unsigned i = 0; i < 20; i++) {
		assert_int_equal(decision(l, claim_tell(l, "urn:dev:cam", 1)).reason, OST_AUTH_REASON_NONE);
		end(l);
		begin(l);
		until_enforced(l, CAM, OST_STATE_AUTHENTICATED);
		outcome_tell(l, 0, 1, OST_AUTH_REASON_LOGOFF);
		until_enforced(l, CAM, OST_STATE_UNKNOWN);
	}
}

/* Nothing that the data plane was told to take away comes back, however soon the kill is: here while nothing can be written. */
static void killed_behind_an_end(void **state)
{
	struct lab *l = *state;
	sqlite3 *db = NULL;

	for (unsigned i = 0; i < 2; i++) {
		bool taken;

		assert_int_equal(let_in(l, "urn:dev:cam", 1), OST_AUTH_REASON_NONE);
		until_told(l, "/v1/devices/cam", "\"confirmed\":true");
		assert_int_equal(sqlite3_open(l->paths.registry, &db), SQLITE_OK);
		assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
		if (i % 2 == 0)
			outcome_tell(l, 0, 1, OST_AUTH_REASON_LOGOFF);
		else
			ports_tell(l, false);
		while (dataplane_serve(l, 300) && l->enforced[CAM] == OST_STATE_AUTHENTICATED)
			;
		taken = l->enforced[CAM] == OST_STATE_UNKNOWN;
		end(l);
		assert_int_equal(sqlite3_close_v2(db), SQLITE_OK);
		begin(l);
		/* Of the link that went down the data plane tells again. */
		until_enforced(l, CAM, taken || i == 1 ? OST_STATE_UNKNOWN : OST_STATE_AUTHENTICATED);
	}
}

/* A data plane that forgot everything is told everything. */
static void another_data_plane(void **state)
{
	struct lab *l = *state;

	assert_int_equal(let_in(l, "urn:dev:cam", 1), OST_AUTH_REASON_NONE);
	for (unsigned i = 0; i < 5; i++) {
		ost_cleanup_close(&l->dataplane);
		dataplane_join(l);
		until_enforced(l, CAM, OST_STATE_AUTHENTICATED);
	}
	ost_cleanup_close(&l->authd);
	authd_join(l);
	assert_int_equal(let_in(l, "urn:dev:cam", 1), OST_AUTH_REASON_NONE);
}

static void hostile_authenticators(void **state)
{
	struct lab *l = *state;
	const struct ost_msg_auth_decision d = {.conversation = 1};
	int fd;

	fd = authd_connect(l); /* the first one is alive: turned away */
	assert_true(closed(fd));
	(void)close(fd);
	assert_int_equal(send(l->authd, "garbage", 7, MSG_NOSIGNAL), 7);
	assert_true(closed(l->authd));
	(void)close(l->authd);
	l->authd = authd_connect(l);
	hello(l->authd, OST_PROGRAM_DATAPLANE);
	assert_true(closed(l->authd));
	(void)close(l->authd);
	l->authd = authd_connect(l);
	(void)claim_tell(l, "urn:dev:cam", 1); /* without a greeting */
	assert_true(closed(l->authd));
	(void)close(l->authd);
	authd_join(l);
	tell(l->authd, OST_MSG_AUTH_DECISION, 0, &d, sizeof(d)); /* what only ostiaryd says */
	assert_true(closed(l->authd));
	(void)close(l->authd);
	authd_join(l);
	assert_int_equal(let_in(l, "urn:dev:cam", 1), OST_AUTH_REASON_NONE);
	assert_true(told(l, "/metrics", "ostiary_authd_protocol_errors_total 4"));
}

static void an_answer_to_nothing(void **state)
{
	struct lab *l = *state;
	const struct ost_msg_ack ack = {0};

	tell(l->dataplane, OST_MSG_ACK, 12345, &ack, sizeof(ack));
	assert_true(closed(l->dataplane));
	(void)close(l->dataplane);
	dataplane_join(l);
	assert_int_equal(let_in(l, "urn:dev:cam", 1), OST_AUTH_REASON_NONE);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_data_plane_first),
		T(refused_claims),
		T(shown_certificates_are_evidence),
		T(an_old_list_is_told),
		T(revoked_at_once),
		T(orders_refused),
		T(unplugged),
		T(a_link_that_bounced),
		T(knocked),
		T(killed_and_back),
		T(killed_behind_a_success),
		T(killed_behind_an_end),
		T(another_data_plane),
		T(hostile_authenticators),
		T(an_answer_to_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
