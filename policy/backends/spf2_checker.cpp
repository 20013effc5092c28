// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/spf2_checker.h"

// The headers of libspf2 declare neither their needs nor their language.
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>

#include <cstddef>
extern "C" {
#include <spf2/spf.h>
#include <spf2/spf_dns_rr.h>
}

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "policy/auth/spf/limits.h"
#include "policy/base/ascii.h"
#include "policy/base/c_boundary.h"
#include "policy/base/unreachable.h"

namespace milterward::backends {

/// The functions of libspf2 that we call.
struct Spf2Library {
  decltype(&SPF_server_new_dns) server_new_dns;
  decltype(&SPF_server_free) server_free;
  decltype(&SPF_server_set_max_dns_mech) set_max_dns_mech;
  decltype(&SPF_server_set_explanation) set_explanation;
  decltype(&SPF_request_new) request_new;
  decltype(&SPF_request_free) request_free;
  decltype(&SPF_request_set_ipv4) set_ipv4;
  decltype(&SPF_request_set_helo_dom) set_helo_dom;
  decltype(&SPF_request_set_env_from) set_env_from;
  decltype(&SPF_request_query_mailfrom) query_mailfrom;
  decltype(&SPF_response_free) response_free;
  decltype(&SPF_response_result) response_result;
  decltype(&SPF_response_reason) response_reason;
  decltype(&SPF_dns_rr_new_init) rr_new_init;
  decltype(&SPF_dns_rr_buf_realloc) rr_buf_realloc;
};

namespace {

using auth::SpfDirective;
using auth::SpfEvaluation;
using auth::SpfMechanism;
using auth::SpfRecordPtr;
using auth::SpfRedirect;
using auth::SpfScope;
using auth::SpfStop;
using ports::SpfResult;

constexpr const char* library_file = "libspf2.so.2";
constexpr std::string_view stand_in_suffix = ".spf.invalid";
// Stands for any client: a term that matches is answered with this address.
constexpr std::uint32_t stand_in_client = 0xC0000201;  // 192.0.2.1
// Terms are counted by SpfEvaluation; libspf2 also counts those that ask no DNS for us.
constexpr int no_limit_of_its_own = 1000;

std::string stand_in(std::size_t token) {
  return fmt::format("t{}{}", token, stand_in_suffix);
}

std::optional<std::size_t> token_of(std::string_view name) {
  if (!name.starts_with('t') || !name.ends_with(stand_in_suffix)) return std::nullopt;
  name.remove_prefix(1);
  name.remove_suffix(stand_in_suffix.size());
  std::size_t token = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), token);
  if (error != std::errc{} || end != name.data() + name.size()) return std::nullopt;
  return token;
}

char qualifier_of(SpfResult result) {
  switch (result) {
    case SpfResult::pass:
      return '+';
    case SpfResult::fail:
      return '-';
    case SpfResult::softfail:
      return '~';
    case SpfResult::neutral:
      return '?';
    case SpfResult::none:
    case SpfResult::temperror:
    case SpfResult::permerror:
      break;
  }
  unreachable();
}

/// One check: what the stand-ins mean, and how far libspf2 has come.
class Walk {
 public:
  Walk(const Spf2Library& library, SpfEvaluation& evaluation, const ports::SpfQuery& query,
       SpfScope first)
      : library_(library), evaluation_(evaluation), client_(query.client) {
    tokens_.push_back({});
    first_ = std::move(first);
  }

  struct Decision {
    SpfResult result;
    std::string mechanism;
    std::string reason;
    SpfRecordPtr record;
    SpfScope scope;
  };
  Decision run();

 private:
  struct Token {
    std::size_t place = 0;  // of the record that has the term
    const SpfDirective* directive = nullptr;
    const SpfRedirect* redirect = nullptr;
  };
  /// A record libspf2 was given.
  struct Place {
    SpfScope scope;
    SpfRecordPtr record;
    std::optional<std::size_t> included_by;  // token
  };

  static SPF_dns_rr_t* on_lookup(SPF_dns_server_t* server, const char* domain, ns_type type,
                                 int) noexcept;
  SPF_dns_rr_t* answer(SPF_dns_server_t* server, const char* domain, ns_type type);
  SPF_dns_rr_t* empty_answer(SPF_dns_server_t* server, const char* domain, ns_type type,
                             SPF_dns_stat_t status) const;
  std::optional<std::string> record_behind(std::size_t token);
  std::optional<bool> term_matches(std::size_t token);
  Result<std::optional<SpfScope>, SpfStop> scope_behind(const Token& token);
  std::string stand_in_record(std::size_t place);
  std::string add_stand_in(Token token);
  Decision decision_of(const SPF_response_t* response) const;

  const Spf2Library& library_;
  SpfEvaluation& evaluation_;
  IpAddress client_;
  SpfScope first_;
  std::vector<Token> tokens_;
  std::vector<Place> places_;
  std::optional<std::size_t> matched_;  // the token of the last match
  std::optional<SpfStop> stop_;         // ends the check whatever libspf2 makes of it
};

Walk::Decision Walk::run() {
  SPF_dns_server_t dns{};
  dns.lookup = &Walk::on_lookup;
  dns.name = "milterward";
  dns.hook = this;

  const auto& lib = library_;
  const std::unique_ptr<SPF_server_t, decltype(lib.server_free)> server{
      lib.server_new_dns(&dns, 0), lib.server_free};
  if (!server) throw std::bad_alloc{};
  lib.set_max_dns_mech(server.get(), no_limit_of_its_own);
  SPF_response_t* raw = nullptr;
  lib.set_explanation(server.get(), "none", &raw);  // exp= is ours; the default has macros
  std::unique_ptr<SPF_response_t, decltype(lib.response_free)> response{raw,
                                                                        lib.response_free};
  const std::unique_ptr<SPF_request_t, decltype(lib.request_free)> request{
      lib.request_new(server.get()), lib.request_free};
  if (!request) throw std::bad_alloc{};
  lib.set_ipv4(request.get(), in_addr{htonl(stand_in_client)});
  const auto domain = stand_in(0);
  lib.set_helo_dom(request.get(), domain.c_str());
  lib.set_env_from(request.get(), ("postmaster@" + domain).c_str());
  raw = nullptr;  // filled even when the query fails
  lib.query_mailfrom(request.get(), &raw);
  response.reset(raw);
  return decision_of(response.get());
}

Walk::Decision Walk::decision_of(const SPF_response_t* response) const {
  if (stop_) return {stop_->result, "", stop_->reason, nullptr, {}};
  auto* answered = const_cast<SPF_response_t*>(response);  // its readers take no const
  if (!answered) return {SpfResult::temperror, "", "libspf2 gave no answer", nullptr, {}};
  const auto result = [&]() -> std::optional<SpfResult> {
    switch (library_.response_result(answered)) {
      case SPF_RESULT_NEUTRAL:
        return SpfResult::neutral;
      case SPF_RESULT_PASS:
        return SpfResult::pass;
      case SPF_RESULT_FAIL:
        return SpfResult::fail;
      case SPF_RESULT_SOFTFAIL:
        return SpfResult::softfail;
      case SPF_RESULT_INVALID:
      case SPF_RESULT_NONE:
      case SPF_RESULT_TEMPERROR:
      case SPF_RESULT_PERMERROR:
        break;
    }
    return std::nullopt;
  }();
  // Every fault of a record or of DNS has stopped the walk already: this one is libspf2's.
  if (!result)
    return {SpfResult::temperror, "", "libspf2 could not walk the record", nullptr, {}};
  if (library_.response_reason(answered) != SPF_REASON_MECH || !matched_)
    return {*result, "", "no mechanism matched", places_.front().record, first_};
  auto token = tokens_[*matched_];
  while (const auto include = places_[token.place].included_by) token = tokens_[*include];
  const auto& place = places_[token.place];
  return {*result, token.directive->text, "", place.record, place.scope};
}

SPF_dns_rr_t* Walk::on_lookup(SPF_dns_server_t* server, const char* domain, ns_type type,
                              int) noexcept {
  auto* walk = static_cast<Walk*>(server->hook);
  auto* rr = at_c_boundary<SPF_dns_rr_t*>(
      "libspf2 lookup", nullptr, [&] { return walk->answer(server, domain, type); });
  if (rr) return rr;
  if (!walk->stop_) walk->stop_ = SpfStop{SpfResult::temperror, "internal fault"};
  return walk->library_.rr_new_init(server, domain, type, 0, TRY_AGAIN);
}

SPF_dns_rr_t* Walk::empty_answer(SPF_dns_server_t* server, const char* domain, ns_type type,
                                 SPF_dns_stat_t status) const {
  auto* rr = library_.rr_new_init(server, domain, type, 0, status);
  if (!rr) throw std::bad_alloc{};
  return rr;
}

SPF_dns_rr_t* Walk::answer(SPF_dns_server_t* server, const char* domain, ns_type type) {
  const auto token = token_of(domain);
  const bool known = token && *token < tokens_.size();
  if (!known || (type != ns_t_txt && type != ns_t_a))
    return empty_answer(server, domain, type, NO_DATA);
  if (stop_) return empty_answer(server, domain, type, TRY_AGAIN);

  std::string text;
  if (type == ns_t_txt) {
    auto record = record_behind(*token);
    if (!record) return empty_answer(server, domain, type, TRY_AGAIN);
    text = std::move(*record);
  } else {
    const auto match = term_matches(*token);
    if (!match) return empty_answer(server, domain, type, TRY_AGAIN);
    if (!*match) return empty_answer(server, domain, type, NO_DATA);
  }
  auto* rr = empty_answer(server, domain, type, NETDB_SUCCESS);
  const std::size_t size = std::max(text.size() + 1, sizeof(SPF_dns_rr_data_t));
  if (library_.rr_buf_realloc(rr, 0, size) != SPF_E_SUCCESS) {
    rr->herrno = TRY_AGAIN;
    return rr;
  }
  if (type == ns_t_txt)
    std::memcpy(rr->rr[0]->txt, text.c_str(), text.size() + 1);
  else
    rr->rr[0]->a = in_addr{htonl(stand_in_client)};
  rr->num_rr = 1;
  return rr;
}

Result<std::optional<SpfScope>, SpfStop> Walk::scope_behind(const Token& token) {
  if (token.directive)
    return evaluation_.enter(*token.directive, places_[token.place].scope);
  if (!token.redirect) return std::optional{first_};
  auto scope = evaluation_.follow(*token.redirect, places_[token.place].scope);
  if (!scope) return Unexpected{scope.fault()};
  return std::optional{std::move(*scope)};
}

/// The stand-in record for the domain behind an include, a redirect or the check itself;
/// nothing when the check ends here.
std::optional<std::string> Walk::record_behind(std::size_t number) {
  const auto token = tokens_[number];
  const auto scope = scope_behind(token);
  if (!scope) {
    stop_ = scope.fault();
    return std::nullopt;
  }
  if (!scope->has_value()) return "v=spf1";  // cannot match: neutral does not
  auto record = evaluation_.fetch_record(**scope);
  if (!record) {
    stop_ = record.fault();
    const bool is_first = !token.directive && !token.redirect;
    if (!is_first && stop_->result == SpfResult::none)  // RFC 7208 sections 5.2 and 6.1
      stop_ = SpfStop{SpfResult::permerror,
                      fmt::format("{}: {}", (*scope)->term, stop_->reason)};
    return std::nullopt;
  }
  auto included_by = token.directive ? std::optional{number} : std::nullopt;
  if (token.redirect) included_by = places_[token.place].included_by;
  places_.push_back({**scope, std::move(*record), included_by});
  return stand_in_record(places_.size() - 1);
}

std::string Walk::add_stand_in(Token token) {
  tokens_.push_back(token);
  return stand_in(tokens_.size() - 1);
}

/// Short enough for libspf2, which loses what is over 511 octets compiled: terms that
/// cannot match are left out, and so is what stands behind the last one that can be asked.
std::string Walk::stand_in_record(std::size_t place) {
  const auto& record = *places_[place].record;
  std::string text = "v=spf1";
  unsigned asking = 0;
  for (const auto& directive : record.directives) {
    const char qualifier = qualifier_of(directive.qualifier);
    const bool asks = auth::asks_dns(directive.mechanism);
    const bool matches = directive.mechanism == SpfMechanism::all ||
                         (!asks && directive.network.contains(client_));
    if (!asks && !matches) continue;
    const auto* name = directive.mechanism == SpfMechanism::include ? "include" : "a";
    text += fmt::format(" {}{}:{}", qualifier, name, add_stand_in({place, &directive, {}}));
    if (matches) return text;
    if (asks && ++asking > auth::spf_lookup_limit) return text;  // ends in permerror
  }
  if (record.redirect)
    text += " redirect=" + add_stand_in({place, nullptr, &*record.redirect});
  return text;
}

std::optional<bool> Walk::term_matches(std::size_t number) {
  const auto token = tokens_[number];
  if (!token.directive || token.directive->mechanism == SpfMechanism::include) return false;
  const auto match = evaluation_.matches(*token.directive, places_[token.place].scope);
  if (!match) {
    stop_ = match.fault();
    return std::nullopt;
  }
  if (*match) matched_ = number;
  return *match;
}

void on_error(const char*, int, const char* message) noexcept {
  log_event(Event::callback_failed, {{"where", "libspf2"}, {"reason", message}});
  std::abort();  // the library would, too: it cannot go on
}
void ignore_message(const char*, int, const char*) noexcept {}

template <class Symbol>
bool find_symbol(void* handle, const char* name, Symbol& symbol) {
  void* found = dlsym(handle, name);
  static_assert(sizeof(symbol) == sizeof(found));
  std::memcpy(&symbol, &found, sizeof(symbol));
  return found != nullptr;
}

/// The handlers are the process's: set once, before any check.
bool set_handlers(void* handle) {
  using Handler = void (*)(const char*, int, const char*);
  struct Named {
    const char* name;
    Handler handler;
  };
  for (const auto& [name, handler] : {Named{"SPF_error_handler", &on_error},
                                      Named{"SPF_warning_handler", &ignore_message},
                                      Named{"SPF_info_handler", &ignore_message},
                                      Named{"SPF_debug_handler", &ignore_message}}) {
    Handler* place = nullptr;
    if (!find_symbol(handle, name, place)) return false;
    *place = handler;
  }
  return true;
}

Result<std::shared_ptr<const Spf2Library>, std::string> open_library() {
  const auto failed = [] {
    const char* why = dlerror();
    return Unexpected{fmt::format("{} cannot be loaded: {}; install the package libspf2-2",
                                  library_file, why ? why : "it lacks functions")};
  };
  // Never closed: a thread may still be inside when the configuration changes.
  void* handle = dlopen(library_file, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (!handle) return failed();
  auto library = std::make_shared<Spf2Library>();
  auto& lib = *library;
  const bool complete =
      find_symbol(handle, "SPF_server_new_dns", lib.server_new_dns) &&
      find_symbol(handle, "SPF_server_free", lib.server_free) &&
      find_symbol(handle, "SPF_server_set_max_dns_mech", lib.set_max_dns_mech) &&
      find_symbol(handle, "SPF_server_set_explanation", lib.set_explanation) &&
      find_symbol(handle, "SPF_request_new", lib.request_new) &&
      find_symbol(handle, "SPF_request_free", lib.request_free) &&
      find_symbol(handle, "SPF_request_set_ipv4", lib.set_ipv4) &&
      find_symbol(handle, "SPF_request_set_helo_dom", lib.set_helo_dom) &&
      find_symbol(handle, "SPF_request_set_env_from", lib.set_env_from) &&
      find_symbol(handle, "SPF_request_query_mailfrom", lib.query_mailfrom) &&
      find_symbol(handle, "SPF_response_free", lib.response_free) &&
      find_symbol(handle, "SPF_response_result", lib.response_result) &&
      find_symbol(handle, "SPF_response_reason", lib.response_reason) &&
      find_symbol(handle, "SPF_dns_rr_new_init", lib.rr_new_init) &&
      find_symbol(handle, "SPF_dns_rr_buf_realloc", lib.rr_buf_realloc);
  if (!complete || !set_handlers(handle)) return failed();
  return std::shared_ptr<const Spf2Library>{std::move(library)};
}

}  // namespace

Result<std::shared_ptr<const Spf2Checker>, std::string> Spf2Checker::load(
    auth::SpfHost host) {
  static const auto library = open_library();
  if (!library) return Unexpected{library.fault()};
  return std::shared_ptr<const Spf2Checker>{
      std::make_shared<Spf2Checker>(*library, std::move(host))};
}

Spf2Checker::Spf2Checker(std::shared_ptr<const Spf2Library> library, auth::SpfHost host)
    : library_(std::move(library)), host_(std::move(host)) {}

ports::SpfFinding Spf2Checker::check(const ports::SpfQuery& query, ports::Resolver& dns,
                                     Deadline deadline) const {
  SpfEvaluation evaluation{query, host_, dns, deadline};
  ports::SpfFinding finding;
  finding.domain = evaluation.domain();
  const auto scope = evaluation.begin();
  if (!scope) {
    finding.result = scope.fault().result;
    finding.reason = scope.fault().reason;
    return finding;
  }
  auto decision = Walk{*library_, evaluation, query, *scope}.run();
  finding.result = decision.result;
  finding.mechanism = std::move(decision.mechanism);
  finding.reason = printable(decision.reason, auth::spf_reason_limit * 2);
  if (decision.result == SpfResult::fail)
    finding.explanation = evaluation.fetch_explanation(*decision.record, decision.scope);
  finding.steps = evaluation.take_steps();
  return finding;
}

}  // namespace milterward::backends
