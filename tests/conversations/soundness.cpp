// SPDX-License-Identifier: Apache-2.0
#include "tests/conversations/soundness.h"

#include <boost/test/unit_test.hpp>
#include <map>

#include "policy/auth/authres/field.h"
#include "policy/base/ascii.h"
#include "policy/mail/utf8.h"

namespace milterward::tests {
namespace {

using rules::HeaderEdit;

constexpr std::size_t line_limit = 998;  // RFC 5322 section 2.1.1

void check_inserted(const HeaderEdit& edit) {
  BOOST_TEST_CONTEXT("inserted " << edit.name << ":" << edit.value) {
    BOOST_TEST(edit.value.starts_with(' '));
    BOOST_TEST(is_valid_utf8(edit.value));
    bool first = true;
    for (auto line : split(edit.value, '\n')) {
      if (!first) BOOST_TEST((!line.empty() && is_wsp(line.front())));
      first = false;
      if (line.ends_with('\r')) line.remove_suffix(1);
      BOOST_TEST(edit.name.size() + 1 + line.size() <= line_limit);
      for (const char c : line)
        BOOST_TEST((c == '\t' || static_cast<unsigned char>(c) >= ' '));
    }
  }
}

/// "fail" of "... dmarc=fail:reject ..."; "" where it says nothing of DMARC.
std::string_view logged_dmarc(std::string_view log_line) {
  constexpr std::string_view name = " dmarc=";
  const auto at = log_line.find(name);
  if (at == std::string_view::npos) return {};
  const auto value = log_line.substr(at + name.size());
  return value.substr(0, value.find_first_of(": "));
}

}  // namespace

void check_told(const std::vector<HeaderEdit>& edits, std::string_view log_line) {
  const auto logged = logged_dmarc(log_line);
  if (logged.empty()) return;
  for (const auto& edit : edits) {
    if (edit.kind != HeaderEdit::Kind::insert_on_top ||
        edit.name != auth::authres_field_name)
      continue;
    const auto field = auth::parse_authres(edit.value);
    BOOST_REQUIRE(field.has_value());
    bool is_told = false;
    for (const auto& method : field->methods)
      is_told = is_told || (method.method == "dmarc" && method.result == logged);
    BOOST_TEST(is_told, "the log says dmarc=" << logged << ":" << edit.value);
  }
}

void check_edits(const RawHeaders& headers, const std::vector<HeaderEdit>& edits) {
  std::map<std::string, unsigned> last_removed;
  bool removing = true;
  for (const auto& edit : edits) {
    if (edit.kind == HeaderEdit::Kind::insert_on_top) {
      removing = false;
      check_inserted(edit);
      continue;
    }
    const auto there = fields_named(headers, edit.name).size();
    BOOST_TEST((edit.occurrence >= 1 && edit.occurrence <= there));
    if (edit.kind == HeaderEdit::Kind::change) {
      removing = false;
      continue;
    }
    BOOST_TEST(removing, "a removal behind other edits: " << edit.name);
    const auto [before, is_first] = last_removed.emplace(edit.name, edit.occurrence);
    BOOST_TEST((is_first || edit.occurrence < before->second));
    before->second = edit.occurrence;
  }
}

}  // namespace milterward::tests
