// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/unbound_loop.h"

#include <event2/event.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <set>
#include <span>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "policy/backends/dns_health.h"
#include "policy/backends/dns_packet.h"
#include "policy/backends/file_descriptor.h"
#include "policy/backends/timeval_of.h"
#include "policy/backends/unbound_context.h"
#include "policy/base/c_boundary.h"
#include "policy/base/guarded.h"

namespace milterward::backends {
namespace {

using ports::DnsAnswer;
using ports::DnsFault;
using ports::DnsResult;

// libunbound goes on with questions that we gave up, for many seconds while a server is
// dead. When so many have gathered in one context, their sockets and retries would slow
// down new questions; those then go to a fresh context, and the old one goes with its last
// question.
constexpr std::size_t given_up_limit = 500;

// How often, at most, whether new questions need a fresh context is looked into.
constexpr auto renewal_interval = std::chrono::seconds{1};

// libunbound measures its servers by the time of day: when somebody sets that, it may take
// them for dead until the day it believed to have. Where the time of day has leapt so far
// against the clock that only goes on, new questions go to a fresh context.
constexpr auto leap_of_time = std::chrono::seconds{5};

constexpr auto idle_check = std::chrono::milliseconds{100};
constexpr int security_bogus = 1;
constexpr int security_secure = 2;

struct Order {
  DnsKey key;
  SteadyTime asked;
  SteadyTime give_up_at;
};

struct Inbox {
  std::vector<Order> orders;
  bool stop = false;
};

template <auto Free>
struct FreeWith {
  void operator()(auto* p) const noexcept { Free(p); }
};
using BasePtr = std::unique_ptr<event_base, FreeWith<event_base_free>>;
using EventPtr = std::unique_ptr<event, FreeWith<event_free>>;

/// What the callback's arguments mean. Bogus answers come with data and a good response
/// code, and with a bad response code the packet is not to be read, hence this order.
DnsResult result_of(const DnsKey& key, int rcode, std::span<const std::uint8_t> packet,
                    int security, SteadyTime now) {
  if (security == security_bogus) return Unexpected{DnsFault::bogus};
  if (rcode != 0) return Unexpected{DnsFault::server_failure};
  auto parsed = parse_dns_packet(packet, key.name, key.type);
  if (!parsed) return Unexpected{DnsFault::server_failure};
  auto answer = std::make_shared<DnsAnswer>(*std::move(parsed));
  answer->secure = security == security_secure;
  answer->expires = now + answer->ttl;
  return answer;
}

/// The new thread must not receive signals: those belong to the main thread.
std::jthread thread_without_signals(std::function<void()> work) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::jthread thread{std::move(work)};
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

}  // namespace

class UnboundLoop::Engine {
 public:
  Engine(Servers servers, std::string trust_anchor_file, const Clock& clock, Report report)
      : clock_(clock),
        report_(std::move(report)),
        servers_(std::move(servers)),
        trust_anchor_file_(std::move(trust_anchor_file)),
        asking_(servers_()),
        health_(fmt::format("{}", fmt::join(asking_, ","))),
        wake_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
        base_(event_base_new()) {
    if (!wake_fd_) throw std::system_error{errno, std::system_category(), "eventfd"};
    if (!base_) throw std::runtime_error{"libevent: no event base"};
    wake_event_.reset(
        event_new(base_.get(), wake_fd_.get(), EV_READ | EV_PERSIST, on_wake, this));
    give_up_timer_.reset(evtimer_new(base_.get(), on_give_up_timer, this));
    if (!wake_event_ || !give_up_timer_ || event_add(wake_event_.get(), nullptr) != 0)
      throw std::runtime_error{"libevent: no events"};
    current_ = context_for(asking_);
    lead_ = lead_of_today();
    thread_ = thread_without_signals([this] { run(); });
  }

  ~Engine() {
    inbox_.with([](Inbox& inbox) { inbox.stop = true; });
    wake();
    thread_.join();
  }

  void start(Order order) {
    const bool was_empty = inbox_.with([&](Inbox& inbox) {
      inbox.orders.push_back(std::move(order));
      return inbox.orders.size() == 1;
    });
    if (was_empty) wake();
  }

 private:
  struct Context;

  /// Libunbound's from when it was asked until it calls back, which it does once.
  struct Question {
    Engine& engine;
    Context& context;
    Order order;
  };

  struct Context {
    Context(event_base* base, const std::string& config) : unbound(base, config) {}

    std::size_t questions = 0;  // that it has still to call back for
    std::size_t awaited = 0;    // those of them not given up
    UnboundContext unbound;     // the last member: going, it calls back for its questions
  };

  void wake() noexcept {
    const std::uint64_t one = 1;
    // Fails only when the counter is full, and then the loop is awake anyway.
    [[maybe_unused]] const auto written = write(wake_fd_.get(), &one, sizeof one);
  }

  void run() noexcept {
    pthread_setname_np(pthread_self(), "dns");
    event_base_dispatch(base_.get());
    stopping_ = true;
    at_c_boundary("dns", false, [this] {
      for (const auto& [give_up_at, question] : awaited_)
        report_(question->order.key, Unexpected{DnsFault::server_failure});
      return true;
    });
    retired_.clear();
    current_.reset();
  }

  static void on_wake(int, short, void* engine) noexcept {
    at_c_boundary("dns", false, [engine] { return static_cast<Engine*>(engine)->take(); });
  }
  static void on_give_up_timer(int, short, void* engine) noexcept {
    at_c_boundary("dns", false, [engine] { return static_cast<Engine*>(engine)->tidy(); });
  }
  static void on_answer(void* question, int rcode, void* packet, int packet_length,
                        int security, char*, int) noexcept {
    const std::unique_ptr<Question> asked{static_cast<Question*>(question)};
    const std::span octets{static_cast<const std::uint8_t*>(packet),
                           rcode == 0 ? static_cast<std::size_t>(packet_length) : 0};
    asked->engine.conclude(*asked, rcode, octets, security);
  }

  bool take() {
    std::uint64_t wakes = 0;
    [[maybe_unused]] const auto got = read(wake_fd_.get(), &wakes, sizeof wakes);
    auto inbox = inbox_.with([](Inbox& shared) {
      return Inbox{std::exchange(shared.orders, {}), shared.stop};
    });
    if (inbox.stop) event_base_loopbreak(base_.get());  // once this function is done
    // Without a fresh context, for want of descriptors say, the questions still go
    // somewhere.
    at_c_boundary("dns", false, [this] { return renew_if_needed(clock_.now()); });
    for (auto& order : inbox.orders)
      if (!at_c_boundary("dns", false, [&] { return ask(order); }))
        report_(order.key, Unexpected{DnsFault::server_failure});
    return tidy();
  }

  /// Takes the order unless it throws, for want of memory say: each order is reported, else
  /// whoever asks the same would wait for it for good.
  bool ask(Order& order) {
    auto owned = std::make_unique<Question>(Question{*this, *current_, {}});
    awaited_.emplace(order.give_up_at, owned.get());
    auto& question = *owned.release();
    question.order = std::move(order);
    ++current_->questions;
    ++current_->awaited;
    const auto& key = question.order.key;
    // After the call `question` may be gone: the answer can come within it.
    switch (current_->unbound.ask(key.name, key.type, on_answer, &question)) {
      case UnboundContext::Asked::under_way:
        break;
      case UnboundContext::Asked::bad_name:
        take_back(question, DnsFault::bad_name);
        break;
      case UnboundContext::Asked::failed:
        take_back(question, DnsFault::server_failure);
        break;
    }
    return true;
  }

  /// Of a question that libunbound did not take.
  void take_back(Question& question, DnsFault fault) {
    const std::unique_ptr<Question> owned{&question};
    close(question);
    report_(question.order.key, Unexpected{fault});
  }

  /// Libunbound is done with it. Tells whether somebody was still to be told of its end.
  bool close(Question& question) noexcept {
    auto& context = question.context;
    const bool was_awaited = awaited_.erase({question.order.give_up_at, &question}) == 1;
    if (was_awaited) --context.awaited;
    --context.questions;
    return was_awaited;
  }

  void conclude(Question& question, int rcode, std::span<const std::uint8_t> packet,
                int security) noexcept {
    const bool was_awaited = close(question);
    if (stopping_) return;
    const auto& order = question.order;
    const auto result = at_c_boundary(
        "dns", DnsResult{Unexpected{DnsFault::server_failure}},
        [&] { return result_of(order.key, rcode, packet, security, clock_.now()); });
    if (was_awaited || result) tell(order, result);
  }

  void tell(const Order& order, const DnsResult& result) noexcept {
    report_(order.key, result);
    at_c_boundary("dns", false, [&] {
      if (result || result.fault() == DnsFault::bogus)
        health_.note_answer(clock_.now());
      else
        health_.note_fault(order.key.name, result.fault(), order.asked);
      return true;
    });
  }

  std::unique_ptr<Context> context_for(const ForwardAddresses& servers) {
    return std::make_unique<Context>(base_.get(),
                                     unbound_config(servers, trust_anchor_file_));
  }

  /// How far the time of day is ahead of the clock that only goes on.
  std::chrono::nanoseconds lead_of_today() const {
    return clock_.today().time_since_epoch() - clock_.now().time_since_epoch();
  }

  /// Sends what comes next to a fresh context if the time of day has leapt, if this one is
  /// crowded with questions given up, or if nothing is answered and there are other servers
  /// to ask now.
  bool renew_if_needed(SteadyTime now) {
    const bool leapt = std::chrono::abs(lead_of_today() - lead_) > leap_of_time;
    const bool crowded = current_->questions - current_->awaited >= given_up_limit;
    if (!leapt && (now < next_renewal_ || !(crowded || health_.failing()))) return false;
    next_renewal_ = now + renewal_interval;
    auto servers = servers_();
    if (!leapt && !crowded && servers == asking_) return false;
    lead_ = lead_of_today();
    retired_.push_back(std::exchange(current_, context_for(servers)));
    asking_ = std::move(servers);
    health_.name_servers(fmt::format("{}", fmt::join(asking_, ",")));
    return true;
  }

  /// Gives up what is late, lets go of what is finished, sets the timer for the next time.
  bool tidy() {
    const auto now = clock_.now();
    while (!awaited_.empty() && awaited_.begin()->first <= now) {
      const auto& question = *awaited_.begin()->second;
      awaited_.erase(awaited_.begin());
      --question.context.awaited;
      tell(question.order, Unexpected{DnsFault::timed_out});
    }
    std::erase_if(retired_, [](const auto& context) { return context->awaited == 0; });
    set_timer(now);
    return true;
  }

  void set_timer(SteadyTime now) {
    if (awaited_.empty() && retired_.empty()) return;
    auto span =
        retired_.empty() ? SteadyTime::duration::max() : SteadyTime::duration{idle_check};
    if (!awaited_.empty()) span = std::min(span, awaited_.begin()->first - now);
    // Rounded up, so that the timer does not ring just before the moment.
    const auto wait = timeval_of(std::chrono::ceil<std::chrono::milliseconds>(span));
    evtimer_add(give_up_timer_.get(), &wait);
  }

  const Clock& clock_;
  const Report report_;
  const Servers servers_;
  const std::string trust_anchor_file_;
  Guarded<Inbox> inbox_;

  // Of the loop's thread alone, once it runs.
  ForwardAddresses asking_;
  SteadyTime next_renewal_{};
  std::chrono::nanoseconds lead_{};  // as the current context has known it
  DnsHealth health_;
  std::set<std::pair<SteadyTime, Question*>> awaited_;
  bool stopping_ = false;

  FileDescriptor wake_fd_;
  BasePtr base_;
  EventPtr wake_event_;
  EventPtr give_up_timer_;
  std::unique_ptr<Context> current_;
  std::vector<std::unique_ptr<Context>> retired_;
  std::jthread thread_;
};

UnboundLoop::UnboundLoop(Servers servers, const std::string& trust_anchor_file,
                         const Clock& clock, Report report)
    : engine_(std::make_unique<Engine>(std::move(servers), trust_anchor_file, clock,
                                       std::move(report))) {}

UnboundLoop::~UnboundLoop() = default;

void UnboundLoop::start(DnsKey key, SteadyTime asked, SteadyTime give_up_at) {
  engine_->start({std::move(key), asked, give_up_at});
}

}  // namespace milterward::backends
