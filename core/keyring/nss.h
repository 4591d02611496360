/* SPDX-License-Identifier: Apache-2.0 */
/* NSS as a whole: begun once per process without a database; tokens are opened
 * per keyring, so that several nodes can live in one test process. */
#pragma once

#include <sekisho/base.h>

G_BEGIN_DECLS

gboolean seki_nss_init (GError **error);        /* counted; main thread */
/* FALSE when something still holds a key, certificate or slot: a leak. */
gboolean seki_nss_shutdown (void);

/* Sets SEKI_ERROR_CRYPTO with the sentence and NSS's own name of PR_GetError(). */
void seki_nss_error (GError **error, const char *sentence);

gboolean seki_nss_random (guint8 *out, gsize len);

G_END_DECLS
