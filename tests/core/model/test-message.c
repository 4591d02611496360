/* SPDX-License-Identifier: Apache-2.0 */
#include "model/message.h"

static void
items_fill (SekiItem *items, gsize n)
{
        for (gsize i = 0; i < n; i++) {
                items[i] = (SekiItem){ 0 };
                items[i].record.field[SEKI_FIELD_CODE] = seki_span_text ("120576000000000000012");
                items[i].record.field[SEKI_FIELD_NAME] = seki_span_text ("髙﨑　花子");
                items[i].record.field[SEKI_FIELD_NUMBER] = seki_span_text ("123456789018");
                items[i].record.field[SEKI_FIELD_GIVEN] = seki_span_text ("not-sent");
        }
}

static void
message_fill (SekiMessage *message, SekiItem *items, gsize n)
{
        items_fill (items, n);
        *message = (SekiMessage){
                .id = seki_span_text ("2026-11-24.0001"), .to = seki_span_text ("jasdec"),
                .basis = seki_span_text ("番号法第19条第12号"), .purpose = seki_span_text ("P02"),
                .checkpoint = seki_span_text ("origin\n1\nAAAA\n\n"), .items = items, .n_items = n,
        };
}

static void
test_a_request_returns (void)
{
        g_autoptr (SekiArena) arena = seki_arena_new (0);
        SekiItem items[3];
        SekiMessage message, back;
        SekiCborWriter writer;
        g_autoptr (GError) error = NULL;
        message_fill (&message, items, 3);
        items[1].record.field[SEKI_FIELD_NUMBER] = seki_span_text ("123456789010");
        items[2].record.field[SEKI_FIELD_NUMBER] = seki_span_text ("7123456789012");
        seki_cbor_writer_init (&writer, NULL);
        seki_message_write (&message, &writer);
        g_assert_true (seki_cbor_check (seki_cbor_writer_get_span (&writer), 4, NULL));
        seki_message_read (seki_cbor_writer_get_span (&writer), arena, &back, &error);
        g_assert_no_error (error);
        g_assert_true (seki_span_equal (back.id, message.id) &&
                       seki_span_equal (back.to, message.to));
        g_assert_true (seki_span_equal (back.basis, message.basis) &&
                       seki_span_equal (back.purpose, message.purpose));
        g_assert_true (seki_span_equal (back.checkpoint, message.checkpoint));
        g_assert_cmpuint (back.n_items, ==, 3);
        g_assert_null (back.items[0].fault);
        g_assert_cmpint (back.items[0].number, ==, SEKI_NUMBER_INDIVIDUAL);
        g_assert_cmpstr (back.items[1].fault, ==, "number-check-digit");
        g_assert_cmpint (back.items[1].number, ==, SEKI_NUMBER_NONE);
        g_assert_cmpint (back.items[2].number, ==, SEKI_NUMBER_CORPORATE);
        g_assert_null (back.items[0].record.field[SEKI_FIELD_GIVEN].data);
        g_assert_true (seki_span_is (back.items[0].record.field[SEKI_FIELD_NAME], "髙﨑　花子"));
        seki_cbor_writer_clear (&writer);
}

static void
test_content_is_what_tries_share (void)
{
        g_autoptr (SekiArena) arena = seki_arena_new (0);
        SekiItem items[1];
        SekiMessage message, first, second;
        SekiCborWriter one, other;
        message_fill (&message, items, 1);
        seki_cbor_writer_init (&one, NULL);
        seki_cbor_writer_init (&other, NULL);
        seki_message_write (&message, &one);
        message.checkpoint = seki_span_text ("origin\n22\nBBBB\n\n");
        seki_message_write (&message, &other);
        g_assert_true (seki_message_read (seki_cbor_writer_get_span (&one), arena, &first, NULL));
        g_assert_true (seki_message_read (seki_cbor_writer_get_span (&other), arena, &second,
                                          NULL));
        g_assert_true (seki_span_equal (first.content, second.content));
        seki_cbor_writer_clear (&one);
        seki_cbor_writer_clear (&other);
}

/* Reads a request with that id and no records. */
static gboolean
id_is_read (const char *id)
{
        g_autoptr (SekiArena) arena = seki_arena_new (0);
        SekiItem none[1];
        SekiMessage message = { .id = seki_span_text (id), .items = none };
        SekiCborWriter writer;
        seki_cbor_writer_init (&writer, arena);
        seki_message_write (&message, &writer);
        return seki_message_read (seki_cbor_writer_get_span (&writer), arena, &message, NULL);
}

static void
test_ids_have_a_form (void)
{
        g_autofree char *longest = g_strnfill (64, 'a'), *longer = g_strnfill (65, 'a');
        g_assert_true (id_is_read ("12345678"));
        g_assert_true (id_is_read (longest));
        g_assert_false (id_is_read (longer));
        g_assert_true (id_is_read ("aZ0._-_."));
        g_assert_false (id_is_read ("1234567"));
        g_assert_false (id_is_read ("1234 5678"));
        g_assert_false (id_is_read ("../../../etc"));
        g_assert_false (id_is_read ("伝票伝票伝票"));
}

typedef enum {
        WITH_NO_ID, WITH_NO_RECORDS, WITH_UNKNOWN, WITH_INTEGER_ID, WITH_TRAILING,
                WITH_CONTROL_IN_PURPOSE,
        WITH_LONG_BASIS, WITH_GIVEN, WITH_RECORD_TWICE, WITH_TOO_MANY, WITH_COUNT_ONLY, N_WRONG
} Wrong;

static void
write_wrong (SekiCborWriter *writer, Wrong wrong)
{
        char long_text[2000];
        memset (long_text, 'x', sizeof long_text);
        seki_cbor_write_map (writer, wrong == WITH_NO_ID || wrong == WITH_NO_RECORDS ? 2 : 3);
        if (wrong != WITH_NO_ID) {
                seki_cbor_write_literal (writer, "id");
                if (wrong == WITH_INTEGER_ID)
                        seki_cbor_write_uint (writer, 12345678);
                else
                        seki_cbor_write_literal (writer, "12345678");
        }
        seki_cbor_write_literal (writer, wrong == WITH_LONG_BASIS ? "basis" : wrong == WITH_UNKNOWN
                                 ? "bases" : "purpose");
        seki_cbor_write_text (writer, wrong == WITH_LONG_BASIS
                              ? seki_span (long_text, sizeof long_text)
                                      : wrong == WITH_CONTROL_IN_PURPOSE
                                              ? seki_span_text ("P02\x1b[2J")
                                                                         : seki_span_text ("P02"));
        if (wrong == WITH_NO_RECORDS)
                return;
        seki_cbor_write_literal (writer, "records");
        if (wrong == WITH_TOO_MANY || wrong == WITH_COUNT_ONLY)
                seki_cbor_write_array (writer, wrong == WITH_TOO_MANY
                                       ? SEKI_MESSAGE_RECORDS_MAX + 1 : 4096);
        else
                seki_cbor_write_array (writer, wrong == WITH_GIVEN || wrong == WITH_RECORD_TWICE);
        for (guint i = 0; wrong == WITH_TOO_MANY && i <= SEKI_MESSAGE_RECORDS_MAX; i++)
                seki_cbor_write_map (writer, 0);
        if (wrong == WITH_GIVEN || wrong == WITH_RECORD_TWICE) {
                seki_cbor_write_map (writer, wrong == WITH_GIVEN ? 1 : 2);
                for (guint i = 0; i < (wrong == WITH_GIVEN ? 1 : 2); i++) {
                        seki_cbor_write_literal (writer, wrong == WITH_GIVEN ? "given" : "code");
                        seki_cbor_write_literal (writer, "1");
                }
        }
        if (wrong == WITH_TRAILING)
                seki_cbor_write_null (writer);
}

static void
test_wrong_requests_are_refused (void)
{
        for (guint wrong = 0; wrong <= N_WRONG; wrong++) {
                g_autoptr (SekiArena) arena = seki_arena_new (0);
                g_autoptr (GError) error = NULL;
                SekiCborWriter writer;
                SekiMessage message;
                seki_cbor_writer_init (&writer, NULL);
                write_wrong (&writer, wrong);
                gboolean read = seki_message_read (seki_cbor_writer_get_span (&writer), arena,
                                                   &message, &error);
                if (read != (wrong == N_WRONG))
                        g_error ("wrong %u is read as %d", wrong, read);
                g_assert_true (read || error->domain == SEKI_ERROR);
                g_assert_cmpuint (seki_arena_used (arena), <, 1000);
                seki_cbor_writer_clear (&writer);
        }
}

static void
test_the_arena_bounds_a_request (void)
{
        g_autoptr (SekiArena) arena = seki_arena_new (1000);
        g_autofree SekiItem *items = g_new (SekiItem, 100);
        SekiMessage message, back;
        SekiCborWriter writer;
        message_fill (&message, items, 100);
        seki_cbor_writer_init (&writer, NULL);
        seki_message_write (&message, &writer);
        g_assert_false (seki_message_read (seki_cbor_writer_get_span (&writer), arena, &back,
                                           NULL));
        seki_cbor_writer_clear (&writer);
}

static void
answer_fill (SekiAnswer *answer, SekiVerdictItem *items, const SekiRecord *record)
{
        items[0] = (SekiVerdictItem){ 0 };
        items[1] = (SekiVerdictItem){ .reason = "number-check-digit" };
        items[2] = (SekiVerdictItem){ .reason = "number-check-digit" };
        items[3] = (SekiVerdictItem){ .record = record,
                                      .fields = SEKI_RECORD_ALL & ~(1u << SEKI_FIELD_NAME) };
        *answer = (SekiAnswer){
                .id = seki_span_text ("2026-11-24.0001"),
                        .checkpoint = seki_span_text ("origin\n1\nAAAA\n\n"),
                .error = "could not", .reason = "may not", .has_receipt = TRUE,
                .receipt = { .lane = 7, .index = 1ull << 40,
                             .leaf = "leafleafleafleafleafleafleaflea" },
                .items = items, .n_items = 4,
        };
}

static void
test_an_answer_returns (void)
{
        g_autoptr (SekiArena) arena = seki_arena_new (0);
        SekiItem item[1];
        SekiVerdictItem items[4];
        SekiAnswer answer, back;
        SekiCborWriter writer;
        g_autoptr (GError) error = NULL;
        items_fill (item, 1);
        answer_fill (&answer, items, &item[0].record);
        seki_cbor_writer_init (&writer, NULL);
        seki_answer_write (&answer, &writer);
        seki_answer_read (seki_cbor_writer_get_span (&writer), arena, &back, &error);
        g_assert_no_error (error);
        g_assert_cmpstr (back.error, ==, "could not");
        g_assert_cmpstr (back.reason, ==, "may not");
        g_assert_true (back.has_receipt);
        g_assert_cmpuint (back.receipt.lane, ==, 7);
        g_assert_cmpuint (back.receipt.index, ==, 1ull << 40);
        g_assert_cmpmem (back.receipt.leaf, 32, answer.receipt.leaf, 32);
        g_assert_cmpuint (back.n_items, ==, 4);
        g_assert_true (back.items[0].reason == NULL && back.items[0].record == NULL);
        g_assert_cmpstr (back.items[1].reason, ==, "number-check-digit");
        g_assert_true (back.items[1].reason == back.items[2].reason);
        g_assert_cmphex (back.items[3].fields, ==, 1u << SEKI_FIELD_CODE | 1u << SEKI_FIELD_NUMBER);
        g_assert_true (seki_span_is (back.items[3].record->field[SEKI_FIELD_NUMBER],
                                     "123456789018"));
        seki_cbor_writer_clear (&writer);
}

static void
test_a_bare_answer_returns (void)
{
        g_autoptr (SekiArena) arena = seki_arena_new (0);
        SekiAnswer answer = { .id = seki_span_text ("12345678") }, back;
        SekiCborWriter writer;
        seki_cbor_writer_init (&writer, NULL);
        seki_answer_write (&answer, &writer);
        g_assert_true (seki_answer_read (seki_cbor_writer_get_span (&writer), arena, &back, NULL));
        g_assert_true (back.error == NULL && back.reason == NULL && !back.has_receipt &&
                       back.items == NULL);
        seki_cbor_writer_clear (&writer);
}

static void
test_sentences_stay_readable (void)
{
        g_autoptr (SekiArena) arena = seki_arena_new (0);
        g_autofree char *long_text = g_strnfill (3000, 'x');
        const char *const texts[] = { "line 1\nline 2\t\xe2\x80\xae.", "broken \xff\xe3\x81",
                                      long_text };
        const char *const expected[] = { "line 1 line 2  .", "broken    ", NULL };
        for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
                SekiAnswer answer = { .id = seki_span_text ("12345678"), .error = texts[i] }, back;
                SekiCborWriter writer;
                seki_cbor_writer_init (&writer, NULL);
                seki_answer_write (&answer, &writer);
                g_assert_true (seki_answer_read (seki_cbor_writer_get_span (&writer), arena, &back,
                                                 NULL));
                if (expected[i] != NULL)
                        g_assert_cmpstr (back.error, ==, expected[i]);
                else
                        g_assert_cmpuint (strlen (back.error), ==, SEKI_MESSAGE_SENTENCE_MAX);
                seki_cbor_writer_clear (&writer);
        }
}

/* { "id": "12345678", "records": [ false ] } and receipts that are none. */
static void
test_wrong_answers_are_refused (void)
{
        static const char *const bad[] = {
                "a262696468313233343536373867726563" "6f72647381f4",
                "a262696468313233343536373867726563" "6f7264738100",
                "a262696468313233343536373867726563" "65697074a0",
                "a262696468313233343536373867726563" "65697074a1646c616e6500",
                "a262696468313233343536373867726563"
                "65697074a3646c616e6500646c656166410065696e64657800",
                "a0", "80", "a1626964683132333435363738f6",
        };
        for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
                g_autoptr (SekiArena) arena = seki_arena_new (0);
                guint8 bytes[128];
                SekiAnswer answer;
                gsize len = strlen (bad[i]) / 2;
                g_assert_true (seki_unhex (seki_span_text (bad[i]), bytes, len));
                if (seki_answer_read (seki_span (bytes, len), arena, &answer, NULL))
                        g_error ("accepted: %s", bad[i]);
        }
}

static void
mutate_and_read (SekiSpan whole, GRand *rand, SekiArena *arena, guint *inout_accepted)
{
        gsize len = g_rand_int_range (rand, 0, 4) == 0
                ? (gsize) g_rand_int_range (rand, 1, (gint32) whole.len + 1)
                                                       : whole.len;
        g_autofree guint8 *mutant = g_memdup2 (whole.data, len);
        SekiMessage message;
        SekiAnswer answer;
        for (gint n = g_rand_int_range (rand, 0, 4); n > 0; n--)
                mutant[g_rand_int_range (rand, 0, (gint32) len)] = (guint8) g_rand_int (rand);
        seki_arena_reset (arena);
        SekiSpan body = seki_span (mutant, len);
        *inout_accepted += (guint) seki_message_read (body, arena, &message, NULL);
        *inout_accepted += (guint) seki_answer_read (body, arena, &answer, NULL);
}

static void
test_mutations (void)
{
        g_autoptr (GRand) rand = g_rand_new_with_seed (225);
        g_autoptr (SekiArena) arena = seki_arena_new (1 << 20);
        SekiItem item[2];
        SekiVerdictItem items[4];
        SekiMessage message;
        SekiAnswer answer;
        SekiCborWriter writers[2];
        guint accepted = 0;
        message_fill (&message, item, 2);
        answer_fill (&answer, items, &item[0].record);
        for (guint i = 0; i < 2; i++)
                seki_cbor_writer_init (&writers[i], NULL);
        seki_message_write (&message, &writers[0]);
        seki_answer_write (&answer, &writers[1]);
        for (guint i = 0; i < 40000; i++)
                mutate_and_read (seki_cbor_writer_get_span (&writers[i % 2]), rand, arena,
                                 &accepted);
        g_assert_cmpuint (accepted, >, 1000);
        for (guint i = 0; i < 2; i++)
                seki_cbor_writer_clear (&writers[i]);
}

static void
test_truncation_at_every_byte (void)
{
        g_autoptr (SekiArena) arena = seki_arena_new (0);
        SekiItem item[2];
        SekiVerdictItem items[4];
        SekiMessage message, back;
        SekiAnswer answer, answer_back;
        SekiCborWriter writer;
        message_fill (&message, item, 2);
        answer_fill (&answer, items, &item[0].record);
        seki_cbor_writer_init (&writer, NULL);
        seki_message_write (&message, &writer);
        SekiSpan whole = seki_cbor_writer_get_span (&writer);
        for (gsize len = 0; len < whole.len; len++)
                g_assert_false (seki_message_read (seki_span (whole.data, len), arena, &back,
                                                   NULL));
        seki_cbor_writer_clear (&writer);
        seki_answer_write (&answer, &writer);
        whole = seki_cbor_writer_get_span (&writer);
        for (gsize len = 0; len < whole.len; len++)
                g_assert_false (seki_answer_read (seki_span (whole.data, len), arena, &answer_back,
                                                  NULL));
        seki_cbor_writer_clear (&writer);
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        g_test_add_func ("/message/a request returns as it was", test_a_request_returns);
        g_test_add_func ("/message/two tries of a request share their content",
                         test_content_is_what_tries_share);
        g_test_add_func ("/message/ids have a form", test_ids_have_a_form);
        g_test_add_func ("/message/wrong requests are refused", test_wrong_requests_are_refused);
        g_test_add_func ("/message/the arena bounds a request", test_the_arena_bounds_a_request);
        g_test_add_func ("/message/an answer returns as it was", test_an_answer_returns);
        g_test_add_func ("/message/a bare answer returns", test_a_bare_answer_returns);
        g_test_add_func ("/message/sentences stay readable", test_sentences_stay_readable);
        g_test_add_func ("/message/wrong answers are refused", test_wrong_answers_are_refused);
        g_test_add_func ("/message/every truncation is refused", test_truncation_at_every_byte);
        g_test_add_func ("/message/mutated bytes are read safely", test_mutations);
        return g_test_run ();
}
