/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/entry.h"

#include "base/clock.h"
#include "base/text.h"
#include "base/utf8.h"

#include <inttypes.h>

#define DIGEST_LEN 32

/* What stands behind a key. */
typedef enum { FIELD_UINT, FIELD_INT, FIELD_TEXT, FIELD_DIGEST, FIELD_RULES } FieldType;

typedef struct {
        FieldType type;
        gboolean required;
        gsize offset; /* in SekiEntry */
} Field;

#define FIELD(type, required, member)                                                              \
        {                                                                                          \
                type, required, G_STRUCT_OFFSET (SekiEntry, member)                                \
        }

static const Field fields[] = {
        FIELD (FIELD_UINT, TRUE, format),    FIELD (FIELD_INT, TRUE, time),
        FIELD (FIELD_TEXT, TRUE, act),       FIELD (FIELD_TEXT, FALSE, action),
        FIELD (FIELD_TEXT, FALSE, actor),    FIELD (FIELD_TEXT, FALSE, peer),
        FIELD (FIELD_TEXT, FALSE, message),  FIELD (FIELD_DIGEST, FALSE, subject),
        FIELD (FIELD_TEXT, FALSE, purpose),  FIELD (FIELD_TEXT, FALSE, basis),
        FIELD (FIELD_UINT, TRUE, permitted), FIELD (FIELD_TEXT, FALSE, reason),
        FIELD (FIELD_RULES, FALSE, rules),   FIELD (FIELD_DIGEST, FALSE, policy),
        FIELD (FIELD_DIGEST, FALSE, facts),  FIELD (FIELD_UINT, FALSE, count),
        FIELD (FIELD_TEXT, FALSE, detail),
};

#define KEY_COUNT 15

/* Writing. */

static gboolean
field_is_present (const SekiEntry *entry, const Field *field)
{
        gconstpointer member = G_STRUCT_MEMBER_P (entry, field->offset);

        if (field->required)
                return TRUE;
        if (field->type == FIELD_RULES)
                return entry->n_rules > 0;
        if (field->type == FIELD_UINT)
                return *(const guint64 *) member > 1;
        return ((const SekiSpan *) member)->data != NULL;
}

static void
rules_write (const SekiEntry *entry, SekiCborWriter *writer)
{
        seki_cbor_write_array (writer, entry->n_rules);
        for (guint i = 0; i < entry->n_rules; i++)
                seki_cbor_write_text (writer, entry->rules[i]);
}

static void
field_write (const SekiEntry *entry, const Field *field, SekiCborWriter *writer)
{
        gconstpointer member = G_STRUCT_MEMBER_P (entry, field->offset);

        switch (field->type) {
        case FIELD_UINT:
                seki_cbor_write_uint (writer, *(const guint64 *) member);
                break;
        case FIELD_INT:
                seki_cbor_write_int (writer, *(const gint64 *) member);
                break;
        case FIELD_TEXT:
                seki_cbor_write_text (writer, *(const SekiSpan *) member);
                break;
        case FIELD_DIGEST:
                g_assert (((const SekiSpan *) member)->len == DIGEST_LEN);
                seki_cbor_write_bytes (writer, *(const SekiSpan *) member);
                break;
        case FIELD_RULES:
                rules_write (entry, writer);
                break;
        }
}

void
seki_entry_write (const SekiEntry *entry, SekiCborWriter *writer)
{
        guint n_present = 0;

        g_assert (entry->n_rules <= SEKI_ENTRY_RULES);
        for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
                n_present += field_is_present (entry, &fields[i]);
        seki_cbor_write_map (writer, n_present);
        for (guint i = 0; i < G_N_ELEMENTS (fields); i++) {
                if (!field_is_present (entry, &fields[i]))
                        continue;
                seki_cbor_write_uint (writer, i);
                field_write (entry, &fields[i], writer);
        }
}

/* Reading. */

static gboolean
entry_fail (GError **error, const char *sentence)
{
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_INVALID,
                     _("A ledger entry can not be read: %s."), sentence);
        return FALSE;
}

static gboolean
rules_read (SekiCborReader *reader, SekiEntry *out_entry, GError **error)
{
        gsize n;

        if (!seki_cbor_read_array (reader, SEKI_ENTRY_RULES, &n, error))
                return FALSE;
        if (n == 0)
                return entry_fail (error,
                                   _("an empty list of rules stands where it would be left out"));
        for (gsize i = 0; i < n; i++)
                if (!seki_cbor_read_text (reader, &out_entry->rules[i], error))
                        return FALSE;
        out_entry->n_rules = (guint) n;
        return TRUE;
}

static gboolean
digest_read (SekiCborReader *reader, SekiSpan *out_digest, GError **error)
{
        if (!seki_cbor_read_bytes (reader, out_digest, error))
                return FALSE;
        return out_digest->len == DIGEST_LEN ||
               entry_fail (error, _("a digest is not of 32 bytes"));
}

static gboolean
field_read (SekiCborReader *reader, const Field *field, SekiEntry *out_entry, GError **error)
{
        gpointer member = G_STRUCT_MEMBER_P (out_entry, field->offset);

        switch (field->type) {
        case FIELD_UINT:
                return seki_cbor_read_uint (reader, member, error);
        case FIELD_INT:
                return seki_cbor_read_int (reader, member, error);
        case FIELD_TEXT:
                return seki_cbor_read_text (reader, member, error);
        case FIELD_DIGEST:
                return digest_read (reader, member, error);
        case FIELD_RULES:
                return rules_read (reader, out_entry, error);
        }
        g_assert_not_reached ();
}

/* Keys ascend as numbers, and so do their shortest encodings as bytes. */
static gboolean
key_read (SekiCborReader *reader, guint32 seen, guint64 *out_key, GError **error)
{
        if (!seki_cbor_read_uint (reader, out_key, error))
                return FALSE;
        if (*out_key >= G_N_ELEMENTS (fields))
                return entry_fail (error, _("it has a field this version does not know"));
        if (seen >> *out_key != 0)
                return entry_fail (error, _("its fields are not in order, or one occurs twice"));
        return TRUE;
}

static gboolean
entry_check (const SekiEntry *entry, guint32 seen, GError **error)
{
        for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
                if (fields[i].required && !(seen >> i & 1))
                        return entry_fail (error, _("a field that always stands is missing"));
        if (entry->format != SEKI_ENTRY_FORMAT)
                return entry_fail (
                        error,
                        _("it is of another format; use the version of sekisho that wrote it"));
        if (entry->permitted > 1)
                return entry_fail (error, _("it neither permits nor refuses"));
        if ((seen >> KEY_COUNT & 1) && entry->count < 2)
                return entry_fail (error, _("it counts acts where the count would be left out"));
        return TRUE;
}

gboolean
seki_entry_read (SekiSpan encoded, SekiEntry *out_entry, GError **error)
{
        SekiCborReader reader;
        guint32 seen = 0;
        guint64 key = 0;
        gsize n;

        *out_entry = (SekiEntry){ .count = 0 };
        if (encoded.len > SEKI_ENTRY_MAX) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_LIMIT,
                             _("A ledger entry has %zu bytes; at most %d are allowed."),
                             encoded.len, SEKI_ENTRY_MAX);
                return FALSE;
        }
        seki_cbor_reader_init (&reader, encoded);
        if (!seki_cbor_read_map (&reader, G_N_ELEMENTS (fields), &n, error))
                return FALSE;
        for (gsize i = 0; i < n; i++, seen |= 1u << key)
                if (!key_read (&reader, seen, &key, error) ||
                    !field_read (&reader, &fields[key], out_entry, error))
                        return FALSE;
        if (!seki_cbor_read_end (&reader, error) || !entry_check (out_entry, seen, error))
                return FALSE;
        out_entry->count = MAX (out_entry->count, 1);
        return TRUE;
}

/* Describing. */

/* Acts this version has a sentence for; another act is shown as it stands. */
static const struct {
        const char *act, *sentence;
} acts[] = {
        { "put", N_("stored a record") },    { "give", N_("gave a record") },
        { "send", N_("sent a record") },     { "hold", N_("noted a holding") },
        { "keep", N_("changed nothing") },   { "release", N_("ended a holding") },
        { "report", N_("reported a mismatch") },
        { "receipt", N_("took the receipt") },       { "cancel", N_("gave a message up") },
        { "reseal", N_("re-sealed a bucket") },      { "stranger", N_("turned a stranger away") },
        { "erase", N_("erased a record") },  { "refuse", N_("was refused") },
        { "start", N_("started the node") }, { "stop", N_("stopped the node") },
        { "witness", N_("saw a ledger contradict itself") },
};

static char *
text_dup (SekiSpan text)
{
        g_autoptr (GString) clean = g_string_new (NULL);
        g_autofree char *valid = g_utf8_make_valid ((const char *) text.data, (gssize) text.len);

        for (const char *at = valid; *at != '\0'; at = g_utf8_next_char (at)) {
                gunichar c = g_utf8_get_char (at);
                char one[8] = { 0 };

                gint len = g_unichar_to_utf8 (c, one);
                if (seki_utf8_scan (seki_span (one, (gsize) len)) == SEKI_UTF8_CLEAN)
                        g_string_append (clean, one);
                else
                        g_string_append_unichar (clean, 0xfffd);
        }
        return g_string_free (g_steal_pointer (&clean), FALSE);
}

static char *
act_dup (SekiSpan act)
{
        for (guint i = 0; i < G_N_ELEMENTS (acts); i++)
                if (seki_span_is (act, acts[i].act))
                        return g_strdup (_(acts[i].sentence));
        return text_dup (act);
}

/* Appends sentence, which has one %s, if there is such text. */
static void
part_append (GString *line, const char *sentence, SekiSpan text)
{
        if (text.data == NULL)
                return;
        g_autofree char *clean = text_dup (text);
        g_auto (GStrv) around = g_strsplit (sentence, "%s", 2);
        g_string_append_printf (line, "%s%s%s", around[0], clean,
                                around[1] != NULL ? around[1] : "");
}

static void
rules_append (GString *line, const SekiEntry *entry)
{
        for (guint i = 0; i < entry->n_rules; i++)
                part_append (line, i == 0 ? _(", by rule %s") : ", %s", entry->rules[i]);
}

char *
seki_entry_describe (const SekiEntry *entry)
{
        g_autofree char *act = act_dup (entry->act);
        GString *line = g_string_new (NULL);
        char time[26];

        seki_time_format (entry->time, time);
        g_string_append_printf (line, "%s ", time);
        part_append (line, _("%s "),
                     entry->actor.data != NULL ? entry->actor : seki_span_text (_("the node")));
        g_string_append (line, act);
        part_append (line,
                     seki_span_is (entry->act, "send") || seki_span_is (entry->act, "give")
                             ? _(" to %s")
                             : _(" with %s"),
                     entry->peer);
        part_append (line, _(", action %s"), entry->action);
        part_append (line, _(", message %s"), entry->message);
        part_append (line, _(", purpose %s"), entry->purpose);
        part_append (line, _(", basis %s"), entry->basis);
        if (!entry->permitted)
                g_string_append (line, _(", refused"));
        part_append (line, _(", reason %s"), entry->reason);
        rules_append (line, entry);
        if (entry->count > 1)
                g_string_append_printf (line, _(", %" PRIu64 " times"), entry->count);
        part_append (line, ": %s", entry->detail);
        return g_string_free (line, FALSE);
}
