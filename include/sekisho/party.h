/* SPDX-License-Identifier: Apache-2.0 */
/* A party: an institution, a back-office system or a person that acts. */
#pragma once

#include <sekisho/base.h>

G_BEGIN_DECLS

/* Roles an institution has under the notification (1.1(4)-(6)). */
typedef enum {
        SEKI_ROLE_TRANSFER = 1 << 0,    /* 振替機関 */
        SEKI_ROLE_ACCOUNT = 1 << 1,     /* 口座管理機関 */
        SEKI_ROLE_ISSUER = 1 << 2,      /* 発行者等 */
} SekiRoleSet;

/* How somebody reached the node. */
typedef enum {
        SEKI_CALLER_NODE = 1 << 0,      /* another institution's node, by its certificate */
        SEKI_CALLER_OFFICE = 1 << 1,    /* a system of the own institution, by its certificate */
        SEKI_CALLER_PERSON = 1 << 2,    /* a person at the control socket of the machine */
        SEKI_CALLER_TIMER = 1 << 3,     /* the node itself, on schedule */
        SEKI_CALLER_REPLY = 1 << 4,     /* the answer to a message of this node, from its peer */
} SekiCallerSet;

/* Constant for the life of a profile; lent by the core. */
typedef struct {
        const char *id;                 /* institution id, or "office:ID", "person:ID", "timer" */
        SekiRoleSet roles;              /* of an institution; 0 for the others */
        SekiCallerSet kind;             /* exactly one bit */
        const char *country;            /* ISO 3166-1 alpha-2 */
        const char *const *codes;       /* 7-digit participant codes it owns, NULL-terminated */
        const char *const *issues;      /* issues it is issuer of or administers, ends in NULL */
} SekiParty;

/* Whether the first 7 digits of a 21-digit account code belong to the party. */
static inline gboolean
seki_party_owns_code (const SekiParty *party, SekiSpan code)
{
        for (const char *const *c = party->codes; c != NULL && *c != NULL; c++)
                if (code.data != NULL && code.len == 21 && memcmp (code.data, *c, 7) == 0)
                        return TRUE;
        return FALSE;
}

static inline gboolean
seki_party_owns_issue (const SekiParty *party, SekiSpan issue)
{
        for (const char *const *i = party->issues; i != NULL && *i != NULL; i++)
                if (seki_span_is (issue, *i))
                        return TRUE;
        return FALSE;
}

G_END_DECLS
