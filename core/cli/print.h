/* SPDX-License-Identifier: Apache-2.0 */
/* What a person sees: text in UTF-8 on standard output, whatever the locale's
 * character set; tables, sentences, progress. */
#pragma once

#include <sekisho/base.h>

G_BEGIN_DECLS

void seki_print (const char *format, ...) G_GNUC_PRINTF (1, 2);
/* Text and as many spaces as bring it to width columns, at least two. */
void seki_print_cell (const char *text, gsize width);
/* Columns on a terminal: wide characters take two. */
gsize seki_text_width (const char *text);
/* Control characters become spaces: what came from elsewhere can not steer the terminal. */
char *seki_text_plain (SekiSpan text);

/* Bytes that wipe: past the buffer of standard output, which does not. */
gboolean seki_print_secret (SekiSpan bytes, GError **error);

/* Everything printed so far has reached the reader; FALSE: it did not. */
gboolean seki_print_flush (GError **error);

/* A line on standard error that is written over, at a terminal only. */
typedef struct {
        const char *what; /* translated */
        gint64 last;
        gboolean terminal, shown;
} SekiProgress;

void seki_progress_begin (SekiProgress *progress, const char *what);
/* all 0: not known. */
void seki_progress_tell (SekiProgress *progress, guint64 done, guint64 all);
void seki_progress_end (SekiProgress *progress);

G_END_DECLS
