// SPDX-License-Identifier: Apache-2.0
#include "policy/auth/spf/questions.h"

#include <algorithm>

namespace milterward::auth {
namespace {

constexpr std::size_t usual_questions = 8;

}  // namespace

const ports::Pending& Questions::pending(std::string_view name, ports::DnsType type) {
  const auto found = std::ranges::find_if(
      asked_, [&](const Asked& asked) { return asked.type == type && asked.name == name; });
  if (found != asked_.end()) return found->pending;
  if (asked_.empty()) asked_.reserve(usual_questions);
  asked_.push_back({std::string{name}, type, dns_.ask({presentation_form(name), type})});
  return asked_.back().pending;
}

void Questions::ask_early(std::string_view name, ports::DnsType type) {
  static_cast<void>(pending(name, type));
}

ports::DnsResult Questions::wait_for(std::string_view name, ports::DnsType type) {
  return pending(name, type).wait(deadline_);
}

std::string presentation_form(std::string_view name) {
  const auto is_plain = [](char c) { return c != ' ' && c != '\\'; };
  if (std::ranges::all_of(name, is_plain)) return std::string{name};  // nearly always
  std::string out;
  out.reserve(name.size());
  for (const char c : name) {
    if (c == ' ') {
      out += "\\032";
    } else {
      if (c == '\\') out += '\\';
      out += c;
    }
  }
  return out;
}

}  // namespace milterward::auth
