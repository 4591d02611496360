/* SPDX-License-Identifier: Apache-2.0 */
/* The passphrase: from a file descriptor, a systemd credential, or a person at
 * the terminal without echo; never from arguments or the environment. */
#pragma once

#include "base/bytes.h"
#include "cli/command.h"

G_BEGIN_DECLS

#define SEKI_PASSPHRASE_MAX 255

/* twice: a new one, asked for again to be sure. */
SekiSecret *seki_passphrase_get (const SekiInvocation *in, gboolean twice, GError **error);
/* The descriptor of --passphrase-fd; -1: not given. */
gboolean seki_passphrase_get_fd (const SekiInvocation *in, int *out_fd, GError **error);

G_END_DECLS
