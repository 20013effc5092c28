// SPDX-License-Identifier: Apache-2.0
#include "policy/auth/spf/macro.h"

#include <algorithm>
#include <optional>

#include "policy/auth/spf/limits.h"
#include "policy/base/ascii.h"
#include "policy/base/unreachable.h"

namespace milterward::auth {
namespace {

constexpr std::string_view letters = "slodipvhcrt";
constexpr std::string_view exp_letters = "crt";
constexpr std::string_view delimiters = ".-+,/_=";
// Section 7.3 asks for 127 at least; no value has more parts than this.
constexpr std::size_t keep_cap = 1'000'000;

enum class Kind { domain_spec, macro_string, explain_string };

constexpr bool is_visible(char c) noexcept { return c > 0x20 && c < 0x7f; }

/// toplabel = ( *alphanum ALPHA *alphanum ) / ( 1*alphanum "-" *( alphanum / "-" ) alphanum
/// )
bool is_toplabel(std::string_view label) noexcept {
  if (label.empty() || !is_alnum(label.front()) || !is_alnum(label.back())) return false;
  return std::ranges::all_of(label, [](char c) { return is_alnum(c) || c == '-'; }) &&
         std::ranges::any_of(label, [](char c) { return is_alpha(c) || c == '-'; });
}

/// Ends in "." toplabel [ "." ]; `tail` is what follows the last macro-expand.
bool has_domain_end(std::string_view tail) noexcept {
  if (tail.ends_with('.')) tail.remove_suffix(1);
  const auto dot = tail.rfind('.');
  return dot != std::string_view::npos && is_toplabel(tail.substr(dot + 1));
}

class Reader {
 public:
  Reader(std::string_view text, Kind kind) : text_(text), kind_(kind) {}

  Result<MacroString, MacroFault> read() {
    while (position_ < text_.size()) {
      const char c = text_[position_];
      if (c == '%') {
        if (const auto fault = read_expand()) return Unexpected{*fault};
        after_expand_ = position_;
      } else {
        const auto literal = literal_here();
        if (literal.empty()) return Unexpected{MacroFault::bad_character};
        add_literal(literal);
        position_ += literal.size();
      }
    }
    const bool ends_in_expand = after_expand_ == text_.size() && !text_.empty();
    if (kind_ == Kind::domain_spec && !ends_in_expand &&
        !has_domain_end(text_.substr(after_expand_)))
      return Unexpected{MacroFault::bad_end};
    return std::move(macros_);
  }

 private:
  /// What stands for itself from here on.
  std::string_view literal_here() const noexcept {
    std::size_t end = position_;
    while (end < text_.size() && text_[end] != '%' &&
           (is_visible(text_[end]) || (text_[end] == ' ' && kind_ == Kind::explain_string)))
      ++end;
    return text_.substr(position_, end - position_);
  }

  void add_literal(std::string_view text) {
    if (macros_.parts.empty() || macros_.parts.back().letter != '\0')
      macros_.parts.emplace_back();
    macros_.parts.back().text += text;
  }

  std::optional<MacroFault> read_expand() {
    if (position_ + 1 == text_.size()) return MacroFault::bad_percent;
    const char kind = text_[position_ + 1];
    position_ += 2;
    switch (kind) {
      case '%':
        add_literal("%");
        return std::nullopt;
      case '_':
        add_literal(" ");
        return std::nullopt;
      case '-':
        add_literal("%20");
        return std::nullopt;
      case '{':
        return read_braces();
      default:  // not an enum: any other character is the fault
        return MacroFault::bad_percent;
    }
  }

  std::optional<MacroFault> read_braces() {
    const auto end = text_.find('}', position_);
    if (end == std::string_view::npos || end == position_) return MacroFault::bad_macro;
    auto inside = text_.substr(position_, end - position_);
    position_ = end + 1;

    MacroPart part;
    part.letter = to_lower(inside.front());
    part.url_escaped = part.letter != inside.front();
    if (letters.find(part.letter) == std::string_view::npos) return MacroFault::bad_macro;
    if (kind_ == Kind::domain_spec &&
        exp_letters.find(part.letter) != std::string_view::npos)
      return MacroFault::only_in_exp;
    inside.remove_prefix(1);

    const bool has_digits = !inside.empty() && is_digit(inside.front());
    for (; !inside.empty() && is_digit(inside.front()); inside.remove_prefix(1))
      part.keep = std::min(keep_cap,
                           part.keep * 10 + static_cast<std::size_t>(inside.front() - '0'));
    if (has_digits && part.keep == 0) return MacroFault::zero_digits;
    if (!inside.empty() && to_lower(inside.front()) == 'r') {
      part.reversed = true;
      inside.remove_prefix(1);
    }
    if (!std::ranges::all_of(
            inside, [](char c) { return delimiters.find(c) != std::string_view::npos; }))
      return MacroFault::bad_macro;
    part.text = inside;
    macros_.parts.push_back(std::move(part));
    return std::nullopt;
  }

  std::string_view text_;
  Kind kind_;
  std::size_t position_ = 0;
  std::size_t after_expand_ = 0;
  MacroString macros_;
};

std::string url_escaped(std::string_view text) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      out += c;
    } else {
      const auto octet = static_cast<unsigned char>(c);
      out += {'%', hex[octet >> 4], hex[octet & 0xf]};
    }
  }
  return out;
}

std::string transformed(std::string value, const MacroPart& part) {
  if (part.keep == 0 && !part.reversed && part.text.empty()) return value;
  const std::string_view separators = part.text.empty() ? "." : std::string_view{part.text};
  std::vector<std::string_view> pieces;
  std::string_view rest = value;
  for (;;) {
    const auto end = rest.find_first_of(separators);
    pieces.push_back(rest.substr(0, end));
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  if (part.reversed) std::ranges::reverse(pieces);
  const std::size_t keep = part.keep == 0 ? pieces.size() : part.keep;
  const std::size_t first = pieces.size() > keep ? pieces.size() - keep : 0;
  std::string out;
  for (std::size_t i = first; i < pieces.size(); ++i) {
    if (i != first) out += '.';
    out += pieces[i];
  }
  return out;
}

std::string value_of(const MacroPart& part, const MacroValues& values) {
  if (part.letter == '\0') return part.text;
  auto value = transformed(values(part.letter), part);
  return part.url_escaped ? url_escaped(value) : value;
}

}  // namespace

bool MacroString::uses(char letter) const noexcept {
  return std::ranges::any_of(
      parts, [letter](const MacroPart& part) { return part.letter == letter; });
}

Result<MacroString, MacroFault> parse_domain_spec(std::string_view text) {
  return Reader{text, Kind::domain_spec}.read();
}

Result<MacroString, MacroFault> parse_macro_string(std::string_view text) {
  return Reader{text, Kind::macro_string}.read();
}

Result<MacroString, MacroFault> parse_explain_string(std::string_view text) {
  return Reader{text, Kind::explain_string}.read();
}

namespace {

std::string joined_from_the_right(const MacroString& macros, const MacroValues& values) {
  // From the right: what lies further left than the limit is cut off anyway, and a record
  // full of macros costs no more than the name that comes out of it.
  std::vector<std::string> pieces;
  std::size_t total = 0;
  for (auto part = macros.parts.rbegin();
       part != macros.parts.rend() && total <= spf_name_limit + 1; ++part) {
    pieces.push_back(value_of(*part, values));
    total += pieces.back().size();
  }
  std::string name;
  name.reserve(total);
  for (auto piece = pieces.rbegin(); piece != pieces.rend(); ++piece) name += *piece;
  return name;
}

}  // namespace

std::string expand_domain(const MacroString& macros, const MacroValues& values) {
  // Most targets are plain names.
  auto name = macros.parts.size() == 1 ? value_of(macros.parts.front(), values)
                                       : joined_from_the_right(macros, values);
  if (name.ends_with('.')) name.pop_back();
  if (name.size() > spf_name_limit) {
    const auto dot = name.find('.', name.size() - spf_name_limit - 1);
    if (dot != std::string::npos) name.erase(0, dot + 1);
  }
  std::ranges::transform(name, name.begin(), [](char c) { return to_lower(c); });
  return name;
}

std::string expand_text(const MacroString& macros, const MacroValues& values,
                        std::size_t limit) {
  std::string text;
  for (const auto& part : macros.parts) {
    if (text.size() >= limit) break;
    text += value_of(part, values);
  }
  if (text.size() > limit) text.resize(limit);
  return text;
}

bool is_dns_name(std::string_view name) noexcept {
  if (name.empty() || name.size() > spf_name_limit) return false;
  const auto is_label = [](std::size_t size) {
    return size != 0 && size <= spf_label_limit;
  };
  std::size_t label = 0;  // where the current one begins
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (c < 0x20 || c > 0x7e) return false;
    if (c != '.') continue;
    if (!is_label(i - label)) return false;
    label = i + 1;
  }
  return is_label(name.size() - label);
}

std::string_view to_text(MacroFault fault) noexcept {
  switch (fault) {
    case MacroFault::bad_character:
      return "character that is not visible ASCII";
    case MacroFault::bad_percent:
      return "% before something else than { % _ -";
    case MacroFault::bad_macro:
      return "malformed macro";
    case MacroFault::zero_digits:
      return "macro that keeps zero parts";
    case MacroFault::only_in_exp:
      return "macro letter allowed in explanations only";
    case MacroFault::bad_end:
      return "domain-spec without a valid top label";
  }
  unreachable();
}

}  // namespace milterward::auth
