// Measures face detectors on labeled photos and prints Markdown for docs/performance.md:
//   detector_report hog yunet path/to/detector.onnx
// Needs the Debian packages libdlib19.1 and visp-images-data; skips what is not installed.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "metrics/detection.hpp"
#include "mien/error.hpp"
#include "vision/crop.hpp"
#include "vision/decode.hpp"
#include "vision/face_detector.hpp"
#include "vision/labeled_photos.hpp"

namespace {

using namespace mien;

const std::filesystem::path kSolvay = "/usr/share/visp-images-data/ViSP-images/faces";

struct Photo {
  Image image;
  std::vector<Box> faces;
  std::vector<Box> ignored;
};

struct PhotoSet {
  std::string name;
  std::vector<Photo> photos;
};

Box scaled(const Box& box, float factor) {
  return {box.x * factor, box.y * factor, box.width * factor, box.height * factor};
}

Photo scaled(const Photo& photo, double factor) {
  Photo out{
      vision::resize(photo.image,
                     std::max(1, static_cast<int>(std::lround(photo.image.width() * factor))),
                     std::max(1, static_cast<int>(std::lround(photo.image.height() * factor)))),
      photo.faces, photo.ignored};
  for (Box& box : out.faces) box = scaled(box, static_cast<float>(factor));
  for (Box& box : out.ignored) box = scaled(box, static_cast<float>(factor));
  return out;
}

PhotoSet read_dlib(const char* list) {
  PhotoSet set{std::string("dlib ") + list, {}};
  for (const test::LabeledPhoto& photo : test::read_dlib_list(test::kDlibFaces / list)) {
    set.photos.push_back(
        {vision::load_image(test::kDlibFaces / photo.file), photo.faces, photo.ignored});
  }
  return set;
}

/// 29 people; boxes are given by four corners, row before column.
Photo read_solvay() {
  Photo photo{vision::load_image(kSolvay / "1280px-Solvay_conference_1927.png"), {}, {}};
  std::istringstream words(base::read_text(kSolvay / "ground_truth_detection.txt"));
  for (std::string title; words >> title;) {
    float top = 1e9f, left = 1e9f, bottom = 0, right = 0;
    for (int corner = 0; corner < 4; ++corner) {
      float row = 0, column = 0;
      words >> row >> column;
      top = std::min(top, row), bottom = std::max(bottom, row);
      left = std::min(left, column), right = std::max(right, column);
    }
    if (title != "detection_0")
      photo.faces.push_back({left, top, right - left, bottom - top});  // 0 is not a face
  }
  return photo;
}

std::vector<PhotoSet> read_sets() {
  std::vector<PhotoSet> sets;
  if (std::filesystem::exists(test::kDlibFaces / "training.xml")) {
    sets.push_back(read_dlib("training.xml"));
    sets.push_back(read_dlib("testing.xml"));
  }
  if (std::filesystem::exists(kSolvay / "ground_truth_detection.txt")) {
    const Photo solvay = read_solvay();
    for (const int width : {640, 1024, 1280, 2126}) {
      sets.push_back({base::format("Solvay, %d wide", width),
                      {scaled(solvay, static_cast<double>(width) / solvay.image.width())}});
    }
  }
  return sets;
}

bool overlaps(const std::vector<Box>& boxes, const Box& box, float min_overlap) {
  return std::ranges::any_of(
      boxes, [&](const Box& other) { return intersection_over_union(other, box) >= min_overlap; });
}

metrics::DetectionCounts count(const PhotoSet& set,
                               const std::vector<std::vector<DetectedFace>>& found, float overlap) {
  metrics::DetectionCounts counts;
  for (std::size_t i = 0; i < set.photos.size(); ++i) {
    const Photo& photo = set.photos[i];
    std::vector<DetectedFace> faces = found[i];
    std::erase_if(faces, [&](const DetectedFace& face) {
      return overlaps(photo.ignored, face.box, overlap) &&
             !overlaps(photo.faces, face.box, overlap);
    });
    counts += metrics::match_faces(faces, photo.faces, overlap);
  }
  return counts;
}

void print_quality(const std::vector<std::string>& detectors, const std::vector<PhotoSet>& sets) {
  std::puts(
      "| photos | faces | detector | recall at 0.3 | precision at 0.3 | recall at 0.5 | "
      "precision at 0.5 |");
  std::puts("|---|---:|---|---:|---:|---:|---:|");
  for (const PhotoSet& set : sets) {
    std::size_t faces = 0;
    for (const Photo& photo : set.photos) faces += photo.faces.size();
    for (const std::string& name : detectors) {
      // The smallest face of these sets has 24 pixels, in Solvay at 640.
      const auto detector = vision::make_face_detector(name, {.min_face = 24, .threads = 1});
      std::vector<std::vector<DetectedFace>> found;
      for (const Photo& photo : set.photos) found.push_back(detector->detect(photo.image));
      const auto loose = count(set, found, 0.3f), strict = count(set, found, 0.5f);
      std::printf("| %s | %zu | %s | %.3f | %.3f | %.3f | %.3f |\n", set.name.c_str(), faces,
                  std::string(detector->name()).c_str(), loose.recall(), loose.precision(),
                  strict.recall(), strict.precision());
      std::fflush(stdout);
    }
  }
  std::puts("");
}

/// Median milliseconds of `work`; `clock` returns seconds.
double median_ms(const std::function<void()>& work, const std::function<double()>& clock) {
  work();
  std::vector<double> times;
  for (int i = 0; i < 15; ++i) {
    const double start = clock();
    work();
    times.push_back(1e3 * (clock() - start));
  }
  std::ranges::sort(times);
  return times[times.size() / 2];
}

double wall_clock() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}
double cpu_clock() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

/// The smallest side at which nine in ten faces are found, when each photo is scaled so that its
/// face has that side.
int smallest_found(const std::string& name, const std::vector<PhotoSet>& sets) {
  int smallest = 0;
  for (const int side : {80, 64, 48, 40, 32, 28, 24, 20, 18, 16, 14, 12, 10}) {
    const auto detector =
        vision::make_face_detector(name, {.min_face = std::max(10, side * 4 / 5), .threads = 1});
    int faces = 0, found = 0;
    for (const PhotoSet& set : sets) {
      for (const Photo& photo : set.photos) {
        for (const Box& face : photo.faces) {
          const double factor = side / static_cast<double>(face.width);
          if (!set.name.starts_with("dlib") || factor > 1) continue;
          const Photo small = scaled(photo, factor);
          const Box wanted = scaled(face, static_cast<float>(factor));
          ++faces;
          found += std::ranges::any_of(detector->detect(small.image), [&](const DetectedFace& one) {
            return intersection_over_union(one.box, wanted) >= 0.3f;
          });
        }
      }
    }
    if (faces == 0 || found < 0.9 * faces) break;
    smallest = side;
  }
  return smallest;
}

void print_speed(const std::vector<std::string>& detectors, const std::vector<PhotoSet>& sets) {
  const Image& photo = sets.front().images.front().image;
  std::puts("| detector | threads | 640x480 | 1280x720 | 4000x3000 | smallest face found |");
  std::puts("|---|---:|---:|---:|---:|---:|");
  for (const std::string& name : detectors) {
    const int smallest = smallest_found(name, sets);
    for (const int threads : {1, 2}) {
      const auto detector = vision::make_face_detector(name, {.threads = threads});
      std::string row = base::format("| %s | %d |", std::string(detector->name()).c_str(), threads);
      for (const auto& [width, height] : {std::pair{640, 480}, {1280, 720}, {4000, 3000}}) {
        const Image sized = vision::resize(image, width, height);
        row += base::format(" %.2f |", median_ms([&] { detector->detect(sized); },
                                                 threads == 1 ? cpu_clock : wall_clock));
      }
      std::printf("%s %d |\n", row.c_str(), smallest);
      std::fflush(stdout);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    std::vector<std::string> detectors(argv + 1, argv + argc);
    if (detectors.empty()) detectors = {"hog", "auto"};
    const std::vector<PhotoSet> sets = read_sets();
    if (sets.empty())
      throw Error(ErrorCode::kNotFound, "no photos; install libdlib19.1 or visp-images-data");
    std::puts(
        "Recall and precision at an intersection over union of 0.3 and of 0.5 with the true boxes. "
        "Detectors frame faces\n"
        "differently, so a good box may be below 0.5.\n");
    print_quality(detectors, sets);
    std::puts(
        "Milliseconds per photo, with the default minimum face size: CPU time for one thread, wall "
        "time for two.\n"
        "Smallest face found: the side in pixels at which nine in ten faces are found.\n");
    print_speed(detectors, sets);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "detector_report: %s\n", error.what());
    return 1;
  }
  return 0;
}
