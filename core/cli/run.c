/* SPDX-License-Identifier: Apache-2.0 */
/* sekisho run: the daemon in the foreground. */
#include "cli/client.h"
#include "cli/nouns.h"
#include "cli/passphrase.h"
#include "daemon/daemon.h"

gboolean
seki_run_run (SekiInvocation *in, GError **error)
{
        g_autoptr (SekiProfile) profile = seki_client_profile (in, error);
        SekiDaemonOptions options = { .passphrase_fd = -1 };

        return profile != NULL && seki_passphrase_get_fd (in, &options.passphrase_fd, error) &&
               seki_daemon_run (profile, &options, error);
}
