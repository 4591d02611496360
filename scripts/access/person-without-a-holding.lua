-- SPDX-License-Identifier: Apache-2.0
-- clause: 4.8(1)ア
-- 残高のない者の加入者情報の送付
-- The record of a person without a holding sent to the transfer institution
policy "1"

access.forbid {
        id = "ACC-906",
        title = {
                ja = "残高のない者の加入者情報の送付",
                en = "The record of a person without a holding sent to the transfer institution",
        },
        clause = "4.8(1)ア",
        on = { action = "account.send" },
        when = {
                effect = is "send",
                holding = is "no",
        },
        because = {
                ja = "残高が記録された後でなければ送れない",
                en = "A record may be sent only after a balance was entered",
        },
}
