// SPDX-License-Identifier: Apache-2.0
// Is our SPF evaluation at least as fast as raw libspf2? Both evaluate the same records
// over the same answers from memory; what is compared is thread CPU time, in interleaved
// pairs, since wall time on a shared machine measures the neighbours. With --instructions
// the counts that tests/bench/spf got from callgrind are judged, too.
//
//   bench_spf [--instructions FILE]      lines of FILE: SITUATION NATIVE RAW
//   bench_spf --list                     the situations, one a line
//   bench_spf --only native|libspf2 SITUATION COUNT
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/auth/spf/native_checker.h"
#include "tests/bench/pairs.h"
#include "tests/bench/raw_spf2.h"
#include "tests/bench/spf_situations.h"

namespace {

using namespace milterward;
using bench::Situation;

constexpr std::size_t pairs = 41;
constexpr double seconds_of_half = 0.025;
constexpr int exit_slower = 1;
constexpr int exit_usage = 64;
constexpr int exit_wrong_result = 70;

enum class Side { native, libspf2 };

class Contest {
 public:
  ports::SpfResult check(Side side, const Situation& situation) {
    switch (side) {
      case Side::native:
        return native_.check(situation.query, dns_, Deadline{SteadyTime::max()}).result;
      case Side::libspf2:
        return raw_.check(situation.query);
    }
    std::abort();
  }

  std::size_t questions(Side side, const Situation& situation) {
    const auto before = dns_.questions();
    static_cast<void>(check(side, situation));
    return dns_.questions() - before;
  }

 private:
  bench::MemoryDns dns_;
  bench::RawSpf2 raw_{dns_};
  auth::NativeSpfChecker native_;
};

/// One evaluation. A result that is not wanted ends the program.
bench::Operation evaluation(Contest& contest, Side side, const Situation& situation) {
  return [&contest, side, &situation] {
    if (contest.check(side, situation) == situation.want) return;
    fmt::print(stderr, "bench_spf: {}: {} does not find {}\n", situation.name,
               side == Side::native ? "native" : "libspf2", ports::to_text(situation.want));
    std::exit(exit_wrong_result);
  };
}

bench::Timing measure(Contest& contest, const Situation& situation) {
  const auto half = [&](Side side) {
    return bench::half_of(evaluation(contest, side, situation), seconds_of_half);
  };
  return bench::in_pairs(half(Side::native), half(Side::libspf2), pairs);
}

struct Instructions {
  double native = 0;
  double raw = 0;
};
using InstructionsBySituation = std::map<std::string, Instructions, std::less<>>;

std::optional<InstructionsBySituation> read_instructions(const std::string& file) {
  std::ifstream in{file};
  InstructionsBySituation counts;
  std::string name;
  Instructions one;
  while (in >> name >> one.native >> one.raw) {
    if (one.native <= 0 || one.raw <= 0) return std::nullopt;
    counts[name] = one;
  }
  if (counts.empty() || !in.eof()) return std::nullopt;
  return counts;
}

int compare(const InstructionsBySituation& instructions) {
  Contest contest;
  const auto all = bench::situations();
  fmt::print(
      "CPU time per evaluation in microseconds, {} interleaved pairs: first quartile, "
      "median, third quartile\n{:<17} {:>9}  {:^23}  {:^23}  {:^20}\n",
      pairs, "", "questions", "native", "libspf2", "native/libspf2");
  std::map<std::string, bench::Timing, std::less<>> timings;
  for (const auto& situation : all) {
    const auto timing = measure(contest, situation);
    const auto micro = [](const bench::Quartiles& q) {
      return fmt::format("{:7.2f} {:7.2f} {:7.2f}", q.first * 1e6, q.median * 1e6,
                         q.third * 1e6);
    };
    fmt::print("{:<17} {:>4} {:>4}  {}  {}  {:6.3f} {:6.3f} {:6.3f}\n", situation.name,
               contest.questions(Side::native, situation),
               contest.questions(Side::libspf2, situation), micro(timing.a),
               micro(timing.b), timing.ratio.first, timing.ratio.median,
               timing.ratio.third);
    timings.emplace(situation.name, timing);
  }
  if (!instructions.empty()) {
    fmt::print("\nInstructions per evaluation (callgrind)\n");
    for (const auto& situation : all)
      if (const auto found = instructions.find(situation.name); found != instructions.end())
        fmt::print("{:<17} {:>10.0f}  {:>10.0f}  {:6.3f}\n", situation.name,
                   found->second.native, found->second.raw,
                   found->second.native / found->second.raw);
  }
  fmt::print("\nnative/libspf2\n");
  bool slower = false;
  for (const auto& situation : all) {
    const double time = timings.at(situation.name).ratio.median;
    double worst = time;
    auto line = fmt::format("{:<17} time {:.3f}", situation.name, time);
    if (const auto found = instructions.find(situation.name); found != instructions.end()) {
      const double counted = found->second.native / found->second.raw;
      worst = std::max(worst, counted);
      line += fmt::format("  instructions {:.3f}", counted);
    }
    slower = slower || worst > 1;
    fmt::print("{}  {}\n", line, worst > 1 ? "slower" : "OK");
  }
  return slower ? exit_slower : EXIT_SUCCESS;
}

int evaluate_only(std::string_view side, std::string_view name, const std::string& count) {
  const auto all = bench::situations();
  const auto found = std::ranges::find(all, name, &Situation::name);
  if (found == all.end() || (side != "native" && side != "libspf2")) return exit_usage;
  Contest contest;
  static_cast<void>(bench::seconds_of(
      evaluation(contest, side == "native" ? Side::native : Side::libspf2, *found),
      std::strtoul(count.c_str(), nullptr, 10)));
  return EXIT_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.empty()) return compare({});
  if (arguments[0] == "--list" && arguments.size() == 1) {
    for (const auto& situation : bench::situations()) fmt::print("{}\n", situation.name);
    return EXIT_SUCCESS;
  }
  if (arguments[0] == "--instructions" && arguments.size() == 2) {
    if (const auto instructions = read_instructions(arguments[1]))
      return compare(*instructions);
    fmt::print(stderr, "bench_spf: {} is not a list of instruction counts\n", arguments[1]);
    return exit_usage;
  }
  if (arguments[0] == "--only" && arguments.size() == 4)
    return evaluate_only(arguments[1], arguments[2], arguments[3]);
  fmt::print(stderr,
             "usage: bench_spf [--instructions FILE] | --list | "
             "--only native|libspf2 SITUATION COUNT\n");
  return exit_usage;
}
