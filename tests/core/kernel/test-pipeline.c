/* SPDX-License-Identifier: Apache-2.0 */
/* Several pipelines on threads of their own about the same records, while their
 * buckets are re-sealed under them. */
#include "kernel/pipeline.h"

#include "kernel/upkeep.h"
#include "odd.h"

#define WORKERS 3
#define ROUNDS 120
#define ACCOUNTS 12

typedef struct {
        void (*func) (gpointer);
        gpointer user;
} Call;

typedef struct {
        Desk *desk;
        guint number;
        SekiPipeline *pipeline;
        pthread_mutex_t lock;
        GArray *calls; /* Call, under lock */
        guint asked, answered, granted, failed;
} Worker;

static void
worker_post (gpointer owner, void (*func) (gpointer), gpointer user)
{
        Worker *worker = owner;
        Call call = { func, user };

        pthread_mutex_lock (&worker->lock);
        g_array_append_val (worker->calls, call);
        pthread_mutex_unlock (&worker->lock);
}

static void
worker_turn (Worker *worker)
{
        for (;;) {
                Call call = { NULL, NULL };

                pthread_mutex_lock (&worker->lock);
                if (worker->calls->len > 0) {
                        call = g_array_index (worker->calls, Call, 0);
                        g_array_remove_index (worker->calls, 0);
                }
                pthread_mutex_unlock (&worker->lock);
                if (call.func == NULL)
                        break;
                call.func (call.user);
        }
        seki_pipeline_flush (worker->pipeline);
}

static void
worker_answered (SekiSpan body, guint status, gpointer user)
{
        g_autoptr (SekiArena) arena = seki_arena_new (0);
        Worker *worker = user;
        SekiAnswer answer;

        g_assert_true (seki_answer_read (body, arena, &answer, NULL));
        worker->answered++;
        worker->failed += status != 200;
        for (gsize i = 0; i < answer.n_items; i++)
                worker->granted += answer.items[i].reason == NULL;
}

/* Two records of a message, in whatever order: who holds one may wait for who holds the other. */
static void
worker_ask (Worker *worker, guint round)
{
        static const char *const actions[] = { "odd.store", "odd.read", "odd.both", "odd.erase",
                                               "odd.drop" };
        const char *action = actions[(round * 7 + worker->number) % G_N_ELEMENTS (actions)];
        g_autofree char *id = g_strdup_printf ("work-%u-%06u", worker->number, round);
        SekiItem items[2] = { { .number = SEKI_NUMBER_INDIVIDUAL },
                              { .number = SEKI_NUMBER_INDIVIDUAL } };
        SekiMessage message = { .id = seki_span_text (id), .items = items, .n_items = 2 };
        char codes[2][22], names[2][22], numbers[2][13];
        SekiCborWriter writer;

        for (guint i = 0; i < 2; i++) {
                guint n = 1 + (round * (3 + worker->number) + i * 5) % ACCOUNTS;

                g_snprintf (codes[i], sizeof codes[i], "1205760%014u", n);
                g_snprintf (names[i], sizeof names[i], "カナ%u", n);
                odd_number (n, numbers[i]);
                items[i].record.field[SEKI_FIELD_CODE] = seki_span_text (codes[i]);
                items[i].record.field[SEKI_FIELD_NAME] = seki_span_text (names[i]);
                items[i].record.field[SEKI_FIELD_KANA] = seki_span_text (names[i]);
                items[i].record.field[SEKI_FIELD_BIRTH] = seki_span_text ("1980-01-02");
                if (strcmp (action, "odd.store") == 0)
                        items[i].record.field[SEKI_FIELD_NUMBER] = seki_span_text (numbers[i]);
        }
        seki_cbor_writer_init (&writer, NULL);
        seki_message_write (&message, &writer);
        worker->asked++;
        seki_pipeline_take (worker->pipeline, &worker->desk->office, seki_span_text (action),
                            seki_cbor_writer_get_span (&writer), worker_answered, worker);
        seki_cbor_writer_clear (&writer);
}

static gpointer
worker_main (gpointer user)
{
        Worker *worker = user;
        g_autoptr (GError) error = NULL;

        worker->pipeline = seki_pipeline_new (&worker->desk->kernel, worker_post, worker, &error);
        g_assert_no_error (error);
        for (guint round = 0; round < ROUNDS; round++) {
                worker_ask (worker, round);
                if (round % 3 == 2)
                        worker_turn (worker);
        }
        for (guint idle = 0; seki_pipeline_in_flight (worker->pipeline) > 0; idle++) {
                worker_turn (worker);
                g_usleep (200);
                g_assert_cmpuint (idle, <, 100000); /* whoever waits is woken */
        }
        seki_pipeline_free (worker->pipeline);
        return NULL;
}

static gint64
clock_now (gpointer self)
{
        static gint ticks;

        (void) self;
        return G_GINT64_CONSTANT (1764000000000000) + g_atomic_int_add (&ticks, 1);
}

static void
quiet_log (gpointer user, SekiLogLevel level, const char *text)
{
        (void) user;
        (void) level;
        g_test_message ("%s", text);
}

static void
count_puts (Desk *desk, guint *out_refused)
{
        for (guint64 i = 0; i < desk_leaves (desk); i++) {
                g_autofree char *act = odd_act (desk, i);

                *out_refused += strcmp (act, "refuse") == 0;
        }
}

static void
test_workers (void)
{
        Desk *desk = odd_desk ();
        Worker workers[WORKERS] = { 0 };
        GThread *threads[WORKERS];
        g_autoptr (GError) error = NULL;
        SekiUpkeep *upkeep;
        guint granted = 0, refused = 0;

        desk->clock = (SekiClock){ .now = clock_now, .monotonic = clock_now };
        upkeep = seki_upkeep_start (&desk->kernel, quiet_log, NULL, &error);
        g_assert_no_error (error);
        for (guint i = 0; i < WORKERS; i++) {
                workers[i] = (Worker){ .desk = desk,
                                       .number = i,
                                       .calls = g_array_new (FALSE, FALSE, sizeof (Call)) };
                pthread_mutex_init (&workers[i].lock, NULL);
                threads[i] = g_thread_new ("worker", worker_main, &workers[i]);
        }
        for (guint i = 0; i < 25; i++) {
                seki_upkeep_run (upkeep, &error);
                g_assert_no_error (error);
                g_usleep (1000);
        }
        for (guint i = 0; i < WORKERS; i++) {
                g_thread_join (threads[i]);
                g_assert_cmpuint (workers[i].answered, ==, workers[i].asked);
                g_assert_cmpuint (workers[i].failed, ==, 0);
                granted += workers[i].granted;
                g_array_unref (workers[i].calls);
                pthread_mutex_destroy (&workers[i].lock);
        }
        seki_upkeep_run (upkeep, &error);
        g_assert_no_error (error);
        seki_upkeep_stop (upkeep);
        count_puts (desk, &refused);
        g_assert_cmpuint (granted + refused, ==, WORKERS * ROUNDS * 2);
        /* Every stored record has its number and its person in the index once at most. */
        g_assert_cmpuint (faulty_each (desk->store, SEKI_SPACE_RECORD, NULL, NULL), <=, ACCOUNTS);
        g_assert_cmpuint (faulty_each (desk->store, SEKI_SPACE_INDEX, NULL, NULL), <=,
                          2 * faulty_each (desk->store, SEKI_SPACE_RECORD, NULL, NULL));
        desk_close (desk);
        desk_open (desk);
        for (guint n = 1; n <= ACCOUNTS; n++) {
                g_autofree char *id = g_strdup_printf ("last-%06u", n);

                odd_ask (desk, "odd.read", n, id);
                g_assert_cmpuint (desk->status, ==, 200);
        }
        desk_free (desk);
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        g_test_add_func ("/pipeline/workers and upkeep", test_workers);
        return g_test_run ();
}
