// SPDX-License-Identifier: Apache-2.0
#include "policy/base/tally.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <new>
#include <tuple>

namespace milterward {
namespace {

std::size_t hash_of(std::initializer_list<std::string_view> words) noexcept {
  std::size_t hash = 0;
  for (const auto word : words) hash = hash * 31 + std::hash<std::string_view>{}(word);
  return hash;
}

std::vector<std::string>* copy_of(std::initializer_list<std::string_view> words) noexcept
    try {
  return new std::vector<std::string>(words.begin(), words.end());
} catch (const std::bad_alloc&) {
  return nullptr;
}

}  // namespace

Tally::Tally(std::size_t room) : slots_(room) {}

Tally::~Tally() {
  for (const auto& slot : slots_) delete slot.words.load();
}

Tally::Slot* Tally::slot_of(std::initializer_list<std::string_view> words) noexcept {
  const auto first = hash_of(words);
  for (std::size_t step = 0; step < slots_.size(); ++step) {
    auto& slot = slots_[(first + step) % slots_.size()];
    const auto* there = slot.words.load(std::memory_order_acquire);
    if (there == nullptr) {
      std::unique_ptr<const Words> fresh{copy_of(words)};
      if (!fresh) return nullptr;
      if (slot.words.compare_exchange_strong(there, fresh.get(),
                                             std::memory_order_acq_rel)) {
        std::ignore = fresh.release();  // the slot's
        return &slot;
      }
    }
    // cppcheck-suppress nullPointerRedundantCheck; a lost exchange has put it there
    if (std::ranges::equal(*there, words)) return &slot;
  }
  return nullptr;
}

void Tally::add(std::initializer_list<std::string_view> words,
                std::uint64_t amount) noexcept {
  if (auto* slot = slot_of(words)) {
    slot->count.fetch_add(amount, std::memory_order_relaxed);
    return;
  }
  words_of_others_.store(words.size(), std::memory_order_relaxed);
  others_.fetch_add(amount, std::memory_order_relaxed);
}

std::vector<Tally::Row> Tally::rows() const {
  std::vector<Row> all;
  for (const auto& slot : slots_)
    if (const auto* words = slot.words.load(std::memory_order_acquire))
      all.push_back({*words, slot.count.load(std::memory_order_relaxed)});
  std::ranges::sort(all, {}, &Row::words);
  if (const auto others = others_.load(std::memory_order_relaxed); others > 0)
    all.push_back(
        {Words(words_of_others_.load(std::memory_order_relaxed), "other"), others});
  return all;
}

}  // namespace milterward
