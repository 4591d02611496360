/* SPDX-License-Identifier: Apache-2.0 */
#include "transfer.h"

#define OWN (SEKI_CALLER_OFFICE | SEKI_CALLER_PERSON)
#define CODE SEKI_BIT (SEKI_FIELD_CODE)
#define KEY_OF_HOLDING (CODE | SEKI_BIT (SEKI_FIELD_ISSUE))
#define LOADS_JOIN (SEKI_LOAD_CODE | SEKI_LOAD_NUMBER | SEKI_LOAD_PERSON)

static const SekiAction actions[] = {
        { "transfer.register", SEKI_CALLER_NODE, SEKI_ROLE_ACCOUNT, LOADS_JOIN, SEKI_ACTION_WRITES,
          CODE | SEKI_BIT (SEKI_FIELD_NAME) | SEKI_BIT (SEKI_FIELD_ADDRESS),
          "Keep a participant's record and number", "加入者情報と番号の受領" },
        { "transfer.correct", SEKI_CALLER_NODE, SEKI_ROLE_ACCOUNT, LOADS_JOIN,
          SEKI_ACTION_WRITES, CODE,
          "Correct a participant's record", "加入者情報の訂正" },
        { "transfer.withdraw", SEKI_CALLER_NODE, SEKI_ROLE_ACCOUNT, SEKI_LOAD_CODE,
          SEKI_ACTION_WRITES, CODE,
          "Withdraw a wrong number", "誤った番号の取消し" },
        { "transfer.close", SEKI_CALLER_NODE, SEKI_ROLE_ACCOUNT, SEKI_LOAD_CODE, SEKI_ACTION_WRITES,
          CODE | SEKI_BIT (SEKI_FIELD_CLOSED),
          "Note that an account was closed", "口座閉鎖の通知" },
        { "transfer.provide", SEKI_CALLER_NODE, SEKI_ROLE_ISSUER | SEKI_ROLE_ACCOUNT,
          SEKI_LOAD_CODE | SEKI_LOAD_HOLDER, SEKI_ACTION_READS | SEKI_ACTION_WRITES, CODE,
          "Provide a number to who must file", "番号の提供" },
        { "transfer.holders", OWN, 0, SEKI_LOAD_HOLDER, SEKI_ACTION_WRITES, KEY_OF_HOLDING,
          "Take over the reference of holders", "保有者参照情報の取込み" },
        { "transfer.read", OWN, 0, SEKI_LOAD_CODE, SEKI_ACTION_READS, CODE,
          "Read a record with its number", "記録の照会" },
        { "transfer.find", OWN, 0, SEKI_LOAD_NUMBER, SEKI_ACTION_READS | SEKI_ACTION_NUMBER, 0,
          "Search records by number", "番号による検索" },
        { NULL }
};

static const SekiFlowEntry flows[] = {
        { "transfer.register", keep_register, CODE },
        { "transfer.correct", keep_correct, CODE },
        { "transfer.withdraw", keep_withdraw, CODE },
        { "transfer.close", keep_close, CODE },
        { "transfer.provide", provide_number, KEY_OF_HOLDING },
        { "transfer.holders", office_holders, KEY_OF_HOLDING },
        { "transfer.read", office_read, 0 },
        { "transfer.find", office_find, 0 },
        { NULL }
};

static const SekiReason reasons[] = {
        SEKI_REASONS_OF_FLOWS,
        { "code-foreign",
          "The account code is another institution's; use only codes of your own participants.",
          "口座コードが他の機関のものです。自機関の加入者のコードだけを指定してください。" },
        { "code-unknown",
          "Nothing is kept under this account code; register the participant first.",
          "この口座コードの記録がありません。先に加入者情報を登録してください。" },
        { "account-closed",
          "The account was closed; its number is given no more and it is not registered again.",
          "口座は閉鎖済みです。番号は提供されず、再登録もできません。新しい口座コードを使ってください。" },
        { "no-holding",
          "A person without a holding must not be sent; send the record once a balance is entered.",
          "残高のない者の情報は送れません。残高の記録後に送ってください。" },
        { "purpose-unlisted",
          "Numbers travel for P01, P02, P08, P10, P11 and P12 only; name one of these purposes.",
          "番号の提供目的は P01、P02、P08、P10、P11、P12 に限られます。いずれかを指定してください。" },
        { "purpose-missing",
          "A record is read for a purpose; say which one.",
          "記録の照会には目的が必要です。目的を指定してください。" },
        { "issue-missing",
          "An issuer asks for holders of an issue; name the issue with the account code.",
          "発行者の請求には銘柄が必要です。口座コードとともに銘柄を指定してください。" },
        { "issue-foreign",
          "The issue belongs to another issuer; ask only for holders of your own issues.",
          "銘柄が他の発行者のものです。自らの銘柄の保有者だけを請求してください。" },
        { "not-holder",
          "The account holds none of this issue; ask only for present holders.",
          "この口座は当該銘柄を保有していません。保有者だけを請求してください。" },
        { "number-missing",
          "No number is kept for this account; ask again after the account institution sent it.",
          "この口座の番号がありません。口座管理機関からの届出後に再度請求してください。" },
        { "number-unknown",
          "No record carries this number; check the number that was keyed in.",
          "この番号を持つ記録がありません。入力した番号を確かめてください。" },
        { NULL }
};

static const char *const provides[] = { "role-transfer", NULL };
static const char *const nothing[] = { NULL };
static const char *const clauses[] = { "4.4(4)", "4.8(1)ア", NULL };
static const SekiOption options[] = { { NULL } };
static const SekiFactSpec facts[] = { { NULL } };
static const SekiEventSpec events[] = { { NULL } };

/* A role has no state; something has to be handed back. */
static gpointer
transfer_open (const SekiHost *host G_GNUC_UNUSED, const SekiSetting *settings G_GNUC_UNUSED,
               GError **error G_GNUC_UNUSED)
{
        return (gpointer) flows;
}

static gboolean
transfer_start (gpointer self G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
        return TRUE;
}

static void
transfer_stop (gpointer self G_GNUC_UNUSED)
{
}

static gboolean
transfer_handle (gpointer self G_GNUC_UNUSED, const SekiCall *call, SekiEffects *out_effects,
                 GError **error)
{
        return seki_flow_run (flows, call, out_effects, error);
}

static const SekiRoleOps ops = {
        .size = sizeof (SekiRoleOps),
        .role = SEKI_ROLE_TRANSFER,
        .actions = actions,
        .handle = transfer_handle,
};

SEKI_MODULE_DEFINE (
        .kind = SEKI_KIND_ROLE,
        .threads = SEKI_THREADS_ANY,
        .name = "role-transfer",
        .version = "0.1.0",
        .summary = "Transfer institution: keeps numbers and provides them to who must file",
        .provides = provides,
        .needs = nothing,
        .wants = nothing,
        .options = options,
        .clauses = clauses,
        .facts = facts,
        .events = events,
        .reasons = reasons,
        .open = transfer_open,
        .start = transfer_start,
        .stop = transfer_stop,
        .close = transfer_stop,
        .role = &ops);
