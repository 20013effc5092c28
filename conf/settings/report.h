// SPDX-License-Identifier: Apache-2.0
// What owners of domains are told of mail in their name, and by whom. [report]
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace milterward::conf {

struct ReportSettings {
  bool sends;
  std::string from;          // an address; "" only where nothing is sent
  std::string organization;  // "" for the domain of `from`
  std::string contact;       // "" for none
  std::string smtp;          // conf/listen_address.h
  std::chrono::milliseconds every;
  std::string file;
  std::size_t max_size;         // of the file, in MB
  std::size_t max_rows;         // of one report
  std::size_t per_destination;  // reports a day to one address
  std::chrono::milliseconds keep;
  std::chrono::milliseconds suppress;

  bool operator==(const ReportSettings&) const = default;
};

}  // namespace milterward::conf
