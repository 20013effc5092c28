// SPDX-License-Identifier: Apache-2.0
#include "milter/status/egress_book.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace milterward::status {
namespace {

/// Those of a configuration are fewer; reloads may name others.
constexpr std::size_t most_addresses = 1000;

std::string value_of(const std::vector<LogField>& fields, std::string_view name) {
  const auto found = std::ranges::find(fields, name, &LogField::name);
  return found == fields.end() ? std::string{} : found->value;
}

}  // namespace

void EgressBook::note(std::string_view event, const std::vector<LogField>& fields) {
  if (!event.starts_with("egress.")) return;
  const auto address = value_of(fields, "address");
  if (address.empty()) return;
  book_.with([&](auto& book) {
    if (book.size() >= most_addresses && !book.contains(address)) return;
    auto& standing = book[address];
    if (event == "egress.known") {
      if (value_of(fields, "list") == "ptr")
        standing.name_is_broken = true;
      else
        standing.lists.insert(value_of(fields, "list"));
    }
    if (event == "egress.listed") standing.lists.insert(value_of(fields, "list"));
    if (event == "egress.delisted") standing.lists.erase(value_of(fields, "list"));
    if (event == "egress.name_broken") standing.name_is_broken = true;
    if (event == "egress.name_mended") standing.name_is_broken = false;
  });
}

std::map<std::string, EgressStanding> EgressBook::standings() const {
  return book_.with([](const auto& book) { return book; });
}

std::string to_text(const EgressStanding& standing) {
  if (standing.is_well()) return "nothing is known against it";
  std::string text;
  if (!standing.lists.empty())
    text = fmt::format("listed by {}", fmt::join(standing.lists, ", "));
  if (standing.name_is_broken)
    text += fmt::format("{}no name leads back to it", text.empty() ? "" : ", and ");
  return text;
}

}  // namespace milterward::status
