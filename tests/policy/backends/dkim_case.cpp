// SPDX-License-Identifier: Apache-2.0
#include "tests/policy/backends/dkim_case.h"

#include <algorithm>
#include <stdexcept>

#include "conf/words.h"
#include "policy/auth/authres/field.h"
#include "policy/auth_results.h"
#include "policy/base/ascii.h"

namespace milterward::tests {
namespace {

constexpr std::string_view usual_tags =
    "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=sel; h=from; bh={bh}; b={b}";

/// "now-1", by the clock of the verifiers.
long seconds_named(const std::string& word) {
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(
      clock_of_letters().today().time_since_epoch());
  return now.count() + (word == "now" ? 0 : std::stol(word.substr(3)));
}

/// "{usual}" is an ordinary signature, "{300}" three hundred times "x", "{now+1}" a time.
std::string filled(std::string text) {
  for (auto open = text.find('{'); open != std::string::npos;
       open = text.find('{', open + 1)) {
    const auto close = text.find('}', open);
    if (close == std::string::npos) break;
    const auto word = text.substr(open + 1, close - open - 1);
    if (word == "usual")
      text.replace(open, close - open + 1, usual_tags);
    else if (word.starts_with("now"))
      text.replace(open, close - open + 1, std::to_string(seconds_named(word)));
    else if (!word.empty() && std::ranges::all_of(word, [](char c) { return is_digit(c); }))
      text.replace(open, close - open + 1, std::string(std::stoul(word), 'x'));
  }
  return text;
}

std::shared_ptr<const ports::PrivateKey> rsa_key_of(const Case& c) {
  const auto name = c.get("signed_by", "rsa");
  if (name == "rsa") return rsa_key();
  if (name == "other") return other_rsa_key();
  throw std::runtime_error("no such key: " + name);
}

/// Fails the test when there is nothing to replace.
void replace_once(std::string& text, const std::string& what, const std::string& with) {
  const auto at = text.find(what);
  if (at == std::string::npos) throw std::runtime_error("nothing to change: " + what);
  text.replace(at, what.size(), with);
}

/// FIELD | old | new
void change(const std::string& instruction, bool uppermost, Letter& letter) {
  const auto parts = split(instruction, '|');
  if (parts.size() != 3) throw std::runtime_error("not FIELD | old | new: " + instruction);
  const auto name = trim(parts[0]);
  const auto what = unescaped(trim(parts[1]));
  const auto with = unescaped(trim(parts[2]));
  if (name == "body") return replace_once(letter.body, what, with);

  std::vector<RawHeader*> fields;
  for (auto& header : letter.headers)
    if (header.is(name)) fields.push_back(&header);
  if (fields.empty()) throw std::runtime_error("no such field: " + std::string{name});
  auto& field = uppermost ? *fields.front() : *fields.back();
  auto text = field.name + ":" + field.value;
  replace_once(text, what, with);
  const auto colon = text.find(':');
  field = {text.substr(0, colon), text.substr(colon + 1)};
}

void move_to_end(const std::string& name, Letter& letter) {
  auto& headers = letter.headers;
  const auto found =
      std::ranges::find_if(headers, [&](const auto& header) { return header.is(name); });
  if (found == headers.end()) throw std::runtime_error("no such field: " + name);
  std::rotate(found, found + 1, headers.end());
}

}  // namespace

Letter plain_letter_of(const Case& c) {
  Letter letter = ordinary_letter();
  if (c.has("headers")) letter = letter_of(unescaped(c["headers"]) + "\n\n");
  if (c.has("body")) letter.body = unescaped(filled(c["body"]));
  return letter;
}

void change_on_the_way(const Case& c, Letter& letter) {
  if (c.has("later_headers")) {
    const auto later = letter_of(unescaped(c["later_headers"]) + "\n\n").headers;
    letter.headers.insert(letter.headers.begin(), later.begin(), later.end());
  }
  letter.body += unescaped(c.get("later_body"));
  if (c.has("change")) change(c["change"], true, letter);
  if (c.has("change_last")) change(c["change_last"], false, letter);
  if (c.has("move_to_end")) move_to_end(c["move_to_end"], letter);
}

Letter letter_of(const Case& c) {
  Letter letter = plain_letter_of(c);
  for (const auto& signature : c.all("signature"))
    letter.headers.insert(
        letter.headers.begin(),
        crafted_signature(letter, unescaped(filled(signature)), rsa_key_of(c)));
  change_on_the_way(c, letter);
  return letter;
}

std::string zone_of(const Case& c) {
  return c.has("dns") ? with_keys(unescaped(c["dns"])) : usual_zone();
}

conf::BodyLength rule_of(const Case& c) {
  const auto word = c.get("body_length", "whole");
  for (const auto& [name, rule] : conf::words<conf::BodyLength>)
    if (name == word) return rule;
  throw std::runtime_error("no value of dkim.body_length: " + word);
}

std::string want_of(const Case& c, const std::string& engine) {
  return c.has("want_" + engine) ? c["want_" + engine] : c["want"];
}

std::string authres_of(const std::vector<ports::DkimFinding>& findings) {
  AuthResults results;
  results.dkim = findings;
  const auto value =
      auth::print_authres({"mx.example.org", authres_methods(results, {}, "")});
  std::string text;
  for (const char c : value) {
    if (!is_fws(c))
      text += c;
    else if (!text.ends_with(' '))
      text += ' ';
  }
  const auto begin = text.find("dkim=");
  const auto end = text.find("; arc=");
  return text.substr(begin, end == std::string::npos ? end : end - begin);
}

}  // namespace milterward::tests
