// SPDX-License-Identifier: Apache-2.0
#include "policy/edits.h"

#include <fmt/format.h>

#include <algorithm>

#include "policy/auth/dkim/base64.h"
#include "policy/base/ascii.h"

namespace milterward {
namespace {

using rules::HeaderEdit;

constexpr std::string_view subject_name = "Subject";
/// RFC 5322 section 2.1.1, for "Subject:" and the rest of the line.
constexpr std::size_t preferred_line = 78;

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c < '\x7f'; });
}

/// The tag as it stands before `rest`. White space between two encoded words is not shown
/// (RFC 2047 section 6.2), so there the tag brings its own.
std::string written_tag(std::string_view tag, std::string_view rest) {
  if (is_printable(tag)) return std::string{tag};
  const auto blank = rest.starts_with("=?") ? " " : "";
  return fmt::format("=?UTF-8?B?{}?=",
                     auth::encode_base64(fmt::format("{}{}", tag, blank)));
}

std::string tagged(std::string_view value, std::string_view tag) {
  while (!value.empty() && is_fws(value.front())) value.remove_prefix(1);
  auto text = fmt::format(" {}", written_tag(tag, value));
  if (value.empty()) return text;
  const auto first_line = value.substr(0, value.find_first_of("\r\n"));
  const auto length = subject_name.size() + 1 + text.size() + 1 + first_line.size();
  return text + (length > preferred_line ? "\r\n " : " ") + std::string{value};
}

}  // namespace

std::vector<rules::HeaderEdit> removals(
    const RawHeaders& headers, std::string_view name,
    const std::function<bool(const RawHeader&)>& is_unwanted) {
  std::vector<rules::HeaderEdit> edits;
  unsigned occurrence = 0;
  for (const auto* field : fields_named(headers, name)) {
    ++occurrence;
    if (is_unwanted(*field))
      edits.push_back({rules::HeaderEdit::Kind::remove, std::string{name}, "", occurrence});
  }
  std::ranges::reverse(edits);
  return edits;
}

rules::HeaderEdit insertion(RawHeader field) {
  return {rules::HeaderEdit::Kind::insert_on_top, std::move(field.name),
          std::move(field.value), 0};
}

std::vector<HeaderEdit> subject_tags(const RawHeaders& headers, std::string_view tag) {
  std::vector<HeaderEdit> edits;
  unsigned occurrence = 0;
  for (const auto* field : fields_named(headers, subject_name)) {
    ++occurrence;
    const auto value = trim(field->value);
    if (!value.starts_with(written_tag(tag, "")) &&
        !value.starts_with(written_tag(tag, "=?")))
      edits.push_back({HeaderEdit::Kind::change, std::string{subject_name},
                       tagged(field->value, tag), occurrence});
  }
  if (occurrence == 0)
    edits.push_back(insertion({std::string{subject_name}, tagged("", tag)}));
  return edits;
}

RawHeader verdict_field(Action action, std::string_view rule) {
  return {std::string{verdict_header_name},
          fmt::format(" {}; rule={}", to_text(action), rule)};
}

}  // namespace milterward
