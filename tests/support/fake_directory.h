// SPDX-License-Identifier: Apache-2.0
// A directory beside the configuration that knows nothing, or does not answer.
#pragma once

#include <stdexcept>
#include <string>

#include "policy/ports/directory.h"

namespace milterward::tests {

class FakeDirectory final : public ports::Directory {
 public:
  /// "silent", "silent about classes" or "answers"; at first it has no say in anything.
  void answer(const std::string& how) {
    if (how != "silent" && how != "silent about classes" && how != "answers")
      throw std::runtime_error("no such directory: " + how);
    has_a_say_ = true;
    knows_nothing_of_all_ = how == "silent";
    knows_nothing_of_classes_ = how != "answers";
  }

  bool knows_domains() const noexcept override { return has_a_say_; }
  bool knows_owners() const noexcept override { return has_a_say_; }
  ports::DirectoryResult<bool> is_ours(const Domain&, Deadline) const override {
    return nothing<bool>(knows_nothing_of_all_);
  }
  ports::DirectoryResult<bool> may_use(std::string_view, const MailAddress&,
                                       Deadline) const override {
    return nothing<bool>(knows_nothing_of_all_);
  }
  ports::DirectoryResult<std::string> class_of(std::string_view, Deadline) const override {
    return nothing<std::string>(knows_nothing_of_classes_);
  }
  ports::DirectoryResult<bool> is_established(std::string_view, Deadline) const override {
    return nothing<bool>(knows_nothing_of_classes_);
  }

 private:
  template <class Answer>
  static ports::DirectoryResult<Answer> nothing(bool is_silent) {
    if (is_silent) return Unexpected{ports::DirectoryFault::silent};
    return Answer{};
  }

  bool has_a_say_ = false;
  bool knows_nothing_of_all_ = false;
  bool knows_nothing_of_classes_ = false;
};

}  // namespace milterward::tests
