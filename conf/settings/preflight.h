// SPDX-License-Identifier: Apache-2.0
// What is looked at before mail of ours leaves, and what each finding leads to. [preflight]
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "policy/base/mode.h"
#include "policy/mail/network.h"

namespace milterward::conf {

/// From the mildest to the strictest.
enum class OnPreflight {
  accept,  // the log tells
  tag,     // a header field names the rule
  hold,    // the MTA's own quarantine
  reject,
};

struct PreflightActions {
  OnPreflight no_message_id, malformed_message_id, no_date, malformed_date;
  OnPreflight doubled_field, long_line;
  OnPreflight unaligned, unsigned_bulk;
  OnPreflight no_unsubscribe, unsubscribe_unsigned;
  OnPreflight spf, no_ptr, no_dmarc;
};

struct PreflightSettings {
  Mode mode;
  bool add_message_id;
  bool add_date;
  std::vector<Network> egress;            // single addresses; none: DNS is not asked
  std::chrono::milliseconds watch_every;  // looks at them; 0: none
  std::string watch_hook;                 // a program; "" for none
  std::string watch_state;                // a file; "" for none
  std::vector<std::string> bulk_classes;
  std::size_t bulk_recipients;  // of one message
  std::size_t bulk_a_day;       // of one account or domain; 0: not counted
  PreflightActions on;
};

}  // namespace milterward::conf
