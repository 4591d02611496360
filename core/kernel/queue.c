/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/queue.h"

#include "base/text.h"
#include "kernel/witness.h"

#include <inttypes.h>
#include <pthread.h>

#define RETRY_FIRST (1 * G_USEC_PER_SEC)
#define RETRY_MOST (300 * (gint64) G_USEC_PER_SEC)
#define ANSWER_WITHIN (60 * (gint64) G_USEC_PER_SEC)

/* A waiting message, opened from its row. */
typedef struct {
        SekiArena *arena;
        SekiSpan key, id, action, reply, purpose, basis, body;
        gint64 created;
} Waiting;

/* One peer's line: the message at its front, and how its tries went. */
typedef struct {
        const SekiParty *party;
        SekiParty replier;              /* the same institution as caller "reply" */
        Waiting *front;                 /* under way or waiting for its next try */
        guint64 token;                  /* of the try under way; 0: none */
        gint64 next_try, deadline;
        guint attempts;
        gboolean held, look;            /* look: the queue may have grown */
        char *problem;
        SekiMessage sent;               /* of the answer being recorded */
        SekiAnswer answer;
        SekiReply record;
        SekiQueue *queue;
} Line;

struct SekiQueue {
        const SekiKernel *kernel;
        SekiPipeline *pipeline;
        SekiSealer *sealer;             /* of the pipeline's thread */
        SekiQueueSend send;
        gpointer user;
        Line *lines;
        gsize n_lines;
        guint64 last_token;
        /* guards what each() reads: front, attempts, problem, held; and woken */
        pthread_mutex_t lock;
        gboolean woken, running;
};

SekiQueue *
seki_queue_new (const SekiKernel *kernel)
{
        SekiQueue *queue = g_new0 (SekiQueue, 1);

        queue->kernel = kernel;
        pthread_mutex_init (&queue->lock, NULL);
        while (kernel->peers[queue->n_lines] != NULL)
                queue->n_lines++;
        queue->lines = g_new0 (Line, queue->n_lines + 1);
        for (gsize i = 0; i < queue->n_lines; i++) {
                queue->lines[i].queue = queue;
                queue->lines[i].party = kernel->peers[i];
                queue->lines[i].replier = *kernel->peers[i];
                queue->lines[i].replier.kind = SEKI_CALLER_REPLY;
                queue->lines[i].look = TRUE;
        }
        return queue;
}

static void
waiting_free (Waiting *waiting)
{
        if (waiting == NULL)
                return;
        seki_arena_free (waiting->arena);
        g_free (waiting);
}

void
seki_queue_free (SekiQueue *queue)
{
        if (queue == NULL)
                return;
        for (gsize i = 0; i < queue->n_lines; i++) {
                waiting_free (queue->lines[i].front);
                g_free (queue->lines[i].problem);
        }
        seki_sealer_free (queue->sealer);
        pthread_mutex_destroy (&queue->lock);
        g_free (queue->lines);
        g_free (queue);
}

static gboolean
waiting_read (Waiting *waiting, SekiSpan plain, GError **error)
{
        SekiCborReader reader;
        gsize n;

        seki_cbor_reader_init (&reader, plain);
        if (!seki_cbor_read_array (&reader, 7, &n, error) ||
            !seki_cbor_read_text (&reader, &waiting->id, error) ||
            !seki_cbor_read_text (&reader, &waiting->action, error))
                return FALSE;
        if (seki_cbor_peek (&reader) == SEKI_CBOR_NULL
                    ? !seki_cbor_read_null (&reader, error)
                    : !seki_cbor_read_text (&reader, &waiting->reply, error))
                return FALSE;
        return seki_cbor_read_int (&reader, &waiting->created, error) &&
               seki_cbor_read_text (&reader, &waiting->purpose, error) &&
               seki_cbor_read_text (&reader, &waiting->basis, error) &&
               seki_cbor_read_bytes (&reader, &waiting->body, error);
}

static Waiting *
waiting_open (SekiSealer *sealer, SekiSpan key, SekiSpan sealed, GError **error)
{
        Waiting *waiting = g_new0 (Waiting, 1);
        guint8 *plain;

        waiting->arena = seki_arena_new (0);
        waiting->key = seki_span (seki_arena_copy (waiting->arena, key.data, key.len), key.len);
        if (sealed.len > SEKI_SEAL_EXTRA) {
                plain = seki_arena_alloc (waiting->arena, sealed.len - SEKI_SEAL_EXTRA);
                if (seki_sealer_open_named (sealer, SEKI_KEY_QUEUE, seki_span ("q", 1), sealed,
                                            plain, error) &&
                    waiting_read (waiting, seki_span (plain, sealed.len - SEKI_SEAL_EXTRA), error))
                        return waiting;
        }
        if (error != NULL && *error == NULL)
                g_set_error_literal (error, SEKI_ERROR, SEKI_ERROR_DAMAGED,
                                     _("A waiting message in the store is damaged. Stop the node "
                                        "and keep its files."));
        waiting_free (waiting);
        return NULL;
}

/* Rows of one peer: its id, NUL, and on. */
static void
line_bounds (const Line *line, SekiSpan *out_from, guint8 to[64], SekiSpan *out_to)
{
        gsize len = strlen (line->party->id);

        g_assert (len + 1 < 64);
        *out_from = seki_span (line->party->id, len + 1);
        memcpy (to, line->party->id, len);
        to[len] = 1;
        *out_to = seki_span (to, len + 1);
}

typedef struct {
        SekiSealer *sealer;
        Waiting *waiting;
        GError **error;
} FrontScan;

static gboolean
front_row (SekiSpan key, SekiSpan value, gpointer user)
{
        FrontScan *scan = user;

        scan->waiting = waiting_open (scan->sealer, key, value, scan->error);
        return FALSE;
}

static gboolean
line_fetch_front (SekiQueue *queue, Line *line, GError **error)
{
        FrontScan scan = { .sealer = queue->sealer, .error = error };
        SekiSpan from, to;
        guint8 buffer[64];

        line_bounds (line, &from, buffer, &to);
        if (!queue->kernel->storage->scan (queue->kernel->storage_self, SEKI_SPACE_QUEUE, from, to,
                                           front_row, &scan, error))
                return FALSE;
        pthread_mutex_lock (&queue->lock);
        line->front = scan.waiting;
        line->attempts = 0;
        line->next_try = 0;
        line->held = FALSE;
        g_clear_pointer (&line->problem, g_free);
        pthread_mutex_unlock (&queue->lock);
        return error == NULL || *error == NULL;
}

static void
line_fail (SekiQueue *queue, Line *line, const char *problem, gboolean held)
{
        gint64 wait = RETRY_FIRST << MIN (line->attempts, 9);

        pthread_mutex_lock (&queue->lock);
        g_free (line->problem);
        line->problem = g_strdup (problem);
        line->held = held;
        line->token = 0;
        line->next_try = seki_clock_monotonic (queue->kernel->clock) + MIN (wait, RETRY_MOST);
        pthread_mutex_unlock (&queue->lock);
}

/* The body with the node's latest checkpoint, which sorts last in the map and so
 * only needs appending; it is no part of what makes two messages equal. */
static gboolean
line_send (SekiQueue *queue, Line *line, GError **error)
{
        SekiArena *arena = line->front->arena;
        SekiSpan body = line->front->body,
                 note = seki_witness_get_own (queue->kernel->witness, arena);
        SekiCborWriter writer;
        gboolean ok;

        if (note.data == NULL)
                return queue->send (line->party, line->token, line->front->action, body,
                                    queue->user, error);
        g_assert (body.data[0] >= 0xa0 && body.data[0] < 0xb7);
        seki_cbor_writer_init (&writer, NULL);
        seki_cbor_write_map (&writer, body.data[0] - 0xa0u + 1);
        seki_cbor_write_raw (&writer, seki_span (body.data + 1, body.len - 1));
        seki_cbor_write_literal (&writer, "checkpoint");
        seki_cbor_write_text (&writer, note);
        ok = queue->send (line->party, line->token, line->front->action,
                          seki_cbor_writer_get_span (&writer), queue->user, error);
        seki_cbor_writer_clear (&writer);
        return ok;
}

static void
line_try (SekiQueue *queue, Line *line)
{
        g_autoptr (GError) error = NULL;
        gint64 now = seki_clock_monotonic (queue->kernel->clock);

        if (line->front == NULL && line->look) {
                line->look = FALSE;
                if (!line_fetch_front (queue, line, &error)) {
                        line->look = TRUE;
                        line_fail (queue, line, error->message, FALSE);
                        return;
                }
        }
        if (line->front == NULL || line->token != 0 || line->held || now < line->next_try)
                return;
        if (seki_witness_is_forked (queue->kernel->witness, line->party)) {
                line_fail (queue, line, "ledger-contradicts", TRUE);
                return;
        }
        pthread_mutex_lock (&queue->lock);
        line->attempts++;
        pthread_mutex_unlock (&queue->lock);
        line->token = ++queue->last_token;
        line->deadline = now + ANSWER_WITHIN;
        if (!line_send (queue, line, &error))
                line_fail (queue, line, error->message, FALSE);
}

static void
queue_try (SekiQueue *queue)
{
        for (gsize i = 0; queue->running && i < queue->n_lines; i++)
                line_try (queue, &queue->lines[i]);
}

static void
queue_woken (gpointer user)
{
        SekiQueue *queue = user;

        pthread_mutex_lock (&queue->lock);
        queue->woken = FALSE;
        pthread_mutex_unlock (&queue->lock);
        for (gsize i = 0; i < queue->n_lines; i++)
                queue->lines[i].look = TRUE;
        queue_try (queue);
}

void
seki_queue_wake (SekiQueue *queue)
{
        gboolean post;

        pthread_mutex_lock (&queue->lock);
        post = queue->running && !queue->woken;
        queue->woken |= post;
        pthread_mutex_unlock (&queue->lock);
        if (post)
                queue->pipeline->post (queue->pipeline->owner, queue_woken, queue);
}

gboolean
seki_queue_start (SekiQueue *queue, SekiPipeline *pipeline, SekiQueueSend send, gpointer user,
                  GError **error)
{
        queue->pipeline = pipeline;
        queue->send = send;
        queue->user = user;
        queue->sealer = seki_sealer_new (queue->kernel->keyring, 4, error);
        if (queue->sealer == NULL)
                return FALSE;
        pthread_mutex_lock (&queue->lock);
        queue->running = TRUE;
        pthread_mutex_unlock (&queue->lock);
        queue_try (queue);
        return TRUE;
}

void
seki_queue_stop (SekiQueue *queue)
{
        pthread_mutex_lock (&queue->lock);
        queue->running = FALSE;
        pthread_mutex_unlock (&queue->lock);
}

void
seki_queue_tick (SekiQueue *queue)
{
        gint64 now = seki_clock_monotonic (queue->kernel->clock);

        for (gsize i = 0; i < queue->n_lines; i++)
                if (queue->lines[i].token != 0 && queue->lines[i].record.sent == NULL &&
                    now > queue->lines[i].deadline)
                        line_fail (queue, &queue->lines[i],
                                   _("The institution did not answer in time; the message is sent "
                                      "again."),
                                   FALSE);
        queue_try (queue);
}

static void line_recorded (SekiSpan body, guint status, gpointer user);

static void
line_record (SekiQueue *queue, Line *line)
{
        line->record.sent = &line->sent;
        seki_pipeline_take_reply (queue->pipeline, &line->record, line_recorded, line);
}

/* The answer is on the ledger and the row is gone: the next message may go. */
static void
line_recorded (SekiSpan body, guint status, gpointer user)
{
        Line *line = user;
        SekiQueue *queue = line->queue;
        SekiAnswer own = { 0 };

        line->record.sent = NULL;
        if (status == 503 || !seki_answer_read (body, line->front->arena, &own, NULL) ||
            own.error != NULL) {
                line_fail (
                        queue, line,
                        _("The answer came but could not be recorded; the message is sent again."),
                        FALSE);
                return;
        }
        if (own.reason != NULL && line->record.cancelled && line->record.action.data != NULL) {
                /* The action that should hear of it refuses to: given up all the same. */
                line->record.action = SEKI_SPAN_NONE;
                line_record (queue, line);
                return;
        }
        if (own.reason != NULL) {
                line_fail (queue, line, own.reason, TRUE);
                return;
        }
        pthread_mutex_lock (&queue->lock);
        g_clear_pointer (&line->front, waiting_free);
        line->token = 0;
        pthread_mutex_unlock (&queue->lock);
        line->look = TRUE;
        queue_woken (queue);
}

static Line *
queue_find_token (SekiQueue *queue, guint64 token)
{
        for (gsize i = 0; i < queue->n_lines; i++)
                if (token != 0 && queue->lines[i].token == token &&
                    queue->lines[i].record.sent == NULL)
                        return &queue->lines[i];
        return NULL;
}

void
seki_queue_answered (SekiQueue *queue, guint64 token, guint status, SekiSpan body)
{
        Line *line = queue_find_token (queue, token);
        g_autoptr (GError) error = NULL;
        SekiArena *arena;
        guint8 *copy;

        if (line == NULL)
                return;
        arena = line->front->arena;
        copy = seki_arena_copy (arena, body.data, body.len);
        if (body.len == 0 ||
            !seki_answer_read (seki_span (copy, body.len), arena, &line->answer, &error)) {
                g_autofree char *problem =
                        g_strdup_printf (_("The institution answered %u without a readable "
                                            "answer; the message is sent again."),
                                         status);

                line_fail (queue, line, problem, FALSE);
                return;
        }
        /* What could not be decided comes without a checkpoint at times. */
        if ((line->answer.error == NULL || line->answer.checkpoint.data != NULL) &&
            !seki_witness_take (queue->kernel->witness, line->party, line->answer.checkpoint)) {
                line_fail (queue, line, "ledger-contradicts", TRUE);
                return;
        }
        if (line->answer.error != NULL || line->answer.reason != NULL) {
                line_fail (queue, line,
                           line->answer.error != NULL ? line->answer.error : line->answer.reason,
                           line->answer.reason != NULL);
                return;
        }
        if (!seki_message_read (line->front->body, arena, &line->sent, &error)) {
                line_fail (queue, line, error->message, TRUE);
                return;
        }
        if (!seki_span_equal (line->answer.id, line->sent.id)) {
                line_fail (
                        queue, line,
                        _("The institution answered another message; the message is sent again."),
                        FALSE);
                return;
        }
        line->record = (SekiReply){ .peer = &line->replier,
                                    .key = line->front->key,
                                    .answer = &line->answer,
                                    .action = line->front->reply };
        line_record (queue, line);
}

void
seki_queue_lost (SekiQueue *queue, const SekiParty *peer, const char *why)
{
        for (gsize i = 0; i < queue->n_lines; i++)
                if (queue->lines[i].party == peer && queue->lines[i].token != 0 &&
                    queue->lines[i].record.sent == NULL)
                        line_fail (queue, &queue->lines[i], why, FALSE);
}

typedef struct {
        SekiQueue *queue;
        SekiSealer *sealer;
        void (*each) (const SekiQueueItem *item, gpointer user);
        gpointer user;
        GError *error;
} EachScan;

static gsize
waiting_count (const Waiting *waiting)
{
        SekiMessage message;

        return seki_message_read (waiting->body, waiting->arena, &message, NULL) ? message.n_items
                                                                                 : 0;
}

static gboolean
each_row (SekiSpan key, SekiSpan value, gpointer user)
{
        EachScan *scan = user;
        Waiting *waiting = waiting_open (scan->sealer, key, value, &scan->error);
        g_autofree char *id = NULL, *action = NULL, *problem = NULL;
        SekiQueueItem item = { .peer = (const char *) key.data };

        if (waiting == NULL)
                return FALSE;
        id = g_strndup ((const char *) waiting->id.data, waiting->id.len);
        action = g_strndup ((const char *) waiting->action.data, waiting->action.len);
        item.id = id;
        item.action = action;
        item.created = waiting->created;
        item.n_records = waiting_count (waiting);
        pthread_mutex_lock (&scan->queue->lock);
        for (gsize i = 0; i < scan->queue->n_lines; i++) {
                const Line *line = &scan->queue->lines[i];

                if (line->front == NULL || !seki_span_equal (line->front->key, key))
                        continue;
                item.attempts = line->attempts;
                item.held = line->held;
                item.next_try = line->next_try;
                item.problem = problem = g_strdup (line->problem);
        }
        pthread_mutex_unlock (&scan->queue->lock);
        scan->each (&item, scan->user);
        waiting_free (waiting);
        return TRUE;
}

gboolean
seki_queue_each (SekiQueue *queue, void (*each) (const SekiQueueItem *, gpointer), gpointer user,
                 GError **error)
{
        g_autoptr (SekiSealer) sealer = seki_sealer_new (queue->kernel->keyring, 4, error);
        EachScan scan = { .queue = queue, .sealer = sealer, .each = each, .user = user };

        if (sealer == NULL ||
            !queue->kernel->storage->scan (queue->kernel->storage_self, SEKI_SPACE_QUEUE,
                                           SEKI_SPAN_NONE, SEKI_SPAN_NONE, each_row, &scan, error))
                return FALSE;
        if (scan.error == NULL)
                return TRUE;
        g_propagate_error (error, scan.error);
        return FALSE;
}

static Line *
queue_find_id (SekiQueue *queue, const char *id, GError **error)
{
        for (gsize i = 0; i < queue->n_lines; i++)
                if (queue->lines[i].front != NULL && seki_span_is (queue->lines[i].front->id, id) &&
                    queue->lines[i].record.sent == NULL)
                        return &queue->lines[i];
        g_set_error (
                error, SEKI_ERROR, SEKI_ERROR_MISSING,
                _("No message '%s' stands at the front of a queue. Look at sekisho queue list."),
                id);
        return NULL;
}

gboolean
seki_queue_retry (SekiQueue *queue, const char *id, GError **error)
{
        Line *line = queue_find_id (queue, id, error);

        if (line == NULL)
                return FALSE;
        pthread_mutex_lock (&queue->lock);
        line->held = FALSE;
        line->next_try = 0;
        pthread_mutex_unlock (&queue->lock);
        line_try (queue, line);
        return TRUE;
}

/* Giving up is recorded as an answer that refuses every record. */
gboolean
seki_queue_cancel (SekiQueue *queue, const char *id, GError **error)
{
        Line *line = queue_find_id (queue, id, error);

        if (line == NULL ||
            !seki_message_read (line->front->body, line->front->arena, &line->sent, error))
                return FALSE;
        line->answer = (SekiAnswer){ .id = line->sent.id, .n_items = line->sent.n_items };
        line->answer.items = seki_arena_alloc (
                line->front->arena, (line->sent.n_items + 1) * sizeof *line->answer.items);
        for (gsize i = 0; i < line->sent.n_items; i++)
                line->answer.items[i].reason = "cancelled";
        line->record = (SekiReply){ .peer = &line->replier,
                                    .key = line->front->key,
                                    .answer = &line->answer,
                                    .action = line->front->reply,
                                    .cancelled = TRUE };
        line_record (queue, line);
        seki_pipeline_flush (queue->pipeline);
        return TRUE;
}
