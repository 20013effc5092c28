// SPDX-License-Identifier: Apache-2.0
#include "tests/milter/crowd.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include "tests/milter/milter_client.h"

namespace milterward::tests {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

constexpr auto patience = 60s;
constexpr auto pause = 10ms;

std::atomic<unsigned> crowds{0};

}  // namespace

Crowd::Crowd(std::vector<std::string> sockets, std::size_t connections,
             std::size_t messages)
    : crowd_(++crowds), messages_(messages) {
  for (std::size_t i = 0; i < connections; ++i)
    threads_.emplace_back(
        [this, socket = sockets[i % sockets.size()]] { hand_in(socket); });
}

Crowd::~Crowd() { wait(); }

void Crowd::wait() {
  for (auto& thread : threads_)
    if (thread.joinable()) thread.join();
}

void Crowd::wait_until_passed(std::size_t count) const { wait_until(passed_, count); }
void Crowd::wait_until_refused(std::size_t count) const { wait_until(refused_, count); }

void Crowd::wait_until(const std::atomic<std::size_t>& number, std::size_t count) {
  const auto limit = SteadyClock::now() + patience;
  while (number < count) {
    if (SteadyClock::now() > limit)
      throw std::runtime_error(fmt::format("{} of {} came", number.load(), count));
    std::this_thread::sleep_for(1ms);
  }
}

std::string Crowd::a_refusal() const {
  const std::lock_guard lock{mutex_};
  return refusal_;
}

/// A filter that is gone is tried again, as an MTA does with the next message.
void Crowd::hand_in(const std::string& socket) {
  const auto end = SteadyClock::now() + patience;
  while (begun_ < messages_ && SteadyClock::now() < end) {
    try {
      serve_one(socket);
    } catch (const std::runtime_error&) {
      std::this_thread::sleep_for(pause);
    }
  }
}

void Crowd::serve_one(const std::string& socket) {
  MilterClient mta{socket};
  mta.begin("198.51.100.1");
  for (;;) {
    const auto number = begun_.fetch_add(1);
    if (number >= messages_) break;
    const auto timed = [&](auto step) {
      const auto begin = SteadyClock::now();
      auto answer = step();
      const auto waited = (SteadyClock::now() - begin) / 1ms;
      auto longest = longest_wait_.load();
      while (waited > longest && !longest_wait_.compare_exchange_weak(longest, waited)) {
      }
      return answer;
    };
    ++cut_;  // until it is known to be neither
    mta.macros('M', {{"{auth_authen}", "joe"}, {"i", fmt::format("Q{:X}", number)}});
    mta.mail("joe@local.test");
    const auto answer = timed([&] { return mta.rcpt(fmt::format("{}@out.test", number)); });
    if (answer.command == 'y') {
      const std::lock_guard lock{mutex_};
      refusal_ = answer.data;
      ++refused_;
      --cut_;
      mta.abort();
      continue;
    }
    mta.data();
    mta.header("From", " joe@local.test");
    mta.header("Message-ID", fmt::format(" <{}.{}@local.test>", crowd_, number));
    mta.end_of_headers();
    mta.body(fmt::format("Number {}\r\n", number));
    const auto ending = timed([&] { return mta.end_of_message(); });
    ++(ending.answer.command == 'c' ? passed_ : refused_);
    --cut_;
  }
  mta.quit();
}

}  // namespace milterward::tests
