/* SPDX-License-Identifier: Apache-2.0 */
/* Role: what an institution of one kind does with a message.
 *
 * A role is a pure function from a call to effects.  The core has looked up
 * what the action declares it needs, asks the gate before the call and again
 * for each effect, and performs the effects; the role performs nothing.  The
 * law's own limits (domain.md 1.1, 1.2) are preconditions inside roles (D14).
 *
 * Numbers stay in the core: a role works on handles and is lent the number
 * part only if its descriptor says needs_number and the profile grants it. */
#pragma once

#include <sekisho/party.h>
#include <sekisho/record.h>

G_BEGIN_DECLS

/* What the core looks up for each record of a message, beforehand. */
typedef enum {
        SEKI_LOAD_NONE = 0,
        SEKI_LOAD_CODE = 1 << 0,        /* the stored record under its code */
        SEKI_LOAD_NUMBER = 1 << 1,      /* other stored records with the same number */
        SEKI_LOAD_HOLDER = 1 << 2,      /* whether (issue, code) is a known holding */
        SEKI_LOAD_PERSON = 1 << 3,      /* other records of the same name, kana, birth, folded */
} SekiLoad;

typedef enum {
        SEKI_ACTION_READS = 1 << 0,     /* the answer may carry records */
        SEKI_ACTION_WRITES = 1 << 1,    /* may change the store; else such effects are refused */
        SEKI_ACTION_NUMBER = 1 << 2,    /* a record without a number is refused as malformed */
} SekiActionFlags;

/* One action; an array ends with a NULL name.  Names are ROLE.VERB. */
typedef struct {
        const char *name;
        guint32 callers;                /* SekiCallerSet: others are refused before the gate */
        guint32 peer_roles;             /* NODE, REPLY callers: one of these roles; 0: any */
        guint32 loads;                  /* SekiLoad */
        guint32 flags;                  /* SekiActionFlags */
        guint32 fields;                 /* bit per SekiField that each record must have */
        const char *label_en;
        const char *label_ja;
} SekiAction;

/* A stored record.  The number field of record is always absent unless granted. */
typedef struct {
        const SekiRecord *record;
        SekiNumberKind number;          /* whether it has one, and which kind */
} SekiStored;

/* One record of a message and what the store holds about it. */
typedef struct {
        const SekiRecord *given;        /* as sent */
        SekiNumberKind number;          /* of the number sent */
        gboolean same_number;           /* stored has a number and it equals the number sent */
        SekiStored stored;              /* record NULL: no record under this code */
        const SekiStored *same;         /* SEKI_LOAD_NUMBER: others with this number */
        gsize n_same;
        const SekiStored *alike;        /* SEKI_LOAD_PERSON: this person, another number */
        gsize n_alike;
        gboolean holds;                 /* SEKI_LOAD_HOLDER */
        const char *verdict;            /* REPLY callers: the peer's reason, "" if granted */
} SekiSubject;

/* A message to a role; lent until handle returns. */
typedef struct {
        const SekiAction *action;
        const SekiParty *caller;
        const SekiParty *self;
        const SekiParty *const *peers;  /* institutions of the profile, NULL-terminated */
        SekiSpan purpose;               /* "P02"; absent if none was named */
        SekiSpan basis;                 /* legal basis, as data */
        SekiSpan to;                    /* institution id of the receiver; absent if none */
        gint64 now;                     /* microseconds since the epoch */
        const SekiSubject *subjects;
        gsize n_subjects;
} SekiCall;

typedef enum {
        SEKI_EFFECT_ANSWER,     /* verdict and reason for one record; without one: refused */
        SEKI_EFFECT_PUT,        /* store record (all but the number) under the subject's code */
        SEKI_EFFECT_HOLD,       /* remember the holding (issue, code) of the subject */
        SEKI_EFFECT_RELEASE,    /* forget that holding */
        SEKI_EFFECT_ERASE,      /* erase the subject's stored record, finally (D11) */
        SEKI_EFFECT_GIVE,       /* put the subject's stored record into the answer */
        SEKI_EFFECT_SEND,       /* add the record to the message action for party to */
        SEKI_EFFECT_REPORT,     /* write a line into a report of the register, kept until read */
} SekiEffectKind;

/* What happens to the number of a record that is put. */
typedef enum {
        SEKI_NUMBER_KEEP,       /* as stored; none if nothing is stored */
        SEKI_NUMBER_TAKE,       /* the one sent with the subject */
        SEKI_NUMBER_DROP,       /* erased */
} SekiNumberEdit;

typedef struct {
        guint32 kind;                   /* a SekiEffectKind */
        guint32 subject;                /* index into subjects */
        guint32 verdict;                /* ANSWER: a SekiVerdict */
        guint32 number;                 /* PUT: a SekiNumberEdit; GIVE, SEND: 1 with it */
        const char *reason;             /* ANSWER: id of a declared reason, "" when
                                         * permitted.  REPORT: the report's name */
        const SekiRecord *record;       /* PUT, SEND: fields; NULL in SEND: as will be
                                         * stored after this call */
        const char *to;                 /* SEND: institution id */
        const char *action;             /* SEND: its action */
        const SekiRecord *other;        /* REPORT: the second record of a mismatch; NULL if none.
                                         * GIVE: one of `same`, given instead of the stored one */
        const char *reply;              /* SEND: own action handed the answer as a REPLY call;
                                         * NULL: the answer is only recorded */
} SekiEffect;

/* Where handle puts effects.  alloc lends zeroed memory that lives until the
 * effects were performed; add copies the effect struct, not what it points to. */
typedef struct SekiEffects SekiEffects;
struct SekiEffects {
        gpointer (*alloc) (SekiEffects *effects, gsize size);
        void (*add) (SekiEffects *effects, const SekiEffect *effect);
};

typedef struct {
        guint32 size;
        guint32 role;                   /* a SekiRoleSet bit; 0: none of the notification's */
        const SekiAction *actions;
        /* One message, one call.  FALSE: could not decide; nothing of it happens. */
        gboolean (*handle) (gpointer self, const SekiCall *call, SekiEffects *out_effects,
                            GError **error);
        /* Called about once a minute as caller "timer"; NULL if nothing is to do. */
        gboolean (*tick) (gpointer self, gint64 now, SekiEffects *out_effects, GError **error);
} SekiRoleOps;

G_END_DECLS
