/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/verify.h"

#include "base/text.h"
#include "ledger/lines.h"
#include "ledger/tiles-file.h"

#include <inttypes.h>
#include <stdarg.h>

#define BUFFER_LEN ((gsize) 1 << 20)

typedef struct {
        SekiTileFiles files;
        SekiHash *hash;
        SekiTileStack *stack;
        SekiCheckpoint now, older;
        gboolean has_older;
        SekiVerifyReport *report;
        /* The part of entries that is in memory: */
        guint8 *buffer;
        gsize at, len;
        guint64 offset; /* in the file, of buffer[at] */
} Verify;

/* Keeps the first finding; FALSE. */
static gboolean G_GNUC_PRINTF (3, 4)
verify_find (Verify *verify, guint64 first_bad, const char *format, ...)
{
        SekiVerifyReport *report = verify->report;
        const char *end;
        va_list args;

        if (report->finding[0] != '\0')
                return FALSE;
        va_start (args, format);
        g_vsnprintf (report->finding, sizeof report->finding, format, args);
        va_end (args);
        /* A character that was cut in two is dropped. */
        g_utf8_validate (report->finding, -1, &end);
        report->finding[end - report->finding] = '\0';
        report->first_bad = first_bad;
        return FALSE;
}

/* Checkpoints. */

static guint16
origin_lane (const char *origin)
{
        const char *at = strstr (origin, "/lane/");

        return at != NULL ? (guint16) g_ascii_strtoull (at + strlen ("/lane/"), NULL, 10) : 0;
}

/* Read before the mark: a node that drains meanwhile only gets further. */
static gboolean
verify_read_checkpoint (Verify *verify, const char *folder, SekiSpan public_key, GError **error)
{
        g_autofree char *path = g_build_filename (folder, "checkpoint", NULL);
        g_autofree char *note = NULL;
        g_autoptr (GError) local = NULL;
        gsize len;

        if (!g_file_get_contents (path, &note, &len, &local)) {
                if (g_error_matches (local, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
                        verify_find (verify, G_MAXUINT64,
                                     _("There is no signed checkpoint in the folder yet."));
                        return TRUE;
                }
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_STORAGE,
                             _("The checkpoint can not be read: %s. Check the disk."),
                             local->message);
                return FALSE;
        }
        if (!seki_checkpoint_verify (seki_span (note, len), public_key, &verify->now, &local))
                verify_find (verify, G_MAXUINT64, "%s", local->message);
        verify->report->lane = origin_lane (verify->now.origin);
        verify->report->checkpoint_size = verify->now.size;
        return TRUE;
}

static void
verify_read_older (Verify *verify, const char *note, SekiSpan public_key)
{
        g_autoptr (GError) local = NULL;

        if (note == NULL || verify->report->finding[0] != '\0')
                return;
        if (!seki_checkpoint_verify (seki_span_text (note), public_key, &verify->older, &local))
                verify_find (verify, G_MAXUINT64, _("Of the earlier one: %s"), local->message);
        else if (strcmp (verify->older.origin, verify->now.origin) != 0)
                verify_find (verify, G_MAXUINT64,
                             _("The earlier checkpoint is of %s, this one of %s: the ledger began "
                               "anew, or is another."),
                             verify->older.origin, verify->now.origin);
        else if (verify->older.size > verify->now.size)
                verify_find (verify, verify->now.size,
                             _("The earlier checkpoint covers %" PRIu64 " entries, this one "
                               "%" PRIu64 ": the ledger was put back to an earlier day."),
                             verify->older.size, verify->now.size);
        else
                verify->has_older = TRUE;
}

/* Entries, in order. */

static gboolean
entries_refill (Verify *verify, GError **error)
{
        gsize have = verify->len - verify->at;
        guint64 left = verify->files.entries_len - verify->offset - have;
        gsize more = (gsize) MIN (left, BUFFER_LEN - have);

        memmove (verify->buffer, verify->buffer + verify->at, have);
        verify->at = 0;
        verify->len = have + more;
        return seki_tile_files_read (&verify->files, verify->files.entries, verify->buffer + have,
                                     more, verify->offset + have, error);
}

static gboolean
entries_next (Verify *verify, guint64 index, SekiSpan *out_entry, GError **error)
{
        if (verify->len - verify->at < 2 + SEKI_ENTRY_MAX && !entries_refill (verify, error))
                return FALSE;
        gsize before = verify->at;
        if (!seki_bundle_next (seki_span (verify->buffer, verify->len), &verify->at, out_entry))
                return verify_find (verify, index, _("Entry %" PRIu64 " is cut short."), index);
        verify->offset += verify->at - before;
        return TRUE;
}

/* Tiles. */

static gboolean
level_compare (guint level, guint64 place, const guint8 hash[32], gpointer user, GError **error)
{
        Verify *verify = user;
        guint64 first = place << (8 * level);
        guint8 stored[32];

        if (!seki_tile_files_hashes (&verify->files, level, place, 1, &stored, error))
                return FALSE;
        return memcmp (stored, hash, 32) == 0 ||
               verify_find (verify, first,
                            _("Hash %" PRIu64 " of level-%u, over the entries from %" PRIu64
                              " on, is not that of its tile."),
                            place, level, first);
}

static gboolean
verify_root (Verify *verify, const SekiCheckpoint *checkpoint)
{
        SekiEdge edge;
        guint8 root[32];

        seki_tile_stack_edge (verify->stack, verify->hash, &edge);
        seki_edge_root (&edge, verify->hash, root);
        return memcmp (root, checkpoint->root, sizeof root) == 0 ||
               verify_find (verify, G_MAXUINT64,
                            _("The first %" PRIu64 " entries are not those that were signed: "
                              "their root is another."),
                            checkpoint->size);
}

static gboolean
verify_roots (Verify *verify)
{
        guint64 count = verify->stack->count;

        return (!verify->has_older || count != verify->older.size ||
                verify_root (verify, &verify->older)) &&
               (count != verify->now.size || verify_root (verify, &verify->now));
}

static gboolean
verify_leaf (Verify *verify, const guint8 stored[32], GError **error)
{
        guint64 index = verify->stack->count;
        guint8 leaf[32];
        SekiSpan entry;

        if (!entries_next (verify, index, &entry, error))
                return FALSE;
        seki_tree_leaf (verify->hash, entry, leaf);
        if (memcmp (leaf, stored, 32) != 0)
                return verify_find (verify, index,
                                    _("Entry %" PRIu64 " is not what its leaf was made of."),
                                    index);
        return seki_tile_stack_add (verify->stack, verify->hash, leaf, level_compare, verify,
                                    error) &&
               verify_roots (verify);
}

static gboolean
verify_tile (Verify *verify, guint width, GError **error)
{
        guint64 first = verify->stack->count;
        guint8 stored[SEKI_TILE_WIDTH][32], place[8];

        if (!seki_tile_files_read (&verify->files, verify->files.index, place, 8,
                                   8 * (first / SEKI_TILE_WIDTH), error) ||
            !seki_tile_files_hashes (&verify->files, 0, first, width, stored, error))
                return FALSE;
        if (seki_get_be64 (place) != verify->offset)
                return verify_find (
                        verify, first,
                        _("entries.idx points to a wrong place for entry %" PRIu64 "."), first);
        for (guint i = 0; i < width; i++)
                if (!verify_leaf (verify, stored[i], error))
                        return FALSE;
        return TRUE;
}

static gboolean
verify_all (Verify *verify, void (*progress) (guint64 done, guint64 all, gpointer user),
            gpointer user, GError **error)
{
        guint64 size = verify->files.size;

        verify->stack->count = 0;
        if (!verify_roots (verify))
                return FALSE;
        for (guint64 first = 0; first < size; first += SEKI_TILE_WIDTH) {
                if (progress != NULL)
                        progress (first, size, user);
                if (!verify_tile (verify, (guint) MIN (SEKI_TILE_WIDTH, size - first), error))
                        return FALSE;
        }
        if (progress != NULL)
                progress (size, size, user);
        if (verify->offset != verify->files.entries_len)
                return verify_find (verify, size, _("Entries follow the last leaf."));
        if (verify->report->undrained > 0)
                return verify_find (verify, G_MAXUINT64,
                                    _("The checkpoint covers %" PRIu64 " entries that are not in "
                                      "the files yet, so its root can not be recomputed. Verify "
                                      "again later."),
                                    verify->report->undrained);
        return TRUE;
}

/* Damage is what was looked for: it becomes the finding. */
static gboolean
verify_settle (Verify *verify, GError *local, GError **error)
{
        if (local == NULL)
                return TRUE;
        if (!g_error_matches (local, SEKI_ERROR, SEKI_ERROR_DAMAGED)) {
                g_propagate_error (error, local);
                return FALSE;
        }
        verify_find (verify, verify->stack->count, "%s", local->message);
        g_error_free (local);
        return TRUE;
}

static gboolean
verify_files (Verify *verify, const char *folder,
              void (*progress) (guint64 done, guint64 all, gpointer user), gpointer user,
              GError **error)
{
        GError *local = NULL;

        if (seki_tile_files_open (&verify->files, folder, FALSE, verify->hash, verify->stack,
                                  &local)) {
                SekiVerifyReport *report = verify->report;

                report->leaves = verify->files.size;
                report->undrained = verify->now.size > report->leaves
                                            ? verify->now.size - report->leaves
                                            : 0;
                report->holds = report->finding[0] == '\0' &&
                                verify_all (verify, progress, user, &local);
        }
        seki_tile_files_close (&verify->files);
        return verify_settle (verify, local, error);
}

gboolean
seki_verify_ledger (const char *folder, SekiSpan public_key, const char *older_note,
                    void (*progress) (guint64 done, guint64 all, gpointer user), gpointer user,
                    SekiVerifyReport *out_report, GError **error)
{
        g_autoptr (SekiHash) hash = seki_hash_new ();
        g_autofree SekiTileStack *stack = g_new0 (SekiTileStack, 1);
        g_autofree guint8 *buffer = g_malloc (BUFFER_LEN);
        Verify verify = { .hash = hash, .stack = stack, .buffer = buffer, .report = out_report };

        *out_report = (SekiVerifyReport){ .first_bad = G_MAXUINT64 };
        if (hash == NULL) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_CRYPTO, "%s",
                             _("NSS gives no SHA-256. Check the installation of libfreebl3."));
                return FALSE;
        }
        if (!verify_read_checkpoint (&verify, folder, public_key, error))
                return FALSE;
        verify_read_older (&verify, older_note, public_key);
        return verify_files (&verify, folder, progress, user, error);
}
