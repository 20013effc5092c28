// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/sql_directory.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "conf/forms.h"
#include "conf/sql_places.h"
#include "policy/auth/dkim/digest.h"
#include "policy/base/ascii.h"
#include "policy/base/secret_text.h"
#include "policy/mail/address.h"
#include "policy/mail/login.h"
#include "policy/sign/private_key.h"

namespace milterward::backends {
namespace {

using ports::DirectoryFault;
using ports::DirectoryResult;
using Values = std::vector<std::pair<std::string, std::string>>;

/// Octets of keys and values; a house of 10,000 accounts takes a tenth of it.
constexpr std::size_t cache_weight = 16'000'000;
constexpr std::size_t weight_of_an_entry = 128;

/// SOCI wants a value for every place in a query, and for none that is not.
Values used_by(const std::string& query, Values values) {
  std::erase_if(values,
                [&](const auto& value) { return !conf::has_place(query, value.first); });
  return values;
}

/// No value of a question has a NUL.
std::string key_of(const std::string& query, const Values& values) {
  std::string key = query;
  for (const auto& [name, value] : values) (key += '\0') += value;
  return key;
}

std::size_t weight_of(const std::string& key, const SqlAnswer& answer) {
  auto weight = weight_of_an_entry + 2 * key.size();
  for (const auto& value : answer) weight += sizeof(std::string) + value.size();
  return weight;
}

std::string digest_of(const std::string& text) {
  auth::Sha256 hash;
  hash.update(text);
  return hash.finish();
}

/// A key out of a row; `pem` is wiped, since it is the key.
ports::DomainKey sql_key(const std::string& selector, std::string& pem,
                         const std::vector<ports::DomainKey>& former) {
  ports::DomainKey key{selector, "directory.sql.key_query", digest_of(pem),
                       Unexpected{ports::KeyFault{}}};
  if (auto same = unchanged(former, selector, key.stamp)) {
    key.key = std::move(same);
  } else if (conf::selector.check(selector)) {
    key.key = Unexpected{ports::KeyFault{fmt::format(
        "\"{}\" is no selector; let directory.sql.key_query give selector and key",
        printable(selector, 80))}};
  } else if (auto parsed = sign::parse_private_key(pem)) {
    key.key = std::move(*parsed);
  } else {
    key.key = Unexpected{ports::KeyFault{
        fmt::format("directory.sql.key_query: {}; make a key as milterward keygen does",
                    to_text(parsed.fault()))}};
  }
  wipe(pem);
  return key;
}

}  // namespace

SqlDirectory::SqlDirectory(const conf::DirectorySettings& settings,
                           SqlPool::Connect connect, std::shared_ptr<const Clock> clock)
    : settings_(settings.sql),
      realm_(settings.realm),
      delimiters_(settings.delimiters),
      clock_(std::move(clock)),
      pool_(std::make_unique<SqlPool>(
          std::move(connect), SqlPool::Limits{settings.sql.threads, settings.sql.timeout},
          clock_)),
      cache_(std::make_unique<Cache>(cache_weight)) {}

bool SqlDirectory::knows_domains() const noexcept {
  return !settings_.domain_query.empty();
}

bool SqlDirectory::knows_owners() const noexcept { return !settings_.owner_query.empty(); }

DirectoryResult<bool> SqlDirectory::is_ours(const Domain& domain, Deadline deadline) const {
  if (!knows_domains()) return false;
  const auto answer = ask(settings_.domain_query, {{"domain", domain.name()}}, deadline);
  if (!answer) return Unexpected{answer.fault()};
  return !answer->empty();
}

DirectoryResult<bool> SqlDirectory::may_use(std::string_view login,
                                            const MailAddress& address,
                                            Deadline deadline) const {
  if (!knows_owners() || login.empty()) return false;  // a table has no word for no login
  const auto key = login_key(login, realm_);
  auto answer = is_owner(key, address.local_part, address.domain, deadline);
  const auto bare = without_extension(address.local_part, delimiters_);
  if (!answer || *answer || bare == address.local_part) return answer;
  return is_owner(key, bare, address.domain, deadline);
}

DirectoryResult<bool> SqlDirectory::is_owner(const std::string& key,
                                             std::string_view local_part,
                                             const Domain& domain,
                                             Deadline deadline) const {
  const auto local = to_lower(local_part);
  const auto answer = ask(settings_.owner_query,
                          {{"address", fmt::format("{}@{}", local, domain.name())},
                           {"local", local},
                           {"domain", domain.name()}},
                          deadline);
  if (!answer) return Unexpected{answer.fault()};
  for (const auto& row : *answer)
    for (const auto login : split(row, ','))
      if (!trim(login).empty() && login_key(trim(login), realm_) == key) return true;
  return false;
}

DirectoryResult<std::string> SqlDirectory::class_of(std::string_view login,
                                                    Deadline deadline) const {
  if (settings_.class_query.empty() || login.empty()) return std::string{};
  const auto answer =
      ask(settings_.class_query, {{"login", login_key(login, realm_)}}, deadline);
  if (!answer) return Unexpected{answer.fault()};
  return answer->empty() ? std::string{} : answer->front();
}

DirectoryResult<bool> SqlDirectory::is_established(std::string_view login,
                                                   Deadline deadline) const {
  if (settings_.established_query.empty() || login.empty()) return false;
  const auto answer =
      ask(settings_.established_query, {{"login", login_key(login, realm_)}}, deadline);
  if (!answer) return Unexpected{answer.fault()};
  return !answer->empty();
}

Result<std::vector<ports::DomainKey>, ports::KeyFault> SqlDirectory::keys_of(
    const Domain& domain, const std::vector<ports::DomainKey>& former, Deadline deadline) {
  if (settings_.key_query.empty()) return std::vector<ports::DomainKey>{};
  auto rows = pool_->ask(
      {settings_.key_query, used_by(settings_.key_query, {{"domain", domain.name()}}), 2},
      deadline.within(*clock_, settings_.timeout));
  if (!rows) return Unexpected{ports::KeyFault{}};  // the pool has told the log
  std::vector<ports::DomainKey> keys;
  for (std::size_t i = 0; i + 1 < rows->size(); i += 2)
    keys.push_back(sql_key((*rows)[i], (*rows)[i + 1], former));
  std::ranges::sort(keys, {}, &ports::DomainKey::selector);
  return keys;
}

SqlDirectory::Answer SqlDirectory::ask(const std::string& query, const Values& values,
                                       Deadline deadline) const {
  auto used = used_by(query, values);
  const auto key = key_of(query, used);
  if (auto known = cache_->find(key, clock_->now())) return std::move(*known);
  auto answer =
      pool_->ask({query, std::move(used)}, deadline.within(*clock_, settings_.timeout));
  if (!answer) return Unexpected{DirectoryFault::silent};
  const auto now = clock_->now();
  cache_->insert(key, *answer, weight_of(key, *answer), now, now + settings_.lifetime);
  return std::move(*answer);
}

}  // namespace milterward::backends
