/* SPDX-License-Identifier: Apache-2.0 */
/* Peers that do not play by the rules: the openssl command as client and
 * server, and plain sockets. */
#pragma once

#include "town.h"

typedef struct {
        GPid pid;
        int in, out; /* its input stays open, its output is read by rude_output */
} Rude;

/* openssl s_client from one address to the listener; options: further words. */
Rude *rude_client (Node *listener, const char *from, const char *options);
/* openssl s_server at HERE; sets the port of the party it plays. */
Rude *rude_server (Town *town, guint party, const char *options);
/* Whether the output holds text; reads what is there now. */
gboolean rude_says (Rude *rude, const char *text);
void rude_free (Rude *rude);            /* ends the process */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Rude, rude_free)

/* A connected socket from one address. */
int rude_socket (Node *listener, const char *from);
