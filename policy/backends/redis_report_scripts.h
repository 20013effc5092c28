// SPDX-License-Identifier: Apache-2.0
// What Redis runs as one step for reports (redis_reports.h). No script is run halfway: one
// that may not write, since memory is full, writes nothing.
#pragma once

namespace milterward::backends {

/// ARGV: what keys begin with; holder; milliseconds. Answers whether the lease is his.
inline constexpr const char* redis_lead_script = R"(
local lease = ARGV[1] .. 'lease'
local held = redis.call('GET', lease)
if held and held ~= ARGV[2] then return 0 end
redis.call('SET', lease, ARGV[2], 'PX', ARGV[3])
return 1
)";

/// ARGV: what keys begin with; batch, number, part; begin, end, domain, policy, uris; then
/// rows and their counts. What is not behind the last that came of that batch is known. It
/// is remembered for 90 days: no host is away longer with rows of which it does not know
/// whether they came.
inline constexpr const char* redis_take_script = R"(
local p, handed = ARGV[1], ARGV[1] .. 'handed:' .. ARGV[2]
local number, part = tonumber(ARGV[3]), tonumber(ARGV[4])
local last = redis.call('GET', handed)
if last then
  local n, q = string.match(last, '^(%d+) (%d+)$')
  n, q = tonumber(n), tonumber(q)
  if number < n or (number == n and part <= q) then return 0 end
end
local group = ARGV[5] .. ' ' .. ARGV[6] .. ' ' .. ARGV[7] .. '\n' .. ARGV[8]
local open = redis.call('HGET', p .. 'groups', group)
if open and redis.call('HEXISTS', p .. 'open:' .. open, 'domain') == 0 then open = false end
if not open then
  open = string.format('%d', redis.call('INCR', p .. 'last'))
  redis.call('HSET', p .. 'groups', group, open)
  redis.call('HSET', p .. 'open:' .. open, 'begin', ARGV[5], 'end', ARGV[6], 'domain',
             ARGV[7], 'policy', ARGV[8], 'parts', 0, 'group', group)
end
redis.call('ZADD', p .. 'ends', ARGV[6], open)
redis.call('HSET', p .. 'open:' .. open, 'uris', ARGV[9])
for i = 10, #ARGV, 2 do
  redis.call('HINCRBY', p .. 'rows:' .. open, ARGV[i], ARGV[i + 1])
end
redis.call('SET', handed, ARGV[3] .. ' ' .. ARGV[4], 'EX', 7776000)
return 1
)";

/// ARGV: what keys begin with; holder, "" for who needs no lease; milliseconds; number of
/// expectations, each a hash, a field and its value; then commands, each the number of its
/// words and the words; "UNLESS" and a key before a command: only if nothing has that key.
/// Answers 1; 0 where an expectation fails; -1 where the lease is another's.
inline constexpr const char* redis_change_script = R"(
if ARGV[2] ~= '' then
  local lease = ARGV[1] .. 'lease'
  if redis.call('GET', lease) ~= ARGV[2] then return -1 end
  redis.call('PEXPIRE', lease, ARGV[3])
end
local at = 5
for _ = 1, tonumber(ARGV[4]) do
  local value = redis.call('HGET', ARGV[at], ARGV[at + 1]) or ''
  if value ~= ARGV[at + 2] then return 0 end
  at = at + 3
end
while at <= #ARGV do
  local first, last = at + 1, at + tonumber(ARGV[at])
  at = last + 1
  if ARGV[first] == 'UNLESS' then
    if redis.call('EXISTS', ARGV[first + 1]) == 1 then last = 0 end
    first = first + 2
  end
  if last > 0 then redis.call(unpack(ARGV, first, last)) end
end
return 1
)";

}  // namespace milterward::backends
