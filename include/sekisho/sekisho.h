/* SPDX-License-Identifier: Apache-2.0 */
/* All of the contract between the core and modules. */
#pragma once

#include <sekisho/module.h>
