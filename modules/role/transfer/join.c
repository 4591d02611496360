/* SPDX-License-Identifier: Apache-2.0 */
/* Name aggregation (F4): by number, kana name and birth date. */
#include "transfer.h"

/* Hiragana as katakana, small kana as large, any stroke as the long-vowel mark:
 * much data can not tell them apart. */
static gunichar
letter_fold (gunichar letter)
{
        static const gunichar small[] = { 0x30a1, 0x30a3, 0x30a5, 0x30a7, 0x30a9, 0x30c3,
                                          0x30e3, 0x30e5, 0x30e7, 0x30ee };

        if (letter >= 0x3041 && letter <= 0x3096)
                letter += 0x60;
        for (guint i = 0; i < G_N_ELEMENTS (small); i++)
                if (letter == small[i])
                        return letter + 1;
        if (letter == '-' || letter == 0x2212 || (letter >= 0x2010 && letter <= 0x2015))
                return 0x30fc;
        return letter;
}

/* Width, spaces and the kind of kana are not part of a reading.  NULL when the
 * text is not UTF-8. */
static char *
kana_fold (SekiSpan kana)
{
        g_autofree char *wide = g_utf8_normalize ((const char *) kana.data, (gssize) kana.len,
                                                  G_NORMALIZE_ALL_COMPOSE);
        if (wide == NULL)
                return NULL;
        GString *folded = g_string_sized_new (kana.len);
        for (const char *c = wide; *c != '\0'; c = g_utf8_next_char (c)) {
                gunichar letter = g_utf8_get_char (c);
                if (!g_unichar_isspace (letter))
                        g_string_append_unichar (folded, letter_fold (letter));
        }
        return g_string_free (folded, FALSE);
}

static gboolean
kana_is_same (SekiSpan a, SekiSpan b)
{
        if (a.data == NULL || b.data == NULL)
                return FALSE;
        if (seki_span_equal (a, b))
                return TRUE;
        g_autofree char *left = kana_fold (a);
        g_autofree char *right = kana_fold (b);
        return left != NULL && right != NULL && strcmp (left, right) == 0;
}

gboolean
join_is_person (const SekiRecord *a, const SekiRecord *b, SekiNumberKind number)
{
        SekiSpan birth = a->field[SEKI_FIELD_BIRTH];
        /* Only a corporation has none; a person without one is not known to be the same. */
        if (birth.data == NULL && number != SEKI_NUMBER_CORPORATE)
                return FALSE;
        return seki_span_equal (birth, b->field[SEKI_FIELD_BIRTH]) &&
               kana_is_same (a->field[SEKI_FIELD_KANA], b->field[SEKI_FIELD_KANA]);
}

static gboolean
mismatch_report (guint32 subject, const char *report, const SekiRecord *record,
                 const SekiRecord *other, SekiEffects *effects)
{
        const SekiRecord *copy = seki_record_merge (effects, other, NULL, 0);
        if (copy != NULL)
                report_line (effects, subject, report, record, copy);
        return copy != NULL;
}

gboolean
join_report (const SekiCall *call, guint32 i, const SekiRecord *record, SekiEffects *effects)
{
        const SekiSubject *subject = &call->subjects[i];
        SekiNumberKind number = subject->number != SEKI_NUMBER_NONE ? subject->number
                                                                    : subject->stored.number;

        for (gsize k = 0; k < subject->n_same; k++)
                if (!join_is_person (record, subject->same[k].record, number) &&
                    !mismatch_report (i, "mismatch", record, subject->same[k].record, effects))
                        return FALSE;
        for (gsize k = 0; k < subject->n_alike; k++)
                if (number != SEKI_NUMBER_NONE && subject->alike[k].number != SEKI_NUMBER_NONE &&
                    !mismatch_report (i, "mismatch-number", record, subject->alike[k].record,
                                      effects))
                        return FALSE;
        return TRUE;
}
