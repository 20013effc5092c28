// SPDX-License-Identifier: Apache-2.0
// What becomes of the configuration of another daemon: keys of ours, each with the place it
// came from, and one finding for everything that daemon was told. Several daemons fill one
// draft. Values are kept as text; which keys are lists, numbers or truth values is known to
// the key table alone (write.h).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace milterward::importing {

/// Where something was said, and its words.
struct Origin {
  std::string file;
  unsigned line = 0;  // from 1; 0: nowhere, a default of the old daemon
  std::string said;
  bool operator==(const Origin&) const = default;
};

enum class Outcome {
  translated,
  covered,         // our default does it, or nothing of ours needs it
  look,            // translated in part, or otherwise than the postmaster may expect
  no_counterpart,  // lost, and why
};

struct Finding {
  Outcome outcome;
  Origin origin;
  std::string text;  // the key it became, or the reason
  bool operator==(const Finding&) const = default;
};

struct Value {
  std::vector<std::string> texts;  // one, or the items of a list
  std::vector<Origin> origins;
};

/// A row of a table that repeats: the short names of its keys.
struct Row {
  std::string table;
  std::vector<Origin> origins;
  std::map<std::string, Value> values;
  bool bare_seed = false;  // its file is no PEM, but an Ed25519 seed as dkimpy writes it

  void set(const std::string& key, std::string text) { values[key] = {{text}, {}}; }
  void set_list(const std::string& key, std::vector<std::string> items) {
    values[key] = {std::move(items), {}};
  }
  /// "" where the row does not say it.
  std::string_view text(const std::string& key) const;
};

class Draft {
 public:
  /// The first daemon that sets a key wins; a second opinion becomes a finding to look at.
  /// No finding is made of the first.
  void set(const std::string& key, const std::string& text, const Origin& origin);
  /// As set(), with the finding that the key came of it.
  void translate(const std::string& key, const std::string& text, const Origin& origin);
  /// An item of a list, once. An empty list is written too where begin_list() was called.
  void begin_list(const std::string& key, const Origin& origin);
  void add(const std::string& key, const std::string& item, const Origin& origin);
  bool has(const std::string& key) const { return values_.contains(key); }

  /// Also used for rows that are to be changed later.
  std::vector<Row>& rows() { return rows_; }
  const std::vector<Row>& rows() const { return rows_; }

  void tell(Outcome outcome, const Origin& origin, std::string text);

  const std::map<std::string, Value>& values() const { return values_; }
  const std::vector<Finding>& findings() const { return findings_; }

  /// What the old daemons did to mail: then ours has to act as well.
  void acts() { acts_ = true; }
  bool does_act() const { return acts_; }

 private:
  std::map<std::string, Value> values_;
  std::vector<Row> rows_;
  std::vector<Finding> findings_;
  bool acts_ = false;
};

}  // namespace milterward::importing
