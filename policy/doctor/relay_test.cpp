// SPDX-License-Identifier: Apache-2.0
#include "policy/doctor/relay_test.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "policy/base/ascii.h"
#include "policy/base/unreachable.h"

namespace milterward::doctor {
namespace {

using ports::SmtpFault;
using ports::SmtpResult;

/// Servers slow down or hang up after some ten refusals in a row.
constexpr int attempts_per_connection = 8;
/// Then nobody is there, and the rest of the battery would only wait for time-outs.
constexpr int failures_in_a_row = 3;

std::string text_of(const SmtpResult& result) {
  return result ? fmt::format("{} {}", result->code, result->text)
                : std::string{ports::to_text(result.fault())};
}

Outcome judged(const SmtpResult& last, Acceptance acceptance) {
  if (!last)
    return last.fault() == SmtpFault::closed ? Outcome::refused : Outcome::unanswered;
  if (last->code >= 500) return Outcome::refused;
  if (last->code >= 400) return Outcome::deferred;
  switch (acceptance) {
    case Acceptance::relays:
      return Outcome::relays;
    case Acceptance::doubtful:
      return Outcome::doubtful;
  }
  unreachable();
}

/// What the server calls itself: the first word of its greeting.
std::string name_in(const std::string& greeting) {
  return greeting.substr(0, greeting.find(' '));
}

class Player {
 public:
  Player(const RelayTest& test, ports::SmtpServer& server)
      : server_(server), helo_(test.helo), names_(test.names) {}

  const std::string& greeting() const noexcept { return greeting_; }
  bool gave_up() const noexcept { return failures_ >= failures_in_a_row; }

  Attempted play(const RelayAttempt& attempt) {
    Attempted done{std::string{attempt.name}, {}, Outcome::unanswered, {}};
    auto last = try_it(attempt, done);
    // A connection that others have worn out proves nothing about this attempt.
    if (!last && !is_fresh_) {
      connection_.reset();
      last = try_it(attempt, done);
    }
    done.outcome = judged(last, attempt.acceptance);
    done.reply = text_of(last);
    if (!last || last->code == 421) connection_.reset();
    return done;
  }

 private:
  SmtpResult try_it(const RelayAttempt& attempt, Attempted& done) {
    done.lines.clear();
    const bool wants_its_own = !attempt.helo.empty();
    if (wants_its_own || uses_ >= attempts_per_connection) connection_.reset();
    is_fresh_ = connection_ == nullptr;
    if (is_fresh_) {
      if (const auto fault = open(wants_its_own ? attempt.helo : helo_))
        return Unexpected{*fault};
    } else if (const auto reset = connection_->say("RSET"); !reset) {
      return reset;
    }
    ++uses_;
    auto last = attempt.is_pipelined ? say_at_once(attempt, done) : say_all(attempt, done);
    if (wants_its_own) connection_.reset();
    return last;
  }

  std::optional<SmtpFault> open(std::string_view helo) {
    uses_ = 0;
    auto connection = server_.connect();
    failures_ = connection ? 0 : failures_ + 1;
    if (!connection) return connection.fault();
    connection_ = std::move(connection).value();
    greeting_ =
        fmt::format("{} {}", connection_->greeting().code, connection_->greeting().text);
    if (names_.host.empty()) names_.host = name_in(connection_->greeting().text);
    const auto hello = connection_->say(fmt::format("EHLO {}", filled(helo, names_)));
    return hello ? std::nullopt : std::optional{hello.fault()};
  }

  SmtpResult say(std::string_view line, Attempted& done) {
    done.lines.push_back(filled(line, names_));
    return connection_->say(done.lines.back());
  }

  SmtpResult say_all(const RelayAttempt& attempt, Attempted& done) {
    const bool is_plain = attempt.lines.size() == 2;
    SmtpResult last = Unexpected{SmtpFault::not_connected};
    for (const auto line : attempt.lines) {
      last = say(line, done);
      if (!last) return last;
      const bool is_last_word = line == attempt.lines.back();
      if (is_plain && !is_last_word && !last->is_positive()) {
        auto refused = last;
        last = say("MAIL FROM:<>", done);
        if (!last) return last;
        if (!last->is_positive()) return refused;
      }
    }
    return last;
  }

  SmtpResult say_at_once(const RelayAttempt& attempt, Attempted& done) {
    for (const auto line : attempt.lines) done.lines.push_back(filled(line, names_));
    const auto replies = connection_->say_at_once(done.lines);
    return replies.empty() ? SmtpResult{Unexpected{SmtpFault::closed}} : replies.back();
  }

  ports::SmtpServer& server_;
  const std::string helo_;
  Names names_;
  std::string greeting_;
  std::unique_ptr<ports::SmtpConnection> connection_;
  int uses_ = 0;      // of the connection
  int failures_ = 0;  // to connect, in a row
  bool is_fresh_ = false;
};

RelayAttempt control_attempt(const std::string& line) {
  return {"control: mail for our own postmaster", {"MAIL FROM:<>", line}};
}

Attempted not_tried(const RelayAttempt& attempt, const char* why) {
  return {std::string{attempt.name}, {}, Outcome::unanswered, why};
}

}  // namespace

std::string_view to_text(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::refused:
      return "refused";
    case Outcome::deferred:
      return "deferred";
    case Outcome::doubtful:
      return "doubtful";
    case Outcome::relays:
      return "relays";
    case Outcome::unanswered:
      return "unanswered";
  }
  unreachable();
}

std::size_t RelayReport::count(Outcome outcome) const noexcept {
  return static_cast<std::size_t>(
      std::ranges::count(attempts, outcome, &Attempted::outcome));
}

bool RelayReport::is_conclusive() const noexcept {
  return control.outcome == Outcome::relays && count(Outcome::deferred) == 0 &&
         count(Outcome::unanswered) == 0;
}

RelayReport play(std::span<const RelayAttempt> battery, const RelayTest& test,
                 ports::SmtpServer& server, const Clock& clock) {
  RelayReport report;
  Player player{test, server};
  const auto control_line = fmt::format("RCPT TO:{}", control_recipient);
  report.control = player.play(control_attempt(control_line));
  for (const auto& attempt : battery) {
    if (player.gave_up())
      report.attempts.push_back(not_tried(attempt, "no connection"));
    else if (test.deadline.passed(clock))
      report.attempts.push_back(not_tried(attempt, "no time was left"));
    else
      report.attempts.push_back(player.play(attempt));
  }
  report.greeting = player.greeting();
  return report;
}

}  // namespace milterward::doctor
