// SPDX-License-Identifier: Apache-2.0
#include "milter/feedback_receiver.h"

#include <utility>

#include "policy/base/c_boundary.h"
#include "policy/base/sink.h"

namespace milterward {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t megabyte = 1000 * 1000;
constexpr auto between_tidyings = 1h;
/// For what waits when the daemon ends.
constexpr auto last_reading = 5s;

bool has_passed(std::optional<SteadyTime>& since, SteadyTime now,
                SteadyTime::duration pause) {
  if (since && now - *since < pause) return false;
  since = now;
  return true;
}

}  // namespace

FeedbackReceiver::FeedbackReceiver(conf::FeedbackSettings settings,
                                   std::unique_ptr<ports::FeedbackStore> store,
                                   std::shared_ptr<const Clock> clock)
    : settings_(std::move(settings)), store_(std::move(store)), clock_(std::move(clock)) {
  reader_ = std::thread{[this] { read_until_the_end(); }};
}

FeedbackReceiver::~FeedbackReceiver() {
  {
    const std::lock_guard lock{mutex_};
    is_ending_ = true;
  }
  wakes_.notify_all();
  reader_.join();
}

void FeedbackReceiver::take(std::unique_ptr<const ports::FeedbackMail> mail) noexcept {
  at_c_boundary("feedback", 0, [&] {
    const auto octets = mail->body.size();
    {
      const std::lock_guard lock{mutex_};
      if (waiting_.size() == room ||
          waiting_octets_ + octets > largest_that_wait * settings_.max_mail * megabyte) {
        ++dropped_;
      } else {
        waiting_.push_back(std::move(mail));
        waiting_octets_ += octets;
      }
    }
    wakes_.notify_one();
    return 0;
  });
}

void FeedbackReceiver::read_until_the_end() {
  std::optional<SteadyTime> ends_at;
  for (bool ends = false; !ends;) {
    std::unique_ptr<const ports::FeedbackMail> mail;
    std::size_t dropped = 0;
    {
      std::unique_lock lock{mutex_};
      wakes_.wait_for(lock, between_tidyings,
                      [&] { return is_ending_ || !waiting_.empty() || dropped_ > 0; });
      if (!waiting_.empty()) {
        mail = std::move(waiting_.front());
        waiting_.pop_front();
        waiting_octets_ -= mail->body.size();
      }
      if (is_ending_ && !ends_at) ends_at = clock_->now() + last_reading;
      if (ends_at && clock_->now() >= *ends_at) {
        dropped_ += waiting_.size();
        waiting_.clear();
      }
      dropped = std::exchange(dropped_, 0);
      ends = is_ending_ && waiting_.empty();
    }
    at_c_boundary("feedback", 0, [&] {
      if (mail) read(*mail);
      tell_dropped(dropped);
      if (!is_failing_) tidy();
      return 0;
    });
  }
}

void FeedbackReceiver::read(const ports::FeedbackMail& mail) {
  const feedback::IngestLimits limits{settings_.max_unpacked * megabyte};
  for (const auto& part :
       feedback::ingest_mail(mail.headers, mail.body, limits, clock_->today())) {
    if (part.outcome)
      keep(mail, *part.outcome);
    else
      log_event(Event::feedback_refused, {{"id", mail.id},
                                          {"author", mail.author},
                                          {"part", part.name},
                                          {"reason", part.outcome.fault()}});
  }
}

void FeedbackReceiver::keep(const ports::FeedbackMail& mail,
                            const ports::FeedbackReport& report) {
  const bool counts = mail.passed || settings_.believe == conf::Believe::all;
  const auto kept = store_->add(report, {clock_->today(), mail.author, counts});
  if (!kept) return fail(kept.fault(), 1);
  has_kept_ = true;
  if (std::exchange(is_failing_, false))
    log_event(
        Event::feedback_recovered,
        {{"file", settings_.file}, {"missed", std::to_string(std::exchange(missed_, 0))}});
  const auto& head = feedback::head_of(report);
  const auto seconds = [](std::chrono::sys_seconds time) {
    return std::to_string(time.time_since_epoch().count());
  };
  log_event(Event::feedback_received,
            {{"id", mail.id},
             {"kind", std::string{to_text(feedback::kind_of(report))}},
             {"organisation", head.organisation},
             {"report_id", head.report_id},
             {"domain", feedback::domain_of(report)},
             {"begin", seconds(head.begin)},
             {"end", seconds(head.end)},
             {"messages", std::to_string(feedback::count_of(report))},
             {"author", mail.author},
             {"counted", counts ? "yes" : "no"},
             {"known", *kept == ports::Kept::known ? "yes" : "no"}});
  if (*kept == ports::Kept::known) return;
  tidied_at_.reset();  // it may be too much now
  tidy();
}

void FeedbackReceiver::tidy() {
  // Before the first report there need not be a file.
  if (!has_kept_ || !has_passed(tidied_at_, clock_->now(), between_tidyings)) return;
  const auto gone =
      store_->tidy(clock_->today() - settings_.keep, settings_.max_size * megabyte);
  if (!gone) fail(gone.fault(), 0);
}

void FeedbackReceiver::fail(const std::string& reason, std::size_t missed) {
  missed_ += missed;
  if (std::exchange(is_failing_, true)) return;
  log_event(Event::feedback_failing, {{"file", settings_.file}, {"reason", reason}});
}

void FeedbackReceiver::tell_dropped(std::size_t dropped) {
  untold_ += dropped;
  if (untold_ == 0 || !has_passed(told_dropped_at_, clock_->now(), 1min)) return;
  log_event(Event::feedback_dropped,
            {{"count", std::to_string(std::exchange(untold_, 0))}});
}

}  // namespace milterward
