/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/opening.h"

#include "base/text.h"

#include <inttypes.h>

/* What the store says of the lane's end, read without writing a byte. */
typedef struct {
        gboolean found;
        SekiEdge edge;
        gint64 time;
        GError *error;
} Peeked;

static void
end_peeked (gsize i, SekiSpan value, gpointer user)
{
        Peeked *peeked = user;

        (void) i;
        peeked->found = seki_end_read (value, &peeked->edge, &peeked->time, &peeked->error);
}

static gboolean
kernel_peek (const SekiKernel *kernel, Peeked *out_peeked, GError **error)
{
        guint8 key[SEKI_END_KEY_LEN];

        memset (out_peeked, 0, sizeof *out_peeked);
        seki_end_key (kernel->lane, key);
        if (!kernel->storage->peek (kernel->storage_self, seki_span (key, sizeof key), end_peeked,
                                    out_peeked, error)) {
                g_clear_error (&out_peeked->error);
                return FALSE;
        }
        if (out_peeked->error == NULL)
                return TRUE;
        g_propagate_error (error, out_peeked->error);
        return FALSE;
}

static gboolean
head_disagrees (GError **error, const char *sentence)
{
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_DAMAGED, "%s %s", sentence,
                     _("Nothing was changed. Keep the files and restore from a backup."));
        return FALSE;
}

/* Head against store: at or past the head is sound, behind it is loss. */
static gboolean
store_compare (const Peeked *store, SekiHeadFinding finding, const SekiHeadState *head,
               GError **error)
{
        g_autoptr (SekiHash) hash = seki_hash_new ();
        g_autofree char *sentence = NULL;
        guint8 root[32];

        if (finding == SEKI_HEAD_BOTH_BAD)
                return head_disagrees (error, _("Both slots of the head are damaged."));
        if (finding == SEKI_HEAD_ABSENT)
                return !store->found ||
                       head_disagrees (error, _("The store holds records but the head is gone."));
        if (!store->found && head->count > 0)
                return head_disagrees (
                        error, _("The head knows acknowledged records but the store is gone."));
        if (store->edge.count < head->count) {
                sentence = g_strdup_printf (_("The store ends at ledger entry %" PRIu64
                                               " but %" PRIu64 " were acknowledged."),
                                            store->edge.count, head->count);
                return head_disagrees (error, sentence);
        }
        seki_edge_root (&store->edge, hash, root);
        if (store->edge.count == head->count && memcmp (root, head->root, 32) != 0)
                return head_disagrees (
                        error, _("The store's ledger is not the one the head was written for."));
        return TRUE;
}

/* Tiles are fed after the head: what they hold beyond the store was lost there. */
static gboolean
tiles_compare (const Peeked *store, SekiTiles *tiles, GError **error)
{
        g_autofree char *sentence = NULL;

        if (seki_tiles_get_size (tiles) <= store->edge.count)
                return TRUE;
        sentence = g_strdup_printf (_("The store ends at ledger entry %" PRIu64
                                       " but the ledger's files hold %" PRIu64 "."),
                                    store->edge.count, seki_tiles_get_size (tiles));
        return head_disagrees (error, sentence);
}

static void
opening_report (const SekiOpening *opening, SekiHeadFinding finding)
{
        if (finding == SEKI_HEAD_ONE_BAD && opening->log != NULL)
                opening->log (opening->log_user, SEKI_LOG_WARNING,
                              _("One slot of the head was damaged; it is repaired with the next "
                                 "commit."));
}

/* The first head of a new ledger: that of the empty tree. */
static gboolean
head_begin (const SekiKernel *kernel, SekiHead *head, GError **error)
{
        g_autoptr (SekiHash) hash = seki_hash_new ();
        SekiEdge empty = { 0 };
        guint8 root[32];

        seki_edge_root (&empty, hash, root);
        return seki_head_write (head, 0, root, seki_clock_now (kernel->clock), error);
}

static gboolean
opening_run (const SekiOpening *opening, SekiKernel *kernel, const guint8 key[32],
             SekiHead **out_head, GError **error)
{
        g_autofree char *path = g_build_filename (opening->data, "head", NULL);
        g_autofree char *name = g_strdup_printf ("%u", kernel->lane);
        g_autofree char *folder = g_build_filename (opening->data, "ledger", name, NULL);
        SekiHeadFinding finding;
        SekiHeadState head = { 0 };
        Peeked store;

        if (!seki_head_inspect (path, kernel->lane, key, &finding, &head, error) ||
            !kernel_peek (kernel, &store, error) || !store_compare (&store, finding, &head, error))
                return FALSE;
        kernel->tiles = seki_tiles_open (folder, TRUE, error);
        if (kernel->tiles == NULL || !tiles_compare (&store, kernel->tiles, error))
                return FALSE;
        *out_head = seki_head_open (path, kernel->lane, key, error);
        if (*out_head == NULL || !seki_registry_start (kernel->registry, SEKI_KIND_STORAGE, error))
                return FALSE;
        kernel->commit = seki_commit_new (kernel->storage, kernel->storage_self, kernel->lane,
                                          &head, *out_head, kernel->tiles, kernel->clock, error);
        if (kernel->commit == NULL)
                return FALSE;
        opening_report (opening, finding);
        return finding != SEKI_HEAD_ABSENT || head_begin (kernel, *out_head, error);
}

gboolean
seki_opening_run (const SekiOpening *opening, SekiKernel *kernel, SekiHead **out_head,
                  GError **error)
{
        SekiPlugin *storage = seki_registry_get (kernel->registry, SEKI_KIND_STORAGE, 0);
        guint8 key[32];
        gboolean ok;

        *out_head = NULL;
        kernel->storage = storage->module->storage;
        kernel->storage_self = storage->self;
        if (!seki_keyring_get_key (kernel->keyring, SEKI_KEY_HEAD, key, error))
                return FALSE;
        ok = opening_run (opening, kernel, key, out_head, error);
        seki_wipe (key, sizeof key);
        return ok;
}

void
seki_opening_undo (SekiKernel *kernel, SekiHead **inout_head)
{
        g_clear_pointer (&kernel->commit, seki_commit_free);
        g_clear_pointer (&kernel->tiles, seki_tiles_close);
        g_clear_pointer (inout_head, seki_head_close);
}
