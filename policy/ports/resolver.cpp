// SPDX-License-Identifier: Apache-2.0
#include "policy/ports/resolver.h"

#include "policy/base/unreachable.h"

namespace milterward::ports {

std::string_view to_text(DnsType type) noexcept {
  switch (type) {
    case DnsType::a:
      return "A";
    case DnsType::ns:
      return "NS";
    case DnsType::cname:
      return "CNAME";
    case DnsType::mx:
      return "MX";
    case DnsType::ptr:
      return "PTR";
    case DnsType::txt:
      return "TXT";
    case DnsType::aaaa:
      return "AAAA";
  }
  unreachable();
}

std::string_view to_text(DnsOutcome outcome) noexcept {
  switch (outcome) {
    case DnsOutcome::found:
      return "found";
    case DnsOutcome::no_data:
      return "no_data";
    case DnsOutcome::no_domain:
      return "no_domain";
  }
  unreachable();
}

std::string_view to_text(DnsFault fault) noexcept {
  switch (fault) {
    case DnsFault::timed_out:
      return "timed_out";
    case DnsFault::server_failure:
      return "server_failure";
    case DnsFault::bogus:
      return "bogus";
    case DnsFault::bad_name:
      return "bad_name";
    case DnsFault::over_limit:
      return "over_limit";
    case DnsFault::over_budget:
      return "over_budget";
  }
  unreachable();
}

bool is_permanent(DnsFault fault) noexcept {
  switch (fault) {
    case DnsFault::bad_name:
    case DnsFault::over_budget:
      return true;
    case DnsFault::timed_out:
    case DnsFault::server_failure:
    case DnsFault::bogus:
    case DnsFault::over_limit:
      return false;
  }
  unreachable();
}

}  // namespace milterward::ports
