/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/nouns.h"

#include "base/text.h"

/* clang-format off: the tables read best as they are */
static const SekiOptionSpec options[SEKI_CLI_OPTION_COUNT] = {
        [SEKI_CLI_PROFILE] = { "profile", "FILE",
                N_("the node's profile; else $SEKISHO_PROFILE, else /etc/sekisho/profile.conf") },
        [SEKI_CLI_LANG] = { "lang", "LANGUAGE", N_("ja or en, whatever the locale says") },
        [SEKI_CLI_HELP] = { "help", NULL, N_("say how this is used") },
        [SEKI_CLI_VERSION] = { "version", NULL, N_("say which version this is") },
        [SEKI_CLI_JSON] = { "json", NULL, N_("answer in JSON, one line") },
        [SEKI_CLI_PASSPHRASE_FD] = { "passphrase-fd", "N",
                N_("read the passphrase from file descriptor N instead of asking") },
        [SEKI_CLI_PURPOSE] = { "purpose", "CODE",
                N_("what it is for: P01, P02, P08, P10, P11 or P12, or another word where the "
                   "action allows") },
        [SEKI_CLI_BASIS] = { "basis", "TEXT",
                N_("the legal basis, as it is to stand in the ledger") },
        [SEKI_CLI_TO] = { "to", "ID",
                N_("the institution it goes to; needed if there are several") },
        [SEKI_CLI_ROLE] = { "role", "ROLE",
                N_("transfer, account or issuer: as which this node acts, if it is several") },
        [SEKI_CLI_CHARSET] = { "charset", "NAME", N_("utf-8 or cp932; guessed if absent") },
        [SEKI_CLI_REJECTS] = { "rejects", "FILE",
                N_("where rejected rows are listed; the file's name with .rejects.csv if "
                   "absent") },
        [SEKI_CLI_AGAIN] = { "again", NULL,
                N_("take the file as a new one, though it was taken before") },
        [SEKI_CLI_COLUMNS] = { "columns", "MAP", N_("the map of the report's columns") },
        [SEKI_CLI_OUTPUT] = { "output", "FILE",
                N_("the file to be written; it must not be there yet") },
        [SEKI_CLI_RECIPIENT_COPY] = { "recipient-copy", NULL,
                N_("leave the number out, for the copy the holder receives") },
        [SEKI_CLI_WITH_NUMBER] = { "with-number", NULL, N_("show the number too") },
        [SEKI_CLI_CHECKPOINT] = { "checkpoint", "FILE",
                N_("an older checkpoint that the ledger must continue") },
        [SEKI_CLI_KEY] = { "key", "KEY",
                N_("the ledger's public key: a verifier key, or a file with one or with "
                   "ledger.pub") },
        [SEKI_CLI_SUBJECT] = { "subject", "NAME",
                N_("subject of the certificate, like CN=am1.example,O=Bank,C=JP") },
        [SEKI_CLI_NEXT] = { "next", NULL,
                N_("make a new key for it; the old one serves until the certificate is "
                   "installed") },
        [SEKI_CLI_RECOVERY] = { "recovery", "FILE",
                N_("the recovery certificate: made here, with its key in FILE.key, unless "
                   "FILE is there already") },
        [SEKI_CLI_RECOVERY_KEY] = { "recovery-key", "FILE",
                N_("the recovery certificate's private key, from where it was kept") },
        [SEKI_CLI_PERSON] = { "person", "ID", N_("who signs, as the profile names the person") },
        [SEKI_CLI_PERSON_KEY] = { "person-key", "FILE",
                N_("the person's private key (PKCS#8 PEM)") },
        [SEKI_CLI_ALONE] = { "alone", NULL,
                N_("one person alone: it is announced now and takes effect after 24 hours") },
};

const SekiOptionSpec *
seki_option_get_spec (SekiCliOption option)
{
        return &options[option];
}

static const char *const exits[SEKI_EXIT_COUNT] = {
        [SEKI_EXIT_DONE] = N_("it is done, and nothing was found wrong"),
        [SEKI_EXIT_FINDING] = N_("something was refused or rejected, or a check found something"),
        [SEKI_EXIT_USAGE] = N_("the command line is wrong"),
        [SEKI_EXIT_PROFILE] = N_("the profile or a module it names is wrong"),
        [SEKI_EXIT_NO_NODE] = N_("the node or a peer can not be reached"),
        [SEKI_EXIT_SEALED] = N_("the node is sealed"),
        [SEKI_EXIT_DAMAGED] = N_("stored data are damaged; nothing was changed"),
        [SEKI_EXIT_ERROR] = N_("any other error"),
        [SEKI_EXIT_BUSY] = N_("the node is busy; the same command may be given again"),
};

const char *
seki_exit_get_help (SekiExit status)
{
        return exits[status];
}

#define BIT(option) (G_GUINT64_CONSTANT (1) << (option))
#define JSON BIT (SEKI_CLI_JSON)
#define PASS BIT (SEKI_CLI_PASSPHRASE_FD)
#define WHY (BIT (SEKI_CLI_PURPOSE) | BIT (SEKI_CLI_BASIS))
#define ROLE BIT (SEKI_CLI_ROLE)
#define ROWS \
        (BIT (SEKI_CLI_CHARSET) | BIT (SEKI_CLI_REJECTS) | BIT (SEKI_CLI_AGAIN) | \
         BIT (SEKI_CLI_TO) | WHY | JSON)

#define TEXT_IMPORT                                                                               \
        N_("The first row of the CSV names the fields. The whole file is read once before a row " \
           "is sent: rows that break a rule are listed with row, column and reason in the file "  \
           "of rejects and stay out, the others are sent 1,000 at a time. Giving the same "       \
           "command again after an interruption sends on and applies nothing twice.")
#define TEXT_INIT                                                                                  \
        N_("Makes the folder of data with the master key, the ledger key and the TLS key, keeps "  \
           "the certificates of the persons of the profile (at least three), and makes the "       \
           "recovery certificate. Its private key is written once: move it to a medium that is "   \
           "kept apart from the node, under two persons' lock. Without it and a copy made by key " \
           "backup, data outlive no loss of this machine.")
#define TEXT_PROPOSE                                                                             \
        N_("Writes a statement that persons sign with approval sign: that this profile, as it "  \
           "now stands, may run.")

static const SekiCommand commands[] = {
        { "check", NULL, "", JSON,
          N_("check profile, modules, certificates and approvals without a running node"),
          NULL, seki_check_run },
        { "run", NULL, "", PASS,
          N_("run the node"),
          N_("The node starts sealed unless a passphrase comes by --passphrase-fd or as the "
             "systemd credential “passphrase”. SIGHUP reads certificates and revocation lists "
             "again, SIGTERM ends."),
          seki_run_run },
        { "status", NULL, "", JSON,
          N_("say how the running node is"),
          NULL, seki_status_run },
        { "reload", NULL, "", 0,
          N_("read certificates and revocation lists again"),
          NULL, seki_reload_run },
        { "config", "schema", "", JSON,
          N_("list every key a profile may have"),
          NULL, seki_config_schema },
        { "config", "show", "", JSON,
          N_("show the profile as it is read, with its digest"),
          NULL, seki_config_show },
        { "peer", "list", "", JSON,
          N_("list the other institutions and their state"),
          NULL, seki_peer_list },
        { "peer", "test", "ID", JSON,
          N_("call an institution and say what came of it"),
          NULL, seki_peer_test },
        { "key", "init", "", PASS | BIT (SEKI_CLI_RECOVERY) | JSON,
          N_("make the node's keys"),
          TEXT_INIT, seki_key_init },
        { "key", "request", "",
          PASS | BIT (SEKI_CLI_SUBJECT) | BIT (SEKI_CLI_NEXT) | BIT (SEKI_CLI_OUTPUT),
          N_("write a certificate request for the node's TLS key"),
          NULL, seki_key_request },
        { "key", "install", "FILE", PASS,
          N_("install the certificate that an authority issued"),
          NULL, seki_key_install },
        { "key", "backup", "FILE", PASS | JSON,
          N_("write a numbered copy of the key store, sealed to the recovery certificate"),
          NULL, seki_key_backup },
        { "key", "restore", "FILE", PASS | BIT (SEKI_CLI_RECOVERY_KEY),
          N_("make the keys of a new machine from such a copy"),
          NULL, seki_key_restore },
        { "key", "unseal", "", PASS,
          N_("give the passphrase to the running node"),
          NULL, seki_key_unseal },
        { "key", "seal", "", 0,
          N_("have the running node forget its keys"),
          NULL, seki_key_seal },
        { "key", "show", "", JSON,
          N_("show the ledger's verifier key and the TLS certificate"),
          NULL, seki_key_show },
        { "approval", "propose", "FILE", JSON,
          N_("write the statement to be approved"),
          TEXT_PROPOSE, seki_approval_run_propose },
        { "approval", "sign", "FILE",
          BIT (SEKI_CLI_PERSON) | BIT (SEKI_CLI_PERSON_KEY) | BIT (SEKI_CLI_OUTPUT),
          N_("sign a statement as a person of the profile"),
          NULL, seki_approval_run_sign },
        { "approval", "submit", "FILE SIGNATURE...", BIT (SEKI_CLI_ALONE) | JSON,
          N_("hand in a statement with its signatures"),
          NULL, seki_approval_run_submit },
        { "approval", "list", "", JSON,
          N_("list what was approved"),
          NULL, seki_approval_run_list },
        { "import", NULL, "ACTION FILE", ROWS,
          N_("take rows of a CSV file as messages of an action"),
          TEXT_IMPORT, seki_import_run },
        { "send", NULL, "FILE", ROWS,
          N_("send the records of the account codes in FILE to the transfer institution"),
          NULL, seki_send_run },
        { "request", NULL, "FILE", ROWS | ROLE,
          N_("ask the transfer institution for numbers of the account codes in FILE"),
          NULL, seki_request_run },
        { "export", NULL, "FILE",
          BIT (SEKI_CLI_COLUMNS) | BIT (SEKI_CLI_OUTPUT) | BIT (SEKI_CLI_RECIPIENT_COPY) |
                  BIT (SEKI_CLI_CHARSET) | BIT (SEKI_CLI_REJECTS) | WHY | ROLE | JSON,
          N_("write a report with the numbers of the account codes in FILE"),
          N_("FILE names code, issue and whatever the map takes as input: values. Rows that "
             "are refused, or hold characters the report's character set does not have, are "
             "left out and listed as rejects."),
          seki_export_run },
        { "record", "show", "CODE", WHY | ROLE | BIT (SEKI_CLI_WITH_NUMBER) | JSON,
          N_("show the record under an account code; the ledger notes it"),
          NULL, seki_record_show },
        { "record", "story", "CODE", JSON,
          N_("tell the life of a record, act by act, each proven from the ledger"),
          NULL, seki_record_story },
        { "record", "reports", "", JSON,
          N_("list records that do not fit together"),
          NULL, seki_record_reports },
        { "record", "settle", "KEY...", 0,
          N_("strike reports that were dealt with"),
          NULL, seki_record_settle },
        { "queue", "list", "", JSON,
          N_("list messages that wait to be sent"),
          NULL, seki_queue_list },
        { "queue", "retry", "ID", 0,
          N_("try a message now"),
          NULL, seki_queue_run_retry },
        { "queue", "cancel", "ID", 0,
          N_("give a message up; the ledger notes it"),
          NULL, seki_queue_run_cancel },
        { "ledger", "verify", "DIR", BIT (SEKI_CLI_CHECKPOINT) | BIT (SEKI_CLI_KEY) | JSON,
          N_("verify a ledger's folder with its public key alone"),
          N_("DIR is a lane's folder or the folder ledger of a node's data. Nothing is "
             "written, and the node may be running."),
          seki_ledger_verify },
        { "ledger", "prove", "INDEX", JSON,
          N_("print the proof that an entry stands in the ledger (C2SP tlog-proof)"),
          NULL, seki_ledger_prove },
        { "ledger", "checkpoint", "", JSON,
          N_("sign the ledger's end now and print it"),
          NULL, seki_ledger_checkpoint },
        { "ledger", "show", "DIR [FROM] [TO]", JSON,
          N_("print entries, the last 20 if no place is named"),
          NULL, seki_ledger_show },
        { "module", "list", "", JSON,
          N_("list the modules of the profile"),
          NULL, seki_module_list },
        { "module", "inspect", "FILE", JSON,
          N_("say what a module's file is, without running any of it"),
          NULL, seki_module_inspect },
        { "policy", "lint", "PATH...", JSON,
          N_("check rule files without changing the running rules"),
          NULL, seki_policy_lint },
        { "manual", "page", "", 0,
          N_("print the manual page sekisho(1)"),
          NULL, seki_manual_page },
        { "manual", "profile", "", 0,
          N_("print the manual page sekisho-profile(5)"),
          NULL, seki_manual_profile },
        { "manual", "completion", "", 0,
          N_("print the completion for bash"),
          NULL, seki_manual_completion },
        { NULL }
};

const SekiCommand *
seki_command_table (void)
{
        return commands;
}
