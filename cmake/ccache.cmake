# Uses ccache where it is installed, with paths relative to the checkout, so that two clones of the
# same commit share their objects.
find_program(PARFOCAL_CCACHE ccache)
if(PARFOCAL_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
      ${PARFOCAL_CCACHE})
endif()
