/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

static guint
address_width (int family)
{
        return family == AF_INET ? 32 : 128;
}

static gboolean
bits_equal (const guint8 *a, const guint8 *b, guint bits)
{
        guint whole = bits / 8, rest = bits % 8;
        return memcmp (a, b, whole) == 0 &&
               (rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0);
}

static gboolean
rest_is_zero (const SekiAddress *address)
{
        for (guint bit = address->bits; bit < address_width (address->family); bit++)
                if ((address->bytes[bit / 8] & (0x80 >> bit % 8)) != 0)
                        return FALSE;
        return TRUE;
}

/* ::ffff:0:0/96 (RFC 4291, 2.5.5.2). */
static gboolean
is_mapped (const guint8 *bytes)
{
        static const guint8 prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
        return memcmp (bytes, prefix, sizeof prefix) == 0;
}

gboolean
seki_address_parse (const char *text, SekiAddress *out_address)
{
        char plain[SEKI_ADDRESS_TEXT];
        guint64 bits = 0;
        const char *slash = strchr (text, '/');
        gsize len = slash != NULL ? (gsize) (slash - text) : strlen (text);

        memset (out_address, 0, sizeof *out_address);
        if (len >= sizeof plain)
                return FALSE;
        memcpy (plain, text, len);
        plain[len] = '\0';
        if (inet_pton (AF_INET, plain, out_address->bytes) == 1)
                out_address->family = AF_INET;
        else if (inet_pton (AF_INET6, plain, out_address->bytes) == 1)
                out_address->family = AF_INET6;
        else
                return FALSE;
        if (out_address->family == AF_INET6 && is_mapped (out_address->bytes))
                return FALSE;
        out_address->bits = address_width (out_address->family);
        if (slash == NULL)
                return TRUE;
        if (!g_ascii_string_to_unsigned (slash + 1, 10, 0, out_address->bits, &bits, NULL))
                return FALSE;
        out_address->bits = (guint) bits;
        return rest_is_zero (out_address);
}

gboolean
seki_address_read (const struct sockaddr *from, SekiAddress *out_address)
{
        memset (out_address, 0, sizeof *out_address);
        out_address->family = AF_INET;
        if (from->sa_family == AF_INET) {
                memcpy (out_address->bytes, &((const struct sockaddr_in *) from)->sin_addr, 4);
        } else if (from->sa_family == AF_INET6) {
                const struct in6_addr *in6 = &((const struct sockaddr_in6 *) from)->sin6_addr;
                gboolean mapped = is_mapped (in6->s6_addr);
                out_address->family = mapped ? AF_INET : AF_INET6;
                memcpy (out_address->bytes, in6->s6_addr + (mapped ? 12 : 0), mapped ? 4 : 16);
        } else {
                return FALSE;
        }
        out_address->bits = address_width (out_address->family);
        return TRUE;
}

void
seki_address_write (const SekiAddress *address, char out[SEKI_ADDRESS_TEXT])
{
        if (inet_ntop (address->family, address->bytes, out, SEKI_ADDRESS_TEXT) == NULL)
                out[0] = '\0';
}

gboolean
seki_address_contains (const SekiAddress *range, const SekiAddress *address)
{
        return range->family == address->family && range->bits <= address->bits &&
               bits_equal (range->bytes, address->bytes, range->bits);
}

socklen_t
seki_address_to_socket (const SekiAddress *address, guint16 port, struct sockaddr_storage *out)
{
        memset (out, 0, sizeof *out);
        if (address->family == AF_INET) {
                struct sockaddr_in *in = (struct sockaddr_in *) out;
                in->sin_family = AF_INET;
                in->sin_port = htons (port);
                memcpy (&in->sin_addr, address->bytes, 4);
                return sizeof *in;
        }
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *) out;
        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons (port);
        memcpy (&in6->sin6_addr, address->bytes, 16);
        return sizeof *in6;
}
