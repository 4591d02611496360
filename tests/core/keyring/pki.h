/* SPDX-License-Identifier: Apache-2.0 */
/* Authorities, certificates and revocation lists made with the openssl command,
 * and a clock that can be set. */
#pragma once

#include "bench.h"

#include "keyring/certificate.h"

/* Writes pki.sh into folder and runs script with its functions:
 *   root NAME [ISSUED-NAME] [EXTENSIONS]     a self-signed authority
 *   sub NAME ISSUER [EXTENSIONS]             an authority below another
 *   leaf NAME ISSUER EXTENSIONS [OPTIONS]    OPTIONS for "openssl ca"; KEY=... changes the key
 *   revoke NAME ISSUER
 *   crl ISSUER FILE [OPTIONS]
 * A leaf's name in its subject and SAN is NAME.test.  Extensions are lines of
 * openssl's configuration, divided by "|". */
void pki_make (const char *folder, const char *script);

CERTCertificate *pki_certificate (const char *folder, const char *name);        /* NAME.pem */

typedef struct {
        SekiClock clock;
        gint64 now;
} PkiClock;

void pki_clock_init (PkiClock *clock);          /* stands at the system's time */
void pki_clock_forward (PkiClock *clock, gint64 hours);

/* A trust with the roots and lists named in "a b c": a.pem and, if there is
 * one, a.crl. */
SekiTrust *pki_trust (const char *folder, PkiClock *clock, const char *names);
