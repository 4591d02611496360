/* SPDX-License-Identifier: Apache-2.0 */
/* Records on their way to the node: collected, sent up to 1,000 at a time as
 * messages of one action, verdicts handed back row by row. */
#pragma once

#include "cli/sheet.h"

G_BEGIN_DECLS

#define SEKI_SENDER_RECORDS 1000

/* What came of one row: reason NULL is granted. */
typedef struct {
        guint64 row;
        const char *reason;
        const SekiRecord *record; /* that the answer carried; NULL */
        const SekiSpan *inputs;   /* of the row */
} SekiSenderVerdict;

typedef struct {
        const char *control; /* path of the node's socket */
        const char *action;
        const char *to, *purpose, *basis; /* NULL: none */
        /* Makes message ids: equal seeds and rows are equal messages, applied once.
         * NULL: ids are random. */
        const char *seed;
        gsize n_inputs; /* kept per row */
        gboolean (*verdict) (const SekiSenderVerdict *verdict, gpointer user, GError **error);
        gpointer user;
} SekiSenderSpec;

typedef struct SekiSender SekiSender;

SekiSender *seki_sender_new (const SekiSenderSpec *spec); /* spec is lent */
void seki_sender_free (SekiSender *sender);               /* wipes; NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SekiSender, seki_sender_free)
/* Copies a row; sends when it is full. */
gboolean seki_sender_add (SekiSender *sender, const SekiSheetRow *row, GError **error);
/* Sends what is left. */
gboolean seki_sender_finish (SekiSender *sender, GError **error);
guint64 seki_sender_get_count (const SekiSender *sender); /* messages sent */

G_END_DECLS
