// SPDX-License-Identifier: Apache-2.0
#include "conf/import/ucl.h"

#include <algorithm>
#include <utility>

#include "policy/base/ascii.h"

namespace milterward::importing {
namespace {

constexpr int deepest = 32;  // rspamd's own files need four

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<UclValue, UclFault> parse() {
    UclValue root;
    root.kind = UclValue::Kind::object;
    root.line = 1;
    members(root, 0);
    skip();
    if (fault_.empty() && at_ < text_.size()) fail("a closing bracket that opens nowhere");
    if (!fault_.empty()) return Unexpected{UclFault{line_, fault_}};
    return root;
  }

 private:
  bool ended() const { return at_ >= text_.size() || !fault_.empty(); }
  char here() const { return text_[at_]; }

  void next() {
    if (here() == '\n') ++line_;
    ++at_;
  }

  void fail(std::string reason) {
    if (fault_.empty()) fault_ = std::move(reason);
  }

  void skip() {
    while (!ended()) {
      if (is_fws(here()) || here() == ';' || here() == ',') {
        next();
      } else if (here() == '#') {
        while (!ended() && here() != '\n') next();
      } else if (text_.substr(at_).starts_with("/*")) {
        while (!ended() && !text_.substr(at_).starts_with("*/")) next();
        for (int i = 0; i < 2 && !ended(); ++i) next();
      } else {
        return;
      }
    }
  }

  void skip_blanks() {
    while (!ended() && is_wsp(here())) next();
  }

  std::string quoted() {
    const char mark = here();
    std::string out;
    next();
    while (!ended() && here() != mark) {
      if (here() == '\\' && at_ + 1 < text_.size()) next();
      out += here();
      next();
    }
    if (ended())
      fail("a text without its closing quote");
    else
      next();
    return out;
  }

  std::string word(std::string_view ends) {
    if (here() == '"' || here() == '\'') return quoted();
    std::string out;
    while (!ended() && ends.find(here()) == std::string_view::npos) {
      out += here();
      next();
    }
    return std::string{trim(out)};
  }

  void members(UclValue& object, int depth) {
    if (depth > deepest) return fail("deeper than anybody writes");
    for (skip(); !ended() && here() != '}' && here() != ']'; skip()) {
      if (here() == '.') {  // a macro, to the end of its line
        word("\n");
        continue;
      }
      const auto begin = at_;
      const auto name = word(" \t\r\n={}[]:;#");
      member(object, name, depth);
      if (at_ == begin) next();  // never twice at one place
    }
  }

  void member(UclValue& object, const std::string& name, int depth) {
    skip_blanks();
    if (!ended() && (here() == '=' || here() == ':')) next();
    while (!ended() && is_fws(here())) next();
    UclValue inner;
    inner.line = line_;
    if (ended() || here() == ';') {
      put(object, name, std::move(inner));
      return;
    }
    if (here() != '{' && here() != '[' && here() != '"' && here() != '\'') {
      inner.text = word(";,{}\n#");
      if (!ended() && here() == '{') {  // name value { ... }
        UclValue around;
        around.kind = UclValue::Kind::object;
        around.line = line_;
        put(around, inner.text, value(depth));
        put(object, name, std::move(around));
        return;
      }
      put(object, name, std::move(inner));
      return;
    }
    const bool was_text = here() == '"' || here() == '\'';
    auto found = value(depth);
    skip_blanks();
    if (was_text && !ended() && here() == '{') {
      UclValue around;
      around.kind = UclValue::Kind::object;
      around.line = line_;
      put(around, found.text, value(depth));
      found = std::move(around);
    }
    put(object, name, std::move(found));
  }

  UclValue value(int depth) {
    UclValue found;
    found.line = line_;
    if (depth > deepest) {
      fail("deeper than anybody writes");
    } else if (here() == '{') {
      found.kind = UclValue::Kind::object;
      next();
      members(found, depth + 1);
      close('}');
    } else if (here() == '[') {
      found.kind = UclValue::Kind::list;
      next();
      for (skip(); !ended() && here() != ']' && here() != '}'; skip()) {
        const auto begin = at_;
        found.items.push_back(value(depth + 1));
        if (at_ == begin) next();
      }
      close(']');
    } else {
      found.text = word(",;]}\n#");
    }
    return found;
  }

  void close(char bracket) {
    if (ended() || here() != bracket)
      fail(std::string{"\""} + bracket + "\" is missing");
    else
      next();
  }

  /// Objects of one name are one; other values that come again are a list.
  static void put(UclValue& object, const std::string& name, UclValue value) {
    const auto found = std::ranges::find(object.members, name, &UclMember::name);
    if (found == object.members.end()) {
      object.members.push_back({name, std::move(value)});
      return;
    }
    auto& before = found->value;
    if (before.kind == UclValue::Kind::object && value.kind == UclValue::Kind::object) {
      for (auto& [inner_name, inner] : value.members)
        put(before, inner_name, std::move(inner));
      return;
    }
    if (before.kind != UclValue::Kind::list) {
      UclValue list;
      list.kind = UclValue::Kind::list;
      list.line = before.line;
      list.items.push_back(std::move(before));
      before = std::move(list);
    }
    before.items.push_back(std::move(value));
  }

  std::string_view text_;
  std::size_t at_ = 0;
  unsigned line_ = 1;
  std::string fault_;
};

}  // namespace

const UclValue* UclValue::find(std::string_view name) const {
  const auto found = std::find_if(members.rbegin(), members.rend(),
                                  [&](const auto& member) { return member.name == name; });
  return found == members.rend() ? nullptr : &found->value;
}

std::string UclValue::get(std::string_view name, std::string_view otherwise) const {
  const auto* found = find(name);
  if (found != nullptr && found->kind == Kind::list && !found->items.empty())
    found = &found->items.back();  // said again: the last counts
  return found != nullptr && found->kind == Kind::text ? found->text
                                                       : std::string{otherwise};
}

std::vector<const UclValue*> UclValue::each() const {
  if (kind != Kind::list) return {this};
  std::vector<const UclValue*> all;
  all.reserve(items.size());
  for (const auto& item : items) all.push_back(&item);
  return all;
}

Result<UclValue, UclFault> parse_ucl(std::string_view text) { return Parser{text}.parse(); }

}  // namespace milterward::importing
