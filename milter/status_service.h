// SPDX-License-Identifier: Apache-2.0
// The status page as a part of the daemon: opens its port while root's rights are there,
// gathers what is to be shown when somebody asks, and follows a reload.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "conf/config.h"
#include "milter/front/current_services.h"
#include "milter/front/sessions.h"
#include "milter/key_census.h"
#include "milter/status/families.h"
#include "milter/status/listening_port.h"
#include "milter/status/meter.h"
#include "milter/status/site.h"
#include "milter/status/web_server.h"
#include "milter/status_overview.h"
#include "policy/base/guarded.h"
#include "policy/base/result.h"

namespace milterward {

/// What the libraries of the page do (policy/backends/status_module.h).
struct StatusTools {
  std::function<std::string(const std::string& request, const ports::WebSite& site)> answer;
  std::function<std::string(const std::vector<ports::MetricFamily>&)> metrics_text;
};
using OpenStatusTools = std::function<Result<StatusTools, conf::Complaint>()>;

class StatusService {
 public:
  /// A port that is open, and what serves it.
  struct Place {
    status::ListeningPort port;
    StatusTools tools;
  };
  /// What `config` asks for, unless that is `open_already`: nothing. The problem names
  /// file, line and key.
  static Result<std::optional<Place>, conf::ConfigProblem> open(
      const conf::Config& config, const std::string& open_already,
      const OpenStatusTools& open_tools);

  /// Whom it asks; all must outlive it but the meter.
  struct World {
    std::shared_ptr<const status::Meter> meter;
    const front::CurrentServices& services;
    const front::Sessions& sessions;
    commands::MakeKeyCabinet make_cabinet;
    OpenJournalCharts open_journal;
    OpenFeedback open_feedback;
  };
  explicit StatusService(World world);

  /// Serves `place`, or goes on with what it serves while `settings` say the same address.
  /// `token` opens what names people; "" for none. Call it with signals blocked.
  void follow(const conf::StatusSettings& settings, std::string token,
              std::optional<Place> place);
  /// Where it is served now; "" for nowhere.
  std::string listens_on() const { return place_ ? place_->port.name() : ""; }

 private:
  /// Whoever reloads the page again and again reads the same one for a while.
  struct Kept {
    std::optional<status::Overview> overview;
    SteadyTime made{};
    std::weak_ptr<const Services> services;  // a reload shows at once
  };
  /// Sums over all that was reported change slowly.
  struct KeptReports {
    std::optional<status::ShownReports> reports;
    SteadyTime made{};
    std::string file;
  };
  std::vector<ports::MetricFamily> families() const;
  std::vector<std::string> hosts() const;
  status::Overview overview() const;
  status::ShownReports reports(const Services& services) const;
  status::SiteSources sources() const;

  const World world_;
  const std::string own_name_;
  const KeyCensus census_;
  mutable Guarded<Kept> kept_;
  mutable Guarded<KeptReports> kept_reports_;
  Guarded<std::string> token_;
  std::optional<status::Site> site_;
  std::optional<Place> place_;
  std::optional<status::WebServer> server_;  // uses the two before
};

}  // namespace milterward
