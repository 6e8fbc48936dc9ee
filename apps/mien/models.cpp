#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "base/file.hpp"
#include "base/options.hpp"
#include "base/process.hpp"
#include "commands.hpp"
#include "mien/error.hpp"
#include "model/locate.hpp"

namespace mien::apps {
namespace {

namespace fs = std::filesystem;

/// A model that others publish and that is not shipped with Mien.
struct PublishedModel {
  const char* name;
  const char* what;
  const char* url;
  const char* sha256;
};

constexpr std::array kPublished = {
    PublishedModel{"yunet", "face detector with landmarks, 0.2 MB, MIT (YuNet 2023mar, opencv_zoo)",
                   "https://github.com/opencv/opencv_zoo/raw/main/models/face_detection_yunet/"
                   "face_detection_yunet_2023mar.onnx",
                   "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4"},
};

constexpr std::size_t kMaxBytes = std::size_t{64} << 20;

constexpr const char* kUsage =
    "mien models list              models that others publish, and where yours are\n"
    "mien models fetch NAME        get one, check it, and keep it in the user's data folder\n\n"
    "A face detector that is there is found by its name (--detector yunet); yunet, once fetched, "
    "is the default.\n\n";

std::string sha256(std::string_view bytes) {
  constexpr std::size_t kDigits = 64;
  const base::ProcessEnd result = base::run_process({"sha256sum"}, bytes, {.output = 4096});
  if (result.exit_code != 0 || result.output.size() < kDigits) {
    throw Error(ErrorCode::kIo, "sha256sum failed: " + result.error);
  }
  return result.output.substr(0, kDigits);
}

std::string download(const std::string& url, const std::string& name) {
  const base::ProcessEnd result = base::run_process(
      {"curl", "--fail", "--silent", "--show-error", "--location", "--proto", "=http,https",
       "--proto-redir", "=http,https", "--connect-timeout", "20", "--max-time", "600",
       "--max-filesize", std::to_string(kMaxBytes), "--", url},
      {}, {.output = kMaxBytes, .time = std::chrono::minutes(11)});
  if (result.too_long)
    throw Error(ErrorCode::kTooLarge, url + ": more than 64 MB: that is not the model");
  if (result.exit_code == 0) return result.output;
  std::string reason = result.error.empty()
                           ? base::format("curl ended with code %d", result.exit_code)
                           : result.error;
  while (!reason.empty() && reason.back() == '\n') reason.pop_back();
  throw Error(ErrorCode::kIo, "cannot fetch " + url + ": " + reason +
                                  "\nOn a closed network, bring the file: mien models fetch " +
                                  name + " --from FILE");
}

bool is_url(const std::string& source) { return source.find("://") != std::string::npos; }

std::string read_binary(const fs::path& path) {
  const std::vector<std::byte> bytes = base::read_file(path, kMaxBytes);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string read_source(const std::string& source, const std::string& name) {
  if (!is_url(source)) return read_binary(source);
  if (!source.starts_with("https://") && !source.starts_with("http://")) {
    throw Error(ErrorCode::kInvalidArgument,
                source + ": only http:// and https:// addresses, or a file");
  }
  return download(source, name);
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    throw Error(ErrorCode::kIo, folder.string() + ": cannot make this folder: " + error.message());
}

int fetch(const PublishedModel& model, const std::string& from) {
  const fs::path folder = model::user_model_folder();
  if (folder.empty())
    throw Error(ErrorCode::kNotFound, "neither HOME nor XDG_DATA_HOME says where to keep models");
  const fs::path target = folder / (std::string(model.name) + ".onnx");
  std::error_code error;
  if (fs::is_regular_file(target, error) && fs::file_size(target) <= kMaxBytes &&
      sha256(read_binary(target)) == model.sha256) {
    return std::printf("%s is already there: %s\n", model.name, target.c_str()), kExitOk;
  }
  const std::string source = from.empty() ? model.url : from;
  const std::string bytes = read_source(source, model.name);
  make_folder(folder);
  const std::string found = sha256(bytes);
  if (found != model.sha256) {
    throw Error(
        ErrorCode::kBadFormat,
        base::format(
            "%s is damaged or another version of %s: its sha256 is\n  %s, expected is\n  %s; "
            "nothing was stored",
            source.c_str(), model.name, found.c_str(), model.sha256));
  }
  base::write_file(target, bytes);
  std::printf("fetched %s: %s\n", model.name, target.c_str());
  return kExitOk;
}

std::string list_text() {
  std::string out;
  for (const PublishedModel& model : kPublished) {
    const std::optional<fs::path> file = model::find_model(model.name);
    out += base::format(
        "%-8s %s\n         %s\n", model.name, model.what,
        file ? file->c_str() : base::format("not here; mien models fetch %s", model.name).c_str());
  }
  return out;
}

std::string list_json() {
  std::string out;
  for (const PublishedModel& model : kPublished) {
    const std::optional<fs::path> file = model::find_model(model.name);
    out += (out.empty() ? "" : ",\n ") +
           base::format(
               "{\"name\": \"%s\", \"description\": %s, \"url\": \"%s\", \"sha256\": \"%s\", "
               "\"path\": %s}",
               model.name, base::json_quote(model.what).c_str(), model.url, model.sha256,
               file ? base::json_quote(file->string()).c_str() : "null");
  }
  return "[" + out + "]\n";
}

const PublishedModel& find_published(const std::string& name) {
  const auto* found = std::ranges::find_if(
      kPublished, [&](const PublishedModel& model) { return name == model.name; });
  if (found != kPublished.end()) return *found;
  throw Error(ErrorCode::kInvalidArgument,
              "'" + name + "' is no model that Mien knows where to get; see mien models list");
}

}  // namespace

int models_command(std::span<const std::string> arguments) {
  std::string from, output_format = "text";
  bool help = false;
  base::OptionSet options;
  options.add(from, "from", "FILE|URL",
              "where to take the file from, instead of where its project publishes it (fetch)");
  options.add_choice(output_format, "format", {"text", "json"}, "form of the result (list)");
  options.add(help, "help", "print this");
  options.short_name('h');
  const std::vector<std::string> words = options.parse(arguments);
  if (help) return std::printf("%s%s", kUsage, options.help().c_str()), kExitOk;
  if (words.size() == 1 && words[0] == "list") {
    return std::fputs((output_format == "json" ? list_json() : list_text()).c_str(), stdout),
           kExitOk;
  }
  if (words.size() == 2 && words[0] == "fetch") return fetch(find_published(words[1]), from);
  throw Error(ErrorCode::kInvalidArgument,
              "mien models needs 'list' or 'fetch NAME'; see mien models --help");
}

}  // namespace mien::apps
