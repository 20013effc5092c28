// SPDX-License-Identifier: Apache-2.0
// Any octets may stand in a message that somebody hands in: its header is looked over
// before it leaves, and its lines are measured.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "policy/line_meter.h"
#include "policy/mail/message_text.h"
#include "policy/outgoing_header.h"

// The name libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  using namespace milterward;
  const std::string_view text{reinterpret_cast<const char*>(octets), size};
  const auto message = parse_message(text);
  const auto found = look_over(message.headers);
  const auto is_found = [&](rules::Preflight kind) {
    return std::ranges::count(found.findings, kind, &rules::PreflightFact::kind) > 0;
  };
  if (found.has_date == is_found(rules::Preflight::no_date)) std::abort();
  if (found.has_message_id == is_found(rules::Preflight::no_message_id)) std::abort();
  // However it is cut, a text has the same lines.
  LineMeter whole;
  whole.feed(text);
  LineMeter cut;
  const auto step = std::max<std::size_t>(1, size / 7);
  for (std::size_t at = 0; at < size; at += step) cut.feed(text.substr(at, step));
  if (whole.has_overlong_line() != cut.has_overlong_line()) std::abort();
  return 0;
}
