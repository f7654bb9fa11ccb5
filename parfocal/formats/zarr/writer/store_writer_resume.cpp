#include <algorithm>
#include <nlohmann/json.hpp>

#include "parfocal/formats/zarr/array_reader.h"
#include "parfocal/formats/zarr/hierarchy.h"
#include "parfocal/formats/zarr/writer/recover.h"
#include "parfocal/formats/zarr/writer/store_writer-inl.h"
#include "parfocal/formats/zarr/writer/valid_column.h"

// Going on where all frames can be had again. The column `valid` is what counts: it is made to say
// 0 before anything is removed, and recovery believes it, so being killed at any moment of this
// leaves a store that can be gone on with.
namespace parfocal {
namespace {

constexpr int64_t kSampled = 16;  // frames of a channel, for the contrast window

using Json = nlohmann::ordered_json;

// "levels 4, shard [16,64,64]": what of a description differs from another one's.
struct Differences {
  std::string had, now;

  void add(const std::string& name, const Json& before, const Json& after) {
    if (before == after) return;
    const std::string codec = codec_of(before), other = codec_of(after);
    if (codec != other) {  // their parameters are other ones, too
      append(had, "codec", codec);
      append(now, "codec", other);
      return;
    }
    if (before.is_object() && after.is_object()) return add_members(before, after);
    if (!are_alike(before, after)) {
      append(had, name, before);
      append(now, name, after);
      return;
    }
    for (size_t i = 0; i < before.size(); ++i) add(name, before[i], after[i]);
  }

 private:
  // As the sink's parameter names it; "" of what is no codec.
  static std::string codec_of(const Json& json) {
    if (!json.is_object() || !json.contains("configuration") || !json.contains("name")) return "";
    const Json &name = json["name"], &parameters = json["configuration"];
    const bool blosc = name == "blosc" && parameters.contains("cname");
    const Json& told = blosc ? parameters["cname"] : name;
    return told.is_string() ? told.get<std::string>() : told.dump();
  }
  // Lists of as many images, axes or codecs.
  static bool are_alike(const Json& before, const Json& after) {
    return before.is_array() && after.is_array() && before.size() == after.size() &&
           !before.empty() && before[0].is_object();
  }
  void add_members(const Json& before, const Json& after) {
    for (const auto& [key, value] : before.items())
      add(key, value, after.contains(key) ? after[key] : Json());
    for (const auto& [key, value] : after.items())
      if (!before.contains(key)) add(key, Json(), value);
  }
  static void append(std::string& text, const std::string& name, const Json& value) {
    const std::string part = name + " " +
                             (value.is_null()     ? "not stated"
                              : value.is_string() ? value.get<std::string>()
                                                  : value.dump());
    if (text.find(part) != text.npos) return;  // the same of several images
    text += (text.empty() ? "" : ", ") + part;
  }
};

void require_same(const StoreSpec& stored, const StoreSpec& given,
                  const std::filesystem::path& root) {
  const auto refuse = [&](const std::string& what, const std::string& had, const std::string& now) {
    throw Error(ErrorCode::output_exists,
                Issue{what, root.string(), now, had, "start over, or give what it was made of"});
  };
  if (stored.origin != given.origin)
    refuse("the unfinished store was made of something else", stored.origin, given.origin);
  StoreSpec a = stored, b = given;
  a.provenance_json = b.provenance_json = "";
  if (spec_json(a) == spec_json(b)) return;
  Differences differences;
  differences.add("", Json::parse(spec_json(a)), Json::parse(spec_json(b)));
  refuse("the unfinished store was made with other options", differences.had, differences.now);
}

// Frames that are there by the column `valid`; where that cannot be read, none.
FrameSet valid_frames(const std::shared_ptr<const Store>& store, const std::string& path,
                      int64_t frames) {
  FrameSet valid;
  try {
    const ArrayReader reader(store, path, ZarrHierarchy(store).array(path));
    if (!add_valid(reader, 0, frames, valid)) return {};
  } catch (const Error&) {
    return {};
  }
  return valid;
}

// Size of the first axis as it was published; 0 where nothing was.
int64_t published_outer(const std::shared_ptr<const Store>& store, const ArraySpec& array) {
  try {
    const ZarrArray found = ZarrHierarchy(store).array(array.path);
    if (found.shape.size() != array.shape.size()) return 0;
    return array.stream_rank() == 0 ? 1 : found.shape[0];
  } catch (const Error&) {
    return 0;
  }
}

}  // namespace

std::unique_ptr<StoreWriter> StoreWriter::resume(const std::filesystem::path& root, StoreSpec spec,
                                                 const StoreOptions& options) {
  check_spec(spec);
  StoreSpec stored = read_store_spec(root);
  require_same(stored, spec, root);
  Fd opening;
  RecoverReport report;
  Status s = lock_store(root, opening);
  if (s.ok()) s = recover_locked_store(root, report);
  if (!s.ok()) throw Error(ErrorCode::run_failed, s.issue());
  auto impl = std::make_unique<Impl>(root, std::move(stored), options);
  impl->resume();
  impl->start();
  return std::unique_ptr<StoreWriter>(new StoreWriter(std::move(impl)));
}

bool StoreWriter::has(size_t image, int64_t frame) const { return impl_->has(image, frame); }

void StoreWriter::Impl::resume() {
  Status s = journal_.create(store_, "__parfocal/journal");
  for (size_t i = 0; s.ok() && i < images_.size(); ++i) s = resume_image(i);
  if (s.ok()) s = put(objects(false, "running"));
  if (!s.ok()) throw Error(ErrorCode::run_failed, s.issue());
}

Status StoreWriter::Impl::resume_image(size_t i) {
  ImageWriter& image = *images_[i];
  const std::shared_ptr<const Store> store = std::make_shared<LocalStore>(root_);
  published_[i] = published_outer(store, image.base().spec());
  const int64_t frames = image.base().grid().frames(published_[i]);
  const FrameSet valid = valid_frames(store, joined_key(image.spec().path, "frames/valid"), frames);
  if (Status s = image.resume_bands(valid, frames); !s.ok()) return s;
  return image.spec().label ? Status() : sample_kept(i, frames);
}

Status StoreWriter::Impl::sample_kept(size_t i, int64_t frames) {
  ImageWriter& image = *images_[i];
  const ArraySpec& base = image.base().spec();
  const std::vector<int64_t> kept = image.spread_frames(frames, kSampled);
  if (kept.empty()) return {};
  const auto store = std::make_shared<LocalStore>(root_);
  const ArrayReader reader(store, base.path, ZarrHierarchy(store).array(base.path));
  const size_t y = base.stream_rank();
  const Region plane = Region::whole({base.shape[y], base.shape[y + 1]});
  AlignedBuffer pixels(plane.count() * static_cast<int64_t>(dtype_size(base.dtype)));
  for (const int64_t frame : kept) {
    const Region region = plane_region(base, image.base().grid().index_of(frame));
    if (Status s = reader.read(packed_view(pixels.data(), base.dtype, region)); !s.ok()) return s;
    const std::byte* data = pixels.data();
    image.sample(frame, packed_view(data, base.dtype, plane));
  }
  return {};
}

}  // namespace parfocal
