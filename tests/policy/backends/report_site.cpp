// SPDX-License-Identifier: Apache-2.0
#include "tests/policy/backends/report_site.h"

#include <signal.h>

#include <boost/test/unit_test.hpp>

#include "conf/store_url.h"
#include "policy/backends/redis_connection.h"
#include "policy/backends/report_outbox_file.h"

namespace milterward::tests {

using namespace std::chrono_literals;
using backends::RedisReports;
using chores::ReportSharing;

namespace {

/// No test waits for it: a machine may stand still, and the store is still there.
constexpr auto patience = 30s;

conf::StoreSettings store_at(const RedisServer& redis) {
  return {redis.url(), patience, conf::StoreSync::process, conf::OnOutage::defer, 2};
}

}  // namespace

std::unique_ptr<RedisReports> shared_at(const RedisServer& redis,
                                        std::chrono::milliseconds lease) {
  auto shared = RedisReports::open(store_at(redis), lease);
  if (!shared) BOOST_FAIL(shared.fault());
  return std::move(*shared);
}

std::int64_t tell_redis(const RedisServer& redis, const std::vector<std::string>& words) {
  const auto connection =
      backends::RedisConnection::open(conf::parse_store_url(redis.url()).value(), patience);
  BOOST_REQUIRE(connection);
  const auto reply =
      (*connection)->command(words, Deadline{std::chrono::steady_clock::now() + patience});
  if (!reply) BOOST_FAIL(reply.fault());
  return reply->integer;
}

void drop_key(const RedisServer& redis, const std::string& key) {
  tell_redis(redis, {"DEL", "milterward:reports:" + key});
}

void end_the_lease(const RedisServer& redis) { drop_key(redis, "lease"); }

Host::Host(const RedisServer& store) : redis(store) { ::signal(SIGPIPE, SIG_IGN); }

ReportSharing::Round Host::site_round(ports::AtReportPoint at) {
  const auto store = open();
  const auto outbox = backends::open_report_outbox(settings.file);
  BOOST_REQUIRE(outbox);
  const auto own = world(*store, std::move(at));
  const auto done = ReportSharing{}.round(
      own, {"redis", **outbox, [&]() -> ReportSharing::Shared {
              auto shared = RedisReports::open(store_at(redis));
              if (!shared) return Unexpected{shared.fault()};
              return std::unique_ptr<ports::SharedReports>{std::move(*shared)};
            }});
  if (!done) BOOST_FAIL(done.fault());
  return *done;
}
std::size_t Host::waiting() const {
  return open()->ended_at(midnight + 1000h, 100).value().size();
}

Mails Site::mails() const {
  auto all = one.server.mails();
  for (auto& mail : two.server.mails()) all.push_back(std::move(mail));
  return all;
}

void Site::advance(std::chrono::seconds by) {
  one.clock.advance(by);
  two.clock.advance(by);
}

void Site::report() {
  one.site_round();
  two.site_round();
  advance(chores::shared_report_grace);
  one.site_round();
  two.site_round();
}

void Site::collect() {
  one.collect({entry("a.test"), entry("a.test"), entry("b.test")});
  two.collect({entry("a.test"), entry("a.test", 1), entry("c.test")});
}

}  // namespace milterward::tests
