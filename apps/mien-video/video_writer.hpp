#pragma once

#include <filesystem>
#include <map>
#include <utility>
#include <vector>

#include "ffmpeg.hpp"
#include "mien/image.hpp"

namespace mien::apps {

/// A video that is written frame by frame under a temporary name. close() and the destructor rename
/// it, also after an error or Ctrl-C. The extension selects the container (.mp4, .mkv, .mov,
/// .webm). Audio is copied without re-encoding.
class VideoWriter {
 public:
  /// Throws Error kInvalidArgument for another extension, kUnsupported if this FFmpeg has no
  /// encoder for the container, kIo.
  VideoWriter(std::filesystem::path path, int width, int height, double frames_per_second,
              const std::vector<const AVStream*>& sound);
  VideoWriter(const VideoWriter&) = delete;
  VideoWriter& operator=(const VideoWriter&) = delete;
  ~VideoWriter();

  /// An RGB frame of the video's size, presented at `seconds`. Of odd sizes, the last column or row
  /// is left out.
  void write(const ImageView& image, double seconds);
  void write_sound(const AVPacket& packet);
  void close();

 private:
  void open_encoder(int width, int height, double frames_per_second);
  void add_sound(const AVStream& stream);
  void drain();
  void check(int code, const char* what) const;

  std::filesystem::path path_, temporary_;
  AVFormatContext* output_ = nullptr;
  AVStream* stream_ = nullptr;
  CodecPtr encoder_;
  FramePtr frame_;
  PacketPtr packet_;
  PacketPtr sound_packet_;
  SwsPtr context_;
  std::int64_t last_stamp_ = -1;
  std::map<int, std::pair<AVRational, AVStream*>>
      sound_;  // by the source's stream index: its time base and our stream
};

}  // namespace mien::apps
