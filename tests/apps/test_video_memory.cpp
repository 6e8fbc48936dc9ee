// mien video as a program: an hour of clip takes no more memory than six minutes.
#include <sys/resource.h>

#include "video_rows.hpp"

namespace mien::test {
namespace {

class VideoMemory : public VideoTest {
 protected:
  /// Reads the looped clip with every output; gives the largest memory of all programs that have
  /// ended, in KB.
  long peak_after(int loops) {
    ffmpeg({"-stream_loop", std::to_string(loops - 1), "-i", path("clip.mp4"), "-c", "copy",
            path("looped.mp4")});
    Command read = command({"looped.mp4", "--per-second", "0.5", "--min-face", "60", "-o",
                            "rows.csv", "--annotate", "drawn.mp4", "--summary", "summary.json"});
    read.timeout = std::chrono::seconds(300);
    const ProcessResult result = run(read);
    EXPECT_EQ(result.exit_code, 0) << result.error;
    seconds_ = nlohmann::json::parse(base::read_text(path("summary.json")))["seconds"];
    rusage usage{};
    ::getrusage(RUSAGE_CHILDREN, &usage);
    return usage.ru_maxrss;
  }
  double seconds_ = 0;
};

TEST_F(VideoMemory, IsFlatOverAnHour) {
  // Small and slow, so that an hour passes in seconds: two frames a second.
  make_clip(path("clip.mp4"), {"-an", "-c:v", "libx264", "-preset", "ultrafast"},
            "scale=240:136,fps=2");
  const long six_minutes = peak_after(90);
  EXPECT_NEAR(seconds_, 360, 1);
  const long hour = peak_after(900);
  EXPECT_NEAR(seconds_, 3600, 1);
  EXPECT_LT(hour - six_minutes, 4096) << six_minutes << " KB, then " << hour << " KB";
  RecordProperty("kilobytes_six_minutes", static_cast<int>(six_minutes));
  RecordProperty("kilobytes_an_hour", static_cast<int>(hour));
}

}  // namespace
}  // namespace mien::test
