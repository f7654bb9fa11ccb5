#include "memory_io.h"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <thread>

namespace parfocal::testing {
namespace {

std::mutex mutex;
std::map<std::string, Received> results;

struct MemoryParams {
  std::string path;
  int64_t delay_us = 0;
  int64_t stops_at = -1;  ///< asks for the stop of the run with this item
  int64_t fails_at = -1;  ///< the first item that cannot be stored
  int64_t queue = 0;      ///< items that are stored so much later than they are written
  std::string fails_by = "status";
  bool replaced = false;  ///< what it wrote became something else while it was read again
};

[[noreturn]] void throw_by(const std::string& how) {
  if (how == "bad_alloc") throw std::bad_alloc();
  if (how == "int") throw 7;
  throw std::runtime_error("the script throws");
}

class MemorySink : public Sink {
 public:
  MemorySink(const MemoryParams& params, std::span<const SinkInput> inputs)
      : params_(params), inputs_(inputs.begin(), inputs.end()) {}
  int64_t resident_bytes() const override { return 0; }
  int64_t disk_bytes() const override { return 0; }
  bool takes_regions() const override { return true; }
  void open() override {
    if (params_.fails_by == "open") throw_by("bad_alloc");
  }
  Status write(std::span<const Input> in) override {
    if (params_.delay_us > 0)
      std::this_thread::sleep_for(std::chrono::microseconds(params_.delay_us));
    const int64_t sequence = in[0].header->sequence;
    if (sequence == params_.stops_at) run_stop().request_stop();
    std::lock_guard lock(mutex);
    if (failed_) ++results[params_.path].calls_after_failure;
    if (fails(sequence)) {
      failed_ = true;
      if (params_.fails_by != "status") throw_by(params_.fails_by);
      return Status::fail("the script fails");
    }
    for (size_t i = 0; i < in.size(); ++i) store(in[i], i);
    return {};
  }
  int64_t stored_items() const override { return params_.queue > 0 ? params_.fails_at : -1; }
  Status close(const Outcome& outcome) override {
    std::lock_guard lock(mutex);
    results[params_.path].outcome = outcome;
    results[params_.path].closed = true;
    if (params_.fails_at >= 0 && !failed_) return Status::fail("the script fails late");
    return {};
  }
  std::vector<std::filesystem::path> paths() const override { return {}; }

 private:
  bool fails(int64_t sequence) const {
    return params_.fails_at >= 0 && sequence == params_.fails_at + params_.queue;
  }
  void store(const Input& in, size_t i) {
    Received& result = results[params_.path];
    std::string& item = result.items[{in.header->sequence, i}];
    if (in.gap) {
      item = gap_text(in.gap->reason);
    } else if (inputs_[i].layout.kind == PortKind::table) {
      store_rows(in.table, item);
    } else {
      result.pixels[{in.header->sequence, i}] += in.image.region.count();
      if (in.image.region.count() > 0) store_pixels(in.image, inputs_[i].layout.layout, item);
    }
  }
  static void store_rows(const TableView& table, std::string& item) {
    for (size_t c = 0; c < table.schema->columns.size(); ++c)
      item.append(reinterpret_cast<const char*>(table.column<int64_t>(static_cast<int>(c))),
                  static_cast<size_t>(table.rows) * 8);
  }
  static void store_pixels(const View& view, const Layout& layout, std::string& item) {
    if (item.size() != static_cast<size_t>(layout.item_bytes()))
      item.assign(static_cast<size_t>(layout.item_bytes()), '?');
    MutableView whole =
        packed_view(reinterpret_cast<std::byte*>(item.data()), layout.dtype, layout.whole_item());
    copy_pixels(view, subview(whole, view.region));
  }
  MemoryParams params_;
  std::vector<SinkInput> inputs_;
  bool failed_ = false;
};

struct ScriptParams {
  int64_t t = 10, c = 1, y = 9, x = 11, seed = 0, jitter_us = 0;
  int64_t group = 1;            ///< items decoded together
  std::vector<int64_t> broken;  ///< sequences that cannot be read, or that a camera loses
  int64_t broken_from_row = 0;  ///< but only in regions that reach below this row
  std::string breaks_by = "status";
  bool endless = false;   ///< live: the length is not announced
  bool replaced = false;  ///< by another input, while it was read
};

Layout script_layout(const ScriptParams& p) {
  Layout layout;
  layout.dtype = DType::u16;
  layout.stream.push_back({"t", p.endless ? kUnbounded : p.t, 1, "", {}});
  if (p.c > 1) layout.stream.push_back({"c", p.c, 1, "", {}});
  layout.item = {{"y", p.y, 1, "", {}}, {"x", p.x, 1, "", {}}};
  return layout;
}
uint64_t mixed(uint64_t v) {
  v = (v ^ (v >> 30)) * 0xbf58476d1ce4e5b9ull;
  v = (v ^ (v >> 27)) * 0x94d049bb133111ebull;
  return v ^ (v >> 31);
}
void fill(const ScriptParams& p, int64_t sequence, const MutableView& dst) {
  for (int64_t y = dst.region.begin(0); y < dst.region.end(0); ++y)
    for (int64_t x = dst.region.begin(1); x < dst.region.end(1); ++x)
      dst.row<uint16_t>(y)[x - dst.region.begin(1)] =
          static_cast<uint16_t>(mixed(static_cast<uint64_t>(p.seed * 1000003 + sequence) * 4096 +
                                      static_cast<uint64_t>(y * p.x + x)));
}
void waste(const ScriptParams& p, int64_t sequence) {
  if (p.jitter_us > 0)
    std::this_thread::sleep_for(std::chrono::microseconds(mixed(static_cast<uint64_t>(sequence)) %
                                                          static_cast<uint64_t>(p.jitter_us)));
}

class ScriptSource : public Source {
 public:
  explicit ScriptSource(const ScriptParams& p) : p_(p), layout_(script_layout(p)) {}
  const Layout& layout() const override { return layout_; }
  int64_t read_bytes() const override { return 0; }
  Region block() const override { return Region::whole({1, p_.x}); }
  int64_t items_per_read() const override { return p_.group; }
  std::vector<std::string> notices() const override { return {"follows a script"}; }
  Status read(int64_t sequence, const MutableView& dst, FrameHeader& header) const override {
    header.time_s = static_cast<double>(sequence) / 8;
    waste(p_, sequence);
    if (std::count(p_.broken.begin(), p_.broken.end(), sequence) &&
        dst.region.end(0) > p_.broken_from_row) {
      if (p_.breaks_by != "status") throw_by(p_.breaks_by);
      return Status::fail("is broken by the script");
    }
    fill(p_, sequence, dst);
    return {};
  }
  std::string identity() const override { return "script"; }
  Status unchanged() const override {
    return p_.replaced ? Status::fail("the script was replaced") : Status();
  }

 private:
  ScriptParams p_;
  Layout layout_;
};

class ScriptLive : public LiveSource {
 public:
  explicit ScriptLive(const ScriptParams& p) : p_(p), layout_(script_layout(p)) {}
  const Layout& layout() const override { return layout_; }
  int64_t ring_bytes() const override { return 0; }
  void start() override {}
  Pop pop(const MutableView& dst, FrameHeader& header, std::stop_token stop) override {
    while (std::count(p_.broken.begin(), p_.broken.end(), next_)) {
      if (p_.breaks_by != "status") throw_by(p_.breaks_by);
      ++next_;
    }
    if (stop.stop_requested()) return Pop::stopped;
    if (next_ >= p_.t * p_.c) return Pop::end;
    waste(p_, next_);
    fill(p_, next_, dst);
    header.time_s = static_cast<double>(next_) / 8;
    header.sequence = next_++;
    return Pop::frame;
  }
  void stop() override {}
  std::string identity() const override { return "script"; }

 private:
  ScriptParams p_;
  Layout layout_;
  int64_t next_ = 0;
};

// What a memory sink keeps, read again: all but the gaps.
class TapeSource : public Source {
 public:
  TapeSource(const Received& tape, const PortLayout& port, bool replaced)
      : layout_(port.layout), replaced_(replaced) {
    for (const auto& [key, item] : tape.items)
      if (!item.starts_with("gap ")) items_.push_back(item);
    layout_.stream = {{"t", static_cast<int64_t>(items_.size()), 1, "", {}}};
  }
  const Layout& layout() const override { return layout_; }
  int64_t read_bytes() const override { return 0; }
  Region block() const override { return layout_.whole_item(); }
  Status read(int64_t sequence, const MutableView& dst, FrameHeader& header) const override {
    header.time_s = static_cast<double>(sequence) / 8;
    const std::string& item = items_.at(static_cast<size_t>(sequence));
    copy_pixels(packed_view(reinterpret_cast<const std::byte*>(item.data()), layout_.dtype,
                            layout_.whole_item()),
                dst);
    return {};
  }
  std::string identity() const override { return "tape"; }
  Status unchanged() const override {
    return replaced_ ? Status::fail("the tape was replaced") : Status();
  }

 private:
  std::vector<std::string> items_;
  Layout layout_;
  bool replaced_;
};

std::map<std::string, PortLayout> recorded_ports;  // by path, guarded by mutex

ParamSet script_params() {
  return Parameters<ScriptParams>()
      .add("t", &ScriptParams::t, "frames")
      .add("c", &ScriptParams::c, "channels")
      .add("y", &ScriptParams::y, "rows")
      .add("x", &ScriptParams::x, "columns")
      .add("group", &ScriptParams::group, "items decoded together")
      .add("seed", &ScriptParams::seed, "of the pixels")
      .add("jitter_us", &ScriptParams::jitter_us, "most time wasted")
      .add("broken", &ScriptParams::broken, "unreadable items")
      .add("broken_from_row", &ScriptParams::broken_from_row, "rows above can be read")
      .add("breaks_by", &ScriptParams::breaks_by, "status, throw, bad_alloc or int")
      .defaults("status")
      .add("endless", &ScriptParams::endless, "do not announce the length")
      .add("replaced", &ScriptParams::replaced, "say that the input became another one");
}

}  // namespace

Received received(const std::string& path) {
  std::lock_guard lock(mutex);
  return results[path];
}
void clear_received() {
  std::lock_guard lock(mutex);
  results.clear();
  run_stop() = std::stop_source();
}
std::stop_source& run_stop() {
  static std::stop_source source;
  return source;
}

PARFOCAL_SOURCE(script) {
  SourceInfo info;
  info.name = "script";
  info.summary = "Small frames with scripted faults";
  info.params = script_params();
  info.open = [](const std::any& p, const SourceContext&) {
    return std::make_unique<ScriptSource>(std::any_cast<const ScriptParams&>(p));
  };
  info.test_only = true;
  return info;
}
PARFOCAL_SOURCE(script_live) {
  SourceInfo info;
  info.name = "script_live";
  info.summary = "The same, pushed";
  info.params = script_params();
  info.open_live = [](const std::any& p, const SourceContext&) {
    return std::make_unique<ScriptLive>(std::any_cast<const ScriptParams&>(p));
  };
  info.test_only = true;
  return info;
}
PARFOCAL_SINK(memory) {
  SinkInfo info;
  info.name = "memory";
  info.summary = "Keeps everything";
  info.accepts = {PortKind::image, PortKind::table};
  info.takes_labels = true;
  info.params = Parameters<MemoryParams>()
                    .add("path", &MemoryParams::path, "name")
                    .required()
                    .add("delay_us", &MemoryParams::delay_us, "slowness")
                    .add("stops_at", &MemoryParams::stops_at, "item that stops the run")
                    .add("fails_at", &MemoryParams::fails_at, "item that cannot be stored")
                    .add("queue", &MemoryParams::queue, "items between write and failure")
                    .add("fails_by", &MemoryParams::fails_by, "status, throw, bad_alloc or int")
                    .defaults("status")
                    .add("replaced", &MemoryParams::replaced, "say so when it is read again");
  info.inputs = {{"value", PortKind::image, true, "a Value"}};
  info.make = [](const std::any& p, std::span<const SinkInput> in, const SinkContext&) {
    std::lock_guard lock(mutex);
    recorded_ports[std::any_cast<const MemoryParams&>(p).path] = in[0].layout;
    return std::make_unique<MemorySink>(std::any_cast<const MemoryParams&>(p), in);
  };
  info.reopen = [](const std::any& p, const std::filesystem::path&) {
    const auto& [path, replaced] = std::tie(std::any_cast<const MemoryParams&>(p).path,
                                            std::any_cast<const MemoryParams&>(p).replaced);
    std::lock_guard lock(mutex);
    return std::make_unique<TapeSource>(results[path], recorded_ports.at(path), replaced);
  };
  info.test_only = true;
  return info;
}

}  // namespace parfocal::testing
