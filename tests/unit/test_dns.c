/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The decoder of DNS messages, and messages that no sound server sends. */
#include "rig_dns.h"

#include "dns.h"

static struct ost_dns message;
static struct ost_dns_answer answer;

static int read_whole(const struct dns *d)
{
	int r = ost_dns_read(d->b, d->n, &message);

	return r == 0 ? ost_dns_answer_read(&message, &answer) : r;
}

static void a_message_is_read(void **state)
{
	struct dns d;

	(void)state;
	dns_answer(&d, 0x1234, "WWW.Example", T_A);
	dns_address(&d, "www.example", 77, "192.0.2.1");
	assert_int_equal(read_whole(&d), 0);
	assert_int_equal(message.id, 0x1234);
	assert_true(message.answer);
	assert_int_equal(message.type, T_A);
	assert_int_equal(message.name.length, 13);
	assert_memory_equal(message.name.wire, "\3www\7example\0", 13);
	assert_int_equal(answer.address_count, 1);
	assert_int_equal(answer.addresses[0].ttl_s, 77);
	assert_int_equal(answer.addresses[0].ip.b[3], 1);
}

static void cut_anywhere_it_is_none(void **state)
{
	struct dns d;

	(void)state;
	dns_answer(&d, 1, "www.example", T_A);
	dns_alias(&d, "www.example", 77, "c.example");
	dns_address(&d, "c.example", 77, "192.0.2.1");
	for (uint32_t n = 0; n < d.n; n++) {
		uint8_t *own = malloc(n + 1); /* its own block: a read past it is seen */

		memcpy(own, d.b, n);
		if (ost_dns_read(own, n, &message) == 0)
			assert_int_equal(ost_dns_answer_read(&message, &answer), -EBADMSG);
		free(own);
	}
	assert_int_equal(read_whole(&d), 0);
}

/* ---- names ---- */

static int name_of(const void *bytes, size_t n, size_t at, struct ost_dns_name *name)
{
	return ost_dns_name_read(bytes, n, &at, name);
}

static void pointers_lead_backwards_only(void **state)
{
	static const uint8_t self[] = {0xc0, 0}, forward[] = {0xc0, 2, 1, 'a', 0}, circle[] = {1, 'a', 0xc0, 0}, into_own[] = {1, 'a', 1, 'b', 0xc0, 2};
	static const uint8_t sound[] = {1, 'b', 0, 1, 'a', 0xc0, 0}, cut[] = {1, 'b', 0, 0xc0}, kinds[] = {0x41, 'a', 0}, beyond[] = {0xff, 0xff};
	struct ost_dns_name name;
	size_t at = 3;

	(void)state;
	assert_int_equal(name_of(self, sizeof(self), 0, &name), -EBADMSG);
	assert_int_equal(name_of(forward, sizeof(forward), 0, &name), -EBADMSG);
	assert_int_equal(name_of(circle, sizeof(circle), 0, &name), -EBADMSG);
	assert_int_equal(name_of(into_own, sizeof(into_own), 0, &name), -EBADMSG);
	assert_int_equal(name_of(cut, sizeof(cut), 3, &name), -EBADMSG);
	assert_int_equal(name_of(kinds, sizeof(kinds), 0, &name), -EBADMSG);
	assert_int_equal(name_of(beyond, sizeof(beyond), 0, &name), -EBADMSG);
	assert_int_equal(name_of(sound, sizeof(sound), 99, &name), -EBADMSG);
	assert_int_equal(ost_dns_name_read(sound, sizeof(sound), &at, &name), 0);
	assert_int_equal(at, sizeof(sound));
	assert_int_equal(name.length, 5);
	assert_memory_equal(name.wire, "\1a\1b\0", 5);
}

/* Each pointer leads to the one before: sound, and endless work if nobody counted. */
static void a_staircase_of_pointers_ends(void **state)
{
	uint8_t stairs[2 * 40] = {1, 'a', 0, 0};
	struct ost_dns_name name;

	(void)state;
	for (unsigned i = 2; i < 40; i++) {
		stairs[2 * i] = 0xc0;
		stairs[2 * i + 1] = (uint8_t)(i == 2 ? 0 : 2 * (i - 1));
	}
	assert_int_equal(name_of(stairs, sizeof(stairs), 2 * 17, &name), 0);
	assert_int_equal(name_of(stairs, sizeof(stairs), 2 * 18, &name), -EBADMSG);
}

static void names_have_255_bytes_at_most(void **state)
{
	uint8_t longest[300] = {0};
	struct ost_dns_name name;
	size_t at = 0;

	(void)state;
	for (int i = 0; i < 127; i++) {
		longest[at++] = 1;
		longest[at++] = 0; /* any byte is a label's */
	}
	assert_int_equal(name_of(longest, at + 1, 0, &name), 0);
	assert_int_equal(name.length, 255);
	assert_int_equal(name_of(longest, at, 0, &name), -EBADMSG);
	longest[at++] = 1;
	at++;
	assert_int_equal(name_of(longest, at + 1, 0, &name), -EBADMSG);
	memset(longest, 'x', sizeof(longest));
	for (int i = 0; i < 4; i++)
		longest[64 * i] = 63;
	longest[64 * 4 - 2] = 0; /* 3 * 64 + 62 + 1 */
	longest[64 * 3] = 61;
	assert_int_equal(name_of(longest, sizeof(longest), 0, &name), 0);
	assert_int_equal(name.length, 255);
}

/* ---- answers ---- */

static void other_records_are_passed_over(void **state)
{
	struct dns d;

	(void)state;
	dns_answer(&d, 1, "www.example", T_ANY);
	dns_address(&d, "www.example", 10, "192.0.2.1");
	dns_address(&d, "www.example", 10, "2001:db8::1");
	dns_count(&d, 1, 3);
	dns_name(&d, "www.example");
	dns_u16(&d, 46); /* RRSIG */
	dns_u16(&d, 1);
	dns_u16(&d, 0);
	dns_u16(&d, 9);
	dns_u16(&d, 3);
	dns_u8(&d, 1);
	dns_u16(&d, 0xffff);
	assert_int_equal(read_whole(&d), 0);
	assert_int_equal(answer.address_count, 2);
	/* Of another class: nobody's. */
	dns_answer(&d, 1, "www.example", T_A);
	dns_address(&d, "www.example", 10, "192.0.2.1");
	d.b[d.n - 11] = 3;
	assert_int_equal(read_whole(&d), 0);
	assert_int_equal(answer.address_count, 0);
	/* Of the other type than was asked. */
	dns_answer(&d, 1, "www.example", T_AAAA);
	dns_address(&d, "www.example", 10, "192.0.2.1");
	assert_int_equal(read_whole(&d), 0);
	assert_int_equal(answer.address_count, 0);
}

static void what_is_too_much_is_left_out(void **state)
{
	char owner[16], target[16];
	struct dns d;

	(void)state;
	dns_answer(&d, 1, "a0.example", T_A);
	for (int i = 0; i < 12; i++) {
		(void)snprintf(owner, sizeof(owner), "a%d.example", i);
		(void)snprintf(target, sizeof(target), "a%d.example", i + 1);
		dns_alias(&d, owner, 100, target);
	}
	dns_address(&d, "a8.example", 100, "192.0.2.1");
	dns_address(&d, "a9.example", 100, "192.0.2.2");
	assert_int_equal(read_whole(&d), 0);
	assert_int_equal(answer.name_count, 1 + OST_DNS_ALIASES_MAX);
	assert_int_equal(answer.address_count, 1);
	dns_answer(&d, 1, "a.example", T_A);
	for (unsigned i = 0; i < OST_DNS_ADDRESSES_MAX + 5; i++)
		dns_address(&d, "a.example", 100, "192.0.2.1");
	assert_int_equal(read_whole(&d), 0);
	assert_int_equal(answer.address_count, OST_DNS_ADDRESSES_MAX);
	assert_int_equal(answer.left_out, 5);
}

/* RFC 2181 section 8. */
static void a_negative_time_is_none(void **state)
{
	struct dns d;

	(void)state;
	dns_answer(&d, 1, "a.example", T_A);
	dns_address(&d, "a.example", 0x80000001, "192.0.2.1");
	assert_int_equal(read_whole(&d), 0);
	assert_int_equal(answer.addresses[0].ttl_s, 0);
}

static void an_alias_ends_where_its_record_does(void **state)
{
	struct dns d;

	(void)state;
	dns_answer(&d, 1, "a.example", T_A);
	dns_alias(&d, "a.example", 1, "b.example");
	d.b[d.n - 12]--; /* the record's length */
	assert_int_equal(read_whole(&d), -EBADMSG);
	d.b[d.n - 12] = (uint8_t)(d.b[d.n - 12] + 2);
	dns_u8(&d, 0);
	assert_int_equal(read_whole(&d), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_is_read),
		cmocka_unit_test(cut_anywhere_it_is_none),
		cmocka_unit_test(pointers_lead_backwards_only),
		cmocka_unit_test(a_staircase_of_pointers_ends),
		cmocka_unit_test(names_have_255_bytes_at_most),
		cmocka_unit_test(other_records_are_passed_over),
		cmocka_unit_test(what_is_too_much_is_left_out),
		cmocka_unit_test(a_negative_time_is_none),
		cmocka_unit_test(an_alias_ends_where_its_record_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
