// SPDX-License-Identifier: Apache-2.0
// Reports of a site of several hosts: a store that all of them reach. Each hands over the
// rows of its periods that are over, under numbers that rise, so that what is handed over
// twice counts once; and one of them at a time, who has the lease, makes and sends the
// reports. What only the holder may write is refused to who has lost the lease meanwhile;
// a delivery belongs to who claimed it, lease or not.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "policy/ports/report_store.h"

namespace milterward::ports {

/// Some of the rows of one period of one host, which do not change any more.
struct HandedRows {
  std::string batch;        // of what was sealed with it
  std::int64_t number = 0;  // of the period in its batch; higher than those before
  OpenReport open;          // its `parts` say which rows of the period these are
  std::vector<CountedText> rows;
};

class SharedReports : public ReportStore {
 public:
  /// Adds them to those of other hosts; false: they are there already.
  virtual Stored<bool> take(const HandedRows& rows) = 0;
  /// The lease, for a time of the store's; false: another host has it.
  virtual Stored<bool> lead() = 0;
  /// Whether it is ours, as far as is known here: false once something was refused.
  virtual bool leads() const noexcept = 0;
  /// Gives the lease back, if it is still ours.
  virtual Stored<bool> leave() = 0;
  /// What the store throws away when it is full; "" for nothing, or where it does not say.
  virtual const std::string& eviction() const noexcept = 0;
  /// As ReportFile::note_returned().
  virtual Stored<std::string> note_returned(const std::string& mark,
                                            std::chrono::seconds now,
                                            std::chrono::seconds until) = 0;
};

}  // namespace milterward::ports
