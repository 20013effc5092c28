// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/redis_counters.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "policy/backends/redis_scripts.h"
#include "policy/base/sink.h"

namespace milterward::backends {
namespace {

using namespace std::chrono_literals;
using ports::Granted;
using ports::Hit;
using ports::HitResult;
using ports::Seconds;
using ports::StoreFault;

constexpr std::size_t most_sessions = 16;
/// Between two tries to reach a server that is away.
constexpr auto pause = 200ms;
/// Adjustments in one script, which holds up everybody else.
constexpr std::size_t most_at_once = 200;
constexpr std::string_view key_prefix = "milterward:";

std::string key_of(const std::string& counter) { return std::string{key_prefix} + counter; }

std::vector<std::string> hit_words(std::span<const Hit> hits, ports::Grant grant,
                                   Seconds now) {
  std::vector<std::string> words{std::to_string(hits.size())};
  for (const auto& hit : hits) words.push_back(key_of(hit.counter));
  words.emplace_back(grant == ports::Grant::within_limits ? "within" : "always");
  words.push_back(std::to_string(now.count()));
  for (const auto& hit : hits) {
    words.push_back(std::to_string(hit.window.slice_at(now).count()));
    words.push_back(std::to_string(hit.window.slice.count()));
    words.push_back(std::to_string(hit.window.slices));
    words.push_back(std::to_string(hit.amount));
    words.push_back(std::to_string(hit.limit));
  }
  return words;
}

enum class Direction { add, take_off };

std::vector<std::string> adjust_words(std::span<const Granted> granted, Direction direction,
                                      Seconds now) {
  std::vector<std::string> words{std::to_string(granted.size())};
  for (const auto& one : granted) words.push_back(key_of(one.counter));
  words.push_back(std::to_string(now.count()));
  for (const auto& one : granted) {
    words.push_back(std::to_string(one.slice.count()));
    words.push_back(std::to_string(one.window.slice.count()));
    words.push_back(std::to_string(one.window.slices));
    words.push_back((direction == Direction::add ? "" : "-") + std::to_string(one.amount));
  }
  return words;
}

std::vector<Granted> those(std::span<const Granted> granted, bool in_share) {
  std::vector<Granted> found;
  std::ranges::copy_if(granted, std::back_inserter(found),
                       [&](const Granted& one) { return one.in_share == in_share; });
  return found;
}

}  // namespace

struct RedisCounters::Session {
  std::unique_ptr<RedisConnection> connection;
  std::string hit;  // names of the scripts
  std::string adjust;

  Result<RedisReply, std::string> run(const std::string& script,
                                      std::vector<std::string> words, Deadline deadline) {
    words.insert(words.begin(), {"EVALSHA", script});
    return connection->command(words, deadline);
  }
};

RedisCounters::RedisCounters(conf::StoreSettings settings,
                             std::shared_ptr<const Clock> clock)
    : settings_(std::move(settings)),
      url_(conf::parse_store_url(settings_.url).value()),
      clock_(std::move(clock)),
      thread_([this] { serve(); }) {}

RedisCounters::~RedisCounters() {
  {
    const std::lock_guard lock{mutex_};
    is_ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

Result<HitResult, StoreFault> RedisCounters::hit(std::span<const Hit> hits,
                                                 ports::Grant grant, Seconds now,
                                                 Deadline deadline) {
  auto session = borrow(deadline);
  if (!session) return hit_share(hits, grant, now, session.fault());
  auto reply = (*session)->run((*session)->hit, hit_words(hits, grant, now), deadline);
  if (reply && reply->items.size() != 1 + 3 * hits.size())
    reply = Unexpected{std::string{"an answer nobody expects"}};
  if (!reply) {
    give_up(std::move(*session), reply.fault());
    return hit_share(hits, grant, now, reply.fault());
  }
  return_healthy(std::move(*session));
  HitResult result;
  result.granted = reply->items[0].integer == 1;
  for (std::size_t i = 1; i < reply->items.size(); i += 3)
    result.counts.push_back({static_cast<std::uint64_t>(reply->items[i].integer),
                             reply->items[i + 1].integer == 1,
                             Seconds{reply->items[i + 2].integer}});
  return result;
}

Result<HitResult, StoreFault> RedisCounters::hit_share(std::span<const Hit> hits,
                                                       ports::Grant grant, Seconds now,
                                                       const std::string& reason) {
  if (settings_.on_outage == conf::OnOutage::defer) return Unexpected{StoreFault{reason}};
  std::vector<Hit> shares(hits.begin(), hits.end());
  for (auto& share : shares) share.limit /= settings_.hosts;
  const std::lock_guard lock{mutex_};
  auto result = share_.hit(shares, grant, now);
  if (result) result->in_share = true;
  return result;
}

Result<std::monostate, StoreFault> RedisCounters::keep(std::span<const Granted> granted,
                                                       Deadline) {
  const auto shares = those(granted, true);
  if (shares.empty()) return std::monostate{};
  {
    const std::lock_guard lock{mutex_};
    share_.keep(shares);
    share_.take_changes();  // nobody writes them down
    for (const auto& share : shares) add(to_merge_, share);
  }
  changed_.notify_all();
  return std::monostate{};
}

void RedisCounters::give_back(std::span<const Granted> granted) noexcept {
  const auto shares = those(granted, true);
  {
    const std::lock_guard lock{mutex_};
    share_.give_back(shares);
  }
  const auto counted = those(granted, false);
  if (counted.empty()) return;
  // Never tried twice: what was taken off twice would be counted too little.
  auto session = borrow(soon());
  if (!session) return;
  const auto words = adjust_words(counted, Direction::take_off, ports::since_1970(*clock_));
  const auto reply = (*session)->run((*session)->adjust, words, soon());
  if (reply)
    return_healthy(std::move(*session));
  else
    give_up(std::move(*session), reply.fault());
}

Result<std::monostate, StoreFault> RedisCounters::clear(
    std::span<const std::string> counters, Deadline deadline) {
  if (counters.empty()) return std::monostate{};
  auto session = borrow(deadline);
  if (!session) return Unexpected{StoreFault{session.fault()}};
  std::vector<std::string> words{"DEL"};
  for (const auto& counter : counters) words.push_back(key_of(counter));
  const auto reply = (*session)->connection->command(words, deadline);
  if (!reply) {
    give_up(std::move(*session), reply.fault());
    return Unexpected{StoreFault{reply.fault()}};
  }
  return_healthy(std::move(*session));
  const std::lock_guard lock{mutex_};
  for (const auto& counter : counters) share_.clear(counter);
  return std::monostate{};
}

Result<RedisCounters::SessionPtr, std::string> RedisCounters::connect() const {
  auto connection = RedisConnection::open(url_, settings_.timeout);
  if (!connection) return Unexpected{connection.fault()};
  auto session = std::make_unique<Session>();
  session->connection = std::move(*connection);
  for (const auto& [script, name] : {std::pair{redis_hit_script, &session->hit},
                                     {redis_adjust_script, &session->adjust}}) {
    const auto loaded = session->connection->command({"SCRIPT", "LOAD", script}, soon());
    if (!loaded) return Unexpected{loaded.fault()};
    *name = loaded->text;
  }
  return session;
}

Result<RedisCounters::SessionPtr, std::string> RedisCounters::borrow(Deadline deadline) {
  std::unique_lock lock{mutex_};
  for (;;) {
    // Before the first try nothing is known: that is waited for.
    if (!is_up_ && !reported_.empty()) return Unexpected{reported_};
    if (!idle_.empty()) {
      auto session = std::move(idle_.back());
      idle_.pop_back();
      return session;
    }
    ++waiting_;
    changed_.notify_all();
    const bool late = changed_.wait_until(lock, deadline.at()) == std::cv_status::timeout;
    --waiting_;
    if (late) return Unexpected{std::string{"takes too long"}};
  }
}

void RedisCounters::return_healthy(SessionPtr session) {
  {
    const std::lock_guard lock{mutex_};
    if (is_up_)
      idle_.push_back(std::move(session));
    else
      --open_;  // of a server that has been away since
  }
  changed_.notify_all();
}

/// The others of that server are of no use either.
void RedisCounters::give_up(SessionPtr session, const std::string& reason) {
  std::vector<SessionPtr> closed;
  {
    const std::lock_guard lock{mutex_};
    open_ -= 1 + idle_.size();
    closed.swap(idle_);
    closed.push_back(std::move(session));
    is_up_ = false;
    note_failure(reason);
  }
  changed_.notify_all();
}

void RedisCounters::serve() {
  std::unique_lock lock{mutex_};
  for (;;) {
    if (!is_up_ || !to_merge_.empty()) {
      come_up(lock);
      if (is_ending_) return;
      if (!is_up_) changed_.wait_for(lock, pause, [&] { return is_ending_; });
      continue;
    }
    if (is_ending_) return;
    if (waiting_ > 0 && idle_.empty() && open_ < most_sessions) {
      add_session(lock);
      continue;
    }
    changed_.wait(lock);
  }
}

/// Connects, and adds what was counted meanwhile, before anybody else may count.
void RedisCounters::come_up(std::unique_lock<std::mutex>& lock) {
  auto kept = std::exchange(to_merge_, {});
  lock.unlock();
  auto session = connect();
  auto reason = session ? merge(**session, kept) : session.fault();
  lock.lock();
  if (!reason.empty()) {
    for (const auto& [name, share] : kept) add(to_merge_, share);
    open_ -= idle_.size();
    idle_.clear();
    is_up_ = false;
    note_failure(reason);
    return;
  }
  if (!std::exchange(reported_, "").empty())
    log_event(Event::store_recovered, {{"store", settings_.url}});
  is_up_ = true;
  if (open_ < most_sessions) {
    ++open_;
    idle_.push_back(std::move(*session));
  }
  changed_.notify_all();
}

void RedisCounters::note_failure(const std::string& reason) {
  if (std::exchange(reported_, reason).empty())
    log_event(Event::store_failing, {{"store", settings_.url}, {"reason", reason}});
}

void RedisCounters::add_session(std::unique_lock<std::mutex>& lock) {
  lock.unlock();
  auto session = connect();
  lock.lock();
  if (!session) {
    is_up_ = false;  // come_up finds out why
  } else if (is_up_) {
    ++open_;
    idle_.push_back(std::move(*session));
  }
  changed_.notify_all();
}

/// "", or why it could not be done. What was added is taken from `kept`; what was under way
/// when the connection broke is not, and may be added a second time: too much is better
/// than too little.
std::string RedisCounters::merge(Session& session, Shares& kept) {
  std::uint64_t overshoot = 0;
  const auto all = kept.size();
  while (!kept.empty()) {
    std::vector<Granted> some;
    auto next = kept.begin();
    for (; next != kept.end() && some.size() < most_at_once; ++next)
      some.push_back(next->second);
    const auto words = adjust_words(some, Direction::add, ports::since_1970(*clock_));
    const auto reply = session.run(session.adjust, words, soon());
    if (!reply) return reply.fault();
    for (std::size_t i = 0; i < some.size() && i < reply->items.size(); ++i) {
      const auto used = static_cast<std::uint64_t>(reply->items[i].integer);
      if (used > some[i].limit) overshoot = std::max(overshoot, used - some[i].limit);
    }
    kept.erase(kept.begin(), next);
  }
  if (all != 0)
    log_event(Event::store_merged, {{"store", settings_.url},
                                    {"counts", std::to_string(all)},
                                    {"overshoot", std::to_string(overshoot)}});
  return {};
}

void RedisCounters::add(Shares& shares, const Granted& granted) {
  const auto [place, is_new] =
      shares.try_emplace({granted.counter, granted.slice}, granted);
  if (!is_new) place->second.amount += granted.amount;
}

Deadline RedisCounters::soon() const {
  return Deadline{std::chrono::steady_clock::now() + settings_.timeout};
}

}  // namespace milterward::backends
