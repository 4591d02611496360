/* SPDX-License-Identifier: Apache-2.0 */
/* The built program, run as a person runs it. */
#pragma once

#include "core/daemon/station.h"

G_BEGIN_DECLS

typedef struct {
        char *out, *err;
        int status;
} CliRun;

void cli_run_clear (CliRun *run);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CliRun, cli_run_clear)

/* Words of the command line, without the program, ended by NULL; stdin NULL is empty. */
CliRun cli_run_with (const char *standard_input, const char *const *words);
CliRun cli_run (const char *word, ...) G_GNUC_NULL_TERMINATED;
/* The same with "--profile" of the station; the passphrase stands on standard input. */
CliRun cli_station (Station *station, const char *word, ...) G_GNUC_NULL_TERMINATED;
/* And with two persons' approval, keys and a certificate, by the program's own means. */
void cli_found (Station *station);

/* A process of "sekisho run" that serves; cli_stop ends it. */
GPid cli_start (Station *station);
void cli_stop (GPid pid);

/* Every line is one JSON text. */
void cli_assert_json (const char *text);
void cli_assert_has (const char *text, const char *part);
/* Writes a file of the station and returns its path. */
char *cli_file (Station *station, const char *name, const char *bytes, gssize len);
char *cli_read (const char *path);

G_END_DECLS
