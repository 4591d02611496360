/* SPDX-License-Identifier: Apache-2.0 */
/* The tests of the account role stand in two files, one program. */
#pragma once

#include "call.h"

#define NONE SEKI_NUMBER_NONE
#define PERSON SEKI_NUMBER_INDIVIDUAL
#define TARO \
        "kana", "ヤマダ タロウ", "name", "山田 太郎", "birth", "1970-04-01", \
        "address", "東京都千代田区1-1"

/* account-peers.c: records that come from and go to other institutions. */
void add_peer_tests (void);
