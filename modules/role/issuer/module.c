/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer.h"

#define OWN (SEKI_CALLER_OFFICE | SEKI_CALLER_PERSON)
#define CODE SEKI_BIT (SEKI_FIELD_CODE)
#define KEY_OF_HOLDING (CODE | SEKI_BIT (SEKI_FIELD_ISSUE))

static const SekiAction actions[] = {
        { "issuer.request", OWN, 0, SEKI_LOAD_CODE, SEKI_ACTION_WRITES, KEY_OF_HOLDING,
          "Ask for numbers of own holders", "保有者の番号の請求" },
        { "issuer.provided", SEKI_CALLER_REPLY, SEKI_ROLE_TRANSFER, SEKI_LOAD_CODE,
          SEKI_ACTION_WRITES, CODE,
          "Keep the numbers that were asked for", "請求した番号の受領" },
        { "issuer.correct", SEKI_CALLER_NODE, SEKI_ROLE_TRANSFER, SEKI_LOAD_CODE,
          SEKI_ACTION_WRITES, CODE,
          "Correct a record that was received", "受領した記録の訂正" },
        { "issuer.withdraw", SEKI_CALLER_NODE, SEKI_ROLE_TRANSFER, SEKI_LOAD_CODE,
          SEKI_ACTION_WRITES, CODE,
          "Drop a received number that was wrong", "受領した誤った番号の取消し" },
        { "issuer.close", SEKI_CALLER_NODE, SEKI_ROLE_TRANSFER, SEKI_LOAD_CODE, SEKI_ACTION_WRITES,
          CODE | SEKI_BIT (SEKI_FIELD_CLOSED),
          "Note that a holder's account was closed", "保有者の口座閉鎖の記録" },
        { "issuer.read", OWN, 0, SEKI_LOAD_CODE, SEKI_ACTION_READS, CODE,
          "Read a record with its number", "記録の照会" },
        { "issuer.export", OWN, 0, SEKI_LOAD_CODE, SEKI_ACTION_READS, CODE,
          "Read records for a report", "支払調書用の出力" },
        { NULL }
};

static const SekiFlowEntry flows[] = {
        { "issuer.request", request_send, CODE },
        { "issuer.provided", request_provided, 0 },
        { "issuer.correct", keep_correct, CODE },
        { "issuer.withdraw", keep_withdraw, CODE },
        { "issuer.close", keep_close, CODE },
        { "issuer.read", read_record, 0 },
        { "issuer.export", read_export, 0 },
        { NULL }
};

static const SekiReason reasons[] = {
        SEKI_REASONS_OF_FLOWS,
        SEKI_REASON_OF_REPLIES,
        { "code-unknown",
          "No holder of an own issue is kept under this code; request the number first.",
          "この口座コードの保有者の記録がありません。先に番号を請求してください。" },
        { "issue-foreign",
          "The issue belongs to another issuer; ask only for holders of your own issues.",
          "銘柄が他の発行者のものです。自らの銘柄の保有者だけを請求してください。" },
        { "purpose-unlisted",
          "Numbers serve P01, P02, P08, P10, P11 and P12 only; name one of these purposes.",
          "番号の利用目的は P01、P02、P08、P10、P11、P12 に限られます。いずれかを指定してください。" },
        { "receiver-unknown",
          "The profile has no such transfer institution; name one that it has.",
          "指定の振替機関がプロファイルにありません。登録済みの機関を指定してください。" },
        { "receiver-unnamed",
          "The profile has several transfer institutions; name the one to ask.",
          "振替機関が複数あります。請求先を指定してください。" },
        { "not-requested",
          "Nobody here asked for this number, so it is not kept; request it if it is needed.",
          "請求していない番号なので保管しません。必要なら先に請求してください。" },
        { "not-source",
          "Only the transfer institution that gave this record may change it; ask it.",
          "この記録を変更できるのは提供元の振替機関だけです。その機関に依頼してください。" },
        { "number-missing",
          "There is no number for this holder; request it again after it was notified.",
          "この保有者の番号がありません。告知の後に再度請求してください。" },
        { NULL }
};

static const char *const provides[] = { "role-issuer", NULL };
static const char *const nothing[] = { NULL };
/* No clause binds an issuer; these are what the transfer institution asks of it under clause 6. */
static const char *const clauses[] = { "4.4(4)", "4.8(1)ア", NULL };
static const SekiOption options[] = { { NULL } };
static const SekiFactSpec facts[] = { { NULL } };
static const SekiEventSpec events[] = { { NULL } };

/* A role has no state; something has to be handed back. */
static gpointer
issuer_open (const SekiHost *host G_GNUC_UNUSED, const SekiSetting *settings G_GNUC_UNUSED,
             GError **error G_GNUC_UNUSED)
{
        return (gpointer) flows;
}

static gboolean
issuer_start (gpointer self G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
        return TRUE;
}

static void
issuer_stop (gpointer self G_GNUC_UNUSED)
{
}

static gboolean
issuer_handle (gpointer self G_GNUC_UNUSED, const SekiCall *call, SekiEffects *out_effects,
               GError **error)
{
        return seki_flow_run (flows, call, out_effects, error);
}

static const SekiRoleOps ops = {
        .size = sizeof (SekiRoleOps),
        .role = SEKI_ROLE_ISSUER,
        .actions = actions,
        .handle = issuer_handle,
};

SEKI_MODULE_DEFINE (
        .kind = SEKI_KIND_ROLE,
        .threads = SEKI_THREADS_ANY,
        .name = "role-issuer",
        .version = "0.1.0",
        .summary = "Issuer: asks for its own holders' numbers and reads them for its reports",
        .provides = provides,
        .needs = nothing,
        .wants = nothing,
        .options = options,
        .clauses = clauses,
        .facts = facts,
        .events = events,
        .reasons = reasons,
        .open = issuer_open,
        .start = issuer_start,
        .stop = issuer_stop,
        .close = issuer_stop,
        .role = &ops);
