#pragma once

#include <filesystem>
#include <map>
#include <utility>
#include <vector>

#include "ffmpeg.hpp"
#include "mien/image.hpp"

namespace mien::apps {

/// A film that is written frame by frame under a temporary name; it gets its own when it is closed,
/// also where an error or Ctrl-C ends the work early. The name's ending says the container (.mp4,
/// .mkv, .mov, .webm). Sound is copied as it is.
class VideoWriter {
 public:
  /// Throws Error kInvalidArgument for an ending that is no container for films, kUnsupported where
  /// this FFmpeg has no encoder for it, kIo.
  VideoWriter(std::filesystem::path path, int width, int height, double frames_per_second,
              const std::vector<const AVStream*>& sound);
  VideoWriter(const VideoWriter&) = delete;
  VideoWriter& operator=(const VideoWriter&) = delete;
  ~VideoWriter();

  /// An RGB picture of the film's size (less a column or row where that is odd), shown at
  /// `seconds`.
  void write(const ImageView& picture, double seconds);
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
      sound_;  // by the index of the source's stream: its time base and our stream
};

}  // namespace mien::apps
