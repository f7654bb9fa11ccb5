#pragma once
/// Bytes of the journal that its writer and its reader share; see journal.h.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "parfocal/formats/zarr/writer/journal.h"

namespace parfocal::journal_format {

static_assert(std::endian::native == std::endian::little, "records are written as they lie");

inline constexpr uint32_t kMagic = 0x4a465250;  // "PRFJ"
inline constexpr size_t kHeaderBytes = 16;
inline constexpr size_t kCrcFrom = 12;  ///< the CRC covers the record from here on
enum Kind : uint32_t { kFrame = 1, kSlab = 2, kSeal = 3, kGap = 4, kTakenBack = 5 };

constexpr size_t padded(size_t bytes) { return (bytes + 7) / 8 * 8; }

/// Appends numbers and bytes to a buffer that is used again.
class Encoder {
 public:
  explicit Encoder(std::vector<std::byte>& to) : to_(to) {}
  template <class T>
  void put(T value) {
    put_bytes(std::as_bytes(std::span(&value, 1)));
  }
  void put_bytes(std::span<const std::byte> bytes) {
    const size_t at = to_.size();
    to_.resize(at + bytes.size());
    if (!bytes.empty()) std::memcpy(to_.data() + at, bytes.data(), bytes.size());
  }
  void pad() { to_.resize(padded(to_.size())); }

 private:
  std::vector<std::byte>& to_;
};

/// Takes numbers and bytes off the front; after the first that is not there, `good` is false and
/// all are 0.
class Decoder {
 public:
  explicit Decoder(std::span<const std::byte> from) : from_(from) {}
  template <class T>
  T take() {
    T value{};
    if (const auto bytes = take_bytes(sizeof(T)); good_)
      std::memcpy(&value, bytes.data(), sizeof(T));
    return value;
  }
  std::span<const std::byte> take_bytes(size_t bytes) {
    good_ = good_ && bytes <= from_.size();
    if (!good_) return {};
    const auto front = from_.first(bytes);
    from_ = from_.subspan(bytes);
    return front;
  }
  size_t left() const { return from_.size(); }
  bool good() const { return good_; }

 private:
  std::span<const std::byte> from_;
  bool good_ = true;
};

}  // namespace parfocal::journal_format
