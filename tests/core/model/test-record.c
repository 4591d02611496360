/* SPDX-License-Identifier: Apache-2.0 */
#include "model/record.h"

#define BOTH (SEKI_RECORD_ALL & ~(1u << SEKI_FIELD_GIVEN))

static void
record_fill (SekiRecord *record)
{
        static const char *const values[SEKI_FIELD_COUNT] = {
                [SEKI_FIELD_CODE] = "120576000000000000012", [SEKI_FIELD_KANA] = "タカサキ　ハナコ",
                [SEKI_FIELD_NAME] = "髙﨑　花子", [SEKI_FIELD_BIRTH] = "1984-02-29",
                        [SEKI_FIELD_GIVEN] = "ti,issuer-1",
                [SEKI_FIELD_ISSUE] = "JP3435000009", [SEKI_FIELD_CLOSED] = "2026-11-24",
                        [SEKI_FIELD_HOLDER] = "00012345",
                [SEKI_FIELD_NUMBER] = "123456789018", [SEKI_FIELD_ADDRESS] = "東京都千代田区霞が関３－１－１",
                [SEKI_FIELD_HOLDING] = "yes", [SEKI_FIELD_TO_CODE] = "999999900000000000001",
        };
        for (guint i = 0; i < SEKI_FIELD_COUNT; i++)
                record->field[i] = seki_span_text (values[i]);
}

static const char *
check_field (SekiField field, SekiSpan value)
{
        SekiRecord record = { 0 };
        record.field[field] = value;
        return seki_record_check (&record, NULL);
}

static const char *
check_text (SekiField field, const char *value)
{
        return check_field (field, seki_span_text (value));
}

static void
test_field_names (void)
{
        for (guint i = 0; i < SEKI_FIELD_COUNT; i++) {
                g_assert_cmpint (seki_field_from_name (seki_span_text (seki_field_name (i))), ==,
                                 i);
                g_assert_cmpuint (seki_record_field_limit (i), >, 0);
                if (i > 0) {
                        const char *a = seki_field_name (i - 1), *b = seki_field_name (i);
                        g_assert_true (strlen (a) < strlen (b) ||
                                       (strlen (a) == strlen (b) && strcmp (a, b) < 0));
                }
        }
        g_assert_cmpint (seki_field_from_name (seki_span_text ("nome")), ==, SEKI_FIELD_COUNT);
        g_assert_cmpint (seki_field_from_name (seki_span_text ("")), ==, SEKI_FIELD_COUNT);
        g_assert_cmpint (seki_field_from_name (seki_span_text ("x")), ==, SEKI_FIELD_COUNT);
        g_assert_cmpint (seki_field_from_name (seki_span_text ("addresses")), ==, SEKI_FIELD_COUNT);
        g_assert_cmpint (seki_field_from_name (SEKI_SPAN_NONE), ==, SEKI_FIELD_COUNT);
        g_assert_cmpuint (seki_record_field_limit (SEKI_FIELD_COUNT), ==, 0);
}

static void
test_every_choice_of_fields_returns (void)
{
        SekiRecord record, back;
        SekiCborWriter writer;
        SekiCborReader reader;
        record_fill (&record);
        seki_cbor_writer_init (&writer, NULL);
        for (guint32 fields = 0; fields <= SEKI_RECORD_ALL; fields++) {
                seki_record_write (&record, fields, &writer);
                seki_cbor_reader_init (&reader, seki_cbor_writer_get_span (&writer));
                gboolean sound = seki_record_read (&reader, &back, NULL);
                g_assert_cmpint (sound, ==, (fields & 1u << SEKI_FIELD_GIVEN) == 0);
                seki_cbor_reader_init (&reader, seki_cbor_writer_get_span (&writer));
                g_assert_true (seki_record_read_stored (&reader, &back, NULL));
                g_assert_true (seki_cbor_read_end (&reader, NULL));
                for (guint i = 0; i < SEKI_FIELD_COUNT; i++) {
                        SekiSpan expected =
                                (fields >> i & 1) != 0 ? record.field[i] : SEKI_SPAN_NONE;
                        g_assert_true (seki_span_equal (back.field[i], expected));
                }
                seki_cbor_writer_clear (&writer);
        }
}

static gboolean
read_hex (const char *hex, GError **error)
{
        guint8 bytes[128];
        SekiCborReader reader;
        SekiRecord record;
        gsize len = strlen (hex) / 2;
        g_assert_true (seki_unhex (seki_span_text (hex), bytes, len));
        seki_cbor_reader_init (&reader, seki_span (bytes, len));
        return seki_record_read (&reader, &record, error);
}

static void
test_wrong_shapes_are_refused (void)
{
        static const char *const bad[] = {
                "80", "f6", "a1646e6f6d656161",         /* no map; unknown field */
                "a1646e616d6500", "a1646e616d654161",   /* name as integer, as bytes */
                "a1656769766e6161", "a165676976656e6161", "a1646e616d65f6", "a100646e616d65",
                "a2646e616d65616164636f64656131",       /* name before code */
                "a264636f6465613164636f64656131",       /* code twice */
                "a1646e616d6562c328", "a1646e616d65", "ad",
        };
        g_assert_true (read_hex ("a264636f64656131646e616d656161", NULL));
        for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
                g_autoptr (GError) error = NULL;
                if (read_hex (bad[i], &error))
                        g_error ("accepted: %s", bad[i]);
                g_assert_true (error->domain == SEKI_ERROR);
        }
}

static void
test_a_good_record_passes (void)
{
        SekiRecord record;
        SekiNumberKind kind;
        record_fill (&record);
        g_assert_null (seki_record_check (&record, &kind));
        g_assert_cmpint (kind, ==, SEKI_NUMBER_INDIVIDUAL);
        record.field[SEKI_FIELD_NUMBER] = seki_span_text ("7123456789012");
        g_assert_null (seki_record_check (&record, &kind));
        g_assert_cmpint (kind, ==, SEKI_NUMBER_CORPORATE);
        record.field[SEKI_FIELD_NUMBER] = SEKI_SPAN_NONE;
        g_assert_null (seki_record_check (&record, &kind));
        g_assert_cmpint (kind, ==, SEKI_NUMBER_NONE);
        g_assert_null (seki_record_check (&(SekiRecord){ 0 }, &kind));
}

static void
test_each_field_has_its_rule (void)
{
        static const struct {
                SekiField field;
                const char *value, *fault;
        } rows[] = {
                { SEKI_FIELD_CODE, "12", "code-length" },
                        { SEKI_FIELD_CODE, "12057600000000000001a", "code-digits" },
                { SEKI_FIELD_TO_CODE, "12", "to_code-length" },
                { SEKI_FIELD_TO_CODE, "12057600000000000001a", "to_code-digits" },
                { SEKI_FIELD_KANA, "", "kana-empty" }, { SEKI_FIELD_NAME, "", "name-empty" },
                { SEKI_FIELD_ADDRESS, "", "address-empty" },
                        { SEKI_FIELD_KANA, "\xff", "kana-utf8" },
                { SEKI_FIELD_NAME, "\x93\xfa\x96\x7b", "name-utf8" },
                        { SEKI_FIELD_ADDRESS, "\xe6\x9d", "address-utf8" },
                { SEKI_FIELD_NAME, "a\nb", "name-control" },
                        { SEKI_FIELD_NAME, "a\x7f", "name-control" },
                { SEKI_FIELD_NAME, "\xc2\x85", "name-control" },
                        { SEKI_FIELD_KANA, "\xe2\x80\xa8", "kana-control" },
                { SEKI_FIELD_ADDRESS, "\xe2\x80\xa9", "address-control" },
                { SEKI_FIELD_NAME, "山\xe2\x80\xaa", "name-control" },
                        { SEKI_FIELD_NAME, "山\xe2\x80\xae", "name-control" },
                { SEKI_FIELD_NAME, "山\xe2\x81\xa6", "name-control" },
                        { SEKI_FIELD_NAME, "山\xe2\x81\xa9", "name-control" },
                { SEKI_FIELD_BIRTH, "2023-02-29", "birth-date" },
                        { SEKI_FIELD_BIRTH, "", "birth-date" },
                { SEKI_FIELD_CLOSED, "2026-11-31", "closed-date" },
                        { SEKI_FIELD_HOLDING, "Yes", "holding-form" },
                { SEKI_FIELD_HOLDING, "", "holding-form" }, { SEKI_FIELD_ISSUE, "", "issue-form" },
                { SEKI_FIELD_ISSUE, "JP3435000009X", "issue-form" },
                        { SEKI_FIELD_ISSUE, "jp34", "issue-form" },
                { SEKI_FIELD_HOLDER, "12 3", "holder-form" },
                        { SEKI_FIELD_GIVEN, "a b", "given-form" },
                { SEKI_FIELD_NUMBER, "12", "number-length" },
                        { SEKI_FIELD_NUMBER, "12345678901a", "number-digits" },
                { SEKI_FIELD_NUMBER, "123456789010", "number-check-digit" },
                { SEKI_FIELD_NUMBER, "000000000000", "number-rejected" },
                { SEKI_FIELD_NAME, "髙﨑栁濵瀨𠮷", NULL }, { SEKI_FIELD_NAME, "\xef\xa8\x90", NULL },
                { SEKI_FIELD_NAME, "葛\xf3\xa0\x84\x80城", NULL }, { SEKI_FIELD_HOLDING, "no", NULL },
                { SEKI_FIELD_ISSUE, "7203", NULL }, { SEKI_FIELD_HOLDER, "123456789", NULL },
                { SEKI_FIELD_NAME, "=cmd()", NULL },
        };
        for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
                g_assert_cmpstr (check_text (rows[i].field, rows[i].value), ==, rows[i].fault);
        g_assert_cmpstr (check_field (SEKI_FIELD_NAME, seki_span ("a\0b", 3)), ==, "name-utf8");
}

static void
test_lengths_have_limits (void)
{
        static const struct {
                SekiField field;
                const char *fault;
        } rows[] = {
                { SEKI_FIELD_KANA, "kana-too-long" }, { SEKI_FIELD_NAME, "name-too-long" },
                { SEKI_FIELD_ADDRESS, "address-too-long" }, { SEKI_FIELD_HOLDER, "holder-form" },
                { SEKI_FIELD_GIVEN, "given-form" }, { SEKI_FIELD_ISSUE, "issue-form" },
        };
        char text[5000];
        memset (text, 'A', sizeof text);
        for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
                gsize limit = seki_record_field_limit (rows[i].field);
                g_assert_null (check_field (rows[i].field, seki_span (text, limit)));
                g_assert_cmpstr (check_field (rows[i].field, seki_span (text, limit + 1)), ==,
                                 rows[i].fault);
        }
}

static void
test_the_first_fault_in_order_is_told (void)
{
        SekiRecord record;
        SekiNumberKind kind;
        record_fill (&record);
        record.field[SEKI_FIELD_ADDRESS] = seki_span_text ("\n");
        g_assert_cmpstr (seki_record_check (&record, &kind), ==, "address-control");
        record.field[SEKI_FIELD_NAME] = seki_span_text ("\n");
        g_assert_cmpstr (seki_record_check (&record, &kind), ==, "name-control");
        g_assert_cmpint (kind, ==, SEKI_NUMBER_NONE);
}

/* What is stored is what was sent: nothing is normalised (domain.md 1.3). */
static void
test_characters_are_kept_as_given (void)
{
        static const char kept[] =
                "\xef\xa8\x90 葛\xf3\xa0\x84\x80 \xe3\x81\x8b\xe3\x82\x99 ﾀﾛｳ\xef\xb8\x80 　x ";
        SekiRecord record = { 0 }, back;
        SekiCborWriter writer;
        SekiCborReader reader;
        record.field[SEKI_FIELD_NAME] = seki_span_text (kept);
        seki_cbor_writer_init (&writer, NULL);
        seki_record_write (&record, SEKI_RECORD_ALL, &writer);
        seki_cbor_reader_init (&reader, seki_cbor_writer_get_span (&writer));
        g_assert_true (seki_record_read (&reader, &back, NULL));
        g_assert_true (seki_span_is (back.field[SEKI_FIELD_NAME], kept));
        g_assert_null (seki_record_check (&back, NULL));
        seki_cbor_writer_clear (&writer);
}

static gboolean
reason_is_listed (const char *id)
{
        for (const SekiRecordReason *reason = seki_record_reasons (); reason->id != NULL; reason++)
                if (strcmp (reason->id, id) == 0)
                        return TRUE;
        return FALSE;
}

static void
test_every_reason_has_a_sentence (void)
{
        g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
        static const char *const values[] = {
                "", "x", "12345678901x", "123456789010", "000000000000", "\n", "\xff",
                        "12057600000000000001x", " ",
        };
        char longest[5000];
        memset (longest, 'A', sizeof longest);
        for (guint field = 0; field < SEKI_FIELD_COUNT; field++)
                for (guint i = 0; i <= G_N_ELEMENTS (values); i++) {
                        SekiSpan value = i < G_N_ELEMENTS (values) ? seki_span_text (values[i])
                                                                   : seki_span (longest,
                                                                                sizeof longest);
                        const char *fault = check_field (field, value);
                        if (fault == NULL)
                                continue;
                        g_assert_true (reason_is_listed (fault));
                        g_hash_table_add (seen, (gpointer) fault);
                }
        guint n = 0;
        for (const SekiRecordReason *reason = seki_record_reasons (); reason->id != NULL; reason++,
             n++)
                g_assert_true (g_str_has_suffix (reason->sentence, "."));
        g_assert_cmpuint (g_hash_table_size (seen), ==, n);
}

static void
test_mutations (void)
{
        g_autoptr (GRand) rand = g_rand_new_with_seed (449);
        SekiRecord record, back;
        SekiCborWriter writer;
        SekiCborReader reader;
        SekiNumberKind kind;
        guint accepted = 0;
        record_fill (&record);
        seki_cbor_writer_init (&writer, NULL);
        seki_record_write (&record, BOTH, &writer);
        SekiSpan whole = seki_cbor_writer_get_span (&writer);
        for (guint i = 0; i < 50000; i++) {
                gsize len = i % 4 == 0
                        ? (gsize) g_rand_int_range (rand, 1, (gint32) whole.len + 1) : whole.len;
                g_autofree guint8 *mutant = g_memdup2 (whole.data, len);
                for (gint n = g_rand_int_range (rand, 0, 4); n > 0; n--)
                        mutant[g_rand_int_range (rand, 0,
                                                 (gint32) len)] = (guint8) g_rand_int (rand);
                seki_cbor_reader_init (&reader, seki_span (mutant, len));
                if (!seki_record_read (&reader, &back, NULL))
                        continue;
                seki_record_check (&back, &kind);
                accepted++;
        }
        g_assert_cmpuint (accepted, >, 1000);
        seki_cbor_writer_clear (&writer);
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        g_test_add_func ("/record/fields have names in canonical order", test_field_names);
        g_test_add_func ("/record/every choice of fields returns",
                         test_every_choice_of_fields_returns);
        g_test_add_func ("/record/wrong shapes are refused", test_wrong_shapes_are_refused);
        g_test_add_func ("/record/a good record passes", test_a_good_record_passes);
        g_test_add_func ("/record/each field has its rule", test_each_field_has_its_rule);
        g_test_add_func ("/record/lengths have limits", test_lengths_have_limits);
        g_test_add_func ("/record/the first fault in order is told",
                         test_the_first_fault_in_order_is_told);
        g_test_add_func ("/record/characters are kept as given", test_characters_are_kept_as_given);
        g_test_add_func ("/record/every reason has a sentence and occurs",
                         test_every_reason_has_a_sentence);
        g_test_add_func ("/record/mutated bytes are read safely", test_mutations);
        return g_test_run ();
}
