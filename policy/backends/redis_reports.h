// SPDX-License-Identifier: Apache-2.0
// Reports of a site in Redis. Below "milterward:reports:" stand
//
//   name            of this store, made with it
//   last            the last number of a period or a delivery
//   lease           who holds it; expires
//   handed:BATCH    "NUMBER PARTS" of what was handed over last of a batch; expires
//   groups          hash: "BEGIN END DOMAIN\nPOLICY" -> number of what is open
//   ends            sorted set: numbers of what is open, by its end
//   open:N          hash: begin end domain policy uris parts group
//   rows:N          hash: row -> count; rows of several hosts that are equal are one
//   made            sorted set: ids of reports, by the time they were made
//   made:ID         hash: domain begin end made messages text
//   of:ID           set: its deliveries; waiting_of:ID: those that wait
//   deliveries      sorted set of numbers
//   waiting         sorted set: numbers of deliveries that wait, by when they are due
//   delivery:N      hash: report mark destination state tries next_try claim reason
//                   sent_to (addresses it went to)
//   marks           hash: mark -> number of the delivery
//   sent:ADDRESS    sorted set: deliveries that went there, by time
//   sent:@HOST      sorted set: "N ADDRESS" of all addresses of a host
//   suppressed      sorted set: addresses, by when they get reports again
//
// Addresses that are counted by, or suppressed, are in lower case.
//
// Whatever is written is one script, which first looks whether the lease, or the claim, is
// still ours, and whether what was read is still so: MULTI with WATCH would do as much in
// more journeys. Names of keys are put together in the scripts, so it is one server and no
// cluster, as with counters. It must not evict ("noeviction"), and keeps what was handed
// over as durably as it keeps its own file. What has gone all the same is struck off the
// sorted sets by the holder of the lease, and told: it would stand before all others. Of
// the sorted sets nothing says that they have gone: a period whose `ends` has is reported
// when more rows of it come, a delivery whose `waiting` has is not sent any more.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/settings/store.h"
#include "policy/backends/redis_connection.h"
#include "policy/ports/shared_reports.h"

namespace milterward::backends {

/// A lease ends by itself, should its holder be killed; each write extends it, and so does
/// standing(), after DNS and before a mail is handed over: longer than that may take.
inline constexpr std::chrono::milliseconds report_lease{5 * 60 * 1000};

/// Used by one thread. After a fault it is of no use any more.
class RedisReports final : public ports::SharedReports {
 public:
  /// Connects; a sentence why that cannot be.
  static Result<std::unique_ptr<RedisReports>, std::string> open(
      const conf::StoreSettings& settings, std::chrono::milliseconds lease = report_lease);

  ports::Stored<bool> take(const ports::HandedRows& rows) override;
  ports::Stored<bool> lead() override;
  bool leads() const noexcept override { return leads_; }
  const std::string& eviction() const noexcept override { return eviction_; }
  ports::Stored<bool> leave() override;
  ports::Stored<std::string> note_returned(const std::string& mark,
                                           std::chrono::seconds now,
                                           std::chrono::seconds until) override;

  const std::string& name() const noexcept override { return name_; }
  ports::Stored<std::vector<ports::OpenReport>> ended_at(std::chrono::seconds time,
                                                         std::size_t most) override;
  ports::Stored<std::vector<ports::CountedText>> rows_of(const ports::OpenReport& open,
                                                         std::size_t most) override;
  ports::Stored<bool> close(const ports::OpenReport& open,
                            const ports::MadeReport& made) override;
  ports::Stored<std::optional<ports::Delivery>> claim(std::chrono::seconds now,
                                                      std::chrono::seconds until) override;
  ports::Stored<ports::Standing> standing(const ports::Delivery& claimed) override;
  ports::Stored<bool> settle(const ports::Delivery& delivery,
                             std::chrono::seconds now) override;
  ports::Stored<std::size_t> sent_since(ports::ReportKind kind, const std::string& to,
                                        std::chrono::seconds time) override;
  ports::Stored<std::size_t> failures_about(const std::string& domain,
                                            std::chrono::seconds time) override;
  ports::Stored<std::size_t> failures_for(const std::string& destination,
                                          std::chrono::seconds time) override;
  ports::Stored<bool> suppress(const std::string& address, std::chrono::seconds until,
                               const std::string& reason) override;
  ports::Stored<bool> is_suppressed(const std::string& address,
                                    std::chrono::seconds now) override;
  ports::Stored<bool> hurry(std::chrono::seconds now) override;
  ports::Stored<std::size_t> forget_before(std::chrono::seconds time) override;
  ports::Stored<std::vector<ports::Delivery>> deliveries(std::size_t most) override;

 private:
  using Words = std::vector<std::string>;
  using Fields = std::map<std::string, std::string>;
  enum class Fence { lease, none };
  /// One script: what must still be so, and what is written then.
  struct Change {
    struct Expectation {
      std::string key, field, value;  // of a hash; "" where there is none
    };
    std::vector<Expectation> expected;
    std::vector<Words> commands;
    /// Only where that key holds nothing by then.
    void unless(const std::string& key, Words command);
    void note_sent(const std::string& name, const std::string& member,
                   std::chrono::seconds now);
  };

  explicit RedisReports(const conf::StoreSettings& settings,
                        std::chrono::milliseconds lease,
                        std::unique_ptr<RedisConnection> connection);
  std::string begin();

  Result<RedisReply, std::string> ask(const Words& words);
  ports::Stored<std::vector<std::string>> texts(const Words& words);
  ports::Stored<Fields> fields(const std::string& key);
  ports::Stored<std::string> text(const Words& words);
  /// False: something is not as it was expected, or the lease is another's.
  ports::Stored<bool> apply(const Change& change, Fence fence);
  /// None where it has gone, or its report has.
  ports::Stored<std::optional<ports::Delivery>> delivery(const std::string& number);
  /// Of what has gone; false: the lease is another's.
  ports::Stored<bool> strike_off(const char* what, const std::string& number,
                                 const Change& change);
  ports::Stored<bool> strike_off_delivery(const std::string& number);
  ports::Stored<bool> strike_off_period(const std::string& number,
                                        const std::string& group);

  const conf::StoreSettings settings_;
  const std::chrono::milliseconds lease_;
  const std::string holder_;
  const std::unique_ptr<RedisConnection> connection_;
  std::string name_, eviction_;
  bool leads_ = false;
  std::map<std::int64_t, std::string> claims_;  // of this object, by delivery
};

}  // namespace milterward::backends
