/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/sheet.h"

#include "base/text.h"
#include "kernel/nearest.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK 65536u
#define NO_COLUMN G_MAXUINT

struct SekiSheet {
        char *path;
        int fd;
        struct stat info;
        SekiCharset charset;
        const SekiSheetSpec *spec;
        SekiSecret *block;
        guint8 digest[SEKI_HASH_LEN];
        gboolean digested;
        guint64 place;
        /* The header: per cell a field, or an input behind SEKI_FIELD_COUNT. */
        guint map[SEKI_CSV_CELLS_MAX];
        guint n_columns;
        guint32 fields;
        /* Of the reading under way. */
        SekiSheetEach each;
        gpointer user;
        GError *error;
        gboolean ended; /* by each */
};

static const struct {
        const char *id, *help;
} faults[] = {
        { "not-in-charset",
          N_("The cell holds bytes that are no character. Check the character set of the file.") },
          { "quote-misplaced",
            N_("A quote stands where none may. Put the whole cell in quotes and double those "
               "inside.") },
            { "quote-not-closed", N_("A quoted cell does not end. Close its quote.") },
              { "too-many-cells", N_("The row has more cells than the header.") },
                { "too-few-cells", N_("The row has fewer cells than the header.") },
                  { "cell-too-long", N_("The cell is longer than 4,096 bytes.") },
                    { "row-too-long", N_("The row is longer than 65,536 bytes.") },
                      { "field-missing",
                        N_("The action needs this field and the cell is empty.") },
                    };

const char *
seki_sheet_fault_help (const char *fault)
{
        for (guint i = 0; i < G_N_ELEMENTS (faults); i++)
                if (strcmp (faults[i].id, fault) == 0)
                        return faults[i].help;
        return NULL;
}

static gboolean
sheet_fail (const SekiSheet *sheet, int why, GError **error)
{
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_MISSING,
                     _("“%s” can not be read (%s)."), sheet->path, g_strerror (why));
        return FALSE;
}

static gboolean
charset_choose (SekiSheet *sheet, const char *name, GError **error)
{
        gssize n;

        if (name == NULL) {
                n = pread (sheet->fd, seki_secret_get_data (sheet->block), BLOCK, 0);
                if (n < 0)
                        return sheet_fail (sheet, errno, error);
                sheet->charset = seki_charset_guess (
                        seki_span (seki_secret_get_data (sheet->block), (gsize) n));
                return TRUE;
        }
        sheet->charset =
                g_ascii_strcasecmp (name, "cp932") == 0 ? SEKI_CHARSET_CP932 : SEKI_CHARSET_UTF8;
        if (sheet->charset == SEKI_CHARSET_CP932 || g_ascii_strcasecmp (name, "utf-8") == 0)
                return TRUE;
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_INVALID,
                     _("The character set is utf-8 or cp932, not “%s”."), name);
        return FALSE;
}

SekiSheet *
seki_sheet_open (const char *path, const char *charset, const SekiSheetSpec *spec, GError **error)
{
        g_autoptr (SekiSheet) sheet = g_new0 (SekiSheet, 1);

        sheet->path = g_strdup (path);
        sheet->spec = spec;
        sheet->block = seki_secret_new (BLOCK);
        sheet->fd = open (path, O_RDONLY | O_CLOEXEC);
        if (sheet->fd < 0 || fstat (sheet->fd, &sheet->info) != 0) {
                sheet_fail (sheet, errno, error);
                return NULL;
        }
        if (!S_ISREG (sheet->info.st_mode)) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_INVALID,
                             _("“%s” is no file that can be read twice. Store it first."), path);
                return NULL;
        }
        return charset_choose (sheet, charset, error) ? g_steal_pointer (&sheet) : NULL;
}

void
seki_sheet_free (SekiSheet *sheet)
{
        if (sheet == NULL)
                return;
        if (sheet->fd >= 0)
                close (sheet->fd);
        seki_secret_free (sheet->block);
        g_clear_error (&sheet->error);
        g_free (sheet->path);
        g_free (sheet);
}

static gboolean
header_fail (SekiSheet *sheet, gsize column, const char *name)
{
        const char *known[SEKI_FIELD_COUNT + SEKI_SHEET_INPUTS_MAX + 1] = { NULL }, *near;
        guint n = 0;

        for (guint i = 0; i < SEKI_FIELD_COUNT; i++)
                if (i != SEKI_FIELD_GIVEN)
                        known[n++] = seki_field_name (i);
        for (guint i = 0; sheet->spec->inputs != NULL && sheet->spec->inputs[i] != NULL &&
                          i < SEKI_SHEET_INPUTS_MAX;
             i++)
                known[n++] = sheet->spec->inputs[i];
        near = seki_nearest (name, known);
        if (near != NULL)
                g_set_error (
                        &sheet->error, SEKI_ERROR, SEKI_ERROR_INVALID,
                        _("%s: column %zu of the first row is “%s”, which is no field. Did you "
                          "mean “%s”? Nothing was taken."),
                           sheet->path, column + 1, name, near);
        else
                g_set_error (
                        &sheet->error, SEKI_ERROR, SEKI_ERROR_INVALID,
                        _("%s: column %zu of the first row is “%s”, which is no field. Nothing "
                          "was taken."),
                           sheet->path, column + 1, name);
        return FALSE;
}

/* Which value a column holds: a field, or an input behind the fields; NO_COLUMN. */
static guint
column_find (const SekiSheet *sheet, SekiSpan name)
{
        SekiField field = seki_field_from_name (name);

        for (guint i = 0; sheet->spec->inputs != NULL && sheet->spec->inputs[i] != NULL &&
                          i < SEKI_SHEET_INPUTS_MAX;
             i++)
                if (seki_span_is (name, sheet->spec->inputs[i]))
                        return SEKI_FIELD_COUNT + i;
        return field == SEKI_FIELD_GIVEN || field == SEKI_FIELD_COUNT ? NO_COLUMN : field;
}

static gboolean
column_take (SekiSheet *sheet, gsize column, SekiSpan name)
{
        g_autofree char *text = g_utf8_make_valid ((const char *) name.data, (gssize) name.len);
        guint found = column_find (sheet, name);

        if (found == NO_COLUMN)
                return header_fail (sheet, column, text);
        for (guint i = 0; i < column; i++)
                if (sheet->map[i] == found) {
                        g_set_error (&sheet->error, SEKI_ERROR, SEKI_ERROR_INVALID,
                                     _("%s: the first row names “%s” twice. Nothing was taken."),
                                        sheet->path, text);
                        return FALSE;
                }
        sheet->map[column] = found;
        if (found < SEKI_FIELD_COUNT)
                sheet->fields |= 1u << found;
        return TRUE;
}

static gboolean
header_take (SekiSheet *sheet, const SekiSpan *cells, gsize n_cells, const char *fault)
{
        guint32 missing;

        sheet->n_columns = (guint) n_cells;
        sheet->fields = 0;
        if (fault != NULL) {
                g_set_error (&sheet->error, SEKI_ERROR, SEKI_ERROR_INVALID,
                             _("%s: the first row can not be read: %s"), sheet->path,
                                seki_sheet_fault_help (fault) != NULL
                                ? _(seki_sheet_fault_help (fault))
                                : fault);
                return FALSE;
        }
        for (gsize i = 0; i < n_cells; i++)
                if (!column_take (sheet, i, cells[i]))
                        return FALSE;
        missing = sheet->spec->required & ~sheet->fields;
        if (missing == 0)
                return TRUE;
        g_set_error (&sheet->error, SEKI_ERROR, SEKI_ERROR_INVALID,
                     _("%s: there is no column “%s”, which the action needs. Nothing was taken."),
                        sheet->path, seki_field_name ((SekiField) g_bit_nth_lsf (missing, -1)));
        return FALSE;
}

static const char *
column_name (const SekiSheet *sheet, gsize column)
{
        guint found;

        if (column >= sheet->n_columns)
                return "";
        found = sheet->map[column];
        return found < SEKI_FIELD_COUNT ? seki_field_name (found)
                                        : sheet->spec->inputs[found - SEKI_FIELD_COUNT];
}

/* Reasons of a record begin with the name of their field. */
static const char *
reason_column (const char *reason)
{
        for (guint i = 0; i < SEKI_FIELD_COUNT; i++) {
                const char *name = seki_field_name (i);

                if (g_str_has_prefix (reason, name) && reason[strlen (name)] == '-')
                        return name;
        }
        return "";
}

static void
row_check (const SekiSheet *sheet, SekiSheetRow *row)
{
        SekiNumberKind kind;
        guint32 missing = 0;

        row->fault = seki_record_check (&row->record, &kind);
        if (row->fault != NULL) {
                row->column = reason_column (row->fault);
                return;
        }
        for (guint i = 0; i < SEKI_FIELD_COUNT; i++)
                if (row->record.field[i].data == NULL)
                        missing |= 1u << i;
        missing &= sheet->spec->required;
        if (missing == 0)
                return;
        row->fault = "field-missing";
        row->column = seki_field_name ((SekiField) g_bit_nth_lsf (missing, -1));
}

static gboolean
sheet_row (guint64 number, const SekiSpan *cells, gsize n_cells, const char *fault,
           gsize fault_cell, gpointer user)
{
        SekiSheet *sheet = user;
        SekiSheetRow row = { .row = number, .fault = fault, .column = "" };

        if (sheet->n_columns == 0)
                return header_take (sheet, cells, n_cells, fault);
        if (fault != NULL)
                row.column = column_name (sheet, fault_cell);
        else if (n_cells != sheet->n_columns)
                row.fault = n_cells < sheet->n_columns ? "too-few-cells" : "too-many-cells";
        for (gsize i = 0; row.fault == NULL && i < n_cells; i++) {
                guint found = sheet->map[i];

                if (found >= SEKI_FIELD_COUNT)
                        row.inputs[found - SEKI_FIELD_COUNT] = cells[i];
                else if (cells[i].len > 0)
                        row.record.field[found] = cells[i];
        }
        if (row.fault == NULL)
                row_check (sheet, &row);
        sheet->ended = !sheet->each (&row, sheet->user);
        return !sheet->ended;
}

static gboolean
sheet_feed (SekiSheet *sheet, SekiCsv *csv, SekiHash *hash, GError **error)
{
        guint8 *block = seki_secret_get_data (sheet->block);
        gssize n;

        for (sheet->place = 0; (n = pread (sheet->fd, block, BLOCK, (off_t) sheet->place)) > 0;
             sheet->place += (guint64) n) {
                seki_hash_add (hash, block, (gsize) n);
                if (!seki_csv_feed (csv, seki_span (block, (gsize) n)))
                        return TRUE;
        }
        if (n < 0)
                return sheet_fail (sheet, errno, error);
        seki_csv_finish (csv);
        return TRUE;
}

/* The file is the one of the reading before, byte for byte. */
static gboolean
sheet_compare (SekiSheet *sheet, SekiHash *hash, GError **error)
{
        guint8 digest[SEKI_HASH_LEN];

        seki_hash_end (hash, digest);
        if (!sheet->digested)
                memcpy (sheet->digest, digest, sizeof digest);
        sheet->digested = TRUE;
        if (memcmp (sheet->digest, digest, sizeof digest) == 0)
                return TRUE;
        g_set_error (
                error, SEKI_ERROR, SEKI_ERROR_CONFLICT,
                _("“%s” was changed while it was read. Leave it alone and give the command again."),
                   sheet->path);
        return FALSE;
}

gboolean
seki_sheet_read (SekiSheet *sheet, SekiSheetEach each, gpointer user, GError **error)
{
        g_autoptr (SekiCsv) csv = seki_csv_new (sheet->charset, sheet_row, sheet);
        g_autoptr (SekiHash) hash = seki_hash_new ();

        sheet->each = each;
        sheet->user = user;
        sheet->n_columns = 0;
        sheet->ended = FALSE;
        seki_hash_begin (hash);
        if (!sheet_feed (sheet, csv, hash, error))
                return FALSE;
        if (sheet->error != NULL) {
                g_propagate_error (error, g_steal_pointer (&sheet->error));
                return FALSE;
        }
        if (sheet->ended)
                return TRUE;
        if (sheet->n_columns == 0) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_INVALID,
                             _("“%s” is empty. Its first row must name the fields."), sheet->path);
                return FALSE;
        }
        return sheet_compare (sheet, hash, error);
}

const guint8 *
seki_sheet_get_digest (SekiSheet *sheet)
{
        return sheet->digest;
}

guint64
seki_sheet_get_size (SekiSheet *sheet)
{
        return (guint64) sheet->info.st_size;
}

guint64
seki_sheet_get_place (SekiSheet *sheet)
{
        return sheet->place;
}

SekiCharset
seki_sheet_get_charset (SekiSheet *sheet)
{
        return sheet->charset;
}

gboolean
seki_sheet_has_field (SekiSheet *sheet, SekiField field)
{
        return (sheet->fields >> field & 1) != 0;
}
