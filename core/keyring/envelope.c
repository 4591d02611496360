/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/envelope.h"

#include "base/text.h"
#include "keyring/der.h"

#include <pk11pub.h>

#define KEY_LEN 32
#define IV_LEN 16
#define CONTENT_MAX ((gsize) 1 << 30)

static const guint8 version_0[] = { 0 };
static const guint8 oid_enveloped[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x03 };
static const guint8 oid_data[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01 };
static const guint8 oid_aes256_cbc[] = { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2a };
/* SEQUENCE { id-RSAES-OAEP, SEQUENCE { [0] sha256, [1] mgf1 with sha256 } } */
static const guint8 algorithm_oaep[] = {
        0x30, 0x3c, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x07,
        0x30, 0x2f, 0xa0, 0x0f, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65,
        0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0xa1, 0x1c, 0x30, 0x1a, 0x06, 0x09, 0x2a,
        0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08, 0x30, 0x0d, 0x06, 0x09, 0x60,
        0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00,
};

#define SPAN(bytes) seki_span ((bytes), sizeof (bytes))

static SECItem
oaep_item (CK_RSA_PKCS_OAEP_PARAMS *params)
{
        SECItem item = { siBuffer, (guint8 *) params, sizeof *params };

        *params = (CK_RSA_PKCS_OAEP_PARAMS){ CKM_SHA256, CKG_MGF1_SHA256, CKZ_DATA_SPECIFIED, NULL,
                                             0 };
        return item;
}

static PK11SymKey *
content_key (guint8 raw[KEY_LEN], CK_ATTRIBUTE_TYPE operation)
{
        SECItem item = { siBuffer, raw, KEY_LEN };
        PK11SlotInfo *slot = PK11_GetInternalSlot ();
        PK11SymKey *key = PK11_ImportSymKey (slot, CKM_AES_CBC_PAD, PK11_OriginUnwrap, operation,
                                             &item, NULL);

        PK11_FreeSlot (slot);
        return key;
}

static gboolean
wrap_key (CERTCertificate *recipient, guint8 raw[KEY_LEN], GByteArray *out)
{
        SECKEYPublicKey *key = CERT_ExtractPublicKey (recipient);
        CK_RSA_PKCS_OAEP_PARAMS params;
        SECItem item = oaep_item (&params);
        guint len;
        gboolean ok;

        if (key == NULL)
                return FALSE;
        len = (guint) SECKEY_PublicKeyStrength (key);
        g_byte_array_set_size (out, len);
        ok = PK11_PubEncrypt (key, CKM_RSA_PKCS_OAEP, &item, out->data, &len, len, raw, KEY_LEN,
                              NULL) == SECSuccess;
        g_byte_array_set_size (out, len);
        SECKEY_DestroyPublicKey (key);
        return ok;
}

static gboolean
encrypt_content (guint8 raw[KEY_LEN], guint8 iv[IV_LEN], SekiSpan content, GByteArray *out)
{
        PK11SymKey *key = content_key (raw, CKA_ENCRYPT);
        SECItem item = { siBuffer, iv, IV_LEN };
        guint len = (guint) content.len + IV_LEN;
        gboolean ok;

        if (key == NULL)
                return FALSE;
        g_byte_array_set_size (out, len);
        ok = PK11_Encrypt (key, CKM_AES_CBC_PAD, &item, out->data, &len, len, content.data,
                           (guint) content.len) == SECSuccess;
        g_byte_array_set_size (out, len);
        PK11_FreeSymKey (key);
        return ok;
}

static void
write_recipient (GByteArray *out, CERTCertificate *recipient, GByteArray *wrapped)
{
        guint set = out->len, name;

        seki_der_add (out, SEKI_DER_INTEGER, SPAN (version_0));
        name = out->len;
        seki_der_add_raw (out, seki_span (recipient->derIssuer.data, recipient->derIssuer.len));
        seki_der_add (out, SEKI_DER_INTEGER,
                      seki_span (recipient->serialNumber.data, recipient->serialNumber.len));
        seki_der_wrap (out, name, SEKI_DER_SEQUENCE);
        seki_der_add_raw (out, SPAN (algorithm_oaep));
        seki_der_add (out, SEKI_DER_OCTETS, seki_span (wrapped->data, wrapped->len));
        seki_der_wrap (out, set, SEKI_DER_SEQUENCE);
        seki_der_wrap (out, set, SEKI_DER_SET);
}

static void
write_content (GByteArray *out, const guint8 iv[IV_LEN], GByteArray *encrypted)
{
        guint start = out->len, algorithm;

        seki_der_add (out, SEKI_DER_OID, SPAN (oid_data));
        algorithm = out->len;
        seki_der_add (out, SEKI_DER_OID, SPAN (oid_aes256_cbc));
        seki_der_add (out, SEKI_DER_OCTETS, seki_span (iv, IV_LEN));
        seki_der_wrap (out, algorithm, SEKI_DER_SEQUENCE);
        seki_der_add (out, SEKI_DER_CONTEXT_PLAIN, seki_span (encrypted->data, encrypted->len));
        seki_der_wrap (out, start, SEKI_DER_SEQUENCE);
}

static void
write_envelope (GByteArray *out, CERTCertificate *recipient, GByteArray *wrapped,
                const guint8 iv[IV_LEN], GByteArray *encrypted)
{
        guint start = out->len, body;

        seki_der_add (out, SEKI_DER_OID, SPAN (oid_enveloped));
        body = out->len;
        seki_der_add (out, SEKI_DER_INTEGER, SPAN (version_0));
        write_recipient (out, recipient, wrapped);
        write_content (out, iv, encrypted);
        seki_der_wrap (out, body, SEKI_DER_SEQUENCE);
        seki_der_wrap (out, body, SEKI_DER_CONTEXT);
        seki_der_wrap (out, start, SEKI_DER_SEQUENCE);
}

gboolean
seki_envelope_seal (CERTCertificate *recipient, SekiSpan content, GByteArray *out, GError **error)
{
        g_autoptr (GByteArray) wrapped = g_byte_array_new (), encrypted = g_byte_array_new ();
        guint8 raw[KEY_LEN], iv[IV_LEN];
        gboolean ok = content.len < CONTENT_MAX && seki_nss_random (raw, sizeof raw) &&
                      seki_nss_random (iv, sizeof iv) && wrap_key (recipient, raw, wrapped) &&
                      encrypt_content (raw, iv, content, encrypted);

        seki_wipe (raw, sizeof raw);
        if (ok)
                write_envelope (out, recipient, wrapped, iv, encrypted);
        else
                seki_nss_error (error, _("Nothing can be sealed to the recovery certificate."));
        return ok;
}

typedef struct {
        SekiSpan wrapped, iv, encrypted;
} Parts;

static gboolean
read_recipient (SekiSpan *body, Parts *parts)
{
        SekiSpan set, recipient, skipped;

        return seki_der_next (body, SEKI_DER_SET, &set) &&
               seki_der_next (&set, SEKI_DER_SEQUENCE, &recipient) && set.len == 0 &&
               seki_der_next (&recipient, SEKI_DER_INTEGER, &skipped) &&
               seki_der_next (&recipient, SEKI_DER_SEQUENCE, &skipped) &&
               recipient.len > sizeof algorithm_oaep &&
               memcmp (recipient.data, algorithm_oaep, sizeof algorithm_oaep) == 0 &&
               seki_der_next (&recipient, SEKI_DER_SEQUENCE, &skipped) &&
               seki_der_next (&recipient, SEKI_DER_OCTETS, &parts->wrapped) && recipient.len == 0;
}

static gboolean
read_content (SekiSpan *body, Parts *parts)
{
        SekiSpan content, algorithm, oid;

        return seki_der_next (body, SEKI_DER_SEQUENCE, &content) && body->len == 0 &&
               seki_der_next (&content, SEKI_DER_OID, &oid) &&
               seki_span_equal (oid, SPAN (oid_data)) &&
               seki_der_next (&content, SEKI_DER_SEQUENCE, &algorithm) &&
               seki_der_next (&algorithm, SEKI_DER_OID, &oid) &&
               seki_span_equal (oid, SPAN (oid_aes256_cbc)) &&
               seki_der_next (&algorithm, SEKI_DER_OCTETS, &parts->iv) && parts->iv.len == IV_LEN &&
               seki_der_next (&content, SEKI_DER_CONTEXT_PLAIN, &parts->encrypted) &&
               content.len == 0;
}

static gboolean
read_envelope (SekiSpan envelope, Parts *parts)
{
        SekiSpan message, oid, context, body, version;

        return seki_der_next (&envelope, SEKI_DER_SEQUENCE, &message) && envelope.len == 0 &&
               seki_der_next (&message, SEKI_DER_OID, &oid) &&
               seki_span_equal (oid, SPAN (oid_enveloped)) &&
               seki_der_next (&message, SEKI_DER_CONTEXT, &context) && message.len == 0 &&
               seki_der_next (&context, SEKI_DER_SEQUENCE, &body) && context.len == 0 &&
               seki_der_next (&body, SEKI_DER_INTEGER, &version) && read_recipient (&body, parts) &&
               read_content (&body, parts);
}

static gboolean
unwrap_key (SECKEYPrivateKey *key, SekiSpan wrapped, guint8 raw[KEY_LEN])
{
        CK_RSA_PKCS_OAEP_PARAMS params;
        SECItem item = oaep_item (&params);
        guint8 buffer[1024];
        guint len = 0;
        gboolean ok;

        ok = wrapped.len <= sizeof buffer &&
             PK11_PrivDecrypt (key, CKM_RSA_PKCS_OAEP, &item, buffer, &len, sizeof buffer,
                               wrapped.data, (guint) wrapped.len) == SECSuccess &&
             len == KEY_LEN;
        if (ok)
                memcpy (raw, buffer, KEY_LEN);
        seki_wipe (buffer, sizeof buffer);
        return ok;
}

static SekiSecret *
decrypt_content (guint8 raw[KEY_LEN], const Parts *parts)
{
        g_autoptr (SekiSecret) out = seki_secret_new (parts->encrypted.len);
        SECItem item = { siBuffer, (guint8 *) parts->iv.data, IV_LEN };
        PK11SymKey *key = content_key (raw, CKA_DECRYPT);
        guint len = 0;
        gboolean ok;

        if (key == NULL)
                return NULL;
        ok = PK11_Decrypt (key, CKM_AES_CBC_PAD, &item, seki_secret_get_data (out), &len,
                           (guint) parts->encrypted.len, parts->encrypted.data,
                           (guint) parts->encrypted.len) == SECSuccess;
        PK11_FreeSymKey (key);
        if (!ok || len > parts->encrypted.len)
                return NULL;
        seki_secret_shrink (out, len);
        return g_steal_pointer (&out);
}

SekiSecret *
seki_envelope_open (SECKEYPrivateKey *key, SekiSpan envelope, GError **error)
{
        guint8 raw[KEY_LEN];
        SekiSecret *content;
        Parts parts;

        if (envelope.len > CONTENT_MAX || !read_envelope (envelope, &parts)) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_DAMAGED,
                             _("This is no backup of keys, or it is damaged."));
                return NULL;
        }
        if (!unwrap_key (key, parts.wrapped, raw)) {
                seki_nss_error (error, _("The recovery key does not open this backup."));
                return NULL;
        }
        content = decrypt_content (raw, &parts);
        seki_wipe (raw, sizeof raw);
        if (content == NULL)
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_DAMAGED,
                             _("The backup of keys is damaged."));
        return content;
}
