// SPDX-License-Identifier: Apache-2.0
// The whole module: a SOCI session as an SqlConnection, and the one symbol by which the
// program finds it. SOCI throws; nothing of that leaves this file.
#include <fmt/format.h>
#include <soci/soci.h>

#include <algorithm>
#include <chrono>
#include <exception>

#include "policy/backends/sql_module.h"
#include "policy/base/ascii.h"
#include "policy/base/unreachable.h"

namespace milterward::backends {
namespace {

using std::chrono::milliseconds;

/// More rows than any answer of ours can need; a query that forgot its condition stops
/// here.
constexpr std::size_t row_limit = 10'000;

const char* backend_of(conf::SqlEngine engine) {
  switch (engine) {
    case conf::SqlEngine::none:
      break;
    case conf::SqlEngine::sqlite:
      return "sqlite3";
    case conf::SqlEngine::postgresql:
      return "postgresql";
    case conf::SqlEngine::mysql:
      return "mysql";
  }
  unreachable();
}

/// What engines can be told of time; they count in seconds, and 0 is for ever.
std::string with_time_limits(const conf::SqlSettings& settings) {
  const auto seconds = std::max<long>(1, (settings.timeout.count() + 999) / 1000);
  switch (settings.engine) {
    case conf::SqlEngine::none:
      break;
    case conf::SqlEngine::sqlite:
      return fmt::format("{} timeout={}", settings.connection, seconds);
    case conf::SqlEngine::postgresql:
      // What stands last counts (libpq).
      return fmt::format("{} connect_timeout={} tcp_user_timeout={}", settings.connection,
                         seconds, settings.timeout.count());
    case conf::SqlEngine::mysql:
      return fmt::format("{} connect_timeout={} read_timeout={} write_timeout={}",
                         settings.connection, seconds, seconds, seconds);
  }
  unreachable();
}

/// One line, as the log wants it.
std::string sentence(const std::exception& fault) {
  std::string text = fault.what();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return std::string{trim(text)};
}

class SociConnection final : public SqlConnection {
 public:
  explicit SociConnection(const conf::SqlSettings& settings)
      : session_(backend_of(settings.engine), with_time_limits(settings)) {
    if (settings.engine == conf::SqlEngine::postgresql)
      session_ << fmt::format("SET statement_timeout = {}", settings.timeout.count());
  }

  Result<SqlAnswer, std::string> ask(const SqlQuestion& question) override try {
    return question.columns == 1 ? first_column(question) : columns(question);
  } catch (const std::exception& fault) {
    return Unexpected{sentence(fault)};
  }

 private:
  Result<SqlAnswer, std::string> first_column(const SqlQuestion& question) {
    std::string value;
    soci::indicator indicator = soci::i_null;
    soci::statement statement{session_};
    statement.exchange(soci::into(value, indicator));
    prepare(statement, question);
    SqlAnswer answer;
    for (bool more = statement.execute(true); more; more = statement.fetch()) {
      if (answer.size() == row_limit) return too_many_rows();
      if (indicator != soci::i_null) answer.push_back(value);
    }
    return answer;
  }

  /// By soci::row, which knows how many columns there are: into() reads past the last one.
  Result<SqlAnswer, std::string> columns(const SqlQuestion& question) {
    soci::row row;
    soci::statement statement{session_};
    statement.exchange(soci::into(row));
    prepare(statement, question);
    SqlAnswer answer;
    for (bool more = statement.execute(true); more; more = statement.fetch()) {
      if (answer.size() == row_limit * question.columns) return too_many_rows();
      if (row.size() < question.columns)
        return Unexpected{fmt::format("the query gives {} columns and should give {}",
                                      row.size(), question.columns)};
      for (std::size_t i = 0; i < question.columns; ++i) {
        if (row.get_properties(i).get_data_type() != soci::dt_string)
          return Unexpected{fmt::format("column {} is no text", i + 1)};
        answer.push_back(row.get_indicator(i) == soci::i_null ? std::string{}
                                                              : row.get<std::string>(i));
      }
    }
    return answer;
  }

  static void prepare(soci::statement& statement, const SqlQuestion& question) {
    for (const auto& [name, bound] : question.values)
      statement.exchange(soci::use(bound, name));
    statement.alloc();
    statement.prepare(question.query);
    statement.define_and_bind();
  }

  static Unexpected<std::string> too_many_rows() {
    return Unexpected{fmt::format("the answer has more than {} rows", row_limit)};
  }

  soci::session session_;
};

SqlConnected connect(const conf::SqlSettings& settings) try {
  return std::unique_ptr<SqlConnection>{std::make_unique<SociConnection>(settings)};
} catch (const std::exception& fault) {
  return Unexpected{sentence(fault)};
}

}  // namespace
}  // namespace milterward::backends

extern "C" {
extern const milterward::backends::SqlModule milterward_sql;
const milterward::backends::SqlModule milterward_sql{MILTERWARD_VERSION,
                                                     milterward::backends::connect};
}
