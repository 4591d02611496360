-- SPDX-License-Identifier: Apache-2.0
-- clause: 4.8(1)ア
-- clause: 4.3(1)
-- 口座管理機関から発行者等への番号の直接送信
-- A number sent by an account institution straight to an issuer
policy "1"

access.forbid {
        id = "ACC-903",
        title = {
                ja = "口座管理機関から発行者等への番号の直接送信",
                en = "A number sent by an account institution straight to an issuer",
        },
        clause = { "4.8(1)ア", "4.3(1)" },
        on = { action = one_of { "account.register", "account.correct", "account.withdraw",
                                 "account.close", "account.send", "account.pass",
                                 "account.accept", "account.corrected", "account.withdrawn",
                                 "account.closed" } },
        when = {
                effect = is "send",
                with_number = yes,
                peer_role = is "issuer",
        },
        because = {
                ja = "発行者等は振替機関からだけ受け取る",
                en = "Issuers receive from the transfer institution only",
        },
}
