/* SPDX-License-Identifier: Apache-2.0 */
/* TLS 1.3 with both certificates (RFC 8446), one cipher suite, one group:
 * TLS_AES_256_GCM_SHA384 over X25519 (P-256 key exchange costs NSS 4 ms a
 * side).  No tickets, no resumption, no early data: on resumption NSS does not
 * ask who the peer is (measured).  A protocol name (ALPN) must be agreed. */
#pragma once

#include "channel/bio.h"
#include "keyring/certificate.h"

G_BEGIN_DECLS

/* The models new connections are made from.  One per loop. */
typedef struct SekiTls SekiTls;

SekiTls *seki_tls_new (SekiKeyring *keyring, const char *alpn, GError **error);
void seki_tls_free (SekiTls *tls);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SekiTls, seki_tls_free)

/* Asked once per handshake; NULL accepts, else the reason to refuse. */
typedef const char *(*SekiTlsCheck) (CERTCertificate *certificate, gpointer user);

typedef struct {
        PRFileDesc *ssl;                /* NULL while closed */
        SekiTlsCheck check;
        gpointer user;
        const char *reason;             /* static id of why it failed or ended */
        gboolean client, said_goodbye;
} SekiTlsSession;

typedef enum {
        SEKI_TLS_FAILED,                /* session->reason says why */
        SEKI_TLS_WAIT,                  /* for the socket */
        SEKI_TLS_DONE,
} SekiTlsStep;

/* Takes over fd.  name: whom a client wants to reach, NULL on the server. */
gboolean seki_tls_session_open (SekiTlsSession *session, SekiTls *tls, int fd, const char *name,
                                SekiTlsCheck check, gpointer user);
SekiTlsStep seki_tls_session_handshake (SekiTlsSession *session);
/* One record at most; DONE with *out_n > 0. */
SekiTlsStep seki_tls_session_read (SekiTlsSession *session, guint8 *out, gsize len, gsize *out_n);
/* DONE with *out_n <= bytes.len.  After WAIT and after a short write the next
 * call must begin with the same bytes that were not taken. */
SekiTlsStep seki_tls_session_write (SekiTlsSession *session, SekiSpan bytes, gsize *out_n);
void seki_tls_session_close (SekiTlsSession *session);  /* says goodbye, closes the socket */

CERTCertificate *seki_tls_keep (CERTCertificate *certificate); /* a reference of one's own */
/* Verifies with trust; NULL if it holds, else the reason. */
const char *seki_tls_verify (SekiTrust *trust, CERTCertificate *certificate, SekiUsage usage);

G_END_DECLS
