/* SPDX-License-Identifier: Apache-2.0 */
/* The mark: how many leaves, and bytes of entries, are durable in a folder.
 * A slot: format BE16, zero BE16, sequence BE64, leaves BE64, bytes BE64, SHA-256 of all
 * before it; zeros to 512 bytes.  It guards against torn writes, not against
 * people: those meet the checkpoint. */
#include "ledger/tiles-file.h"

#include "base/text.h"

#define MARK_FORMAT 1
#define BODY_LEN (4 + 8 + 8 + 8)
#define SIZE_MAX_KEPT ((guint64) 1 << 56) /* more would not fit a file */

typedef struct {
        guint64 sequence, size, entries_len;
} Mark;

static void
mark_pack (SekiHash *hash, const Mark *mark, guint8 out[SEKI_SLOT_LEN])
{
        memset (out, 0, SEKI_SLOT_LEN);
        seki_put_be16 (out, MARK_FORMAT);
        seki_put_be64 (out + 4, mark->sequence);
        seki_put_be64 (out + 12, mark->size);
        seki_put_be64 (out + 20, mark->entries_len);
        seki_hash_sum (hash, seki_span (out, BODY_LEN), out + BODY_LEN);
}

static gboolean
mark_unpack (SekiHash *hash, guint which, const SekiSlot *slot, Mark *out_mark)
{
        guint8 expected[SEKI_SLOT_LEN];

        if (slot->finding != SEKI_SLOT_WRITTEN)
                return FALSE;
        out_mark->sequence = seki_get_be64 (slot->data + 4);
        out_mark->size = seki_get_be64 (slot->data + 12);
        out_mark->entries_len = seki_get_be64 (slot->data + 20);
        mark_pack (hash, out_mark, expected);
        return memcmp (expected, slot->data, SEKI_SLOT_LEN) == 0 && out_mark->sequence > 0 &&
               out_mark->sequence % 2 == which && out_mark->size <= SIZE_MAX_KEPT &&
               out_mark->entries_len <= G_MAXINT64;
}

gboolean
seki_tile_files_set_mark (SekiTileFiles *files, SekiHash *hash, guint64 size, guint64 entries_len,
                          GError **error)
{
        Mark mark = { files->mark_sequence + 1, size, entries_len };
        guint8 slot[SEKI_SLOT_LEN];

        mark_pack (hash, &mark, slot);
        if (!seki_slots_write (files->mark, (guint) (mark.sequence % 2), slot, error))
                return FALSE;
        files->mark_sequence = mark.sequence;
        return TRUE;
}

gboolean
seki_tile_files_get_mark (SekiTileFiles *files, SekiHash *hash, gboolean *out_whole, GError **error)
{
        g_autofree char *path = g_build_filename (files->folder, "drained", NULL);
        SekiSlot slots[2];
        Mark marks[2];
        gboolean holds[2];

        if (!seki_slots_read (path, slots, error))
                return FALSE;
        for (guint i = 0; i < 2; i++)
                holds[i] = mark_unpack (hash, i, &slots[i], &marks[i]);
        if (holds[0] || holds[1]) {
                guint newer = holds[1] && (!holds[0] || marks[1].sequence > marks[0].sequence) ? 1
                                                                                               : 0;

                files->mark_sequence = marks[newer].sequence;
                files->size = marks[newer].size;
                files->entries_len = marks[newer].entries_len;
                *out_whole = (holds[0] && holds[1]) || files->mark_sequence == 1;
                return TRUE;
        }
        /* Write number 1 goes to slot 1: if it was torn, slot 0 is still blank. */
        *out_whole = slots[1].finding != SEKI_SLOT_WRITTEN;
        if (slots[0].finding == SEKI_SLOT_ABSENT || slots[0].finding == SEKI_SLOT_BLANK)
                return TRUE;
        return seki_tile_files_damaged (
                files,
                _("Neither copy of the mark in %s/drained holds. Restore the folder "
                  "from a copy."),
                error);
}
