// SPDX-License-Identifier: Apache-2.0
#include "milter/front/session.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

namespace milterward::front {
namespace {

rules::Verdict come_back_later() {
  return rules::Verdict::defer("front.failed",
                               {451, "4.3.0", "Internal error, please try again later"});
}

}  // namespace

std::string client_macros(const Macros& macros) {
  const auto address = macros.value("{client_addr}");
  if (address.empty()) return {};
  return fmt::format("{} {} {}", address, macros.value("{client_port}"),
                     macros.value("{client_name}"));
}

std::optional<ConnectStep> client_of(const Macros& macros) {
  const auto text = macros.value("{client_addr}");
  const auto address = IpAddress::parse(text);
  if (!address) return {};
  ConnectStep step;
  step.client = *address;
  const auto name = macros.value("{client_name}");
  step.host_name =
      name.empty() || name == "unknown" ? fmt::format("[{}]", text) : std::string{name};
  const auto port = macros.value("{client_port}");
  std::from_chars(port.data(), port.data() + port.size(), step.port);
  return step;
}

Session::Session(std::shared_ptr<const Services> services, std::shared_ptr<Seat> seat,
                 LeadingSpace leading_space)
    : connection_(std::move(services)),
      seat_(std::move(seat)),
      leading_space_(leading_space) {}

void Session::connect(const ConnectStep& step, const Macros& macros) {
  early_refusal_.reset();
  must_wait_ = false;
  auto verdict = connection_.connect(step, macros);
  note_progress();
  client_macros_ = client_macros(macros);  // not before: a failure must be made good later
  if (verdict.refuses()) early_refusal_ = std::move(verdict);
}

void Session::meet_new_client(const Macros& macros) {
  const auto told = client_macros(macros);
  if (told.empty() || told == client_macros_) return;
  if (const auto step = client_of(macros)) connect(*step, macros);
}

void Session::helo(std::string_view name, const Macros& macros) {
  meet_new_client(macros);
  auto verdict = connection_.helo(name, macros);
  if (verdict.refuses()) early_refusal_ = std::move(verdict);
}

rules::Verdict Session::mail(const EnvelopeStep& step, const Macros& macros) {
  meet_new_client(macros);
  connection_.abort();  // refused or not, this is no part of the message before
  note_progress();
  if (std::exchange(must_wait_, false)) return come_back_later();
  if (early_refusal_) return *early_refusal_;
  auto verdict = connection_.mail(step, macros);
  if (verdict.refuses()) connection_.abort();  // what follows all the same has no sender
  note_progress();
  return verdict;
}

rules::Verdict Session::rcpt(const EnvelopeStep& step, const Macros& macros) {
  return connection_.rcpt(step, macros);
}

void Session::data(const Macros& macros) { connection_.data(macros); }

void Session::header(std::string_view name, std::string_view value) {
  if (leading_space_ == LeadingSpace::in_value)
    connection_.header(name, value);
  else
    connection_.header(name, fmt::format(" {}", value));
}

void Session::end_of_headers(const Macros& macros) { connection_.end_of_headers(macros); }

void Session::body(std::string_view chunk) { connection_.body(chunk); }

rules::Verdict Session::end_of_message(const Macros& macros) {
  if (std::exchange(must_wait_, false)) {
    connection_.abort();
    note_progress();
    return come_back_later();
  }
  auto verdict = connection_.end_of_message(macros);
  note_progress();
  return verdict;
}

void Session::abort() {
  connection_.abort();
  must_wait_ = false;
  note_progress();
}

void Session::note_progress() noexcept { seat_->in_message = connection_.in_message(); }

}  // namespace milterward::front
