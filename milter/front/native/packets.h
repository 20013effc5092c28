// SPDX-License-Identifier: Apache-2.0
// The data of each packet an MTA sends, read strictly where a wrong reading could matter
// and as libmilter does elsewhere: a last text may lack its NUL. Layout:
// milter/front/protocol.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "policy/steps.h"

namespace milterward::front {

struct NegotiateData {
  std::uint32_t version = 0;
  std::uint32_t actions = 0;
  std::uint32_t steps = 0;
};

struct HeaderData {
  std::string_view name;
  std::string_view value;  // a NUL inside stays
};

/// Each answers nothing when the data is not of its form. Views point into `data`.
std::optional<NegotiateData> parse_negotiate(std::string_view data);
std::optional<ConnectStep> parse_connect(std::string_view data);
std::optional<EnvelopeStep> parse_envelope(std::string_view data);
std::optional<HeaderData> parse_header(std::string_view data);
/// A text that fills the packet.
std::string_view parse_text(std::string_view data);

}  // namespace milterward::front
