// SPDX-License-Identifier: Apache-2.0
#include "conf/import/dataset.h"

#include <algorithm>
#include <array>

#include "conf/import/options.h"
#include "conf/import/quotation.h"
#include "policy/base/ascii.h"

namespace milterward::importing {
namespace {

constexpr auto unreadable_kinds = std::to_array<std::string_view>(
    {"db:", "dsn:", "ldap:", "ldaps:", "ldapi:", "lua:", "memcache:", "erlang:", "mdb:"});

Result<DataSet, Unreadable> from_file(const OldFiles& files, const std::string& path,
                                      const Origin& said) {
  const auto text = files.read(path);
  if (!text) return Unexpected{Unreadable{said.file, said.line, path + " " + text.fault()}};
  DataSet set;
  unsigned number = 0;
  for (const auto whole : split(*text, '\n')) {
    ++number;
    const auto line = trim(whole.substr(0, whole.find('#')));
    if (line.empty()) continue;
    const auto end = line.find_first_of(" \t");
    set.entries.push_back(
        {std::string{line.substr(0, end)},
         end == std::string_view::npos ? "" : std::string{trim(line.substr(end))},
         {path, number, quotation(line)}});
  }
  return set;
}

DataSet from_list(std::string_view text, const Origin& said) {
  DataSet set;
  for (const auto part : split(text, ',')) {
    const auto item = trim(part);
    if (item.empty()) continue;
    const auto equals = item.find('=');
    set.entries.push_back(
        {std::string{trim(item.substr(0, equals))},
         equals == std::string_view::npos ? "" : std::string{trim(item.substr(equals + 1))},
         said});
  }
  return set;
}

}  // namespace

Result<DataSet, Unreadable> read_data_set(const OldFiles& files, std::string_view text,
                                          const Origin& said, std::string_view base) {
  text = trim(text);
  if (text.starts_with("refile:")) {
    auto set = from_file(files, absolute(text.substr(7), base), said);
    if (set) set->patterns = true;
    return set;
  }
  if (text.starts_with("file:"))
    return from_file(files, absolute(text.substr(5), base), said);
  if (text.ends_with(".db") || std::ranges::any_of(unreadable_kinds, [&](auto kind) {
        return text.starts_with(kind);
      })) {
    DataSet set;
    set.readable = false;
    return set;
  }
  if (text.starts_with("/") || text.starts_with("./") || text.starts_with("../"))
    return from_file(files, absolute(text, base), said);
  if (text.starts_with("csl:")) text.remove_prefix(4);
  return from_list(text, said);
}

}  // namespace milterward::importing
