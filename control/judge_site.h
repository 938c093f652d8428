/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The private sites of the judge. Two devices that talk must not share a port, and there are fewer
 * ports than devices. So a device's port is one 5-bit digit of its place in the image, and there is
 * one site for each digit: two different devices differ in at least one. Sites are made when they
 * are first needed. */
#pragma once

#include "classify.h"
#include "image.h"

#define OST_JUDGE_DIGIT_BITS 5u
#define OST_JUDGE_SITES	     4u
#define OST_JUDGE_PORTS	     (1u << OST_JUDGE_DIGIT_BITS)
#define OST_JUDGE_NETWORK    OST_JUDGE_PORTS /* the network port's number */
#define OST_JUDGE_ROUTER     0xfffffeu	     /* number of the router's made-up MAC */

/* What all sites share: the image's small tables, changed as judge.h tells. */
struct ost_judge_tables {
	const struct ost_image *image;
	char *strings; /* of the image, with the names of our ports behind */
	struct ost_image_port ports[OST_JUDGE_PORTS];
	struct ost_image_role *roles; /* without limits */
	uint8_t mac_prefix[3];	      /* no device of the policy has it */
};

int ost_judge_tables_make(
	struct ost_judge_tables *tables, const struct ost_image *image) OST_MUST_CHECK;
void ost_judge_tables_close(struct ost_judge_tables *tables);

/* A made-up MAC: of a device by its place, or OST_JUDGE_ROUTER. */
void ost_judge_mac(const struct ost_judge_tables *tables, uint32_t number, uint8_t mac[6]);

/* Bits of prepared[] */
enum ost_judge_prepared {
	OST_JUDGE_HAS_STATE = 1,
	OST_JUDGE_HAS_IPV4 = 2,
	OST_JUDGE_HAS_IPV6 = 4,
};

struct ost_judge_site {
	struct ost_image image;
	struct ost_image_device *devices;
	struct ost_site *site;
	struct ost_classifier *classifier; /* NULL: not made yet */
	uint8_t *prepared;		   /* by device */
};

int ost_judge_site_open(const struct ost_judge_tables *tables, uint32_t digit, uint64_t now_ns,
	struct ost_judge_site *site) OST_MUST_CHECK;
void ost_judge_site_close(struct ost_judge_site *site);

/* The digit in which two devices differ; any for one device alone (peer OST_DEVICE_NONE). */
uint32_t ost_judge_digit(uint32_t device, uint32_t peer);
