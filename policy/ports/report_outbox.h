// SPDX-License-Identifier: Apache-2.0
// What one host of a site has to hand over (shared_reports.h), in its own file. A period
// that is over is sealed: rows that come later begin another one. Before it is handed over
// for the first time that is written down, since from then on only the shared store can
// say whether it has it; what was never offered the host may still report alone. What is
// sealed at a time bears a name that nobody else has made, so that hosts whose files are
// copies of one another are not taken for one host that says everything twice.
//
//   open  --seal-->  sealed  --offer-->  offered  --handed_over-->  gone
//                    sealed  --keep_alone-->  reported as if there were no other host
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "policy/ports/shared_reports.h"

namespace milterward::ports {

class ReportOutbox {
 public:
  virtual ~ReportOutbox() = default;

  /// Seals what ended at `time` or before; how many that were.
  virtual Stored<std::size_t> seal(std::chrono::seconds time, std::chrono::seconds now) = 0;
  /// The first rows of the oldest that is sealed; none when all is handed over. The same
  /// rows each time, until they are gone.
  virtual Stored<std::optional<HandedRows>> next(std::size_t most) = 0;
  /// Writes down that they are offered; false: they are to be reported alone.
  virtual Stored<bool> offer(const HandedRows& rows) = 0;
  /// Takes them away; false: another process was first.
  virtual Stored<bool> handed_over(const HandedRows& rows) = 0;
  /// What was sealed at `time` or before, and never offered, is this host's alone from here
  /// on; all that is.
  virtual Stored<std::vector<OpenReport>> keep_alone(std::chrono::seconds time) = 0;

  /// Marks of reports that came back and that this host did not send.
  virtual Stored<std::vector<std::string>> returned() = 0;
  virtual Stored<bool> forget_returned(const std::string& mark) = 0;
};

}  // namespace milterward::ports
