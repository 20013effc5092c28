// SPDX-License-Identifier: Apache-2.0
// What Redis runs as one step. A counter is a hash: the beginning of a slice, in seconds
// since 1970, to its amount; it expires when the last slice has been forgotten, two windows
// after it began. Numbers are exact in Lua up to 2^53.
#pragma once

namespace milterward::backends {

/// KEYS: counters. ARGV: "within" or "always", now; then for each key: beginning of the
/// current slice, its length, number of slices, amount, limit. Answers whether granted, and
/// for each key: used, fits, room again at.
inline constexpr const char* redis_hit_script = R"(
local now = tonumber(ARGV[2])
local granted = 1
local reads = {}
for i, key in ipairs(KEYS) do
  local a = 3 + (i - 1) * 5
  local length, slices = tonumber(ARGV[a + 1]), tonumber(ARGV[a + 2])
  local amount, limit = tonumber(ARGV[a + 3]), tonumber(ARGV[a + 4])
  local window = length * slices
  local used, counted = 0, {}
  local all = redis.call('HGETALL', key)
  for j = 1, #all, 2 do
    local begin, part = tonumber(all[j]), tonumber(all[j + 1])
    if begin + 2 * window <= now then
      redis.call('HDEL', key, all[j])
    elseif begin + window > now and begin <= now + window then
      used = used + part
      counted[#counted + 1] = {begin, part}
    end
  end
  local fits = amount <= limit and used + amount <= limit
  local room_at = 0
  if not fits and amount <= limit then
    table.sort(counted, function(x, y) return x[1] < y[1] end)
    local too_many = used + amount - limit
    for _, slice in ipairs(counted) do
      room_at = slice[1] + window
      if slice[2] >= too_many then break end
      too_many = too_many - slice[2]
    end
  end
  if not fits and ARGV[1] == 'within' then granted = 0 end
  reads[i] = {used, fits and 1 or 0, room_at}
end
local answer = {granted}
for i, key in ipairs(KEYS) do
  local a = 3 + (i - 1) * 5
  local amount = tonumber(ARGV[a + 3])
  if granted == 1 and amount > 0 then
    redis.call('HINCRBY', key, ARGV[a], ARGV[a + 3])
    redis.call('EXPIRE', key, tonumber(ARGV[a + 1]) * (2 * tonumber(ARGV[a + 2]) + 1))
    reads[i][1] = reads[i][1] + amount
  end
  for _, value in ipairs(reads[i]) do answer[#answer + 1] = value end
end
return answer
)";

/// KEYS: counters. ARGV: now; then for each key: beginning of a slice, its length, number
/// of slices, what to add, which may be negative. Answers what each counter then says.
inline constexpr const char* redis_adjust_script = R"(
local now = tonumber(ARGV[1])
local answer = {}
for i, key in ipairs(KEYS) do
  local a = 2 + (i - 1) * 4
  local length, slices = tonumber(ARGV[a + 1]), tonumber(ARGV[a + 2])
  local window = length * slices
  if redis.call('HINCRBY', key, ARGV[a], ARGV[a + 3]) <= 0 then
    redis.call('HDEL', key, ARGV[a])
  else
    redis.call('EXPIRE', key, length * (2 * slices + 1))
  end
  local used = 0
  local all = redis.call('HGETALL', key)
  for j = 1, #all, 2 do
    local begin = tonumber(all[j])
    if begin + window > now and begin <= now + window then
      used = used + tonumber(all[j + 1])
    end
  end
  answer[i] = used
end
return answer
)";

}  // namespace milterward::backends
