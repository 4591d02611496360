-- SPDX-License-Identifier: Apache-2.0
-- clause: 4.4(4)
-- 職員による一括照会
-- Many records read by one person at once
policy "1"

access.forbid {
        id = "ACC-908",
        title = {
                ja = "職員による一括照会",
                en = "Many records read by one person at once",
        },
        clause = "4.4(4)",
        on = { action = one_of { "account.read", "issuer.read", "transfer.read",
                                 "transfer.find" },
               caller = "person" },
        when = {
                batch_size = at_least (101),
        },
        because = {
                ja = "上限100件は当方の既定値で、告示の数値ではない",
                en = "The limit of 100 is our default; the notification sets none",
        },
}
