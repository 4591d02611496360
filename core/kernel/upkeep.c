/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/upkeep.h"

#include "base/text.h"
#include "kernel/reseal.h"
#include "kernel/witness.h"

#include <errno.h>
#include <pthread.h>

#define DROP_ROWS 4096                  /* in one batch */
#define RESEAL_BUCKETS 4                /* in one round */

struct SekiUpkeep {
        const SekiKernel *kernel;
        void (*log) (gpointer user, SekiLogLevel level, const char *text);
        gpointer log_user;
        pthread_t thread;
        pthread_mutex_t round;          /* one round at a time */
        pthread_mutex_t lock;           /* guards stopping and last */
        pthread_cond_t wake;
        gboolean stopping;
        gint64 last;
        gboolean unfinished;            /* under round: the last re-sealing failed */
        char *complaint;                /* of the last round, so that it is logged once */
};

/* Rows whose leaves are all in tiles. */
typedef struct {
        guint64 drained;
        GPtrArray *keys;
        GArray *writes;
} Drop;

static guint64
run_count (SekiSpan run)
{
        guint64 n = 0;

        for (gsize at = 0; at + 2 <= run.len; n++)
                at += 2 + (gsize) seki_get_be16 (run.data + at);
        return n;
}

static gboolean
drop_row (SekiSpan key, SekiSpan value, gpointer user)
{
        Drop *drop = user;
        SekiWrite write = { .space = SEKI_SPACE_LEDGER };
        guint8 *copy;

        if (seki_get_be64 (key.data + 2) + run_count (value) > drop->drained)
                return FALSE;
        copy = g_memdup2 (key.data, key.len);
        g_ptr_array_add (drop->keys, copy);
        write.key = seki_span (copy, key.len);
        g_array_append_val (drop->writes, write);
        return drop->writes->len < DROP_ROWS;
}

static gboolean
upkeep_drop_rows (const SekiKernel *kernel, GError **error)
{
        guint8 from[SEKI_RUN_KEY_LEN], to[SEKI_RUN_KEY_LEN];
        guint n;

        seki_run_key (kernel->lane, 0, from);
        seki_run_key (kernel->lane, G_MAXUINT64, to);
        do {
                g_autoptr (GPtrArray) keys = g_ptr_array_new_with_free_func (g_free);
                g_autoptr (GArray) writes = g_array_new (FALSE, FALSE, sizeof (SekiWrite));
                Drop drop = { .drained = seki_tiles_get_drained (kernel->tiles),
                              .keys = keys,
                              .writes = writes };
                SekiBatch batch = { 0 };

                if (!kernel->storage->scan (kernel->storage_self, SEKI_SPACE_LEDGER,
                                            seki_span (from, sizeof from),
                                            seki_span (to, sizeof to), drop_row, &drop, error))
                        return FALSE;
                n = writes->len;
                batch.writes = (const SekiWrite *) writes->data;
                batch.n_writes = n;
                if (n > 0 &&
                    !kernel->storage->commit (kernel->storage_self, kernel->lane, &batch, error))
                        return FALSE;
        } while (n == DROP_ROWS);
        return TRUE;
}

/* A run that failed may have been committed: then the old keys must still go. */
static gboolean
upkeep_reseal (SekiUpkeep *upkeep, GError **error)
{
        if (upkeep->unfinished && !seki_reseal_finish (upkeep->kernel, error))
                return FALSE;
        upkeep->unfinished = !seki_reseal_run (upkeep->kernel, RESEAL_BUCKETS, error);
        return !upkeep->unfinished;
}

/* The reserve is the ledger's: refusals and what ends must still find room. */
static void
upkeep_look_at_disk (const SekiKernel *kernel)
{
        SekiStorageStats stats;

        if (kernel->tally == NULL || kernel->reserve == 0)
                return;
        kernel->storage->stats (kernel->storage_self, &stats);
        kernel->tally->disk = stats.bytes_free >= kernel->reserve       ? SEKI_DISK_FREE
                              : stats.bytes_free >= kernel->reserve / 2 ? SEKI_DISK_RESERVED
                                                                        : SEKI_DISK_FULL;
}

static gboolean
upkeep_round (SekiUpkeep *upkeep, GError **error)
{
        const SekiKernel *kernel = upkeep->kernel;
        g_autofree char *note = NULL;
        guint64 count;
        guint8 root[32];
        gint64 time;

        upkeep_look_at_disk (kernel);
        if (!upkeep_reseal (upkeep, error) || !seki_witness_save (kernel->witness, kernel, error))
                return FALSE;
        seki_commit_get_end (kernel->commit, &count, root, &time);
        if (!seki_tiles_drain (kernel->tiles, G_MAXUINT64, error) ||
            !upkeep_drop_rows (kernel, error))
                return FALSE;
        if (seki_tiles_get_drained (kernel->tiles) < count)
                return TRUE; /* the tiles are fed right after the commit that moved the end */
        if (!seki_witness_sign (kernel->witness, count, root, &note, error))
                return FALSE;
        if (note != NULL && !seki_tiles_set_checkpoint (kernel->tiles, note, error))
                return FALSE;
        pthread_mutex_lock (&upkeep->lock);
        upkeep->last = seki_clock_now (kernel->clock);
        pthread_mutex_unlock (&upkeep->lock);
        return TRUE;
}

gboolean
seki_upkeep_run (SekiUpkeep *upkeep, GError **error)
{
        gboolean ok;

        pthread_mutex_lock (&upkeep->round);
        ok = upkeep_round (upkeep, error);
        pthread_mutex_unlock (&upkeep->round);
        return ok;
}

static void
upkeep_complain (SekiUpkeep *upkeep, const char *problem)
{
        if (g_strcmp0 (upkeep->complaint, problem) != 0 && problem != NULL)
                upkeep->log (upkeep->log_user, SEKI_LOG_ERROR, problem);
        g_free (upkeep->complaint);
        upkeep->complaint = g_strdup (problem);
}

/* FALSE once the thread is to end. */
static gboolean
upkeep_wait (SekiUpkeep *upkeep)
{
        struct timespec until;
        gboolean go;

        clock_gettime (CLOCK_REALTIME, &until);
        until.tv_sec++;
        pthread_mutex_lock (&upkeep->lock);
        while (!upkeep->stopping &&
               pthread_cond_timedwait (&upkeep->wake, &upkeep->lock, &until) != ETIMEDOUT)
                continue;
        go = !upkeep->stopping;
        pthread_mutex_unlock (&upkeep->lock);
        return go;
}

static void *
upkeep_main (void *user)
{
        SekiUpkeep *upkeep = user;
        gboolean go;

        do {
                g_autoptr (GError) error = NULL;

                go = upkeep_wait (upkeep);
                seki_upkeep_run (upkeep, &error);
                upkeep_complain (upkeep, error != NULL ? error->message : NULL);
        } while (go);
        return NULL;
}

SekiUpkeep *
seki_upkeep_start (const SekiKernel *kernel, void (*log) (gpointer, SekiLogLevel, const char *),
                   gpointer log_user, GError **error)
{
        SekiUpkeep *upkeep = g_new0 (SekiUpkeep, 1);
        g_autofree char *note = NULL;

        upkeep->kernel = kernel;
        upkeep->log = log;
        upkeep->log_user = log_user;
        note = seki_tiles_dup_checkpoint (kernel->tiles, NULL);
        if (note != NULL)
                seki_witness_resume (kernel->witness, note);
        if (!seki_reseal_finish (kernel, error)) {
                g_free (upkeep);
                return NULL;
        }
        pthread_mutex_init (&upkeep->round, NULL);
        pthread_mutex_init (&upkeep->lock, NULL);
        pthread_cond_init (&upkeep->wake, NULL);
        if (pthread_create (&upkeep->thread, NULL, upkeep_main, upkeep) == 0)
                return upkeep;
        g_set_error_literal (
                error, SEKI_ERROR, SEKI_ERROR_BUSY,
                _("No further thread could be started. Raise the limit on tasks of the service."));
        g_free (upkeep);
        return NULL;
}

void
seki_upkeep_stop (SekiUpkeep *upkeep)
{
        if (upkeep == NULL)
                return;
        pthread_mutex_lock (&upkeep->lock);
        upkeep->stopping = TRUE;
        pthread_cond_signal (&upkeep->wake);
        pthread_mutex_unlock (&upkeep->lock);
        pthread_join (upkeep->thread, NULL);
        pthread_mutex_destroy (&upkeep->round);
        pthread_mutex_destroy (&upkeep->lock);
        pthread_cond_destroy (&upkeep->wake);
        g_free (upkeep->complaint);
        g_free (upkeep);
}

gint64
seki_upkeep_last (SekiUpkeep *upkeep)
{
        gint64 last;

        pthread_mutex_lock (&upkeep->lock);
        last = upkeep->last;
        pthread_mutex_unlock (&upkeep->lock);
        return last;
}
