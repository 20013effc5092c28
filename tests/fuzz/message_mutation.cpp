// SPDX-License-Identifier: Apache-2.0
// How libFuzzer changes a message where it is linked with this: as often as not by what a
// message is made of. Fields and body lines move, double, vanish and are folded, and fields
// that decide something come in; octets alone would rarely leave anything to evaluate.
// The first octet, by which a target chooses, stays.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* octets, std::size_t size,
                                        std::size_t most);

namespace {

using Lines = std::vector<std::string>;

constexpr std::string_view telling[] = {
    "From: <ann@out.test>\r\n",
    "From: \"ann@bank.test\" <ann@out.test>, boss@bank.test\r\n",
    "From: =?utf-8?q?boss=40bank.test?= <x@out.test>\r\n",
    "Sender: boss@bank.test\r\n",
    "Subject: x\r\n",
    "Authentication-Results: mx.home.test; dmarc=pass header.from=bank.test\r\n",
    "DKIM-Signature: v=1; a=rsa-sha256; d=out.test; s=s; h=from:from; bh=; b=\r\n",
    "ARC-Seal: i=1; a=rsa-sha256; cv=none; d=out.test; s=s; b=\r\n",
    "ARC-Message-Signature: i=1; a=rsa-sha256; d=out.test; s=s; h=from; bh=; b=\r\n",
    "ARC-Authentication-Results: i=1; mx.out.test; spf=pass\r\n",
    "Received: from a (b [192.0.2.1]) by mx.home.test; Mon, 1 Jan 2026 00:00:00 +0000\r\n",
    "Content-Type: multipart/report; boundary=x\r\n",
    "--x\r\n",
    "\r\n",
};

Lines lines_of(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size() - 1);
    lines.emplace_back(text.substr(0, end + 1));
    text.remove_prefix(end + 1);
  }
  return lines;
}

void change(Lines& lines, std::minstd_rand& dice) {
  const auto below = [&](std::size_t most) { return dice() % most; };
  const auto at = [&] {
    return lines.begin() + static_cast<std::ptrdiff_t>(below(lines.size()));
  };
  switch (lines.empty() ? 0 : below(6)) {
    case 0:
      lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(below(lines.size() + 1)),
                   std::string{telling[below(std::size(telling))]});
      return;
    case 1: {
      const auto copy = *at();
      lines.insert(at(), copy);
      return;
    }
    case 2:
      lines.erase(at());
      return;
    case 3:
      std::iter_swap(at(), at());
      return;
    case 4:
      at()->insert(0, 1, below(2) == 0 ? ' ' : '\t');
      return;
    default: {
      auto& line = *at();
      line.insert(below(line.size() + 1), "\r\n ");
      return;
    }
  }
}

}  // namespace

// The name libFuzzer calls.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* octets, std::size_t size,
                                               std::size_t most, unsigned seed) {
  std::minstd_rand dice{seed};
  if (size < 2 || dice() % 2 == 0) return LLVMFuzzerMutate(octets, size, most);
  auto lines = lines_of({reinterpret_cast<const char*>(octets) + 1, size - 1});
  for (auto changes = 1 + dice() % 3; changes > 0; --changes) change(lines, dice);
  std::size_t end = 1;
  for (const auto& line : lines) {
    const auto taken = std::min(line.size(), most - end);
    std::copy_n(line.begin(), taken, octets + end);
    end += taken;
  }
  return end;
}
