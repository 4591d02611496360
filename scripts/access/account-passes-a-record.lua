-- SPDX-License-Identifier: Apache-2.0
-- clause: 4.3(1)
-- 口座管理機関は口座振替に伴い記録を他の口座管理機関へ引き渡せる
-- An account institution passes a record to another one on an account transfer
policy "1"

access.permit {
        id = "ACC-140",
        title = {
                ja = "口座管理機関は口座振替に伴い記録を他の口座管理機関へ引き渡せる",
                en = "An account institution passes a record to another one on an account transfer",
        },
        clause = "4.3(1)",
        on = { action = "account.pass",
               caller = one_of { "office", "person" } },
        when = {
                effect = one_of { "message", "put", "send" },
        },
        because = {
                ja = "告示第1の1(2)の他の口座管理機関への送信",
                en = "Sending to another account institution, part 1, 1(2)",
        },
}
