/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/token.h"

#include "base/text.h"

#include <errno.h>
#include <secerr.h>
#include <secmod.h>
#include <secoid.h>
#include <sys/stat.h>

#define MASTER_ID "master"
#define KEY_FLAGS                                                                                  \
        (PK11_ATTR_TOKEN | PK11_ATTR_PRIVATE | PK11_ATTR_SENSITIVE | PK11_ATTR_UNEXTRACTABLE)

/* A quote in a module specification is escaped by a backslash. */
static char *
spec_quote (const char *text)
{
        GString *quoted = g_string_new (NULL);

        for (; *text != '\0'; text++) {
                if (*text == '\'' || *text == '\\')
                        g_string_append_c (quoted, '\\');
                g_string_append_c (quoted, *text);
        }
        return g_string_free (quoted, FALSE);
}

static SekiToken *
token_open_database (SekiFolder folder, GError **error)
{
        g_autofree char *path = g_build_filename (folder.path, SEKI_TOKEN_FOLDER, NULL);
        g_autofree char *quoted = spec_quote (path);
        g_autofree char *spec = g_strdup_printf (
                "configdir='sql:%s' tokenDescription='sekisho' minPWLen=1 "
                "flags=passwordRequired",
                quoted);
        SekiToken *token = SECMOD_OpenUserDB (spec);

        if (token == NULL)
                seki_nss_error (error, _("The key database of the keyring cannot be opened."));
        return token;
}

static void
token_close_database (SekiToken *token)
{
        SECMOD_CloseUserDB (token);
        PK11_FreeSlot (token);
}

/* NSS takes a text that ends with NUL. */
static SekiSecret *
passphrase_text (SekiSecret *passphrase, GError **error)
{
        gsize len = seki_secret_get_size (passphrase);
        SekiSecret *text;

        if (len == 0 || len > 255 || memchr (seki_secret_get_data (passphrase), 0, len) != NULL) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_INVALID,
                             _("A passphrase has 1 to 255 bytes and no zero byte."));
                return NULL;
        }
        text = seki_secret_new (len + 1);
        memcpy (seki_secret_get_data (text), seki_secret_get_data (passphrase), len);
        return text;
}

SekiToken *
seki_token_create (SekiFolder folder, SekiSecret *passphrase, GError **error)
{
        g_autoptr (SekiSecret) text = passphrase_text (passphrase, error);
        SekiToken *token;

        if (text == NULL)
                return NULL;
        if (mkdirat (folder.fd, SEKI_TOKEN_FOLDER, 0700) != 0) {
                seki_keyfile_fail (folder, SEKI_TOKEN_FOLDER, error);
                return NULL;
        }
        token = token_open_database (folder, error);
        if (token == NULL)
                return NULL;
        if (PK11_NeedUserInit (token) &&
            PK11_InitPin (token, NULL, (const char *) seki_secret_get_data (text)) == SECSuccess &&
            PK11_IsLoggedIn (token, NULL))
                return token;
        seki_nss_error (error,
                        _("The key database of the keyring cannot be given its passphrase."));
        token_close_database (token);
        return NULL;
}

static void
token_refuse_passphrase (SECStatus status, GError **error)
{
        if (status == SECWouldBlock)
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_CRYPTO, _("The passphrase is wrong."));
        else
                seki_nss_error (error, _("The key database of the keyring does not answer."));
}

SekiToken *
seki_token_open (SekiFolder folder, SekiSecret *passphrase, GError **error)
{
        g_autoptr (SekiSecret) text = passphrase_text (passphrase, error);
        SekiToken *token;
        SECStatus status;

        if (text == NULL)
                return NULL;
        /* NSS would make an empty database in its place. */
        if (!seki_keyfile_exists (folder, SEKI_TOKEN_FOLDER "/key4.db")) {
                errno = ENOENT;
                seki_keyfile_fail (folder, SEKI_TOKEN_FOLDER "/key4.db", error);
                return NULL;
        }
        token = token_open_database (folder, error);
        if (token == NULL)
                return NULL;
        status = PK11_CheckUserPassword (token, (const char *) seki_secret_get_data (text));
        if (status == SECSuccess)
                return token;
        token_refuse_passphrase (status, error);
        token_close_database (token);
        return NULL;
}

void
seki_token_close (SekiToken *token)
{
        if (token == NULL)
                return;
        PK11_Logout (token);
        token_close_database (token);
}

PK11SymKey *
seki_token_make_master (SekiToken *token, GError **error)
{
        SECItem id = { siBuffer, (guint8 *) MASTER_ID, sizeof MASTER_ID - 1 };
        PK11SymKey *key = PK11_TokenKeyGenWithFlags (token, CKM_AES_KEY_GEN, NULL, 32, &id,
                                                     CKF_WRAP | CKF_UNWRAP, KEY_FLAGS, NULL);

        if (key == NULL)
                seki_nss_error (error, _("The master key cannot be made."));
        return key;
}

PK11SymKey *
seki_token_find_master (SekiToken *token, GError **error)
{
        SECItem id = { siBuffer, (guint8 *) MASTER_ID, sizeof MASTER_ID - 1 };
        PK11SymKey *key = PK11_FindFixedKey (token, CKM_AES_KEY_WRAP, &id, NULL);

        if (key == NULL)
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_DAMAGED,
                             _("The key database of the keyring has no master key. Restore a "
                               "backup of the keys."));
        return key;
}

SECKEYPrivateKey *
seki_token_make_key (SekiToken *token, const char *label, GError **error)
{
        /* namedCurve secp256r1, 1.2.840.10045.3.1.7 */
        guint8 curve[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
        SECItem params = { siBuffer, curve, sizeof curve };
        SECKEYPublicKey *public_key = NULL;
        SECKEYPrivateKey *key = PK11_GenerateKeyPairWithOpFlags (
                token, CKM_EC_KEY_PAIR_GEN, &params, &public_key, KEY_FLAGS, CKF_SIGN,
                CKF_SIGN | CKF_DERIVE, NULL);

        if (public_key != NULL)
                SECKEY_DestroyPublicKey (public_key);
        if (key != NULL && PK11_SetPrivateKeyNickname (key, label) == SECSuccess)
                return key;
        seki_nss_error (error, _("A key pair cannot be made."));
        if (key != NULL)
                SECKEY_DestroyPrivateKey (key);
        return NULL;
}

typedef gboolean (*KeyTest) (SECKEYPrivateKey *key, gconstpointer wanted);

static gboolean
key_has_label (SECKEYPrivateKey *key, gconstpointer wanted)
{
        char *label = PK11_GetPrivateKeyNickname (key);
        gboolean same = g_strcmp0 (label, wanted) == 0;

        PORT_Free (label);
        return same;
}

static gboolean
key_has_public (SECKEYPrivateKey *key, gconstpointer wanted)
{
        SECItem *a = PK11_GetLowLevelKeyIDForPrivateKey (key);
        SECItem *b = PK11_MakeIDFromPubKey ((SECItem *) wanted);
        gboolean same = a != NULL && b != NULL && SECITEM_ItemsAreEqual (a, b);

        SECITEM_FreeItem (a, PR_TRUE);
        SECITEM_FreeItem (b, PR_TRUE);
        return same;
}

/* The token object itself. */
static SECKEYPrivateKey *
token_find (SekiToken *token, KeyTest test, gconstpointer wanted)
{
        SECKEYPrivateKeyList *keys = PK11_ListPrivKeysInSlot (token, NULL, NULL);
        SECKEYPrivateKey *found = NULL;

        if (keys == NULL)
                return NULL;
        for (SECKEYPrivateKeyListNode *node = PRIVKEY_LIST_HEAD (keys);
             found == NULL && !PRIVKEY_LIST_END (node, keys); node = PRIVKEY_LIST_NEXT (node))
                if (test (node->key, wanted))
                        found = SECKEY_CopyPrivateKey (node->key);
        SECKEY_DestroyPrivateKeyList (keys);
        return found;
}

SECKEYPrivateKey *
seki_token_find_key (SekiToken *token, const char *label, GError **error)
{
        SECKEYPrivateKey *key = token_find (token, key_has_label, label);
        SECKEYPrivateKey *copy;

        if (key == NULL) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_MISSING,
                             _("The keyring has no key “%s”."), label);
                return NULL;
        }
        copy = PK11_CopyTokenPrivKeyToSessionPrivKey (token, key);
        SECKEY_DestroyPrivateKey (key);
        if (copy == NULL)
                seki_nss_error (error, _("A private key cannot be used."));
        return copy;
}

char *
seki_token_find_label (SekiToken *token, SECKEYPublicKey *public_key)
{
        SECItem point = public_key->u.ec.publicValue;
        SECKEYPrivateKey *key;
        char *label, *copy;

        if (public_key->keyType != ecKey)
                return NULL;
        key = token_find (token, key_has_public, &point);
        if (key == NULL)
                return NULL;
        label = PK11_GetPrivateKeyNickname (key);
        copy = g_strdup (label);
        PORT_Free (label);
        SECKEY_DestroyPrivateKey (key);
        return copy;
}

gboolean
seki_token_rename_key (SekiToken *token, const char *next, const char *label, GError **error)
{
        SECKEYPrivateKey *key = token_find (token, key_has_label, next);
        SECKEYPrivateKey *old = token_find (token, key_has_label, label);
        gboolean ok = key != NULL;

        /* PK11_DeleteTokenPrivateKey frees old whatever happens. */
        if (ok && old != NULL)
                ok = PK11_DeleteTokenPrivateKey (old, PR_TRUE) == SECSuccess;
        else if (old != NULL)
                SECKEY_DestroyPrivateKey (old);
        ok = ok && PK11_SetPrivateKeyNickname (key, label) == SECSuccess;
        if (!ok)
                seki_nss_error (error, _("The keyring cannot switch to its next key."));
        if (key != NULL)
                SECKEY_DestroyPrivateKey (key);
        return ok;
}
