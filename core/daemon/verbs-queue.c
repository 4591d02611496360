/* SPDX-License-Identifier: Apache-2.0 */
/* Verbs that hand in messages, look after waiting ones, and ask about peers. */
#include "daemon/verbs.h"

#include "base/text.h"
#include "daemon/job.h"
#include "kernel/witness.h"
#include "ledger/checkpoint.h"

#define ITEMS_MAX 10000

static void
take_answered (SekiSpan body, guint status, gpointer user)
{
        SekiRequest *request = user;
        g_auto (SekiMap) out;

        seki_map_init (&out);
        seki_cbor_write_uint (seki_map_at (&out, "status"), status);
        seki_cbor_write_bytes (seki_map_at (&out, "body"), body);
        seki_verb_answer (request, &out);
}

gboolean
seki_verb_take (SekiDaemon *daemon, SekiRequest *request, SekiMap *out, GError **error)
{
        SekiSpan action, body;

        (void) out;
        return seki_verb_need (request, "action", &action, error) &&
               seki_verb_need (request, "body", &body, error) &&
               seki_node_take (daemon->node, seki_request_get_caller (request), action, body,
                               take_answered, request, error);
}

typedef struct {
        SekiDaemon *daemon;
        SekiCborWriter items;
        guint n, left;
} Listing;

/* The queue counts in monotonic time; a person reads the calendar. */
static gint64
listing_time (const Listing *listing, gint64 monotonic)
{
        return seki_clock_now (listing->daemon->clock) +
               MAX (0, monotonic - seki_clock_monotonic (listing->daemon->clock));
}

static void
listing_add (const SekiQueueItem *item, gpointer user)
{
        Listing *listing = user;
        g_auto (SekiMap) map;

        if (listing->n == ITEMS_MAX) {
                listing->left++;
                return;
        }
        listing->n++;
        seki_map_init (&map);
        seki_cbor_write_literal (seki_map_at (&map, "id"), item->id);
        seki_cbor_write_literal (seki_map_at (&map, "peer"), item->peer);
        seki_cbor_write_literal (seki_map_at (&map, "action"), item->action);
        seki_cbor_write_uint (seki_map_at (&map, "records"), item->n_records);
        seki_cbor_write_int (seki_map_at (&map, "created"), item->created);
        seki_cbor_write_uint (seki_map_at (&map, "attempts"), item->attempts);
        seki_cbor_write_bool (seki_map_at (&map, "held"), item->held);
        if (item->next_try > 0 && !item->held)
                seki_cbor_write_int (seki_map_at (&map, "next_try"),
                                     listing_time (listing, item->next_try));
        if (item->problem != NULL)
                seki_cbor_write_literal (seki_map_at (&map, "problem"), item->problem);
        seki_map_write (&map, &listing->items);
}

gboolean
seki_verb_queue_list (SekiDaemon *daemon, SekiRequest *request, SekiMap *out, GError **error)
{
        Listing listing = { .daemon = daemon };
        gboolean ok;

        (void) request;
        seki_cbor_writer_init (&listing.items, NULL);
        ok = seki_queue_each (seki_node_get_kernel (daemon->node)->queue, listing_add, &listing,
                              error);
        if (ok) {
                seki_cbor_write_array (seki_map_at (out, "items"), listing.n);
                seki_cbor_write_raw (&out->values, seki_cbor_writer_get_span (&listing.items));
                if (listing.left > 0)
                        seki_cbor_write_uint (seki_map_at (out, "left_off"), listing.left);
        }
        seki_cbor_writer_clear (&listing.items);
        return ok;
}

/* On the thread of the queue. */
static void
queue_work (gpointer user)
{
        SekiJob *job = user;

        job->work (job->queue, job->id, &job->error);
        seki_job_finish (job);
}

static gboolean
verb_queue_work (SekiDaemon *daemon, SekiRequest *request, const char *act,
                 gboolean (*work) (SekiQueue *queue, const char *id, GError **error),
                 GError **error)
{
        SekiSpan id;
        SekiJob *job;

        if (!seki_verb_need (request, "id", &id, error))
                return FALSE;
        job = seki_job_new (request, daemon->waiting, id);
        job->queue = seki_node_get_kernel (daemon->node)->queue;
        job->work = work;
        seki_verb_note (daemon, request, act, job->id);
        seki_node_post_queue (daemon->node, queue_work, job);
        return TRUE;
}

gboolean
seki_verb_queue_retry (SekiDaemon *daemon, SekiRequest *request, SekiMap *out, GError **error)
{
        (void) out;
        return verb_queue_work (daemon, request, "queue.retry", seki_queue_retry, error);
}

gboolean
seki_verb_queue_cancel (SekiDaemon *daemon, SekiRequest *request, SekiMap *out, GError **error)
{
        (void) out;
        return verb_queue_work (daemon, request, "queue.cancel", seki_queue_cancel, error);
}

static void
peer_roles (SekiCborWriter *out, guint roles)
{
        static const struct {
                guint bit;
                const char *name;
        } names[] = { { SEKI_ROLE_TRANSFER, "transfer" },
                      { SEKI_ROLE_ACCOUNT, "account" },
                      { SEKI_ROLE_ISSUER, "issuer" } };
        guint n = 0;

        for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
                n += (roles & names[i].bit) != 0;
        seki_cbor_write_array (out, n);
        for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
                if (roles & names[i].bit)
                        seki_cbor_write_literal (out, names[i].name);
}

static gboolean
row_count (SekiSpan key, SekiSpan value, gpointer user)
{
        (void) key;
        (void) value;
        return ++*(guint *) user < ITEMS_MAX;
}

static guint
peer_queued (const SekiKernel *kernel, const SekiParty *party)
{
        gsize len = strlen (party->id);
        g_autofree char *end = g_strconcat (party->id, "\001", NULL);
        guint n = 0;

        kernel->storage->scan (kernel->storage_self, SEKI_SPACE_QUEUE,
                               seki_span (party->id, len + 1), seki_span (end, len + 1), row_count,
                               &n, NULL);
        return n;
}

/* What the node knows of the peer's ledger while it serves. */
static void
peer_ledger (SekiMap *map, const SekiKernel *kernel, const SekiParty *party)
{
        g_autofree char *note = seki_witness_dup_known (kernel->witness, party);
        g_auto (GStrv) lines = g_strsplit (note != NULL ? note : "", "\n", 3);
        guint64 size;

        if (note != NULL && g_strv_length (lines) == 3 &&
            g_ascii_string_to_unsigned (lines[1], 10, 0, G_MAXINT64, &size, NULL)) {
                seki_cbor_write_uint (seki_map_at (map, "checkpoint"), size);
                seki_cbor_write_literal (seki_map_at (map, "note"), note);
        }
        seki_cbor_write_bool (seki_map_at (map, "forked"),
                              seki_witness_is_forked (kernel->witness, party));
        seki_cbor_write_uint (seki_map_at (map, "queued"), peer_queued (kernel, party));
}

static void
peer_write (SekiCborWriter *out, const SekiKernel *kernel, const SekiPeer *peer)
{
        g_auto (SekiMap) map;

        seki_map_init (&map);
        seki_cbor_write_literal (seki_map_at (&map, "id"), peer->party->id);
        seki_cbor_write_literal (seki_map_at (&map, "kind"),
                                 peer->party->kind == SEKI_CALLER_NODE ? "institution" : "office");
        seki_cbor_write_literal (seki_map_at (&map, "name"), peer->name);
        seki_cbor_write_literal (seki_map_at (&map, "country"), peer->party->country);
        peer_roles (seki_map_at (&map, "roles"), peer->party->roles);
        if (peer->host != NULL) {
                gboolean six = strchr (peer->host, ':') != NULL;
                g_autofree char *to = g_strdup_printf ("%s%s%s:%u", six ? "[" : "", peer->host,
                                                       six ? "]" : "", peer->port);

                seki_cbor_write_literal (seki_map_at (&map, "to"), to);
        }
        if (kernel != NULL && peer->party->kind == SEKI_CALLER_NODE)
                peer_ledger (&map, kernel, peer->party);
        seki_map_write (&map, out);
}

gboolean
seki_verb_peer_list (SekiDaemon *daemon, SekiRequest *request, SekiMap *out, GError **error)
{
        gsize n;
        const SekiPeer *peers = seki_profile_get_peers (daemon->profile, &n);

        (void) request;
        (void) error;
        seki_cbor_write_array (seki_map_at (out, "items"), n);
        for (gsize i = 0; i < n; i++)
                peer_write (&out->values, seki_node_get_kernel (daemon->node), &peers[i]);
        return TRUE;
}

/* On a worker's thread. */
static void
peer_reached (const char *why, gpointer user)
{
        SekiJob *job = user;

        job->why = g_strdup (why);
        seki_job_finish (job);
}

static void
peer_answer (SekiJob *job)
{
        g_auto (SekiMap) out;

        seki_map_init (&out);
        seki_cbor_write_literal (seki_map_at (&out, "id"), job->id);
        seki_cbor_write_bool (seki_map_at (&out, "reached"), job->why == NULL);
        if (job->why != NULL)
                seki_cbor_write_literal (seki_map_at (&out, "detail"), job->why);
        seki_verb_answer (job->request, &out);
}

gboolean
seki_verb_peer_test (SekiDaemon *daemon, SekiRequest *request, SekiMap *out, GError **error)
{
        gsize n;
        const SekiPeer *peers = seki_profile_get_peers (daemon->profile, &n);
        SekiSpan id;

        (void) out;
        if (!seki_verb_need (request, "id", &id, error))
                return FALSE;
        for (gsize i = 0; i < n; i++) {
                SekiJob *job;

                if (!seki_span_is (id, peers[i].party->id))
                        continue;
                job = seki_job_new (request, daemon->waiting, id);
                job->answer = peer_answer;
                return seki_node_reach (daemon->node, peers[i].party, peer_reached, job, error);
        }
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_MISSING,
                     _("The profile names no institution '%.*s'. See: sekisho peer list"),
                     (int) id.len, (const char *) id.data);
        return FALSE;
}
