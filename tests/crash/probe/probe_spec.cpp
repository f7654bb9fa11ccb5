#include "probe_spec.h"

#include <algorithm>
#include <sstream>

namespace parfocal::crash {

namespace {

std::string joined(const std::vector<int64_t>& numbers) {
  std::string text;
  for (const int64_t n : numbers) text += (text.empty() ? "" : ",") + std::to_string(n);
  return text;
}
std::vector<int64_t> numbers_of(const std::string& text) {
  std::vector<int64_t> numbers;
  std::istringstream stream(text);
  for (std::string number; std::getline(stream, number, ',');)
    numbers.push_back(std::stoll(number));
  return numbers;
}

// Calls f(name, value as text in or out) for each argument.
template <class Spec, class F>
void for_each_argument(Spec& s, F&& f) {
  f("--frames", s.frames);
  f("--height", s.height);
  f("--width", s.width);
  f("--channels", s.channels);
  f("--z", s.z);
  f("--order", s.order);
  f("--chunk", s.chunk);
  f("--shard", s.shard);
  f("--chunk-z", s.chunk_z);
  f("--shard-z", s.shard_z);
  f("--codec", s.codec);
  f("--levels", s.levels);
  f("--pool-z", s.pool_z);
  f("--format", s.format);
  f("--ack", s.ack);
  f("--rate", s.rate);
  f("--threads", s.threads);
  f("--queue", s.queue);
  f("--direct", s.direct);
  f("--skip-every", s.skip_every);
  f("--positions", s.positions);
  f("--label", s.label);
  f("--sessions", s.sessions);
  f("--first-session", s.first_session);
  f("--take-back", s.take_back);
}

struct ToText {
  std::string operator()(const std::string& v) const { return v; }
  std::string operator()(const std::vector<int64_t>& v) const { return joined(v); }
  template <class T>
  std::string operator()(const T& v) const {
    return std::to_string(v);
  }
};

void from_text(const std::string& text, std::string& v) { v = text; }
void from_text(const std::string& text, std::vector<int64_t>& v) { v = numbers_of(text); }
template <class T>
void from_text(const std::string& text, T& v) {
  std::istringstream(text) >> v;
}

CodecSpec codec_of(const std::string& name) {
  CodecSpec codec;
  codec.kind = name == "lz4"    ? CodecKind::blosc
               : name == "zstd" ? CodecKind::zstd
                                : CodecKind::gzip;
  codec.typesize = 2;
  codec.level = 1;
  return codec;
}

}  // namespace

std::vector<std::string> ProbeSpec::arguments() const {
  std::vector<std::string> words;
  for_each_argument(*this, [&](const char* name, const auto& value) {
    words.push_back(name);
    words.push_back(ToText()(value));
  });
  return words;
}

ProbeSpec ProbeSpec::parse(const std::vector<std::string>& words) {
  ProbeSpec spec;
  for (size_t i = 0; i + 1 < words.size(); i += 2) {
    bool known = false;
    for_each_argument(spec, [&](const char* name, auto& value) {
      if (words[i] != name) return;
      known = true;
      from_text(words[i + 1], value);
    });
    if (!known) throw std::invalid_argument("unknown argument " + words[i]);
  }
  return spec;
}

StoreSpec ProbeSpec::store() const {
  ImageSpec image;
  image.name = "probe";
  const auto add = [&](const char* name, int64_t size, int64_t chunk_side, int64_t shard_side) {
    image.axes.push_back({name, size, 1, "", {}});
    if (!chunk.empty()) image.chunk.push_back(chunk_side);
    if (!shard.empty()) image.shard.push_back(shard_side);
  };
  const auto of = [](const std::vector<int64_t>& sides, size_t i) {
    return sides.empty() ? 1 : sides[i];
  };
  add("t", kUnbounded, of(chunk, 0), of(shard, 0));
  if (channels > 0) add("c", channels, 1, 1);
  if (z > 0) add("z", z, chunk_z, shard_z);
  add("y", height, of(chunk, 1), of(shard, 1));
  add("x", width, of(chunk, 2), of(shard, 2));
  image.dtype = DType::u16;
  image.levels = levels;
  image.pool_z = pool_z;
  if (codec != "none") image.compressors.push_back(codec_of(codec));
  StoreSpec store;
  store.zarr_format = format;
  for (int64_t p = 0; p < positions; ++p) {
    image.path = positions > 1 ? std::to_string(p) : "";
    store.images.push_back(image);
    if (!label) continue;
    ImageSpec cells = image;
    cells.path = image.path + (image.path.empty() ? "" : "/") + "labels/cells";
    cells.label = true;
    cells.pooling = Pooling::mode;
    store.images.push_back(std::move(cells));
  }
  store.columns = {{"id", DType::i64, ""}, {"time", DType::f64, "s"}};
  return store;
}

int64_t ProbeSpec::frame_at(int64_t i) const {
  const int64_t nc = std::max<int64_t>(1, channels), nz = std::max<int64_t>(1, z);
  const int64_t nt = std::max<int64_t>(1, frames / (nc * nz));
  const std::string loops = order.empty() ? "tcz" : order;
  int64_t t = 0, c = 0, iz = 0;
  for (size_t a = loops.size(); a-- > 0;) {
    const int64_t size = loops[a] == 't' ? nt : loops[a] == 'c' ? nc : nz;
    (loops[a] == 't' ? t : loops[a] == 'c' ? c : iz) = i % size;
    i /= size;
  }
  return (t * nc + c) * nz + iz;
}

}  // namespace parfocal::crash
