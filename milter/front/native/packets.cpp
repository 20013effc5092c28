// SPDX-License-Identifier: Apache-2.0
#include "milter/front/native/packets.h"

#include <utility>

#include "milter/front/native/texts.h"

namespace milterward::front {
namespace {

/// Postfix hands on as many arguments as its client sent; ESMTP knows a dozen.
constexpr std::size_t most_arguments = 64;

std::uint32_t number_at(std::string_view data, std::size_t place) {
  std::uint32_t number = 0;
  for (std::size_t i = place; i < place + 4; ++i)
    number = number << 8 | static_cast<unsigned char>(data[i]);
  return number;
}

/// The address as the MTA writes it: plain, in brackets, or behind "IPv6:" (Sendmail).
IpAddress address_of(std::string_view text) {
  const auto address = IpAddress::parse(text);
  return address ? *address : IpAddress{};
}

}  // namespace

std::optional<NegotiateData> parse_negotiate(std::string_view data) {
  if (data.size() < 12) return {};
  return NegotiateData{number_at(data, 0), number_at(data, 4), number_at(data, 8)};
}

std::optional<ConnectStep> parse_connect(std::string_view data) {
  ConnectStep step;
  const auto name = take_text(data);
  if (!name || data.empty()) return {};
  step.host_name = *name;
  const char family = data.front();
  data.remove_prefix(1);
  switch (family) {
    case 'U':
      return step;
    case 'L':
    case '4':
    case '6': {
      if (data.size() < 3) return {};
      step.port = static_cast<std::uint16_t>(static_cast<unsigned char>(data[0]) << 8 |
                                             static_cast<unsigned char>(data[1]));
      data.remove_prefix(2);
      if (family == 'L') {  // a path: a local client, as good as unknown
        step.port = 0;
        return step;
      }
      step.client = address_of(parse_text(data));
      if (!step.client.known()) return {};
      return step;
    }
    default:
      return {};
  }
}

std::optional<EnvelopeStep> parse_envelope(std::string_view data) {
  EnvelopeStep step;
  if (data.empty()) return {};
  step.address = *take_text(data);
  while (!data.empty() && step.arguments.size() < most_arguments)
    step.arguments.emplace_back(*take_text(data));
  return step;
}

std::optional<HeaderData> parse_header(std::string_view data) {
  const auto end_of_name = data.find('\0');
  if (end_of_name == std::string_view::npos) return {};
  auto value = data.substr(end_of_name + 1);
  if (value.ends_with('\0')) value.remove_suffix(1);
  return HeaderData{data.substr(0, end_of_name), value};
}

std::string_view parse_text(std::string_view data) {
  return data.substr(0, data.find('\0'));
}

}  // namespace milterward::front
