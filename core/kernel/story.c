/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/story.h"

#include "base/text.h"

gboolean
seki_trail_each (SekiSpan plain, SekiSpan *out_head, void (*each) (const SekiTrailItem *, gpointer),
                 gpointer user, GError **error)
{
        SekiCborReader reader;
        SekiSpan life;
        gsize n, m;

        seki_cbor_reader_init (&reader, plain);
        if (!seki_cbor_read_array (&reader, 3, &n, error) || !seki_cbor_skip (&reader, 1, error) ||
            !seki_cbor_skip (&reader, 4, error))
                return FALSE;
        *out_head = seki_span (plain.data, reader.pos);
        if (!seki_cbor_read_array (&reader, G_MAXUINT16, &n, error))
                return FALSE;
        for (gsize i = 0; i < n; i++) {
                gsize start = reader.pos;
                guint64 leaf, ruling;
                SekiTrailItem item;

                if (!seki_cbor_read_array (&reader, 3, &m, error) ||
                    !seki_cbor_read_uint (&reader, &leaf, error) ||
                    !seki_cbor_read_bytes (&reader, &life, error) || life.len != SEKI_LIFE_LEN ||
                    !seki_cbor_read_uint (&reader, &ruling, error))
                        return FALSE;
                item = (SekiTrailItem){ .leaf = (guint32) leaf,
                                        .life = life.data,
                                        .ruling = (guint32) ruling,
                                        .encoded = seki_span (plain.data + start,
                                                              reader.pos - start) };
                each (&item, user);
        }
        return TRUE;
}

typedef struct {
        SekiHands *hands;
        const SekiHeld *held;
        guint8 subject[32];
        guint64 first;
        GArray *leaves;                 /* guint64 */
        GError *error;
} Search;

static void
search_item (const SekiTrailItem *item, gpointer user)
{
        Search *search = user;
        guint64 index = search->first + item->leaf;

        if (memcmp (item->life, search->subject, SEKI_LIFE_LEN) == 0)
                g_array_append_val (search->leaves, index);
}

static gboolean
search_row (SekiSpan key, SekiSpan value, gpointer user)
{
        Search *search = user;
        g_autoptr (SekiSecret) plain = NULL;
        SekiSpan head;

        if (key.len != SEKI_TRAIL_KEY_LEN || value.len < SEKI_SEAL_EXTRA)
                return TRUE;
        plain = seki_secret_new (value.len - SEKI_SEAL_EXTRA);
        search->first = seki_get_be64 (key.data + SEKI_BUCKET_LEN + 2);
        return seki_sealer_open (seki_hands_get_sealer (search->hands), &search->held->bucket,
                                 seki_span ("t", 1), value, seki_secret_get_data (plain),
                                 &search->error) &&
               seki_trail_each (seki_secret_get_span (plain), &head, search_item, search,
                                &search->error);
}

static void
held_row (gsize i, SekiSpan value, gpointer user)
{
        SekiSecret **row = user;

        (void) i;
        *row = seki_secret_new_copy (value.data, value.len);
}

static gint
leaf_compare (gconstpointer a, gconstpointer b)
{
        guint64 x = *(const guint64 *) a, y = *(const guint64 *) b;

        return x < y ? -1 : x > y;
}

static gboolean
story_find (const SekiKernel *kernel, SekiHands *hands, SekiSpan code, SekiArena *arena,
            SekiHeld *held, GError **error)
{
        g_autoptr (SekiSecret) row = NULL;
        guint8 id[SEKI_ID_LEN];
        SekiSpan key = seki_span (id, sizeof id);

        seki_hands_index (hands, SEKI_INDEX_CODE, &code, 1, id);
        if (!kernel->storage->get_many (kernel->storage_self, SEKI_SPACE_RECORD, &key, 1, held_row,
                                        &row, error))
                return FALSE;
        if (row != NULL)
                return seki_hands_open (hands, id, seki_secret_get_span (row), arena, held, error);
        g_set_error_literal (error, SEKI_ERROR, SEKI_ERROR_MISSING,
                             _("No record is stored under this account code. It was never "
                                "received, or it was erased."));
        return FALSE;
}

static gboolean
story_read (const SekiKernel *kernel, GArray *leaves,
            void (*act) (guint64, const SekiEntry *, gpointer), gpointer user, GError **error)
{
        g_autoptr (GByteArray) bytes = g_byte_array_new ();
        SekiEntry entry;

        g_array_sort (leaves, leaf_compare);
        for (guint i = 0; i < leaves->len; i++) {
                guint64 index = g_array_index (leaves, guint64, i);

                g_byte_array_set_size (bytes, 0);
                if (!seki_tiles_read_entry (kernel->tiles, index, bytes, error) ||
                    !seki_entry_read (seki_span (bytes->data, bytes->len), &entry, error))
                        return FALSE;
                act (index, &entry, user);
        }
        return TRUE;
}

gboolean
seki_story_tell (const SekiKernel *kernel, SekiSpan code,
                 void (*act) (guint64, const SekiEntry *, gpointer), gpointer user, GError **error)
{
        g_autoptr (SekiHands) hands = seki_hands_new (kernel->vault, error);
        g_autoptr (SekiArena) arena = seki_arena_new (0);
        g_autoptr (GArray) leaves = g_array_new (FALSE, FALSE, sizeof (guint64));
        guint8 from[SEKI_BUCKET_LEN], to[SEKI_BUCKET_LEN + 1];
        SekiHeld held = { 0 };
        Search search = { .hands = hands, .held = &held, .leaves = leaves };

        if (hands == NULL || !story_find (kernel, hands, code, arena, &held, error))
                return FALSE;
        seki_hands_subject (hands, held.salt, held.id, search.subject);
        seki_bucket_write (&held.bucket, from);
        memcpy (to, from, sizeof from);
        to[SEKI_BUCKET_LEN] = 0xff;
        if (!kernel->storage->scan (kernel->storage_self, SEKI_SPACE_FACTS,
                                    seki_span (from, sizeof from), seki_span (to, sizeof to),
                                    search_row, &search, error))
                return FALSE;
        if (search.error != NULL) {
                g_propagate_error (error, search.error);
                return FALSE;
        }
        return story_read (kernel, leaves, act, user, error);
}
