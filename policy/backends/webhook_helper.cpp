// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/webhook_helper.h"

#include <fmt/format.h>
#include <stdio.h>
#include <unistd.h>

#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "policy/backends/child_run.h"
#include "policy/backends/helper_process.h"
#include "policy/backends/webhook_module.h"
#include "policy/base/ascii.h"
#include "policy/base/unreachable.h"

namespace milterward::backends {
namespace {

/// A question: URL, token, milliseconds and body.
HelperProcess::Parts question_of(const ports::WebhookCall& call) {
  return {call.url, call.token, fmt::to_string(call.limit.count()), call.body};
}

ports::WebhookCall webhook_call_of(const HelperProcess::Parts& parts) {
  std::int64_t limit = 0;
  std::from_chars(parts.at(2).data(), parts.at(2).data() + parts.at(2).size(), limit);
  return {parts.at(0), parts.at(1), parts.at(3), std::chrono::milliseconds{limit}};
}

/// We are killed before we give up ourselves.
constexpr std::chrono::seconds later{1};

std::optional<std::string> fault_of_post(const ports::WebhookCall& call) {
  const auto url = conf::parse_web_url(call.url);
  if (!url) return url.fault().wrong;
  const auto module = open_webhook_module();
  if (!module) return module.fault().wrong;
  return (*module)->post(*url, call.token, call.body, call.limit + later);
}

/// In the child, which says what is wrong as a program would. It alone opens the module.
int post(const ports::WebhookCall& call) {
  const auto fault = fault_of_post(call);
  if (!fault) return 0;
  ::dprintf(STDERR_FILENO, "%s", fault->c_str());
  return 1;
}

std::optional<std::string> webhook_fault_of(const ChildEnd& end,
                                            std::chrono::milliseconds limit) {
  switch (end.how) {
    case ChildEnd::How::exited:
      if (end.code == 0) return std::nullopt;
      return std::string{trim(end.output)};
    case ChildEnd::How::by_signal:
      return fmt::format("the process that posts was ended by signal {}", end.code);
    case ChildEnd::How::out_of_time:
      return "no answer within " + in_words(limit);
    case ChildEnd::How::unwanted:
      return "was given up, since the daemon ends";
    case ChildEnd::How::not_started:
      return "could not be started: " + end.output;
  }
  unreachable();
}

/// Without path and query, which chat services use as a password.
std::string origin_of(std::string_view url) {
  const auto host = url.find("//") + 2;
  return std::string{url.substr(0, url.find_first_of("/?", host))};
}

class WebhookHelper final : public ports::Webhook {
 public:
  explicit WebhookHelper(std::unique_ptr<HelperProcess> process)
      : process_(std::move(process)) {}

  std::optional<std::string> post(const ports::WebhookCall& call) override {
    if (const auto fault = process_->ask(question_of(call)))
      return fmt::format("{}: {}", origin_of(call.url), *fault);
    return std::nullopt;
  }
  void stop() noexcept override { process_->stop(); }

 private:
  std::unique_ptr<HelperProcess> process_;
};

}  // namespace

Result<std::unique_ptr<ports::Webhook>, std::string> start_webhook_helper() {
  auto process = HelperProcess::start(
      "milterward-web", [](const HelperProcess::Parts& parts, int daemon) {
        const auto call = webhook_call_of(parts);
        return webhook_fault_of(
            run_in_child([&] { return post(call); }, "", call.limit, daemon), call.limit);
      });
  if (!process) return Unexpected{process.fault()};
  return std::unique_ptr<ports::Webhook>{
      std::make_unique<WebhookHelper>(std::move(*process))};
}

}  // namespace milterward::backends
