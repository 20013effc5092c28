// SPDX-License-Identifier: Apache-2.0
#include "milter/status_service.h"

#include <unistd.h>

#include <chrono>
#include <fstream>

#include "milter/host_name.h"

namespace milterward {
namespace {

constexpr auto overview_lifetime = std::chrono::seconds{5};
constexpr auto reports_lifetime = std::chrono::seconds{30};

/// Of /proc/self/statm, the second number, in pages.
std::uint64_t resident_bytes() {
  std::uint64_t all = 0;
  std::uint64_t resident = 0;
  std::ifstream{"/proc/self/statm"} >> all >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

Result<std::optional<StatusService::Place>, conf::ConfigProblem> StatusService::open(
    const conf::Config& config, const std::string& open_already,
    const OpenStatusTools& open_tools) {
  std::optional<Place> none;
  const auto& listen = config.status.listen;
  if (listen.empty() || listen == open_already) return none;
  auto tools = open_tools();
  if (!tools) return Unexpected{config.places.problem("status.listen", tools.fault())};
  auto port = status::ListeningPort::open(listen);
  if (!port) return Unexpected{config.places.problem("status.listen", port.fault())};
  return std::optional<Place>{Place{std::move(*port), std::move(*tools)}};
}

StatusService::StatusService(World world)
    : world_(std::move(world)), own_name_(host_name()), census_(world_.make_cabinet) {}

void StatusService::follow(const conf::StatusSettings& settings, std::string token,
                           std::optional<Place> place) {
  token_.with([&](std::string& now) { now = std::move(token); });
  if (settings.listen == listens_on()) return;
  server_.reset();
  place_.reset();
  if (!place) return;
  place_.emplace(std::move(*place));
  site_.emplace(sources());
  server_.emplace(place_->port.fd(),
                  [this](const std::string& request, const IpAddress& client) {
                    return place_->tools.answer(request, [&](ports::WebRequest asked) {
                      asked.client = client;
                      return site_->answer(asked);
                    });
                  });
}

status::SiteSources StatusService::sources() const {
  return {[this] { return place_->tools.metrics_text(families()); },
          [this] { return hosts(); },
          [this] { return token_.with([](const std::string& token) { return token; }); },
          [this] { return overview(); },
          [this](const std::string& wanted) {
            return search_journal(*world_.services.get(), wanted, world_.open_journal);
          },
          own_name_};
}

std::vector<ports::MetricFamily> StatusService::families() const {
  const auto services = world_.services.get();
  const auto seats = world_.sessions.count();
  status::Moment moment;
  moment.idle_connections = seats.idle;
  moment.messages_in_flight = seats.in_message;
  moment.keys_by_state = census_.counts(*services);
  moment.domains_with_loaded_keys =
      services->key_shelf ? services->key_shelf->size() : std::size_t{0};
  for (const auto& egress : egress_of(*world_.meter, *services)) {
    moment.egress_listings += egress.standing.lists.size();
    moment.egress_names_broken += egress.standing.name_is_broken ? 1 : 0;
  }
  moment.resident_bytes = resident_bytes();
  return status::families_of(*world_.meter, moment);
}

std::vector<std::string> StatusService::hosts() const {
  auto names = world_.services.get()->config->status.hosts;
  names.push_back(own_name_);
  return names;
}

status::Overview StatusService::overview() const {
  const auto services = world_.services.get();
  return kept_.with([&](Kept& kept) {
    const auto now = services->clock->now();
    if (!kept.overview || kept.services.lock() != services ||
        now - kept.made > overview_lifetime) {
      kept.overview = gather_overview(*world_.meter, *services, world_.sessions.count(),
                                      census_.keys(*services), world_.open_journal);
      kept.overview->reports = reports(*services);
      kept.made = now;
      kept.services = services;
    }
    return *kept.overview;
  });
}

status::ShownReports StatusService::reports(const Services& services) const {
  return kept_reports_.with([&](KeptReports& kept) {
    const auto now = services.clock->now();
    const auto& file = services.config->feedback.file;
    if (!kept.reports || kept.file != file || now - kept.made > reports_lifetime) {
      kept.reports = gather_reports(services, world_.open_feedback);
      kept.made = now;
      kept.file = file;
    }
    return *kept.reports;
  });
}

}  // namespace milterward
