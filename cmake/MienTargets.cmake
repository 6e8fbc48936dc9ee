# mien_room(NAME SOURCES … [PUBLIC_LIBS …] [PRIVATE_LIBS …]): one static library a room, alias mien::NAME.
function(mien_room name)
  cmake_parse_arguments(R "" "" "SOURCES;PUBLIC_LIBS;PRIVATE_LIBS" ${ARGN})
  add_library(mien_${name} STATIC ${R_SOURCES})
  add_library(mien::${name} ALIAS mien_${name})
  target_include_directories(mien_${name} PUBLIC
    $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/include> $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/src>
    $<INSTALL_INTERFACE:include>)
  target_link_libraries(mien_${name} PUBLIC ${R_PUBLIC_LIBS} PRIVATE $<BUILD_INTERFACE:mien_flags> ${R_PRIVATE_LIBS})
endfunction()

# Warnings and sanitizers of our own code, not passed on to users of the library. -Wrestrict of GCC 12 is wrong about
# concatenated strings (GCC bug 105651).
add_library(mien_flags INTERFACE)
target_compile_options(mien_flags INTERFACE -Wall -Wextra -Wno-missing-field-initializers
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
if(MIEN_SANITIZE)
  add_compile_options(-fsanitize=${MIEN_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${MIEN_SANITIZE})
endif()
