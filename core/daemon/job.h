/* SPDX-License-Identifier: Apache-2.0 */
/* A request whose work is done on another thread and answered on the main one. */
#pragma once

#include "daemon/control.h"

G_BEGIN_DECLS

typedef struct SekiJob SekiJob;
struct SekiJob {
        SekiRequest *request;
        GPtrArray *waiting; /* all jobs under way; main thread */
        SekiQueue *queue;
        char *id; /* of a message, or of a peer */
        gboolean (*work) (SekiQueue *queue, const char *id, GError **error);
        GError *error;                 /* out: why it failed */
        char *why;                     /* out: a finding that is no error */
        gint finished;                 /* atomic: its answer is on the way */
        void (*answer) (SekiJob *job); /* main thread; NULL: {} or the error */
};

/* Main thread. */
SekiJob *seki_job_new (SekiRequest *request, GPtrArray *waiting, SekiSpan id);
/* Any thread, once: what came of it is in the job. */
void seki_job_finish (SekiJob *job);
/* Refuses the jobs that no thread will finish any more. */
void seki_jobs_drop (GPtrArray *waiting);

G_END_DECLS
