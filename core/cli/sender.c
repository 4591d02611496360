/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/sender.h"

#include "base/text.h"
#include "cli/client.h"
#include "cli/view.h"
#include "keyring/nss.h"

#include <inttypes.h>

#define BYTES_MAX ((gsize) 2 * 1024 * 1024) /* of rows in one message */
#define TRIES 60
#define WAIT (G_USEC_PER_SEC / 2)

typedef struct {
        guint64 row;
        SekiSpan *inputs;
} Place;

struct SekiSender {
        const SekiSenderSpec *spec;
        SekiArena *arena, *scratch; /* rows; the message and its answer */
        SekiItem items[SEKI_SENDER_RECORDS];
        Place places[SEKI_SENDER_RECORDS];
        gsize n;
        guint64 count;
};

SekiSender *
seki_sender_new (const SekiSenderSpec *spec)
{
        SekiSender *sender = g_new0 (SekiSender, 1);

        sender->spec = spec;
        sender->arena = seki_arena_new (0);
        sender->scratch = seki_arena_new (0);
        return sender;
}

void
seki_sender_free (SekiSender *sender)
{
        if (sender == NULL)
                return;
        seki_arena_free (sender->arena);
        seki_arena_free (sender->scratch);
        g_free (sender);
}

/* Different files, actions, receivers, purposes and bases make different ids. */
static void
sender_id (const SekiSender *sender, char out[41])
{
        g_autoptr (SekiHash) hash = seki_hash_new ();
        const SekiSenderSpec *spec = sender->spec;
        const char *parts[] = { spec->seed, spec->action, spec->to, spec->purpose, spec->basis };
        guint8 digest[SEKI_HASH_LEN], number[8];

        if (spec->seed == NULL) {
                seki_nss_random (digest, sizeof digest);
                seki_hex (digest, 20, out);
                return;
        }
        seki_hash_begin (hash);
        for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
                seki_hash_add (hash, parts[i] != NULL ? parts[i] : "",
                               parts[i] != NULL ? strlen (parts[i]) + 1 : 1);
        seki_put_be64 (number, sender->count);
        seki_hash_add (hash, number, sizeof number);
        seki_hash_end (hash, digest);
        seki_hex (digest, 20, out);
}

/* Asks again while the node is busy: equal messages are applied once. */
static SekiSecret *
body_send (const SekiSender *sender, SekiSpan body, GError **error)
{
        const SekiArgument arguments[] = { SEKI_ARGUMENT_TEXT ("action", sender->spec->action),
                                           SEKI_ARGUMENT_BYTES ("body", body),
                                           { NULL } };

        for (guint i = 0; i < TRIES; i++) {
                g_autoptr (GError) own = NULL;
                g_autoptr (SekiSecret) answer =
                        seki_client_call (sender->spec->control, "take", arguments, &own);

                if (answer != NULL &&
                    seki_view_get_int (seki_secret_get_span (answer), "status", 0) != 503)
                        return g_steal_pointer (&answer);
                if (own != NULL && !g_error_matches (own, SEKI_ERROR, SEKI_ERROR_BUSY)) {
                        g_propagate_error (error, g_steal_pointer (&own));
                        return NULL;
                }
                g_usleep (WAIT);
        }
        g_set_error (
                error, SEKI_ERROR, SEKI_ERROR_BUSY,
                _("The node stays busy. Give the same command again later: nothing is applied "
                  "twice."));
        return NULL;
}

static gboolean
verdict_tell (const SekiSender *sender, gsize i, const SekiVerdictItem *item, const char *reason,
              GError **error)
{
        const SekiSenderVerdict verdict = { .row = sender->places[i].row,
                                            .inputs = sender->places[i].inputs,
                                            .reason = item != NULL ? item->reason : reason,
                                            .record = item != NULL ? item->record : NULL };

        return sender->spec->verdict (&verdict, sender->spec->user, error);
}

static gboolean
answer_take (SekiSender *sender, SekiSpan body, GError **error)
{
        SekiAnswer answer;

        if (!seki_answer_read (body, sender->scratch, &answer, error))
                return FALSE;
        if (answer.error != NULL) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_STORAGE,
                             _("The node could not decide a batch: %s The batches before it were "
                          "taken; give the same command again."),
                                answer.error);
                return FALSE;
        }
        if (answer.reason == NULL && answer.n_items != sender->n) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_INVALID,
                             _("The node answered %zu of %zu records."), answer.n_items,
                                sender->n);
                return FALSE;
        }
        for (gsize i = 0; i < sender->n; i++)
                if (!verdict_tell (sender, i, answer.reason == NULL ? &answer.items[i] : NULL,
                                   answer.reason, error))
                        return FALSE;
        return TRUE;
}

static gboolean
sender_send (SekiSender *sender, GError **error)
{
        char id[41];
        SekiMessage message = { .to = seki_span_text (sender->spec->to),
                                .purpose = seki_span_text (sender->spec->purpose),
                                .basis = seki_span_text (sender->spec->basis),
                                .items = sender->items,
                                .n_items = sender->n };
        g_autoptr (SekiSecret) answer = NULL;
        SekiCborWriter body;
        gboolean ok;

        sender_id (sender, id);
        message.id = seki_span_text (id);
        seki_cbor_writer_init (&body, sender->scratch);
        seki_message_write (&message, &body);
        answer = body_send (sender, seki_cbor_writer_get_span (&body), error);
        ok = answer != NULL &&
             answer_take (sender, seki_view_get_text (seki_secret_get_span (answer), "body"),
                          error);
        sender->count += ok;
        sender->n = 0;
        seki_arena_reset (sender->scratch);
        seki_arena_reset (sender->arena);
        return ok;
}

/* Of an empty span nobody reads the bytes. */
static SekiSpan
span_keep (SekiArena *arena, SekiSpan span)
{
        return span.len == 0 ? span
                             : seki_span (seki_arena_copy (arena, span.data, span.len), span.len);
}

gboolean
seki_sender_add (SekiSender *sender, const SekiSheetRow *row, GError **error)
{
        SekiItem *item = &sender->items[sender->n];
        Place *place = &sender->places[sender->n];

        *item = (SekiItem){ 0 };
        *place = (Place){ .row = row->row };
        for (guint i = 0; i < SEKI_FIELD_COUNT; i++)
                item->record.field[i] = span_keep (sender->arena, row->record.field[i]);
        if (sender->spec->n_inputs > 0) {
                place->inputs = seki_arena_alloc (sender->arena,
                                                  sender->spec->n_inputs * sizeof *place->inputs);
                for (gsize i = 0; i < sender->spec->n_inputs; i++)
                        place->inputs[i] = span_keep (sender->arena, row->inputs[i]);
        }
        sender->n++;
        return (sender->n < SEKI_SENDER_RECORDS && seki_arena_used (sender->arena) < BYTES_MAX) ||
               sender_send (sender, error);
}

gboolean
seki_sender_finish (SekiSender *sender, GError **error)
{
        return sender->n == 0 || sender_send (sender, error);
}

guint64
seki_sender_get_count (const SekiSender *sender)
{
        return sender->count;
}
