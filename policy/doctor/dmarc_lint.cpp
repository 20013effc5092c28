// SPDX-License-Identifier: Apache-2.0
#include "policy/doctor/dmarc_lint.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "policy/auth/dmarc/record.h"
#include "policy/base/ascii.h"
#include "policy/doctor/examination.h"

namespace milterward::doctor {
namespace {

constexpr std::array policies{"none", "quarantine", "reject"};
constexpr std::array modes{"r", "s"};
constexpr std::array suffixes{"y", "n", "u"};
constexpr std::array flags{"y", "n"};
constexpr std::array failure_options{"0", "1", "d", "s"};
constexpr std::array obsolete_tags{"pct", "rf", "ri"};

template <class Words>
bool is_one_of(const Words& words, std::string_view value) {
  return std::ranges::any_of(
      words, [&](std::string_view word) { return equal_ignoring_case(word, value); });
}

bool are_failure_options(std::string_view value) {
  bool if_all = false;
  bool if_any = false;
  for (const auto word : split(value, ':')) {
    if (!is_one_of(failure_options, trim(word))) return false;
    if_all = if_all || trim(word) == "0";
    if_any = if_any || trim(word) == "1";
  }
  return !(if_all && if_any);
}

/// The report addresses with "mailto:" put before those that lack it; none when they are
/// right as they are.
std::optional<std::string> mended_uris(std::string_view value) {
  std::string out;
  bool is_wrong = false;
  for (const auto word : split(value, ',')) {
    auto uri = std::string{trim(word)};
    const auto read = auth::parse_dmarc_record("v=DMARC1; p=none; rua=" + uri);
    constexpr std::string_view slashed = "mailto://";  // reads as an address "//name"
    const bool has_slashes = starts_with_ignoring_case(uri, slashed);
    if (!read || read->rua.empty() || has_slashes) {
      is_wrong = true;
      if (has_slashes) uri.erase(slashed.size() - 2, 2);
      const bool is_address =
          uri.find(':') == std::string::npos && std::ranges::count(uri, '@') == 1;
      if (is_address) uri.insert(0, "mailto:");
      const auto again = auth::parse_dmarc_record("v=DMARC1; p=none; rua=" + uri);
      if (!again || again->rua.empty()) continue;
    }
    out += (out.empty() ? "" : ",") + uri;
  }
  if (!is_wrong) return std::nullopt;
  return out;
}

/// What is wrong with the value of a tag, "" for nothing; `mended` is what it should be.
std::string complaint_about(const std::string& name, std::string_view value,
                            std::string& mended) {
  mended.clear();
  if (name == "p" || name == "sp" || name == "np") {
    if (is_one_of(policies, value)) return "";
    mended = name == "p" ? "none" : "";
    return "is none of none, quarantine and reject";
  }
  if (name == "adkim" || name == "aspf") {
    if (is_one_of(modes, value)) return "";
    if (starts_with_ignoring_case(value, "s")) mended = "s";
    return "is neither r nor s";
  }
  if (name == "psd") return is_one_of(suffixes, value) ? "" : "is none of y, n and u";
  if (name == "t") return is_one_of(flags, value) ? "" : "is neither y nor n";
  if (name == "fo")
    return are_failure_options(value) ? "" : "is no list of 0 or 1, d and s, by colons";
  if (name == "rua" || name == "ruf") {
    const auto better = mended_uris(value);
    if (!better) return "";
    mended = *better;
    return "holds what is no address of reports, which are written mailto:name@domain";
  }
  return "is of a tag that nobody knows";
}

class Linter {
 public:
  DmarcLint lint(std::string_view text) {
    lint_.mended = "v=DMARC1";
    const auto parts = split(text, ';');
    for (std::size_t i = 1; i < parts.size(); ++i) {
      const auto part = trim(parts[i]);
      if (!part.empty()) look_at(part);
    }
    const bool has_policy = std::ranges::find(seen_, "p") != seen_.end();
    if (!has_policy) {
      lint_.slips.push_back({"there is no p=", "p=none", ""});
      lint_.mended.insert(std::string_view{"v=DMARC1"}.size(), "; p=none");
    }
    // RFC 9989 appendix A.6: what pct=0 meant is said by t=y.
    if (was_a_test_ && std::ranges::find(seen_, "t") == seen_.end()) keep("t=y");
    return std::move(lint_);
  }

 private:
  void look_at(std::string_view part) {
    const auto equals = part.find('=');
    const auto name = to_lower(trim(part.substr(0, equals)));
    const auto value = equals == std::string_view::npos ? std::string_view{}
                                                        : trim(part.substr(equals + 1));
    if (equals == std::string_view::npos || value.empty() ||
        !std::ranges::all_of(name, is_alpha) || name.empty())
      return slip(part, fmt::format("\"{}\" is no tag with a value", quote(part)), "");
    if (is_one_of(obsolete_tags, name)) {
      was_a_test_ = was_a_test_ || (name == "pct" && value == "0");
      lint_.obsolete.push_back({fmt::format("\"{}\"", quote(part)), "", std::string{part}});
      return;
    }
    if (std::ranges::find(seen_, name) != seen_.end())
      return slip(part,
                  fmt::format("\"{}\" comes again, and only the first counts", quote(part)),
                  "");
    seen_.push_back(name);
    std::string better;
    const auto complaint = complaint_about(name, value, better);
    if (complaint.empty()) return keep(part);
    slip(part, fmt::format("\"{}\" {}", quote(part), complaint),
         better.empty() ? "" : fmt::format("{}={}", name, better));
  }

  void keep(std::string_view part) { lint_.mended += fmt::format("; {}", part); }

  void slip(std::string_view part, std::string what, std::string mended) {
    if (!mended.empty()) keep(mended);
    lint_.slips.push_back({std::move(what), std::move(mended), std::string{part}});
  }

  DmarcLint lint_;
  std::vector<std::string> seen_;
  bool was_a_test_ = false;
};

}  // namespace

DmarcLint lint_dmarc(std::string_view text) { return Linter{}.lint(text); }

std::string guessed_dmarc(std::string_view text) {
  auto rest = trim(text);
  for (const std::string_view begin : {"v=", "dmarc1", "spf1", "dmarc"})
    if (starts_with_ignoring_case(rest, begin)) rest = trim(rest.substr(begin.size()));
  while (!rest.empty() &&
         (rest.front() == ';' || rest.front() == ',' || is_wsp(rest.front())))
    rest.remove_prefix(1);
  // "v=DMARC1 p=none rua=..." lacks the semicolons, or has commas instead.
  std::string tags;
  for (const char c : rest) tags += c;
  if (tags.find(';') == std::string::npos)
    for (auto at = tags.find_first_of(" ,"); at != std::string::npos;
         at = tags.find_first_of(" ,", at + 1))
      if (tags.find('=', at) != std::string::npos && tags.find("mailto", at) != at + 1)
        tags[at] = ';';
  if (tags.find("p=") == std::string::npos) return "";
  return lint_dmarc("v=DMARC1; " + tags).mended;
}

}  // namespace milterward::doctor
