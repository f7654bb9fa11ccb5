#pragma once
/// Where the objects of a Zarr hierarchy lie: keys such as "0/c/1/2" to bytes. The file system is
/// one such place; an object store may become another.

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parfocal/core/error.h"

namespace parfocal {

/// What one read found.
struct ObjectRead {
  bool found = false;  ///< false: there is no such object, which is no failure
  int64_t size = 0;    ///< bytes of the whole object
  int64_t read = 0;    ///< bytes that were read: fewer than asked for only at its end
};

/// Tells one object from another in its place, and from itself after somebody wrote it.
struct ObjectStamp {
  bool found = false;
  uint64_t device = 0, number = 0;  ///< 0 where the place of the object has none
  int64_t size = 0, changed_ns = 0;
  bool operator==(const ObjectStamp&) const = default;
};

/// An object that grows at its end, such as a journal. Thread-safe; one writer at a time.
class AppendObject {
 public:
  virtual ~AppendObject() = default;
  /// Adds the bytes in one step: the death of the process leaves all of them or none, a power cut
  /// may leave a part of what was not synced.
  virtual Status append(std::span<const std::byte> bytes) = 0;
  /// All that was appended before survives a power cut. A failed one must not be tried again.
  virtual Status sync() = 0;
  virtual Status close() = 0;
};

/// Thread-safe. Keys are '/'-separated names without "", "." and ".."; others fail.
class Store {
 public:
  virtual ~Store() = default;
  /// Reads [offset, offset + to.size()).
  virtual Status read(const std::string& key, int64_t offset, std::span<std::byte> to,
                      ObjectRead& result) const = 0;
  /// Reads the last to.size() bytes into the start of `to`; all of an object that is shorter.
  virtual Status read_end(const std::string& key, std::span<std::byte> to,
                          ObjectRead& result) const = 0;
  /// Names of the objects and prefixes directly below `prefix` ("" = all), sorted: of any `most` of
  /// them. None where there is nothing, or an object.
  virtual Status list(const std::string& prefix, size_t most,
                      std::vector<std::string>& names) const = 0;
  /// What is at `key` now; nothing there is no failure.
  virtual Status stamp(const std::string& key, ObjectStamp& result) const = 0;
  /// Puts an object in one step: readers see the old one or the new one, never a part. `durable`:
  /// the new one survives a power cut.
  virtual Status put(const std::string& key, std::span<const std::byte> bytes, bool durable) = 0;
  /// Begins an object that grows; one of this name must not exist. That it exists survives a power
  /// cut. Others can tell that it is being written until it is closed or its process is gone.
  virtual Status create_growing(const std::string& key, std::unique_ptr<AppendObject>& object) = 0;
  /// For messages: what a person looks for (a path, an address).
  virtual std::string where(const std::string& key) const = 0;
};

/// A folder.
class LocalStore final : public Store {
 public:
  explicit LocalStore(std::filesystem::path folder) : folder_(std::move(folder)) {}
  Status read(const std::string& key, int64_t offset, std::span<std::byte> to,
              ObjectRead& result) const override;
  Status read_end(const std::string& key, std::span<std::byte> to,
                  ObjectRead& result) const override;
  Status list(const std::string& prefix, size_t most,
              std::vector<std::string>& names) const override;
  Status stamp(const std::string& key, ObjectStamp& result) const override;
  Status put(const std::string& key, std::span<const std::byte> bytes, bool durable) override;
  Status create_growing(const std::string& key, std::unique_ptr<AppendObject>& object) override;
  std::string where(const std::string& key) const override;

 private:
  std::filesystem::path folder_;
};

/// "a" and "b" to "a/b"; either may be empty.
std::string joined_key(std::string_view a, std::string_view b);
/// Reads a text of at most `most` bytes; `found` false where there is none.
Status read_text_object(const Store& store, const std::string& key, int64_t most, std::string& text,
                        bool& found);

}  // namespace parfocal
