// SPDX-License-Identifier: Apache-2.0
// log.facts as a file: stanzas appended to what is there. One write a stanza, so that those
// of several threads, or of the daemon before and after a reload, never mix.
#pragma once

#include <memory>
#include <string>

#include "policy/backends/file_descriptor.h"
#include "policy/base/result.h"
#include "policy/ports/facts_log.h"

namespace milterward::backends {

class FactsFile final : public ports::FactsLog {
 public:
  /// Opens for appending, made with mode 0640 if missing. The fault names path and cause.
  static Result<std::shared_ptr<FactsFile>, std::string> open(const std::string& path);

  FactsFile(FileDescriptor file, std::string path);
  void append(std::string_view stanza) noexcept override;

 private:
  FileDescriptor file_;
  std::string path_;
};

}  // namespace milterward::backends
