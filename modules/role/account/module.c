/* SPDX-License-Identifier: Apache-2.0 */
#include "account.h"

#define OWN (SEKI_CALLER_OFFICE | SEKI_CALLER_PERSON)
#define CODE SEKI_BIT (SEKI_FIELD_CODE)
#define SOURCES (SEKI_ROLE_ACCOUNT | SEKI_ROLE_TRANSFER)

static const SekiAction actions[] = {
        { "account.register", OWN, 0, SEKI_LOAD_CODE, SEKI_ACTION_WRITES,
          CODE | SEKI_BIT (SEKI_FIELD_NAME) | SEKI_BIT (SEKI_FIELD_ADDRESS),
          "Keep a participant's record and number", "加入者情報と番号の登録" },
        { "account.correct", OWN, 0, SEKI_LOAD_CODE, SEKI_ACTION_WRITES, CODE,
          "Correct a participant's record", "加入者情報の訂正" },
        { "account.withdraw", OWN, 0, SEKI_LOAD_CODE, SEKI_ACTION_WRITES, CODE,
          "Withdraw a wrong number", "誤った番号の取消し" },
        { "account.close", OWN, 0, SEKI_LOAD_CODE, SEKI_ACTION_WRITES,
          CODE | SEKI_BIT (SEKI_FIELD_CLOSED),
          "Note that an account was closed", "口座閉鎖の記録" },
        { "account.read", OWN, 0, SEKI_LOAD_CODE, SEKI_ACTION_READS, CODE,
          "Read a record with its number", "記録の照会" },
        { "account.send", OWN, 0, SEKI_LOAD_CODE, SEKI_ACTION_WRITES, CODE,
          "Send records to the transfer institution", "振替機関への送付" },
        { "account.request", OWN, 0, SEKI_LOAD_CODE, SEKI_ACTION_WRITES, CODE,
          "Ask the transfer institution for numbers", "振替機関への番号の請求" },
        { "account.provided", SEKI_CALLER_REPLY, SEKI_ROLE_TRANSFER, SEKI_LOAD_CODE,
          SEKI_ACTION_WRITES, CODE,
          "Keep the numbers that were asked for", "請求した番号の受領" },
        { "account.pass", OWN, 0, SEKI_LOAD_CODE, SEKI_ACTION_WRITES,
          CODE | SEKI_BIT (SEKI_FIELD_TO_CODE),
          "Pass a record on an account transfer", "口座振替に伴う記録の引渡し" },
        { "account.accept", SEKI_CALLER_NODE, SEKI_ROLE_ACCOUNT, SEKI_LOAD_CODE, SEKI_ACTION_WRITES,
          CODE | SEKI_BIT (SEKI_FIELD_NAME) | SEKI_BIT (SEKI_FIELD_ADDRESS),
          "Accept a record on an account transfer", "口座振替に伴う記録の受入れ" },
        { "account.corrected", SEKI_CALLER_NODE, SOURCES, SEKI_LOAD_CODE,
          SEKI_ACTION_WRITES, CODE,
          "Correct a record that was received", "受領した記録の訂正" },
        { "account.withdrawn", SEKI_CALLER_NODE, SOURCES, SEKI_LOAD_CODE,
          SEKI_ACTION_WRITES, CODE,
          "Drop a received number that was wrong", "受領した誤った番号の取消し" },
        { "account.closed", SEKI_CALLER_NODE, SEKI_ROLE_TRANSFER, SEKI_LOAD_CODE,
          SEKI_ACTION_WRITES, CODE | SEKI_BIT (SEKI_FIELD_CLOSED),
          "Note that a received account was closed", "受領した口座の閉鎖の記録" },
        { NULL }
};

static const SekiFlowEntry flows[] = {
        { "account.register", own_register, CODE },
        { "account.correct", own_correct, CODE },
        { "account.withdraw", own_withdraw, CODE },
        { "account.close", own_close, CODE },
        { "account.read", own_read, 0 },
        { "account.send", send_register, CODE },
        { "account.request", send_request, CODE },
        { "account.provided", send_provided, CODE },
        { "account.pass", pass_send, CODE },
        { "account.accept", pass_accept, CODE },
        { "account.corrected", source_corrected, CODE },
        { "account.withdrawn", source_withdrawn, CODE },
        { "account.closed", source_closed, CODE },
        { NULL }
};

static const SekiReason reasons[] = {
        SEKI_REASONS_OF_FLOWS,
        SEKI_REASON_OF_REPLIES,
        { "code-foreign",
          "The account code is another institution's; use only codes of your own participants.",
          "口座コードが他の機関のものです。自機関の加入者のコードだけを指定してください。" },
        { "code-unknown",
          "Nothing is kept under this account code; register the participant first.",
          "この口座コードの記録がありません。先に加入者情報を登録してください。" },
        { "account-closed",
          "The account was closed and its record is sent no more; use the new account code.",
          "口座は閉鎖済みで、記録は送れません。新しい口座コードを使ってください。" },
        { "no-holding",
          "A person without a holding must not be sent; send the record once a balance is entered.",
          "残高のない者の情報は送れません。残高の記録後に送ってください。" },
        { "purpose-unlisted",
          "Numbers serve P01, P02, P08, P10, P11 and P12 only; name one of these purposes.",
          "番号の利用目的は P01、P02、P08、P10、P11、P12 に限られます。いずれかを指定してください。" },
        { "receiver-unknown",
          "The profile has no such receiver in the role it needs; name one that it has.",
          "必要な役割を持つ送付先がプロファイルにありません。登録済みの機関を指定してください。" },
        { "receiver-unnamed",
          "The profile has several transfer institutions; name the one to ask.",
          "振替機関が複数あります。請求先を指定してください。" },
        { "to-code-foreign",
          "The new account code is not the receiver's; check the code and the institution.",
          "移転先の口座コードが送付先の機関のものではありません。コードと機関を確かめてください。" },
        { "not-source",
          "Only who gave this record may change it; ask the institution that keeps the account.",
          "この記録を変更できるのは提供元の機関だけです。口座を管理する機関に依頼してください。" },
        { "number-differs",
          "Another number is kept for this account; find out which is right and correct it.",
          "この口座には別の番号が記録されています。正しい番号を確かめ、訂正又は取消しをしてください。" },
        { "number-missing",
          "There is no number for this account; ask the participant to notify it.",
          "この口座には番号がありません。加入者に番号の告知を求めてください。" },
        { NULL }
};

static const char *const provides[] = { "role-account", NULL };
static const char *const nothing[] = { NULL };
static const char *const clauses[] = { "4.4(4)", "4.8(1)ア", NULL };
static const SekiOption options[] = { { NULL } };
static const SekiFactSpec facts[] = { { NULL } };
static const SekiEventSpec events[] = { { NULL } };

/* A role has no state; something has to be handed back. */
static gpointer
account_open (const SekiHost *host G_GNUC_UNUSED, const SekiSetting *settings G_GNUC_UNUSED,
              GError **error G_GNUC_UNUSED)
{
        return (gpointer) flows;
}

static gboolean
account_start (gpointer self G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
        return TRUE;
}

static void
account_stop (gpointer self G_GNUC_UNUSED)
{
}

static gboolean
account_handle (gpointer self G_GNUC_UNUSED, const SekiCall *call, SekiEffects *out_effects,
                GError **error)
{
        return seki_flow_run (flows, call, out_effects, error);
}

static const SekiRoleOps ops = {
        .size = sizeof (SekiRoleOps),
        .role = SEKI_ROLE_ACCOUNT,
        .actions = actions,
        .handle = account_handle,
};

SEKI_MODULE_DEFINE (
        .kind = SEKI_KIND_ROLE,
        .threads = SEKI_THREADS_ANY,
        .name = "role-account",
        .version = "0.1.0",
        .summary = "Account management institution: keeps and sends its participants' records",
        .provides = provides,
        .needs = nothing,
        .wants = nothing,
        .options = options,
        .clauses = clauses,
        .facts = facts,
        .events = events,
        .reasons = reasons,
        .open = account_open,
        .start = account_start,
        .stop = account_stop,
        .close = account_stop,
        .role = &ops);
