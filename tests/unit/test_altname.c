/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hardwareModuleName in a certificate: found, written, and refused when it is not whole. The bytes are built here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "altname.h"

struct bytes {
	uint8_t b[1024];
	size_t n;
};

#define HARDWARE "\x06\x08\x2b\x06\x01\x05\x05\x07\x08\x04"
#define UPN	 "\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x14\x02\x03"
#define TYPE	 "\x06\x0b\x2b\x06\x01\x04\x01\x82\xa4\x64\xc6\x28\x40"
#define BYTES(s) s, sizeof(s) - 1

static struct bytes of(const void *bytes, size_t n)
{
	struct bytes r = {.n = n};

	memcpy(r.b, bytes, n);
	return r;
}

static struct bytes wrap(uint8_t tag, struct bytes inside)
{
	struct bytes r = {.b = {tag}};
	size_t at = 1;

	if (inside.n >= 256) {
		r.b[at++] = 0x82;
		r.b[at++] = (uint8_t)(inside.n >> 8);
	} else if (inside.n >= 128) {
		r.b[at++] = 0x81;
	}
	r.b[at++] = (uint8_t)inside.n;
	assert_true(at + inside.n <= sizeof(r.b));
	memcpy(r.b + at, inside.b, inside.n);
	r.n = at + inside.n;
	return r;
}

static struct bytes add(struct bytes a, struct bytes b)
{
	assert_true(a.n + b.n <= sizeof(a.b));
	memcpy(a.b + a.n, b.b, b.n);
	a.n += b.n;
	return a;
}

/* What stands in an otherName, as alternative name of a certificate. */
static struct bytes other(struct bytes inside)
{
	return wrap(0xa0, inside);
}

static struct bytes hardware(struct bytes module)
{
	return other(add(of(BYTES(HARDWARE)), wrap(0xa0, module)));
}

static struct bytes extension(struct bytes names)
{
	return wrap(0x30, add(of(BYTES("\x06\x03\x55\x1d\x11")), wrap(0x04, wrap(0x30, names))));
}

static struct bytes certificate(struct bytes extensions)
{
	static const char before[] = "\xa0\x03\x02\x01\x02\x02\x01\x05";
	static const char key_usage[] = "\x30\x0e\x06\x03\x55\x1d\x0f\x01\x01\xff\x04\x04\x03\x02\x07\x80";
	struct bytes all = wrap(0xa3, wrap(0x30, add(of(BYTES(key_usage)), extensions)));

	return wrap(0x30, add(wrap(0x30, add(of(BYTES(before)), all)), of(BYTES("\x30\x00\x03\x01\x00"))));
}

static int read_it(struct bytes c, char to[static 256])
{
	to[0] = '\0';
	return ost_altname_hardware(c.b, c.n, to, 256);
}

static int read_names(struct bytes names, char to[static 256])
{
	return read_it(certificate(extension(names)), to);
}

static int read_module(struct bytes module, char to[static 256])
{
	return read_names(hardware(module), to);
}

static const char dns[] = "\x82\x01x";

static void a_name_is_found(void **state)
{
	struct bytes module = wrap(0x30, of(BYTES(TYPE "\x04\x04J\x00\x1f\xff")));
	struct bytes upn = other(of(BYTES(UPN "\xa0\x03\x0c\x01u")));
	char text[256];

	(void)state;
	assert_int_equal(read_module(module, text), 0);
	assert_string_equal(text, "hw:1.3.6.1.4.1.37476.9000.64:4a001fff");
	assert_int_equal(read_names(add(add(of(BYTES(dns)), upn), hardware(module)), text), 0);
	assert_string_equal(text, "hw:1.3.6.1.4.1.37476.9000.64:4a001fff");
	/* critical, and long */
	assert_int_equal(read_it(certificate(wrap(0x30, add(of(BYTES("\x06\x03\x55\x1d\x11\x01\x01\xff")), wrap(0x04, wrap(0x30, hardware(module)))))), text), 0);
	assert_int_equal(read_module(wrap(0x30, add(of(BYTES(TYPE)), wrap(0x04, (struct bytes){.n = 100}))), text), 0);
	assert_int_equal(strlen(text), sizeof("hw:1.3.6.1.4.1.37476.9000.64:") - 1 + 200);
}

/* The first of two; the second one is not looked at. */
static void the_first_counts(void **state)
{
	struct bytes a = hardware(wrap(0x30, of(BYTES("\x06\x01\x2a\x04\x01\x01")))), b = hardware(wrap(0x30, of(BYTES("\x06\x01\x2a\x04\x01\x02"))));
	char text[256];

	(void)state;
	assert_int_equal(read_names(add(a, b), text), 0);
	assert_string_equal(text, "hw:1.2:01");
	assert_int_equal(read_names(add(b, a), text), 0);
	assert_string_equal(text, "hw:1.2:02");
}

static void numbers_are_written_whole(void **state)
{
	static const struct {
		const char *type;
		size_t n;
		const char *text;
	} rows[] = {
		{BYTES("\x06\x01\x00"), "hw:0.0:01"},
		{BYTES("\x06\x01\x4f"), "hw:1.39:01"},
		{BYTES("\x06\x01\x50"), "hw:2.0:01"},
		{BYTES("\x06\x02\x88\x37"), "hw:2.999:01"},
		{BYTES("\x06\x0a\x2a\xff\xff\xff\xff\xff\xff\xff\xff\x7f"), "hw:1.2.9223372036854775807:01"},
		{BYTES("\x06\x0b\x2a\x81\xff\xff\xff\xff\xff\xff\xff\xff\x7f"), "hw:1.2.18446744073709551615:01"},
		{BYTES("\x06\x0b\x2a\x82\x80\x80\x80\x80\x80\x80\x80\x80\x00"), NULL}, /* 2^64 */
		{BYTES("\x06\x03\x2a\x80\x01"), NULL},
		{BYTES("\x06\x02\x2a\x81"), NULL},
		{BYTES("\x06\x00"), NULL},
	};
	char text[256];

	(void)state;
	for (size_t i = 0; i < OST_ARRAY_SIZE(rows); i++) {
		int r = read_module(wrap(0x30, add(of(rows[i].type, rows[i].n), of(BYTES("\x04\x01\x01")))), text);

		assert_int_equal(r, rows[i].text != NULL ? 0 : -EINVAL);
		assert_string_equal(text, rows[i].text != NULL ? rows[i].text : "");
	}
}

static void what_is_not_there_is_not_found(void **state)
{
	char text[256];

	(void)state;
	assert_int_equal(read_names(of(BYTES(dns)), text), -ENOENT);
	assert_int_equal(read_names(other(of(BYTES(UPN "\xa0\x03\x0c\x01u"))), text), -ENOENT);
	assert_int_equal(read_it(certificate((struct bytes){0}), text), -ENOENT);
	assert_int_equal(read_it((struct bytes){0}, text), -ENOENT);
}

static void what_is_not_whole_is_nobody(void **state)
{
	static const struct {
		const char *module;
		size_t n;
	} rows[] = {
		{BYTES("\x30\x0d" TYPE)},				  /* no serial number */
		{BYTES("\x30\x0f" TYPE "\x04\x00")},			  /* an empty one */
		{BYTES("\x30\x10" TYPE "\x0c\x01x")},			  /* a text */
		{BYTES("\x30\x11" TYPE "\x04\x01x\x05")},		  /* something behind */
		{BYTES("\x30\x13" TYPE "\x04\x01x\x04\x01y")},		  /* two */
		{BYTES("\x30\x10" TYPE "\x04\x02x")},			  /* cut */
		{BYTES("\x30\x11" TYPE "\x04\x81\x01x")},		  /* not the shortest length */
		{BYTES("\x30\x03\x04\x01x")},				  /* no type */
		{BYTES("\x0c\x01x")},					  /* no module */
		{BYTES("\x30\x80" TYPE "\x04\x01x\x00\x00")},		  /* BER */
		{BYTES("\x30\x10" TYPE "\x04\x01x\x30\x10" TYPE "\x04\x01y")}, /* two modules */
	};
	struct bytes name = hardware(of(BYTES("\x30\x06\x06\x01\x2a\x04\x01x")));
	char text[256];

	(void)state;
	for (size_t i = 0; i < OST_ARRAY_SIZE(rows); i++) {
		assert_int_equal(read_module(of(rows[i].module, rows[i].n), text), -EINVAL);
		assert_string_equal(text, "");
	}
	/* two extensions of alternative names; a name without its type; more than its room */
	assert_int_equal(read_it(certificate(add(extension(name), extension(name))), text), -EINVAL);
	assert_int_equal(read_names(other(of(BYTES("\xa0\x02\x05\x00"))), text), -EINVAL);
	assert_int_equal(read_module(wrap(0x30, add(of(BYTES(TYPE)), wrap(0x04, (struct bytes){.n = 114}))), text), -EINVAL);
	assert_string_equal(text, "");
}

/* Cut anywhere, or with any byte changed: it ends, and what it says is a name. */
static void damage_is_survived(void **state)
{
	const struct bytes whole = certificate(extension(add(of(BYTES(dns)), hardware(wrap(0x30, of(BYTES(TYPE "\x04\x04J\x00\x1f\xff")))))));
	char text[256];

	(void)state;
	for (size_t n = 0; n < whole.n; n++) {
		uint8_t *cut = malloc(n + 1);

		memcpy(cut, whole.b, n);
		assert_true(ost_altname_hardware(cut, n, text, sizeof(text)) < 0);
		free(cut);
		for (unsigned v = 0; v < 256; v++) {
			struct bytes other_one = whole;

			other_one.b[n] = (uint8_t)v;
			if (read_it(other_one, text) == 0)
				assert_memory_equal(text, "hw:", 3);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_found),
		cmocka_unit_test(the_first_counts),
		cmocka_unit_test(numbers_are_written_whole),
		cmocka_unit_test(what_is_not_there_is_not_found),
		cmocka_unit_test(what_is_not_whole_is_nobody),
		cmocka_unit_test(damage_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
