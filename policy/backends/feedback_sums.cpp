// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/feedback_sums.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "policy/backends/feedback_file.h"

namespace milterward::backends {
namespace {

using ports::DomainFeedback;
using ports::FeedbackQuery;
using ports::SourceFeedback;
using ports::TlsFeedback;

constexpr std::size_t failures_shown = 10;

std::chrono::sys_seconds time_at(const SqliteStatement& row, int column) {
  return std::chrono::sys_seconds{std::chrono::seconds{row.integer(column)}};
}

std::uint64_t count_at(const SqliteStatement& row, int column) {
  return static_cast<std::uint64_t>(row.integer(column));
}

std::int64_t since_of(const FeedbackQuery& query) {
  return std::chrono::floor<std::chrono::seconds>(query.since).time_since_epoch().count();
}

std::string about_feedback(const std::string& path, const std::string& fault) {
  return fmt::format("the reports in {}: {}", path, fault);
}

class FeedbackSums final : public ports::FeedbackReader {
 public:
  explicit FeedbackSums(const std::string& path)
      : path_(path), file_(path, FeedbackFile::Access::read), database_(file_.database()) {}

  const std::string& fault() const noexcept { return file_.fault(); }

  Result<std::vector<DomainFeedback>, std::string> domains(const FeedbackQuery& query,
                                                           std::size_t most) override {
    SqliteStatement rows{
        database_,
        "SELECT r.domain, r.counted, r.uncounted, r.organisations, r.first, r.last, "
        "coalesce(s.messages, 0), coalesce(s.passed, 0), coalesce(s.dkim, 0), "
        "coalesce(s.spf, 0), coalesce(s.quarantined, 0), coalesce(s.rejected, 0) FROM "
        "(SELECT domain, sum(counts) AS counted, sum(1 - counts) AS uncounted, "
        "count(DISTINCT CASE WHEN counts THEN coalesce(nullif(author, ''), organisation) "
        "END) AS organisations, coalesce(min(CASE WHEN counts THEN begin END), min(begin)) "
        "AS first, coalesce(max(CASE WHEN counts THEN end END), max(end)) AS last FROM "
        "report WHERE kind = 'dmarc' AND end > ?1 AND (?2 = '' OR domain = ?2) GROUP BY "
        "domain) r LEFT JOIN (SELECT p.domain AS "
        "domain, sum(a.count) AS messages, sum(CASE WHEN a.dkim OR a.spf THEN a.count ELSE "
        "0 END) AS passed, sum(a.dkim * a.count) AS dkim, sum(a.spf * a.count) AS spf, "
        "sum((a.disposition = 'quarantine') * a.count) AS quarantined, sum((a.disposition "
        "= "
        "'reject') * a.count) AS rejected FROM report p JOIN aggregate_row a ON a.report = "
        "p.number WHERE p.counts AND p.kind = 'dmarc' AND p.end > ?1 AND (?2 = '' OR "
        "p.domain = ?2) GROUP BY p.domain) s ON s.domain = r.domain ORDER BY 7 DESC, 2 "
        "DESC, 1 LIMIT ?3"};
    rows.bind(1, since_of(query))
        .bind(2, std::string_view{query.domain})
        .bind(3, static_cast<std::int64_t>(most));
    std::vector<DomainFeedback> found;
    while (rows.next()) {
      DomainFeedback one;
      one.domain = rows.text(0);
      one.reports = count_at(rows, 1);
      one.uncounted = count_at(rows, 2);
      one.organisations = count_at(rows, 3);
      one.begin = time_at(rows, 4);
      one.end = time_at(rows, 5);
      int next = 6;
      for (auto* count : {&one.messages, &one.passed, &one.dkim, &one.spf, &one.quarantined,
                          &one.rejected})
        *count = count_at(rows, next++);
      found.push_back(std::move(one));
    }
    for (auto& one : found) add_policy(one);
    return answer(std::move(found));
  }

  Result<std::vector<SourceFeedback>, std::string> sources(const FeedbackQuery& query,
                                                           std::size_t most) override {
    SqliteStatement rows{
        database_,
        "SELECT a.source, sum(a.count), sum(CASE WHEN a.dkim OR a.spf THEN a.count ELSE 0 "
        "END), sum(a.dkim * a.count), sum(a.spf * a.count), sum(CASE WHEN a.dkim OR a.spf "
        "THEN 0 ELSE a.excused * a.count END), "
        "max(CASE WHEN a.dkim OR a.spf THEN '' ELSE a.passed_as END), max(CASE WHEN a.dkim "
        "THEN '' ELSE a.dkim_failed END), max(CASE WHEN a.spf THEN '' ELSE a.spf_failed "
        "END), max(p.end) FROM report p JOIN aggregate_row a ON a.report = p.number WHERE "
        "p.counts AND p.kind = 'dmarc' AND p.end > ?1 AND p.domain = ?2 GROUP BY a.source "
        "ORDER BY 2 DESC, 1 LIMIT ?3"};
    rows.bind(1, since_of(query))
        .bind(2, std::string_view{query.domain})
        .bind(3, static_cast<std::int64_t>(most));
    std::vector<SourceFeedback> found;
    while (rows.next()) {
      SourceFeedback one;
      one.address = rows.text(0);
      int next = 1;
      for (auto* count : {&one.messages, &one.passed, &one.dkim, &one.spf, &one.excused})
        *count = count_at(rows, next++);
      for (auto* text : {&one.passed_as, &one.dkim_failed, &one.spf_failed})
        *text = rows.text(next++);
      one.last = time_at(rows, next);
      found.push_back(std::move(one));
    }
    return answer(std::move(found));
  }

  Result<std::vector<TlsFeedback>, std::string> tls(const FeedbackQuery& query,
                                                    std::size_t most) override {
    SqliteStatement rows{
        database_,
        "SELECT t.domain, count(DISTINCT CASE WHEN p.counts THEN p.number END), "
        "count(DISTINCT CASE WHEN p.counts THEN NULL ELSE p.number END), count(DISTINCT "
        "CASE WHEN p.counts THEN coalesce(nullif(p.author, ''), p.organisation) END), "
        "sum(p.counts * t.worked), sum(p.counts * t.failed), coalesce(min(CASE WHEN "
        "p.counts THEN p.begin END), min(p.begin)), coalesce(max(CASE WHEN p.counts THEN "
        "p.end END), max(p.end)) FROM report p JOIN tls_policy "
        "t "
        "ON t.report = p.number WHERE p.kind = 'tls' AND p.end > ?1 AND (?2 = '' OR "
        "t.domain = ?2) GROUP BY t.domain ORDER BY 6 DESC, 5 DESC, 1 LIMIT ?3"};
    rows.bind(1, since_of(query))
        .bind(2, std::string_view{query.domain})
        .bind(3, static_cast<std::int64_t>(most));
    std::vector<TlsFeedback> found;
    while (rows.next()) {
      TlsFeedback one;
      one.domain = rows.text(0);
      int next = 1;
      for (auto* count :
           {&one.reports, &one.uncounted, &one.organisations, &one.worked, &one.failed})
        *count = count_at(rows, next++);
      one.begin = time_at(rows, next);
      one.end = time_at(rows, next + 1);
      found.push_back(std::move(one));
    }
    for (auto& one : found) add_failures(one, since_of(query));
    return answer(std::move(found));
  }

 private:
  /// The policy that the newest report saw, and since when no report saw another.
  void add_policy(DomainFeedback& one) {
    SqliteStatement newest{database_,
                           "SELECT policy FROM report WHERE kind = 'dmarc' AND domain = ? "
                           "AND counts AND policy <> '' ORDER BY begin DESC, number DESC "
                           "LIMIT 1"};
    newest.bind(1, std::string_view{one.domain});
    if (!newest.next()) return;
    one.policy = newest.text(0);
    SqliteStatement since{
        database_,
        "SELECT min(begin) FROM report WHERE kind = 'dmarc' AND domain = ?1 AND counts AND "
        "policy = ?2 AND begin > (SELECT coalesce(max(begin), -1) FROM report WHERE kind = "
        "'dmarc' AND domain = ?1 AND counts AND policy NOT IN (?2, ''))"};
    since.bind(1, std::string_view{one.domain}).bind(2, std::string_view{one.policy});
    // Reports of the same day may disagree.
    one.policy_since = since.next() && since.integer(0) > 0 ? time_at(since, 0) : one.end;
  }

  void add_failures(TlsFeedback& one, std::int64_t since) {
    SqliteStatement rows{
        database_,
        "SELECT f.kind, f.exchange, max(f.reason), sum(f.count) FROM report p JOIN "
        "tls_failure f ON f.report = p.number WHERE p.counts AND p.kind = 'tls' AND p.end "
        "> "
        "?1 AND f.domain = ?2 GROUP BY 1, 2 ORDER BY 4 DESC, 1, 2 LIMIT ?3"};
    rows.bind(1, since)
        .bind(2, std::string_view{one.domain})
        .bind(3, static_cast<std::int64_t>(failures_shown));
    while (rows.next())
      one.failures.push_back({rows.text(0), rows.text(1), rows.text(2), count_at(rows, 3)});
  }

  template <class Answer>
  Result<Answer, std::string> answer(Answer found) {
    if (database_.fault().empty()) return found;
    return Unexpected{about_feedback(path_, database_.take_fault())};
  }

  const std::string path_;
  FeedbackFile file_;
  SqliteDatabase& database_;
};

}  // namespace

Result<std::unique_ptr<ports::FeedbackReader>, std::string> open_feedback_to_read(
    const std::string& path) {
  if (::access(path.c_str(), R_OK) != 0)
    return Unexpected{about_feedback(
        path, errno == ENOENT
                  ? "there are none yet; the file is made with the first report "
                    "that is read"
                  : std::strerror(errno))};
  auto sums = std::make_unique<FeedbackSums>(path);
  if (!sums->fault().empty()) return Unexpected{about_feedback(path, sums->fault())};
  return std::unique_ptr<ports::FeedbackReader>{std::move(sums)};
}

}  // namespace milterward::backends
