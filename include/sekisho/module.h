/* SPDX-License-Identifier: Apache-2.0 */
/* The descriptor: the one symbol a module exports.
 *
 * It is constant data.  The core reads it from the file before a line of the
 * module runs: admission checks abi, size, kind and needs on the bytes of the
 * sealed copy it later loads (design 4; clauses 4.2(3), 4.8(1)).
 *
 * Life: open -> start -> ... -> stop -> close.  All four are called on the
 * main thread.  open must not touch what it finds (a storage module only
 * remembers its path); start may.  After stop nothing is in flight. */
#pragma once

#include <sekisho/base.h>
#include <sekisho/facts.h>
#include <sekisho/policy.h>
#include <sekisho/role.h>
#include <sekisho/storage.h>
#include <sekisho/transport.h>

G_BEGIN_DECLS

typedef enum {
        SEKI_KIND_ROLE = 1,
        SEKI_KIND_TRANSPORT,
        SEKI_KIND_STORAGE,
        SEKI_KIND_POLICY,
} SekiKind;

typedef enum {
        SEKI_OPTION_TEXT,       /* any UTF-8 text */
        SEKI_OPTION_PATH,       /* a path; relative ones are taken from the node's data folder */
        SEKI_OPTION_INT,        /* integer in [min, max] */
        SEKI_OPTION_SIZE,       /* bytes, with K, M, G (powers of 1024); in [min, max] */
        SEKI_OPTION_SECONDS,    /* duration, with s, m, h, d; in [min, max] seconds */
        SEKI_OPTION_BOOL,       /* yes or no */
} SekiOptionType;

/* One setting a module takes; an array of these ends with a NULL name.  It is
 * the only source of the profile's check and of the option table in manuals. */
typedef struct {
        const char *name;               /* lower-case ASCII with hyphens */
        SekiOptionType type;
        gint64 min, max;                /* INT, SIZE, SECONDS */
        const char *fallback;           /* written as in a profile; NULL: must be given */
        const char *help_en;
        const char *help_ja;
        gboolean reloadable;
} SekiOption;

/* A checked setting, as handed to open; the array ends with a NULL name and
 * holds every option of the descriptor, defaults filled in. */
typedef struct {
        const char *name;
        const char *text;               /* as written; an absolute path for PATH */
        gint64 number;                  /* INT, SIZE (bytes), SECONDS, BOOL (0 or 1) */
} SekiSetting;

static inline const SekiSetting *
seki_setting (const SekiSetting *settings, const char *name)
{
        for (; settings != NULL && settings->name != NULL; settings++)
                if (strcmp (settings->name, name) == 0)
                        return settings;
        return NULL;
}

/* Why a message or a record was refused.  Ids cross the wire; sentences do
 * not: each side shows its own, in its own language.  Ended by a NULL id. */
typedef struct {
        const char *id;                 /* lower-case ASCII with hyphens, at most 47 bytes */
        const char *en;
        const char *ja;
} SekiReason;

/* An event a module may raise for incident rules; ended by a NULL name. */
typedef struct {
        const char *name;               /* "auth.fail" */
        const char *label_en;
        const char *label_ja;
} SekiEventSpec;

typedef enum {
        SEKI_LOG_ERROR = 3,             /* numbers of syslog(3) */
        SEKI_LOG_WARNING = 4,
        SEKI_LOG_NOTICE = 5,
        SEKI_LOG_INFO = 6,
        SEKI_LOG_DEBUG = 7,
} SekiLogLevel;

/* What the core offers to a module.  Every function may be called from any
 * thread from open until close returns. */
struct SekiHost {
        guint32 size;
        /* Handed back as first argument of each function below. */
        gpointer core;
        /* Fields of facts in their numbering; complete when open of a policy module is called. */
        const SekiSchema *schema;
        /* Microseconds since 1970-01-01T00:00Z, of the node's injected clock. */
        gint64 (*now) (gpointer core);
        /* One line to the node's log.  text is finished, translated and free of personal data. */
        void (*log) (gpointer core, SekiLogLevel level, const char *text);
        /* An event for the incident rules; subject names a peer, a file, a rule, or is NULL. */
        void (*event) (gpointer core, const char *name, const char *subject);
        /* Fills buffer with len random bytes; FALSE only when the generator failed. */
        gboolean (*random) (gpointer core, guint8 *buffer, gsize len);
        /* Transport modules only; on the thread that owns the channel, see transport.h. */
        gssize (*channel_write) (gpointer core, SekiChannel *channel, SekiSpan bytes);
        void (*channel_close) (gpointer core, SekiChannel *channel, const char *why);
        void (*deliver) (gpointer core, SekiChannel *channel, const SekiFrame *frame);
};

/* What concurrency a module accepts for its kind table. */
typedef enum {
        SEKI_THREADS_ONE,       /* calls are serialised by the core */
        SEKI_THREADS_ANY,       /* any number of calls at once */
} SekiThreads;

/* What probe found, in a sentence without personal data. */
typedef struct {
        gboolean holds;
        char sentence[256];
} SekiEvidence;

typedef struct {
        guint32 abi;                            /* SEKI_ABI of the header it was built with */
        guint32 size;                           /* sizeof then; members are only ever appended */
        guint32 kind;                           /* a SekiKind: which table below is set */
        guint32 threads;                        /* a SekiThreads */
        const char *name;                       /* "storage-rocksdb": KIND-NAME, as the file */
        const char *version;
        const char *summary;
        const char *const *provides;            /* features, NULL-terminated */
        const char *const *needs;               /* refused when missing; also the start order */
        const char *const *wants;               /* start order only */
        const SekiOption *options;
        const char *const *clauses;             /* clauses it serves, written as in clauses.tsv */
        const SekiFactSpec *facts;              /* fields it adds to the rule language */
        const SekiEventSpec *events;
        const SekiReason *reasons;
        guint32 needs_number;                   /* 1: wants number parts; the profile grants it */
        guint32 reserved;
        /* Returns the module's state, handed as self everywhere; NULL on error. */
        gpointer (*open) (const SekiHost *host, const SekiSetting *settings, GError **error);
        gboolean (*start) (gpointer self, GError **error);
        void (*stop) (gpointer self);           /* idempotent */
        void (*close) (gpointer self);          /* NULL-safe */
        /* Shows on the running node whether a clause it serves holds now; may be NULL. */
        gboolean (*probe) (gpointer self, const char *clause, SekiEvidence *out_evidence,
                           GError **error);
        union {
                const SekiRoleOps *role;
                const SekiTransportOps *transport;
                const SekiStorageOps *storage;
                const SekiPolicyOps *policy;
        };
} SekiModule;

/* The last lines of every module.c. */
#define SEKI_MODULE_DEFINE(...)                                   \
        SEKI_EXPORT extern const SekiModule seki_module;          \
        const SekiModule seki_module = { .abi = SEKI_ABI, .size = sizeof (SekiModule), __VA_ARGS__ }

G_END_DECLS
