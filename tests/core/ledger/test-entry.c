/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"
#include "ledger/entry.h"

static const guint8 digest[32] = { 1, 2, 3 };

static SekiEntry
entry_full (void)
{
        return (SekiEntry){
                .format = SEKI_ENTRY_FORMAT,
                .time = 1795478400123456,
                .act = SEKI_SPAN_LITERAL ("give"),
                .action = SEKI_SPAN_LITERAL ("transfer.register"),
                .actor = SEKI_SPAN_LITERAL ("person:sato"),
                .peer = SEKI_SPAN_LITERAL ("issuer-17"),
                .message = SEKI_SPAN_LITERAL ("m-2026-0001"),
                .subject = { digest, 32 },
                .purpose = SEKI_SPAN_LITERAL ("tax"),
                .basis = SEKI_SPAN_LITERAL ("19-12"),
                .permitted = 1,
                .reason = SEKI_SPAN_LITERAL ("because"),
                .rules = { SEKI_SPAN_LITERAL ("ACC-020"), SEKI_SPAN_LITERAL ("ACC-021") },
                .n_rules = 2,
                .policy = { digest, 32 },
                .facts = { digest, 32 },
                .count = 3,
                .detail = SEKI_SPAN_LITERAL ("three at once"),
        };
}

static SekiEntry
entry_least (void)
{
        return (SekiEntry){
                .format = SEKI_ENTRY_FORMAT,
                .time = -1,
                .act = SEKI_SPAN_LITERAL ("refuse"),
        };
}

static SekiSpan
entry_bytes (const SekiEntry *entry, SekiCborWriter *writer)
{
        seki_cbor_writer_init (writer, NULL);
        seki_entry_write (entry, writer);
        g_assert_false (writer->failed);
        return seki_cbor_writer_get_span (writer);
}

static void
assert_same (const SekiEntry *a, const SekiEntry *b)
{
        g_assert_cmpuint (a->format, ==, b->format);
        g_assert_cmpint (a->time, ==, b->time);
        g_assert_cmpuint (a->permitted, ==, b->permitted);
        g_assert_cmpuint (MAX (a->count, 1), ==, MAX (b->count, 1));
        g_assert_cmpuint (a->n_rules, ==, b->n_rules);
        for (guint i = 0; i < a->n_rules; i++)
                g_assert_true (seki_span_equal (a->rules[i], b->rules[i]));
        const SekiSpan *left[] = { &a->act,     &a->action,  &a->actor,   &a->peer,
                                   &a->message, &a->subject, &a->purpose, &a->basis,
                                   &a->reason,  &a->policy,  &a->facts,   &a->detail };
        const SekiSpan *right[] = { &b->act,     &b->action,  &b->actor,   &b->peer,
                                    &b->message, &b->subject, &b->purpose, &b->basis,
                                    &b->reason,  &b->policy,  &b->facts,   &b->detail };
        for (guint i = 0; i < G_N_ELEMENTS (left); i++)
                g_assert_true (seki_span_equal (*left[i], *right[i]));
}

static void
test_round_trip (void)
{
        SekiEntry entries[] = { entry_full (), entry_least () };

        for (guint i = 0; i < G_N_ELEMENTS (entries); i++) {
                g_autoptr (GError) error = NULL;
                SekiCborWriter writer;
                SekiEntry back;

                seki_entry_read (entry_bytes (&entries[i], &writer), &back, &error);
                g_assert_no_error (error);
                assert_same (&entries[i], &back);
                seki_cbor_writer_clear (&writer);
        }
}

static void
test_known_bytes (void)
{
        static const guint8 expected[] = {
                0xa4, 0x00, 0x01, 0x01, 0x20, 0x02, 0x66, 'r', 'e', 'f', 'u', 's', 'e', 0x0a, 0x00,
        };
        SekiEntry entry = entry_least ();
        SekiCborWriter writer;
        SekiSpan bytes = entry_bytes (&entry, &writer);

        g_assert_cmpmem (bytes.data, bytes.len, expected, sizeof expected);
        seki_cbor_writer_clear (&writer);
}

static void
test_every_truncation (void)
{
        SekiEntry entry = entry_full (), back;
        SekiCborWriter writer;
        SekiSpan bytes = entry_bytes (&entry, &writer);

        for (gsize len = 0; len < bytes.len; len++) {
                g_autofree guint8 *cut = g_memdup2 (bytes.data, len);
                GError *error = NULL;

                g_assert_false (seki_entry_read (seki_span (cut, len), &back, &error));
                g_assert_error (error, SEKI_ERROR, SEKI_ERROR_INVALID);
                g_clear_error (&error);
        }
        g_autofree guint8 *longer = g_malloc0 (bytes.len + 1);
        memcpy (longer, bytes.data, bytes.len);
        g_assert_false (seki_entry_read (seki_span (longer, bytes.len + 1), &back, NULL));
        seki_cbor_writer_clear (&writer);
}

/* Whatever is accepted is written back as the very same bytes. */
static void
test_mutations (void)
{
        SekiEntry entry = entry_full (), back;
        SekiCborWriter writer, again;
        SekiSpan bytes = entry_bytes (&entry, &writer);
        guint64 seed = 42, n_taken = 0;

        for (guint round = 0; round < 200000; round++) {
                guint8 data[512];
                gsize len = bytes.len;

                memcpy (data, bytes.data, len);
                for (guint i = 0; i <= round % 3; i++)
                        data[fixture_next (&seed) % len] = (guint8) fixture_next (&seed);
                if (round % 5 == 0) {
                        gsize at = fixture_next (&seed) % (len - 1);
                        memmove (data + at, data + at + 1, len - at - 1);
                        len--;
                }
                if (!seki_entry_read (seki_span (data, len), &back, NULL))
                        continue;
                SekiSpan rewritten = entry_bytes (&back, &again);
                g_assert_cmpmem (rewritten.data, rewritten.len, data, len);
                seki_cbor_writer_clear (&again);
                n_taken++;
        }
        g_assert_cmpuint (n_taken, >, 1000);
        seki_cbor_writer_clear (&writer);
}

/* Entries as hexadecimal that break one rule each. */
static void
test_malformed (void)
{
        static const char *const cases[] = {
                "a3000101200a00", /* no act */
                "a30001026672656675736540", /* no time */
                "a3000101200266726566757365", /* neither permitted nor refused */
                "a40002012002667265667573650a00", /* format 2 */
                "a40001012002667265667573650a02", /* permitted 2 */
                "a40001012002667265667573650a1800", /* not the shortest form */
                "a40001012002667265667573650a000b00", /* bytes after the end */
                "a50001012002667265667573650a000f00", /* count 0 */
                "a50001012002667265667573650a000f01", /* count 1 */
                "a50001012002667265667573650a000c80", /* no rules */
                "a50001012002667265667573650a00116161", /* unknown key 17 */
                "a50001012002667265667573650a000a00", /* a key twice */
                "a4000102206672656675736501200a00", /* keys out of order */
                "a50001012002667265667573650a000d4101", /* a digest of one byte */
                "a50001012002667265667573650a000b61ff", /* not UTF-8 */
                "bf0001012002667265667573650a00ff", /* indefinite length */
                "84000101200266726566757365", /* an array */
                "",
        };

        for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
                guint8 bytes[64];
                gsize len = strlen (cases[i]) / 2;
                GError *error = NULL;
                SekiEntry entry;

                g_assert_true (seki_unhex (seki_span_text (cases[i]), bytes, len));
                g_assert_false (seki_entry_read (seki_span (bytes, len), &entry, &error));
                g_assert_nonnull (error);
                g_clear_error (&error);
        }
}

static void
test_limits (void)
{
        g_autofree char *text = g_strnfill (SEKI_ENTRY_MAX, 'x');
        SekiEntry entry = entry_least (), back;
        GError *error = NULL;
        SekiCborWriter writer;

        entry.detail = seki_span (text, SEKI_ENTRY_MAX - 15 - 4);
        SekiSpan bytes = entry_bytes (&entry, &writer);
        g_assert_cmpuint (bytes.len, ==, SEKI_ENTRY_MAX);
        g_assert_true (seki_entry_read (bytes, &back, NULL));
        seki_cbor_writer_clear (&writer);
        entry.detail.len++;
        g_assert_false (seki_entry_read (entry_bytes (&entry, &writer), &back, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_LIMIT);
        g_clear_error (&error);
        seki_cbor_writer_clear (&writer);
}

static void
test_describe (void)
{
        SekiEntry entry = entry_full (), least = entry_least ();
        g_autofree char *line = seki_entry_describe (&entry);
        g_autofree char *short_line = seki_entry_describe (&least);

        g_assert_cmpstr (
                line, ==,
                "2026-11-24T09:00:00+09:00 person:sato gave a record to issuer-17, action "
                "transfer.register, message m-2026-0001, purpose tax, basis 19-12, reason because, "
                "by rule ACC-020, ACC-021, 3 times: three at once");
        g_assert_cmpstr (short_line, ==, "1970-01-01T08:59:59+09:00 the node was refused, refused");
}

/* What a peer wrote can not move the cursor, nor reorder the line. */
static void
test_describe_is_one_clean_line (void)
{
        SekiEntry entry = entry_least ();

        entry.reason = SEKI_SPAN_LITERAL ("a\nb\x1b[2J\xe2\x80\xae%s%n");
        g_autofree char *line = seki_entry_describe (&entry);
        g_assert_null (strchr (line, '\n'));
        g_assert_null (strchr (line, '\x1b'));
        g_assert_null (strstr (line, "\xe2\x80\xae"));
        g_assert_nonnull (strstr (line, "%s%n"));
        g_assert_true (g_utf8_validate (line, -1, NULL));
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        g_setenv ("LC_ALL", "C", TRUE);
        g_test_add_func ("/ledger/entry/round trip", test_round_trip);
        g_test_add_func ("/ledger/entry/known bytes", test_known_bytes);
        g_test_add_func ("/ledger/entry/every truncation is refused", test_every_truncation);
        g_test_add_func ("/ledger/entry/mutations", test_mutations);
        g_test_add_func ("/ledger/entry/malformed", test_malformed);
        g_test_add_func ("/ledger/entry/limits", test_limits);
        g_test_add_func ("/ledger/entry/describe", test_describe);
        g_test_add_func ("/ledger/entry/describe is one clean line",
                         test_describe_is_one_clean_line);
        return g_test_run ();
}
