// Preloaded into a program, this is a camera at /dev/video9 (V4L2): it gives the frames of the file
// FAKE_CAMERA, 320x240 in YUYV, and is then unplugged. Only what FFmpeg asks a camera.
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <deque>

namespace {

constexpr const char* kDevice = "/dev/video9";
constexpr unsigned kWidth = 320, kHeight = 240, kBytes = kWidth * kHeight * 2,
                   kFramesPerSecond = 15;
constexpr unsigned kStep = (kBytes + 4095) / 4096 * 4096;  ///< from buffer to buffer: whole pages

int device = -1, clip = -1;
unsigned frame = 0;
std::deque<unsigned> queued;

template <class Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

int open_device() {
  clip = next<int (*)(const char*, int, ...)>("open")(std::getenv("FAKE_CAMERA"), O_RDONLY);
  return device = ::memfd_create("camera", MFD_CLOEXEC);
}

int refuse(int error) { return errno = error, -1; }

int take_buffer(v4l2_buffer& buffer) {
  if (queued.empty()) return refuse(EAGAIN);
  const unsigned index = queued.front();
  static std::uint8_t pixels[kBytes];
  if (::pread(clip, pixels, kBytes, static_cast<off_t>(frame) * kBytes) != kBytes)
    return refuse(ENODEV);
  queued.pop_front();
  if (::pwrite(device, pixels, kBytes, static_cast<off_t>(index) * kStep) != kBytes)
    return refuse(EIO);
  buffer.index = index;
  buffer.bytesused = kBytes;
  buffer.sequence = frame;
  buffer.timestamp = {1000 + frame / kFramesPerSecond,
                      frame % kFramesPerSecond * (1000000 / kFramesPerSecond)};
  ++frame;
  return 0;
}

int control(unsigned long request, void* argument) {
  switch (request) {
    case VIDIOC_QUERYCAP: {
      auto& capability = *static_cast<v4l2_capability*>(argument);
      capability = {};
      capability.capabilities = capability.device_caps =
          V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
      return 0;
    }
    case VIDIOC_G_INPUT:
      return *static_cast<int*>(argument) = 0;
    case VIDIOC_ENUMINPUT:
    case VIDIOC_STREAMON:
    case VIDIOC_STREAMOFF:
      return 0;
    case VIDIOC_G_FMT:
    case VIDIOC_S_FMT: {
      auto& pixels = static_cast<v4l2_format*>(argument)->fmt.pix;
      pixels.width = kWidth;
      pixels.height = kHeight;
      pixels.pixelformat = V4L2_PIX_FMT_YUYV;
      pixels.field = V4L2_FIELD_NONE;
      pixels.bytesperline = 2 * kWidth;
      pixels.sizeimage = kBytes;
      return 0;
    }
    case VIDIOC_G_PARM:
    case VIDIOC_S_PARM: {
      auto& capture = static_cast<v4l2_streamparm*>(argument)->parm.capture;
      capture.capability = V4L2_CAP_TIMEPERFRAME;
      capture.timeperframe = {1, kFramesPerSecond};
      return 0;
    }
    case VIDIOC_REQBUFS: {
      const unsigned count = static_cast<v4l2_requestbuffers*>(argument)->count;
      return ::ftruncate(device, static_cast<off_t>(count) * kStep);
    }
    case VIDIOC_QUERYBUF: {
      auto& buffer = *static_cast<v4l2_buffer*>(argument);
      buffer.length = kBytes;
      buffer.m.offset = buffer.index * kStep;
      return 0;
    }
    case VIDIOC_QBUF:
      return queued.push_back(static_cast<v4l2_buffer*>(argument)->index), 0;
    case VIDIOC_DQBUF:
      return take_buffer(*static_cast<v4l2_buffer*>(argument));
    default:
      return refuse(ENOTTY);
  }
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  std::va_list rest;
  va_start(rest, flags);
  const unsigned mode = va_arg(rest, unsigned);
  va_end(rest);
  return std::strcmp(path, kDevice) == 0
             ? open_device()
             : next<int (*)(const char*, int, ...)>("open")(path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  std::va_list rest;
  va_start(rest, flags);
  const unsigned mode = va_arg(rest, unsigned);
  va_end(rest);
  return std::strcmp(path, kDevice) == 0
             ? open_device()
             : next<int (*)(const char*, int, ...)>("open64")(path, flags, mode);
}
int stat(const char* path, struct stat* out) noexcept {
  return next<int (*)(const char*, struct stat*)>("stat")(
      std::strcmp(path, kDevice) == 0 ? "/dev/null" : path, out);
}
int ioctl(int file, unsigned long request, ...) noexcept {
  std::va_list rest;
  va_start(rest, request);
  void* argument = va_arg(rest, void*);
  va_end(rest);
  if (file != device || device < 0)
    return next<int (*)(int, unsigned long, ...)>("ioctl")(file, request, argument);
  return control(static_cast<std::uint32_t>(request), argument);
}

}  // extern "C"
