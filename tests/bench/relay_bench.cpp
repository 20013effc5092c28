// SPDX-License-Identifier: Apache-2.0
// What do relay rules, identity and quotas cost beside verification? One message of 2 KB is
// played through a Connection in four ways (relay_mail.h): a stranger's and a user's, with
// verification alone and with the rules as well. Each round plays all four, and what the
// rules add is compared with what verifying took in the same round.
//
// The bar: they add at most a tenth of the instructions of verifying a message, to a
// stranger's message and to a user's. Time is told beside it.
//
// Exit 0 when the bar held, or only time was asked for; 1 when it was missed, 2 when
// something could not be measured.
#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/pairs.h"
#include "tests/bench/relay_mail.h"
#include "tests/support/processor_time.h"

namespace {

using namespace milterward;
using bench::Quartiles;
using bench::RelayMail;
using bench::Rules;

constexpr std::size_t rounds = 151;  // long enough for the store to write a checkpoint
constexpr double seconds_of_part = 0.02;
constexpr double bar = 0.10;
constexpr int exit_held = 0;
constexpr int exit_missed = 1;
constexpr int exit_not_measured = 2;

struct Way {
  std::string_view name;
  void (RelayMail::*play)(Rules);
  Rules rules;
};
constexpr std::array ways{Way{"inbound-off", &RelayMail::inbound, Rules::off},
                          Way{"inbound-on", &RelayMail::inbound, Rules::on},
                          Way{"submission-off", &RelayMail::submission, Rules::off},
                          Way{"submission-on", &RelayMail::submission, Rules::on}};

/// CPU time of all threads of this process.
double process_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

double seconds_of_others() { return process_seconds() - tests::processor_seconds(); }

using Costs = std::map<std::string_view, double>;  // of one message, by way

/// Every other round goes backwards, so that no way always finds what another left.
Costs costs_of_round(RelayMail& mail, std::size_t count, std::size_t round) {
  Costs costs;
  for (std::size_t i = 0; i < ways.size(); ++i) {
    const auto& way = ways[round % 2 == 0 ? i : ways.size() - 1 - i];
    costs[way.name] = bench::seconds_of([&] { (mail.*way.play)(way.rules); }, count);
  }
  return costs;
}

std::string micro(const Quartiles& q) {
  return fmt::format("{:8.2f} {:8.2f} {:8.2f}", q.first * 1e6, q.median * 1e6,
                     q.third * 1e6);
}
std::string percent(const Quartiles& q) {
  return fmt::format("{:7.2f}% {:7.2f}% {:7.2f}%", q.first * 100, q.median * 100,
                     q.third * 100);
}

bool tell_bar(std::string_view what, double share) {
  const bool holds = share <= bar;
  fmt::print("{:<44} {:6.2f}%  at most {:.0f}%  {}\n", what, share * 100, bar * 100,
             holds ? "held" : "missed");
  return holds;
}

struct Added {
  Quartiles seconds;
  Quartiles share;  // of verifying
};

class Measurement {
 public:
  void add(const Costs& costs) {
    for (const auto& way : ways) costs_[way.name].push_back(costs.at(way.name));
  }
  Quartiles of(std::string_view way) const { return bench::quartiles_of(costs_.at(way)); }
  Added added_to(const std::string& kind) const {
    std::vector<double> seconds, shares;
    for (std::size_t i = 0; i < rounds; ++i) {
      seconds.push_back(costs_.at(kind + "-on")[i] - costs_.at(kind + "-off")[i]);
      shares.push_back(seconds.back() / costs_.at("inbound-off")[i]);
    }
    return {bench::quartiles_of(seconds), bench::quartiles_of(shares)};
  }

 private:
  std::map<std::string_view, std::vector<double>> costs_;  // by way
};

/// Instructions of one message, by way, as tests/bench/relay counted them.
std::optional<Costs> read_instructions(const std::string& file) {
  std::ifstream in{file};
  Costs counts;
  std::string name;
  double count = 0;
  while (in >> name >> count)
    for (const auto& way : ways)
      if (way.name == name && count > 0) counts[way.name] = count;
  if (counts.size() != ways.size() || !in.eof()) return std::nullopt;
  return counts;
}

bool tell_instructions(const Costs& counts) {
  fmt::print("\nInstructions of one message (callgrind), the store's threads left out\n");
  for (const auto& way : ways)
    fmt::print("{:<20} {:>10.0f}\n", way.name, counts.at(way.name));
  bool held = true;
  const auto verifying = counts.at("inbound-off");
  for (const std::string kind : {"inbound", "submission"})
    held &= tell_bar(fmt::format("instructions added to {}", kind),
                     (counts.at(kind + "-on") - counts.at(kind + "-off")) / verifying);
  return held;
}

int compare(const std::optional<Costs>& instructions) {
  RelayMail mail;
  mail.try_rules();
  const auto count = bench::count_for([&] { mail.inbound(Rules::off); }, seconds_of_part);
  costs_of_round(mail, count, 0);  // so that all counters are there
  const auto counted_before = mail.counted();
  const auto others_before = seconds_of_others();
  Measurement measured;
  for (std::size_t round = 0; round < rounds; ++round)
    measured.add(costs_of_round(mail, count, round));
  const auto counted = static_cast<double>(mail.counted() - counted_before);
  mail.close();
  const auto others = (seconds_of_others() - others_before) / counted;

  fmt::print(
      "CPU time of one message in microseconds, {} rounds of {} messages each way: first "
      "quartile, median, third quartile\n",
      rounds, count);
  for (const auto& way : ways)
    fmt::print("{:<20} {}\n", way.name, micro(measured.of(way.name)));
  fmt::print("{:<20} {:17.2f}   (checkpoints included; of one counted message)\n",
             "store's threads", others * 1e6);

  fmt::print("\nWhat relay rules, identity and quotas add, and its share of verifying\n");
  const auto verifying = measured.of("inbound-off").median;
  for (const std::string kind : {"inbound", "submission"}) {
    const auto added = measured.added_to(kind);
    fmt::print("{:<20} {}  {}\n", kind, micro(added.seconds), percent(added.share));
  }
  fmt::print("{:<20} {:35.2f}%\n", "store's threads", others / verifying * 100);
  return !instructions || tell_instructions(*instructions) ? exit_held : exit_missed;
}

/// For a profiler: one way, so often.
int play_only(const std::string& name, const std::string& count) {
  for (const auto& way : ways) {
    if (way.name != name) continue;
    RelayMail mail;
    static_cast<void>(bench::seconds_of([&] { (mail.*way.play)(way.rules); },
                                        std::strtoul(count.c_str(), nullptr, 10)));
    return exit_held;
  }
  fmt::print(stderr, "bench_relay: there is no way {}\n", name);
  return exit_not_measured;
}

}  // namespace

int main(int argc, char** argv) try {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.empty()) return compare({});
  if (arguments[0] == "--list" && arguments.size() == 1) {
    for (const auto& way : ways) fmt::print("{}\n", way.name);
    return exit_held;
  }
  if (arguments[0] == "--instructions" && arguments.size() == 2) {
    if (const auto instructions = read_instructions(arguments[1]))
      return compare(instructions);
    fmt::print(stderr, "bench_relay: {} is not a list of instruction counts\n",
               arguments[1]);
    return exit_not_measured;
  }
  if (arguments[0] == "--only" && arguments.size() == 3)
    return play_only(arguments[1], arguments[2]);
  fmt::print(stderr,
             "usage: bench_relay [--instructions FILE] | --list | --only WAY COUNT\n");
  return exit_not_measured;
} catch (const std::exception& e) {
  fmt::print(stderr, "bench_relay: {}\n", e.what());
  return exit_not_measured;
}
