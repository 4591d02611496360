-- SPDX-License-Identifier: Apache-2.0
-- clause: 4.3(1)
-- clause: 4.4(4)
-- 口座管理機関は自らの加入者の情報を登録・訂正・閉鎖できる
-- An account institution keeps, corrects and closes its participants' records
policy "1"

access.permit {
        id = "ACC-110",
        title = {
                ja = "口座管理機関は自らの加入者の情報を登録・訂正・閉鎖できる",
                en = "An account institution keeps, corrects and closes its participants' records",
        },
        clause = { "4.3(1)", "4.4(4)" },
        on = { action = one_of { "account.register", "account.correct", "account.withdraw",
                                 "account.close" },
               caller = one_of { "office", "person" } },
        when = {
                effect = one_of { "message", "put", "send", "report" },
        },
        because = {
                ja = "自機関のシステムと職員が加入者から受けた届出を記録し、訂正は受領済みの機関にも届ける",
                en = "What participants notified is entered; corrections reach every receiver",
        },
}
