#pragma once
/// What the fuzzers of the streaming store try, apart from libFuzzer: also called with a kept
/// corpus in every build (zarr/writer/store_corpus_test.cpp). A broken promise ends the process.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "parfocal/formats/zarr/array_reader.h"
#include "parfocal/formats/zarr/crc32c.h"
#include "parfocal/formats/zarr/hierarchy.h"
#include "parfocal/formats/zarr/writer/array_grid.h"
#include "parfocal/formats/zarr/writer/array_writer.h"
#include "parfocal/formats/zarr/writer/journal_format.h"
#include "parfocal/formats/zarr/writer/recover.h"
#include "parfocal/formats/zarr/writer/store_writer.h"

namespace parfocal::fuzz {

namespace fs = std::filesystem;
using Bytes = std::vector<std::byte>;

inline void expect(bool kept) {
  if (!kept) std::abort();
}

/// Takes numbers and bytes off an input; zeros after its end.
class Input {
 public:
  Input(const uint8_t* data, size_t size) : data_(data), size_(size) {}
  bool done() const { return size_ == 0; }
  uint64_t number(size_t bytes) {
    uint64_t value = 0;
    for (size_t i = 0; i < bytes && size_ > 0; ++i, ++data_, --size_)
      value |= uint64_t{*data_} << (8 * i);
    return value;
  }
  Bytes bytes(size_t most) {
    const size_t n = std::min(most, size_);
    const auto* first = reinterpret_cast<const std::byte*>(data_);
    Bytes taken(first, first + n);
    data_ += n;
    size_ -= n;
    return taken;
  }

 private:
  const uint8_t* data_;
  size_t size_;
};

/// A record with a right header: no fuzzer finds a CRC-32C by chance.
inline void append_record(uint32_t kind, const Bytes& body, Bytes& to) {
  Bytes record;
  journal_format::Encoder tail(record);
  tail.put(kind);
  tail.put_bytes(body);
  tail.pad();
  journal_format::Encoder out(to);
  out.put(journal_format::kMagic);
  out.put(static_cast<uint32_t>(body.size()));
  out.put(crc32c(record));
  out.put_bytes(record);
}

inline void write_file(const fs::path& path, const Bytes& bytes) {
  const Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  expect(fd && write_at(fd.get(), bytes.data(), static_cast<int64_t>(bytes.size()), 0));
}

/// In memory where there is such a place; removed at the end.
class Folder {
 public:
  Folder() {
    const fs::path memory = "/dev/shm";
    const auto where = fs::is_directory(memory) ? memory : fs::temp_directory_path();
    path_ = where / ("parfocal-fuzz-" + std::to_string(::getpid()));
    fs::create_directories(path_);
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

/// Input: 0 and any bytes as a journal; else records of u32 kind, u16 bytes, body, under right
/// headers. All records that come out keep what journal.h promises of them.
inline int fuzz_journal(const uint8_t* data, size_t size) {
  static const Folder folder;
  Input input(data, size);
  Bytes journal;
  if (input.number(1) == 0) journal = input.bytes(size);
  while (!input.done()) {
    const auto kind = static_cast<uint32_t>(input.number(1));
    const size_t most = input.number(2);
    append_record(kind, input.bytes(most), journal);
  }
  write_file(folder.path() / "journal", journal);
  const auto check = [&](const Piece& piece) {
    expect(piece.frame >= 0 && piece.entries.size() * sizeof(TileEntry) <= journal.size());
  };
  int64_t good = -1;
  JournalVisitor visitor;
  visitor.frame = [&](const FrameRecord& record) {
    expect(record.frame >= 0 && record.row.size() <= journal.size());
    for (const Piece& piece : record.pieces) check(piece);
  };
  visitor.slab = [&](const SlabRecord& record) { check(record.piece); };
  visitor.seal = [&](const SealRecord& record) { expect(record.frame >= 0); };
  visitor.gap = [&](const GapRecord& record) {
    expect(record.frame >= 0 && record.count >= 1 && record.frame + record.count > 0 &&
           record.text.size() <= journal.size());
  };
  visitor.taken_back = [&](const TakenBackRecord& record) { expect(record.frame >= 0); };
  expect(read_journal(folder.path() / "journal", visitor, good).ok());
  expect(good >= 0 && good <= static_cast<int64_t>(journal.size()));
  return 0;
}

/// Whether the arithmetic of an array holds for its first and last frames.
inline void check_grid(const ArraySpec& array) {
  const ArrayGrid grid(array);
  expect(grid.tile_bytes() > 0 && grid.frames_per_band() > 0);
  int64_t last = grid.frames();
  if (last == kUnbounded) last = 3 * grid.frames_per_band();
  for (const int64_t frame : {int64_t{0}, last / 2, last - 1}) {
    if (frame < 0) continue;
    expect(grid.frame_of(grid.index_of(frame)) == frame);
    expect(grid.band_of(frame) >= 0 && grid.slab_of(frame) >= 0);
    expect(grid.plane_in_chunk(frame) < grid.frames_per_chunk());
    expect(grid.slab_in_band(frame) * grid.inner_yx() < grid.chunks_per_part());
    expect(grid.frames_in_band(grid.band_of(frame)) > 0);
  }
}

/// Input: the text of __parfocal/store.json. It is refused, or describes a store that can be
/// counted with and that comes back from its own text.
inline int fuzz_store_spec(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  StoreSpec spec;
  try {
    spec = parse_spec(text);
  } catch (const Error& error) {
    expect(!error.issues().empty() && !error.issues()[0].what.empty());
    return 0;
  }
  const std::string again = spec_json(spec);
  expect(spec_json(parse_spec(again)) == again);
  int64_t tiles = 0;
  for (const ArraySpec& array : arrays_of(spec)) {
    const size_t y = array.stream_rank();
    tiles += (array.shape[y] / array.chunk[y] + 1) * (array.shape[y + 1] / array.chunk[y + 1] + 1);
    if (tiles > 1 << 16) return 0;  // takes its time
    check_grid(array);
  }
  return 0;
}

/// A store as a writer that was killed left it.
using Files = std::map<std::string, Bytes>;

inline StoreSpec small_spec(size_t kind) {
  ImageSpec image;
  image.name = "fuzz";
  image.axes = {
      {"t", kUnbounded, 1, "", {}}, {"z", 3, 1, "", {}}, {"y", 8, 1, "", {}}, {"x", 10, 1, "", {}}};
  image.dtype = DType::u16;
  image.chunk = kind % 2 == 0 ? std::vector<int64_t>{1, 1, 8, 8} : std::vector<int64_t>{2, 3, 8, 8};
  if (kind < 4) image.shard = {4, 3, 8, 16};
  if (kind == 2) image.levels = 2, image.pool_z = true;
  CodecSpec zstd;
  zstd.kind = CodecKind::zstd;
  zstd.level = 1;
  if (kind == 3) image.compressors = {zstd};
  StoreSpec spec;
  spec.zarr_format = kind == 5 ? 2 : 3;
  spec.images = {image};
  spec.columns = {{"id", DType::i64, ""}};
  return spec;
}

inline Files files_below(const fs::path& root) {
  Files files;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    Bytes& bytes = files[entry.path().lexically_relative(root).string()];
    bytes.resize(text.size());
    if (!text.empty()) std::memcpy(bytes.data(), text.data(), text.size());
  }
  return files;
}

inline Files killed_store(size_t kind, const fs::path& root) {
  fs::remove_all(root);
  StoreOptions options;
  options.threads = 1;
  {
    const auto writer = StoreWriter::create(root, small_spec(kind), options);
    std::vector<uint16_t> plane(80);
    int64_t ticket = 0;
    for (int64_t frame = 0; frame < 17; ++frame) {
      std::fill(plane.begin(), plane.end(), static_cast<uint16_t>(frame + 1));
      const View view = packed_view<const std::byte>(
          reinterpret_cast<const std::byte*>(plane.data()), DType::u16, Region::whole({8, 10}));
      const auto row = std::as_bytes(std::span(&frame, 1));
      expect((frame == 7 ? writer->append_gap(0, 7, 1, GapReason::dropped, "lost")
                         : writer->append(0, frame, view, row, ticket))
                 .ok());
    }
    expect(writer->wait(ticket).ok());
  }
  return files_below(root);
}

inline const Files& template_of(size_t kind, const fs::path& root) {
  static std::map<size_t, Files> all;
  if (!all.contains(kind)) all[kind] = killed_store(kind, root);
  return all[kind];
}

/// One damage: what, which file, where.
inline void damage(Files& files, Input& input) {
  const uint64_t what = input.number(1) % 6;
  auto file = files.begin();
  if (file == files.end()) return;
  std::advance(file, input.number(1) % files.size());
  Bytes& bytes = file->second;
  const size_t at = std::min<size_t>(input.number(2), bytes.size());
  if (what == 0) bytes.resize(at);
  if (what == 1) files.erase(file);
  if (what == 2 || what == 3) {  // over, or in between
    const Bytes other = input.bytes(input.number(1));
    if (what == 2) bytes.resize(std::max(bytes.size(), at + other.size()));
    if (what == 3) bytes.insert(bytes.begin() + static_cast<ptrdiff_t>(at), other.size(), {});
    std::copy(other.begin(), other.end(), bytes.begin() + static_cast<ptrdiff_t>(at));
  }
  if (what >= 4) {  // records at the journal's end
    const size_t most = input.number(1);
    append_record(1 + static_cast<uint32_t>(at % 5), input.bytes(most),
                  files["__parfocal/journal"]);
  }
}

inline void read_arrays(const fs::path& root) {
  const auto store = std::make_shared<LocalStore>(root);
  const ZarrHierarchy hierarchy(store);
  for (const char* path : {"0", "1", "frames/valid", "frames/id"}) try {
      const ZarrArray array = hierarchy.array(path);
      Region region;
      region.rank = static_cast<int>(array.shape.size());
      for (int a = 0; a < region.rank; ++a)
        region.shape[a] = std::min<int64_t>(array.shape[static_cast<size_t>(a)], 32);
      if (region.count() > 1 << 16) continue;
      Bytes pixels(static_cast<size_t>(region.count()) * dtype_size(array.dtype));
      const ArrayReader reader(store, path, array, {1 << 16, 0, 1 << 16, 0});
      if (reader.read_bytes() > 64 << 20) continue;
      const Status s = reader.read(packed_view(pixels.data(), array.dtype, region));
      expect(s.ok() || !s.issue().what.empty());
    } catch (const Error&) {
    }
}

/// Input: which store, then damages to its files. It is recovered, once and for all, or refused
/// with a reason; and what is there can be read or is told to be broken.
inline int fuzz_recovery(const uint8_t* data, size_t size) {
  static const Folder folder;
  const fs::path root = folder.path() / "store";
  Input input(data, size);
  Files files = template_of(input.number(1) % 6, root);
  while (!input.done()) damage(files, input);
  fs::remove_all(root);
  for (const auto& [name, bytes] : files) {
    fs::create_directories((root / name).parent_path());
    write_file(root / name, bytes);
  }
  RecoverReport report;
  try {
    const Status recovered = recover_store(root, report);
    expect(recovered.ok() || !recovered.issue().what.empty());
    if (recovered.ok()) {
      expect(recover_store(root, report).ok());
      expect(!report.found);
    }
  } catch (const Error& error) {
    expect(!error.issues().empty() && !error.issues()[0].what.empty());
  }
  if (fs::exists(root)) read_arrays(root);
  return 0;
}

}  // namespace parfocal::fuzz
