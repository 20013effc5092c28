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

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <optional>
#include <utility>

#include "policy/auth/spf/limits.h"
#include "policy/backends/spf2_stand_ins.h"
#include "policy/base/ascii.h"
#include "policy/base/c_boundary.h"
#include "policy/base/sink.h"

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

using ports::SpfResult;

constexpr const char* library_file = "libspf2.so.2";
// Stands for any client: a term that matches is answered with this address.
constexpr std::uint32_t stand_in_client = 0xC0000201;  // 192.0.2.1
// Terms are counted by SpfEvaluation; libspf2 also counts those that ask no DNS for us.
constexpr int no_limit_of_its_own = 1000;

/// One run of libspf2 over stand-ins.
class Walk {
 public:
  Walk(const Spf2Library& library, Spf2StandIns& stand_ins)
      : library_(library), stand_ins_(stand_ins) {}

  struct Decision {
    SpfResult result = SpfResult::temperror;
    std::string reason;
    std::optional<Spf2StandIns::Match> match = {};
  };
  Decision run();

 private:
  static SPF_dns_rr_t* on_lookup(SPF_dns_server_t* server, const char* domain, ns_type type,
                                 int) noexcept;
  SPF_dns_rr_t* answer(SPF_dns_server_t* server, const char* domain, ns_type type);
  SPF_dns_rr_t* new_answer(SPF_dns_server_t* server, const char* domain, ns_type type,
                           SPF_dns_stat_t status) const;
  Decision decision_of(SPF_response_t* response) const;

  const Spf2Library& library_;
  Spf2StandIns& stand_ins_;
};

Walk::Decision Walk::run() {
  SPF_dns_server_t dns{};
  dns.lookup = &Walk::on_lookup;
  dns.name = "milterward";
  dns.hook = this;

  const auto& lib = library_;
  using Response = std::unique_ptr<SPF_response_t, decltype(lib.response_free)>;
  const std::unique_ptr<SPF_server_t, decltype(lib.server_free)> server{
      lib.server_new_dns(&dns, 0), lib.server_free};
  if (!server) throw std::bad_alloc{};
  lib.set_max_dns_mech(server.get(), no_limit_of_its_own);
  SPF_response_t* raw = nullptr;
  lib.set_explanation(server.get(), "none", &raw);  // exp= is ours; the default has macros
  const Response unused{std::exchange(raw, nullptr), lib.response_free};
  const std::unique_ptr<SPF_request_t, decltype(lib.request_free)> request{
      lib.request_new(server.get()), lib.request_free};
  if (!request) throw std::bad_alloc{};
  lib.set_ipv4(request.get(), in_addr{htonl(stand_in_client)});
  const auto domain = Spf2StandIns::first_name();
  lib.set_helo_dom(request.get(), domain.c_str());
  lib.set_env_from(request.get(), ("postmaster@" + domain).c_str());
  lib.query_mailfrom(request.get(), &raw);  // fills it even when the query fails
  const Response response{raw, lib.response_free};
  return decision_of(response.get());
}

Walk::Decision Walk::decision_of(SPF_response_t* response) const {
  if (const auto& stop = stand_ins_.stop()) return {stop->result, stop->reason};
  if (!response) return {SpfResult::temperror, "libspf2 gave no answer"};
  const auto result = [&]() -> std::optional<SpfResult> {
    switch (library_.response_result(response)) {
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
  if (!result) return {SpfResult::temperror, "libspf2 could not walk the record"};
  if (library_.response_reason(response) != SPF_REASON_MECH)
    return {SpfResult::neutral, "no mechanism matched"};
  return {*result, "", stand_ins_.match()};
}

SPF_dns_rr_t* Walk::on_lookup(SPF_dns_server_t* server, const char* domain, ns_type type,
                              int) noexcept {
  auto* walk = static_cast<Walk*>(server->hook);
  auto* rr = at_c_boundary<SPF_dns_rr_t*>(
      // cppcheck-suppress throwInNoexceptFunction; at_c_boundary lets nothing out
      "libspf2 lookup", nullptr, [&] { return walk->answer(server, domain, type); });
  if (rr) return rr;
  walk->stand_ins_.fail();
  return walk->library_.rr_new_init(server, domain, type, 0, TRY_AGAIN);
}

SPF_dns_rr_t* Walk::new_answer(SPF_dns_server_t* server, const char* domain, ns_type type,
                               SPF_dns_stat_t status) const {
  auto* rr = library_.rr_new_init(server, domain, type, 0, status);
  if (!rr) throw std::bad_alloc{};
  return rr;
}

SPF_dns_rr_t* Walk::answer(SPF_dns_server_t* server, const char* domain, ns_type type) {
  if (!stand_ins_.knows(domain) || (type != ns_t_txt && type != ns_t_a))
    return new_answer(server, domain, type, NO_DATA);
  if (stand_ins_.stop()) return new_answer(server, domain, type, TRY_AGAIN);

  std::string text;
  if (type == ns_t_txt) {
    auto record = stand_ins_.record_behind(domain);
    if (!record) return new_answer(server, domain, type, TRY_AGAIN);
    text = std::move(*record);
  } else {
    const auto match = stand_ins_.term_matches(domain);
    if (!match) return new_answer(server, domain, type, TRY_AGAIN);
    if (!*match) return new_answer(server, domain, type, NO_DATA);
  }
  auto* rr = new_answer(server, domain, type, NETDB_SUCCESS);
  const std::size_t size = std::max(text.size() + 1, sizeof(SPF_dns_rr_data_t));
  if (library_.rr_buf_realloc(rr, 0, size) != SPF_E_SUCCESS) {
    stand_ins_.fail();
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
  auth::SpfEvaluation evaluation{query, host_, dns, deadline};
  ports::SpfFinding finding;
  finding.domain = evaluation.domain();
  const auto scope = evaluation.begin();
  if (!scope) {
    finding.result = scope.fault().result;
    finding.reason = scope.fault().reason;
    return finding;
  }
  Spf2StandIns stand_ins{evaluation, query.client, *scope};
  const auto decision = Walk{*library_, stand_ins}.run();
  finding.result = decision.result;
  finding.reason = printable(decision.reason, auth::spf_reason_limit * 2);
  if (const auto& match = decision.match) {
    finding.mechanism = match->mechanism;
    if (decision.result == SpfResult::fail)
      finding.explanation = evaluation.fetch_explanation(*match->record, match->scope);
  }
  finding.steps = evaluation.take_steps();
  return finding;
}

}  // namespace milterward::backends
