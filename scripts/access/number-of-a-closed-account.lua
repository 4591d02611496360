-- SPDX-License-Identifier: Apache-2.0
-- clause: 4.8(1)ア
-- 閉鎖した口座の番号の提供
-- The number of a closed account given out
policy "1"

access.forbid {
        id = "ACC-907",
        title = {
                ja = "閉鎖した口座の番号の提供",
                en = "The number of a closed account given out",
        },
        clause = "4.8(1)ア",
        on = { action = "transfer.provide" },
        when = {
                effect = is "give",
                closed = yes,
        },
        because = {
                ja = "閉鎖後の番号は提供しない",
                en = "The number is given no more once the account was closed",
        },
}
