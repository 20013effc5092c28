// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/directory_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "policy/backends/lookup_table.h"
#include "policy/base/ascii.h"
#include "policy/mail/address.h"
#include "policy/mail/domain_pattern.h"
#include "policy/mail/login.h"

namespace milterward::backends {
namespace {

Unexpected<std::string> fault_at(std::size_t line, std::string_view reason) {
  return {line == 0 ? std::string{reason} : fmt::format("line {}: {}", line, reason)};
}

Result<std::vector<TableEntry>, std::string> entries_of(std::string_view text) {
  auto entries = parse_table(text);
  if (!entries) return fault_at(entries.fault().line, entries.fault().reason);
  return std::move(*entries);
}

/// Words between commas and blanks.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  for (const auto part : split(text, ','))
    for (const auto line : split(part, ' '))
      for (const auto word : split(line, '\t'))
        if (!word.empty()) words.emplace_back(word);
  return words;
}

std::string key_of(std::string_view local_part, const Domain& domain) {
  return to_lower(local_part) + "@" + domain.name();
}

/// "joe@example.org" or "@example.org" in canonical form; "" for what is neither.
std::string address_key(std::string_view text) {
  if (text.starts_with('@')) {
    const auto domain = Domain::parse(text.substr(1));
    return domain ? key_of("", *domain) : std::string{};
  }
  const auto path = parse_path(text);
  if (!path || path->is_null() || !path->mailbox->domain) return {};
  return key_of(path->mailbox->local_part, *path->mailbox->domain);
}

}  // namespace

Result<DomainTable, std::string> parse_domains(std::string_view text) {
  const auto entries = entries_of(text);
  if (!entries) return Unexpected{entries.fault()};
  DomainTable table;
  for (const auto& entry : *entries) {
    const auto pattern = DomainPattern::parse(entry.key);
    if (!pattern)
      return fault_at(entry.line,
                      fmt::format("\"{}\" is not a domain", printable(entry.key, 80)));
    table.insert((pattern->subdomains_only ? "." : "") + pattern->domain.name());
  }
  return table;
}

Result<OwnerTable, std::string> parse_owners(std::string_view text,
                                             std::string_view realm) {
  const auto entries = entries_of(text);
  if (!entries) return Unexpected{entries.fault()};
  OwnerTable table;
  for (const auto& entry : *entries) {
    const auto key = address_key(entry.key);
    if (key.empty())
      return fault_at(entry.line, fmt::format("\"{}\" is neither joe@example.org nor "
                                              "@example.org",
                                              printable(entry.key, 80)));
    const auto logins = words_of(entry.value);
    if (logins.empty())
      return fault_at(entry.line,
                      fmt::format("no login behind \"{}\"", printable(entry.key, 80)));
    auto& owners = table[key];
    for (const auto& login : logins) owners.push_back(login_key(login, realm));
  }
  return table;
}

Result<ClassTable, std::string> parse_classes(std::string_view text,
                                              std::string_view realm) {
  const auto entries = entries_of(text);
  if (!entries) return Unexpected{entries.fault()};
  ClassTable table;
  for (const auto& entry : *entries) {
    const auto words = words_of(entry.value);
    if (words.size() != 1)
      return fault_at(entry.line,
                      fmt::format("not one class behind \"{}\"", printable(entry.key, 80)));
    table[login_key(entry.key, realm)] = words.front();
  }
  return table;
}

Result<LoginTable, std::string> parse_logins(std::string_view text,
                                             std::string_view realm) {
  const auto entries = entries_of(text);
  if (!entries) return Unexpected{entries.fault()};
  LoginTable table;
  for (const auto& entry : *entries) table.insert(login_key(entry.key, realm));
  return table;
}

Result<std::shared_ptr<const DirectoryFiles>, std::vector<std::string>>
DirectoryFiles::open(const conf::DirectorySettings& settings,
                     std::shared_ptr<const Clock> clock) {
  std::shared_ptr<DirectoryFiles> files{new DirectoryFiles};
  files->realm_ = settings.realm;
  files->delimiters_ = settings.delimiters;
  std::vector<std::string> faults;
  const auto open_all = [&]<class Table>(
                            Files<Table>& opened, const char* key,
                            const std::vector<std::string>& paths,
                            const typename WatchedFile<Table>::Parser& parser) {
    for (const auto& path : paths) {
      auto file = WatchedFile<Table>::open(path, table_limit, parser, clock);
      if (file)
        opened.push_back(std::move(*file));
      else
        faults.push_back(fmt::format("{}: {}", key, file.fault()));
    }
  };
  open_all(files->domains_, "directory.domain_files", settings.domain_files, parse_domains);
  open_all(files->owners_, "directory.owner_files", settings.owner_files,
           [&realm = files->realm_](auto text) { return parse_owners(text, realm); });
  open_all(files->classes_, "directory.class_files", settings.class_files,
           [&realm = files->realm_](auto text) { return parse_classes(text, realm); });
  open_all(files->established_, "directory.established_files", settings.established_files,
           [&realm = files->realm_](auto text) { return parse_logins(text, realm); });
  if (!faults.empty()) return Unexpected{std::move(faults)};
  return std::shared_ptr<const DirectoryFiles>{std::move(files)};
}

bool DirectoryFiles::knows_domains() const noexcept { return !domains_.empty(); }
bool DirectoryFiles::knows_owners() const noexcept { return !owners_.empty(); }

ports::DirectoryResult<bool> DirectoryFiles::is_ours(const Domain& domain, Deadline) const {
  return std::ranges::any_of(domains_, [&](const auto& file) {
    const auto table = file->content();
    if (table->contains(domain.name())) return true;
    for (auto above = domain.parent(); !above.empty(); above = above.parent())
      if (table->contains("." + above.name())) return true;
    return false;
  });
}

ports::DirectoryResult<bool> DirectoryFiles::may_use(std::string_view login,
                                                     const MailAddress& address,
                                                     Deadline) const {
  if (login.empty()) return false;  // a table has no word for "no login"
  const auto key = login_key(login, realm_);
  const auto bare = without_extension(address.local_part, delimiters_);
  const std::array names{key_of(address.local_part, address.domain),
                         key_of(bare, address.domain), key_of("", address.domain)};
  return std::ranges::any_of(owners_, [&](const auto& file) {
    const auto table = file->content();
    return std::ranges::any_of(names, [&](const std::string& name) {
      const auto owners = table->find(name);
      return owners != table->end() &&
             std::ranges::find(owners->second, key) != owners->second.end();
    });
  });
}

ports::DirectoryResult<std::string> DirectoryFiles::class_of(std::string_view login,
                                                             Deadline) const {
  const auto key = login_key(login, realm_);
  for (const auto& file : classes_) {
    const auto table = file->content();
    const auto found = table->find(key);
    if (found != table->end()) return found->second;
  }
  return std::string{};
}

ports::DirectoryResult<bool> DirectoryFiles::is_established(std::string_view login,
                                                            Deadline) const {
  const auto key = login_key(login, realm_);
  return std::ranges::any_of(
      established_, [&](const auto& file) { return file->content()->contains(key); });
}

}  // namespace milterward::backends
