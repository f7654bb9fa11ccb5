# Where tests find what lies outside their folder, in a header: as flags of the compiler these paths
# would keep two clones from sharing the objects of tests that do not use them.
set(places
    "#pragma once\n"
    "#define PARFOCAL_SHARED_DIR \"${PARFOCAL_SHARED_DIR}\"\n"
    "#define PARFOCAL_SOURCE_DIR \"${CMAKE_SOURCE_DIR}\"\n"
    "#define PARFOCAL_PROBE \"$<TARGET_FILE:zarr_write_probe>\"\n"
    "#define PARFOCAL_IO_SHIM \"$<TARGET_FILE:io_shim>\"\n")
if(TARGET parfocal_cli)
  list(APPEND places "#define PARFOCAL_COMMAND \"$<TARGET_FILE:parfocal_cli>\"\n")
endif()
string(CONCAT places ${places})
file(GENERATE OUTPUT ${PARFOCAL_TEST_PLACES}/test_places.h CONTENT "${places}")
