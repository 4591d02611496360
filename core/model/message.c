/* SPDX-License-Identifier: Apache-2.0 */
#include "model/message.h"

#include "base/text.h"
#include "base/utf8.h"

#define WIRE_FIELDS (SEKI_RECORD_ALL & ~(1u << SEKI_FIELD_GIVEN))

#define FAULT_KEY N_("the key before it is none that such a message has")
#define FAULT_ID N_("the message id is not 8 to 64 of A-Z a-z 0-9 . _ -")
#define FAULT_TEXT N_("the text before it is too long or holds control characters")
#define FAULT_MISSING N_("\"id\" or \"records\" is missing before it")
#define FAULT_RECEIPT N_("the receipt before it is not a lane, a leaf of 32 bytes and an index")
#define FAULT_GRANT N_("an answer to a record is true, a reason or a record")
#define FAULT_MEMORY N_("there are more records than memory for one message")

static gboolean
id_is_valid (SekiSpan id)
{
        if (id.len < 8 || id.len > 64)
                return FALSE;
        for (gsize i = 0; i < id.len; i++)
                if (!g_ascii_isalnum (id.data[i]) && strchr ("._-", id.data[i]) == NULL)
                        return FALSE;
        return TRUE;
}

static gboolean
read_id (SekiCborReader *reader, SekiSpan *out_id, GError **error)
{
        if (!seki_cbor_read_text (reader, out_id, error))
                return FALSE;
        return id_is_valid (*out_id) || seki_cbor_fail (reader, FAULT_ID, error);
}

/* A text of one line. */
static gboolean
read_line (SekiCborReader *reader, gsize limit, SekiSpan *out_text, GError **error)
{
        if (!seki_cbor_read_text (reader, out_text, error))
                return FALSE;
        if (out_text->len > limit || seki_utf8_scan (*out_text) != SEKI_UTF8_CLEAN)
                return seki_cbor_fail (reader, FAULT_TEXT, error);
        return TRUE;
}

static gboolean
read_checkpoint (SekiCborReader *reader, SekiSpan *out_text, GError **error)
{
        if (!seki_cbor_read_text (reader, out_text, error))
                return FALSE;
        return out_text->len <= SEKI_MESSAGE_CHECKPOINT_MAX ||
                seki_cbor_fail (reader, FAULT_TEXT, error);
}

/* The head of a list of records, with room for them.  Each takes a byte at
 * least, so a count alone can not make us allocate. */
static gpointer
read_list (SekiCborReader *reader, SekiArena *arena, gsize size, gsize *out_n, GError **error)
{
        if (!seki_cbor_read_array (reader, SEKI_MESSAGE_RECORDS_MAX, out_n, error))
                return NULL;
        gpointer list = *out_n <= reader->len - reader->pos
                ? seki_arena_alloc (arena, *out_n * size) : NULL;
        if (list == NULL)
                seki_cbor_fail (reader, FAULT_MEMORY, error);
        return list;
}

static gboolean
read_items (SekiCborReader *reader, SekiArena *arena, SekiMessage *message, GError **error)
{
        message->items = read_list (reader, arena, sizeof (SekiItem), &message->n_items, error);
        if (message->items == NULL)
                return FALSE;
        for (gsize i = 0; i < message->n_items; i++) {
                SekiItem *item = &message->items[i];
                if (!seki_record_read (reader, &item->record, error))
                        return FALSE;
                item->fault = seki_record_check (&item->record, &item->number);
        }
        return TRUE;
}

static gboolean
message_read_member (SekiCborReader *reader, SekiArena *arena, SekiSpan key, SekiMessage *message,
                     GError **error)
{
        if (seki_span_is (key, "id"))
                return read_id (reader, &message->id, error);
        if (seki_span_is (key, "to"))
                return read_line (reader, SEKI_MESSAGE_TO_MAX, &message->to, error);
        if (seki_span_is (key, "basis"))
                return read_line (reader, SEKI_MESSAGE_BASIS_MAX, &message->basis, error);
        if (seki_span_is (key, "purpose"))
                return read_line (reader, SEKI_MESSAGE_PURPOSE_MAX, &message->purpose, error);
        if (seki_span_is (key, "records"))
                return read_items (reader, arena, message, error);
        if (seki_span_is (key, "checkpoint"))
                return read_checkpoint (reader, &message->checkpoint, error);
        return seki_cbor_fail (reader, FAULT_KEY, error);
}

gboolean
seki_message_read (SekiSpan body, SekiArena *arena, SekiMessage *out_message, GError **error)
{
        SekiCborReader reader;
        SekiSpan key = SEKI_SPAN_NONE;
        gsize n;
        *out_message = (SekiMessage){ 0 };
        seki_cbor_reader_init (&reader, body);
        if (!seki_cbor_read_map (&reader, 6, &n, error))
                return FALSE;
        out_message->content = seki_span (body.data + reader.pos, body.len - reader.pos);
        for (gsize i = 0; i < n; i++) {
                gsize before = reader.pos;

                if (!seki_cbor_read_key (&reader, &key, error) ||
                    !message_read_member (&reader, arena, key, out_message, error))
                        return FALSE;
                /* The checkpoint sorts last and differs between tries of one message. */
                if (seki_span_is (key, "checkpoint"))
                        out_message->content.len =
                                before - (gsize) (out_message->content.data - body.data);
        }
        if (out_message->id.data == NULL || out_message->items == NULL)
                return seki_cbor_fail (&reader, FAULT_MISSING, error);
        return seki_cbor_read_end (&reader, error);
}

static void
write_member (SekiCborWriter *writer, const char *key, SekiSpan text)
{
        if (text.data == NULL)
                return;
        seki_cbor_write_literal (writer, key);
        seki_cbor_write_text (writer, text);
}

void
seki_message_write (const SekiMessage *message, SekiCborWriter *writer)
{
        const SekiSpan optional[] =
                { message->to, message->basis, message->purpose, message->checkpoint };
        guint n = 2;
        for (guint i = 0; i < G_N_ELEMENTS (optional); i++)
                n += optional[i].data != NULL;
        seki_cbor_write_map (writer, n);
        write_member (writer, "id", message->id);
        write_member (writer, "to", message->to);
        write_member (writer, "basis", message->basis);
        write_member (writer, "purpose", message->purpose);
        seki_cbor_write_literal (writer, "records");
        seki_cbor_write_array (writer, message->n_items);
        for (gsize i = 0; i < message->n_items; i++)
                seki_record_write (&message->items[i].record, WIRE_FIELDS, writer);
        write_member (writer, "checkpoint", message->checkpoint);
}

/* Answers. */

static gboolean
read_sentence (SekiCborReader *reader, SekiArena *arena, const char **out_text, GError **error)
{
        SekiSpan text;
        if (!read_line (reader, SEKI_MESSAGE_SENTENCE_MAX, &text, error))
                return FALSE;
        *out_text = seki_arena_text (arena, text);
        return *out_text != NULL || seki_cbor_fail (reader, FAULT_MEMORY, error);
}

static gboolean
read_receipt (SekiCborReader *reader, SekiReceipt *out_receipt, GError **error)
{
        SekiSpan key = SEKI_SPAN_NONE, leaf = SEKI_SPAN_NONE;
        guint64 lane = 0;
        gsize n;
        if (!seki_cbor_read_map (reader, 3, &n, error))
                return FALSE;
        for (gsize i = 0; i < n; i++) {
                if (!seki_cbor_read_key (reader, &key, error))
                        return FALSE;
                if (seki_span_is (key, "lane") ? !seki_cbor_read_uint (reader, &lane, error)
                    : seki_span_is (key, "leaf") ? !seki_cbor_read_bytes (reader, &leaf, error)
                    : seki_span_is (key, "index")
                            ? !seki_cbor_read_uint (reader, &out_receipt->index, error)
                    : !seki_cbor_fail (reader, FAULT_KEY, error))
                        return FALSE;
        }
        if (n != 3 || lane > G_MAXUINT16 || leaf.len != sizeof out_receipt->leaf)
                return seki_cbor_fail (reader, FAULT_RECEIPT, error);
        out_receipt->lane = (guint16) lane;
        memcpy (out_receipt->leaf, leaf.data, leaf.len);
        return TRUE;
}

static gboolean
read_verdict_record (SekiCborReader *reader, SekiArena *arena, SekiVerdictItem *item,
                     GError **error)
{
        SekiRecord *record = seki_arena_alloc (arena, sizeof *record);
        if (record == NULL)
                return seki_cbor_fail (reader, FAULT_MEMORY, error);
        if (!seki_record_read (reader, record, error))
                return FALSE;
        for (guint i = 0; i < SEKI_FIELD_COUNT; i++)
                item->fields |= (guint32) (record->field[i].data != NULL) << i;
        item->record = record;
        return TRUE;
}

/* Whole batches are refused for one reason: the text of the item before is
 * taken again if it is the same. */
static gboolean
read_verdict_reason (SekiCborReader *reader, SekiArena *arena, const char *before,
                     SekiVerdictItem *item, GError **error)
{
        SekiSpan text;
        if (!read_line (reader, SEKI_MESSAGE_SENTENCE_MAX, &text, error))
                return FALSE;
        gboolean same = before != NULL && seki_span_is (text, before);
        item->reason = same ? before : seki_arena_text (arena, text);
        return item->reason != NULL || seki_cbor_fail (reader, FAULT_MEMORY, error);
}

/* Several records for one: as many maps, at least two. */
static gboolean
read_verdict_records (SekiCborReader *reader, SekiArena *arena, SekiVerdictItem *item,
                      GError **error)
{
        gsize n;
        if (!seki_cbor_read_array (reader, SEKI_MESSAGE_RECORDS_MAX, &n, error))
                return FALSE;
        if (n < 2)
                return seki_cbor_fail (reader, FAULT_GRANT, error);
        for (gsize i = 0; i < n; i++) {
                if (i > 0) {
                        item->more = seki_arena_alloc (arena, sizeof *item);
                        if (item->more == NULL)
                                return seki_cbor_fail (reader, FAULT_MEMORY, error);
                        item = item->more;
                }
                if (!read_verdict_record (reader, arena, item, error))
                        return FALSE;
        }
        return TRUE;
}

static gboolean
read_verdict (SekiCborReader *reader, SekiArena *arena, const char *before, SekiVerdictItem *item,
              GError **error)
{
        gboolean granted;
        switch (seki_cbor_peek (reader)) {
        case SEKI_CBOR_MAP:
                return read_verdict_record (reader, arena, item, error);
        case SEKI_CBOR_ARRAY:
                return read_verdict_records (reader, arena, item, error);
        case SEKI_CBOR_TEXT:
                return read_verdict_reason (reader, arena, before, item, error);
        default:
                if (!seki_cbor_read_bool (reader, &granted, error))
                        return FALSE;
                return granted || seki_cbor_fail (reader, FAULT_GRANT, error);
        }
}

gboolean
seki_answer_read_items (SekiCborReader *reader, SekiArena *arena, SekiAnswer *answer,
                        GError **error)
{
        const char *before = NULL;
        answer->items = read_list (reader, arena, sizeof (SekiVerdictItem), &answer->n_items,
                                   error);
        if (answer->items == NULL)
                return FALSE;
        for (gsize i = 0; i < answer->n_items; i++) {
                if (!read_verdict (reader, arena, before, &answer->items[i], error))
                        return FALSE;
                before = answer->items[i].reason;
        }
        return TRUE;
}

static gboolean
answer_read_member (SekiCborReader *reader, SekiArena *arena, SekiSpan key, SekiAnswer *answer,
                    GError **error)
{
        if (seki_span_is (key, "id"))
                return read_id (reader, &answer->id, error);
        if (seki_span_is (key, "error"))
                return read_sentence (reader, arena, &answer->error, error);
        if (seki_span_is (key, "reason"))
                return read_sentence (reader, arena, &answer->reason, error);
        if (seki_span_is (key, "receipt"))
                return answer->has_receipt = read_receipt (reader, &answer->receipt, error);
        if (seki_span_is (key, "records"))
                return seki_answer_read_items (reader, arena, answer, error);
        if (seki_span_is (key, "checkpoint"))
                return read_checkpoint (reader, &answer->checkpoint, error);
        return seki_cbor_fail (reader, FAULT_KEY, error);
}

gboolean
seki_answer_read (SekiSpan body, SekiArena *arena, SekiAnswer *out_answer, GError **error)
{
        SekiCborReader reader;
        SekiSpan key = SEKI_SPAN_NONE;
        gsize n;
        *out_answer = (SekiAnswer){ 0 };
        seki_cbor_reader_init (&reader, body);
        if (!seki_cbor_read_map (&reader, 6, &n, error))
                return FALSE;
        for (gsize i = 0; i < n; i++)
                if (!seki_cbor_read_key (&reader, &key, error) ||
                    !answer_read_member (&reader, arena, key, out_answer, error))
                        return FALSE;
        if (out_answer->id.data == NULL && out_answer->error == NULL && out_answer->reason == NULL)
                return seki_cbor_fail (&reader, FAULT_MISSING, error);
        return seki_cbor_read_end (&reader, error);
}

/* Sentences may quote anything, a line of a script for one, and an answer must
 * not become unreadable by that: controls become spaces, the end is cut. */
static void
write_sentence (SekiCborWriter *writer, const char *text)
{
        char line[SEKI_MESSAGE_SENTENCE_MAX];
        gsize len = 0;
        if (strlen (text) <= sizeof line &&
            seki_utf8_scan (seki_span_text (text)) == SEKI_UTF8_CLEAN) {
                seki_cbor_write_literal (writer, text);
                return;
        }
        for (const char *next; *text != '\0'; text = next) {
                gunichar c = g_utf8_get_char_validated (text, -1);
                next = (gint32) c < 0 ? text + 1 : g_utf8_next_char (text);
                gsize n = (gsize) (next - text);
                gboolean clean = (gint32) c >= 0 &&
                        seki_utf8_scan (seki_span (text, n)) == SEKI_UTF8_CLEAN;
                if (len + n > sizeof line)
                        break;
                memcpy (line + len, clean ? text : " ", clean ? n : 1);
                len += clean ? n : 1;
        }
        seki_cbor_write_text (writer, seki_span (line, len));
}

static void
write_sentence_member (SekiCborWriter *writer, const char *key, const char *text)
{
        if (text == NULL)
                return;
        seki_cbor_write_literal (writer, key);
        write_sentence (writer, text);
}

static void
write_receipt (const SekiReceipt *receipt, SekiCborWriter *writer)
{
        seki_cbor_write_literal (writer, "receipt");
        seki_cbor_write_map (writer, 3);
        seki_cbor_write_literal (writer, "lane");
        seki_cbor_write_uint (writer, receipt->lane);
        seki_cbor_write_literal (writer, "leaf");
        seki_cbor_write_bytes (writer, seki_span (receipt->leaf, sizeof receipt->leaf));
        seki_cbor_write_literal (writer, "index");
        seki_cbor_write_uint (writer, receipt->index);
}

static void
write_verdict (const SekiVerdictItem *item, SekiCborWriter *writer)
{
        gsize n = 0;
        if (item->reason != NULL) {
                write_sentence (writer, item->reason);
                return;
        }
        if (item->record == NULL) {
                seki_cbor_write_bool (writer, TRUE);
                return;
        }
        for (const SekiVerdictItem *each = item; each != NULL; each = each->more)
                n++;
        if (n > 1)
                seki_cbor_write_array (writer, n);
        for (; item != NULL; item = item->more)
                seki_record_write (item->record, item->fields & WIRE_FIELDS, writer);
}

void
seki_answer_write (const SekiAnswer *answer, SekiCborWriter *writer)
{
        guint n = (answer->id.data != NULL) + (answer->checkpoint.data != NULL);
        n += (guint) (answer->error != NULL) + (answer->reason != NULL);
        n += (guint) (answer->has_receipt != FALSE) + (answer->items != NULL);
        seki_cbor_write_map (writer, n);
        write_member (writer, "id", answer->id);
        write_sentence_member (writer, "error", answer->error);
        write_sentence_member (writer, "reason", answer->reason);
        if (answer->has_receipt)
                write_receipt (&answer->receipt, writer);
        if (answer->items != NULL) {
                seki_cbor_write_literal (writer, "records");
                seki_cbor_write_array (writer, answer->n_items);
                for (gsize i = 0; i < answer->n_items; i++)
                        write_verdict (&answer->items[i], writer);
        }
        write_member (writer, "checkpoint", answer->checkpoint);
}
