// SPDX-License-Identifier: Apache-2.0
#include "milter/commands/key_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "conf/checks.h"

namespace milterward::commands {
namespace {

using Sentences = std::vector<std::string>;

constexpr std::array<std::string_view, 6> choose_between_keys{
    "sign.key.subdomains", "sign.key.authors", "sign.key.fallback",
    "sign.key.logins",     "sign.key.senders", "sign.key.listeners"};

const KeyRow& row_named(std::string_view name) {
  return *std::ranges::find(conf::signing_key_table().keys, name, &KeyRow::name);
}

void set(const KeyRow& row, conf::SigningKey& key, std::string_view text,
         Sentences& wrong) {
  for (const auto& complaint : conf::set_written(row.field(key), text, row.bounds))
    wrong.push_back(
        fmt::format("{}: {}; {}", option_of(row), complaint.wrong, complaint.way_out));
}

}  // namespace

std::vector<const KeyRow*> options_of_key() {
  std::vector<const KeyRow*> rows;
  for (const auto& row : conf::signing_key_table().keys)
    if (row.need == conf::Need::optional &&
        std::ranges::find(choose_between_keys, row.name) == choose_between_keys.end())
      rows.push_back(&row);
  return rows;
}

std::string option_of(const KeyRow& row) {
  auto option = fmt::format("--{}", row.short_name());
  std::ranges::replace(option, '_', '-');
  return option;
}

Result<KeyToTry, Sentences> key_of(const KeyArguments& arguments) {
  if (arguments.domain.empty() || arguments.selector.empty() || arguments.file.empty())
    return Unexpected{Sentences{
        "--domain, --selector and --key belong together, and options of a key to them"}};
  Sentences wrong;
  KeyToTry made{};
  conf::set_fallbacks(made.key, conf::signing_key_table().keys);
  made.key.file = arguments.file;
  set(row_named("sign.key.domain"), made.key, arguments.domain, wrong);
  set(row_named("sign.key.selector"), made.key, arguments.selector, wrong);
  for (const auto& [row, text] : arguments.options) set(*row, made.key, text, wrong);
  if (!wrong.empty()) return Unexpected{std::move(wrong)};

  for (const auto& finding : conf::check_signing_keys({made.key})) {
    const auto name = finding.place.substr(finding.place.rfind('.') + 1);
    auto sentence = fmt::format("{}: {}; {}", option_of(row_named("sign.key." + name)),
                                finding.wrong, finding.way_out);
    (finding.severity == conf::Severity::error ? wrong : made.doubts)
        .push_back(std::move(sentence));
  }
  if (!wrong.empty()) return Unexpected{std::move(wrong)};
  return made;
}

}  // namespace milterward::commands
