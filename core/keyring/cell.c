/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/cell.h"

#include "base/text.h"

#define CELL SEKI_STORE_CELL
#define MAGIC "SEKISTOR"
#define HEADER_BOUND 32 /* bytes of the header that are associated data */
#define HEADER_USED 72
#define WRAPPED_LEN 40
#define ENTRY_BOUND SEKI_CELL_BOUND

gboolean
seki_cell_is_zero (const guint8 *data, gsize len)
{
        for (gsize i = 0; i < len; i++)
                if (data[i] != 0)
                        return FALSE;
        return TRUE;
}

static void
cell_bind (const guint8 *header, const guint8 *cell, guint8 aad[HEADER_BOUND + ENTRY_BOUND])
{
        memcpy (aad, header, HEADER_BOUND);
        memcpy (aad + HEADER_BOUND, cell, ENTRY_BOUND);
}

static void
cell_begin (guint8 *cell, const SekiStoreId *id, guint32 position)
{
        cell[0] = id->kind;
        seki_put_be32 (cell + 4, position);
        memcpy (cell + 8, id->name, SEKI_STORE_NAME_LEN);
}

gboolean
seki_cell_seal (SekiAead *key, const guint8 *header, guint32 position,
                const SekiStoreSecret *secret, guint8 *cell, GError **error)
{
        guint8 aad[HEADER_BOUND + ENTRY_BOUND];

        memset (cell, 0, CELL);
        cell_begin (cell, &secret->id, position);
        cell_bind (header, cell, aad);
        if (!seki_nss_random (cell + ENTRY_BOUND, SEKI_SEAL_NONCE)) {
                seki_nss_error (error, _("NSS gives no random bytes."));
                return FALSE;
        }
        return seki_aead_seal (key, seki_span (aad, sizeof aad),
                               seki_span (secret->secret, SEKI_AEAD_KEY), cell + ENTRY_BOUND,
                               error);
}

gboolean
seki_cell_open_sealed (SekiAead *key, const guint8 *header, const SekiStoreId *id, guint32 position,
                       const guint8 *sealed, guint8 out[SEKI_AEAD_KEY], GError **error)
{
        guint8 start[ENTRY_BOUND] = { 0 }, aad[HEADER_BOUND + ENTRY_BOUND];

        cell_begin (start, id, position);
        cell_bind (header, start, aad);
        return seki_aead_open (key, seki_span (aad, sizeof aad),
                               seki_span (sealed, SEKI_CELL_SEALED), out, error);
}

gboolean
seki_cell_open (SekiAead *key, const guint8 *header, guint32 position, const guint8 *cell,
                SekiStoreSecret *out)
{
        if (!seki_cell_is_zero (cell + 1, 3) || seki_get_be32 (cell + 4) != position ||
            !seki_cell_is_zero (cell + 20, 4) ||
            !seki_cell_is_zero (cell + ENTRY_BOUND + SEKI_CELL_SEALED,
                                CELL - ENTRY_BOUND - SEKI_CELL_SEALED))
                return FALSE;
        out->id.kind = cell[0];
        memcpy (out->id.name, cell + 8, SEKI_STORE_NAME_LEN);
        return seki_cell_open_sealed (key, header, &out->id, position, cell + ENTRY_BOUND,
                                      out->secret, NULL);
}

/* NSS 3.87 leaves the value of a token key in the heap for ever when a message
 * context is made on it (sftk_MessageCryptInit does not free the attribute), so
 * the master only wraps, and the contexts stand on a session key. */
static PK11SymKey *
key_wrap (PK11SymKey *master, guint8 wrapped[WRAPPED_LEN])
{
        PK11SlotInfo *token = PK11_GetSlotFromKey (master);
        PK11SymKey *key = PK11_KeyGen (token, CKM_AES_GCM, NULL, SEKI_AEAD_KEY, NULL);
        SECItem out = { siBuffer, wrapped, WRAPPED_LEN };

        PK11_FreeSlot (token);
        if (key == NULL ||
            (PK11_WrapSymKey (CKM_AES_KEY_WRAP, NULL, master, key, &out) == SECSuccess &&
             out.len == WRAPPED_LEN))
                return key;
        PK11_FreeSymKey (key);
        return NULL;
}

PK11SymKey *
seki_cell_unwrap_key (PK11SymKey *master, const guint8 *header)
{
        SECItem in = { siBuffer, (guint8 *) header + HEADER_BOUND, WRAPPED_LEN };

        return PK11_UnwrapSymKeyWithFlags (master, CKM_AES_KEY_WRAP, NULL, &in, CKM_AES_GCM,
                                           CKA_ENCRYPT, SEKI_AEAD_KEY, CKF_ENCRYPT | CKF_DECRYPT);
}

gboolean
seki_cell_make_header (PK11SymKey *master, const guint8 *old, guint8 header[CELL],
                       SekiAead *out_key, GError **error)
{
        PK11SymKey *key;

        memset (header, 0, CELL);
        memcpy (header, MAGIC, 8);
        seki_put_be32 (header + 8, SEKI_STORE_FORMAT);
        seki_put_be32 (header + 12, old != NULL ? seki_get_be32 (old + 12) + 1 : 0);
        if (old != NULL)
                memcpy (header + 16, old + 16, 16);
        key = old != NULL || seki_nss_random (header + 16, 16)
                      ? key_wrap (master, header + HEADER_BOUND)
                      : NULL;
        if (key == NULL)
                seki_nss_error (error, _("A key for the key store cannot be made."));
        seki_aead_init_take (out_key, key);
        return key != NULL;
}

gboolean
seki_cell_read_header (SekiSpan file, guint32 *out_format)
{
        if (file.len < CELL || memcmp (file.data, MAGIC, 8) != 0 ||
            !seki_cell_is_zero (file.data + HEADER_USED, CELL - HEADER_USED))
                return FALSE;
        *out_format = seki_get_be32 (file.data + 8);
        return TRUE;
}
