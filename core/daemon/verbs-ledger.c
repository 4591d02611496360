/* SPDX-License-Identifier: Apache-2.0 */
/* Verbs that read the ledger. */
#include "daemon/verbs.h"

#include "base/text.h"
#include "kernel/receipt.h"
#include "kernel/story.h"
#include "ledger/checkpoint.h"

#include <inttypes.h>

#define ACTS_MAX 65535

/* Drained, so that every leaf the note covers can be proven from files. */
static char *
ledger_checkpoint (SekiDaemon *daemon, GError **error)
{
        GError *own = NULL;
        char *note = seki_node_checkpoint (daemon->node, &own);

        if (note == NULL && own == NULL)
                own = g_error_new_literal (
                        SEKI_ERROR, SEKI_ERROR_MISSING,
                        _("The ledger has no checkpoint yet: nothing has happened."));
        if (own != NULL)
                g_propagate_error (error, own);
        return note;
}

gboolean
seki_verb_checkpoint (SekiDaemon *daemon, SekiRequest *request, SekiMap *out, GError **error)
{
        g_autofree char *note = ledger_checkpoint (daemon, error);

        (void) request;
        if (note == NULL)
                return FALSE;
        seki_cbor_write_literal (seki_map_at (out, "note"), note);
        return TRUE;
}

static gboolean
request_index (const SekiRequest *request, guint64 *out_index, GError **error)
{
        gint64 index = seki_request_get_int (request, "index", -1);

        *out_index = (guint64) index;
        if (index >= 0)
                return TRUE;
        g_set_error_literal (error, SEKI_ERROR, SEKI_ERROR_INVALID,
                             _("The place in the ledger must be a number from 0."));
        return FALSE;
}

gboolean
seki_verb_prove (SekiDaemon *daemon, SekiRequest *request, SekiMap *out, GError **error)
{
        const SekiKernel *kernel = seki_node_get_kernel (daemon->node);
        g_autofree char *note = NULL, *proof = NULL;
        g_autoptr (GByteArray) path = g_byte_array_new ();
        SekiCheckpoint checkpoint;
        guint8 leaf[32];
        guint64 index;

        if (!request_index (request, &index, error) ||
            (note = ledger_checkpoint (daemon, error)) == NULL ||
            !seki_checkpoint_verify (seki_span_text (note),
                                     seki_keyring_get_ledger_key (kernel->keyring), &checkpoint,
                                     error) ||
            !seki_tiles_inclusion (kernel->tiles, index, checkpoint.size, path, error) ||
            !seki_tiles_read_leaf (kernel->tiles, index, leaf, error))
                return FALSE;
        proof = seki_proof_format (index, (const guint8 (*)[32]) path->data, path->len / 32, note);
        seki_cbor_write_literal (seki_map_at (out, "proof"), proof);
        seki_cbor_write_bytes (seki_map_at (out, "leaf"), seki_span (leaf, sizeof leaf));
        return TRUE;
}

static void
entry_text (SekiMap *out, const char *key, SekiSpan text)
{
        if (text.data != NULL)
                seki_cbor_write_text (seki_map_at (out, key), text);
}

static void
entry_bytes (SekiMap *out, const char *key, SekiSpan bytes)
{
        if (bytes.data != NULL)
                seki_cbor_write_bytes (seki_map_at (out, key), bytes);
}

static void
entry_write (SekiMap *out, guint64 index, const SekiEntry *entry)
{
        seki_cbor_write_uint (seki_map_at (out, "index"), index);
        seki_cbor_write_int (seki_map_at (out, "time"), entry->time);
        entry_text (out, "act", entry->act);
        entry_text (out, "action", entry->action);
        entry_text (out, "actor", entry->actor);
        entry_text (out, "peer", entry->peer);
        entry_text (out, "message", entry->message);
        entry_bytes (out, "subject", entry->subject);
        entry_text (out, "purpose", entry->purpose);
        entry_text (out, "basis", entry->basis);
        seki_cbor_write_bool (seki_map_at (out, "permitted"), entry->permitted == 1);
        entry_text (out, "reason", entry->reason);
        if (entry->n_rules > 0)
                seki_cbor_write_array (seki_map_at (out, "rules"), entry->n_rules);
        for (guint i = 0; i < entry->n_rules; i++)
                seki_cbor_write_text (&out->values, entry->rules[i]);
        entry_bytes (out, "policy", entry->policy);
        entry_bytes (out, "facts", entry->facts);
        if (entry->count > 1)
                seki_cbor_write_uint (seki_map_at (out, "count"), entry->count);
        entry_text (out, "detail", entry->detail);
}

gboolean
seki_verb_entry (SekiDaemon *daemon, SekiRequest *request, SekiMap *out, GError **error)
{
        const SekiKernel *kernel = seki_node_get_kernel (daemon->node);
        g_autoptr (GByteArray) bytes = g_byte_array_new ();
        guint8 leaf[32];
        SekiEntry entry;
        guint64 index;

        if (!request_index (request, &index, error) ||
            !seki_tiles_read_entry (kernel->tiles, index, bytes, error) ||
            !seki_tiles_read_leaf (kernel->tiles, index, leaf, error) ||
            !seki_entry_read (seki_span (bytes->data, bytes->len), &entry, error))
                return FALSE;
        entry_write (out, index, &entry);
        seki_cbor_write_bytes (seki_map_at (out, "leaf"), seki_span (leaf, sizeof leaf));
        return TRUE;
}

/* Acts as they are told; the array's head is written when their number is known. */
typedef struct {
        const SekiKernel *kernel;
        SekiCborWriter acts;
        guint n;
} Story;

/* What a peer said of a message: its place in the peer's ledger. */
static void
receipt_write (SekiMap *map, const SekiReceipt *receipt)
{
        SekiCborWriter *out = seki_map_at (map, "receipt");

        seki_cbor_write_map (out, 3);
        seki_cbor_write_literal (out, "lane");
        seki_cbor_write_uint (out, receipt->lane);
        seki_cbor_write_literal (out, "leaf");
        seki_cbor_write_bytes (out, seki_span (receipt->leaf, sizeof receipt->leaf));
        seki_cbor_write_literal (out, "index");
        seki_cbor_write_uint (out, receipt->index);
}

static void
story_act (guint64 index, const SekiEntry *entry, gpointer user)
{
        Story *story = user;
        SekiReceipt receipt;
        guint8 leaf[32];
        g_auto (SekiMap) map;

        if (story->n == ACTS_MAX)
                return;
        story->n++;
        seki_map_init (&map);
        entry_write (&map, index, entry);
        if (seki_span_is (entry->act, "send") &&
            seki_receipt_find (story->kernel, entry->peer, entry->message, &receipt))
                receipt_write (&map, &receipt);
        if (seki_tiles_read_leaf (story->kernel->tiles, index, leaf, NULL))
                seki_cbor_write_bytes (seki_map_at (&map, "leaf"), seki_span (leaf, sizeof leaf));
        seki_map_write (&map, &story->acts);
}

static void
story_tell (SekiDaemon *daemon, SekiRequest *request)
{
        Story story = { .kernel = seki_node_get_kernel (daemon->node) };
        g_autofree char *note = NULL;
        g_autoptr (GError) error = NULL;
        g_auto (SekiMap) out;

        seki_map_init (&out);
        seki_cbor_writer_init (&story.acts, NULL);
        if (seki_story_tell (story.kernel, seki_request_get (request, "code"), story_act, &story,
                             &error) &&
            (note = ledger_checkpoint (daemon, &error)) != NULL) {
                seki_cbor_write_array (seki_map_at (&out, "acts"), story.n);
                seki_cbor_write_raw (&out.values, seki_cbor_writer_get_span (&story.acts));
                seki_cbor_write_literal (seki_map_at (&out, "note"), note);
                seki_verb_answer (request, &out);
        } else {
                seki_request_refuse (request, error);
        }
        seki_cbor_writer_clear (&story.acts);
}

gboolean
seki_verb_story (SekiDaemon *daemon, SekiRequest *request, SekiMap *out, GError **error)
{
        SekiSpan code;

        (void) out;
        return seki_verb_need (request, "code", &code, error) &&
               seki_verb_note_then (daemon, request, "story", "", story_tell, error);
}
