/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What comes in and goes out over HTTP: bodies of an apply, answers as the command reads them, labels of /metrics. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "api_form.h"
#include "http.h"
#include "metrics.h"

static int body_read(const char *body)
{
	struct ost_api_sources *s = NULL;
	char why[256] = "";
	int r = ost_api_sources_read(body, strlen(body), &s, why);

	assert_true(r == 0 || why[0] != '\0');
	assert_true((r == 0) == (s != NULL));
	ost_api_sources_free(&s);
	return r;
}

static void bodies(void **state)
{
	static const char *const wrong[] = {
		"", "null", "[]", "{", "{}", "{\"sources\":[]}", "{\"sources\":{}}", "{\"sources\":[1]}", "{\"sources\":[{}]}",
		"{\"sources\":[{\"name\":\"a\"}]}", "{\"sources\":[{\"name\":1,\"text\":\"\"}]}",
		"{\"sources\":[{\"name\":\"\",\"text\":\"\"}]}", "{\"sources\":[{\"name\":\"a\\n\",\"text\":\"\"}]}",
		"{\"sources\":[{\"name\":\"a\",\"text\":\"\"}],\"message\":1}",
		"{\"sources\":[{\"name\":\"a\",\"text\":\"\"}],\"message\":\"two\\nlines\"}",
		"{\"sources\":[{\"name\":\"a\",\"text\":\"\"}],\"sources\":[]}",
		"{\"sources\":[{\"name\":\"a\",\"text\":\"\xff\"}]}",
		"{\"sources\":[{\"name\":\"a\",\"text\":\"\\u0000\"}]}",
	};

	(void)state;
	for (size_t i = 0; i < OST_ARRAY_SIZE(wrong); i++)
		assert_int_equal(body_read(wrong[i]), -EINVAL);
	assert_int_equal(body_read("{\"sources\":[{\"name\":\"a\",\"text\":\"ostiary: 1\"}],\"message\":\"why\"}"), 0);
}

static void deep_bodies_end(void **state)
{
	char *body = malloc(200001);

	(void)state;
	assert_non_null(body);
	memset(body, '[', 200000);
	body[200000] = '\0';
	assert_int_equal(body_read(body), -EINVAL);
	free(body);
}

static const struct {
	const char *type;
	bool form;
} content_types[] = {
	{NULL, false},
	{"", false},
	{"application/json", false},
	{"multipart/form-data", false},
	{"multipart/form-data; boundary=", false},
	{"multipart/form-data; boundary=\"", false},
	{"multipart/form-data; boundary=\"b\"", false},
	{"multipart/form-data; boundary=b c", false},
	{"multipart/form-data; boundary=b; charset=x", false},
	{"multipart/form-datax; boundary=b", false},
	{"multipart/mixed; boundary=b", false},
	{"multipart/form-data; boundary=12345678901234567890123456789012345678901234567890123456789012345678901", false},
	{"multipart/form-data; boundary=1234567890123456789012345678901234567890123456789012345678901234567890", true},
	{"multipart/form-data; boundary=b", false},
	{"multipart/form-data; boundary=bc", true},
	{"Multipart/Form-Data;Boundary=b'()+_,-./:=?", true},
};

static void forms_announced(void **state)
{
	(void)state;
	for (size_t i = 0; i < OST_ARRAY_SIZE(content_types); i++)
		assert_int_equal(ost_api_form_announced(content_types[i].type), content_types[i].form);
}

struct piece {
	const char *name;
	uint64_t offset;
	const char *text;
};

static int form_read(const struct piece *pieces, struct ost_api_sources **ret_sources)
{
	struct ost_api_form *f = NULL;
	char why[256] = "";
	int r;

	assert_int_equal(ost_api_form_new(NULL, &f), 0);
	for (; pieces->name != NULL; pieces++)
		assert_true(ost_api_form_part(f, pieces->name, pieces->offset, pieces->text, strlen(pieces->text)));
	r = ost_api_form_end(f, ret_sources, why);
	assert_true(r == 0 || why[0] != '\0');
	ost_api_form_free(&f);
	return r;
}

#define TWO "{\"sources\":[{\"name\":\"a\"},{\"name\":\"b\"}]}"

static void forms_wrong(void **state)
{
	static const struct piece wrong[][5] = {
		{{NULL, 0, NULL}},
		{{"request", 0, TWO}},
		{{"0", 0, "x"}, {"1", 0, "y"}},
		{{"request", 0, TWO}, {"0", 0, "x"}},
		{{"request", 0, TWO}, {"1", 0, "x"}, {"0", 0, "y"}},
		{{"request", 0, TWO}, {"0", 0, "x"}, {"0", 0, "y"}},
		{{"request", 0, TWO}, {"0", 0, "x"}, {"1", 1, "y"}},
		{{"request", 0, TWO}, {"0", 0, "x"}, {"1", 0, "y"}, {"0", 1, "z"}},
		{{"request", 0, TWO}, {"0", 0, "x"}, {"1", 0, "y"}, {"2", 0, "z"}},
		{{"request", 0, TWO}, {"0", 0, "x"}, {"1", 0, "y"}, {"request", 0, "z"}},
		{{"request", 0, TWO}, {"0", 0, "x"}, {"", 0, "y"}},
		{{"request", 0, TWO}, {"0", 0, "x"}, {"-1", 0, "y"}},
		{{"request", 0, TWO}, {"0", 0, "x"}, {"18446744073709551615", 0, "y"}},
		{{"request", 0, "{\"sources\":[{\"name\":\"a\",\"text\":\"x\"}]}"}, {"0", 0, "x"}},
		{{"request", 0, "{\"sources\":[{\"name\":\"a\",\"text\":\"x\"}]}"}},
	};
	struct ost_api_sources *s = NULL;

	(void)state;
	for (size_t i = 0; i < OST_ARRAY_SIZE(wrong); i++)
		assert_int_equal(form_read(wrong[i], &s), -EINVAL);
	assert_null(s);
}

/* As the parser tells parts: in pieces, and perhaps of none before the first. */
static void forms_in_pieces(void **state)
{
	static const struct piece pieces[] = {{"request", 0, "{\"message\":\"why\","}, {"request", 17, "\"sources\":[{\"name\":\"a\"},{\"name\":\"b\"}]}"},
		{"0", 0, ""}, {"0", 0, "osti"}, {"0", 4, "ary: 1"}, {"1", 0, ""}, {NULL, 0, NULL}};
	struct ost_api_sources *s = NULL;
	struct ost_apply_request q;

	(void)state;
	assert_int_equal(form_read(pieces, &s), 0);
	q = ost_api_sources_request(s, 7);
	assert_string_equal(q.message, "why");
	assert_int_equal(q.count, 2);
	assert_string_equal(q.sources[0].name, "a");
	assert_string_equal(q.sources[0].bytes, "ostiary: 1");
	assert_int_equal(q.sources[0].length, 10);
	assert_string_equal(q.sources[1].bytes, "");
	ost_api_sources_free(&s);
}

static int reply(const char *bytes, unsigned *ret_status)
{
	struct ost_http_reply r = {0};
	int e = ost_http_reply_parse(bytes, strlen(bytes), &r);

	*ret_status = r.status;
	if (e == 0)
		assert_int_equal(strlen(r.body), r.length);
	ost_http_reply_free(&r);
	return e;
}

static void replies(void **state)
{
	unsigned status;

	(void)state;
	assert_int_equal(reply("HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 2\r\n\r\n{}", &status), 0);
	assert_int_equal(status, 200);
	assert_int_equal(reply("HTTP/1.1 404 No\r\ncontent-length:0\r\n\r\n", &status), 0);
	assert_int_equal(status, 404);
	assert_int_equal(reply("", &status), -EPIPE);
	assert_int_equal(reply("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}", &status), -EPIPE);
	assert_int_equal(reply("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{}", &status), -EPROTO);
	assert_int_equal(reply("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n{}", &status), -EPROTO);
	assert_int_equal(reply("HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n{}", &status), -EPROTO);
	assert_int_equal(reply("HTTP/1.1 200 OK\r\nContent-Type: x\r\n\r\n{}", &status), -EPROTO);
	assert_int_equal(reply("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n{}", &status),
		-EPROTO);
	assert_int_equal(reply("HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", &status), -EPROTO);
	assert_int_equal(reply("HTTP/1.1 2x0 OK\r\nContent-Length: 2\r\n\r\n{}", &status), -EPROTO);
	assert_int_equal(reply("HTTP/1.1 999 OK\r\nContent-Length: 2\r\n\r\n{}", &status), -EPROTO);
	assert_int_equal(reply("SSH-2.0-OpenSSH_9.2p1 Debian\r\n\r\n", &status), -EPROTO);
}

static void paths(void **state)
{
	char buf[64];

	(void)state;
	assert_int_equal(ost_http_path("/d/", "cam-01", buf, sizeof(buf)), 0);
	assert_string_equal(buf, "/d/cam-01");
	assert_int_equal(ost_http_path("/d/", "../x y?\r\n", buf, sizeof(buf)), 0);
	assert_string_equal(buf, "/d/..%2Fx%20y%3F%0D%0A");
	assert_int_equal(ost_http_path("/d/", "\xc3\xbc", buf, sizeof(buf)), 0);
	assert_string_equal(buf, "/d/%C3%BC");
	assert_int_equal(ost_http_path("/d/", "a much longer name than there is room for", buf, 40), -ENAMETOOLONG);
}

static void labels(void **state)
{
	char buf[16];

	(void)state;
	ost_metrics_escape("plain", buf, sizeof(buf));
	assert_string_equal(buf, "plain");
	ost_metrics_escape("a\"b\\c\nd", buf, sizeof(buf));
	assert_string_equal(buf, "a\\\"b\\\\c\\nd");
	ost_metrics_escape("\"\"\"\"\"\"\"\"\"\"\"\"", buf, sizeof(buf)); /* never half an escape */
	assert_int_equal(strlen(buf) % 2, 0);
	assert_true(strlen(buf) < sizeof(buf));
	ost_metrics_escape("", buf, sizeof(buf));
	assert_string_equal(buf, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bodies),
		cmocka_unit_test(deep_bodies_end),
		cmocka_unit_test(forms_announced),
		cmocka_unit_test(forms_wrong),
		cmocka_unit_test(forms_in_pieces),
		cmocka_unit_test(replies),
		cmocka_unit_test(paths),
		cmocka_unit_test(labels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
