# cmake -D BUILD=… -D SOURCE=… -D COMPILER=… -P subproject_test.cmake
# Adds Mien to a small project with add_subdirectory. The settings of the parent must not change, only the library may be built, and a
# program must link it.
set(scratch ${BUILD}/tests/subproject-test)
file(REMOVE_RECURSE ${scratch})
file(WRITE ${scratch}/main.cpp "
#include <cstdio>
#include <mien/error.hpp>
int main() { std::puts(mien::Error(mien::ErrorCode::kNotFound, \"linked\").what()); }
")
file(WRITE ${scratch}/CMakeLists.txt "
cmake_minimum_required(VERSION 3.25)
project(parent CXX)
get_cmake_property(before VARIABLES)
foreach(name IN LISTS before)
  set(was_\${name} \"\${\${name}}\")
endforeach()
add_subdirectory(${SOURCE} mien)
foreach(name IN LISTS before)
  if(name MATCHES \"^CMAKE_(BUILD_TYPE|CXX_|RUNTIME_OUTPUT|MODULE_PATH|EXPORT_COMPILE|POSITION)\" AND NOT \"\${\${name}}\" STREQUAL \"\${was_\${name}}\")
    message(FATAL_ERROR \"Mien changed \${name}\")
  endif()
endforeach()
foreach(property COMPILE_OPTIONS LINK_OPTIONS COMPILE_DEFINITIONS INCLUDE_DIRECTORIES)
  get_directory_property(value \${property})
  if(value)
    message(FATAL_ERROR \"Mien set \${property}: \${value}\")
  endif()
endforeach()
foreach(target mien model_test)
  if(TARGET \${target})
    message(FATAL_ERROR \"a subproject must not build \${target}\")
  endif()
endforeach()
add_executable(app main.cpp)
target_link_libraries(app PRIVATE mien::mien)
# The test only needs a part of the library.
add_executable(small main.cpp)
target_link_libraries(small PRIVATE mien::base)
")
foreach(command
    "${CMAKE_COMMAND};-S;${scratch};-B;${scratch}/build;-DCMAKE_CXX_COMPILER=${COMPILER};-DCMAKE_CXX_STANDARD=20"
    "${CMAKE_COMMAND};--build;${scratch}/build;--target;small"
    "${scratch}/build/small")
  execute_process(COMMAND ${command} RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "${command}\nended with ${code}:\n${output}")
  endif()
endforeach()
if(NOT output MATCHES "linked")
  message(FATAL_ERROR "the program printed: ${output}")
endif()
