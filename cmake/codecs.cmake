# The compressors of Zarr chunks, and the codecs of pictures. c-blosc brings lz4, lz4hc, blosclz,
# snappy and its own shuffles.
pkg_check_modules(BLOSC REQUIRED IMPORTED_TARGET blosc)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
find_package(ZLIB REQUIRED)
find_package(PNG REQUIRED)
find_package(JPEG REQUIRED)

add_library(parfocal_codecs INTERFACE)
target_link_libraries(parfocal_codecs INTERFACE PkgConfig::BLOSC PkgConfig::ZSTD ZLIB::ZLIB PNG::PNG
                                                JPEG::JPEG)
