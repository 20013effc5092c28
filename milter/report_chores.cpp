// SPDX-License-Identifier: Apache-2.0
#include "milter/report_chores.h"

#include <utility>
#include "policy/base/sink.h"

namespace milterward {

void ReportChores::look_now() {
  if (services_.get()->config->report.sends_anything()) thread_.wake();
}

std::chrono::milliseconds ReportChores::make_a_round() {
  const auto services = services_.get();
  const auto& config = *services->config;
  if (!config.report.sends_anything()) return between_rounds;
  const auto round = commands::make_report_round(*services, tools_,
                                                 [this] { return thread_.is_ending(); });
  if (round) {
    tell(config, "", round->store_fault);
    if (round->store_fault.empty()) tell_eviction(config, round->eviction);
  } else {
    tell(config, round.fault(), told_of_store_);
  }
  return between_rounds;
}

/// Once, until it is mended or the daemon begins again.
void ReportChores::tell_eviction(const conf::Config& config, const std::string& policy) {
  if (!policy.empty() && policy != told_of_eviction_)
    log_event(Event::store_may_evict, {{"store", config.store.url}, {"policy", policy}});
  told_of_eviction_ = policy;
}

/// Each fault once, until it is another.
void ReportChores::tell(const conf::Config& config, std::string file_fault,
                        std::string store_fault) {
  if (!file_fault.empty() && file_fault != told_)
    log_event(Event::report_file_failing,
              {{"file", config.report.file}, {"reason", file_fault}});
  if (!store_fault.empty() && store_fault != told_of_store_)
    log_event(Event::report_store_failing,
              {{"store", config.store.url}, {"reason", store_fault}});
  told_ = std::move(file_fault);
  told_of_store_ = std::move(store_fault);
}

}  // namespace milterward
