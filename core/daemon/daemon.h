/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon: one process that serves one profile until it is told to stop.
 *
 * It starts sealed and is unsealed by the control verb "unseal", by the systemd
 * credential "passphrase", or by a file descriptor; never by an argument or the
 * environment.  SIGTERM and SIGINT stop it in order; SIGHUP loads lists and
 * certificate anew. */
#pragma once

#include "daemon/profile.h"

G_BEGIN_DECLS

typedef struct {
        int passphrase_fd;      /* read to its end and closed; -1: none */
        const SekiClock *clock; /* NULL: the system's */
} SekiDaemonOptions;

/* Returns when the node was told to stop (TRUE) or can not start.  Main thread
 * and its default context; locks the process's memory. */
gboolean seki_daemon_run (SekiProfile *profile, const SekiDaemonOptions *options, GError **error);

G_END_DECLS
