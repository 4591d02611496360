-- SPDX-License-Identifier: Apache-2.0
-- clause: 4.3(1)
-- 発行者等は自らの銘柄の保有者の番号を請求できる
-- An issuer asks for the numbers of holders of its own securities
policy "1"

access.permit {
        id = "ACC-310",
        title = {
                ja = "発行者等は自らの銘柄の保有者の番号を請求できる",
                en = "An issuer asks for the numbers of holders of its own securities",
        },
        clause = "4.3(1)",
        on = { action = "issuer.request",
               caller = one_of { "office", "person" } },
        when = {
                effect = one_of { "message", "put", "send" },
        },
        because = {
                ja = "告示第1の1(3)の提供の求め",
                en = "Request as in part 1, 1(3)",
        },
}
