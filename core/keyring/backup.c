/* SPDX-License-Identifier: Apache-2.0 */
/* A numbered copy of the key store, sealed to the recovery certificate.
 *
 * The content of the envelope, format 1, big-endian:
 *   "SEKICOPY"  u32 format  u64 number  u32 entries
 *   entries of u8 kind, name (12), secret (32)
 *   u32 length of recovery.pem, its text
 *   SHA-256 of all that
 * Token keys are not in it, for they cannot leave their token: a restored node
 * gets a new ledger key, hence a new origin, and asks for a new certificate. */
#include "keyring/certificate.h"
#include "keyring/envelope.h"
#include "keyring/inner.h"
#include "keyring/private.h"

#include "base/text.h"

#include <fcntl.h>
#include <unistd.h>

#define MAGIC "SEKICOPY"
#define FORMAT 1u
#define HEAD_LEN 24
#define ENTRY_LEN (sizeof (SekiStoreId) + SEKI_AEAD_KEY)
#define BACKUP_MAX ((gsize) 1 << 30)

SekiStoreId
seki_store_id_backup (guint64 number)
{
        SekiStoreId id = { SEKI_STORE_BACKUP, { 0 } };

        seki_put_be64 (id.name, number);
        return id;
}

/* The certificate the keyring was made with, and no other. */
static CERTCertificate *
recovery_get (SekiKeyring *keyring, SekiSecret *text, GError **error)
{
        SekiStoreId id = { SEKI_STORE_RECOVERY, { 0 } };
        CERTCertificate *recovery = seki_certificate_new (seki_secret_get_span (text), error);
        guint8 wanted[SEKI_HASH_LEN], digest[SEKI_HASH_LEN];

        if (recovery == NULL)
                return NULL;
        seki_certificate_digest (recovery, digest);
        if (seki_store_get (keyring->store, &id, wanted, NULL) &&
            memcmp (wanted, digest, sizeof wanted) == 0)
                return recovery;
        seki_certificate_free (recovery);
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_DAMAGED,
                     _("“%s/%s” is not the certificate this keyring was made with. Nothing was "
                       "written."),
                     keyring->path, SEKI_FILE_RECOVERY);
        return NULL;
}

static guint64
next_number (SekiKeyring *keyring)
{
        GArray *ids = seki_store_list (keyring->store, SEKI_STORE_BACKUP);
        guint64 last = ids->len > 0
                               ? seki_get_be64 (g_array_index (ids, SekiStoreId, ids->len - 1).name)
                               : 0;

        g_array_unref (ids);
        return last + 1;
}

static GArray *
list_all (SekiKeyring *keyring)
{
        GArray *all = seki_store_list (keyring->store, SEKI_STORE_NAMED);

        for (guint kind = SEKI_STORE_BUCKET; kind <= SEKI_STORE_BACKUP; kind++) {
                GArray *ids = seki_store_list (keyring->store, (SekiStoreKind) kind);

                g_array_append_vals (all, ids->data, ids->len);
                g_array_unref (ids);
        }
        return all;
}

/* Entries that are destroyed meanwhile are left out. */
static guint32
write_entries (SekiKeyring *keyring, GArray *ids, guint8 *out)
{
        guint32 n = 0;

        for (guint i = 0; i < ids->len; i++) {
                const SekiStoreId *id = &g_array_index (ids, SekiStoreId, i);
                guint8 *at = out + n * ENTRY_LEN;

                if (!seki_store_get (keyring->store, id, at + sizeof *id, NULL))
                        continue;
                memcpy (at, id, sizeof *id);
                n++;
        }
        return n;
}

static SekiSecret *
write_content (SekiKeyring *keyring, guint64 number, SekiSecret *recovery)
{
        GArray *ids = list_all (keyring);
        gsize text_len = seki_secret_get_size (recovery);
        SekiSecret *content = seki_secret_new (HEAD_LEN + ids->len * ENTRY_LEN + 4 + text_len +
                                               SEKI_HASH_LEN);
        g_autoptr (SekiHash) hash = seki_hash_new ();
        guint8 *data = seki_secret_get_data (content), *at;
        guint32 n = write_entries (keyring, ids, data + HEAD_LEN);

        memcpy (data, MAGIC, 8);
        seki_put_be32 (data + 8, FORMAT);
        seki_put_be64 (data + 12, number);
        seki_put_be32 (data + 20, n);
        at = data + HEAD_LEN + n * ENTRY_LEN;
        seki_put_be32 (at, (guint32) text_len);
        memcpy (at + 4, seki_secret_get_data (recovery), text_len);
        at += 4 + text_len;
        seki_hash_sum (hash, seki_span (data, (gsize) (at - data)), at);
        seki_secret_shrink (content, (gsize) (at - data) + SEKI_HASH_LEN);
        g_array_unref (ids);
        return content;
}

static gboolean
write_file (const char *path, GByteArray *bytes, GError **error)
{
        g_autofree char *parent = g_path_get_dirname (path), *name = g_path_get_basename (path);
        SekiFolder folder = { open (parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC), parent };
        gboolean ok;

        if (folder.fd < 0)
                return seki_keyfile_fail (folder, ".", error);
        ok = !seki_keyfile_exists (folder, name);
        if (ok)
                ok = seki_keyfile_replace (folder, name, seki_span (bytes->data, bytes->len),
                                           error);
        else
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_CONFLICT,
                             _("“%s” exists. A copy is numbered and never overwritten; choose "
                               "another name."),
                             path);
        close (folder.fd);
        return ok;
}

/* The number is durable before the copy exists: one may be missing, none is
 * there twice. */
static gboolean
backup_to (SekiKeyring *keyring, SekiSecret *text, CERTCertificate *recovery, const char *path,
           guint64 *out_number, GError **error)
{
        guint64 number = next_number (keyring);
        SekiStoreSecret mark = { seki_store_id_backup (number), { 0 } };
        g_autoptr (SekiSecret) content = write_content (keyring, number, text);
        g_autoptr (GByteArray) envelope = g_byte_array_new ();
        g_autoptr (SekiHash) hash = seki_hash_new ();

        if (!seki_envelope_seal (recovery, seki_secret_get_span (content), envelope, error))
                return FALSE;
        seki_hash_sum (hash, seki_span (envelope->data, envelope->len), mark.secret);
        if (!seki_store_add (keyring->store, &mark, error) || !write_file (path, envelope, error))
                return FALSE;
        *out_number = number;
        return TRUE;
}

gboolean
seki_keyring_backup (SekiKeyring *keyring, const char *path, guint64 *out_number, GError **error)
{
        g_autoptr (SekiSecret) text = NULL;
        CERTCertificate *recovery = NULL;
        gboolean ok;

        if (!seki_keyring_enter (keyring, error))
                return FALSE;
        text = seki_keyfile_read (keyring->folder, SEKI_FILE_RECOVERY, SEKI_PEM_MAX, error);
        recovery = text != NULL ? recovery_get (keyring, text, error) : NULL;
        ok = recovery != NULL && backup_to (keyring, text, recovery, path, out_number, error);
        seki_keyring_leave (keyring);
        seki_certificate_free (recovery);
        return ok;
}

typedef struct {
        guint64 number;
        guint32 n;
        SekiSpan entries;
        char *recovery_pem;
} Content;

static gboolean
content_read (SekiSpan in, Content *out)
{
        g_autoptr (SekiHash) hash = seki_hash_new ();
        guint8 digest[SEKI_HASH_LEN];
        gsize body, text_len;

        if (in.len < HEAD_LEN + 4 + SEKI_HASH_LEN || memcmp (in.data, MAGIC, 8) != 0 ||
            seki_get_be32 (in.data + 8) != FORMAT)
                return FALSE;
        body = in.len - SEKI_HASH_LEN;
        seki_hash_sum (hash, seki_span (in.data, body), digest);
        out->number = seki_get_be64 (in.data + 12);
        out->n = seki_get_be32 (in.data + 20);
        if (memcmp (digest, in.data + body, sizeof digest) != 0 ||
            out->n > (body - HEAD_LEN - 4) / ENTRY_LEN)
                return FALSE;
        out->entries = seki_span (in.data + HEAD_LEN, out->n * ENTRY_LEN);
        text_len = seki_get_be32 (in.data + HEAD_LEN + out->entries.len);
        if (text_len != body - HEAD_LEN - out->entries.len - 4)
                return FALSE;
        out->recovery_pem = g_strndup ((const char *) in.data + HEAD_LEN + out->entries.len + 4,
                                       text_len);
        return TRUE;
}

/* This copy's own number is added, so that the next one is another. */
static gboolean
content_restore (const Content *content, const char *folder, SekiSecret *passphrase, GError **error)
{
        gsize size = ((gsize) content->n + 1) * sizeof (SekiStoreSecret);
        g_autoptr (SekiSecret) memory = seki_secret_new (size);
        SekiStoreSecret *secrets = (SekiStoreSecret *) seki_secret_get_data (memory);

        for (guint32 i = 0; i < content->n; i++) {
                const guint8 *at = content->entries.data + i * ENTRY_LEN;

                memcpy (&secrets[i].id, at, sizeof secrets[i].id);
                memcpy (secrets[i].secret, at + sizeof secrets[i].id, SEKI_AEAD_KEY);
        }
        secrets[content->n].id = seki_store_id_backup (content->number);
        return seki_keyring_make (folder, passphrase, content->recovery_pem, secrets,
                                  (gsize) content->n + 1, error);
}

static SekiSecret *
backup_open (const char *path, SekiSecret *recovery_key_pem, GError **error)
{
        g_autofree char *parent = g_path_get_dirname (path), *name = g_path_get_basename (path);
        SekiFolder folder = { open (parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC), parent };
        g_autoptr (SekiSecret) envelope = NULL;
        SECKEYPrivateKey *key;
        SekiSecret *content;

        if (folder.fd < 0) {
                seki_keyfile_fail (folder, ".", error);
                return NULL;
        }
        envelope = seki_keyfile_read (folder, name, BACKUP_MAX, error);
        close (folder.fd);
        key = envelope != NULL ? seki_private_key_read (recovery_key_pem, error) : NULL;
        if (key == NULL)
                return NULL;
        content = seki_envelope_open (key, seki_secret_get_span (envelope), error);
        SECKEY_DestroyPrivateKey (key);
        return content;
}

gboolean
seki_keyring_restore (const char *folder, const char *backup_path, SekiSecret *recovery_key_pem,
                      SekiSecret *passphrase, GError **error)
{
        g_autoptr (SekiSecret) text = backup_open (backup_path, recovery_key_pem, error);
        Content content = { 0 };
        gboolean ok;

        if (text == NULL)
                return FALSE;
        ok = content_read (seki_secret_get_span (text), &content);
        if (ok)
                ok = content_restore (&content, folder, passphrase, error);
        else
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_DAMAGED,
                             _("The backup “%s” is damaged."), backup_path);
        g_free (content.recovery_pem);
        return ok;
}
