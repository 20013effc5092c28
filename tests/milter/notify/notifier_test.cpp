// SPDX-License-Identifier: Apache-2.0
#include "milter/notify/notifier.h"

#include <boost/test/unit_test.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/configuration.h"
#include "tests/support/fake_clock.h"

using namespace milterward;
using namespace milterward::notify;
using namespace std::chrono_literals;
using milterward::tests::FakeClock;

namespace {

class RecordedHook final : public ports::Hook {
 public:
  explicit RecordedHook(std::vector<ports::HookCall>& calls) : calls_(calls) {}
  std::optional<std::string> run(const ports::HookCall& call) override {
    calls_.push_back(call);
    return std::nullopt;
  }
  void stop() noexcept override {}

 private:
  std::vector<ports::HookCall>& calls_;
};

class RecordedWebhook final : public ports::Webhook {
 public:
  explicit RecordedWebhook(std::vector<ports::WebhookCall>& calls) : calls_(calls) {}
  std::optional<std::string> post(const ports::WebhookCall& call) override {
    calls_.push_back(call);
    return "answered 500";
  }
  void stop() noexcept override {}

 private:
  std::vector<ports::WebhookCall>& calls_;
};

/// The log behind it.
class Log final : public Sink {
 public:
  void write(Event event, const std::vector<LogField>&) noexcept override {
    events_.with([&](auto& events) { events.push_back(event); });
  }
  std::vector<Event> events() const {
    return events_.with([](const auto& events) { return events; });
  }

 private:
  Guarded<std::vector<Event>> events_;
};

conf::NotifySettings settings(const std::string& text) {
  return tests::configuration_from("[notify]\n" + text).notify;
}

/// What was carried can be looked at once it is finished: nobody carries any more.
struct Telling {
  Log log;
  std::vector<ports::HookCall> hooks;
  std::vector<ports::WebhookCall> webhooks;
  std::shared_ptr<FakeClock> clock = std::make_shared<FakeClock>();
  Notifier notifier{log, "mx.example.org",
                    Messengers{std::make_unique<RecordedHook>(hooks),
                               std::make_unique<RecordedWebhook>(webhooks)},
                    clock};

  void fail(int times = 1) {
    for (int i = 0; i < times; ++i)
      notifier.write(Event::store_failing, {{"reason", "down"}});
  }
};

nlohmann::json json_of(const ports::HookCall& call) {
  return nlohmann::json::parse(call.input);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(notifier)

BOOST_AUTO_TEST_CASE(chosen_events_are_told_and_all_are_logged) {
  Telling telling;
  telling.notifier.configure(
      settings("events = [\"store.failing\"]\nhook = \"/bin/tell\"\n"
               "hook_timeout = \"3s\"\nwebhook = \"http://127.0.0.1/x\"\n"),
      "secret");
  telling.notifier.write(Event::message_decided, {});
  telling.fail();
  telling.notifier.finish(20s);
  BOOST_REQUIRE(telling.hooks.size() == 1U);
  BOOST_TEST(telling.hooks[0].program == "/bin/tell");
  BOOST_TEST((telling.hooks[0].limit == 3s));
  BOOST_TEST(telling.hooks[0].environment.at(0) == "MILTERWARD_EVENT=store.failing");
  BOOST_TEST(json_of(telling.hooks[0])["fields"]["reason"] == "down");
  BOOST_REQUIRE(telling.webhooks.size() == 1U);
  BOOST_TEST(telling.webhooks[0].url == "http://127.0.0.1/x");
  BOOST_TEST(telling.webhooks[0].token == "secret");
  BOOST_TEST(telling.webhooks[0].body == telling.hooks[0].input);
  BOOST_TEST((telling.webhooks[0].limit == 10s));
  const auto logged = telling.log.events();
  BOOST_TEST((logged == std::vector{Event::message_decided, Event::store_failing}));
}

BOOST_AUTO_TEST_CASE(nobody_is_told_before_there_is_anybody_to_tell) {
  Telling telling;
  telling.fail();
  telling.notifier.configure(settings("events = [\"store.failing\"]"), "");
  telling.fail();
  telling.notifier.finish(20s);
  BOOST_TEST(telling.hooks.empty());
  BOOST_TEST(telling.webhooks.empty());
  BOOST_TEST(telling.log.events().size() == 2U);
}

BOOST_AUTO_TEST_CASE(past_the_hourly_limit_the_log_alone_is_told) {
  Telling telling;
  telling.notifier.configure(settings("hook = \"/bin/tell\"\nper_hour = 2"), "");
  telling.fail(5);
  telling.clock->advance(1h);
  telling.fail();
  telling.notifier.finish(20s);
  BOOST_TEST(telling.log.events().size() == 6U);
  BOOST_REQUIRE(telling.hooks.size() == 3U);
  BOOST_TEST(json_of(telling.hooks[1])["not_told"] == 0);
  BOOST_TEST(json_of(telling.hooks[2])["not_told"] == 3);
}

BOOST_AUTO_TEST_CASE(other_settings_count_from_the_next_event_on) {
  Telling telling;
  telling.notifier.configure(settings("hook = \"/bin/one\""), "");
  telling.fail();
  telling.notifier.configure(settings("hook = \"/bin/two\""), "");
  telling.fail();
  telling.notifier.configure(settings("hook = \"/bin/three\"\nevents = []"), "");
  telling.fail();
  telling.notifier.finish(20s);
  BOOST_REQUIRE(telling.hooks.size() == 2U);
  BOOST_TEST(telling.hooks[0].program == "/bin/one");
  BOOST_TEST(telling.hooks[1].program == "/bin/two");
}

BOOST_AUTO_TEST_CASE(a_failure_to_tell_is_logged_and_told_to_nobody) {
  Telling telling;
  set_sink(&telling.notifier);
  telling.notifier.configure(settings("webhook = \"http://127.0.0.1/\""), "");
  telling.fail();
  telling.notifier.finish(20s);
  set_sink(nullptr);
  BOOST_TEST(telling.webhooks.size() == 1U);
  const auto logged = telling.log.events();
  BOOST_TEST((logged == std::vector{Event::store_failing, Event::notify_failed}));
}

BOOST_AUTO_TEST_SUITE_END()
