/* SPDX-License-Identifier: Apache-2.0 */
/* Effects: the small things every role does, so that roles hold only the law.
 * Everything is inline and without state; what an effect points to is copied
 * into the memory of the effects. */
#pragma once

#include <sekisho/role.h>

G_BEGIN_DECLS

/* Longest value a role takes from a message, in bytes. */
#define SEKI_VALUE_BYTES_MAX 4096u

#define SEKI_BIT(field) (1u << (field))
/* Who a person is; the number apart. */
#define SEKI_PERSON_FIELDS                                                                \
        (SEKI_BIT (SEKI_FIELD_CODE) | SEKI_BIT (SEKI_FIELD_KANA) | SEKI_BIT (SEKI_FIELD_NAME) | \
         SEKI_BIT (SEKI_FIELD_BIRTH) | SEKI_BIT (SEKI_FIELD_ADDRESS))

static inline void
seki_effects_answer (SekiEffects *effects, guint32 subject, const char *reason)
{
        SekiEffect effect = { .kind = SEKI_EFFECT_ANSWER, .subject = subject, .reason = reason };
        effect.verdict = reason[0] == '\0' ? SEKI_PERMIT : SEKI_DENY;
        effects->add (effects, &effect);
}

static inline void
seki_effects_put (SekiEffects *effects, guint32 subject, const SekiRecord *record,
                  SekiNumberEdit number)
{
        SekiEffect effect = { .kind = SEKI_EFFECT_PUT, .subject = subject, .number = number,
                              .record = record };
        effects->add (effects, &effect);
}

/* The subject's stored record goes into the answer; other: one of its `same` instead. */
static inline void
seki_effects_give (SekiEffects *effects, guint32 subject, gboolean number, const SekiRecord *other)
{
        SekiEffect effect = { .kind = SEKI_EFFECT_GIVE, .subject = subject, .number = number,
                              .other = other };
        effects->add (effects, &effect);
}

/* Purpose and basis of the call travel along; reply as in SekiEffect. */
static inline void
seki_effects_send (SekiEffects *effects, guint32 subject, const char *to, const char *action,
                   const SekiRecord *record, gboolean number, const char *reply)
{
        SekiEffect effect = { .kind = SEKI_EFFECT_SEND, .subject = subject, .number = number,
                              .record = record, .to = to, .action = action, .reply = reply };
        effects->add (effects, &effect);
}

static inline gboolean
seki_record_has (const SekiRecord *record, SekiField field)
{
        return record->field[field].data != NULL;
}

/* Whether all needed fields are there and nothing present is empty, too long
 * or an account code of a wrong length.  The core has checked the rest. */
static inline gboolean
seki_record_is_sound (const SekiRecord *record, guint32 needed)
{
        for (guint f = 0; f < SEKI_FIELD_COUNT; f++) {
                SekiSpan value = record->field[f];
                gboolean code = f == SEKI_FIELD_CODE || f == SEKI_FIELD_TO_CODE;
                if (value.data == NULL && (needed & SEKI_BIT (f)) == 0)
                        continue;
                if (value.len == 0 || value.len > SEKI_VALUE_BYTES_MAX || (code && value.len != 21))
                        return FALSE;
        }
        return TRUE;
}

/* Whether a and b differ in any of fields. */
static inline gboolean
seki_record_differs (const SekiRecord *a, const SekiRecord *b, guint32 fields)
{
        for (guint f = 0; f < SEKI_FIELD_COUNT; f++)
                if ((fields & SEKI_BIT (f)) != 0 && !seki_span_equal (a->field[f], b->field[f]))
                        return TRUE;
        return FALSE;
}

/* A copy of base, whole, over which the fields of change that are present and
 * in fields were laid.  Either may be NULL.  Lives with the effects, owns its
 * bytes, holds no number.  NULL when the effects have no memory left. */
static inline SekiRecord *
seki_record_merge (SekiEffects *effects, const SekiRecord *base, const SekiRecord *change,
                   guint32 fields)
{
        SekiRecord from = { { SEKI_SPAN_NONE } };
        gsize bytes = 0;

        for (guint f = 0; f < SEKI_FIELD_COUNT; f++) {
                if (base != NULL)
                        from.field[f] = base->field[f];
                if (change != NULL && (fields & SEKI_BIT (f)) != 0 && change->field[f].data != NULL)
                        from.field[f] = change->field[f];
                if (f == SEKI_FIELD_NUMBER)
                        from.field[f] = SEKI_SPAN_NONE;
                bytes += from.field[f].len;
        }
        SekiRecord *record = (SekiRecord *) effects->alloc (effects, sizeof *record + bytes + 1);
        if (record == NULL)
                return NULL;
        guint8 *end = (guint8 *) (record + 1);
        for (guint f = 0; f < SEKI_FIELD_COUNT; f++) {
                if (from.field[f].data == NULL)
                        continue;
                memcpy (end, from.field[f].data, from.field[f].len);
                record->field[f] = seki_span (end, from.field[f].len);
                end += from.field[f].len;
        }
        return record;
}

/* One entry of the field "given".  The list is ENTRY *("," ENTRY), an entry
 *     ID          the institution ID received the record from us, under the same code
 *     ID:CODE     it received the record under its own account code CODE (account transfer)
 *     <ID         we received the record from ID, who may correct it */
typedef struct {
        gboolean from;
        SekiSpan id;
        SekiSpan code;                  /* absent if the same */
} SekiGiven;

/* Takes the next entry off *rest; FALSE at the end. */
static inline gboolean
seki_given_next (SekiSpan *rest, SekiGiven *out_entry)
{
        if (rest->data == NULL || rest->len == 0)
                return FALSE;
        const guint8 *start = rest->data;
        const guint8 *comma = (const guint8 *) memchr (start, ',', rest->len);
        gsize len = comma != NULL ? (gsize) (comma - start) : rest->len;
        gsize skip = comma != NULL ? len + 1 : len;
        *rest = seki_span (start + skip, rest->len - skip);

        out_entry->from = len > 0 && start[0] == '<';
        gsize sign = out_entry->from ? 1 : 0;
        const guint8 *colon = (const guint8 *) memchr (start, ':', len);
        gsize id_end = colon != NULL ? (gsize) (colon - start) : len;
        out_entry->id = seki_span (start + sign, id_end - sign);
        out_entry->code = colon != NULL ? seki_span (colon + 1, len - id_end - 1) : SEKI_SPAN_NONE;
        return TRUE;
}

static inline gboolean
seki_given_has (SekiSpan given, gboolean from, const char *id, SekiSpan code)
{
        SekiGiven entry;
        while (seki_given_next (&given, &entry))
                if (entry.from == from && seki_span_is (entry.id, id) &&
                    seki_span_equal (entry.code, code))
                        return TRUE;
        return FALSE;
}

/* The list with the entry in it, once.  Absent when there is no memory left. */
static inline SekiSpan
seki_given_add (SekiEffects *effects, SekiSpan given, gboolean from, const char *id, SekiSpan code)
{
        if (seki_given_has (given, from, id, code))
                return given;
        gsize id_len = strlen (id);
        guint8 *list = (guint8 *) effects->alloc (effects, given.len + id_len + code.len + 3);
        guint8 *end = list;
        if (list == NULL)
                return SEKI_SPAN_NONE;
        if (given.len > 0) {
                memcpy (end, given.data, given.len);
                end += given.len;
                *end++ = ',';
        }
        if (from)
                *end++ = '<';
        memcpy (end, id, id_len);
        end += id_len;
        if (code.data != NULL) {
                *end++ = ':';
                memcpy (end, code.data, code.len);
                end += code.len;
        }
        return seki_span (list, (gsize) (end - list));
}

/* Whether the record came from the institution id. */
static inline gboolean
seki_stored_is_from (const SekiStored *stored, const char *id)
{
        return stored->record != NULL &&
               seki_given_has (stored->record->field[SEKI_FIELD_GIVEN], TRUE, id, SEKI_SPAN_NONE);
}

/* The institution of the profile with this id, NULL if there is none; never ourselves. */
static inline const SekiParty *
seki_call_peer (const SekiCall *call, SekiSpan id)
{
        for (const SekiParty *const *p = call->peers; p != NULL && *p != NULL; p++)
                if (seki_span_is (id, (*p)->id) && strcmp ((*p)->id, call->self->id) != 0)
                        return *p;
        return NULL;
}

/* The next institution with one of roles that the message is meant for: the one
 * it names, or all of the profile.  *place starts at 0; NULL at the end. */
static inline const SekiParty *
seki_call_receiver (const SekiCall *call, guint32 roles, guint *place)
{
        for (; call->peers != NULL && call->peers[*place] != NULL; (*place)++) {
                const SekiParty *peer = call->peers[*place];
                if ((peer->roles & roles) != 0 && strcmp (peer->id, call->self->id) != 0 &&
                    (call->to.data == NULL || seki_span_is (call->to, peer->id))) {
                        (*place)++;
                        return peer;
                }
        }
        return NULL;
}

G_END_DECLS
