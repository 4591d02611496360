/* SPDX-License-Identifier: Apache-2.0 */
/* Rule files of a folder, in the order of their names, with limits. */
#pragma once

#include "finding.h"

G_BEGIN_DECLS

#define FOLDER_DEPTH_MAX 8
#define FOLDER_FILES_MAX 10000
#define SOURCE_BYTES_MAX (256u << 10)
#define FOLDER_BYTES_MAX (64u << 20)

/* Adds every *.lua file at or under path; layer holds unless the first folder
 * below path is called floor, institution or site.  What can not be read
 * becomes a finding (SK035). */
void folder_read (Check *check, const char *path, guint8 layer, GPtrArray *sources);

/* SHA-256 over layer, name and bytes of all, in their order. */
void folder_digest (const GPtrArray *sources, guint8 *out_digest);

GPtrArray *sources_new (void);

G_END_DECLS
