# Installs the library, the command, the public headers and the package that find_package(parfocal)
# reads. RPATHs are relative to the file that carries them, so the prefix may be moved.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/parfocal)
file(RELATIVE_PATH bin_to_lib /${CMAKE_INSTALL_BINDIR} /${CMAKE_INSTALL_LIBDIR})

set_target_properties(parfocal PROPERTIES INSTALL_RPATH $ORIGIN)  # to HDF5, where it is our own
install(TARGETS parfocal EXPORT parfocal-targets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(TARGET parfocal_cli)
  set_target_properties(parfocal_cli PROPERTIES INSTALL_RPATH $ORIGIN/${bin_to_lib})
  install(TARGETS parfocal_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(DIRECTORY parfocal DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h"
        PATTERN "*-inl.h" EXCLUDE PATTERN "test_*.h" EXCLUDE
        PATTERN "testing" EXCLUDE PATTERN "conformance" EXCLUDE)
install(EXPORT parfocal-targets NAMESPACE parfocal:: DESTINATION ${package_dir})

configure_package_config_file(cmake/parfocal-config.cmake.in parfocal-config.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(parfocal-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/parfocal-config.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/parfocal-config-version.cmake
        DESTINATION ${package_dir})
