#include "parfocal/formats/hdf5/global_heap.h"

#include <cstring>

#include "parfocal/formats/common/files.h"

namespace parfocal {
namespace {

constexpr size_t kHeaderBytes = 16;  // of a collection, and of each object in it

uint64_t number(std::span<const std::byte> bytes, size_t at, size_t size) {
  uint64_t value = 0;
  for (size_t i = size; i-- > 0;) value = value << 8 | std::to_integer<uint64_t>(bytes[at + i]);
  return value;
}

Status damaged() { return Status::fail("the heap of its texts is damaged", "copy the file again"); }

}  // namespace

Status GlobalHeap::load(uint64_t address) {
  address_ = 0;
  objects_.clear();
  std::byte header[kHeaderBytes];
  if (address > INT64_MAX || read_at(fd_, header, kHeaderBytes, static_cast<int64_t>(address)) !=
                                 static_cast<int64_t>(kHeaderBytes))
    return damaged();
  const uint64_t size = number(header, 8, 8);
  if (std::memcmp(header, "GCOL\1", 5) != 0 || size < kHeaderBytes || size > most_bytes_)
    return damaged();
  most_bytes_ -= size;
  collection_.resize(size);
  if (read_at(fd_, collection_.data(), static_cast<int64_t>(size), static_cast<int64_t>(address)) !=
      static_cast<int64_t>(size))
    return damaged();
  const std::span<const std::byte> all(collection_);
  for (size_t at = kHeaderBytes; at + kHeaderBytes <= size;) {
    const uint64_t index = number(all, at, 2), bytes = number(all, at + 8, 8);
    if (index == 0) break;  // free space, always the last
    if (bytes > size - at - kHeaderBytes) return damaged();
    objects_[index] = all.subspan(at + kHeaderBytes, bytes);
    at += kHeaderBytes + (bytes + 7) / 8 * 8;
  }
  address_ = address;
  return {};
}

Status GlobalHeap::text(std::span<const std::byte> reference, std::string& text) {
  const uint64_t length = number(reference, 0, 4), address = number(reference, 4, 8),
                 index = number(reference, 12, 4);
  text.clear();
  if (length == 0 || address == 0) return {};
  if (address != address_)
    if (Status s = load(address); !s.ok()) return s;
  const auto object = objects_.find(index);
  if (object == objects_.end() || length > object->second.size()) return damaged();
  text.assign(reinterpret_cast<const char*>(object->second.data()), length);
  text.resize(std::min(text.size(), text.find('\0')));
  return {};
}

}  // namespace parfocal
