// SPDX-License-Identifier: Apache-2.0
// Reports from what was collected (report_rows.h) to what was sent. Each change is made
// whole or not at all, and tells its maker when another daemon was first: so a period is
// closed once, and a report is handed over by one daemon at a time, whoever is killed when.
//
//   rows of a period  --close-->  report, waiting  --claim-->  being sent  --settle--> done
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/base/result.h"
#include "policy/ports/report_kind.h"

namespace milterward::ports {

/// What is collected about one domain under one policy. Times are seconds since 1970.
struct OpenReport {
  std::int64_t number = 0;
  std::chrono::seconds begin{0};
  std::chrono::seconds end{0};
  std::string domain;
  std::string policy;
  std::vector<std::string> uris;
  std::int64_t parts = 0;  // reports made of it before
  ReportKind kind = ReportKind::aggregate;
  std::string example;  // of a failure: its first message

  bool operator==(const OpenReport&) const = default;
};

struct CountedText {
  std::string row;
  std::uint64_t count = 0;

  bool operator==(const CountedText&) const = default;
};

/// A report that is made: what of it is written down.
struct MadeReport {
  std::string id;
  std::string text;  // XML, or the parts of a failure report
  std::chrono::seconds made_at{0};
  std::vector<CountedText> rows;          // those that stand in it, and go with it
  std::vector<std::string> destinations;  // addresses; none: nobody wants it
};

enum class DeliveryState {
  waiting,
  sent,
  failed,      // for good
  suppressed,  // its destination gets none now
};
std::string_view to_text(DeliveryState state) noexcept;

/// One report on its way to one destination.
struct Delivery {
  std::int64_t number = 0;
  std::string report;  // its id
  std::string mark;    // in its Message-ID; nobody but its receiver can know it
  std::string domain;
  std::chrono::seconds begin{0};
  std::chrono::seconds end{0};
  std::string destination;  // an address
  std::chrono::seconds made_at{0};
  unsigned tries = 0;  // that are over
  DeliveryState state = DeliveryState::waiting;
  std::chrono::seconds next_try{0};
  std::string reason;  // of the last try; "" for none
  ReportKind kind = ReportKind::aggregate;
  std::uint64_t messages = 0;  // that it is about
  /// Where the mail went, for settle() of what is sent: who agrees to take reports may
  /// name other addresses than the destination.
  std::vector<std::string> sent_to;
  std::string text;  // of claim() only

  bool operator==(const Delivery&) const = default;
};

/// Of who has claimed a delivery, before he hands it over.
enum class Standing {
  undisputed,
  superseded,  // another host is at what waits; the claim is still to be settled
  robbed,      // the claim has ended, and another has it, or had it: nothing is to be done
};

/// What mail to an address counts under, and what that to all addresses of its host does:
/// "in@example.org" and "@example.org". Letter case makes no other address of it, or any
/// limit were one for each spelling.
std::string counted_as(std::string_view address);
std::string host_counted_as(std::string_view address);

/// Faults are sentences about the file.
template <class T>
using Stored = Result<T, std::string>;

class ReportStore {
 public:
  virtual ~ReportStore() = default;

  /// Letters and digits that no other store has.
  virtual const std::string& name() const noexcept = 0;

  /// Some of what is open; of those that end at `time` or before.
  virtual Stored<std::vector<OpenReport>> ended_at(std::chrono::seconds time,
                                                   std::size_t most) = 0;
  /// The first of its rows, in an order of their own.
  virtual Stored<std::vector<CountedText>> rows_of(const OpenReport& open,
                                                   std::size_t most) = 0;
  /// Takes the rows away and puts the report in their place; false: they are not what
  /// `made` says any more, and nothing is changed. What has no rows left is closed.
  virtual Stored<bool> close(const OpenReport& open, const MadeReport& made) = 0;

  /// A delivery that waits and is due, which nobody else gets until `until`.
  virtual Stored<std::optional<Delivery>> claim(std::chrono::seconds now,
                                                std::chrono::seconds until) = 0;
  /// Whether what is claimed may still be handed over, however long that has waited.
  virtual Stored<Standing> standing(const Delivery& claimed) {
    static_cast<void>(claimed);
    return Standing::undisputed;
  }
  /// What became of a delivery that was claimed: state, tries, next_try and reason.
  virtual Stored<bool> settle(const Delivery& delivery, std::chrono::seconds now) = 0;
  /// How many of a kind went there since: an address, or "@" and a host.
  virtual Stored<std::size_t> sent_since(ReportKind kind, const std::string& to,
                                         std::chrono::seconds time) = 0;
  /// How many failure reports were made since: about a domain, and for a destination, or
  /// "@" and a host.
  virtual Stored<std::size_t> failures_about(const std::string& domain,
                                             std::chrono::seconds time) = 0;
  virtual Stored<std::size_t> failures_for(const std::string& destination,
                                           std::chrono::seconds time) = 0;
  virtual Stored<bool> suppress(const std::string& address, std::chrono::seconds until,
                                const std::string& reason) = 0;
  virtual Stored<bool> is_suppressed(const std::string& address,
                                     std::chrono::seconds now) = 0;
  /// Makes all that waits due.
  virtual Stored<bool> hurry(std::chrono::seconds now) = 0;
  /// Forgets reports made before `time` that nobody waits for.
  virtual Stored<std::size_t> forget_before(std::chrono::seconds time) = 0;

  /// The newest deliveries first, without their text.
  virtual Stored<std::vector<Delivery>> deliveries(std::size_t most) = 0;
};

}  // namespace milterward::ports
