/* SPDX-License-Identifier: Apache-2.0 */
/* A CSV file of records, read row by row in memory that does not grow.  The
 * first row names the columns: fields of a record, and inputs of a report. */
#pragma once

#include "keyring/hash.h"
#include "model/csv.h"
#include "model/message.h"

G_BEGIN_DECLS

#define SEKI_SHEET_INPUTS_MAX SEKI_CSV_CELLS_MAX

/* One row, lent until the call returns. */
typedef struct {
        guint64 row; /* the header is row 1 */
        SekiRecord record;
        SekiSpan inputs[SEKI_SHEET_INPUTS_MAX]; /* in the order of the spec */
        const char *fault;                      /* NULL, or the id of what is wrong with it */
        const char *column;                     /* name of the column it is about; "" if none */
} SekiSheetRow;

typedef struct {
        guint32 required;          /* 1u << SekiField, of every row */
        const char *const *inputs; /* further columns that may stand there; NULL: none */
} SekiSheetSpec;

/* FALSE ends the reading. */
typedef gboolean (*SekiSheetEach) (const SekiSheetRow *row, gpointer user);

typedef struct SekiSheet SekiSheet;

/* charset "utf-8", "cp932" or NULL: guessed from the first 64 KiB. */
SekiSheet *seki_sheet_open (const char *path, const char *charset, const SekiSheetSpec *spec,
                            GError **error);
void seki_sheet_free (SekiSheet *sheet); /* NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SekiSheet, seki_sheet_free)

/* Reads it from the beginning; again and again.  Rows that break a rule come
 * with their fault.  INVALID when the header does not hold, CONFLICT when the
 * file is another than at the reading before. */
gboolean seki_sheet_read (SekiSheet *sheet, SekiSheetEach each, gpointer user, GError **error);
/* SHA-256 of the file; known after the first whole reading. */
const guint8 *seki_sheet_get_digest (SekiSheet *sheet);
guint64 seki_sheet_get_size (SekiSheet *sheet);  /* bytes */
guint64 seki_sheet_get_place (SekiSheet *sheet); /* bytes read so far */
SekiCharset seki_sheet_get_charset (SekiSheet *sheet);
/* Whether the header has a column for the field; after a reading. */
gboolean seki_sheet_has_field (SekiSheet *sheet, SekiField field);

/* English msgid of a fault that is of the sheet itself; NULL. */
const char *seki_sheet_fault_help (const char *fault);

G_END_DECLS
