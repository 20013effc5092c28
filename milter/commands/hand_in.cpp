// SPDX-License-Identifier: Apache-2.0
#include "milter/commands/hand_in.h"

#include <fmt/format.h>

#include "policy/connection.h"

namespace milterward::commands {
namespace {

/// An MTA of no particular make: of its macros only the login matters.
class HandMacros final : public Macros {
 public:
  explicit HandMacros(std::string_view login) : login_(login) {}
  std::string_view value(std::string_view name) const override {
    return name == "{auth_authen}" ? login_ : std::string_view{};
  }

 private:
  std::string_view login_;
};

constexpr std::uint16_t any_port = 25;

EnvelopeStep step_of(const std::string& address) {
  return {fmt::format("<{}>", address), {}};
}

}  // namespace

Heard hand_in(std::shared_ptr<const Services> services, const Envelope& envelope,
              const MessageText& message) {
  const HandMacros macros{envelope.login};
  Connection connection{std::move(services)};
  const auto host =
      envelope.client.known() ? fmt::format("[{}]", envelope.client.text()) : "localhost";
  connection.connect({host, envelope.client, any_port}, macros);
  connection.helo(envelope.helo, macros);
  Heard heard;
  heard.sender = connection.mail(step_of(envelope.sender), macros);
  for (const auto& recipient : envelope.recipients)
    heard.recipients.emplace_back(recipient, connection.rcpt(step_of(recipient), macros));
  connection.data(macros);
  for (const auto& field : message.headers) connection.header(field.name, field.value);
  connection.end_of_headers(macros);
  if (!message.body.empty()) connection.body(message.body);
  heard.message = connection.end_of_message(macros);
  return heard;
}

}  // namespace milterward::commands
