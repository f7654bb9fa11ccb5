#pragma once
/// The contracts at the borders: source (random), live source, sink, observer; and their
/// registries.

#include <any>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "parfocal/core/frame_set.h"
#include "parfocal/core/item.h"
#include "parfocal/core/parameters.h"
#include "parfocal/core/raw_value.h"
#include "parfocal/core/registry.h"

namespace parfocal {

/// What frames.csv says of one item of a source.
struct SourceRow {
  std::string file;
  int64_t page = -1;  ///< -1 = not paged
  std::string time;   ///< ISO 8601, "" = unknown
};

/// A random-access source: any item, any region, from any thread.
class Source {
 public:
  virtual ~Source() = default;
  /// Valid from construction on (the first header was read, all files were stat'ed).
  virtual const Layout& layout() const = 0;
  /// Bytes that one concurrent read may allocate besides dst (codec buffers), the bound the planner
  /// counts.
  virtual int64_t read_bytes() const = 0;
  /// Regions that are cheap to read: multiples of this item shape (a strip, a chunk); rank = item
  /// rank.
  virtual Region block() const = 0;
  /// Items that one read decodes together (frames of one chunk): workers take whole groups
  /// [k n, (k + 1) n), one worker a group, in order, so a source that keeps a decoded group for
  /// each worker decodes it once.
  virtual int64_t items_per_read() const { return 1; }
  /// Reads dst.region of item `sequence` into dst (packed). Fills header times if known.
  /// Thread-safe. A failure names file and reason; it makes a gap `broken` or stops the run, as
  /// on_error says.
  virtual Status read(int64_t sequence, const MutableView& dst, FrameHeader& header) const = 0;
  /// Reads all items of the group that begins at `first`, whole, one behind the other, decoding
  /// straight into dst; headers as read() fills them. False where that cannot be done (a group at
  /// the end, frames that are stored otherwise, damaged bytes): read() then gives each item or its
  /// reason, and what is in dst does not count. Thread-safe.
  virtual bool read_group(int64_t first, std::span<std::byte> dst,
                          std::span<FrameHeader> headers) const {
    (void)first, (void)dst, (void)headers;
    return false;
  }
  /// Opens further output `port` (of SourceInfo::ports): planner and run call it for what the
  /// pipeline uses, before they ask for read_bytes() and before the first read. The layout has the
  /// stream axes of layout(). \throws Error(input_missing) if there is nothing to give
  virtual Layout open_port(size_t port);
  /// As read(), of a port that was opened.
  virtual Status read_port(size_t port, int64_t sequence, const MutableView& dst) const;
  /// Items that the input itself records as missing: they are gaps of the run, whatever on_error
  /// says, and are not read.
  virtual FrameSet missing() const { return {}; }
  virtual SourceRow row(int64_t sequence) const {
    (void)sequence;
    return {};
  }
  /// For provenance, plans, and going on with what an earlier run left: names, sizes and times of
  /// all files that are read, short. Of what was opened: may look at every file, once.
  virtual std::string identity() const = 0;
  /// Whether the inputs still are what was opened (their files, sizes, times), asked when all was
  /// read: a run of an input that was replaced meanwhile fails. Names the input that changed.
  virtual Status unchanged() const { return {}; }
  /// What a user must know before the run, one sentence each with its numbers (a time axis that had
  /// to be guessed).
  virtual std::vector<std::string> notices() const { return {}; }
};

enum class Pop : uint8_t { frame, end, stopped };

/// A live source: pushes frames from its own thread into its own fixed ring (outside admission, as
/// a camera driver does). Frames it had to drop show as missing sequence numbers.
class LiveSource {
 public:
  virtual ~LiveSource() = default;
  virtual const Layout& layout() const = 0;  ///< first stream axis may be unbounded
  virtual int64_t ring_bytes() const = 0;    ///< memory of its ring, counted in the plan
  virtual void start() = 0;
  /// Waits for the next frame (on the stop token, never polling) and copies it into dst.
  virtual Pop pop(const MutableView& dst, FrameHeader& header, std::stop_token stop) = 0;
  virtual void stop() = 0;  ///< returns when the source's thread has ended
  virtual SourceRow row(int64_t sequence) const {
    (void)sequence;
    return {};
  }
  virtual std::string identity() const = 0;
  virtual std::vector<std::string> notices() const { return {}; }
};

struct SourceContext {
  std::filesystem::path base_dir;  ///< relative paths are relative to the pipeline file
};
/// What a source can give beside its frames, one item each: written source.<name>.
struct SourcePort {
  std::string name;
  std::string doc;
};
/// Exactly one of `open`, `open_live` is set. \throws Error(input_missing | invalid_pipeline)
struct SourceInfo {
  std::string name;
  std::string summary;
  ParamSet params;
  std::string example;
  std::function<std::unique_ptr<Source>(const std::any& params, const SourceContext&)> open;
  std::function<std::unique_ptr<LiveSource>(const std::any& params, const SourceContext&)>
      open_live;
  bool test_only = false;
  std::vector<SourcePort> ports = {};  ///< of sources with `open`
};
Registry<SourceInfo>& sources();
/// The same with the keys that every source has (partial_source.h).
SourceInfo with_part_keys(SourceInfo info);

/// How a run ended, for sinks.
struct Outcome {
  bool complete = true;      ///< false: stopped or failed; output must be readable and say so
  std::string reason;        ///< "", "stopped", or the failure
  int64_t valid_items = -1;  ///< items [0, valid_items) were written; -1 = all
  std::vector<std::string> notices = {};  ///< what source and steps said, as "step: sentence"
};

/// Receives the items of its inputs joined by coordinates, in order, one call at a time. Critical:
/// a failure stops the run. When the run is swept by regions, write() comes once per region and
/// item, regions outermost; regions neither overlap nor leave anything out, and one is empty where
/// the item is smaller than what else is saved.
class Sink {
 public:
  virtual ~Sink() = default;
  /// Bytes it holds while running (staging, buffers), counted in the plan.
  virtual int64_t resident_bytes() const = 0;
  /// For sinks that can be opened again (SinkInfo::reopen): Source::read_bytes() of that source.
  virtual int64_t reread_bytes() const { return 0; }
  /// As Operator::input_window, of one call of write().
  virtual int64_t input_window(size_t input) const {
    (void)input;
    return -1;
  }
  /// Bytes it will write, uncompressed; -1 = unknown.
  virtual int64_t disk_bytes() const = 0;
  /// True if write() may come once for each region of an item. False: the engine gives whole items,
  /// so the run is not swept by regions.
  virtual bool takes_regions() const { return false; }
  /// What of its inputs it has no place for, which a user must know before the run, one sentence
  /// each (a scale that its format cannot say).
  virtual std::vector<std::string> notices() const { return {}; }
  /// Creates files. Nothing was created before. \throws Error
  virtual void open() = 0;
  /// Whether an item stayed from the run that this one goes on with (SinkContext::resume): it is
  /// then neither read nor written again. After open(); thread-safe.
  virtual bool has(int64_t sequence) const {
    (void)sequence;
    return false;
  }
  /// in[i] is the item of input i: a region of it (image.region), a table, or a gap. An input that
  /// lacks stream axes of the first (a Value) comes again with every item it belongs to.
  virtual Status write(std::span<const Input> in) = 0;
  /// Where write() only queues items, and one that was queued could not be stored: the items
  /// [0, n) that are stored. -1: all whose write succeeded.
  virtual int64_t stored_items() const { return -1; }
  /// Takes back all but the first `items` items; more may follow. For what tells of frames that are
  /// saved elsewhere (frames.csv), after a run was cut.
  virtual Status keep_first(int64_t items) {
    (void)items;
    return Status::fail("what was written cannot be taken back");
  }
  /// Completes metadata and closes; failures are reported here, never in a destructor.
  virtual Status close(const Outcome& outcome) = 0;
  /// Files and folders a user may open afterwards.
  virtual std::vector<std::filesystem::path> paths() const = 0;
};

/// One step of the description, as the user wrote it.
struct LineageStep {
  std::string id;                       ///< "source" for the source
  std::string type;                     ///< registered source or operator
  RawValue params;                      ///< as written: what is missing has its default
  std::vector<std::string> ports = {};  ///< of the source: further ports that are used
};
/// One input of a sink: which key of the sink's description named it, and what it carries.
struct SinkInput {
  std::string key;   ///< "from", "labels.cells", or the name of a SinkPort
  std::string step;  ///< id of the step
  std::string port;  ///< output port's name
  PortLayout layout;
  /// The steps it was made by, the source first, in the order of the description.
  std::vector<LineageStep> lineage = {};
};
/// A further named input of a sink, written `<name>: <step>` beside `from`. It may lack stream axes
/// of `from` (a Value): then it is broadcast.
struct SinkPort {
  std::string name;
  PortKind kind = PortKind::image;
  bool optional = false;
  std::string doc = {};
};
struct SinkContext {
  std::filesystem::path out_dir;
  std::string provenance_json;  ///< one JSON object: pipeline, hash, versions, input identity
  std::function<SourceRow(int64_t sequence)> source_row;  ///< for frames.csv
  std::filesystem::path base_dir = {};                    ///< of the pipeline file, for inputs
  int threads = 1;                                        ///< that the sink may use to encode
  /// What the items come from: identity of the source and its parameters.
  std::string origin = {};
  bool resume = false;  ///< go on with what an earlier run of the same left, see Sink::has()
  /// Items come whole (rank 0), or swept by regions whose last axes are of this shape at most.
  Region tile = {};
};
struct SinkInfo {
  std::string name;
  std::string summary;
  std::vector<PortKind> accepts;  ///< kinds of its `from`
  bool takes_labels = false;      ///< has `labels: {name: step}`
  ParamSet params;
  std::string example;
  std::function<std::unique_ptr<Sink>(const std::any& params, std::span<const SinkInput>,
                                      const SinkContext&)>
      make;
  bool test_only = false;
  std::vector<SinkPort> inputs = {};  ///< further inputs
  /// For sinks that keep their input whole and exact (a recording): opens what make() wrote under
  /// `out_dir` with these parameters, after close(): all items that were written, in order, without
  /// the gaps. A live source whose stream is needed twice is read again from such a sink.
  std::function<std::unique_ptr<Source>(const std::any& params,
                                        const std::filesystem::path& out_dir)>
      reopen = {};
};
Registry<SinkInfo>& sinks();

/// Best effort: runs on its own thread with copies; may be slow or hang, never holds up the run.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void observe(const Input& item) = 0;
};
struct ObserverInfo {
  std::string name;
  std::string summary;
  ParamSet params;
  std::function<std::unique_ptr<Observer>(const std::any& params, const SinkInput& input)> make;
  bool test_only = false;
};
Registry<ObserverInfo>& observers();

}  // namespace parfocal

#define PARFOCAL_REGISTER_(registry, Info, id, complete)                           \
  static ::parfocal::Info parfocal_describe_##registry##_##id();                   \
  [[maybe_unused]] static const bool parfocal_registered_##registry##_##id =       \
      ::parfocal::registry().add(complete(parfocal_describe_##registry##_##id())); \
  static ::parfocal::Info parfocal_describe_##registry##_##id()
#define PARFOCAL_SOURCE(id) PARFOCAL_REGISTER_(sources, SourceInfo, id, ::parfocal::with_part_keys)
#define PARFOCAL_SINK(id) PARFOCAL_REGISTER_(sinks, SinkInfo, id, )
#define PARFOCAL_OBSERVER(id) PARFOCAL_REGISTER_(observers, ObserverInfo, id, )
