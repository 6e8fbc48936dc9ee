#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ffmpeg.hpp"

namespace mien::apps {

struct VideoFrame {
  const AVFrame* picture = nullptr;  ///< as it is stored; valid until the next call of next()
  std::int64_t number = 0;           ///< from 0
  double seconds =
      0;  ///< when it is shown, by the film's own time stamps; never less than the one before
};

/// A film or camera, read by FFmpeg: frames in the order in which they are shown.
class VideoSource {
 public:
  /// `name` is a file, "-" (standard input), a URL, or "camera:0". `interrupted` is asked while
  /// waiting. Throws Error naming it: kNotFound, kIo, kBadFormat (no film, or no pictures in it),
  /// kUnsupported (no decoder for it).
  VideoSource(std::string name, std::function<bool()> interrupted);
  VideoSource(const VideoSource&) = delete;
  VideoSource& operator=(const VideoSource&) = delete;
  ~VideoSource();

  /// Empty at the end, whole or not.
  std::optional<VideoFrame> next();

  /// Why the end came early, or what was left out as damaged; empty where all is well.
  std::string trouble() const;

  const std::string& name() const { return name_; }
  bool live() const { return live_; }
  int width() const;  ///< in square pixels, before it is turned
  int height() const;
  int orientation() const { return orientation_; }    ///< as EXIF counts, 1 to 8
  double frames_per_second() const { return rate_; }  ///< nominal
  double seconds() const { return duration_; }        ///< as the file claims; 0: unknown

  /// The sound, for a copy of the film. Packets come as they are read, time stamps from the start
  /// of the film.
  std::vector<const AVStream*> sound() const;
  void on_sound(std::function<void(const AVPacket&)> take) { take_sound_ = std::move(take); }

 private:
  void open_input();
  void find_stream();
  void open_decoder();
  bool read_packet();  // and gives it to the decoder; false at the end
  double shown_at(const AVFrame& frame);

  std::string name_;
  std::function<bool()> interrupted_;
  std::function<void(const AVPacket&)> take_sound_;
  bool live_ = false;
  AVFormatContext* input_ = nullptr;
  const AVStream* stream_ = nullptr;
  CodecPtr decoder_;
  PacketPtr packet_;
  FramePtr frame_;
  int orientation_ = 1;
  double rate_ = 25, duration_ = 0;
  std::optional<double> origin_;  // the time stamp that counts as 0
  std::int64_t frames_ = 0;
  double last_ = 0;        // seconds, of the last frame
  double read_until_ = 0;  // seconds, of all streams
  bool drained_ = false;
  int damaged_ = 0;         // packets and frames
  std::string broken_off_;  // the reason
};

}  // namespace mien::apps
