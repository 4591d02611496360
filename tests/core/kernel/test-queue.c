/* SPDX-License-Identifier: Apache-2.0 */
#include "odd.h"

/* The other end of the queue: keeps what was sent, answers when told to. */
typedef struct {
        Desk *desk;
        const SekiParty *peer;
        guint64 token;
        guint sent;
        GByteArray *body;               /* of the last try */
        char action[64];
        gboolean fails;
        guint rows_at_send;             /* rows of the queue when it was sent */
} Far;

static gboolean
far_send (const SekiParty *peer, guint64 token, SekiSpan action, SekiSpan body, gpointer user,
          GError **error)
{
        Far *far = user;

        far->rows_at_send = faulty_each (far->desk->store, SEKI_SPACE_QUEUE, NULL, NULL);
        if (far->fails) {
                g_set_error_literal (error, SEKI_ERROR, SEKI_ERROR_PEER, "The line is down.");
                return FALSE;
        }
        far->peer = peer;
        far->token = token;
        far->sent++;
        g_byte_array_set_size (far->body, 0);
        g_byte_array_append (far->body, body.data, (guint) body.len);
        g_snprintf (far->action, sizeof far->action, "%.*s", (int) action.len,
                    (const char *) action.data);
        return TRUE;
}

static void
far_start (Far *far)
{
        g_autoptr (GError) error = NULL;

        seki_queue_start (far->desk->kernel.queue, far->desk->pipeline, far_send, far, &error);
        g_assert_no_error (error);
}

static Far *
far_new (void)
{
        Far *far = g_new0 (Far, 1);

        far->desk = odd_desk ();
        far->body = g_byte_array_new ();
        odd_store (far->desk, 1, 5);
        far_start (far);
        return far;
}

static void
far_restart (Far *far)
{
        desk_close (far->desk);
        desk_open (far->desk);
        far_start (far);
}

static void
far_free (Far *far)
{
        desk_free (far->desk);
        g_byte_array_unref (far->body);
        g_free (far);
}

/* The id of the message sent last, to be freed. */
static char *
far_id (Far *far)
{
        g_autoptr (SekiArena) arena = seki_arena_new (0);
        g_autoptr (GError) error = NULL;
        SekiMessage message;

        seki_message_read (seki_span (far->body->data, far->body->len), arena, &message, &error);
        g_assert_no_error (error);
        return g_strndup ((const char *) message.id.data, message.id.len);
}

/* What the peer says to the message sent last: reason of the whole or of each
 * record ("" grants), or an error. */
static void
far_answer (Far *far, guint64 token, const char *whole, const char *each, const char *error,
            const char *id)
{
        g_autofree char *own = far_id (far);
        SekiVerdictItem item = { .reason = each != NULL && *each != '\0' ? each : NULL };
        SekiAnswer answer = { .id = seki_span_text (id != NULL ? id : own),
                              .error = error,
                              .reason = whole,
                              .has_receipt = error == NULL,
                              .receipt = { .index = 77 } };
        SekiCborWriter writer;

        if (whole == NULL && error == NULL) {
                answer.items = &item;
                answer.n_items = 1;
        }
        seki_cbor_writer_init (&writer, NULL);
        seki_answer_write (&answer, &writer);
        seki_queue_answered (far->desk->kernel.queue, token, 200,
                             seki_cbor_writer_get_span (&writer));
        seki_cbor_writer_clear (&writer);
        desk_flush (far->desk);
}

static void
far_grant (Far *far)
{
        far_answer (far, far->token, NULL, "", NULL, NULL);
}

static void
far_wait (Far *far, gint64 seconds)
{
        far->desk->time += seconds * G_USEC_PER_SEC;
        seki_queue_tick (far->desk->kernel.queue);
        desk_flush (far->desk);
}

static guint
far_waiting (Far *far)
{
        return faulty_each (far->desk->store, SEKI_SPACE_QUEUE, NULL, NULL);
}

static char *
last_act (Desk *desk)
{
        return odd_act (desk, desk_leaves (desk) - 1);
}

static void
front_item (const SekiQueueItem *item, gpointer user)
{
        SekiQueueItem *out = user;

        if (out->created != 0)
                return;                 /* the front is of interest, not who stands behind */
        *out = *item;
        out->problem = g_intern_string (item->problem);
        out->id = out->peer = out->action = NULL;
}

static SekiQueueItem
far_look (Far *far)
{
        SekiQueueItem item = { 0 };
        g_autoptr (GError) error = NULL;

        seki_queue_each (far->desk->kernel.queue, front_item, &item, &error);
        g_assert_no_error (error);
        return item;
}

static void
test_durable_before_sent (void)
{
        Far *far = far_new ();

        desk_take (far->desk, &far->desk->office, "odd.send",
                   "{\"id\":\"send-0001\",\"records\":[{\"code\":\"120576000000000000001\"}]}");
        g_assert_cmpuint (far->sent, ==, 0);
        desk_flush (far->desk);
        g_assert_cmpuint (far->sent, ==, 1);
        g_assert_cmpuint (far->rows_at_send, ==, 1);
        g_assert_cmpstr (far->action, ==, "transfer.register");
        far_grant (far);
        g_assert_cmpuint (far_waiting (far), ==, 0);
        far_free (far);
}

/* A message whose commit fails is never sent. */
static void
test_not_committed (void)
{
        Far *far = far_new ();

        faulty_arm (far->desk->store, FAULTY_NOT_LANDED, 1, 1);
        odd_ask (far->desk, "odd.send", 1, "send-0001");
        g_assert_cmpuint (far->desk->status, ==, 503);
        far_wait (far, 5);
        g_assert_cmpuint (far->sent, ==, 0);
        odd_ask (far->desk, "odd.send", 1, "send-0001");
        g_assert_cmpuint (far->desk->status, ==, 200);
        g_assert_cmpuint (far->sent, ==, 1);
        far_free (far);
}

static void
test_order (void)
{
        Far *far = far_new ();

        for (guint i = 1; i <= 4; i++) {
                g_autofree char *id = g_strdup_printf ("send-000%u", i);

                odd_ask (far->desk, "odd.send", i, id);
        }
        g_assert_cmpuint (far_waiting (far), ==, 4);
        for (guint i = 1; i <= 4; i++) {
                g_autofree char *code = g_strdup_printf ("1205760%014u", i);

                g_assert_cmpuint (far->sent, ==, i);    /* one at a time */
                g_assert_nonnull (
                        g_strstr_len ((const char *) far->body->data, far->body->len, code));
                far_grant (far);
        }
        g_assert_cmpuint (far_waiting (far), ==, 0);
        far_free (far);
}

/* Tried again after a loss: the same id and the same bytes, though the record
 * was corrected in between. */
static void
test_same_bytes (void)
{
        Far *far = far_new ();
        g_autoptr (GByteArray) first = g_byte_array_new ();
        g_autofree char *record = odd_record (1, "987654321093"), *json = NULL;

        odd_ask (far->desk, "odd.send", 1, "send-0001");
        g_byte_array_append (first, far->body->data, far->body->len);
        json = g_strdup_printf ("{\"id\":\"store-0009\",\"records\":[%s]}", record);
        desk_ask (far->desk, &far->desk->office, "odd.store", json);
        odd_assert_says (far->desk, "[true]");
        seki_queue_lost (far->desk->kernel.queue, far->peer, "The channel closed.");
        far_wait (far, 3);
        g_assert_cmpuint (far->sent, ==, 2);
        g_assert_cmpmem (first->data, first->len, far->body->data, far->body->len);
        far_restart (far);
        g_assert_cmpuint (far->sent, ==, 3);
        g_assert_cmpmem (first->data, first->len, far->body->data, far->body->len);
        far_grant (far);
        g_assert_cmpuint (far_waiting (far), ==, 0);
        far_free (far);
}

/* Only the try under way is answered, and once. */
static void
test_answered_once (void)
{
        Far *far = far_new ();
        guint64 first, leaves;

        odd_ask (far->desk, "odd.send", 1, "send-0001");
        first = far->token;
        far_wait (far, 61);                             /* no answer in time */
        far_wait (far, 3);
        g_assert_cmpuint (far->sent, ==, 2);
        leaves = desk_leaves (far->desk);
        far_answer (far, first, NULL, "", NULL, NULL);  /* late: that try was given up */
        g_assert_cmpuint (desk_leaves (far->desk), ==, leaves);
        g_assert_cmpuint (far_waiting (far), ==, 1);
        far_grant (far);
        far_grant (far);
        far_grant (far);
        g_assert_cmpuint (desk_leaves (far->desk), ==, leaves + 1);
        g_assert_cmpuint (far_waiting (far), ==, 0);
        far_free (far);
}

static void
test_answer_not_recorded (void)
{
        Far *far = far_new ();
        g_autofree char *act = NULL;

        odd_ask (far->desk, "odd.send", 1, "send-0001");
        faulty_arm (far->desk->store, FAULTY_NOT_LANDED, 1, 1);
        far_grant (far);
        g_assert_cmpuint (far_waiting (far), ==, 1);
        far_wait (far, 3);
        g_assert_cmpuint (far->sent, ==, 2); /* asked again: the peer answers as before */
        far_grant (far);
        g_assert_cmpuint (far_waiting (far), ==, 0);
        act = last_act (far->desk);
        g_assert_cmpstr (act, ==, "receipt");
        far_free (far);
}

static void
test_held (void)
{
        Far *far = far_new ();
        g_autofree char *id = NULL;
        g_autoptr (GError) error = NULL;
        SekiQueueItem item;

        odd_ask (far->desk, "odd.send", 1, "send-0001");
        odd_ask (far->desk, "odd.send", 2, "send-0002");
        far_answer (far, far->token, "caller-not-allowed", NULL, NULL, NULL);
        far_wait (far, 4000);
        g_assert_cmpuint (far->sent, ==, 1);            /* waits for a person */
        item = far_look (far);
        g_assert_true (item.held);
        g_assert_cmpuint (far_waiting (far), ==, 2);
        id = far_id (far);
        g_assert_true (seki_queue_retry (far->desk->kernel.queue, id, &error));
        g_assert_cmpuint (far->sent, ==, 2);
        far_grant (far);
        g_assert_cmpuint (far->sent, ==, 3);            /* and the next may go */
        far_grant (far);
        g_assert_false (seki_queue_retry (far->desk->kernel.queue, id, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_MISSING);
        far_free (far);
}

static void
test_error_is_tried_again (void)
{
        Far *far = far_new ();
        SekiQueueItem item;

        odd_ask (far->desk, "odd.send", 1, "send-0001");
        far_answer (far, far->token, NULL, NULL, "The node is stopping.", NULL);
        item = far_look (far);
        g_assert_false (item.held);
        g_assert_cmpuint (item.attempts, ==, 1);
        g_assert_cmpstr (item.problem, ==, "The node is stopping.");
        far_wait (far, 3);
        g_assert_cmpuint (far->sent, ==, 2);
        far_answer (far, far->token, NULL, "", NULL,
                    "another-0001"); /* the answer to something else */
        g_assert_cmpuint (far_waiting (far), ==, 1);
        seki_queue_answered (far->desk->kernel.queue, far->token, 502, seki_span_text ("<html>"));
        far_wait (far, 9);
        far_wait (far, 9);
        far_grant (far);
        g_assert_cmpuint (far_waiting (far), ==, 0);
        far_free (far);
}

static void
test_line_down (void)
{
        Far *far = far_new ();
        guint sent;

        far->fails = TRUE;
        odd_ask (far->desk, "odd.send", 1, "send-0001");
        for (guint i = 0; i < 20; i++)
                far_wait (far, 1);
        g_assert_cmpuint (far_look (far).attempts, <=, 6);      /* each wait is twice the last */
        far->fails = FALSE;
        sent = far->sent;
        far_wait (far, 301);
        g_assert_cmpuint (far->sent, ==, sent + 1);
        far_grant (far);
        far_free (far);
}

static void
test_cancel (void)
{
        Far *far = far_new ();
        g_autofree char *id = NULL, *act = NULL;
        g_autoptr (GError) error = NULL;

        odd_ask (far->desk, "odd.send", 1, "send-0001");
        id = far_id (far);
        g_assert_false (seki_queue_cancel (far->desk->kernel.queue, "nobody-knows", &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_MISSING);
        g_clear_error (&error);
        g_assert_true (seki_queue_cancel (far->desk->kernel.queue, id, &error));
        desk_flush (far->desk);
        g_assert_cmpuint (far_waiting (far), ==, 0);
        act = last_act (far->desk);
        g_assert_cmpstr (act, ==, "cancel");
        far_grant (far);                                /* the answer comes after all */
        g_assert_cmpuint (far_waiting (far), ==, 0);
        odd_ask (far->desk, "odd.send", 2, "send-0002");
        g_assert_cmpuint (far->sent, ==, 2);
        far_free (far);
}

/* The action that should hear of the answer does not exist: held, and can be given up. */
static void
test_cancel_refused (void)
{
        Far *far = far_new ();
        g_autofree char *id = NULL, *act = NULL;
        g_autoptr (GError) error = NULL;

        desk_ask (far->desk, &far->desk->office, "odd.ask",
                  "{\"id\":\"ask-00001\",\"purpose\":\"lost\",\"records\":[{\"code\":"
                  "\"120576000000000000001\"}]}");
        g_assert_cmpuint (far->sent, ==, 1);
        far_grant (far);
        g_assert_cmpuint (far_waiting (far), ==, 1);
        g_assert_true (far_look (far).held);
        id = far_id (far);
        g_assert_true (seki_queue_cancel (far->desk->kernel.queue, id, &error));
        desk_flush (far->desk);
        g_assert_cmpuint (far_waiting (far), ==, 0);
        act = last_act (far->desk);
        g_assert_cmpstr (act, ==, "cancel");
        far_free (far);
}

static void
test_restart (void)
{
        Far *far = far_new ();
        g_autofree char *before = NULL, *after = NULL;

        odd_ask (far->desk, "odd.send", 1, "send-0001");
        odd_ask (far->desk, "odd.send", 2, "send-0002");
        before = far_id (far);
        far_restart (far);
        after = far_id (far);
        g_assert_cmpstr (before, ==, after);            /* the same one, first again */
        far_grant (far);
        far_grant (far);
        g_assert_cmpuint (far_waiting (far), ==, 0);
        g_assert_cmpuint (far->sent, ==, 3);
        far_restart (far);
        g_assert_cmpuint (far->sent, ==, 3);
        far_free (far);
}

/* What a peer refuses waits in the register for a person. */
static void
test_refused_record (void)
{
        Far *far = far_new ();

        odd_ask (far->desk, "odd.send", 1, "send-0001");
        far_answer (far, far->token, NULL, "code-foreign", NULL, NULL);
        g_assert_cmpuint (far_waiting (far), ==, 0);
        g_assert_cmpuint (faulty_each (far->desk->store, SEKI_SPACE_REGISTER, NULL, NULL), ==, 1);
        far_free (far);
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        g_test_add_func ("/queue/durable before it is sent", test_durable_before_sent);
        g_test_add_func ("/queue/a message that was not committed", test_not_committed);
        g_test_add_func ("/queue/in the order of commit", test_order);
        g_test_add_func ("/queue/the same bytes again", test_same_bytes);
        g_test_add_func ("/queue/answered exactly once", test_answered_once);
        g_test_add_func ("/queue/an answer that could not be recorded", test_answer_not_recorded);
        g_test_add_func ("/queue/held when refused whole", test_held);
        g_test_add_func ("/queue/an error is tried again", test_error_is_tried_again);
        g_test_add_func ("/queue/the line is down", test_line_down);
        g_test_add_func ("/queue/cancel", test_cancel);
        g_test_add_func ("/queue/cancel what its own action refuses", test_cancel_refused);
        g_test_add_func ("/queue/waiting messages after a restart", test_restart);
        g_test_add_func ("/queue/a record the peer refused", test_refused_record);
        return g_test_run ();
}
