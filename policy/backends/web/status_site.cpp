// SPDX-License-Identifier: Apache-2.0
#include <httplib.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "policy/backends/status_module.h"
#include "policy/base/unreachable.h"

namespace milterward::backends {
namespace {

/// A connection that has been read and will be written as a whole.
class TextStream final : public httplib::Stream {
 public:
  explicit TextStream(const std::string& request) : request_(request) {}
  std::string take_response() { return std::move(response_); }

  bool is_readable() const override { return read_ < request_.size(); }
  bool is_writable() const override { return true; }
  ssize_t read(char* to, size_t size) override {
    const auto count = std::min(size, request_.size() - read_);
    std::memcpy(to, request_.data() + read_, count);
    read_ += count;
    return static_cast<ssize_t>(count);
  }
  ssize_t write(const char* from, size_t size) override {
    response_.append(from, size);
    return static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return 0; }

 private:
  const std::string& request_;
  std::size_t read_ = 0;
  std::string response_;
};

/// The library reads requests and writes responses; it never listens, which would share the
/// port with whoever wants it (SO_REUSEPORT), and never routes, which would try regular
/// expressions on what strangers send.
class OneAnswer final : public httplib::Server {
 public:
  explicit OneAnswer(const ports::WebSite& site) {
    set_pre_routing_handler(
        [&site](const httplib::Request& asked, httplib::Response& response) {
          ports::WebRequest request{asked.path,
                                    {asked.params.begin(), asked.params.end()},
                                    asked.get_header_value("Host"),
                                    asked.get_header_value("Authorization")};
          const auto answer = site(request);
          response.status = answer.status;
          for (const auto& [name, value] : answer.headers) response.set_header(name, value);
          response.set_content(answer.body, answer.type);
          return HandlerResponse::Handled;
        });
  }
  std::string to(const std::string& request) {
    TextStream stream{request};
    bool is_closed = false;
    process_request(stream, /*close_connection=*/true, is_closed, nullptr);
    return stream.take_response();
  }
};

std::string answer(const std::string& request, const ports::WebSite& site) {
  return OneAnswer{site}.to(request);
}

prometheus::ClientMetric converted(const ports::MetricSample& sample,
                                   ports::MetricFamily::Kind kind) {
  prometheus::ClientMetric metric;
  for (const auto& [name, value] : sample.labels) metric.label.push_back({name, value});
  switch (kind) {
    case ports::MetricFamily::Kind::counter:
      metric.counter.value = sample.value;
      return metric;
    case ports::MetricFamily::Kind::gauge:
      metric.gauge.value = sample.value;
      return metric;
    case ports::MetricFamily::Kind::histogram:
      for (const auto& bucket : sample.buckets)
        metric.histogram.bucket.push_back({bucket.count, bucket.bound});
      metric.histogram.sample_sum = sample.sum;
      metric.histogram.sample_count =
          sample.buckets.empty() ? 0 : sample.buckets.back().count;
      return metric;
  }
  unreachable();
}

prometheus::MetricType type_of(ports::MetricFamily::Kind kind) {
  switch (kind) {
    case ports::MetricFamily::Kind::counter:
      return prometheus::MetricType::Counter;
    case ports::MetricFamily::Kind::gauge:
      return prometheus::MetricType::Gauge;
    case ports::MetricFamily::Kind::histogram:
      return prometheus::MetricType::Histogram;
  }
  unreachable();
}

std::string metrics_text(const std::vector<ports::MetricFamily>& families) {
  std::vector<prometheus::MetricFamily> all;
  for (const auto& family : families) {
    prometheus::MetricFamily next;
    next.name = family.name;
    next.help = family.help;
    next.type = type_of(family.kind);
    for (const auto& sample : family.samples)
      next.metric.push_back(converted(sample, family.kind));
    all.push_back(std::move(next));
  }
  return prometheus::TextSerializer{}.Serialize(all);
}

}  // namespace
}  // namespace milterward::backends

extern "C" {
extern const milterward::backends::StatusModule milterward_status;
const milterward::backends::StatusModule milterward_status{
    MILTERWARD_VERSION, milterward::backends::answer, milterward::backends::metrics_text};
}
