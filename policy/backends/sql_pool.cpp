// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/sql_pool.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "policy/base/sink.h"

namespace milterward::backends {
namespace {

/// Questions that wait for a thread; past it the database is too slow for the mail.
constexpr std::size_t queue_limit = 1000;
/// After a connection failed, questions fail at once for so long.
constexpr std::chrono::seconds pause_after_failure{1};

}  // namespace

/// Shared with every thread, since a hanging one outlives the pool.
class SqlPool::State : public std::enable_shared_from_this<State> {
 public:
  State(Connect connect, Limits limits, std::shared_ptr<const Clock> clock)
      : connect_(std::move(connect)), limits_(limits), clock_(std::move(clock)) {}

  Result<SqlAnswer, SqlFault> ask(SqlQuestion question, Deadline deadline) {
    std::unique_lock lock{mutex_};
    look_for_hanging();
    if (!may_grow() && std::ranges::all_of(workers_, [&](const auto& worker) {
          return is_overdue(*worker);
        }))
      return Unexpected{SqlFault::busy};
    if (jobs_.size() >= queue_limit) return Unexpected{SqlFault::busy};
    const auto job = std::make_shared<Job>();
    job->question = std::move(question);
    jobs_.push_back(job);
    if (jobs_.size() > idle_ && may_grow()) add_worker();
    there_is_work_.notify_one();
    job->done.wait_until(lock, deadline.at(), [&] { return job->answer.has_value(); });
    if (job->answer) return std::move(*job->answer);
    job->is_left = true;
    std::erase(jobs_, job);
    return Unexpected{SqlFault::too_late};
  }

  std::size_t hanging() const {
    const std::lock_guard lock{mutex_};
    return hanging_;
  }

  void stop() {
    std::unique_lock lock{mutex_};
    is_stopping_ = true;
    there_is_work_.notify_all();
    worker_ended_.wait_for(lock, limits_.timeout, [&] { return workers_.empty(); });
  }

 private:
  struct Job {
    SqlQuestion question;
    std::condition_variable done;
    std::optional<Result<SqlAnswer, SqlFault>> answer;
    bool is_left = false;
  };

  struct Worker {
    std::optional<SteadyTime> busy_since;
    bool is_abandoned = false;
    std::unique_ptr<SqlConnection> connection;
  };

  bool may_grow() const { return workers_.size() < limits_.threads; }

  bool is_overdue(const Worker& worker) const {
    return worker.busy_since && clock_->now() - *worker.busy_since >= 2 * limits_.timeout;
  }

  /// Holds the lock.
  void add_worker() {
    const auto worker = std::make_shared<Worker>();
    workers_.push_back(worker);
    std::thread{[state = shared_from_this(), worker] { state->serve(*worker); }}.detach();
  }

  /// Holds the lock. A place becomes free only while few hang.
  void look_for_hanging() {
    for (auto it = workers_.begin(); it != workers_.end() && hanging_ < limits_.threads;) {
      if (!is_overdue(**it)) {
        ++it;
        continue;
      }
      (*it)->is_abandoned = true;
      ++hanging_;
      it = workers_.erase(it);
      log_event(Event::directory_sql_hanging, {{"hanging", std::to_string(hanging_)},
                                               {"most", std::to_string(limits_.threads)}});
    }
  }

  void serve(Worker& worker) {
    std::unique_lock lock{mutex_};
    while (!worker.is_abandoned) {
      ++idle_;
      there_is_work_.wait(lock, [&] { return is_stopping_ || !jobs_.empty(); });
      --idle_;
      if (is_stopping_) break;
      const auto job = jobs_.front();
      jobs_.pop_front();
      worker.busy_since = clock_->now();
      lock.unlock();
      auto answer = answer_to(job->question, worker);
      lock.lock();
      worker.busy_since.reset();
      note(answer);
      if (answer)
        job->answer = std::move(*answer);
      else
        job->answer = Unexpected{SqlFault::failed};
      job->done.notify_one();
    }
    // A connection may take its time to close, too.
    lock.unlock();
    worker.connection.reset();
    lock.lock();
    if (worker.is_abandoned)
      --hanging_;
    else
      std::erase_if(workers_, [&](const auto& one) { return one.get() == &worker; });
    worker_ended_.notify_all();
  }

  /// A connection that served before may have been closed meanwhile: it gets one more try.
  Result<SqlAnswer, std::string> answer_to(const SqlQuestion& question, Worker& worker) {
    if (worker.connection) {
      if (auto answer = worker.connection->ask(question)) return answer;
      worker.connection.reset();
    }
    if (clock_->now() < not_before_.load()) return Unexpected{std::string{}};
    auto connected = connect_();
    if (!connected) {
      not_before_ = clock_->now() + pause_after_failure;
      return Unexpected{connected.fault()};
    }
    worker.connection = std::move(*connected);
    auto answer = worker.connection->ask(question);
    if (!answer) worker.connection.reset();
    return answer;
  }

  /// Speaks up when the state changes, and then only. Holds the lock.
  void note(const Result<SqlAnswer, std::string>& answer) {
    if (answer.has_value() != is_failing_ || is_stopping_) return;
    if (!answer && answer.fault().empty()) return;
    is_failing_ = !answer;
    if (is_failing_)
      log_event(Event::directory_sql_failing, {{"reason", answer.fault()}});
    else
      log_event(Event::directory_sql_recovered, {{"hanging", std::to_string(hanging_)}});
  }

  const Connect connect_;
  const Limits limits_;
  const std::shared_ptr<const Clock> clock_;
  std::atomic<SteadyTime> not_before_{SteadyTime{}};

  mutable std::mutex mutex_;
  std::condition_variable there_is_work_;
  std::condition_variable worker_ended_;
  std::deque<std::shared_ptr<Job>> jobs_;
  std::list<std::shared_ptr<Worker>> workers_;  // those that are not abandoned
  std::size_t idle_ = 0;
  std::size_t hanging_ = 0;
  bool is_failing_ = false;
  bool is_stopping_ = false;
};

SqlPool::SqlPool(Connect connect, Limits limits, std::shared_ptr<const Clock> clock)
    : state_(std::make_shared<State>(std::move(connect), limits, std::move(clock))) {}

SqlPool::~SqlPool() { state_->stop(); }

Result<SqlAnswer, SqlFault> SqlPool::ask(SqlQuestion question, Deadline deadline) {
  return state_->ask(std::move(question), deadline);
}

std::size_t SqlPool::hanging() const { return state_->hanging(); }

}  // namespace milterward::backends
