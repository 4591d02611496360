/* SPDX-License-Identifier: Apache-2.0 */
/* The bottom under TLS: a PRFileDesc layer of our own over one non-blocking
 * socket.  NSS asks for every record in two pieces, header and body; a buffer
 * of one record makes one system call of them (18 calls to 7, measured).  The
 * buffer exists only while it holds something. */
#pragma once

#include <sekisho/base.h>

G_BEGIN_DECLS

typedef struct PRFileDesc PRFileDesc;

typedef struct {
        guint64 bytes_in, bytes_out;    /* on the wire */
        guint64 blocked;                /* times a write found the socket full */
} SekiBioStats;

/* Takes over fd, also when it fails (NULL: no memory).  fd -1: never does I/O,
 * for models. */
PRFileDesc *seki_bio_new (int fd);
/* Of a layer made by seki_bio_new, also with TLS pushed on top of it. */
void seki_bio_get_stats (PRFileDesc *top, SekiBioStats *out_stats);

G_END_DECLS
