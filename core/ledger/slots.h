/* SPDX-License-Identifier: Apache-2.0 */
/* A small state that is replaced in place: two slots of 512 bytes, each in a
 * 4096-byte block of its own, written in turn, so that a torn write spoils at
 * most the slot that was being written.  What a slot holds is its user's. */
#pragma once

#include "base/bytes.h"

G_BEGIN_DECLS

#define SEKI_SLOT_LEN 512
#define SEKI_SLOT_STEP 4096

typedef enum {
        SEKI_SLOT_ABSENT,       /* no file, or one without length */
        SEKI_SLOT_BLANK,        /* never written: zeros */
        SEKI_SLOT_CUT,          /* the file ends within it */
        SEKI_SLOT_WRITTEN,
} SekiSlotFinding;

typedef struct {
        SekiSlotFinding finding;
        guint8 data[SEKI_SLOT_LEN];
} SekiSlot;

/* Reads both, changing nothing. */
gboolean seki_slots_read (const char *path, SekiSlot out_slots[2], GError **error);
/* A descriptor for seki_slots_write, or -1.  An absent file is made at full
 * length, and it and its folder are synced. */
int seki_slots_open (const char *path, GError **error);
/* Durable when it returns TRUE: one write to an O_DSYNC descriptor. */
gboolean seki_slots_write (int fd, guint which, const guint8 data[SEKI_SLOT_LEN], GError **error);

/* Syncs the folder itself, so that names made in it last. */
gboolean seki_folder_sync (const char *folder, GError **error);

G_END_DECLS
