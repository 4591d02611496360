/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of the daemon, for this floor only. */
#pragma once

#include "daemon/consent.h"
#include "daemon/control.h"
#include "daemon/daemon.h"
#include "daemon/expiry.h"
#include "daemon/journal.h"
#include "daemon/lists.h"
#include "daemon/map.h"
#include "daemon/metrics.h"

G_BEGIN_DECLS

typedef struct SekiDaemon SekiDaemon;
struct SekiDaemon {
        SekiProfile *profile;
        const SekiClock *clock;
        SekiJournal *journal;
        SekiLists *lists;
        SekiConsent *consent;
        SekiExpiries *expiries;
        SekiReason *reasons;
        SekiNodeConfig config;
        SekiNode *node;
        SekiControl *control;
        SekiMetrics *metrics;
        GArray *logins;        /* SekiLogin, ended by a NULL login */
        GPtrArray *parties;    /* of logins, and the own one */
        GPtrArray *waiting;    /* SekiJob under way on other threads */
        SekiApproval approval; /* of the running profile, once it was found */
        GMainLoop *loop;
        GArray *sources; /* ids of timers and signals */
        gint64 started;  /* microseconds since the epoch */
        gint64 expiries_looked;
        int lock;         /* of the data folder */
        gboolean sealing; /* the main context runs inside a seal */
};

/* actor NULL: the node itself.  Asks for the profile's approval first.  noted, if
 * given, is called once the run's first leaf is durable, or could not be. */
gboolean seki_daemon_unseal (SekiDaemon *daemon, SekiSecret *passphrase, const SekiParty *actor,
                             SekiAnswered noted, gpointer user, GError **error);
void seki_daemon_seal (SekiDaemon *daemon, const SekiParty *actor);
/* Lists and certificate anew; how many lists were loaded. */
guint seki_daemon_reload (SekiDaemon *daemon, const SekiParty *actor);
/* Looks at certificates, lists and the approval; tells what comes near. */
void seki_daemon_look_ahead (SekiDaemon *daemon);
/* systemd's STATUS line. */
void seki_daemon_tell_state (SekiDaemon *daemon);

/* life.c: the steps of starting and ending that need no loop. */
gboolean seki_daemon_open (SekiDaemon *daemon, GError **error);
void seki_daemon_close (SekiDaemon *daemon);

/* verbs.c: SekiControlVerb; user is the daemon. */
void seki_verbs_handle (SekiRequest *request, gpointer user);

G_END_DECLS
