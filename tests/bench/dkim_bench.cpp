// SPDX-License-Identifier: Apache-2.0
// How close is our DKIM to what OpenSSL allows (bare_evp.h), and how far from libopendkim
// (raw_opendkim.h)? Every figure is the median over alternating pairs in thread CPU time,
// with its quartiles, and the bar it has to hold. The canonicalizers that this processor
// would not choose are timed too, without a bar.
//
// Exit 0 when all bars held, 1 when one was missed, 2 when something could not be measured.
#include <fmt/format.h>

#include <algorithm>
#include <barrier>
#include <cstdio>
#include <exception>
#include <functional>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "policy/auth/dkim/base64.h"
#include "policy/auth/dkim/block_operations.h"
#include "policy/auth/dkim/canonical.h"
#include "policy/auth/dkim/digest.h"
#include "policy/auth/dkim/message_hash.h"
#include "policy/auth/dkim/native_verifier.h"
#include "policy/auth/dkim/signature.h"
#include "policy/sign/native_signer.h"
#include "tests/bench/bare_evp.h"
#include "tests/bench/dkim_mail.h"
#include "tests/bench/pairs.h"
#include "tests/bench/raw_opendkim.h"

namespace {

using namespace milterward;
using bench::BareKey;
using bench::Half;
using bench::Key;
using bench::Mail;
using bench::Quartiles;

// Many short halves rather than a few long ones: what a neighbour does to the processor
// then changes between pairs, not within them.
constexpr std::size_t pairs = 401;
constexpr double seconds_of_half = 0.002;
constexpr std::size_t chunk_octets = 65535;  // as MTAs hand bodies to filters
constexpr int exit_held = 0;
constexpr int exit_missed = 1;
constexpr int exit_not_measured = 2;

void insist(bool works, std::string_view what) {
  if (!works) throw std::runtime_error(fmt::format("{} does not work", what));
}

template <class Hash>
void feed_in_chunks(Hash& hash, std::string_view body) {
  for (; !body.empty(); body.remove_prefix(std::min(body.size(), chunk_octets)))
    hash.feed(body.substr(0, chunk_octets));
}

/// Signing and verifying a small message by one key, by ours, bare and by libopendkim.
class Contest {
 public:
  explicit Contest(Key key)
      : key_(std::move(key)),
        requests_{bench::request_for(key_)},
        signature_(sign_ours()),
        read_(auth::parse_signature(signature_.value, clock_.today()).value()),
        hashed_(bench::hashed_octets(mail_, signature_)),
        dns_(key_.record),
        signed_mail_(mail_),
        bare_signing_(key_.loaded.get(), BareKey::Use::sign),
        bare_verifying_(key_.loaded.get(), BareKey::Use::verify),
        raw_(mail_, requests_.front(), key_, signature_) {
    signed_mail_.headers.insert(signed_mail_.headers.begin(), signature_);
    insist(bare_signing_.sign(hashed_.body, hashed_.header) == read_.octets,
           "hashing the same octets");
  }

  void signs_ours() { insist(!sign_ours().value.empty(), "our signing"); }
  void signs_bare() {
    insist(!bare_signing_.sign(hashed_.body, hashed_.header).empty(), "bare signing");
  }
  void signs_raw() { insist(raw_.signs(), "signing by libopendkim"); }

  void verifies_ours() {
    const auto verification = verifier_.begin(signed_mail_.headers, dns_, clock_);
    verification->body(signed_mail_.body);
    const auto findings = verification->finish(Deadline{SteadyTime::max()});
    insist(findings.size() == 1 && findings[0].result == ports::DkimResult::pass,
           "our verifying");
  }
  void verifies_bare() {
    insist(bare_verifying_.verifies(hashed_.body, hashed_.header, read_.body_hash,
                                    read_.octets),
           "bare verifying");
  }
  void verifies_raw() { insist(raw_.verifies(), "verifying by libopendkim"); }

 private:
  RawHeader sign_ours() const {
    const auto signing = signer_.begin(mail_.headers, requests_);
    signing->body(mail_.body);
    auto fields = signing->finish();
    insist(fields && fields->size() == 1, "our signing");
    return std::move(fields->front());
  }

  SystemClock clock_;
  sign::NativeDkimSigner signer_;
  auth::NativeDkimVerifier verifier_{conf::BodyLength::whole};
  Mail mail_ = bench::small_mail();
  Key key_;
  std::vector<ports::SigningRequest> requests_;
  RawHeader signature_;
  auth::Signature read_;
  bench::HashedOctets hashed_;
  bench::OneRecord dns_;
  Mail signed_mail_;
  BareKey bare_signing_, bare_verifying_;
  bench::RawOpendkim raw_;
};

/// The operation on so many threads at once; the CPU time of all of them.
Half half_on_threads(std::size_t count, bench::Operation operation) {
  const auto times = bench::count_for(operation, seconds_of_half);
  return [=, operation = std::move(operation)] {
    std::vector<double> seconds(count);
    std::vector<std::exception_ptr> failures(count);
    std::barrier start{static_cast<std::ptrdiff_t>(count)};
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < count; ++i)
      threads.emplace_back([&, i] {
        start.arrive_and_wait();
        try {
          seconds[i] = bench::seconds_of(operation, times);
        } catch (...) {
          failures[i] = std::current_exception();
        }
      });
    threads.clear();
    for (const auto& failure : failures)
      if (failure) std::rethrow_exception(failure);
    return std::accumulate(seconds.begin(), seconds.end(), 0.0) /
           static_cast<double>(count);
  };
}

class Report {
 public:
  void head(std::string_view text, std::string_view a, std::string_view b) {
    fmt::print("\n{:<47} {:>9} {:>9}   {:^21}\n", text, a, b, "ratio");
  }
  void at_least(std::string_view name, const Half& other, const Half& ours, double bar) {
    const auto ratio = measured(name, other, ours);
    judge(ratio >= bar, fmt::format(">= {:<4}", bar));
  }
  void at_most(std::string_view name, const Half& other, const Half& ours, double bar) {
    const auto ratio = measured(name, other, ours);
    judge(ratio <= bar, fmt::format("<= {:<4}", bar));
  }
  void without_bar(std::string_view name, const Half& other, const Half& ours) {
    measured(name, other, ours);
    fmt::print("\n");
  }
  bool all_held() const noexcept { return all_held_; }

 private:
  double measured(std::string_view name, const Half& other, const Half& ours) {
    const auto [a, b, ratio] = bench::in_pairs(other, ours, pairs);
    fmt::print("{:<47} {:>9.2f} {:>9.2f}   {:>6.3f} {:>6.3f} {:>6.3f}", name,
               a.median * 1e6, b.median * 1e6, ratio.first, ratio.median, ratio.third);
    std::fflush(stdout);
    return ratio.median;
  }
  void judge(bool holds, std::string_view bar) {
    fmt::print("  {}  {}\n", bar, holds ? "holds" : "missed");
    all_held_ = all_held_ && holds;
  }

  bool all_held_ = true;
};

/// An operation of a contest, timed on this thread.
Half half_of(Contest& contest, void (Contest::*operation)()) {
  return bench::half_of([&contest, operation] { (contest.*operation)(); }, seconds_of_half);
}

void compare_with_bare(Report& report, Contest& rsa, Contest& ed25519) {
  report.head("2 KB message, share of bare EVP", "bare us", "ours us");
  report.at_least("RSA-2048 sign", half_of(rsa, &Contest::signs_bare),
                  half_of(rsa, &Contest::signs_ours), 0.95);
  report.at_least("Ed25519 sign", half_of(ed25519, &Contest::signs_bare),
                  half_of(ed25519, &Contest::signs_ours), 0.80);
  report.at_least("RSA-2048 verify, key cached", half_of(rsa, &Contest::verifies_bare),
                  half_of(rsa, &Contest::verifies_ours), 0.50);
  report.without_bar("Ed25519 verify, key cached",
                     half_of(ed25519, &Contest::verifies_bare),
                     half_of(ed25519, &Contest::verifies_ours));
}

void compare_with_libopendkim(Report& report, Contest& rsa, Contest& ed25519) {
  report.head("2 KB message, times as fast as libopendkim", "theirs us", "ours us");
  report.at_least("RSA-2048 sign", half_of(rsa, &Contest::signs_raw),
                  half_of(rsa, &Contest::signs_ours), 2.5);
  report.at_least("RSA-2048 verify", half_of(rsa, &Contest::verifies_raw),
                  half_of(rsa, &Contest::verifies_ours), 4);
  report.at_least("Ed25519 sign", half_of(ed25519, &Contest::signs_raw),
                  half_of(ed25519, &Contest::signs_ours), 8);
  report.at_least("Ed25519 verify", half_of(ed25519, &Contest::verifies_raw),
                  half_of(ed25519, &Contest::verifies_ours), 1);
}

void compare_threads(Report& report, Contest& rsa, Contest& ed25519) {
  report.head("CPU time a message, two threads to one", "two us", "one us");
  const auto compare = [&](std::string_view name, const bench::Operation& operation) {
    report.at_most(name, half_on_threads(2, operation), half_on_threads(1, operation), 1.1);
  };
  compare("RSA-2048 sign", [&] { rsa.signs_ours(); });
  compare("RSA-2048 verify, key cached", [&] { rsa.verifies_ours(); });
  compare("Ed25519 sign", [&] { ed25519.signs_ours(); });
  compare("Ed25519 verify, key cached", [&] { ed25519.verifies_ours(); });
}

std::string relaxed_digest(std::string_view body) {
  auth::BodyHash hash{auth::Canonicalization::relaxed, std::nullopt};
  feed_in_chunks(hash, body);
  hash.finish();
  return hash.digest();
}

std::string relaxed_digest(std::string_view body, const auth::BlockOperations& by) {
  auth::Sha256 hash;
  auth::CanonicalBody canonical{auth::Canonicalization::relaxed,
                                [&](std::string_view part) { hash.update(part); }, by};
  feed_in_chunks(canonical, body);
  canonical.finish();
  return hash.finish();
}

std::string relaxed(std::string_view body) {
  std::string text;
  auth::CanonicalBody canonical{auth::Canonicalization::relaxed,
                                [&](std::string_view part) { text += part; }};
  feed_in_chunks(canonical, body);
  canonical.finish();
  return text;
}

/// Alone, SHA-256 hashes the body as it is.
void compare_bodies(Report& report, std::string_view name, const std::string& body,
                    double bar) {
  report.head(fmt::format("1 MB of {}, share of SHA-256 alone", name), "alone us",
              "ours us");
  bench::BareSha256 hash;
  const std::string digest{hash.digest(relaxed(body))};
  const auto alone = bench::half_of([&] { hash.digest(body); }, seconds_of_half);
  report.at_least("relaxed and SHA-256", alone,
                  bench::half_of([&] { insist(relaxed_digest(body) == digest, name); },
                                 seconds_of_half),
                  bar);
  for (const auto& by : auth::block_operations())
    report.without_bar(
        fmt::format("  {}", by.name), alone,
        bench::half_of([&] { insist(relaxed_digest(body, by) == digest, by.name); },
                       seconds_of_half));
}

bool measure_all() {
  fmt::print("CPU time in {} alternating pairs; medians, and the quartiles of the ratio\n",
             pairs);
  Report report;
  Contest rsa{bench::rsa_key()}, ed25519{bench::ed25519_key()};
  compare_with_bare(report, rsa, ed25519);
  compare_bodies(report, "mail text", bench::mail_text(), 0.60);
  compare_bodies(report, "alternating blanks", bench::alternating_blanks(), 0.35);
  compare_bodies(report, "double blanks", bench::double_blanks(), 0.35);
  compare_threads(report, rsa, ed25519);
  compare_with_libopendkim(report, rsa, ed25519);
  return report.all_held();
}

}  // namespace

int main() try {
  return measure_all() ? exit_held : exit_missed;
} catch (const std::exception& e) {
  std::fflush(stdout);
  fmt::print(stderr, "bench_dkim: {}\n", e.what());
  return exit_not_measured;
}
