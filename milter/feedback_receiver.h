// SPDX-License-Identifier: Apache-2.0
// Reports that come by mail: waiting mail, and the thread that reads it, one at a time.
// What waits is bounded by number and by octets, so that a flood of reports costs a bounded
// piece of memory and one thread's time, and mail is never held up. What cannot be kept is
// told and forgotten: it was delivered, and can be read by hand.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "conf/settings/feedback.h"
#include "policy/base/clock.h"
#include "policy/feedback/ingest.h"
#include "policy/ports/feedback_inbox.h"
#include "policy/ports/feedback_store.h"

namespace milterward {

class FeedbackReceiver final : public ports::FeedbackInbox {
 public:
  /// Mail that waits, and of its octets so many times feedback.max_mail.
  static constexpr std::size_t room = 500;
  static constexpr std::size_t largest_that_wait = 4;

  /// Starts the thread.
  FeedbackReceiver(conf::FeedbackSettings settings,
                   std::unique_ptr<ports::FeedbackStore> store,
                   std::shared_ptr<const Clock> clock);
  /// Reads what waits, for a few seconds.
  ~FeedbackReceiver() override;

  void take(std::unique_ptr<const ports::FeedbackMail> mail) noexcept override;

 private:
  void read_until_the_end();
  void read(const ports::FeedbackMail& mail);
  void keep(const ports::FeedbackMail& mail, const ports::FeedbackReport& report);
  void tidy();
  void fail(const std::string& reason, std::size_t missed);
  void tell_dropped(std::size_t dropped);

  const conf::FeedbackSettings settings_;
  const std::unique_ptr<ports::FeedbackStore> store_;
  const std::shared_ptr<const Clock> clock_;

  std::mutex mutex_;  // of the next five
  std::condition_variable wakes_;
  std::deque<std::unique_ptr<const ports::FeedbackMail>> waiting_;
  std::size_t waiting_octets_ = 0;
  std::size_t dropped_ = 0;
  bool is_ending_ = false;

  // Of the thread alone.
  bool has_kept_ = false;
  bool is_failing_ = false;
  std::size_t missed_ = 0;  // since it fails
  std::size_t untold_ = 0;  // dropped, and not told yet
  std::optional<SteadyTime> told_dropped_at_, tidied_at_;

  std::thread reader_;
};

}  // namespace milterward
