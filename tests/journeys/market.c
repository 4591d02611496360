/* SPDX-License-Identifier: Apache-2.0 */
#include "market.h"

#define SETTLE_STEPS 20000

static const SekiParty *const parties[DESKS] = { &desk_transfer, &desk_account, &desk_second,
                                                 &desk_issuer };
static const char *const reads[DESKS] = { "transfer.read", "account.read", "account.read",
                                          "issuer.read" };

static void
packet_free (gpointer data)
{
        Packet *packet = data;

        g_bytes_unref (packet->body);
        g_free (packet);
}

guint
market_random (Market *market, guint below)
{
        market->seed = market->seed * 6364136223846793005u + 1442695040888963407u;
        return (guint) (market->seed >> 33) % below;
}

static gboolean
link_send (const SekiParty *peer, guint64 token, SekiSpan action, SekiSpan body, gpointer user,
           GError **error)
{
        Port *port = user;
        Packet *packet = g_new0 (Packet, 1);

        (void) error;
        packet->from = port->desk;
        for (guint i = 0; i < DESKS; i++)
                if (peer == parties[i])
                        packet->to = i;
        packet->token = token;
        g_snprintf (packet->action, sizeof packet->action, "%.*s", (int) action.len,
                    (const char *) action.data);
        packet->body = g_bytes_new (body.data, body.len);
        g_ptr_array_add (port->market->packets, packet);
        return TRUE;
}

static void
market_start_queue (Market *market, guint desk)
{
        g_autoptr (GError) error = NULL;

        market->ports[desk] = (Port){ market, desk };
        seki_queue_start (market->desks[desk]->kernel.queue, market->desks[desk]->pipeline,
                          link_send, &market->ports[desk], &error);
        g_assert_no_error (error);
}

Market *
market_new (void)
{
        static const char *const roles[DESKS] = { "transfer", "account", "account", "issuer" };
        Market *market = g_new0 (Market, 1);

        market->packets = g_ptr_array_new_with_free_func (packet_free);
        market->receipts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
        for (guint i = 0; i < DESKS; i++) {
                DeskPlan plan = {
                        .self = parties[i], .role = roles[i], .storage = "memory", .keep = TRUE
                };

                market->desks[i] = desk_new_with (&plan);
                market_start_queue (market, i);
        }
        return market;
}

void
market_free (Market *market)
{
        for (guint i = 0; i < DESKS; i++)
                desk_free (market->desks[i]);
        g_ptr_array_unref (market->packets);
        g_hash_table_unref (market->receipts);
        g_free (market);
}

/* The same message is answered with the same receipt, however often it comes. */
static void
market_note_receipt (Market *market, const Packet *request, SekiSpan body)
{
        g_autoptr (SekiArena) arena = seki_arena_new (0);
        g_autoptr (GError) error = NULL;
        g_autofree char *key = NULL, *receipt = NULL;
        char leaf[65];
        const char *first;
        SekiAnswer answer;

        seki_answer_read (body, arena, &answer, &error);
        g_assert_no_error (error);
        if (!answer.has_receipt || answer.reason != NULL)
                return;
        seki_hex (answer.receipt.leaf, 32, leaf);
        receipt = g_strdup_printf ("lane %u index %" G_GUINT64_FORMAT " leaf %s",
                                   answer.receipt.lane, answer.receipt.index, leaf);
        key = g_strdup_printf ("%u %.*s", request->to, (int) answer.id.len,
                               (const char *) answer.id.data);
        first = g_hash_table_lookup (market->receipts, key);
        if (first == NULL) {
                g_hash_table_insert (market->receipts, g_steal_pointer (&key),
                                     g_steal_pointer (&receipt));
                return;
        }
        g_assert_cmpstr (first, ==, receipt);
        market->same_receipts++;
}

typedef struct {
        Market *market;
        Packet request;
} Asked;

static void
link_answered (SekiSpan body, guint status, gpointer user)
{
        Asked *asked = user;
        Packet *packet = g_new0 (Packet, 1);

        *packet = asked->request;
        packet->answer = TRUE;
        packet->status = status;
        packet->body = g_bytes_new (body.data, body.len);
        /* What only reads is done anew each time, and leaves another leaf. */
        if (strcmp (packet->action, "transfer.find") != 0)
                market_note_receipt (asked->market, &asked->request, body);
        g_ptr_array_add (asked->market->packets, packet);
        g_free (asked);
}

static void
market_deliver (Market *market, const Packet *packet)
{
        gsize len;
        const guint8 *data = g_bytes_get_data (packet->body, &len);
        Asked *asked;

        market->delivered++;
        if (packet->answer) {
                seki_queue_answered (market->desks[packet->from]->kernel.queue, packet->token,
                                     packet->status, seki_span (data, len));
                desk_flush (market->desks[packet->from]);
                return;
        }
        asked = g_new0 (Asked, 1);
        asked->market = market;
        asked->request = *packet;
        desk_take_cbor (market->desks[packet->to], parties[packet->from], packet->action,
                        seki_span (data, len), link_answered, asked);
        desk_flush (market->desks[packet->to]);
}

static void
market_restart (Market *market, guint desk)
{
        market->restarts++;
        desk_close (market->desks[desk]);
        desk_open (market->desks[desk]);
        market_start_queue (market, desk);
}

gboolean
market_step (Market *market)
{
        g_autoptr (GBytes) body = NULL;
        guint place, luck;
        Packet packet;

        if (market->packets->len == 0)
                return FALSE;
        place = market->wild ? market_random (market, market->packets->len) : 0;
        luck = market->wild ? market_random (market, 100) : 99;
        if (luck < 2) {
                market_restart (market, market_random (market, DESKS));
                return TRUE;
        }
        packet = *(Packet *) g_ptr_array_index (market->packets, place);
        body = g_bytes_ref (packet.body);
        if (luck >= 30)
                g_ptr_array_remove_index (market->packets, place);
        else if (luck < 15) {
                market->dropped++;
                g_ptr_array_remove_index (market->packets, place);
                if (luck < 8)
                        seki_queue_lost (market->desks[packet.from]->kernel.queue,
                                         parties[packet.to], "The link dropped it.");
                return TRUE;
        } else
                market->repeated++;     /* and it stays on the link */
        market_deliver (market, &packet);
        return TRUE;
}

static guint
market_waiting (Market *market)
{
        guint n = 0;

        for (guint i = 0; i < DESKS; i++)
                n += faulty_each (market->desks[i]->store, SEKI_SPACE_QUEUE, NULL, NULL);
        return n;
}

void
market_settle (Market *market)
{
        for (guint i = 0; i < SETTLE_STEPS; i++) {
                if (market_step (market))
                        continue;
                if (market_waiting (market) == 0)
                        return;
                for (guint j = 0; j < DESKS; j++) {
                        market->desks[j]->time += 70 * (gint64) G_USEC_PER_SEC;
                        seki_queue_tick (market->desks[j]->kernel.queue);
                        desk_flush (market->desks[j]);
                }
        }
        g_error ("%u messages still wait after %u steps", market_waiting (market), SETTLE_STEPS);
}

const char *
market_ask (Market *market, guint desk, const char *action, const char *purpose, const char *to,
            const char *records)
{
        static guint number;
        g_autofree char *receiver =
                to != NULL ? g_strdup_printf (",\"to\":\"%s\"", to) : g_strdup ("");
        g_autofree char *json = g_strdup_printf ("{\"id\":\"office-%08u\",\"purpose\":\"%s\","
                                                 "\"basis\":\"19-10\"%s,\"records\":[%s]}",
                                                 number++, purpose, receiver, records);

        return desk_ask (market->desks[desk], &market->desks[desk]->office, action, json);
}

char *
market_field (Market *market, guint desk, const char *name)
{
        g_autofree char *key = g_strdup_printf ("\"%s\":\"", name);
        const char *at = strstr (market->desks[desk]->answer->str, key), *end;

        if (at == NULL)
                return NULL;
        at += strlen (key);
        end = strchr (at, '"');
        return g_strndup (at, (gsize) (end - at));
}

gboolean
market_read (Market *market, guint desk, const char *code)
{
        g_autofree char *record = g_strdup_printf ("{\"code\":\"%s\"}", code);

        return strstr (market_ask (market, desk, reads[desk], "P02", NULL, record), "[{") != NULL;
}

/* What one ledger says of one message. */
typedef struct {
        guint sent, taken, given, refused, receipts;
        guint to;
        char *receipt;
} Said;

static void
said_free (gpointer data)
{
        g_free (((Said *) data)->receipt);
        g_free (data);
}

static Said *
said_of (GHashTable *all, SekiSpan message)
{
        g_autofree char *id = g_strndup ((const char *) message.data, message.len);
        Said *said = g_hash_table_lookup (all, id);

        if (said == NULL) {
                said = g_new0 (Said, 1);
                g_hash_table_insert (all, g_steal_pointer (&id), said);
        }
        return said;
}

static void
said_note (GHashTable *all, const SekiEntry *entry)
{
        Said *said = said_of (all, entry->message);

        if (seki_span_is (entry->act, "send")) {
                said->sent++;
                for (guint i = 0; i < DESKS; i++)
                        if (seki_span_is (entry->peer, parties[i]->id))
                                said->to = i;
        } else if (seki_span_is (entry->act, "receipt")) {
                said->receipts++;
                g_free (said->receipt);
                said->receipt = g_strndup ((const char *) entry->detail.data, entry->detail.len);
        } else {
                said->given += seki_span_is (entry->act, "give");
                said->refused += seki_span_is (entry->act, "refuse");
                said->taken +=
                        seki_span_is (entry->act, "put") || seki_span_is (entry->act, "keep");
        }
}

static gboolean
ledger_entry (guint64 index, SekiSpan bytes, gpointer user)
{
        g_autoptr (GError) error = NULL;
        SekiEntry entry;

        (void) index;
        seki_entry_read (bytes, &entry, &error);
        g_assert_no_error (error);
        if (entry.message.data != NULL)
                said_note (user, &entry);
        return TRUE;
}

static GHashTable *
ledger_read (Desk *desk)
{
        GHashTable *all = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, said_free);
        g_autoptr (GError) error = NULL;

        seki_tiles_each (desk->kernel.tiles, 0, desk_leaves (desk), ledger_entry, all, &error);
        g_assert_no_error (error);
        return all;
}

/* The receipt names the first leaf of the message in the receiver's ledger. */
static void
receipt_assert (Desk *receiver, const char *id, const char *receipt)
{
        g_autoptr (GByteArray) bytes = g_byte_array_new ();
        g_autoptr (GError) error = NULL;
        guint64 index = g_ascii_strtoull (strstr (receipt, "index ") + 6, NULL, 10);
        guint8 leaf[32];
        char hex[65];
        SekiEntry entry;

        seki_tiles_read_leaf (receiver->kernel.tiles, index, leaf, &error);
        g_assert_no_error (error);
        seki_hex (leaf, 32, hex);
        g_assert_nonnull (strstr (receipt, hex));
        seki_tiles_read_entry (receiver->kernel.tiles, index, bytes, &error);
        g_assert_no_error (error);
        seki_entry_read (seki_span (bytes->data, bytes->len), &entry, &error);
        g_assert_no_error (error);
        g_assert_true (seki_span_is (entry.message, id));
}

void
market_assert_ledgers (Market *market)
{
        GHashTable *ledgers[DESKS];
        GHashTableIter iter;
        gpointer id, item;

        for (guint i = 0; i < DESKS; i++)
                ledgers[i] = ledger_read (market->desks[i]);
        for (guint i = 0; i < DESKS; i++) {
                g_hash_table_iter_init (&iter, ledgers[i]);
                while (g_hash_table_iter_next (&iter, &id, &item)) {
                        const Said *said = item, *other;

                        if (said->sent == 0)
                                continue;
                        other = g_hash_table_lookup (ledgers[said->to], id);
                        g_assert_nonnull (other);
                        if (other->given == 0) /* each record exactly once */
                                g_assert_cmpuint (other->taken + other->refused, ==, said->sent);
                        else if (other->refused == 0) /* given, to be kept on this side */
                                g_assert_cmpuint (said->taken, ==, said->sent);
                        else /* given, lost, and withdrawn before it was asked again */
                                g_assert_cmpuint (said->taken + said->refused, ==, said->sent);
                        g_assert_cmpuint (other->taken, <=, said->sent);
                        g_assert_cmpuint (said->receipts, ==, 1);
                        receipt_assert (market->desks[said->to], id, said->receipt);
                }
        }
        for (guint i = 0; i < DESKS; i++)
                g_hash_table_unref (ledgers[i]);
}
