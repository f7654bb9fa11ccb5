#include "parfocal/formats/hdf5/global_heap.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "parfocal/formats/common/files.h"
#include "parfocal/formats/common/test_support-inl.h"

namespace parfocal {
namespace {

std::string number(uint64_t value, int bytes) {
  std::string text;
  for (int k = 0; k < bytes; ++k) text += static_cast<char>(value >> (8 * k) & 0xff);
  return text;
}
std::string object(uint64_t index, const std::string& text) {
  std::string bytes = number(index, 2) + number(1, 2) + number(0, 4) + number(text.size(), 8);
  bytes += text;
  return bytes + std::string((8 - text.size() % 8) % 8, '\0');
}
std::string collection(const std::string& objects) {
  const std::string free_space = number(0, 8) + number(0, 8);
  const uint64_t size = 16 + objects.size() + free_space.size();
  return std::string("GCOL\1\0\0\0", 8) + number(size, 8) + objects + free_space;
}

class Heap : public testing::Test {
 protected:
  static constexpr uint64_t kFirst = 8;
  Heap() {
    const std::string first = collection(object(1, "a") + object(2, "twelve bytes") +
                                         object(5, std::string("cut\0here", 8)));
    second_ = kFirst + first.size();
    const std::string second = collection(object(1, "of the second"));
    collection_bytes_ = first.size() + second.size();
    test::write_text(dir_ / "heap", std::string(kFirst, 'x') + first + second);
    fd_ = Fd(::open((dir_ / "heap").c_str(), O_RDONLY | O_CLOEXEC));
  }
  static std::string text(GlobalHeap& heap, uint64_t length, uint64_t address, uint64_t index) {
    const std::string reference = number(length, 4) + number(address, 8) + number(index, 4);
    std::string text = "before";
    const Status s = heap.text(std::as_bytes(std::span(reference)), text);
    return s.ok() ? text : "damaged";
  }
  const test::TempDir dir_;
  Fd fd_;
  uint64_t second_ = 0;
  size_t collection_bytes_ = 0;
};

TEST_F(Heap, HasTextsOfAnyLengthAndOrder) {
  GlobalHeap heap(fd_.get(), 1 << 20);
  EXPECT_EQ(text(heap, 12, kFirst, 2), "twelve bytes");
  EXPECT_EQ(text(heap, 13, second_, 1), "of the second");
  EXPECT_EQ(text(heap, 1, kFirst, 1), "a");
  EXPECT_EQ(text(heap, 6, kFirst, 2), "twelve");
  EXPECT_EQ(text(heap, 8, kFirst, 5), "cut") << "up to its NUL";
}

TEST_F(Heap, ATextThatWasNeverWrittenIsEmpty) {
  GlobalHeap heap(fd_.get(), 1 << 20);
  EXPECT_EQ(text(heap, 0, kFirst, 1), "");
  EXPECT_EQ(text(heap, 3, 0, 1), "");
}

TEST_F(Heap, WhatLeadsElsewhereIsDamaged) {
  GlobalHeap heap(fd_.get(), 1 << 20);
  EXPECT_EQ(text(heap, 2, kFirst, 1), "damaged") << "longer than its object";
  EXPECT_EQ(text(heap, 1, kFirst, 3), "damaged") << "no such object";
  EXPECT_EQ(text(heap, 1, kFirst + 8, 1), "damaged") << "no collection";
  EXPECT_EQ(text(heap, 1, second_ + 4096, 1), "damaged") << "behind the file";
  EXPECT_EQ(text(heap, 1, kFirst, 1), "a");
}

// References that lead to two collections in turn would have them read again without end.
TEST_F(Heap, ReadsNoMoreThanItWasAllowed) {
  GlobalHeap heap(fd_.get(), collection_bytes_);
  EXPECT_EQ(text(heap, 1, kFirst, 1), "a");
  EXPECT_EQ(text(heap, 13, second_, 1), "of the second");
  EXPECT_EQ(text(heap, 13, second_, 1), "of the second") << "is kept";
  EXPECT_EQ(text(heap, 1, kFirst, 1), "damaged");
}

}  // namespace
}  // namespace parfocal
