-- SPDX-License-Identifier: Apache-2.0
-- clause: 4.3(1)
-- clause: 4.3(4)
-- 口座管理機関は請求した番号を振替機関から受領できる
-- An account institution keeps the numbers it asked for
policy "1"

access.permit {
        id = "ACC-131",
        title = {
                ja = "口座管理機関は請求した番号を振替機関から受領できる",
                en = "An account institution keeps the numbers it asked for",
        },
        clause = { "4.3(1)", "4.3(4)" },
        on = { action = "account.provided",
               caller = "reply" },
        when = {
                caller_role = is "transfer",
                effect = one_of { "message", "put", "send", "report" },
        },
        because = {
                ja = "請求への回答だけを記録する",
                en = "Only the answer to an own request is kept",
        },
}
