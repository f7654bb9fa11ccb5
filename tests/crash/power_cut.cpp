#include "power_cut.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <set>
#include <stdexcept>

namespace parfocal::crash {

namespace fs = std::filesystem;

DiskLog::DiskLog(const fs::path& log, fs::path root) : root_(std::move(root)) {
  std::ifstream file(log, std::ios::binary | std::ios::ate);
  if (!file) throw std::runtime_error("no log " + log.string());
  bytes_.resize(static_cast<size_t>(file.tellg()));
  file.seekg(0);
  file.read(reinterpret_cast<char*>(bytes_.data()), static_cast<std::streamsize>(bytes_.size()));
  const std::span<const std::byte> all(bytes_);
  for (size_t at = 0; at + sizeof(LogRecord) <= all.size();) {
    LogRecord record;
    std::memcpy(&record, all.data() + at, sizeof record);
    at += sizeof record;
    const auto take = [&](size_t n) {
      const auto part = all.subspan(at, n);
      at += n;
      return part;
    };
    const auto text = [](std::span<const std::byte> part) {
      return std::string(reinterpret_cast<const char*>(part.data()), part.size());
    };
    if (record.path_bytes + record.second_bytes + record.data_bytes > all.size() - at) break;
    std::string path = text(take(record.path_bytes)), second = text(take(record.second_bytes));
    add(record, std::move(path), std::move(second), take(record.data_bytes));
  }
}

void DiskLog::add(const LogRecord& record, std::string path, std::string second,
                  std::span<const std::byte> data) {
  DiskOp op{record.op, record.number, -1, std::move(path), std::move(second), data};
  const auto forget_below = [&](const std::string& name) { names_.erase(name); };
  switch (record.op) {
    case LogOp::open: {
      path_of_fd_[record.fd] = op.path;
      inode_of_fd_.erase(record.fd);
      if (record.number & O_DIRECTORY) return;
      const bool fresh = !names_.contains(op.path);
      if (fresh && !(record.number & O_CREAT)) return;  // a folder opened as a file
      const int inode = fresh ? inodes_++ : names_[op.path];
      names_[op.path] = inode_of_fd_[record.fd] = op.inode = inode;
      if (fresh) ops_.push_back(op);
      if (!fresh && (record.number & O_TRUNC)) {
        op.op = LogOp::truncate;
        op.number = 0;
        ops_.push_back(op);
      }
      return;
    }
    case LogOp::close:
      return;
    case LogOp::write:
    case LogOp::truncate:
    case LogOp::sync_failed:
    case LogOp::sync_begin: {
      const auto it = inode_of_fd_.find(record.fd);
      if (it != inode_of_fd_.end()) op.inode = it->second;
      op.path = path_of_fd_[record.fd];
      break;
    }
    case LogOp::rename:
      if (names_.contains(op.path)) {
        op.inode = names_[op.path];
        names_[op.second] = op.inode;
      }
      forget_below(op.path);
      break;
    case LogOp::link:
      op.inode = names_[op.second] = names_[op.path];
      break;
    case LogOp::unlink:
      op.inode = names_.contains(op.path) ? names_[op.path] : -1;
      forget_below(op.path);
      break;
    default:
      break;
  }
  ops_.push_back(std::move(op));
}

// For each operation the one at whose end it is safe for good; size() = never.
std::vector<size_t> DiskLog::covered_until(size_t prefix) const {
  std::vector<size_t> safe_at(prefix, ops_.size());
  std::map<uint64_t, size_t> begun;
  std::map<int, std::vector<size_t>> of_file;            // not yet safe
  std::map<std::string, std::vector<size_t>> of_folder;  // not yet safe
  const auto settle = [&](std::vector<size_t>& waiting, size_t begin, size_t end) {
    std::erase_if(waiting, [&](size_t i) {
      if (i < begin) safe_at[i] = end;
      return i < begin;
    });
  };
  for (size_t i = 0; i < prefix; ++i) {
    const DiskOp& op = ops_[i];
    const auto folder = [](const std::string& path) {
      return fs::path(path).parent_path().string();
    };
    switch (op.op) {
      case LogOp::write:
      case LogOp::truncate:
        of_file[op.inode].push_back(i);
        break;
      case LogOp::rename:
      case LogOp::link:
        of_folder[folder(op.second)].push_back(i);
        break;
      case LogOp::open:
      case LogOp::unlink:
      case LogOp::mkdir:
      case LogOp::rmdir:
        of_folder[folder(op.path)].push_back(i);
        break;
      case LogOp::sync_failed:  // Linux drops these pages; a later sync would not write them
        of_file[op.inode].clear();
        break;
      case LogOp::sync_begin:
      case LogOp::sync_all_begin:
        begun[op.number] = i;
        break;
      case LogOp::sync_end: {
        const size_t begin = begun.at(op.number);
        const DiskOp& what = ops_[begin];
        if (what.op == LogOp::sync_all_begin) {
          for (auto& [inode, waiting] : of_file) settle(waiting, begin, i);
          for (auto& [path, waiting] : of_folder) settle(waiting, begin, i);
        } else if (what.inode >= 0) {
          settle(of_file[what.inode], begin, i);
        } else {
          settle(of_folder[what.path], begin, i);
        }
        break;
      }
      default:
        break;
    }
  }
  return safe_at;
}

void DiskLog::write_file(int inode, size_t prefix, const std::vector<size_t>& safe_at,
                         std::mt19937_64& random, const fs::path& to) const {
  const size_t sector = random() % 2 ? 512 : 4096;
  // Chances of what is not safe: often all or nothing, as caches are written back in runs.
  constexpr double kChances[] = {0, 0.1, 0.5, 0.9, 1};
  const double chance = kChances[random() % 5];
  std::uniform_real_distribution<double> uniform;
  std::vector<std::byte> data;
  std::vector<size_t> sizes{0};  // that the file may have
  size_t size = 0;
  for (size_t i = 0; i < prefix; ++i) {
    const DiskOp& op = ops_[i];
    if (op.inode != inode || (op.op != LogOp::write && op.op != LogOp::truncate)) continue;
    const bool safe = safe_at[i] < prefix;
    if (op.op == LogOp::truncate) {
      size = op.number;
      // Kept or not with the size; what it cut away may be there or not.
      if (size < data.size() && (safe || uniform(random) < chance))
        std::fill(data.begin() + static_cast<ptrdiff_t>(size), data.end(), std::byte{0});
    } else {
      const size_t begin = op.number, end = begin + op.data.size();
      size = std::max(size, end);
      data.resize(std::max(data.size(), size));
      for (size_t at = begin; at < end;) {
        const size_t next = std::min(end, (at / sector + 1) * sector);
        if (safe || uniform(random) < chance)
          std::memcpy(data.data() + at, op.data.data() + (at - begin), next - at);
        at = next;
      }
    }
    if (safe) sizes.clear();
    sizes.push_back(size);
  }
  data.resize(sizes[random() % sizes.size()]);
  std::ofstream file(to, std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char*>(data.data()), static_cast<std::streamsize>(data.size()));
  if (!file) throw std::runtime_error("cannot write " + to.string());
}

void DiskLog::cut(size_t prefix, uint64_t seed, const fs::path& folder) const {
  std::mt19937_64 random(seed);
  prefix = std::min(prefix, ops_.size());
  const std::vector<size_t> safe_at = covered_until(prefix);
  constexpr double kChances[] = {0, 0.2, 0.5, 0.8, 1};
  const double chance = kChances[random() % 5];
  std::uniform_real_distribution<double> uniform;
  std::map<std::string, int> files;
  std::set<std::string> folders{root_.string()};
  for (size_t i = 0; i < prefix; ++i) {
    const DiskOp& op = ops_[i];
    if (op.op == LogOp::write || op.op == LogOp::truncate) continue;
    if (safe_at[i] >= prefix && uniform(random) >= chance) continue;
    if (op.op == LogOp::open || op.op == LogOp::link)
      files[op.op == LogOp::open ? op.path : op.second] = op.inode;
    if (op.op == LogOp::unlink) files.erase(op.path);
    if (op.op == LogOp::mkdir) folders.insert(op.path);
    if (op.op == LogOp::rmdir) folders.erase(op.path);
    if (op.op == LogOp::rename) {
      const auto it = files.find(op.path);
      if (it != files.end() && it->second == op.inode) files.erase(it);
      files[op.second] = op.inode;
    }
  }
  fs::remove_all(folder);
  const auto there = [&](const std::string& path) {
    for (fs::path p = fs::path(path).parent_path(); p != root_; p = p.parent_path())
      if (!folders.contains(p.string())) return false;
    return true;
  };
  const auto moved = [&](const std::string& path) {
    return folder / fs::path(path).lexically_relative(root_);
  };
  fs::create_directories(folder);
  for (const std::string& path : folders)
    if (path != root_.string() && there(path)) fs::create_directories(moved(path));
  for (const auto& [path, inode] : files)
    if (there(path)) write_file(inode, prefix, safe_at, random, moved(path));
}

std::vector<std::byte> DiskLog::written_to(const std::string& path, size_t prefix) const {
  std::vector<std::byte> all;
  for (size_t i = 0; i < std::min(prefix, ops_.size()); ++i)
    if (ops_[i].op == LogOp::write && ops_[i].path == path)
      all.insert(all.end(), ops_[i].data.begin(), ops_[i].data.end());
  return all;
}

}  // namespace parfocal::crash
