/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/rules.h"

#include "base/text.h"

#include <keyhi.h>
#include <prerror.h>
#include <secerr.h>
#include <secoid.h>

const char *
seki_rules_subject (CERTCertificate *certificate)
{
        return certificate->subjectName != NULL ? certificate->subjectName : "?";
}

static gboolean
rules_refuse (CERTCertificate *certificate, PRErrorCode code, const char *reason, GError **error)
{
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_CRYPTO,
                     _("The certificate of “%s” is refused: %s"), seki_rules_subject (certificate),
                     reason);
        PR_SetError (code, 0);
        return FALSE;
}

gboolean
seki_rules_check_key (SECKEYPublicKey *key)
{
        SECItem oid;

        if (key->keyType == rsaKey)
                return SECKEY_PublicKeyStrengthInBits (key) >= 2048;
        if (key->keyType != ecKey || key->u.ec.DEREncodedParams.len < 3)
                return FALSE;
        oid = key->u.ec.DEREncodedParams;
        oid.data += 2; /* tag and length of a named curve */
        oid.len -= 2;
        switch (SECOID_FindOIDTag (&oid)) {
        case SEC_OID_SECG_EC_SECP256R1:
        case SEC_OID_SECG_EC_SECP384R1:
        case SEC_OID_SECG_EC_SECP521R1:
                return TRUE;
        default:
                return FALSE;
        }
}

gboolean
seki_rules_check_algorithm (SECAlgorithmID *outer, SECAlgorithmID *inner)
{
        if (SECOID_CompareAlgorithmID (outer, inner) != SECEqual)
                return FALSE;
        switch (SECOID_GetAlgorithmTag (outer)) {
        case SEC_OID_PKCS1_SHA256_WITH_RSA_ENCRYPTION:
        case SEC_OID_PKCS1_SHA384_WITH_RSA_ENCRYPTION:
        case SEC_OID_PKCS1_SHA512_WITH_RSA_ENCRYPTION:
        case SEC_OID_ANSIX962_ECDSA_SHA256_SIGNATURE:
        case SEC_OID_ANSIX962_ECDSA_SHA384_SIGNATURE:
        case SEC_OID_ANSIX962_ECDSA_SHA512_SIGNATURE:
                return TRUE;
        default:
                return FALSE;
        }
}

gboolean
seki_rules_is_critical (const CERTCertExtension *extension)
{
        return extension->critical.len > 0 && extension->critical.data[0] != 0;
}

/* Policies are understood in so far as none is asked for. */
static gboolean
extension_is_known (const CERTCertExtension *extension)
{
        switch (SECOID_FindOIDTag (&extension->id)) {
        case SEC_OID_X509_BASIC_CONSTRAINTS:
        case SEC_OID_X509_KEY_USAGE:
        case SEC_OID_X509_EXT_KEY_USAGE:
        case SEC_OID_X509_SUBJECT_ALT_NAME:
        case SEC_OID_X509_NAME_CONSTRAINTS:
        case SEC_OID_X509_CERTIFICATE_POLICIES:
                return TRUE;
        default:
                return FALSE;
        }
}

static gboolean
extensions_are_known (CERTCertExtension **extensions)
{
        for (guint i = 0; extensions != NULL && extensions[i] != NULL; i++) {
                if (seki_rules_is_critical (extensions[i]) && !extension_is_known (extensions[i]))
                        return FALSE;
                for (guint j = 0; j < i; j++)
                        if (SECITEM_ItemsAreEqual (&extensions[i]->id, &extensions[j]->id))
                                return FALSE;
        }
        return TRUE;
}

gboolean
seki_rules_check_form (CERTCertificate *certificate, GError **error)
{
        SECKEYPublicKey *key = CERT_ExtractPublicKey (certificate);
        gboolean strong = key != NULL && seki_rules_check_key (key);

        SECKEY_DestroyPublicKey (key);
        if (!strong)
                return rules_refuse (certificate, SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED,
                                     _("its key is neither RSA of at least 2048 bits nor EC on "
                                       "P-256, P-384 or P-521."),
                                     error);
        if (!seki_rules_check_algorithm (&certificate->signatureWrap.signatureAlgorithm,
                                         &certificate->signature))
                return rules_refuse (certificate, SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED,
                                     _("it is not signed with SHA-256 or better."), error);
        if (!extensions_are_known (certificate->extensions))
                return rules_refuse (certificate, SEC_ERROR_UNKNOWN_CRITICAL_EXTENSION,
                                     _("it demands an extension that is not understood, or has "
                                       "one twice."),
                                     error);
        return TRUE;
}

gboolean
seki_rules_check_time (CERTCertificate *certificate, gint64 now, SekiWindow *window, GError **error)
{
        PRTime from, until;

        if (CERT_GetCertTimes (certificate, &from, &until) != SECSuccess)
                return rules_refuse (certificate, SEC_ERROR_BAD_DER,
                                     _("its times cannot be read."), error);
        if (now < from)
                return rules_refuse (certificate, SEC_ERROR_INVALID_TIME,
                                     _("it is not valid yet. Check the clock."), error);
        if (now > until)
                return rules_refuse (certificate, SEC_ERROR_EXPIRED_CERTIFICATE,
                                     _("it has expired. Renew it."), error);
        window->from = MAX (window->from, from);
        window->until = MIN (window->until, until);
        return TRUE;
}

/* FALSE when there is the extension and it does not grant the usage. */
static gboolean
key_usage_grants (CERTCertificate *certificate, guint8 wanted)
{
        SECItem usage = { siBuffer, NULL, 0 };
        gboolean grants;

        if (CERT_FindKeyUsageExtension (certificate, &usage) != SECSuccess)
                return PORT_GetError () == SEC_ERROR_EXTENSION_NOT_FOUND;
        grants = usage.len > 0 && (usage.data[0] & wanted) != 0;
        SECITEM_FreeItem (&usage, PR_FALSE);
        return grants;
}

/* FALSE when the extension is there and broken. */
static gboolean
constraints_read (CERTCertificate *certificate, CERTBasicConstraints *out)
{
        SECItem value = { siBuffer, NULL, 0 };
        gboolean ok;

        *out = (CERTBasicConstraints){ PR_FALSE, 0 };
        if (CERT_FindCertExtension (certificate, SEC_OID_X509_BASIC_CONSTRAINTS, &value) !=
            SECSuccess)
                return PORT_GetError () == SEC_ERROR_EXTENSION_NOT_FOUND;
        ok = CERT_DecodeBasicConstraintValue (out, &value) == SECSuccess;
        SECITEM_FreeItem (&value, PR_FALSE);
        return ok;
}

gboolean
seki_rules_check_authority (CERTCertificate *certificate, guint n_below, GError **error)
{
        CERTBasicConstraints constraints;

        if (!constraints_read (certificate, &constraints) || !constraints.isCA ||
            !key_usage_grants (certificate, KU_KEY_CERT_SIGN))
                return rules_refuse (certificate, SEC_ERROR_CA_CERT_INVALID,
                                     _("it is not that of an authority."), error);
        if (constraints.pathLenConstraint >= 0 && (guint) constraints.pathLenConstraint < n_below)
                return rules_refuse (certificate, SEC_ERROR_PATH_LEN_CONSTRAINT_INVALID,
                                     _("its path length does not allow another authority below "
                                       "it."),
                                     error);
        return TRUE;
}

gboolean
seki_rules_may_sign_crl (CERTCertificate *certificate)
{
        return key_usage_grants (certificate, KU_CRL_SIGN);
}

static SECOidTag
usage_oid (SekiUsage usage)
{
        switch (usage) {
        case SEKI_USAGE_SERVER:
                return SEC_OID_EXT_KEY_USAGE_SERVER_AUTH;
        case SEKI_USAGE_CLIENT:
                return SEC_OID_EXT_KEY_USAGE_CLIENT_AUTH;
        case SEKI_USAGE_PERSON:
                return SEC_OID_EXT_KEY_USAGE_EMAIL_PROTECT;
        case SEKI_USAGE_MODULE:
                return SEC_OID_EXT_KEY_USAGE_CODE_SIGN;
        }
        return SEC_OID_UNKNOWN;
}

static gboolean
extended_usage_grants (CERTCertificate *certificate, SECOidTag wanted)
{
        SECItem value = { siBuffer, NULL, 0 };
        CERTOidSequence *usages;
        gboolean grants = FALSE;

        if (wanted == SEC_OID_UNKNOWN ||
            CERT_FindCertExtension (certificate, SEC_OID_X509_EXT_KEY_USAGE, &value) != SECSuccess)
                return FALSE;
        usages = CERT_DecodeOidSequence (&value);
        for (guint i = 0; usages != NULL && usages->oids[i] != NULL; i++)
                grants = grants || SECOID_FindOIDTag (usages->oids[i]) == wanted;
        if (usages != NULL)
                CERT_DestroyOidSequence (usages);
        SECITEM_FreeItem (&value, PR_FALSE);
        return grants;
}

gboolean
seki_rules_check_leaf (CERTCertificate *certificate, SekiUsage usage, GError **error)
{
        CERTBasicConstraints constraints;

        if (!constraints_read (certificate, &constraints) || constraints.isCA)
                return rules_refuse (certificate, SEC_ERROR_INADEQUATE_CERT_TYPE,
                                     _("it is that of an authority, not of a node or person."),
                                     error);
        if (!key_usage_grants (certificate, KU_DIGITAL_SIGNATURE))
                return rules_refuse (certificate, SEC_ERROR_INADEQUATE_KEY_USAGE,
                                     _("its key may not sign."), error);
        if (!extended_usage_grants (certificate, usage_oid (usage)))
                return rules_refuse (certificate, SEC_ERROR_INADEQUATE_CERT_TYPE,
                                     _("it was not issued for this use (extended key usage)."),
                                     error);
        return TRUE;
}

static gboolean
names_are_allowed (PLArenaPool *arena, const CERTNameConstraints *constraints,
                   const CERTGeneralName *first)
{
        CERTGeneralName *at = (CERTGeneralName *) first;

        if (first == NULL)
                return FALSE;
        do {
                if (CERT_CheckNameSpace (arena, constraints, at) != SECSuccess)
                        return FALSE;
                at = CERT_GetNextGeneralName (at);
        } while (at != first);
        return TRUE;
}

gboolean
seki_rules_check_names (CERTCertificate *authority, CERTCertificate *certificate, GError **error)
{
        PLArenaPool *arena = PORT_NewArena (DER_DEFAULT_CHUNKSIZE);
        CERTNameConstraints *constraints = NULL;
        gboolean ok = CERT_FindNameConstraintsExten (arena, authority, &constraints) ==
                              SECSuccess &&
                      (constraints == NULL ||
                       names_are_allowed (
                               arena, constraints,
                               CERT_GetConstrainedCertificateNames (certificate, arena, PR_FALSE)));

        PORT_FreeArena (arena, PR_FALSE);
        return ok || rules_refuse (certificate, SEC_ERROR_CERT_NOT_IN_NAME_SPACE,
                                   _("its issuer may not issue for these names."), error);
}
