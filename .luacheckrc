-- SPDX-License-Identifier: Apache-2.0
-- Rules are Lua in form and see the words of policy-lua only (modules/policy/lua/surface.c).
std = { read_globals = {
        "policy", "access", "math", "string", "type", "tonumber", "ipairs", "select", "error", "assert",
        "any", "yes", "no", "is", "one_of", "not_one_of", "at_most", "at_least", "between", "any_of",
        "not_", "same_as", "seconds", "minutes", "hours", "days", "audit", "count", "notify",
} }
max_line_length = 100
