/* SPDX-License-Identifier: Apache-2.0 */
/* The profile: which modules, parties, keys and limits make up one node.
 * Checked as a whole: an unknown key, a wrong value or a missing one is an error
 * that names file, line and, where there is one, the nearest name. */
#pragma once

#include "daemon/keyfile.h"
#include "kernel/node.h"

G_BEGIN_DECLS

typedef enum {
        SEKI_VALUE_TEXT,
        SEKI_VALUE_PATH, /* relative ones are taken from the profile's folder */
        SEKI_VALUE_LIST, /* comma separated */
        SEKI_VALUE_INT,
        SEKI_VALUE_SIZE,     /* bytes, with K, M, G */
        SEKI_VALUE_SECONDS,  /* with s, m, h, d */
        SEKI_VALUE_BOOL,     /* yes or no */
        SEKI_VALUE_ENDPOINT, /* ADDRESS:PORT, numeric */
        SEKI_VALUE_WORD,     /* one of values */
} SekiValueType;

/* One key of the profile; the table is the only source of the check, of
 * "config schema" and of the manual page.  Ends with a NULL group. */
typedef struct {
        const char *group, *key;
        SekiValueType type;
        gint64 min, max;
        const char *fallback; /* NULL and not required: absent */
        gboolean required;
        const char *const *values;
        const char *help; /* English msgid */
} SekiProfileKey;

const SekiProfileKey *seki_profile_schema (void);

/* A person who may approve (D20). */
typedef struct {
        const char *id;
        const char *certificate; /* path of a PEM file */
        const char *const *duties;
        const char *login; /* account on the machine; NULL: none */
} SekiPerson;

typedef struct SekiProfile SekiProfile;

/* Reads and checks; modules' own options are checked at admission. */
SekiProfile *seki_profile_read (const char *path, GError **error);
void seki_profile_free (SekiProfile *profile);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SekiProfile, seki_profile_free)

/* Lent for the life of the profile. */
const char *seki_profile_get_path (SekiProfile *profile);
const char *seki_profile_get_id (SekiProfile *profile);
const char *seki_profile_get_data (SekiProfile *profile);
const char *seki_profile_get_control (SekiProfile *profile); /* path of the control socket */
const char *seki_profile_get_metrics (
        SekiProfile *profile); /* path of the metrics socket; NULL: none */
const char *seki_profile_get_name (SekiProfile *profile); /* DNS name of the node's certificate */
const SekiParty *seki_profile_get_self (SekiProfile *profile);
gboolean seki_profile_is_test (SekiProfile *profile);
const SekiPeer *seki_profile_get_peers (SekiProfile *profile, gsize *out_n);
const SekiPerson *seki_profile_get_persons (SekiProfile *profile, gsize *out_n);
const SekiModuleSpec *seki_profile_get_modules (SekiProfile *profile, gsize *out_n);
const char *const *seki_profile_get_authorities (SekiProfile *profile); /* paths */
const char *const *seki_profile_get_lists (SekiProfile *profile);       /* paths of CRLs */
/* SHA-256 of the canonical text, hexadecimal: what persons approve first. */
const char *seki_profile_get_digest (SekiProfile *profile);
char *seki_profile_dup_canonical (SekiProfile *profile);
/* Fills what the kernel needs; trust, codec, clock, log and reasons stay with the caller. */
void seki_profile_fill (SekiProfile *profile, SekiNodeConfig *config);

G_END_DECLS
