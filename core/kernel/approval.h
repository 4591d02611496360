/* SPDX-License-Identifier: Apache-2.0 */
/* Approvals (D20): what two persons must want before it happens.
 *
 * A statement is a small text that names a node, an action and the digest of
 * what is approved; persons sign it with CMS.  It is approved when two different
 * enrolled persons signed it, or one did and 24 hours have passed since that was
 * announced (break-glass).  Everything is verified at the present time, each
 * time anew: an expired or revoked certificate no longer approves.
 *
 *     sekisho approval 1
 *     node am1
 *     action profile
 *     subject 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
 *     time 2026-11-24T09:00:00+09:00
 *     expires 2027-11-24T09:00:00+09:00
 *
 * Files of a statement, named after the SHA-256 of its text:
 *   DIGEST.stmt        the text, byte for byte
 *   DIGEST.1.p7s       detached CMS signatures (DER)
 *   DIGEST.2.p7s
 *   DIGEST.announced   when one person alone announced it, RFC 3339
 * Main thread.  Needs seki_nss_init. */
#pragma once

#include "base/clock.h"
#include "keyring/certificate.h"

G_BEGIN_DECLS

#define SEKI_STATEMENT_MAX 1024 /* bytes of its text */
#define SEKI_APPROVAL_DELAY (24 * (gint64) 3600 * G_USEC_PER_SEC)
#define SEKI_APPROVAL_TERM (400 * (gint64) 86400 * G_USEC_PER_SEC) /* usual time to its expiry */
#define SEKI_ACTION_PROFILE "profile" /* subject: digest of the profile, the first thing approved */

typedef struct {
        char node[32];        /* id of the node */
        char action[48];      /* lower-case letters, digits, "-", "." */
        char subject[65];     /* SHA-256 of what is approved, 64 hex digits */
        gint64 time, expires; /* microseconds since the epoch, whole seconds */
} SekiStatement;

/* The text, to be freed. */
char *seki_statement_write (const SekiStatement *statement);
/* Accepts only what seki_statement_write makes. */
gboolean seki_statement_read (SekiSpan text, SekiStatement *out_statement, GError **error);
/* SHA-256 of the text, hexadecimal: the name of its files. */
void seki_statement_digest (SekiSpan text, char out[65]);

/* An enrolled person. */
typedef struct {
        const char *id;
        const char *certificate; /* path of a PEM file */
} SekiApprover;

/* Where approvals lie and who counts; everything is lent. */
typedef struct {
        const char *folder; /* data/approvals; made when something is added */
        const char *node;
        SekiTrust *trust;
        const SekiClock *clock;
        const SekiApprover *persons;
        gsize n_persons;
} SekiApprovals;

typedef struct {
        SekiStatement statement;
        char digest[65];     /* of the statement's text */
        char persons[2][32]; /* who signed */
        guint n_persons;
        gint64 announced;  /* one person: when it was announced; 0: two persons */
        gint64 holds_from; /* 0: it holds; else when it begins to, G_MAXINT64: never alone */
} SekiApproval;

/* Takes a statement and signatures over it; those stored before are kept, so
 * that two persons may come one after the other.  alone: where one person signed,
 * it is announced now and waits (holds_from); otherwise holds_from is G_MAXINT64
 * until the second comes.  Refused: a statement of another node
 * (CONFLICT), one that has expired (LIMIT), a signature that does not hold or is
 * not of an enrolled person (CRYPTO), the same person twice (CONFLICT), more
 * than two (LIMIT). */
gboolean seki_approval_add (const SekiApprovals *approvals, SekiSpan statement,
                            const SekiSpan *signatures, gsize n_signatures, gboolean alone,
                            SekiApproval *out_approval, GError **error);
/* Looks for an approval of the subject that holds now.  FALSE: MISSING when
 * there is none, BUSY when one waits for its delay (out_approval is filled),
 * or what is wrong with the last one looked at. */
gboolean seki_approval_find (const SekiApprovals *approvals, const char *action,
                             const char *subject, SekiApproval *out_approval, GError **error);

G_END_DECLS
