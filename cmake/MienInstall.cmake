# What `cmake --install` puts where. Components: runtime (program, models), development (library, headers, CMake package),
# video (mien-video) and train (mien-train). A user writes find_package(mien REQUIRED) and links mien::mien, whose public face is include/mien.
include(CMakePackageConfigHelpers)

add_library(mien_library INTERFACE)
add_library(mien::mien ALIAS mien_library)
target_link_libraries(mien_library INTERFACE mien::pipeline)
target_compile_features(mien_library INTERFACE cxx_std_20)

set(modules base model engine vision tracking pipeline)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/mien)
set_target_properties(mien_library PROPERTIES EXPORT_NAME mien)
foreach(module IN LISTS modules)
  set_target_properties(mien_${module} PROPERTIES EXPORT_NAME ${module})
endforeach()
list(TRANSFORM modules PREPEND mien_)
install(TARGETS mien_library ${modules} EXPORT mienTargets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
install(EXPORT mienTargets NAMESPACE mien:: DESTINATION ${package_dir} COMPONENT development)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/mien DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development)

set(mien_models_dir ${CMAKE_INSTALL_DATADIR}/mien/models)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/mienConfig.cmake.in ${PROJECT_BINARY_DIR}/mienConfig.cmake
                              INSTALL_DESTINATION ${package_dir} PATH_VARS mien_models_dir)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/mienConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/mienConfig.cmake ${PROJECT_BINARY_DIR}/mienConfigVersion.cmake
        DESTINATION ${package_dir} COMPONENT development)

install(DIRECTORY ${PROJECT_SOURCE_DIR}/models/ DESTINATION ${mien_models_dir} COMPONENT runtime
        FILES_MATCHING PATTERN "*.onnx" PATTERN "*.md")
install(FILES ${PROJECT_SOURCE_DIR}/docs/predict.schema.json DESTINATION ${CMAKE_INSTALL_DATADIR}/mien COMPONENT runtime)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE ${PROJECT_SOURCE_DIR}/NOTICE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT runtime)
