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
};

class MemorySink : public Sink {
 public:
  MemorySink(const MemoryParams& params, std::span<const SinkInput> inputs)
      : params_(params), inputs_(inputs.begin(), inputs.end()) {}
  int64_t resident_bytes() const override { return 0; }
  int64_t disk_bytes() const override { return 0; }
  void open() override {}
  Status write(std::span<const Input> in) override {
    if (params_.delay_us > 0)
      std::this_thread::sleep_for(std::chrono::microseconds(params_.delay_us));
    std::lock_guard lock(mutex);
    for (size_t i = 0; i < in.size(); ++i) {
      std::string& item = results[params_.path].items[{in[i].header->sequence, i}];
      if (in[i].gap)
        item = gap_text(in[i].gap->reason);
      else if (inputs_[i].layout.kind == PortKind::table)
        store_rows(in[i].table, item);
      else
        store_pixels(in[i].image, inputs_[i].layout.layout, item);
    }
    return {};
  }
  Status close(const Outcome& outcome) override {
    std::lock_guard lock(mutex);
    results[params_.path].outcome = outcome;
    results[params_.path].closed = true;
    return {};
  }
  std::vector<std::filesystem::path> paths() const override { return {}; }

 private:
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
};

struct ScriptParams {
  int64_t t = 10, c = 1, y = 9, x = 11, seed = 0, jitter_us = 0;
  int64_t group = 1;            ///< items decoded together
  std::vector<int64_t> broken;  ///< sequences that cannot be read, or that a camera loses
  bool endless = false;         ///< live: the length is not announced
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
    if (std::count(p_.broken.begin(), p_.broken.end(), sequence))
      return Status::fail("is broken by the script");
    fill(p_, sequence, dst);
    return {};
  }
  std::string identity() const override { return "script"; }

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
    while (std::count(p_.broken.begin(), p_.broken.end(), next_)) ++next_;
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
  TapeSource(const Received& tape, const PortLayout& port) : layout_(port.layout) {
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

 private:
  std::vector<std::string> items_;
  Layout layout_;
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
      .add("endless", &ScriptParams::endless, "do not announce the length");
}

}  // namespace

Received received(const std::string& path) {
  std::lock_guard lock(mutex);
  return results[path];
}
void clear_received() {
  std::lock_guard lock(mutex);
  results.clear();
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
                    .add("delay_us", &MemoryParams::delay_us, "slowness");
  info.inputs = {{"value", PortKind::image, true, "a Value"}};
  info.make = [](const std::any& p, std::span<const SinkInput> in, const SinkContext&) {
    std::lock_guard lock(mutex);
    recorded_ports[std::any_cast<const MemoryParams&>(p).path] = in[0].layout;
    return std::make_unique<MemorySink>(std::any_cast<const MemoryParams&>(p), in);
  };
  info.reopen = [](const std::any& p, const std::filesystem::path&) {
    const std::string& path = std::any_cast<const MemoryParams&>(p).path;
    std::lock_guard lock(mutex);
    return std::make_unique<TapeSource>(results[path], recorded_ports.at(path));
  };
  info.test_only = true;
  return info;
}

}  // namespace parfocal::testing
