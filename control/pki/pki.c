/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/asn_public.h>

#include "pki_private.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/file.h>

#define YEAR_2025_S 1735689600

int ost_pki_fail(struct ost_pki *pki, int error, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(pki->why, sizeof(pki->why), fmt, ap);
	va_end(ap);
	return error;
}

int ost_pki_open(struct ost_pki *pki, const struct ost_paths *paths, int64_t now_s)
{
	*pki = (struct ost_pki){.paths = paths, .now_s = now_s};
	if (wolfSSL_Init() != WOLFSSL_SUCCESS)
		return ost_pki_fail(pki, -ENOSYS, "wolfSSL does not start");
	return 0;
}

void ost_pki_close(struct ost_pki *pki)
{
	(void)wolfSSL_Cleanup();
	pki->paths = NULL;
}

int ost_pki_lock(struct ost_pki *pki, int *ret_fd)
{
	int fd = open(pki->paths->pki_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return ost_pki_fail(pki, -errno, "%s: %s; 'ostiary init' makes it",
			pki->paths->pki_dir, strerror(errno));
	while (flock(fd, LOCK_EX) < 0) {
		int e = errno;

		if (e == EINTR)
			continue;
		(void)close(fd);
		return ost_pki_fail(
			pki, -e, "%s: cannot be locked: %s", pki->paths->pki_dir, strerror(e));
	}
	*ret_fd = fd;
	return 0;
}

int ost_pki_clock_check(struct ost_pki *pki)
{
	if (pki->now_s >= YEAR_2025_S)
		return 0;
	return ost_pki_fail(pki, -EINVAL,
		"the clock of this machine is not set: certificates would carry wrong dates; set "
		"it and try again");
}

int ost_pki_stage(struct ost_pki *pki, struct ost_stage *stage, const char *path,
	const struct ost_stage_file *file)
{
	int r = ost_stage_add(stage, path, file);

	return r == 0 ? 0 : ost_pki_fail(pki, r, "%s: cannot be written: %s", path, strerror(-r));
}

int ost_pki_commit(struct ost_pki *pki, struct ost_stage *stage)
{
	const char *path = "";
	int r = ost_stage_commit(stage, &path);

	return r == 0 ? 0 : ost_pki_fail(pki, r, "%s: cannot be written: %s", path, strerror(-r));
}

int ost_ca_open(struct ost_pki *pki, struct ost_ca *ca)
{
	int r;

	*ca = (struct ost_ca){0};
	if (access(pki->paths->ca_key, F_OK) < 0 && errno == ENOENT) {
		if (access(pki->paths->ca_certificate, F_OK) < 0)
			return ost_pki_fail(pki, -ENOKEY,
				"%s: this site has no CA yet; begin with 'ostiary init'",
				pki->paths->ca_certificate);
		return ost_pki_fail(pki, -ENOKEY,
			"%s: not there, because this site's CA is the enterprise's: certificates "
			"and CRLs come "
			"from there ('ostiary init --crl FILE' installs its CRL)",
			pki->paths->ca_key);
	}
	r = ost_key_read(pki, pki->paths->ca_key, &ca->key);
	if (r == 0)
		r = ost_cert_read_one(pki, pki->paths->ca_certificate, &ca->certificate);
	if (r == 0 && !ost_cert_has_key(&ca->certificate, &ca->key))
		r = ost_pki_fail(pki, -EINVAL,
			"%s: is not the key of %s; restore the two from one backup",
			pki->paths->ca_key, pki->paths->ca_certificate);
	if (r == 0 && ca->certificate.not_after_s <= pki->now_s)
		r = ost_pki_fail(pki, -EINVAL,
			"%s: has expired; a new CA needs a new 'ostiary init'",
			pki->paths->ca_certificate);
	return r;
}

void ost_ca_close(struct ost_ca *ca)
{
	ost_cert_free(&ca->certificate);
	ost_key_free(&ca->key);
}

int ost_pki_sign(struct ost_pki *pki, const struct ost_der *body, struct ost_key *key,
	uint8_t **ret_der, size_t *ret_length)
{
	size_t length = ost_der_length(body), room = length + 256; /* algorithm, signature, heads */
	uint8_t *der = NULL;
	WC_RNG rng;
	int n;

	if (!body->failed && room <= INT32_MAX)
		der = malloc(room);
	if (der == NULL)
		return ost_pki_fail(pki, -ENOMEM, "out of memory");
	memcpy(der, ost_der_bytes(body), length);
	n = wc_InitRng(&rng);
	if (n == 0) {
		n = wc_SignCert(
			(int)length, CTC_SHA256wECDSA, der, (word32)room, NULL, &key->ecc, &rng);
		(void)wc_FreeRng(&rng);
	}
	if (n <= 0) {
		free(der);
		return ost_pki_fail(pki, -EIO, "cannot be signed: %s", wc_GetErrorString(n));
	}
	*ret_der = der;
	*ret_length = (size_t)n;
	return 0;
}

int ost_pki_pem(struct ost_pki *pki, const uint8_t *der, size_t length, int type, char **ret_pem,
	size_t *ret_length)
{
	size_t room = length / 48 * 65 + 512; /* 48 bytes a line of 65 */
	char *pem = malloc(room);
	int n = -1;

	if (pem != NULL)
		n = wc_DerToPem(der, (word32)length, (byte *)pem, (word32)room - 1, type);
	if (n <= 0) {
		free(pem);
		return ost_pki_fail(pki, -ENOMEM, "out of memory");
	}
	pem[n] = '\0';
	*ret_pem = pem;
	*ret_length = (size_t)n;
	return 0;
}

int ost_pki_stage_certificates(struct ost_pki *pki, struct ost_stage *stage, const char *path,
	const struct ost_cert *certificates, uint32_t count, bool replace)
{
	OST_AUTO_FREE char *all = NULL;
	size_t length = 0;

	for (uint32_t i = 0; i < count; i++) {
		OST_AUTO_FREE char *pem = NULL;
		size_t n = 0;
		int r = ost_pki_pem(
			pki, certificates[i].der, certificates[i].length, CERT_TYPE, &pem, &n);
		char *longer = r == 0 ? realloc(all, length + n) : NULL;

		if (longer == NULL)
			return ost_pki_fail(pki, -ENOMEM, "out of memory");
		all = longer;
		memcpy(all + length, pem, n);
		length += n;
	}
	return ost_pki_stage(pki, stage, path,
		&(struct ost_stage_file){.bytes = all,
			.length = length,
			.mode = 0644,
			.uid = (uid_t)-1,
			.replace = replace});
}

void ost_pki_hex(const uint8_t *bytes, size_t length, char *ret_text)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < length; i++) {
		ret_text[2 * i] = digits[bytes[i] >> 4];
		ret_text[2 * i + 1] = digits[bytes[i] & 15];
	}
	ret_text[2 * length] = '\0';
}

void ost_pki_sha256_hex(const uint8_t *bytes, size_t length, char ret_text[static 65])
{
	uint8_t digest[32] = {0};

	(void)wc_Sha256Hash(bytes, (word32)length, digest);
	ost_pki_hex(digest, sizeof(digest), ret_text);
}
