#include "explain/explainer.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <set>

#include "base/file.hpp"
#include "base/options.hpp"
#include "commands.hpp"
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

/// An enlarged crop, so that a person recognises what the network's 48 pixels show.
constexpr int kDrawnCrop = 336;
constexpr std::uint64_t kSanitySeed = 1;

struct ExplainOptions {
  std::string model, output = ".", emotion;
  std::string detector = "auto", method = "both", format = "text";
  int min_face = 0, threads = 0;
  bool crop = false, sanity = false, help = false;

  void declare(base::OptionSet& o) {
    o.add(output, "output", "DIR", "folder for the pictures, PHOTO-face1.png and so on");
    o.short_name('o');
    o.add_choice(method, "method", {"both", "grad-cam", "occlusion"}, "how to find what counts");
    o.add(emotion, "emotion", "NAME",
          "explain this emotion's probability; by default that of the most probable one");
    o.add(model, "model", "FILE", "model file, or the name of a shipped one");
    o.add(detector, "detector", "NAME", "face detector: auto, hog, or an ONNX file of one");
    o.add(min_face, "min-face", "PIXELS",
          "smallest face looked for, in pixels; 0: 40, more in large photos", {0, 20000});
    o.add(crop, "crop", "the photos are cropped faces already: no face detector");
    o.add(sanity, "sanity",
          "also test whether the Grad-CAM map changes when the network's weights become random");
    o.add_choice(format, "format", {"text", "json"}, "form of the result on standard output");
    o.add(threads, "threads", "N", "threads, 0: one a core", {0, vision::kMaxThreads});
    o.add(help, "help", "print this");
    o.short_name('h');
  }
};

struct ExplainedFace {
  Face face;
  Explanation explanation;
  double milliseconds = 0;  ///< that the explanation took, drawing apart
  std::string picture;      ///< path
  std::vector<explain::CascadeStep> sanity;
};

struct ExplainedPhoto {
  std::string path;
  std::vector<ExplainedFace> faces;
  std::optional<std::string> error;
};

class PhotoExplainer {
 public:
  /// Its pictures get other names than the photos.
  PhotoExplainer(const ExplainOptions& options, std::span<const PhotoInput> photos)
      : options_(options),
        methods_(explain::methods_from_string(options.method)),
        explainer_(Explainer::load(options.model, options.threads)),
        analyzer_(Analyzer::load(options.model, {.detector = options.detector,
                                                 .min_face = options.min_face,
                                                 .threads = options.threads})) {
    for (const PhotoInput& photo : photos) taken_.insert(identity_of(photo.path));
    if (options.emotion.empty()) return;
    const std::vector<std::string>& labels = explainer_.labels();
    const std::optional<Emotion> emotion = emotion_from_string(options.emotion);
    const auto found = std::find(labels.begin(), labels.end(), emotion ? to_string(*emotion) : "");
    if (found == labels.end()) {
      std::string known;
      for (const std::string& label : labels) known += (known.empty() ? "" : ", ") + label;
      throw Error(ErrorCode::kInvalidArgument,
                  "--emotion: the network does not know '" + options.emotion + "': " + known);
    }
    label_ = static_cast<std::size_t>(found - labels.begin());
  }

  const Explainer& explainer() const { return explainer_; }

  /// Never throws for what is wrong with one photo.
  ExplainedPhoto explain(const PhotoInput& input) {
    ExplainedPhoto result{.path = input.path, .faces = {}, .error = input.error};
    if (result.error) return result;
    try {
      const std::vector<std::byte> bytes =
          base::read_file(input.path, vision::DecodeLimits{}.max_file_bytes);
      const vision::ScaledImage photo = vision::decode_photo(bytes, input.path);
      const std::vector<Face> faces = options_.crop
                                          ? std::vector{analyzer_.classify(photo.image)}
                                          : analyzer_.analyze_encoded(bytes, input.path).faces;
      for (const Face& face : faces)
        result.faces.push_back(
            explain_face(photo, face, picture_path(input.path, result.faces.size())));
    } catch (const std::exception& error) {
      std::string message = error.what();
      if (message.starts_with(input.path + ": ")) message.erase(0, input.path.size() + 2);
      result.error = message;
    }
    return result;
  }

 private:
  ExplainedFace explain_face(const vision::ScaledImage& photo, const Face& face,
                             const std::filesystem::path& path) {
    const Face drawn = options_.crop ? Face{} : face;  // a cropped photo is taken whole
    // By name: the analyzer's labels may leave one of the network's out (contempt).
    const std::vector<std::string>& labels = explainer_.labels();
    const auto best =
        std::find(labels.begin(), labels.end(), to_string(face.emotion)) - labels.begin();
    const Image crop = explainer_.crop(photo, drawn, analyzer_.detector_name());
    const auto begin = std::chrono::steady_clock::now();
    ExplainedFace out{.face = face,
                      .explanation = explainer_.explain(
                          crop, label_.value_or(static_cast<std::size_t>(best)), methods_),
                      .picture = path.string(),
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
      model_ = model::select_head(model::read_onnx(model::locate_model(options_.model)), "");
    return *model_;
  }

  /// A name that no photo of this call and no other picture of it has.
  std::filesystem::path picture_path(const std::filesystem::path& photo, std::size_t face) {
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
    const auto& [face, explanation, milliseconds, picture, sanity] = photo.faces[i];
    const std::string& label = explainer.labels()[explanation.label];
    out += base::format("\n  face %zu  %s %.1f%%   at %.0f,%.0f  %.0fx%.0f   %s  (%.0f ms)\n",
                        i + 1, label.c_str(), 100 * explanation.probability, face.box.x, face.box.y,
                        face.box.width, face.box.height, picture.c_str(), milliseconds);
    if (explanation.grad_cam) out += "    Grad-CAM   " + bands_text(*explanation.grad_cam) + "\n";
    if (explanation.occlusion) {
      out += "    occlusion  " + bands_text(*explanation.occlusion) +
             "; covering the most important place costs " +
             explain::cost_text(*explanation.occlusion) + "\n";
    }
    if (!sanity.empty())
      out +=
          "    weights made random from the output back to …   rank correlation   structural "
          "similarity\n";
    for (const explain::CascadeStep& step : sanity) {
      out += base::format("      %-44s %15.2f %23.2f\n", step.layer.c_str(),
                          step.grad_cam.rank_correlation, step.grad_cam.structural_similarity);
    }
  }
  return out;
}

std::string to_json(const ExplainedPhoto& photo, const Explainer& explainer) {
  std::string out = "{\"path\": " + base::json_quote(photo.path);
  if (photo.error) return out + ", \"error\": " + base::json_quote(*photo.error) + "}";
  out += ", \"faces\": [";
  for (std::size_t i = 0; i < photo.faces.size(); ++i) {
    const auto& [face, explanation, milliseconds, picture, sanity] = photo.faces[i];
    out += base::format(
        "%s{\"box\": {\"x\": %.1f, \"y\": %.1f, \"width\": %.1f, \"height\": %.1f}, \"emotion\": "
        "%s, \"explained\": %s, \"probability\": %.5f, \"milliseconds\": %.2f, \"picture\": %s",
        i == 0 ? "" : ", ", face.box.x, face.box.y, face.box.width, face.box.height,
        base::json_quote(to_string(face.emotion)).c_str(),
        base::json_quote(explainer.labels()[explanation.label]).c_str(), explanation.probability,
        milliseconds, base::json_quote(picture).c_str());
    if (explanation.grad_cam)
      out += ", \"layer\": " + base::json_quote(explainer.layer()) +
             ", \"grad_cam\": " + explain::heat_map_json(*explanation.grad_cam);
    if (explanation.occlusion)
      out += ", \"occlusion\": " + explain::heat_map_json(*explanation.occlusion);
    if (!sanity.empty()) {
      out += ", \"sanity\": [";
      for (const explain::CascadeStep& step : sanity) {
        out += base::format(
            "%s{\"layer\": %s, \"rank_correlation\": %.4f, \"structural_similarity\": %.4f}",
            &step == &sanity[0] ? "" : ", ", base::json_quote(step.layer).c_str(),
            step.grad_cam.rank_correlation, step.grad_cam.structural_similarity);
      }
      out += "]";
    }
    out += "}";
  }
  return out + "]}";
}

}  // namespace

int explain_command(std::span<const std::string> arguments) {
  ExplainOptions options;
  base::OptionSet set;
  options.declare(set);
  const std::vector<std::string> paths = set.parse(arguments);
  if (options.help) {
    std::printf(
        "mien explain PHOTO... [options]\n\nShows for each face what speaks for its emotion: heat "
        "maps over the face as PNG files.\n\n%s",
        set.help().c_str());
    return kExitOk;
  }
  if (paths.empty())
    throw Error(ErrorCode::kInvalidArgument, "no photo given: mien explain photo.jpg");
  const std::vector<PhotoInput> photos = collect_photos(paths, "", Shard{});
  std::error_code made;
  std::filesystem::create_directories(options.output, made);
  if (made)
    throw Error(ErrorCode::kIo, options.output + ": cannot make the folder: " + made.message());
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
