/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/job.h"

#include "base/text.h"

SekiJob *
seki_job_new (SekiRequest *request, GPtrArray *waiting, SekiSpan id)
{
        SekiJob *job = g_new0 (SekiJob, 1);

        job->request = request;
        job->waiting = waiting;
        job->id = g_strndup ((const char *) id.data, id.len);
        g_ptr_array_add (waiting, job);
        return job;
}

static void
job_free (SekiJob *job)
{
        g_ptr_array_remove (job->waiting, job);
        g_clear_error (&job->error);
        g_free (job->why);
        g_free (job->id);
        g_free (job);
}

static gboolean
job_answer (gpointer user)
{
        static const guint8 empty[] = { 0xa0 };
        SekiJob *job = user;

        if (job->error != NULL)
                seki_request_refuse (job->request, job->error);
        else if (job->answer != NULL)
                job->answer (job);
        else
                seki_request_answer (job->request, seki_span (empty, sizeof empty));
        job_free (job);
        return G_SOURCE_REMOVE;
}

void
seki_job_finish (SekiJob *job)
{
        g_atomic_int_set (&job->finished, 1);
        g_idle_add_full (G_PRIORITY_DEFAULT, job_answer, job, NULL);
}

void
seki_jobs_drop (GPtrArray *waiting)
{
        for (guint i = waiting->len; i-- > 0;) {
                SekiJob *job = g_ptr_array_index (waiting, i);

                if (g_atomic_int_get (&job->finished))
                        continue;
                job->error = g_error_new_literal (
                        SEKI_ERROR, SEKI_ERROR_SEALED,
                        _("The node was sealed meanwhile. Unseal it and try again."));
                job_answer (job);
        }
}
