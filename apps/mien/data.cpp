#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <unordered_set>

#include "base/file.hpp"
#include "base/json.hpp"
#include "commands.hpp"
#include "common/command_line.hpp"
#include "common/progress.hpp"
#include "datasets/dataset.hpp"
#include "datasets/filter.hpp"
#include "datasets/folders.hpp"
#include "datasets/read_images.hpp"
#include "datasets/subjects.hpp"
#include "face_data.hpp"
#include "metrics/ferplus.hpp"
#include "mien/error.hpp"
#include "pipeline/classifier.hpp"
#include "vision/face_detector.hpp"

namespace mien::apps {
namespace {

/// Pixels; the smallest box of the HOG detector in FER2013's images, upscaled by 2.
constexpr int kFilterMinFace = 80;

struct DataOptions {
  std::string votes, output, format = "text", detector = "hog", crop;
  bool drop_leaked = false, faces = false, align = true;
  int upscale = 2, test_subjects = 0;
  base::CropGeometry geometry;  // of `crop`

  void declare(base::OptionSet& o) {
    o.add(votes, "votes", "FILE", "FER+ votes (fer2013new.csv) for the rows of fer2013.csv");
    o.add(output, "output", "FILE", "packed file to write (filter, pack)");
    o.short_name('o');
    o.add(drop_leaked, "drop-leaked",
          "drop Training images that equal a test image (filter, pack)");
    o.add(test_subjects, "test-subjects", "N",
          "move every Nth subject of each source (CK+48, JAFFE) to PrivateTest; 0: none",
          {0, 1000});
    o.add(faces, "faces", "crop the largest face of each image of a folder, as predict does");
    o.add(align, "align",
          "with --faces: rotate faces to level the eyes, if the detector reports landmarks");
    o.add(detector, "detector", "NAME", "face detector of filter and --faces");
    add_crop_option(o, crop, "as predict crops (--faces), or the box itself (filter)");
    o.add(upscale, "upscale", "N", "factor by which images are upscaled for the detector (filter)",
          {1, 8});
    o.alias("enlarge");
    o.add_choice(format, "format", {"text", "json"}, "format of the result (info)");
  }
};

constexpr const char* kUsage =
    "mien data info SOURCE...            count the images by split and class, and find duplicates\n"
    "mien data filter SOURCE... -o F     keep images with exactly one detectable face, cropped to "
    "it\n"
    "mien data pack SOURCE... -o F       write one packed file (NumPy's .npy) for training\n"
    "mien data audit SOURCE -o DIR       find duplicates, non-faces and wrong labels (mien data "
    "audit "
    "--help)\n\n"
    "SOURCE is fer2013.csv, a packed file, or a folder of class folders (train/angry/*.jpg, "
    "angry/*.png, CK+48, JAFFE).";

datasets::Dataset read_source(const std::string& source, const DataOptions& options) {
  if (!std::filesystem::is_directory(source)) return datasets::read_dataset(source);
  const std::vector<datasets::LabeledImage> images = list_labeled_folder(source);
  std::unique_ptr<vision::FaceDetector> detector;
  datasets::FaceCropper cropper = datasets::whole_image;
  if (options.faces) {
    detector = vision::make_face_detector(options.detector, {.threads = 1});
    const base::CropGeometry geometry =
        options.crop.empty()
            ? crop_of(pipeline::locate_classifier("", engine::Precision::kF32), *detector)
            : options.geometry;
    cropper = datasets::largest_face(
        *detector, geometry,
        options.align ? datasets::Alignment::kEyes : datasets::Alignment::kNone);
  }
  datasets::ImageDataset read = datasets::read_images(images, cropper);
  for (const datasets::DroppedImage& dropped : read.dropped) {
    std::fprintf(stderr, "mien: %s: left out: %s\n", dropped.path.c_str(), dropped.reason.c_str());
  }
  return std::move(read.dataset);
}

/// Reports on stderr.
datasets::HeldOutSubjects hold_out(datasets::Dataset& dataset, const std::string& source,
                                   int every) {
  const datasets::HeldOutSubjects held = datasets::hold_out_subjects(dataset, every);
  if (held.subjects > 0) {
    std::fprintf(stderr, "mien: %s: moved %zu of %zu subjects, %zu of %zu images, to PrivateTest\n",
                 source.c_str(), held.held_subjects, held.subjects, held.held_images, held.images);
  }
  return held;
}

/// Every CSV counts its rows from 0, and votes and lists refer to rows: if rows of a later source
/// are taken, its images lose their row numbers.
void forget_taken_rows(datasets::Dataset& dataset, const datasets::Dataset& before,
                       const std::string& source) {
  std::unordered_set<std::int32_t> taken;
  for (const datasets::Sample& sample : before) taken.insert(sample.row);
  if (std::none_of(dataset.begin(), dataset.end(), [&](const datasets::Sample& sample) {
        return sample.row >= 0 && taken.contains(sample.row);
      }))
    return;
  for (datasets::Sample& sample : dataset) sample.row = -1;
  std::fprintf(stderr,
               "mien: %s: another source has the same row numbers; FER+ votes and lists of rows do "
               "not apply to these images\n",
               source.c_str());
}

datasets::Dataset read_sources(std::span<const std::string> sources, const DataOptions& options) {
  if (sources.empty())
    throw Error(ErrorCode::kInvalidArgument,
                "no data; give fer2013.csv, a packed file or a folder");
  datasets::Dataset all;
  std::size_t subjects = 0;
  for (const std::string& source : sources) {
    datasets::Dataset dataset = read_source(source, options);
    if (dataset.empty()) throw Error(ErrorCode::kBadFormat, source + ": no images");
    if (options.test_subjects > 0)
      subjects += hold_out(dataset, source, options.test_subjects).subjects;
    forget_taken_rows(dataset, all, source);
    all.insert(all.end(), dataset.begin(), dataset.end());
  }
  if (options.test_subjects > 0 && subjects == 0) {
    throw Error(
        ErrorCode::kInvalidArgument,
        "--test-subjects: no source names its subjects; CK+48 and JAFFE do, in their file names");
  }
  if (!options.votes.empty()) datasets::attach_ferplus_votes(all, options.votes);
  return all;
}

using ClassCounts =
    std::array<std::array<std::size_t, 9>, datasets::kSplitCount>;  // the last column: no label

ClassCounts count_classes(const datasets::Dataset& dataset) {
  ClassCounts counts{};
  for (const datasets::Sample& sample : dataset) {
    ++counts[static_cast<std::size_t>(sample.split)]
            [sample.emotion >= 0 ? static_cast<std::size_t>(sample.emotion) : 8];
  }
  return counts;
}

struct VoteCounts {
  std::size_t images = 0, kept = 0, agree = 0, non_face = 0, tied = 0;
};

VoteCounts count_votes(const datasets::Dataset& dataset, datasets::Split split) {
  VoteCounts counts;
  for (const datasets::Sample& sample : dataset) {
    if (sample.split != split || !sample.has_votes()) continue;
    ++counts.images;
    counts.non_face += metrics::is_ferplus_non_face(sample.votes) ? 1 : 0;
    counts.tied += metrics::is_ferplus_tie(sample.votes) ? 1 : 0;
    const std::optional<Emotion> majority = metrics::ferplus_majority(sample.votes);
    counts.kept += majority ? 1 : 0;
    counts.agree += majority && static_cast<int>(*majority) == sample.emotion ? 1 : 0;
  }
  return counts;
}

constexpr datasets::Split kSplits[] = {datasets::Split::kTraining, datasets::Split::kPublicTest,
                                       datasets::Split::kPrivateTest};

std::string column_name(std::size_t column) {
  return column == 8 ? "no label" : std::string(to_string(static_cast<Emotion>(column)));
}

/// Returns the number of dropped Training images.
std::size_t drop_leaked(datasets::Dataset& dataset) {
  const std::vector<std::size_t> leaked = datasets::find_leaked_training(dataset);
  for (auto i = leaked.rbegin(); i != leaked.rend(); ++i)
    dataset.erase(dataset.begin() + static_cast<std::ptrdiff_t>(*i));
  return leaked.size();
}

void print_text(const datasets::Dataset& dataset) {
  const ClassCounts counts = count_classes(dataset);
  std::array<std::size_t, 9> columns{};
  for (const auto& row : counts) {
    for (std::size_t c = 0; c < row.size(); ++c) columns[c] += row[c];
  }
  std::printf("%-12s", "split");
  for (std::size_t c = 0; c < columns.size(); ++c) {
    if (columns[c] > 0) std::printf(" %9s", column_name(c).c_str());
  }
  std::printf(" %9s\n", "all");
  const auto print_row = [&](const std::string& name, const std::array<std::size_t, 9>& row) {
    std::printf("%-12s", name.c_str());
    std::size_t all = 0;
    for (std::size_t c = 0; c < row.size(); ++c) {
      all += row[c];
      if (columns[c] > 0) std::printf(" %9zu", row[c]);
    }
    std::printf(" %9zu\n", all);
  };
  for (const datasets::Split split : kSplits)
    print_row(std::string(datasets::to_string(split)), counts[static_cast<std::size_t>(split)]);
  print_row("all", columns);
  std::printf("\nTraining images that equal a PublicTest or PrivateTest image: %zu\n",
              datasets::find_leaked_training(dataset).size());
  for (const datasets::Split split :
       {datasets::Split::kPublicTest, datasets::Split::kPrivateTest}) {
    std::printf("%s images that equal a Training image: %zu, %zu of them with its label\n",
                std::string(datasets::to_string(split)).c_str(),
                datasets::find_seen_in_training(dataset, split).size(),
                datasets::count_seen_labels(dataset, split));
  }
  for (const datasets::Split split : kSplits) {
    const VoteCounts votes = count_votes(dataset, split);
    if (votes.images == 0) continue;
    std::printf(
        "FER+ votes, %-12s %zu images: %zu with a majority for an emotion (the label agrees in "
        "%.1f %%), %zu non-faces, %zu ties\n",
        (std::string(datasets::to_string(split)) + ":").c_str(), votes.images, votes.kept,
        votes.kept > 0 ? 100.0 * static_cast<double>(votes.agree) / static_cast<double>(votes.kept)
                       : 0.0,
        votes.non_face, votes.tied);
  }
  std::printf("data hash %s", datasets::dataset_hash(dataset).c_str());
  datasets::Dataset rest = dataset;
  drop_leaked(rest);
  if (rest.size() < dataset.size())
    std::printf("; without the leaked Training images, as mien train uses it, %s",
                datasets::dataset_hash(rest).c_str());
  std::printf("\n");
}

void print_json(const datasets::Dataset& dataset) {
  const ClassCounts counts = count_classes(dataset);
  base::Json out{{"count", dataset.size()}};
  for (const datasets::Split split : kSplits) {
    base::Json& classes = out["splits"][std::string(datasets::to_string(split))];
    for (std::size_t c = 0; c < 9; ++c)
      classes[column_name(c)] = counts[static_cast<std::size_t>(split)][c];
  }
  out["leaked_training"] = datasets::find_leaked_training(dataset).size();
  for (const datasets::Split split :
       {datasets::Split::kPublicTest, datasets::Split::kPrivateTest}) {
    const std::string name(datasets::to_string(split));
    out["seen_in_training"][name] = datasets::find_seen_in_training(dataset, split).size();
    out["seen_labels"][name] = datasets::count_seen_labels(dataset, split);
  }
  out["hash"] = datasets::dataset_hash(dataset);
  std::puts(base::to_text(out).c_str());
}

std::size_t count_split(const datasets::Dataset& dataset, datasets::Split split) {
  return static_cast<std::size_t>(std::count_if(
      dataset.begin(), dataset.end(), [&](const datasets::Sample& s) { return s.split == split; }));
}

datasets::Dataset filter(const datasets::Dataset& dataset, const DataOptions& options) {
  const auto detector =
      vision::make_face_detector(options.detector, {.min_face = kFilterMinFace, .threads = 1});
  ProgressBar bar("filter", static_cast<std::int64_t>(dataset.size()), "images");
  datasets::FilteredDataset filtered = datasets::filter_by_face(
      dataset, *detector, {.upscale = options.upscale, .geometry = options.geometry},
      [&](std::size_t done, std::size_t) { bar.update(static_cast<std::int64_t>(done)); });
  bar.clear();
  std::printf("%-12s %9s %9s\n", "split", "images", "kept");
  for (const datasets::Split split : kSplits) {
    const std::size_t before = count_split(dataset, split),
                      after = count_split(filtered.kept, split);
    if (before > 0) {
      std::printf("%-12s %9zu %9zu  %.1f %%\n", std::string(datasets::to_string(split)).c_str(),
                  before, after, 100.0 * static_cast<double>(after) / static_cast<double>(before));
    }
  }
  std::printf("dropped: %zu without a face, %zu with several faces\n", filtered.no_face,
              filtered.several_faces);
  return std::move(filtered.kept);
}

}  // namespace

int data_command(std::span<const std::string> arguments) {
  if (!arguments.empty() && arguments[0] == "audit") return audit_command(arguments.subspan(1));
  DataOptions o;
  CommandLine line(kUsage);
  o.declare(line.options);
  const auto words = line.parse(arguments);
  if (!words) return kExitOk;
  const std::string action = words->empty() ? "" : words->front();
  if (action != "info" && action != "filter" && action != "pack") {
    throw Error(ErrorCode::kInvalidArgument, (action.empty() ? std::string("missing action")
                                                             : "unknown action '" + action + "'") +
                                                 "; choose info, filter, pack or audit");
  }
  if (action != "info") require_option(o.output, "-o", "give the packed file to write");
  o.geometry = parse_crop(o.crop);
  datasets::Dataset dataset = read_sources(std::span(*words).subspan(1), o);
  if (action == "info") {
    o.format == "json" ? print_json(dataset) : print_text(dataset);
    return kExitOk;
  }
  if (o.drop_leaked) {
    std::fprintf(stderr, "mien: dropped %zu Training images that equal a test image\n",
                 drop_leaked(dataset));
  }
  if (action == "filter") dataset = filter(dataset, o);
  datasets::write_packed(o.output, dataset);
  std::printf("wrote %s: %zu images, data hash %s\n", o.output.c_str(), dataset.size(),
              datasets::dataset_hash(dataset).c_str());
  return kExitOk;
}

}  // namespace mien::apps
