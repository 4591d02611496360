/* SPDX-License-Identifier: Apache-2.0 */
/* A policy module with the fields of the core, a folder of rules, and rows
 * written as text: "action=account.read caller=office hour=9 known=yes". */
#pragma once

#include "fakes/host.h"
#include "fakes/settings.h"

G_BEGIN_DECLS

#define KIT_HEAD "policy \"1\"\n"

typedef struct {
        const SekiModule *module;
        const SekiPolicyOps *ops;
        FakeHost *fake;
        SekiSetting *settings;
        char *folder;           /* of rules; removed with the kit */
        gpointer self;
} Kit;

/* The fields that the core declares, in their order. */
const SekiSchema *kit_schema (void);

/* Opened, not started.  rules NULL: an empty folder of its own. */
Kit *kit_new (const char *object, const char *floor, const char *rules);
void kit_free (Kit *kit);
void kit_start (Kit *kit);

void kit_write (Kit *kit, const char *name, const char *text);
void kit_write_bytes (Kit *kit, const char *name, const char *bytes, gssize len);
/* Empties the folder, writes one file, prepares and swaps.  NULL, or why not. */
char *kit_load (Kit *kit, const char *text);
/* The report of lint over the folder. */
char *kit_lint (Kit *kit, gboolean json, gint *out_status);

/* Facts in a row of their own. */
typedef struct {
        SekiFacts facts;
        SekiFact value[SEKI_FACTS_MAX];
        char *text;
} Row;

void row_parse (Row *row, const char *text);
void row_clear (Row *row);

SekiDecision kit_decide (Kit *kit, const char *row);
/* "permit A-1 A-2", "forbid A-9", "error purpose A-1", "default". */
char *kit_say (Kit *kit, const char *row);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Kit, kit_free)

G_END_DECLS

#define assert_says(kit, row, expected)                         \
        G_STMT_START {                                          \
                g_autofree char *said_ = kit_say (kit, row);    \
                g_assert_cmpstr (said_, ==, expected);          \
        } G_STMT_END

/* The file is refused and the message holds code and part. */
#define assert_refused(kit, rules, part)                                        \
        G_STMT_START {                                                          \
                g_autofree char *why_ = kit_load (kit, rules);                  \
                g_assert_nonnull (why_);                                        \
                if (strstr (why_, part) == NULL)                                \
                        g_error ("'%s' is not in: %s", part, why_);             \
        } G_STMT_END
