/* SPDX-License-Identifier: Apache-2.0 */
/* The control socket: how a person on the machine speaks to the node.
 *
 * A frame is a length (BE32) and a CBOR map.  A request has "verb" and its
 * arguments; an answer has "ok" and what was asked for, or "error", a sentence.
 * Only the node's own account, root, and the logins of persons are heard
 * (SO_PEERCRED); who asked is the actor of what follows. */
#pragma once

#include "kernel/node.h"

G_BEGIN_DECLS

#define SEKI_CONTROL_FRAME_MAX (16u * 1024 * 1024)

typedef struct SekiControl SekiControl;

/* One request, answered once by seki_request_answer or seki_request_refuse. */
typedef struct SekiRequest SekiRequest;
SekiSpan seki_request_get_body (const SekiRequest *request); /* the CBOR map; lent until answered */
const SekiParty *seki_request_get_caller (const SekiRequest *request);
/* Text or bytes of an argument; data NULL when it is absent. */
SekiSpan seki_request_get (const SekiRequest *request, const char *key);
gint64 seki_request_get_int (const SekiRequest *request, const char *key, gint64 fallback);
gboolean seki_request_get_bool (const SekiRequest *request, const char *key);
/* A reader that stands before the value of a key, for arrays; FALSE when it is absent. */
gboolean seki_request_find (const SekiRequest *request, const char *key,
                            SekiCborReader *out_reader);
/* Writes the answer: map is a complete CBOR map and stays with the caller. */
void seki_request_answer (SekiRequest *request, SekiSpan map);
void seki_request_refuse (SekiRequest *request, const GError *error);

typedef void (*SekiControlVerb) (SekiRequest *request, gpointer user);

/* An account that is heard, and whom it acts as; an array ends with a NULL login. */
typedef struct {
        const char *login;
        const SekiParty *party;
} SekiLogin;

/* Listens at path (mode 0660); handle is called for every request on the main
 * thread.  root and the node's own account act as own under the id of their
 * account.  All outlive the control. */
SekiControl *seki_control_new (const char *path, const SekiLogin *logins, const SekiParty *own,
                               SekiControlVerb handle, gpointer user, GError **error);
void seki_control_free (SekiControl *control);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SekiControl, seki_control_free)

/* The other end: one request, one answer; blocking.  The answer's bytes wipe. */
SekiSecret *seki_control_call (const char *path, SekiSpan request, GError **error);

G_END_DECLS
