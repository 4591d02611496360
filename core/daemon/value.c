/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/value.h"

#include <arpa/inet.h>

/* A whole number with one unit letter; -1 if it is none. */
static gint64
number_parse (const char *text, const char *units, const gint64 *factors)
{
        char *end;
        gint64 number = g_ascii_strtoll (text, &end, 10);
        const char *unit;

        if (end == text || number < 0)
                return -1;
        if (*end == '\0')
                return number;
        unit = strchr (units, *end);
        if (*units == '\0' || unit == NULL || end[1] != '\0' ||
            number > G_MAXINT64 / factors[unit - units])
                return -1;
        return number * factors[unit - units];
}

gint64
seki_value_number (SekiValueType type, const char *text)
{
        static const gint64 sizes[] = { 1024, 1024 * 1024, 1024 * 1024 * 1024 },
                            seconds[] = { 1, 60, 3600, 86400 };

        switch (type) {
        case SEKI_VALUE_SIZE:
                return number_parse (text, "KMG", sizes);
        case SEKI_VALUE_SECONDS:
                return number_parse (text, "smhd", seconds);
        case SEKI_VALUE_BOOL:
                return strcmp (text, "yes") == 0 ? 1 : strcmp (text, "no") == 0 ? 0 : -1;
        default:
                return number_parse (text, "", NULL);
        }
}

gboolean
seki_endpoint_parse (const char *text, char **out_address, guint16 *out_port)
{
        const char *colon = strrchr (text, ':');
        g_autofree char *address = colon != NULL ? g_strndup (text, (gsize) (colon - text)) : NULL;
        struct in6_addr parsed;
        guint64 port;

        if (address == NULL || !g_ascii_string_to_unsigned (colon + 1, 10, 0, 65535, &port, NULL))
                return FALSE;
        if (address[0] == '[' && g_str_has_suffix (address, "]")) {
                address[strlen (address) - 1] = '\0';
                memmove (address, address + 1, strlen (address));
                if (inet_pton (AF_INET6, address, &parsed) != 1)
                        return FALSE;
        } else if (inet_pton (AF_INET, address, &parsed) != 1) {
                return FALSE;
        }
        *out_port = (guint16) port;
        if (out_address != NULL)
                *out_address = g_steal_pointer (&address);
        return TRUE;
}

gboolean
seki_value_is_sound (const SekiProfileKey *schema, const char *text)
{
        gint64 number;
        guint16 port;

        switch (schema->type) {
        case SEKI_VALUE_TEXT:
                return strlen (text) >= (gsize) schema->min && strlen (text) <= (gsize) schema->max;
        case SEKI_VALUE_PATH:
                return *text != '\0';
        case SEKI_VALUE_LIST:
                return *text != '\0' || schema->min == 0;
        case SEKI_VALUE_ENDPOINT:
                return seki_endpoint_parse (text, NULL, &port);
        case SEKI_VALUE_WORD:
                return g_strv_contains (schema->values, text);
        case SEKI_VALUE_BOOL:
                return seki_value_number (schema->type, text) >= 0;
        default:
                number = seki_value_number (schema->type, text);
                return number >= schema->min && number <= schema->max;
        }
}
