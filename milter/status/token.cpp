// SPDX-License-Identifier: Apache-2.0
#include "milter/status/token.h"

#include "policy/auth/dkim/base64.h"
#include "policy/base/ascii.h"

namespace milterward::status {
namespace {

bool is_same(std::string_view given, std::string_view token) {
  unsigned difference = given.size() == token.size() ? 0 : 1;
  for (std::size_t i = 0; i < given.size(); ++i)
    difference |= static_cast<unsigned char>(given[i]) ^
                  static_cast<unsigned char>(token[i % token.size()]);
  return difference == 0;
}

}  // namespace

Credentials credentials_in(std::string_view authorization, const std::string& token) {
  if (authorization.empty()) return Credentials::none;
  if (token.empty()) return Credentials::wrong;
  const auto blank = authorization.find(' ');
  const auto scheme = authorization.substr(0, blank);
  const auto rest = blank == std::string_view::npos ? std::string_view{}
                                                    : trim(authorization.substr(blank));
  std::string given;
  if (equal_ignoring_case(scheme, "Bearer")) {
    given = rest;
  } else if (equal_ignoring_case(scheme, "Basic")) {
    const auto pair = auth::decode_base64(rest);
    if (!pair || pair->find(':') == std::string::npos) return Credentials::wrong;
    given = pair->substr(pair->find(':') + 1);
  }
  return is_same(given, token) ? Credentials::right : Credentials::wrong;
}

}  // namespace milterward::status
