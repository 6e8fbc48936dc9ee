# LibTorch, as mien::torch: Debian's package or an unpacked LibTorch through find_package(Torch), or the one inside a
# PyTorch wheel, whose own CMake files want a CUDA toolkit that a machine with nothing but PyTorch does not have:
#   -DMIEN_TORCH_DIR="$(python3 -c 'import os, torch; print(os.path.dirname(torch.__file__))')"
set(MIEN_TORCH_DIR "" CACHE PATH "Folder of the PyTorch package to take LibTorch from; empty: find_package(Torch)")

add_library(mien_torch INTERFACE)
add_library(mien::torch ALIAS mien_torch)
if(MIEN_TORCH_DIR)
  foreach(library torch_cpu c10)
    if(NOT EXISTS ${MIEN_TORCH_DIR}/lib/lib${library}.so)
      message(FATAL_ERROR "MIEN_TORCH_DIR: there is no lib/lib${library}.so in '${MIEN_TORCH_DIR}'")
    endif()
  endforeach()
  target_include_directories(mien_torch SYSTEM INTERFACE
    ${MIEN_TORCH_DIR}/include ${MIEN_TORCH_DIR}/include/torch/csrc/api/include)
  file(GLOB cuda_libraries ${MIEN_TORCH_DIR}/lib/libtorch_cuda.so ${MIEN_TORCH_DIR}/lib/libc10_cuda.so)
  # Nothing names the CUDA library's symbols; loading it is what registers its kernels.
  target_link_libraries(mien_torch INTERFACE -Wl,--no-as-needed ${MIEN_TORCH_DIR}/lib/libtorch.so ${cuda_libraries}
    ${MIEN_TORCH_DIR}/lib/libtorch_cpu.so ${MIEN_TORCH_DIR}/lib/libc10.so)
  target_link_options(mien_torch INTERFACE -Wl,-rpath,${MIEN_TORCH_DIR}/lib)
else()
  set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)
  find_package(Torch REQUIRED)
  target_include_directories(mien_torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
  target_link_libraries(mien_torch INTERFACE ${TORCH_LIBRARIES})
  # c10d's Gloo header includes Gloo's own, which LibTorch may come without.
  find_path(MIEN_GLOO_INCLUDE gloo/context.h)
  if(MIEN_GLOO_INCLUDE)
    target_compile_definitions(mien_torch INTERFACE MIEN_GLOO USE_C10D_GLOO)
  endif()
endif()
find_path(MIEN_NCCL_INCLUDE nccl.h HINTS ${MIEN_TORCH_DIR}/../nvidia/nccl/include)
find_path(MIEN_CUDA_INCLUDE cuda_runtime_api.h HINTS ${MIEN_TORCH_DIR}/../nvidia/cuda_runtime/include ${MIEN_TORCH_DIR}/../nvidia/cu13/include)
if(cuda_libraries AND MIEN_NCCL_INCLUDE AND MIEN_CUDA_INCLUDE)
  target_include_directories(mien_torch SYSTEM INTERFACE ${MIEN_NCCL_INCLUDE} ${MIEN_CUDA_INCLUDE})
  target_compile_definitions(mien_torch INTERFACE MIEN_NCCL USE_C10D_NCCL)
endif()
