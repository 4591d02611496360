-- SPDX-License-Identifier: Apache-2.0
-- clause: 4.3(1)
-- clause: 4.3(4)
-- 発行者等は請求した番号を振替機関から受領できる
-- An issuer keeps the numbers it asked for
policy "1"

access.permit {
        id = "ACC-311",
        title = {
                ja = "発行者等は請求した番号を振替機関から受領できる",
                en = "An issuer keeps the numbers it asked for",
        },
        clause = { "4.3(1)", "4.3(4)" },
        on = { action = "issuer.provided",
               caller = "reply" },
        when = {
                caller_role = is "transfer",
                effect = one_of { "message", "put", "report" },
        },
        because = {
                ja = "告示第1の1(3)の記録及び保存",
                en = "Recording and keeping as in part 1, 1(3)",
        },
}
