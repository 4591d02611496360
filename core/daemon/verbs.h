/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs of the control socket, one function each; for this floor only. */
#pragma once

#include "daemon/inner.h"

G_BEGIN_DECLS

/* What runs: fills out, or sets error.  One that is answered later has taken the
 * request when it returns TRUE. */
typedef gboolean (*SekiVerbFunc) (SekiDaemon *daemon, SekiRequest *request, SekiMap *out,
                                  GError **error);

typedef struct {
        const char *name;
        gboolean sealed; /* also while the node is sealed */
        gboolean later;
        SekiVerbFunc run;
} SekiVerb;

/* Text or bytes that must be there; INVALID names the argument. */
gboolean seki_verb_need (const SekiRequest *request, const char *key, SekiSpan *out_value,
                         GError **error);
/* Answers with the map, and clears it. */
void seki_verb_answer (SekiRequest *request, SekiMap *map);
/* Puts act on the ledger with the caller as actor and then runs func, which
 * answers: nothing personal leaves before its leaf is durable. */
typedef void (*SekiVerbThen) (SekiDaemon *daemon, SekiRequest *request);
gboolean seki_verb_note_then (SekiDaemon *daemon, SekiRequest *request, const char *act,
                              const char *detail, SekiVerbThen func, GError **error);
/* Puts act on the ledger with the caller as actor. */
void seki_verb_note (SekiDaemon *daemon, SekiRequest *request, const char *act, const char *detail);

/* verbs-node.c */
gboolean seki_verb_status (SekiDaemon *daemon, SekiRequest *request, SekiMap *out, GError **error);
gboolean seki_verb_unseal (SekiDaemon *daemon, SekiRequest *request, SekiMap *out, GError **error);
gboolean seki_verb_seal (SekiDaemon *daemon, SekiRequest *request, SekiMap *out, GError **error);
gboolean seki_verb_reload (SekiDaemon *daemon, SekiRequest *request, SekiMap *out, GError **error);
gboolean seki_verb_approve (SekiDaemon *daemon, SekiRequest *request, SekiMap *out, GError **error);
/* verbs-key.c */
gboolean seki_verb_key_request (SekiDaemon *daemon, SekiRequest *request, SekiMap *out,
                                GError **error);
gboolean seki_verb_key_install (SekiDaemon *daemon, SekiRequest *request, SekiMap *out,
                                GError **error);
gboolean seki_verb_key_backup (SekiDaemon *daemon, SekiRequest *request, SekiMap *out,
                               GError **error);
/* verbs-ledger.c */
gboolean seki_verb_checkpoint (SekiDaemon *daemon, SekiRequest *request, SekiMap *out,
                               GError **error);
gboolean seki_verb_prove (SekiDaemon *daemon, SekiRequest *request, SekiMap *out, GError **error);
gboolean seki_verb_entry (SekiDaemon *daemon, SekiRequest *request, SekiMap *out, GError **error);
gboolean seki_verb_story (SekiDaemon *daemon, SekiRequest *request, SekiMap *out, GError **error);
/* verbs-queue.c */
gboolean seki_verb_take (SekiDaemon *daemon, SekiRequest *request, SekiMap *out, GError **error);
gboolean seki_verb_queue_list (SekiDaemon *daemon, SekiRequest *request, SekiMap *out,
                               GError **error);
gboolean seki_verb_queue_retry (SekiDaemon *daemon, SekiRequest *request, SekiMap *out,
                                GError **error);
gboolean seki_verb_queue_cancel (SekiDaemon *daemon, SekiRequest *request, SekiMap *out,
                                 GError **error);
gboolean seki_verb_peer_list (SekiDaemon *daemon, SekiRequest *request, SekiMap *out,
                              GError **error);
gboolean seki_verb_peer_test (SekiDaemon *daemon, SekiRequest *request, SekiMap *out,
                              GError **error);
/* verbs-report.c */
gboolean seki_verb_reports (SekiDaemon *daemon, SekiRequest *request, SekiMap *out, GError **error);
gboolean seki_verb_reports_clear (SekiDaemon *daemon, SekiRequest *request, SekiMap *out,
                                  GError **error);

G_END_DECLS
