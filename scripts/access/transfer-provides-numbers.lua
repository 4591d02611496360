-- SPDX-License-Identifier: Apache-2.0
-- clause: 4.3(1)
-- clause: 4.3(4)
-- 振替機関は請求した発行者等・口座管理機関に番号を提供できる
-- The transfer institution provides numbers to those who may ask
policy "1"

access.permit {
        id = "ACC-220",
        title = {
                ja = "振替機関は請求した発行者等・口座管理機関に番号を提供できる",
                en = "The transfer institution provides numbers to those who may ask",
        },
        clause = { "4.3(1)", "4.3(4)" },
        on = { action = "transfer.provide",
               caller = "node" },
        when = {
                caller_role = one_of { "account", "issuer" },
                effect = one_of { "message", "give", "put" },
        },
        because = {
                ja = "番号法第19条第10号（条番号は変わり得る）",
                en = "Number Act, article 19(x); the item number may move",
        },
}
