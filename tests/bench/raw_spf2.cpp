// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/raw_spf2.h"

// The headers of libspf2 declare neither their needs nor their language.
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>

#include <cstddef>
extern "C" {
#include <spf2/spf.h>
#include <spf2/spf_dns_rr.h>
}

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>

#include "policy/base/unreachable.h"

namespace milterward::bench {
namespace {

using ports::DnsAnswer;
using ports::DnsOutcome;
using ports::DnsType;
using ports::SpfResult;

/// The place for one resource record of at least `size` octets.
SPF_dns_rr_data_t* next_place(SPF_dns_rr_t* rr, std::size_t size) noexcept {
  size = std::max(size, sizeof(SPF_dns_rr_data_t));
  if (SPF_dns_rr_buf_realloc(rr, rr->num_rr, size) != SPF_E_SUCCESS) std::abort();
  return rr->rr[rr->num_rr++];
}

SPF_dns_rr_t* on_lookup(SPF_dns_server_t* server, const char* domain, ns_type type,
                        int) noexcept {
  const auto& dns = *static_cast<const MemoryDns*>(server->hook);
  const auto& answer = *dns.find(domain, static_cast<DnsType>(type));
  const bool found = answer.outcome == DnsOutcome::found;
  auto* rr =
      SPF_dns_rr_new_init(server, domain, type, 0, found ? NETDB_SUCCESS : HOST_NOT_FOUND);
  if (!rr) std::abort();
  for (const auto& text : answer.texts)
    std::memcpy(next_place(rr, text.size() + 1)->txt, text.c_str(), text.size() + 1);
  for (const auto& exchange : answer.exchanges)
    std::memcpy(next_place(rr, exchange.host.size() + 1)->mx, exchange.host.c_str(),
                exchange.host.size() + 1);
  for (const auto& address : answer.addresses)  // IPv4 all of them
    std::memcpy(&next_place(rr, 0)->a, address.octets().data(), sizeof(in_addr));
  return rr;
}

SpfResult result_of(SPF_response_t* response) {
  switch (SPF_response_result(response)) {
    case SPF_RESULT_INVALID:
    case SPF_RESULT_NONE:
      return SpfResult::none;
    case SPF_RESULT_NEUTRAL:
      return SpfResult::neutral;
    case SPF_RESULT_PASS:
      return SpfResult::pass;
    case SPF_RESULT_FAIL:
      return SpfResult::fail;
    case SPF_RESULT_SOFTFAIL:
      return SpfResult::softfail;
    case SPF_RESULT_TEMPERROR:
      return SpfResult::temperror;
    case SPF_RESULT_PERMERROR:
      return SpfResult::permerror;
  }
  unreachable();
}

}  // namespace

struct RawSpf2::Server {
  SPF_dns_server_t dns{};
  std::unique_ptr<SPF_server_t, decltype(&SPF_server_free)> server{nullptr,
                                                                   &SPF_server_free};
};

RawSpf2::RawSpf2(const MemoryDns& dns) : server_(std::make_unique<Server>()) {
  server_->dns.lookup = &on_lookup;
  server_->dns.name = "memory";
  server_->dns.hook = const_cast<MemoryDns*>(&dns);  // on_lookup takes it back as const
  server_->server.reset(SPF_server_new_dns(&server_->dns, 0));
  if (!server_->server) throw std::bad_alloc{};
  SPF_response_t* response = nullptr;
  // The default text has macros: expanding them for every fail is not our comparison.
  SPF_server_set_explanation(server_->server.get(), "none", &response);
  SPF_response_free(response);
}

RawSpf2::~RawSpf2() = default;

SpfResult RawSpf2::check(const ports::SpfQuery& query) const {
  const std::unique_ptr<SPF_request_t, decltype(&SPF_request_free)> request{
      SPF_request_new(server_->server.get()), &SPF_request_free};
  if (!request) throw std::bad_alloc{};
  in_addr client{};
  std::memcpy(&client, query.client.octets().data(), sizeof client);
  SPF_request_set_ipv4(request.get(), client);
  SPF_request_set_helo_dom(request.get(), query.helo.c_str());
  SPF_request_set_env_from(request.get(),
                           (query.sender_local + "@" + query.sender_domain).c_str());
  SPF_response_t* raw = nullptr;
  SPF_request_query_mailfrom(request.get(), &raw);
  const std::unique_ptr<SPF_response_t, decltype(&SPF_response_free)> response{
      raw, &SPF_response_free};
  return response ? result_of(response.get()) : SpfResult::temperror;
}

}  // namespace milterward::bench
