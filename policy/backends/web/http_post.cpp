// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <httplib.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "policy/backends/webhook_module.h"
#include "policy/base/unreachable.h"

namespace milterward::backends {
namespace {

/// Nobody needs more of an answer than its status.
constexpr std::size_t most_of_an_answer = 64 * 1024;

/// Not by httplib::Client, which takes a URL but no IPv6 address with letters.
std::unique_ptr<httplib::ClientImpl> client_of(const conf::WebUrl& url) {
  switch (url.scheme) {
    case conf::WebUrl::Scheme::http:
      return std::make_unique<httplib::ClientImpl>(url.host, url.port);
    case conf::WebUrl::Scheme::https:
      return std::make_unique<httplib::SSLClient>(url.host, url.port);
  }
  unreachable();
}

/// Later versions of the library know more errors than we name.
std::string in_words(httplib::Error error) {
  using httplib::Error;
  static constexpr std::pair<Error, const char*> known[] = {
      {Error::Connection, "no connection"},
      {Error::ConnectionTimeout, "no connection in time"},
      {Error::SSLConnection, "no TLS is spoken there"},
      {Error::SSLLoadingCerts, "the authorities that this host trusts cannot be read"},
      {Error::SSLServerVerification,
       "the certificate is not one for this name that this host trusts"},
      {Error::Read, "no answer, or none of HTTP"},
      {Error::Write, "the connection was closed"},
  };
  const auto* const found =
      std::ranges::find(known, error, [](const auto& row) { return row.first; });
  if (found != std::end(known)) return found->second;
  return "cpp-httplib says " + httplib::to_string(error);
}

std::optional<std::string> post(const conf::WebUrl& url, const std::string& token,
                                const std::string& body,
                                std::chrono::milliseconds patience) {
  const auto client = client_of(url);
  client->set_connection_timeout(patience);
  client->set_read_timeout(patience);
  client->set_write_timeout(patience);

  httplib::Request request;
  request.method = "POST";
  request.path = url.target;
  request.headers = {{"Content-Type", "application/json"},
                     {"User-Agent", "milterward/" MILTERWARD_VERSION}};
  if (!token.empty()) request.headers.emplace("Authorization", "Bearer " + token);
  request.body = body;
  // Called before the rest of the answer is read, where there can be one.
  int status = 0;
  request.response_handler = [&](const httplib::Response& response) {
    status = response.status;
    return true;
  };
  std::size_t taken = 0;
  request.content_receiver = [&](const char*, std::size_t size, std::uint64_t,
                                 std::uint64_t) {
    taken += size;
    return taken <= most_of_an_answer;
  };
  const auto result = client->send(request);
  if (result) status = result->status;
  if (status == 0) return in_words(result.error());
  if (status / 100 == 2) return std::nullopt;
  return fmt::format("answered {}", status);
}

}  // namespace
}  // namespace milterward::backends

extern "C" {
extern const milterward::backends::WebhookModule milterward_webhook;
const milterward::backends::WebhookModule milterward_webhook{MILTERWARD_VERSION,
                                                             milterward::backends::post};
}
