-- SPDX-License-Identifier: Apache-2.0
-- clause: 4.3(1)
-- clause: 4.4(4)
-- 自機関のシステムと職員は保存している記録を照会できる
-- Own systems and staff read the records that are kept
policy "1"

access.permit {
        id = "ACC-400",
        title = {
                ja = "自機関のシステムと職員は保存している記録を照会できる",
                en = "Own systems and staff read the records that are kept",
        },
        clause = { "4.3(1)", "4.4(4)" },
        on = { action = one_of { "account.read", "issuer.read", "transfer.read",
                                 "transfer.find" },
               caller = one_of { "office", "person" } },
        when = {
                effect = one_of { "message", "give" },
        },
        because = {
                ja = "目的は役割が確かめ、すべて台帳に残る",
                en = "The role asks for a purpose and the ledger keeps every reading",
        },
}
