#include "eventstore/cache_view.h"

#include <utility>

#include "base/check.h"
#include "base/status_macros.h"
#include "eventstore/cache_base.h"
#include "eventstore/overlay.h"

namespace pawl::eventstore {

KeyRange KeyRange::Prefix(std::string_view prefix) {
  // The next string that doesn't begin with it: the last byte that can be
  // raised, raised. None (empty or all 0xFF): no upper bound.
  std::string to(prefix);
  while (!to.empty() && static_cast<unsigned char>(to.back()) == 0xFF) {
    to.pop_back();
  }
  if (!to.empty()) to.back() = static_cast<char>(to.back() + 1);
  return {std::string(prefix), std::move(to)};
}

CacheView::CacheView(CacheBase* base, PartitionId partition)
    : base_(base),
      partition_(partition),
      active_(std::make_unique<OverlayLayer>()) {}

CacheView::~CacheView() = default;

void CacheView::DropFrozenIfWritten() const {
  if (frozen_ != nullptr && frozen_->written.load(std::memory_order_acquire)) {
    base_->Retire(std::move(frozen_));
    frozen_ = nullptr;
  }
}

void CacheView::Put(Table table, std::string_view key, std::string_view value) {
  active_->Put(table, key, value, /*born_here=*/false);
}

void CacheView::PutNew(Table table, std::string_view key,
                       std::string_view value) {
  PAWL_CHECK(TryPutNew(table, key, value))
      << "PutNew of an existing key in " << NameOf(table);
}

bool CacheView::TryPutNew(Table table, std::string_view key,
                          std::string_view value) {
  const OverlayEntry* active = active_->Find(table, key);
  const OverlayEntry* newest = active;
  if (newest == nullptr && frozen_ != nullptr) {
    newest = frozen_->Find(table, key);
  }
  if (newest != nullptr && !newest->tombstone()) return false;
  if (base_->checks_put_new() && active == nullptr) {
    const auto value_below = Get(table, key);
    if (!value_below.ok() || value_below->has_value()) return false;
  }
  active_->Put(table, key, value, /*born_here=*/true);
  return true;
}

void CacheView::Delete(Table table, std::string_view key) {
  active_->Delete(table, key);
}

bool CacheView::Extend(Table table, std::string_view key,
                       std::string_view suffix) {
  return active_->Extend(table, key, suffix);
}

absl::StatusOr<std::optional<std::string>> CacheView::Get(
    Table table, std::string_view key) const {
  DropFrozenIfWritten();
  const OverlayEntry* entry = active_->Find(table, key);
  if (entry == nullptr && frozen_ != nullptr) {
    entry = frozen_->Find(table, key);
  }
  if (entry != nullptr) {
    if (entry->tombstone()) return std::optional<std::string>();
    return std::optional<std::string>(entry->value());
  }
  if (base_hidden_) return std::optional<std::string>();
  return base_->Get(partition_, table, key);
}

namespace {

// The entries of one layer in a range.
class LayerCursor {
 public:
  LayerCursor(const OverlayLayer* layer, Table table, const KeyRange& range)
      : range_(range) {
    if (layer == nullptr) return;
    it_ = layer->LowerBound(table, range.from);
    end_ = layer->tree(table).end();
  }
  const OverlayEntry* entry() const {
    if (it_ == end_) return nullptr;
    const OverlayEntry* entry = it_->entry;
    if (!range_.to.empty() && entry->key() >= range_.to) return nullptr;
    return entry;
  }
  void Next() { ++it_; }

 private:
  const KeyRange& range_;
  OverlayLayer::Tree::const_iterator it_;
  OverlayLayer::Tree::const_iterator end_;
};

}  // namespace

absl::Status CacheView::Scan(Table table, const KeyRange& range,
                             const EntryVisitor& visit) const {
  DropFrozenIfWritten();
  LayerCursor active(active_.get(), table, range);
  LayerCursor frozen(frozen_.get(), table, range);
  std::unique_ptr<CacheIterator> base;
  if (!base_hidden_) base = base_->NewIterator(partition_, table, range);
  for (;;) {
    const OverlayEntry* newest = active.entry();
    const OverlayEntry* older = frozen.entry();
    const bool base_valid = base != nullptr && base->Valid();
    if (base != nullptr && !base_valid && !base->status().ok()) {
      return base->status();
    }
    if (newest == nullptr && older == nullptr && !base_valid) {
      return absl::OkStatus();
    }
    // The smallest key; of equal keys the newest layer speaks and the others
    // are skipped.
    const OverlayEntry* entry = newest;
    if (older != nullptr && (entry == nullptr || older->key() < entry->key())) {
      entry = older;
    }
    if (base_valid && (entry == nullptr || base->key() < entry->key())) {
      if (!visit(base->key(), base->value())) return absl::OkStatus();
      base->Next();
      continue;
    }
    if (!entry->tombstone() && !visit(entry->key(), entry->value())) {
      return absl::OkStatus();
    }
    const std::string_view key = entry->key();
    if (base_valid && base->key() == key) base->Next();
    if (older != nullptr && older->key() == key) frozen.Next();
    if (newest != nullptr && newest->key() == key) active.Next();
  }
}

Position CacheView::position() const {
  return base_hidden_ ? 0 : base_->position(partition_);
}

absl::Status CacheView::Checkpoint(Position position) {
  PAWL_RETURN_IF_ERROR(base_->CheckCheckpoint(partition_, position));
  // A finished checkpoint has been written, so its layer can go.
  DropFrozenIfWritten();
  PAWL_CHECK(frozen_ == nullptr) << "two checkpoints of one partition at once";
  frozen_ = std::move(active_);
  active_ = std::make_unique<OverlayLayer>();
  base_->BeginCheckpoint(partition_, position, frozen_);
  return absl::OkStatus();
}

bool CacheView::checkpoint_running() const {
  return base_->checkpoint_running(partition_);
}

absl::Status CacheView::Clear() {
  if (base_->read_only()) {
    base_hidden_ = true;
  } else {
    PAWL_RETURN_IF_ERROR(base_->Clear(partition_));
  }
  DropOverlay();
  return absl::OkStatus();
}

void CacheView::DropOverlay() {
  active_ = std::make_unique<OverlayLayer>();
  if (frozen_ != nullptr) base_->Retire(std::move(frozen_));
  frozen_ = nullptr;
}

void CacheView::BaseMoved() {
  DropOverlay();
  base_hidden_ = false;
}

size_t CacheView::bytes() const {
  DropFrozenIfWritten();
  return active_->bytes() + (frozen_ == nullptr ? 0 : frozen_->bytes());
}

}  // namespace pawl::eventstore
