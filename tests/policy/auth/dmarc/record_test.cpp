// SPDX-License-Identifier: Apache-2.0
// DMARC policy records: the cases of auth/dmarc/record.cases.
#include "policy/auth/dmarc/record.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/support/cases.h"

namespace milterward::auth {
namespace {

using tests::read_cases;
using tests::unescaped;

std::string letters(const FailureOptions& fo) {
  return std::string{fo.if_all_fail ? "0" : ""} + (fo.if_any_fails ? "1" : "") +
         (fo.if_dkim_fails ? "d" : "") + (fo.if_spf_fails ? "s" : "");
}

/// What differs from the defaults, in a fixed order: "p=reject sp=none adkim=s t=y".
std::string brief(const Result<DmarcRecord, RecordFault>& parsed) {
  if (!parsed) return "no record";
  const auto& record = *parsed;
  std::string text = fmt::format("p={}", to_text(record.p));
  if (record.sp) text += fmt::format(" sp={}", to_text(*record.sp));
  if (record.np) text += fmt::format(" np={}", to_text(*record.np));
  if (record.adkim == AlignmentMode::strict) text += " adkim=s";
  if (record.aspf == AlignmentMode::strict) text += " aspf=s";
  if (record.psd == PublicSuffix::yes) text += " psd=y";
  if (record.psd == PublicSuffix::no) text += " psd=n";
  if (record.is_testing) text += " t=y";
  if (record.fo != FailureOptions{}) text += " fo=" + letters(record.fo);
  if (!record.rua.empty()) text += fmt::format(" rua={}", fmt::join(record.rua, ","));
  if (!record.ruf.empty()) text += fmt::format(" ruf={}", fmt::join(record.ruf, ","));
  if (record.policy_is_faulty) text += " faulty";
  if (!record.is_usable()) text += " unusable";
  return text;
}

BOOST_AUTO_TEST_SUITE(dmarc_records)

BOOST_DATA_TEST_CASE(reads_records, read_cases("auth/dmarc/record.cases"), c) {
  BOOST_TEST(brief(parse_dmarc_record(unescaped(c["record"]))) == c["want"]);
}

BOOST_AUTO_TEST_CASE(white_space_before_the_version_is_no_record) {
  // A case file trims its values.
  BOOST_TEST(!parse_dmarc_record(" v=DMARC1; p=reject").has_value());
}

BOOST_AUTO_TEST_CASE(twenty_report_addresses_are_kept) {
  std::string record = "v=DMARC1; p=none; rua=";
  for (int i = 0; i < 40; ++i) record += "mailto:r@home.test,";
  BOOST_TEST(parse_dmarc_record(record)->rua.size() == report_uri_limit);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::auth
