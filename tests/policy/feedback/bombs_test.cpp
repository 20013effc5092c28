// SPDX-License-Identifier: Apache-2.0
// Reports that are made to take all memory or time: each is refused with its reason by a
// process that could not take more than it should if it wanted to.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>

#include "policy/feedback/ingest.h"
#include "tests/policy/feedback/told.h"

namespace milterward::tests {
namespace {

using namespace std::chrono;

constexpr WallTime day_of_bombs = sys_days{2026y / 11 / 25};
constexpr std::size_t megabyte = 1'000'000;
/// feedback.max_unpacked out of the box, and what its help says of the memory it takes.
constexpr std::size_t unpacked_limit = 20 * megabyte;
constexpr std::size_t memory_limit = 8 * unpacked_limit;

std::string times(std::string_view text, std::size_t count) {
  std::string all;
  all.reserve(text.size() * count);
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

std::string gzipped(const std::string& text) {
  z_stream stream{};
  BOOST_REQUIRE_EQUAL(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY),
                      Z_OK);
  std::string packed(deflateBound(&stream, text.size()), '\0');
  std::string copy = text;
  stream.next_in = reinterpret_cast<Bytef*>(copy.data());
  stream.avail_in = static_cast<uInt>(copy.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  BOOST_REQUIRE_EQUAL(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

/// What the process holds of address space now.
std::size_t held() {
  std::size_t pages = 0;
  BOOST_REQUIRE(std::ifstream{"/proc/self/statm"} >> pages);
  return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

/// What `octets` are read as by a child that cannot have more than memory_limit beside what
/// it has; "no memory", or "died".
std::string read_within_bounds(const std::string& octets) {
  std::array<int, 2> ends{};
  BOOST_REQUIRE_EQUAL(::pipe(ends.data()), 0);
  const auto child = ::fork();
  BOOST_REQUIRE(child >= 0);
  if (child == 0) {
    const rlimit space{held() + memory_limit, held() + memory_limit};
    ::setrlimit(RLIMIT_AS, &space);
    const rlimit seconds{60, 60};
    ::setrlimit(RLIMIT_CPU, &seconds);
    std::string outcome = "no memory";
    try {
      outcome = told(feedback::ingest_anything(octets, {unpacked_limit}, day_of_bombs));
    } catch (const std::bad_alloc&) {
    }
    outcome.resize(std::min<std::size_t>(outcome.size(), 300));
    const auto written = ::write(ends[1], outcome.data(), outcome.size());
    ::_exit(written < 0 ? 1 : 0);
  }
  ::close(ends[1]);
  std::string outcome;
  std::array<char, 512> piece{};
  for (ssize_t got = 0; (got = ::read(ends[0], piece.data(), piece.size())) > 0;)
    outcome.append(piece.data(), static_cast<std::size_t>(got));
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? outcome : "died";
}

const std::string report_head =
    "<feedback><report_metadata><org_name>O</org_name><report_id>1</report_id><date_range>"
    "<begin>1795132800</begin><end>1795219199</end></date_range></report_metadata>"
    "<policy_published><domain>example.org</domain></policy_published>";
const std::string report_row =
    "<record><row><source_ip>192.0.2.1</source_ip><count>1</count><policy_evaluated>"
    "<disposition>none</disposition><dkim>pass</dkim><spf>fail</spf></policy_evaluated>"
    "</row><identifiers><header_from>example.org</header_from></"
    "identifiers><auth_results>"
    "<dkim><domain>example.org</domain><selector>s1</selector><result>pass</result></dkim>"
    "<spf><domain>example.org</domain><result>fail</result></spf></auth_results></record>";

std::string with_rows(std::size_t count) {
  return report_head + times(report_row, count) + "</feedback>";
}

BOOST_AUTO_TEST_SUITE(feedback_bombs)

BOOST_AUTO_TEST_CASE(a_report_as_large_as_may_be_is_read) {
  const auto text =
      with_rows((unpacked_limit - report_head.size()) / report_row.size() - 1);
  BOOST_TEST(text.size() > unpacked_limit - 2 * report_row.size());
  const auto outcome = read_within_bounds(gzipped(text));
  BOOST_TEST(outcome.starts_with("dmarc from O"), outcome);
}

BOOST_AUTO_TEST_CASE(more_is_refused_while_it_is_unpacked) {
  BOOST_TEST(
      read_within_bounds(gzipped(with_rows(unpacked_limit / report_row.size() + 1))) ==
      "refused: unpacked it is larger than 20000000 octets");
  BOOST_TEST(read_within_bounds(with_rows(unpacked_limit / report_row.size() + 1)) ==
             "refused: it is larger than 20000000 octets");
}

BOOST_AUTO_TEST_CASE(what_grows_too_fast_is_refused) {
  const std::string ratio =
      "refused: it becomes more than 250 times as large when it is "
      "unpacked";
  BOOST_TEST(read_within_bounds(gzipped(std::string(15 * megabyte, ' '))) == ratio);
  BOOST_TEST(read_within_bounds(gzipped(std::string(300 * megabyte, '\0'))) == ratio);
  BOOST_TEST(read_within_bounds(gzipped(gzipped(std::string(300 * megabyte, '<')))) ==
             ratio);
}

BOOST_AUTO_TEST_CASE(what_is_all_markup_is_refused) {
  const auto refused = [](const std::string& middle) {
    return read_within_bounds(report_head + middle + "</feedback>");
  };
  const std::string too_many =
      "refused: it has more than 1666666 elements, texts and attributes";
  BOOST_TEST(refused(times("<a/>", 4 * megabyte)) == too_many);
  BOOST_TEST(refused(times("<a>b</a>", 2 * megabyte)) == too_many);
  BOOST_TEST(refused("<a " + times("b='' ", 3 * megabyte) + "/>") == too_many);
  BOOST_TEST(refused(times("x<![CDATA[y]]>", megabyte)) == too_many);
  BOOST_TEST(refused(times("<a>", 6 * megabyte)) ==
             "refused: its elements are nested more than 32 deep");
  BOOST_TEST(
      refused(times("<!x>", 4 * megabyte)).starts_with("refused: it has a document"));
}

/// As much as may be, all of it in one element that every look-up has to pass.
BOOST_AUTO_TEST_CASE(a_report_that_is_slow_to_search_is_read_in_time) {
  const auto outcome =
      read_within_bounds(report_head + "<record>" + times("<aaaaaaaaaaaaaaa/>", megabyte) +
                         "</record></feedback>");
  BOOST_TEST(outcome ==
             "refused: none of its 1 records can be counted: source_ip is missing");
}

BOOST_AUTO_TEST_CASE(what_is_all_values_is_refused) {
  const std::string too_many = "refused: it has more than 833333 values";
  BOOST_TEST(read_within_bounds("{\"policies\":[" + times("1,", 9 * megabyte) + "1]}") ==
             too_many);
  BOOST_TEST(read_within_bounds("{" + times("\"a\":1,", 3 * megabyte) + "\"b\":1}") ==
             too_many);
  BOOST_TEST(read_within_bounds(std::string(19 * megabyte, '[')) ==
             "refused: its values are nested more than 16 deep");
}

BOOST_AUTO_TEST_CASE(a_tls_report_has_so_many_failures) {
  std::string text =
      R"({"organization-name":"O","report-id":"1","date-range":{"start-datetime":)"
      R"("2026-11-20T00:00:00Z","end-datetime":"2026-11-21T00:00:00Z"},"policies":[{)"
      R"("policy":{"policy-domain":"example.org"},"summary":{},"failure-details":[)";
  text += times(R"({"result-type":"x","failed-session-count":1},)", 30'000) + "{}]}]}";
  BOOST_TEST(read_within_bounds(text) == "refused: it has more than 20000 failure-details");
}

BOOST_AUTO_TEST_CASE(text_that_grows_in_utf_8_is_refused) {
  BOOST_TEST(read_within_bounds("<" + std::string(10 * megabyte, '\x80')) ==
             "refused: in UTF-8 it is larger than 20000000 octets");
}

BOOST_AUTO_TEST_CASE(a_mail_has_so_many_reports_and_parts) {
  const std::string mail = "Content-Type: multipart/mixed; boundary=b\n\n" +
                           times("--b\nContent-Type: text/xml\n\n<a/>\n", 100'000) +
                           "--b--\n";
  const auto outcome =
      told(feedback::ingest_anything(mail, {unpacked_limit}, day_of_bombs));
  BOOST_TEST(std::count(outcome.begin(), outcome.end(), '\n') == 9);
  const std::string texts = "Content-Type: multipart/mixed; boundary=b\n\n" +
                            times("--b\nContent-Type: text/plain\n\nx\n", 200) +
                            "--b\nContent-Type: text/xml\n\n<a/>\n--b--\n";
  BOOST_TEST(told(feedback::ingest_anything(texts, {unpacked_limit}, day_of_bombs)) ==
             "refused: the mail has no part that may be a report");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::tests
