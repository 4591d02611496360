-- SPDX-License-Identifier: Apache-2.0
-- clause: 4.3(1)
-- 振替機関は保有者の参照情報を取り込める
-- The transfer institution takes over the reference of holders
policy "1"

access.permit {
        id = "ACC-230",
        title = {
                ja = "振替機関は保有者の参照情報を取り込める",
                en = "The transfer institution takes over the reference of holders",
        },
        clause = "4.3(1)",
        on = { action = "transfer.holders",
               caller = one_of { "office", "person" } },
        when = {
                effect = one_of { "message", "hold" },
        },
        because = {
                ja = "銘柄と口座の対応だけで、残高は含まない",
                en = "Issue and account only, no balances",
        },
}
