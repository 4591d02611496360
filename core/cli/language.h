/* SPDX-License-Identifier: Apache-2.0 */
/* English or Japanese: by the locale or by --lang, also where no Japanese
 * locale is installed. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* First of all in main, before any thread; lang NULL: as the environment says. */
void seki_language_begin (const char *lang);
/* The value of --lang among arguments not yet parsed; NULL. */
const char *seki_language_find (int argc, char **argv);

G_END_DECLS
