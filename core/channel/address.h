/* SPDX-License-Identifier: Apache-2.0 */
/* Numeric addresses and ranges of them. */
#pragma once

#include <sekisho/base.h>
#include <sys/socket.h>

G_BEGIN_DECLS

#define SEKI_ADDRESS_TEXT 46            /* bytes, INET6_ADDRSTRLEN */

/* An address or, with fewer bits than it has, a range. */
typedef struct {
        int family;                     /* AF_INET, AF_INET6 */
        guint bits;
        guint8 bytes[16];
} SekiAddress;

/* "192.0.2.7", "192.0.2.0/24", "2001:db8::/32"; FALSE if it is none, if bits
 * beyond the prefix are set, or if it is IPv4 mapped into IPv6. */
gboolean seki_address_parse (const char *text, SekiAddress *out_address);
/* IPv4 mapped into IPv6 counts as IPv4. */
gboolean seki_address_read (const struct sockaddr *from, SekiAddress *out_address);
void seki_address_write (const SekiAddress *address, char out[SEKI_ADDRESS_TEXT]);
gboolean seki_address_contains (const SekiAddress *range, const SekiAddress *address);
/* Length of the socket address. */
socklen_t seki_address_to_socket (const SekiAddress *address, guint16 port,
                                  struct sockaddr_storage *out);

G_END_DECLS
