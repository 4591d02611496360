/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/reasons.h"

#include "base/text.h"
#include "model/record.h"

static const SekiReason kernel_reasons[] = {
        { "caller-not-allowed", "This action is not open to who asked for it.",
          "この操作は、依頼した者には認められていません。" },
        { "cancelled", "The message was given up here before it was answered.",
          "回答を受ける前に、この電文は取り消されました。" },
        { "disk-reserved",
          "The node's disk is nearly full; what is left is kept for the ledger. Free space and "
          "send it again.",
          "ディスクの残りがわずかなため、台帳のために確保しています。空きを作ってから送り直してくだ"
          "さい。" },
        { "effect-not-declared",
          "The role wanted to do what its action does not declare; nothing was done.",
          "業務モジュールが宣言していない処理を行おうとしたため、何も行いませんでした。" },
        { "field-missing", "A field that this action needs is absent.",
          "この操作に必要な項目がありません。" },
        { "ledger-contradicts",
          "The institution's ledger contradicts what it showed before. Two persons must look into "
          "it.",
          "相手機関の台帳が以前に示された内容と矛盾しています。二名で確認してください。" },
        { "malformed-message", "The bytes are no message in the form of the manual.",
          "電文が手引きに定める形式になっていません。" },
        { "message-id-reused", "This message id stands for another content already. Use a new one.",
          "この電文番号は別の内容で既に使われています。新しい番号を使ってください。" },
        { "not-answered", "The role gave no verdict on this record.",
          "業務モジュールがこの記録について判定を返しませんでした。" },
        { "number-missing", "This action needs the Individual Number of the record.",
          "この操作には記録の個人番号が必要です。" },
        { "policy-refused", "The access rules do not allow it.",
          "アクセス規則により認められません。" },
        { "refused", "The role refused it without a reason.",
          "業務モジュールが理由を示さずに拒否しました。" },
        { "unknown-action", "This node has no such action.", "この節点にはその操作がありません。" },
        { "unknown-institution", "The profile names no such institution.",
          "設定に当該機関がありません。" },
};

SekiReason *
seki_reasons_new (void)
{
        const SekiRecordReason *record = seki_record_reasons ();
        gsize n = G_N_ELEMENTS (kernel_reasons), n_record = 0;
        SekiReason *reasons;

        while (record[n_record].id != NULL)
                n_record++;
        reasons = g_new0 (SekiReason, n + n_record + 1);
        memcpy (reasons, kernel_reasons, sizeof kernel_reasons);
        for (gsize i = 0; i < n_record; i++)
                reasons[n + i] =
                        (SekiReason){ record[i].id, record[i].sentence, _(record[i].sentence) };
        return reasons;
}
