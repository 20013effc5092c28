// SPDX-License-Identifier: Apache-2.0
// What somebody asks by HTTP, and what is answered, free of any library.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "policy/mail/network.h"

namespace milterward::ports {

struct WebRequest {
  std::string path;                               // decoded; "/metrics"
  std::map<std::string, std::string> parameters;  // decoded; the first of each name
  std::string host;                               // as asked, with its port
  std::string authorization;
  IpAddress client = {};
};

struct WebAnswer {
  int status = 200;
  std::string type = "text/plain; charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers = {};
};

using WebSite = std::function<WebAnswer(const WebRequest&)>;

}  // namespace milterward::ports
