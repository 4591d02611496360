-- SPDX-License-Identifier: Apache-2.0
-- clause: 4.8(1)ア
-- 他の機関による記録の消去
-- A record erased by another institution
policy "1"

access.forbid {
        id = "ACC-910",
        title = {
                ja = "他の機関による記録の消去",
                en = "A record erased by another institution",
        },
        clause = "4.8(1)ア",
        on = { action = any,
               caller = one_of { "node", "reply" } },
        when = {
                effect = is "erase",
        },
        because = {
                ja = "消去は自機関の手続きによる",
                en = "Erasing follows the own institution's procedure",
        },
}
