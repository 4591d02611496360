/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of CSV files against a node that runs. */
#include "cli.h"

#include <string.h>

#define HEADER "code,kana,name,birth,number,address,holding\r\n"
#define CODE "120576000000000000001"
#define GOOD CODE ",ヤマダ　タロウ,山田　太郎,1980-05-05,123456789018,東京都港区,yes\r\n"
#define GOOD_2 \
        "120576000000000000002,サトウ　ハナコ,佐藤　花子,1981-06-06,987654321093,大阪市北区,yes\r\n"

typedef struct {
        Station *station;
        GPid pid;
} Fixture;

static void
fixture_begin (Fixture *fixture, gconstpointer data)
{
        (void) data;
        fixture->station = station_new ("test");
        cli_found (fixture->station);
        fixture->pid = cli_start (fixture->station);
}

static void
fixture_end (Fixture *fixture, gconstpointer data)
{
        (void) data;
        cli_stop (fixture->pid);
        station_free (fixture->station);
}

/* An import of that text as a file. */
static CliRun
import (Fixture *fixture, const char *text, const char *charset)
{
        g_autofree char *encoded =
                charset != NULL ? g_convert (text, -1, charset, "UTF-8", NULL, NULL, NULL) : NULL;
        g_autofree char *path =
                cli_file (fixture->station, "in.csv", encoded != NULL ? encoded : text, -1);

        return cli_station (fixture->station, "import", "account.register", path, "--json", NULL);
}

static char *
rejects (Fixture *fixture)
{
        g_autofree char *path = station_file (fixture->station, "in.csv.rejects.csv");

        return g_file_test (path, G_FILE_TEST_EXISTS) ? cli_read (path) : NULL;
}

static void
test_good_rows_are_taken (Fixture *fixture, gconstpointer data)
{
        g_auto (CliRun) run = import (fixture, HEADER GOOD GOOD_2, NULL);
        g_autofree char *rows = rejects (fixture);

        (void) data;
        g_assert_cmpstr (run.err, ==, "");
        g_assert_cmpint (run.status, ==, 0);
        g_assert_cmpstr (run.out, ==, "{\"rows\":2,\"taken\":2,\"wrong\":0,\"refused\":0}\n");
        g_assert_null (rows);
}

static void
test_bad_rows_are_listed (Fixture *fixture, gconstpointer data)
{
        const char *text = HEADER GOOD CODE
                ",カナ,名,1980-02-30,,東京,yes\r\n"
                "12057600000000000000,カナ,名,1980-02-03,,東京,yes\r\n"
                "120576000000000000003,カナ,名,1980-02-03,123456789017,東京,yes\r\n"
                "120576000000000000004,カナ\r\n"
                ",カナ,名,1980-02-03,,東京,yes\r\n"
                "999999900000000000001,カナ,名,1980-02-03,,東京,yes\r\n" GOOD_2;
        g_auto (CliRun) run = import (fixture, text, data);
        g_autofree char *rows = rejects (fixture);

        g_assert_cmpint (run.status, ==, 1);
        cli_assert_json (run.out);
        cli_assert_has (run.out, "\"rows\":8,\"taken\":2,\"wrong\":5,\"refused\":1");
        g_assert_true (g_str_has_prefix (rows, "row,column,reason,sentence\r\n"));
        cli_assert_has (rows, "\n3,birth,birth-date,");
        cli_assert_has (rows, "\n4,code,code-length,");
        cli_assert_has (rows, "\n5,number,number-check-digit,");
        cli_assert_has (rows, "\n6,,too-few-cells,");
        cli_assert_has (rows, "\n7,code,field-missing,");
        cli_assert_has (rows, "\n8,,code-foreign,");
        g_assert_null (strstr (rows, "123456789017"));
}

static void
test_a_byte_that_is_no_character (Fixture *fixture, gconstpointer data)
{
        g_auto (CliRun) run = import (fixture, HEADER GOOD CODE ",\xff\xfe,名,,,,yes\r\n", NULL);
        g_autofree char *path = cli_file (fixture->station, "in.csv", HEADER GOOD, -1);
        g_auto (CliRun) charset = cli_station (fixture->station, "import", "account.register", path,
                                               "--charset", "latin1", NULL);

        (void) data;
        g_autofree char *rows = rejects (fixture);
        g_assert_cmpint (run.status, ==, 1);
        cli_assert_has (rows, "\n3,kana,");
        g_assert_cmpint (charset.status, ==, 7);
}

static void
test_the_header_must_hold (Fixture *fixture, gconstpointer data)
{
        g_auto (CliRun) misspelt = import (fixture, "code,nmae\r\n1,2\r\n", NULL);
        g_auto (CliRun) twice = import (fixture, "code,name,name\r\n1,2,3\r\n", NULL);
        g_auto (CliRun) without = import (fixture, "name\r\nx\r\n", NULL);
        g_auto (CliRun) nothing = import (fixture, "", NULL);
        g_auto (CliRun) given = import (fixture, "code,given\r\n1,2\r\n", NULL);

        (void) data;
        g_assert_cmpint (misspelt.status, ==, 7);
        cli_assert_has (misspelt.err, "“name”");
        g_assert_cmpint (twice.status, ==, 7);
        g_assert_cmpint (without.status, ==, 7);
        cli_assert_has (without.err, "“code”");
        g_assert_cmpint (nothing.status, ==, 7);
        g_assert_cmpint (given.status, ==, 7);
}

static gint64
leaves (Fixture *fixture)
{
        g_auto (CliRun) run = cli_station (fixture->station, "status", "--json", NULL);
        const char *at = strstr (run.out, "\"leaves\":");
        gint64 most = 0;

        for (; at != NULL; at = strstr (at + 1, "\"leaves\":"))
                most = MAX (most, g_ascii_strtoll (at + strlen ("\"leaves\":"), NULL, 10));
        return most;
}

static void
test_the_same_file_is_applied_once (Fixture *fixture, gconstpointer data)
{
        g_auto (CliRun) first = import (fixture, HEADER GOOD GOOD_2, NULL);
        gint64 before = leaves (fixture);
        g_auto (CliRun) second = import (fixture, HEADER GOOD GOOD_2, NULL);
        gint64 after = leaves (fixture);
        g_autofree char *path = station_file (fixture->station, "in.csv");
        g_auto (CliRun) again = cli_station (fixture->station, "import", "account.register", path,
                                             "--again", "--json", NULL);

        (void) data;
        g_assert_cmpstr (first.out, ==, second.out);
        g_assert_cmpint (before, ==, after);
        g_assert_cmpint (again.status, ==, 0);
        g_assert_cmpint (leaves (fixture), >, after);
}

static void
test_many_rows_go_in_batches (Fixture *fixture, gconstpointer data)
{
        GString *text = g_string_new (HEADER);

        (void) data;
        for (guint i = 1; i <= 2500; i++)
                g_string_append_printf (text, "1205760%014u,カナ,名,1980-02-03,,東京,yes\r\n", i);
        g_auto (CliRun) run = import (fixture, text->str, NULL);
        g_string_free (text, TRUE);

        g_assert_cmpstr (run.out, ==, "{\"rows\":2500,\"taken\":2500,\"wrong\":0,\"refused\":0}\n");
}

static void
test_a_record_is_shown_without_its_number (Fixture *fixture, gconstpointer data)
{
        Station *station = fixture->station;
        g_auto (CliRun) run = import (fixture, HEADER GOOD, NULL);
        g_auto (CliRun) aimless = cli_station (station, "record", "show", CODE, NULL);
        g_auto (CliRun) plain =
                cli_station (station, "record", "show", CODE, "--purpose", "P02", NULL);
        g_auto (CliRun) json =
                cli_station (station, "record", "show", CODE, "--purpose", "P02", "--json", NULL);
        g_auto (CliRun) full = cli_station (station, "record", "show", CODE, "--purpose", "P02",
                                            "--with-number", NULL);
        g_auto (CliRun) unknown = cli_station (station, "record", "show", "120576000000000000009",
                                               "--purpose", "P02", NULL);

        (void) data;
        g_assert_cmpint (run.status, ==, 0);
        g_assert_cmpint (aimless.status, ==, 2);
        cli_assert_has (plain.out, "山田　太郎");
        g_assert_null (strstr (plain.out, "123456789018"));
        cli_assert_json (json.out);
        g_assert_null (strstr (json.out, "123456789018"));
        cli_assert_has (full.out, "123456789018");
        g_assert_cmpint (unknown.status, ==, 1);
        cli_assert_has (unknown.err, "code-unknown");
}

static void
test_the_story_is_proven (Fixture *fixture, gconstpointer data)
{
        Station *station = fixture->station;
        g_auto (CliRun) run = import (fixture, HEADER GOOD, NULL);
        g_auto (CliRun) story = cli_station (station, "record", "story", CODE, NULL);
        g_auto (CliRun) json = cli_station (station, "record", "story", CODE, "--json", NULL);
        g_auto (CliRun) unknown =
                cli_station (station, "record", "story", "120576000000000000009", NULL);

        (void) data;
        g_assert_cmpint (run.status, ==, 0);
        g_assert_cmpstr (story.err, ==, "");
        g_assert_cmpint (story.status, ==, 0);
        cli_assert_has (story.out, "account.register");
        cli_assert_has (story.out, "[proven]");
        g_assert_null (strstr (story.out, "NOT PROVEN"));
        cli_assert_json (json.out);
        cli_assert_has (json.out, "\"proven\":1");
        g_assert_cmpint (unknown.status, ==, 7);
}

static void
test_what_is_sent_waits_in_the_queue (Fixture *fixture, gconstpointer data)
{
        Station *station = fixture->station;
        g_auto (CliRun) run = import (fixture, HEADER GOOD GOOD_2, NULL);
        g_autofree char *codes = cli_file (station, "codes.csv", "code\n" CODE "\n", -1);
        g_auto (CliRun) empty = cli_station (station, "queue", "list", NULL);
        g_auto (CliRun) send =
                cli_station (station, "send", codes, "--purpose", "P02", "--basis", "x", NULL);
        g_auto (CliRun) list = cli_station (station, "queue", "list", "--json", NULL);
        g_auto (CliRun) table = cli_station (station, "queue", "list", NULL);
        const char *at = strstr (list.out, "\"id\":\"");

        (void) data;
        g_assert_cmpint (run.status, ==, 0);
        g_assert_cmpint (empty.status, ==, 0);
        g_assert_cmpint (send.status, ==, 0);
        cli_assert_json (list.out);
        g_assert_nonnull (at);
        cli_assert_has (table.out, "transfer.register");
        g_autofree char *id = g_strndup (at + 6, strcspn (at + 6, "\""));
        g_auto (CliRun) cancel = cli_station (station, "queue", "cancel", id, NULL);
        g_auto (CliRun) later = cli_station (station, "queue", "list", "--json", NULL);
        g_auto (CliRun) gone = cli_station (station, "queue", "retry", id, NULL);

        g_assert_cmpstr (cancel.err, ==, "");
        g_assert_cmpint (cancel.status, ==, 0);
        cli_assert_has (later.out, "\"items\":[]");
        g_assert_cmpint (gone.status, ==, 7);
}

#define MAP                                                                               \
        "charset = shift_jis\ncolumn 番号 = field:number\ncolumn 氏名 = field:name\n" \
        "column 金額 = input:amount\n"

static void
test_a_report_is_written (Fixture *fixture, gconstpointer data)
{
        Station *station = fixture->station;
        g_auto (CliRun) run =
                import (fixture,
                        HEADER GOOD
                        "120576000000000000002,ヨシダ,𠮷田,1981-06-06,987654321093,大阪市,yes\r\n",
                        NULL);
        g_autofree char *map = cli_file (station, "report.map", MAP, -1),
                        *rows = cli_file (station, "rows.csv",
                                          "code,amount\n" CODE ",1000\n120576000000000000002,2000\n"
                                          "120576000000000000009,3000\n",
                                          -1),
                        *out = station_file (station, "report.csv"),
                        *copy = station_file (station, "copy.csv"),
                        *rejected = station_file (station, "report.csv.rejects.csv"),
                        *part = station_file (station, "report.csv.part");
        g_auto (CliRun) office = cli_station (station, "export", rows, "--columns", map, "--output",
                                              out, "--purpose", "P02", "--json", NULL);
        g_auto (CliRun) again = cli_station (station, "export", rows, "--columns", map, "--output",
                                             out, "--purpose", "P02", NULL);
        g_auto (CliRun) recipient =
                cli_station (station, "export", rows, "--columns", map, "--output", copy,
                             "--purpose", "P02", "--recipient-copy", NULL);
        g_autofree char *report = cli_read (out), *reasons = cli_read (rejected),
                        *shown = cli_read (copy);
        g_autofree char *text = g_convert (report, -1, "UTF-8", "CP932", NULL, NULL, NULL);

        (void) data;
        g_assert_cmpint (run.status, ==, 0);
        g_assert_cmpint (office.status, ==, 1);
        cli_assert_has (office.out, "\"rows\":3,");
        cli_assert_has (office.out, "\"written\":1");
        g_assert_cmpstr (text, ==, "123456789018,山田　太郎,1000\r\n");
        cli_assert_has (reasons, "\n3,氏名,not-writable,");
        cli_assert_has (reasons, "U+20BB7");
        cli_assert_has (reasons, "\n4,,code-unknown,");
        g_assert_cmpint (again.status, ==, 7);
        g_assert_cmpint (recipient.status, ==, 1);
        g_assert_null (strstr (shown, "123456789018"));
        g_assert_false (g_file_test (part, G_FILE_TEST_EXISTS));
}

static void
test_reads_of_the_node (Fixture *fixture, gconstpointer data)
{
        static const char *const reads[][2] = {
                { "status", NULL },      { "queue", "list" },        { "peer", "list" },
                { "record", "reports" }, { "ledger", "checkpoint" }, { "module", "list" },
                { "approval", "list" },
        };
        Station *station = fixture->station;

        (void) data;
        for (guint i = 0; i < G_N_ELEMENTS (reads); i++) {
                const char *second = reads[i][1] != NULL ? reads[i][1] : "--json";
                const char *third = reads[i][1] != NULL ? "--json" : NULL;
                g_auto (CliRun) json = cli_station (station, reads[i][0], second, third, NULL);
                g_auto (CliRun) text = cli_station (station, reads[i][0], reads[i][1], NULL);

                g_assert_cmpstr (json.err, ==, "");
                g_assert_cmpint (json.status, ==, 0);
                cli_assert_json (json.out);
                g_assert_cmpint (text.status, ==, 0);
                g_assert_cmpuint (strlen (text.out), >, 0);
        }
        g_auto (CliRun) prove = cli_station (station, "ledger", "prove", "0", NULL);
        g_auto (CliRun) beyond = cli_station (station, "ledger", "prove", "999999", NULL);
        g_auto (CliRun) peer = cli_station (station, "peer", "test", "ti", "--json", NULL);

        g_assert_true (g_str_has_prefix (prove.out, "c2sp.org/tlog-proof@v1\n"));
        g_assert_cmpint (beyond.status, ==, 7);
        g_assert_cmpint (peer.status, ==, 4);
        cli_assert_json (peer.out);
}

static void
test_entries_are_shown (Fixture *fixture, gconstpointer data)
{
        g_autofree char *ledger = station_file (fixture->station, "data/ledger");
        g_auto (CliRun) run = import (fixture, HEADER GOOD GOOD_2, NULL);
        g_auto (CliRun) drain = cli_station (fixture->station, "ledger", "checkpoint", NULL);
        g_auto (CliRun) all = cli_run ("ledger", "show", ledger, NULL);
        g_auto (CliRun) some = cli_run ("ledger", "show", ledger, "1", "3", "--json", NULL);
        g_auto (CliRun) verify = cli_run ("ledger", "verify", ledger, NULL);

        (void) data;
        g_assert_cmpint (run.status + drain.status, ==, 0);
        cli_assert_has (all.out, "account.register");
        cli_assert_json (some.out);
        cli_assert_has (some.out, "\"index\":1,");
        cli_assert_has (some.out, "\"index\":2,");
        g_assert_null (strstr (some.out, "\"index\":3,"));
        g_assert_cmpstr (verify.err, ==, "");
        g_assert_cmpint (verify.status, ==, 0);
}

static void
test_wrong_actions_are_refused_before_reading (Fixture *fixture, gconstpointer data)
{
        g_autofree char *path = cli_file (fixture->station, "in.csv", HEADER GOOD, -1);
        g_auto (CliRun) unknown =
                cli_station (fixture->station, "import", "account.registre", path, NULL);
        g_auto (CliRun) foreign =
                cli_station (fixture->station, "import", "account.accept", path, NULL);
        g_auto (CliRun) pipe =
                cli_station (fixture->station, "import", "account.register", "/dev/null", NULL);

        (void) data;
        g_assert_cmpint (unknown.status, ==, 2);
        g_assert_cmpint (foreign.status, ==, 2);
        g_assert_cmpint (pipe.status, ==, 7);
}

static void
test_a_sealed_node_says_so (Fixture *fixture, gconstpointer data)
{
        Station *station = fixture->station;
        g_auto (CliRun) seal = cli_station (station, "key", "seal", NULL);
        g_auto (CliRun) status = cli_station (station, "status", NULL);
        g_auto (CliRun) run = import (fixture, HEADER GOOD, NULL);
        g_auto (CliRun) unseal =
                cli_station (station, "key", "unseal", "--passphrase-fd", "0", NULL);
        g_auto (CliRun) again = import (fixture, HEADER GOOD, NULL);

        (void) data;
        g_assert_cmpint (seal.status, ==, 0);
        g_assert_cmpint (status.status, ==, 5);
        g_assert_cmpint (run.status, ==, 5);
        g_assert_cmpstr (unseal.err, ==, "");
        g_assert_cmpint (unseal.status, ==, 0);
        g_assert_cmpint (again.status, ==, 0);
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
#define ADD(title, data, func) \
        g_test_add ("/cli/" title, Fixture, data, fixture_begin, func, fixture_end)
        ADD ("good rows are taken", NULL, test_good_rows_are_taken);
        ADD ("bad rows are listed", NULL, test_bad_rows_are_listed);
        ADD ("bad rows of CP932 are listed", "CP932", test_bad_rows_are_listed);
        ADD ("a byte that is no character", NULL, test_a_byte_that_is_no_character);
        ADD ("the header must hold", NULL, test_the_header_must_hold);
        ADD ("the same file is applied once", NULL, test_the_same_file_is_applied_once);
        ADD ("many rows go in batches", NULL, test_many_rows_go_in_batches);
        ADD ("a record is shown without its number", NULL,
             test_a_record_is_shown_without_its_number);
        ADD ("the story is proven", NULL, test_the_story_is_proven);
        ADD ("what is sent waits in the queue", NULL, test_what_is_sent_waits_in_the_queue);
        ADD ("a report is written", NULL, test_a_report_is_written);
        ADD ("reads of the node", NULL, test_reads_of_the_node);
        ADD ("entries are shown", NULL, test_entries_are_shown);
        ADD ("wrong actions are refused before reading", NULL,
             test_wrong_actions_are_refused_before_reading);
        ADD ("a sealed node says so", NULL, test_a_sealed_node_says_so);
        return g_test_run ();
}
