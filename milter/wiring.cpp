// SPDX-License-Identifier: Apache-2.0
#include "milter/wiring.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <random>
#include <stdexcept>
#include <utility>

#include "conf/keys.h"
#include "conf/store_url.h"
#include "milter/feedback_receiver.h"
#include "milter/front/libmilter/libmilter_front.h"
#include "milter/host_name.h"
#include "milter/privileges.h"
#include "policy/auth/dkim/native_verifier.h"
#include "policy/auth/spf/native_checker.h"
#include "policy/backends/config_directory.h"
#include "policy/backends/direct_name_servers.h"
#include "policy/backends/directory_files.h"
#include "policy/backends/directory_keys.h"
#include "policy/backends/facts_file.h"
#include "policy/backends/feedback_sums.h"
#include "policy/backends/hook_helper.h"
#include "policy/backends/joined_directory.h"
#include "policy/backends/journal_charts_file.h"
#include "policy/backends/key_directory.h"
#include "policy/backends/key_files.h"
#include "policy/backends/key_state_files.h"
#include "policy/backends/opendkim_engine.h"
#include "policy/backends/redis_counters.h"
#include "policy/backends/redis_reports.h"
#include "policy/backends/report_outbox_file.h"
#include "policy/backends/spf2_checker.h"
#include "policy/backends/sql_directory.h"
#include "policy/backends/sql_module.h"
#include "policy/backends/sqlite_counters.h"
#include "policy/backends/sqlite_feedback.h"
#include "policy/backends/sqlite_journal.h"
#include "policy/backends/sqlite_report_rows.h"
#include "policy/backends/status_module.h"
#include "policy/backends/token_keys.h"
#include "policy/backends/trace_secret_file.h"
#include "policy/backends/unbound_resolver.h"
#include "policy/backends/versions.h"
#include "policy/backends/webhook_helper.h"
#include "policy/backends/webhook_module.h"
#include "policy/backends/whole_state_file.h"
#include "policy/backends/zone_resolver.h"
#include "policy/base/sink.h"
#include "policy/base/unreachable.h"
#include "policy/ports/metered_counters.h"
#include "policy/sign/managed_keys.h"
#include "policy/sign/native_signer.h"

namespace milterward {
namespace {

using SpfCheckerPtr = std::shared_ptr<const ports::SpfChecker>;

Result<SpfCheckerPtr, conf::Complaint> make_spf(conf::SpfEngine engine,
                                                auth::SpfHost host) {
  switch (engine) {
    case conf::SpfEngine::native:
      return SpfCheckerPtr{std::make_shared<auth::NativeSpfChecker>(std::move(host))};
    case conf::SpfEngine::libspf2: {
      const auto checker = backends::Spf2Checker::load(std::move(host));
      if (!checker) return Unexpected{conf::Complaint{checker.fault(), ""}};
      return SpfCheckerPtr{*checker};
    }
  }
  unreachable();
}

/// Who verifies and who signs.
std::optional<conf::Complaint> set_dkim(Services& services,
                                        const conf::DkimSettings& settings) {
  switch (settings.engine) {
    case conf::DkimEngine::native:
      services.dkim_verifier = std::make_shared<auth::NativeDkimVerifier>(
          settings.body_length, services.published_keys);
      services.dkim_signer = std::make_shared<sign::NativeDkimSigner>();
      return std::nullopt;
    case conf::DkimEngine::libopendkim: {
      const auto module = backends::open_opendkim_module();
      if (!module) return module.fault();
      auto made = (*module)->make_engine(settings.body_length);
      services.dkim_verifier = std::move(made.verifier);
      services.dkim_signer = std::move(made.signer);
      return std::nullopt;
    }
  }
  unreachable();
}

/// The DNS resolver, and what asks servers past it, keep a reference to their clock, so all
/// live and die together.
struct Resolving {
  SystemClock clock;
  backends::UnboundResolver resolver;
  backends::DirectNameServers name_servers;
  Resolving(const conf::DnsSettings& settings, std::shared_ptr<ports::Metrics> metrics)
      : resolver(settings, clock, std::move(metrics)),
        name_servers(settings.servers, clock) {}
};

conf::ConfigProblem dns_problem(const conf::Config& config, std::string what) {
  if (config.dns.trust_anchor_file.empty())
    return config.places.problem("dns", {std::move(what), ""});
  return config.places.problem(
      "dns.trust_anchor_file",
      {std::move(what),
       "name a file with trust anchors, for example /usr/share/dns/root.key, or none"});
}

void set_dns(Services& services, std::vector<std::string>& faults) {
  try {
    const auto resolving =
        std::make_shared<Resolving>(services.config->dns, services.metrics);
    services.clock = {resolving, &resolving->clock};
    services.dns = {resolving, &resolving->resolver};
    services.name_servers = {resolving, &resolving->name_servers};
  } catch (const std::runtime_error& e) {
    faults.push_back(conf::to_text(dns_problem(*services.config, e.what())));
  }
}

std::shared_ptr<ports::Counters> metered(std::shared_ptr<ports::Counters> counters,
                                         const Services& services,
                                         std::shared_ptr<const Clock> clock) {
  if (!services.metrics) return counters;
  return std::make_shared<ports::MeteredCounters>(std::move(counters), services.metrics,
                                                  std::move(clock));
}

/// The store lives as long as the daemon: other settings of [store] count after a restart.
void set_counters(Services& services, const Services* former,
                  std::vector<std::string>& faults) {
  if (former != nullptr) services.counters = former->counters;
  if (services.counters ||
      (!services.config->quota.counts_anything() && !services.config->control.is_open()))
    return;
  const auto& store = services.config->store;
  const auto url = conf::parse_store_url(store.url).value();  // the loader has checked it
  const auto clock = std::make_shared<const SystemClock>();
  switch (url.kind) {
    case conf::StoreUrl::Kind::redis:
      services.counters =
          metered(std::make_shared<backends::RedisCounters>(store, clock), services, clock);
      return;
    case conf::StoreUrl::Kind::sqlite:
      if (auto counters = backends::SqliteCounters::open(url.path, store.sync, clock)) {
        services.counters = metered(*counters, services, clock);
      } else {
        faults.push_back(counters.fault());
      }
      return;
  }
  unreachable();
}

/// As the journal.
void set_report_rows(Services& services, const Services* former) {
  const auto& settings = services.config->report;
  if (!settings.sends_anything()) return;
  const auto& store = services.config->store.url;
  if (former != nullptr && former->report_rows && former->config->report == settings &&
      former->config->store.url == store)
    services.report_rows = former->report_rows;
  else
    services.report_rows = std::make_shared<backends::SqliteReportRows>(
        settings, std::make_shared<const SystemClock>(),
        conf::is_shared_store(store) ? backends::SqliteReportRows::Scope::site
                                     : backends::SqliteReportRows::Scope::host);
}

/// It lives on while its settings stay the same. Whether it can be written it tells by
/// events: no mail depends on it.
void set_journal(Services& services, const Services* former) {
  const auto& settings = services.config->journal;
  if (former != nullptr && former->journal && former->config->journal == settings)
    services.journal = former->journal;
  else if (settings.is_kept())
    services.journal = std::make_shared<backends::SqliteJournal>(
        settings, std::make_shared<const SystemClock>(), services.metrics);
}

/// Likewise. Reports wait in it for its thread.
void set_feedback(Services& services, const Services* former) {
  const auto& settings = services.config->feedback;
  if (former != nullptr && former->feedback && former->config->feedback == settings)
    services.feedback = former->feedback;
  else if (settings.is_read())
    services.feedback =
        std::make_shared<FeedbackReceiver>(settings, open_feedback_to_write(settings.file),
                                           std::make_shared<const SystemClock>());
}

/// The engines, once config and clock are there. Returns those that cannot be had.
std::vector<conf::ConfigProblem> set_engines(Services& services, const std::string& host) {
  const auto& config = *services.config;
  std::vector<conf::ConfigProblem> problems;
  if (const auto spf = make_spf(config.spf.engine, {host, services.clock})) {
    services.spf = *spf;
  } else {
    problems.push_back(config.places.problem("spf.engine", spf.fault()));
  }
  if (const auto complaint = set_dkim(services, config.dkim)) {
    problems.push_back(config.places.problem("dkim.engine", *complaint));
  }
  return problems;
}

/// The engines, and the name results are written under.
void set_examination(Services& services, std::vector<std::string>& faults) {
  const auto host = host_name();
  for (const auto& problem : set_engines(services, host)) {
    faults.push_back(conf::to_text(problem));
  }
  const auto& id = services.config->authres.authserv_id;
  services.authserv_id = id.empty() ? host : id;
}

using Directories = std::vector<std::shared_ptr<const ports::Directory>>;

/// The database of the directory; null when none is named.
Result<std::shared_ptr<backends::SqlDirectory>, conf::Complaint> make_database(
    const conf::DirectorySettings& settings, std::shared_ptr<const Clock> clock) {
  if (settings.sql.engine == conf::SqlEngine::none)
    return std::shared_ptr<backends::SqlDirectory>{};
  const auto module = backends::open_sql_module();
  if (!module) return Unexpected{module.fault()};
  return std::make_shared<backends::SqlDirectory>(
      settings, [connect = (*module)->connect, sql = settings.sql] { return connect(sql); },
      std::move(clock));
}

/// Its connections and what it remembers go on living while its settings stay the same.
std::optional<conf::Complaint> set_database(Services& services, const Services* former) {
  const auto& settings = services.config->directory;
  if (former != nullptr && former->database &&
      former->config->directory.sql == settings.sql &&
      former->config->directory.realm == settings.realm &&
      former->config->directory.delimiters == settings.delimiters) {
    services.database = former->database;
    services.database_keys = former->database_keys;
    return std::nullopt;
  }
  auto database = make_database(settings, services.clock);
  if (!database) return database.fault();
  services.database = *database;
  if (!settings.sql.key_query.empty()) services.database_keys = *database;
  return std::nullopt;
}

/// Who answers for the directory, or what stands in the way.
Result<std::shared_ptr<const ports::Directory>, std::vector<std::string>> make_directory(
    const std::shared_ptr<const conf::Config>& config,
    const std::shared_ptr<const ports::Directory>& database,
    const std::shared_ptr<const Clock>& clock) {
  auto files = backends::DirectoryFiles::open(config->directory, clock);
  if (!files) return Unexpected{files.fault()};
  Directories parts{std::make_shared<backends::ConfigDirectory>(config), *files};
  if (database) parts.push_back(database);
  return std::shared_ptr<const ports::Directory>{
      std::make_shared<backends::JoinedDirectory>(std::move(parts))};
}

void set_directory(Services& services, const Services* former,
                   std::vector<std::string>& faults) {
  if (!services.clock) return;  // the fault is told already
  if (const auto complaint = set_database(services, former)) {
    faults.push_back(
        conf::to_text(services.config->places.problem("directory.sql.engine", *complaint)));
    return;
  }
  auto directory = make_directory(services.config, services.database, services.clock);
  if (directory) {
    services.directory = *directory;
  } else {
    faults.insert(faults.end(), directory.fault().begin(), directory.fault().end());
  }
}

/// Keys loaded on demand stay loaded while they are looked for in the same places; a reload
/// has each looked at again.
void set_key_shelf(Services& services, const Services* former) {
  const auto& settings = services.config->sign;
  const sign::KeyShelf::Limits limits{settings.cached_keys, settings.key_lifetime};
  if (former != nullptr && former->key_shelf &&
      former->database_keys == services.database_keys &&
      former->config->sign.directory == settings.directory &&
      former->config->sign.subdomains == settings.subdomains &&
      former->key_shelf->limits() == limits) {
    services.key_shelf = former->key_shelf;
    services.key_shelf->doubt_all();
    return;
  }
  sign::KeyShelf::Sources sources;
  if (!settings.directory.empty())
    sources.push_back(std::make_shared<sign::ManagedKeys>(
        std::make_shared<backends::DirectoryKeys>(settings.directory),
        std::make_shared<backends::KeyStateFiles>(settings.directory)));
  if (services.database_keys) sources.push_back(services.database_keys);
  if (sources.empty() || !services.clock) return;
  conf::SigningKey manner{};
  conf::set_fallbacks(manner, conf::signing_key_table().keys);
  manner.subdomains = settings.subdomains;
  services.key_shelf = std::make_shared<sign::KeyShelf>(
      std::move(sources), std::move(manner), limits, services.clock);
}

/// Known to nobody, so that no trace is recognised.
sign::TraceSecret throwaway_secret() {
  std::random_device random;
  sign::TraceSecret secret;
  for (auto& octet : secret) octet = static_cast<std::uint8_t>(random());
  return secret;
}

/// The rows of a ring are those of its table.
std::vector<conf::ConfigProblem> problems_of(std::string_view table,
                                             const sign::KeyRing& ring,
                                             const conf::Places& places) {
  std::vector<conf::ConfigProblem> problems;
  for (std::size_t i = 0; i < ring.keys().size(); ++i) {
    const auto& entry = ring.keys()[i];
    if (entry.key) continue;
    problems.push_back(
        places.problem(fmt::format("{}[{}].file", table, i),
                       {fmt::format("{} (selector {}): {}", entry.settings.domain.name(),
                                    entry.settings.selector, entry.key.fault().reason),
                        ""}));
  }
  return problems;
}

/// Of all keys there are.
std::vector<conf::ConfigProblem> problems_of_keys(const Services& services,
                                                  const conf::Places& places) {
  auto problems = problems_of("sign.key", *services.keys, places);
  std::ranges::move(problems_of("arc.key", *services.sealing_keys, places),
                    std::back_inserter(problems));
  return problems;
}

/// Sessions with tokens go on while their settings stay the same.
void set_token_keys(Services& services, const conf::Config& config,
                    const Services* former) {
  if (former != nullptr && former->token_keys && former->config->pkcs11 == config.pkcs11)
    services.token_keys = former->token_keys;
  else if (!config.pkcs11.module.empty())
    services.token_keys = std::make_shared<backends::TokenKeys>(config.pkcs11);
}

void load_keys(Services& services, const conf::Config& config, const Services* former,
               const ports::KeySource& files) {
  set_token_keys(services, config, former);
  const backends::KeysByName source{files, services.token_keys.get()};
  services.keys =
      std::make_shared<const sign::KeyRing>(sign::KeyRing::load(config.sign.keys, source));
  services.sealing_keys =
      std::make_shared<const sign::KeyRing>(sign::KeyRing::load(config.arc.keys, source));
}

void log_unusable(const sign::KeyRing& ring) {
  for (const auto& entry : ring.keys()) {
    if (entry.key) continue;
    log_event(Event::key_unusable, {{"domain", entry.settings.domain.name()},
                                    {"selector", entry.settings.selector},
                                    {"file", entry.settings.file},
                                    {"reason", entry.key.fault().reason}});
  }
}

bool is_in_token(const conf::SigningKey& key) { return conf::is_pkcs11_uri(key.file); }

bool lacks_token_keys_of(const sign::KeyRing& ring) {
  return std::ranges::any_of(ring.keys(), [](const sign::RingKey& entry) {
    return !entry.key && is_in_token(entry.settings);
  });
}

/// The ring in its place where keys of it have come back.
bool load_again(std::shared_ptr<const sign::KeyRing>& ring,
                const ports::KeySource& source) {
  auto next = ring->load_again(source, is_in_token);
  if (!next) return false;
  for (std::size_t i = 0; i < next->keys().size(); ++i) {
    const auto& entry = next->keys()[i];
    if (entry.key && !ring->keys()[i].key)
      log_event(Event::key_usable, {{"domain", entry.settings.domain.name()},
                                    {"selector", entry.settings.selector},
                                    {"file", entry.settings.file}});
  }
  ring = std::make_shared<const sign::KeyRing>(std::move(*next));
  return true;
}

}  // namespace

Wiring::Wiring(std::shared_ptr<ports::Metrics> metrics)
    : metrics_(std::move(metrics)),
      keys_(std::make_unique<backends::KeyFiles>()),
      published_keys_(std::make_shared<auth::KeyCache>()) {}

Result<std::shared_ptr<const Services>, std::vector<std::string>> Wiring::make_services(
    conf::Config config, KeyPolicy keys, const Services* former) const {
  std::vector<std::string> faults;
  auto services = std::make_shared<Services>();
  const auto shared_config = std::make_shared<const conf::Config>(std::move(config));
  services->config = shared_config;

  services->metrics = metrics_;
  services->published_keys = published_keys_;
  load_keys(*services, *shared_config, former, *keys_);
  if (keys == KeyPolicy::all_must_work)
    for (const auto& problem : problems_of_keys(*services, shared_config->places))
      faults.push_back(conf::to_text(problem));

  const auto secret = backends::load_or_make_trace_secret(shared_config->trace.secret_file);
  if (secret) {
    services->trace_secret = *secret;
  } else {
    faults.push_back(secret.fault());
  }
  if (const auto& file = shared_config->log.facts; !file.empty()) {
    auto facts = backends::FactsFile::open(file);
    if (facts) {
      services->facts_log = *facts;
    } else {
      faults.push_back(facts.fault());
    }
  }
  if (former != nullptr) services->list_watch = former->list_watch;
  if (former != nullptr && former->config->dns == shared_config->dns) {
    services->clock = former->clock;
    services->dns = former->dns;
    services->name_servers = former->name_servers;
  } else {
    set_dns(*services, faults);
  }
  set_directory(*services, former, faults);
  set_key_shelf(*services, former);
  set_counters(*services, former, faults);
  set_examination(*services, faults);
  if (!faults.empty()) return Unexpected{std::move(faults)};
  set_journal(*services, former);
  set_report_rows(*services, former);
  set_feedback(*services, former);
  log_unusable(*services->keys);
  log_unusable(*services->sealing_keys);
  return std::shared_ptr<const Services>{std::move(services)};
}

bool Wiring::lacks_token_keys(const Services& services) {
  return lacks_token_keys_of(*services.keys) || lacks_token_keys_of(*services.sealing_keys);
}

std::shared_ptr<const Services> Wiring::with_token_keys(const Services& services) const {
  auto next = std::make_shared<Services>(services);
  const backends::KeysByName source{*keys_, services.token_keys.get()};
  const bool signs = load_again(next->keys, source);
  const bool seals = load_again(next->sealing_keys, source);
  return signs || seals ? next : nullptr;
}

Result<std::shared_ptr<Services>, std::vector<std::string>> Wiring::make_services_by_hand(
    const conf::Config& config, const std::optional<commands::ZoneFile>& zone) const {
  std::vector<std::string> faults;
  auto services = std::make_shared<Services>();
  services->config = std::make_shared<const conf::Config>(config);
  services->published_keys = published_keys_;
  load_keys(*services, config, nullptr, *keys_);
  services->trace_secret = throwaway_secret();
  if (zone) {
    services->clock = std::make_shared<SystemClock>();
    if (const auto dns = backends::ZoneResolver::parse(zone->text)) {
      services->dns = *dns;
    } else {
      faults.push_back(
          fmt::format("{}:{}: {}", zone->path, dns.fault().line, dns.fault().reason));
    }
  } else {
    set_dns(*services, faults);
  }
  set_directory(*services, nullptr, faults);
  set_key_shelf(*services, nullptr);
  set_examination(*services, faults);
  if (!faults.empty()) return Unexpected{std::move(faults)};
  return services;
}

std::vector<conf::ConfigProblem> Wiring::unusable_files(const conf::Config& config) const {
  Services services;
  load_keys(services, config, nullptr, *keys_);
  auto problems = problems_of_keys(services, config.places);
  const auto directory = make_directory(std::make_shared<const conf::Config>(config),
                                        nullptr, std::make_shared<const SystemClock>());
  if (!directory)
    for (const auto& fault : directory.fault())
      problems.push_back(config.places.problem(fault));
  if (const auto& place = config.sign.directory; !place.empty())
    if (const auto fault = backends::DirectoryKeys{place}.trouble())
      problems.push_back(config.places.problem("sign.directory", {fault->reason, ""}));
  if (config.dns.trust_anchor_file.empty()) return problems;
  try {
    const Resolving tried{config.dns, nullptr};
  } catch (const std::runtime_error& e) {
    problems.push_back(dns_problem(config, e.what()));
  }
  return problems;
}

std::vector<conf::ConfigProblem> Wiring::unusable_engines(
    const conf::Config& config) const {
  Services services;
  services.config = std::make_shared<const conf::Config>(config);
  auto problems = set_engines(services, "");
  if (config.directory.sql.engine != conf::SqlEngine::none)
    if (const auto module = backends::open_sql_module(); !module)
      problems.push_back(config.places.problem("directory.sql.engine", module.fault()));
  if (!config.pkcs11.module.empty())
    if (const auto module = backends::open_pkcs11_module(); !module)
      problems.push_back(config.places.problem("pkcs11.module", module.fault()));
  if (!config.notify.webhook.empty())
    if (const auto module = backends::open_webhook_module(); !module)
      problems.push_back(config.places.problem("notify.webhook", module.fault()));
  if (config.status.is_served())
    if (const auto module = backends::open_status_module(); !module)
      problems.push_back(config.places.problem("status.listen", module.fault()));
  return problems;
}

std::optional<sign::TraceSecret> known_trace_secret(const conf::Config& config) {
  if (!std::ifstream{config.trace.secret_file}) return std::nullopt;
  const auto secret = backends::load_or_make_trace_secret(config.trace.secret_file);
  return secret ? std::optional{*secret} : std::nullopt;
}

Result<std::unique_ptr<ports::JournalReader>, std::string> open_journal_to_read(
    const std::string& path) {
  return backends::open_journal_to_read(path);
}

Result<std::unique_ptr<ports::JournalEraser>, std::string> open_journal_to_erase(
    const std::string& path) {
  return backends::open_journal_to_erase(path);
}

std::unique_ptr<ports::FeedbackStore> open_feedback_to_write(const std::string& path) {
  return std::make_unique<backends::SqliteFeedback>(path);
}

Result<std::unique_ptr<ports::FeedbackReader>, std::string> open_feedback_to_read(
    const std::string& path) {
  return backends::open_feedback_to_read(path);
}

Result<std::unique_ptr<ports::JournalCharts>, std::string> open_journal_charts(
    const std::string& path) {
  return backends::open_journal_charts(path);
}

std::unique_ptr<ports::StateFile> open_state_file(const std::string& path) {
  if (path.empty()) return nullptr;
  return std::make_unique<backends::WholeStateFile>(path);
}

namespace {

ports::Stored<std::unique_ptr<ports::ReportStore>> open_reports(const std::string& path) {
  auto file = backends::open_report_file(path);
  if (!file) return Unexpected{file.fault()};
  return std::unique_ptr<ports::ReportStore>{std::move(*file)};
}

ports::Stored<std::unique_ptr<ports::SharedReports>> open_shared_reports(
    const conf::StoreSettings& settings) {
  auto shared = backends::RedisReports::open(settings);
  if (!shared) return Unexpected{shared.fault()};
  return std::unique_ptr<ports::SharedReports>{std::move(*shared)};
}

}  // namespace

commands::ReportTools report_tools() {
  return {open_reports, backends::open_reports_to_read, backends::open_report_outbox,
          open_shared_reports};
}

Result<notify::Messengers, std::string> start_messengers() {
  auto hook = backends::start_hook_helper();
  if (!hook) return Unexpected{hook.fault()};
  auto webhook = backends::start_webhook_helper();
  if (!webhook) return Unexpected{webhook.fault()};
  return notify::Messengers{std::move(*hook), std::move(*webhook)};
}

commands::KeyCabinet make_key_cabinet(const std::string& directory,
                                      const std::string& daemon_user) {
  std::optional<gid_t> readers;
  if (const auto account = account_to_become(daemon_user); account && *account)
    readers = (*account)->group;
  return {std::make_shared<backends::DirectoryKeys>(directory),
          std::make_shared<backends::KeyDirectory>(directory, readers),
          std::make_shared<backends::KeyStateFiles>(directory, readers)};
}

Result<std::unique_ptr<ports::Hook>, std::string> start_chore_hook() {
  return backends::start_hook_helper();
}

Result<StatusTools, conf::Complaint> open_status_tools() {
  const auto module = backends::open_status_module();
  if (!module) return Unexpected{module.fault()};
  return StatusTools{(*module)->answer, (*module)->metrics_text};
}

std::vector<std::pair<std::string, std::string>> library_versions() {
  auto versions = backends::library_versions();
  versions.insert(versions.begin(), {"libmilter", front::libmilter_version()});
  return versions;
}

}  // namespace milterward
