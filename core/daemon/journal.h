/* SPDX-License-Identifier: Apache-2.0 */
/* Lines to the systemd journal with fields, or plain lines to a descriptor where
 * stderr is not the journal.  Any thread. */
#pragma once

#include <sekisho/module.h>

G_BEGIN_DECLS

typedef struct SekiJournal SekiJournal;

/* node stands in SEKISHO_NODE and in plain lines.  fd gets the plain lines and is
 * lent; when it is the journal's own stream ($JOURNAL_STREAM) fields are sent. */
SekiJournal *seki_journal_new (const char *node, int fd);
void seki_journal_free (SekiJournal *journal); /* NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SekiJournal, seki_journal_free)

/* event is a stable id ("certificate-ends"), NULL if the line is no event.  It
 * stands in SEKISHO_EVENT, and MESSAGE_ID is made of it. */
void seki_journal_say (SekiJournal *journal, SekiLogLevel level, const char *event,
                       const char *text);
/* In the form of SekiNodeConfig.log; user is the journal. */
void seki_journal_log (gpointer user, SekiLogLevel level, const char *text);

G_END_DECLS
