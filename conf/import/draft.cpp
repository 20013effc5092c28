// SPDX-License-Identifier: Apache-2.0
#include "conf/import/draft.h"

#include <fmt/format.h>

#include <algorithm>

namespace milterward::importing {

std::string_view Row::text(const std::string& key) const {
  const auto found = values.find(key);
  return found == values.end() || found->second.texts.empty()
             ? std::string_view{}
             : std::string_view{found->second.texts.front()};
}

void Draft::set(const std::string& key, const std::string& text, const Origin& origin) {
  const auto [place, is_new] = values_.try_emplace(key, Value{{text}, {origin}});
  if (is_new) return;
  auto& value = place->second;
  if (value.texts == std::vector{text}) {
    if (std::ranges::find(value.origins, origin) == value.origins.end())
      value.origins.push_back(origin);
    return;
  }
  const auto& first = value.origins.front();
  tell(Outcome::look, origin,
       fmt::format("{} is \"{}\" already, by {}:{}; \"{}\" was not taken", key,
                   value.texts.front(), first.file, first.line, text));
}

void Draft::translate(const std::string& key, const std::string& text,
                      const Origin& origin) {
  set(key, text, origin);
  if (values_[key].texts == std::vector{text})
    tell(Outcome::translated, origin, fmt::format("{} = {}", key, text));
}

void Draft::begin_list(const std::string& key, const Origin& origin) {
  auto& value = values_[key];
  if (std::ranges::find(value.origins, origin) == value.origins.end())
    value.origins.push_back(origin);
}

void Draft::add(const std::string& key, const std::string& item, const Origin& origin) {
  begin_list(key, origin);
  auto& items = values_[key].texts;
  if (std::ranges::find(items, item) == items.end()) items.push_back(item);
}

void Draft::tell(Outcome outcome, const Origin& origin, std::string text) {
  Finding finding{outcome, origin, std::move(text)};
  if (std::ranges::find(findings_, finding) == findings_.end())
    findings_.push_back(std::move(finding));
}

}  // namespace milterward::importing
