// SPDX-License-Identifier: Apache-2.0
// The libraries of the status page, prometheus-cpp and cpp-httplib, in a module of their
// own (module.h): its libraries would fill the memory of every daemon. It reads and writes
// text and opens no socket: connections, their limits and their time are the daemon's
// (milter/status/web_server.h).
#pragma once

#include <string>
#include <vector>

#include "policy/backends/module.h"
#include "policy/base/result.h"
#include "policy/ports/metric_family.h"
#include "policy/ports/web_site.h"

namespace milterward::backends {

/// What the module exports, under the name `milterward_status`.
struct StatusModule {
  const char* build;  // MILTERWARD_VERSION
  /// A response of HTTP to a request without a body; a HEAD is answered without one.
  std::string (*answer)(const std::string& request, const ports::WebSite& site);
  /// In the text format 0.0.4 of Prometheus.
  std::string (*metrics_text)(const std::vector<ports::MetricFamily>& families);
};

Result<const StatusModule*, conf::Complaint> open_status_module(
    const std::vector<std::filesystem::path>& directories = module_directories());

}  // namespace milterward::backends
