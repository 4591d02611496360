/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/tls.h"

#include "base/text.h"
#include "channel/refusal.h"
#include "keyring/node.h"
#include "keyring/nss.h"

#include <cert.h>
#include <keyhi.h>
#include <nspr.h>
#include <secerr.h>
#include <ssl.h>
#include <sslerr.h>
#include <sslproto.h>

/* RFC 8446, 6 */
#define ALERT_CLOSE_NOTIFY 0
#define ALERT_NO_APPLICATION_PROTOCOL 120

struct SekiTls {
        PRFileDesc *server, *client;
        SekiNodeTls node;
        guint8 alpn[256];               /* length byte and name */
        guint alpn_len;
};

/* hooks: called by NSS within the handshake, on the loop's thread */

static SECStatus
tls_authenticate (void *arg, PRFileDesc *ssl, PRBool check_signature G_GNUC_UNUSED,
                  PRBool is_server G_GNUC_UNUSED)
{
        SekiTlsSession *session = arg;
        CERTCertificate *certificate = SSL_PeerCertificate (ssl);
        const char *reason = SEKI_REFUSAL_NO_CERTIFICATE;
        if (certificate != NULL) {
                reason = session->check (certificate, session->user);
                CERT_DestroyCertificate (certificate);
        }
        session->reason = reason;
        if (reason == NULL)
                return SECSuccess;
        PR_SetError (seki_refusal_to_nss (reason), 0);
        return SECFailure;
}

static SECStatus
tls_show_certificate (void *arg, PRFileDesc *ssl G_GNUC_UNUSED,
                      CERTDistNames *authorities G_GNUC_UNUSED, CERTCertificate **out_certificate,
                      SECKEYPrivateKey **out_key)
{
        SekiTls *tls = arg;
        *out_certificate = CERT_DupCertificate (tls->node.certificate);
        *out_key = SECKEY_CopyPrivateKey (tls->node.key);
        if (*out_key != NULL)
                return SECSuccess;
        CERT_DestroyCertificate (*out_certificate);
        *out_certificate = NULL;
        return SECFailure;
}

static void
tls_note_alert (const PRFileDesc *ssl G_GNUC_UNUSED, void *arg, const SSLAlert *alert)
{
        SekiTlsSession *session = arg;
        session->said_goodbye |= alert->description == ALERT_CLOSE_NOTIFY;
}

/* NSS covers this refusal with the error number of a malformed hello. */
static void
tls_note_own_alert (const PRFileDesc *ssl G_GNUC_UNUSED, void *arg, const SSLAlert *alert)
{
        SekiTlsSession *session = arg;
        if (alert->description == ALERT_NO_APPLICATION_PROTOCOL)
                session->reason = SEKI_REFUSAL_NO_ALPN;
}

/* models */

static gboolean
tls_set_options (PRFileDesc *model)
{
        static const struct {
                PRInt32 option;
                PRIntn value;
        } options[] = {
                { SSL_SECURITY, PR_TRUE },
                { SSL_REQUEST_CERTIFICATE, PR_TRUE },
                { SSL_REQUIRE_CERTIFICATE, SSL_REQUIRE_ALWAYS },
                { SSL_ENABLE_SESSION_TICKETS, PR_FALSE },
                { SSL_NO_CACHE, PR_TRUE },
                { SSL_ENABLE_0RTT_DATA, PR_FALSE },
                { SSL_ENABLE_RENEGOTIATION, SSL_RENEGOTIATE_NEVER },
                { SSL_ENABLE_POST_HANDSHAKE_AUTH, PR_FALSE },
                { SSL_ENABLE_DELEGATED_CREDENTIALS, PR_FALSE },
                { SSL_ENABLE_V2_COMPATIBLE_HELLO, PR_FALSE },
                { SSL_ENABLE_FALSE_START, PR_FALSE },
                { SSL_ENABLE_OCSP_STAPLING, PR_FALSE },
                { SSL_ENABLE_ALPN, PR_TRUE },
        };
        for (gsize i = 0; i < G_N_ELEMENTS (options); i++)
                if (SSL_OptionSet (model, options[i].option, options[i].value) != SECSuccess)
                        return FALSE;
        return TRUE;
}

static gboolean
tls_set_algorithms (PRFileDesc *model)
{
        static const SSLNamedGroup groups[] = { ssl_grp_ec_curve25519 };
        /* The RSA PKCS #1 schemes are for certificates; TLS 1.3 signs nothing with them. */
        static const SSLSignatureScheme schemes[] = {
                ssl_sig_ecdsa_secp256r1_sha256, ssl_sig_ecdsa_secp384r1_sha384,
                ssl_sig_ecdsa_secp521r1_sha512, ssl_sig_rsa_pss_rsae_sha256,
                ssl_sig_rsa_pss_rsae_sha384,    ssl_sig_rsa_pss_rsae_sha512,
                ssl_sig_rsa_pkcs1_sha256,       ssl_sig_rsa_pkcs1_sha384,
                ssl_sig_rsa_pkcs1_sha512,
        };
        SSLVersionRange versions = { SSL_LIBRARY_VERSION_TLS_1_3, SSL_LIBRARY_VERSION_TLS_1_3 };
        const PRUint16 *suites = SSL_GetImplementedCiphers ();

        for (PRUint16 i = 0; i < SSL_GetNumImplementedCiphers (); i++)
                if (SSL_CipherPrefSet (model, suites[i], suites[i] == TLS_AES_256_GCM_SHA384) !=
                    SECSuccess)
                        return FALSE;
        return SSL_VersionRangeSet (model, &versions) == SECSuccess &&
               SSL_NamedGroupConfig (model, groups, G_N_ELEMENTS (groups)) == SECSuccess &&
               SSL_SignatureSchemePrefSet (model, schemes, G_N_ELEMENTS (schemes)) == SECSuccess;
}

/* TLS over a bottom that never does I/O; NULL on failure. */
static PRFileDesc *
tls_model (SekiTls *tls, gboolean client)
{
        SSLExtraServerCertData extra = { .authType = ssl_auth_null, .certChain = tls->node.chain };
        PRFileDesc *bottom = seki_bio_new (-1);
        PRFileDesc *model = bottom != NULL ? SSL_ImportFD (NULL, bottom) : NULL;
        if (model == NULL) {
                if (bottom != NULL)
                        PR_Close (bottom);
                return NULL;
        }
        if (tls_set_options (model) && tls_set_algorithms (model) &&
            SSL_SetNextProtoNego (model, tls->alpn, tls->alpn_len) == SECSuccess &&
            SSL_OptionSet (model, client ? SSL_HANDSHAKE_AS_CLIENT : SSL_HANDSHAKE_AS_SERVER,
                           PR_TRUE) == SECSuccess &&
            (client ? SSL_GetClientAuthDataHook (model, tls_show_certificate, tls)
                    : SSL_ConfigServerCert (model, tls->node.certificate, tls->node.key, &extra,
                                            sizeof extra)) == SECSuccess)
                return model;
        PRErrorCode code = PR_GetError ();
        PR_Close (model);
        PR_SetError (code, 0);
        return NULL;
}

SekiTls *
seki_tls_new (SekiKeyring *keyring, const char *alpn, GError **error)
{
        g_autoptr (SekiTls) tls = g_new0 (SekiTls, 1);
        gsize len = strlen (alpn);
        g_return_val_if_fail (len > 0 && len < sizeof tls->alpn, NULL);
        tls->alpn[0] = (guint8) len;
        memcpy (tls->alpn + 1, alpn, len);
        tls->alpn_len = (guint) len + 1;
        if (!seki_keyring_get_tls (keyring, &tls->node, error))
                return NULL;
        tls->server = tls_model (tls, FALSE);
        tls->client = tls->server != NULL ? tls_model (tls, TRUE) : NULL;
        if (tls->client == NULL) {
                seki_nss_error (error, _("TLS can not be set up with the node's certificate; "
                                          "install it again."));
                return NULL;
        }
        return g_steal_pointer (&tls);
}

void
seki_tls_free (SekiTls *tls)
{
        if (tls == NULL)
                return;
        g_clear_pointer (&tls->server, PR_Close);
        g_clear_pointer (&tls->client, PR_Close);
        seki_node_tls_clear (&tls->node);
        g_free (tls);
}

/* sessions */

gboolean
seki_tls_session_open (SekiTlsSession *session, SekiTls *tls, int fd, const char *name,
                       SekiTlsCheck check, gpointer user)
{
        PRFileDesc *bottom = seki_bio_new (fd);
        *session = (SekiTlsSession){ .check = check, .user = user, .client = name != NULL };
        session->ssl = bottom != NULL
                               ? SSL_ImportFD (session->client ? tls->client : tls->server, bottom)
                               : NULL;
        if (session->ssl == NULL) {
                if (bottom != NULL)
                        PR_Close (bottom);
                return FALSE;
        }
        if (SSL_AuthCertificateHook (session->ssl, tls_authenticate, session) == SECSuccess &&
            SSL_AlertReceivedCallback (session->ssl, tls_note_alert, session) == SECSuccess &&
            SSL_AlertSentCallback (session->ssl, tls_note_own_alert, session) == SECSuccess &&
            SSL_ResetHandshake (session->ssl, !session->client) == SECSuccess &&
            (name == NULL || SSL_SetURL (session->ssl, name) == SECSuccess))
                return TRUE;
        seki_tls_session_close (session);
        return FALSE;
}

static SekiTlsStep
tls_failed (SekiTlsSession *session, PRErrorCode code)
{
        if (session->reason == NULL)
                session->reason = seki_refusal_of_nss (code);
        return SEKI_TLS_FAILED;
}

/* What was agreed on is looked at, not taken for granted. */
static const char *
tls_agreed (SekiTlsSession *session)
{
        SSLChannelInfo info = { 0 };
        SSLNextProtoState state;
        guint8 name[256];
        unsigned name_len = 0;

        if (SSL_GetNextProto (session->ssl, &state, name, &name_len, sizeof name) != SECSuccess ||
            (state != SSL_NEXT_PROTO_NEGOTIATED && state != SSL_NEXT_PROTO_SELECTED) ||
            name_len == 0)
                return SEKI_REFUSAL_NO_ALPN;
        if (SSL_GetChannelInfo (session->ssl, &info, sizeof info) != SECSuccess ||
            info.protocolVersion != SSL_LIBRARY_VERSION_TLS_1_3 ||
            info.cipherSuite != TLS_AES_256_GCM_SHA384 || info.keaGroup != ssl_grp_ec_curve25519 ||
            info.resumed || info.earlyDataAccepted)
                return SEKI_REFUSAL_HANDSHAKE;
        return NULL;
}

SekiTlsStep
seki_tls_session_handshake (SekiTlsSession *session)
{
        if (SSL_ForceHandshake (session->ssl) != SECSuccess) {
                PRErrorCode code = PR_GetError ();
                return code == PR_WOULD_BLOCK_ERROR ? SEKI_TLS_WAIT : tls_failed (session, code);
        }
        session->reason = tls_agreed (session);
        return session->reason == NULL ? SEKI_TLS_DONE : SEKI_TLS_FAILED;
}

SekiTlsStep
seki_tls_session_read (SekiTlsSession *session, guint8 *out, gsize len, gsize *out_n)
{
        PRInt32 n = PR_Recv (session->ssl, out, (PRInt32) len, 0, PR_INTERVAL_NO_WAIT);
        PRErrorCode code = PR_GetError ();
        *out_n = n > 0 ? (gsize) n : 0;
        if (n > 0)
                return SEKI_TLS_DONE;
        if (n < 0 && code == PR_WOULD_BLOCK_ERROR)
                return SEKI_TLS_WAIT;
        if (n == 0 || session->said_goodbye)
                session->reason = session->said_goodbye ? SEKI_END_CLOSED : SEKI_END_CUT;
        return tls_failed (session, code);
}

SekiTlsStep
seki_tls_session_write (SekiTlsSession *session, SekiSpan bytes, gsize *out_n)
{
        PRInt32 n = PR_Send (session->ssl, bytes.data, (PRInt32) MIN (bytes.len, G_MAXINT32), 0,
                             PR_INTERVAL_NO_WAIT);
        PRErrorCode code = PR_GetError ();
        *out_n = n > 0 ? (gsize) n : 0;
        if (n > 0)
                return SEKI_TLS_DONE;
        if (n < 0 && code == PR_WOULD_BLOCK_ERROR)
                return SEKI_TLS_WAIT;
        return tls_failed (session, code);
}

void
seki_tls_session_close (SekiTlsSession *session)
{
        g_clear_pointer (&session->ssl, PR_Close);
}

CERTCertificate *
seki_tls_keep (CERTCertificate *certificate)
{
        return CERT_DupCertificate (certificate);
}

const char *
seki_tls_verify (SekiTrust *trust, CERTCertificate *certificate, SekiUsage usage)
{
        PR_SetError (0, 0);
        if (seki_trust_verify (trust, certificate, usage, NULL))
                return NULL;
        return seki_refusal_of_nss (PR_GetError ());
}
