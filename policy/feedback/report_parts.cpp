// SPDX-License-Identifier: Apache-2.0
#include "policy/feedback/report_parts.h"

#include <algorithm>
#include <array>
#include <optional>

#include "policy/base/ascii.h"
#include "policy/feedback/transfer_encoding.h"

namespace milterward::feedback {
namespace {

constexpr std::size_t part_name_limit = 120;
/// RFC 2046 section 5.1.1.
constexpr std::size_t boundary_limit = 70;
/// Of one part; what is longer belongs to no report.
constexpr std::size_t header_octet_limit = 16 * 1024;

std::string value_of(const RawHeaders& headers, std::string_view name) {
  const auto fields = fields_named(headers, name);
  return fields.empty() ? std::string{} : unfolded(fields.front()->value);
}

/// `name=value` or `name="value"` behind the first ";" (RFC 2045 section 5.1). Quoted
/// strings may hold ";" and backslashes.
std::optional<std::string> parameter(std::string_view value, std::string_view name) {
  auto rest = value.substr(std::min(value.find(';'), value.size()));
  while (!rest.empty()) {
    rest.remove_prefix(1);  // the ";"
    const auto equals = rest.find_first_of("=;");
    if (equals == std::string_view::npos) return std::nullopt;
    const auto found = trim(rest.substr(0, equals));
    const bool has_value = rest[equals] == '=';
    rest.remove_prefix(equals + (has_value ? 1 : 0));
    if (!has_value) continue;
    while (!rest.empty() && is_fws(rest.front())) rest.remove_prefix(1);
    std::string text;
    if (rest.starts_with('"')) {
      rest.remove_prefix(1);
      while (!rest.empty() && rest.front() != '"') {
        if (rest.front() == '\\' && rest.size() > 1) rest.remove_prefix(1);
        text += rest.front();
        rest.remove_prefix(1);
      }
    } else {
      text = trim(rest.substr(0, rest.find(';')));
    }
    if (equal_ignoring_case(found, name)) return text;
    rest.remove_prefix(std::min(rest.find(';'), rest.size()));
  }
  return std::nullopt;
}

struct PartHead {
  std::string type;  // in lower case, "" where none is named
  std::string name;
  std::string boundary;
  std::string encoding;
};

PartHead head_of(const RawHeaders& headers) {
  const auto content_type = value_of(headers, "Content-Type");
  const auto disposition = value_of(headers, "Content-Disposition");
  PartHead head;
  head.type = to_lower(trim(std::string_view{content_type}.substr(
      0, std::min(content_type.find(';'), content_type.size()))));
  head.boundary = parameter(content_type, "boundary").value_or("");
  auto name = parameter(disposition, "filename");
  if (!name) name = parameter(content_type, "name");
  head.name = printable(name.value_or(""), part_name_limit);
  head.encoding = value_of(headers, "Content-Transfer-Encoding");
  return head;
}

bool has_report_name(std::string_view name) {
  constexpr std::array<std::string_view, 4> ends{".xml", ".json", ".gz", ".zip"};
  return std::ranges::any_of(
      ends, [&](std::string_view end) { return ends_with_ignoring_case(name, end); });
}

/// Types beyond those registered are used (application/x-zip-compressed, text/xml,
/// application/octet-stream, none at all).
bool may_hold_report(const PartHead& head) {
  if (has_report_name(head.name)) return true;
  if (head.type == "text/xml" || head.type == "text/json") return true;
  return head.type.starts_with("application/");
}

/// Fields of a part, and what stands behind the blank line.
struct PartText {
  RawHeaders headers;
  std::string_view body;
};

std::string_view take_part_line(std::string_view& text) {
  const auto end = text.find('\n');
  auto line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

PartText part_text(std::string_view text) {
  PartText part;
  const auto whole = text;
  while (!text.empty() && whole.size() - text.size() < header_octet_limit) {
    const auto line = take_part_line(text);
    if (line.empty()) break;
    if (is_wsp(line.front()) && !part.headers.empty()) {
      part.headers.back().value.append("\r\n").append(line);
      continue;
    }
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    part.headers.push_back(
        {std::string{line.substr(0, colon)}, std::string{line.substr(colon + 1)}});
  }
  part.body = text;
  return part;
}

class Walk {
 public:
  std::vector<ReportPart> found;

  void visit(const RawHeaders& headers, std::string_view body, std::size_t depth) {
    if (++parts_ > part_limit || found.size() == report_limit) return;
    const auto head = head_of(headers);
    if (head.type.starts_with("multipart/")) {
      if (depth < part_depth_limit && !head.boundary.empty() &&
          head.boundary.size() <= boundary_limit)
        visit_parts(head.boundary, body, depth + 1);
      return;
    }
    if (!may_hold_report(head)) return;
    found.push_back({head.name.empty() ? printable(head.type, part_name_limit) : head.name,
                     decoded(body, head.encoding)});
  }

 private:
  /// Between lines "--boundary"; "--boundary--" is the last. The line end before a boundary
  /// belongs to it.
  void visit_parts(std::string_view boundary, std::string_view body, std::size_t depth) {
    std::optional<std::size_t> begin;
    auto rest = body;
    while (!rest.empty() && parts_ <= part_limit) {
      const auto line_begin = body.size() - rest.size();
      const auto line = trim(take_part_line(rest));
      if (!line.starts_with("--") || !line.substr(2).starts_with(boundary)) continue;
      const auto behind = line.substr(2 + boundary.size());
      if (!behind.empty() && behind != "--") continue;
      if (begin) visit_part(body.substr(*begin, line_begin - *begin), depth);
      begin = body.size() - rest.size();
      if (behind == "--") return;
    }
    if (begin) visit_part(body.substr(*begin), depth);  // its end was cut off
  }
  void visit_part(std::string_view text, std::size_t depth) {
    const auto part = part_text(text);
    visit(part.headers, part.body, depth);
  }

  std::size_t parts_ = 0;
};

}  // namespace

std::vector<ReportPart> report_parts(const RawHeaders& headers, std::string_view body) {
  Walk walk;
  walk.visit(headers, body, 0);
  return std::move(walk.found);
}

}  // namespace milterward::feedback
