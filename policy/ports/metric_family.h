// SPDX-License-Identifier: Apache-2.0
// Numbers with a name, as monitoring systems read them (Prometheus, OpenMetrics): families
// of samples that differ in their labels.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace milterward::ports {

struct MetricSample {
  std::vector<std::pair<std::string, std::string>> labels;
  double value = 0;  // of a counter or a gauge

  /// Of a histogram: how many were not above `bound`; the last one's is infinite.
  struct Bucket {
    double bound = 0;
    std::uint64_t count = 0;
  };
  std::vector<Bucket> buckets = {};
  double sum = 0;
};

struct MetricFamily {
  enum class Kind { counter, gauge, histogram };
  std::string name;  // with its unit: "milterward_message_duration_seconds"
  std::string help;
  Kind kind = Kind::gauge;
  std::vector<MetricSample> samples;
};

}  // namespace milterward::ports
