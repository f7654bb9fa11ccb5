#include "parfocal/formats/zarr/writer/store_writer-inl.h"

namespace parfocal {

Status StoreWriter::append_region(size_t image, int64_t frame, const View& region,
                                  std::span<const std::byte> row, int64_t& ticket) {
  return impl_->append_region(image, frame, region, row, ticket);
}

Status StoreWriter::Impl::append_region(size_t image, int64_t frame, const View& region,
                                        std::span<const std::byte> row, int64_t& ticket) {
  ticket = -1;
  if (Status s = receipts_.failure(); !s.ok()) return s;
  if (closed_) return Status::fail("the store is closed");
  if (!options_.regions) return Status::fail("the store was opened for whole frames");
  ImageWriter& writer = *images_.at(image);
  const ImageSpec& spec = writer.spec();
  const size_t y = spec.stream_rank();
  const Region plane = Region::whole({spec.axes[y].size, spec.axes[y + 1].size});
  if (clipped(region.region, plane) != region.region)
    return Status::fail("the region lies outside the image");
  if (region.dtype != spec.dtype && region.dtype != writer.base().spec().dtype)
    return wrong_dtype(region.dtype, spec.dtype);
  if (!row.empty() && static_cast<int64_t>(row.size()) != FrameColumns::row_bytes(spec_))
    return Status::fail("the row does not have the columns of the store");
  if (Status s = writer.write_region(frame, region); !s.ok()) return s;
  if (region.region.end(0) < plane.end(0) || region.region.end(1) < plane.end(1)) return {};
  if (Status s = writer.admit(frame); !s.ok()) return s;
  std::optional<AlignedBuffer> place = pool_->take();
  if (!place) return receipts_.failure();
  ticket = receipts_.issue();
  pool_->push({image, frame, ticket, 1, {}, std::move(place), {row.begin(), row.end()}});
  if (options_.ack == Ack::queued) receipts_.acknowledge(ticket);
  return {};
}

}  // namespace parfocal
