# mien_module(NAME SOURCES … [PUBLIC_LIBS …] [PRIVATE_LIBS …]): one static library a module, alias mien::NAME. Headers are
# included as "module/file.hpp"; which module may include which is checked by tests/structure.
function(mien_module name)
  cmake_parse_arguments(R "" "" "SOURCES;PUBLIC_LIBS;PRIVATE_LIBS" ${ARGN})
  get_filename_component(part ${CMAKE_CURRENT_SOURCE_DIR} DIRECTORY)  # src, research, or the root
  add_library(mien_${name} STATIC ${R_SOURCES})
  add_library(mien::${name} ALIAS mien_${name})
  target_compile_features(mien_${name} PUBLIC cxx_std_20)
  set_target_properties(mien_${name} PROPERTIES CXX_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON)
  target_include_directories(mien_${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<BUILD_INTERFACE:${part}>
    $<INSTALL_INTERFACE:include>)
  target_link_libraries(mien_${name} PUBLIC ${R_PUBLIC_LIBS} PRIVATE $<BUILD_INTERFACE:mien_flags> ${R_PRIVATE_LIBS})
endfunction()

# mien_program(NAME COMPONENT SOURCES … LIBS …): a program of apps/, installed.
function(mien_program name component)
  cmake_parse_arguments(R "" "" "SOURCES;LIBS" ${ARGN})
  add_executable(${name} ${R_SOURCES})
  set_target_properties(${name} PROPERTIES CXX_EXTENSIONS OFF RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/apps)
  target_link_libraries(${name} PRIVATE ${R_LIBS} mien_flags)
  target_compile_definitions(${name} PRIVATE MIEN_VERSION="${PROJECT_VERSION}")
  # `make runtime` builds only some of the programs.
  install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT ${component} OPTIONAL)
endfunction()

# Warnings and sanitizers of our own code, not passed on to users of the library. -Wrestrict of GCC 12 is wrong about
# concatenated strings (GCC bug 105651).
add_library(mien_flags INTERFACE)
target_compile_options(mien_flags INTERFACE -Wall -Wextra -Wno-missing-field-initializers
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
if(MIEN_SANITIZE)
  target_compile_options(mien_flags INTERFACE -fsanitize=${MIEN_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(mien_flags INTERFACE -fsanitize=${MIEN_SANITIZE})
endif()
