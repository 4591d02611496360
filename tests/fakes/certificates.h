/* SPDX-License-Identifier: Apache-2.0 */
/* Authorities, certificates and revocation lists for tests, made by the
 * openssl command in a temporary folder.  Every failure ends the test. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct FakePki FakePki;

FakePki *fake_pki_new (void);
void fake_pki_free (FakePki *pki);     /* removes the folder */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FakePki, fake_pki_free)

/* What a certificate is to look like; zeroed means the usual. */
typedef struct {
        const char *issuer;     /* stem of the authority; NULL: it signs itself */
        const char *name;       /* common name; NULL: the stem; "ca/O=sekisho\ttest": marked test */
        const char *san;        /* "DNS:a.example" or "DER:30:0e:..."; NULL: none */
        const char *usage;      /* extended key usage, "clientAuth,serverAuth"; NULL: none */
        const char *key;        /* "EC:P-256" (usual), "RSA:1024" */
        const char *digest;     /* "sha256" (usual), "sha1" */
        const char *request;    /* PEM of a PKCS#10 request; NULL: a new key is made */
        const char *extensions; /* further lines of an openssl extension section */
        gint from, to;          /* days from now; both 0: -1 to 365 */
        gboolean authority;
        gboolean issues;        /* is no authority and signs others all the same */
} FakeCertificate;

/* Makes STEM.pem and, without a request, STEM.key (PKCS#8). */
void fake_pki_issue (FakePki *pki, const char *stem, const FakeCertificate *certificate);
void fake_pki_revoke (FakePki *pki, const char *authority, const char *stem);
/* The authority's list of the moment, PEM, valid from and to that many days
 * from now (to = 0: 30); freed with g_free. */
char *fake_pki_crl (FakePki *pki, const char *authority, gint from, gint to);

char *fake_pki_path (FakePki *pki, const char *name);          /* of a file in the folder */
char *fake_pki_read (FakePki *pki, const char *name);          /* what is in it */

G_END_DECLS
