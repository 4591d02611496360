/* SPDX-License-Identifier: Apache-2.0 */
/* Policy: may this happen?  The law's own limits hold in the roles whatever a
 * policy module says (D14); rules only narrow. */
#pragma once

#include <sekisho/base.h>
#include <sekisho/facts.h>

G_BEGIN_DECLS

/* Which ground decided, weakest first: a stronger one wins (D13). */
typedef enum {
        SEKI_GROUND_DEFAULT = 0,        /* no rule permits: deny */
        SEKI_GROUND_PERMIT,
        SEKI_GROUND_ERROR,              /* a fact was missing or a rule failed: deny */
        SEKI_GROUND_FORBID,
} SekiGround;

#define SEKI_DECISION_RULES 8

/* One decision; plain data, zeroed it denies. */
typedef struct {
        guint32 verdict;                        /* a SekiVerdict */
        guint32 ground;                         /* a SekiGround */
        guint16 n_rules;                        /* rules that determined it; may exceed the array */
        guint16 rules[SEKI_DECISION_RULES];     /* numbers in the running bundle, sorted by id */
        guint16 missing;                        /* ERROR: field that was absent, or 0xffff */
        guint64 oblige;                         /* obligations as bits of policy's own table */
} SekiDecision;

/* What a rule number stands for; lent until the next swap. */
typedef struct {
        const char *id;                         /* "ACC-020" */
        const char *title;
        const char *const *clauses;             /* NULL-terminated */
} SekiRuleInfo;

/* A finding or a page of a tool, UTF-8 text the module allocated with GLib. */
typedef struct {
        char *text;
        gint status;                            /* 0: nothing to complain about */
} SekiReport;

typedef struct {
        guint32 size;
        guint32 reserved;
        /* Decides n rows at once; out_decisions has n places.  FALSE: none of them
         * could be decided, all are refused.  No allocation.  Any thread. */
        gboolean (*decide) (gpointer self, const SekiFacts *rows, gsize n,
                            SekiDecision *out_decisions, GError **error);
        /* Describes rule number of the running bundle; FALSE when there is none. */
        gboolean (*describe) (gpointer self, guint16 rule, SekiRuleInfo *out_info);
        /* SHA-256 of the running bundle, 32 bytes; changes only by swap. */
        void (*digest) (gpointer self, guint8 *out_digest);
        /* When the record these facts describe must go, microseconds since the
         * epoch; G_MAXINT64: not yet known, keep.  NULL: the profile's parameter. */
        gboolean (*term) (gpointer self, const SekiFacts *facts, gint64 *out_term, GError **error);
        /* An event; the rules that fire name their actions through act.  NULL: no rules. */
        gboolean (*observe) (gpointer self, const char *event, const SekiFacts *facts,
                             void (*act) (const char *action, const SekiFacts *facts,
                                          gpointer user),
                             gpointer user, GError **error);
        /* Reads, checks and compiles a bundle from a folder without touching the
         * running one; returns an opaque bundle or NULL. */
        gpointer (*prepare) (gpointer self, const char *folder, GError **error);
        /* Makes a prepared bundle the running one in one step and takes it. */
        gboolean (*swap) (gpointer self, gpointer bundle, GError **error);
        /* lint, explain, coverage and the like, on files alone; works after open
         * without start.  argv is NULL-terminated, argv[0] the tool's name. */
        gboolean (*tool) (gpointer self, const char *const *argv, SekiReport *out_report,
                          GError **error);
} SekiPolicyOps;

G_END_DECLS
