#include "parfocal/formats/tiff/strip_encoder.h"

#include <algorithm>
#include <atomic>
#include <system_error>
#include <thread>

#include "parfocal/core/guarded.h"

namespace parfocal {
namespace {

constexpr int kLevel = 1;  // of 9: noise shrinks 3 % more at level 3, half as fast
constexpr int64_t kThreadBytes = 256 << 10;  // touched stack of a helper

CodecSpec deflate() {
  CodecSpec codec;
  codec.kind = CodecKind::zlib;
  codec.level = kLevel;
  return codec;
}

}  // namespace

StripEncoder::StripEncoder(int64_t rows, int64_t row_bytes, int64_t rows_per_strip, int threads)
    : rows_(rows),
      row_bytes_(row_bytes),
      rows_per_strip_(rows_per_strip),
      strips_((rows + rows_per_strip - 1) / rows_per_strip),
      codec_(deflate()) {
  slot_bytes_ = most_encoded_bytes(codec_, rows_per_strip_ * row_bytes_);
  threads_ = static_cast<int>(std::clamp<int64_t>(strips_, 1, std::max(1, threads)));
}

int64_t StripEncoder::resident_bytes() const {
  return strips_ * slot_bytes_ +
         threads_ * (kThreadBytes + context_bytes_to_encode(codec_, rows_per_strip_ * row_bytes_));
}

Status StripEncoder::encode_strip(const View& page, int64_t k, CompressorContexts& contexts) {
  const int64_t first = k * rows_per_strip_, rows = std::min(rows_per_strip_, rows_ - first);
  const std::span<const std::byte> from(page.data + first * row_bytes_,
                                        static_cast<size_t>(rows * row_bytes_));
  const std::span<std::byte> slot =
      slots_.subspan(static_cast<size_t>(k * slot_bytes_), static_cast<size_t>(slot_bytes_));
  return encode_bytes(codec_, from, slot, contexts, used_[static_cast<size_t>(k)]);
}

Status StripEncoder::encode(const View& page) {
  slots_ = buffer_.take(static_cast<size_t>(strips_ * slot_bytes_));
  used_.resize(static_cast<size_t>(strips_));
  contexts_.resize(static_cast<size_t>(threads_));
  std::atomic<int64_t> next = 0;
  std::vector<Status> results(static_cast<size_t>(threads_));
  const auto work = [&](size_t id) {
    for (int64_t k; results[id].ok() && (k = next++) < strips_;)
      results[id] = guarded([&] { return encode_strip(page, k, contexts_[id]); });
  };
  std::vector<std::jthread> helpers;
  try {
    for (size_t id = 1; id < results.size(); ++id) helpers.emplace_back(work, id);
  } catch (const std::system_error&) {
    // The system gives no more threads: those that are there encode all strips.
  }
  work(0);
  helpers.clear();  // joins
  for (Status& result : results)
    if (!result.ok()) return std::move(result);
  return {};
}

std::span<const std::byte> StripEncoder::strip(int64_t k) const {
  return slots_.subspan(static_cast<size_t>(k * slot_bytes_), used_[static_cast<size_t>(k)]);
}

}  // namespace parfocal
