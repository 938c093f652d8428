/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <wolfssl/options.h>

#include <wolfssl/error-ssl.h>
#include <wolfssl/wolfcrypt/error-crypt.h>

#include "tls_reason.h"

enum ost_auth_reason ost_tls_reason_of(int error)
{
	switch (error) {
	case ASN_AFTER_DATE_E:
	case ASN_BEFORE_DATE_E:
		return OST_AUTH_REASON_EXPIRED;
	case CRL_CERT_REVOKED:
		return OST_AUTH_REASON_REVOKED;
	case CRL_MISSING:
	case CRL_CERT_DATE_ERR:
	case ASN_CRL_NO_SIGNER_E:
	case ASN_CRL_CONFIRM_E:
		return OST_AUTH_REASON_CRL;
	case ASN_NO_SIGNER_E:
	case ASN_SELF_SIGNED_E:
	case ASN_SIG_CONFIRM_E:
		return OST_AUTH_REASON_UNKNOWN_CA;
	case DOMAIN_NAME_MISMATCH:
	case IPADDR_MISMATCH:
		return OST_AUTH_REASON_WRONG_NAME;
	case RSA_KEY_SIZE_E:
	case ECC_KEY_SIZE_E:
	case DH_KEY_SIZE_E:
	case ECC_CURVE_OID_E:
		return OST_AUTH_REASON_WEAK_KEY;
	case NO_PEER_CERT:
	case NO_PEER_KEY:
		return OST_AUTH_REASON_NO_CERTIFICATE;
	case EXTKEYUSE_AUTH_E:
	case KEYUSE_SIGNATURE_E:
	case ASN_CRIT_EXT_E:
	case ASN_ALT_NAME_E:
	case ASN_PATHLEN_SIZE_E:
	case ASN_PATHLEN_INV_E:
	case ASN_PARSE_E:
	case MAX_CHAIN_ERROR:
		return OST_AUTH_REASON_BAD_CERTIFICATE;
	case VERSION_ERROR:
	case MATCH_SUITE_ERROR:
	case UNSUPPORTED_SUITE:
	case BAD_KEY_SHARE_DATA:
		return OST_AUTH_REASON_VERSION;
	default:
		return OST_AUTH_REASON_NONE;
	}
}
