# The compressors of Zarr chunks. c-blosc brings lz4, lz4hc, blosclz, snappy and its own shuffles.
pkg_check_modules(BLOSC REQUIRED IMPORTED_TARGET blosc)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
find_package(ZLIB REQUIRED)

add_library(parfocal_codecs INTERFACE)
target_link_libraries(parfocal_codecs INTERFACE PkgConfig::BLOSC PkgConfig::ZSTD ZLIB::ZLIB)
