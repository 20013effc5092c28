// SPDX-License-Identifier: Apache-2.0
// What do journal and metrics cost? One message of 2 KB is verified in a Connection and
// told to nobody, to the metrics, to the journal, and to both (relay_mail.h). Each round
// plays all four in turn; what telling adds is compared with what the same round took
// without.
//
// The bars: together they add at most 5 microseconds of CPU to the thread that a message
// waits for, and the journal's own thread takes at most 60 for a message.
//
// Exit 0 when the bars held, 1 when one was missed, 2 when something could not be measured.
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "milter/status/meter.h"
#include "policy/backends/sqlite_journal.h"
#include "policy/base/clock.h"
#include "tests/bench/pairs.h"
#include "tests/bench/relay_mail.h"
#include "tests/milter/temporary_directory.h"
#include "tests/support/processor_time.h"

namespace {

using namespace milterward;
using namespace std::chrono_literals;
using bench::Quartiles;
using bench::RelayMail;

constexpr std::size_t rounds = 101;
constexpr std::size_t messages = 100;  // of one way in a round
constexpr double thread_bar = 5e-6, writer_bar = 60e-6;
constexpr int exit_held = 0, exit_missed = 1, exit_not_measured = 2;

double process_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}
double seconds_of_others() { return process_seconds() - tests::processor_seconds(); }

struct Way {
  std::string_view name;
  bool journal, metrics;
};
constexpr std::array ways{Way{"nobody", false, false}, Way{"metrics", false, true},
                          Way{"journal", true, false}, Way{"both", true, true}};

class Telling {
 public:
  Telling()
      : clock_(std::make_shared<SystemClock>()),
        meter_(std::make_shared<status::Meter>(clock_)),
        journal_(std::make_shared<backends::SqliteJournal>(
            conf::JournalSettings{directory_.path("journal.db"), 24h, 1000,
                                  conf::LocalParts::kept},
            clock_, meter_)) {}

  /// CPU seconds of a message on this thread, in the order of `ways`. What the journal
  /// writes it writes between the rounds.
  std::array<double, ways.size()> round(std::size_t number) {
    std::array<double, ways.size()> costs{};
    for (std::size_t i = 0; i < ways.size(); ++i) {
      const auto at = number % 2 == 0 ? i : ways.size() - 1 - i;
      costs[at] = bench::seconds_of([&] { play(ways[at]); }, messages);
    }
    wait_for_journal();
    return costs;
  }
  std::size_t noted() const noexcept { return noted_; }

 private:
  void play(const Way& way) {
    mail_.told_to(way.journal ? journal_ : nullptr, way.metrics ? meter_ : nullptr);
    if (way.journal) ++noted_;
  }
  void wait_for_journal() const {
    const auto until = std::chrono::steady_clock::now() + 30s;
    while (meter_->journal_written() < noted_) {
      if (meter_->journal_missing() > 0 || std::chrono::steady_clock::now() > until)
        throw std::runtime_error("the journal does not keep what it is told");
      std::this_thread::sleep_for(1ms);
    }
  }

  tests::TemporaryDirectory directory_;
  std::shared_ptr<const Clock> clock_;
  std::shared_ptr<status::Meter> meter_;
  std::shared_ptr<backends::SqliteJournal> journal_;
  RelayMail mail_;
  std::size_t noted_ = 0;
};

std::string micro(const Quartiles& q) {
  return fmt::format("{:8.2f} {:8.2f} {:8.2f}", q.first * 1e6, q.median * 1e6,
                     q.third * 1e6);
}

bool tell_bar(std::string_view what, double seconds, double bar) {
  const bool holds = seconds <= bar;
  fmt::print("{:<44} {:6.2f}  at most {:.0f}  {}\n", what, seconds * 1e6, bar * 1e6,
             holds ? "held" : "missed");
  return holds;
}

int measure() {
  Telling telling;
  telling.round(0);
  const auto noted_before = telling.noted();
  const auto others_before = seconds_of_others();
  std::array<std::vector<double>, ways.size()> costs, added;
  for (std::size_t number = 0; number < rounds; ++number) {
    const auto round = telling.round(number);
    for (std::size_t i = 0; i < ways.size(); ++i) {
      costs[i].push_back(round[i]);
      added[i].push_back(round[i] - round[0]);
    }
  }
  const auto writer = (seconds_of_others() - others_before) /
                      static_cast<double>(telling.noted() - noted_before);

  fmt::print(
      "CPU time of one message in microseconds, {} rounds of {} messages each way: first "
      "quartile, median, third quartile\n",
      rounds, messages);
  for (std::size_t i = 0; i < ways.size(); ++i)
    fmt::print("told to {:<12} {}\n", ways[i].name, micro(bench::quartiles_of(costs[i])));
  fmt::print("\nWhat telling adds to the thread a message waits for\n");
  for (std::size_t i = 1; i < ways.size(); ++i)
    fmt::print("{:<20} {}\n", ways[i].name, micro(bench::quartiles_of(added[i])));
  fmt::print("\n");
  const bool thread_holds = tell_bar("journal and metrics, in the message's thread",
                                     bench::quartiles_of(added.back()).median, thread_bar);
  const bool writer_holds = tell_bar("the journal's own thread", writer, writer_bar);
  return thread_holds && writer_holds ? exit_held : exit_missed;
}

}  // namespace

int main() try { return measure(); } catch (const std::exception& e) {
  fmt::print(stderr, "bench_telling: {}\n", e.what());
  return exit_not_measured;
}
