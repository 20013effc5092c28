// SPDX-License-Identifier: Apache-2.0
#include "policy/auth/dkim/key_cache.h"

#include <utility>

namespace milterward::auth {
namespace {

// RSA-8192 takes 1.4 KB; whoever writes more shall not make us hold it.
constexpr std::size_t cached_text_limit = 2048;

}  // namespace

Result<std::shared_ptr<const PublishedKey>, KeyRecordFault> KeyCache::read(
    std::string_view text, SteadyTime expires) {
  const auto now = clock_->now();
  if (auto known = keys_.find(text, now)) return std::move(*known);
  auto record = parse_key_record(text);
  if (!record) return Unexpected{record.fault()};
  auto key = PublicKey::decode(*record);
  auto published = std::make_shared<const PublishedKey>(
      PublishedKey{std::move(*record), std::move(key)});
  if (text.size() <= cached_text_limit)
    keys_.insert(std::string{text}, published, 1, now, expires);
  return published;
}

}  // namespace milterward::auth
