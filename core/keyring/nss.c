/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/nss.h"

#include "base/text.h"

#include <nss.h>
#include <pk11pub.h>
#include <prerror.h>
#include <pthread.h>

/* NSS is one per process, and so is the count of who wants it: the only state
 * in this floor that hangs on no object. */
static struct {
        pthread_mutex_t lock;
        guint users;
} nss_use = { PTHREAD_MUTEX_INITIALIZER, 0 };

gboolean
seki_nss_init (GError **error)
{
        gboolean ok = TRUE;

        pthread_mutex_lock (&nss_use.lock);
        if (nss_use.users == 0 && !NSS_IsInitialized ())
                ok = NSS_NoDB_Init (NULL) == SECSuccess;
        if (ok)
                nss_use.users++;
        else
                seki_nss_error (
                        error,
                        _("The cryptographic library NSS does not start. Check that libnss3 and "
                          "libsoftokn3 of one version are installed."));
        pthread_mutex_unlock (&nss_use.lock);
        return ok;
}

gboolean
seki_nss_shutdown (void)
{
        gboolean ok = TRUE;

        pthread_mutex_lock (&nss_use.lock);
        if (nss_use.users > 0 && --nss_use.users == 0)
                ok = NSS_Shutdown () == SECSuccess;
        pthread_mutex_unlock (&nss_use.lock);
        return ok;
}

void
seki_nss_error (GError **error, const char *sentence)
{
        /* Read first: a later call into NSS would replace it. */
        PRErrorCode code = PR_GetError ();
        const char *name = code != 0 ? PR_ErrorToName (code) : NULL;

        if (name != NULL)
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_CRYPTO, "%s (%s)", sentence, name);
        else
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_CRYPTO, "%s (%d)", sentence, (int) code);
}

gboolean
seki_nss_random (guint8 *out, gsize len)
{
        return len <= G_MAXINT && PK11_GenerateRandom (out, (int) len) == SECSuccess;
}
