/* SPDX-License-Identifier: Apache-2.0 */
/* Values of the profile's keys: how they are written and what they mean. */
#pragma once

#include "daemon/profile.h"

G_BEGIN_DECLS

/* INT, SIZE (bytes), SECONDS, BOOL (0 or 1); -1 if the text is none. */
gint64 seki_value_number (SekiValueType type, const char *text);
/* "192.0.2.7:443", "[2001:db8::7]:443"; out_address, to be freed, may be NULL. */
gboolean seki_endpoint_parse (const char *text, char **out_address, guint16 *out_port);
/* Whether the text is of the key's type and within its bounds. */
gboolean seki_value_is_sound (const SekiProfileKey *schema, const char *text);

/* grammar.c: CONFIG with file and line; the sentence takes a and b, %s each.
 * Always FALSE. */
gboolean seki_profile_refuse (GError **error, const char *file, guint line, const char *sentence,
                              const char *a, const char *b);
/* key NULL: any key of the group; NULL when there is none. */
const SekiProfileKey *seki_profile_find_key (const char *group, const char *key);
/* Its name, its keys and their values. */
gboolean seki_profile_check_group (const SekiGroup *group, GError **error);

G_END_DECLS
