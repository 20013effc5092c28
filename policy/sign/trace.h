// SPDX-License-Identifier: Apache-2.0
// The trace header: how mail that comes back is recognised (content filter on a return
// port, Sieve redirect, .forward, list manager). It arrives from 127.0.0.1 and looks like a
// submission; the trace says, under a key only we have, how the message first entered.
//
//   Milterward-Trace: v=1; t=1790000000; o=inbound; a=example.org; d=; r=<digest>,<digest>;
//     h=from:date:message-id; m=<digest>; b=<mac>
//
//   t  when it entered, seconds since 1970
//   o  inbound | submission | local
//   a  author domains when it entered
//   d  author domains its submitter was entitled to
//   r  digests of the other fields we wrote: Authentication-Results, Milterward-Verdict
//   h  which of From, Date, Message-ID were there
//   m  their digest: a trace is bound to its message
//   b  HMAC-SHA256, in base64, of the text from "v=1" to the ";" before "b=", all white
//      space left out, since mail servers break long lines
// Digests are the first 16 octets of SHA-256 over "name:value", name in lower case, white
// space runs as one blank, in hexadecimal. Subject and body are not bound: filters and
// lists change them. A trace counts only from trusted hosts; from anyone else it is
// removed.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/base/clock.h"
#include "policy/mail/header.h"

namespace milterward::sign {

/// The HMAC key, the same on all hosts that hand mail to each other.
using TraceSecret = std::array<std::uint8_t, 32>;

inline constexpr std::string_view trace_header_name = "Milterward-Trace";

/// How a message first entered.
enum class TraceOrigin { inbound, submission, local };
std::string_view to_text(TraceOrigin origin) noexcept;

struct Trace {
  WallTime entered;
  TraceOrigin origin = TraceOrigin::inbound;
  std::vector<std::string> author_domains;
  std::vector<std::string> entitled_domains;
  std::vector<std::string> field_digests;
  bool is_of_this_message = false;  // read_trace only: From, Date and Message-ID agree

  bool operator==(const Trace&) const = default;
};

/// "name:value" with folds and white space runs as one blank, hashed.
std::string field_digest(const RawHeader& field);

/// The field to put on top of the message whose header fields are `headers`.
RawHeader make_trace(const Trace& trace, const RawHeaders& headers,
                     const TraceSecret& secret);

/// Reads one trace field of a message. None when it is malformed, its MAC is not ours, or
/// it vouches for mail of ours that is older than `trace_lifetime`. That mail once entered
/// unauthenticated stays true.
std::optional<Trace> read_trace(const RawHeader& field, const RawHeaders& headers,
                                const TraceSecret& secret, WallTime today);

/// Longer than mail waits in queues and for moderators.
inline constexpr std::chrono::hours trace_lifetime{24 * 30};

}  // namespace milterward::sign
