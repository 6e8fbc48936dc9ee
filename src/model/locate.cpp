#include "model/locate.hpp"

#include <dlfcn.h>

#include <cstdlib>
#include <string>
#include <system_error>
#include <vector>

#include "mien/error.hpp"

namespace mien::model {

namespace fs = std::filesystem;
namespace {

/// The value of an environment variable; empty if it is not set.
fs::path folder_variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? fs::path() : fs::path(value);
}

/// The folder of the shared object that contains this code, such as the Python module; empty if it
/// is part of the program.
fs::path shared_object_folder() {
  static const char kHere = 0;
  Dl_info info{};
  if (::dladdr(&kHere, &info) == 0 || info.dli_fname == nullptr) return {};
  const fs::path file(info.dli_fname);
  return file.extension() == ".so" ? fs::absolute(file).parent_path() : fs::path();
}

/// The files that `name` may refer to, in search order.
std::vector<fs::path> candidates(const fs::path& name) {
  if (name.has_parent_path()) return {name};
  fs::path file = name;
  if (file.extension() != ".onnx") file += ".onnx";
  std::error_code ignored;
  const fs::path program = fs::read_symlink("/proc/self/exe", ignored).parent_path();
  std::vector<fs::path> files;
  if (name.has_extension())
    files.push_back(name);  // "yunet" never means a file in the current folder
  const fs::path library = shared_object_folder();
  for (const fs::path& folder :
       {folder_variable("MIEN_MODELS"), user_model_folder(),
        library.empty() ? library : library / "models", program / "../share/mien/models",
        program / "../../models", fs::path(MIEN_INSTALLED_MODELS)}) {
    if (!folder.empty()) files.push_back((folder / file).lexically_normal());
  }
  return files;
}

}  // namespace

fs::path user_model_folder() {
  const fs::path data = folder_variable("XDG_DATA_HOME");
  if (data.is_absolute())
    return data / "mien/models";  // the XDG specification ignores relative paths
  const fs::path home = folder_variable("HOME");
  return home.empty() ? fs::path() : home / ".local/share/mien/models";
}

std::optional<fs::path> find_model(const fs::path& name) {
  std::error_code ignored;
  for (const fs::path& file : candidates(name)) {
    if (fs::is_regular_file(file, ignored)) return file;
  }
  return std::nullopt;
}

fs::path locate_model(const fs::path& name) {
  const fs::path wanted = name.empty() ? fs::path(kDefaultModel) : name;
  if (const std::optional<fs::path> found = find_model(wanted)) return *found;
  std::string searched;
  for (const fs::path& file : candidates(wanted)) {
    if (file.has_parent_path())
      searched += (searched.empty() ? "" : ", ") + file.parent_path().string();
  }
  throw Error(ErrorCode::kNotFound,
              wanted.string() + ": model not found" +
                  (wanted.has_parent_path()
                       ? ""
                       : "; searched " + searched + "; set MIEN_MODELS to search another folder"));
}

}  // namespace mien::model
