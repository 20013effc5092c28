// SPDX-License-Identifier: Apache-2.0
#include "milter/report_chores.h"

#include "milter/commands/report_round.h"
#include "policy/base/sink.h"

namespace milterward {

void ReportChores::look_now() {
  if (services_.get()->config->report.sends_anything()) thread_.wake();
}

std::chrono::milliseconds ReportChores::make_a_round() {
  const auto services = services_.get();
  const auto& report = services->config->report;
  if (!report.sends_anything()) return between_rounds;
  auto fault = fault_of_round(*services);
  if (!fault.empty() && fault != told_)
    log_event(Event::report_file_failing, {{"file", report.file}, {"reason", fault}});
  told_ = std::move(fault);
  return between_rounds;
}

std::string ReportChores::fault_of_round(const Services& services) {
  const auto store = open_(services.config->report.file);
  if (!store) return store.fault();
  const auto done = commands::make_report_round(services, **store,
                                                [this] { return thread_.is_ending(); });
  return done ? "" : done.fault();
}

}  // namespace milterward
