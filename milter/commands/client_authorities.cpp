// SPDX-License-Identifier: Apache-2.0
#include "milter/commands/client_authorities.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <system_error>

#include "policy/base/ascii.h"

namespace milterward::commands {
namespace {

namespace fs = std::filesystem;

constexpr const char* main_cf = "/etc/postfix/main.cf";
constexpr const char* sendmail_cf = "/etc/mail/sendmail.cf";
/// A house has an authority or two, with a former one beside each; public bundles have
/// more than a hundred.
constexpr std::size_t enough_for_a_house = 5;
/// An authority of "yes": the bundle of the system.
constexpr const char* system_authorities = "/etc/ssl/certs";

std::string text_of(const fs::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

using Parameters = std::map<std::string, std::string>;

/// name = value, continued by lines that begin with white space (postconf(5)).
Parameters parameters_of(std::string_view text) {
  Parameters parameters;
  std::string* last = nullptr;
  for (const auto line : split(text, '\n')) {
    if (trim(line).empty() || trim(line).front() == '#') continue;
    if (is_wsp(line.front())) {
      if (last != nullptr) (*last += ' ') += trim(line);
      continue;
    }
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    last = &parameters[std::string{trim(line.substr(0, equals))}];
    *last = trim(line.substr(equals + 1));
  }
  return parameters;
}

/// `$name`, `${name}` and `$(name)`, one level deep, as far as the file itself sets them.
std::string expanded(const std::string& value, const Parameters& parameters) {
  std::string out;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] != '$') {
      out += value[i];
      continue;
    }
    const bool in_braces =
        i + 1 < value.size() && (value[i + 1] == '{' || value[i + 1] == '(');
    const auto begin = i + (in_braces ? 2 : 1);
    auto end = begin;
    while (end < value.size() && (is_alnum(value[end]) || value[end] == '_')) ++end;
    const auto found = parameters.find(value.substr(begin, end - begin));
    if (found != parameters.end()) out += found->second;
    i = in_braces ? end : end - 1;
  }
  return out;
}

std::size_t certificates_in(std::string_view text) {
  constexpr std::string_view mark = "-----BEGIN CERTIFICATE-----";
  std::size_t count = 0;
  for (auto at = text.find(mark); at != std::string_view::npos;
       at = text.find(mark, at + mark.size()))
    ++count;
  return count;
}

/// Only entries named by a hash are looked at: "9d04f354.0".
std::size_t hashed_in(const fs::path& directory) {
  std::size_t count = 0;
  std::error_code fault;
  for (fs::directory_iterator entry{directory, fault}, end; !fault && entry != end;
       entry.increment(fault)) {
    const auto name = entry->path().filename().string();
    if (name.size() > 9 && name[8] == '.' && is_digit(name[9])) ++count;
  }
  return count;
}

}  // namespace

std::vector<TrustSetting> trust_in_main_cf(std::string_view text) {
  const auto parameters = parameters_of(text);
  std::vector<TrustSetting> found;
  for (const char* name :
       {"smtpd_tls_CAfile", "smtpd_tls_CApath", "tls_append_default_CA"}) {
    const auto set = parameters.find(name);
    if (set == parameters.end()) continue;
    const auto value = expanded(set->second, parameters);
    if (const auto trusted = trim(value); !trusted.empty() && trusted != "no")
      found.push_back({name, std::string{trusted}});
  }
  return found;
}

std::vector<TrustSetting> trust_in_sendmail_cf(std::string_view text) {
  std::vector<TrustSetting> found;
  for (const auto line : split(text, '\n'))
    for (const std::string_view name : {"CACertFile", "CACertPath"}) {
      if (!line.starts_with("O ")) continue;
      const auto option = trim(line.substr(2));
      if (!option.starts_with(name) || !option.substr(name.size()).starts_with('='))
        continue;
      const auto value = trim(option.substr(name.size() + 1));
      if (!value.empty()) found.push_back({std::string{name}, std::string{value}});
    }
  return found;
}

std::size_t count_authorities(const TrustSetting& setting) {
  const fs::path path{setting.value == "yes" ? system_authorities : setting.value};
  std::error_code fault;
  return fs::is_directory(path, fault) ? hashed_in(path) : certificates_in(text_of(path));
}

std::vector<std::string> doubtful_trust() {
  std::vector<std::string> sentences;
  const auto look_at = [&](const char* file, const std::vector<TrustSetting>& settings) {
    for (const auto& setting : settings)
      if (const auto count = count_authorities(setting); count > enough_for_a_house)
        sentences.push_back(
            fmt::format("{} in {} trusts {} authorities", setting.name, file, count));
  };
  look_at(main_cf, trust_in_main_cf(text_of(main_cf)));
  look_at(sendmail_cf, trust_in_sendmail_cf(text_of(sendmail_cf)));
  return sentences;
}

}  // namespace milterward::commands
