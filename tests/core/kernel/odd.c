/* SPDX-License-Identifier: Apache-2.0 */
#include "odd.h"

Desk *
odd_desk (void)
{
        DeskPlan plan = { .self = &desk_account,
                          .storage = "memory",
                          .module = "role-odd",
                          .policy = "policy-permit",
                          .keep = TRUE };

        return desk_new_with (&plan);
}

void
odd_number (guint n, char out[13])
{
        guint sum = 0, rest;

        g_snprintf (out, 12, "%011u", 20000000 + n * 7);
        for (guint i = 1; i <= 11; i++)
                sum += (guint) (out[11 - i] - '0') * (i <= 6 ? i + 1 : i - 5);
        rest = sum % 11;
        out[11] = (char) ('0' + (rest <= 1 ? 0 : 11 - rest));
        out[12] = '\0';
}

char *
odd_record (guint n, const char *number)
{
        g_autofree char *digits =
                number != NULL ? g_strdup_printf (",\"number\":\"%s\"", number) : g_strdup ("");

        return g_strdup_printf ("{\"code\":\"1205760%014u\",\"name\":\"name "
                                "%u\",\"kana\":\"カナ%u\",\"birth\":\"1980-01-02\","
                                "\"address\":\"place %u\"%s}",
                                n, n, n, n, digits);
}

void
odd_store (Desk *desk, guint from, guint to)
{
        g_autoptr (GString) json = g_string_new (NULL);

        g_string_append_printf (json, "{\"id\":\"store-%u-%u\",\"records\":[", from, to);
        for (guint n = from; n < to; n++) {
                g_autofree char *record = NULL;
                char number[13];

                odd_number (n, number);
                record = odd_record (n, number);
                g_string_append_printf (json, "%s%s", n > from ? "," : "", record);
        }
        g_string_append (json, "]}");
        desk_ask (desk, &desk->office, "odd.store", json->str);
        g_assert_cmpuint (desk->status, ==, 200);
        odd_assert_says (desk, "\"records\":[true");
        odd_assert_silent (desk, "\"error\"");
}

const char *
odd_ask (Desk *desk, const char *action, guint n, const char *id)
{
        g_autofree char *record = odd_record (n, NULL);
        g_autofree char *json = g_strdup_printf ("{\"id\":\"%s\",\"records\":[%s]}", id, record);

        return desk_ask (desk, &desk->office, action, json);
}

void
odd_assert_says (Desk *desk, const char *text)
{
        if (strstr (desk->answer->str, text) == NULL)
                g_error ("\"%s\" is not in answer %u: %s", text, desk->status, desk->answer->str);
}

void
odd_assert_silent (Desk *desk, const char *text)
{
        if (strstr (desk->answer->str, text) != NULL)
                g_error ("\"%s\" is in answer %u: %s", text, desk->status, desk->answer->str);
}

char *
odd_act (Desk *desk, guint64 index)
{
        g_autoptr (GByteArray) bytes = g_byte_array_new ();
        g_autoptr (GError) error = NULL;
        SekiEntry entry;

        seki_tiles_read_entry (desk->kernel.tiles, index, bytes, &error);
        g_assert_no_error (error);
        seki_entry_read (seki_span (bytes->data, bytes->len), &entry, &error);
        g_assert_no_error (error);
        return g_strndup ((const char *) entry.act.data, entry.act.len);
}
