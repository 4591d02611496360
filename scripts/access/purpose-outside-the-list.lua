-- SPDX-License-Identifier: Apache-2.0
-- clause: 4.8(1)ア
-- 所得税法第225条第1項の対象外の目的での番号の請求・提供・出力
-- Numbers asked for, provided or read out for a purpose that is not listed
policy "1"

access.forbid {
        id = "ACC-902",
        title = {
                ja = "所得税法第225条第1項の対象外の目的での番号の請求・提供・出力",
                en = "Numbers asked for, provided or read out for a purpose that is not listed",
        },
        clause = "4.8(1)ア",
        on = { action = one_of { "transfer.provide", "account.request", "issuer.request",
                                 "issuer.export" } },
        when = {
                purpose = not_one_of { "P01", "P02", "P08", "P10", "P11", "P12" },
        },
        because = {
                ja = "対象は第1号、第2号、第8号、第10号から第12号まで",
                en = "Items (i), (ii), (viii), (x) to (xii) of Income Tax Act article 225(1) only",
        },
}
