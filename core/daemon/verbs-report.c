/* SPDX-License-Identifier: Apache-2.0 */
/* Reports of the register: records that do not fit together, and what peers
 * refused.  They name people, so each look is on the ledger before it is seen. */
#include "daemon/verbs.h"

#include "base/text.h"

#define REPORTS_MAX 1000        /* in one answer; "more" tells that there are others */
#define KEY_LEN (1 + 2 + 8 + 4) /* 'M', lane, leaf, number: perform.c and queue.c write them */

typedef struct {
        SekiSealer *sealer;
        SekiCborWriter items;
        guint n;
        gboolean more;
        GError *error;
} Reading;

/* [ reason, time, record, other record or null ] */
static gboolean
report_write (SekiCborWriter *out, SekiSpan key, SekiSpan plain, GError **error)
{
        SekiCborReader reader;
        SekiSpan reason, parts[2];
        g_auto (SekiMap) map;
        gint64 time;
        gsize n;

        seki_cbor_reader_init (&reader, plain);
        if (!seki_cbor_read_array (&reader, 4, &n, error) ||
            !seki_cbor_read_text (&reader, &reason, error) ||
            !seki_cbor_read_int (&reader, &time, error))
                return FALSE;
        for (guint i = 0; i < 2; i++) {
                gsize before = reader.pos;

                if (!seki_cbor_skip (&reader, 4, error))
                        return FALSE;
                parts[i] = seki_span (plain.data + before, reader.pos - before);
        }
        seki_map_init (&map);
        seki_cbor_write_bytes (seki_map_at (&map, "key"), key);
        seki_cbor_write_text (seki_map_at (&map, "reason"), reason);
        seki_cbor_write_int (seki_map_at (&map, "time"), time);
        seki_cbor_write_uint (seki_map_at (&map, "index"), seki_get_be64 (key.data + 3));
        seki_cbor_write_raw (seki_map_at (&map, "record"), parts[0]);
        seki_cbor_write_raw (seki_map_at (&map, "other"), parts[1]);
        seki_map_write (&map, out);
        return TRUE;
}

static gboolean
reading_row (SekiSpan key, SekiSpan value, gpointer user)
{
        Reading *reading = user;
        g_autoptr (SekiSecret) plain = NULL;

        if (reading->n == REPORTS_MAX) {
                reading->more = TRUE;
                return FALSE;
        }
        if (key.len != KEY_LEN || value.len <= SEKI_SEAL_EXTRA)
                return TRUE;
        plain = seki_secret_new (value.len - SEKI_SEAL_EXTRA);
        reading->n++;
        return seki_sealer_open_named (reading->sealer, SEKI_KEY_QUEUE, seki_span ("M", 1), value,
                                       seki_secret_get_data (plain), &reading->error) &&
               report_write (&reading->items, key, seki_secret_get_span (plain), &reading->error);
}

static gboolean
reports_read (const SekiKernel *kernel, SekiSpan after, Reading *reading, GError **error)
{
        guint8 from[KEY_LEN + 1] = { 'M' };
        gsize from_len = 1;

        if (after.len == KEY_LEN && after.data[0] == 'M') {
                memcpy (from, after.data, KEY_LEN);
                from_len = KEY_LEN + 1; /* a NUL behind it: the next key */
        }
        if (!kernel->storage->scan (kernel->storage_self, SEKI_SPACE_REGISTER,
                                    seki_span (from, from_len), seki_span ("N", 1), reading_row,
                                    reading, error))
                return FALSE;
        if (reading->error == NULL)
                return TRUE;
        g_propagate_error (error, reading->error);
        return FALSE;
}

static void
reports_answer (SekiDaemon *daemon, SekiRequest *request)
{
        const SekiKernel *kernel = seki_node_get_kernel (daemon->node);
        g_autoptr (GError) error = NULL;
        g_autoptr (SekiSealer) sealer = seki_sealer_new (kernel->keyring, 1, &error);
        Reading reading = { .sealer = sealer };
        g_auto (SekiMap) out;

        seki_map_init (&out);
        seki_cbor_writer_init (&reading.items, NULL);
        if (sealer != NULL &&
            reports_read (kernel, seki_request_get (request, "after"), &reading, &error)) {
                seki_cbor_write_array (seki_map_at (&out, "items"), reading.n);
                seki_cbor_write_raw (&out.values, seki_cbor_writer_get_span (&reading.items));
                seki_cbor_write_bool (seki_map_at (&out, "more"), reading.more);
                seki_verb_answer (request, &out);
        } else {
                seki_request_refuse (request, error);
        }
        seki_cbor_writer_clear (&reading.items);
}

gboolean
seki_verb_reports (SekiDaemon *daemon, SekiRequest *request, SekiMap *out, GError **error)
{
        (void) out;
        return seki_verb_note_then (daemon, request, "reports", "", reports_answer, error);
}

/* The keys named in the request as writes that erase them. */
static gboolean
request_writes (const SekiRequest *request, GArray *writes, GError **error)
{
        SekiCborReader reader;
        gsize n;

        if (!seki_request_find (request, "keys", &reader)) {
                g_set_error_literal (error, SEKI_ERROR, SEKI_ERROR_INVALID,
                                     _("The request names no reports. Give the keys of those that "
                                        "were dealt with."));
                return FALSE;
        }
        if (!seki_cbor_read_array (&reader, REPORTS_MAX, &n, error))
                return FALSE;
        for (gsize i = 0; i < n; i++) {
                SekiWrite write = { .space = SEKI_SPACE_REGISTER };

                if (!seki_cbor_read_bytes (&reader, &write.key, error))
                        return FALSE;
                if (write.key.len != KEY_LEN || write.key.data[0] != 'M') {
                        g_set_error_literal (error, SEKI_ERROR, SEKI_ERROR_INVALID,
                                             _("What the request names is no report."));
                        return FALSE;
                }
                g_array_append_val (writes, write);
        }
        return TRUE;
}

static void
reports_erase (SekiDaemon *daemon, SekiRequest *request)
{
        const SekiKernel *kernel = seki_node_get_kernel (daemon->node);
        g_autoptr (GArray) writes = g_array_new (FALSE, FALSE, sizeof (SekiWrite));
        g_autoptr (GError) error = NULL;
        SekiBatch batch = { 0 };
        g_auto (SekiMap) out;

        seki_map_init (&out);
        if (request_writes (request, writes, &error)) {
                batch.writes = (const SekiWrite *) writes->data;
                batch.n_writes = writes->len;
                if (writes->len == 0 ||
                    kernel->storage->commit (kernel->storage_self, kernel->lane, &batch, &error)) {
                        seki_cbor_write_uint (seki_map_at (&out, "cleared"), writes->len);
                        seki_verb_answer (request, &out);
                        return;
                }
        }
        seki_request_refuse (request, error);
}

gboolean
seki_verb_reports_clear (SekiDaemon *daemon, SekiRequest *request, SekiMap *out, GError **error)
{
        g_autoptr (GArray) writes = g_array_new (FALSE, FALSE, sizeof (SekiWrite));
        g_autofree char *detail = NULL;

        (void) out;
        if (!request_writes (request, writes, error))
                return FALSE;
        detail = g_strdup_printf ("reports %u", writes->len);
        return seki_verb_note_then (daemon, request, "reports.clear", detail, reports_erase, error);
}
