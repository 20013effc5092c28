// SPDX-License-Identifier: Apache-2.0
// What do lists in DNS say of a client? RFC 5782. All are asked at once, as soon as the
// client is known, and waited for when the message is judged.
//
// A list that answers everybody alike is not believed: 127.255.255.0/24 is how lists tell
// that they do not serve us (a public resolver, a quota), an answer outside 127.0.0.0/8 is
// some parking page's, and a list that lists 127.0.0.1, which none may (section 5), has
// been shut down by listing the world. So the address 127.0.0.1 is asked for too; the
// answer stays in the cache.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "conf/settings/dnsbl.h"
#include "policy/base/deadline.h"
#include "policy/mail/network.h"
#include "policy/ports/resolver.h"

namespace milterward::auth {

/// Why a list says nothing of a client.
enum class ListFault {
  unanswered,    // DNS was silent or in error
  refused,       // it answers with an error code: it does not serve us
  unbelievable,  // it answers what no list may
};
std::string_view to_text(ListFault fault) noexcept;

/// One answer of a list.
struct Listing {
  std::string list;  // as the configuration shows it
  IpAddress code;
  bool operator==(const Listing&) const = default;
};

struct FaultyList {
  std::string list;
  ListFault fault = ListFault::unanswered;
  bool operator==(const FaultyList&) const = default;
};

/// What a list of allowed clients says, for Authentication-Results.
struct DnswlFinding {
  enum class Result { none, pass, temperror, permerror };
  Result result = Result::none;
  std::string list;
  std::vector<IpAddress> codes;  // those that count
  bool is_secure = false;        // validated by DNSSEC
  bool operator==(const DnswlFinding&) const = default;
};

struct ListFindings {
  std::vector<Listing> listings;  // in the order of the configuration
  std::vector<FaultyList> faulty;
  std::vector<DnswlFinding> dnswl;  // one per list that has rows of kind allow
  bool operator==(const ListFindings&) const = default;
};

/// Does a row of kind "block" count this answer?
bool speaks_against(const std::vector<conf::DnsList>& rows, const Listing& listing);

class ListCheck {
 public:
  /// Asks every list of the rows about the client, once. `rows` are kept by reference.
  ListCheck(const std::vector<conf::DnsList>& rows, const IpAddress& client,
            ports::Resolver& dns, Deadline patience);

  /// Waits until all have answered, at most until the deadline or our own patience ends.
  ListFindings finish(Deadline deadline) const;

 private:
  struct Asked {
    const conf::DnsList* first_row;
    ports::Pending answer;
    ports::Pending test_point;
  };
  void note(const Asked& list, Deadline deadline, ListFindings& findings) const;

  const std::vector<conf::DnsList>& rows_;
  Deadline patience_;
  std::vector<Asked> lists_;
};

}  // namespace milterward::auth
