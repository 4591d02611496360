/* SPDX-License-Identifier: Apache-2.0 */
/* A station: everything one node needs on disk - authority, lists, persons, keys,
 * certificate, profile - made in a temporary folder.  Passphrase "correct horse". */
#pragma once

#include "daemon/consent.h"
#include "daemon/profile.h"
#include "fakes/certificates.h"

G_BEGIN_DECLS

#define STATION_NAME "node.example"
#define STATION_PASSPHRASE "correct horse"

typedef struct {
        FakePki *pki;
        char *folder;  /* profile, data, files of persons */
        char *profile; /* path */
        guint16 port;  /* where the node listens and calls itself as peer "mirror" */
        GString *more; /* groups added to the profile */
        gint64 offset; /* of the clock below, microseconds from now */
        SekiClock clock;
} Station;

/* mark: "test" or "production", whose authority it gets too. */
Station *station_new (const char *mark);
void station_free (Station *station);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Station, station_free)

/* A person of the authority; PERSON.pem and PERSON.key lie in the pki's folder. */
void station_add_person (Station *station, const char *id, gint from, gint to);
void station_write_profile (Station *station, const char *mark);
void station_write_list (Station *station);
void station_make_keys (Station *station);
/* A detached signature of the text. */
GByteArray *station_sign (Station *station, const char *person, const char *text);
/* Has the profile approved by two persons. */
void station_approve (Station *station, const char *first, const char *second);
char *station_file (Station *station, const char *name);

G_END_DECLS
