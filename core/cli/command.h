/* SPDX-License-Identifier: Apache-2.0 */
/* The command line: one table of commands and one of options.  Parsing, help,
 * the manual page and the completion all come from these two. */
#pragma once

#include <sekisho/base.h>

G_BEGIN_DECLS

/* What the shell sees; these numbers do not change. */
typedef enum {
        SEKI_EXIT_DONE = 0,
        SEKI_EXIT_FINDING = 1, /* refused, or a check found something */
        SEKI_EXIT_USAGE = 2,
        SEKI_EXIT_PROFILE = 3,
        SEKI_EXIT_NO_NODE = 4,
        SEKI_EXIT_SEALED = 5,
        SEKI_EXIT_DAMAGED = 6,
        SEKI_EXIT_ERROR = 7,
        SEKI_EXIT_BUSY = 8,
        SEKI_EXIT_COUNT
} SekiExit;

/* English msgid of what a status means. */
const char *seki_exit_get_help (SekiExit status);

/* Options; each has one name and one meaning for all commands. */
typedef enum {
        SEKI_CLI_PROFILE,
        SEKI_CLI_LANG,
        SEKI_CLI_HELP,
        SEKI_CLI_VERSION, /* of every command */
        SEKI_CLI_JSON,
        SEKI_CLI_PASSPHRASE_FD,
        SEKI_CLI_PURPOSE,
        SEKI_CLI_BASIS,
        SEKI_CLI_TO,
        SEKI_CLI_ROLE,
        SEKI_CLI_CHARSET,
        SEKI_CLI_REJECTS,
        SEKI_CLI_AGAIN,
        SEKI_CLI_COLUMNS,
        SEKI_CLI_OUTPUT,
        SEKI_CLI_RECIPIENT_COPY,
        SEKI_CLI_WITH_NUMBER,
        SEKI_CLI_CHECKPOINT,
        SEKI_CLI_KEY,
        SEKI_CLI_SUBJECT,
        SEKI_CLI_NEXT,
        SEKI_CLI_RECOVERY,
        SEKI_CLI_RECOVERY_KEY,
        SEKI_CLI_PERSON,
        SEKI_CLI_PERSON_KEY,
        SEKI_CLI_ALONE,
        SEKI_CLI_OPTION_COUNT
} SekiCliOption;

typedef struct {
        const char *name;  /* without the hyphens */
        const char *value; /* "FILE"; NULL: a switch */
        const char *help;  /* English msgid */
} SekiOptionSpec;

const SekiOptionSpec *seki_option_get_spec (SekiCliOption option);

typedef struct SekiCommand SekiCommand;

/* One run of the program. */
typedef struct {
        const SekiCommand *command;
        const char *option[SEKI_CLI_OPTION_COUNT]; /* NULL: not given; "" for a switch */
        const char *const *arguments;              /* NULL-terminated */
        guint n_arguments;
        SekiExit status; /* a handler that found something sets FINDING */
} SekiInvocation;

struct SekiCommand {
        const char *noun;
        const char *verb;      /* NULL: the noun alone */
        const char *arguments; /* "ACTION FILE", "[ID]", "PATH..."; "" */
        guint64 options;       /* bit per SekiCliOption beyond those of every command */
        const char *help;      /* one line, English msgid */
        const char *text;      /* more, English msgid; NULL */
        gboolean (*run) (SekiInvocation *in, GError **error);
};

/* Ends with a NULL noun; commands of one noun stand together. */
const SekiCommand *seki_command_table (void);
gboolean seki_command_takes (const SekiCommand *command, SekiCliOption option);

/* argv as main has it; strings stay with the caller.  Errors are of the domain
 * below.  With --help or --version command may be NULL. */
gboolean seki_invocation_parse (SekiInvocation *in, int argc, char **argv, GError **error);
void seki_invocation_clear (SekiInvocation *in);

#define SEKI_USAGE_ERROR (g_quark_from_static_string ("sekisho-usage"))
/* Always FALSE. */
gboolean seki_usage_fail (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* Of an error's domain and code. */
SekiExit seki_exit_of (const GError *error);

/* help.c: noun and verb may be NULL. */
void seki_help_print (const char *noun, const char *verb);

G_END_DECLS
