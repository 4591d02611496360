/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/map.h"

typedef struct {
        const char *key;
        gsize start, end;
} Member;

void
seki_map_init (SekiMap *map)
{
        seki_cbor_writer_init (&map->values, NULL);
        map->entries = g_array_new (FALSE, FALSE, sizeof (Member));
}

void
seki_map_clear (SekiMap *map)
{
        seki_cbor_writer_clear (&map->values);
        g_clear_pointer (&map->entries, g_array_unref);
}

SekiCborWriter *
seki_map_at (SekiMap *map, const char *key)
{
        Member member = { .key = key, .start = map->values.len };

        g_array_append_val (map->entries, member);
        return &map->values;
}

/* RFC 8949, 4.2.1 for text keys: shorter first, then bytewise. */
static gint
member_compare (gconstpointer a, gconstpointer b)
{
        const char *x = ((const Member *) a)->key, *y = ((const Member *) b)->key;
        gsize nx = strlen (x), ny = strlen (y);

        return nx != ny ? (nx < ny ? -1 : 1) : memcmp (x, y, nx);
}

void
seki_map_write (SekiMap *map, SekiCborWriter *out)
{
        Member *members = (Member *) map->entries->data;
        guint n = map->entries->len;

        for (guint i = 0; i < n; i++)
                members[i].end = i + 1 < n ? members[i + 1].start : map->values.len;
        g_array_sort (map->entries, member_compare);
        seki_cbor_write_map (out, n);
        for (guint i = 0; i < n; i++) {
                seki_cbor_write_literal (out, members[i].key);
                seki_cbor_write_raw (out, seki_span (map->values.data + members[i].start,
                                                     members[i].end - members[i].start));
        }
        seki_map_clear (map);
        seki_map_init (map);
}
