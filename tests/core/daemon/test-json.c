/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/json.h"

/* Text of the bytes a JSON text becomes, and back; NULL when refused. */
static char *
round_trip (SekiSpan json, GError **error)
{
        g_auto (SekiBuffer) cbor, text;

        seki_cbor_writer_init (&cbor, NULL);
        seki_cbor_writer_init (&text, NULL);
        if (!seki_json_to_cbor (json, &cbor, error))
                return NULL;
        g_assert_true (seki_cbor_check (seki_cbor_writer_get_span (&cbor), 16, NULL));
        g_assert_true (seki_json_from_cbor (seki_cbor_writer_get_span (&cbor), &text, error));
        return g_strndup ((const char *) text.data, text.len);
}

static void
kept (const char *json, const char *wanted)
{
        g_autoptr (GError) error = NULL;
        g_autofree char *text = round_trip (seki_span_text (json), &error);

        g_assert_no_error (error);
        g_assert_cmpstr (text, ==, wanted);
}

static void
refused (SekiSpan json)
{
        g_autoptr (GError) error = NULL;
        g_autofree char *text = round_trip (json, &error);

        g_assert_null (text);
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_INVALID);
        g_assert_null (strstr (error->message, "123456789018"));
}

static void
test_round_trip (void)
{
        kept ("{}", "{}");
        kept ("{\"bb\":1,\"a\":[true,false,null,-1],\"ab\":{\"x\":\"\"}}",
              "{\"a\":[true,false,null,-1],\"ab\":{\"x\":\"\"},\"bb\":1}");
        kept ("{\"name\":\"\xef\xa8\x90\xe9\xab\x99\xe2\x80\xaf\xf0\xa0\xae\xb7\"}",
              "{\"name\":\"\xef\xa8\x90\xe9\xab\x99\xe2\x80\xaf\xf0\xa0\xae\xb7\"}");
        kept ("{\"n\":9223372036854775807,\"m\":-9223372036854775808}",
              "{\"m\":-9223372036854775808,\"n\":9223372036854775807}");
        kept ("[\"\\u3042\\n\"]", "[\"\xe3\x81\x82\\n\"]");
}

static void
test_refusals (void)
{
        static const guint8 nul[] = "{\"a\":\"x\0y\"}";

        refused (seki_span_text (""));
        refused (seki_span_text ("{"));
        refused (seki_span_text ("{\"number\":\"123456789018\""));
        refused (seki_span_text ("{\"a\":1,\"a\":2}"));
        refused (seki_span_text ("{\"a\":{\"b\":1,\"b\":2}}"));
        refused (seki_span_text ("{\"a\":1.5}"));
        refused (seki_span_text ("{\"a\":1e3}"));
        refused (seki_span_text ("{\"a\":9223372036854775808}"));
        refused (seki_span_text ("{\"a\":1} {\"b\":2}"));
        refused (seki_span_text ("{\"a\":\"\\u0000\"}"));
        refused (seki_span_text ("{\"a\":\"\xff\"}"));
        refused (seki_span_text ("{\"a\":\"\\ud800\"}"));
        refused (seki_span (nul, sizeof nul - 1));
}

static void
test_depth (void)
{
        refused (seki_span_text ("[[[[[[[[[[1]]]]]]]]]]"));
        kept ("[[[[[[[[1]]]]]]]]", "[[[[[[[[1]]]]]]]]");
        for (guint depth = 1; depth < 4096; depth *= 4) {
                g_autofree char *open = g_strnfill (depth * 16, '[');

                refused (seki_span_text (open));
        }
}

/* Bytes are shown as hexadecimal; what is not an answer is not written. */
static void
test_from_cbor (void)
{
        static const guint8 bytes[] = { 0x81, 0x41, 0xab }, tag[] = { 0xc0, 0x61, 'x' };
        static const guint8 deep[] = { 0x81, 0x81, 0x81, 0x81, 0x81, 0x81,
                                       0x81, 0x81, 0x81, 0x81, 0x81, 0x01 };
        g_auto (SekiBuffer) text;
        g_autoptr (GError) error = NULL;

        seki_cbor_writer_init (&text, NULL);
        g_assert_false (seki_json_from_cbor (seki_span (tag, sizeof tag), &text, &error));
        g_assert_nonnull (error);
        g_clear_error (&error);
        g_assert_false (seki_json_from_cbor (seki_span (deep, sizeof deep), &text, &error));
        g_assert_nonnull (error);
        g_clear_error (&error);
        g_assert_false (seki_json_from_cbor (seki_span (deep, 3), &text, &error));
        g_assert_nonnull (error);
        g_clear_error (&error);
        g_assert_false (seki_json_from_cbor (seki_span (bytes + 1, 2), &text, &error));
        g_assert_nonnull (error);
        seki_cbor_writer_clear (&text);
        seki_cbor_writer_init (&text, NULL);
        g_assert_true (seki_json_from_cbor (seki_span (bytes, sizeof bytes), &text, NULL));
        g_assert_true (seki_span_is (seki_cbor_writer_get_span (&text), "[\"ab\"]"));
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        seki_json_init ();
        g_test_add_func ("/json/round trip", test_round_trip);
        g_test_add_func ("/json/refusals", test_refusals);
        g_test_add_func ("/json/depth", test_depth);
        g_test_add_func ("/json/answers", test_from_cbor);
        return g_test_run ();
}
