/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of the peers' ledgers, in rows. */
#include "kernel/witness-inner.h"

#include "base/text.h"

#define FORMAT 1

static gsize
row_key (char kind, const SekiParty *party, gboolean ended, guint8 out[SEKI_UNPROVEN_KEY_MAX])
{
        gsize len = strlen (party->id);

        g_assert (len + 2 + 8 + 32 <= SEKI_UNPROVEN_KEY_MAX);
        out[0] = (guint8) kind;
        memcpy (out + 1, party->id, len);
        out[1 + len] = '\0';
        return 1 + len + (ended ? 1 : 0);
}

gsize
seki_unproven_bound (const SekiParty *party, guint64 index, guint8 out[SEKI_UNPROVEN_KEY_MAX])
{
        gsize len = row_key ('P', party, TRUE, out);

        seki_put_be64 (out + len, index);
        return len + 8;
}

gsize
seki_unproven_key (const SekiParty *party, const SekiReceipt *receipt,
                  guint8 out[SEKI_UNPROVEN_KEY_MAX])
{
        gsize len = seki_unproven_bound (party, receipt->index, out);

        memcpy (out + len, receipt->leaf, 32);
        return len + 32;
}

void
seki_unproven_value (const SekiReceipt *receipt, gint64 now, guint8 out[SEKI_UNPROVEN_VALUE_LEN])
{
        seki_put_be16 (out, receipt->lane);
        seki_put_be64 (out + 2, (guint64) now);
}

gboolean
seki_unproven_read (SekiSpan key, SekiReceipt *out_receipt)
{
        if (key.len < 2 + 8 + 32)
                return FALSE;
        *out_receipt = (SekiReceipt){ .index = seki_get_be64 (key.data + key.len - 40) };
        memcpy (out_receipt->leaf, key.data + key.len - 32, 32);
        return TRUE;
}

/* Reading. */

typedef struct {
        SekiWitness *witness;
        SekiWitnessedPeer *peer;
        GError *error;
} Load;

static gboolean
row_read_note (SekiCborReader *reader, const SekiWitnessedPeer *peer, SekiNoted *out_noted,
               GError **error)
{
        SekiSpan note;

        if (seki_cbor_peek (reader) == SEKI_CBOR_NULL)
                return seki_cbor_read_null (reader, error);
        if (!seki_cbor_read_text (reader, &note, error) ||
            !seki_checkpoint_verify (note, seki_span (peer->key->data, peer->key->len),
                                     &out_noted->at, error))
                return FALSE;
        out_noted->note = g_strndup ((const char *) note.data, note.len);
        return TRUE;
}

static gboolean
row_read (SekiCborReader *reader, SekiWitnessedPeer *peer, GError **error)
{
        SekiSpan why = SEKI_SPAN_NONE;

        if (seki_cbor_peek (reader) == SEKI_CBOR_NULL ? !seki_cbor_read_null (reader, error)
                                                      : !seki_cbor_read_text (reader, &why, error))
                return FALSE;
        if (!seki_cbor_read_int (reader, &peer->proven, error) ||
            !row_read_note (reader, peer, &peer->known, error) ||
            !row_read_note (reader, peer, &peer->claimed, error) ||
            !seki_cbor_read_end (reader, error))
                return FALSE;
        if (why.data != NULL)
                memcpy (peer->forked, why.data, MIN (why.len, sizeof peer->forked - 1));
        return TRUE;
}

static void
row_found (gsize i, SekiSpan value, gpointer user)
{
        Load *load = user;
        SekiCborReader reader;
        guint64 format;
        SekiSpan vkey;
        gsize n;

        (void) i;
        seki_cbor_reader_init (&reader, value);
        if (!seki_cbor_read_array (&reader, 6, &n, &load->error) ||
            !seki_cbor_read_uint (&reader, &format, &load->error) ||
            !seki_cbor_read_text (&reader, &vkey, &load->error))
                return;
        /* Another key is another ledger, which persons accepted with the profile. */
        if (seki_span_is (vkey, load->peer->vkey))
                row_read (&reader, load->peer, &load->error);
        else
                load->peer->dirty = TRUE;
}

/* Receipts of a ledger that counts no more. */
static gboolean
receipt_forget (SekiSpan key, SekiSpan value, gpointer user)
{
        (void) value;
        seki_witness_settle (user, key);
        return TRUE;
}

static gboolean
peer_load (SekiWitness *witness, SekiWitnessedPeer *peer, const SekiKernel *kernel, GError **error)
{
        Load load = { .witness = witness, .peer = peer };
        guint8 key[SEKI_UNPROVEN_KEY_MAX], from[SEKI_UNPROVEN_KEY_MAX], to[SEKI_UNPROVEN_KEY_MAX];
        SekiSpan row = seki_span (key, row_key ('W', peer->party, FALSE, key));

        if (peer->key == NULL)
                return TRUE;
        if (!kernel->storage->get_many (kernel->storage_self, SEKI_SPACE_STATE, &row, 1, row_found,
                                        &load, error))
                return FALSE;
        if (load.error != NULL) {
                g_propagate_prefixed_error (
                        error, load.error,
                        _("What is kept of the ledger of '%s' can not be read. "),
                           peer->party->id);
                return FALSE;
        }
        return !peer->dirty ||
               kernel->storage->scan (
                       kernel->storage_self, SEKI_SPACE_STATE,
                       seki_span (from, seki_unproven_bound (peer->party, 0, from)),
                       seki_span (to, seki_unproven_bound (peer->party, G_MAXUINT64, to)),
                       receipt_forget, witness, error);
}

gboolean
seki_witness_load (SekiWitness *witness, const SekiKernel *kernel, GError **error)
{
        for (gsize i = 0; i < witness->n_peers; i++)
                if (!peer_load (witness, &witness->peers[i], kernel, error))
                        return FALSE;
        return TRUE;
}

/* Writing. */

static void
write_note (SekiCborWriter *writer, const char *note)
{
        if (note != NULL)
                seki_cbor_write_literal (writer, note);
        else
                seki_cbor_write_null (writer);
}

static void
peer_write (const SekiWitnessedPeer *peer, SekiArena *arena, GArray *writes)
{
        guint8 *key = seki_arena_alloc (arena, SEKI_UNPROVEN_KEY_MAX);
        SekiWrite write = { .space = SEKI_SPACE_STATE };
        SekiCborWriter row;

        write.key = seki_span (key, row_key ('W', peer->party, FALSE, key));
        seki_cbor_writer_init (&row, arena);
        seki_cbor_write_array (&row, 6);
        seki_cbor_write_uint (&row, FORMAT);
        seki_cbor_write_literal (&row, peer->vkey);
        write_note (&row, peer->forked[0] != '\0' ? peer->forked : NULL);
        seki_cbor_write_int (&row, peer->proven);
        write_note (&row, peer->known.note);
        write_note (&row, peer->claimed.note);
        write.value = seki_cbor_writer_get_span (&row);
        g_array_append_val (writes, write);
}

/* Copies what changed, so that the disk is not waited for under the lock. */
static void
witness_collect (SekiWitness *witness, SekiArena *arena, GArray *writes, GPtrArray *settled)
{
        pthread_rwlock_wrlock (&witness->lock);
        for (gsize i = 0; i < witness->n_peers; i++) {
                if (witness->peers[i].dirty && witness->peers[i].key != NULL)
                        peer_write (&witness->peers[i], arena, writes);
                witness->peers[i].dirty = FALSE;
        }
        while (witness->settled->len > 0)
                g_ptr_array_add (settled, g_ptr_array_steal_index_fast (witness->settled,
                                                                        witness->settled->len - 1));
        pthread_rwlock_unlock (&witness->lock);
        for (guint i = 0; i < settled->len; i++) {
                SekiWrite write = { .space = SEKI_SPACE_STATE };

                write.key.data = g_bytes_get_data (g_ptr_array_index (settled, i), &write.key.len);
                g_array_append_val (writes, write);
        }
}

static void
witness_forget_nothing (SekiWitness *witness)
{
        pthread_rwlock_wrlock (&witness->lock);
        for (gsize i = 0; i < witness->n_peers; i++)
                witness->peers[i].dirty = witness->peers[i].key != NULL;
        pthread_rwlock_unlock (&witness->lock);
}

gboolean
seki_witness_save (SekiWitness *witness, const SekiKernel *kernel, GError **error)
{
        g_autoptr (SekiArena) arena = seki_arena_new (0);
        g_autoptr (GArray) writes = g_array_new (FALSE, FALSE, sizeof (SekiWrite));
        g_autoptr (GPtrArray) settled =
                g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
        SekiBatch batch = { 0 };

        witness_collect (witness, arena, writes, settled);
        batch.writes = (const SekiWrite *) writes->data;
        batch.n_writes = writes->len;
        if (batch.n_writes == 0 ||
            kernel->storage->commit (kernel->storage_self, kernel->lane, &batch, error))
                return TRUE;
        /* Receipts that stay behind are proven once more; the rest is written again. */
        witness_forget_nothing (witness);
        return FALSE;
}
