# What formats/hdf5 needs: the serial C library and the codecs of the chunks that we decode ourselves.
# HDF5 2 is built once, beside the builds, from the registry's sources: Debian 12 has 1.10, which
# refuses what today's h5py writes.
set(PARFOCAL_HDF5 AUTO CACHE STRING "OWN: HDF5 2, built by scripts/hdf5.sh; SYSTEM: the installed one;
  AUTO: OWN where it can be had, else SYSTEM")
set(PARFOCAL_HDF5_DIR ${CMAKE_SOURCE_DIR}/build/hdf5 CACHE PATH "Where OWN is built")
set_property(CACHE PARFOCAL_HDF5 PROPERTY STRINGS AUTO OWN SYSTEM)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
find_package(ZLIB REQUIRED)

add_library(parfocal_hdf5 INTERFACE)
# Newer libraries rename structures of 1.10 unless asked not to.
target_compile_definitions(parfocal_hdf5 INTERFACE H5_USE_110_API)
target_link_libraries(parfocal_hdf5 INTERFACE PkgConfig::ZSTD ZLIB::ZLIB)

set(failed 1)
if(NOT PARFOCAL_HDF5 STREQUAL "SYSTEM")
  execute_process(COMMAND ${CMAKE_SOURCE_DIR}/scripts/hdf5.sh ${PARFOCAL_HDF5_DIR}
                  RESULT_VARIABLE failed)
  if(failed AND PARFOCAL_HDF5 STREQUAL "OWN")
    message(FATAL_ERROR "HDF5 2 cannot be built")
  endif()
endif()
if(failed)
  # Debian names the serial build hdf5-serial, beside the parallel ones; others have hdf5 only.
  pkg_search_module(HDF5 REQUIRED IMPORTED_TARGET hdf5-serial hdf5)
  target_link_libraries(parfocal_hdf5 INTERFACE PkgConfig::HDF5)
  if(HDF5_VERSION VERSION_LESS 2)
    message(WARNING "HDF5 ${HDF5_VERSION} refuses .rtdc files that today's h5py and dcnum write; "
                    "scripts/hdf5.sh builds one that reads them (needs cargo)")
  endif()
else()
  add_library(parfocal_own_hdf5 SHARED IMPORTED)
  set_target_properties(parfocal_own_hdf5 PROPERTIES
                        IMPORTED_LOCATION ${PARFOCAL_HDF5_DIR}/lib/libhdf5.so
                        INTERFACE_INCLUDE_DIRECTORIES ${PARFOCAL_HDF5_DIR}/include)
  target_link_libraries(parfocal_hdf5 INTERFACE parfocal_own_hdf5)
  file(GLOB PARFOCAL_HDF5_FILES ${PARFOCAL_HDF5_DIR}/lib/libhdf5.so*)
  install(FILES ${PARFOCAL_HDF5_FILES} DESTINATION ${CMAKE_INSTALL_LIBDIR})
endif()
