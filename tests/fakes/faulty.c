/* SPDX-License-Identifier: Apache-2.0 */
#include "faulty.h"

#include <dlfcn.h>
#include <signal.h>
#include <unistd.h>

static const SekiStorageOps faulty_table;

static gboolean
faulty_start (gpointer self, GError **error)
{
        Faulty *faulty = self;

        if (faulty->keep && faulty->started)
                return TRUE;
        faulty->started = TRUE;
        return faulty->inner->start (faulty->inner_self, error);
}

static void
faulty_stop (gpointer self)
{
        Faulty *faulty = self;

        if (!faulty->keep)
                faulty->inner->stop (faulty->inner_self);
}

static void
faulty_close (gpointer self)
{
        Faulty *faulty = self;

        if (faulty != NULL)
                faulty->inner->close (faulty->inner_self);
}

Faulty *
faulty_wrap (const SekiModule *inner, gpointer inner_self)
{
        Faulty *faulty = g_new0 (Faulty, 1);

        pthread_mutex_init (&faulty->lock, NULL);
        faulty->copy = *inner;
        faulty->inner = &faulty->copy;
        faulty->inner_self = inner_self;
        faulty->module = *inner;
        faulty->module.start = faulty_start;
        faulty->module.stop = faulty_stop;
        faulty->module.close = faulty_close;
        faulty->module.storage = &faulty_table;
        return faulty;
}

Faulty *
faulty_load (const char *path)
{
        static const SekiSetting none[] = { { NULL } };
        static const SekiHost host = { .size = sizeof (SekiHost) };
        g_autoptr (GError) error = NULL;
        void *handle = dlopen (path, RTLD_NOW | RTLD_LOCAL);
        const SekiModule *inner;
        Faulty *faulty;

        g_assert_nonnull (handle);
        inner = dlsym (handle, "seki_module");
        g_assert_nonnull (inner);
        faulty = faulty_wrap (inner, inner->open (&host, none, &error));
        faulty->handle = handle;
        g_assert_no_error (error);
        faulty_start (faulty, &error);
        g_assert_no_error (error);
        return faulty;
}

void
faulty_free (Faulty *faulty)
{
        if (faulty == NULL)
                return;
        if (faulty->handle != NULL) {
                faulty->inner->stop (faulty->inner_self);
                faulty->inner->close (faulty->inner_self);
                dlclose (faulty->handle);
        }
        pthread_mutex_destroy (&faulty->lock);
        g_free (faulty);
}

void
faulty_arm (Faulty *faulty, FaultyHow how, guint at, guint times)
{
        pthread_mutex_lock (&faulty->lock);
        faulty->commits = 0;
        faulty->how = how;
        faulty->at = at;
        faulty->times = times;
        pthread_mutex_unlock (&faulty->lock);
}

const SekiStorageOps *
faulty_ops (Faulty *faulty)
{
        return faulty->module.storage;
}

static gboolean
faulty_is_due (Faulty *faulty)
{
        gboolean due;

        pthread_mutex_lock (&faulty->lock);
        faulty->commits++;
        due = faulty->at != 0 && faulty->commits >= faulty->at &&
              faulty->commits < faulty->at + faulty->times;
        pthread_mutex_unlock (&faulty->lock);
        return due;
}

static gboolean
faulty_fail (GError **error)
{
        g_set_error_literal (error, SEKI_ERROR, SEKI_ERROR_STORAGE,
                             "The store failed because the test wanted it.");
        return FALSE;
}

static gboolean
inner_commit (Faulty *faulty, guint16 lane, const SekiBatch *batch, GError **error)
{
        return faulty->inner->storage->commit (faulty->inner_self, lane, batch, error);
}

static void
faulty_die (void)
{
        kill (getpid (), SIGKILL);
        pause ();
}

/* The guarded key now holds what its owner never wrote: one byte later in time. */
static void
faulty_move_guard (Faulty *faulty, guint16 lane, const SekiBatch *batch)
{
        g_autofree guint8 *moved = NULL;

        for (gsize i = 0; i < batch->n_writes; i++)
                if (seki_span_equal (batch->writes[i].key, batch->guard)) {
                        SekiWrite write = batch->writes[i];
                        SekiBatch other = { .writes = &write, .n_writes = 1 };

                        moved = g_memdup2 (write.value.data, write.value.len);
                        moved[8] ^= 1;
                        write.value.data = moved;
                        inner_commit (faulty, lane, &other, NULL);
                        return;
                }
}

static gboolean
faulty_commit (gpointer self, guint16 lane, const SekiBatch *batch, GError **error)
{
        Faulty *faulty = self;

        g_atomic_int_inc (&faulty->entered);
        if (faulty->hold != NULL) {
                pthread_mutex_lock (faulty->hold);
                pthread_mutex_unlock (faulty->hold);
        }
        if (faulty->seen != NULL)
                faulty->seen (batch, faulty->seen_user);
        if (!faulty_is_due (faulty))
                return inner_commit (faulty, lane, batch, error);
        switch (faulty->how) {
        case FAULTY_LIE:
                return TRUE;
        case FAULTY_DIE_BEFORE:
                faulty_die ();
                return FALSE;
        case FAULTY_FOREIGN:
                faulty_move_guard (faulty, lane, batch);
                return inner_commit (faulty, lane, batch, error);
        case FAULTY_LANDED:
        case FAULTY_DIE_AFTER:
                if (!inner_commit (faulty, lane, batch, error))
                        return FALSE;
                if (faulty->how == FAULTY_DIE_AFTER)
                        faulty_die ();
                return faulty_fail (error);
        default:
                return faulty_fail (error);
        }
}

static gboolean
faulty_reads (Faulty *faulty, GError **error)
{
        gboolean fails;

        pthread_mutex_lock (&faulty->lock);
        fails = faulty->reads_fail > 0;
        faulty->reads_fail -= fails;
        pthread_mutex_unlock (&faulty->lock);
        return !fails || faulty_fail (error);
}

static gboolean
faulty_get_many (gpointer self, SekiSpace space, const SekiSpan *keys, gsize n, SekiGetFunc found,
                 gpointer user, GError **error)
{
        Faulty *faulty = self;

        return faulty_reads (faulty, error) &&
               faulty->inner->storage->get_many (faulty->inner_self, space, keys, n, found, user,
                                                 error);
}

static gboolean
faulty_scan (gpointer self, SekiSpace space, SekiSpan from, SekiSpan to, SekiScanFunc row,
             gpointer user, GError **error)
{
        Faulty *faulty = self;

        return faulty_reads (faulty, error) &&
               faulty->inner->storage->scan (faulty->inner_self, space, from, to, row, user, error);
}

static gboolean
faulty_peek (gpointer self, SekiSpan key, SekiGetFunc found, gpointer user, GError **error)
{
        Faulty *faulty = self;

        return faulty->inner->storage->peek (faulty->inner_self, key, found, user, error);
}

static gboolean
faulty_snapshot (gpointer self, const char *folder, GError **error)
{
        Faulty *faulty = self;

        return faulty->inner->storage->snapshot (faulty->inner_self, folder, error);
}

static gboolean
faulty_verify (gpointer self, GError **error)
{
        Faulty *faulty = self;

        return faulty->inner->storage->verify (faulty->inner_self, error);
}

static void
faulty_stats (gpointer self, SekiStorageStats *out_stats)
{
        Faulty *faulty = self;

        faulty->inner->storage->stats (faulty->inner_self, out_stats);
}

static gboolean
faulty_compact (gpointer self, SekiSpace space, SekiSpan from, SekiSpan to, GError **error)
{
        Faulty *faulty = self;

        return faulty->inner->storage->compact (faulty->inner_self, space, from, to, error);
}

static const SekiStorageOps faulty_table = {
        .size = sizeof (SekiStorageOps),
        .peek = faulty_peek,
        .commit = faulty_commit,
        .get_many = faulty_get_many,
        .scan = faulty_scan,
        .snapshot = faulty_snapshot,
        .verify = faulty_verify,
        .stats = faulty_stats,
        .compact = faulty_compact,
};

static void
row_found (gsize i, SekiSpan value, gpointer user)
{
        (void) i;
        *(GBytes **) user = g_bytes_new (value.data, value.len);
}

GBytes *
faulty_get (Faulty *faulty, SekiSpace space, gconstpointer key, gsize len)
{
        SekiSpan span = seki_span (key, len);
        g_autoptr (GError) error = NULL;
        GBytes *row = NULL;

        faulty->inner->storage->get_many (faulty->inner_self, space, &span, 1, row_found, &row,
                                          &error);
        g_assert_no_error (error);
        return row;
}

void
faulty_set (Faulty *faulty, SekiSpace space, gconstpointer key, gsize key_len, gconstpointer data,
            gsize len)
{
        SekiWrite write = { .space = space,
                            .key = seki_span (key, key_len),
                            .value = seki_span (data, len) };
        SekiBatch batch = { .writes = &write, .n_writes = 1 };
        g_autoptr (GError) error = NULL;

        inner_commit (faulty, 0, &batch, &error);
        g_assert_no_error (error);
}

typedef struct {
        void (*row) (SekiSpan key, SekiSpan value, gpointer user);
        gpointer user;
        guint n;
} Each;

static gboolean
each_row (SekiSpan key, SekiSpan value, gpointer user)
{
        Each *each = user;

        each->n++;
        if (each->row != NULL)
                each->row (key, value, each->user);
        return TRUE;
}

guint
faulty_each (Faulty *faulty, SekiSpace space, void (*row) (SekiSpan, SekiSpan, gpointer),
             gpointer user)
{
        Each each = { .row = row, .user = user };
        g_autoptr (GError) error = NULL;

        faulty->inner->storage->scan (faulty->inner_self, space, SEKI_SPAN_NONE, SEKI_SPAN_NONE,
                                      each_row, &each, &error);
        g_assert_no_error (error);
        return each.n;
}
