/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cbor.h"

#define HEX_MAX 128

/* Bytes of hexadecimal text. */
static SekiSpan
from_hex (const char *hex, guint8 *out)
{
        gsize len = strlen (hex) / 2;
        g_assert_cmpuint (len, <=, HEX_MAX);
        g_assert_true (seki_unhex (seki_span_text (hex), out, len));
        return seki_span (out, len);
}

static void
assert_written (SekiCborWriter *writer, const char *hex)
{
        SekiSpan span = seki_cbor_writer_get_span (writer);
        g_autofree char *out = g_malloc (2 * span.len + 1);
        seki_hex (span.data, span.len, out);
        g_assert_cmpstr (out, ==, hex);
        g_assert_true (seki_cbor_check (span, 8, NULL));
        seki_cbor_writer_clear (writer);
}

/* RFC 8949, appendix A. */
static void
test_integers (void)
{
        static const struct {
                gint64 value;
                const char *hex;
        } rows[] = {
                { 0, "00" }, { 23, "17" }, { 24, "1818" }, { 255, "18ff" }, { 256, "190100" },
                        { 65535, "19ffff" },
                { 65536, "1a00010000" }, { 4294967295, "1affffffff" },
                        { 4294967296, "1b0000000100000000" },
                { G_MAXINT64, "1b7fffffffffffffff" }, { -1, "20" }, { -24, "37" }, { -25, "3818" },
                        { -256, "38ff" },
                { -257, "390100" }, { -1000, "3903e7" }, { G_MININT64, "3b7fffffffffffffff" },
        };
        SekiCborWriter writer;
        SekiCborReader reader;
        guint8 bytes[HEX_MAX];
        gint64 value;
        seki_cbor_writer_init (&writer, NULL);
        for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
                seki_cbor_write_int (&writer, rows[i].value);
                assert_written (&writer, rows[i].hex);
                seki_cbor_reader_init (&reader, from_hex (rows[i].hex, bytes));
                g_assert_true (seki_cbor_read_int (&reader, &value, NULL));
                g_assert_cmpint (value, ==, rows[i].value);
                g_assert_true (seki_cbor_read_end (&reader, NULL));
        }
        seki_cbor_write_uint (&writer, G_MAXUINT64);
        assert_written (&writer, "1bffffffffffffffff");
}

static void
test_integers_out_of_range (void)
{
        guint8 bytes[HEX_MAX];
        gint64 value;
        guint64 natural;
        SekiCborReader reader;
        static const char *const big[] = { "1b8000000000000000", "3b8000000000000000",
                                           "3bffffffffffffffff" };
        for (guint i = 0; i < G_N_ELEMENTS (big); i++) {
                g_autoptr (GError) error = NULL;
                seki_cbor_reader_init (&reader, from_hex (big[i], bytes));
                g_assert_false (seki_cbor_read_int (&reader, &value, &error));
                g_assert_error (error, SEKI_ERROR, SEKI_ERROR_INVALID);
        }
        seki_cbor_reader_init (&reader, from_hex (big[0], bytes));
        g_assert_true (seki_cbor_read_uint (&reader, &natural, NULL));
        g_assert_cmphex (natural, ==, G_GUINT64_CONSTANT (1) << 63);
        seki_cbor_reader_init (&reader, from_hex ("20", bytes));
        g_assert_false (seki_cbor_read_uint (&reader, &natural, NULL));
}

/* A map with everything that may be. */
static void
write_sample (SekiCborWriter *writer)
{
        seki_cbor_write_map (writer, 4);
        seki_cbor_write_literal (writer, "a");
        seki_cbor_write_array (writer, 3);
        seki_cbor_write_bool (writer, TRUE);
        seki_cbor_write_bool (writer, FALSE);
        seki_cbor_write_null (writer);
        seki_cbor_write_literal (writer, "b");
        seki_cbor_write_bytes (writer, seki_span ("\1\2", 2));
        seki_cbor_write_literal (writer, "aa");
        seki_cbor_write_text (writer, seki_span_text ("髙"));
        seki_cbor_write_literal (writer, "key of more than twenty-three bytes");
        seki_cbor_write_int (writer, -7);
}

static void
test_a_map_is_written_and_read (void)
{
        SekiCborWriter writer;
        SekiCborReader reader;
        SekiSpan key = SEKI_SPAN_NONE, value;
        gsize n;
        gboolean truth;
        gint64 integer;
        seki_cbor_writer_init (&writer, NULL);
        write_sample (&writer);
        seki_cbor_reader_init (&reader, seki_cbor_writer_get_span (&writer));
        g_assert_true (seki_cbor_read_map (&reader, 4, &n, NULL));
        g_assert_cmpuint (n, ==, 4);
        g_assert_true (seki_cbor_read_key (&reader, &key, NULL));
        g_assert_true (seki_span_is (key, "a"));
        g_assert_true (seki_cbor_read_array (&reader, 3, &n, NULL));
        g_assert_true (seki_cbor_read_bool (&reader, &truth, NULL) && truth);
        g_assert_true (seki_cbor_read_bool (&reader, &truth, NULL) && !truth);
        g_assert_true (seki_cbor_read_null (&reader, NULL));
        g_assert_true (seki_cbor_read_key (&reader, &key, NULL));
        g_assert_true (seki_cbor_read_bytes (&reader, &value, NULL));
        g_assert_true (seki_span_equal (value, seki_span ("\1\2", 2)));
        g_assert_true (seki_cbor_read_key (&reader, &key, NULL));
        g_assert_true (seki_cbor_read_text (&reader, &value, NULL));
        g_assert_true (seki_span_is (value, "髙"));
        g_assert_true (seki_cbor_read_key (&reader, &key, NULL));
        g_assert_true (seki_cbor_read_int (&reader, &integer, NULL));
        g_assert_cmpint (integer, ==, -7);
        g_assert_cmpint (seki_cbor_peek (&reader), ==, SEKI_CBOR_END);
        g_assert_true (seki_cbor_read_end (&reader, NULL));
        seki_cbor_writer_clear (&writer);
}

static void
test_forms_refused (void)
{
        static const struct {
                const char *why, *hex;
        } rows[] = {
                { "nothing", "" },
                { "uint not shortest", "1817" }, { "uint not shortest", "1900ff" },
                        { "uint not shortest", "1a0000ffff" },
                { "uint not shortest", "1b00000000ffffffff" }, { "negative not shortest", "3800" },
                { "text length not shortest", "780161" }, { "bytes length not shortest", "580100" },
                { "array length not shortest", "980100" },
                        { "map length not shortest", "b801616100" },
                { "indefinite bytes", "5f4100ff" }, { "indefinite text", "7f6161ff" },
                        { "indefinite array", "9f00ff" },
                { "indefinite map", "bf616100ff" }, { "break alone", "ff" }, { "tag", "c000" },
                        { "tag", "d81800" },
                { "half float", "f93c00" }, { "float", "fa47c35000" },
                        { "double", "fb3ff199999999999a" },
                { "undefined", "f7" }, { "simple value", "e0" }, { "simple value", "f3" },
                        { "simple value", "f8ff" },
                { "reserved", "1c" }, { "reserved", "5d" }, { "reserved", "fc" },
                { "keys not in order", "a2616200616100" },
                        { "keys not in order", "a262616100616200" },
                { "keys twice", "a2616100616100" },
                        { "text key before integer key", "a26161000100" },
                { "not UTF-8", "62c328" }, { "overlong UTF-8", "62c0af" },
                        { "surrogate", "63eda080" }, { "NUL", "6100" },
                { "trailing byte", "0000" }, { "trailing break", "00ff" },
                { "more items than bytes", "9bffffffffffffffff" },
                        { "more pairs than bytes", "bbffffffffffffffff" },
                { "longer than the bytes", "7bffffffffffffffff" },
                        { "longer than the bytes", "5b7fffffffffffffff61" },
                { "bad inside", "8281f90000" }, { "too deep", "8181818100" },
        };
        guint8 bytes[HEX_MAX];
        for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
                g_autoptr (GError) error = NULL;
                if (seki_cbor_check (from_hex (rows[i].hex, bytes), 3, &error))
                        g_error ("accepted: %s, %s", rows[i].why, rows[i].hex);
                g_assert_nonnull (error);
                g_assert_true (error->domain == SEKI_ERROR);
        }
}

static void
test_forms_accepted (void)
{
        static const char *const good[] = {
                "00", "f6", "f4", "80", "a0", "60", "40", "81818100", "a2616100616200",
                        "a201002000", "a24100006000",
                "a2f400f500", "a28000810100", "6362c2a9", "a3616100616200626161a0",
        };
        guint8 bytes[HEX_MAX];
        for (guint i = 0; i < G_N_ELEMENTS (good); i++) {
                g_autoptr (GError) error = NULL;
                seki_cbor_check (from_hex (good[i], bytes), 3, &error);
                g_assert_no_error (error);
        }
}

static void
test_truncation_at_every_byte (void)
{
        SekiCborWriter writer;
        seki_cbor_writer_init (&writer, NULL);
        write_sample (&writer);
        SekiSpan whole = seki_cbor_writer_get_span (&writer);
        g_assert_true (seki_cbor_check (whole, 4, NULL));
        for (gsize len = 0; len < whole.len; len++) {
                /* A block of its own, so that a read past its end is seen. */
                g_autofree guint8 *part = g_memdup2 (whole.data, MAX (len, 1));
                g_assert_false (seki_cbor_check (seki_span (part, len), 4, NULL));
        }
        seki_cbor_writer_clear (&writer);
}

static void
test_a_failure_stays (void)
{
        SekiCborReader reader;
        guint8 bytes[HEX_MAX];
        guint64 value;
        SekiSpan text;
        g_autoptr (GError) first = NULL, second = NULL, third = NULL;
        seki_cbor_reader_init (&reader, from_hex ("0061611818", bytes));
        g_assert_true (seki_cbor_read_uint (&reader, &value, NULL));
        g_assert_false (seki_cbor_read_uint (&reader, &value, &first));
        g_assert_false (seki_cbor_read_text (&reader, &text, &second));
        g_assert_false (seki_cbor_read_end (&reader, &third));
        g_assert_cmpstr (first->message, ==, second->message);
        g_assert_cmpstr (first->message, ==, third->message);
        g_assert_nonnull (strstr (first->message, "byte 1:"));
        g_assert_cmpint (seki_cbor_peek (&reader), ==, SEKI_CBOR_BAD);
}

static void
test_counts_have_limits (void)
{
        SekiCborReader reader;
        guint8 bytes[HEX_MAX];
        gsize n;
        g_autoptr (GError) error = NULL, deep = NULL;
        seki_cbor_reader_init (&reader, from_hex ("83000000", bytes));
        g_assert_false (seki_cbor_read_array (&reader, 2, &n, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_LIMIT);
        g_assert_false (seki_cbor_check (from_hex ("818100", bytes), 1, &deep));
        g_assert_error (deep, SEKI_ERROR, SEKI_ERROR_LIMIT);
        g_assert_false (seki_cbor_check (from_hex ("80", bytes), 0, NULL));
}

static void
test_depth_is_bounded (void)
{
        g_autofree guint8 *deep = g_malloc (100000);
        memset (deep, 0x81, 100000);
        g_assert_false (seki_cbor_check (seki_span (deep, 100000), 16, NULL));
}

static void
test_the_arena_bounds_the_writer (void)
{
        g_autoptr (SekiArena) arena = seki_arena_new (4096);
        SekiCborWriter writer;
        seki_cbor_writer_init (&writer, arena);
        for (guint i = 0; i < 10000 && !writer.failed; i++)
                seki_cbor_write_literal (&writer, "0123456789");
        g_assert_true (writer.failed);
        g_assert_null (seki_cbor_writer_get_span (&writer).data);
        seki_cbor_write_bytes (&writer, seki_span (arena, G_MAXSIZE));
        g_assert_null (seki_cbor_writer_get_span (&writer).data);
}

/* Whatever the bytes, the reader ends, stays inside them, and what it accepts
 * is exactly what the writer would have written. */
static gboolean
copy_item (SekiCborReader *in, SekiCborWriter *out, guint depth)
{
        SekiSpan span;
        gint64 integer;
        guint64 natural;
        gboolean truth;
        gsize n;
        if (depth == 0)
                return FALSE;
        switch (seki_cbor_peek (in)) {
        case SEKI_CBOR_UINT:
                return seki_cbor_read_uint (in, &natural, NULL) &&
                        (seki_cbor_write_uint (out, natural), TRUE);
        case SEKI_CBOR_NEGATIVE:
                return seki_cbor_read_int (in, &integer, NULL) &&
                        (seki_cbor_write_int (out, integer), TRUE);
        case SEKI_CBOR_BYTES:
                return seki_cbor_read_bytes (in, &span, NULL) &&
                        (seki_cbor_write_bytes (out, span), TRUE);
        case SEKI_CBOR_TEXT:
                return seki_cbor_read_text (in, &span, NULL) &&
                        (seki_cbor_write_text (out, span), TRUE);
        case SEKI_CBOR_BOOL:
                return seki_cbor_read_bool (in, &truth, NULL) &&
                        (seki_cbor_write_bool (out, truth), TRUE);
        case SEKI_CBOR_NULL:
                return seki_cbor_read_null (in, NULL) && (seki_cbor_write_null (out), TRUE);
        case SEKI_CBOR_ARRAY:
                if (!seki_cbor_read_array (in, 1000, &n, NULL))
                        return FALSE;
                seki_cbor_write_array (out, n);
                break;
        case SEKI_CBOR_MAP:
                if (!seki_cbor_read_map (in, 500, &n, NULL))
                        return FALSE;
                seki_cbor_write_map (out, n);
                n *= 2;
                break;
        case SEKI_CBOR_END:
        case SEKI_CBOR_BAD:
        default:
                return FALSE;
        }
        while (n-- > 0)
                if (!copy_item (in, out, depth - 1))
                        return FALSE;
        return TRUE;
}

static void
check_mutant (const guint8 *data, gsize len, guint *inout_accepted)
{
        SekiCborReader reader;
        SekiCborWriter writer;
        if (!seki_cbor_check (seki_span (data, len), 8, NULL))
                return;
        seki_cbor_reader_init (&reader, seki_span (data, len));
        seki_cbor_writer_init (&writer, NULL);
        if (copy_item (&reader, &writer, 8)) {
                SekiSpan again = seki_cbor_writer_get_span (&writer);
                g_assert_cmpmem (again.data, again.len, data, len);
                (*inout_accepted)++;
        }
        seki_cbor_writer_clear (&writer);
}

static void
test_mutations (void)
{
        g_autoptr (GRand) rand = g_rand_new_with_seed (8949);
        SekiCborWriter writer;
        guint accepted = 0;
        seki_cbor_writer_init (&writer, NULL);
        write_sample (&writer);
        SekiSpan whole = seki_cbor_writer_get_span (&writer);
        for (guint i = 0; i < 100000; i++) {
                gsize len = (gsize) g_rand_int_range (rand, 1, (gint32) whole.len + 1);
                g_autofree guint8 *mutant = g_memdup2 (whole.data, len);
                for (gint n = g_rand_int_range (rand, 0, 4); n > 0; n--)
                        mutant[g_rand_int_range (rand, 0,
                                                 (gint32) len)] = (guint8) g_rand_int (rand);
                check_mutant (mutant, len, &accepted);
        }
        g_assert_cmpuint (accepted, >, 100);
        seki_cbor_writer_clear (&writer);
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        g_test_add_func ("/cbor/integers take their shortest form", test_integers);
        g_test_add_func ("/cbor/integers out of range are refused", test_integers_out_of_range);
        g_test_add_func ("/cbor/a map is written and read", test_a_map_is_written_and_read);
        g_test_add_func ("/cbor/forms that are not canonical are refused", test_forms_refused);
        g_test_add_func ("/cbor/canonical forms are accepted", test_forms_accepted);
        g_test_add_func ("/cbor/every truncation is refused", test_truncation_at_every_byte);
        g_test_add_func ("/cbor/a failure stays and names its byte", test_a_failure_stays);
        g_test_add_func ("/cbor/counts and depth have limits", test_counts_have_limits);
        g_test_add_func ("/cbor/depth is bounded", test_depth_is_bounded);
        g_test_add_func ("/cbor/the arena bounds the writer", test_the_arena_bounds_the_writer);
        g_test_add_func ("/cbor/mutated bytes are read safely", test_mutations);
        return g_test_run ();
}
