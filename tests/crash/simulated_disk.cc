#include "tests/crash/simulated_disk.h"

#include <algorithm>
#include <set>
#include <utility>

namespace pawl::crash {
namespace {

constexpr SimulatedDisk::InodeId kRoot = 1;

std::vector<std::string> Parts(const std::string& path) {
  std::vector<std::string> parts;
  size_t from = 0;
  while (from < path.size()) {
    size_t to = path.find('/', from);
    if (to == std::string::npos) to = path.size();
    if (to > from) parts.push_back(path.substr(from, to - from));
    from = to + 1;
  }
  return parts;
}

}  // namespace

SimulatedDisk::SimulatedDisk(const std::string& root) : root_(root) {
  inodes_[kRoot].folder = true;
  std::string path;
  for (const std::string& part : Parts(root)) {
    path += "/" + part;
    MakeFolder(path);
  }
  SyncAll();
}

// --- Look-ups ----------------------------------------------------------------

std::optional<SimulatedDisk::InodeId> SimulatedDisk::Find(
    const std::string& path) const {
  InodeId at = kRoot;
  for (const std::string& part : Parts(path)) {
    const Inode& folder = inodes_.at(at);
    const auto it = folder.entries.find(part);
    if (!folder.folder || it == folder.entries.end()) return std::nullopt;
    at = it->second;
  }
  return at;
}

std::vector<std::string> SimulatedDisk::List(InodeId folder) const {
  std::vector<std::string> names;
  for (const auto& [name, inode] : inodes_.at(folder).entries) {
    names.push_back(name);
  }
  return names;
}

std::vector<std::string> SimulatedDisk::AllFiles() const {
  std::vector<std::string> files;
  std::vector<std::string> open = {root_};
  while (!open.empty()) {
    const std::string path = open.back();
    open.pop_back();
    for (const auto& [name, inode] : inodes_.at(*Find(path)).entries) {
      (IsFolder(inode) ? open : files).push_back(path + "/" + name);
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

uint64_t SimulatedDisk::bytes() const {
  uint64_t sum = 0;
  for (const auto& [id, inode] : inodes_) sum += inode.bytes.size();
  return sum;
}

std::optional<SimulatedDisk::Place> SimulatedDisk::PlaceOf(
    const std::string& path) const {
  const size_t slash = path.find_last_of('/');
  if (slash == std::string::npos || slash + 1 == path.size()) {
    return std::nullopt;
  }
  const auto folder = Find(path.substr(0, slash));
  if (!folder.has_value() || !IsFolder(*folder)) return std::nullopt;
  return Place{*folder, path.substr(slash + 1)};
}

// --- Names -------------------------------------------------------------------

void SimulatedDisk::Change(NameChange change) {
  for (const NameChange::Entry& entry : change.entries) {
    auto& entries = inodes_.at(entry.folder).entries;
    if (entry.inode == 0) {
      entries.erase(entry.name);
    } else {
      entries[entry.name] = entry.inode;
    }
  }
  changes_.push_back(std::move(change));
}

void SimulatedDisk::Commit(const NameChange& change) {
  for (const NameChange::Entry& entry : change.entries) {
    auto& entries = inodes_.at(entry.folder).disk_entries;
    if (entry.inode == 0) {
      entries.erase(entry.name);
    } else {
      entries[entry.name] = entry.inode;
    }
  }
}

std::optional<SimulatedDisk::InodeId> SimulatedDisk::Create(
    const std::string& path) {
  const auto place = PlaceOf(path);
  if (!place.has_value()) return std::nullopt;
  const InodeId inode = next_inode_++;
  inodes_[inode];
  Change({{{place->folder, place->name, inode}}});
  return inode;
}

bool SimulatedDisk::MakeFolder(const std::string& path) {
  if (Find(path).has_value()) return IsFolder(*Find(path));
  const auto inode = Create(path);
  if (inode.has_value()) inodes_.at(*inode).folder = true;
  return inode.has_value();
}

bool SimulatedDisk::Link(const std::string& from, const std::string& to) {
  const auto inode = Find(from);
  const auto place = PlaceOf(to);
  if (!inode.has_value() || !place.has_value() || Find(to).has_value()) {
    return false;
  }
  Change({{{place->folder, place->name, *inode}}});
  return true;
}

bool SimulatedDisk::Rename(const std::string& from, const std::string& to) {
  const auto inode = Find(from);
  const auto source = PlaceOf(from);
  const auto target = PlaceOf(to);
  if (!inode.has_value() || !source.has_value() || !target.has_value()) {
    return false;
  }
  Change({{{target->folder, target->name, *inode},
           {source->folder, source->name, 0}}});
  return true;
}

bool SimulatedDisk::Remove(const std::string& path) {
  const auto inode = Find(path);
  const auto place = PlaceOf(path);
  if (!inode.has_value() || !place.has_value()) return false;
  if (IsFolder(*inode) && !inodes_.at(*inode).entries.empty()) return false;
  Change({{{place->folder, place->name, 0}}});
  return true;
}

// --- Bytes -------------------------------------------------------------------

// Remembers what the disk has in the pages of from..to (excluded), which are
// about to change.
void SimulatedDisk::TouchPages(Inode* file, uint64_t from, uint64_t to) {
  for (uint64_t page = from / kPageBytes; page * kPageBytes < to; ++page) {
    if (file->dirty.contains(page)) continue;
    const auto forgotten = file->forgotten.find(page);
    if (forgotten != file->forgotten.end()) {
      file->dirty[page] = std::move(forgotten->second);
      file->forgotten.erase(forgotten);
      continue;
    }
    const uint64_t start = page * kPageBytes;
    file->dirty[page] = start < file->bytes.size()
                            ? file->bytes.substr(start, kPageBytes)
                            : std::string();
  }
}

void SimulatedDisk::Write(InodeId id, uint64_t offset, std::string_view bytes) {
  if (bytes.empty()) return;
  Inode& file = inodes_.at(id);
  const uint64_t end = offset + bytes.size();
  TouchPages(&file, std::min<uint64_t>(offset, file.bytes.size()), end);
  if (file.bytes.size() < end) file.bytes.resize(end);
  file.bytes.replace(offset, bytes.size(), bytes);
}

void SimulatedDisk::Truncate(InodeId id, uint64_t bytes) {
  Inode& file = inodes_.at(id);
  const uint64_t before = file.bytes.size();
  TouchPages(&file, std::min(before, bytes), std::max(before, bytes));
  file.bytes.resize(bytes);
}

void SimulatedDisk::Sync(InodeId id) {
  Inode& file = inodes_.at(id);
  file.dirty.clear();
  file.disk_size = file.bytes.size();
}

void SimulatedDisk::LoseDirty(InodeId id) {
  Inode& file = inodes_.at(id);
  file.forgotten.merge(file.dirty);
  file.dirty.clear();
}

bool SimulatedDisk::Forgot(InodeId id) const {
  return !inodes_.at(id).forgotten.empty();
}

void SimulatedDisk::SyncFolder(InodeId folder) {
  std::erase_if(changes_, [&](const NameChange& change) {
    const bool here =
        std::any_of(change.entries.begin(), change.entries.end(),
                    [&](const auto& entry) { return entry.folder == folder; });
    if (here) Commit(change);
    return here;
  });
}

void SimulatedDisk::SyncAll() {
  for (const NameChange& change : changes_) Commit(change);
  changes_.clear();
  for (auto& [id, inode] : inodes_) {
    if (!inode.folder) Sync(id);
  }
}

// --- The end of a life -------------------------------------------------------

std::string SimulatedDisk::DiskBytes(InodeId id, const Inode& file, Loss loss,
                                     const std::optional<Kept>& kept,
                                     Random* random) const {
  std::string bytes = file.bytes;
  uint64_t size = loss == Loss::kNothing ? bytes.size() : file.disk_size;
  bytes.resize(std::max<uint64_t>(bytes.size(), file.disk_size));
  const auto revert = [&](uint64_t page, const std::string& old) {
    const uint64_t start = page * kPageBytes;
    const uint64_t end = std::min<uint64_t>(start + kPageBytes, bytes.size());
    for (uint64_t i = start; i < end; ++i) {
      bytes[i] = i - start < old.size() ? old[i - start] : '\0';
    }
  };
  const auto is_kept = [&](uint64_t page) {
    return kept.has_value() && kept->file == id && kept->bytes > 0 &&
           page >= kept->offset / kPageBytes &&
           page <= (kept->offset + kept->bytes - 1) / kPageBytes;
  };
  for (const auto& [page, old] : file.forgotten) revert(page, old);
  if (loss == Loss::kNothing) return bytes;
  for (const auto& [page, old] : file.dirty) {
    const uint64_t start = page * kPageBytes;
    const uint64_t end =
        std::min<uint64_t>(start + kPageBytes, file.bytes.size());
    if (is_kept(page)) {
      size = std::max(size, std::min(end, kept->offset + kept->bytes));
      continue;
    }
    const bool lost = loss == Loss::kUnsynced || random->OneIn(2);
    if (!lost) size = std::max(size, end);
    if (lost) revert(page, old);
    if (loss != Loss::kGarbage) continue;
    // The file's new size got to the disk, its new blocks didn't.
    for (uint64_t i = start + old.size(); lost && i < end; ++i) {
      bytes[i] = static_cast<char>(random->Next());
    }
    size = std::max(size, end);
  }
  bytes.resize(size);
  return bytes;
}

SimulatedDisk SimulatedDisk::After(Loss loss, const std::optional<Kept>& kept,
                                   Random* random) const {
  SimulatedDisk after = *this;
  for (auto& [id, inode] : after.inodes_) {
    if (inode.folder) continue;
    inode.bytes = DiskBytes(id, inodes_.at(id), loss, kept, random);
    inode.forgotten.clear();
  }
  // The operating system goes on, and so does what it has yet to write.
  if (loss == Loss::kNothing) return after;
  for (const NameChange& change : changes_) {
    if (loss != Loss::kUnsynced && random->OneIn(2)) after.Commit(change);
  }
  after.changes_.clear();
  std::set<InodeId> reached = {kRoot};
  std::vector<InodeId> open = {kRoot};
  while (!open.empty()) {
    Inode& inode = after.inodes_.at(open.back());
    open.pop_back();
    inode.entries = inode.disk_entries;
    for (const auto& [name, id] : inode.entries) {
      if (reached.insert(id).second) open.push_back(id);
    }
  }
  std::erase_if(after.inodes_, [&](const auto& slot) {
    return !reached.contains(slot.first);
  });
  for (auto& [id, inode] : after.inodes_) {
    inode.dirty.clear();
    inode.disk_size = inode.bytes.size();
  }
  return after;
}

}  // namespace pawl::crash
