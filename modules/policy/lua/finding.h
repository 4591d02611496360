/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with rule files: code, place, sentence, and a fix where there is one. */
#pragma once

#include <sekisho/sekisho.h>

G_BEGIN_DECLS

/* A rule file as it was read. */
typedef struct {
        char *path;             /* as shown in findings */
        char *name;             /* relative to its folder, with "/" */
        guint8 layer;           /* a Layer */
        char *bytes;            /* NUL-terminated */
        gsize len;
} Source;

typedef struct {
        const char *code;       /* "SK001"; modules/policy/lua/README.md lists them */
        gboolean warning;       /* a bundle may run with it */
        char *file;
        guint line, column;     /* from 1; 0: not known */
        char *rule;             /* id; NULL if not known */
        char *sentence;
        char *fix;              /* the name or value that was probably meant; NULL */
} Finding;

typedef struct {
        GPtrArray *list;        /* Finding */
        guint n_errors;
} Findings;

/* Where a check stands while it looks at one file. */
typedef struct {
        const SekiSchema *schema;
        Findings *findings;
        const Source *source;
        const char *rule;       /* id being checked; NULL */
        guint n_said;
} Check;

Findings *findings_new (void);
void findings_free (Findings *findings);

/* Adds a finding.  word, if not NULL, is looked for in the source from line on
 * and gives the exact place; fix is copied. */
void check_say (Check *check, const char *code, guint line, const char *word, const char *fix,
                const char *format, ...) G_GNUC_PRINTF (6, 7);
/* The same without an exact place and for warnings. */
void check_warn (Check *check, const char *code, guint line, const char *word, const char *format,
                 ...) G_GNUC_PRINTF (5, 6);

/* By file, line and column. */
void findings_sort (Findings *findings);
/* One line each, "CODE file:line: sentence", or a JSON array. */
char *findings_print (const Findings *findings, gboolean json);
/* The first error as SEKI_ERROR_CONFIG; FALSE for the caller to return. */
gboolean findings_fail (const Findings *findings, GError **error);

/* The nearest of names within two edits (one for short words), NULL if none; allocates nothing. */
const char *nearest_name (const char *word, const char *const *names);

/* Whether UTF-8 text holds a full-width digit, letter, sign or space where only
 * half-width ones can mean anything. */
gboolean text_is_wide (const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Findings, findings_free)

G_END_DECLS
