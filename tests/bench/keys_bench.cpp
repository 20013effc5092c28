// SPDX-License-Identifier: Apache-2.0
// Keys loaded on demand, out of SQLite by SOCI as the daemon does it: the first signature
// of a domain against the second, by the clock and by the processor time of all threads
// (what else the machine does stretches the one, not the other), and memory while more
// domains write than may be kept. RSA keys of 2048 bits, the dearest to load among those
// that are usual. There are 64 of them in turn, since making 100,000 would take hours;
// nothing on the way knows that two are alike.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "conf/keys.h"
#include "policy/backends/sql_directory.h"
#include "policy/backends/sql_module.h"
#include "policy/sign/departure.h"
#include "policy/sign/key_shelf.h"
#include "policy/sign/native_signer.h"
#include "policy/sign/new_key.h"
#include "policy/sign/request.h"
#include "tests/milter/temporary_directory.h"
#include "tests/support/configuration.h"

namespace {

using namespace milterward;
using namespace std::chrono_literals;
using Milliseconds = std::chrono::duration<double, std::milli>;

/// What one signature took.
struct Cost {
  double clock_ms = 0;
  double processor_ms = 0;
};

constexpr int domains = 100'000;
constexpr int key_count = 64;
constexpr int samples = 1000;
constexpr std::size_t cached_keys = 2000;
constexpr double first_over_cached_bar_ms = 5;
constexpr double memory_bar_kib_per_key = 32;

/// Of all threads: the pool of connections has its own.
std::chrono::nanoseconds processor_time() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec};
}

std::string name_of(int domain) { return fmt::format("d{}.example.org", domain); }

/// One line a statement, in one transaction.
void fill(const conf::SqlSettings& settings) {
  auto connection = backends::open_sql_module().value()->connect(settings);
  if (!connection) throw std::runtime_error{connection.fault()};
  const auto run = [&](const std::string& statement) {
    if (const auto done = (*connection)->ask({statement, {}}); !done)
      throw std::runtime_error{done.fault()};
  };
  std::vector<std::string> keys;
  for (int i = 0; i < key_count; ++i)
    keys.emplace_back(
        sign::make_private_key(ports::SigningAlgorithm::rsa_sha256).value().view());
  run("CREATE TABLE keys (domain text PRIMARY KEY, selector text, pem text)");
  run("BEGIN");
  for (int i = 0; i < domains; ++i)
    run(fmt::format("INSERT INTO keys VALUES ('{}', 's1', '{}')", name_of(i),
                    keys[static_cast<std::size_t>(i % key_count)]));
  run("COMMIT");
}

double resident_mib() {
  std::ifstream file{"/proc/self/statm"};
  long pages = 0;
  file >> pages >> pages;
  return static_cast<double>(pages * ::sysconf(_SC_PAGESIZE)) / (1024 * 1024);
}

double quantile(std::vector<double> values, double part) {
  std::ranges::sort(values);
  return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
}

class Signing {
 public:
  Signing(const conf::DirectorySettings& settings)
      : shelf_({std::make_shared<backends::SqlDirectory>(
                   settings,
                   [sql = settings.sql] {
                     return backends::open_sql_module().value()->connect(sql);
                   },
                   clock_)},
               manner(), {cached_keys, 1h}, clock_) {}

  /// Keys looked for, message signed.
  Cost sign_for(int domain) {
    const auto name = name_of(domain);
    const RawHeaders headers{
        {"From", " joe@" + name}, {"To", " a@example.net"}, {"Subject", " hello"}};
    const auto processor = processor_time();
    const auto begin = std::chrono::steady_clock::now();
    const auto keys =
        shelf_.keys_of(Domain::parse(name).value(), Deadline::after(*clock_, 10s));
    if (!keys || keys.value()->size() != 1 || !keys.value()->front().key)
      throw std::runtime_error{"no key of " + name};
    const auto header = sign::leaving_header({}, headers);
    const auto signing = signer_.begin(
        header.fields, {sign::request_for(keys.value()->front(), header, clock_->today())});
    signing->body("Hello, this is a short message.\r\n");
    if (!signing->finish()) throw std::runtime_error{"not signed: " + name};
    return {Milliseconds{std::chrono::steady_clock::now() - begin}.count(),
            Milliseconds{processor_time() - processor}.count()};
  }
  std::size_t known() const { return shelf_.size(); }

 private:
  static conf::SigningKey manner() {
    conf::SigningKey manner{};
    conf::set_fallbacks(manner, conf::signing_key_table().keys);
    return manner;
  }
  std::shared_ptr<const Clock> clock_ = std::make_shared<SystemClock>();
  sign::KeyShelf shelf_;
  sign::NativeDkimSigner signer_;
};

bool report(const std::string& what, double value, double bar, const char* unit) {
  const bool holds = value <= bar;
  fmt::print("{:<52} {:8.3f} {}  (bar {} {}): {}\n", what, value, unit, bar, unit,
             holds ? "held" : "MISSED");
  return holds;
}

int run(int tour) {
  const tests::TemporaryDirectory where;
  auto settings = tests::configuration_from("").directory;
  settings.sql.engine = conf::SqlEngine::sqlite;
  settings.sql.connection = "db=" + where.path("keys.db");
  settings.sql.key_query = "SELECT selector, pem FROM keys WHERE domain = :domain";
  fill(settings.sql);
  Signing signing{settings};
  signing.sign_for(0);  // threads and the connection are made

  std::mt19937 random{42};
  std::uniform_int_distribution<int> any{1, domains - 1};
  std::vector<Cost> first;
  std::vector<Cost> cached;
  for (int i = 0; i < samples; ++i) {
    const int domain = any(random);
    first.push_back(signing.sign_for(domain));
    cached.push_back(signing.sign_for(domain));
  }
  fmt::print("{} domains in SQLite, {} of them signed twice\n", domains, samples);
  bool held = true;
  for (const auto& [what, part] : {std::pair{"by the clock", &Cost::clock_ms},
                                   std::pair{"of processor time", &Cost::processor_ms}}) {
    std::vector<double> firsts;
    std::vector<double> seconds;
    std::vector<double> differences;
    for (int i = 0; i < samples; ++i) {
      firsts.push_back(first[static_cast<std::size_t>(i)].*part);
      seconds.push_back(cached[static_cast<std::size_t>(i)].*part);
      differences.push_back(firsts.back() - seconds.back());
    }
    for (const auto& [which, values] :
         {std::pair{"first", &firsts}, std::pair{"cached", &seconds}})
      fmt::print("{:<52} {:8.3f} ms, 99 of 100 {:.3f}\n",
                 fmt::format("{} signature, median {}", which, what),
                 quantile(*values, 0.5), quantile(*values, 0.99));
    held &= report(fmt::format("first over cached, median {}", what),
                   quantile(differences, 0.5), first_over_cached_bar_ms, "ms");
    held &= report(fmt::format("first over cached, 99 of 100 {}", what),
                   quantile(differences, 0.99), first_over_cached_bar_ms, "ms");
  }

  // The shelf is full before it is weighed for the first time.
  const double empty = resident_mib();
  for (int i = 0; i < static_cast<int>(cached_keys) + 1000; ++i) signing.sign_for(i);
  const double full = resident_mib();
  for (int i = 0; i < tour; ++i) signing.sign_for(i % domains);
  const double toured = resident_mib();
  fmt::print("{} domains have written; {} are known, sign.cached_keys = {}\n", tour,
             signing.known(), cached_keys);
  fmt::print("{:<52} {:8.1f} MiB, {:.1f}, {:.1f}\n",
             "resident: some keys, shelf full, after the tour", empty, full, toured);
  held &= report("shelf and all, for each key that may be kept",
                 toured * 1024 / static_cast<double>(cached_keys), memory_bar_kib_per_key,
                 "KiB");
  held &= report("growth from full to toured", toured - full, 8, "MiB");
  held &= signing.known() <= cached_keys;
  return held ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) try {
  return run(argc > 1 ? std::stoi(argv[1]) : domains);
} catch (const std::exception& e) {
  std::fprintf(stderr, "bench_keys: %s\n", e.what());
  return 2;
}
