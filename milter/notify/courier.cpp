// SPDX-License-Identifier: Apache-2.0
#include "milter/notify/courier.h"

#include <fmt/format.h>

#include <new>
#include <utility>

#include "policy/base/c_boundary.h"
#include "policy/base/sink.h"

namespace milterward::notify {

Courier::Courier(std::string name, Stop stop, std::shared_ptr<const Clock> clock)
    : name_(std::move(name)), stop_(std::move(stop)), clock_(std::move(clock)) {
  thread_ = std::thread{[this] { run(); }};
}

void Courier::take(Event about, Errand errand) noexcept {
  const std::lock_guard lock{mutex_};
  if (is_closed_ || waiting_.size() >= most_waiting) {
    dropped_.add(1);
    return;
  }
  try {
    waiting_.push_back({about, std::move(errand)});
    changed_.notify_all();
  } catch (const std::bad_alloc&) {
    dropped_.add(1);
  }
}

std::optional<Courier::Waiting> Courier::next() {
  std::unique_lock lock{mutex_};
  is_busy_ = false;
  changed_.notify_all();
  changed_.wait(lock, [this] { return is_closed_ || !waiting_.empty(); });
  if (waiting_.empty()) return std::nullopt;
  auto first = std::move(waiting_.front());
  waiting_.pop_front();
  is_busy_ = true;
  return first;
}

void Courier::run() noexcept {
  while (const auto waiting = next()) {
    at_c_boundary("notify", 0, [&] {
      carry(*waiting);
      return 0;
    });
  }
}

void Courier::carry(const Waiting& waiting) {
  if (const auto reason = waiting.errand()) tell_of_failure(waiting.about, *reason);
  std::optional<std::size_t> dropped;
  {
    const std::lock_guard lock{mutex_};
    dropped = dropped_.due(*clock_);
  }
  tell_of_dropped(dropped);
}

void Courier::tell_of_failure(Event about, const std::string& reason) {
  failed_.add(1);
  if (const auto count = failed_.due(*clock_))
    log_event(Event::notify_failed, {{"by", name_},
                                     {"about", std::string{row_of(about).name}},
                                     {"reason", reason},
                                     {"count", fmt::to_string(*count)}});
}

void Courier::tell_of_dropped(std::optional<std::size_t> count) const {
  if (count)
    log_event(Event::notify_dropped, {{"by", name_}, {"count", fmt::to_string(*count)}});
}

void Courier::finish(std::chrono::steady_clock::time_point until) noexcept {
  if (!thread_.joinable()) return;
  std::optional<std::size_t> dropped;
  {
    std::unique_lock lock{mutex_};
    is_closed_ = true;
    changed_.notify_all();
    changed_.wait_until(lock, until, [this] { return waiting_.empty() && !is_busy_; });
    dropped_.add(waiting_.size());
    waiting_.clear();
    dropped = dropped_.rest();
  }
  stop_();
  thread_.join();
  if (const auto failed = failed_.rest())  // those of the last minute
    log_event(Event::notify_failed, {{"by", name_}, {"count", fmt::to_string(*failed)}});
  tell_of_dropped(dropped);
}

}  // namespace milterward::notify
