/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/receipt.h"

void
seki_receipt_key (SekiHash *hash, const guint8 seen[32], SekiSpan peer, SekiSpan message,
                  guint8 out[SEKI_CLAIM_LEN])
{
        SekiSpan parts[3] = { peer, seki_span ("", 1), message };
        guint8 mac[SEKI_HASH_LEN];

        seki_hash_mac (hash, seki_span (seen, 32), parts, 3, mac);
        out[0] = 'R';
        memcpy (out + 1, mac, SEKI_ID_LEN);
}

void
seki_receipt_write (const SekiReceipt *receipt, guint8 out[SEKI_RECEIPT_LEN])
{
        seki_put_be16 (out, receipt->lane);
        seki_put_be64 (out + 2, receipt->index);
        memcpy (out + 10, receipt->leaf, 32);
}

gboolean
seki_receipt_read (SekiSpan value, SekiReceipt *out_receipt)
{
        if (value.len != SEKI_RECEIPT_LEN)
                return FALSE;
        out_receipt->lane = seki_get_be16 (value.data);
        out_receipt->index = seki_get_be64 (value.data + 2);
        memcpy (out_receipt->leaf, value.data + 10, 32);
        return TRUE;
}

typedef struct {
        SekiReceipt *receipt;
        gboolean found;
} Finding;

static void
receipt_found (gsize i, SekiSpan value, gpointer user)
{
        Finding *finding = user;

        (void) i;
        finding->found = seki_receipt_read (value, finding->receipt);
}

gboolean
seki_receipt_find (const SekiKernel *kernel, SekiSpan peer, SekiSpan message,
                   SekiReceipt *out_receipt)
{
        g_autoptr (SekiHash) hash = seki_hash_new ();
        Finding finding = { .receipt = out_receipt };
        guint8 seen[32], key[SEKI_CLAIM_LEN];
        SekiSpan key_span = seki_span (key, sizeof key);

        if (hash == NULL || !seki_keyring_get_key (kernel->keyring, SEKI_KEY_SEEN, seen, NULL))
                return FALSE;
        seki_receipt_key (hash, seen, peer, message, key);
        seki_wipe (seen, sizeof seen);
        return kernel->storage->get_many (kernel->storage_self, SEKI_SPACE_STATE, &key_span, 1,
                                          receipt_found, &finding, NULL) &&
               finding.found;
}
