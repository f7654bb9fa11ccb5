# One flag set for every target of the project.
add_library(parfocal_flags INTERFACE)
target_compile_options(parfocal_flags INTERFACE -Wall -Wextra -Wshadow -Werror -ffp-contract=off
                                                -fno-math-errno)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC 12 reports impossible overlaps in std::string's operator+ (GCC bug 105329) and impossible
  # uninitialised reads of moved strings and std::any (GCC bug 105562). Sanitizers watch the real ones.
  target_compile_options(parfocal_flags INTERFACE -Wno-restrict -Wno-maybe-uninitialized)
endif()
if(PARFOCAL_SANITIZE)
  target_compile_options(parfocal_flags INTERFACE -fsanitize=${PARFOCAL_SANITIZE}
                                                  -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(parfocal_flags INTERFACE -fsanitize=${PARFOCAL_SANITIZE})
endif()

# parfocal_computes(<target>): optimised under sanitizers, too. All else is compiled without (see
# CMakePresets.json), which takes GCC 12 a third of the time.
function(parfocal_computes target)
  if(PARFOCAL_SANITIZE)
    target_compile_options(${target} PRIVATE -O1)
  endif()
endfunction()

# parfocal_judges(<target> [COMPUTES]): a test, which is compiled more often than it runs: without
# optimisation, which takes GCC 12 half of the time, or with a little where it computes much itself.
function(parfocal_judges target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "COMPUTES" "" "")
  target_compile_options(${target} PRIVATE $<IF:$<BOOL:${arg_COMPUTES}>,-O1,-O0>)
endfunction()

# Everything that ThreadSanitizer has to see; `ctest -L threaded` runs it.
add_custom_target(threaded_tests)
set(PARFOCAL_THREADED_ROOMS core engine)
set(PARFOCAL_COMPUTING_ROOMS kernels operators)

# parfocal_tests(<target> [THREADED]): registers a GoogleTest binary with ctest. Suites whose name
# ends in "Slow" get the label `slow` and run in `make test-slow` only.
function(parfocal_tests target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "THREADED" "" "")
  set(label ${target})
  if(arg_THREADED)
    set(label threaded)
    add_dependencies(threaded_tests ${target})
  endif()
  gtest_discover_tests(${target} DISCOVERY_MODE PRE_TEST TEST_PREFIX ${target}. TEST_FILTER -*Slow.*
                       PROPERTIES LABELS ${label})
  gtest_discover_tests(${target} DISCOVERY_MODE PRE_TEST TEST_PREFIX ${target}. TEST_FILTER *Slow.*
                       PROPERTIES LABELS slow)
endfunction()

# parfocal_room(<name>): all sources below parfocal/<name> except tests join libparfocal; all
# *_test.cpp files below it become the test binary <name>_test.
function(parfocal_room name)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/parfocal/${name}/*.cpp)
  set(storage)  # heavy libraries that formats alone may use
  if(name STREQUAL "formats")
    set(storage parfocal_codecs)
    if(PARFOCAL_WITH_HDF5)
      list(APPEND storage parfocal_hdf5)
    else()
      list(FILTER sources EXCLUDE REGEX "/parfocal/formats/hdf5/")
    endif()
  endif()
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  if(sources)
    add_library(parfocal_${name} OBJECT ${sources})
    target_include_directories(parfocal_${name} PUBLIC ${CMAKE_SOURCE_DIR})
    target_link_libraries(parfocal_${name} PRIVATE parfocal_flags PkgConfig::HWY fmt::fmt TIFF::TIFF
                                                   yaml-cpp nlohmann_json::nlohmann_json ${storage})
    target_compile_definitions(parfocal_${name} PRIVATE PARFOCAL_VERSION="${PROJECT_VERSION}")
    target_sources(parfocal PRIVATE $<TARGET_OBJECTS:parfocal_${name}>)
    if(name IN_LIST PARFOCAL_COMPUTING_ROOMS)
      parfocal_computes(parfocal_${name})
    endif()
  endif()
  if(PARFOCAL_TESTS AND tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(
      ${name}_test PRIVATE parfocal parfocal_flags PkgConfig::HWY fmt::fmt TIFF::TIFF yaml-cpp
                           nlohmann_json::nlohmann_json GTest::gtest GTest::gmock GTest::gtest_main
                           ${storage})
    target_include_directories(${name}_test PRIVATE ${PARFOCAL_TEST_PLACES})
    if(name IN_LIST PARFOCAL_COMPUTING_ROOMS) # whose references compute as much as what they judge
      parfocal_judges(${name}_test COMPUTES)
    else()
      parfocal_judges(${name}_test)
    endif()
    if(name IN_LIST PARFOCAL_THREADED_ROOMS)
      parfocal_tests(${name}_test THREADED)
    else()
      parfocal_tests(${name}_test)
    endif()
  endif()
endfunction()
