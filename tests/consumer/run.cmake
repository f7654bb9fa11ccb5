# Installs the build into a prefix, moves that prefix, builds the consumer against it and runs both
# the consumer and the installed command: no path of the build may have stayed behind.
function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE ${WORK_DIR})
run(${CMAKE_COMMAND} --install ${BUILD_DIR} --prefix ${WORK_DIR}/first)
file(RENAME ${WORK_DIR}/first ${WORK_DIR}/prefix)

run(${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR} -B ${WORK_DIR}/build -G ${GENERATOR}
    -DCMAKE_PREFIX_PATH=${WORK_DIR}/prefix -DCMAKE_BUILD_TYPE=Release)
run(${CMAKE_COMMAND} --build ${WORK_DIR}/build)

# The registration blocks in the sources name their operators; one whose object file the linker
# dropped is missed here.
set(names)
file(GLOB_RECURSE sources ${CMAKE_CURRENT_LIST_DIR}/../../parfocal/operators/*.cpp)
list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
foreach(source IN LISTS sources)
  file(STRINGS ${source} blocks REGEX "^PARFOCAL_OPERATOR\\(")
  list(TRANSFORM blocks REPLACE "^PARFOCAL_OPERATOR\\(([^)]*)\\).*" "\\1")
  list(APPEND names ${blocks})
endforeach()
run(${WORK_DIR}/build/consumer ${names})

if(HAS_COMMAND)
  run(${WORK_DIR}/prefix/bin/parfocal --version)
endif()
