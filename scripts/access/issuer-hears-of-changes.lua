-- SPDX-License-Identifier: Apache-2.0
-- clause: 4.3(1)
-- clause: 4.3(4)
-- 発行者等は受領した記録の訂正・取消し・閉鎖を受け付ける
-- An issuer takes changes of records it received
policy "1"

access.permit {
        id = "ACC-320",
        title = {
                ja = "発行者等は受領した記録の訂正・取消し・閉鎖を受け付ける",
                en = "An issuer takes changes of records it received",
        },
        clause = { "4.3(1)", "4.3(4)" },
        on = { action = one_of { "issuer.correct", "issuer.withdraw", "issuer.close" },
               caller = "node" },
        when = {
                caller_role = is "transfer",
                effect = one_of { "message", "put", "report" },
        },
        because = {
                ja = "記録を渡した振替機関からの変更だけを受け付ける",
                en = "Changes come from the transfer institution, which gave the record",
        },
}
