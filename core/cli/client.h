/* SPDX-License-Identifier: Apache-2.0 */
/* Calls to the running node over its control socket. */
#pragma once

#include "cli/command.h"
#include "daemon/profile.h"

G_BEGIN_DECLS

/* The profile of --profile, $SEKISHO_PROFILE or the usual place. */
SekiProfile *seki_client_profile (const SekiInvocation *in, GError **error);

typedef struct {
        const char *key;
        SekiCborType type; /* TEXT, BYTES, UINT, BOOL, or ARRAY: encoded items, as they are */
        SekiSpan span;
        guint64 number;
} SekiArgument;

#define SEKI_ARGUMENT_TEXT(k, s)                                               \
        {                                                                      \
                .key = (k), .type = SEKI_CBOR_TEXT, .span = seki_span_text (s) \
        }
#define SEKI_ARGUMENT_BYTES(k, s)                                \
        {                                                        \
                .key = (k), .type = SEKI_CBOR_BYTES, .span = (s) \
        }
#define SEKI_ARGUMENT_UINT(k, n)                                  \
        {                                                         \
                .key = (k), .type = SEKI_CBOR_UINT, .number = (n) \
        }
#define SEKI_ARGUMENT_BOOL(k, b)                                  \
        {                                                         \
                .key = (k), .type = SEKI_CBOR_BOOL, .number = (b) \
        }

/* Sends { verb, arguments }, an array ended by a NULL key (NULL: none), in
 * canonical order.  The answer is a map and wipes itself; an "error" of the
 * node comes back as error, with its code. */
SekiSecret *seki_client_call (const char *control, const char *verb, const SekiArgument *arguments,
                              GError **error);
/* The same, to the node of the invocation's profile. */
SekiSecret *seki_client_ask (const SekiInvocation *in, const char *verb,
                             const SekiArgument *arguments, GError **error);

/* "ROLE.verb" of the node's role, or of --role where it has several that do it:
 * "request", "read" or "export"; to be freed. */
char *seki_client_action (const SekiInvocation *in, SekiProfile *profile, const char *verb,
                          GError **error);

G_END_DECLS
