# What formats/hdf5 needs: the serial C library and the codecs of the chunks that we decode ourselves.
# Debian names the serial build hdf5-serial, beside the parallel ones; others have hdf5 only.
pkg_search_module(HDF5 REQUIRED IMPORTED_TARGET hdf5-serial hdf5)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
find_package(ZLIB REQUIRED)

add_library(parfocal_hdf5 INTERFACE)
# Newer libraries rename structures of 1.10 unless asked not to.
target_compile_definitions(parfocal_hdf5 INTERFACE H5_USE_110_API)
target_link_libraries(parfocal_hdf5 INTERFACE PkgConfig::HDF5 PkgConfig::ZSTD ZLIB::ZLIB)
