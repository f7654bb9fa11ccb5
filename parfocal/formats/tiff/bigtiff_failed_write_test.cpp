// A write that fails in the middle of a page.

#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include <gtest/gtest.h>

#include "parfocal/formats/common/test_support-inl.h"
#include "parfocal/formats/tiff/bigtiff_writer.h"
#include "parfocal/formats/tiff/page_chain.h"

namespace {
std::atomic<int> fails_after{-1};  // writes; -1: none fails
}

// In the library's place.
extern "C" ssize_t pwrite64(int fd, const void* data, size_t bytes, off64_t at) {
  if (fails_after >= 0 && fails_after-- == 0) {
    errno = EIO;
    return -1;
  }
  return ::syscall(SYS_pwrite64, fd, data, bytes, at);
}
extern "C" ssize_t pwrite(int fd, const void* data, size_t bytes, off_t at) {
  return pwrite64(fd, data, bytes, at);
}

namespace parfocal {
namespace {

using test::TempDir;

// Wherever it fails: the file is closed with the description that says which pages are gaps.
TEST(BigTiffFailedWrite, LeavesAFileThatHasItsLastDescription) {
  for (const bool deflate : {false, true})
    for (int after = 0; after < 5; ++after) {
      SCOPED_TRACE(after);
      TempDir dir;
      BigTiffWriter writer({9, 7, DType::u16, 3, deflate, 1});
      writer.create(dir / "a.tif", "while it grows");
      const test::Image image = test::random_image(DType::u16, Region::whole({7, 9}), 1);
      fails_after = after;
      for (int64_t k = 0; k < 3; ++k)
        if (!writer.write(k, image.view()).ok() || !writer.link(k + 1).ok()) break;
      fails_after = -1;
      ASSERT_TRUE(writer.close(3, "at its end").ok());
      std::unique_ptr<BigTiffWriter> again;
      std::string text;
      EXPECT_FALSE(BigTiffWriter::reopen(dir / "a.tif", again, text)) << text;
      Fd fd;
      TiffFile file;
      ASSERT_TRUE(open_tiff(dir / "a.tif", fd, file).ok());
      EXPECT_EQ(follow_pages(file, true).pages, 3);
    }
}

}  // namespace
}  // namespace parfocal
