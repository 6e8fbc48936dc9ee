#include "explain/explainer.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <set>

#include "base/file.hpp"
#include "base/json.hpp"
#include "commands.hpp"
#include "common/analyzer_options.hpp"
#include "common/command_line.hpp"
#include "common/interrupt.hpp"
#include "common/progress.hpp"
#include "explain/heat_map_json.hpp"
#include "explain/occlusion.hpp"
#include "explain/sanity.hpp"
#include "inputs.hpp"
#include "mien/analyzer.hpp"
#include "mien/error.hpp"
#include "model/heads.hpp"
#include "model/locate.hpp"
#include "vision/decode.hpp"
#include "vision/encode.hpp"
#include "vision/face_detector.hpp"

namespace mien::apps {
namespace {

using explain::Explainer;
using explain::Explanation;

/// Pixels; an upscaled crop, in which a person recognizes more than in the network's 48 pixels.
constexpr int kDrawnCrop = 336;
constexpr std::uint64_t kSanitySeed = 1;

struct ExplainOptions {
  AnalyzerSettings analyzer;
  std::string output = ".", emotion, method = "both", format = "text";
  int threads = 0;
  bool crop = false, sanity = false;

  void declare(base::OptionSet& o) {
    o.add(output, "output", "DIR", "folder for the heat maps, PHOTO-face1.png and so on");
    o.short_name('o');
    o.add_choice(method, "method", {"both", "grad-cam", "occlusion"}, "explanation method");
    o.add(emotion, "emotion", "NAME",
          "explain the probability of this emotion; by default of the predicted one");
    analyzer.declare_network(o);
    analyzer.declare_detector(o);
    o.add(crop, "crop", "the photos are cropped faces; do not run the face detector");
    o.add(sanity, "sanity",
          "also test whether the Grad-CAM map changes when the network's weights become random");
    o.add_choice(format, "format", {"text", "json"}, "format of the result on standard output");
    o.add(threads, "threads", "N", "threads; 0: one per core", {0, vision::kMaxThreads});
  }
};

struct ExplainedFace {
  Face face;
  Explanation explanation;
  double milliseconds = 0;  ///< of the explanation, without drawing
  std::string image;        ///< path of the heat maps
  std::vector<explain::CascadeStep> sanity;
};

struct ExplainedPhoto {
  std::string path;
  std::vector<ExplainedFace> faces;
  std::optional<std::string> error;
};

class PhotoExplainer {
 public:
  /// The heat maps get other names than the photos.
  PhotoExplainer(const ExplainOptions& options, std::span<const PhotoInput> photos)
      : options_(options),
        methods_(explain::methods_from_string(options.method)),
        explainer_(Explainer::load(options.analyzer.model, options.threads,
                                   options.analyzer.options.head)),
        analyzer_(options.analyzer.load(options.threads)) {
    for (const PhotoInput& photo : photos) taken_.insert(identity_of(photo.path));
    if (options.emotion.empty()) return;
    const std::vector<std::string>& labels = explainer_.labels();
    const std::optional<Emotion> emotion = emotion_from_string(options.emotion);
    const auto found = std::find(labels.begin(), labels.end(), emotion ? to_string(*emotion) : "");
    if (found == labels.end()) {
      throw Error(ErrorCode::kInvalidArgument, "--emotion: unknown emotion '" + options.emotion +
                                                   "'; choose " + base::join(labels, ", "));
    }
    label_ = static_cast<std::size_t>(found - labels.begin());
  }

  const Explainer& explainer() const { return explainer_; }

  /// A problem with the photo becomes part of the result.
  ExplainedPhoto explain(const PhotoInput& input) {
    ExplainedPhoto result{.path = input.path, .faces = {}, .error = input.error};
    if (result.error) return result;
    try {
      const std::vector<std::byte> bytes = read_photo(input.path);
      const vision::ScaledImage photo = vision::decode_photo(bytes, input.path);
      const std::vector<Face> faces = options_.crop
                                          ? std::vector{analyzer_.classify(photo.image)}
                                          : analyzer_.analyze_encoded(bytes, input.path).faces;
      for (const Face& face : faces)
        result.faces.push_back(
            explain_face(photo, face, image_path(input.path, result.faces.size())));
    } catch (const std::exception& error) {
      result.error = message_without_path(error, input.path);
    }
    return result;
  }

 private:
  ExplainedFace explain_face(const vision::ScaledImage& photo, const Face& face,
                             const std::filesystem::path& path) {
    const Face drawn = options_.crop ? Face{} : face;  // without area: the whole photo
    // By name, because the analyzer's labels may lack contempt.
    const std::vector<std::string>& labels = explainer_.labels();
    const auto best =
        std::find(labels.begin(), labels.end(), to_string(face.emotion)) - labels.begin();
    const Image crop = explainer_.crop(photo, drawn, analyzer_.detector_name());
    const auto begin = std::chrono::steady_clock::now();
    ExplainedFace out{.face = face,
                      .explanation = explainer_.explain(
                          crop, label_.value_or(static_cast<std::size_t>(best)), methods_),
                      .image = path.string(),
                      .sanity = {}};
    out.milliseconds =
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
    const Image large = explainer_.crop(photo, drawn, analyzer_.detector_name(), kDrawnCrop);
    base::write_file(
        path, vision::encode_png(explain::draw(out.explanation,
                                               explainer_.labels()[out.explanation.label], large)));
    if (options_.sanity)
      out.sanity = explain::randomization_test(model(), crop, out.explanation.label, kSanitySeed);
    return out;
  }

  const model::Model& model() {
    if (!model_)
      model_ = model::load_head(model::locate_model(options_.analyzer.model),
                                options_.analyzer.options.head)
                   .model;
    return *model_;
  }

  /// A path that is neither a photo nor another heat map of this command.
  std::filesystem::path image_path(const std::filesystem::path& photo, std::size_t face) {
    const std::string stem = photo.stem().string();
    for (int i = 1;; ++i) {
      std::filesystem::path path = options_.output;
      path /= stem + (i > 1 ? "-" + std::to_string(i) : "") + "-face" + std::to_string(face + 1) +
              ".png";
      if (taken_.insert(identity_of(path)).second) return path;
    }
  }

  const ExplainOptions& options_;
  explain::Methods methods_;
  Explainer explainer_;
  Analyzer analyzer_;
  std::optional<std::size_t> label_;  ///< of --emotion
  std::optional<model::Model> model_;
  std::set<std::filesystem::path> taken_;
};

std::string bands_text(const explain::HeatMap& map) {
  const explain::Bands parts = explain::bands(map);
  return base::format("brow and eyes %.0f%%, nose and cheeks %.0f%%, mouth and chin %.0f%%",
                      100 * parts.eyes, 100 * parts.nose, 100 * parts.mouth);
}

std::string to_text(const ExplainedPhoto& photo, const Explainer& explainer) {
  std::string out = photo.path + "  ";
  if (photo.error) return out + *photo.error + "\n";
  out += photo.faces.empty() ? "no face found\n"
                             : base::format("%zu %s\n", photo.faces.size(),
                                            photo.faces.size() == 1 ? "face" : "faces");
  for (std::size_t i = 0; i < photo.faces.size(); ++i) {
    const auto& [face, explanation, milliseconds, image, sanity] = photo.faces[i];
    const std::string& label = explainer.labels()[explanation.label];
    out += base::format("\n  face %zu  %s %.1f%%   at %.0f,%.0f  %.0fx%.0f   %s  (%.0f ms)\n",
                        i + 1, label.c_str(), 100 * explanation.probability, face.box.x, face.box.y,
                        face.box.width, face.box.height, image.c_str(), milliseconds);
    if (explanation.grad_cam) out += "    Grad-CAM   " + bands_text(*explanation.grad_cam) + "\n";
    if (explanation.occlusion) {
      out += "    occlusion  " + bands_text(*explanation.occlusion) +
             "; covering the most important region costs " +
             explain::cost_text(*explanation.occlusion) + "\n";
    }
    if (!sanity.empty())
      out +=
          "    random weights from the output back to …        rank correlation   structural "
          "similarity\n";
    for (const explain::CascadeStep& step : sanity) {
      out += base::format("      %-44s %15.2f %23.2f\n", step.layer.c_str(),
                          step.grad_cam.rank_correlation, step.grad_cam.structural_similarity);
    }
  }
  return out;
}

std::string to_json(const ExplainedPhoto& photo, const Explainer& explainer) {
  base::Json out{{"path", photo.path}};
  if (photo.error) {
    out["error"] = *photo.error;
    return base::to_text(out);
  }
  base::Json& faces = out["faces"] = base::Json::array();
  for (const auto& [face, explanation, milliseconds, image, sanity] : photo.faces) {
    base::Json one{{"box",
                    {{"x", base::rounded(face.box.x, 1)},
                     {"y", base::rounded(face.box.y, 1)},
                     {"width", base::rounded(face.box.width, 1)},
                     {"height", base::rounded(face.box.height, 1)}}},
                   {"emotion", to_string(face.emotion)},
                   {"explained", explainer.labels()[explanation.label]},
                   {"probability", base::rounded(explanation.probability, 5)},
                   {"milliseconds", base::rounded(milliseconds, 2)},
                   {"picture", image}};
    if (explanation.grad_cam) {
      one["layer"] = explainer.layer();
      one["grad_cam"] = explain::to_json(*explanation.grad_cam);
    }
    if (explanation.occlusion) one["occlusion"] = explain::to_json(*explanation.occlusion);
    for (const explain::CascadeStep& step : sanity) {
      one["sanity"].push_back(
          {{"layer", step.layer},
           {"rank_correlation", base::rounded(step.grad_cam.rank_correlation, 4)},
           {"structural_similarity", base::rounded(step.grad_cam.structural_similarity, 4)}});
    }
    faces.push_back(std::move(one));
  }
  return base::to_text(out);
}

}  // namespace

int explain_command(std::span<const std::string> arguments) {
  ExplainOptions options;
  CommandLine line(
      "mien explain PHOTO... [options]\n\nShows which parts of each face made the model predict "
      "its "
      "emotion: heat maps over the face as PNG files.");
  options.declare(line.options);
  const auto paths = line.parse(arguments);
  if (!paths) return kExitOk;
  if (paths->empty())
    throw Error(ErrorCode::kInvalidArgument, "no photo; give one, such as mien explain photo.jpg");
  const std::vector<PhotoInput> photos = collect_photos(*paths, "", Shard{});
  create_folder(options.output);
  PhotoExplainer explainer(options, photos);
  const bool json = options.format == "json";
  const Interrupt interrupt;
  ProgressBar bar("explain", static_cast<std::int64_t>(photos.size()), "photos");
  std::size_t failed = 0, done = 0;
  if (json) std::fputs("[", stdout);
  for (const PhotoInput& input : photos) {
    if (Interrupt::requested()) break;
    const ExplainedPhoto photo = explainer.explain(input);
    failed += photo.error ? 1 : 0;
    bar.clear();
    if (done > 0) std::fputs(json ? ",\n " : "\n", stdout);
    std::fputs(
        (json ? to_json(photo, explainer.explainer()) : to_text(photo, explainer.explainer()))
            .c_str(),
        stdout);
    std::fflush(stdout);
    bar.update(static_cast<std::int64_t>(++done));
  }
  if (json) std::fputs("]\n", stdout);
  if (done < photos.size()) return kExitInterrupted;
  return failed > 0 ? kExitFailed : kExitOk;
}

}  // namespace mien::apps
