-- SPDX-License-Identifier: Apache-2.0
-- clause: 4.8(1)ア
-- clause: 4.3(1)
-- 発行者等からの番号の送信
-- A number sent on by an issuer
policy "1"

access.forbid {
        id = "ACC-904",
        title = {
                ja = "発行者等からの番号の送信",
                en = "A number sent on by an issuer",
        },
        clause = { "4.8(1)ア", "4.3(1)" },
        on = { action = one_of { "issuer.request", "issuer.provided", "issuer.correct",
                                 "issuer.withdraw", "issuer.close", "issuer.read",
                                 "issuer.export" } },
        when = {
                effect = is "send",
                with_number = yes,
        },
        because = {
                ja = "発行者等は求め、記録し、保存するだけで、送信しない",
                en = "Issuers ask, record and keep; they do not send",
        },
}
