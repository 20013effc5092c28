// SPDX-License-Identifier: Apache-2.0
#include "milter/attach/postfix_setup.h"

#include <algorithm>
#include <utility>

#include "policy/base/ascii.h"

namespace milterward::attach {
namespace {

using Pair = std::pair<std::string, std::string>;

std::vector<Pair> pairs_in(std::string_view text) {
  std::vector<Pair> pairs;
  for (const auto line : split(text, '\n')) {
    const auto equals = line.find(" =");
    if (equals == std::string_view::npos || equals == 0) continue;
    pairs.emplace_back(line.substr(0, equals), trim(line.substr(equals + 2)));
  }
  return pairs;
}

/// "smtp/inet/chroot" -> "smtp/inet", "chroot"
Pair service_and_field(const std::string& name) {
  const auto slash = name.rfind('/');
  if (slash == std::string::npos) return {"", name};
  return {name.substr(0, slash), name.substr(slash + 1)};
}

std::string_view found(const Settings& settings, std::string_view parameter) {
  const auto at = settings.find(parameter);
  return at == settings.end() ? std::string_view{} : at->second;
}

Service& service_named(std::vector<Service>& services, const std::string& name) {
  const auto at = std::ranges::find(services, name, &Service::name);
  if (at != services.end()) return *at;
  services.push_back({name, "", "-", {}});
  return services.back();
}

}  // namespace

std::string_view PostfixSetup::written_of(std::string_view parameter) const {
  return found(written, parameter);
}

std::string_view PostfixSetup::meant_of(std::string_view parameter) const {
  return found(meant, parameter);
}

bool PostfixSetup::is_chrooted(const Service& service) const {
  const auto level = meant_of("compatibility_level");
  const bool is_of_old = level.empty() || level == "0";
  return service.chroot == "y" || (service.chroot == "-" && is_of_old);
}

bool PostfixSetup::filters_are_chrooted() const {
  return std::ranges::any_of(services, [&](const Service& service) {
    return (service.program == "smtpd" || service.program == "cleanup") &&
           is_chrooted(service);
  });
}

Settings parse_settings(std::string_view postconf) {
  Settings settings;
  for (auto& [name, value] : pairs_in(postconf)) settings[std::move(name)] = value;
  return settings;
}

std::vector<Service> parse_services(std::string_view chroots, std::string_view commands,
                                    std::string_view overrides) {
  std::vector<Service> services;
  for (const auto& [name, value] : pairs_in(chroots))
    service_named(services, service_and_field(name).first).chroot = value;
  for (const auto& [name, value] : pairs_in(commands)) {
    auto& service = service_named(services, service_and_field(name).first);
    service.program = value.substr(0, value.find(' '));
  }
  for (const auto& [name, value] : pairs_in(overrides)) {
    const auto [service, parameter] = service_and_field(name);
    service_named(services, service).overrides[parameter] = value;
  }
  return services;
}

}  // namespace milterward::attach
